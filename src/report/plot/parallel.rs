//! An upright axis a hyperparameter and one for the objective, a line a trial.

use crate::plan::metric::{Direction, Measure};
use crate::stats::measure::measure;

use super::super::figure::number::short;
use super::super::figure::{Align, Axis, Scale, Stroke, Text, color, font};
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::{Drawing, Input, count};

/// More lines than this are thinned, the best kept.
const MANY: usize = 1500;

/// Draw all settings at once.
pub fn draw(input: &Input) -> Drawing {
    let Some(first) = input.cases.first() else { return input.empty("") };
    let objective = match &input.plot.color {
        Some(measure) => Some((measure.clone(), measure.direction().unwrap_or(Direction::Maximize))),
        None => first.study.objectives.first().map(|o| (o.measure.clone(), o.direction)),
    };
    let Some((goal, direction)) = objective else { return input.nothing("there is no objective") };
    let mut settings: Vec<String> = Vec::new();
    for name in
        input.cases.iter().flat_map(|c| c.study.space.params.iter().map(|p| &p.name).chain(c.trial.settings.keys()))
    {
        if !settings.contains(name) && input.cases.iter().any(|c| c.trial.settings.contains_key(name)) {
            settings.push(name.clone());
        }
    }
    let dropped = settings.split_off(settings.len().min(11));
    let measures: Vec<Measure> = settings.iter().cloned().map(Measure::Setting).chain([goal.clone()]).collect();
    let axes: Vec<Axis> = measures.iter().map(|m| axis(m, &input.cases)).collect();
    let tone = &axes[axes.len() - 1];
    // Good is blue: an axis that falls with the value where small is good.
    let share = |v: f64| if direction == Direction::Maximize { tone.at(v) } else { 1.0 - tone.at(v) };

    let mut lines: Vec<(&super::Case, Option<f64>)> =
        input.cases.iter().map(|c| (c, place(&goal, c, &tone.scale))).collect();
    lines.retain(|(c, v)| v.is_some() || lost(c));
    if lines.iter().all(|l| l.1.is_none()) {
        return input.empty(&goal.to_string());
    }
    // The best are drawn last, over the others.
    lines.sort_by(|a, b| match (a.1, b.1) {
        (Some(a), Some(b)) => share(a).total_cmp(&share(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    let found = lines.iter().filter(|l| l.1.is_some()).count();
    let cut = lines.len().saturating_sub(MANY);
    lines.drain(..cut);

    let missing = input.cases.iter().any(|c| settings.iter().any(|s| !c.trial.settings.contains_key(s)));
    let gone = lines.iter().filter(|l| l.1.is_none()).count();
    let strong = (lines.len() / 10).clamp(3, 20).min(found);
    let mut notes = vec![format!("Orange: the best {strong} of {}; the bluer, the better.", count(found, "trial"))];
    if missing {
        notes.push("A line that dips below an axis did not draw that setting.".to_string());
    }
    if gone > 0 {
        notes.push(format!("Grey: {} that diverged.", count(gone, "trial")));
    }
    if !dropped.is_empty() {
        notes.push(format!("No room for {}.", dropped.join(", ")));
    }
    let (figure, main, _) = input.figure(&notes, 520, 0.0);
    let canvas = &figure.canvas;
    let labels: Vec<Vec<super::super::figure::axis::Tick>> = axes.iter().map(|a| a.ticks(300.0, false)).collect();
    let wide = |ticks: &[super::super::figure::axis::Tick]| {
        ticks
            .iter()
            .filter_map(|t| t.label.as_ref())
            .map(|l| font::width(l, 11.0, false))
            .fold(0.0, f64::max)
            .min(130.0)
    };
    let left = main.left + (font::width(&axes[0].name, 12.0, true) / 2.0).max(wide(&labels[0]) + 8.0).min(140.0);
    let last = axes.len() - 1;
    let right =
        main.right - (font::width(&axes[last].name, 12.0, true) / 2.0).max(wide(&labels[last]) + 10.0).min(110.0);
    let (top, bottom) = (main.top + 40.0, main.bottom - if missing { 26.0 } else { 10.0 });
    let across =
        |i: usize| if last == 0 { (left + right) / 2.0 } else { left + (right - left) * i as f64 / last as f64 };
    let up = |share: f64| bottom - share * (bottom - top);
    let many = lines.len();
    for (rank, (case, goal_value)) in lines.iter().enumerate() {
        let points: Vec<(f64, f64)> = measures
            .iter()
            .zip(&axes)
            .enumerate()
            .map(|(i, (m, axis))| {
                let value = if i == last { *goal_value } else { place(m, case, &axis.scale) };
                match value {
                    Some(v) => (across(i), up(axis.at(beside(v, case.trial.index, &axis.scale)))),
                    None if i == last => (across(i), f64::NAN),
                    None => (across(i), bottom + 16.0),
                }
            })
            .collect();
        let best = rank + strong >= many && goal_value.is_some();
        let (tone, alpha) = match goal_value {
            Some(_) if best => (color::group(1), 1.0),
            Some(v) => (color::FAINT.mix(color::group(0), share(*v)), if many > 300 { 0.35 } else { 0.6 }),
            None => (color::FAINT, 0.4),
        };
        let told = measure(case.trial, &goal)
            .map_or_else(|| "diverged".to_string(), |v| format!("{goal}: {}", short(v.value, 4)));
        canvas.tip(format!("{}\n{told}", name::trial(case.trial)));
        canvas.line(&points, Stroke::new(tone, if best { 2.0 } else { 1.1 }).alpha(alpha));
    }
    let slot = if last == 0 { main.width() } else { (right - left) / last as f64 };
    for (i, axis) in axes.iter().enumerate() {
        let x = across(i);
        canvas.line(&[(x, top), (x, bottom)], Stroke::new(color::AXIS, 1.2));
        let room = if i == 0 || i == last { slot.min(160.0) } else { slot - 8.0 };
        for (j, line) in font::wrap(&axis.name, 12.0, true, room, 2).iter().enumerate() {
            canvas.text(
                (x, top - 24.0 + 14.0 * j as f64),
                line,
                Text::new(12.0, color::INK).bold().align(Align::Middle),
            );
        }
        let ticks = axis.ticks(bottom - top, false);
        for tick in ticks {
            let y = up(tick.at);
            let side = if i == last { 4.0 } else { -4.0 };
            canvas.line(&[(x, y), (x + side, y)], Stroke::new(color::AXIS, 1.0));
            if let Some(text) = tick.label {
                let align = if i == last { Align::Start } else { Align::End };
                let shown = font::elide(
                    &text,
                    11.0,
                    false,
                    if i == 0 || !matches!(axis.scale, Scale::Names(_)) {
                        130.0
                    } else {
                        (slot * 0.6).clamp(30.0, 90.0)
                    },
                );
                // A strip of paper behind, as lines pass there.
                let w = font::width(&shown, 11.0, false);
                let at = x + side * 1.8;
                let box_left = if i == last { at - 1.0 } else { at - w - 1.0 };
                canvas.fill(
                    super::super::figure::Rect::new(box_left, y - 7.0, box_left + w + 2.0, y + 7.0),
                    color::PAPER,
                    0.78,
                );
                canvas.text_middle((at, y), &shown, Text::new(11.0, color::MUTED).align(align));
            }
        }
    }
    let best = lines.last().map(|l| format!(" The best is {}.", name::trial(l.0.trial))).unwrap_or_default();
    let alt =
        format!("{}. {} over {}, judged by {goal}.{best}", input.title, count(found, "trial"), settings.join(", "));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
