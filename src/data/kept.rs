//! Which rows of a table stay: missing values are refused or their rows dropped, and a part is taken where `limit` asks for one.
//!
//! A [`Survey`] is all that this takes, and it is small beside the table: so a reader can look at a table that would not fit
//! into memory, and then read the part alone. It is the same part as of a table that fits.

use super::error::Error;
use super::examples::{Column, Examples, Features, Lines, Target, Values};
use super::spec::{Missing, Mode};
use super::split::Part;

/// Values that a column lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    pub count: usize,
    /// The first row without one.
    pub first: Option<usize>,
}

impl Gaps {
    /// Of values.
    pub fn of(values: &Values) -> Gaps {
        let (count, first) = values.count_missing();
        Gaps { count, first }
    }

    /// With those of the rows from `before` on.
    pub fn join(&mut self, before: usize, more: Gaps) {
        self.count += more.count;
        self.first = self.first.or(more.first.map(|row| before + row));
    }
}

/// Which values of a column are kept. All are looked at, so that what a column is does not depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep<'a> {
    All,
    Nothing,
    /// Those of these rows, ascending.
    Rows(&'a [u32]),
}

impl Keep<'_> {
    /// How many of so many rows.
    pub fn rows(&self, all: usize) -> usize {
        match self {
            Keep::All => all,
            Keep::Nothing => 0,
            Keep::Rows(rows) => rows.len(),
        }
    }

    /// Add what is kept of the values of the rows from `before` on.
    pub fn take<T: Clone>(&self, before: usize, more: &[T], all: &mut Vec<T>, map: impl Fn(T) -> T) {
        match self {
            Keep::All => all.extend(more.iter().map(|x| map(x.clone()))),
            Keep::Nothing => {}
            Keep::Rows(rows) => {
                let start = rows.partition_point(|&row| (row as usize) < before);
                let end = rows.partition_point(|&row| (row as usize) < before + more.len());
                all.extend(rows[start..end].iter().map(|&row| map(more[row as usize - before].clone())));
            }
        }
    }
}

/// What a request says about rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub missing: Missing,
    pub mode: Option<Mode>,
    pub part: Option<Part>,
}

/// A table as far as its rows are to be chosen.
#[derive(Debug)]
pub(super) struct Survey {
    pub origin: String,
    /// All columns of the file.
    pub columns: Vec<String>,
    pub target: Column,
    pub groups: Option<Column>,
    pub lines: Lines,
    /// Names of the features and what they lack.
    pub gaps: Vec<(String, Gaps)>,
    /// Under [`Missing::Drop`], the rows that lack a feature; empty where there are none.
    pub incomplete: Vec<bool>,
}

/// The rows that stay.
#[derive(Debug)]
pub(super) struct Kept {
    /// Numbers of rows, ascending; none where all stay.
    pub rows: Option<Vec<u32>>,
    /// Everything but the features.
    pub examples: Examples,
}

impl Kept {
    /// With the features of these rows.
    pub fn with(mut self, features: Vec<Column>) -> Examples {
        self.examples.features = Features::Columns(features);
        self.examples
    }
}

impl Survey {
    /// Choose.
    ///
    /// # Errors
    /// [`Error::MissingValue`] for a missing value under [`Missing::Refuse`], and for a missing target under every rule
    /// but [`Missing::Drop`]; [`Error::Empty`]; those of [`Target::decide`].
    pub fn choose(self, rules: Rules) -> Result<Kept, Error> {
        let Survey { origin, columns, mut target, mut groups, mut lines, gaps, incomplete } = self;
        let mut rows = target.values.len();
        let mut kept: Option<Vec<u32>> = None;
        if rules.missing == Missing::Drop {
            let lacks = |row: usize| {
                incomplete.get(row) == Some(&true)
                    || target.values.missing(row)
                    || groups.as_ref().is_some_and(|groups| groups.values.missing(row))
            };
            let whole: Vec<u32> = (0..rows).filter(|&row| !lacks(row)).map(|row| row as u32).collect();
            if whole.len() < rows {
                target.values.keep(&whole);
                if let Some(groups) = &mut groups {
                    groups.values.keep(&whole);
                }
                lines = lines.keep(&whole);
                rows = whole.len();
                kept = Some(whole);
            }
        } else {
            let places = Examples::empty(origin.clone(), lines.clone());
            let own = [Some(&target), groups.as_ref()].into_iter().flatten();
            let own = own.map(|column| (column.name.clone(), Gaps::of(&column.values)));
            let all = gaps.into_iter().map(|gap| (gap, false)).chain(own.map(|gap| (gap, true)));
            for ((column, Gaps { count, first }), target) in all {
                if let Some(first) = first
                    && (target || rules.missing == Missing::Refuse || count == rows)
                {
                    let place = places.place(first);
                    return Err(Error::MissingValue { origin, place, column, count, all: count == rows, target });
                }
            }
        }
        if rows == 0 {
            return Err(Error::Empty { origin });
        }
        let target_name = target.name.clone();
        let target = Target::decide(&origin, target, rules.mode)?;
        let examples = Examples {
            columns,
            target,
            target_name,
            groups: groups.map(|column| column.values.groups()),
            rows,
            ..Examples::empty(origin, lines)
        };
        let mut all = Kept { rows: kept, examples };
        if let Some(rows) = rules.part.and_then(|part| part.rows(&all.examples.target, rows)) {
            all.examples.keep(&rows);
            all.rows = Some(match all.rows {
                None => rows,
                Some(whole) => rows.iter().map(|&row| whole[row as usize]).collect(),
            });
        }
        Ok(all)
    }
}

/// The rows that lack a value of one of these columns; empty where there are none.
pub(super) fn incomplete(columns: &[Column], gaps: &[(String, Gaps)], rows: usize) -> Vec<bool> {
    let mut lacking = Vec::new();
    for (column, (_, gaps)) in columns.iter().zip(gaps) {
        if gaps.count > 0 {
            lacking.resize(rows, false);
            for (row, lacking) in lacking.iter_mut().enumerate() {
                *lacking |= column.values.missing(row);
            }
        }
    }
    lacking
}
