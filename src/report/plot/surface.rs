//! The loss around the solution, with the path of the weights.

use crate::plan::show::Draw;
use crate::record::inspect::{Inspection, Surface};

use super::super::figure::contour::Grid;
use super::super::figure::number::short;
use super::super::figure::{Axis, Canvas, Color, Panel, Rect, Scale, Stroke, label};
use super::{Drawing, Input, bands, count, tall, tiles};

/// Bands of loss.
const BANDS: usize = 14;

/// Draw the loss over two directions for each inspected model.
pub fn draw(input: &Input) -> Drawing {
    let found: Vec<(&str, &Surface)> = input
        .inspected()
        .filter_map(|(label, i)| match i {
            Inspection::Surface(s) => Some((label, s)),
            _ => None,
        })
        .filter(|(_, s)| s.x.len() > 1 && s.y.len() > 1 && s.loss.len() == s.x.len() * s.y.len())
        .collect();
    let all: Vec<f64> = found.iter().flat_map(|(_, s)| &s.loss).copied().collect();
    // One scale for all, so that colours can be compared.
    let Some(tones) = bands::axis("loss", &all) else {
        let named = matches!(input.plot.draw, Draw::Surface(Some(_)));
        return input.nothing(if named { "no model that has these directions" } else { "no model to look into" });
    };
    let (columns, rows) = tiles(found.len());
    let path = found.iter().any(|(_, s)| s.path.len() > 1);
    let notes: Vec<String> =
        path.then(|| "Line: the weights over the epochs, from the ring to the disc.".to_string()).into_iter().collect();
    let (figure, main, side) = input.figure(&notes, tall(columns, rows), label::bar_room(&tones));
    let mut alt = format!("{}.", input.title);
    for ((name, surface), area) in found.iter().zip(main.split(columns, rows, 20.0)) {
        panel(&figure.canvas, area, if found.len() > 1 { name } else { "" }, surface, &tones);
        let (low, high) = range(&surface.loss);
        alt += &format!(
            " {name}: loss from {} to {} over {} and {}, a path of {}.",
            short(low, 3),
            short(high, 3),
            surface.directions[0],
            surface.directions[1],
            count(surface.path.len(), "point")
        );
    }
    label::bar(&figure.canvas, side, &tones, |share| bands::tone(share, BANDS));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
}

fn panel(canvas: &Canvas, area: Rect, heading: &str, s: &Surface, tones: &Axis) {
    let x = Axis::between(s.directions[0].clone(), Scale::Linear, s.x[0], s.x[s.x.len() - 1]);
    let y = Axis::between(s.directions[1].clone(), Scale::Linear, s.y[0], s.y[s.y.len() - 1]);
    let panel = Panel::new(canvas, area, heading, x, y);
    let grid = Grid { x: s.x.clone(), y: s.y.clone(), values: s.loss.clone() };
    canvas.clip(panel.frame);
    bands::paint(canvas, &panel, &grid, tones, BANDS);
    let path: Vec<(f64, f64)> = s.path.iter().map(|p| panel.at(p.0, p.1)).collect();
    let (black, white) = (Color(0x10, 0x12, 0x14), Color(0xfe, 0xfe, 0xfe));
    if let (Some(first), Some(last)) = (path.first(), path.last()) {
        canvas.line(&path, Stroke::new(black, 3.4).alpha(0.65));
        canvas.line(&path, Stroke::new(white, 1.7));
        if path.len() <= 80 {
            for (i, p) in path.iter().enumerate() {
                canvas.tip(format!("after epoch {i}"));
                canvas.dot(*p, 2.3, white, 1.0);
            }
        }
        canvas.ring(*first, 5.0, Stroke::new(black, 3.6));
        canvas.ring(*first, 5.0, Stroke::new(white, 1.8));
        canvas.dot(*last, 5.4, black, 1.0);
        canvas.dot(*last, 4.0, white, 1.0);
    }
    canvas.end();
}
