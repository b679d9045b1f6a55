//! Signs that another language would use.

use super::separators::negation;
use super::{Case, Mistake};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::token::{Token, TokenKind};

impl Case<'_> {
    /// Whether there is a comparison in what is being read.
    fn compares(&self) -> bool {
        self.all.iter().any(|token| matches!(self.word(*token), "<" | "<=" | ">" | ">=" | "==" | "!="))
    }

    /// A sign that another language would use.
    pub(super) fn foreign_sign(&self) -> Option<Mistake> {
        let token = self.found()?;
        let (word, mark) = (self.word(token), self.mark(token));
        let (previous, next) = (self.previous(), self.token(self.index + 1));
        let adjacent = next.filter(|n| n.start == token.end);
        let error = |message: &str, span: Span| Diagnostic::error("E0109", message, span);
        let pair = |second: Token| self.span(token.start, second.end);
        match word {
            ":" | "：" if previous.is_some_and(|p| p.kind == TokenKind::Word) => {
                let (span, bytes) = match adjacent.filter(|n| self.word(*n) == "=") {
                    Some(equals) => (pair(equals), " ="),
                    None => (mark, "="),
                };
                let spaced = previous.is_some_and(|p| p.end < token.start);
                let mistake = error("a name gets its value with `=`", span)
                    .label(format!("not with `{}`", if bytes == "=" { word } else { ":=" }));
                let mended = mistake.replace("write `=`", span, if spaced { "=" } else { " =" }, true);
                self.patched(mended, token.start, format!("{bytes:<0$}", span.range().len()))
            }
            "*" if adjacent.is_some_and(|n| self.word(n) == "*") => {
                let span = pair(adjacent?);
                self.patched(
                    error("a power is written with `^`", span).replace("write `^`", span, "^", true),
                    token.start,
                    "^ ",
                )
            }
            ">" | "->" if previous.is_some_and(|p| self.word(p) == "-" || (word == ">" && self.word(p) == "->")) => {
                let span = self.span(previous?.start, token.end);
                let mistake = error("layers are joined with `->`", span).replace("write `->`", span, "->", true);
                self.patched(mistake, previous?.start, format!("{:<1$}", "->", span.range().len()))
            }
            ">" if previous.is_some_and(|p| self.word(p) == "<" && p.end == token.start) => {
                let span = self.span(previous?.start, token.end);
                let mistake = error("`!=` says that two differ", span).replace("write `!=`", span, "!=", true);
                self.patched(mistake, previous?.start, "!=")
            }
            "=" if self.index == 1 && adjacent.is_some_and(|n| self.word(n) == ">") => {
                let mistake = error("there is no `=>`", pair(adjacent?));
                self.only(mistake.note("a key gets its value with `=`, and layers are joined with `->`"))
            }
            "=" | "|" if adjacent.is_some_and(|n| self.word(n) == ">") => {
                let span = pair(adjacent?);
                self.patched(
                    error("layers are joined with `->`", span).replace("write `->`", span, "->", true),
                    token.start,
                    "->",
                )
            }
            "|" | "or" | "||" if !self.compares() => {
                let doubled = adjacent.filter(|n| word == "|" && self.word(*n) == "|");
                let at = self.index + if doubled.is_some() { 2 } else { 1 };
                let called = self.is(self.token(at + 1), "(");
                let plain = |t: Option<Token>| t.filter(|t| t.kind == TokenKind::Word).map_or("…", |t| self.word(t));
                let last = if called { "…" } else { plain(self.token(at)) };
                let choice = format!("one of several is written `choice({}, {last})`", plain(previous));
                self.only(
                    error(&choice, doubled.map_or(mark, pair))
                        .note("each of them is tried then; layers that follow one another are joined with `->`"),
                )
            }
            "&" | "|" | "and" | "or" | "&&" | "||" => {
                let span = adjacent.filter(|n| self.word(*n) == word && word.len() == 1).map_or(mark, pair);
                self.only(
                    error("comparisons cannot be joined", span)
                        .note("write each on a line of its own: all of them must be true"),
                )
            }
            "!" | "not" if word == "!" || previous.is_none_or(|p| p.kind == TokenKind::Equals) => {
                self.only(negation(mark))
            }
            "%" if next.is_some_and(|n| matches!(n.kind, TokenKind::Word | TokenKind::Number | TokenKind::Open)) => {
                self.only(error("there is no remainder", mark).label("this is a percent sign"))
            }
            "`" => self.only(
                Diagnostic::error("E0115", "a backtick has no meaning here", mark).note("a text stands in \"…\""),
            ),
            "%" if previous.is_some_and(|p| p.kind == TokenKind::Number && p.end < token.start) => {
                let number = previous?;
                let gap = self.span(number.end, token.end);
                let mistake = Diagnostic::error("E0113", "a percent sign stands right after its number", gap).replace(
                    "leave out the space",
                    gap,
                    "%",
                    true,
                );
                self.patched(mistake, number.end, format!("%{}", " ".repeat(token.start - number.end)))
            }
            "{" if previous.is_none_or(|p| {
                matches!(p.kind, TokenKind::Equals | TokenKind::Comma | TokenKind::Operator | TokenKind::Open)
            }) =>
            {
                let mistake = Diagnostic::error("E0101", "braces alone are no value", mark)
                    .note("settings are given in a call, `name(a = 1)`; braces belong to blocks and to layers such as `residual { … }`");
                self.only(mistake)
            }
            "\\" => {
                self.only(Diagnostic::error("E0115", "`\\` has no meaning here", mark).note(
                    "a value goes on in the next line when that line begins with an operator, or inside brackets",
                ))
            }
            _ if token.kind == TokenKind::Unknown => {
                self.only(Diagnostic::error("E0115", format!("`{}` has no meaning here", word.escape_debug()), mark))
            }
            _ => None,
        }
    }
}
