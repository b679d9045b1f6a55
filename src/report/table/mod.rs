//! Tables: a plain grid of cells made from records, and renderers that know nothing of records.

mod build;
mod grid;
mod html;
mod markdown;
mod terminal;
mod tsv;

pub use build::build;
pub use grid::{Cell, Column, Grid, Kind};
pub use html::html;
pub use markdown::{escape as escape_markdown, markdown};
pub use terminal::{Style, terminal};
pub use tsv::tsv;
