//! A smooth surface of a measure over two hyperparameters, from trials anywhere in their plane.

use crate::kernel::math::{exp, powf};
use crate::plan::metric::{Direction, Measure};

use super::super::figure::contour::Grid;
use super::super::figure::number::{fixed, short};
use super::super::figure::{Axis, Canvas, Color, Panel, Stroke, label};
use super::super::group::{Case, Group};
use super::super::name;
use super::measure_axis::{axis, place};
use super::scatter::{beside, lost};
use super::{Drawing, Input, bands, count, tall, tiles};

/// With fewer trials there is no surface.
const FEWEST: usize = 4;
/// Points of the grid a side.
const POINTS: usize = 56;
/// Bands of values.
const BANDS: usize = 12;

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

/// The trials of a panel in the plane, from 0 to 1 along both axes.
struct Cloud<'a> {
    name: String,
    points: Vec<(f64, f64, &'a Case<'a>, f64)>,
    crosses: Vec<(f64, f64, &'a Case<'a>)>,
    /// The smoothed measure; none for too few trials.
    grid: Option<Grid>,
}

impl<'a> Cloud<'a> {
    fn new(
        group: &'a Group<'a>,
        (x, across): (&Measure, &Axis),
        (y, up): (&Measure, &Axis),
        (m, tone): (&Measure, &Axis),
    ) -> Cloud<'a> {
        let mut cloud = Cloud { name: group.name.clone(), points: vec![], crosses: vec![], grid: None };
        for case in &group.cases {
            if let (Some(a), Some(b)) = (place(x, case, &across.scale), place(y, case, &up.scale)) {
                let a = across.at(beside(a, case.trial.index, &across.scale));
                let b = up.at(beside(b, case.trial.index, &up.scale));
                match place(m, case, &tone.scale) {
                    Some(v) => cloud.points.push((a, b, case, v)),
                    None if lost(case) => cloud.crosses.push((a, b, case)),
                    None => {}
                }
            }
        }
        cloud.grid = (cloud.points.len() >= FEWEST).then(|| cloud.smoothed(m, across, up, tone));
        cloud
    }

    fn smoothed(&self, m: &Measure, across: &Axis, up: &Axis, tone: &Axis) -> Grid {
        let mut data: Vec<(f64, f64, f64)> = self.points.iter().map(|p| (p.0, p.1, tone.at(p.3))).collect();
        // Trials that diverged count as no better than the worst, so that the surface does not promise what is not there.
        let worst = if m.direction() == Some(Direction::Maximize) { f64::min } else { f64::max };
        let bad = data.iter().map(|d| d.2).reduce(worst).unwrap_or(0.0);
        // A slope that goes on beyond the trials would promise an accuracy above 1.
        let (low, high) = data.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), d| (l.min(d.2), h.max(d.2)));
        data.extend(self.crosses.iter().map(|c| (c.0, c.1, bad)));
        let width = (0.42 * powf(data.len() as f64, -1.0 / 6.0)).clamp(0.06, 0.3);
        let places: Vec<f64> = (0..POINTS).map(|i| i as f64 / (POINTS - 1) as f64).collect();
        let plane = places.iter().flat_map(|b| places.iter().map(move |a| (*a, *b)));
        let values = plane.map(|(a, b)| tone.value(smooth(&data, a, b, width).clamp(low, high))).collect();
        Grid {
            x: places.iter().map(|p| across.value(*p)).collect(),
            y: places.iter().map(|p| up.value(*p)).collect(),
            values,
        }
    }

    fn trials(&self, canvas: &Canvas, panel: &Panel, m: &Measure) {
        let f = panel.frame;
        let at = |a: f64, b: f64| (f.left + a * f.width(), f.bottom - b * f.height());
        let (black, white) = (Color(0x10, 0x12, 0x14), Color(0xfe, 0xfe, 0xfe));
        let every = (self.points.len() + self.crosses.len()).div_ceil(300).max(1);
        for (a, b, case, v) in self.points.iter().step_by(every) {
            canvas.tip(format!("{}\n{m}: {}", name::trial(case.trial), short(*v, 4)));
            canvas.dot(at(*a, *b), 3.4, white, 0.95);
            canvas.dot(at(*a, *b), 2.3, black, 1.0);
        }
        for (a, b, case) in self.crosses.iter().step_by(every) {
            canvas.tip(format!("{}\ndiverged", name::trial(case.trial)));
            canvas.cross(at(*a, *b), 3.6, Stroke::new(white, 3.0));
            canvas.cross(at(*a, *b), 3.2, Stroke::new(black, 1.4));
        }
    }
}

/// Draw bands of the smoothed measure with the trials on them, a panel an experiment or group, all with the same shades.
pub fn draw(input: &Input, x: &str, y: &str, m: &Measure) -> Drawing {
    let (mx, my) = (Measure::Setting(x.into()), Measure::Setting(y.into()));
    let (across, up) = (axis(&mx, &input.cases), axis(&my, &input.cases));
    let tone = axis(m, &input.cases);
    let groups = input.panels();
    let clouds: Vec<Cloud> = groups.iter().map(|g| Cloud::new(g, (&mx, &across), (&my, &up), (m, &tone))).collect();
    let points: usize = clouds.iter().map(|c| c.points.len()).sum();
    let crosses: usize = clouds.iter().map(|c| c.crosses.len()).sum();
    let few = |n: usize| format!("{}: a surface takes at least {FEWEST}", count(n, "trial"));
    if points == 0 {
        return input.empty(&format!("{x}, {y} and {}", name::measure(m)));
    }
    if clouds.iter().all(|c| c.grid.is_none()) {
        return input.nothing(&few(points));
    }
    let values: Vec<f64> = clouds.iter().filter_map(|c| c.grid.as_ref()).flat_map(|g| &g.values).copied().collect();
    let Some(tones) = bands::axis(&name::measure(m), &values) else {
        return input.empty("values near each other");
    };
    let mut notes = vec![format!("Smoothed over {} (local linear regression). Dots: trials.", count(points, "trial"))];
    if crosses > 0 {
        notes[0].pop();
        notes[0] += &format!("; crosses: {} that diverged, counted as the worst.", fixed(crosses as f64, 0));
    }
    let (columns, rows) = tiles(clouds.len());
    let (figure, main, mut side) = input.figure(&notes, tall(columns, rows), label::bar_room(&tones));
    side.top = main.top + 24.0;
    for (cloud, area) in clouds.iter().zip(main.split(columns, rows, 18.0)) {
        let heading = if clouds.len() > 1 { cloud.name.as_str() } else { "" };
        let panel = Panel::new(&figure.canvas, area, heading, across.clone(), up.clone());
        let Some(grid) = &cloud.grid else {
            figure.say(panel.frame, &few(cloud.points.len()));
            continue;
        };
        figure.canvas.clip(panel.frame);
        bands::paint(&figure.canvas, &panel, grid, &tones, BANDS);
        figure.canvas.end();
        cloud.trials(&figure.canvas, &panel, m);
    }
    label::bar(&figure.canvas, side, &tones, |share| bands::tone(share, BANDS));
    let values = clouds.iter().flat_map(|c| &c.points).map(|p| p.3);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let alt = format!(
        "{}. {} with values from {} to {}.",
        input.title,
        count(points, "trial"),
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
