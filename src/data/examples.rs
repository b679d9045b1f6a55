//! Examples as a source gives them: before the split, coding and scaling.

use super::error::{Error, Place};
use super::spec::Mode;
use crate::nn::layer::Shape;

/// Stands for a missing text in [`Values::Texts`].
pub const ABSENT: u32 = u32::MAX;

/// A target of whole numbers with at most so many different values is taken as classes.
pub const MOST_INFERRED_CLASSES: usize = 20;

/// Everything one source gives.
#[derive(Clone, Debug)]
pub struct Examples {
    /// What messages call the source: a path, or `digits()`.
    pub origin: String,
    /// All columns of the file, used or not, in order.
    pub columns: Vec<String>,
    /// What is learned from.
    pub features: Features,
    /// What is to be predicted.
    pub target: Target,
    /// The name of the target.
    pub target_name: String,
    /// The group of each row, where groups are kept together.
    pub groups: Option<Vec<u32>>,
    /// How many rows.
    pub rows: usize,
    /// The line that each row begins on, where lines and rows do not run in step; else row r is on line r + 1.
    pub lines: Lines,
}

/// How rows map to the lines of a file.
#[derive(Clone, Debug, Default)]
pub enum Lines {
    /// The source has no lines.
    #[default]
    None,
    /// Row r, from 0, begins on line r + 2.
    Straight,
    /// The line, from 1, of each row.
    Listed(Vec<u32>),
}

impl Lines {
    /// Only those of these rows, in this order.
    pub(super) fn keep(self, rows: &[u32]) -> Lines {
        match self {
            Lines::None => Lines::None,
            Lines::Straight => Lines::Listed(rows.iter().map(|&r| r + 2).collect()),
            Lines::Listed(lines) => Lines::Listed(rows.iter().map(|&r| lines[r as usize]).collect()),
        }
    }
}

/// What is learned from.
#[derive(Clone, Debug)]
pub enum Features {
    /// A table, by column.
    Columns(Vec<Column>),
    /// Numbers, row by row, all of one kind.
    Block(Block),
}

/// Rows of numbers.
#[derive(Clone, Debug)]
pub struct Block {
    /// Of one row.
    pub shape: Shape,
    /// rows x shape.size() numbers.
    pub numbers: Numbers,
}

/// Numbers as they are stored.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// Bytes: pictures.
    U8(Vec<u8>),
    /// Singles.
    F32(Vec<f32>),
    /// Doubles.
    F64(Vec<f64>),
}

impl Numbers {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Numbers::U8(v) => v.len(),
            Numbers::F32(v) => v.len(),
            Numbers::F64(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn get(&self, i: usize) -> f64 {
        match self {
            Numbers::U8(v) => f64::from(v[i]),
            Numbers::F32(v) => f64::from(v[i]),
            Numbers::F64(v) => v[i],
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// From the header.
    pub name: String,
    /// One a row.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
    /// 0 and 1 for false and true; NaN where missing.
    Booleans(Vec<f64>),
    /// Days since 1970-01-01, with the time of day as a fraction; NaN where missing.
    Dates(Vec<f64>),
    /// Texts.
    Texts {
        /// Index into `names`, or [`ABSENT`].
        codes: Vec<u32>,
        /// The different texts, sorted.
        names: Vec<String>,
    },
}

impl Values {
    /// Whether the value of a row is missing.
    pub fn missing(&self, row: usize) -> bool {
        match self {
            Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => v[row].is_nan(),
            Values::Texts { codes, .. } => codes[row] == ABSENT,
        }
    }

    /// How many rows miss a value, and the first of them.
    pub fn count_missing(&self) -> (usize, Option<usize>) {
        fn count(missing: impl Iterator<Item = bool>) -> (usize, Option<usize>) {
            let (mut n, mut first) = (0, None);
            for (row, _) in missing.enumerate().filter(|(_, m)| *m) {
                n += 1;
                first = first.or(Some(row));
            }
            (n, first)
        }
        match self {
            Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => count(v.iter().map(|x| x.is_nan())),
            Values::Texts { codes, .. } => count(codes.iter().map(|&c| c == ABSENT)),
        }
    }

    /// How many features it becomes.
    pub fn width(&self) -> usize {
        match self {
            Values::Texts { names, .. } => names.len(),
            _ => 1,
        }
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => v.len(),
            Values::Texts { codes, .. } => codes.len(),
        }
    }

    /// Equal values as equal numbers.
    pub(super) fn groups(self) -> Vec<u32> {
        match self {
            Values::Texts { codes, .. } => codes,
            Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                let mut different = v.clone();
                different.sort_by(f64::total_cmp);
                different.dedup();
                v.iter().map(|x| different.partition_point(|y| y.total_cmp(x).is_lt()) as u32).collect()
            }
        }
    }

    /// Only these rows, in this order.
    pub(super) fn keep(&mut self, rows: &[u32]) {
        match self {
            Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                *v = rows.iter().map(|&r| v[r as usize]).collect();
            }
            Values::Texts { codes, .. } => *codes = rows.iter().map(|&r| codes[r as usize]).collect(),
        }
    }
}

/// What is to be predicted.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Classes.
    Classes {
        /// Index into `names`, one a row.
        codes: Vec<u32>,
        /// Sorted: as numbers where all are, else as texts.
        names: Vec<String>,
    },
    /// Numbers.
    Values {
        /// rows x width, row by row.
        values: Vec<f64>,
        /// How many a row.
        width: usize,
    },
}

impl Target {
    /// Classes or numbers.
    pub fn mode(&self) -> Mode {
        match self {
            Target::Classes { .. } => Mode::Classification,
            Target::Values { .. } => Mode::Regression,
        }
    }

    /// Decide what a column of targets means. Text and booleans are classes; whole numbers with at most
    /// [`MOST_INFERRED_CLASSES`] different values, each twice on average, are classes too; other numbers are to be
    /// predicted as such. `mode` overrides that.
    ///
    /// # Errors
    /// [`Error::TextTarget`] when `mode` asks text for regression, [`Error::TooManyClasses`] when it asks numbers
    /// without repetition for classes.
    pub fn decide(origin: &str, column: Column, mode: Option<Mode>) -> Result<Target, Error> {
        let numbers = match column.values {
            Values::Texts { codes, names } => {
                return match mode {
                    Some(Mode::Regression) => Err(Error::TextTarget { origin: origin.to_owned(), column: column.name }),
                    _ if names.len() * 2 > codes.len() && names.len() > MOST_INFERRED_CLASSES => {
                        Err(Error::TooManyClasses {
                            origin: origin.to_owned(),
                            column: column.name,
                            classes: names.len(),
                            rows: codes.len(),
                        })
                    }
                    _ => Ok(Target::Classes { codes, names }.compact()),
                };
            }
            Values::Booleans(flags) => {
                if mode == Some(Mode::Regression) {
                    return Ok(Target::Values { values: flags, width: 1 });
                }
                let codes = flags.iter().map(|&x| u32::from(x == 1.0)).collect();
                return Ok(Target::Classes { codes, names: vec!["false".into(), "true".into()] }.compact());
            }
            Values::Numbers(v) | Values::Dates(v) => v,
        };
        if mode == Some(Mode::Regression) {
            return Ok(Target::Values { values: numbers, width: 1 });
        }
        // −0 and 0 are one value.
        let numbers: Vec<f64> = numbers.into_iter().map(|x| x + 0.0).collect();
        let mut different: Vec<f64> = Vec::new();
        if mode.is_none() {
            for &x in &numbers {
                if x != x.trunc() || different.len() > MOST_INFERRED_CLASSES {
                    return Ok(Target::Values { values: numbers, width: 1 });
                }
                if let Err(at) = different.binary_search_by(|y| y.total_cmp(&x)) {
                    different.insert(at, x);
                }
            }
            if different.len() > MOST_INFERRED_CLASSES || different.len() * 2 > numbers.len() {
                return Ok(Target::Values { values: numbers, width: 1 });
            }
        } else {
            different.clone_from(&numbers);
            different.sort_by(f64::total_cmp);
            different.dedup();
            if different.len() > MOST_INFERRED_CLASSES && different.len() * 2 > numbers.len() {
                return Err(Error::TooManyClasses {
                    origin: origin.to_owned(),
                    column: column.name,
                    classes: different.len(),
                    rows: numbers.len(),
                });
            }
        }
        let codes = numbers
            .iter()
            .map(|x| different.binary_search_by(|y| y.total_cmp(x)).map_or(ABSENT, |i| i as u32))
            .collect();
        Ok(Target::Classes { codes, names: different.iter().map(|x| x.to_string()).collect() })
    }

    /// Without classes that no row has.
    fn compact(self) -> Target {
        let Target::Classes { mut codes, names } = self else { return self };
        let mut used = vec![false; names.len()];
        for &code in &codes {
            if let Some(u) = used.get_mut(code as usize) {
                *u = true;
            }
        }
        if used.iter().all(|&u| u) {
            return Target::Classes { codes, names };
        }
        let mut renamed = vec![ABSENT; names.len()];
        let mut kept = Vec::new();
        for (i, name) in names.into_iter().enumerate().filter(|(i, _)| used[*i]) {
            renamed[i] = kept.len() as u32;
            kept.push(name);
        }
        for code in &mut codes {
            *code = renamed.get(*code as usize).copied().unwrap_or(ABSENT);
        }
        Target::Classes { codes, names: kept }
    }

    /// Only these rows, in this order.
    pub(super) fn keep(&mut self, rows: &[u32]) {
        match self {
            Target::Classes { codes, .. } => *codes = rows.iter().map(|&r| codes[r as usize]).collect(),
            Target::Values { values, width } => {
                let old = std::mem::take(values);
                for &row in rows {
                    values.extend_from_slice(&old[row as usize * *width..(row as usize + 1) * *width]);
                }
            }
        }
    }
}

impl Examples {
    /// No rows yet.
    pub(super) fn empty(origin: String, lines: Lines) -> Examples {
        Examples {
            origin,
            columns: Vec::new(),
            features: Features::Columns(Vec::new()),
            target: Target::Values { values: Vec::new(), width: 1 },
            target_name: String::new(),
            groups: None,
            rows: 0,
            lines,
        }
    }

    /// The place of a row (from 0) for messages.
    pub fn place(&self, row: usize) -> Place {
        let line = match &self.lines {
            Lines::None => None,
            Lines::Straight => Some(row + 2),
            Lines::Listed(lines) => lines.get(row).map(|&l| l as usize),
        };
        Place { row: row + 1, line }
    }

    /// The shape of one example.
    pub fn shape(&self) -> Shape {
        match &self.features {
            Features::Columns(columns) => Shape::Flat(columns.iter().map(|c| c.values.width()).sum()),
            Features::Block(block) => block.shape,
        }
    }

    /// Refuse numbers of an array that are NaN or infinite, in features and targets.
    ///
    /// # Errors
    /// [`Error::NotANumber`].
    pub(super) fn check_numbers(&self) -> Result<(), Error> {
        let refuse = |row: usize, column: String, x: f64, count: usize| Error::NotANumber {
            origin: self.origin.clone(),
            place: self.place(row),
            column,
            text: x.to_string(),
            count,
        };
        if let Target::Values { values, width } = &self.target
            && let Some(at) = values.iter().position(|x| !x.is_finite())
        {
            let count = values.iter().filter(|x| !x.is_finite()).count();
            return Err(refuse(at / width, self.target_name.clone(), values[at], count));
        }
        let Features::Block(block) = &self.features else { return Ok(()) };
        let (first, count) = match &block.numbers {
            Numbers::U8(_) => return Ok(()),
            Numbers::F32(v) => (v.iter().position(|x| !x.is_finite()), v.iter().filter(|x| !x.is_finite()).count()),
            Numbers::F64(v) => (v.iter().position(|x| !x.is_finite()), v.iter().filter(|x| !x.is_finite()).count()),
        };
        let Some(at) = first else { return Ok(()) };
        let size = block.shape.size();
        Err(refuse(at / size, self.columns[at % size].clone(), block.numbers.get(at), count))
    }

    /// Keep only these rows, in this order.
    pub fn keep(&mut self, rows: &[u32]) {
        match &mut self.features {
            Features::Columns(columns) => {
                for column in columns {
                    column.values.keep(rows);
                }
            }
            Features::Block(block) => {
                let width = block.shape.size();
                fn pick<N: Copy>(v: &[N], rows: &[u32], width: usize) -> Vec<N> {
                    rows.iter().flat_map(|&r| &v[r as usize * width..(r as usize + 1) * width]).copied().collect()
                }
                block.numbers = match &block.numbers {
                    Numbers::U8(v) => Numbers::U8(pick(v, rows, width)),
                    Numbers::F32(v) => Numbers::F32(pick(v, rows, width)),
                    Numbers::F64(v) => Numbers::F64(pick(v, rows, width)),
                };
            }
        }
        self.target.keep(rows);
        if let Some(groups) = &mut self.groups {
            *groups = rows.iter().map(|&r| groups[r as usize]).collect();
        }
        self.lines = std::mem::take(&mut self.lines).keep(rows);
        self.rows = rows.len();
    }
}
