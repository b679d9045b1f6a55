//! Two values or entries with nothing between them, and names where none can be.

use super::{Case, Mistake, Patch, Setting, shortened};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::token::{Token, TokenKind};

impl Case<'_> {
    /// Two values or entries, and nothing between them.
    pub(super) fn missing_separator(&self, setting: Setting) -> Option<Mistake> {
        let mut index = self.index;
        let ends =
            |t: Token| matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Close);
        let begins = |t: Token| {
            matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Open | TokenKind::Prose)
        };
        // The grammar may have read `epochs 30 batch` as the head of a nested block: the fault is after its first word.
        let bracket = self.enclosing();
        let plain = |t: &Token| t.kind != TokenKind::Close && ends(*t);
        if bracket.is_none() && setting == Setting::Entry && index > 1 && self.all[..index].iter().all(plain) {
            index = 1;
        }
        let (previous, found) = (self.token(index.checked_sub(1)?)?, self.token(index)?);
        if !ends(previous) || !begins(found) {
            if !ends(previous) {
                return None;
            }
            return self.named_member(previous, found);
        }
        let gap = self.span(previous.end, previous.end);
        let next_is_equals = self.token(index + 1).is_some_and(|t| t.kind == TokenKind::Equals);
        let (left, right) = (shortened(self.word(previous)), shortened(self.word(found)));
        let starts = |n: usize| n == 0 || matches!(self.all[n - 1].kind, TokenKind::Open | TokenKind::Comma);
        let separator = |bytes: &str| {
            let space = self.text.as_bytes().get(previous.end).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n'));
            space.then(|| Patch { at: previous.end, bytes: bytes.to_string(), separates: bytes == "\n" })
        };
        match bracket {
            Some((open, called)) if self.word(open) != "{" => {
                let is_list = self.word(open) == "[" || called;
                if !is_list {
                    let mistake = Diagnostic::error(
                        "E0101",
                        format!("expected an operator or `)` before `{right}`"),
                        self.mark(found),
                    );
                    return self.only(mistake.also(self.mark(open), "to close this"));
                }
                if called
                    && previous.kind == TokenKind::Word
                    && starts(index - 1)
                    && !next_is_equals
                    && found.kind != TokenKind::Open
                {
                    let mistake =
                        Diagnostic::error("E0108", format!("expected `=` or `,` between `{left}` and `{right}`"), gap)
                            .replace("write `=`", gap, " =", false);
                    return self.only(mistake);
                }
                let mistake = Diagnostic::error("E0107", format!("expected `,` between `{left}` and `{right}`"), gap)
                    .label("a comma is missing here")
                    .replace("write `,`", gap, ",", true);
                Some(Mistake { diagnostic: mistake, patch: separator(",") })
            }
            _ if setting == Setting::Item && left == "not" => self.only(negation(self.mark(previous))),
            _ if setting == Setting::Item => {
                let mistake =
                    Diagnostic::error("E0107", format!("expected a new line before `{right}`"), self.mark(found));
                if matches!(self.word(found), "let" | "use") {
                    let mistake = mistake.replace("begin a new line", self.span(previous.end, found.start), "\n", true);
                    return Some(Mistake { diagnostic: mistake, patch: separator("\n") });
                }
                self.only(mistake.label("the definition ends before this"))
            }
            _ if index == 1 && left == "not" => self.only(negation(self.mark(previous))),
            _ if index == 1 && previous.kind == TokenKind::Word && self.is(self.token(2), "->") => {
                let whole = self.span(previous.end, found.end);
                let mistake = Diagnostic::error("E0101", "the parameters of a layer stand in parentheses", whole);
                self.only(mistake.replace(format!("write `{left}({right})`"), whole, format!("({right})"), false))
            }
            _ if index == 1 && previous.kind == TokenKind::Word && !next_is_equals => {
                let mistake = Diagnostic::error("E0108", format!("expected `=` after `{left}`"), gap)
                    .label("`=` gives it a value")
                    .replace("write `=`", gap, " =", false);
                self.only(mistake)
            }
            _ if previous.kind == TokenKind::Number && found.kind == TokenKind::Word && !next_is_equals => {
                let mistake = Diagnostic::error("E0113", format!("`{right}` is no unit"), self.mark(found));
                self.only(mistake.note("the units are `s`, `min`, `h` and `%`"))
            }
            _ => {
                let mistake = Diagnostic::error(
                    "E0107",
                    format!("expected a comma or a new line before `{right}`"),
                    self.mark(found),
                )
                .label("a new entry begins here");
                let mistake = match next_is_equals {
                    true => mistake.replace("write `,`", gap, ",", true),
                    false => mistake.note("layers are joined with `->`").replace("write `->`", gap, " ->", false),
                };
                Some(Mistake { diagnostic: mistake, patch: separator("\n").filter(|_| next_is_equals) })
            }
        }
    }

    /// `=` after something that is not a name.
    fn named_member(&self, previous: Token, found: Token) -> Option<Mistake> {
        if found.kind != TokenKind::Equals {
            return None;
        }
        let mark = self.mark(found);
        let mistake = match self.enclosing() {
            Some((open, false)) if self.word(open) == "[" => {
                Diagnostic::error("E0101", "the values of a list have no names", mark)
                    .note("a call takes names: `choice(small = 16, large = 64)`")
            }
            _ => Diagnostic::error("E0101", "only a single name gets a value with `=`", mark)
                .also(self.mark(previous), "this is not one")
                .note("`==` compares"),
        };
        self.only(mistake)
    }
}

/// `not` before something.
pub(super) fn negation(mark: Span) -> Diagnostic {
    Diagnostic::error("E0109", "there is no negation", mark).note("write the opposite comparison, such as `>=` for `<`")
}
