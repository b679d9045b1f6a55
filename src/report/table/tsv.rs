//! A table for other programs: tabs between, numbers in full.

use super::grid::{Cell, Grid};

/// A header line and a line a row. A measure with intervals is followed by a column of their half-widths, one with lower bounds by a column
/// that is 1 where the number is one.
pub fn tsv(grid: &Grid) -> String {
    let clean = |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    let any = |c: usize, has: fn(&Cell) -> bool| grid.rows.iter().any(|r| has(&r[c]));
    let parts: Vec<(bool, bool)> =
        (0..grid.columns.len()).map(|c| (any(c, |x| x.half_width.is_some()), any(c, |x| x.lower_bound))).collect();
    let mut header = Vec::new();
    for (column, (interval, bound)) in grid.columns.iter().zip(&parts) {
        header.push(clean(&column.name));
        header.extend(interval.then(|| format!("{} ±95%", clean(&column.name))));
        header.extend(bound.then(|| format!("{} at least", clean(&column.name))));
    }
    let mut out = header.join("\t") + "\n";
    for row in &grid.rows {
        let mut line = Vec::new();
        for (cell, (interval, bound)) in row.iter().zip(&parts) {
            line.push(match cell.value {
                Some(v) => v.to_string(),
                None if cell.text == "–" => String::new(),
                None => clean(&cell.text),
            });
            line.extend(interval.then(|| cell.half_width.map(|h| h.to_string()).unwrap_or_default()));
            line.extend(bound.then(|| if cell.lower_bound { "1".to_string() } else { "0".to_string() }));
        }
        out += &(line.join("\t") + "\n");
    }
    out
}
