//! A metric over the epochs: a line a group, a band over its seeds or trials.

use crate::plan::metric::{Direction, Metric};
use crate::record::Run;
use crate::stats::interval::mean_interval;
use crate::stats::select::ranked;

use super::super::figure::number::{fixed, short};
use super::super::figure::{Axis, Color, Dash, Panel, Rect, Scale, Stroke, color, label};
use super::super::group::Group;
use super::scatter::lost;
use super::{Drawing, HEIGHT, Input, count};

/// A line with its band, one entry an epoch, NaN where there is none.
struct Line {
    name: String,
    color: Color,
    dash: Dash,
    middle: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

/// What line and band are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Summary {
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
fn trial_line(runs: &[Run], metric: Metric) -> Vec<f64> {
    let lines: Vec<Vec<f64>> = runs.iter().map(|r| series(r, metric)).collect();
    let epochs = lines.iter().map(Vec::len).min().unwrap_or(0);
    (0..epochs).map(|e| lines.iter().map(|l| l[e]).sum::<f64>() / lines.len() as f64).collect()
}

fn summary(group: &Group) -> Summary {
    match group.cases.as_slice() {
        [one] if one.trial.runs.len() < 2 => Summary::Single,
        [_] => Summary::Seeds,
        _ => Summary::Trials,
    }
}

fn line(group: &Group, metric: Metric, name: String, color: Color, dash: Dash) -> Line {
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

fn notes(groups: &[Group], faint: bool, bands: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let band = |what: &str| if bands { format!(" Band: {what}.") } else { String::new() };
    let most = groups.iter().map(summary).max().unwrap_or(Summary::Single);
    let trials: Vec<usize> = groups.iter().map(|g| g.cases.len()).collect();
    let (few, many) = (trials.iter().min().copied().unwrap_or(0), trials.iter().max().copied().unwrap_or(0));
    let each = if few == many { count(many, "trial") } else { format!("{few} to {}", count(many, "trial")) };
    match most {
        Summary::Single => {}
        Summary::Seeds => {
            let seeds = groups.iter().flat_map(|g| &g.cases).map(|c| c.trial.runs.len()).max().unwrap_or(0);
            notes.push(format!("Line: mean of {}.{}", count(seeds, "seed"), band("its 95 % interval (Student's t)")));
        }
        Summary::Trials if faint => {
            notes.push(format!("Blue line: median of {each}.{} Thin lines: the trials.", band("quartiles")));
        }
        Summary::Trials => notes.push(format!(
            "Line: median of {each}{}.{}",
            if groups.len() > 1 { " a group" } else { "" },
            band("quartiles")
        )),
    }
    let cases = || groups.iter().flat_map(|g| &g.cases);
    let (all, gone) = (cases().count(), cases().filter(|c| lost(c)).count());
    if gone > 0 && most == Summary::Trials {
        notes.push(format!("{} of {} diverged and are left out.", fixed(gone as f64, 0), count(all, "trial")));
    }
    notes
}

/// Draw metrics over the epochs.
pub fn draw(input: &Input, metrics: &[Metric]) -> Drawing {
    let groups = input.groups();
    let single = groups.groups.len() == 1;
    let one = &groups.groups;
    let mut lines = Vec::new();
    for (g, group) in one.iter().enumerate() {
        for (m, metric) in metrics.iter().enumerate() {
            let (name, shade, dash) = match (single, metrics.len()) {
                (true, 1) if summary(group) == Summary::Trials => ("median".to_string(), color::group(0), Dash::Solid),
                (true, 1) => (String::new(), color::group(0), Dash::Solid),
                (true, _) => (metric.to_string(), color::group(m), Dash::Solid),
                (false, 1) => (group.name.clone(), color_of(&groups.ordered, g, one.len()), Dash::group(g)),
                (false, _) => {
                    (format!("{} {metric}", group.name), color_of(&groups.ordered, g, one.len()), Dash::group(4 * m))
                }
            };
            lines.push(line(group, *metric, name, shade, dash));
        }
    }
    // With all trials in one group the trials themselves are worth seeing, and the best of them.
    let faint = single && metrics.len() == 1 && one[0].cases.len() > 1;
    let mut thin: Vec<Vec<f64>> = Vec::new();
    if faint {
        thin = one[0].cases.iter().take(300).map(|c| trial_line(&c.trial.runs, metrics[0])).collect();
        let trials: Vec<_> = one[0].cases.iter().map(|c| c.trial).collect();
        if let Some(best) = ranked(one[0].cases[0].study, &trials).first() {
            let middle = trial_line(&best.runs, metrics[0]);
            let empty = vec![f64::NAN; middle.len()];
            let name = format!("best (trial {})", best.index + 1);
            lines.push(Line {
                name,
                color: color::group(1),
                dash: Dash::Solid,
                middle,
                low: empty.clone(),
                high: empty,
            });
        }
    }
    lines.retain(|l| l.middle.iter().any(|v| v.is_finite()));
    if lines.is_empty() {
        let names: Vec<String> = metrics.iter().map(ToString::to_string).collect();
        return input.empty(&names.join(" or "));
    }

    let name = metrics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let bands = banded(&lines);
    let seen: Vec<f64> = lines
        .iter()
        .flat_map(|l| l.middle.iter().chain(l.low.iter().chain(&l.high).filter(|_| bands)))
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    let middles: Vec<f64> = lines.iter().flat_map(|l| &l.middle).copied().filter(|v| v.is_finite()).collect();
    let (low, high) = middles.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let losses = metrics.iter().all(|m| m.direction() == Direction::Minimize);
    let y = if losses && low > 0.0 && high / low > 10.0 {
        // A band below zero has no place on this axis; it is cut where the lines end.
        Axis::over(name, Scale::Log, seen.iter().copied().filter(|v| *v >= low / 3.0 && *v <= high * 3.0))
    } else {
        // A wide band may be cut; the lines may not.
        let air = (high - low) * 0.5;
        let cut = seen.iter().map(|v| if air > 0.0 { v.clamp(low - air, high + air) } else { *v });
        Axis::over(name, Scale::Linear, cut.collect::<Vec<_>>())
    };
    let epochs = lines.iter().map(|l| l.middle.len()).chain(thin.iter().map(Vec::len)).max().unwrap_or(1);
    let x = if epochs > 1 {
        Axis::between("epoch", Scale::Whole, 1.0, epochs as f64)
    } else {
        Axis::over("epoch", Scale::Whole, [1.0])
    };

    let entries: Vec<label::Entry> = lines
        .iter()
        .filter(|l| !l.name.is_empty())
        .map(|l| label::Entry { name: l.name.clone(), color: l.color, key: label::Key::Line(l.dash) })
        .collect();
    let mut changes: Vec<u32> =
        input.cases.iter().flat_map(|c| &c.trial.runs).flat_map(|r| r.changes.clone()).collect();
    changes.sort_unstable();
    changes.dedup();
    let heading = if single { "" } else { groups.heading.as_str() };
    let mut notes = notes(one, faint, bands);
    if (1..=24).contains(&changes.len()) {
        let epochs: Vec<String> = changes.iter().map(u32::to_string).collect();
        notes.push(format!("Dashed upright lines: the settings change (epoch {}).", epochs.join(", ")));
    }
    let (figure, main, side) = input.figure(&notes, HEIGHT, label::room(heading, &entries));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", x, y);
    let f = panel.frame;

    canvas.clip(Rect::new(f.left - 3.0, f.top - 3.0, f.right + 3.0, f.bottom + 1.0));
    if changes.len() <= 24 {
        for epoch in &changes {
            let at = panel.at(f64::from(*epoch), 0.0).0;
            canvas.line(&[(at, f.top), (at, f.bottom)], Stroke::new(color::AXIS, 1.2).dash(Dash::Dashed));
        }
    }
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(e, v)| panel.at(e as f64 + 1.0, *v)).collect()
    };
    for line in &thin {
        canvas.line(&points(line), Stroke::new(color::FAINT, 0.9).alpha(if thin.len() > 40 { 0.45 } else { 0.8 }));
    }
    for line in lines.iter().filter(|_| banded(&lines)) {
        band(canvas, &panel, line, if lines.len() > 3 { 0.1 } else { 0.16 });
    }
    for (i, line) in lines.iter().enumerate() {
        // Where later lines lie on it, it is wider, so that it shows on both sides of them.
        let covering =
            lines[i + 1..].iter().filter(|l| covers(&points(&l.middle), &points(&line.middle))).count().min(3);
        let width = 2.0 + 3.0 * covering as f64;
        canvas.line(&points(&line.middle), Stroke::new(line.color, width).dash(line.dash));
        if line.middle.iter().filter(|v| v.is_finite()).count() == 1 {
            points(&line.middle).into_iter().for_each(|p| canvas.dot(p, 4.0, line.color, 1.0));
        }
    }
    canvas.end();
    if changes.len() <= 24 {
        for epoch in &changes {
            let at = panel.at(f64::from(*epoch), 0.0).0;
            canvas.tip(format!("settings change at epoch {epoch}"));
            canvas.polygon(&[(at - 5.0, f.top - 6.0), (at + 5.0, f.top - 6.0), (at, f.top + 2.0)], color::MUTED, 1.0);
        }
    }
    hover(canvas, &panel, &lines, epochs);
    let named: Vec<&Line> = lines.iter().filter(|l| !l.name.is_empty()).collect();
    let ends: Vec<(f64, f64)> = named
        .iter()
        .map(|l| {
            let last = l.middle.iter().rposition(|v| v.is_finite()).unwrap_or(0);
            let (x, y) = panel.at(last as f64 + 1.0, l.middle[last]);
            (x, y.clamp(f.top, f.bottom))
        })
        .collect();
    label::at_ends(
        canvas,
        Rect::new(side.left - 10.0, f.top - 14.0, side.right, f.bottom + 4.0),
        heading,
        &entries,
        &ends,
    );

    let ends: Vec<String> = lines
        .iter()
        .take(6)
        .map(|l| {
            let last = l.middle.iter().rev().find(|v| v.is_finite()).copied().unwrap_or(f64::NAN);
            format!("{} {}", if l.name.is_empty() { "the line" } else { &l.name }, short(last, 3))
        })
        .collect();
    let more = if lines.len() > 6 { format!(" and {} more", lines.len() - 6) } else { String::new() };
    let alt = format!(
        "{}. {} over {}; at the end: {}{more}.",
        input.title,
        panel.y.name,
        count(epochs, "epoch"),
        ends.join(", ")
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// The colour of group `g` of `n`: values of one number go from dark to bright.
pub(super) fn color_of(ordered: &bool, g: usize, n: usize) -> Color {
    if *ordered { color::sequential(g as f64 / (n.max(2) - 1) as f64 * 0.88) } else { color::group(g) }
}

/// Whether a line lies on another nearly everywhere.
fn covers(upper: &[(f64, f64)], lower: &[(f64, f64)]) -> bool {
    let pairs = upper.iter().zip(lower).filter(|(a, b)| a.1.is_finite() && b.1.is_finite());
    let (all, near) = pairs.fold((0, 0), |(all, near), (a, b)| (all + 1, near + usize::from((a.1 - b.1).abs() < 1.5)));
    all > 1 && near * 10 >= all * 9
}

/// Whether bands still tell anything.
fn banded(lines: &[Line]) -> bool {
    lines.len() <= 6
}

fn band(canvas: &super::super::figure::Canvas, panel: &Panel, line: &Line, alpha: f64) {
    let f = panel.frame;
    let mut upper: Vec<(f64, f64)> = Vec::new();
    let mut lower: Vec<(f64, f64)> = Vec::new();
    for e in 0..=line.middle.len() {
        let place = |values: &[f64]| values.get(e).map(|v| panel.at(e as f64 + 1.0, *v));
        let (low, high) = (place(&line.low), place(&line.high));
        match (low, high) {
            (Some(low), Some(high)) if high.1.is_finite() => {
                upper.push((high.0, high.1.clamp(f.top - 50.0, f.bottom + 50.0)));
                // What a log axis cannot show lies below it.
                lower.push((
                    low.0,
                    if low.1.is_finite() { low.1.clamp(f.top - 50.0, f.bottom + 50.0) } else { f.bottom },
                ));
            }
            _ => {
                let ring: Vec<(f64, f64)> = upper.drain(..).chain(lower.drain(..).rev()).collect();
                canvas.polygon(&ring, line.color, alpha);
            }
        }
    }
}

/// A strip an epoch that shows the values there.
fn hover(canvas: &super::super::figure::Canvas, panel: &Panel, lines: &[Line], epochs: usize) {
    let f = panel.frame;
    let stride = epochs.div_ceil(120).max(1);
    for e in (0..epochs).step_by(stride) {
        let half = if epochs > 1 { stride as f64 / 2.0 / (epochs - 1) as f64 * f.width() } else { f.width() / 2.0 };
        let x = panel.at(e as f64 + 1.0, 0.0).0;
        let values: Vec<String> = lines
            .iter()
            .filter_map(|l| Some((l, l.middle.get(e).filter(|v| v.is_finite())?)))
            .map(|(l, v)| if l.name.is_empty() { short(*v, 4) } else { format!("{}: {}", l.name, short(*v, 4)) })
            .collect();
        if !values.is_empty() {
            let strip = Rect::new((x - half).max(f.left), f.top, (x + half).min(f.right), f.bottom);
            canvas.hover(strip, &format!("epoch {}\n{}", e + 1, values.join("\n")));
        }
    }
}
