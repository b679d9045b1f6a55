//! A diagnostic as text for a terminal, in the layout of rustc.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::{Source, Sources, Span};

/// How to draw; the caller knows the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour by ANSI escapes.
    pub color: bool,
    /// Columns of the terminal; longer source lines are cut around the marks.
    pub width: usize,
}

impl Style {
    /// Without colour, 140 columns wide: for files, pipes and tests.
    pub const PLAIN: Style = Style { color: false, width: 140 };
}

/// Lines longer than this, in bytes, are cut before they are laid out.
const LONG_LINE: usize = 2000;

/// Lines with and around the labels that are handed to the layout at most.
const MANY_LINES: usize = 200;

/// Draw one diagnostic: message, source with marks, notes, and the fix as a change of the text. Ends with a newline.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut main = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let primary = diagnostic.span();
    let mut files: Vec<u32> = vec![primary.file];
    files.extend(diagnostic.labels.iter().map(|label| label.span.file));
    let mut seen = Vec::new();
    for file in files {
        if seen.contains(&file) || file as usize >= sources.files().len() {
            continue;
        }
        seen.push(file);
        let source = sources.get(file);
        let marks: Vec<(Span, AnnotationKind, &str)> = diagnostic
            .labels
            .iter()
            .enumerate()
            .filter(|(_, label)| label.span.file == file)
            .map(|(n, label)| {
                let kind = if n == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                (label.span, kind, label.text.as_str())
            })
            .collect();
        main = main.element(marked(source, &marks));
    }
    for note in &diagnostic.notes {
        main = main.element(Level::NOTE.message(note.as_str()));
    }
    let mut groups = vec![main];
    if let Some(fix) = &diagnostic.fix {
        let title = Level::HELP.secondary_title(fix.title.as_str());
        let file = fix.edits.first().map_or(primary.file, |(span, _)| span.file);
        let edits: Vec<&(Span, String)> = fix.edits.iter().filter(|(span, _)| span.file == file).collect();
        let shown = (file as usize) < sources.files().len();
        let view =
            shown.then(|| View::new(sources.get(file), &edits.iter().map(|(span, _)| *span).collect::<Vec<_>>()));
        groups.push(match view.filter(|view| view.whole) {
            Some(view) => {
                let patches: Vec<Patch<'_>> =
                    edits.iter().map(|(span, text)| Patch::new(view.range(*span), text.as_str())).collect();
                let snippet = Snippet::source(view.text).line_start(view.line).path(sources.get(file).name.as_str());
                Group::with_title(title).element(snippet.patches(patches))
            }
            None => Group::with_title(title),
        });
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(style.width.max(20));
    let mut text = renderer.render(&groups);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Draw several, an empty line after each.
pub fn render_all(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    diagnostics.iter().map(|diagnostic| render(diagnostic, sources, style) + "\n").collect()
}

fn marked<'a>(source: &'a Source, marks: &[(Span, AnnotationKind, &'a str)]) -> Snippet<'a, Annotation<'a>> {
    let view = View::new(source, &marks.iter().map(|mark| mark.0).collect::<Vec<_>>());
    let annotations: Vec<Annotation<'a>> = marks
        .iter()
        .filter(|(span, ..)| view.holds(*span))
        .map(|(span, kind, text)| kind.span(view.range(*span)).label((!text.is_empty()).then_some(*text)))
        .collect();
    Snippet::source(view.text).line_start(view.line).path(source.name.as_str()).annotations(annotations)
}

/// The lines around some places, so that a large file costs no more than a small one.
struct View {
    text: String,
    /// Where it begins in the file.
    start: usize,
    /// Where it ends in the file.
    end: usize,
    /// Number of its first line, from 1.
    line: usize,
    /// Whether it holds all places and their lines from end to end.
    whole: bool,
}

impl View {
    /// The lines that hold the spans; when they are too many or too long, what is near the first span.
    fn new(source: &Source, spans: &[Span]) -> View {
        let text = &source.text;
        let first = spans.iter().map(|span| span.start as usize).min().unwrap_or(0).min(text.len());
        let last = spans.iter().map(|span| span.end as usize).max().unwrap_or(0).clamp(first, text.len());
        let (line, _) = source.line_column(first);
        let (last_line, _) = source.line_column(last);
        let start = source.line_start(line);
        let end = line_end(text, last);
        if last_line - line < MANY_LINES && end - start <= LONG_LINE * (last_line - line + 1) {
            return View { text: plain(&text[start..end]), start, end, line, whole: true };
        }
        let main = spans.first().map_or(0, |span| span.start as usize).min(text.len());
        let (line, _) = source.line_column(main);
        let start = source.line_start(line).max(text.floor_char_boundary(main.saturating_sub(LONG_LINE / 2)));
        let end = line_end(text, main).min(text.floor_char_boundary(main + LONG_LINE / 2));
        View { text: plain(&text[start..end]), start, end, line, whole: false }
    }

    fn holds(&self, span: Span) -> bool {
        (self.start..=self.end).contains(&(span.start as usize))
    }

    /// A span as a range of the view.
    fn range(&self, span: Span) -> Range<usize> {
        let within = |at: u32| (at as usize).clamp(self.start, self.end) - self.start;
        within(span.start)..within(span.end)
    }
}

/// The same with a space for the other half of a line end, which would be drawn as a sign.
fn plain(text: &str) -> String {
    let mut text = text.replace("\r\n", " \n");
    if text.ends_with('\r') {
        text.pop();
        text.push(' ');
    }
    text
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |n| at + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, mark: &str, diagnostic: impl Fn(Span) -> Diagnostic) -> String {
        let sources = Sources::single("a.exp", text);
        let at = text.find(mark).expect("the mark is in the text");
        render(&diagnostic(Span::new(0, at, at + mark.len())), &sources, Style::PLAIN)
    }

    #[test]
    fn a_message_with_everything() {
        let text = "experiment a {\n  epochs: 30\n}\n";
        let drawn = shown(text, ":", |span| {
            Diagnostic::error("E0109", "a name gets its value with `=`", span)
                .label("not with `:`")
                .also(Span::new(0, 0, 10), "in this block")
                .note("a reason")
                .replace("write `=`", span, " =", true)
        });
        insta::assert_snapshot!(drawn);
    }

    /// The columns of the marks under a line, counted as a terminal does.
    fn mark_column(drawn: &str) -> usize {
        let line = drawn.lines().find(|line| line.contains('^')).expect("a mark");
        let source = drawn.lines().find(|line| line.contains("1 |")).expect("the source");
        let bar = unicode_width::UnicodeWidthStr::width(&source[..source.find('|').unwrap_or(0)]);
        unicode_width::UnicodeWidthStr::width(&line[..line.find('^').unwrap_or(0)]) - bar
    }

    #[test]
    fn wide_characters_and_tabs_do_not_shift_the_marks() {
        for lead in ["    ", "µ ", "数据 ", "🐟 ", "\t", "é", "a\u{301} "] {
            let text = format!("{lead}here");
            let drawn = shown(&text, "here", |span| Diagnostic::error("E0101", "no", span));
            let width = unicode_width::UnicodeWidthStr::width(lead.replace('\t', "    ").as_str());
            assert_eq!(mark_column(&drawn), 2 + width, "{lead:?}\n{drawn}");
            let line = drawn.lines().find(|line| line.contains("here")).expect("the source");
            let before = &line[line.find('|').unwrap_or(0)..line.find("here").unwrap_or(0)];
            assert_eq!(unicode_width::UnicodeWidthStr::width(before), 2 + width, "{lead:?}\n{drawn}");
        }
    }

    #[test]
    fn marks_stand_in_each_file() {
        let mut sources = Sources::single("a.exp", "let a = b\n");
        sources.add(Source::new("b.exp", "let b = a\n"));
        let diagnostic =
            Diagnostic::error("E0601", "a circle", Span::new(0, 8, 9)).also(Span::new(1, 8, 9), "and back");
        insta::assert_snapshot!(render(&diagnostic, &sources, Style::PLAIN));
    }

    #[test]
    fn ends_of_lines_and_of_the_text_can_be_marked() {
        for (text, at) in [("let a =\nlet b = 1", 7), ("let a =", 7), ("", 0), ("a\r\nb", 1), ("x\n", 2)] {
            let sources = Sources::single("a.exp", text);
            let span = Span::new(0, at, at);
            let diagnostic =
                Diagnostic::error("E0102", "nothing here", span).label("here").replace("write 1", span, "1", false);
            let drawn = render(&diagnostic, &sources, Style::PLAIN);
            assert!(
                drawn.contains("nothing here") && (text.is_empty() || drawn.contains("^ here")),
                "{text:?}\n{drawn}"
            );
        }
    }

    #[test]
    fn a_line_of_megabytes_is_cut() {
        let text = format!("let x = {}oops{}", "1 + ".repeat(1 << 20), " + 1".repeat(1 << 20));
        let drawn =
            shown(&text, "oops", |span| Diagnostic::error("E0101", "no", span).replace("fix", span, "1", false));
        assert!(drawn.len() < 2000 && drawn.contains("oops") && drawn.contains("^^^^"), "{drawn}");
        let many = "a = 1\n".repeat(100_000);
        let sources = Sources::single("a.exp", many.as_str());
        let diagnostic = Diagnostic::error("E0101", "no", Span::new(0, 0, 1))
            .also(Span::new(0, many.len() - 6, many.len() - 5), "x");
        assert!(render(&diagnostic, &sources, Style::PLAIN).len() < 2000);
    }
}
