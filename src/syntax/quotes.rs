//! Texts that are not closed, other languages' quotes, and characters that only look like the right ones.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A text in quotes that are not ours.
pub(super) struct Quote {
    /// Between the quotes.
    pub inside: Range<usize>,
    /// After the closing quote.
    pub end: usize,
    /// What to tell the user.
    pub mistake: Diagnostic,
}

/// The end of the text that begins with `"` at `at`, if it is closed on its line.
pub(super) fn closed_text(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut n = at + 1;
    loop {
        match bytes.get(n)? {
            b'"' => return Some(n + 1),
            b'\n' => return None,
            b'\\' => match bytes.get(n + 1)? {
                b'\n' => return None,
                _ => n += 1 + text[n + 1..].chars().next().map_or(1, char::len_utf8),
            },
            _ => n += 1,
        }
    }
}

/// Where an unclosed text may be taken to end (so that brackets after it still count), and what to tell the user.
pub(super) fn unclosed_text(text: &str, at: usize, line_end: usize, file: u32) -> (usize, Diagnostic) {
    let line = &text[at..line_end];
    let code = line.find(" #").map_or(line, |n| &line[..n]);
    let end = at + code.trim_end_matches([' ', '\t', '\r', ')', ']', '}', '{', ',']).len().max(1);
    // In a call the text most likely ends at the first comma or bracket.
    let in_call = text[..at].trim_end_matches([' ', '\t']).ends_with(['(', '[', ',']);
    let likely = match code.find([',', ')', ']']) {
        Some(n) if in_call && n > 0 => at + n,
        _ => end,
    };
    let mut mistake = Diagnostic::error("E0105", "this text is never closed", Span::new(file, at, at + 1))
        .label("no `\"` follows on this line");
    if likely > at + 1 {
        mistake = mistake.replace("close it with `\"`", Span::new(file, likely, likely), "\"", false);
    }
    (end, mistake)
}

/// A text between `'…'`, `“…”`, `‘…’` or `«…»` that begins at `at`.
pub(super) fn foreign_text(text: &str, at: usize, file: u32) -> Option<Quote> {
    let opening = text[at..].chars().next()?;
    let closing: &[char] = match opening {
        '\'' => &['\''],
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' => &['’', '‘', '\''],
        '«' => &['»'],
        _ => return None,
    };
    let start = at + opening.len_utf8();
    // A text is short: to look further would take too long in a file full of opening quotes.
    let near = text[start..].char_indices().take(200).take_while(|(_, c)| *c != '\n');
    let (n, c) = near.into_iter().find(|(_, c)| closing.contains(c))?;
    let inside = start..start + n;
    if text[inside.clone()].contains('"') {
        return None;
    }
    let end = inside.end + c.len_utf8();
    let span = Span::new(file, at, end);
    let mut content = text[inside.clone()].to_string();
    if content.ends_with('\\') {
        content.push('\\');
    }
    let mistake = Diagnostic::error("E0109", "a text stands in straight double quotes", span)
        .label(format!("not in `{opening}{c}`"))
        .replace(format!("write \"{content}\""), span, format!("\"{content}\""), true);
    Some(Quote { inside, end, mistake })
}

/// The sign that a character surely stands for.
pub(super) fn lookalike(c: char) -> Option<&'static str> {
    Some(match c {
        '→' | '⟶' | '➔' | '⇒' => "->",
        '−' | '–' | '—' => "-",
        '×' | '·' | '∗' => "*",
        '÷' => "/",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '＝' => "=",
        '，' => ",",
        _ => return None,
    })
}

/// Spaces that are not ASCII, byte-order marks and characters without width: they count as spaces.
pub(super) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}'))
}
