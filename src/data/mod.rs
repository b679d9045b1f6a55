//! Examples: sources, splits, scaling and evaluation sets.

pub mod spec;
