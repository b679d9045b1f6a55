//! A table as plain data, with its numbers lined up.

use unicode_width::UnicodeWidthStr;

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Shown above.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// As many cells a row as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Shown below.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, with the unit.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the row is about; never dropped.
    Head,
    /// A hyperparameter; dropped first.
    Setting,
    /// A measure; dropped last.
    Measure,
    /// A count of what went wrong; never dropped.
    Warning,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// The number behind it.
    pub value: Option<f64>,
    /// Half the width of its 95 % interval.
    pub half_width: Option<f64>,
    /// Whether the truth is at least that.
    pub lower_bound: bool,
    /// Whether it is the best of its column.
    pub best: bool,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// A number, shown so.
    pub fn number(text: impl Into<String>, value: f64) -> Cell {
        Cell { text: text.into(), value: Some(value), ..Cell::default() }
    }

    /// How many characters stand before the point.
    fn whole(&self) -> usize {
        let number = self.text.split(" ±").next().unwrap_or("");
        number.find(['.', '×']).map_or(number.width(), |at| number[..at].width())
    }
}

impl Grid {
    /// Whether all cells of a column that are not empty are numbers.
    pub fn numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().map(|r| &r[column]).filter(|c| !c.text.is_empty() && c.text != "–").peekable();
        cells.peek().is_some() && cells.all(|c| c.value.is_some())
    }

    /// The texts of a column, padded so that their points (and their intervals' signs) stand under each other; `space` is what pads.
    pub fn aligned(&self, column: usize, space: char) -> Vec<String> {
        let pad = |n: usize| space.to_string().repeat(n);
        if !self.numeric(column) {
            return self.rows.iter().map(|r| r[column].text.clone()).collect();
        }
        let cells = || self.rows.iter().map(|r| &r[column]);
        let whole = cells().map(Cell::whole).max().unwrap_or(0);
        let left: Vec<(String, String)> = cells()
            .map(|c| {
                let (number, interval) = c.text.split_once(" ±").map_or((c.text.as_str(), ""), |(n, i)| (n, i.trim()));
                (pad(whole - c.whole()) + number, interval.to_string())
            })
            .collect();
        let wide = left.iter().map(|(n, _)| n.width()).max().unwrap_or(0);
        let intervals = left.iter().map(|(_, i)| i.width()).max().unwrap_or(0);
        left.into_iter()
            .map(|(number, interval)| {
                let number = format!("{number}{}", pad(wide - number.width()));
                match (intervals, interval.is_empty()) {
                    (0, _) => number,
                    (_, true) => number + &pad(intervals + 3),
                    _ => format!("{number} ± {}{interval}", pad(intervals - interval.width())),
                }
            })
            .collect()
    }
}
