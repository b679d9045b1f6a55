//! A text that an editor has open.

use std::path::PathBuf;

use lsp_types::TextDocumentContentChangeEvent;

use super::convert;
use crate::source::Source;

/// A text as the editor has it.
pub struct Document {
    /// Where it is or will be.
    pub path: PathBuf,
    /// Its text.
    pub source: Source,
    /// The editor's number of this state.
    pub version: i32,
}

impl Document {
    /// Take in changes in their order: each is of the text that those before have left.
    pub fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        for change in changes {
            let text = match change.range {
                None => change.text,
                Some(range) => {
                    let mut text = self.source.text.clone();
                    text.replace_range(convert::bytes(&self.source, range), &change.text);
                    text
                }
            };
            self.source = Source::new(self.source.name.clone(), text);
        }
        self.version = version;
    }
}
