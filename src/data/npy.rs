//! NumPy's arrays: two of an `.npz` archive, or two `.npy` files (`path` holds the features, `y` names the other file, beside
//! it). The first dimension counts examples. Targets of one number an example are classes or numbers by the rule for
//! columns; of several they are numbers.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::error::Error;
use super::examples::{Block, Column, Examples, Features, Lines, Numbers, Target, Values};
use super::facts::feature_names;
use super::files::{self, Opened};
use super::idx::shape;
use super::memory;
use super::spec::Mode;
use super::split::Part;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// Read features and targets, or a part of them.
pub(super) fn read(
    base: &Path,
    path: &str,
    x: &str,
    y: &str,
    mode: Option<Mode>,
    part: Option<Part>,
) -> Result<(Examples, String), Error> {
    let (mut arrays, digest) = Arrays::open(base, path, x, y)?;
    let sizes = arrays.array(Role::Features)?.sizes;
    let answers = arrays.array(Role::Targets)?;
    let wrong = |reason: String| Error::Format { origin: path.to_owned(), format: "a set of examples", reason };
    let rows = sizes.first().copied().unwrap_or(0);
    if answers.sizes.first() != Some(&rows) {
        return Err(wrong(format!("`{x}` has the shape {sizes:?} and `{y}` {:?}", answers.sizes)));
    }
    if rows == 0 {
        return Err(Error::Empty { origin: path.to_owned() });
    }
    let shape = shape(&sizes)
        .filter(|shape| shape.size() > 0)
        .ok_or_else(|| wrong(format!("`{x}` has the shape {sizes:?}")))?;
    let (boolean, sides) = (answers.letter == b'b', format!("{:?}", answers.sizes));
    let numbers = answers.numbers(None)?;
    let width = numbers.len() / rows;
    let values: Vec<f64> = (0..numbers.len()).map(|i| numbers.get(i)).collect();
    let mut target = match width {
        0 => return Err(wrong(format!("`{y}` has the shape {sides}"))),
        1 => {
            let values = if boolean { Values::Booleans(values) } else { Values::Numbers(values) };
            Target::decide(path, Column { name: y.into(), values }, mode)?
        }
        _ if mode == Some(Mode::Classification) => {
            return Err(wrong(format!("`{y}` has {width} numbers an example; a class is one")));
        }
        _ => Target::Values { values, width },
    };
    let taken = part.and_then(|part| part.rows(&target, rows));
    let numbers = arrays.array(Role::Features)?.numbers(taken.as_deref())?;
    if let Some(rows) = &taken {
        target.keep(rows);
    }
    let examples = Examples {
        origin: path.to_owned(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers }),
        target,
        target_name: y.to_owned(),
        groups: None,
        rows: taken.map_or(rows, |taken| taken.len()),
        lines: Lines::None,
    };
    examples.check_numbers()?;
    Ok((examples, digest))
}

#[derive(Clone, Copy)]
enum Role {
    Features,
    Targets,
}

/// Where two arrays are.
enum Arrays {
    Archive {
        origin: String,
        archive: ZipArchive<BufReader<File>>,
        /// Names of the entries.
        names: [String; 2],
    },
    Files([(String, PathBuf); 2]),
}

impl Arrays {
    /// With the digest of all bytes.
    fn open(base: &Path, path: &str, x: &str, y: &str) -> Result<(Arrays, String), Error> {
        let place = files::find(base, path)?;
        let digest = Opened::file(&place)?.digest()?;
        let mut file = BufReader::new(File::open(&place).map_err(|e| files::unreadable(&place, &e))?);
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start).map_err(|e| files::unreadable(&place, &e))?;
        if start != b"PK" {
            let beside = place.parent().unwrap_or(Path::new("."));
            let other = files::find(beside, y)?;
            let digest = files::join(&[digest, Opened::file(&other)?.digest()?]);
            return Ok((Arrays::Files([(path.to_owned(), place), (y.to_owned(), other)]), digest));
        }
        let wrong = |reason: String| Error::Format { origin: path.to_owned(), format: "an npz archive", reason };
        let archive = ZipArchive::new(file).map_err(|e| wrong(e.to_string()))?;
        let names = || archive.file_names().map(|name| name.strip_suffix(".npy").unwrap_or(name).to_owned());
        for (role, name) in [("x", x), ("y", y)] {
            if !names().any(|n| n == name) {
                let mut available: Vec<String> = names().collect();
                available.sort();
                return Err(Error::ColumnMissing { origin: path.to_owned(), column: name.into(), role, available });
            }
        }
        let entry = |name: &str| {
            let full = format!("{name}.npy");
            if archive.file_names().any(|n| n == full) { full } else { name.to_owned() }
        };
        let names = [entry(x), entry(y)];
        Ok((Arrays::Archive { origin: path.to_owned(), archive, names }, digest))
    }

    /// One of them, its head read.
    fn array(&mut self, role: Role) -> Result<Array<'_>, Error> {
        let role = role as usize;
        match self {
            Arrays::Archive { origin, archive, names } => {
                let name = names[role].clone();
                let wrong = |reason: String| Error::Format { origin: origin.clone(), format: "an npz archive", reason };
                let entry = archive.by_name(&name).map_err(|e| wrong(format!("`{name}`: {e}")))?;
                Array::begin(origin.clone(), name, Box::new(BufReader::with_capacity(PIECE, entry)))
            }
            Arrays::Files(files) => {
                let (name, path) = &files[role];
                let input = BufReader::with_capacity(PIECE, Opened::file(path)?);
                Array::begin(name.clone(), name.clone(), Box::new(input))
            }
        }
    }
}

/// An array whose head is read.
struct Array<'a> {
    origin: String,
    name: String,
    sizes: Vec<usize>,
    /// `f`, `i`, `u` or `b`, and bytes of a number.
    letter: u8,
    width: usize,
    /// Whether the highest byte of a number comes first.
    big: bool,
    /// Whether the first dimension changes fastest.
    columns_first: bool,
    input: Box<dyn Read + 'a>,
}

/// What the head says, or what is wrong with it.
type Head = (Vec<usize>, (u8, usize), bool, bool);

impl<'a> Array<'a> {
    fn begin(origin: String, name: String, mut input: Box<dyn Read + 'a>) -> Result<Self, Error> {
        match head(&mut input) {
            Ok(Ok((sizes, (letter, width), big, columns_first))) => {
                Ok(Array { origin, name, sizes, letter, width, big, columns_first, input })
            }
            Ok(Err(reason)) => Err(wrong(origin, &name, &reason)),
            Err(error) => Err(wrong(origin, &name, &error.to_string())),
        }
    }

    /// The numbers of these rows (ascending), or of all.
    fn numbers(mut self, rows: Option<&[u32]>) -> Result<Numbers, Error> {
        let product = |sizes: &[usize]| sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
        let (all, taken) = (self.sizes[0], rows.map_or(self.sizes[0], <[u32]>::len));
        let one = product(&self.sizes[1..]).unwrap_or(usize::MAX);
        let count = |rows: usize| (rows as u64).saturating_mul(one as u64);
        let (stored, mut numbers) = match (self.letter, self.width) {
            (b'u', 1) => (1, Numbers::U8(Vec::new())),
            (b'f', 4) => (4, Numbers::F32(Vec::new())),
            _ => (8, Numbers::F64(Vec::new())),
        };
        let whole = if self.columns_first { count(all).saturating_mul(self.width as u64) } else { 0 };
        // Numbers, and the features made of them.
        memory::check(&self.origin, count(taken).saturating_mul(stored + 4).saturating_add(whole))?;
        let read = if self.columns_first {
            self.turned(rows, one, &mut numbers)
        } else {
            self.straight(rows, one, all, &mut numbers)
        };
        read.map_err(|error| wrong(self.origin, &self.name, &error.to_string()))?;
        Ok(numbers)
    }

    /// Row after row.
    fn straight(&mut self, rows: Option<&[u32]>, one: usize, all: usize, numbers: &mut Numbers) -> io::Result<()> {
        let length = one * self.width;
        let step = if rows.is_none() { (PIECE / length.max(1)).max(1) } else { 1 };
        let mut rows = rows.map(|rows| rows.iter().peekable());
        let mut bytes = vec![0; step * length];
        for row in (0..all).step_by(step) {
            let bytes = &mut bytes[..step.min(all - row) * length];
            self.input.read_exact(bytes)?;
            if rows.as_mut().is_none_or(|rows| rows.next_if(|&&taken| taken as usize == row).is_some()) {
                self.decode(bytes, numbers);
            }
        }
        Ok(())
    }

    /// Column after column: all are read before the first row is whole.
    fn turned(&mut self, rows: Option<&[u32]>, one: usize, numbers: &mut Numbers) -> io::Result<()> {
        let (all, width) = (self.sizes[0], self.width);
        let mut whole = vec![0; all * one * width];
        self.input.read_exact(&mut whole)?;
        // How far apart neighbours along each dimension are.
        let steps: Vec<usize> = (0..self.sizes.len()).map(|d| self.sizes[..d].iter().product()).collect();
        let mut bytes = vec![0; one * width];
        let mut add = |row: usize| {
            for (at, number) in bytes.chunks_exact_mut(width).enumerate() {
                let (mut rest, mut from) = (at, row);
                for d in (1..self.sizes.len()).rev() {
                    from += rest % self.sizes[d] * steps[d];
                    rest /= self.sizes[d];
                }
                number.copy_from_slice(&whole[from * width..(from + 1) * width]);
            }
            self.decode(&bytes, numbers);
        };
        match rows {
            None => (0..all).for_each(&mut add),
            Some(rows) => rows.iter().for_each(|&row| add(row as usize)),
        }
        Ok(())
    }

    /// Add numbers.
    fn decode(&self, bytes: &[u8], numbers: &mut Numbers) {
        let each = bytes.chunks_exact(self.width).map(|bytes| {
            let mut wide = [0; 8];
            wide[..self.width].copy_from_slice(bytes);
            if self.big {
                wide[..self.width].reverse();
            }
            u64::from_le_bytes(wide)
        });
        let unused = 64 - 8 * self.width as u32;
        match numbers {
            Numbers::U8(all) => all.extend_from_slice(bytes),
            Numbers::F32(all) => all.extend(each.map(|bits| f32::from_bits(bits as u32))),
            Numbers::F64(all) => match self.letter {
                b'f' => all.extend(each.map(f64::from_bits)),
                b'i' => all.extend(each.map(|bits| ((bits << unused).cast_signed() >> unused) as f64)),
                _ => all.extend(each.map(|bits| bits as f64)),
            },
        }
    }
}

fn wrong(origin: String, name: &str, reason: &str) -> Error {
    let name = name.strip_suffix(".npy").unwrap_or(name);
    let reason = format!("`{name}`: {reason}");
    Error::Format { origin, format: "an array of numbers", reason }
}

/// Shape, type, order of bytes, and order of dimensions.
fn head(input: &mut dyn Read) -> io::Result<Result<Head, String>> {
    let mut start = [0; 8];
    input.read_exact(&mut start)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Ok(Err("it does not begin as arrays of NumPy do".into()));
    }
    let mut length = [0; 4];
    input.read_exact(&mut length[..if start[6] == 1 { 2 } else { 4 }])?;
    let mut text = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    input.take(length).read_to_end(&mut text)?;
    if (text.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(understood(&String::from_utf8_lossy(&text)))
}

/// What stands in the head: `{'descr': '<f4', 'fortran_order': False, 'shape': (60, 28, 28), }`.
fn understood(text: &str) -> Result<Head, String> {
    let value = |key: &str| {
        let key = format!("'{key}':");
        text.find(&key).map(|at| text[at + key.len()..].trim_start()).ok_or_else(|| format!("its head lacks {key}"))
    };
    let described = value("descr")?;
    let code = described.strip_prefix('\'').and_then(|rest| rest.split('\'').next()).unwrap_or("of several fields");
    let unread = || format!("its type {code} is not read: save classes as whole numbers, and numbers as such");
    let big = code.starts_with('>');
    let code = code.trim_start_matches(['<', '>', '|', '=']);
    let letter = code.bytes().next().ok_or_else(unread)?;
    let width: usize = code.get(1..).and_then(|width| width.parse().ok()).ok_or_else(unread)?;
    if !matches!((letter, width), (b'f', 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'b', 1)) {
        return Err(unread());
    }
    let shape = value("shape")?.strip_prefix('(').and_then(|rest| rest.split(')').next());
    let sizes: Option<Vec<usize>> = shape.and_then(|shape| {
        let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
        sizes.map(|size| size.trim_end_matches('L').parse().ok()).collect()
    });
    let sizes = sizes.filter(|sizes| !sizes.is_empty()).ok_or("it is a single number, no array")?;
    Ok((sizes, (letter, width), big, value("fortran_order")?.starts_with("True")))
}
