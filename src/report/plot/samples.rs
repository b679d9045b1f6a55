//! Where the search looked in two hyperparameters, round by round: a panel an experiment or group, all with the same axes.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::metric::Measure;
use crate::record::{Study, Trial};
use crate::stats::select::best;

use super::super::figure::{Axis, Canvas, Color, Dash, Panel, Rect, Stroke, color, label};
use super::super::group::{Case, Group};
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::shade::Shade;
use super::{Drawing, HEIGHT, Input, count, tall, tiles};

/// The most rounds that are named.
const NAMED: usize = 12;
/// The most marks of a panel.
const MANY: usize = 2000;

/// How trials and rounds look.
struct Look<'a> {
    rounds: usize,
    /// A colour of its own tells more of the trials than their round, which the boxes still show.
    shade: Option<Shade<'a>>,
    /// The colour's groups of the trials.
    groups: BTreeMap<*const Trial, usize>,
    /// The best trial of each study.
    best: BTreeSet<*const Trial>,
}

impl Look<'_> {
    fn round(&self, round: usize) -> Color {
        if self.rounds > 1 {
            color::sequential(round as f64 / (self.rounds - 1) as f64 * 0.88)
        } else {
            color::group(0)
        }
    }

    /// Colour and mark of a trial.
    fn of(&self, case: &Case) -> (Color, usize) {
        let Some(shade) = &self.shade else { return (self.round(case.trial.round as usize), 0) };
        let group = self.groups.get(&std::ptr::from_ref(case.trial)).copied().unwrap_or(0);
        (shade.of(group, case), shade.mark(group))
    }

    fn is_best(&self, case: &Case) -> bool {
        self.best.contains(&std::ptr::from_ref(case.trial))
    }
}

/// Draw where trials were.
pub fn draw(input: &Input, x: &str, y: &str) -> Drawing {
    let (mx, my) = (Measure::Setting(x.into()), Measure::Setting(y.into()));
    let mut studies: Vec<&Study> = Vec::new();
    for case in &input.cases {
        if !studies.iter().any(|s| std::ptr::eq(*s, case.study)) {
            studies.push(case.study);
        }
    }
    let bounds = |name: &str| -> Vec<f64> {
        studies.iter().flat_map(|s| &s.rounds).filter_map(|r| r.bounds.get(name)).flat_map(|b| [b.0, b.1]).collect()
    };
    let whole = |m: &Measure, name: &str| {
        let axis = axis(m, &input.cases);
        let values: Vec<f64> =
            input.cases.iter().filter_map(|c| place(m, c, &axis.scale)).chain(bounds(name)).collect();
        Axis::over(axis.name.clone(), axis.scale, values)
    };
    let (across, up) = (whole(&mx, x), whole(&my, y));
    let inside = |c: &Case| place(&mx, c, &across.scale).is_some() && place(&my, c, &up.scale).is_some();
    let mut panels = input.panels();
    panels.iter_mut().for_each(|g| g.cases.retain(inside));
    panels.retain(|g| !g.cases.is_empty());
    let cases = || panels.iter().flat_map(|g| &g.cases);
    if panels.is_empty() {
        return input.empty(&format!("both {x} and {y}"));
    }
    let rounds = cases().map(|c| c.trial.round as usize + 1).max().unwrap_or(1);
    let groups = input.groups();
    let coloured = input.plot.color.is_some() && input.plot.by.is_empty();
    let shade = coloured.then(|| Shade::new(input, &groups)).filter(Shade::tells);
    let numbered = groups.groups.iter().enumerate();
    let look = Look {
        rounds,
        shade,
        groups: numbered
            .flat_map(|(g, group)| group.cases.iter().map(move |c| (std::ptr::from_ref(c.trial), g)))
            .collect(),
        best: studies.iter().filter_map(|s| best(s)).map(std::ptr::from_ref).collect(),
    };

    let mut entries = look.shade.as_ref().map_or_else(Vec::new, Shade::entries);
    if rounds > 1 {
        let key = if look.shade.is_some() { label::Key::Line(Dash::Solid) } else { label::Key::Mark(0) };
        let named = (0..rounds.min(NAMED)).map(|r| (format!("round {}", r + 1), look.round(r)));
        entries.extend(named.map(|(name, color)| label::Entry { name, color, key }));
    }
    if cases().any(lost) {
        entries.push(label::Entry { name: "diverged".into(), color: color::MUTED, key: label::Key::Cross });
    }
    if cases().any(|c| look.is_best(c)) {
        entries.push(label::Entry { name: "best".into(), color: color::INK, key: label::Key::Ring });
    }
    let (columns, rows) = tiles(panels.len());
    let height = if columns == 1 { HEIGHT } else { tall(columns, rows) };
    let room = look.shade.as_ref().map_or_else(|| label::room("", &entries), |s| s.room(&entries));
    let (figure, main, side) = input.figure(&reasons(&panels), height, room);
    for (group, area) in panels.iter().zip(main.split(columns, rows, 18.0)) {
        let heading = if panels.len() > 1 { format!("{} ({})", group.name, group.cases.len()) } else { String::new() };
        let panel = Panel::new(&figure.canvas, area, &heading, across.clone(), up.clone());
        boxes(&figure.canvas, &panel, group.cases[0].study, (x, y), &look);
        marks(&figure.canvas, &panel, group, (&mx, &my), &look);
    }
    match &look.shade {
        Some(shade) => shade.legend(&figure.canvas, side, &entries),
        None => label::list(&figure.canvas, side, "", &entries),
    }
    let told: Vec<String> = panels.iter().map(|g| format!("{}: {}", g.name, count(g.cases.len(), "trial"))).collect();
    let alt = format!("{}. {}, in {}.", input.title, told.join("; "), count(rounds, "round"));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// Why the rounds are where they are.
fn reasons(panels: &[Group]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for study in panels.iter().map(|g| g.cases[0].study) {
        for (i, round) in study.rounds.iter().enumerate().skip(1).filter(|(_, r)| !r.reason.is_empty()) {
            let reason = format!("Round {}: {}.", i + 1, round.reason.trim_end_matches('.'));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons.truncate(4);
    reasons
}

/// The boxes of a study's rounds.
fn boxes(canvas: &Canvas, panel: &Panel, study: &Study, (x, y): (&str, &str), look: &Look) {
    let f = panel.frame;
    canvas.clip(Rect::new(f.left - 2.0, f.top - 2.0, f.right + 2.0, f.bottom + 2.0));
    for (r, round) in study.rounds.iter().enumerate() {
        if let (Some(a), Some(b)) = (round.bounds.get(x), round.bounds.get(y)) {
            let ((left, bottom), (right, top)) = (panel.at(a.0, b.0), panel.at(a.1, b.1));
            if [left, right, top, bottom].iter().all(|v| v.is_finite()) {
                let edge = Rect::new(left.min(right), top.min(bottom), left.max(right), top.max(bottom));
                let tone = look.round(r);
                canvas.tip(format!("round {}: {}", r + 1, round.reason));
                canvas.fill(edge, tone, 0.06);
                canvas.frame(edge, Stroke::new(tone, 1.4));
            }
        }
    }
    canvas.end();
}

/// A mark a trial, and a ring around the best of its study.
fn marks(canvas: &Canvas, panel: &Panel, group: &Group, (x, y): (&Measure, &Measure), look: &Look) {
    let at = |case: &Case| {
        let along = |m: &Measure, axis: &Axis| {
            place(m, case, &axis.scale).map_or(f64::NAN, |v| beside(v, case.trial.index, &axis.scale))
        };
        panel.at(along(x, &panel.x), along(y, &panel.y))
    };
    for case in group.cases.iter().step_by(group.cases.len().div_ceil(MANY).max(1)) {
        let (tone, mark) = look.of(case);
        canvas.tip(name::trial(case.trial));
        if lost(case) {
            canvas.cross(at(case), 3.2, Stroke::new(tone, 1.5));
        } else {
            canvas.mark(mark, at(case), 3.6, tone, 0.85);
        }
    }
    if let Some(case) = group.cases.iter().find(|c| look.is_best(c)) {
        canvas.ring(at(case), 6.8, Stroke::new(color::INK, 1.3));
    }
}
