//! Two objectives and their front.

use crate::plan::metric::Direction;
use crate::stats::measure::measure;
use crate::stats::select::front;

use super::super::figure::number::short;
use super::super::figure::{Panel, Stroke, color, label};
use super::super::name;
use super::measure_axis::{axis, place};
use super::{Drawing, HEIGHT, Input, count};

/// Draw the trials in the plane of the objectives, and the front as steps.
pub fn draw(input: &Input) -> Drawing {
    let Some(first) = input.cases.first() else { return input.empty("") };
    let study = first.study;
    let [a, b] = study.objectives.as_slice() else {
        return input.nothing(&format!("{} has one objective: a front takes two", study.experiment));
    };
    let (x, y) = (axis(&a.measure, &input.cases), axis(&b.measure, &input.cases));
    let on_front: Vec<_> = front(study);
    let mut marks = Vec::new();
    for case in &input.cases {
        if let (Some(u), Some(v)) = (place(&a.measure, case, &x.scale), place(&b.measure, case, &y.scale)) {
            marks.push((case, u, v, on_front.iter().any(|t| std::ptr::eq(*t, case.trial))));
        }
    }
    if marks.is_empty() {
        return input.empty(&format!("both {} and {}", a.measure, b.measure));
    }
    let arrow = |d: Direction| if d == Direction::Maximize { "larger is better" } else { "smaller is better" };
    let (mut x, mut y) = (x, y);
    x.name = format!("{} ({})", x.name, arrow(a.direction));
    y.name = format!("{} ({})", y.name, arrow(b.direction));
    let entries = [
        label::Entry { name: "on the front".into(), color: color::group(1), key: label::Key::Mark(0) },
        label::Entry { name: "others".into(), color: color::FAINT, key: label::Key::Mark(0) },
    ];
    let (figure, main, mut side) = input.figure(&[], HEIGHT, label::room("", &entries));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", x, y);
    for (case, u, v, front) in marks.iter().filter(|m| !m.3) {
        canvas.tip(tell(case, a, b));
        canvas.dot(panel.at(*u, *v), 3.8, color::FAINT, if *front { 1.0 } else { 0.9 });
    }
    // Between two trials of the front, what is reached is that of the worse in each objective: steps.
    let mut steps: Vec<(f64, f64)> = marks.iter().filter(|m| m.3).map(|m| panel.at(m.1, m.2)).collect();
    steps.sort_by(|p, q| p.0.total_cmp(&q.0));
    let mut path: Vec<(f64, f64)> = Vec::new();
    for pair in steps.windows(2) {
        path.push(pair[0]);
        // With a large first objective good, the step keeps the second of the right trial; else that of the left.
        path.push(if a.direction == Direction::Maximize { (pair[0].0, pair[1].1) } else { (pair[1].0, pair[0].1) });
    }
    path.extend(steps.last());
    canvas.line(&path, Stroke::new(color::group(1), 1.6));
    for (case, u, v, _) in marks.iter().filter(|m| m.3) {
        canvas.tip(tell(case, a, b));
        canvas.dot(panel.at(*u, *v), 4.8, color::group(1), 1.0);
    }
    side.top = panel.frame.top;
    label::list(canvas, side, "", &entries);
    let ends: Vec<String> = marks
        .iter()
        .filter(|m| m.3)
        .take(4)
        .map(|(_, u, v, _)| format!("({}, {})", short(*u, 3), short(*v, 3)))
        .collect();
    let alt = format!(
        "{}. {} of {} are on the front of {} and {}: {}.",
        input.title,
        steps.len(),
        count(marks.len(), "trial"),
        a.measure,
        b.measure,
        ends.join(", ")
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

fn tell(case: &super::Case, a: &crate::plan::experiment::Objective, b: &crate::plan::experiment::Objective) -> String {
    let value = |m| measure(case.trial, m).map_or_else(String::new, |v| format!("\n{m}: {}", short(v.value, 4)));
    format!("{}{}{}", name::trial(case.trial), value(&a.measure), value(&b.measure))
}
