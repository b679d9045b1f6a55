//! The flat, conditional space that an experiment searches, and the settings drawn from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::value::Value;

/// All hyperparameters of an experiment, in the order of the file; a condition names only earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// The hyperparameters.
    pub params: Vec<Param>,
}

/// One hyperparameter: one draw a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Short name, unique in the experiment: `rate`, `dense2.units`.
    pub name: String,
    /// What is drawn.
    pub domain: Domain,
    /// What a person sees under the name, where it is not the draw itself: `1 - draw`. Uses `Value::Draw(name)`.
    pub shown: Option<Value>,
    /// Conditions, all of which must hold for it to be drawn.
    pub when: Vec<Condition>,
}

impl Param {
    /// A hyperparameter that is always drawn and shown as it is drawn.
    pub fn new(name: &str, domain: Domain) -> Self {
        Param { name: name.to_string(), domain, shown: None, when: Vec::new() }
    }
}

/// What must hold of an earlier hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// The choice took this option (from 0).
    Option(String, usize),
    /// The number is at least this (a repetition's count).
    AtLeast(String, f64),
}

/// What a hyperparameter is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Domain {
    /// Uniform on [low, high].
    Linear {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// low·(high/low)^u, u uniform on [0, 1].
    Log {
        /// Lower end, above 0.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Whole numbers, ends included; with `log`, the log-uniform on [low − ½, high + ½] rounded.
    Int {
        /// Lower end.
        low: i64,
        /// Upper end.
        high: i64,
        /// Whether on a log scale.
        log: bool,
    },
    /// Gaussian; with `log`, e to the power of one.
    Normal {
        /// Mean (of the logarithm).
        mean: f64,
        /// Deviation (of the logarithm).
        deviation: f64,
        /// Whether log-normal.
        log: bool,
    },
    /// One of several, by label. `numbers` has the values when all options are numbers.
    Choice {
        /// What tables and plots show.
        labels: Vec<String>,
        /// The options' values if they are numbers.
        numbers: Option<Vec<f64>>,
    },
    /// Another one rounded to multiples of `step`.
    Steps {
        /// What is rounded.
        of: Box<Domain>,
        /// To multiples of.
        step: f64,
    },
}

/// What a hyperparameter got: a number, or the index of an option.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Draw {
    /// A number.
    Number(f64),
    /// The index of an option of a choice, from 0.
    Option(usize),
}

/// What one trial drew: only the hyperparameters whose conditions hold.
pub type Draws = BTreeMap<String, Draw>;
