//! A box a group: median, quartiles, whiskers to the last value within 1.5 box lengths (Tukey 1977), and the values themselves.

use crate::plan::metric::Measure;
use crate::stats::measure::{lost, measure_seeds};

use super::super::figure::number::short;
use super::super::figure::{Axis, Panel, Rect, Scale, Stroke, color};
use super::super::group::Group;
use super::super::name;
use super::curves::color_of;
use super::line::quantile;
use super::measure_axis::{axis, place};
use super::{Drawing, Input, count};

/// One value a trial, or one a seed where there is a single trial.
fn values(group: &Group, m: &Measure, scale: &Scale) -> Vec<(f64, String)> {
    match group.cases.as_slice() {
        [one] if one.trial.runs.len() > 1 && !matches!(m, Measure::Setting(_)) => {
            let seeds = one.trial.runs.iter().zip(measure_seeds(one.trial, m)).filter(|(r, _)| !lost(r));
            seeds
                .filter_map(|(r, v)| Some((v?.value, format!("seed {}", r.repetition + 1))))
                .filter(|(v, _)| scale.has(*v))
                .collect()
        }
        many => many.iter().filter_map(|c| Some((place(m, c, scale)?, name::trial(c.trial)))).collect(),
    }
}

/// Draw boxes side by side, lying, so that names have room.
pub fn draw(input: &Input, m: &Measure) -> Drawing {
    let mut x = axis(m, &input.cases);
    let groups = input.groups();
    let found: Vec<Vec<(f64, String)>> = groups.groups.iter().map(|g| values(g, m, &x.scale)).collect();
    let all: Vec<f64> = found.iter().flatten().map(|v| v.0).collect();
    if all.is_empty() {
        return input.empty(&name::measure(m));
    }
    x = Axis::over(x.name.clone(), x.scale, all.iter().copied());
    let n = found.len();
    // The first group stands at the top.
    let names: Vec<String> =
        groups.groups.iter().zip(&found).rev().map(|(g, v)| format!("{} ({})", g.name, v.len())).collect();
    let height = 170 + 62 * n.clamp(1, 4) as u32 + 34 * n.saturating_sub(4) as u32;
    let seeds = groups.groups.iter().all(|g| g.cases.len() == 1);
    let what = if seeds { "seed" } else { "trial" };
    let notes = [format!(
        "Box: quartiles and median; whiskers: to the last value within 1.5 box lengths; dots: {what}s; (n): how many."
    )];
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let y = Axis::over(groups.heading.clone(), Scale::Names(names), []);
    let panel = Panel::new(&figure.canvas, main, "", x, y);
    let slot = panel.frame.height() / n as f64;
    let half = (slot * 0.32).min(22.0);
    let mut parts = Vec::new();
    for (g, found) in found.iter().enumerate() {
        let mut sorted: Vec<f64> = found.iter().map(|v| v.0).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            continue;
        }
        let tone = if n == 1 { color::group(0) } else { color_of(&groups.ordered, g, n) };
        let (q1, q2, q3) = (quantile(&sorted, 0.25), quantile(&sorted, 0.5), quantile(&sorted, 0.75));
        let reach = 1.5 * (q3 - q1);
        // Between few values a quartile may lie beyond the last value that is near: no whisker goes into the box.
        let low = sorted.iter().copied().find(|v| *v >= q1 - reach).unwrap_or(q1).min(q1);
        let high = sorted.iter().rev().copied().find(|v| *v <= q3 + reach).unwrap_or(q3).max(q3);
        let at = |v: f64| panel.at(v, (n - 1 - g) as f64);
        let (middle, y) = at(q2);
        let canvas = &figure.canvas;
        if sorted.len() > 1 {
            for (a, b) in [(low, q1), (q3, high)] {
                canvas.line(&[at(a), at(b)], Stroke::new(tone, 1.4));
            }
            for end in [low, high] {
                canvas.line(&[(at(end).0, y - half * 0.5), (at(end).0, y + half * 0.5)], Stroke::new(tone, 1.4));
            }
            let body = Rect::new(at(q1).0, y - half, at(q3).0, y + half);
            canvas.tip(format!(
                "{}\nmedian {}\nquartiles {} and {}",
                groups.groups[g].name,
                short(q2, 4),
                short(q1, 4),
                short(q3, 4)
            ));
            canvas.fill(body, tone, 0.2);
            canvas.frame(body, Stroke::new(tone, 1.4));
            canvas.line(&[(middle, y - half), (middle, y + half)], Stroke::new(tone, 2.6));
        }
        let stride = found.len().div_ceil(400);
        for (i, (v, tell)) in found.iter().enumerate().step_by(stride) {
            // Up and down by the golden ratio, the same for the same trial.
            let aside = ((i as f64 * 0.618_033_988_749_895).fract() - 0.5) * half * 1.1;
            canvas.tip(format!("{tell}: {}", short(*v, 4)));
            canvas.dot((at(*v).0, y + aside), 2.4, tone, 0.55);
        }
        parts.push(format!("{} {}", groups.groups[g].name, short(q2, 3)));
    }
    let alt = format!("{}. Medians: {}; {}.", input.title, parts.join(", "), count(all.len(), "value"));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
