//! Whether the winner of a search is better than the second, or just luckier.

use super::interval::{mean, variance};
use super::measure::{measure_run, objectives};
use super::select::ranked;
use crate::record::{Run, Study, Trial};

/// The lead of the best trial over the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    /// Index of the best trial.
    pub best: u32,
    /// Index of the second.
    pub second: u32,
    /// How much better the best is, in the objective's unit; never negative.
    pub margin: f64,
    /// The standard error of that difference over the seeds that both share.
    pub noise: f64,
}

impl Lead {
    /// Whether the margin is below the noise: another set of seeds could well have another winner.
    pub fn lucky(&self) -> bool {
        self.margin < self.noise
    }
}

/// The lead of a study's winner by its first objective; `None` without two trials that have values, or with one seed, where the noise is unknown.
///
/// Trials share their seeds, and what a seed does to both alike is no noise: it is the standard error of the mean of their differences, seed by seed.
pub fn lead(study: &Study) -> Option<Lead> {
    let objective = study.objectives.first()?;
    let all: Vec<&Trial> = study.trials.iter().collect();
    let mut ranked = ranked(study, &all).into_iter().filter(|trial| objectives(study, trial).is_some());
    let (best, second) = (ranked.next()?, ranked.next()?);
    let value = |trial: &Trial, run: &Run| Some(measure_run(trial, run, &objective.measure)?.value);
    let differences: Vec<f64> = best
        .runs
        .iter()
        .map(|run| {
            let other = second.runs.iter().find(|other| other.repetition == run.repetition)?;
            Some(value(best, run)? - value(second, other)?)
        })
        .collect::<Option<_>>()?;
    let seeds = differences.len();
    (seeds > 1).then(|| Lead {
        best: best.index,
        second: second.index,
        margin: mean(&differences).abs(),
        noise: (variance(&differences) / seeds as f64).sqrt(),
    })
}
