//! What layers do over the epochs: the spread of their outputs, and the size of their gradients.

use crate::record::{LayerSpread, Run};
use crate::stats::select::ranked;

use super::super::figure::number::short;
use super::super::figure::{Axis, Panel, Rect, Scale, Stroke, color, label};
use super::{Drawing, HEIGHT, Input, count};

/// The most panels of one picture.
const PANELS: usize = 12;

/// The first run of the best trial of each group, named.
fn models<'a>(input: &'a Input, has: fn(&Run) -> bool) -> Vec<(String, &'a Run)> {
    let mut models = Vec::new();
    for group in input.groups().groups {
        let Some(first) = group.cases.first() else { continue };
        let trials: Vec<_> = group.cases.iter().map(|c| c.trial).collect();
        let run = ranked(first.study, &trials).into_iter().flat_map(|t| &t.runs).find(|r| has(r));
        models.extend(run.map(|r| (group.name.clone(), r)));
    }
    models
}

/// Draw quantile bands of a layer's output (all layers when `None`): a row of panels a layer, a column a group.
pub fn activations(input: &Input, layer: Option<u32>) -> Drawing {
    let wanted = |s: &&LayerSpread| match layer {
        Some(place) => s.layer.split(' ').next() == Some(place.to_string().as_str()),
        None => true,
    };
    let mut models = models(input, |r| r.activations.iter().any(|a| !a.quantiles.is_empty()));
    models.truncate(4);
    let mut layers: Vec<String> = Vec::new();
    for spread in models.iter().flat_map(|(_, r)| &r.activations).filter(wanted) {
        if !layers.contains(&spread.layer) && !spread.quantiles.is_empty() {
            layers.push(spread.layer.clone());
        }
    }
    if layers.is_empty() {
        return input.empty(
            &layer.map_or("recorded activations".to_string(), |l| format!("recorded activations of layer {l}")),
        );
    }
    let apart = models.len() > 1;
    let most = (PANELS / models.len()).max(1);
    let left_out = layers.len().saturating_sub(most);
    layers.truncate(most);
    let columns = if apart { models.len() } else { [1, 1, 2, 3, 2, 3, 3][layers.len().min(6)] };
    let rows = if apart { layers.len() } else { layers.len().div_ceil(columns) };
    let height = if rows * columns == 1 { HEIGHT } else { 120 + 210 * rows as u32 };
    let mut notes = vec![
        "Bands: 5 to 95 % and 25 to 75 % of the layer's outputs over the same examples. Line: median.".to_string(),
    ];
    if left_out > 0 {
        notes.push(format!("No room for {}.", count(left_out, "more layer")));
    }
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let areas = main.split(columns, rows, 16.0);
    let mut alt = format!("{}.", input.title);
    for (l, layer) in layers.iter().enumerate() {
        let spreads: Vec<Option<&LayerSpread>> =
            models.iter().map(|(_, r)| r.activations.iter().find(|a| a.layer == *layer)).collect();
        // One scale a layer, so that groups can be compared.
        let values: Vec<f64> = spreads.iter().flatten().flat_map(|s| &s.quantiles).flat_map(|q| [q[0], q[4]]).collect();
        for (m, spread) in spreads.iter().enumerate() {
            let at = if apart { l * columns + m } else { l };
            let Some(spread) = spread else { continue };
            let heading = if apart { format!("{}: layer {layer}", models[m].0) } else { format!("layer {layer}") };
            let last = spread.quantiles.len().saturating_sub(1);
            let name = if at / columns + 1 == rows { "epoch" } else { "" };
            let x = if last > 0 {
                Axis::between(name, Scale::Whole, 0.0, last as f64)
            } else {
                Axis::over(name, Scale::Whole, [0.0])
            };
            let y = Axis::over("", Scale::Linear, values.iter().copied().filter(|v| v.is_finite()));
            let panel = Panel::new(&figure.canvas, areas[at], &heading, x, y);
            bands(&figure.canvas, &panel, spread, color::group(if apart { m } else { 0 }));
            if let (Some(first), Some(end), true) = (spread.quantiles.first(), spread.quantiles.last(), alt.len() < 600)
            {
                alt += &format!(
                    " {heading}: 5 to 95 % from {} … {} to {} … {}.",
                    short(first[0], 2),
                    short(first[4], 2),
                    short(end[0], 2),
                    short(end[4], 2)
                );
            }
        }
    }
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

fn bands(
    canvas: &super::super::figure::Canvas,
    panel: &Panel,
    spread: &LayerSpread,
    tone: super::super::figure::Color,
) {
    let place = |q: usize| -> Vec<(f64, f64)> {
        spread.quantiles.iter().enumerate().map(|(e, v)| panel.at(e as f64, v[q])).collect()
    };
    let f = panel.frame;
    canvas.clip(Rect::new(f.left - 2.0, f.top, f.right + 2.0, f.bottom));
    for (low, high, alpha) in [(0, 4, 0.18), (1, 3, 0.3)] {
        let (low, high) = (place(low), place(high));
        let finite = |p: &&(f64, f64)| p.1.is_finite();
        let ring: Vec<(f64, f64)> =
            high.iter().filter(finite).chain(low.iter().rev().filter(finite)).copied().collect();
        canvas.polygon(&ring, tone, alpha);
    }
    canvas.line(&place(2), Stroke::new(tone, 1.8));
    canvas.end();
    let count = spread.quantiles.len();
    let stride = count.div_ceil(60).max(1);
    for e in (0..count).step_by(stride) {
        let q = spread.quantiles[e];
        let (x, half) = (panel.at(e as f64, 0.0).0, f.width() * stride as f64 / 2.0 / count.max(2) as f64);
        let strip = Rect::new((x - half).max(f.left), f.top, (x + half).min(f.right), f.bottom);
        canvas.hover(
            strip,
            &format!("epoch {e}\nmedian {}\n5 to 95 %: {} to {}", short(q[2], 3), short(q[0], 3), short(q[4], 3)),
        );
    }
}

/// Draw the norm of each layer's gradient over the epochs: a panel a group, a line a layer.
pub fn gradients(input: &Input) -> Drawing {
    let mut models = models(input, |r| r.gradients.iter().any(|g| g.norm.iter().any(|v| v.is_finite() && *v > 0.0)));
    models.truncate(6);
    let mut layers: Vec<String> = Vec::new();
    for norm in models.iter().flat_map(|(_, r)| &r.gradients) {
        if !layers.contains(&norm.layer) {
            layers.push(norm.layer.clone());
        }
    }
    if layers.is_empty() {
        return input.empty("recorded gradients");
    }
    let cut = layers.len().saturating_sub(PANELS);
    layers.truncate(PANELS);
    let n = layers.len();
    let shade = |l: usize| color::sequential(l as f64 / (n.max(2) - 1) as f64 * 0.88);
    let entries: Vec<label::Entry> = layers
        .iter()
        .enumerate()
        .map(|(l, name)| label::Entry {
            name: format!("layer {name}"),
            color: shade(l),
            key: label::Key::Line(super::super::figure::Dash::Solid),
        })
        .collect();
    let shown: Vec<f64> = models
        .iter()
        .flat_map(|(_, r)| &r.gradients)
        .filter(|g| layers.contains(&g.layer))
        .flat_map(|g| &g.norm)
        .copied()
        .filter(|v| v.is_finite() && *v > 0.0)
        .collect();
    let columns = [1, 1, 2, 3, 2, 3, 3][models.len().min(6)];
    let rows = models.len().div_ceil(columns);
    let height = if columns == 1 { HEIGHT } else { 120 + 270 * rows as u32 };
    let mut notes = vec![
        "Norm of the gradient, mean over the steps of an epoch; dark: near the input, bright: near the output."
            .to_string(),
    ];
    if cut > 0 {
        notes.push(format!("No room for {}.", count(cut, "more layer")));
    }
    let (figure, main, side) = input.figure(&notes, height, label::room("", &entries));
    let mut alt = format!("{}.", input.title);
    for ((name, run), area) in models.iter().zip(main.split(columns, rows, 16.0)) {
        let epochs = run.gradients.iter().map(|g| g.norm.len()).max().unwrap_or(1);
        let x = if epochs > 1 {
            Axis::between("epoch", Scale::Whole, 1.0, epochs as f64)
        } else {
            Axis::over("epoch", Scale::Whole, [1.0])
        };
        let y = Axis::over("norm of the gradient", Scale::Log, shown.iter().copied());
        let heading = if models.len() > 1 { name.as_str() } else { "" };
        let panel = Panel::new(&figure.canvas, area, heading, x, y);
        let mut ends = Vec::new();
        for (l, layer) in layers.iter().enumerate() {
            let norm = run.gradients.iter().find(|g| g.layer == *layer).map_or(&[][..], |g| &g.norm);
            let points: Vec<(f64, f64)> = norm.iter().enumerate().map(|(e, v)| panel.at(e as f64 + 1.0, *v)).collect();
            figure.canvas.tip(format!("layer {layer}"));
            figure.canvas.line(&points, Stroke::new(shade(l), 2.0));
            ends.push(points.iter().rev().find(|p| p.1.is_finite()).copied().unwrap_or((f64::NAN, f64::NAN)));
            if let (Some(first), Some(last)) = (norm.first(), norm.last()) {
                alt += &format!(" {heading} layer {layer}: {} to {}.", short(*first, 2), short(*last, 2));
            }
        }
        if models.len() == 1 {
            let f = panel.frame;
            label::at_ends(
                &figure.canvas,
                Rect::new(side.left - 10.0, f.top, side.right, f.bottom + 4.0),
                "",
                &entries,
                &ends,
            );
        }
    }
    if models.len() > 1 {
        label::list(&figure.canvas, side, "", &entries);
    }
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
