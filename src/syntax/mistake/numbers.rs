//! Numbers and units that are not written as such.

use super::{Case, Mistake};
use crate::diagnostic::Diagnostic;
use crate::syntax::token::{Token, TokenKind};

impl Case<'_> {
    /// A number that is not written as one.
    pub(super) fn number(&self) -> Option<Mistake> {
        if let (Some(dot), Some(digits)) = (self.previous(), self.index.checked_sub(2).and_then(|n| self.token(n)))
            && dot.kind == TokenKind::Dot
            && digits.kind == TokenKind::Number
        {
            let mistake =
                Diagnostic::error("E0113", "a digit must follow the decimal point", self.span(digits.start, dot.end));
            return self.only(mistake.replace("leave out the point", self.mark(dot), "", true));
        }
        let token = self.found()?;
        if let Some(unit) = self.parted_unit(token) {
            return Some(unit);
        }
        let (word, mark) = (self.word(token), self.mark(token));
        let next = self.token(self.index + 1);
        let wants_value = self.previous().is_none_or(|p| {
            matches!(p.kind, TokenKind::Equals | TokenKind::Comma | TokenKind::Operator | TokenKind::Open)
        });
        if token.kind == TokenKind::Dot && wants_value {
            let digits = next.filter(|n| n.kind == TokenKind::Number && n.start == token.end)?;
            let place = self.span(token.start, token.start);
            let mistake = Diagnostic::error(
                "E0113",
                "a number begins with a digit",
                self.span(token.start, digits.end),
            )
            .replace(format!("write `0.{}`", self.word(digits)), place, "0", true);
            let room = self.text[..token.start].ends_with(' ');
            return if room { self.patched(mistake, token.start - 1, "0") } else { self.only(mistake) };
        }
        if token.kind == TokenKind::Dot && self.previous()?.kind == TokenKind::Number {
            let start = self.previous()?.start;
            let range = self.is(next, ".");
            let mistake = Diagnostic::error(
                "E0113",
                if range { "there is no `..`" } else { "a digit must follow the decimal point" },
                self.span(start, token.end),
            );
            return self.only(match range {
                true => mistake.note("a range is a space: `int(1, 10)` or `linear(0, 1)`"),
                false => mistake.replace("leave out the point", mark, "", true),
            });
        }
        if token.kind == TokenKind::Comma
            && let (Some(left), Some(right)) = (self.previous(), next)
            && left.kind == TokenKind::Number
            && right.kind == TokenKind::Number
            && left.end == token.start
            && token.end == right.start
        {
            let mistake = Diagnostic::error("E0113", "a number has no comma", self.span(left.start, right.end));
            let (title, sign) = if right.end - right.start == 3 { ("write `_`", "_") } else { ("write a point", ".") };
            return self.only(mistake.replace(title, mark, sign, false));
        }
        if token.kind != TokenKind::Number {
            return None;
        }
        let after = next.filter(|n| n.kind == TokenKind::Dot && n.start == token.end);
        if let Some(dot) = after
            && self.is(self.token(self.index + 2), ".")
        {
            let mistake = Diagnostic::error("E0113", "there is no `..`", self.span(token.start, dot.end + 1));
            return self.only(mistake.note("a range is a space: `int(1, 10)` or `linear(0, 1)`"));
        }
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.')).len();
        let (number, unit) = word.split_at(digits);
        if number.matches('.').count() > 1 {
            return self.only(Diagnostic::error("E0113", format!("`{word}` has two decimal points"), mark));
        }
        let unit_mark = self.span(token.start + digits, token.end);
        if unit.is_empty() || self.wanted_separator() {
            return None;
        }
        let Some(right) = unit_meant(unit) else {
            let mistake = Diagnostic::error("E0113", format!("`{word}` is no number"), mark);
            if unit.eq_ignore_ascii_case("e") {
                return self.only(mistake.note("digits follow the `e`: `1e-4`"));
            }
            if number == "0" && unit.starts_with(['x', 'X', 'b', 'B', 'o', 'O']) {
                return self.only(mistake.note("numbers are written in tens"));
            }
            return self.only(match unit.contains(|c: char| c.is_ascii_digit()) {
                true => mistake.note("a duration is one number with one unit: `90min`"),
                false => mistake.label(format!("`{unit}` is no unit")).note("the units are `s`, `min`, `h` and `%`"),
            });
        };
        let mistake = Diagnostic::error("E0113", format!("`{unit}` is no unit"), unit_mark)
            .note("the units are `s`, `min`, `h` and `%`")
            .replace(format!("write `{number}{right}`"), unit_mark, right, !matches!(unit, "m" | "k" | "K" | "M"));
        self.only(mistake)
    }

    /// `5 min`, with a space between.
    fn parted_unit(&self, unit: Token) -> Option<Mistake> {
        let number = self.previous().filter(|p| p.kind == TokenKind::Number)?;
        let next_is_equals = self.token(self.index + 1).is_some_and(|t| t.kind == TokenKind::Equals);
        let word = self.word(unit);
        let right = unit_meant(word).filter(|right| right.len() <= word.len() && !next_is_equals)?;
        let parted = self.span(number.end, unit.end);
        let mistake =
            Diagnostic::error("E0113", "a unit stands right after its number", self.span(number.start, unit.end))
                .replace(format!("write `{}{right}`", self.word(number)), parted, right, word != "m");
        self.patched(mistake, number.end, format!("{right:<width$}", width = unit.end - number.end))
    }

    /// Whether the number itself may be right and only a separator is missing before it.
    fn wanted_separator(&self) -> bool {
        self.found().is_some_and(|t| is_plain_number(self.word(t)))
    }
}

/// The unit that was surely, or (`m`) most likely, meant by a word after a number.
fn unit_meant(word: &str) -> Option<&'static str> {
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "min",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "k" | "K" => "_000",
        "M" => "_000_000",
        _ => return None,
    })
}

/// Whether a word is a number without a unit that we do not know.
fn is_plain_number(word: &str) -> bool {
    let word = word.strip_suffix('%').unwrap_or(word);
    let word = ["min", "s", "h"].iter().find_map(|unit| word.strip_suffix(unit)).unwrap_or(word);
    !word.ends_with('.') && word.replace('_', "").parse::<f64>().is_ok()
}
