//! One piece of a delimited text, a whole number of rows, to columns.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::data::examples::ABSENT;
use crate::data::field;
use crate::data::kept::Gaps;

/// How the fields of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Numbers,
    Texts,
}

/// The columns of a piece.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub rows: usize,
    /// Lines in the piece.
    pub lines: usize,
    /// The line, from 0 in the piece, that each row begins on, where it is not the row's own number.
    pub row_lines: Option<Vec<u32>>,
    pub columns: Vec<ChunkColumn>,
}

/// A column of a piece.
#[derive(Debug)]
pub(super) enum ChunkColumn {
    Numbers {
        values: Vec<f64>,
        gaps: Gaps,
        /// Fields that are neither missing nor numbers.
        bad: usize,
        /// The first of them: row in the piece, text.
        first_bad: Option<(usize, String)>,
    },
    Texts {
        codes: Vec<u32>,
        gaps: Gaps,
        /// In the order in which they come.
        names: Vec<Name>,
    },
}

/// A text of a column.
#[derive(Debug)]
pub(super) struct Name {
    pub text: String,
    /// How many rows have it, and the first of them.
    pub count: usize,
    pub first: usize,
}

impl ChunkColumn {
    fn new(kind: Kind, rows: usize) -> Self {
        let gaps = Gaps::default();
        match kind {
            Kind::Numbers => ChunkColumn::Numbers { values: Vec::with_capacity(rows), gaps, bad: 0, first_bad: None },
            Kind::Texts => ChunkColumn::Texts { codes: Vec::with_capacity(rows), gaps, names: Vec::new() },
        }
    }

    /// Set the mark of each row without a value.
    pub fn mark_missing(&self, marks: &mut [bool]) {
        match self {
            ChunkColumn::Numbers { gaps, .. } | ChunkColumn::Texts { gaps, .. } if gaps.count == 0 => {}
            ChunkColumn::Numbers { values, .. } => {
                marks.iter_mut().zip(values).for_each(|(mark, x)| *mark |= x.is_nan());
            }
            ChunkColumn::Texts { codes, .. } => {
                marks.iter_mut().zip(codes).for_each(|(mark, &code)| *mark |= code == ABSENT);
            }
        }
    }
}

/// What ends a piece early: row and line in the piece, from 0.
#[derive(Debug)]
pub(super) struct ChunkError {
    pub row: usize,
    pub line: usize,
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, PartialEq)]
pub(super) enum Problem {
    Ragged { found: usize },
    OpenQuote,
    NotUtf8 { field: usize },
}

/// A field, where it ends, how many lines it spans, and whether it ended well.
struct Field<'a> {
    bytes: Cow<'a, [u8]>,
    end: usize,
    lines: usize,
    closed: bool,
}

/// The field that begins at `start`, unquoted and (outside quotes) without blanks around it; `end` is at the separator,
/// at the line's end or at the end of the bytes.
fn read_field(bytes: &[u8], start: usize, separator: u8) -> Field<'_> {
    if bytes.get(start) != Some(&b'"') {
        let end = bytes[start..].iter().position(|&b| b == separator || b == b'\n').map_or(bytes.len(), |n| start + n);
        return Field { bytes: Cow::Borrowed(bytes[start..end].trim_ascii()), end, lines: 0, closed: true };
    }
    let mut text = Vec::new();
    let (mut at, mut lines) = (start + 1, 0);
    loop {
        let Some(n) = bytes[at..].iter().position(|&b| b == b'"') else {
            lines += bytes[at..].iter().filter(|&&b| b == b'\n').count();
            text.extend_from_slice(&bytes[at..]);
            return Field { bytes: Cow::Owned(text), end: bytes.len(), lines, closed: false };
        };
        lines += bytes[at..at + n].iter().filter(|&&b| b == b'\n').count();
        text.extend_from_slice(&bytes[at..at + n]);
        at += n + 1;
        if bytes.get(at) == Some(&b'"') {
            text.push(b'"');
            at += 1;
        } else {
            break;
        }
    }
    // What follows the closing quotation mark up to the separator belongs to the field.
    let end = bytes[at..].iter().position(|&b| b == separator || b == b'\n').map_or(bytes.len(), |n| at + n);
    text.extend_from_slice(bytes[at..end].trim_ascii_end());
    Field { bytes: Cow::Owned(text), end, lines, closed: true }
}

/// All fields of the row at the start of `bytes`, the place after its line's end, and whether its quotation marks close.
pub(super) fn fields(bytes: &[u8], separator: u8) -> (Vec<Cow<'_, [u8]>>, usize, bool) {
    let (mut fields, mut at) = (Vec::new(), 0);
    loop {
        let field = read_field(bytes, at, separator);
        at = field.end;
        fields.push(field.bytes);
        match bytes.get(at) {
            Some(&b) if b == separator => at += 1,
            Some(_) => return (fields, at + 1, true),
            None => return (fields, at, field.closed),
        }
    }
}

/// How many bytes at the start of `bytes` are an empty line.
pub(super) fn empty_line(bytes: &[u8]) -> usize {
    match bytes {
        [b'\n', ..] | [b'\r'] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

/// One past the last line's end outside quotation marks; 0 when there is none.
pub(super) fn last_row_end(bytes: &[u8], separator: u8) -> usize {
    if !bytes.contains(&b'"') {
        return bytes.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    }
    enum At {
        Start,
        Plain,
        Quoted,
        // After a mark inside quotation marks: it closes, or a second one follows.
        Closing,
    }
    let (mut last, mut state) = (0, At::Start);
    for (at, &b) in bytes.iter().enumerate() {
        state = match (state, b) {
            (At::Quoted, b'"') => At::Closing,
            (At::Quoted, _) | (At::Start | At::Closing, b'"') => At::Quoted,
            (_, b'\n') => {
                last = at + 1;
                At::Start
            }
            (_, b) if b == separator => At::Start,
            _ => At::Plain,
        };
    }
    last
}

/// Read whole rows. `fields[i]` says where field i of a row goes: a column of the result, or nowhere.
pub(super) fn parse(
    bytes: &[u8],
    separator: u8,
    fields: &[Option<usize>],
    kinds: &[Kind],
) -> Result<Chunk, ChunkError> {
    // A row of so many fields seldom has less than three bytes a field.
    let rows = bytes.len() / (fields.len() * 3).max(1) / 4;
    let columns = kinds.iter().map(|&kind| ChunkColumn::new(kind, rows)).collect();
    let mut chunk = Chunk { columns, ..Chunk::default() };
    let mut dictionaries: Vec<HashMap<Vec<u8>, u32>> = kinds.iter().map(|_| HashMap::new()).collect();
    let mut at = 0;
    while at < bytes.len() {
        let empty = empty_line(&bytes[at..]);
        if empty > 0 {
            // An empty line is no row.
            at += empty;
            chunk.row_lines.get_or_insert_with(|| (0..chunk.rows as u32).collect());
            chunk.lines += 1;
            continue;
        }
        let row = chunk.rows;
        let line = chunk.lines;
        let failed = |problem| ChunkError { row, line, problem };
        let mut spans = 1;
        for (number, &to) in fields.iter().enumerate() {
            let after = match to.map(|to| &mut chunk.columns[to]) {
                Some(ChunkColumn::Numbers { values, gaps, bad, first_bad }) => {
                    match field::leading_number(&bytes[at..]) {
                        Some((x, n)) if ends_field(bytes, at + n, separator) => {
                            values.push(x);
                            at + n
                        }
                        _ => {
                            let field = read_field(bytes, at, separator);
                            if !field.closed {
                                return Err(failed(Problem::OpenQuote));
                            }
                            spans += field.lines;
                            if field::is_missing(&field.bytes) {
                                values.push(f64::NAN);
                                gaps.join(0, Gaps { count: 1, first: Some(row) });
                            } else if let Some(x) = field::number(&field.bytes) {
                                values.push(x);
                            } else {
                                values.push(f64::NAN);
                                *bad += 1;
                                first_bad
                                    .get_or_insert_with(|| (row, String::from_utf8_lossy(&field.bytes).into_owned()));
                            }
                            field.end
                        }
                    }
                }
                Some(ChunkColumn::Texts { codes, gaps, names }) => {
                    let field = read_field(bytes, at, separator);
                    if !field.closed {
                        return Err(failed(Problem::OpenQuote));
                    }
                    spans += field.lines;
                    if field::is_missing(&field.bytes) {
                        codes.push(ABSENT);
                        gaps.join(0, Gaps { count: 1, first: Some(row) });
                    } else {
                        let dictionary = &mut dictionaries[to.unwrap_or(0)];
                        let code = match dictionary.get(field.bytes.as_ref()) {
                            Some(&code) => code,
                            None => {
                                let Ok(name) = std::str::from_utf8(&field.bytes) else {
                                    return Err(failed(Problem::NotUtf8 { field: number }));
                                };
                                names.push(Name { text: name.to_owned(), count: 0, first: row });
                                dictionary.insert(field.bytes.into_owned(), names.len() as u32 - 1);
                                names.len() as u32 - 1
                            }
                        };
                        names[code as usize].count += 1;
                        codes.push(code);
                    }
                    field.end
                }
                None => {
                    let field = read_field(bytes, at, separator);
                    if !field.closed {
                        return Err(failed(Problem::OpenQuote));
                    }
                    spans += field.lines;
                    field.end
                }
            };
            at = after;
            if bytes.get(at) == Some(&b'\r') && separator != b'\r' {
                at += 1;
            }
            let last = number + 1 == fields.len();
            match bytes.get(at) {
                Some(&b) if b == separator => {
                    if last {
                        let (more, ..) = self::fields(&bytes[at + 1..], separator);
                        return Err(failed(Problem::Ragged { found: fields.len() + more.len() }));
                    }
                    at += 1;
                }
                _ if !last => return Err(failed(Problem::Ragged { found: number + 1 })),
                Some(_) => at += 1,
                None => {}
            }
        }
        if let Some(lines) = &mut chunk.row_lines {
            lines.push(chunk.lines as u32);
        }
        chunk.rows += 1;
        chunk.lines += spans;
        if spans > 1 {
            chunk.row_lines.get_or_insert_with(|| (0..chunk.rows as u32).collect());
        }
    }
    Ok(chunk)
}

/// Whether a field may end before `at`.
#[inline]
fn ends_field(bytes: &[u8], at: usize, separator: u8) -> bool {
    match bytes.get(at) {
        None => true,
        Some(&b) => b == separator || b == b'\n' || b == b'\r' && matches!(bytes.get(at + 1), Some(b'\n') | None),
    }
}
