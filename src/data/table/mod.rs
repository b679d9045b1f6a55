//! Delimited text (CSV, TSV) to columns.
//!
//! What a column holds is decided over all its rows. When at least nine in ten of the values that are there are numbers, it
//! is a column of numbers, and any other value in it is an error. When all are `true` or `false` it is boolean; when all are
//! ISO dates it is a date (days since 1970-01-01); else it is text. Blanks around an unquoted field do not count, nor do empty
//! lines. The separator is the one of `,` `;` tab `|` that the header holds most of.
//!
//! A table of which only a part is wanted and that would not fit into memory is read twice: once for what its columns are and
//! which rows are taken, once for those rows.

use super::error::Error;
use super::examples::{Column, Examples};
use super::files::Opened;
use super::kept::{self, Gaps, Keep, Rules, Survey};
use super::memory;
use super::spec::{Missing, Table};
use chunk::Kind;
use header::Header;
use joined::{Joined, Plan, join};
use pieces::Pieces;

pub(super) use column::sorted_texts;
pub(super) use header::{choose, separator};
pub use rows::Rows;

mod chunk;
mod column;
mod header;
mod joined;
mod pieces;
mod rows;
#[cfg(test)]
mod tests;

/// Bytes of a piece.
const PIECE: usize = 2 << 20;

/// What a table is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub origin: &'a str,
    pub table: &'a Table,
    pub rules: Rules,
    /// Bytes of a piece, and of memory for the whole.
    piece: usize,
    allowed: u64,
}

impl<'a> Request<'a> {
    pub fn new(origin: &'a str, table: &'a Table, rules: Rules) -> Self {
        Request { origin, table, rules, piece: PIECE, allowed: memory::allowed() }
    }
}

/// Whether a column with so many numbers among its values is one of numbers.
fn mostly(numbers: usize, there: usize) -> bool {
    numbers * 10 >= there * 9
}

/// Opens a text from its start.
type Open<'a> = &'a dyn Fn() -> Result<Opened, Error>;

/// Read a table. `open` is called again for every reading; the digest of the first counts.
pub(super) fn read(request: &Request<'_>, open: Open<'_>) -> Result<(Examples, String), Error> {
    let first = start(request, open)?;
    let header = Header::read(request, &first.1)?;
    let kinds = header.guess(&first.1);
    let mut plan = Plan { kinds: kinds.clone(), keep: [Keep::All, Keep::All], mark: false };
    match join_all(request, &header, open, first, &mut plan) {
        Ok(mut joined) => {
            let digest = std::mem::take(&mut joined.digest);
            let (survey, mut features) = survey(request, &header, joined)?;
            let kept = survey.choose(request.rules)?;
            if let Some(rows) = &kept.rows {
                features.iter_mut().for_each(|column| column.values.keep(rows));
            }
            Ok((kept.with(features), digest))
        }
        Err(refused @ Error::TooLarge { .. }) if request.rules.part.is_some() => {
            part(request, &header, open, kinds, refused)
        }
        Err(error) => Err(error),
    }
}

/// Read the part of a table that does not fit as a whole.
fn part(
    request: &Request<'_>,
    header: &Header,
    open: Open<'_>,
    kinds: Vec<Kind>,
    refused: Error,
) -> Result<(Examples, String), Error> {
    let mark = request.rules.missing == Missing::Drop;
    let mut plan = Plan { kinds, keep: [Keep::Nothing, Keep::All], mark };
    let mut joined = join_all(request, header, open, start(request, open)?, &mut plan)?;
    let digest = std::mem::take(&mut joined.digest);
    let (survey, _) = survey(request, header, joined)?;
    let kept = survey.choose(request.rules)?;
    let Some(rows) = &kept.rows else { return Err(refused) };
    let mut plan = Plan { kinds: plan.kinds, keep: [Keep::Rows(rows), Keep::Nothing], mark: false };
    let joined = join_all(request, header, open, start(request, open)?, &mut plan)?;
    if joined.digest != digest {
        let reason = "it changed while it was read".into();
        return Err(Error::Unreadable { path: request.origin.into(), reason });
    }
    let mut features = joined.settle(request, header)?.columns;
    features.truncate(header.features);
    Ok((kept.with(features), digest))
}

/// The first piece of a text.
fn start(request: &Request<'_>, open: Open<'_>) -> Result<(Pieces, Vec<u8>), Error> {
    let mut reader = Pieces::new(open()?, request.piece, request.allowed);
    let first = reader.next(request.origin, None)?.unwrap_or_default();
    Ok((reader, first))
}

/// Read until every column is of the kind that it is read as. The digest is that of the first reading.
fn join_all<'a>(
    request: &Request<'_>,
    header: &Header,
    open: Open<'_>,
    first: (Pieces, Vec<u8>),
    plan: &mut Plan<'a>,
) -> Result<Joined<'a>, Error> {
    let mut joined = join(request, header, plan, first)?;
    let digest = joined.digest.clone();
    loop {
        let again = joined.misread(request, header)?;
        if again.is_empty() {
            joined.digest = digest;
            return Ok(joined);
        }
        for column in again {
            plan.kinds[column] = Kind::Texts;
        }
        joined = join(request, header, plan, start(request, open)?)?;
    }
}

/// What is known of the rows, and the features.
fn survey(request: &Request<'_>, header: &Header, joined: Joined<'_>) -> Result<(Survey, Vec<Column>), Error> {
    let marked = joined.marks();
    let joined::Table { columns, gaps, lines, mut incomplete } = joined.settle(request, header)?;
    let mut columns = columns.into_iter();
    let features: Vec<Column> = columns.by_ref().take(header.features).collect();
    let Some(target) = columns.next() else {
        return Err(Error::NoFeatures { origin: request.origin.to_owned() });
    };
    let gaps: Vec<(String, Gaps)> = header.wanted.iter().cloned().zip(gaps).take(header.features).collect();
    if !marked && request.rules.missing == Missing::Drop {
        incomplete = kept::incomplete(&features, &gaps, target.values.len());
    }
    let survey = Survey {
        origin: request.origin.to_owned(),
        columns: header.text.names.clone(),
        incomplete,
        target,
        groups: columns.next(),
        lines,
        gaps,
    };
    Ok((survey, features))
}
