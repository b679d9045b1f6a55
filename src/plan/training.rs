//! One training, everything decided: what a worker needs and what a trial's key is the digest of.

use serde::{Deserialize, Serialize};

use super::metric::{Direction, Metric};
use crate::data::spec::Pipeline;
use crate::nn::layer::{Layer, Loss, Shape};
use crate::optim::{Optimizer, Schedule};

/// Train this network so. Says nothing of experiments, trials or names: equal trainings are trained once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The examples.
    pub data: Pipeline,
    /// Digest of the bytes that the data come from.
    pub fingerprint: String,
    /// The shape of one example.
    pub input: Shape,
    /// The layers.
    pub layers: Vec<Layer>,
    /// What is made small.
    pub loss: Loss,
    /// What holds from which epoch on; the first from epoch 0.
    pub phases: Vec<Phase>,
    /// How many epochs.
    pub epochs: u32,
    /// The number of epochs that a schedule counts on: the experiment's, also where a search looks at fewer.
    pub horizon: u32,
    /// What the best epoch is judged by.
    pub objective: Metric,
    /// Which way is better.
    pub direction: Direction,
    /// Stop when the objective has not become better for so many epochs.
    pub patience: Option<u32>,
    /// End with the weights of the best epoch instead of those of the last.
    pub restore_best: bool,
    /// The type of the numbers.
    pub precision: Precision,
    /// Where all streams start.
    pub seed: u64,
    /// Which repetition, from 0.
    pub repetition: u32,
    /// What is recorded beyond loss and the metrics that the counts of a confusion matrix give.
    pub observe: Observe,
}

/// What holds from an epoch on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// How many epochs are done when it begins.
    pub after: u32,
    /// The update rule.
    pub optimizer: Optimizer,
    /// How its rate changes.
    pub schedule: Schedule,
    /// Epochs done when the schedule began to count.
    pub schedule_after: u32,
    /// Examples a step; `None` is all of them.
    pub batch: Option<u32>,
    /// Strength of l2/2·Σw² over all weights of dense and conv layers.
    pub l2: f64,
    /// Largest norm of the gradient over all parameters; a longer one is scaled down to it.
    pub clip: Option<f64>,
    /// The rate of every dropout layer, where a phase changes it.
    pub dropout: Option<f64>,
}

/// The type of the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 64 bits.
    F64,
}

/// What is recorded beyond the ordinary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observe {
    /// Metrics that cost extra: auc, calibration, top(k).
    pub metrics: Vec<Metric>,
    /// The spread of every layer's output over the epochs.
    pub activations: bool,
    /// The norm of every layer's gradient over the epochs.
    pub gradients: bool,
}

/// A program that is the objective: `run = command("python train.py --rate {rate}")`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The line, its `{name}`s filled in.
    pub line: String,
    /// Seconds after which it is ended.
    pub limit: Option<f64>,
    /// Which repetition, from 0 (also in the environment as `CAVIAR_SEED`).
    pub repetition: u32,
    /// Seed of the repetition.
    pub seed: u64,
}

/// What one repetition of a trial does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Train a network of ours.
    Train(Box<Training>),
    /// Run a program.
    Command(Command),
}
