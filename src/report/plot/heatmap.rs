//! The mean of a measure over cells of two hyperparameters.

use std::collections::BTreeMap;

use crate::plan::metric::Measure;

use super::super::figure::number::{decimals_for, fixed, short};
use super::super::figure::{Align, Axis, Panel, Rect, Scale, Stroke, Text, color, font, label};
use super::super::group::Case;
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::lost;
use super::{Drawing, Input, count};

/// More values of a number than this are put into bins of its scale.
const VALUES: usize = 10;
/// So many bins.
const BINS: usize = 8;

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

/// Draw the map.
pub fn draw(input: &Input, x: &str, y: &str, m: &Measure) -> Drawing {
    let (across, up) = (Side::new(x, &input.cases), Side::new(y, &input.cases));
    let scale = axis(m, &input.cases).scale;
    let mut cells: BTreeMap<(usize, usize), (Vec<f64>, usize)> = BTreeMap::new();
    for case in &input.cases {
        if let (Some(i), Some(j)) = (across.cell(case), up.cell(case)) {
            let cell = cells.entry((i, j)).or_default();
            match place(m, case, &scale) {
                Some(v) => cell.0.push(v),
                None => cell.1 += usize::from(lost(case)),
            }
        }
    }
    let means: BTreeMap<(usize, usize), f64> = cells
        .iter()
        .filter(|(_, c)| !c.0.is_empty())
        .map(|(at, c)| (*at, c.0.iter().sum::<f64>() / c.0.len() as f64))
        .collect();
    if means.is_empty() {
        return input.empty(&format!("{x}, {y} and {}", name::measure(m)));
    }
    let tone = Axis::over(name::measure(m), scale, means.values().copied());
    let trials: usize = cells.values().map(|c| c.0.len()).sum();
    let mut notes = vec![format!("A cell is the mean of its trials ({} in all).", count(trials, "trial"))];
    if cells.values().any(|c| c.0.is_empty() && c.1 > 0) {
        notes.push("Cross: all of the cell's trials diverged.".into());
    }
    let (figure, main, mut side) = input.figure(&notes, 540, label::bar_room(&tone));
    let (columns, rows) = (across.cells(), up.cells());
    let panel = Panel::new(&figure.canvas, main, "", across.axis, up.axis);
    let f = panel.frame;
    let (w, h) = (f.width() / columns as f64, f.height() / rows as f64);
    let (low, high) = means.values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let whole = means.values().all(|v| v.fract() == 0.0);
    let decimals = if whole { 0 } else { decimals_for((high - low) / 12.0).min(4) };
    let written = |v: f64| if v.abs() >= 1e5 { short(v, 3) } else { fixed(v, decimals) };
    let widest = means.values().map(|v| font::width(&written(*v), 12.0, false)).fold(0.0, f64::max);
    let text = w > widest + 6.0 && h > 18.0;
    let canvas = &figure.canvas;
    for ((i, j), (values, gone)) in &cells {
        let cell = Rect::new(
            f.left + *i as f64 * w + 0.7,
            f.bottom - (*j as f64 + 1.0) * h + 0.7,
            f.left + (*i as f64 + 1.0) * w - 0.7,
            f.bottom - *j as f64 * h - 0.7,
        );
        match means.get(&(*i, *j)) {
            Some(mean) => {
                let fill = color::sequential(tone.at(*mean));
                let lost = if *gone > 0 { format!(", {gone} diverged") } else { String::new() };
                canvas.tip(format!(
                    "{}: {}\n{}{lost}",
                    name::measure(m),
                    short(*mean, 4),
                    count(values.len(), "trial")
                ));
                canvas.fill(cell, fill, 1.0);
                if text {
                    canvas.text_middle(
                        cell.center(),
                        &written(*mean),
                        Text::new(12.0, fill.contrast()).align(Align::Middle),
                    );
                }
            }
            None if *gone > 0 => canvas.cross(cell.center(), 4.0, Stroke::new(color::MUTED, 1.5)),
            None => {}
        }
    }
    side.top = f.top;
    label::number_bar(canvas, side, &tone);
    let alt = format!(
        "{}. {} of {columns} by {rows}; means from {} to {}.",
        input.title,
        count(means.len(), "cell"),
        short(low, 3),
        short(high, 3)
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
