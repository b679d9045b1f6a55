//! Tests of the parser; `broken` pins what each kind of mistake is told, `any` feeds it arbitrary text.

mod any;
mod broken;
mod shapes;

use super::tree::File;
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// A notebook that uses every construct.
pub(crate) const FLAGSHIP: &str = include_str!("flagship.exp");

fn parsed(text: &str) -> (File, Vec<Diagnostic>) {
    super::parse(&Sources::single("test.exp", text), 0)
}

/// Parse what must be right.
fn right(text: &str) -> File {
    let (file, mistakes) = parsed(text);
    assert!(mistakes.is_empty(), "{text}\n{mistakes:#?}");
    file
}
