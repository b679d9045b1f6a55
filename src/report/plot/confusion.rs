//! Truth against prediction.

use crate::record::inspect::{Confusion, Inspection};

use super::super::figure::number::fixed;
use super::super::figure::{Align, Axis, Canvas, Panel, Rect, Scale, Text, color, font};
use super::{Drawing, Input};

/// Draw a matrix for each inspected model: rows are the truth, shades the share of a row.
pub fn draw(input: &Input) -> Drawing {
    let found: Vec<(&str, &Confusion)> = input
        .inspected()
        .filter_map(|(label, i)| match i {
            Inspection::Confusion(c) => Some((label, c)),
            _ => None,
        })
        .filter(|(_, c)| !c.classes.is_empty() && c.counts.len() == c.classes.len())
        .filter(|(_, c)| c.counts.iter().all(|row| row.len() == c.classes.len()))
        .collect();
    let Some((_, first)) = found.first() else { return input.nothing("no model to look into") };
    let classes = first.classes.len();
    let columns = if found.len() > 4 && classes <= 5 { 3 } else { found.len().min(2) };
    let rows = found.len().div_ceil(columns);
    let height = if columns == 1 {
        (190 + 44 * classes as u32).clamp(320, 720)
    } else {
        110 + [370, 270][columns - 2] * rows as u32
    };
    let notes = ["Shade: share of the row's examples. Numbers: examples.".to_string()];
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let mut alt = format!("{}.", input.title);
    for ((name, confusion), area) in found.iter().zip(main.split(columns, rows, 24.0)) {
        let all: u64 = confusion.counts.iter().flatten().sum();
        let right: u64 = confusion.counts.iter().enumerate().map(|(i, row)| row[i]).sum();
        let share = fixed(100.0 * right as f64 / all.max(1) as f64, 1);
        let told = format!("{}: {share} % of {all} right", confusion.set);
        let heading = if found.len() > 1 {
            let room = area.width() - font::width(&format!(" ({told})"), 13.0, true);
            format!("{} ({told})", font::shorten(name, 13.0, true, room))
        } else {
            told.clone()
        };
        panel(&figure.canvas, area, &heading, confusion);
        alt += &format!(" {name}, {told}");
        if let Some((truth, said, n)) = worst(confusion) {
            alt +=
                &format!("; most often {} was taken for {} ({n})", confusion.classes[truth], confusion.classes[said]);
        }
        alt.push('.');
    }
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// The most frequent mistake.
fn worst(c: &Confusion) -> Option<(usize, usize, u64)> {
    let wrong = c.counts.iter().enumerate().flat_map(|(t, row)| row.iter().enumerate().map(move |(p, n)| (t, p, *n)));
    wrong.filter(|(t, p, n)| t != p && *n > 0).max_by_key(|(t, p, n)| (*n, std::cmp::Reverse((*t, *p))))
}

fn panel(canvas: &Canvas, area: Rect, heading: &str, c: &Confusion) {
    let k = c.classes.len();
    // The first class stands at the top.
    let up: Vec<String> = c.classes.iter().rev().cloned().collect();
    let x = Axis::over("predicted", Scale::Names(c.classes.clone()), []);
    let panel = Panel::new(canvas, area, heading, x, Axis::over("truth", Scale::Names(up), []));
    let f = panel.frame;
    let (w, h) = (f.width() / k as f64, f.height() / k as f64);
    for (t, row) in c.counts.iter().enumerate() {
        let all = row.iter().sum::<u64>().max(1);
        for (p, n) in row.iter().enumerate() {
            let cell = Rect::new(
                f.left + p as f64 * w + 0.7,
                f.top + t as f64 * h + 0.7,
                f.left + (p as f64 + 1.0) * w - 0.7,
                f.top + (t as f64 + 1.0) * h - 0.7,
            );
            let share = *n as f64 / all as f64;
            canvas.tip(format!("{} taken for {}: {n} ({} %)", c.classes[t], c.classes[p], fixed(100.0 * share, 1)));
            // Mistakes in another colour than what is right, and never so pale that one is missed.
            let tone = if t == p { color::group(0) } else { color::group(1) };
            // Never so deep that ink does not read on it, on a light page or a dark one.
            canvas.fill(cell, if *n > 0 { tone } else { color::GRID }, if *n > 0 { 0.12 + 0.43 * share } else { 0.35 });
            if *n > 0 && w > 24.0 && h > 15.0 {
                canvas.text_middle(cell.center(), &n.to_string(), Text::new(12.0, color::INK).align(Align::Middle));
            }
        }
    }
}
