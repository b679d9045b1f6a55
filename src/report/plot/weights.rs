//! The weights of a layer: an image a unit where the input is one, else a matrix.

use crate::record::inspect::{Inspection, Weights};

use super::super::figure::number::short;
use super::super::figure::{Align, Axis, Canvas, Rect, Scale, Stroke, Text, color, font, label};
use super::{Drawing, Input, count, tall, tiles};

/// Shades from the most negative to the most positive weight.
const SHADES: usize = 21;
/// The most units that are drawn as images.
const UNITS: usize = 64;
/// Room for the name below a matrix.
const BELOW: f64 = 20.0;
/// The least height of a picture: the bar of shades has room in it.
const LOWEST: u32 = 340;
/// The most cells a side.
const SIDE: usize = 64;

/// Draw the weights of each inspected model.
pub fn draw(input: &Input) -> Drawing {
    let found: Vec<(&str, &Weights)> = input
        .inspected()
        .filter_map(|(label, i)| match i {
            Inspection::Weights(w) => Some((label, w)),
            _ => None,
        })
        .filter(|(_, w)| w.inputs > 0 && w.outputs > 0 && w.values.len() == w.inputs * w.outputs)
        .filter(|(_, w)| w.image.is_none_or(|(h, v, c)| h * v * c == w.inputs && w.inputs > 0))
        .collect();
    if found.is_empty() {
        return input.nothing("no model to look into");
    }
    // The same shade is the same weight everywhere; a few outliers do not pale the rest.
    let mut sizes: Vec<f64> =
        found.iter().flat_map(|(_, w)| &w.values).map(|v| f64::from(v.abs())).filter(|v| v.is_finite()).collect();
    sizes.sort_by(f64::total_cmp);
    let limit = sizes.get((sizes.len() * 995 / 1000).min(sizes.len().saturating_sub(1))).copied().unwrap_or(0.0);
    let limit = if limit > 0.0 { limit } else { 1.0 };
    let tones = Axis::between("weight", Scale::Linear, -limit, limit);
    let (columns, rows) = tiles(found.len());
    let cut = found.iter().any(|(_, w)| w.image.is_some() && w.outputs > UNITS);
    let images = found.iter().any(|(_, w)| w.image.is_some());
    let mut notes = Vec::new();
    if images {
        let some = if cut { format!(" The first {UNITS} are shown.") } else { String::new() };
        notes.push(format!("One image a unit: its weights over the pixels that it looks at.{some}"));
    }
    if found.iter().any(|(_, w)| w.image.is_none() && (w.inputs > SIDE || w.outputs > SIDE)) {
        notes.push("A cell stands for several weights: that of the largest size.".into());
    }
    let drawn = |height: u32| input.figure(&notes, height, label::bar_room(&tones));
    let high = tall(columns, rows) + 20;
    let (mut figure, mut main, mut side) = drawn(high);
    // What is as wide as there is room leaves some of the height.
    let left = found.iter().zip(main.split(columns, rows, 20.0)).map(|((_, w), area)| match w.image {
        Some(image) => Tiles::new(inside(area), w, image).left,
        None => inside(area).bottom - BELOW - Cells::new(inside(area), w).frame.bottom,
    });
    let left = left.fold(f64::INFINITY, f64::min) * rows as f64;
    if left > 8.0 {
        (figure, main, side) = drawn((high - left as u32).max(LOWEST));
    }
    let mut alt = format!("{}.", input.title);
    for ((name, weights), area) in found.iter().zip(main.split(columns, rows, 20.0)) {
        let heading = if found.len() > 1 {
            format!("{name}, layer {}", weights.layer)
        } else {
            format!("layer {}", weights.layer)
        };
        let shown = font::shorten(&heading, 13.0, true, area.width());
        figure.canvas.text((area.left, area.top + 12.0), &shown, Text::new(13.0, color::INK).bold());
        let area = inside(area);
        match weights.image {
            Some(image) => units(&figure.canvas, area, weights, image, limit),
            None => matrix(&figure.canvas, area, weights, limit),
        }
        alt += &format!(
            " {heading}: {} by {}, sizes up to {}.",
            count(weights.inputs, "input"),
            count(weights.outputs, "unit"),
            short(sizes.last().copied().unwrap_or(0.0), 3)
        );
    }
    side.top = main.top + 10.0;
    label::bar(&figure.canvas, side, &tones, |share| color::diverging(shade((share * 2.0 - 1.0) * limit, limit).1));
    Drawing { svg: figure.canvas.finish(&alt), alt }
}

/// The shade of a weight: its number, and its place from −1 to 1.
fn shade(v: f64, limit: f64) -> (usize, f64) {
    let at = if v.is_finite() { (v / limit).clamp(-1.0, 1.0) } else { 0.0 };
    let number = ((at + 1.0) / 2.0 * (SHADES - 1) as f64).round() as usize;
    (number, number as f64 / (SHADES - 1) as f64 * 2.0 - 1.0)
}

/// Cells of a raster as one path a shade, neighbours in a row joined.
fn raster(
    canvas: &Canvas,
    area: Rect,
    columns: usize,
    rows: usize,
    value: impl Fn(usize, usize) -> f64,
    limit: f64,
    into: &mut [Vec<Rect>],
) {
    let (w, h) = (area.width() / columns as f64, area.height() / rows as f64);
    for row in 0..rows {
        let mut start = 0;
        for column in 1..=columns {
            let here = shade(value(row, start), limit).0;
            if column == columns || shade(value(row, column), limit).0 != here {
                let (left, top) = (area.left + start as f64 * w, area.top + row as f64 * h);
                into[here].push(Rect::new(left, top, area.left + column as f64 * w, top + h));
                start = column;
            }
        }
    }
    canvas.frame(area, Stroke::new(color::AXIS, 0.6));
}

fn paint(canvas: &Canvas, shades: &[Vec<Rect>]) {
    for (i, cells) in shades.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        canvas.cells(cells, color::diverging(i as f64 / (SHADES - 1) as f64 * 2.0 - 1.0));
    }
}

/// The part of a panel below its heading.
fn inside(area: Rect) -> Rect {
    Rect { top: area.top + 22.0, bottom: area.bottom - 6.0, ..area }
}

/// How images of units lie in an area.
struct Tiles {
    shown: usize,
    columns: usize,
    /// Side of a cell.
    cell: f64,
    /// How much of the height is left.
    left: f64,
}

impl Tiles {
    fn new(area: Rect, w: &Weights, (height, width, _): (usize, usize, usize)) -> Tiles {
        let shown = w.outputs.min(UNITS);
        // The number of columns that makes the tiles largest.
        let size = |columns: usize| {
            let rows = shown.div_ceil(columns);
            let cell = (area.width() / columns as f64 - 5.0) / width as f64;
            cell.min((area.height() / rows as f64 - 5.0) / height as f64)
        };
        let columns = (1..=shown).max_by(|a, b| size(*a).total_cmp(&size(*b)).then(b.cmp(a))).unwrap_or(1);
        let cell = size(columns).max(0.1);
        let left = area.height() - shown.div_ceil(columns) as f64 * (cell * height as f64 + 5.0);
        Tiles { shown, columns, cell, left }
    }
}

fn units(canvas: &Canvas, area: Rect, w: &Weights, image: (usize, usize, usize), limit: f64) {
    let Tiles { shown, columns, cell, .. } = Tiles::new(area, w, image);
    let (height, width, channels) = image;
    // Large images are shown at most 28 cells a side.
    let step = height.max(width).div_ceil(28);
    let (rows, across) = (height.div_ceil(step), width.div_ceil(step));
    let mut shades = vec![Vec::new(); SHADES];
    for unit in 0..shown {
        let (left, top) = (
            area.left + (unit % columns) as f64 * (cell * width as f64 + 5.0),
            area.top + (unit / columns) as f64 * (cell * height as f64 + 5.0),
        );
        let tile = Rect::new(left, top, left + cell * width as f64, top + cell * height as f64);
        let value = |row: usize, column: usize| {
            let pixel = ((row * step).min(height - 1) * width + (column * step).min(width - 1)) * channels;
            (0..channels).map(|c| f64::from(w.values[(pixel + c) * w.outputs + unit])).sum::<f64>() / channels as f64
        };
        raster(canvas, tile, across, rows, value, limit, &mut shades);
    }
    paint(canvas, &shades);
}

/// How a matrix lies in an area.
struct Cells {
    /// Units and inputs that a cell stands for.
    over: usize,
    along: usize,
    columns: usize,
    rows: usize,
    frame: Rect,
}

impl Cells {
    fn new(area: Rect, w: &Weights) -> Cells {
        let (over, along) = (w.outputs.div_ceil(SIDE), w.inputs.div_ceil(SIDE));
        let (columns, rows) = (w.outputs.div_ceil(over), w.inputs.div_ceil(along));
        let frame = Rect::new(area.left + 18.0, area.top, area.right - 6.0, area.bottom - BELOW);
        let side = (frame.width() / columns as f64)
            .min(frame.height() / rows as f64)
            .max(frame.height().min(frame.width()) / 64.0);
        let (wide, tall) =
            ((side * 2.0).min(frame.width() / columns as f64), (side * 2.0).min(frame.height() / rows as f64));
        let frame = Rect { right: frame.left + wide * columns as f64, bottom: frame.top + tall * rows as f64, ..frame };
        Cells { over, along, columns, rows, frame }
    }
}

fn matrix(canvas: &Canvas, area: Rect, w: &Weights, limit: f64) {
    let Cells { over, along, columns, rows, frame } = Cells::new(area, w);
    let value = |row: usize, column: usize| {
        let inputs = row * along..((row + 1) * along).min(w.inputs);
        let cells =
            inputs.flat_map(|i| (column * over..((column + 1) * over).min(w.outputs)).map(move |o| i * w.outputs + o));
        cells.map(|at| f64::from(w.values[at])).fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a })
    };
    let mut shades = vec![Vec::new(); SHADES];
    raster(canvas, frame, columns, rows, value, limit, &mut shades);
    paint(canvas, &shades);
    let label = |n: usize, what: &str| count(n, what);
    let style = Text::new(12.0, color::MUTED);
    let (x, y) = frame.center();
    canvas.text((x, frame.bottom + 16.0), &format!("{} →", label(w.outputs, "unit")), style.align(Align::Middle));
    let upwards = style.align(Align::Middle).upwards();
    canvas.text((frame.left - 8.0, y), &format!("← {}", label(w.inputs, "input")), upwards);
}
