//! Picking trials of a study: filters, the best, the best few.

use super::measure::{measure, objectives, pruned};
use super::rank;
use crate::plan::metric::{Direction, Measure};
use crate::plan::show::{Comparison, Filter, FilterValue, Pick, Selection};
use crate::record::{Setting, Study, Trial};

/// Whether a trial satisfies a filter. A measure that the trial does not have satisfies none, not even `!=`.
///
/// A label is compared as a text, or as a number where both sides are numbers.
pub fn holds(trial: &Trial, filter: &Filter) -> bool {
    let setting = match &filter.measure {
        Measure::Setting(name) | Measure::Named(name) => trial.settings.get(name),
        _ => None,
    };
    if let (Some(Setting::Label(label)), FilterValue::Label(wanted)) = (setting, &filter.value) {
        return match filter.comparison {
            Comparison::Equal => label == wanted,
            Comparison::NotEqual => label != wanted,
            _ => match (label.parse(), wanted.parse()) {
                (Ok(a), Ok(b)) => filter.comparison.holds(a, b),
                _ => false,
            },
        };
    }
    let left = match setting {
        Some(Setting::Number(x)) => Some(*x),
        Some(Setting::Label(label)) => label.parse().ok(),
        None => measure(trial, &filter.measure).map(|m| m.value),
    };
    let right = match &filter.value {
        FilterValue::Number(x) => Some(*x),
        FilterValue::Label(label) => label.parse().ok(),
    };
    match (left, right) {
        (Some(left), Some(right)) => filter.comparison.holds(left, right),
        // A label against a number, or a number against a label that is none: they differ.
        (None, Some(_)) | (Some(_), None) if setting.is_some() => filter.comparison == Comparison::NotEqual,
        _ => false,
    }
}

/// The trials that satisfy all filters, in their order.
pub fn filtered<'a>(trials: &[&'a Trial], filters: &[Filter]) -> Vec<&'a Trial> {
    trials.iter().copied().filter(|trial| filters.iter().all(|filter| holds(trial, filter))).collect()
}

/// Trials from best to worst by the study's objectives (means over seeds): finished, pruned, then those that diverged or failed. With two
/// objectives by fronts.
pub fn ranked<'a>(study: &Study, trials: &[&'a Trial]) -> Vec<&'a Trial> {
    let directions: Vec<Direction> = study.objectives.iter().map(|o| o.direction).collect();
    let values: Vec<Option<Vec<f64>>> =
        trials.iter().map(|t| objectives(study, t).and_then(|v| rank::minimised(&v, &directions))).collect();
    let stopped: Vec<Option<u32>> = trials.iter().map(|t| pruned(t)).collect();
    rank::order(&values, &stopped).into_iter().map(|i| trials[i]).collect()
}

/// Trials from best to worst by any measure; those without it last, ties by index. Without a direction of its own, small comes first.
pub fn sorted_by<'a>(study: &Study, trials: &[&'a Trial], by: &Measure) -> Vec<&'a Trial> {
    let named = study.objectives.iter().find(|o| o.measure == *by).map(|o| o.direction);
    let direction = named.or_else(|| by.direction()).unwrap_or(Direction::Minimize);
    let values: Vec<Option<Vec<f64>>> =
        trials.iter().map(|t| measure(t, by).and_then(|m| rank::minimised(&[m.value], &[direction]))).collect();
    rank::order(&values, &vec![None; trials.len()]).into_iter().map(|i| trials[i]).collect()
}

/// The selected trials: all in their order, or the best ones, best first. The best of nothing is nothing; a trial without a value is never the
/// best while there is another, and none is given when no trial has a value.
pub fn select<'a>(study: &'a Study, selection: &Selection) -> Vec<&'a Trial> {
    let all: Vec<&Trial> = study.trials.iter().collect();
    let kept = filtered(&all, &selection.filters);
    let most = match selection.pick {
        Pick::All => return kept,
        Pick::Best => 1,
        Pick::Top(n) => n as usize,
    };
    let mut best = ranked(study, &kept);
    best.retain(|trial| objectives(study, trial).is_some());
    best.truncate(most);
    // Seeds that chose a trial flatter it: where it was confirmed on fresh ones, those speak for it.
    best.into_iter().map(|trial| study.confirmed.iter().find(|c| c.index == trial.index).unwrap_or(trial)).collect()
}

/// The best trial of a study, if any has a value.
pub fn best(study: &Study) -> Option<&Trial> {
    let selection = Selection { experiment: study.experiment.clone(), filters: Vec::new(), pick: Pick::Best };
    select(study, &selection).into_iter().next()
}

/// Those of a study's trials that no other is better than in one objective without being worse in the other, in order of the first
/// objective.
pub fn front<'a>(study: &Study, trials: &[&'a Trial]) -> Vec<&'a Trial> {
    let directions: Vec<Direction> = study.objectives.iter().map(|o| o.direction).collect();
    let finished = trials.iter().copied().filter(|t| pruned(t).is_none());
    let with: Vec<(&Trial, Vec<f64>)> = finished.filter_map(|t| Some((t, objectives(study, t)?))).collect();
    let points: Vec<Vec<f64>> = with.iter().map(|(_, v)| v.clone()).collect();
    rank::pareto(&points, &directions).into_iter().map(|i| with[i].0).collect()
}
