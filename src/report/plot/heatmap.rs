//! The mean of a measure over cells of two hyperparameters.

use std::collections::BTreeMap;

use crate::plan::metric::Measure;

use super::super::figure::number::{decimals_for, fixed, short};
use super::super::figure::{Align, Axis, Canvas, Panel, Rect, Scale, Stroke, Text, color, font, label};
use super::super::group::Case;
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::lost;
use super::{Drawing, Input, count, tall, tiles};

/// More values of a number than this are put into bins of its scale.
const VALUES: usize = 10;
/// So many bins.
const BINS: usize = 8;
/// Font size of the numbers in the cells.
const SIZE: f64 = 12.0;

/// A side of the map: cells of names or values side by side, or bins along a scale.
struct Side {
    setting: Measure,
    axis: Axis,
    /// The places that have a cell of their own; none for bins.
    values: Option<Vec<f64>>,
}

impl Side {
    fn new(setting: &str, cases: &[Case]) -> Side {
        let setting = Measure::Setting(setting.into());
        let axis = axis(&setting, cases);
        let mut values: Vec<f64> = cases.iter().filter_map(|c| place(&setting, c, &axis.scale)).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        if matches!(axis.scale, Scale::Names(_)) {
            return Side { setting, axis, values: None };
        }
        if values.len() <= VALUES {
            let names = values.iter().map(|v| name::number(*v)).collect();
            let shown = Axis::over(axis.name.clone(), Scale::Names(names), []);
            return Side { setting, axis: shown, values: Some(values) };
        }
        let (low, high) = (values[0], values[values.len() - 1]);
        Side { setting, axis: Axis::between(axis.name.clone(), axis.scale, low, high), values: None }
    }

    fn cells(&self) -> usize {
        match &self.axis.scale {
            Scale::Names(names) => names.len(),
            _ => BINS,
        }
    }

    fn cell(&self, case: &Case) -> Option<usize> {
        let Measure::Setting(setting) = &self.setting else { return None };
        if let Some(values) = &self.values {
            let v = place(&self.setting, case, &Scale::Linear)?;
            return values.iter().position(|k| *k == v);
        }
        case.trial.settings.get(setting)?;
        let v = place(&self.setting, case, &self.axis.scale)?;
        let share = self.axis.at(v);
        share.is_finite().then(|| ((share * self.cells() as f64) as usize).min(self.cells() - 1))
    }
}

/// The cells of a panel that have trials: their values, and how many trials were lost.
type Cells = BTreeMap<(usize, usize), (Vec<f64>, usize)>;

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Draw the map, a panel an experiment or group, all with the same cells and shades.
pub fn draw(input: &Input, x: &str, y: &str, m: &Measure) -> Drawing {
    let (across, up) = (Side::new(x, &input.cases), Side::new(y, &input.cases));
    let scale = axis(m, &input.cases).scale;
    let cells = |cases: &[Case]| {
        let mut cells = Cells::new();
        for case in cases {
            if let (Some(i), Some(j)) = (across.cell(case), up.cell(case)) {
                let cell = cells.entry((i, j)).or_default();
                match place(m, case, &scale) {
                    Some(v) => cell.0.push(v),
                    None => cell.1 += usize::from(lost(case)),
                }
            }
        }
        cells
    };
    let panels: Vec<(String, Cells)> = input.panels().into_iter().map(|g| (g.name, cells(&g.cases))).collect();
    let all = || panels.iter().flat_map(|p| p.1.values());
    let means: Vec<f64> = all().filter_map(|c| mean(&c.0)).collect();
    if means.is_empty() {
        return input.empty(&format!("{x}, {y} and {}", name::measure(m)));
    }
    let (low, high) = means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let tone = Axis::over(name::measure(m), scale, means.iter().copied());
    let trials: usize = all().map(|c| c.0.len()).sum();
    let mut notes = vec![format!("A cell is the mean of its trials ({} in all).", count(trials, "trial"))];
    if all().any(|c| c.0.is_empty() && c.1 > 0) {
        notes.push("Cross: all of the cell's trials diverged.".into());
    }
    let (columns, rows) = tiles(panels.len());
    let (figure, main, mut side) = input.figure(&notes, tall(columns, rows), label::bar_room(&tone));
    side.top = main.top + 24.0;
    let written = Written::new(&means);
    for ((name, cells), area) in panels.iter().zip(main.split(columns, rows, 18.0)) {
        let heading = if panels.len() > 1 { name.as_str() } else { "" };
        let panel = Panel::new(&figure.canvas, area, heading, across.axis.clone(), up.axis.clone());
        paint(&figure.canvas, &panel, cells, (across.cells(), up.cells()), &tone, &written);
    }
    label::number_bar(&figure.canvas, side, &tone);
    let alt = format!(
        "{}. {} of {} by {}; means from {} to {}.",
        input.title,
        count(means.len(), "cell"),
        across.cells(),
        up.cells(),
        short(low, 3),
        short(high, 3)
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// How the means are written: with the digits that tell cells apart.
struct Written {
    decimals: usize,
    powers: bool,
    /// The widest of them in pixels.
    width: f64,
}

impl Written {
    fn new(means: &[f64]) -> Written {
        let (low, high) = means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let whole = means.iter().all(|v| v.fract() == 0.0);
        let decimals = if whole { 0 } else { decimals_for((high - low) / 12.0) };
        // Of what is very large or small, powers of ten are shorter.
        let size = high.abs().max(low.abs());
        let mut written = Written { decimals, powers: !(1e-3..1e5).contains(&size), width: 0.0 };
        written.width = means.iter().map(|v| font::width(&written.text(*v), SIZE, false)).fold(0.0, f64::max);
        written
    }

    fn text(&self, v: f64) -> String {
        if self.powers { short(v, 3) } else { fixed(v, self.decimals) }
    }
}

fn paint(
    canvas: &Canvas,
    panel: &Panel,
    cells: &Cells,
    (columns, rows): (usize, usize),
    tone: &Axis,
    written: &Written,
) {
    let f = panel.frame;
    let (w, h) = (f.width() / columns as f64, f.height() / rows as f64);
    let text = w > written.width + 6.0 && h > SIZE + 6.0;
    for ((i, j), (values, gone)) in cells {
        let cell = Rect::new(
            f.left + *i as f64 * w + 0.7,
            f.bottom - (*j as f64 + 1.0) * h + 0.7,
            f.left + (*i as f64 + 1.0) * w - 0.7,
            f.bottom - *j as f64 * h - 0.7,
        );
        let lost = if *gone > 0 { format!("\n{} diverged", fixed(*gone as f64, 0)) } else { String::new() };
        match mean(values) {
            Some(mean) => {
                let fill = color::sequential(tone.at(mean));
                canvas.tip(format!("{}: {}\n{}{lost}", tone.name, short(mean, 4), count(values.len(), "trial")));
                canvas.fill(cell, fill, 1.0);
                if text {
                    let style = Text::new(SIZE, fill.contrast()).align(Align::Middle);
                    canvas.text_middle(cell.center(), &written.text(mean), style);
                }
            }
            None if *gone > 0 => {
                canvas.tip(lost.trim_start());
                canvas.cross(cell.center(), 4.0, Stroke::new(color::MUTED, 1.5));
            }
            None => {}
        }
    }
}
