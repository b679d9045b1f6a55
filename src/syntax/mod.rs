//! Text to tree: one pest grammar, a parser that recovers at blocks, and the canonical printer.

pub mod tree;
