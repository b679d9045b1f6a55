//! How a measure is spread over the trials: a panel a group, all with the same bins.

use crate::plan::metric::Measure;

use super::super::figure::number::short;
use super::super::figure::{Axis, Panel, Rect, Scale, Stroke, color};
use super::super::name;
use super::curves::color_of;
use super::line::quantile;
use super::measure_axis::{axis, place};
use super::{Drawing, HEIGHT, Input, count};

/// Bins for so many values (Sturges 1926), a few more where there are many.
fn bins(values: usize) -> usize {
    let mut bins = 1;
    while 1 << (bins - 1) < values.max(2) {
        bins += 1;
    }
    (bins + values / 40).clamp(5, 40)
}

/// Draw a histogram a group.
pub fn draw(input: &Input, m: &Measure) -> Drawing {
    let x = axis(m, &input.cases);
    let groups = input.groups();
    let values: Vec<Vec<f64>> = groups
        .groups
        .iter()
        .map(|g| {
            let mut values: Vec<f64> = g.cases.iter().filter_map(|c| place(m, c, &x.scale)).collect();
            values.sort_by(f64::total_cmp);
            values
        })
        .collect();
    let total: usize = values.iter().map(Vec::len).sum();
    if total == 0 {
        return input.empty(&name::measure(m));
    }
    let (low, high) =
        values.iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    // The bins reach exactly from the least to the largest value.
    let named = matches!(x.scale, Scale::Names(_));
    let x = if named || low == high { x } else { Axis::between(x.name.clone(), x.scale, low, high) };
    let bins = match &x.scale {
        Scale::Names(names) => names.len(),
        // An odd number, so that a single value stands in the middle of its bin.
        _ if low == high => 5,
        _ => bins(total),
    };
    let bin = |v: f64| ((x.at(v) * bins as f64).max(0.0) as usize).min(bins - 1);
    let counted: Vec<Vec<usize>> = values
        .iter()
        .map(|values| {
            let mut counts = vec![0; bins];
            values.iter().for_each(|v| counts[bin(*v)] += 1);
            counts
        })
        .collect();
    let most = counted.iter().flatten().copied().max().unwrap_or(1);

    let n = values.len();
    let columns = [1, 1, 1, 1, 2, 2, 2, 3][n.min(7)];
    let rows = n.div_ceil(columns);
    let height = if rows == 1 { HEIGHT } else { 110 + rows as u32 * 190 };
    let lost = input.cases.len() - total;
    let lost = if lost > 0 { format!("; {} without a value", count(lost, "trial")) } else { String::new() };
    let median = if named { "" } else { " Upright line: median." };
    let notes = [format!("{}{lost}.{median}", count(total, "trial"))];
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    for (g, area) in (0..n).zip(main.split(columns, rows, 16.0)) {
        let heading = if n == 1 { String::new() } else { format!("{} ({})", groups.groups[g].name, values[g].len()) };
        let y = Axis::over("trials", Scale::Whole, [0.0, most as f64]).from_zero();
        let mut across = x.clone();
        if g / columns + 1 < rows && g + columns < n {
            across = across.unnamed();
        }
        let panel = Panel::new(&figure.canvas, area, &heading, across, y);
        let f = panel.frame;
        let tone = if n == 1 { color::group(0) } else { color_of(&groups.ordered, g, n) };
        for (i, tall) in counted[g].iter().enumerate().filter(|(_, tall)| **tall > 0) {
            let edge = |k: usize| f.left + k as f64 / bins as f64 * f.width();
            let bar = Rect::new(edge(i) + 0.8, panel.at(0.0, *tall as f64).1, edge(i + 1) - 0.8, f.bottom);
            let range = (short(x.value(i as f64 / bins as f64), 3), short(x.value((i + 1) as f64 / bins as f64), 3));
            figure.canvas.tip(format!("{} to {}: {}", range.0, range.1, count(*tall, "trial")));
            figure.canvas.fill(bar, tone, 0.8);
        }
        if !values[g].is_empty() && !named {
            let at = panel.at(quantile(&values[g], 0.5), 0.0).0;
            figure.canvas.line(&[(at, f.top), (at, f.bottom)], Stroke::new(color::INK, 1.4));
        }
    }
    let parts: Vec<String> = groups
        .groups
        .iter()
        .zip(&values)
        .filter(|(_, v)| !v.is_empty())
        .map(|(g, v)| format!("{}: median {} of {}", g.name, short(quantile(v, 0.5), 3), count(v.len(), "trial")))
        .collect();
    let alt = format!("{}. {}.", input.title, parts.join("; "));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
