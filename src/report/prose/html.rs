//! Markdown with mathematics to HTML. Raw HTML in it becomes text.

use std::cell::Cell;

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Storage, event as tex, push_mathml};

use super::{options, relocated, safe};

/// Prose as HTML.
#[derive(Clone, Debug, PartialEq)]
pub struct Prose {
    /// The markup.
    pub html: String,
    /// Whether there is mathematics in it.
    pub math: bool,
}

/// Markdown to HTML: raw HTML is shown as it is written, links lead to the web, mail, files beside the notebook and the page itself only,
/// pictures become links (the page loads nothing).
pub fn html(text: &str) -> Prose {
    let math = Cell::new(false);
    let (mut hidden, mut inside) = (0, 0);
    let events = Parser::new_ext(text, options()).filter_map(|event| {
        Some(match event {
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            Event::InlineMath(latex) => Event::Html(render(&latex, DisplayMode::Inline, &math)),
            Event::DisplayMath(latex) => Event::Html(render(&latex, DisplayMode::Block, &math)),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) if safe(&dest_url) => {
                inside += 1;
                Event::Start(Tag::Link { link_type, dest_url: relocated(dest_url), title, id })
            }
            Event::Start(Tag::Link { .. }) => {
                hidden += 1;
                return None;
            }
            Event::End(TagEnd::Link) if hidden > 0 => {
                hidden -= 1;
                return None;
            }
            Event::End(TagEnd::Link) => {
                inside -= 1;
                Event::End(TagEnd::Link)
            }
            // There is no link in a link.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) if inside > 0 => return None,
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = if safe(&dest_url) { relocated(dest_url) } else { CowStr::Borrowed("#") };
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

/// `:=` as one sign, with the space of a relation around it.
const DEFINED: &str = "<mo lspace=\"0.2778em\" rspace=\"0.2778em\">:=</mo>";

/// A slash stands close to its neighbours.
const OVER: &str = "<mo lspace=\"0\" rspace=\"0\">/</mo>";

/// The space between words, which comes as the name of a character, as a space.
fn spaced(event: tex::Event) -> tex::Event {
    match event {
        tex::Event::Content(tex::Content::Text("&nbsp;")) => tex::Event::Space {
            width: Some(tex::Dimension::new(0.333, tex::DimensionUnit::Em)),
            height: None,
            depth: None,
        },
        other => other,
    }
}

/// MathML of LaTeX; what does not parse is shown as it is written.
fn render<'a>(latex: &str, display_mode: DisplayMode, math: &Cell<bool>) -> CowStr<'a> {
    let storage = Storage::new();
    let events: Result<Vec<_>, _> = pulldown_latex::Parser::new(latex, &storage).map(|e| e.map(spaced)).collect();
    let mut out = String::new();
    let written = events.is_ok_and(|events| {
        let config = RenderConfig { display_mode, annotation: None, ..RenderConfig::default() };
        let whole = events.into_iter().map(Ok::<_, std::convert::Infallible>);
        push_mathml(&mut out, whole, config).is_ok()
    });
    if written {
        math.set(true);
        // The micro sign is no letter of mathematics and would stand upright; two relations would stand apart.
        let out = out.replace('µ', "μ").replace("<mo>:</mo><mo>=</mo>", DEFINED).replace("<mo>≔</mo>", DEFINED);
        return out.replace("<mo>/</mo>", OVER).into();
    }
    let escaped = crate::report::figure::escape(latex);
    format!("<code class=\"math\" title=\"this mathematics cannot be shown\">{escaped}</code>").into()
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
        assert_eq!(html("[![a](b.png)](c.md)").html, "<p><a href=\"../c.md\">a</a></p>\n");
        assert!(
            prose.html.contains("&lt;script&gt;") && prose.html.contains("href=\"https://x.org\""),
            "{}",
            prose.html
        );
    }

    #[test]
    fn spaces_and_definitions_in_mathematics() {
        let prose = html("$a\\ b~c$, $x := 1 / n$, $x \\coloneqq 1$");
        assert!(prose.html.contains(OVER), "{}", prose.html);
        assert!(!prose.html.contains("nbsp"), "{}", prose.html);
        assert_eq!(prose.html.matches("<mspace width=\"0.333em\"").count(), 2, "{}", prose.html);
        assert_eq!(prose.html.matches(">:=</mo>").count(), 2, "{}", prose.html);
    }

    #[test]
    fn broken_mathematics_is_shown_as_written() {
        let prose = html("$\\frac{1}{$ and $\\nonsense{<b>}$");
        assert!(!prose.html.contains("<b>"), "{}", prose.html);
    }
}
