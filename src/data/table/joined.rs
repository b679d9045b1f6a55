//! Pieces of a table, parsed by threads and joined in order, so that the result does not depend on how many threads there are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Request;
use super::chunk::{self, Chunk, ChunkError, Kind, Problem};
use super::column::{Growing, NotNumbers};
use super::header::Header;
use super::pieces::Pieces;
use crate::data::error::{Error, Place};
use crate::data::examples::{Column, Lines};
use crate::data::kept::{Gaps, Keep};
use crate::data::memory;

/// All pieces that were read.
#[derive(Debug, Default)]
pub(super) struct Joined<'a> {
    pub digest: String,
    rows: usize,
    lines: usize,
    row_lines: Option<Vec<u32>>,
    columns: Vec<Growing<'a>>,
    /// So many of the columns are features, the first ones.
    features: usize,
    /// Rows that lack a feature, where that is asked for.
    incomplete: Option<Vec<bool>>,
}

impl Joined<'_> {
    /// Whether rows that lack a feature are marked.
    pub fn marks(&self) -> bool {
        self.incomplete.is_some()
    }

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
        if let Some(marks) = &mut self.incomplete {
            marks.resize(self.rows + chunk.rows, false);
            let features = &chunk.columns[..self.features];
            features.iter().for_each(|column| column.mark_missing(&mut marks[self.rows..]));
        }
        for (to, from) in self.columns.iter_mut().zip(chunk.columns) {
            to.append(self.rows, from);
        }
        self.rows += chunk.rows;
        self.lines += chunk.lines;
    }

    /// Bytes that all rows take, judged by a share of the file.
    fn memory(&self, progress: f64) -> u64 {
        let rows = (self.rows as f64 / progress) as usize;
        let columns = self.columns.iter().enumerate();
        columns.map(|(number, column)| column.memory(rows, number < self.features)).sum()
    }

    /// Make room for all rows, judging by the first piece.
    fn reserve(&mut self, progress: f64) {
        let rows = (self.rows as f64 / progress.clamp(1e-3, 1.0) * 1.05) as usize;
        self.columns.iter_mut().for_each(|column| column.reserve(rows));
    }

    /// The error of a column that is not of numbers.
    fn not_numbers(&self, request: &Request<'_>, column: String, wrong: NotNumbers) -> Error {
        let NotNumbers { row, text, count } = wrong;
        Error::NotANumber { origin: request.origin.to_owned(), place: self.place(row), column, text, count }
    }

    /// The columns that were read as numbers and must be read again, as texts.
    pub fn misread(&self, request: &Request<'_>, header: &Header) -> Result<Vec<usize>, Error> {
        let mut again = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            match column.misread(self.rows) {
                Ok(false) => {}
                Ok(true) => again.push(i),
                Err(wrong) => return Err(self.not_numbers(request, header.wanted[i].clone(), wrong)),
            }
        }
        Ok(again)
    }

    /// What the columns are and what they lack.
    pub fn settle(mut self, request: &Request<'_>, header: &Header) -> Result<Table, Error> {
        let (mut columns, mut gaps) = (Vec::new(), Vec::new());
        for (name, column) in header.wanted.iter().zip(std::mem::take(&mut self.columns)) {
            gaps.push(column.gaps);
            let values = column.settle().map_err(|wrong| self.not_numbers(request, name.clone(), wrong))?;
            columns.push(Column { name: name.clone(), values });
        }
        let lines = match self.row_lines {
            Some(lines) => Lines::Listed(lines),
            None => Lines::Straight,
        };
        Ok(Table { columns, gaps, lines, incomplete: self.incomplete.unwrap_or_default() })
    }
}

/// What a reading gives.
pub(super) struct Table {
    /// The features, the target, the groups.
    pub columns: Vec<Column>,
    pub gaps: Vec<Gaps>,
    pub lines: Lines,
    /// Rows that lack a feature, where that was asked for and there are such.
    pub incomplete: Vec<bool>,
}

/// What threads share while they parse.
struct Shared<'a> {
    joined: Joined<'a>,
    /// Pieces that are parsed before those in front of them, with the share of the file that is read up to their end.
    waiting: BTreeMap<usize, (Result<Chunk, ChunkError>, f64)>,
    next: usize,
    failed: Option<Error>,
}

/// How columns are read.
pub(super) struct Plan<'a> {
    pub kinds: Vec<Kind>,
    /// Of the features, and of the target and the groups.
    pub keep: [Keep<'a>; 2],
    /// Whether rows that lack a feature are marked.
    pub mark: bool,
}

/// Parse and join all pieces, beginning with `first`, whose header is skipped.
pub(super) fn join<'a>(
    request: &Request<'_>,
    header: &Header,
    plan: &Plan<'a>,
    (reader, mut first): (Pieces, Vec<u8>),
) -> Result<Joined<'a>, Error> {
    first.drain(..header.text.end.min(first.len()));
    let keep = |column| plan.keep[usize::from(column >= header.features)];
    let joined = Joined {
        lines: header.text.lines.max(1),
        columns: plan.kinds.iter().enumerate().map(|(i, &kind)| Growing::new(kind, keep(i))).collect(),
        features: header.features,
        incomplete: plan.mark.then(Vec::new),
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
                    None => source.0.next(request.origin, Some(header.text.separator)),
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
            let parsed = chunk::parse(&piece, header.text.separator, &header.fields, &plan.kinds);
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
    shared.joined.digest = reader.input.digest()?;
    Ok(shared.joined)
}

impl Shared<'_> {
    /// Join what is next in order.
    fn advance(&mut self, request: &Request<'_>, header: &Header) {
        while let Some((parsed, progress)) = self.waiting.remove(&self.next) {
            match parsed {
                Ok(chunk) => {
                    self.joined.append(chunk);
                    let needed = self.joined.memory(progress.clamp(1e-6, 1.0));
                    if let Err(error) = memory::check_within(request.origin, needed, request.allowed) {
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
                            Error::NotUtf8 { origin, place, column: header.text.names[field].clone() }
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
