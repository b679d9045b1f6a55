//! The class that a model gives every point of the plane of two features.

use crate::record::inspect::{Boundary, Inspection};

use super::super::figure::canvas::simplified;
use super::super::figure::contour::Grid;
use super::super::figure::number::{fixed, short};
use super::super::figure::{Axis, Canvas, Panel, Rect, Scale, Stroke, color, label};
use super::{Drawing, Input, count, tall, tiles};

/// Draw the regions and points of each inspected model.
pub fn draw(input: &Input) -> Drawing {
    let found: Vec<(&str, &Boundary)> = input
        .inspected()
        .filter_map(|(label, i)| match i {
            Inspection::Boundary(b) => Some((label, b)),
            _ => None,
        })
        .filter(|(_, b)| {
            b.x.len() > 1 && b.y.len() > 1 && b.probability.len() == b.x.len() * b.y.len() * b.classes.len()
        })
        .collect();
    let Some((_, classes)) = found.iter().map(|(_, b)| (b.classes.len(), &b.classes)).max_by_key(|c| c.0) else {
        return input.nothing("no model to look into");
    };
    let entries: Vec<label::Entry> = classes
        .iter()
        .enumerate()
        .map(|(c, name)| label::Entry { name: name.clone(), color: color::group(c), key: label::Key::Mark(c) })
        .collect();
    let (columns, rows) = tiles(found.len());
    let dev = found.iter().any(|(_, b)| !b.dev.is_empty());
    let mut notes =
        vec!["Deeper colour: higher probability of the class; steps at 50, 60, 70, 80, 90, 95 and 99 %.".to_string()];
    if dev {
        notes.push("Filled marks: train. Outlined marks: dev.".into());
    }
    let (figure, main, side) = input.figure(&notes, tall(columns, rows) + 15, label::room("class", &entries));
    let mut alt = format!("{}.", input.title);
    for ((name, boundary), area) in found.iter().zip(main.split(columns, rows, 18.0)) {
        let heading = if found.len() > 1 { name } else { "" };
        panel(&figure.canvas, area, heading, boundary);
        let wrong = boundary.train.iter().filter(|p| predicted(boundary, p.0, p.1) != p.2 as usize).count();
        let right = 100.0 - 100.0 * wrong as f64 / boundary.train.len().max(1) as f64;
        alt += &format!(
            " {name}: {} regions over {} and {}; {} % of {} lie in the region of their class.",
            boundary.classes.len(),
            boundary.features[0],
            boundary.features[1],
            fixed(right, 1),
            count(boundary.train.len(), "training point")
        );
    }
    label::list(&figure.canvas, side, "class", &entries);
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// The most probable class at the grid point nearest to a place.
fn predicted(b: &Boundary, x: f64, y: f64) -> usize {
    let near = |places: &[f64], v: f64| {
        let after = places.partition_point(|p| *p < v);
        if after == 0 || (after < places.len() && places[after] - v < v - places[after - 1]) {
            after
        } else {
            after - 1
        }
    };
    let k = b.classes.len();
    let at = (near(&b.y, y).min(b.y.len() - 1) * b.x.len() + near(&b.x, x).min(b.x.len() - 1)) * k;
    (0..k).fold(0, |best, c| if b.probability[at + c] > b.probability[at + best] { c } else { best })
}

fn panel(canvas: &Canvas, area: Rect, heading: &str, b: &Boundary) {
    let k = b.classes.len();
    let x = Axis::between(b.features[0].clone(), Scale::Linear, b.x[0], b.x[b.x.len() - 1]);
    let y = Axis::between(b.features[1].clone(), Scale::Linear, b.y[0], b.y[b.y.len() - 1]);
    let panel = Panel::new(canvas, area, heading, x, y);
    let probability =
        |c: usize| -> Vec<f64> { b.probability.iter().skip(c).step_by(k).map(|p| f64::from(*p)).collect() };
    let margin = |c: usize| -> Vec<f64> {
        b.probability
            .chunks(k)
            .map(|p| {
                let other = p.iter().enumerate().filter(|(o, _)| *o != c).map(|(_, v)| *v).fold(0.0f32, f32::max);
                f64::from(p[c] - other)
            })
            .collect()
    };
    let grid = |values| Grid { x: b.x.clone(), y: b.y.clone(), values };
    let place = |rings: Vec<Vec<(f64, f64)>>| -> Vec<Vec<(f64, f64)>> {
        rings.into_iter().map(|r| r.into_iter().map(|(x, y)| panel.at(x, y)).collect()).collect()
    };
    canvas.clip(panel.frame);
    for c in 0..k {
        let rings = place(grid(margin(c)).rings(0.0));
        if !rings.is_empty() {
            canvas.rings(&rings, color::group(c), 0.14);
        }
        let values = grid(probability(c));
        for level in [0.6, 0.7, 0.8, 0.9, 0.95, 0.99] {
            let rings = place(values.rings(level));
            if !rings.is_empty() {
                canvas.rings(&rings, color::group(c), 0.08);
            }
        }
    }
    for c in 0..k {
        for line in place(grid(margin(c)).lines(0.0)) {
            canvas.line(&simplified(&line), Stroke::new(color::INK, 1.1).alpha(0.75));
        }
    }
    let radius = if b.train.len() + b.dev.len() > 600 { 2.2 } else { 3.4 };
    let marks = |points: &[(f64, f64, u32)], radius: f64| {
        for (x, y, class) in thin(points).filter(|p| p.0.is_finite() && p.1.is_finite()) {
            let class = *class as usize;
            let name = b.classes.get(class).map_or("", String::as_str);
            canvas.tip(format!("{name}: {}, {}", short(*x, 3), short(*y, 3)));
            canvas.mark(class, panel.at(*x, *y), radius, color::group(class), 1.0);
        }
        canvas.end_edges();
    };
    canvas.edges(color::PAPER, 1.0, 0.9);
    marks(&b.train, radius);
    canvas.edges(color::INK, 1.2, 0.85);
    marks(&b.dev, radius - 0.4);
    canvas.end();
}

/// At most 1,500 of the points, evenly.
fn thin(points: &[(f64, f64, u32)]) -> impl Iterator<Item = &(f64, f64, u32)> {
    points.iter().step_by(points.len().div_ceil(1500).max(1))
}
