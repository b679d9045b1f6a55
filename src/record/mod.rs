//! What came of it: plain data that reports, tables, claims, the lock and the editor read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::experiment::Objective;
use crate::plan::space::{Draws, Space};

pub mod atomic;
pub mod digest;
pub mod exact;
#[cfg(test)]
pub mod fault;
pub mod inspect;
pub mod lock;

/// The version of the numbers: raised with every change that can give any training other bits. It is in every key of the
/// store and in every lock.
pub const NUMERICS: u32 = 1;

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// All epochs were trained.
    Finished,
    /// The objective had not become better for long enough.
    Stopped,
    /// The search gave it up.
    Pruned,
    /// The loss became NaN or infinite in the epoch after the last recorded one.
    Diverged,
    /// A command failed; what it said.
    Failed(String),
}

/// One repetition of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The key of its training in the store.
    pub key: String,
    /// Which repetition, from 0.
    pub repetition: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// By metric, as `dev.accuracy` is written; one value an epoch.
    #[serde(with = "exact")]
    pub series: BTreeMap<String, Vec<f64>>,
    /// Metrics of the model that it ends with.
    #[serde(with = "exact")]
    pub metrics: BTreeMap<String, f64>,
    /// How many numbers the network learns.
    pub parameters: u64,
    /// Epochs that it was to train; 0 where that is not known.
    pub planned: u32,
    /// Epochs, from 1, whose settings differ from those of the one before.
    pub changes: Vec<u32>,
    /// One entry a layer, if asked for.
    pub activations: Vec<LayerSpread>,
    /// One entry a layer with parameters, if asked for.
    pub gradients: Vec<LayerNorm>,
    /// Seconds of training: shown, never compared or digested.
    pub seconds: f64,
}

impl Run {
    /// A run of which nothing is known but its outcome.
    pub fn empty(key: String, repetition: u32, outcome: Outcome) -> Self {
        Run {
            key,
            repetition,
            outcome,
            series: BTreeMap::new(),
            metrics: BTreeMap::new(),
            parameters: 0,
            planned: 0,
            changes: Vec::new(),
            activations: Vec::new(),
            gradients: Vec::new(),
            seconds: 0.0,
        }
    }
}

/// How a layer's output is spread over a fixed part of the training set, epoch by epoch (the first entry before training).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSpread {
    /// `2 batch_norm`: place from 1 and kind.
    pub layer: String,
    /// Quantiles 5, 25, 50, 75 and 95 %.
    #[serde(with = "exact")]
    pub quantiles: Vec<[f64; 5]>,
    /// Mean.
    #[serde(with = "exact")]
    pub mean: Vec<f64>,
    /// Deviation.
    #[serde(with = "exact")]
    pub deviation: Vec<f64>,
}

/// The norm of a layer's gradient, mean over the steps of each epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerNorm {
    /// `1 dense`.
    pub layer: String,
    /// One value an epoch.
    #[serde(with = "exact")]
    pub norm: Vec<f64>,
}

/// What a person sees of a hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Setting {
    /// A number.
    Number(f64),
    /// An option's label.
    Label(String),
}

/// One point of the space with its repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// From 0, in the order of the search.
    pub index: u32,
    /// What it drew.
    pub draws: Draws,
    /// What is shown of that, by name.
    pub settings: BTreeMap<String, Setting>,
    /// Which round of a coarse-to-fine search or bracket of a halving, from 0.
    pub round: u32,
    /// In the order of repetitions.
    pub runs: Vec<Run>,
}

/// An experiment and all that came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// The experiment.
    pub experiment: String,
    /// What was searched.
    pub space: Space,
    /// What was made small or large.
    pub objectives: Vec<Objective>,
    /// How: `random`, `tpe`.
    pub search: String,
    /// The boxes of a coarse-to-fine search: by round, by name, the bounds as shown, and why.
    pub rounds: Vec<Round>,
    /// In order.
    pub trials: Vec<Trial>,
    /// The best candidates on fresh seeds, if the experiment asks for it: trained after the search, and no part of its choice.
    pub confirmed: Vec<Trial>,
}

/// A round of a coarse-to-fine search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Bounds of each hyperparameter with a scale.
    pub bounds: BTreeMap<String, (f64, f64)>,
    /// Why the box is where it is.
    pub reason: String,
}
