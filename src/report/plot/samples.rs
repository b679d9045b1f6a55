//! Where the search looked in two hyperparameters, round by round: a panel an experiment, all with the same axes.

use crate::plan::metric::Measure;
use crate::record::Study;
use crate::stats::select::best;

use super::super::figure::{Axis, Panel, Rect, Stroke, color, label};
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::{Drawing, HEIGHT, Input, count};

/// Draw where trials were.
pub fn draw(input: &Input, x: &str, y: &str) -> Drawing {
    let (mx, my) = (Measure::Setting(x.into()), Measure::Setting(y.into()));
    let parts: Vec<&Study> =
        (0..input.plot.of.len()).filter_map(|p| input.cases.iter().find(|c| c.part == p)).map(|c| c.study).collect();
    let bounds = |name: &str| -> Vec<f64> {
        parts.iter().flat_map(|s| &s.rounds).filter_map(|r| r.bounds.get(name)).flat_map(|b| [b.0, b.1]).collect()
    };
    let whole = |m: &Measure, name: &str| {
        let axis = axis(m, &input.cases);
        let values: Vec<f64> =
            input.cases.iter().filter_map(|c| place(m, c, &axis.scale)).chain(bounds(name)).collect();
        Axis::over(axis.name.clone(), axis.scale, values)
    };
    let (across, up) = (whole(&mx, x), whole(&my, y));
    let inside = |c: &&super::Case| place(&mx, c, &across.scale).is_some() && place(&my, c, &up.scale).is_some();
    let cases: Vec<&super::Case> = input.cases.iter().filter(inside).collect();
    if cases.is_empty() {
        return input.empty(&format!("both {x} and {y}"));
    }
    let rounds = cases.iter().map(|c| c.trial.round as usize + 1).max().unwrap_or(1);
    let shade = |round: usize| {
        if rounds > 1 { color::sequential(round as f64 / (rounds - 1) as f64 * 0.88) } else { color::group(0) }
    };
    let mut entries = Vec::new();
    if rounds > 1 {
        entries.extend((0..rounds.min(12)).map(|r| label::Entry {
            name: format!("round {}", r + 1),
            color: shade(r),
            key: label::Key::Mark(0),
        }));
    }
    if cases.iter().any(|c| lost(c)) {
        entries.push(label::Entry { name: "diverged".into(), color: color::MUTED, key: label::Key::Cross });
    }
    entries.push(label::Entry { name: "best".into(), color: color::INK, key: label::Key::Ring });
    let reasons: Vec<String> = parts
        .iter()
        .flat_map(|s| s.rounds.iter().enumerate().skip(1))
        .filter(|(_, r)| !r.reason.is_empty())
        .map(|(i, r)| format!("Round {}: {}.", i + 1, r.reason.trim_end_matches('.')))
        .take(4)
        .collect();
    let shown: Vec<usize> = (0..input.plot.of.len()).filter(|p| cases.iter().any(|c| c.part == *p)).collect();
    let columns = [1, 1, 2, 3, 2, 3, 3][shown.len().min(6)];
    let rows = shown.len().div_ceil(columns);
    let height = match (columns, rows) {
        (1, _) => HEIGHT,
        (3, r) => 130 + 260 * r as u32,
        (_, r) => 130 + 320 * r as u32,
    };
    // Beside three panels there is no room for names: they go below the last.
    let (figure, main, side) = input.figure(&reasons, height, label::room("", &entries));
    let canvas = &figure.canvas;
    for (part, area) in shown.iter().zip(main.split(columns, rows, 18.0)) {
        let mine: Vec<&&super::Case> = cases.iter().filter(|c| c.part == *part).collect();
        let study = mine[0].study;
        let heading = if shown.len() > 1 {
            format!("{} ({})", name::selection(&input.plot.of[*part]), mine.len())
        } else {
            String::new()
        };
        let panel = Panel::new(canvas, area, &heading, across.clone(), up.clone());
        let f = panel.frame;
        canvas.clip(Rect::new(f.left - 2.0, f.top - 2.0, f.right + 2.0, f.bottom + 2.0));
        for (r, round) in study.rounds.iter().enumerate() {
            if let (Some(a), Some(b)) = (round.bounds.get(x), round.bounds.get(y)) {
                let ((left, bottom), (right, top)) = (panel.at(a.0, b.0), panel.at(a.1, b.1));
                if [left, right, top, bottom].iter().all(|v| v.is_finite()) {
                    let edge = Rect::new(left.min(right), top.min(bottom), left.max(right), top.max(bottom));
                    canvas.tip(format!("round {}: {}", r + 1, round.reason));
                    canvas.fill(edge, shade(r), 0.06);
                    canvas.frame(edge, Stroke::new(shade(r), 1.4));
                }
            }
        }
        canvas.end();
        for case in mine.iter().step_by(mine.len().div_ceil(2000).max(1)) {
            let value = |m: &Measure, axis: &Axis| {
                place(m, case, &axis.scale).map_or(f64::NAN, |v| beside(v, case.trial.index, &axis.scale))
            };
            let at = panel.at(value(&mx, &panel.x), value(&my, &panel.y));
            let tone = shade(case.trial.round as usize);
            canvas.tip(name::trial(case.trial));
            if lost(case) {
                canvas.cross(at, 3.2, Stroke::new(tone, 1.5));
            } else {
                canvas.dot(at, 3.6, tone, 0.85);
            }
        }
        if let Some(case) = mine.iter().find(|c| best(study).is_some_and(|b| std::ptr::eq(b, c.trial))) {
            let value = |m: &Measure, axis: &Axis| {
                place(m, case, &axis.scale).map_or(f64::NAN, |v| beside(v, case.trial.index, &axis.scale))
            };
            canvas.ring(panel.at(value(&mx, &panel.x), value(&my, &panel.y)), 6.8, Stroke::new(color::INK, 1.3));
        }
    }
    label::list(canvas, side, "", &entries);
    let told: Vec<String> = shown
        .iter()
        .map(|p| {
            format!(
                "{}: {}",
                name::selection(&input.plot.of[*p]),
                count(cases.iter().filter(|c| c.part == *p).count(), "trial")
            )
        })
        .collect();
    let alt = format!("{}. {}, in {}.", input.title, told.join("; "), count(rounds, "round"));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
