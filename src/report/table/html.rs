//! A table for a page, whose columns sort.

use maud::{Markup, html as markup};

use super::grid::{Grid, Kind, Pad};

/// Spaces as wide as a digit and as a point, so that the points of numbers line up.
const PAD: Pad = Pad { digit: '\u{2007}', point: '\u{2008}' };

/// The table; each header cell is a button that sorts, each cell holds its number for that. It takes the room it needs beside the text, and
/// scrolls in its own box where there is not enough.
pub fn html(grid: &Grid) -> Markup {
    let columns: Vec<Vec<String>> = (0..grid.columns.len()).map(|c| grid.aligned(c, PAD)).collect();
    markup! {
        figure.table style={ "--columns:" (grid.columns.len()) } {
            figcaption { (grid.title) }
            @if !grid.rows.is_empty() {
                div.wide { div.scroll tabindex="0" role="group" aria-label=(grid.title) {
                    table.sortable {
                        thead { tr {
                            @for (c, column) in grid.columns.iter().enumerate() {
                                th scope="col" .number[grid.numeric(c)] { button type="button" { (column.name) } }
                            }
                        } }
                        tbody {
                            @for (r, row) in grid.rows.iter().enumerate() {
                                tr {
                                    @for (c, cell) in row.iter().enumerate() {
                                        td .number[grid.numeric(c)] .best[cell.best] .warning[grid.columns[c].kind == Kind::Warning]
                                            data-v=[cell.value.map(|v| v.to_string())] {
                                            @if cell.best { strong title="best of its column" { (columns[c][r]) } } @else { (columns[c][r]) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                } }
            }
            @if !grid.notes.is_empty() { p.note { (grid.notes.join("; ")) "." } }
        }
    }
}
