//! NumPy's arrays: two of an `.npz` archive, or two `.npy` files (`path` holds the features, `y` names the other file, beside
//! it). The first dimension counts examples. Targets of one number an example are classes or numbers by the rule for
//! columns; of several they are numbers.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use ndarray::{ArrayD, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyExt, ReadableElement};

use super::error::Error;
use super::examples::{Block, Column, Examples, Features, Lines, Numbers, Target, Values};
use super::facts::feature_names;
use super::files;
use super::idx::shape;
use super::memory;
use super::spec::Mode;

/// What an array holds.
struct Array {
    sizes: Vec<usize>,
    numbers: Numbers,
    boolean: bool,
}

/// Read features and targets.
pub(super) fn read(base: &Path, path: &str, x: &str, y: &str, mode: Option<Mode>) -> Result<(Examples, String), Error> {
    let place = files::find(base, path)?;
    let length = std::fs::metadata(&place).map_err(|e| files::unreadable(&place, &e))?.len();
    memory::check(path, length)?;
    let (bytes, digest) = files::bytes(&place)?;
    let (features, targets, digest) = if bytes.starts_with(b"PK") {
        let wrong = |reason: String| Error::Format { origin: path.to_owned(), format: "an npz archive", reason };
        let mut archive = NpzReader::new(Cursor::new(bytes)).map_err(|e| wrong(e.to_string()))?;
        let names = archive.names().map_err(|e| wrong(e.to_string()))?;
        for (role, name) in [("x", x), ("y", y)] {
            if !names.iter().any(|n| n.strip_suffix(".npy").unwrap_or(n) == name) {
                let available = names.iter().map(|n| n.strip_suffix(".npy").unwrap_or(n).to_owned()).collect();
                return Err(Error::ColumnMissing { origin: path.to_owned(), column: name.into(), role, available });
            }
        }
        let features = any(path, x, &mut |kind| from_archive(&mut archive, x, kind))?;
        let targets = any(path, y, &mut |kind| from_archive(&mut archive, y, kind))?;
        (features, targets, digest.to_hex().to_string())
    } else {
        let beside = place.parent().unwrap_or(Path::new("."));
        let other = files::find(beside, y)?;
        let (answers, more) = files::bytes(&other)?;
        let features = any(path, path, &mut |kind| from_bytes(&bytes, kind))?;
        let targets = any(y, y, &mut |kind| from_bytes(&answers, kind))?;
        (features, targets, files::join(&[digest.to_hex().to_string(), more.to_hex().to_string()]))
    };
    let wrong = |reason: String| Error::Format { origin: path.to_owned(), format: "a set of examples", reason };
    let rows = features.sizes.first().copied().unwrap_or(0);
    if targets.sizes.first() != Some(&rows) {
        return Err(wrong(format!("`{x}` has the shape {:?} and `{y}` {:?}", features.sizes, targets.sizes)));
    }
    if rows == 0 {
        return Err(Error::Empty { origin: path.to_owned() });
    }
    let shape = shape(&features.sizes)
        .filter(|shape| shape.size() > 0)
        .ok_or_else(|| wrong(format!("`{x}` has the shape {:?}", features.sizes)))?;
    let width = targets.numbers.len() / rows;
    let values: Vec<f64> = (0..targets.numbers.len()).map(|i| targets.numbers.get(i)).collect();
    let target = match width {
        0 => return Err(wrong(format!("`{y}` has the shape {:?}", targets.sizes))),
        1 if targets.boolean => {
            Target::decide(path, Column { name: y.into(), values: Values::Booleans(values) }, mode)?
        }
        1 => Target::decide(path, Column { name: y.into(), values: Values::Numbers(values) }, mode)?,
        _ if mode == Some(Mode::Classification) => {
            return Err(wrong(format!("`{y}` has {width} numbers an example; a class is one")));
        }
        _ => Target::Values { values, width },
    };
    let examples = Examples {
        origin: path.to_owned(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers: features.numbers }),
        target,
        target_name: y.to_owned(),
        groups: None,
        rows,
        lines: Lines::None,
    };
    examples.check_numbers()?;
    Ok((examples, digest))
}

/// The types that are understood.
#[derive(Clone, Copy)]
enum Kind {
    F32,
    F64,
    U8,
    I64,
    I32,
    Bool,
    I16,
    U16,
    I8,
    U32,
    U64,
}

type Tried = Result<Array, String>;

/// The first type that the array can be read as.
fn any(origin: &str, name: &str, read: &mut dyn FnMut(Kind) -> Tried) -> Result<Array, Error> {
    let mut reason = String::new();
    for kind in [
        Kind::F32,
        Kind::F64,
        Kind::U8,
        Kind::I64,
        Kind::I32,
        Kind::Bool,
        Kind::I16,
        Kind::U16,
        Kind::I8,
        Kind::U32,
        Kind::U64,
    ] {
        match read(kind) {
            Ok(array) => return Ok(array),
            Err(said) => reason = said,
        }
    }
    let reason = format!("`{name}`: {reason} (texts and objects are not read: save classes as whole numbers)");
    Err(Error::Format { origin: origin.to_owned(), format: "an array of numbers", reason })
}

fn from_archive<R: Read + Seek>(archive: &mut NpzReader<R>, name: &str, kind: Kind) -> Tried {
    fn get<R: Read + Seek, A: ReadableElement>(archive: &mut NpzReader<R>, name: &str) -> Result<ArrayD<A>, String> {
        archive.by_name::<OwnedRepr<A>, ndarray::IxDyn>(name).map_err(|e| e.to_string())
    }
    match kind {
        Kind::F32 => get(archive, name).map(|a| array(a, Numbers::F32)),
        Kind::F64 => get(archive, name).map(|a| array(a, Numbers::F64)),
        Kind::U8 => get(archive, name).map(|a| array(a, Numbers::U8)),
        Kind::I64 => get(archive, name).map(|a| wide(a, |x: i64| x as f64)),
        Kind::I32 => get(archive, name).map(|a| wide(a, |x: i32| f64::from(x))),
        Kind::Bool => get(archive, name).map(|a| Array { boolean: true, ..wide(a, |x: bool| f64::from(u8::from(x))) }),
        Kind::I16 => get(archive, name).map(|a| wide(a, |x: i16| f64::from(x))),
        Kind::U16 => get(archive, name).map(|a| wide(a, |x: u16| f64::from(x))),
        Kind::I8 => get(archive, name).map(|a| wide(a, |x: i8| f64::from(x))),
        Kind::U32 => get(archive, name).map(|a| wide(a, |x: u32| f64::from(x))),
        Kind::U64 => get(archive, name).map(|a| wide(a, |x: u64| x as f64)),
    }
}

fn from_bytes(bytes: &[u8], kind: Kind) -> Tried {
    fn get<A: ReadableElement>(bytes: &[u8]) -> Result<ArrayD<A>, String> {
        ArrayD::<A>::read_npy(bytes).map_err(|e| e.to_string())
    }
    match kind {
        Kind::F32 => get(bytes).map(|a| array(a, Numbers::F32)),
        Kind::F64 => get(bytes).map(|a| array(a, Numbers::F64)),
        Kind::U8 => get(bytes).map(|a| array(a, Numbers::U8)),
        Kind::I64 => get(bytes).map(|a| wide(a, |x: i64| x as f64)),
        Kind::I32 => get(bytes).map(|a| wide(a, |x: i32| f64::from(x))),
        Kind::Bool => get(bytes).map(|a| Array { boolean: true, ..wide(a, |x: bool| f64::from(u8::from(x))) }),
        Kind::I16 => get(bytes).map(|a| wide(a, |x: i16| f64::from(x))),
        Kind::U16 => get(bytes).map(|a| wide(a, |x: u16| f64::from(x))),
        Kind::I8 => get(bytes).map(|a| wide(a, |x: i8| f64::from(x))),
        Kind::U32 => get(bytes).map(|a| wide(a, |x: u32| f64::from(x))),
        Kind::U64 => get(bytes).map(|a| wide(a, |x: u64| x as f64)),
    }
}

/// Row by row, whatever the order in the file.
fn flat<A: Clone>(array: ArrayD<A>) -> (Vec<usize>, Vec<A>) {
    let sizes = array.shape().to_vec();
    let flat = if array.is_standard_layout() {
        let (values, _) = array.into_raw_vec_and_offset();
        values
    } else {
        array.iter().cloned().collect()
    };
    (sizes, flat)
}

fn array<A: Clone>(array: ArrayD<A>, numbers: impl Fn(Vec<A>) -> Numbers) -> Array {
    let (sizes, values) = flat(array);
    Array { sizes, numbers: numbers(values), boolean: false }
}

fn wide<A: Clone>(array: ArrayD<A>, number: impl Fn(A) -> f64) -> Array {
    let (sizes, values) = flat(array);
    Array { sizes, numbers: Numbers::F64(values.into_iter().map(number).collect()), boolean: false }
}
