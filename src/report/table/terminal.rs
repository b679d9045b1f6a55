//! A table for a terminal of known width.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::grid::{Grid, Kind, Pad};

/// How a table is written to a terminal; the caller knows about the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether there may be colours.
    pub color: bool,
    /// At most so many rows.
    pub rows: usize,
}

/// A line under the header, and space between the columns.
const RULE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// All characters are of one width.
const PAD: Pad = Pad { digit: ' ', point: ' ' };

/// Words are broken into lines where a column of them would be wider.
const WORDS: usize = 20;

/// What marks the best of a column.
const BEST: &str = " *";

/// Columns in the order in which they go when there is no room: settings from the last, then measures from the last but the first one.
fn leaving(grid: &Grid, kept: &[usize]) -> Option<usize> {
    let last = |kind: Kind| kept.iter().rposition(|c| grid.columns[*c].kind == kind);
    let measures = kept.iter().filter(|c| grid.columns[**c].kind == Kind::Measure).count();
    last(Kind::Setting).or_else(|| if measures > 1 { last(Kind::Measure) } else { None })
}

/// The title, the table, and the notes under it. Columns that have no room are left out, and named.
pub fn terminal(grid: &Grid, style: Style) -> String {
    let marked: Vec<bool> = (0..grid.columns.len()).map(|c| grid.rows.iter().any(|r| r[c].best)).collect();
    let texts: Vec<Vec<String>> = (0..grid.columns.len())
        .map(|c| {
            let mark = |best: bool| match (marked[c], best) {
                (false, _) => "",
                (true, true) => BEST,
                (true, false) => "  ",
            };
            grid.aligned(c, PAD).into_iter().zip(&grid.rows).map(|(text, r)| text + mark(r[c].best)).collect()
        })
        .collect();
    let wide =
        |c: usize| texts[c].iter().map(|t| t.width()).chain([grid.columns[c].name.width()]).max().unwrap_or(0) + 2;
    let mut kept: Vec<usize> = (0..grid.columns.len()).collect();
    let mut dropped = Vec::new();
    let least = |c: usize| if grid.columns[c].kind == Kind::Words { wide(c).min(WORDS + 2) } else { wide(c) };
    while kept.iter().map(|c| least(*c)).sum::<usize>() > usize::from(style.width) {
        let Some(at) = leaving(grid, &kept) else { break };
        dropped.push(kept.remove(at));
    }
    dropped.sort_unstable();

    let mut table = Table::new();
    table.load_style(RULE).set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width.max(20));
    table.force_no_tty();
    if style.color {
        table.enforce_styling();
    }
    let align = |c: usize| if grid.numeric(c) { CellAlignment::Right } else { CellAlignment::Left };
    table.set_header(kept.iter().map(|c| {
        let cell = Cell::new(&grid.columns[*c].name).set_alignment(align(*c));
        if style.color { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    for (row, cells) in grid.rows.iter().enumerate().take(style.rows) {
        table.add_row(kept.iter().map(|c| {
            let cell = Cell::new(&texts[*c][row]).set_alignment(align(*c));
            match (style.color, grid.columns[*c].kind) {
                (true, _) if cells[*c].best => cell.fg(Color::Green).add_attribute(Attribute::Bold),
                (true, Kind::Warning) => cell.fg(Color::Red),
                _ => cell,
            }
        }));
    }
    // What is not words stays whole where there is room for it.
    if kept.iter().map(|c| least(*c)).sum::<usize>() <= usize::from(style.width) {
        for (at, c) in kept.iter().enumerate() {
            if let Some(column) = table.column_mut(at) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least(*c) as u16)));
            }
        }
    }
    let mut out = String::new();
    if !grid.title.is_empty() {
        out += &if style.color {
            format!("\u{1b}[1m{}\u{1b}[0m\n", plain(&grid.title))
        } else {
            format!("{}\n", plain(&grid.title))
        };
    }
    for line in table.lines() {
        out += line.trim_end();
        out.push('\n');
    }
    let mut notes = grid.notes.clone();
    if marked.iter().any(|m| *m) {
        notes.push("*: best of its column".into());
    }
    if grid.rows.len() > style.rows {
        notes.push(format!("{} more rows", grid.rows.len() - style.rows));
    }
    if !dropped.is_empty() {
        let names: Vec<&str> = dropped.iter().map(|c| grid.columns[*c].name.as_str()).collect();
        notes.push(format!("no room for {}", names.join(", ")));
    }
    if !notes.is_empty() {
        out += &wrap(&notes.join("; "), usize::from(style.width.max(20)));
    }
    out
}

/// Without control characters, which could speak to the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in plain(text).split(' ') {
        if column > 0 && column + 1 + word.width() > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if column + wide > width {
                out.push('\n');
                column = 0;
            }
            out.push(c);
            column += wide;
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::super::grid::{self, Column};
    use super::*;

    #[test]
    fn words_are_broken_between_words_and_what_has_no_room_is_named() {
        let columns =
            [("column", Kind::Words), ("kind", Kind::Setting), ("missing", Kind::Setting), ("values", Kind::Words)];
        let row = ["flipper_length_mm", "numbers", "2", "172 to 231, mean 201, deviation 14"];
        let grid = Grid {
            columns: columns.map(|(name, kind)| Column { name: name.into(), kind }).to_vec(),
            rows: vec![row.map(grid::Cell::text).to_vec()],
            ..Grid::default()
        };
        let shown = |width| terminal(&grid, Style { width, color: false, rows: 9 });
        let lines: Vec<String> = shown(40).lines().map(str::to_string).collect();
        assert_eq!(lines[0].trim_end(), " column             values");
        assert_eq!(
            lines[2..],
            [
                " flipper_length_mm  172 to 231, mean",
                "                    201, deviation 14",
                "no room for kind, missing"
            ]
        );
        assert!(
            shown(100).contains(" flipper_length_mm  numbers  2        172 to 231, mean 201, deviation 14\n"),
            "{}",
            shown(100)
        );
        assert!((20..60).all(|width| shown(width).lines().all(|line| line.width() <= usize::from(width))));
    }
}
