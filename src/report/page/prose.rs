//! Markdown with mathematics to HTML. Raw HTML in it becomes text.

use std::cell::Cell;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Storage, push_mathml};

/// Prose as HTML.
#[derive(Clone, Debug, PartialEq)]
pub struct Prose {
    /// The markup.
    pub html: String,
    /// Whether there is mathematics in it.
    pub math: bool,
}

/// What the page's Markdown knows beyond the plain.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
}

/// Markdown to HTML: raw HTML is shown as it is written, links lead to the web, mail and the page itself only, pictures become links
/// (the page loads nothing).
pub fn html(text: &str) -> Prose {
    let math = Cell::new(false);
    let mut hidden = 0;
    let events = Parser::new_ext(text, options()).filter_map(|event| {
        Some(match event {
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            Event::InlineMath(latex) => Event::Html(render(&latex, DisplayMode::Inline, &math)),
            Event::DisplayMath(latex) => Event::Html(render(&latex, DisplayMode::Block, &math)),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) if safe(&dest_url) => {
                Event::Start(Tag::Link { link_type, dest_url, title, id })
            }
            Event::Start(Tag::Link { .. }) => {
                hidden += 1;
                return None;
            }
            Event::End(TagEnd::Link) if hidden > 0 => {
                hidden -= 1;
                return None;
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = if safe(&dest_url) { dest_url } else { CowStr::Borrowed("#") };
                Event::Start(Tag::Link { link_type, dest_url, title, id })
            }
            Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
            other => other,
        })
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    Prose { html: out, math: math.get() }
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

/// MathML of LaTeX; what does not parse is shown as it is written.
fn render<'a>(latex: &str, display_mode: DisplayMode, math: &Cell<bool>) -> CowStr<'a> {
    let storage = Storage::new();
    let events: Result<Vec<_>, _> = pulldown_latex::Parser::new(latex, &storage).collect();
    let mut out = String::new();
    let written = events.is_ok_and(|events| {
        let config = RenderConfig { display_mode, annotation: None, ..RenderConfig::default() };
        let whole = events.into_iter().map(Ok::<_, std::convert::Infallible>);
        push_mathml(&mut out, whole, config).is_ok()
    });
    if written {
        math.set(true);
        // The micro sign is no letter of mathematics and would stand upright.
        return out.replace('µ', "μ").into();
    }
    let escaped = super::super::figure::escape(latex);
    format!("<code class=\"math\" title=\"this mathematics cannot be shown\">{escaped}</code>").into()
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
    fn markdown_and_mathematics() {
        let prose = html(
            "# Where\n\nThe notes normalise $z^{[l]}$ **before**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\\frac{1}{m}\\sum_i x_i$$",
        );
        assert!(prose.math);
        for part in ["<h1>Where</h1>", "<math", "<msup>", "<strong>before</strong>", "<table>", "<mfrac>"] {
            assert!(prose.html.contains(part), "{part} in {}", prose.html);
        }
        assert!(!html("no mathematics for $5 or 6$ apples.").html.contains("<script"));
        assert_eq!(heading("text\n\n## On $x$ and `y`\n"), Some("On x and y".into()));
        assert_eq!(heading("text"), None);
    }

    #[test]
    fn raw_html_is_text_and_links_are_harmless() {
        let prose = html(
            "<script>alert(1)</script>\n\n<b onclick=x>hi</b> [a](javascript:alert(1)) [b](https://x.org) ![c](data:text/html,x) [d](java\u{1}script:x)",
        );
        assert!(
            !prose.html.contains("<script") && !prose.html.contains("<b ") && !prose.html.contains("<img"),
            "{}",
            prose.html
        );
        assert!(!prose.html.contains("javascript:") && !prose.html.contains("data:"), "{}", prose.html);
        assert!(
            prose.html.contains("&lt;script&gt;") && prose.html.contains("href=\"https://x.org\""),
            "{}",
            prose.html
        );
    }

    #[test]
    fn broken_mathematics_is_shown_as_written() {
        let prose = html("$\\frac{1}{$ and $\\nonsense{<b>}$");
        assert!(!prose.html.contains("<b>"), "{}", prose.html);
    }
}
