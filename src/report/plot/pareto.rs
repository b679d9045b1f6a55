//! Two objectives and their front.

use std::collections::BTreeSet;

use crate::plan::metric::Direction;
use crate::record::Trial;
use crate::stats::measure::measure;
use crate::stats::select::front;

use super::super::figure::number::short;
use super::super::figure::{Dash, Panel, Stroke, color, label};
use super::super::group::Case;
use super::super::name;
use super::measure_axis::{axis, place};
use super::shade::Shade;
use super::{Drawing, HEIGHT, Input, count};

/// The most marks off the front.
const MANY: usize = 2000;

/// A trial in the plane.
struct Mark<'a> {
    group: usize,
    case: Case<'a>,
    at: (f64, f64),
    front: bool,
}

/// Draw the trials in the plane of the objectives, and the front of each group as steps.
pub fn draw(input: &Input) -> Drawing {
    let Some(first) = input.cases.first() else { return input.empty("") };
    let study = first.study;
    let [a, b] = study.objectives.as_slice() else {
        return input.nothing(&format!("{} has one objective: a front takes two", study.experiment));
    };
    let (mut x, mut y) = (axis(&a.measure, &input.cases), axis(&b.measure, &input.cases));
    let groups = input.groups();
    let shade = Shade::new(input, &groups);
    let apart = groups.groups.len() > 1;
    let mut marks = Vec::new();
    for (g, group) in groups.groups.iter().enumerate() {
        let trials: Vec<&Trial> = group.cases.iter().map(|c| c.trial).collect();
        let on: BTreeSet<*const Trial> = front(study, &trials).into_iter().map(std::ptr::from_ref).collect();
        for case in &group.cases {
            if let (Some(u), Some(v)) = (place(&a.measure, case, &x.scale), place(&b.measure, case, &y.scale)) {
                marks.push(Mark {
                    group: g,
                    case: *case,
                    at: (u, v),
                    front: on.contains(&std::ptr::from_ref(case.trial)),
                });
            }
        }
    }
    if marks.is_empty() {
        return input.empty(&format!("both {} and {}", a.measure, b.measure));
    }
    let arrow = |d: Direction| if d == Direction::Maximize { "larger is better" } else { "smaller is better" };
    x.name = format!("{} ({})", x.name, arrow(a.direction));
    y.name = format!("{} ({})", y.name, arrow(b.direction));
    let numbered = matches!(shade, Shade::Number(..));
    let mut entries = shade.entries();
    if !apart {
        // With one group its front has the strong colour; with a number as colour, a line tells it.
        let key = if numbered { label::Key::Line(Dash::Solid) } else { label::Key::Mark(0) };
        entries.push(label::Entry { name: "on the front".into(), color: color::group(1), key });
        if !numbered {
            entries.push(label::Entry { name: "others".into(), color: color::FAINT, key: label::Key::Mark(0) });
        }
    }
    let notes: Vec<String> =
        apart.then(|| "Lines and strong marks: the front of each group.".to_string()).into_iter().collect();
    let (figure, main, mut side) = input.figure(&notes, HEIGHT, shade.room(&entries));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", x, y);
    let at = |m: &Mark| panel.at(m.at.0, m.at.1);
    let tone = |m: &Mark| match (apart || numbered, m.front) {
        (true, _) => shade.of(m.group, &m.case),
        (false, true) => color::group(1),
        (false, false) => color::FAINT,
    };
    let left_out = marks.iter().filter(|m| !m.front).count();
    for mark in marks.iter().filter(|m| !m.front).step_by(left_out.div_ceil(MANY).max(1)) {
        canvas.tip(tell(&mark.case, a, b));
        let alpha = if apart { 0.35 } else { 0.9 };
        canvas.mark(shade.mark(mark.group), at(mark), 3.6, tone(mark), alpha);
    }
    for g in 0..groups.groups.len() {
        // Between two trials of the front, what is reached is that of the worse in each objective: steps.
        let mut steps: Vec<(f64, f64)> = marks.iter().filter(|m| m.group == g && m.front).map(at).collect();
        steps.sort_by(|p, q| p.0.total_cmp(&q.0));
        let mut path: Vec<(f64, f64)> = Vec::new();
        for pair in steps.windows(2) {
            path.push(pair[0]);
            // With a large first objective good, the step keeps the second of the right trial; else that of the left.
            path.push(if a.direction == Direction::Maximize { (pair[0].0, pair[1].1) } else { (pair[1].0, pair[0].1) });
        }
        path.extend(steps.last());
        let line = marks.iter().find(|m| m.group == g).filter(|_| apart).map_or(color::group(1), tone);
        canvas.line(&path, Stroke::new(line, 1.6).dash(Dash::group(g)));
    }
    for mark in marks.iter().filter(|m| m.front) {
        canvas.tip(tell(&mark.case, a, b));
        canvas.mark(shade.mark(mark.group), at(mark), 4.8, tone(mark), 1.0);
    }
    side.top = panel.frame.top;
    shade.legend(canvas, side, &entries);
    let on: Vec<&Mark> = marks.iter().filter(|m| m.front).collect();
    let ends: Vec<String> =
        on.iter().take(4).map(|m| format!("({}, {})", short(m.at.0, 3), short(m.at.1, 3))).collect();
    let alt = format!(
        "{}. {} of {} are on the front of {} and {}: {}.",
        input.title,
        on.len(),
        count(marks.len(), "trial"),
        a.measure,
        b.measure,
        ends.join(", ")
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

fn tell(case: &Case, a: &crate::plan::experiment::Objective, b: &crate::plan::experiment::Objective) -> String {
    let value = |m| measure(case.trial, m).map_or_else(String::new, |v| format!("\n{m}: {}", short(v.value, 4)));
    format!("{}{}{}", name::trial(case.trial), value(&a.measure), value(&b.measure))
}
