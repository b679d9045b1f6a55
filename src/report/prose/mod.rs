//! A notebook's prose where it is shown: as HTML on the page, as Markdown on a git host.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

mod host;
mod html;

pub use host::host;
pub use html::{Prose, html};

/// From the folder of the outputs to that of the notebook, where its links begin.
const UP: &str = "../";

/// What Markdown knows beyond the plain.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
}

/// Whether a link may be followed from the page.
fn safe(url: &str) -> bool {
    let url: String = url.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>().to_lowercase();
    match url.split_once(':') {
        None => true,
        Some((scheme, _)) if scheme.contains(['/', '?', '#']) => true,
        Some((scheme, _)) => matches!(scheme, "http" | "https" | "mailto"),
    }
}

/// A link of the notebook as it is written a folder below.
fn relocated(url: CowStr) -> CowStr {
    let own = !url.is_empty()
        && !url.starts_with(['#', '/', '?'])
        && !url.split(['/', '?', '#']).next().unwrap_or("").contains(':');
    if own { format!("{UP}{url}").into() } else { url }
}

/// The text of the first heading, if the prose has one.
pub fn heading(text: &str) -> Option<String> {
    let mut inside = false;
    let mut out = String::new();
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::Heading { .. }) => inside = true,
            Event::End(TagEnd::Heading(_)) if !out.trim().is_empty() => return Some(out.trim().to_string()),
            Event::Text(t) | Event::Code(t) | Event::InlineMath(t) | Event::InlineHtml(t) if inside => out += &t,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_heading_is_a_title() {
        assert_eq!(heading("text\n\n## On $x$ and `y`\n"), Some("On x and y".into()));
        assert_eq!(heading("text"), None);
    }

    #[test]
    fn links_beside_the_notebook_are_found_from_its_outputs() {
        let moved = |url: &'static str| relocated(url.into()).into_string();
        assert_eq!(["notes.md", "a/b.md#c", "../up.md"].map(moved), ["../notes.md", "../a/b.md#c", "../../up.md"]);
        for url in ["#part", "/root", "https://example.org/a:b", "mailto:a@example.org", ""] {
            assert_eq!(moved(url), url);
        }
    }
}
