//! Checked values that may still hold draws: the templates that trials are made from.

use serde::{Deserialize, Serialize};

use super::show::{Measure, Selection};

/// A value whose names and types are checked. With a trial's draws put in, it is one without draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number; durations in seconds.
    Number(f64),
    /// A text.
    Text(String),
    /// A word of the vocabulary: `relu`, `auto`, `classes`, `true`.
    Word(String),
    /// The number that this hyperparameter drew.
    Draw(String),
    /// The option that this hyperparameter drew.
    Choice {
        /// The hyperparameter.
        param: String,
        /// In the order of its labels.
        options: Vec<Value>,
    },
    /// −x.
    Negate(Box<Value>),
    /// `left op right` over numbers.
    Arithmetic {
        /// `+ - * / ^`.
        operator: Operator,
        /// Left operand.
        left: Box<Value>,
        /// Right operand.
        right: Box<Value>,
    },
    /// A layer, optimizer, source, …: its name and the arguments that were written, by their vocabulary name.
    Call {
        /// The vocabulary's name.
        name: String,
        /// In the order written.
        args: Vec<(String, Value)>,
    },
    /// A list.
    List(Vec<Value>),
    /// Layers one after another.
    Chain(Vec<Value>),
    /// The first `count` of `bodies` one after another; each has its own draws.
    Repeat {
        /// How many.
        count: Box<Value>,
        /// As many as the count can be.
        bodies: Vec<Value>,
    },
    /// `residual { … }`.
    Residual(Box<Value>),
    /// A number that another experiment gives: `coarse.best.rate`, or its measure averaged over seeds.
    Result {
        /// Whose.
        of: Selection,
        /// Which number.
        measure: Measure,
    },
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}
