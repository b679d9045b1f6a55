//! Examples: sources, splits, scaling and evaluation sets.
//!
//! A [`Pipeline`](spec::Pipeline) goes in; [`describe`] says what is known of it before anything trains, and [`load`] gives the
//! sets of one fold. [`Dataset`] stands between: it has read all sources once, and every fold is made from it.

use std::path::Path;

pub use error::{Error, Place};
pub use facts::Facts;
pub use header::header;
pub use prepared::{Dataset, Prepared, Split, Targets};
pub use source::{files_of, fingerprint};
pub use summary::{Summary, summary};
pub use table::Rows;

use crate::kernel::Real;

mod aligned;
#[cfg(test)]
mod array_tests;
pub mod augment;
pub mod change;
mod embedded;
mod encode;
pub mod error;
pub mod examples;
pub mod facts;
pub mod field;
pub mod files;
mod header;
mod idx;
mod kept;
pub mod memory;
mod npy;
mod parallel;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(all(test, feature = "parquet"))]
mod parquet_tests;
mod pictures;
mod prepared;
pub mod preprocessing;
#[cfg(test)]
mod reference_tests;
pub mod scale;
mod source;
pub mod spec;
pub mod split;
pub mod summary;
mod synthetic;
mod table;
#[cfg(test)]
mod tests;

/// What a pipeline's source holds, paths relative to `base`. Reads the source whole.
///
/// # Errors
/// See [`Error`].
pub fn describe(pipeline: &spec::Pipeline, base: &Path) -> Result<Facts, Error> {
    Ok(Dataset::read(pipeline, base)?.facts().clone())
}

/// The sets of one fold (without `folds`: of the split, whatever the fold), paths relative to `base`.
///
/// # Errors
/// See [`Error`].
pub fn load<T: Real>(pipeline: &spec::Pipeline, base: &Path, fold: u32) -> Result<Prepared<T>, Error> {
    Dataset::read(pipeline, base)?.prepare(fold)
}
