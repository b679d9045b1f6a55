//! The files that a notebook depends on, as they were when it was opened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::record::digest::Digest;
use crate::run::datasets::{self, Datasets};
use crate::run::open::Opened;

/// The texts and the data of a notebook, with digests where the bytes that were read are known.
pub fn depends(opened: &Opened, datasets: &Datasets) -> BTreeMap<PathBuf, Option<Digest>> {
    let mut files = BTreeMap::new();
    for source in opened.sources.files() {
        // A text that was mended, or is not there, is not the bytes of the file.
        let whole = !source.text.is_empty() && !source.text.contains('\u{fffd}');
        files.insert(PathBuf::from(&source.name), whole.then(|| Digest::of_bytes(source.text.as_bytes())));
    }
    for pipeline in &opened.data {
        let read = datasets::files(pipeline);
        let alone = match read.as_slice() {
            [file] if file.is_file() => datasets.facts(pipeline).ok().and_then(|facts| facts.fingerprint.parse().ok()),
            _ => None,
        };
        for file in read {
            files.entry(file).or_insert(alone);
        }
    }
    files
}
