//! What layers do over the epochs: the spread of their outputs, and the size of their gradients.

use crate::record::{LayerSpread, Run};
use crate::stats::select::ranked;

use super::super::figure::number::short;
use super::super::figure::{Axis, Canvas, Color, Dash, Panel, Rect, Scale, Stroke, color, label};
use super::{Drawing, HEIGHT, Input, count, tall, tiles};

/// The most panels of one picture.
const PANELS: usize = 12;
/// The most groups side by side.
const COLUMNS: usize = 4;

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

/// Draw quantile bands of a layer's output (all layers when `None`): a column a group, a panel a layer in it, in the order of the group's own
/// network.
pub fn activations(input: &Input, layer: Option<u32>) -> Drawing {
    let wanted = |s: &&LayerSpread| {
        !s.quantiles.is_empty()
            && layer.is_none_or(|place| s.layer.split(' ').next() == Some(place.to_string().as_str()))
    };
    let models = models(input, |r| r.activations.iter().any(|a| !a.quantiles.is_empty()));
    let mut stacks: Vec<(&str, Vec<&LayerSpread>)> =
        models.iter().map(|(name, run)| (name.as_str(), run.activations.iter().filter(wanted).collect())).collect();
    stacks.retain(|s| !s.1.is_empty());
    if stacks.is_empty() {
        return input.empty(
            &layer.map_or("recorded activations".to_string(), |l| format!("recorded activations of layer {l}")),
        );
    }
    // One layer each stand in rows like other panels; several stand under each other.
    let single = stacks.iter().all(|s| s.1.len() == 1);
    let apart = stacks.len() > 1;
    let mut notes = vec![
        "Bands: 5 to 95 % and 25 to 75 % of the layer's outputs over the same examples. Line: median.".to_string(),
    ];
    let deepest = stacks.iter().map(|s| s.1.len()).max().unwrap_or(1);
    if !single {
        let groups = stacks.len().saturating_sub(COLUMNS);
        stacks.truncate(COLUMNS);
        let layers = deepest.saturating_sub(PANELS / stacks.len());
        stacks.iter_mut().for_each(|s| s.1.truncate(deepest - layers));
        let left_out = [(groups, "more group"), (layers, "more layer")];
        let left_out: Vec<String> = left_out.iter().filter(|l| l.0 > 0).map(|(n, what)| count(*n, what)).collect();
        if !left_out.is_empty() {
            notes.push(format!("No room for {}.", left_out.join(" and ")));
        }
    }
    let deepest = stacks.iter().map(|s| s.1.len()).max().unwrap_or(1);
    let (columns, rows) = match (apart, single) {
        (true, false) => (stacks.len(), deepest),
        (true, true) => tiles(stacks.len()),
        _ => tiles(deepest),
    };
    let height = if rows * columns == 1 { HEIGHT } else { 120 + (210 + if apart { 15 } else { 0 }) * rows as u32 };
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let areas = main.split(columns, rows, 16.0);
    let mut alt = format!("{}.", input.title);
    for (m, (name, stack)) in stacks.iter().enumerate() {
        for (l, spread) in stack.iter().enumerate() {
            let at = match (apart, single) {
                (true, false) => l * columns + m,
                (true, true) => m,
                _ => l,
            };
            let what = format!("layer {}", spread.layer);
            let heading = if apart { *name } else { what.as_str() };
            // One scale for the same layer of all groups, so that they can be compared.
            let alike = stacks.iter().flat_map(|s| &s.1).filter(|s| s.layer == spread.layer);
            let values = alike.flat_map(|s| &s.quantiles).flat_map(|q| [q[0], q[4]]).filter(|v| v.is_finite());
            let y = Axis::over(if apart { what.as_str() } else { "" }, Scale::Linear, values);
            let last = spread.quantiles.len().saturating_sub(1);
            let below =
                if apart && !single { l + 1 < stack.len() } else { at + columns < stacks.len().max(stack.len()) };
            let x = if last > 0 {
                Axis::between("epoch", Scale::Whole, 0.0, last as f64)
            } else {
                Axis::over("epoch", Scale::Whole, [0.0])
            };
            let x = if below { x.unnamed() } else { x };
            let panel = Panel::new(&figure.canvas, areas[at], heading, x, y);
            bands(&figure.canvas, &panel, spread, color::group(if apart { m } else { 0 }));
            if let (Some(first), Some(end), true) = (spread.quantiles.first(), spread.quantiles.last(), alt.len() < 600)
            {
                let whose = if apart { format!("{name}, ") } else { String::new() };
                alt += &format!(
                    " {whose}{what}: 5 to 95 % from {} … {} to {} … {}.",
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

fn bands(canvas: &Canvas, panel: &Panel, spread: &LayerSpread, tone: Color) {
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
    let models = models(input, |r| r.gradients.iter().any(|g| g.norm.iter().any(|v| v.is_finite() && *v > 0.0)));
    let mut layers: Vec<String> = Vec::new();
    for norm in models.iter().flat_map(|(_, r)| &r.gradients) {
        if !layers.contains(&norm.layer) {
            layers.push(norm.layer.clone());
        }
    }
    if layers.is_empty() {
        return input.empty("recorded gradients");
    }
    // Networks that differ bring theirs one after another; by their places they run from the input to the output.
    let place = |layer: &String| layer.split(' ').next().and_then(|p| p.parse().ok()).unwrap_or(u32::MAX);
    layers.sort_by_key(place);
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
            key: label::Key::Line(Dash::Solid),
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
    let (columns, rows) = tiles(models.len());
    let height = if columns == 1 { HEIGHT } else { tall(columns, rows) };
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
