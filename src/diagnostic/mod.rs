//! What is wrong with a file, where, why, and how to mend it.
//!
//! A [`Diagnostic`] is plain data: the terminal, `--json`, the editor and the report all show the same one.

mod apply;
pub mod codes;
mod json;
mod render;

pub use apply::{apply, sure_fixes};
pub use json::json;
pub use render::{Style, render, render_all};

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot run.
    Error,
    /// Legal, but surely not meant.
    Warning,
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Shown under the marks; may be empty.
    pub text: String,
}

/// A change that would mend the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative: `write "batch_norm"`.
    pub title: String,
    /// Replacements, in any order, never overlapping.
    pub edits: Vec<(Span, String)>,
    /// Whether `check --fix` may apply it without asking.
    pub sure: bool,
}

/// One mistake or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable code such as `E0301`, explained by `caviar help E0301`.
    pub code: &'static str,
    /// One line in the user's terms, lower case, no full stop.
    pub message: String,
    /// The main place first, then places that explain it.
    pub labels: Vec<Label>,
    /// Reasons and hints, a line each.
    pub notes: Vec<String>,
    /// Where there is one, the change that mends it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        let mut message: String = message.into();
        if message.contains(char::is_control) {
            // A name or path may hold anything; a message is one line.
            message = message
                .chars()
                .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
                .collect();
        }
        Diagnostic {
            severity: Severity::Error,
            code,
            message,
            labels: vec![Label { span, text: String::new() }],
            notes: Vec::new(),
            fix: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message, span) }
    }

    /// Say something under the main place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.labels[0].text = text.into();
        self
    }

    /// Mark another place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Add a reason or hint.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Offer to replace `span` with `text`; `sure` when nothing else could be meant.
    pub fn replace(mut self, title: impl Into<String>, span: Span, text: impl Into<String>, sure: bool) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![(span, text.into())], sure });
        self
    }

    /// The main place.
    pub fn span(&self) -> Span {
        self.labels[0].span
    }

    /// Whether it keeps the file from running.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
