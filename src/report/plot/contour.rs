//! A smooth surface of a measure over two hyperparameters, from trials anywhere in their plane.

use crate::kernel::math::{exp, powf};
use crate::plan::metric::Measure;

use super::super::figure::contour::Grid;
use super::super::figure::number::short;
use super::super::figure::{Color, Panel, Stroke, color, label};
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::{Drawing, Input, bands, count};

/// With fewer trials there is no surface.
const FEWEST: usize = 4;
/// Points of the grid a side.
const POINTS: usize = 56;

/// The value at a place by local linear regression with Gaussian weights (Fan & Gijbels 1996); NaN where no trial is near.
/// All places from 0 to 1.
fn smooth(points: &[(f64, f64, f64)], x: f64, y: f64, width: f64) -> f64 {
    // Normal equations of v ≈ a + b·dx + c·dy, with a little ridge on the slopes so that points on a line are no trouble.
    let (mut s, mut t) = ([0.0f64; 6], [0.0f64; 3]);
    let mut nearest = f64::INFINITY;
    for (px, py, v) in points {
        let (dx, dy) = (px - x, py - y);
        let distance = dx * dx + dy * dy;
        nearest = nearest.min(distance);
        let w = exp(-0.5 * distance / (width * width));
        s[0] += w;
        s[1] += w * dx;
        s[2] += w * dy;
        s[3] += w * dx * dx;
        s[4] += w * dx * dy;
        s[5] += w * dy * dy;
        t[0] += w * v;
        t[1] += w * v * dx;
        t[2] += w * v * dy;
    }
    if nearest > (2.0 * width) * (2.0 * width) || s[0] < 1e-9 {
        return f64::NAN;
    }
    let ridge = 0.02 * s[0] * width * width;
    let [s0, s1, s2, s3, s4, s5] = [s[0], s[1], s[2], s[3] + ridge, s[4], s[5] + ridge];
    let determinant = s0 * (s3 * s5 - s4 * s4) - s1 * (s1 * s5 - s4 * s2) + s2 * (s1 * s4 - s3 * s2);
    (t[0] * (s3 * s5 - s4 * s4) - s1 * (t[1] * s5 - s4 * t[2]) + s2 * (t[1] * s4 - s3 * t[2])) / determinant
}

/// Draw bands of the smoothed measure with the trials on them.
pub fn draw(input: &Input, x: &str, y: &str, m: &Measure) -> Drawing {
    let (mx, my) = (Measure::Setting(x.into()), Measure::Setting(y.into()));
    let (across, up) = (axis(&mx, &input.cases), axis(&my, &input.cases));
    let tone = axis(m, &input.cases);
    let mut points = Vec::new();
    let mut crosses = Vec::new();
    for case in &input.cases {
        if let (Some(a), Some(b)) = (place(&mx, case, &across.scale), place(&my, case, &up.scale)) {
            let at = (beside(a, case.trial.index, &across.scale), beside(b, case.trial.index, &up.scale));
            match place(m, case, &tone.scale) {
                Some(v) => points.push((across.at(at.0), up.at(at.1), tone.at(v), case, v)),
                None if lost(case) => crosses.push((across.at(at.0), up.at(at.1), case)),
                None => {}
            }
        }
    }
    if points.is_empty() {
        return input.empty(&format!("{x}, {y} and {}", name::measure(m)));
    }
    if points.len() < FEWEST {
        return input.nothing(&format!("{}: a surface takes at least {FEWEST}", count(points.len(), "trial")));
    }
    // Trials that diverged count as no better than the worst, so that the surface does not promise what is not there.
    let worst = match m.direction() {
        Some(crate::plan::metric::Direction::Maximize) => f64::min,
        _ => f64::max,
    };
    let bad = points.iter().map(|p| p.2).reduce(worst).unwrap_or(0.0);
    let mut data: Vec<(f64, f64, f64)> = points.iter().map(|p| (p.0, p.1, p.2)).collect();
    data.extend(crosses.iter().map(|c| (c.0, c.1, bad)));
    let width = (0.42 * powf(data.len() as f64, -1.0 / 6.0)).clamp(0.06, 0.3);
    let places: Vec<f64> = (0..POINTS).map(|i| i as f64 / (POINTS - 1) as f64).collect();
    let values: Vec<f64> = places
        .iter()
        .flat_map(|b| places.iter().map(move |a| (*a, *b)))
        .map(|(a, b)| smooth(&data, a, b, width))
        .map(|share| tone.value(share))
        .collect();
    let grid = Grid {
        x: places.iter().map(|p| across.value(*p)).collect(),
        y: places.iter().map(|p| up.value(*p)).collect(),
        values,
    };
    let Some(tones) = bands::axis(&name::measure(m), &grid.values) else {
        return input.empty("values near each other");
    };
    let mut notes =
        vec![format!("Smoothed over {} (local linear regression). Dots: trials.", count(points.len(), "trial"))];
    if !crosses.is_empty() {
        notes[0].pop();
        notes[0] += &format!("; crosses: {} that diverged, counted as the worst.", crosses.len());
    }
    let (figure, main, mut side) = input.figure(&notes, 540, label::bar_room(&tones));
    let canvas = &figure.canvas;
    let panel = Panel::new(canvas, main, "", across, up);
    let f = panel.frame;
    canvas.clip(f);
    bands::paint(canvas, &panel, &grid, &tones, 12);
    canvas.end();
    let at = |a: f64, b: f64| (f.left + a * f.width(), f.bottom - b * f.height());
    let (black, white) = (Color(0x10, 0x12, 0x14), Color(0xfe, 0xfe, 0xfe));
    for (a, b, _, case, v) in points.iter().step_by(data.len().div_ceil(300)) {
        canvas.tip(format!("{}\n{m}: {}", name::trial(case.trial), short(*v, 4)));
        canvas.dot(at(*a, *b), 3.4, white, 0.95);
        canvas.dot(at(*a, *b), 2.3, black, 1.0);
    }
    for (a, b, case) in crosses.iter().step_by(data.len().div_ceil(300)) {
        canvas.tip(format!("{}\ndiverged", name::trial(case.trial)));
        canvas.cross(at(*a, *b), 3.6, Stroke::new(white, 3.0));
        canvas.cross(at(*a, *b), 3.2, Stroke::new(black, 1.4));
    }
    side.top = f.top;
    label::bar(canvas, side, &tones, |share| color::sequential(((share * 12.0).floor().min(11.0) + 0.5) / 12.0));
    let (low, high) = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.4), h.max(p.4)));
    let alt = format!(
        "{}. {} with values from {} to {}.",
        input.title,
        count(points.len(), "trial"),
        short(low, 3),
        short(high, 3)
    );
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

#[cfg(test)]
mod tests {
    use super::smooth;

    #[test]
    fn a_plane_stays_a_plane() {
        let plane = |x: f64, y: f64| 1.0 + 2.0 * x - 3.0 * y;
        let points: Vec<(f64, f64, f64)> = (0..100)
            .map(|i| (f64::from(i % 10) / 9.0, f64::from(i / 10) / 9.0))
            .map(|(x, y)| (x, y, plane(x, y)))
            .collect();
        // The ridge bends slopes by about 2 %, which moves values only where the points around are lopsided.
        for (x, y) in [(0.5, 0.5), (0.3, 0.7)] {
            assert!((smooth(&points, x, y, 0.15) - plane(x, y)).abs() < 0.01);
        }
        assert!((smooth(&points, 0.0, 1.0, 0.15) - plane(0.0, 1.0)).abs() < 0.06);
        assert!(smooth(&points, 3.0, 3.0, 0.15).is_nan());
    }
}
