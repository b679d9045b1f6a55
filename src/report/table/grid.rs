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
    /// Words about it, which take several lines where there is little room; never dropped.
    Words,
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
}

/// What pads numbers: as wide as a digit, and as wide as a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// For a digit.
    pub digit: char,
    /// For a point.
    pub point: char,
}

/// Numbers padded on both sides so that their points stand under each other.
fn on_point(numbers: &[&str], pad: Pad) -> Vec<String> {
    let point = |n: &str| n.find(['.', '×']);
    let whole = |n: &str| point(n).map_or(n.width(), |at| n[..at].width());
    let digits = |n: usize| pad.digit.to_string().repeat(n);
    let left = numbers.iter().map(|n| whole(n)).max().unwrap_or(0);
    let right = numbers.iter().map(|n| n.width() - whole(n)).max().unwrap_or(0);
    let padded = |n: &&str| {
        let (before, after) = (left - whole(n), right - (n.width() - whole(n)));
        let gap = match after {
            0 => String::new(),
            after if point(n).is_none() => format!("{}{}", pad.point, digits(after - 1)),
            after => digits(after),
        };
        format!("{}{n}{gap}", digits(before))
    };
    numbers.iter().map(padded).collect()
}

impl Grid {
    /// Whether all cells of a column that are not empty are numbers.
    pub fn numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().map(|r| &r[column]).filter(|c| !c.text.is_empty() && c.text != "–").peekable();
        cells.peek().is_some() && cells.all(|c| c.value.is_some())
    }

    /// The texts of a column, padded so that their points, their intervals' signs and the points of those stand under each other.
    pub fn aligned(&self, column: usize, pad: Pad) -> Vec<String> {
        let texts: Vec<&str> = self.rows.iter().map(|r| r[column].text.as_str()).collect();
        if !self.numeric(column) {
            return texts.into_iter().map(String::from).collect();
        }
        let parts: Vec<(&str, &str)> = texts.iter().map(|t| t.split_once(" ± ").unwrap_or((t, ""))).collect();
        let numbers = on_point(&parts.iter().map(|p| p.0).collect::<Vec<_>>(), pad);
        if parts.iter().all(|p| p.1.is_empty()) {
            return numbers;
        }
        let intervals = on_point(&parts.iter().map(|p| p.1).collect::<Vec<_>>(), pad);
        let joined = numbers.iter().zip(&intervals).zip(&parts);
        joined.map(|((n, i), p)| format!("{n} {} {i}", if p.1.is_empty() { ' ' } else { '±' })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_under_each_other() {
        let pad = Pad { digit: ' ', point: ' ' };
        assert_eq!(on_point(&["1.5", "12", "0.001", "–", ""], pad), [" 1.5  ", "12    ", " 0.001", " –    ", "      "]);
        let texts = ["0.9 ± 0.12", "12.25 ± 3", "≥ 7"];
        let row = |t: &&str| vec![Cell { value: Some(1.0), ..Cell::text(*t) }];
        let column = Column { name: "m".into(), kind: Kind::Measure };
        let grid = Grid { columns: vec![column], rows: texts.iter().map(row).collect(), ..Grid::default() };
        assert_eq!(grid.aligned(0, pad), ["  0.9  ± 0.12", " 12.25 ± 3   ", "≥ 7          "]);
    }
}
