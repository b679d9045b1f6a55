//! Nothing where a value or a name should be.

use super::{Case, Mistake};
use crate::diagnostic::Diagnostic;
use crate::syntax::token::{Token, TokenKind};

impl Case<'_> {
    /// Whether a word begins another definition or import, on a line of its own.
    fn begins_item(&self, token: Token) -> bool {
        let before = self.previous().map_or("", |p| &self.text[p.end..token.start]);
        matches!(self.word(token), "let" | "use") && before.contains('\n')
            || self.word(token) == "let" && self.token(self.index + 2).is_some_and(|t| t.kind == TokenKind::Equals)
    }

    /// Nothing where a value or a name should be.
    pub(super) fn missing_value(&self) -> Option<Mistake> {
        let previous = self.previous()?;
        let word = self.word(previous);
        let wanted = match previous.kind {
            TokenKind::Dot => "a name",
            TokenKind::Word if word == "as" && self.index > 1 => "a name",
            TokenKind::Equals | TokenKind::Operator => "a value",
            TokenKind::Open if word == "(" && self.is(self.found(), ")") => "a value",
            TokenKind::Comma | TokenKind::Open if self.is(self.found(), ",") => {
                let mark = self.place();
                let mistake = Diagnostic::error("E0107", "nothing stands before this comma", mark).replace(
                    "leave it out",
                    mark,
                    "",
                    true,
                );
                return self.patched(mistake, self.found()?.start, " ");
            }
            _ => return None,
        };
        if let Some(token) = self.found()
            && token.kind == TokenKind::Word
            && !self.begins_item(token)
            && let Some(reserved) = self.reserved(token)
        {
            return Some(reserved);
        }
        let what = if word == "->" { "a layer" } else { wanted };
        let (message, place) = match self.found() {
            Some(token) if token.kind != TokenKind::Close && !self.begins_item(token) => {
                (format!("expected {what} after `{word}`, found {}", self.described()), self.mark(token))
            }
            _ => (format!("expected {what} after `{word}`"), self.mark(previous)),
        };
        let mistake = Diagnostic::error("E0102", message, place);
        self.only(if self.found().is_some_and(|t| t.kind != TokenKind::Close && !self.begins_item(t)) {
            mistake.also(self.mark(previous), format!("{what} should follow this"))
        } else {
            mistake.label(format!("{what} should follow"))
        })
    }
}
