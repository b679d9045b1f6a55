//! From what a pipeline names to its examples.

use std::path::Path;

use super::error::Error;
use super::examples::Examples;
use super::files::{self, Opened};
use super::spec::{Mode, Source};
use super::{embedded, synthetic, table};

/// Read one source: its examples and the digest of the bytes (of name and parameters, for a generator) that they come from.
pub(super) fn read(source: &Source, base: &Path, mode: Option<Mode>) -> Result<(Examples, String), Error> {
    if let Some(built_in) = embedded::read(source, mode) {
        return built_in;
    }
    match source {
        Source::Synthetic(what) => synthetic::make(what, mode),
        Source::Csv(what) => {
            let path = files::find(base, &what.path)?;
            let request = table::Request { origin: &what.path, table: what, mode };
            table::read(&request, &|| Opened::file(&path))
        }
        Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits => {
            Err(Error::Empty { origin: "a built-in set".into() })
        }
        Source::Parquet(what) => Err(Error::Unsupported {
            origin: what.path.clone(),
            format: "Parquet",
            help: "convert the file to CSV, or build caviar with the feature `parquet`",
        }),
        Source::Idx { images, .. } => {
            Err(Error::Unsupported { origin: images.clone(), format: "IDX", help: "convert the file to CSV" })
        }
        Source::Npz { path, .. } | Source::Images { path, .. } => {
            Err(Error::Unsupported { origin: path.clone(), format: "arrays", help: "convert the file to CSV" })
        }
    }
}
