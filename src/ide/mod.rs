//! What an editor shows, as plain functions of a text and a place in it: no protocol.
//!
//! In: an [`Analysis`], made anew for each state of the text. Out: diagnostics, completions, hovers, places, colours, all
//! in bytes of the file. Everything is answered for a text that is broken somewhere, since a text that is being
//! written always is. Results beside the text come from whoever knows them, through [`Results`].

mod actions;
mod complete;
mod distribution;
mod highlight;
mod hints;
mod hover;
mod locked;
mod names;
mod outline;
mod stored;

#[cfg(test)]
mod tests;

pub use actions::{Action, actions};
pub use complete::{Completion, CompletionKind, complete};
pub use highlight::{Highlight, highlights};
pub use hints::{Hint, NoResults, Results, Standing, hints};
pub use hover::{Hover, hover};
pub use locked::LockResults;
pub use names::{definition, prepare_rename, references, rename};
pub use outline::{Outline, OutlineKind, folds, outline};
pub use stored::{Either, StoredResults};

use std::path::Path;

use crate::check::{self, Checked, DataFacts, Symbol};
use crate::diagnostic::Diagnostic;
use crate::source::{ReadError, Source, Sources, Span};
use crate::syntax::{self, tree::File};

/// A notebook as it stands now: parsed and checked as far as it goes.
pub struct Analysis {
    /// Its text and those of its imports.
    pub sources: Sources,
    /// Their trees.
    pub files: Vec<File>,
    /// What checking found.
    pub checked: Checked,
    /// All mistakes and warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Read (with what the editor has open), parse and check a notebook.
pub fn analyse(
    path: &Path,
    read: &mut dyn FnMut(&Path) -> Result<Source, ReadError>,
    facts: &dyn DataFacts,
) -> Analysis {
    let (sources, files, mut diagnostics) = syntax::load(path, read);
    let checked = check::notebook(&sources, &files, facts);
    diagnostics.extend(checked.diagnostics.iter().cloned());
    diagnostics.sort_by_key(|d| (d.span().file, d.span().start));
    Analysis { sources, files, checked, diagnostics }
}

impl Analysis {
    /// The text of the notebook itself.
    pub fn text(&self) -> &str {
        &self.sources.get(0).text
    }

    /// The name at a byte of the notebook; just behind a name counts.
    pub fn symbol_at(&self, offset: usize) -> Option<&Symbol> {
        let holds = |span: Span| span.file == 0 && (span.start as usize..=span.end as usize).contains(&offset);
        let inside = |span: Span| (span.end as usize) > offset;
        let found = self.checked.symbols.iter().filter(|symbol| holds(symbol.span));
        found.min_by_key(|symbol| (!inside(symbol.span), symbol.span.end - symbol.span.start))
    }
}
