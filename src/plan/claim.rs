//! What a notebook claims about its results.

use serde::{Deserialize, Serialize};

use super::show::{Comparison, Measure, Selection};
use super::value::Operator;

/// `claim "text" { a < b }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed, in words.
    pub text: String,
    /// All must hold.
    pub comparisons: Vec<Statement>,
    /// For `==`: how large a difference still counts as equal.
    pub within: Option<f64>,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Left side.
    pub left: Term,
    /// How they compare.
    pub comparison: Comparison,
    /// Right side.
    pub right: Term,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// A number.
    Number(f64),
    /// A measure of some trials. One trial has a value a seed; several trials have a value a trial, averaged over its seeds.
    Measure(Selection, Measure),
    /// Arithmetic on terms, sample by sample.
    Arithmetic(Box<Term>, Operator, Box<Term>),
}

impl Claim {
    /// The experiments that it is about, each once.
    pub fn experiments(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for statement in &self.comparisons {
            statement.left.experiments(&mut names);
            statement.right.experiments(&mut names);
        }
        names
    }
}

impl Term {
    fn experiments<'a>(&'a self, into: &mut Vec<&'a str>) {
        match self {
            Term::Number(_) => {}
            Term::Measure(of, _) => {
                if !into.contains(&of.experiment.as_str()) {
                    into.push(&of.experiment);
                }
            }
            Term::Arithmetic(left, _, right) => {
                left.experiments(into);
                right.experiments(into);
            }
        }
    }
}
