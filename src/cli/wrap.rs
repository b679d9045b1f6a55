//! Lines that are too long for a terminal, broken between words.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Break each line of a text that is wider than `width` between words; what goes on stands `hang` columns further in
/// than its line, or below the second column of a line that has two.
pub fn wrap(text: &str, width: usize, hang: usize) -> Cow<'_, str> {
    let width = width.max(20);
    if text.split('\n').all(|line| columns(line) <= width) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<String> = text.split('\n').map(|line| broken(line, width, hang)).collect();
    Cow::Owned(lines.join("\n"))
}

fn broken(line: &str, width: usize, hang: usize) -> String {
    if columns(line) <= width {
        return line.to_string();
    }
    let start = line.len() - line.trim_start_matches(' ').len();
    let deepest = width / 2;
    let Some((first, second)) = in_columns(line, start) else {
        return words(line, width, (start + hang).min(deepest));
    };
    let column = columns(line) - columns(second);
    if column <= deepest {
        return words(line, width, column);
    }
    // The second column has no room beside the first.
    let inner = (start + 4).min(deepest);
    let below = format!("{}{second}", " ".repeat(inner));
    format!("{}\n{}", words(first, width, inner), words(&below, width, inner))
}

/// A line such as `  name   what it is` in its two columns.
fn in_columns(line: &str, start: usize) -> Option<(&str, &str)> {
    let gap = start + line[start..].find("  ")?;
    let second = line[gap..].trim_start_matches(' ');
    (!second.is_empty()).then(|| (&line[..gap], second))
}

/// Break a line between words; what goes on begins in the column `inner`.
fn words(line: &str, width: usize, inner: usize) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut used = 0;
    let mut rest = line;
    while !rest.is_empty() {
        let blank = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[blank..].find(' ').map_or(rest.len(), |n| blank + n);
        let wide = columns(&rest[..end]);
        // A word that no line has room for is the terminal's to break.
        if used + wide > width && !out.is_empty() {
            out.push('\n');
            out.push_str(&" ".repeat(inner));
            out.push_str(&rest[blank..end]);
            used = inner + wide - blank;
        } else {
            out.push_str(&rest[..end]);
            used += wide;
        }
        rest = &rest[end..];
    }
    out
}

/// How many columns a text takes; signs that colour it take none.
fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if c == '\u{1b}' {
            letters.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            count += c.width().unwrap_or(0);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        let text = "error: there is no file somewhere.exp; did you mean something.exp?";
        assert_eq!(wrap(text, 30, 2), "error: there is no file\n  somewhere.exp; did you mean\n  something.exp?");
        assert!(matches!(wrap(text, 100, 2), Cow::Borrowed(_)));
        assert_eq!(wrap("short\n", 30, 2), "short\n");
    }

    #[test]
    fn columns_stay_columns() {
        let text = "  new   trial 3 (norm = without, rate = 0.606)\n  drawn best on a log scale, as most rates are";
        assert_eq!(
            wrap(text, 30, 0),
            "  new   trial 3 (norm =\n        without, rate = 0.606)\n  drawn best on a log scale,\n  as most rates are"
        );
        // A second column that begins too far to the right goes below.
        assert_eq!(
            wrap("  a_very_long_signature(of, many)  what it is for", 36, 0),
            "  a_very_long_signature(of, many)\n      what it is for"
        );
    }

    #[test]
    fn width_is_that_of_what_is_seen() {
        let coloured = "\u{1b}[1;31merror\u{1b}[0m: 20 columns or";
        assert!(matches!(wrap(coloured, 21, 2), Cow::Borrowed(_)));
        assert_eq!(wrap("数据数据 数据数据 数据数据", 20, 0), "数据数据 数据数据\n数据数据");
        // A path is not broken.
        let path = "/a/path/that/is/longer/than/the/line";
        assert_eq!(wrap(path, 20, 2), path);
        assert_eq!(wrap(&format!("report: {path}"), 20, 2), format!("report:\n  {path}"));
    }
}
