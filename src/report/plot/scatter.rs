//! A mark a trial.

use crate::plan::metric::{Direction, Measure};
use crate::record::Outcome;
use crate::stats::measure::measure;
use crate::stats::select::ranked;

use super::super::figure::number::short;
use super::super::figure::{Axis, Color, Panel, Scale, Stroke, color, label};
use super::super::group::Case;
use super::super::name;
use super::measure_axis::{axis, place};
use super::shade::Shade;
use super::{Drawing, HEIGHT, Input, count};

/// More marks than this are drawn as one, without values on hover.
const MANY: usize = 1000;
/// So many of them at a time.
const PIECE: usize = 200;

/// Whether no run of the trial gave a model.
pub(super) fn lost(case: &Case) -> bool {
    case.trial.runs.iter().any(|r| matches!(r.outcome, Outcome::Diverged | Outcome::Failed(_)))
}

/// A place beside a name's middle that is the same for the same trial, so that equal values do not cover each other.
pub(super) fn beside(place: f64, index: u32, scale: &Scale) -> f64 {
    match scale {
        Scale::Names(_) => place + (f64::from(index).mul_add(0.618_033_988_749_895, 0.5).fract() - 0.5) * 0.44,
        _ => place,
    }
}

/// Draw one measure against another.
pub fn draw(input: &Input, x: &Measure, y: &Measure) -> Drawing {
    let (x_axis, y_axis) = (axis(x, &input.cases), axis(y, &input.cases));
    let groups = input.groups();
    let shade = Shade::new(input, &groups);

    // A trial has a mark, or a cross at the rim where one of its numbers is missing.
    let (mut marks, mut crosses) = (Vec::new(), Vec::new());
    let bound = |m: &Measure, case: &Case| measure(case.trial, m).is_some_and(|v| v.lower_bound);
    for (g, group) in groups.groups.iter().enumerate() {
        for case in &group.cases {
            // What a run that broke off did not reach says nothing of when it would have.
            let place =
                |m: &Measure, axis: &Axis| place(m, case, &axis.scale).filter(|_| !(lost(case) && bound(m, case)));
            match (place(x, &x_axis), place(y, &y_axis)) {
                (Some(a), Some(b)) => marks.push((
                    g,
                    *case,
                    beside(a, case.trial.index, &x_axis.scale),
                    beside(b, case.trial.index, &y_axis.scale),
                )),
                (Some(a), None) if lost(case) => {
                    crosses.push((g, *case, Some(beside(a, case.trial.index, &x_axis.scale)), None))
                }
                (None, Some(b)) if lost(case) => {
                    crosses.push((g, *case, None, Some(beside(b, case.trial.index, &y_axis.scale))))
                }
                _ => {}
            }
        }
    }
    if marks.is_empty() && crosses.is_empty() {
        return input.empty(&format!("both {} and {}", name::measure(x), name::measure(y)));
    }
    // Groups that stand side by side already need no list of names.
    let named = input.plot.color.as_ref().is_none_or(|c| c != x && c != y) || !input.plot.by.is_empty();

    let mut entries = if named { shade.entries() } else { Vec::new() };
    if !crosses.is_empty() {
        let all = crosses.iter().all(|c| c.1.trial.runs.iter().all(|r| !matches!(r.outcome, Outcome::Failed(_))));
        let name = format!("{} ({})", if all { "diverged" } else { "no result" }, crosses.len());
        entries.push(label::Entry { name, color: color::MUTED, key: label::Key::Cross });
    }
    if marks.iter().any(|m| bound(y, &m.1) || bound(x, &m.1)) {
        entries.push(label::Entry { name: "at least".into(), color: color::MUTED, key: label::Key::Ring });
    }
    // The best by the objective, where it is among the marks.
    let best = input.cases.first().and_then(|first| {
        let trials: Vec<_> =
            input.cases.iter().filter(|c| std::ptr::eq(c.study, first.study)).map(|c| c.trial).collect();
        ranked(first.study, &trials).first().copied()
    });
    let one_study = input.cases.iter().all(|c| std::ptr::eq(c.study, input.cases[0].study));
    let best = marks
        .iter()
        .find(|m| one_study && best.is_some_and(|b| std::ptr::eq(b, m.1.trial)))
        .filter(|_| marks.len() > 1);
    if best.is_some() {
        // By its objective, which need not be what is shown.
        let judged: Vec<String> = input.cases[0]
            .study
            .objectives
            .iter()
            .filter(|o| o.measure != *x && o.measure != *y)
            .map(|o| o.measure.to_string())
            .collect();
        let name = if judged.is_empty() { "best".to_string() } else { format!("best by {}", judged.join(", ")) };
        entries.push(label::Entry { name, color: color::INK, key: label::Key::Ring });
    }
    let mut notes = Vec::new();
    let seeds = input.cases.iter().map(|c| c.trial.runs.len()).max().unwrap_or(0);
    if seeds > 1 {
        notes.push(format!("A mark is a trial: the mean of {}.", count(seeds, "seed")));
    }
    // Without names of groups there is nothing that their heading would be of.
    let bare = !named && matches!(shade, Shade::Groups { .. });
    let room = if bare { label::room("", &entries) } else { shade.room(&entries) };
    let (figure, main, side) = input.figure(&notes, HEIGHT, room);
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", x_axis, y_axis);
    let f = panel.frame;
    let tell = |case: &Case| {
        let value = |m: &Measure| {
            let at_least = if bound(m, case) { "≥ " } else { "" };
            measure(case.trial, m).map(|v| format!("\n{m}: {at_least}{}", short(v.value, 4))).unwrap_or_default()
        };
        let shown = |m: &Measure| if matches!(m, Measure::Setting(_)) { String::new() } else { value(m) };
        format!("{}{}{}", name::trial(case.trial), shown(x), shown(y))
    };
    let many = marks.len() > MANY;
    for (g, case, a, b) in marks.iter().filter(|_| !many) {
        let at = panel.at(*a, *b);
        let tone = shade.of(*g, case);
        canvas.tip(tell(case));
        if bound(y, case) || bound(x, case) {
            canvas.ring(at, 4.2, Stroke::new(tone, 1.5));
        } else {
            canvas.mark(shade.mark(*g), at, 4.4, tone, 0.82);
        }
    }
    if many {
        // Marks that fall on the same pixel are one.
        let mut tones: Vec<(Color, Vec<(f64, f64)>)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (g, case, a, b) in &marks {
            let (at, tone) = (panel.at(*a, *b), shade.of(*g, case));
            if seen.insert((tone.to_string(), at.0.round() as i64, at.1.round() as i64)) {
                match tones.iter_mut().find(|t| t.0 == tone) {
                    Some(t) => t.1.push(at),
                    None => tones.push((tone, vec![at])),
                }
            }
        }
        // In pieces, so that marks of one colour that cover each other still look denser; and in turn, so that no group lies on all others.
        let most = tones.iter().map(|t| t.1.len()).max().unwrap_or(0);
        for piece in 0..most.div_ceil(PIECE) {
            for (tone, points) in &tones {
                if let Some(points) = points.chunks(PIECE).nth(piece) {
                    canvas.dots(points, 2.2, *tone, 0.5);
                }
            }
        }
    }
    let worst_low = y.direction() == Some(Direction::Maximize);
    let x_worst_low = x.direction() == Some(Direction::Maximize);
    for (g, case, a, b) in &crosses {
        let at = match (a, b) {
            (Some(a), _) => (panel.at(*a, 0.0).0, if worst_low { f.bottom - 5.0 } else { f.top + 5.0 }),
            (None, Some(b)) => (if x_worst_low { f.left + 5.0 } else { f.right - 5.0 }, panel.at(0.0, *b).1),
            _ => continue,
        };
        canvas.tip(format!("{}\ndiverged", name::trial(case.trial)));
        let tone =
            if matches!(shade, Shade::Groups { .. }) && shade.tells() { shade.of(*g, case) } else { color::MUTED };
        canvas.cross(at, 3.4, Stroke::new(tone, 1.6));
    }
    if let Some((_, _, a, b)) = best {
        canvas.ring(panel.at(*a, *b), 7.5, Stroke::new(color::INK, 1.3));
    }
    let mut list = side;
    list.top = f.top;
    match bare {
        true => label::list(canvas, list, "", &entries),
        false => shade.legend(canvas, list, &entries),
    }

    let best = best.map(|b| format!(" The best is {}.", tell(&b.1).replace('\n', ", "))).unwrap_or_default();
    let lost = if crosses.is_empty() { String::new() } else { format!(" {} diverged.", crosses.len()) };
    let alt = format!(
        "{}. {} of {} against {}.{lost}{best}",
        input.title,
        count(marks.len(), "trial"),
        panel.y.name,
        panel.x.name
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
