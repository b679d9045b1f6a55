//! Data sets inside the binary; `assets/data/README.md` says whose they are, `assets/data/make.py` makes the files.

use std::io::Read;

use super::error::Error;
use super::examples::{Block, Examples, Features, Lines, Numbers, Target};
use super::facts::feature_names;
use super::files::Opened;
use super::kept::Rules;
use super::spec::{Missing, Mode, Source, Table};
use super::table;
use crate::nn::layer::Shape;

const IRIS: &[u8] = include_bytes!("../../assets/data/iris.csv.gz");
const WINE: &[u8] = include_bytes!("../../assets/data/wine.csv.gz");
const BREAST_CANCER: &[u8] = include_bytes!("../../assets/data/breast_cancer.csv.gz");
const DIGITS: &[u8] = include_bytes!("../../assets/data/digits.gz");

/// Images of [`Source::Digits`].
const IMAGES: usize = 1797;

/// Read a built-in set; none for sources of other kinds.
pub(super) fn read(source: &Source, mode: Option<Mode>) -> Option<Result<(Examples, String), Error>> {
    let (origin, bytes, target) = match source {
        Source::Iris => ("iris()", IRIS, "species"),
        Source::Wine => ("wine()", WINE, "cultivar"),
        Source::BreastCancer => ("breast_cancer()", BREAST_CANCER, "diagnosis"),
        Source::Digits => return Some(digits()),
        _ => return None,
    };
    let table = Table {
        path: origin.into(),
        target: target.into(),
        features: Vec::new(),
        drop: Vec::new(),
        separator: Some(','),
        missing: Missing::Refuse,
        groups: None,
    };
    let rules = Rules { missing: table.missing, mode, part: None };
    let request = table::Request::new(origin, &table, rules);
    Some(table::read(&request, &|| Ok(Opened::memory(origin, bytes))).map(|(mut examples, digest)| {
        examples.lines = Lines::None;
        (examples, digest)
    }))
}

/// The digest of a built-in set's bytes; none for sources of other kinds.
pub(super) fn digest(source: &Source) -> Option<String> {
    let bytes = match source {
        Source::Iris => IRIS,
        Source::Wine => WINE,
        Source::BreastCancer => BREAST_CANCER,
        Source::Digits => DIGITS,
        _ => return None,
    };
    Some(blake3::hash(bytes).to_hex().to_string())
}

/// 8 x 8 pixels of 0 to 16, row by row, for every image, then a label each.
fn digits() -> Result<(Examples, String), Error> {
    let mut opened = Opened::memory("digits()", DIGITS);
    let mut pixels = Vec::with_capacity(IMAGES * 65);
    opened.read_to_end(&mut pixels).map_err(|e| opened.failed(&e))?;
    let codes = pixels.split_off(IMAGES * 64).iter().map(|&label| u32::from(label)).collect();
    let shape = Shape::Image(8, 8, 1);
    let examples = Examples {
        origin: "digits()".into(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers: Numbers::U8(pixels) }),
        target: Target::Classes { codes, names: (0..10).map(|digit| digit.to_string()).collect() },
        target_name: "digit".into(),
        groups: None,
        rows: IMAGES,
        lines: Lines::None,
    };
    Ok((examples, opened.digest()?))
}
