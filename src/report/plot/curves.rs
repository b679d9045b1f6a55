//! A metric over the epochs: a line a group, a band over its seeds or trials.

use crate::plan::metric::Metric;
use crate::stats::select::ranked;

use super::super::figure::number::{fixed, short};
use super::super::figure::{Canvas, Color, Dash, Panel, Rect, Stroke, color, label};
use super::super::group::{Case, Group};
use super::super::name;
use super::changes::Changes;
use super::line::{Line, Summary, banded, epoch_axis, line, summary, trial_line, y_axis};
use super::scatter::lost;
use super::shade::Shade;
use super::{Drawing, HEIGHT, Input, count};

/// The most trials that are drawn one by one.
const THIN: usize = 300;

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
    let shade = Shade::new(input, &groups);
    if matches!(shade, Shade::Number(..)) && metrics.len() == 1 {
        return tinted(input, metrics[0], &shade);
    }
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
        thin = one[0].cases.iter().take(THIN).map(|c| trial_line(&c.trial.runs, metrics[0])).collect();
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

    let y = y_axis(metrics, &lines);
    let epochs = lines.iter().map(|l| l.middle.len()).chain(thin.iter().map(Vec::len)).max().unwrap_or(1);
    let x = epoch_axis(epochs);

    let entries: Vec<label::Entry> = lines
        .iter()
        .filter(|l| !l.name.is_empty())
        .map(|l| label::Entry { name: l.name.clone(), color: l.color, key: label::Key::Line(l.dash) })
        .collect();
    let heading = if single { "" } else { groups.heading.as_str() };
    let mut notes = notes(one, faint, banded(&lines));
    if faint && one[0].cases.len() > THIN {
        notes.push(format!("Of the trials, the first {THIN} are drawn."));
    }
    let changes = Changes::new(input);
    notes.extend(changes.note());
    let (figure, main, side) = input.figure(&notes, HEIGHT, label::room(heading, &entries));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", x, y);
    let f = panel.frame;

    canvas.clip(Rect::new(f.left - 3.0, f.top - 3.0, f.right + 3.0, f.bottom + 1.0));
    changes.lines(canvas, &panel);
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(e, v)| panel.at(e as f64 + 1.0, *v)).collect()
    };
    for line in &thin {
        canvas.line(&points(line), Stroke::new(color::FAINT, if thin.len() > 40 { 0.6 } else { 0.9 }));
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
    changes.marks(canvas, &panel);
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
    let beside = Rect::new(side.left - 10.0, f.top - 14.0, side.right, f.bottom + 4.0);
    if entries.len() as f64 * 13.0 < beside.height() {
        label::at_ends(canvas, beside, heading, &entries, &ends);
    } else {
        label::list(canvas, Rect { top: f.top, ..side }, heading, &entries);
    }

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

/// A line a trial, coloured by a number.
fn tinted(input: &Input, metric: Metric, shade: &Shade) -> Drawing {
    // Those that diverged would stretch the axis until nothing else is seen.
    let gone = input.cases.iter().filter(|c| lost(c)).count();
    let left_out = if gone < input.cases.len() { gone } else { 0 };
    let kept: Vec<&Case> = input.cases.iter().filter(|c| left_out == 0 || !lost(c)).collect();
    let shown: Vec<&Case> = kept.iter().take(THIN).copied().collect();
    let all: Vec<(&Case, Line)> = shown
        .into_iter()
        .map(|c| {
            let middle = trial_line(&c.trial.runs, metric);
            let empty = vec![f64::NAN; middle.len()];
            let line = Line {
                name: String::new(),
                color: shade.of(0, c),
                dash: Dash::Solid,
                middle,
                low: empty.clone(),
                high: empty,
            };
            (c, line)
        })
        .filter(|(_, l)| l.middle.iter().any(|v| v.is_finite()))
        .collect();
    if all.is_empty() {
        return input.empty(&metric.to_string());
    }
    let lines: Vec<Line> = all.iter().map(|(_, l)| l.clone()).collect();
    let epochs = lines.iter().map(|l| l.middle.len()).max().unwrap_or(1);
    let mut notes = vec!["A line is a trial: the mean of its seeds.".to_string()];
    if left_out > 0 {
        notes.push(format!(
            "{} of {} diverged and are left out.",
            fixed(gone as f64, 0),
            count(input.cases.len(), "trial")
        ));
    }
    if kept.len() > THIN {
        notes.push(format!("The first {THIN} of {} are drawn.", count(kept.len(), "trial")));
    }
    let changes = Changes::new(input);
    notes.extend(changes.note());
    let (figure, main, side) = input.figure(&notes, HEIGHT, shade.room(&[]));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", epoch_axis(epochs), y_axis(&[metric], &lines));
    let f = panel.frame;
    canvas.clip(Rect::new(f.left - 3.0, f.top - 3.0, f.right + 3.0, f.bottom + 1.0));
    changes.lines(canvas, &panel);
    for (case, line) in &all {
        let points: Vec<(f64, f64)> =
            line.middle.iter().enumerate().map(|(e, v)| panel.at(e as f64 + 1.0, *v)).collect();
        canvas.tip(name::trial(case.trial));
        canvas.line(&points, Stroke::new(line.color, if all.len() > 40 { 1.1 } else { 1.6 }));
    }
    canvas.end();
    changes.marks(canvas, &panel);
    shade.legend(canvas, Rect { top: f.top, ..side }, &[]);
    let by = input.plot.color.as_ref().map(ToString::to_string).unwrap_or_default();
    let alt = format!(
        "{}. {metric} of {} over {}, coloured by {by}.",
        input.title,
        count(all.len(), "trial"),
        count(epochs, "epoch")
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

fn band(canvas: &Canvas, panel: &Panel, line: &Line, alpha: f64) {
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
fn hover(canvas: &Canvas, panel: &Panel, lines: &[Line], epochs: usize) {
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
