//! Fixes applied to the text.

use super::{Diagnostic, Fix};
use crate::source::Span;

/// The sure fixes among the diagnostics, which `check --fix` applies.
pub fn sure_fixes(diagnostics: &[Diagnostic]) -> Vec<&Fix> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()).filter(|fix| fix.sure).collect()
}

/// The text of file number `file` with the sure ones among `fixes` applied, and how many were.
///
/// A fix is applied whole or not at all: one that overlaps an earlier one, or that touches another file, is left for the
/// next round.
pub fn apply(text: &str, file: u32, fixes: &[&Fix]) -> (String, usize) {
    let mut edits: Vec<(Span, &str)> = Vec::new();
    let mut applied = 0;
    for fix in fixes.iter().filter(|fix| fix.sure) {
        let fits = fix.edits.iter().all(|(span, _)| {
            span.file == file
                && text.get(span.range()).is_some()
                && !edits.iter().any(|(other, _)| clash(*span, *other))
        });
        if fits {
            edits.extend(fix.edits.iter().map(|(span, new)| (*span, new.as_str())));
            applied += 1;
        }
    }
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(&text[at..span.start as usize]);
        out.push_str(new);
        at = span.end as usize;
    }
    out.push_str(&text[at..]);
    (out, applied)
}

/// Whether two edits change the same place; two insertions at one place do.
fn clash(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end || a.start == b.start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(edits: &[(usize, usize, &str)], sure: bool) -> Fix {
        let edits = edits.iter().map(|(start, end, text)| (Span::new(0, *start, *end), text.to_string())).collect();
        Fix { title: String::new(), edits, sure }
    }

    #[test]
    fn sure_fixes_are_applied_whole_and_never_twice_at_one_place() {
        let fixes = [
            fix(&[(6, 7, "C")], true),
            fix(&[(0, 1, "A"), (2, 3, "B")], true),
            fix(&[(3, 4, "x"), (6, 7, "y")], true),
            fix(&[(4, 5, "z")], false),
            fix(&[(7, 7, "!")], true),
            fix(&[(7, 7, "?")], true),
        ];
        let (text, applied) = apply("abcdefg", 0, &fixes.iter().collect::<Vec<_>>());
        assert_eq!((text.as_str(), applied), ("AbBdefC!", 3));
    }
}
