//! Whether the winner of a search is better than the second, or just luckier.

use super::interval::{mean, variance};
use super::measure::{measure_seeds, objectives};
use super::select::ranked;
use crate::record::{Study, Trial};

/// The lead of the best trial over the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    /// Index of the best trial.
    pub best: u32,
    /// Index of the second.
    pub second: u32,
    /// How much better the best is, in the objective's unit; never negative.
    pub margin: f64,
    /// The standard error of a difference of two trials' means that the seeds alone make.
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
/// The noise pools the variance over seeds of the better half of the trials (the spread among bad ones says little about the good), √(2·s²/seeds).
pub fn lead(study: &Study) -> Option<Lead> {
    let objective = study.objectives.first()?;
    let all: Vec<&Trial> = study.trials.iter().collect();
    let ranked: Vec<&Trial> = ranked(study, &all).into_iter().filter(|t| objectives(study, t).is_some()).collect();
    let (best, second) = (ranked.first()?, ranked.get(1)?);
    let values = |trial: &Trial| -> Vec<f64> {
        measure_seeds(trial, &objective.measure).into_iter().flatten().map(|m| m.value).collect()
    };
    let half = ranked.len().div_ceil(2).max(2).min(ranked.len());
    let (mut squares, mut freedom) = (0.0, 0);
    for trial in &ranked[..half] {
        let values = values(trial);
        squares += variance(&values) * values.len().saturating_sub(1) as f64;
        freedom += values.len().saturating_sub(1);
    }
    let seeds = values(best).len().min(values(second).len());
    if freedom == 0 || seeds < 2 {
        return None;
    }
    let margin = (mean(&values(best)) - mean(&values(second))).abs();
    let noise = (2.0 * squares / freedom as f64 / seeds as f64).sqrt();
    Some(Lead { best: best.index, second: second.index, margin, noise })
}
