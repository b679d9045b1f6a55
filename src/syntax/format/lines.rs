//! Lines with their comments, put together.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

/// Something that gets lines of its own.
pub(super) struct Element {
    /// Where it stands in the source.
    pub range: Range<usize>,
}

/// A comment behind an element.
pub(super) struct Trailing {
    pub text: String,
}

/// An element or a comment.
#[derive(Default)]
pub(super) struct Line {
    /// Whether a blank line stands before.
    pub blank: bool,
    /// Its lines; those after the first are indented already.
    pub text: String,
    pub trailing: Option<Trailing>,
    /// Which element it is, if it is no comment.
    pub element: Option<usize>,
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Column after a text that begins at `column`.
pub(super) fn column_after(text: &str, column: usize) -> usize {
    match text.rfind('\n') {
        Some(n) => width(&text[n + 1..]),
        None => column + width(text),
    }
}

/// Neighbours whose widths differ by more are not aligned: the gap would be wider than it helps.
const WIDEST_GAP: usize = 12;

/// The width to pad names to: that of the longest, or nothing if they differ too much.
pub(super) fn aligned(widths: &[usize]) -> usize {
    let (least, most) = (widths.iter().min().copied().unwrap_or(0), widths.iter().max().copied().unwrap_or(0));
    if most - least > WIDEST_GAP { 0 } else { most }
}

/// The lines at an indentation, without a newline at the end. Comments behind neighbouring lines are aligned.
pub(super) fn join(lines: &[Line], indent: usize) -> String {
    let mut out = String::new();
    let ends: Vec<usize> = lines.iter().map(|line| column_after(&line.text, indent)).collect();
    let mut start = 0;
    while start < lines.len() {
        let mut end = start + 1;
        if lines[start].trailing.is_some() {
            while end < lines.len() && lines[end].trailing.is_some() && !lines[end].blank {
                end += 1;
            }
        }
        let column = aligned(&ends[start..end]);
        for (line, at) in lines[start..end].iter().zip(&ends[start..end]) {
            if !out.is_empty() {
                out.push('\n');
            }
            if line.blank && !out.is_empty() {
                out.push('\n');
            }
            // Prose and blocks bring lines of their own.
            out.push_str(&" ".repeat(indent));
            out.push_str(&line.text);
            if let Some(comment) = &line.trailing {
                out.push_str(&" ".repeat(column.saturating_sub(*at) + 2));
                out.push_str(&comment.text);
            }
        }
        start = end;
    }
    out
}
