//! A diagnostic as one line of JSON, for programs.

use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// A place: bytes from the start of the file, lines and columns (in characters) from 1.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    sure: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    kind: &'static str,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    labels: Vec<Label<'a>>,
    notes: &'a [String],
    fix: Option<Fix<'a>>,
}

/// One JSON object on one line, without the newline: `kind` (`diagnostic`), `severity` (`error`, `warning`), `code`, `message`, `labels` (the main
/// place first), `notes`, and `fix` or null.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = |span: Span| {
        let source = sources.get(span.file);
        let (line, column) = source.line_column(span.start as usize);
        let (end_line, end_column) = source.line_column(span.end as usize);
        Place { file: &source.name, start: span.start, end: span.end, line, column, end_line, end_column }
    };
    let message = Message {
        kind: "diagnostic",
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().map(|label| Label { place: place(label.span), text: &label.text }).collect(),
        notes: &diagnostic.notes,
        fix: diagnostic.fix.as_ref().map(|fix| Fix {
            title: &fix.title,
            sure: fix.sure,
            edits: fix.edits.iter().map(|(span, text)| Edit { place: place(*span), text }).collect(),
        }),
    };
    // Plain strings and numbers always serialize.
    serde_json::to_string(&message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_bytes_lines_and_columns() {
        let sources = Sources::single("a.exp", "µ = 1\nβ: 2");
        let diagnostic = Diagnostic::error("E0109", "no", Span::new(0, 9, 10)).label("here").note("n").replace(
            "write `=`",
            Span::new(0, 9, 10),
            " =",
            true,
        );
        assert_eq!(
            json(&diagnostic, &sources),
            concat!(
                r#"{"kind":"diagnostic","severity":"error","code":"E0109","message":"no","labels":[{"file":"a.exp","start":9,"end":10,"#,
                r#""line":2,"column":2,"end_line":2,"end_column":3,"text":"here"}],"notes":["n"],"fix":{"title":"write `=`","#,
                r#""sure":true,"edits":[{"file":"a.exp","start":9,"end":10,"line":2,"column":2,"end_line":2,"end_column":3,"#,
                r#""text":" ="}]}}"#
            )
        );
    }
}
