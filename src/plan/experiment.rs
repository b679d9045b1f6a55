//! An experiment: a template of trainings, the space of its draws, and how it is searched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metric::{Direction, Measure, Metric, MetricKind, Set};
use super::show::{Comparison, Selection};
use super::space::Space;
use super::value::Value;

/// An experiment, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its name.
    pub name: String,
    /// What is drawn.
    pub space: Space,
    /// What every trial is made from, by key: `data`, `network`, `optimizer`, `schedule`, `epochs`, `batch`, `l2`, `clip`, `early_stop`, `restore`,
    /// `precision`, `loss`, `run`, and the plain entries of a command. Keys that the file leaves out are left out here.
    pub template: BTreeMap<String, Value>,
    /// `at epoch n { … }`, in order of n.
    pub stages: Vec<Stage>,
    /// One objective, or two for a front.
    pub objectives: Vec<Objective>,
    /// How settings are proposed.
    pub search: Search,
    /// Which trials are stopped early.
    pub prune: Option<Prune>,
    /// Constraints that every trial keeps.
    pub require: Vec<Constraint>,
    /// How many times each trial is trained.
    pub seeds: u32,
    /// Where all streams start.
    pub seed: u64,
    /// How many trials may be in flight before an adaptive search looks back.
    pub lag: u32,
    /// Seconds after which no trial is started.
    pub budget: Option<f64>,
    /// Re-train the best candidates on so many fresh seeds.
    pub confirm: Option<u32>,
    /// Cores that a trial is given on a cluster: where it runs, not what it gives, so it is in no digest.
    #[serde(skip, default = "one")]
    pub cpus: u32,
    /// Experiments whose results this one uses.
    pub after: Vec<String>,
    /// Every space becomes the part around the best of another experiment.
    pub around: Option<Around>,
}

fn one() -> u32 {
    1
}

impl Experiment {
    /// An experiment of these keys, as `experiment name { … }` has them, with the language's defaults for all else: a grid over its
    /// choices, one seed, `dev.loss` to be made small.
    pub fn new<'k>(name: impl Into<String>, keys: impl IntoIterator<Item = (&'k str, Value)>) -> Self {
        let loss = Metric { set: Set::Dev, kind: MetricKind::Loss };
        Experiment {
            name: name.into(),
            space: Space::default(),
            template: keys.into_iter().map(|(key, value)| (key.to_string(), value)).collect(),
            stages: Vec::new(),
            objectives: vec![Objective { measure: Measure::Metric(loss), direction: Direction::Minimize }],
            search: Search::Grid { points: 5 },
            prune: None,
            require: Vec::new(),
            seeds: 1,
            seed: 0,
            lag: 8,
            budget: None,
            confirm: None,
            cpus: 1,
            after: Vec::new(),
            around: None,
        }
    }
}

/// `around(coarse.best, 25%)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// The trial that is the middle.
    pub of: Selection,
    /// Width as a share of each scale.
    pub share: f64,
}

/// `at epoch n { rate = 0.1 }`: the changes by key (`rate`, `batch`, `l2`, `dropout`, `optimizer`, `schedule`, …).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The first epoch, from 1, that is trained with the changes.
    pub epoch: u32,
    /// New values by key.
    pub changes: BTreeMap<String, Value>,
}

/// What a search makes small or large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// What.
    pub measure: Measure,
    /// Which way.
    pub direction: Direction,
}

/// `require = width * depth <= 512`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Left side, over draws.
    pub left: Value,
    /// How they compare.
    pub comparison: Comparison,
    /// Right side, over draws.
    pub right: Value,
}

/// How settings are proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Search {
    /// The best for the size of the space and the number of trials.
    Auto {
        /// How many trials.
        trials: u32,
    },
    /// All combinations of choices, and `points` values along the scale of each other space.
    Grid {
        /// Values a space.
        points: u32,
    },
    /// Independent draws.
    Random {
        /// How many trials.
        trials: u32,
    },
    /// A scrambled Sobol sequence.
    Sobol {
        /// How many trials.
        trials: u32,
    },
    /// Rounds of random search, each in a smaller box around the best of the last.
    CoarseToFine {
        /// How many rounds.
        rounds: u32,
        /// Trials in all, shared evenly.
        trials: u32,
        /// Share of a round's trials that the next box is drawn around.
        keep: f64,
    },
    /// Tree-structured Parzen estimator.
    Tpe {
        /// How many trials.
        trials: u32,
    },
    /// Gaussian process with expected improvement.
    Gp {
        /// How many trials.
        trials: u32,
    },
}

/// Which trials are stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Prune {
    /// Successive halving: at epochs from·factor^k only the best 1/factor go on.
    Halving {
        /// Share that goes on is 1/factor.
        factor: u32,
        /// Epochs at the first rung.
        from: u32,
    },
    /// Brackets of halving with different first rungs.
    Hyperband {
        /// Share that goes on is 1/factor.
        factor: u32,
    },
    /// A trial worse than the median of earlier ones at the same epoch stops.
    Median {
        /// Epochs before which none stops.
        after: u32,
    },
}
