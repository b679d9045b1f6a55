//! What other parts of a file must know of an experiment.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::data::Facts;
use crate::data::spec::Mode;
use crate::plan::experiment::Experiment;
use crate::plan::space::{Domain, Space};
use crate::source::Span;

use super::spaces::Names;

/// A checked experiment, and what other parts of the file must know of it.
pub(super) struct Known {
    pub name: String,
    /// None if it has mistakes.
    pub experiment: Option<Experiment>,
    pub names: Names,
    pub space: Space,
    /// Where each hyperparameter gets its name: at a `let` or an `as`, else where it is written.
    pub places: BTreeMap<String, Span>,
    /// Where each of its settings is written.
    pub written: BTreeMap<String, Span>,
    /// Which of train, dev and test have examples, where that is known.
    pub sets: Option<[bool; 3]>,
    pub mode: Option<Mode>,
    /// Of all data that it may be given, as far as they can be read.
    pub facts: Vec<Rc<Facts>>,
    /// Whether a program is trained.
    pub command: bool,
    /// Keys that are given and not drawn.
    pub fixed: Vec<String>,
    pub epochs: Option<f64>,
    pub seeds: u32,
    pub objectives: usize,
    pub broken: bool,
}

impl Known {
    /// Whether a hyperparameter is called that, perhaps among others.
    pub fn has(&self, name: &str) -> bool {
        self.names.names.iter().any(|n| n == name) || self.names.ambiguous.contains_key(name)
    }

    /// What a hyperparameter is drawn from.
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.space.params.iter().find(|p| p.name == name).map(|p| &p.domain)
    }

    /// Where it gets its name.
    pub fn naming(&self, name: &str) -> Option<Span> {
        self.places.get(name).copied()
    }

    /// The ends of what is shown of it, for those that are shown as drawn.
    pub fn shown_range(&self, name: &str) -> Option<(f64, f64)> {
        let param = self.space.params.iter().find(|p| p.name == name && p.shown.is_none())?;
        match &param.domain {
            Domain::Linear { low, high } | Domain::Log { low, high } => Some((*low, *high)),
            Domain::Int { low, high, .. } => Some((*low as f64, *high as f64)),
            Domain::Choice { numbers: Some(numbers), .. } => Some((
                numbers.iter().copied().fold(f64::INFINITY, f64::min),
                numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )),
            _ => None,
        }
    }
}
