//! Bands of colour between level lines: the ground of contour and surface.

use super::super::figure::canvas::simplified;
use super::super::figure::contour::Grid;
use super::super::figure::{Axis, Canvas, Panel, Scale, Stroke, color};

/// Levels between the lowest and highest value of a grid, even on an axis for them.
pub fn levels(axis: &Axis, count: usize) -> Vec<f64> {
    (1..count).map(|i| axis.value(i as f64 / count as f64)).collect()
}

/// An axis for the values of a grid: by logarithm where they span more than a decade and a half above zero.
pub fn axis(name: &str, values: &[f64]) -> Option<Axis> {
    let (low, high) = values
        .iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    if low > high {
        return None;
    }
    let scale = if low > 0.0 && high / low > 30.0 { Scale::Log } else { Scale::Linear };
    // What differs by rounding only is flat.
    let flat = high - low <= 1e-9 * high.abs().max(low.abs());
    Some(if !flat { Axis::between(name, scale, low, high) } else { Axis::over(name, scale, [low]) })
}

/// The colour of the band at a part of the axis.
pub fn tone(share: f64, count: usize) -> color::Color {
    let band = (share * count as f64).floor().clamp(0.0, count as f64 - 1.0);
    color::sequential((band + 0.5) / count as f64)
}

/// Paint where the grid has values: lowest bands first, each higher one over them; then the lines between. The grid's places are values of
/// the panel's axes.
pub fn paint(canvas: &Canvas, panel: &Panel, grid: &Grid, axis: &Axis, count: usize) {
    let place = |rings: Vec<Vec<(f64, f64)>>| -> Vec<Vec<(f64, f64)>> {
        rings.into_iter().map(|r| r.into_iter().map(|(x, y)| panel.at(x, y)).collect()).collect()
    };
    let levels = levels(axis, count);
    let below = place(grid.rings(f64::MIN));
    if !below.is_empty() {
        canvas.rings(&below, color::sequential(0.5 / count as f64), 1.0);
    }
    for (i, level) in levels.iter().enumerate() {
        let rings = place(grid.rings(*level));
        if !rings.is_empty() {
            canvas.rings(&rings, color::sequential((i as f64 + 1.5) / count as f64), 1.0);
        }
    }
    for level in &levels {
        for line in place(grid.lines(*level)) {
            canvas.line(&simplified(&line), Stroke::new(color::Color(0xfe, 0xfe, 0xfe), 0.6).alpha(0.5));
        }
    }
}
