//! Prose in Markdown, so that git hosts show what the page shows.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};

use super::{options, relocated};

/// The prose with what a host would read otherwise written in another way:
///
/// - hosts read Markdown first and mathematics then, so that `\\{` or two `*` in it are lost. Such mathematics stands between backticks or in a
///   block of its own, as GitHub and GitLab have it;
/// - raw HTML is text;
/// - links lead to files beside the notebook from a folder below it.
pub fn host(text: &str) -> String {
    let plain: Vec<(Event, Range<usize>)> =
        Parser::new_ext(text, options() - Options::ENABLE_MATH).into_offset_iter().collect();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let parser = Parser::new_ext(text, options());
    for (_, definition) in parser.reference_definitions().iter() {
        edits.extend(moved(text, definition.span.clone(), "]:", &definition.dest));
    }
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::InlineMath(latex) if changed(text, &range, &plain) && !latex.contains('`') => {
                edits.push((range, format!("$`{latex}`$")));
            }
            Event::DisplayMath(latex) if changed(text, &range, &plain) && !latex.contains("```") => {
                if whole_lines(text, &range) {
                    edits.push((range, format!("```math\n{}\n```", latex.trim())));
                } else if !latex.contains('`') {
                    edits.push((range, format!("$`{}`$", latex.trim())));
                }
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                let written = text[range.clone()].replace('<', "&lt;");
                edits.push((range, written));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                edits.extend(moved(text, range, "](", &dest_url));
            }
            _ => {}
        }
    }
    // A later place first, so that earlier places stay where they are; a picture in a link is within it.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut out = text.to_string();
    for (range, written) in edits {
        out.replace_range(range, &written);
    }
    out
}

/// The edit that moves the target of a link, which stands after the last `mark` in a range.
fn moved(text: &str, range: Range<usize>, mark: &str, url: &CowStr) -> Option<(Range<usize>, String)> {
    let new = relocated(url.clone());
    if new == *url {
        return None;
    }
    let start = range.start + text[range.clone()].rfind(mark)? + mark.len();
    let at = start + text[start..range.end].find(url.as_ref())?;
    Some((at..at + url.len(), new.into_string()))
}

/// Whether a piece stands on lines of its own that are in no list and no quotation.
fn whole_lines(text: &str, range: &Range<usize>) -> bool {
    let begins = text[..range.start].is_empty() || text[..range.start].ends_with('\n');
    begins && text[range.end..].trim_start_matches([' ', '\t', '\r']).chars().next().is_none_or(|c| c == '\n')
}

/// Whether Markdown without mathematics reads anything but the same text at a place.
fn changed(text: &str, range: &Range<usize>, plain: &[(Event, Range<usize>)]) -> bool {
    let dense = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut read = String::new();
    for (event, at) in plain.iter().filter(|(_, at)| at.start < range.end && range.start < at.end) {
        match event {
            Event::Text(shown) if shown.as_ref() == &text[at.clone()] => {
                read += &text[at.start.max(range.start)..at.end.min(range.end)];
            }
            Event::SoftBreak => {}
            Event::Start(_) | Event::End(_) if at.start <= range.start && range.end <= at.end => {}
            _ => return true,
        }
    }
    dense(&read) != dense(&text[range.clone()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mathematics_that_markdown_would_change_is_kept_from_it() {
        assert_eq!(host("the $z^{[l]}$ of **$a_1$** and $b_1$"), "the $z^{[l]}$ of **$a_1$** and $b_1$");
        assert_eq!(host("$w^*$ is not $b^*$"), "$`w^*`$ is not $`b^*`$");
        assert_eq!(host("a set $\\{1, 2\\}$"), "a set $`\\{1, 2\\}`$");
        assert_eq!(host("$a < b$ and $c > d$"), "$a < b$ and $c > d$");
        assert_eq!(host("see\n\n$$\na \\\\\nb\n$$\n\nthere"), "see\n\n```math\na \\\\\nb\n```\n\nthere");
        assert_eq!(host("$$\\frac{1}{m}\\sum_i x_i$$"), "$$\\frac{1}{m}\\sum_i x_i$$");
        assert_eq!(host("- $$a\\,b$$"), "- $`a\\,b`$");
    }

    #[test]
    fn raw_html_is_text_and_links_are_moved() {
        assert_eq!(
            host("<b>x</b> `<i>`\n\n<script>\n1\n</script>"),
            "&lt;b>x&lt;/b> `<i>`\n\n&lt;script>\n1\n&lt;/script>"
        );
        assert_eq!(
            host("[a](b.md \"c\") [d][e] ![f](<g h.png>) <https://x.org>\n\n[e]: i.md"),
            "[a](../b.md \"c\") [d][e] ![f](<../g h.png>) <https://x.org>\n\n[e]: ../i.md"
        );
        assert_eq!(host("[![a](b.png)](c.md)"), "[![a](../b.png)](../c.md)");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}|[$`*_\\\\{}<>a-c\\[\\]()!|: \n-]{0,40}") {
            host(&text);
        }
    }
}
