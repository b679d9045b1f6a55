//! Checked values that may still hold draws: the templates that trials are made from.

use serde::{Deserialize, Serialize};

use super::show::{Measure, Selection};
use super::space::{Draw, Draws};
use crate::kernel::math;

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

impl Operator {
    /// The number that it makes of two. Division by zero and the like give what IEEE 754 says.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
            Operator::Power => math::powf(left, right),
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

/// A word of the vocabulary; a text is `Value::Text`.
impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Value::Word(word.to_string())
    }
}

impl Value {
    /// A layer, optimizer, source, … with its arguments: `adam(rate = 0.01)`.
    pub fn call<'k>(name: &str, args: impl IntoIterator<Item = (&'k str, Value)>) -> Self {
        let args = args.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
        Value::Call { name: name.to_string(), args }
    }

    /// The draw of a hyperparameter of that name.
    pub fn draw(name: &str) -> Self {
        Value::Draw(name.to_string())
    }

    /// The number that it is with these draws put in; `None` if it is not a number, or uses a draw that is not there.
    pub fn number(&self, draws: &Draws) -> Option<f64> {
        match self {
            Value::Number(x) => Some(*x),
            Value::Draw(name) => match draws.get(name)? {
                Draw::Number(x) => Some(*x),
                Draw::Option(_) => None,
            },
            Value::Choice { param, options } => match draws.get(param)? {
                Draw::Option(i) => options.get(*i)?.number(draws),
                Draw::Number(_) => None,
            },
            Value::Negate(x) => Some(-x.number(draws)?),
            Value::Arithmetic { operator, left, right } => {
                Some(operator.apply(left.number(draws)?, right.number(draws)?))
            }
            _ => None,
        }
    }
}
