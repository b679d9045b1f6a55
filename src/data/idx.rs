//! IDX files, the format of the MNIST family: zeros, a type, a number of dimensions, their sizes, then the numbers, all of them
//! with the highest byte first.

use std::io::Read;
use std::path::Path;

use super::error::Error;
use super::examples::{Block, Column, Examples, Features, Lines, Numbers, Target, Values};
use super::facts::feature_names;
use super::files::{self, Opened};
use super::memory;
use super::spec::Mode;
use crate::nn::layer::Shape;

/// An array of a file.
pub(super) struct Array {
    pub sizes: Vec<usize>,
    pub numbers: Numbers,
    pub digest: String,
}

/// Read images and their labels. Labels are classes unless `mode` says otherwise.
pub(super) fn read(base: &Path, images: &str, labels: &str, mode: Option<Mode>) -> Result<(Examples, String), Error> {
    let array = open(base, images)?;
    let answers = open(base, labels)?;
    let digest = files::join(&[array.digest, answers.digest]);
    let rows = array.sizes[0];
    let wrong = |reason: String| Error::Format { origin: labels.to_owned(), format: "labels of these images", reason };
    if answers.sizes.len() != 1 {
        return Err(wrong(format!("it has {} dimensions, not 1", answers.sizes.len())));
    }
    if answers.sizes[0] != rows {
        return Err(wrong(format!("it has {} labels for {rows} images", answers.sizes[0])));
    }
    if rows == 0 {
        return Err(Error::Empty { origin: images.to_owned() });
    }
    let values = (0..rows).map(|i| answers.numbers.get(i)).collect();
    let column = Column { name: "label".into(), values: Values::Numbers(values) };
    let target = Target::decide(labels, column, mode.or(Some(Mode::Classification)))?;
    let shape = shape(&array.sizes).filter(|shape| shape.size() > 0).ok_or_else(|| Error::Format {
        origin: images.to_owned(),
        format: "an array of examples",
        reason: format!("it has the shape {:?}; an example has 0 to 3 dimensions, none of them empty", array.sizes),
    })?;
    let examples = Examples {
        origin: images.to_owned(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers: array.numbers }),
        target,
        target_name: "label".into(),
        groups: None,
        rows,
        lines: Lines::None,
    };
    examples.check_numbers()?;
    Ok((examples, digest))
}

/// The shape of an example in an array whose first dimension counts them: numbers, height and width, or these and channels.
pub(super) fn shape(sizes: &[usize]) -> Option<Shape> {
    match *sizes {
        [_] => Some(Shape::Flat(1)),
        [_, n] => Some(Shape::Flat(n)),
        [_, height, width] => Some(Shape::Image(height, width, 1)),
        [_, height, width, channels] => Some(Shape::Image(height, width, channels)),
        _ => None,
    }
}

fn open(base: &Path, name: &str) -> Result<Array, Error> {
    let path = files::find(base, name)?;
    let mut opened = Opened::file(&path)?;
    let wrong = |reason: String| Error::Format { origin: name.to_owned(), format: "an IDX file", reason };
    let take = |opened: &mut Opened, count: u64| -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(count as usize);
        opened.by_ref().take(count).read_to_end(&mut bytes).map_err(|e| opened.failed(&e))?;
        if (bytes.len() as u64) < count {
            return Err(wrong(format!("it ends after {} of {count} bytes", bytes.len())));
        }
        Ok(bytes)
    };
    let head = take(&mut opened, 4)?;
    let (kind, dimensions) = (head[2], head[3]);
    let width: u64 = match kind {
        _ if head[..2] != [0, 0] => 0,
        0x08 | 0x09 => 1,
        0x0B => 2,
        0x0C | 0x0D => 4,
        0x0E => 8,
        _ => 0,
    };
    if width == 0 || dimensions == 0 {
        return Err(Error::Format {
            origin: name.to_owned(),
            format: "an IDX file",
            reason: format!("it begins with {:02x} {:02x} {:02x} {:02x}", head[0], head[1], head[2], head[3]),
        });
    }
    let head = take(&mut opened, 4 * u64::from(dimensions))?;
    let sizes: Vec<usize> =
        head.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let count = sizes.iter().try_fold(1u64, |n, &s| n.checked_mul(s as u64)).unwrap_or(u64::MAX);
    // Bytes, and the features made of them.
    memory::check(name, count.saturating_mul(width + 4))?;
    let bytes = take(&mut opened, count * width)?;
    let numbers = match kind {
        0x08 => Numbers::U8(bytes),
        0x09 => Numbers::F32(bytes.iter().map(|&b| f32::from(b as i8)).collect()),
        0x0B => Numbers::F32(bytes.chunks_exact(2).map(|b| f32::from(i16::from_be_bytes([b[0], b[1]]))).collect()),
        0x0C => Numbers::F64(
            bytes.chunks_exact(4).map(|b| f64::from(i32::from_be_bytes([b[0], b[1], b[2], b[3]]))).collect(),
        ),
        0x0D => Numbers::F32(bytes.chunks_exact(4).map(|b| f32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect()),
        _ => Numbers::F64(
            bytes
                .chunks_exact(8)
                .map(|b| f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
                .collect(),
        ),
    };
    Ok(Array { sizes, numbers, digest: opened.digest()? })
}
