//! A figure with its title and notes, and panels with axes in it.

use super::axis::{Axis, Scale, TICK};
use super::canvas::{Align, Canvas, Rect, Stroke, Text};
use super::color::{AXIS, GRID, INK, MUTED};
use super::font;

/// Space at the edge of a figure.
const EDGE: f64 = 18.0;

/// A figure being drawn.
pub struct Figure {
    /// What it is drawn on.
    pub canvas: Canvas,
    /// What title and notes leave free.
    pub body: Rect,
}

impl Figure {
    /// An empty figure with its title above and notes (what the marks mean) below.
    pub fn new(width: u32, height: u32, title: &str, notes: &[String]) -> Figure {
        let canvas = Canvas::new(width, height);
        let (w, h) = (f64::from(width), f64::from(height));
        let room = w - 2.0 * EDGE;
        let mut top = EDGE;
        for line in font::wrap(title, 17.0, true, room, 3) {
            top += 14.0;
            canvas.text((EDGE, top), &line, Text::new(17.0, INK).bold());
            top += 8.0;
        }
        let lines: Vec<String> = notes.iter().flat_map(|n| font::wrap(n, 11.5, false, room, 4)).collect();
        let mut bottom = h - 14.0;
        for line in lines.iter().rev() {
            canvas.text((EDGE, bottom), line, Text::new(11.5, MUTED));
            bottom -= 15.0;
        }
        Figure { canvas, body: Rect::new(EDGE, top + 6.0, w - EDGE, bottom - if lines.is_empty() { 0.0 } else { 2.0 }) }
    }

    /// Say in the middle of the figure that, and why, there is nothing to see.
    pub fn say(&self, area: Rect, text: &str) {
        let (x, y) = area.center();
        let lines = font::wrap(text, 14.0, false, (area.width() - 40.0).max(80.0), 4);
        let first = y - (lines.len() as f64 - 1.0) * 10.0;
        self.canvas.fill(area, GRID, 0.45);
        for (i, line) in lines.iter().enumerate() {
            self.canvas.text_middle((x, first + 20.0 * i as f64), line, Text::new(14.0, MUTED).align(Align::Middle));
        }
    }
}

/// A place for marks, with axes.
pub struct Panel {
    /// Where the marks go.
    pub frame: Rect,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
}

/// How names across are written.
enum Across {
    /// On so many lines.
    Lines(Vec<Vec<String>>),
    /// Upwards.
    Upwards(Vec<String>, f64),
}

fn names_across(names: &[String], width: f64, height: f64) -> Across {
    let slot = width / names.len().max(1) as f64 - 8.0;
    let wrapped: Vec<Vec<String>> = names.iter().map(|n| font::wrap(n, TICK, false, slot, 2)).collect();
    // Broken inside a word or cut, it reads better turned.
    let whole =
        names.iter().zip(&wrapped).all(|(n, w)| w.join(" ") == n.split_whitespace().collect::<Vec<_>>().join(" "));
    if whole {
        return Across::Lines(wrapped);
    }
    let short: Vec<String> =
        names.iter().map(|n| font::shorten(n, TICK, false, (0.35 * height).clamp(50.0, 140.0))).collect();
    let longest = short.iter().map(|n| font::width(n, TICK, false)).fold(0.0, f64::max);
    Across::Upwards(short, longest)
}

impl Panel {
    /// Lay out a panel in an area and draw its grid, ticks, labels and names; `heading` stands above it.
    pub fn new(canvas: &Canvas, area: Rect, heading: &str, x: Axis, y: Axis) -> Panel {
        let mut frame = area;
        let mut labels_top = area.top;
        if !heading.is_empty() {
            canvas.text(
                (area.left, area.top + 12.0),
                &font::shorten(heading, 13.0, true, area.width()),
                Text::new(13.0, INK).bold(),
            );
            labels_top += 20.0;
        }
        let name_lines = font::wrap(&y.name, TICK, false, area.width(), 2);
        for (i, line) in name_lines.iter().enumerate() {
            canvas.text((area.left, labels_top + 11.0 + 15.0 * i as f64), line, Text::new(TICK, MUTED));
        }
        frame.top = labels_top + 15.0 * name_lines.len() as f64 + 9.0;
        let x_name = font::elide(&x.name, 12.5, false, area.width());
        frame.bottom -= if x_name.is_empty() { 4.0 } else { 22.0 };
        // Widths first, as the names across need them; heights then.
        let widest = 0.34 * area.width();
        let wide = |t: &super::axis::Tick| {
            t.label.as_ref().map_or(0.0, |l| font::width(&font::shorten(l, TICK, false, widest), TICK, false))
        };
        let guess = (frame.height() - 20.0).max(40.0);
        frame.left += y.ticks(guess, false).iter().map(wide).fold(0.0, f64::max) + 9.0;
        frame.right = (frame.right - 8.0).max(frame.left + 10.0);
        if !matches!(x.scale, Scale::Names(_)) {
            // The labels of the outermost ticks reach beyond the axis, but not beyond the area.
            let (mut left, mut right) = (0.0f64, 0.0f64);
            for tick in x.ticks(frame.width(), true) {
                let half = tick.label.as_ref().map_or(0.0, |l| font::width(l, TICK, false) / 2.0);
                left = left.max(area.left - (frame.left + tick.at * frame.width() - half));
                right = right.max(frame.left + tick.at * frame.width() + half - area.right);
            }
            frame.left += left;
            frame.right = (frame.right - right).max(frame.left + 10.0);
        }
        let across = match &x.scale {
            Scale::Names(names) => Some(names_across(names, frame.width(), frame.height())),
            _ => None,
        };
        frame.bottom -= match &across {
            None => 20.0,
            Some(Across::Lines(lines)) => 6.0 + 14.0 * lines.iter().map(Vec::len).max().unwrap_or(1) as f64,
            Some(Across::Upwards(_, longest)) => longest + 10.0,
        };
        frame.bottom = frame.bottom.max(frame.top + 10.0);

        let panel = Panel { frame, x, y };
        let names_up = matches!(panel.y.scale, Scale::Names(_));
        for tick in panel.y.ticks(frame.height(), false) {
            let at = frame.bottom - tick.at * frame.height();
            if let Some(label) = &tick.label {
                if !names_up {
                    canvas.line(&[(frame.left, at), (frame.right, at)], Stroke::new(GRID, 1.0));
                }
                let shown = font::shorten(label, TICK, false, widest);
                if shown != *label {
                    canvas.tip(label.clone());
                }
                canvas.text_middle((frame.left - 8.0, at), &shown, Text::new(TICK, MUTED).align(Align::End));
            }
        }
        let mut stubs = Vec::new();
        match across {
            None => {
                for tick in panel.x.ticks(frame.width(), true) {
                    let at = frame.left + tick.at * frame.width();
                    stubs.push((at, if tick.label.is_some() { 5.0 } else { 3.0 }));
                    if let Some(label) = &tick.label {
                        canvas.line(&[(at, frame.top), (at, frame.bottom)], Stroke::new(GRID, 1.0));
                        canvas.text((at, frame.bottom + 19.0), label, Text::new(TICK, MUTED).align(Align::Middle));
                    }
                }
            }
            Some(Across::Lines(names)) => {
                for (i, lines) in names.iter().enumerate() {
                    for (j, line) in lines.iter().enumerate() {
                        let at = (panel.at(i as f64, f64::NAN).0, frame.bottom + 17.0 + 14.0 * j as f64);
                        canvas.text(at, line, Text::new(TICK, MUTED).align(Align::Middle));
                    }
                }
            }
            Some(Across::Upwards(names, _)) => {
                for (i, name) in names.iter().enumerate() {
                    let at = (panel.at(i as f64, f64::NAN).0, frame.bottom + 8.0);
                    canvas.text_middle(at, name, Text::new(TICK, MUTED).align(Align::End).upwards());
                }
            }
        }
        canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], Stroke::new(AXIS, 1.0));
        for (at, long) in stubs {
            canvas.line(&[(at, frame.bottom), (at, frame.bottom + long)], Stroke::new(AXIS, 1.0));
        }
        let middle = ((frame.left + frame.right) / 2.0, area.bottom - 5.0);
        if !x_name.is_empty() {
            canvas.text(middle, &x_name, Text::new(12.5, MUTED).align(Align::Middle));
        }
        panel
    }

    /// The place of values in pixels; NaN for what an axis cannot show.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let f = &self.frame;
        (f.left + self.x.at(x) * f.width(), f.bottom - self.y.at(y) * f.height())
    }
}
