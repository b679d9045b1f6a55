//! A metric over the epochs as a line with its band: what they are of one run, of the seeds of a trial, and of many trials; and their axes.

use crate::plan::metric::{Direction, Metric};
use crate::record::Run;
use crate::stats::interval::mean_interval;

use super::super::figure::{Axis, Color, Dash, Scale};
use super::super::group::Group;
use super::scatter::lost;

/// A line with its band, one entry an epoch, NaN where there is none.
#[derive(Clone)]
pub(super) struct Line {
    pub name: String,
    pub color: Color,
    pub dash: Dash,
    pub middle: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// What line and band are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Summary {
    Single,
    Seeds,
    Trials,
}

/// The part of values below which a share of them lies, between neighbours by proportion. `values` is sorted and not empty.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let at = share * (values.len() - 1) as f64;
    let (below, part) = (at as usize, at.fract());
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * part
}

/// A run's metric, NaN from where it is not finite.
fn series(run: &Run, metric: Metric) -> Vec<f64> {
    run.series
        .get(&metric.to_string())
        .map_or_else(Vec::new, |s| s.iter().map(|v| if v.is_finite() { *v } else { f64::NAN }).collect())
}

/// The finite values at an epoch (from 0), ascending, if at least half of the lines have one.
fn at(lines: &[Vec<f64>], epoch: usize) -> Vec<f64> {
    let mut values: Vec<f64> = lines.iter().filter_map(|l| l.get(epoch)).copied().filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    if values.len() * 2 < lines.len() { Vec::new() } else { values }
}

/// The mean over the seeds of a trial, epoch by epoch, while all have a value.
pub(super) fn trial_line(runs: &[Run], metric: Metric) -> Vec<f64> {
    let lines: Vec<Vec<f64>> = runs.iter().map(|r| series(r, metric)).collect();
    let epochs = lines.iter().map(Vec::len).min().unwrap_or(0);
    (0..epochs).map(|e| lines.iter().map(|l| l[e]).sum::<f64>() / lines.len() as f64).collect()
}

pub(super) fn summary(group: &Group) -> Summary {
    match group.cases.as_slice() {
        [one] if one.trial.runs.len() < 2 => Summary::Single,
        [_] => Summary::Seeds,
        _ => Summary::Trials,
    }
}

pub(super) fn line(group: &Group, metric: Metric, name: String, color: Color, dash: Dash) -> Line {
    let lines: Vec<Vec<f64>> = match summary(group) {
        Summary::Trials => {
            // One that diverged would pull the others' line about until it ends, and then let it jump.
            let all = group.cases.iter().all(lost);
            group.cases.iter().filter(|c| all || !lost(c)).map(|c| trial_line(&c.trial.runs, metric)).collect()
        }
        _ => group.cases.iter().flat_map(|c| &c.trial.runs).map(|r| series(r, metric)).collect(),
    };
    let epochs = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut line = Line { name, color, dash, middle: vec![], low: vec![], high: vec![] };
    for epoch in 0..epochs {
        let values = at(&lines, epoch);
        let (middle, low, high) = match summary(group) {
            _ if values.is_empty() => (f64::NAN, f64::NAN, f64::NAN),
            Summary::Single => (values[0], f64::NAN, f64::NAN),
            Summary::Seeds => {
                mean_interval(&values, 0.95).map_or((f64::NAN, f64::NAN, f64::NAN), |i| (i.mean, i.low, i.high))
            }
            Summary::Trials => (quantile(&values, 0.5), quantile(&values, 0.25), quantile(&values, 0.75)),
        };
        line.middle.push(middle);
        line.low.push(low);
        line.high.push(high);
    }
    line
}

/// An axis that holds lines and bands.
pub(super) fn y_axis(metrics: &[Metric], lines: &[Line]) -> Axis {
    let name = metrics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let bands = banded(lines);
    let seen = lines.iter().flat_map(|l| l.middle.iter().chain(l.low.iter().chain(&l.high).filter(|_| bands)));
    let seen = seen.copied().filter(|v| v.is_finite());
    let middles = lines.iter().flat_map(|l| &l.middle).copied().filter(|v| v.is_finite());
    let (low, high) = middles.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let losses = metrics.iter().all(|m| m.direction() == Direction::Minimize);
    if losses && low > 0.0 && high / low > 10.0 {
        // A band below zero has no place on this axis; it is cut where the lines end.
        Axis::over(name, Scale::Log, seen.filter(|v| *v >= low / 3.0 && *v <= high * 3.0))
    } else {
        // A wide band may be cut; the lines may not.
        let air = (high - low) * 0.5;
        Axis::over(name, Scale::Linear, seen.map(|v| if air > 0.0 { v.clamp(low - air, high + air) } else { v }))
    }
}

pub(super) fn epoch_axis(epochs: usize) -> Axis {
    if epochs > 1 {
        Axis::between("epoch", Scale::Whole, 1.0, epochs as f64)
    } else {
        Axis::over("epoch", Scale::Whole, [1.0])
    }
}

/// Whether bands still tell anything.
pub(super) fn banded(lines: &[Line]) -> bool {
    lines.len() <= 6
}
