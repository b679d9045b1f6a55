//! What training sees: sets of examples, coded and scaled.

use std::path::Path;

use ndarray::Array2;

use super::aligned::aligned;
use super::augment::Augment;
use super::change::{self, Measures};
use super::encode::{encode, encode_changed};
use super::error::Error;
use super::examples::{Examples, Features, Target, Values};
use super::facts::{self, Facts};
use super::preprocessing::Preprocessing;
use super::scale;
use super::spec::{Evaluation, Missing, Pipeline, Source, Transform};
use super::split::{self, Part, Sets};
use super::{memory, source};
use crate::kernel::Real;
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
            own(set).map(|source| source::read(&source, base, pipeline.mode, None))
        };
        let part = Part::of(pipeline);
        let (main, (dev, test)) = std::thread::scope(|scope| {
            let others = scope.spawn(|| (evaluation(&pipeline.dev), evaluation(&pipeline.test)));
            let main = source::read(&pipeline.source, base, pipeline.mode, part);
            (main, others.join().unwrap_or((None, None)))
        });
        let (mut examples, digest) = main?;
        let (dev, test) = (dev.transpose()?, test.transpose()?);
        if let Target::Classes { names, .. } = &examples.target
            && let [class] = names.as_slice()
        {
            return Err(Error::OneClass { origin: examples.origin, class: class.clone() });
        }
        if let Some(rows) = part.and_then(|part| part.rows(&examples.target, examples.rows)) {
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
