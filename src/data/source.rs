//! From what a pipeline names to its examples.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::examples::Examples;
use super::files::{self, Opened};
use super::kept::Rules;
#[cfg(feature = "parquet")]
use super::parquet;
use super::spec::{Evaluation, Mode, Pipeline, Source};
use super::split::Part;
use super::{embedded, idx, npy, pictures, synthetic, table};

/// Read one source: its examples and the digest of the bytes (of name and parameters, for a generator) that they come from.
/// Where a part is asked for it may be read alone, or with all other rows.
pub(super) fn read(
    source: &Source,
    base: &Path,
    mode: Option<Mode>,
    part: Option<Part>,
) -> Result<(Examples, String), Error> {
    if let Some(built_in) = embedded::read(source, mode) {
        return built_in;
    }
    match source {
        Source::Synthetic(what) => synthetic::make(what, mode),
        Source::Csv(what) => {
            let path = files::find(base, &what.path)?;
            let request = table::Request::new(&what.path, what, Rules { missing: what.missing, mode, part });
            table::read(&request, &|| Opened::file(&path))
        }
        Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits => {
            Err(Error::Empty { origin: "a built-in set".into() })
        }
        #[cfg(feature = "parquet")]
        Source::Parquet(what) => parquet::read(base, what, Rules { missing: what.missing, mode, part }),
        #[cfg(not(feature = "parquet"))]
        Source::Parquet(what) => Err(Error::Unsupported {
            origin: what.path.clone(),
            format: "Parquet",
            help: "convert the file to CSV, or build caviar with its feature `parquet`",
        }),
        Source::Idx { images, labels } => idx::read(base, images, labels, mode, part),
        Source::Npz { path, x, y } => npy::read(base, path, x, y, mode, part),
        Source::Images { path, size, grey } => pictures::read(base, path, *size, *grey, (mode, part)),
    }
}

/// The files that a source reads.
fn paths(source: &Source, base: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(match source {
        Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits | Source::Synthetic(_) => Vec::new(),
        Source::Csv(table) | Source::Parquet(table) => vec![files::find(base, &table.path)?],
        Source::Idx { images, labels } => vec![files::find(base, images)?, files::find(base, labels)?],
        Source::Npz { path, y, .. } => {
            let path = files::find(base, path)?;
            let beside = path.parent().unwrap_or(Path::new(".")).join(y);
            let alone = path.extension().is_some_and(|e| e == "npy");
            if alone { vec![path, files::find(base, &beside.to_string_lossy())?] } else { vec![path] }
        }
        Source::Images { path, .. } => pictures::list(base, path)?.0.into_iter().map(|(path, _)| path).collect(),
    })
}

/// The files that a pipeline reads, in order; of a folder of pictures every picture.
///
/// # Errors
/// [`Error::FileMissing`], [`Error::Unreadable`].
pub fn files_of(pipeline: &Pipeline, base: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut all = paths(&pipeline.source, base)?;
    for set in [&pipeline.dev, &pipeline.test] {
        if let Some(Evaluation::Source(source)) = set {
            all.extend(paths(source, base)?);
        }
    }
    Ok(all)
}

/// The digest that [`read`] would give, without parsing anything.
fn digest(source: &Source, base: &Path) -> Result<String, Error> {
    match source {
        Source::Synthetic(what) => return Ok(synthetic::digest(what)),
        Source::Images { path, .. } => {
            let (pictures, _) = pictures::list(base, path)?;
            let mut digests = Vec::with_capacity(pictures.len());
            for (picture, _) in &pictures {
                digests.push(files::bytes(picture)?.1);
            }
            return Ok(pictures::combine(pictures.iter().map(|(path, _)| path.as_path()).zip(digests)));
        }
        _ => {}
    }
    if let Some(built_in) = embedded::digest(source) {
        return Ok(built_in);
    }
    let digests: Result<Vec<String>, Error> =
        paths(source, base)?.iter().map(|path| Opened::file(path)?.digest()).collect();
    Ok(files::join(&digests?))
}

/// One digest for all sources of a pipeline: that of the only one, or of all with their roles.
pub(super) fn combine(main: String, dev: Option<String>, test: Option<String>) -> String {
    if dev.is_none() && test.is_none() {
        return main;
    }
    let mut hasher = blake3::Hasher::new();
    for (role, digest) in [("train", Some(main)), ("dev", dev), ("test", test)] {
        if let Some(digest) = digest {
            hasher.update(role.as_bytes()).update(digest.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// [`Facts::fingerprint`](super::Facts::fingerprint) without reading more than bytes: the same as long as no byte, no name of a
/// picture and no parameter of a generator changes.
///
/// # Errors
/// [`Error::FileMissing`], [`Error::Unreadable`].
pub fn fingerprint(pipeline: &Pipeline, base: &Path) -> Result<String, Error> {
    let own = |set: &Option<Evaluation>| match set {
        Some(Evaluation::Source(source)) => digest(source, base).map(Some),
        _ => Ok(None),
    };
    Ok(combine(digest(&pipeline.source, base)?, own(&pipeline.dev)?, own(&pipeline.test)?))
}
