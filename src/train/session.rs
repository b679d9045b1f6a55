//! One network in training: epoch after epoch, stopping and going on at any epoch with the same bits.

use std::ops::Range;
use std::time::Instant;

use ndarray::Array2;

use super::checkpoint::{Checkpoint, Ended, History, Model};
use super::metrics::{Predictions, Truth};
use crate::data::augment::{Augment, Moment};
use crate::data::{Prepared, Split, Targets};
use crate::kernel::philox::{Purpose, Stream};
use crate::kernel::{Isa, Real, elementwise};
use crate::nn::layer::{Activation, Layer, Loss};
use crate::nn::{self, Network, Role, Streams};
use crate::optim;
use crate::plan::metric::{Direction, Metric, MetricKind, Set};
use crate::plan::training::{Phase, Training};
use crate::record::{LayerNorm, LayerSpread, Outcome, Run};

/// Examples of the training set that show how the layers' outputs are spread.
const PROBE_ROWS: usize = 256;
/// Rows that are evaluated at a time.
const EVALUATION_ROWS: usize = 256;

/// Why training cannot start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// The network does not fit the data.
    #[error("{0}")]
    Shape(String),
    /// There is nothing to learn from.
    #[error("the training set is empty: give it a share in `split`")]
    NoExamples,
    /// A checkpoint that is not of this training.
    #[error("the checkpoint does not fit the network")]
    Checkpoint,
    /// A direction that the network does not have.
    #[error("{0}")]
    Direction(String),
}

/// What the caller says after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Leave off; the last whole epoch counts.
    Cancel,
}

/// A training in progress, with numbers of type `T`.
pub struct Session<'a, T: Real> {
    training: &'a Training,
    data: &'a Prepared<T>,
    isa: Isa,
    network: Network<T>,
    optimizer: optim::State<T>,
    best: Option<Model<T>>,
    history: History,
    order: Vec<u32>,
    batch: Batch<T>,
    augment: Augment,
    decayed: Vec<Range<usize>>,
    gradient_sums: Vec<f64>,
}

/// The rows of one step, gathered.
struct Batch<T> {
    x: Vec<T>,
    classes: Vec<u32>,
    values: Vec<T>,
    weights: Vec<T>,
}

impl<'a, T: Real> Session<'a, T> {
    /// A network with fresh weights; `threads` may work on one product.
    ///
    /// # Errors
    /// When there is nothing to learn from, or the network does not fit the data.
    pub fn new(training: &'a Training, data: &'a Prepared<T>, isa: Isa, threads: usize) -> Result<Self, TrainError> {
        let rows = data.train.len();
        if rows == 0 {
            return Err(TrainError::NoExamples);
        }
        let largest =
            training.phases.iter().map(|p| p.batch.map_or(rows, |b| (b as usize).min(rows))).max().unwrap_or(rows);
        let chunk = largest.max(EVALUATION_ROWS.min(rows));
        let mut network = Network::new(&training.layers, training.input, training.loss, chunk, isa, threads)
            .map_err(|e| TrainError::Shape(e.to_string()))?;
        network.initialize(training.seed, training.repetition);
        let values = match &data.train.y {
            Targets::Classes(_) => 0,
            Targets::Values(values) => values.ncols(),
        };
        let decayed = network.tensors().iter().filter(|t| t.role == Role::Weight).map(|t| t.range.clone()).collect();
        let mut session = Session {
            training,
            data,
            isa,
            optimizer: optim::State::new(&training.phases[0].optimizer, network.parameters().len()),
            best: None,
            history: History::default(),
            order: (0..rows as u32).collect(),
            batch: Batch {
                x: vec![T::ZERO; largest * training.input.size()],
                classes: vec![0; largest],
                values: vec![T::ZERO; largest * values],
                weights: vec![T::ONE; largest],
            },
            augment: data.augment(&training.data.augment).map_err(|e| TrainError::Shape(e.to_string()))?,
            decayed,
            gradient_sums: Vec::new(),
            network,
        };
        session.observe_activations();
        Ok(session)
    }

    /// Go on from a checkpoint of the same training (or of one that differs only in how long it is).
    ///
    /// # Errors
    /// When it is of another network.
    pub fn restore(&mut self, checkpoint: Checkpoint<T>) -> Result<(), TrainError> {
        set_model(&mut self.network, &checkpoint.model)?;
        self.optimizer = checkpoint.optimizer;
        self.best = checkpoint.best;
        self.history = checkpoint.history;
        Ok(())
    }

    /// Epochs done.
    pub fn epoch(&self) -> u32 {
        self.history.epoch
    }

    /// Whether there is nothing more to train.
    pub fn finished(&self) -> bool {
        self.history.ended.is_some() || self.history.epoch >= self.training.epochs
    }

    /// The state after the last whole epoch.
    pub fn checkpoint(&self) -> Checkpoint<T> {
        Checkpoint {
            model: self.model(),
            optimizer: self.optimizer.clone(),
            best: self.best.clone(),
            history: self.history.clone(),
        }
    }

    /// The network as it stands.
    pub fn network(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    fn model(&self) -> Model<T> {
        Model { parameters: self.network.parameters().to_vec(), buffers: self.network.buffers().to_vec() }
    }

    fn phase(&self, epoch: u32) -> &'a Phase {
        let phases = &self.training.phases;
        phases.iter().rev().find(|p| p.after <= epoch).unwrap_or(&phases[0])
    }

    /// Train one epoch. `false` if the caller left off in its middle: the session is then good for nothing but its last checkpoint.
    pub fn train_epoch(&mut self, control: &mut dyn FnMut() -> Control) -> bool {
        let started = Instant::now();
        let epoch = self.history.epoch;
        let phase = self.phase(epoch);
        if let Some(rate) = phase.dropout {
            self.network.set_dropout(rate);
        }
        let rows = self.order.len();
        let size = phase.batch.map_or(rows, |b| (b as usize).min(rows));
        for (place, row) in self.order.iter_mut().enumerate() {
            *row = place as u32;
        }
        if size < rows {
            let mut stream = Stream::new(self.training.seed, Purpose::Shuffle, 0, self.training.repetition, epoch);
            stream.shuffle(&mut self.order);
        }
        let steps = rows.div_ceil(size);
        self.gradient_sums.clear();
        let mut finite = true;
        for step in 0..steps {
            if control() == Control::Cancel {
                return false;
            }
            let chosen = step * size..((step + 1) * size).min(rows);
            finite = self.step(phase, epoch, step, steps, chosen);
            self.history.steps += 1;
            if !finite {
                break;
            }
        }
        if !finite {
            self.history.ended = Some(Ended::Diverged);
            self.history.seconds += started.elapsed().as_secs_f64();
            return true;
        }
        self.history.epoch += 1;
        self.record_gradients(steps);
        self.observe_activations();
        self.evaluate_epoch();
        self.history.seconds += started.elapsed().as_secs_f64();
        true
    }

    fn step(&mut self, phase: &Phase, epoch: u32, step: usize, steps: usize, chosen: Range<usize>) -> bool {
        let rows = chosen.len();
        let features = self.training.input.size();
        let train = &self.data.train;
        let chosen = &self.order[chosen];
        let Batch { x, classes, values, weights } = &mut self.batch;
        let x = &mut x[..rows * features];
        elementwise::gather_rows(x, flat(&train.x), features, chosen);
        if !self.augment.is_empty() {
            let moment = Moment { seed: self.training.seed, repetition: self.training.repetition, epoch };
            for (slot, &row) in x.chunks_exact_mut(features).zip(chosen) {
                self.augment.apply(moment, row, slot);
            }
        }
        let mut targets = match &train.y {
            Targets::Classes(all) => {
                for (slot, &row) in classes.iter_mut().zip(chosen) {
                    *slot = all[row as usize];
                }
                nn::Targets::classes(&classes[..rows])
            }
            Targets::Values(all) => {
                let width = all.ncols();
                elementwise::gather_rows(&mut values[..rows * width], flat(all), width, chosen);
                nn::Targets::values(&values[..rows * width])
            }
        };
        if let (Some(by_class), Targets::Classes(all)) = (&self.data.class_weights, &train.y) {
            for (slot, &row) in weights.iter_mut().zip(chosen) {
                *slot = T::from_f64(by_class[all[row as usize] as usize]);
            }
            targets = targets.weighted(&weights[..rows]);
        }
        let streams =
            Streams { seed: self.training.seed, repetition: self.training.repetition, step: self.history.steps };
        let loss = self.network.train_step(x, targets, rows, streams, phase.l2);
        if !loss.is_finite() {
            return false;
        }
        if self.training.observe.gradients {
            let norms = self.network.gradient_norms();
            self.gradient_sums.resize(norms.len(), 0.0);
            for (sum, (_, norm)) in self.gradient_sums.iter_mut().zip(norms) {
                *sum += norm;
            }
        }
        let base = phase.optimizer.rate();
        let since = epoch - phase.schedule_after;
        let rate = phase.schedule.rate(base, since, step, steps, self.training.horizon - phase.schedule_after);
        if let Some(limit) = phase.clip {
            optim::clip_norm(self.isa, self.network.gradients_mut(), limit);
        }
        self.network.update(&mut self.optimizer, &phase.optimizer, rate, &self.decayed);
        true
    }

    fn record_gradients(&mut self, steps: usize) {
        if !self.training.observe.gradients {
            return;
        }
        let names: Vec<String> = self.network.gradient_norms().into_iter().map(|(name, _)| name).collect();
        if self.history.gradients.is_empty() {
            self.history.gradients = names.into_iter().map(|layer| LayerNorm { layer, norm: Vec::new() }).collect();
        }
        for (entry, sum) in self.history.gradients.iter_mut().zip(&self.gradient_sums) {
            entry.norm.push(sum / steps as f64);
        }
    }

    fn observe_activations(&mut self) {
        if !self.training.observe.activations {
            return;
        }
        let rows = self.data.train.len().min(PROBE_ROWS);
        let x = &flat(&self.data.train.x)[..rows * self.training.input.size()];
        let first = self.history.activations.is_empty();
        let mut entries = std::mem::take(&mut self.history.activations);
        let mut place = 0;
        let streams =
            Streams { seed: self.training.seed, repetition: self.training.repetition, step: self.history.steps };
        self.network.layer_outputs(x, rows, Some(streams), &mut |name, output: &[T]| {
            let mut values: Vec<f64> = output.iter().map(|v| v.to_f64()).collect();
            let (mean, deviation) = super::metrics::mean_deviation(&values);
            values.sort_by(f64::total_cmp);
            let at = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
            if first {
                entries.push(LayerSpread {
                    layer: name.to_string(),
                    quantiles: Vec::new(),
                    mean: Vec::new(),
                    deviation: Vec::new(),
                });
            }
            if let Some(entry) = entries.get_mut(place) {
                entry.quantiles.push([at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)]);
                entry.mean.push(mean);
                entry.deviation.push(deviation);
            }
            place += 1;
        });
        self.history.activations = entries;
    }

    fn evaluate_epoch(&mut self) {
        if self.network.needs_statistics() {
            self.network.refresh_statistics(flat(&self.data.train.x), self.data.train.len());
        }
        let mut values: Vec<(Metric, f64)> = Vec::new();
        for set in [Set::Train, Set::Dev, Set::Test] {
            let extra: Vec<MetricKind> =
                self.training.observe.metrics.iter().filter(|m| m.set == set).map(|m| m.kind).collect();
            if set != Set::Dev && extra.is_empty() {
                continue;
            }
            let metrics = self.metrics(set, &extra).into_iter().map(|(kind, v)| (Metric { set, kind }, v));
            // What was not asked for is not recorded: the record does not depend on what was at hand.
            values.extend(metrics.filter(|(metric, _)| !metric.is_extra() || extra.contains(&metric.kind)));
        }
        for (metric, value) in values {
            self.history.series.entry(metric.to_string()).or_default().push(value);
            if metric == self.training.objective {
                self.judge(value);
            }
        }
        let loss = Metric { set: Set::Dev, kind: MetricKind::Loss };
        if self.history.series.get(&loss.to_string()).and_then(|s| s.last()).is_some_and(|v| !v.is_finite()) {
            self.undo_diverged_epoch();
        }
    }

    /// An epoch whose evaluation is not finite is not recorded: the run diverged in it.
    fn undo_diverged_epoch(&mut self) {
        self.history.epoch -= 1;
        let epochs = self.history.epoch as usize;
        self.history.series.values_mut().for_each(|s| s.truncate(epochs));
        self.history.gradients.iter_mut().for_each(|g| g.norm.truncate(epochs));
        self.history.ended = Some(Ended::Diverged);
    }

    fn judge(&mut self, value: f64) {
        let epoch = self.history.epoch;
        let better = match self.history.best {
            None => !value.is_nan(),
            Some((_, best)) => match self.training.direction {
                Direction::Minimize => value < best,
                Direction::Maximize => value > best,
            },
        };
        if better {
            self.history.best = Some((epoch, value));
            if self.training.restore_best {
                self.best = Some(self.model());
            }
        } else if let (Some(patience), Some((best, _))) = (self.training.patience, self.history.best)
            && epoch - best >= patience
        {
            self.history.ended = Some(Ended::Patience);
        }
    }

    /// The loss, the ordinary metrics and some more of a set; empty for an empty set.
    fn metrics(&mut self, set: Set, extra: &[MetricKind]) -> Vec<(MetricKind, f64)> {
        let split = self.split(set);
        if split.is_empty() {
            return Vec::new();
        }
        let (loss, outputs) = self.predict(split);
        let truth;
        let predictions = Predictions {
            outputs: &outputs,
            width: self.network.outputs(),
            truth: match &split.y {
                Targets::Classes(classes) => Truth::Classes(classes),
                Targets::Values(values) => {
                    truth = values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
                    Truth::Values(&truth)
                }
            },
            classes: self.data.facts.classes.as_ref().map_or(0, Vec::len),
            threshold: threshold(self.training),
        };
        let mut values = vec![(MetricKind::Loss, loss)];
        values.extend(predictions.ordinary());
        for &kind in extra {
            if !values.iter().any(|(k, _)| *k == kind)
                && let Some(value) = predictions.metric(kind)
            {
                values.push((kind, value));
            }
        }
        values
    }

    fn split(&self, set: Set) -> &'a Split<T> {
        match set {
            Set::Train => &self.data.train,
            Set::Dev => &self.data.dev,
            Set::Test => &self.data.test,
        }
    }

    /// The mean loss over a split, without penalties and weights, and the outputs `[rows, outputs]`.
    pub fn predict(&mut self, split: &Split<T>) -> (f64, Vec<f64>) {
        let targets = match &split.y {
            Targets::Classes(classes) => nn::Targets::classes(classes),
            Targets::Values(values) => nn::Targets::values(flat(values)),
        };
        let (loss, outputs) = self.network.evaluate_with_loss(flat(&split.x), targets, split.len());
        (loss, outputs.iter().map(|v| v.to_f64()).collect())
    }

    /// End: the model becomes that of the best epoch where the plan says so, and all its metrics are taken.
    pub fn finish(mut self, key: String) -> (Run, Checkpoint<T>) {
        let started = Instant::now();
        let checkpoint = self.checkpoint();
        let diverged = self.history.ended == Some(Ended::Diverged);
        if self.training.restore_best
            && let Some(model) = self.best.take()
        {
            let _ = set_model(&mut self.network, &model);
        }
        let outcome = match self.history.ended {
            None => Outcome::Finished,
            Some(Ended::Patience) => Outcome::Stopped,
            Some(Ended::Diverged) => Outcome::Diverged,
        };
        let mut run = Run { outcome, ..self.progress(key) };
        run.changes =
            self.training.phases[1..].iter().map(|p| p.after + 1).filter(|&e| e <= self.history.epoch).collect();
        run.activations = self.history.activations.clone();
        run.gradients = self.history.gradients.clone();
        if !diverged {
            let all = [MetricKind::Auc, MetricKind::Calibration];
            for set in [Set::Train, Set::Dev, Set::Test] {
                let mut kinds: Vec<MetricKind> =
                    self.training.observe.metrics.iter().filter(|m| m.set == set).map(|m| m.kind).collect();
                kinds.extend(all.iter().filter(|k| !kinds.contains(k)).copied().collect::<Vec<_>>());
                for (kind, value) in self.metrics(set, &kinds) {
                    run.metrics.insert(Metric { set, kind }.to_string(), value);
                }
            }
        }
        run.seconds = self.history.seconds + started.elapsed().as_secs_f64();
        (run, checkpoint)
    }

    /// What there is to show in the middle of training.
    pub fn progress(&self, key: String) -> Run {
        let mut run = Run::empty(key, self.training.repetition, Outcome::Finished);
        run.series = self.history.series.clone();
        run.parameters = self.network.parameters().len() as u64;
        run.planned = self.training.epochs;
        run.seconds = self.history.seconds;
        run
    }
}

/// Where a single output turns to the second class: ½ of a probability, 0 of a margin.
pub fn threshold(training: &Training) -> f64 {
    match training.layers.last() {
        Some(Layer::Softmax | Layer::Hardmax | Layer::Activation(Activation::Sigmoid)) => 0.5,
        _ if training.loss == Loss::BinaryCrossEntropy => 0.5,
        _ => 0.0,
    }
}

/// Give a network the weights of a model.
///
/// # Errors
/// When they are of another network.
pub fn set_model<T: Real>(network: &mut Network<T>, model: &Model<T>) -> Result<(), TrainError> {
    if model.parameters.len() != network.parameters().len() || model.buffers.len() != network.buffers().len() {
        return Err(TrainError::Checkpoint);
    }
    network.parameters_mut().copy_from_slice(&model.parameters);
    network.buffers_mut().copy_from_slice(&model.buffers);
    Ok(())
}

/// The numbers of an array, row by row. Prepared data are in that order.
pub fn flat<T: Real>(array: &Array2<T>) -> &[T] {
    array.as_slice().unwrap_or(&[])
}
