//! From a row as a file has it to the numbers that a network takes: filling, one-hot coding, scaling. It is fitted once, on
//! train, and kept with a model, so that new rows are treated the same.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::error::{Error, Place};
use super::examples::{ABSENT, Examples, Features, Target, Values};
use super::facts::{self, Facts};
use super::parallel;
use super::scale::{self, Scaling};
use super::spec::{Missing, Mode, Normalize};
use crate::kernel::Real;
use crate::nn::layer::Shape;

/// All that new rows need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// The columns that are used, in order of their features; for arrays and images one a number.
    pub inputs: Vec<Input>,
    /// Of the features, after coding.
    pub scaling: Scaling,
    /// The shape of one example.
    pub shape: Shape,
    /// Names of the features, after coding.
    pub features: Vec<String>,
    /// Name of the target.
    pub target: String,
    /// Classes or numbers.
    pub mode: Mode,
    /// Names of the classes, in the order of the outputs.
    pub classes: Option<Vec<String>>,
    /// How many numbers a network puts out.
    pub outputs: usize,
}

/// A column that is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Its name in the header.
    pub name: String,
    /// What its values are.
    pub kind: InputKind,
    /// What stands in for a missing value (an index for categories); none: a missing value is an error.
    pub fill: Option<f64>,
    /// The first feature that it becomes.
    pub first: usize,
}

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InputKind {
    /// A number, one feature.
    Number,
    /// `true` or `false`, one feature of 1 or 0.
    Boolean,
    /// A date, one feature: days since 1970-01-01.
    Date,
    /// One of these texts, in order, a feature each: 1 for the one that it is, 0 for the others.
    Category(Vec<String>),
}

impl InputKind {
    /// How many features it becomes.
    pub fn width(&self) -> usize {
        match self {
            InputKind::Category(names) => names.len(),
            _ => 1,
        }
    }
}

impl Preprocessing {
    /// Fit on the rows `train` of `examples`.
    pub(super) fn fit(
        examples: &Examples,
        facts: &Facts,
        train: &[u32],
        normalize: Normalize,
        missing: Missing,
    ) -> Preprocessing {
        let mut fitted = Preprocessing {
            inputs: Vec::new(),
            scaling: Scaling::identity(facts.shape.size()),
            shape: facts.shape,
            features: facts.features.clone(),
            target: examples.target_name.clone(),
            mode: facts.mode,
            classes: facts.classes.clone(),
            outputs: facts.outputs,
        };
        match &examples.features {
            Features::Columns(columns) => {
                let mut first = 0;
                let fits = parallel::map(columns, columns.len() * train.len(), |_, column| {
                    let fill = fill(&column.values, train, missing);
                    let scale = match &column.values {
                        Values::Numbers(v) | Values::Dates(v) => {
                            let present = |x: f64| if x.is_nan() { fill.unwrap_or(x) } else { x };
                            Some(scale::fit(train.iter().map(|&r| present(v[r as usize])), normalize))
                        }
                        Values::Booleans(_) | Values::Texts { .. } => None,
                    };
                    (fill, scale)
                });
                for (column, (fill, scale)) in columns.iter().zip(fits) {
                    let kind = match &column.values {
                        Values::Numbers(_) => InputKind::Number,
                        Values::Booleans(_) => InputKind::Boolean,
                        Values::Dates(_) => InputKind::Date,
                        Values::Texts { names, .. } => InputKind::Category(names.clone()),
                    };
                    if let Some((center, spread)) = scale {
                        (fitted.scaling.center[first], fitted.scaling.spread[first]) = (center, spread);
                    }
                    let width = kind.width();
                    fitted.inputs.push(Input { name: column.name.clone(), kind, fill, first });
                    first += width;
                }
            }
            Features::Block(block) => {
                fitted.inputs = facts
                    .features
                    .iter()
                    .enumerate()
                    .map(|(first, name)| Input { name: name.clone(), kind: InputKind::Number, fill: None, first })
                    .collect();
                let (center, spread) = match normalize {
                    Normalize::None => return fitted,
                    Normalize::Zscore => scale::block_moments(block, train),
                    Normalize::Minmax => scale::block_ranges(block, train),
                };
                fitted.scaling = Scaling { center, spread };
            }
        }
        fitted
    }

    /// The features of one row before scaling.
    pub(super) fn raw_row(&self, examples: &Examples, row: usize, out: &mut [f64]) {
        match &examples.features {
            Features::Columns(columns) => {
                out.fill(0.0);
                for (input, column) in self.inputs.iter().zip(columns) {
                    match &column.values {
                        Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                            let x = v[row];
                            out[input.first] = if x.is_nan() { input.fill.unwrap_or(0.0) } else { x };
                        }
                        Values::Texts { codes, .. } => {
                            let code = match codes[row] {
                                ABSENT => input.fill.map_or(0, |f| f as usize),
                                code => code as usize,
                            };
                            out[input.first + code] = 1.0;
                        }
                    }
                }
            }
            Features::Block(block) => {
                let width = out.len();
                for (j, x) in out.iter_mut().enumerate() {
                    *x = block.numbers.get(row * width + j);
                }
            }
        }
    }

    /// Find the columns of a table of new rows by its header.
    ///
    /// # Errors
    /// [`Error::ColumnMissing`]. Columns that are not used are no error: see [`Binding::unused`].
    pub fn bind<'a>(&'a self, origin: &str, header: &[String]) -> Result<Binding<'a>, Error> {
        let places: HashMap<&str, usize> = header.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut columns = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let Some(&at) = places.get(input.name.as_str()) else {
                return Err(Error::ColumnMissing {
                    origin: origin.to_owned(),
                    column: input.name.clone(),
                    role: "features",
                    available: header.to_vec(),
                });
            };
            columns.push(at);
        }
        let used: HashSet<usize> = columns.iter().copied().collect();
        let unused = (0..header.len()).filter(|at| !used.contains(at) && header[*at] != self.target);
        let unused = unused.map(|at| header[at].clone()).collect();
        Ok(Binding { preprocessing: self, origin: origin.to_owned(), columns, unused })
    }
}

/// A table's columns matched with what a model takes.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    preprocessing: &'a Preprocessing,
    origin: String,
    columns: Vec<usize>,
    unused: Vec<String>,
}

impl Binding<'_> {
    /// Columns of the table that the model does not take (the target is not among them).
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// One row: its fields, in the order of the header, to features, coded and scaled.
    ///
    /// # Errors
    /// [`Error::Ragged`], [`Error::MissingValue`] where nothing stands in, [`Error::NotANumber`], [`Error::UnseenCategory`].
    pub fn encode<T: Real>(&self, fields: &[Cow<'_, [u8]>], place: Place, out: &mut [T]) -> Result<(), Error> {
        let scaling = &self.preprocessing.scaling;
        for (input, &at) in self.preprocessing.inputs.iter().zip(&self.columns) {
            let origin = || self.origin.clone();
            let column = || input.name.clone();
            let Some(field) = fields.get(at) else {
                let expected = self.columns.iter().max().map_or(0, |m| m + 1);
                return Err(Error::Ragged { origin: origin(), place, expected, found: fields.len() });
            };
            let Ok(text) = std::str::from_utf8(field) else {
                return Err(Error::NotUtf8 { origin: origin(), place, column: column() });
            };
            let bad = || Error::NotANumber { origin: origin(), place, column: column(), text: text.into(), count: 1 };
            let value = if super::field::is_missing(text.as_bytes()) {
                input.fill.ok_or_else(|| Error::MissingValue {
                    origin: origin(),
                    place,
                    column: column(),
                    count: 1,
                    all: false,
                    target: false,
                })?
            } else {
                match &input.kind {
                    InputKind::Number => super::field::number(text.as_bytes()).ok_or_else(bad)?,
                    InputKind::Boolean => super::field::boolean(text).ok_or_else(bad)?,
                    InputKind::Date => super::field::date(text).ok_or_else(bad)?,
                    InputKind::Category(names) => match names.binary_search_by(|name| name.as_str().cmp(text)) {
                        Ok(code) => code as f64,
                        Err(_) => {
                            return Err(Error::UnseenCategory {
                                origin: origin(),
                                place,
                                column: column(),
                                text: text.into(),
                                known: names.clone(),
                            });
                        }
                    },
                }
            };
            match &input.kind {
                InputKind::Category(names) => {
                    for code in 0..names.len() {
                        let hot = f64::from(u8::from(code == value as usize));
                        out[input.first + code] = T::from_f64(scaling.forward(input.first + code, hot));
                    }
                }
                _ => out[input.first] = T::from_f64(scaling.forward(input.first, value)),
            }
        }
        Ok(())
    }
}

/// What stands in for a missing value of a column, found from the rows that train; texts and booleans take the most
/// frequent under every rule. None where missing values are refused.
fn fill(values: &Values, train: &[u32], rule: Missing) -> Option<f64> {
    if !matches!(rule, Missing::Mean | Missing::Median | Missing::Mode) {
        return None;
    }
    let numbers = match values {
        Values::Texts { codes, names } => {
            let present: Vec<u32> = train.iter().map(|&r| codes[r as usize]).filter(|&c| c != ABSENT).collect();
            let counts = facts::count(&present, names.len());
            return counts.iter().enumerate().rev().max_by_key(|(_, n)| **n).map(|(code, _)| code as f64);
        }
        Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => v,
    };
    let mut present: Vec<f64> = train.iter().map(|&r| numbers[r as usize]).filter(|x| !x.is_nan()).collect();
    if present.is_empty() {
        return Some(0.0);
    }
    if rule == Missing::Mean && !matches!(values, Values::Booleans(_)) {
        return Some(facts::moments(present.iter().copied()).0);
    }
    present.sort_by(f64::total_cmp);
    let n = present.len();
    if rule == Missing::Median && !matches!(values, Values::Booleans(_)) {
        return Some(present[(n - 1) / 2] / 2.0 + present[n / 2] / 2.0);
    }
    // The most frequent, the smallest of equals.
    let (mut most, mut value) = (0, present[0]);
    for run in present.chunk_by(|a, b| a == b) {
        if run.len() > most {
            (most, value) = (run.len(), run[0]);
        }
    }
    Some(value)
}

/// The class of each row of another source by this one's names.
pub(super) fn same_classes(target: &Target, names: &[String]) -> Result<Vec<u32>, (usize, String)> {
    let Target::Classes { codes, names: own } = target else { return Err((0, String::new())) };
    let map: Vec<Option<u32>> = own.iter().map(|name| names.iter().position(|n| n == name).map(|i| i as u32)).collect();
    codes
        .iter()
        .enumerate()
        .map(|(row, &code)| map[code as usize].ok_or_else(|| (row, own[code as usize].clone())))
        .collect()
}
