//! Parquet files to columns. The types of the file hold: texts stay texts, dates and timestamps become days since
//! 1970-01-01. Packed by snappy, by gzip, or not at all.

use std::collections::HashMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ::parquet::basic::{LogicalType, TimeUnit};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType, Int96};
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::ColumnDescriptor;

use super::error::Error;
use super::examples::{ABSENT, Column, Examples, Lines, Values};
use super::files::{self, Opened};
use super::kept::{Gaps, Keep, Rules, Survey};
use super::spec::{Missing, Table};
use super::{memory, parallel, table};

/// Days from the first Julian day to 1970-01-01.
const JULIAN_EPOCH: f64 = 2_440_588.0;

/// Read a table.
pub(super) fn read(base: &Path, what: &Table, rules: Rules) -> Result<(Examples, String), Error> {
    read_within(base, what, rules, memory::allowed())
}

/// The same in so many bytes.
pub(super) fn read_within(base: &Path, what: &Table, rules: Rules, allowed: u64) -> Result<(Examples, String), Error> {
    let origin = what.path.as_str();
    let path = files::find(base, origin)?;
    let digest = Opened::file(&path)?.digest()?;
    let file = File::open(&path).map_err(|e| files::unreadable(&path, &e))?;
    // A broken file must not end the program, and the reader asserts some of what it expects.
    let examples = catch_unwind(AssertUnwindSafe(|| examples(origin, file, what, rules, allowed)))
        .unwrap_or_else(|_| Err(wrong(origin, "it is damaged".into())));
    Ok((examples?, digest))
}

fn wrong(origin: &str, reason: String) -> Error {
    Error::Format { origin: origin.to_owned(), format: "a Parquet file that can be read", reason }
}

fn examples(origin: &str, file: File, what: &Table, rules: Rules, allowed: u64) -> Result<Examples, Error> {
    let failed = |e: ParquetError| wrong(origin, e.to_string());
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
    let wanted = table::choose(origin, what, &names)?;
    let (features, others) = wanted.split_at(wanted.len() - 1 - usize::from(what.groups.is_some()));
    let rows = metadata.row_groups().iter().map(|group| group.num_rows()).sum::<i64>().max(0) as usize;
    let check = |rows: usize| memory::check_within(origin, rows as u64 * wanted.len() as u64 * 12, allowed);
    let fits = check(rows);
    if let Err(refused) = &fits
        && rules.part.is_none_or(|part| part.most >= rows)
    {
        return Err(refused.clone());
    }
    if rows == 0 {
        return Err(Error::Empty { origin: origin.to_owned() });
    }
    let marks = Mutex::new(Vec::new());
    let read = |columns: &[usize], keep: Keep<'_>, mark: bool| -> Result<Vec<(Column, Gaps)>, Error> {
        let task = Task { origin, reader: &reader, rows, keep, marks: mark.then_some(&marks) };
        let read = parallel::map(columns, columns.len() * rows, |_, &number| {
            catch_unwind(AssertUnwindSafe(|| column(&task, number)))
                .unwrap_or_else(|_| Err(wrong(origin, format!("column `{}` is damaged", names[number]))))
        });
        read.into_iter().collect()
    };
    // What is not kept is looked at all the same: which rows stay depends on what they lack.
    let keep = if fits.is_ok() { Keep::All } else { Keep::Nothing };
    let looked = read(features, keep, rules.missing == Missing::Drop)?;
    let mut others = read(others, Keep::All, false)?.into_iter().map(|(column, _)| column);
    let Some(target) = others.next() else { return Err(Error::NoFeatures { origin: origin.to_owned() }) };
    let survey = Survey {
        origin: origin.to_owned(),
        columns: names.clone(),
        target,
        groups: others.next(),
        lines: Lines::None,
        gaps: looked.iter().map(|(column, gaps)| (column.name.clone(), *gaps)).collect(),
        incomplete: std::mem::take(&mut *marks.lock().unwrap_or_else(PoisonError::into_inner)),
    };
    let kept = survey.choose(rules)?;
    let columns = match (&kept.rows, fits) {
        (None, Ok(())) => looked,
        (Some(rows), Ok(())) => {
            let mut columns = looked;
            columns.iter_mut().for_each(|(column, _)| column.values.keep(rows));
            columns
        }
        (Some(rows), Err(_)) => {
            check(rows.len())?;
            read(features, Keep::Rows(rows), false)?
        }
        (None, Err(refused)) => return Err(refused),
    };
    Ok(kept.with(columns.into_iter().map(|(column, _)| column).collect()))
}

/// How columns are read.
struct Task<'a> {
    origin: &'a str,
    reader: &'a SerializedFileReader<File>,
    /// Of the file.
    rows: usize,
    keep: Keep<'a>,
    /// Where the rows without a value are marked, if they are.
    marks: Option<&'a Mutex<Vec<bool>>>,
}

/// Values of one kind as they are collected.
enum Collected {
    Numbers(Vec<f64>),
    Texts { codes: Vec<u32>, names: Vec<String>, index: HashMap<Vec<u8>, u32> },
}

/// One column of all row groups, and what it lacks.
fn column(task: &Task<'_>, number: usize) -> Result<(Column, Gaps), Error> {
    let &Task { origin, reader, keep, .. } = task;
    let rows = keep.rows(task.rows);
    let failed = |e: ParquetError| wrong(origin, e.to_string());
    let metadata = reader.metadata();
    let description = metadata.file_metadata().schema_descr().column(number);
    let name = description.path().string();
    let refuse = |kind: &str| wrong(origin, format!("column `{name}` is {kind}; drop it"));
    if description.max_rep_level() > 0 {
        return Err(refuse("a list"));
    }
    let mut collected: Option<Collected> = None;
    let (mut gaps, mut before) = (Gaps::default(), 0);
    let mut infinite: Option<(usize, f64, usize)> = None;
    for group in 0..metadata.num_row_groups() {
        let count = metadata.row_group(group).num_rows().max(0) as usize;
        let column = reader.get_row_group(group).and_then(|group| group.get_column_reader(number)).map_err(failed)?;
        let scale = |kind: &LogicalType| match kind {
            LogicalType::Decimal(decimal) => Some(decimal.scale),
            _ => None,
        };
        let logical = description.logical_type_ref();
        let power = logical.and_then(scale).unwrap_or(0);
        let decimal = |x: f64| if power == 0 { x } else { x / crate::kernel::math::powi(10.0, power) };
        let unsigned = matches!(logical, Some(LogicalType::Integer(kind)) if !kind.is_signed);
        let numbers = match column {
            ColumnReader::BoolColumnReader(r) => {
                numbers(r, &description, count, |x: &bool| f64::from(u8::from(*x))).map_err(failed)?
            }
            ColumnReader::Int32ColumnReader(r) => numbers(r, &description, count, |&x: &i32| {
                decimal(if unsigned { f64::from(x as u32) } else { f64::from(x) })
            })
            .map_err(failed)?,
            ColumnReader::Int64ColumnReader(r) => {
                let days = match logical {
                    Some(LogicalType::Timestamp(time)) => match time.unit {
                        TimeUnit::MILLIS => 86_400e3,
                        TimeUnit::MICROS => 86_400e6,
                        TimeUnit::NANOS => 86_400e9,
                    },
                    _ => 1.0,
                };
                numbers(r, &description, count, |&x: &i64| {
                    decimal(if unsigned { x as u64 as f64 } else { x as f64 }) / days
                })
                .map_err(failed)?
            }
            ColumnReader::Int96ColumnReader(r) => numbers(r, &description, count, |x: &Int96| match x.data() {
                &[low, high, day] => {
                    let nanoseconds = (u64::from(high) << 32 | u64::from(low)) as f64;
                    f64::from(day) - JULIAN_EPOCH + nanoseconds / 86_400e9
                }
                _ => f64::NAN,
            })
            .map_err(failed)?,
            ColumnReader::FloatColumnReader(r) => {
                numbers(r, &description, count, |&x: &f32| f64::from(x)).map_err(failed)?
            }
            ColumnReader::DoubleColumnReader(r) => numbers(r, &description, count, |&x: &f64| x).map_err(failed)?,
            ColumnReader::ByteArrayColumnReader(r) => {
                if matches!(logical, Some(LogicalType::Decimal(_))) {
                    return Err(refuse("of decimals longer than 18 digits"));
                }
                let (values, there) = values(r, &description, count).map_err(failed)?;
                let Collected::Texts { codes, names, index } = collected.get_or_insert_with(|| Collected::Texts {
                    codes: Vec::with_capacity(rows),
                    names: Vec::new(),
                    index: HashMap::new(),
                }) else {
                    return Err(refuse("of several kinds"));
                };
                let mut values = values.iter();
                let mut more = Vec::with_capacity(count);
                for there in there {
                    more.push(match there.then(|| values.next()).flatten() {
                        None => ABSENT,
                        Some(text) => code(text, names, index).ok_or_else(|| refuse("of bytes that are no text"))?,
                    });
                }
                keep.take(before, &more, codes, |code| code);
                task.missing(&mut gaps, before, more.iter().map(|&code| code == ABSENT));
                before += count;
                continue;
            }
            ColumnReader::FixedLenByteArrayColumnReader(_) => return Err(refuse("of fixed-length bytes")),
        };
        match collected.get_or_insert_with(|| Collected::Numbers(Vec::with_capacity(rows))) {
            Collected::Numbers(all) => keep.take(before, &numbers, all, |x| x),
            Collected::Texts { .. } => return Err(refuse("of several kinds")),
        }
        task.missing(&mut gaps, before, numbers.iter().map(|x| x.is_nan()));
        for (row, &x) in numbers.iter().enumerate().filter(|(_, x)| x.is_infinite()) {
            infinite.get_or_insert((before + row, x, 0)).2 += 1;
        }
        before += count;
    }
    if let Some((row, x, count)) = infinite {
        let place = super::Place { row: row + 1, line: None };
        return Err(Error::NotANumber { origin: origin.to_owned(), place, column: name, text: x.to_string(), count });
    }
    let values = match collected {
        Some(Collected::Texts { codes, names, .. }) => table::sorted_texts(&codes, &names),
        Some(Collected::Numbers(numbers)) => typed(&description, numbers),
        None => Values::Numbers(Vec::new()),
    };
    Ok((Column { name, values }, gaps))
}

impl Task<'_> {
    /// Count the rows from `before` on that lack a value, and mark them.
    fn missing(&self, gaps: &mut Gaps, before: usize, missing: impl Iterator<Item = bool>) {
        let lacking: Vec<usize> = missing.enumerate().filter(|(_, missing)| *missing).map(|(row, _)| row).collect();
        gaps.join(before, Gaps { count: lacking.len(), first: lacking.first().copied() });
        if let (Some(marks), false) = (self.marks, lacking.is_empty()) {
            let mut marks = marks.lock().unwrap_or_else(PoisonError::into_inner);
            marks.resize(self.rows, false);
            lacking.iter().for_each(|row| marks[before + row] = true);
        }
    }
}

/// Numbers as what the file says they are.
fn typed(description: &ColumnDescriptor, numbers: Vec<f64>) -> Values {
    use ::parquet::basic::Type;
    match (description.physical_type(), description.logical_type_ref()) {
        (Type::BOOLEAN, _) => Values::Booleans(numbers),
        (Type::INT96, _) | (_, Some(LogicalType::Date | LogicalType::Timestamp(_))) => Values::Dates(numbers),
        _ => Values::Numbers(numbers),
    }
}

fn code(text: &ByteArray, names: &mut Vec<String>, index: &mut HashMap<Vec<u8>, u32>) -> Option<u32> {
    if let Some(&code) = index.get(text.data()) {
        return Some(code);
    }
    names.push(std::str::from_utf8(text.data()).ok()?.to_owned());
    let code = names.len() as u32 - 1;
    index.insert(text.data().to_vec(), code);
    Some(code)
}

/// The values of a row group that are there, and for each row whether it has one.
fn values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    description: &ColumnDescriptor,
    rows: usize,
) -> Result<(Vec<T::T>, Vec<bool>), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let optional = description.max_def_level() > 0;
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, optional.then_some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::General(format!("a column ends after {read} of {rows} rows")));
        }
        read += records;
    }
    let there: Vec<bool> = if optional {
        levels.iter().map(|&level| level == description.max_def_level()).collect()
    } else {
        vec![true; rows]
    };
    if there.len() != rows || there.iter().filter(|t| **t).count() != values.len() {
        return Err(ParquetError::General("a column has not as many values as rows".into()));
    }
    Ok((values, there))
}

/// The same as numbers, NaN where there is none.
fn numbers<T: DataType>(
    reader: ColumnReaderImpl<T>,
    description: &ColumnDescriptor,
    rows: usize,
    number: impl Fn(&T::T) -> f64,
) -> Result<Vec<f64>, ParquetError> {
    let (values, there) = values(reader, description, rows)?;
    let mut values = values.iter();
    let next = |there: bool| if there { values.next().map_or(f64::NAN, &number) } else { f64::NAN };
    Ok(there.into_iter().map(next).collect())
}
