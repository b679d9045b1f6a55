//! What was found wrong, each mistake once.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// Collected diagnostics. A definition is looked at once for every use, so the same finding comes again and again.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    wrong: HashSet<Span>,
    warned: HashSet<(&'static str, Span)>,
    errors: usize,
}

impl Findings {
    /// Keep it, unless an error of the same place is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let span = diagnostic.span();
        let new = match diagnostic.severity {
            Severity::Error => {
                self.errors += 1;
                self.wrong.insert(span)
            }
            Severity::Warning => self.warned.insert((diagnostic.code, span)),
        };
        if new {
            self.list.push(diagnostic);
        }
    }

    /// How many errors were met so far, repeated ones too: a difference tells whether a part is sound.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// All, by place; warnings at the place of an error left out.
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        let wrong = self.wrong;
        self.list.retain(|d| d.is_error() || !wrong.contains(&d.span()));
        self.list.sort_by_key(|d| (d.span(), d.code));
        self.list
    }
}
