//! An upright axis a hyperparameter and one for the objective, a line a trial.

use crate::plan::metric::{Direction, Measure};
use crate::stats::measure::measure;

use super::super::figure::number::short;
use super::super::figure::{Align, Axis, Canvas, Rect, Scale, Stroke, Text, color, font};
use super::super::group::Case;
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::shade::Shade;
use super::{Drawing, Input, count};

/// More lines than about this are thinned, the best kept.
const MANY: usize = 300;
/// The most axes, the objective's among them.
const AXES: usize = 12;
/// Font size of the ticks.
const TICK: f64 = 11.0;

/// A trial: its group, and its value of the objective if it has one.
struct Line<'a> {
    group: usize,
    case: Case<'a>,
    value: Option<f64>,
}

/// Where the axes stand.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Place of the last axis.
    last: usize,
}

impl Frame {
    fn across(&self, i: usize) -> f64 {
        if self.last == 0 {
            (self.left + self.right) / 2.0
        } else {
            self.left + (self.right - self.left) * i as f64 / self.last as f64
        }
    }

    fn up(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }

    fn slot(&self) -> f64 {
        (self.right - self.left) / self.last.max(1) as f64
    }
}

/// What judges trials: a metric as colour, else the objective.
fn goal(input: &Input) -> Option<(Measure, Direction)> {
    match &input.plot.color {
        Some(color) if !matches!(color, Measure::Setting(_)) => {
            Some((color.clone(), color.direction().unwrap_or(Direction::Maximize)))
        }
        _ => input.cases.first()?.study.objectives.first().map(|o| (o.measure.clone(), o.direction)),
    }
}

/// The hyperparameters in the order of the spaces; those that have no room.
fn settings(input: &Input) -> (Vec<String>, Vec<String>) {
    let mut settings: Vec<String> = Vec::new();
    for name in
        input.cases.iter().flat_map(|c| c.study.space.params.iter().map(|p| &p.name).chain(c.trial.settings.keys()))
    {
        if !settings.contains(name) && input.cases.iter().any(|c| c.trial.settings.contains_key(name)) {
            settings.push(name.clone());
        }
    }
    let dropped = settings.split_off(settings.len().min(AXES - 1));
    (settings, dropped)
}

/// Draw all settings at once.
pub fn draw(input: &Input) -> Drawing {
    if input.cases.is_empty() {
        return input.empty("");
    }
    let Some((goal, direction)) = goal(input) else { return input.nothing("there is no objective") };
    let (settings, dropped) = settings(input);
    let measures: Vec<Measure> = settings.iter().cloned().map(Measure::Setting).chain([goal.clone()]).collect();
    let axes: Vec<Axis> = measures.iter().map(|m| axis(m, &input.cases)).collect();
    let tone = &axes[axes.len() - 1];
    let good = |v: f64| if direction == Direction::Maximize { tone.at(v) } else { -tone.at(v) };

    let groups = input.groups();
    let asked =
        !input.plot.by.is_empty() || input.plot.of.len() > 1 || matches!(input.plot.color, Some(Measure::Setting(_)));
    let shade = asked.then(|| Shade::new(input, &groups)).filter(Shade::tells);
    let mut lines: Vec<Line> = Vec::new();
    for (group, cases) in groups.groups.iter().enumerate() {
        let cases = cases.cases.iter();
        lines.extend(cases.map(|c| Line { group, case: *c, value: place(&goal, c, &tone.scale) }));
    }
    lines.retain(|l| l.value.is_some() || lost(&l.case));
    let found = lines.iter().filter(|l| l.value.is_some()).count();
    if found == 0 {
        return input.empty(&goal.to_string());
    }
    // The best are drawn last, over the others.
    lines.sort_by(|a, b| match (a.value, b.value) {
        (Some(a), Some(b)) => good(a).total_cmp(&good(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    let gone = lines.len() - found;
    let all = lines.len();
    let strong = (all / 10).clamp(3, 20).min(found);
    let every = all.div_ceil(MANY);
    let mut rank = 0;
    lines.retain(|_| {
        rank += 1;
        rank > all - strong || rank % every == 0
    });

    let missing = input.cases.iter().any(|c| settings.iter().any(|s| !c.trial.settings.contains_key(s)));
    let kept = lines.iter().filter(|l| l.value.is_some()).count();
    let look = Look { shade: shade.as_ref(), strong: lines.len() - strong, half: lines.len() - kept.div_ceil(2) };
    let ends = if gone > 0 { format!(", and {} that diverged", count(gone, "trial")) } else { String::new() };
    let mut notes = vec![match &shade {
        Some(_) => format!("Strong: the best {strong} of {}{ends}.", count(found, "trial")),
        None => {
            let half = kept.div_ceil(2).max(strong);
            let blue = if half > strong { "; blue: the better half" } else { "" };
            let grey = match (kept > half, gone > 0) {
                (true, _) => format!("; grey: the others{ends}"),
                (false, true) => format!("; grey: {} that diverged", count(gone, "trial")),
                (false, false) => String::new(),
            };
            format!("Orange: the best {strong} of {}{blue}{grey}.", count(found, "trial"))
        }
    }];
    if every > 1 {
        notes.push(format!("Of the other trials one in {every} is drawn."));
    }
    if missing {
        notes.push("A line that dips below an axis did not draw that setting.".to_string());
    }
    if !dropped.is_empty() {
        notes.push(format!("No room for {}.", dropped.join(", ")));
    }
    let entries = shade.as_ref().map_or_else(Vec::new, Shade::lines);
    let room = shade.as_ref().map_or(0.0, |s| s.room(&entries));
    let (figure, main, side) = input.figure(&notes, 520, room);
    let frame = frame(main, &axes, missing);
    for (rank, line) in lines.iter().enumerate() {
        let points: Vec<(f64, f64)> = measures
            .iter()
            .zip(&axes)
            .enumerate()
            .map(|(i, (m, axis))| {
                let value = if i == frame.last { line.value } else { place(m, &line.case, &axis.scale) };
                match value {
                    Some(v) => (frame.across(i), frame.up(axis.at(beside(v, line.case.trial.index, &axis.scale)))),
                    None if i == frame.last => (frame.across(i), f64::NAN),
                    None => (frame.across(i), frame.bottom + 16.0),
                }
            })
            .collect();
        let told = measure(line.case.trial, &goal)
            .map_or_else(|| "diverged".to_string(), |v| format!("{goal}: {}", short(v.value, 4)));
        figure.canvas.tip(format!("{}\n{told}", name::trial(line.case.trial)));
        figure.canvas.line(&points, look.of(rank, line));
    }
    for (i, axis) in axes.iter().enumerate() {
        scale(&figure.canvas, &frame, i, axis);
    }
    if let Some(shade) = &shade {
        shade.legend(&figure.canvas, side, &entries);
    }
    let best = lines.last().map(|l| format!(" The best is {}.", name::trial(l.case.trial))).unwrap_or_default();
    let alt =
        format!("{}. {} over {}, judged by {goal}.{best}", input.title, count(found, "trial"), settings.join(", "));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// How lines look by their rank: few colours without transparency, as these many crossings cost a PNG most of its bytes.
struct Look<'a> {
    shade: Option<&'a Shade<'a>>,
    /// The first of the best.
    strong: usize,
    /// The first of the better half.
    half: usize,
}

impl Look<'_> {
    fn of(&self, rank: usize, line: &Line) -> Stroke {
        let best = rank >= self.strong && line.value.is_some();
        let width = if best { 2.0 } else { 1.1 };
        match self.shade {
            _ if line.value.is_none() => Stroke::new(color::GRID, 1.1),
            Some(shade) => Stroke::new(shade.of(line.group, &line.case), if best { 2.2 } else { 0.9 }),
            None if best => Stroke::new(color::group(1), width),
            None if rank >= self.half => Stroke::new(color::group(0), width),
            None => Stroke::new(color::FAINT, width),
        }
    }
}

/// Place the axes so that the names and ticks of the outer ones have room.
fn frame(main: Rect, axes: &[Axis], missing: bool) -> Frame {
    let ticks = |axis: &Axis| {
        let labels = axis.ticks(300.0, false).into_iter().filter_map(|t| t.label);
        labels.map(|l| font::width(&l, TICK, false)).fold(0.0, f64::max).min(130.0)
    };
    let (first, last) = (&axes[0], &axes[axes.len() - 1]);
    let half = |axis: &Axis| font::width(&axis.name, 12.0, true) / 2.0;
    Frame {
        left: main.left + half(first).max(ticks(first) + 8.0).min(140.0),
        right: main.right - half(last).max(ticks(last) + 10.0).min(110.0),
        top: main.top + 40.0,
        bottom: main.bottom - if missing { 26.0 } else { 10.0 },
        last: axes.len() - 1,
    }
}

/// An axis with its name above and its ticks beside it.
fn scale(canvas: &Canvas, frame: &Frame, i: usize, axis: &Axis) {
    let x = frame.across(i);
    let outer = i == 0 || i == frame.last;
    canvas.line(&[(x, frame.top), (x, frame.bottom)], Stroke::new(color::AXIS, 1.2));
    let room = if outer { frame.slot().min(160.0) } else { frame.slot() - 8.0 };
    let lines = font::wrap(&axis.name, 12.0, true, room, 2);
    for (j, line) in lines.iter().rev().enumerate() {
        let at = (x, frame.top - 10.0 - 14.0 * j as f64);
        canvas.text(at, line, Text::new(12.0, color::INK).bold().align(Align::Middle));
    }
    let names = matches!(axis.scale, Scale::Names(_));
    let widest = if i == 0 || !names { 130.0 } else { (frame.slot() * 0.6).clamp(30.0, 90.0) };
    let (side, align) = if i == frame.last { (4.0, Align::Start) } else { (-4.0, Align::End) };
    for tick in axis.ticks(frame.bottom - frame.top, false) {
        let y = frame.up(tick.at);
        canvas.line(&[(x, y), (x + side, y)], Stroke::new(color::AXIS, 1.0));
        let Some(text) = tick.label else { continue };
        let shown = font::shorten(&text, TICK, false, widest);
        // A strip of paper behind, as lines pass there.
        let width = font::width(&shown, TICK, false);
        let at = x + side * 1.8;
        let left = if i == frame.last { at - 1.0 } else { at - width - 1.0 };
        canvas.fill(Rect::new(left, y - 7.0, left + width + 2.0, y + 7.0), color::PAPER, 0.8);
        canvas.text_middle((at, y), &shown, Text::new(TICK, color::MUTED).align(align));
    }
}
