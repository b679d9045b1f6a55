//! Concrete values to typed settings: one trial's network, optimizer, schedule, data.
//!
//! Values come from a checked file, so errors here are those that only a trial can show: a number drawn out of range,
//! shapes that do not fit for one combination of choices.

use super::experiment::Objective;
use super::metric::{Direction, Measure, Metric, MetricKind, Set};
use super::value::Value;
use crate::vocabulary::Category;

mod arguments;
mod network;
mod phase;
mod pipeline;

use arguments::Call;
pub use network::{layers, loss};
pub use phase::{batch, change, optimizer, schedule};
pub use pipeline::pipeline;

/// A value that does not fit where it stands.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BuildError {
    /// The key or layer.
    pub place: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

fn wrong(place: impl Into<String>, reason: impl Into<String>) -> BuildError {
    BuildError { place: place.into(), reason: reason.into() }
}

type Built<T> = Result<T, BuildError>;

/// A whole number of at least `least`; what is computed from draws is rounded.
pub fn whole(place: &str, x: f64, least: usize) -> Built<usize> {
    let x = x.round();
    if x.is_nan() || x < least as f64 || x > 9e15 {
        return Err(wrong(place, format!("needs a whole number of at least {least}, and got {x}")));
    }
    Ok(x as usize)
}

/// A number within a range.
pub fn within(place: &str, x: f64, low: f64, high: f64) -> Built<f64> {
    if x.is_nan() || x < low || x > high {
        return Err(wrong(place, format!("must be from {low} to {high}, and got {x}")));
    }
    Ok(x)
}

/// A number, or nothing for the word `none`.
pub fn optional(place: &str, value: Option<&Value>) -> Built<Option<f64>> {
    match value {
        None => Ok(None),
        Some(Value::Word(word)) if word == "none" => Ok(None),
        Some(Value::Number(x)) => Ok(Some(*x)),
        Some(other) => Err(wrong(place, format!("is a number or `none`, not {}", other.name()))),
    }
}

fn number(place: &str, value: &Value) -> Built<f64> {
    value.as_number().map_err(|e| wrong(place, e.to_string()))
}

/// `early_stop = patience(10)`.
pub fn patience(value: Option<&Value>) -> Built<Option<u32>> {
    match value {
        Some(value) if value.name() == "patience" => {
            let call = Call::new(Category::Stop, value);
            Ok(Some(call.count("epochs")? as u32))
        }
        _ => Ok(None),
    }
}

/// The first objective that is a metric decides which epoch is best; otherwise the dev loss.
pub fn objective_metric(objectives: &[Objective]) -> (Metric, Direction) {
    for objective in objectives {
        if let Measure::Metric(m) | Measure::Final(m) | Measure::Best(m) | Measure::At(m, _) | Measure::EpochsTo(m, _) =
            objective.measure
        {
            return (m, m.direction());
        }
    }
    (Metric { set: Set::Dev, kind: MetricKind::Loss }, Direction::Minimize)
}
