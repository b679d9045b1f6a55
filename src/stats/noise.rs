//! Whether the winner of a search is better than the second, or just luckier.

use super::interval::mean;
use super::measure::{measure_run, objectives};
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
    /// The standard error of the paired difference of two trials' means that the seeds alone make.
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
/// Trials share their seeds, so what a seed does to all of them alike is no noise of a difference. What is left is pooled over the better half of
/// the trials (the spread among bad ones says little about the good): s² is the mean square of the interaction of trial and seed, and the noise
/// √(2·s²/seeds). With two trials that is the standard error of the mean of their paired differences.
pub fn lead(study: &Study) -> Option<Lead> {
    let objective = study.objectives.first()?;
    let all: Vec<&Trial> = study.trials.iter().collect();
    let ranked: Vec<&Trial> = ranked(study, &all).into_iter().filter(|t| objectives(study, t).is_some()).collect();
    let (best, second) = (ranked.first()?, ranked.get(1)?);
    let seeds: Vec<u32> = best.runs.iter().map(|r| r.repetition).collect();
    let values = |trial: &Trial| -> Option<Vec<f64>> {
        let run = |seed: &u32| trial.runs.iter().find(|run| run.repetition == *seed);
        seeds.iter().map(|seed| Some(measure_run(trial, run(seed)?, &objective.measure)?.value)).collect()
    };
    let (first, other) = (values(best)?, values(second)?);
    let half = ranked.len().div_ceil(2).max(2).min(ranked.len());
    let rows: Vec<Vec<f64>> = ranked[..half].iter().filter_map(|trial| values(trial)).collect();
    let freedom = (rows.len() - 1) * seeds.len().saturating_sub(1);
    if freedom == 0 {
        return None;
    }
    let columns: Vec<f64> =
        (0..seeds.len()).map(|s| mean(&rows.iter().map(|row| row[s]).collect::<Vec<_>>())).collect();
    let whole = mean(&columns);
    let squares: f64 = rows
        .iter()
        .flat_map(|row| {
            let own = mean(row);
            row.iter().zip(&columns).map(move |(value, column)| value - own - column + whole)
        })
        .map(|rest| rest * rest)
        .sum();
    let margin = (mean(&first) - mean(&other)).abs();
    let noise = (2.0 * squares / freedom as f64 / seeds.len() as f64).sqrt();
    Some(Lead { best: best.index, second: second.index, margin, noise })
}
