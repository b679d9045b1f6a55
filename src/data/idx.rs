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
use super::split::Part;
use crate::nn::layer::Shape;

/// Read images and their labels, or a part of them. Labels are classes unless `mode` says otherwise.
pub(super) fn read(
    base: &Path,
    images: &str,
    labels: &str,
    mode: Option<Mode>,
    part: Option<Part>,
) -> Result<(Examples, String), Error> {
    let mut file = open(base, images)?;
    let mut answers = open(base, labels)?;
    let rows = file.sizes[0];
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
    let shape = shape(&file.sizes).filter(|shape| shape.size() > 0).ok_or_else(|| Error::Format {
        origin: images.to_owned(),
        format: "an array of examples",
        reason: format!("it has the shape {:?}; an example has 0 to 3 dimensions, none of them empty", file.sizes),
    })?;
    let values = answers.numbers(None)?;
    let column = Column { name: "label".into(), values: Values::Numbers((0..rows).map(|i| values.get(i)).collect()) };
    let mut target = Target::decide(labels, column, mode.or(Some(Mode::Classification)))?;
    let taken = part.and_then(|part| part.rows(&target, rows));
    let numbers = file.numbers(taken.as_deref())?;
    if let Some(rows) = &taken {
        target.keep(rows);
    }
    let digest = files::join(&[file.opened.digest()?, answers.opened.digest()?]);
    let examples = Examples {
        origin: images.to_owned(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers }),
        target,
        target_name: "label".into(),
        groups: None,
        rows: taken.map_or(rows, |taken| taken.len()),
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

/// A file whose head is read.
struct File {
    name: String,
    opened: Opened,
    kind: u8,
    /// Bytes of a number.
    width: u64,
    sizes: Vec<usize>,
}

fn open(base: &Path, name: &str) -> Result<File, Error> {
    let path = files::find(base, name)?;
    let mut file = File { name: name.to_owned(), opened: Opened::file(&path)?, kind: 0, width: 0, sizes: Vec::new() };
    let mut head = Vec::with_capacity(4);
    file.take(4, &mut head)?;
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
        return Err(
            file.wrong(format!("it begins with {:02x} {:02x} {:02x} {:02x}", head[0], head[1], head[2], head[3]))
        );
    }
    let mut sides = Vec::new();
    file.take(4 * u64::from(dimensions), &mut sides)?;
    file.sizes = sides.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    (file.kind, file.width) = (kind, width);
    Ok(file)
}

impl File {
    fn wrong(&self, reason: String) -> Error {
        Error::Format { origin: self.name.clone(), format: "an IDX file", reason }
    }

    /// Add the next bytes.
    fn take(&mut self, count: u64, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let read = self.opened.by_ref().take(count).read_to_end(bytes).map_err(|e| self.opened.failed(&e))? as u64;
        if read < count {
            return Err(self.wrong(format!("it ends {} bytes too early", count - read)));
        }
        Ok(())
    }

    /// The numbers of these rows (ascending), or of all.
    fn numbers(&mut self, rows: Option<&[u32]>) -> Result<Numbers, Error> {
        let product =
            |sizes: &[usize]| sizes.iter().try_fold(1u64, |n, &s| n.checked_mul(s as u64)).unwrap_or(u64::MAX);
        let one = product(&self.sizes[1..]);
        let count = rows.map_or(product(&self.sizes), |rows| one.saturating_mul(rows.len() as u64));
        // Bytes, and the features made of them.
        memory::check(&self.name, count.saturating_mul(self.width + 4))?;
        let mut bytes = Vec::with_capacity((count * self.width) as usize);
        match rows {
            None => self.take(count * self.width, &mut bytes)?,
            Some(rows) => {
                let length = one * self.width;
                let mut others = Vec::new();
                let mut rows = rows.iter().peekable();
                for row in 0..self.sizes[0] as u32 {
                    if rows.next_if(|&&taken| taken == row).is_some() {
                        self.take(length, &mut bytes)?;
                    } else {
                        others.clear();
                        self.take(length, &mut others)?;
                    }
                }
            }
        }
        Ok(match self.kind {
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
        })
    }
}
