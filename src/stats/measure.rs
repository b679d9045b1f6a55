//! Reading a number from a run or a trial.

use super::interval::mean;
use crate::plan::metric::{Direction, Measure, Metric};
use crate::record::{Outcome, Run, Setting, Study, Trial};

/// A number that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Whether the truth is at least that: epochs to something that was not reached.
    pub lower_bound: bool,
}

impl Measured {
    fn exact(value: f64) -> Self {
        Measured { value, lower_bound: false }
    }
}

/// How many epochs a run recorded.
pub fn epochs(run: &Run) -> usize {
    run.series.values().map(Vec::len).max().unwrap_or(0)
}

/// Whether a run ended without a model: its metrics are missing.
pub fn lost(run: &Run) -> bool {
    matches!(run.outcome, Outcome::Diverged | Outcome::Failed(_))
}

/// A measure of one run of a trial; `None` where it is missing.
///
/// A diverged or failed run has no metrics, but keeps what it reached at an epoch before. Epochs to a value that was never reached are the epochs
/// trained + 1, as a lower bound. A hyperparameter that is a label has no number, unless the label is one.
pub fn measure_run(trial: &Trial, run: &Run, measure: &Measure) -> Option<Measured> {
    let series = |metric: &Metric| run.series.get(&metric.to_string());
    let number = |value: f64| value.is_finite().then_some(Measured::exact(value));
    match measure {
        Measure::Metric(metric) if !lost(run) => {
            let name = metric.to_string();
            let last = || run.series.get(&name)?.last();
            number(*run.metrics.get(&name).or_else(last)?)
        }
        Measure::Final(metric) if !lost(run) => number(*series(metric)?.last()?),
        Measure::Best(metric) if !lost(run) => {
            let finite = series(metric)?.iter().copied().filter(|v| v.is_finite());
            finite.reduce(|a, b| if better(b, a, metric.direction()) { b } else { a }).map(Measured::exact)
        }
        Measure::Named(name) if !lost(run) => number(*run.metrics.get(name).or_else(|| run.series.get(name)?.last())?),
        Measure::Metric(_) | Measure::Final(_) | Measure::Best(_) | Measure::Named(_) => None,
        Measure::At(metric, epoch) => number(*series(metric)?.get((*epoch as usize).checked_sub(1)?)?),
        Measure::EpochsTo(metric, goal) => {
            // A run that was lost reached it no more than one that took all its epochs and did not.
            let series = match series(metric) {
                None if lost(run) => &[][..],
                series => series?,
            };
            let reached = series.iter().position(|&v| v == *goal || better(v, *goal, metric.direction()));
            Some(match reached {
                Some(at) => Measured::exact((at + 1) as f64),
                None => Measured { value: (series.len().max(run.planned as usize) + 1) as f64, lower_bound: true },
            })
        }
        Measure::Time => number(run.seconds),
        Measure::Parameters => Some(Measured::exact(run.parameters as f64)),
        Measure::Epochs => Some(Measured::exact(epochs(run) as f64)),
        Measure::Setting(name) => match trial.settings.get(name)? {
            Setting::Number(x) => number(*x),
            Setting::Label(label) => number(label.parse().ok()?),
        },
    }
}

/// A measure of every run of a trial, in the order of repetitions.
pub fn measure_seeds(trial: &Trial, measure: &Measure) -> Vec<Option<Measured>> {
    trial.runs.iter().map(|run| measure_run(trial, run, measure)).collect()
}

/// A measure of a trial: the mean over its runs; `None` if it is missing for any (a mean over the runs that survived would flatter), or
/// there are no runs. One lower bound makes the mean one.
pub fn measure(trial: &Trial, measure: &Measure) -> Option<Measured> {
    if let (Measure::Setting(name), true) = (measure, trial.runs.is_empty()) {
        return match trial.settings.get(name)? {
            Setting::Number(x) => Some(Measured::exact(*x)),
            Setting::Label(label) => label.parse().ok().map(Measured::exact),
        };
    }
    let seeds: Vec<Measured> = measure_seeds(trial, measure).into_iter().collect::<Option<_>>()?;
    if seeds.is_empty() {
        return None;
    }
    let values: Vec<f64> = seeds.iter().map(|m| m.value).collect();
    Some(Measured { value: mean(&values), lower_bound: seeds.iter().any(|m| m.lower_bound) })
}

/// The values of a trial's objectives, means over its runs; `None` if one is missing.
pub fn objectives(study: &Study, trial: &Trial) -> Option<Vec<f64>> {
    study.objectives.iter().map(|o| measure(trial, &o.measure).map(|m| m.value)).collect()
}

/// The epochs that a trial got, if the search gave it up.
pub fn pruned(trial: &Trial) -> Option<u32> {
    let given_up = trial.runs.iter().any(|run| run.outcome == Outcome::Pruned);
    given_up.then(|| trial.runs.iter().map(epochs).min().unwrap_or(0) as u32)
}

/// Whether `a` is strictly better than `b`.
pub fn better(a: f64, b: f64, direction: Direction) -> bool {
    match direction {
        Direction::Minimize => a < b,
        Direction::Maximize => a > b,
    }
}
