//! What training sees: sets of examples, coded and scaled.

use std::path::Path;

use ndarray::Array2;

use super::augment::Augment;
use super::change::{self, Measures};
use super::error::Error;
use super::examples::{ABSENT, Examples, Features, Numbers, Target, Values};
use super::facts::{self, Facts};
use super::preprocessing::{Preprocessing, same_classes};
use super::scale::{self, Scaling, scaled};
use super::spec::{Evaluation, Missing, Pipeline, Source, Transform};
use super::split::{self, Sets};
use super::{memory, source};
use crate::kernel::Real;
use crate::kernel::philox::{Purpose, Stream};
use crate::nn::layer::Shape;

/// All sources of a pipeline, read once; every fold is made from it.
#[derive(Clone, Debug)]
pub struct Dataset {
    pipeline: Pipeline,
    examples: Examples,
    dev: Option<Examples>,
    test: Option<Examples>,
    facts: Facts,
}

/// The sets of one fold. Numbers are f32 or f64: coding and scaling are done in f64 and rounded once.
#[derive(Clone, Debug)]
pub struct Prepared<T: Real> {
    /// What is known of the source.
    pub facts: Facts,
    /// For training.
    pub train: Split<T>,
    /// For choosing; may have no rows.
    pub dev: Split<T>,
    /// For the end; may have no rows.
    pub test: Split<T>,
    /// How rows became features: for new rows, and for exported models.
    pub preprocessing: Preprocessing,
    /// With `weights = balanced`, the weight of each class in the loss: n/(classes·n_c) over train, 0 for a class that train
    /// does not have.
    pub class_weights: Option<Vec<f64>>,
    /// What changes of examples are measured in; empty unless the pipeline augments.
    pub measures: Measures,
}

/// One set.
#[derive(Clone, Debug)]
pub struct Split<T: Real> {
    /// rows x features.
    pub x: Array2<T>,
    /// One target a row.
    pub y: Targets<T>,
    /// The row of the source, from 0, that each example is.
    pub rows: Vec<u32>,
}

/// What is to be predicted.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets<T: Real> {
    /// Classes, from 0.
    Classes(Vec<u32>),
    /// rows x outputs.
    Values(Array2<T>),
}

impl<T: Real> Split<T> {
    /// How many examples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<T: Real> Prepared<T> {
    /// The pipeline's `augment`, ready to change rows of `train`.
    ///
    /// # Errors
    /// [`Error::Transform`] where a change does not fit the shape.
    pub fn augment(&self, transforms: &[Transform]) -> Result<Augment, Error> {
        Augment::new(transforms, self.facts.shape, &self.preprocessing.scaling, &self.measures)
    }
}

/// What a rule for missing values the source has.
fn missing(source: &Source) -> Missing {
    match source {
        Source::Csv(table) | Source::Parquet(table) => table.missing,
        _ => Missing::Refuse,
    }
}

impl Dataset {
    /// Read all sources of a pipeline; paths are relative to `base`.
    ///
    /// # Errors
    /// Everything that can be wrong with data: see [`Error`].
    pub fn read(pipeline: &Pipeline, base: &Path) -> Result<Dataset, Error> {
        let own = |set: &Option<Evaluation>| match set {
            Some(Evaluation::Source(source)) => Some(source.clone()),
            _ => None,
        };
        let evaluation = |set: &Option<Evaluation>| -> Option<Result<(Examples, String), Error>> {
            own(set).map(|source| source::read(&source, base, pipeline.mode))
        };
        let (main, (dev, test)) = std::thread::scope(|scope| {
            let others = scope.spawn(|| (evaluation(&pipeline.dev), evaluation(&pipeline.test)));
            let main = source::read(&pipeline.source, base, pipeline.mode);
            (main, others.join().unwrap_or((None, None)))
        });
        let (mut examples, digest) = main?;
        let (dev, test) = (dev.transpose()?, test.transpose()?);
        if let Target::Classes { names, .. } = &examples.target
            && let [class] = names.as_slice()
        {
            return Err(Error::OneClass { origin: examples.origin, class: class.clone() });
        }
        if let Some(rows) = split::limit(&examples, pipeline) {
            examples.keep(&rows);
        }
        let digest_of = |set: &Option<(Examples, String)>| set.as_ref().map(|(_, digest)| digest.clone());
        let fingerprint = source::combine(digest, digest_of(&dev), digest_of(&test));
        let mut facts = Facts::of(&examples, fingerprint);
        let wide = facts.shape.size() as u64 * examples.rows as u64;
        memory::check(&examples.origin, wide * 4)?;
        let mut dataset = Dataset { pipeline: pipeline.clone(), examples, dev: None, test: None, facts: facts.clone() };
        for (set, other, to) in [("dev", dev, &mut dataset.dev), ("test", test, &mut dataset.test)] {
            if let Some((other, _)) = other {
                *to = Some(aligned(&dataset.examples, other, set, missing(&pipeline.source))?);
            }
        }
        for set in [&pipeline.dev, &pipeline.test] {
            if let Some(Evaluation::Changed(transforms)) = set {
                for &transform in transforms {
                    change::check(transform, facts.shape)?;
                }
            }
        }
        for &transform in &pipeline.augment {
            change::check(transform, facts.shape)?;
        }
        let sets = split::split(&dataset.examples, pipeline, 0)?;
        let own = |own: &Option<Examples>, part: &[u32]| own.as_ref().map_or(part.len(), |own| own.rows);
        facts.sets = [sets.train.len(), own(&dataset.dev, &sets.dev), own(&dataset.test, &sets.test)];
        dataset.facts = facts;
        Ok(dataset)
    }

    /// What is known before anything is split.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The examples of the training source, as read.
    pub fn examples(&self) -> &Examples {
        &self.examples
    }

    /// The dev set's own source, coded like the training source.
    pub fn own_dev(&self) -> Option<&Examples> {
        self.dev.as_ref()
    }

    /// The test set's own source, coded like the training source.
    pub fn own_test(&self) -> Option<&Examples> {
        self.test.as_ref()
    }

    /// Which rows of the training source go where.
    ///
    /// # Errors
    /// Those of [`split::split`].
    pub fn sets(&self, fold: u32) -> Result<Sets, Error> {
        split::split(&self.examples, &self.pipeline, fold)
    }

    /// Split, fit on train, code and scale; `fold` is the repetition, and matters with `folds` only.
    ///
    /// # Errors
    /// Those of [`split::split`].
    pub fn prepare<T: Real>(&self, fold: u32) -> Result<Prepared<T>, Error> {
        let Sets { train, dev, test } = self.sets(fold)?;
        let examples = &self.examples;
        let pipeline = &self.pipeline;
        let fitted = Preprocessing::fit(examples, &self.facts, &train, pipeline.normalize, missing(&pipeline.source));
        let changed = |set: &Option<Evaluation>| matches!(set, Some(Evaluation::Changed(t)) if !t.is_empty());
        let measures = if changed(&pipeline.dev) || changed(&pipeline.test) || !pipeline.augment.is_empty() {
            measure(examples, &fitted, &train)
        } else {
            Measures { mean: Vec::new(), deviation: Vec::new(), free: Vec::new() }
        };
        let make = |number: u32, set: &Option<Evaluation>, own: &Option<Examples>, rows: Vec<u32>| match (set, own) {
            (_, Some(own)) => encode(own, &fitted, (0..own.rows as u32).collect()),
            (Some(Evaluation::Changed(transforms)), None) if !transforms.is_empty() => {
                encode_changed(examples, &fitted, rows, transforms, &measures, pipeline.seed, number)
            }
            _ => encode(examples, &fitted, rows),
        };
        let class_weights = match &examples.target {
            Target::Classes { codes, names } if pipeline.balanced => {
                let classes: Vec<u32> = train.iter().map(|&r| codes[r as usize]).collect();
                let counts = facts::count(&classes, names.len());
                let weight = |n: usize| if n == 0 { 0.0 } else { train.len() as f64 / (names.len() * n) as f64 };
                Some(counts.into_iter().map(weight).collect())
            }
            _ => None,
        };
        let mut facts = self.facts.clone();
        let dev = make(1, &pipeline.dev, &self.dev, dev);
        let test = make(2, &pipeline.test, &self.test, test);
        let train = encode(examples, &fitted, train);
        facts.sets = [train.len(), dev.len(), test.len()];
        Ok(Prepared { facts, train, dev, test, preprocessing: fitted, class_weights, measures })
    }
}

/// Another source's examples with the codes of the training source.
fn aligned(main: &Examples, mut other: Examples, set: &'static str, rule: Missing) -> Result<Examples, Error> {
    let mismatch = |reason: String| Error::Mismatch { origin: other.origin.clone(), set, reason };
    let (classes, unseen) = match (&main.target, &other.target) {
        (Target::Classes { names, .. }, theirs @ Target::Classes { .. }) => match same_classes(theirs, names) {
            Ok(codes) => (Some(Target::Classes { codes, names: names.clone() }), None),
            Err((row, text)) => (None, Some((row, text, names.clone()))),
        },
        // A small or lucky sample may be taken for classes or for numbers where the training data are the other.
        (Target::Classes { names, .. }, Target::Values { values, width: 1 }) => {
            let texts: Vec<String> = values.iter().map(|x| (x + 0.0).to_string()).collect();
            let codes: Result<Vec<u32>, usize> = texts
                .iter()
                .enumerate()
                .map(|(row, text)| names.iter().position(|n| n == text).map(|c| c as u32).ok_or(row))
                .collect();
            match codes {
                Ok(codes) => (Some(Target::Classes { codes, names: names.clone() }), None),
                Err(row) => (None, Some((row, texts[row].clone(), names.clone()))),
            }
        }
        (Target::Values { width: 1, .. }, Target::Classes { codes, names }) => {
            let numbers: Option<Vec<f64>> = names.iter().map(|n| super::field::number(n.as_bytes())).collect();
            let Some(numbers) = numbers else {
                return Err(mismatch("its target is text where the training data have numbers".into()));
            };
            let values = codes.iter().map(|&c| numbers[c as usize]).collect();
            (Some(Target::Values { values, width: 1 }), None)
        }
        (Target::Values { width, .. }, Target::Values { width: theirs, .. }) if width == theirs => (None, None),
        (Target::Values { width, .. }, _) => {
            return Err(mismatch(format!("its targets are not {width} numbers each")));
        }
        (Target::Classes { .. }, _) => return Err(mismatch("its targets are not classes".into())),
    };
    if let Some((row, text, known)) = unseen {
        return Err(Error::UnseenCategory {
            origin: other.origin.clone(),
            place: other.place(row),
            column: other.target_name.clone(),
            text,
            known,
        });
    }
    if let Some(target) = classes {
        other.target = target;
    }
    let features = std::mem::replace(&mut other.features, Features::Columns(Vec::new()));
    other.features = match (&main.features, features) {
        (Features::Block(ours), Features::Block(theirs)) => {
            if ours.shape != theirs.shape {
                let reason = format!("an example is {} where the training data have {}", theirs.shape, ours.shape);
                return Err(Error::Mismatch { origin: other.origin, set, reason });
            }
            Features::Block(theirs)
        }
        (Features::Columns(ours), Features::Columns(mut theirs)) => {
            let mut columns = Vec::with_capacity(ours.len());
            for column in ours {
                let Some(at) = theirs.iter().position(|c| c.name == column.name) else {
                    return Err(Error::ColumnMissing {
                        origin: other.origin,
                        column: column.name.clone(),
                        role: "a feature of the training data",
                        available: other.columns,
                    });
                };
                let mut found = theirs.swap_remove(at);
                found.values = recoded(&column.values, found.values).map_err(|problem| match problem {
                    Recode::Unseen(row, text, known) => Error::UnseenCategory {
                        origin: other.origin.clone(),
                        place: other.place(row),
                        column: column.name.clone(),
                        text,
                        known,
                    },
                    Recode::Kind(theirs, ours) => Error::Mismatch {
                        origin: other.origin.clone(),
                        set,
                        reason: format!("column `{}` is {theirs} where the training data have {ours}", column.name),
                    },
                })?;
                if let (count, Some(first)) = found.values.count_missing()
                    && !matches!(rule, Missing::Mean | Missing::Median | Missing::Mode)
                {
                    return Err(Error::MissingValue {
                        origin: other.origin.clone(),
                        place: other.place(first),
                        column: column.name.clone(),
                        count,
                        all: false,
                        target: false,
                    });
                }
                columns.push(found);
            }
            Features::Columns(columns)
        }
        _ => {
            let reason = "one is a table, the other an array".into();
            return Err(Error::Mismatch { origin: other.origin, set, reason });
        }
    };
    Ok(other)
}

enum Recode {
    Unseen(usize, String, Vec<String>),
    Kind(&'static str, &'static str),
}

fn kind(values: &Values) -> &'static str {
    match values {
        Values::Numbers(_) => "numbers",
        Values::Booleans(_) => "booleans",
        Values::Dates(_) => "dates",
        Values::Texts { .. } => "text",
    }
}

/// Values with the codes of `ours`.
fn recoded(ours: &Values, theirs: Values) -> Result<Values, Recode> {
    match (ours, theirs) {
        (Values::Texts { names, .. }, Values::Texts { codes, names: own }) => {
            let map: Vec<Option<u32>> =
                own.iter().map(|n| names.iter().position(|m| m == n).map(|i| i as u32)).collect();
            let mut mapped = Vec::with_capacity(codes.len());
            for (row, &code) in codes.iter().enumerate() {
                mapped.push(match map.get(code as usize) {
                    None => code,
                    Some(Some(code)) => *code,
                    Some(None) => {
                        return Err(Recode::Unseen(row, own[code as usize].clone(), names.clone()));
                    }
                });
            }
            Ok(Values::Texts { codes: mapped, names: names.clone() })
        }
        (Values::Numbers(_), theirs @ Values::Numbers(_))
        | (Values::Booleans(_), theirs @ Values::Booleans(_))
        | (Values::Dates(_), theirs @ Values::Dates(_)) => Ok(theirs),
        // A column without a single value reads as numbers.
        (ours, Values::Numbers(v)) if v.iter().all(|x| x.is_nan()) => Ok(match ours {
            Values::Booleans(_) => Values::Booleans(v),
            Values::Dates(_) => Values::Dates(v),
            Values::Texts { names, .. } => Values::Texts { codes: vec![ABSENT; v.len()], names: names.clone() },
            Values::Numbers(_) => Values::Numbers(v),
        }),
        (ours, theirs) => Err(Recode::Kind(kind(&theirs), kind(ours))),
    }
}

/// Means and deviations over train of the features before scaling.
fn measure(examples: &Examples, fitted: &Preprocessing, train: &[u32]) -> Measures {
    let size = fitted.shape.size();
    let mut measures = Measures { mean: vec![0.0; size], deviation: vec![0.0; size], free: vec![true; size] };
    match &examples.features {
        Features::Columns(columns) => {
            for (input, column) in fitted.inputs.iter().zip(columns) {
                match &column.values {
                    Values::Numbers(v) | Values::Dates(v) => {
                        let present = |x: f64| if x.is_nan() { input.fill.unwrap_or(0.0) } else { x };
                        let (mean, deviation) = facts::moments(train.iter().map(|&r| present(v[r as usize])));
                        (measures.mean[input.first], measures.deviation[input.first]) = (mean, deviation);
                    }
                    Values::Booleans(_) | Values::Texts { .. } => {
                        for free in &mut measures.free[input.first..input.first + input.kind.width()] {
                            *free = false;
                        }
                    }
                }
            }
        }
        Features::Block(block) => {
            (measures.mean, measures.deviation) = scale::block_moments(block, train);
            if let Shape::Image(..) = block.shape {
                // Of all pixels: variance within each, and of their means.
                let (_, between) = facts::moments(measures.mean.iter().copied());
                let within = measures.deviation.iter().map(|d| d * d).sum::<f64>() / size as f64;
                measures.deviation.fill((within + between * between).sqrt());
            }
        }
    }
    measures
}

/// Rows of features to a set.
fn encode<T: Real>(examples: &Examples, fitted: &Preprocessing, rows: Vec<u32>) -> Split<T> {
    let size = fitted.shape.size();
    let mut x: Array2<T> = Array2::from_elem((rows.len(), size), T::ZERO);
    if let Some(flat) = x.as_slice_mut().filter(|flat| !flat.is_empty()) {
        let per_thread = rows.len().div_ceil(if flat.len() < 1 << 20 { 1 } else { memory::threads() });
        std::thread::scope(|scope| {
            let mut parts = rows.chunks(per_thread).zip(flat.chunks_mut(per_thread * size));
            let own = parts.next();
            for (rows, out) in parts {
                scope.spawn(move || encode_rows(examples, fitted, rows, out));
            }
            if let Some((rows, out)) = own {
                encode_rows(examples, fitted, rows, out);
            }
        });
    }
    let y = targets(&examples.target, &rows);
    Split { x, y, rows }
}

/// Rows that are read from a column before the next one: enough for whole cache lines, few enough to stay in cache.
const TILE: usize = 64;

fn encode_rows<T: Real>(examples: &Examples, fitted: &Preprocessing, rows: &[u32], out: &mut [T]) {
    let size = fitted.shape.size();
    let Scaling { center, spread } = &fitted.scaling;
    match &examples.features {
        Features::Columns(columns) => {
            for (rows, out) in rows.chunks(TILE).zip(out.chunks_mut(TILE * size)) {
                for (input, column) in fitted.inputs.iter().zip(columns) {
                    let first = input.first;
                    match &column.values {
                        Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                            let fill = input.fill.unwrap_or(0.0);
                            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                                let x = v[row as usize];
                                let x = if x.is_nan() { fill } else { x };
                                out[first] = T::from_f64(scaled(x, center[first], spread[first]));
                            }
                        }
                        Values::Texts { codes, .. } => {
                            let fill = input.fill.map_or(0, |f| f as usize);
                            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                                let code = codes[row as usize];
                                out[first + if code == ABSENT { fill } else { code as usize }] = T::ONE;
                            }
                        }
                    }
                }
            }
        }
        Features::Block(block) => {
            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                let range = row as usize * size..(row as usize + 1) * size;
                let pairs = center.iter().zip(spread);
                match &block.numbers {
                    Numbers::U8(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(f64::from(x), c, s));
                        }
                    }
                    Numbers::F32(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(f64::from(x), c, s));
                        }
                    }
                    Numbers::F64(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(x, c, s));
                        }
                    }
                }
            }
        }
    }
}

/// Rows of features, changed before they are scaled. The noise of a row comes from the stream of purpose `Augment` of (seed,
/// the row, repetition 0, step 2^31 + the set's number): no epoch is so late.
fn encode_changed<T: Real>(
    examples: &Examples,
    fitted: &Preprocessing,
    rows: Vec<u32>,
    transforms: &[Transform],
    measures: &Measures,
    seed: u64,
    set: u32,
) -> Split<T> {
    let size = fitted.shape.size();
    let mut x: Array2<T> = Array2::from_elem((rows.len(), size), T::ZERO);
    let (mut raw, mut scratch) = (vec![0.0; size], vec![0.0; size]);
    for (&row, mut out) in rows.iter().zip(x.rows_mut()) {
        fitted.raw_row(examples, row as usize, &mut raw);
        let mut normals = Stream::new(seed, Purpose::Augment, row, 0, (1 << 31) + set);
        for &transform in transforms {
            change::apply(transform, fitted.shape, measures, &mut normals, &mut raw, &mut scratch);
        }
        for (j, (out, x)) in out.iter_mut().zip(&raw).enumerate() {
            *out = T::from_f64(fitted.scaling.forward(j, *x));
        }
    }
    let y = targets(&examples.target, &rows);
    Split { x, y, rows }
}

fn targets<T: Real>(target: &Target, rows: &[u32]) -> Targets<T> {
    match target {
        Target::Classes { codes, .. } => Targets::Classes(rows.iter().map(|&r| codes[r as usize]).collect()),
        Target::Values { values, width } => Targets::Values(Array2::from_shape_fn((rows.len(), *width), |(i, j)| {
            T::from_f64(values[rows[i] as usize * width + j])
        })),
    }
}
