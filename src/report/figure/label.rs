//! What says which mark is whose: a list beside the panel, labels at the ends of lines, a bar of colours.

use super::axis::{Axis, TICK};
use super::canvas::{Canvas, Dash, Rect, Stroke, Text};
use super::color::{AXIS, Color, INK, MUTED, sequential};
use super::font;

/// What stands before a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    /// A piece of line.
    Line(Dash),
    /// The mark of group number `i`.
    Mark(usize),
    /// A patch.
    Patch(f64),
    /// A cross.
    Cross,
    /// A ring.
    Ring,
}

/// A name and how its marks look.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is named.
    pub name: String,
    /// Its colour.
    pub color: Color,
    /// Its kind of mark.
    pub key: Key,
}

/// Font size of names in pixels.
const NAME: f64 = 12.0;
/// Height of a line of names.
const LINE: f64 = 17.0;
/// Width of the key and the gap after it.
const KEY: f64 = 28.0;
/// The widest that names may be.
const WIDEST: f64 = 190.0;
/// The widest that the name of a bar may be.
const BAR_NAME: f64 = 130.0;

/// How many pixels beside the panel the names need; 0 for none.
pub fn room(heading: &str, entries: &[Entry]) -> f64 {
    if entries.is_empty() {
        return 0.0;
    }
    let names = entries.iter().map(|e| KEY + font::width(&e.name, NAME, false)).fold(0.0, f64::max);
    names.max(KEY + font::width(heading, NAME, true)).min(KEY + WIDEST) + 14.0
}

fn key(canvas: &Canvas, entry: &Entry, at: (f64, f64)) {
    let (x, y) = at;
    match entry.key {
        Key::Line(dash) => canvas.line(&[(x, y), (x + 20.0, y)], Stroke::new(entry.color, 2.0).dash(dash)),
        Key::Mark(i) => canvas.mark(i, (x + 10.0, y), 4.2, entry.color, 1.0),
        Key::Patch(alpha) => canvas.fill(Rect::new(x + 2.0, y - 5.5, x + 18.0, y + 5.5), entry.color, alpha),
        Key::Cross => canvas.cross((x + 10.0, y), 3.6, Stroke::new(entry.color, 1.6)),
        Key::Ring => canvas.ring((x + 10.0, y), 4.2, Stroke::new(entry.color, 1.5)),
    }
}

/// Draw the list; what does not fit below ends in "and n more".
pub fn list(canvas: &Canvas, area: Rect, heading: &str, entries: &[Entry]) {
    let mut y = area.top + 7.0;
    for line in font::wrap(heading, NAME, true, area.width(), 2) {
        canvas.text_middle((area.left, y), &line, Text::new(NAME, INK).bold());
        y += LINE;
    }
    let fit = (((area.bottom - y) / LINE).floor().max(1.0) as usize + 1).min(entries.len());
    let fit = if fit < entries.len() { fit - 1 } else { fit };
    for entry in &entries[..fit] {
        key(canvas, entry, (area.left, y));
        let name = font::shorten(&entry.name, NAME, false, area.width() - KEY);
        if name != entry.name {
            canvas.tip(entry.name.clone());
        }
        canvas.text_middle((area.left + KEY, y), &name, Text::new(NAME, INK));
        y += LINE;
    }
    if fit < entries.len() {
        canvas.text_middle((area.left, y), &format!("and {} more", entries.len() - fit), Text::new(NAME, MUTED));
    }
}

/// Move places apart to at least `gap`, as little as possible in the sum of squares, within `low` and `high`. Keeps the order given.
pub fn spread(places: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let n = places.len();
    let gap = if n > 1 { gap.min((high - low) / (n - 1) as f64) } else { gap };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]).then(a.cmp(&b)));
    // Isotonic regression of place − rank·gap by pooling neighbours that are out of order: (sum, count).
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let (mut sum, mut count) = (places[i] - rank as f64 * gap, 1);
        while let Some(&(s, c)) = pools.last().filter(|&&(s, c)| s / c as f64 >= sum / count as f64) {
            pools.pop();
            (sum, count) = (sum + s, count + c);
        }
        pools.push((sum, count));
    }
    let highest = high - n.saturating_sub(1) as f64 * gap;
    let mut out = vec![0.0; n];
    let mut rank = 0;
    for (sum, count) in pools {
        for _ in 0..count {
            out[order[rank]] = (sum / count as f64).clamp(low, highest.max(low)) + rank as f64 * gap;
            rank += 1;
        }
    }
    out
}

/// Name lines at their ends: each name as near as it can be to `ends` (height of the line's end), joined to it by a thin line that
/// begins at `from` (where the line ends).
pub fn at_ends(canvas: &Canvas, area: Rect, heading: &str, entries: &[Entry], ends: &[(f64, f64)]) {
    let lead = 34.0;
    let top = area.top + if heading.is_empty() { 0.0 } else { LINE };
    let places: Vec<f64> = ends.iter().map(|e| if e.1.is_finite() { e.1 } else { area.bottom }).collect();
    let spread = spread(&places, LINE - 1.0, top + 6.0, area.bottom - 4.0);
    if !heading.is_empty() {
        let above = spread.iter().copied().fold(f64::INFINITY, f64::min) - LINE;
        let x = area.left + lead;
        canvas.text_middle(
            (x, above),
            &font::elide(heading, NAME, true, area.width() - lead),
            Text::new(NAME, INK).bold(),
        );
    }
    for ((entry, end), y) in entries.iter().zip(ends).zip(&spread) {
        let from = if end.0.is_finite() { *end } else { (area.left, *y) };
        let knee = area.left + lead - 18.0;
        let line = [from, (from.0.max(area.left - 4.0), from.1), (knee, *y)];
        canvas.line(&line, Stroke::new(entry.color, 0.8).alpha(0.6));
        let dash = if let Key::Line(dash) = entry.key { dash } else { Dash::Solid };
        canvas.line(&[(knee, *y), (knee + 16.0, *y)], Stroke::new(entry.color, 2.0).dash(dash));
        let name = font::shorten(&entry.name, NAME, false, area.width() - lead - 3.0);
        if name != entry.name {
            canvas.tip(entry.name.clone());
        }
        canvas.text_middle((area.left + lead + 3.0, *y), &name, Text::new(NAME, INK));
    }
}

/// A bar that says which colour is which number; `colour` gives the colour of a part of the axis. Gives where it ends.
pub fn bar(canvas: &Canvas, area: Rect, axis: &Axis, colour: impl Fn(f64) -> Color) -> f64 {
    let lines = font::wrap(&axis.name, NAME, true, area.width(), 3);
    let mut top = area.top + 7.0;
    for line in &lines {
        canvas.text_middle((area.left, top), line, Text::new(NAME, INK).bold());
        top += 15.0;
    }
    let bar = Rect::new(area.left, top + 2.0, area.left + 14.0, (top + 2.0 + 200.0).min(area.bottom));
    let steps = 64;
    for i in 0..steps {
        let (a, b) = (f64::from(i) / f64::from(steps), f64::from(i + 1) / f64::from(steps));
        // Each strip reaches under the next, so that no seam shows.
        let low = bar.bottom - b * bar.height();
        let high = (bar.bottom - a * bar.height() + 1.0).min(bar.bottom);
        canvas.fill(Rect::new(bar.left, low, bar.right, high), colour((a + b) / 2.0), 1.0);
    }
    for tick in axis.ticks(bar.height(), false) {
        if let Some(label) = tick.label {
            let y = bar.bottom - tick.at * bar.height();
            canvas.line(&[(bar.right, y), (bar.right + 4.0, y)], Stroke::new(AXIS, 1.0));
            canvas.text_middle((bar.right + 7.0, y), &label, Text::new(TICK, MUTED));
        }
    }
    bar.bottom
}

/// [`bar`] with the ordinary colours of numbers.
pub fn number_bar(canvas: &Canvas, area: Rect, axis: &Axis) -> f64 {
    bar(canvas, area, axis, sequential)
}

/// How many pixels a bar needs.
pub fn bar_room(axis: &Axis) -> f64 {
    let ticks = axis.ticks(200.0, false);
    let labels = ticks.iter().filter_map(|t| t.label.as_ref()).map(|l| font::width(l, TICK, false)).fold(0.0, f64::max);
    (21.0 + labels).max(font::width(&axis.name, NAME, true).min(BAR_NAME)) + 16.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_move_only_when_they_must() {
        assert_eq!(spread(&[10.0, 50.0], 15.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spread(&[50.0, 50.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(spread(&[99.0, 98.0], 10.0, 0.0, 100.0), [100.0, 90.0]);
    }

    proptest! {
        #[test]
        fn labels_are_apart_and_inside(places in prop::collection::vec(0.0..300.0f64, 1..16)) {
            let mut out = spread(&places, 16.0, 0.0, 300.0);
            out.sort_by(f64::total_cmp);
            prop_assert!(out[0] >= -1e-9 && out[out.len() - 1] <= 300.0 + 1e-9);
            prop_assert!(out.windows(2).all(|w| w[1] - w[0] >= 16.0 - 1e-9));
        }
    }
}
