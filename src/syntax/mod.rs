//! Text to tree: one pest grammar, a parser that recovers, and the canonical printer.
//!
//! In: [`Sources`](crate::source::Sources). Out: a [`tree::File`] for each file, with a place for everything, and what is wrong with the
//! text. A mistake costs the entry that it stands in and no more; a mistake that has only one remedy costs nothing,
//! since the parser goes on as if it had been mended. Nothing here knows what a kind, key or layer means.
//!
//! 1. `layout` takes the comments out, decides which line ends separate, and mends brackets and quotes.
//! 2. `parser` runs the grammar over each item, and over each entry of an item that is broken.
//! 3. `build` makes the tree from what the grammar matched; `mistake` explains what it did not match.

mod build;
mod format;
mod layout;
mod load;
mod mistake;
mod parser;
mod quotes;
mod shape;
mod token;
pub mod tree;

pub use format::format;
pub use load::load;
pub use parser::parse;
pub use shape::same;
pub use token::{Token, TokenKind, tokens};

/// Brackets may stand in each other this deep.
pub const MAX_BRACKETS: usize = 64;

/// Values may be nested this deep, counting operators and calls.
pub const MAX_DEPTH: usize = 200;

/// A definition, or an entry of a block, may be this long, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// After so many mistakes a file is not worth reading further.
const MAX_MISTAKES: usize = 100;

#[cfg(test)]
mod tests;
