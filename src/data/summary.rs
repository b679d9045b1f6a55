//! What there is to say about data before training on them: `caviar show data`. Plain data; whoever shows it does the words.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::examples::{ABSENT, Column, Examples, Features, Target, Values};
use super::facts::{self, Facts};
use super::field;
use super::prepared::Dataset;
use super::spec::{Evaluation, Pipeline};
use crate::nn::layer::Shape;

/// A column whose best single value or threshold predicts the class this well may be the target in other words.
pub const LEAK: f64 = 0.999;

/// A column of texts with so many different values among the rows tells rows apart, not kinds.
pub const IDENTIFIER: f64 = 0.9;

/// Rows that are shown.
const FIRST: usize = 5;

/// Images of a class that are shown.
pub const SAMPLES: usize = 10;

/// Everything about one pipeline's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What is known from reading alone.
    pub facts: Facts,
    /// One a column that is learned from; none for images.
    pub columns: Vec<ColumnSummary>,
    /// The target, where it is numbers.
    pub target: Option<Range>,
    /// Rows of train, dev and test by class (fold 0), in the order of the classes; for regression one number a set.
    pub balance: [Vec<usize>; 3],
    /// Pixels over all images.
    pub pixels: Option<Range>,
    /// The first rows as in the file, the target last; of images none.
    pub first: Vec<Vec<String>>,
    /// Names over `first`.
    pub header: Vec<String>,
    /// Examples for a picture, at most [`SAMPLES`] of each of at most 10 classes, class by class; images only.
    pub samples: Vec<Sample>,
    /// Rows that are the same as another row in features and target, the first of each kind not counted.
    pub duplicates: usize,
    /// Rows of dev, and of test, whose features are exactly those of a row of train.
    pub shared_with_train: [usize; 2],
    /// Rows with equal features but different targets.
    pub contradictions: usize,
}

/// A column that is learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// `numbers`, `text`, `boolean`, `date`.
    pub kind: String,
    /// Rows without a value.
    pub missing: usize,
    /// How many different values.
    pub different: usize,
    /// Of numbers and dates.
    pub range: Option<Range>,
    /// The most frequent texts or booleans and how many rows have them, at most five.
    pub frequent: Vec<(String, usize)>,
    /// One value in every row.
    pub constant: bool,
    /// Nearly one value a row: an index or a name, from which nothing general is learned.
    pub identifier: bool,
    /// What alone foretells the target nearly always, if it does: how often. Accuracy of the majority class a value, or of the
    /// best threshold; for regression the squared correlation.
    pub leak: Option<f64>,
}

/// How numbers lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Smallest.
    pub least: f64,
    /// Mean.
    pub mean: f64,
    /// Middle, the mean of the two middle ones where they are two.
    pub median: f64,
    /// Largest.
    pub most: f64,
    /// Population deviation.
    pub deviation: f64,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its row in the source, from 0.
    pub row: usize,
    /// Its class, or its value.
    pub label: String,
    /// Row by row, channels last.
    pub pixels: Vec<f32>,
}

impl Range {
    /// Of all values that are there; none if there are none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Range> {
        let mut sorted: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
        let (mean, deviation) = facts::moments(sorted.iter().copied());
        sorted.sort_by(f64::total_cmp);
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let n = sorted.len();
        let median = sorted[(n - 1) / 2] / 2.0 + sorted[n / 2] / 2.0;
        Some(Range { least, mean, median, most, deviation })
    }
}

/// Look at a pipeline's data.
///
/// # Errors
/// Those of [`describe`](super::describe).
pub fn summary(pipeline: &Pipeline, base: &Path) -> Result<Summary, Error> {
    let dataset = Dataset::read(pipeline, base)?;
    let examples = dataset.examples();
    let facts = dataset.facts().clone();
    let sets = dataset.sets(0)?;
    let balance = [&sets.train, &sets.dev, &sets.test].map(|rows| match &examples.target {
        Target::Classes { codes, names } => {
            let codes: Vec<u32> = rows.iter().map(|&r| codes[r as usize]).collect();
            facts::count(&codes, names.len())
        }
        Target::Values { .. } => vec![rows.len()],
    });
    let balance = own_balance(balance, &dataset);
    let target = match &examples.target {
        Target::Values { values, width: 1 } => Range::of(values.iter().copied()),
        _ => None,
    };
    let (mut columns, mut first, mut header, mut pixels) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut samples = Vec::new();
    match &examples.features {
        Features::Columns(table) => {
            columns = table.iter().map(|column| look(column, &examples.target)).collect();
            header = table.iter().map(|c| c.name.clone()).chain([examples.target_name.clone()]).collect();
            for row in 0..examples.rows.min(FIRST) {
                let fields = table.iter().map(|column| shown(&column.values, row));
                first.push(fields.chain([label(&examples.target, row)]).collect());
            }
        }
        Features::Block(block) => {
            let size = block.shape.size();
            if let Shape::Image(..) = block.shape {
                pixels = Range::of((0..block.numbers.len()).map(|i| block.numbers.get(i)));
                samples = pick(examples)
                    .into_iter()
                    .map(|row| Sample {
                        row,
                        label: label(&examples.target, row),
                        pixels: (row * size..(row + 1) * size).map(|i| block.numbers.get(i) as f32).collect(),
                    })
                    .collect();
            } else {
                for j in 0..size {
                    let values = (0..examples.rows).map(|i| block.numbers.get(i * size + j)).collect();
                    let column = Column { name: examples.columns[j].clone(), values: Values::Numbers(values) };
                    columns.push(look(&column, &examples.target));
                }
                header = examples.columns.iter().cloned().chain([examples.target_name.clone()]).collect();
                for row in 0..examples.rows.min(FIRST) {
                    let fields = (0..size).map(|j| block.numbers.get(row * size + j).to_string());
                    first.push(fields.chain([label(&examples.target, row)]).collect());
                }
            }
        }
    }
    let keys: Vec<[u8; 16]> = (0..examples.rows).map(|row| key(&examples.features, row)).collect();
    let (duplicates, contradictions) = repeated(&keys, &examples.target);
    let train: std::collections::HashSet<&[u8; 16]> = sets.train.iter().map(|&r| &keys[r as usize]).collect();
    let shared = |set: &Option<Evaluation>, own: Option<&Examples>, rows: &[u32]| match (set, own) {
        (_, Some(own)) => (0..own.rows).filter(|&row| train.contains(&key(&own.features, row))).count(),
        (Some(Evaluation::Changed(transforms)), _) if !transforms.is_empty() => 0,
        _ => rows.iter().filter(|&&row| train.contains(&keys[row as usize])).count(),
    };
    let shared_with_train =
        [shared(&pipeline.dev, dataset.own_dev(), &sets.dev), shared(&pipeline.test, dataset.own_test(), &sets.test)];
    Ok(Summary {
        facts,
        columns,
        target,
        balance,
        pixels,
        first,
        header,
        samples,
        duplicates,
        shared_with_train,
        contradictions,
    })
}

/// The balance with sets of their own source put in.
fn own_balance(mut balance: [Vec<usize>; 3], dataset: &Dataset) -> [Vec<usize>; 3] {
    for (i, own) in [(1, dataset.own_dev()), (2, dataset.own_test())] {
        if let Some(own) = own {
            balance[i] = match &own.target {
                Target::Classes { codes, names } => facts::count(codes, names.len()),
                Target::Values { .. } => vec![own.rows],
            };
        }
    }
    balance
}

fn label(target: &Target, row: usize) -> String {
    match target {
        Target::Classes { codes, names } => names[codes[row] as usize].clone(),
        Target::Values { values, width } => {
            let values = values[row * width..(row + 1) * width].iter().map(f64::to_string);
            values.collect::<Vec<String>>().join(" ")
        }
    }
}

fn shown(values: &Values, row: usize) -> String {
    match values {
        Values::Texts { codes, names } => names.get(codes[row] as usize).cloned().unwrap_or_default(),
        Values::Numbers(v) | Values::Dates(v) | Values::Booleans(v) if v[row].is_nan() => String::new(),
        Values::Numbers(v) => v[row].to_string(),
        Values::Dates(v) => field::date_text(v[row]),
        Values::Booleans(v) => (v[row] == 1.0).to_string(),
    }
}

/// The first images of each class, at most ten classes; the first ones for regression.
fn pick(examples: &Examples) -> Vec<usize> {
    match &examples.target {
        Target::Classes { codes, names } => {
            let of = |class| (0..codes.len()).filter(move |&row| codes[row] == class).take(SAMPLES);
            (0..names.len().min(10) as u32).flat_map(of).collect()
        }
        Target::Values { .. } => (0..examples.rows.min(SAMPLES)).collect(),
    }
}

/// A digest of a row's features: rows with one digest are the same.
fn key(features: &Features, row: usize) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    match features {
        Features::Columns(columns) => {
            for column in columns {
                match &column.values {
                    Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                        // −0 is 0, and every missing value the same.
                        let x = if v[row].is_nan() { f64::NAN } else { v[row] + 0.0 };
                        hasher.update(&x.to_le_bytes());
                    }
                    Values::Texts { codes, .. } => {
                        hasher.update(&codes[row].to_le_bytes());
                    }
                }
            }
        }
        Features::Block(block) => {
            let size = block.shape.size();
            let mut bytes = Vec::with_capacity(size * 8);
            for i in row * size..(row + 1) * size {
                bytes.extend_from_slice(&(block.numbers.get(i) + 0.0).to_le_bytes());
            }
            hasher.update(&bytes);
        }
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    key
}

/// Rows that repeat another in everything; rows whose features another has with another target.
fn repeated(keys: &[[u8; 16]], target: &Target) -> (usize, usize) {
    let same = |a: usize, b: usize| match target {
        Target::Classes { codes, .. } => codes[a] == codes[b],
        Target::Values { values, width } => values[a * width..(a + 1) * width] == values[b * width..(b + 1) * width],
    };
    let mut rows_of: HashMap<&[u8; 16], Vec<usize>> = HashMap::with_capacity(keys.len());
    for (row, key) in keys.iter().enumerate() {
        rows_of.entry(key).or_default().push(row);
    }
    let (mut duplicates, mut contradictions) = (0, 0);
    for rows in rows_of.values().filter(|rows| rows.len() > 1) {
        let mut kinds: Vec<usize> = Vec::new();
        for &row in rows {
            if kinds.iter().any(|&kind| same(kind, row)) {
                duplicates += 1;
            } else {
                kinds.push(row);
            }
        }
        if kinds.len() > 1 {
            contradictions += rows.len();
        }
    }
    (duplicates, contradictions)
}

fn look(column: &Column, target: &Target) -> ColumnSummary {
    let (missing, _) = column.values.count_missing();
    let mut summary = ColumnSummary {
        name: column.name.clone(),
        kind: match &column.values {
            Values::Numbers(_) => "numbers",
            Values::Booleans(_) => "boolean",
            Values::Dates(_) => "date",
            Values::Texts { .. } => "text",
        }
        .into(),
        missing,
        different: 0,
        range: None,
        frequent: Vec::new(),
        constant: false,
        identifier: false,
        leak: None,
    };
    let values: Vec<f64> = match &column.values {
        Values::Texts { codes, names } => {
            let present: Vec<u32> = codes.iter().copied().filter(|&c| c != ABSENT).collect();
            let counts = facts::count(&present, names.len());
            let mut order: Vec<usize> = (0..names.len()).collect();
            order.sort_by_key(|&i| std::cmp::Reverse(counts[i]));
            summary.frequent = order.iter().take(5).map(|&i| (names[i].clone(), counts[i])).collect();
            summary.different = names.len();
            codes.iter().map(|&c| if c == ABSENT { f64::NAN } else { f64::from(c) }).collect()
        }
        Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
            let mut sorted: Vec<f64> = v.iter().copied().filter(|x| !x.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            summary.different = sorted.len();
            if let Values::Booleans(_) = column.values {
                let count = |flag: f64| v.iter().filter(|&&x| x == flag).count();
                summary.frequent = vec![("true".into(), count(1.0)), ("false".into(), count(0.0))];
                summary.frequent.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
            } else {
                summary.range = Range::of(v.iter().copied());
            }
            v.clone()
        }
    };
    let there = values.len() - missing;
    summary.constant = summary.different <= 1 && missing == 0;
    let whole = values.iter().all(|x| x.is_nan() || *x == x.trunc());
    let text = matches!(column.values, Values::Texts { .. });
    summary.identifier = (text || whole) && there >= 20 && summary.different as f64 >= IDENTIFIER * there as f64;
    let telling = !(summary.constant || summary.identifier && text);
    if telling && there >= 20 {
        let foretold = match target {
            Target::Classes { codes, .. } => by_value_or_threshold(&values, codes, text),
            Target::Values { values: answers, width: 1 } => correlation(&values, answers),
            Target::Values { .. } => 0.0,
        };
        summary.leak = (foretold >= LEAK).then_some(foretold);
    }
    summary
}

/// How many rows are right when each value foretells its most frequent class (columns with at most 50 values), or one threshold
/// parts two classes (columns of numbers with more).
fn by_value_or_threshold(values: &[f64], codes: &[u32], text: bool) -> f64 {
    let mut rows: Vec<(f64, u32)> =
        values.iter().zip(codes).filter(|(x, _)| !x.is_nan()).map(|(&x, &c)| (x, c)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let groups: Vec<&[(f64, u32)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    let majority = |rows: &[(f64, u32)]| rows.chunk_by(|a, b| a.1 == b.1).map(<[_]>::len).max().unwrap_or(0);
    if text || groups.len() <= 50 {
        let right: usize = groups.iter().map(|group| majority(group)).sum();
        return right as f64 / rows.len() as f64;
    }
    let classes = codes.iter().max().map_or(0, |&m| m as usize + 1);
    let mut above = vec![0usize; classes];
    for &(_, code) in &rows {
        above[code as usize] += 1;
    }
    let mut below = vec![0usize; classes];
    let mut best = 0;
    for group in groups {
        for &(_, code) in group {
            above[code as usize] -= 1;
            below[code as usize] += 1;
        }
        let most = |side: &[usize]| side.iter().max().copied().unwrap_or(0);
        best = best.max(most(&below) + most(&above));
    }
    best as f64 / rows.len() as f64
}

/// The square of the correlation of two columns, over rows that have both.
fn correlation(values: &[f64], answers: &[f64]) -> f64 {
    let pairs: Vec<(f64, f64)> =
        values.iter().zip(answers).filter(|(x, _)| !x.is_nan()).map(|(&x, &y)| (x, y)).collect();
    let (mean_x, deviation_x) = facts::moments(pairs.iter().map(|p| p.0));
    let (mean_y, deviation_y) = facts::moments(pairs.iter().map(|p| p.1));
    if deviation_x == 0.0 || deviation_y == 0.0 {
        return 0.0;
    }
    let (product, _) = facts::moments(pairs.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)));
    let r = product / (deviation_x * deviation_y);
    r * r
}
