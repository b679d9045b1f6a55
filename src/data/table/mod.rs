//! Delimited text (CSV, TSV) to columns.
//!
//! The file is read in pieces of whole rows; threads parse the pieces, and the pieces are joined in order, so that the
//! result does not depend on how many threads there are.
//!
//! What a column holds is decided over all its rows. When at least nine in ten of the values that are there are numbers, it
//! is a column of numbers, and any other value in it is an error. When all are `true` or `false` it is boolean; when all are
//! ISO dates it is a date (days since 1970-01-01); else it is text. Blanks around an unquoted field do not count, nor do empty
//! lines. The separator is the one of `,` `;` tab `|` that the header holds most of.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use super::error::{Error, Place};
use super::examples::{ABSENT, Column, Examples, Lines, Values};
use super::field;
use super::files::Opened;
use super::memory;
use super::spec::{Mode, Table};
use chunk::{Chunk, ChunkColumn, ChunkError, Kind, Problem};

mod chunk;
#[cfg(test)]
mod tests;

/// Bytes of a piece.
const PIECE: usize = 2 << 20;

/// Rows that the kinds of the columns are guessed from before all are read.
const SAMPLE: usize = 1000;

/// What a table is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub origin: &'a str,
    pub table: &'a Table,
    pub mode: Option<Mode>,
}

/// Read a table. `open` is called again when the first guess of a column's kind was wrong; the digest of the first reading
/// counts.
pub(super) fn read(
    request: &Request<'_>,
    open: &dyn Fn() -> Result<Opened, Error>,
) -> Result<(Examples, String), Error> {
    read_by(request, open, PIECE)
}

/// The same in pieces of about so many bytes.
fn read_by(
    request: &Request<'_>,
    open: &dyn Fn() -> Result<Opened, Error>,
    size: usize,
) -> Result<(Examples, String), Error> {
    let mut reader = Pieces::new(open()?, size);
    let first = reader.next(request.origin)?.unwrap_or_default();
    let header = Header::read(request, &first)?;
    let mut kinds = header.guess(&first);
    let mut digest = None;
    let mut joined = join(request, &header, &kinds, reader, first)?;
    loop {
        digest = digest.or(joined.digest.take());
        let again = joined.settle(request, &header)?;
        if again.is_empty() {
            break;
        }
        for column in again {
            kinds[column] = Kind::Texts;
        }
        let mut reader = Pieces::new(open()?, size);
        let first = reader.next(request.origin)?.unwrap_or_default();
        joined = join(request, &header, &kinds, reader, first)?;
    }
    let mut columns = joined.settled.into_iter();
    let features: Vec<Column> = columns.by_ref().take(header.features).collect();
    let (Some(target), groups) = (columns.next(), columns.next()) else {
        return Err(Error::NoFeatures { origin: request.origin.to_owned() });
    };
    let lines = match joined.row_lines {
        Some(lines) => Lines::Listed(lines),
        None => Lines::Straight,
    };
    let examples = Examples::table(
        request.origin.to_owned(),
        header.names,
        features,
        target,
        groups,
        lines,
        request.table.missing,
        request.mode,
    )?;
    Ok((examples, digest.unwrap_or_default()))
}

/// The first line and what it means for the request.
struct Header {
    names: Vec<String>,
    separator: u8,
    /// Bytes and lines of the header in the first piece.
    end: usize,
    lines: usize,
    /// Where each field goes: the features, the target, the groups, in this order.
    fields: Vec<Option<usize>>,
    wanted: Vec<String>,
    features: usize,
}

impl Header {
    fn read(request: &Request<'_>, piece: &[u8]) -> Result<Header, Error> {
        let origin = request.origin;
        let table = request.table;
        let mut start = if piece.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        while let Some(b'\n' | b'\r') = piece.get(start) {
            start += 1;
        }
        if piece.len() == start {
            return Err(Error::Empty { origin: origin.to_owned() });
        }
        if piece.starts_with(b"\xff\xfe") || piece.starts_with(b"\xfe\xff") || piece.starts_with(b"PK\x03\x04") {
            return Err(Error::Format {
                origin: origin.to_owned(),
                format: "delimited text in UTF-8",
                reason: if piece[0] == b'P' { "it is a zip archive or a spreadsheet" } else { "it is UTF-16" }.into(),
            });
        }
        let separator = match table.separator {
            Some(c) if c.is_ascii() => c as u8,
            Some(c) => {
                return Err(Error::Parameter {
                    origin: origin.to_owned(),
                    reason: format!("the separator must be one ASCII character, not `{c}`"),
                });
            }
            None => separator(&piece[start..]),
        };
        let (fields, length, closed) = chunk::read_row(&piece[start..], separator);
        let place = Place { row: 0, line: Some(1) };
        if !closed {
            return Err(Error::OpenQuote { origin: origin.to_owned(), place });
        }
        let mut names = Vec::with_capacity(fields.len());
        for (i, field) in fields.into_iter().enumerate() {
            let name = String::from_utf8(field).map_err(|_| Error::NotUtf8 {
                origin: origin.to_owned(),
                place,
                column: format!("{}", i + 1),
            })?;
            names.push(if name.is_empty() { format!("column {}", i + 1) } else { name });
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name, i) {
                return Err(Error::DuplicateColumn {
                    origin: origin.to_owned(),
                    column: name.clone(),
                    first: first + 1,
                    second: i + 1,
                });
            }
        }
        let wanted = choose(origin, table, &names)?;
        let features = wanted.len() - 1 - usize::from(table.groups.is_some());
        let mut to = vec![None; names.len()];
        for (i, &column) in wanted.iter().enumerate() {
            to[column] = Some(i);
        }
        let end = start + length;
        let lines = piece[..end].iter().filter(|&&b| b == b'\n').count();
        let wanted = wanted.iter().map(|&i| names[i].clone()).collect();
        Ok(Header { names, separator, end, lines, fields: to, wanted, features })
    }

    /// The kind of each wanted column by the first rows.
    fn guess(&self, piece: &[u8]) -> Vec<Kind> {
        let mut counts = vec![(0usize, 0usize); self.wanted.len()];
        let mut at = self.end;
        for _ in 0..SAMPLE {
            if at >= piece.len() {
                break;
            }
            let (fields, length, _) = chunk::read_row(&piece[at..], self.separator);
            for (field, to) in fields.iter().zip(&self.fields) {
                if let Some(to) = to
                    && !field::is_missing(field)
                {
                    counts[*to].0 += 1;
                    counts[*to].1 += usize::from(field::number(field).is_some());
                }
            }
            at += length;
        }
        counts
            .iter()
            .map(|&(there, numbers)| if mostly(numbers, there) { Kind::Numbers } else { Kind::Texts })
            .collect()
    }
}

/// Whether a column with so many numbers among its values is one of numbers.
fn mostly(numbers: usize, there: usize) -> bool {
    numbers * 10 >= there * 9
}

/// The most frequent of the usual separators in the first line, outside quotation marks.
pub fn separator(bytes: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &b in bytes {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => {
                if let Some((_, n)) = counts.iter_mut().find(|(c, _)| *c == b) {
                    *n += 1;
                }
            }
            _ => {}
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(c, _)| *c)
}

/// The numbers of the columns of the features, the target and the groups.
pub(super) fn choose(origin: &str, table: &Table, names: &[String]) -> Result<Vec<usize>, Error> {
    let find = |name: &String, role| {
        names.iter().position(|n| n == name).ok_or_else(|| Error::ColumnMissing {
            origin: origin.to_owned(),
            column: name.clone(),
            role,
            available: names.to_vec(),
        })
    };
    let twice = |column: &String, first, second| {
        Err(Error::ColumnTwice { origin: origin.to_owned(), column: column.clone(), first, second })
    };
    let target = find(&table.target, "target")?;
    let groups = table.groups.as_ref().map(|name| find(name, "groups")).transpose()?;
    if groups == Some(target) {
        return twice(&table.target, "the target", "the groups");
    }
    let mut dropped = Vec::new();
    for name in &table.drop {
        let column = find(name, "drop")?;
        if column == target {
            return twice(name, "the target", "dropped");
        }
        dropped.push(column);
    }
    let mut wanted: Vec<usize> = Vec::new();
    if table.features.is_empty() {
        wanted.extend((0..names.len()).filter(|c| *c != target && Some(*c) != groups && !dropped.contains(c)));
    }
    for name in &table.features {
        let column = find(name, "features")?;
        if column == target {
            return twice(name, "the target", "a feature");
        }
        if Some(column) == groups {
            return twice(name, "the groups", "a feature");
        }
        if wanted.contains(&column) {
            return twice(name, "a feature", "a feature again");
        }
        if !dropped.contains(&column) {
            wanted.push(column);
        }
    }
    if wanted.is_empty() {
        return Err(Error::NoFeatures { origin: origin.to_owned() });
    }
    wanted.push(target);
    wanted.extend(groups);
    Ok(wanted)
}

/// The source in pieces of whole rows.
struct Pieces {
    input: Opened,
    size: usize,
    carry: Vec<u8>,
    ended: bool,
    number: usize,
}

impl Pieces {
    fn new(input: Opened, size: usize) -> Self {
        Pieces { input, size, carry: Vec::new(), ended: false, number: 0 }
    }

    /// The next piece, none at the end.
    fn next(&mut self, origin: &str) -> Result<Option<Vec<u8>>, Error> {
        self.next_by(origin, None)
    }

    fn next_by(&mut self, origin: &str, separator: Option<u8>) -> Result<Option<Vec<u8>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.carry);
        let mut size = self.size;
        loop {
            let room = size.saturating_sub(piece.len()) as u64;
            piece.reserve(room as usize);
            let read = self.input.by_ref().take(room).read_to_end(&mut piece).map_err(|e| self.input.failed(&e))?;
            if (read as u64) < room {
                self.ended = true;
                break;
            }
            // The header decides the separator; until it is known, each of the usual ones begins a field.
            let separator = separator.unwrap_or_else(|| self::separator(&piece));
            let end = chunk::last_row_end(&piece, separator);
            if end > 0 {
                self.carry = Vec::with_capacity(self.size);
                self.carry.extend_from_slice(&piece[end..]);
                piece.truncate(end);
                break;
            }
            size *= 2;
            if size as u64 > memory::allowed() {
                return Err(Error::TooLarge {
                    origin: origin.to_owned(),
                    needed: size as u64,
                    allowed: memory::allowed(),
                });
            }
        }
        self.number += 1;
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// All pieces joined.
#[derive(Default)]
struct Joined {
    rows: usize,
    lines: usize,
    row_lines: Option<Vec<u32>>,
    columns: Vec<JoinedColumn>,
    settled: Vec<Column>,
    digest: Option<String>,
}

enum JoinedColumn {
    Numbers { values: Vec<f64>, bad: usize, first_bad: Option<(usize, String)> },
    Texts { codes: Vec<u32>, names: Vec<String>, index: HashMap<String, u32> },
}

impl Joined {
    fn place(&self, row: usize) -> Place {
        let line = self.row_lines.as_ref().map_or(row + 2, |lines| lines.get(row).map_or(0, |&l| l as usize));
        Place { row: row + 1, line: Some(line) }
    }

    fn append(&mut self, chunk: Chunk) {
        if self.row_lines.is_none() && (chunk.row_lines.is_some() || self.lines != self.rows + 1) {
            self.row_lines = Some((0..self.rows as u32).map(|r| r + 2).collect());
        }
        if let Some(lines) = &mut self.row_lines {
            let first = self.lines as u32 + 1;
            match chunk.row_lines {
                Some(own) => lines.extend(own.iter().map(|l| l + first)),
                None => lines.extend((0..chunk.rows as u32).map(|l| l + first)),
            }
        }
        let before = self.rows;
        for (to, from) in self.columns.iter_mut().zip(chunk.columns) {
            match (to, from) {
                (
                    JoinedColumn::Numbers { values, bad, first_bad },
                    ChunkColumn::Numbers { values: more, bad: worse, first_bad: first },
                ) => {
                    values.extend_from_slice(&more);
                    *bad += worse;
                    *first_bad = first_bad.take().or(first.map(|(row, text)| (row + before, text)));
                }
                (JoinedColumn::Texts { codes, names, index }, ChunkColumn::Texts { codes: more, names: new }) => {
                    let map: Vec<u32> = new
                        .into_iter()
                        .map(|name| {
                            *index.entry(name).or_insert_with_key(|name| {
                                names.push(name.clone());
                                names.len() as u32 - 1
                            })
                        })
                        .collect();
                    codes.extend(more.iter().map(|&code| map.get(code as usize).copied().unwrap_or(ABSENT)));
                }
                _ => {}
            }
        }
        self.rows += chunk.rows;
        self.lines += chunk.lines;
    }

    /// Bytes that the columns and the features made of them take.
    fn memory(&self) -> u64 {
        let per_row: u64 = self
            .columns
            .iter()
            .map(|column| match column {
                JoinedColumn::Numbers { .. } => 12,
                JoinedColumn::Texts { names, .. } => 4 + 4 * names.len() as u64,
            })
            .sum();
        self.rows as u64 * per_row
    }

    /// Decide what each column is; the columns that must be read again, as texts.
    fn settle(&mut self, request: &Request<'_>, header: &Header) -> Result<Vec<usize>, Error> {
        let origin = request.origin;
        let mut again = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            if let JoinedColumn::Numbers { values, bad, first_bad: Some((row, text)) } = column {
                let there = bad + values.iter().filter(|x| !x.is_nan()).count();
                if mostly(there - bad, there) {
                    return Err(Error::NotANumber {
                        origin: origin.to_owned(),
                        place: self.place(*row),
                        column: header.wanted[i].clone(),
                        text: text.clone(),
                        count: *bad,
                    });
                }
                again.push(i);
            }
        }
        if !again.is_empty() {
            return Ok(again);
        }
        for (i, column) in std::mem::take(&mut self.columns).into_iter().enumerate() {
            let name = header.wanted[i].clone();
            let values = match column {
                JoinedColumn::Numbers { values, .. } => Values::Numbers(values),
                JoinedColumn::Texts { codes, names, .. } => match texts(codes, names) {
                    Ok(values) => values,
                    Err((row, text, count)) => {
                        let (origin, place) = (origin.to_owned(), self.place(row));
                        return Err(Error::NotANumber { origin, place, column: name, text, count });
                    }
                },
            };
            self.settled.push(Column { name, values });
        }
        Ok(again)
    }
}

/// What a column of texts really holds; or the row, the text and the number of those that are not numbers in a column of
/// numbers.
fn texts(codes: Vec<u32>, names: Vec<String>) -> Result<Values, (usize, String, usize)> {
    let mapped = |value: &dyn Fn(&str) -> Option<f64>| -> Option<Vec<f64>> {
        let values: Option<Vec<f64>> = names.iter().map(|name| value(name)).collect();
        let values = values.filter(|v| !v.is_empty())?;
        Some(codes.iter().map(|&c| values.get(c as usize).copied().unwrap_or(f64::NAN)).collect())
    };
    if names.is_empty() {
        return Ok(Values::Numbers(vec![f64::NAN; codes.len()]));
    }
    if let Some(flags) = mapped(&field::boolean) {
        return Ok(Values::Booleans(flags));
    }
    if let Some(dates) = mapped(&field::date) {
        return Ok(Values::Dates(dates));
    }
    let number = |text: &str| field::number(text.as_bytes());
    if let Some(numbers) = mapped(&number) {
        return Ok(Values::Numbers(numbers));
    }
    let is_number: Vec<bool> = names.iter().map(|name| number(name).is_some()).collect();
    let there = codes.iter().filter(|&&c| c != ABSENT).count();
    let numbers = codes.iter().filter(|&&c| is_number.get(c as usize) == Some(&true)).count();
    if mostly(numbers, there)
        && let Some(row) = codes.iter().position(|&c| is_number.get(c as usize) == Some(&false))
    {
        return Err((row, names[codes[row] as usize].clone(), there - numbers));
    }
    Ok(sorted_texts(&codes, &names))
}

/// Texts with the names in order.
pub(super) fn sorted_texts(codes: &[u32], names: &[String]) -> Values {
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    order.sort_by(|&a, &b| names[a as usize].cmp(&names[b as usize]));
    let mut rank = vec![0; names.len()];
    for (place, &code) in order.iter().enumerate() {
        rank[code as usize] = place as u32;
    }
    let codes = codes.iter().map(|&c| rank.get(c as usize).copied().unwrap_or(ABSENT)).collect();
    Values::Texts { codes, names: order.iter().map(|&c| names[c as usize].clone()).collect() }
}

/// What threads share while they parse.
struct Shared {
    joined: Joined,
    /// Pieces that are parsed before those in front of them, with the share of the file that is read up to their end.
    waiting: BTreeMap<usize, (Result<Chunk, ChunkError>, f64)>,
    next: usize,
    failed: Option<Error>,
}

/// Parse and join all pieces, beginning with `first`, whose header is skipped.
fn join(
    request: &Request<'_>,
    header: &Header,
    kinds: &[Kind],
    reader: Pieces,
    mut first: Vec<u8>,
) -> Result<Joined, Error> {
    first.drain(..header.end.min(first.len()));
    let joined = Joined {
        lines: header.lines.max(1),
        columns: kinds
            .iter()
            .map(|kind| match kind {
                Kind::Numbers => JoinedColumn::Numbers { values: Vec::new(), bad: 0, first_bad: None },
                Kind::Texts => JoinedColumn::Texts { codes: Vec::new(), names: Vec::new(), index: HashMap::new() },
            })
            .collect(),
        ..Joined::default()
    };
    let single = reader.ended;
    let shared = Mutex::new(Shared { joined, waiting: BTreeMap::new(), next: 0, failed: None });
    let source = Mutex::new((reader, Some(first)));
    let work = || {
        loop {
            let (number, piece, progress) = {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                let piece = match source.1.take() {
                    Some(first) => Ok(Some(first)),
                    None => source.0.next_by(request.origin, Some(header.separator)),
                };
                match piece {
                    Ok(Some(piece)) => (source.0.number - 1, piece, source.0.input.progress()),
                    Ok(None) => return,
                    Err(error) => {
                        shared.lock().unwrap_or_else(PoisonError::into_inner).failed.get_or_insert(error);
                        return;
                    }
                }
            };
            let parsed = chunk::parse(&piece, header.separator, &header.fields, kinds);
            drop(piece);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.waiting.insert(number, (parsed, progress));
            shared.advance(request, header);
            if shared.failed.is_some() {
                return;
            }
        }
    };
    if single {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 1..memory::threads() {
                scope.spawn(work);
            }
            work();
        });
    }
    let (reader, _) = source.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = shared.failed {
        return Err(error);
    }
    shared.joined.digest = Some(reader.input.digest()?);
    Ok(shared.joined)
}

impl Shared {
    /// Join what is next in order.
    fn advance(&mut self, request: &Request<'_>, header: &Header) {
        while let Some((parsed, progress)) = self.waiting.remove(&self.next) {
            match parsed {
                Ok(chunk) => {
                    self.joined.append(chunk);
                    let needed = (self.joined.memory() as f64 / progress.clamp(1e-6, 1.0)) as u64;
                    if let Err(error) = memory::check(request.origin, needed) {
                        self.failed = Some(error);
                        return;
                    }
                    if self.next == 0 {
                        self.joined.reserve(progress);
                    }
                }
                Err(error) => {
                    let row_line = self.joined.lines + error.line + 1;
                    let place = Place { row: self.joined.rows + error.row + 1, line: Some(row_line) };
                    let origin = request.origin.to_owned();
                    let error = match error.problem {
                        Problem::Ragged { found } => {
                            Error::Ragged { origin, place, expected: header.fields.len(), found }
                        }
                        Problem::OpenQuote => Error::OpenQuote { origin, place },
                        Problem::NotUtf8 { field } => {
                            Error::NotUtf8 { origin, place, column: header.names[field].clone() }
                        }
                    };
                    // The first in the file counts, whichever thread met it first.
                    self.failed = Some(error);
                    return;
                }
            }
            self.next += 1;
        }
    }
}

impl Joined {
    /// Make room for all rows, judging by the first piece.
    fn reserve(&mut self, progress: f64) {
        let rows = (self.rows as f64 / progress.clamp(1e-3, 1.0) * 1.05) as usize;
        for column in &mut self.columns {
            match column {
                JoinedColumn::Numbers { values, .. } => values.reserve(rows.saturating_sub(values.len())),
                JoinedColumn::Texts { codes, .. } => codes.reserve(rows.saturating_sub(codes.len())),
            }
        }
    }
}
