//! What stands at the top level or in a head and does not belong there.

use super::{Case, Mistake, Patch, shortened};
use crate::diagnostic::Diagnostic;
use crate::syntax::token::Token;
use crate::syntax::token::TokenKind;

/// Words that other languages define and import with.
const DEFINES: [&str; 6] = ["def", "const", "var", "val", "set", "define"];
const IMPORTS: [&str; 4] = ["import", "from", "include", "require"];

impl Case<'_> {
    /// Something at the top level that is none of the four things.
    pub(super) fn item(&self) -> Option<Mistake> {
        let first = self.token(0)?;
        let second = self.token(1);
        let word = self.word(first);
        let known = matches!(word, "let" | "use");
        if first.kind == TokenKind::Word && !known {
            if IMPORTS.contains(&word) {
                let mistake =
                    Diagnostic::error("E0109", format!("an import does not begin with `{word}`"), self.mark(first));
                return self.only(mistake.note("write `use a, b from \"file.exp\"`"));
            }
            if DEFINES.contains(&word) && second.is_some_and(|t| t.kind == TokenKind::Word) {
                let mistake = Diagnostic::error("E0109", "a definition begins with `let`", self.mark(first)).replace(
                    "write `let`",
                    self.mark(first),
                    "let",
                    true,
                );
                return self.patched(mistake, first.start, format!("{:<1$}", "let", word.len()));
            }
            let heads =
                self.all.iter().take_while(|t| matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text));
            let colon = heads.count();
            if colon > 1 && self.is(self.token(colon), ":") {
                let mark = self.mark(self.all[colon]);
                let mistake = Diagnostic::error("E0118", "expected `{` before the entries of a block", mark)
                    .label("not `:`")
                    .note("entries stand in braces, `key = value` each: `data flowers { source = iris() }`");
                return self.only(mistake);
            }
            if second.is_some_and(|t| t.kind == TokenKind::Equals) || self.is(second, ":") {
                let start = self.span(first.start, first.start);
                let mistake =
                    Diagnostic::error("E0111", format!("`{word}` is set outside of any block"), self.mark(first)).note(
                        "a setting stands in a block, such as `experiment name { … }`; a definition begins with `let`",
                    );
                return self.only(match self.is(second, ":") {
                    true => mistake,
                    false => mistake.replace("make it a definition", start, "let ", false),
                });
            }
            let bare = |t: &Token| matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text);
            let head = self.all.iter().take_while(|t| bare(t)).count();
            if head > 1 && self.token(head).is_some_and(|t| t.kind == TokenKind::Equals) {
                let end = self.all[head - 2].end;
                let mistake =
                    Diagnostic::error("E0118", "expected `{` before the entries of a block", self.span(end, end))
                        .label("here")
                        .note("entries stand in braces: `plot { of = name, draw = curves(dev.loss) }`");
                return self.only(mistake);
            }
            if self.all.iter().all(bare) {
                let end = self.all.last().map_or(0, |t| t.end);
                let mistake = Diagnostic::error(
                    "E0118",
                    format!("expected `{{` after `{}`", shortened(self.text)),
                    self.span(end, end),
                )
                .note("a block is its kind, a name or text, and entries in braces: `experiment name { … }`");
                return self.only(mistake);
            }
        }
        if !known {
            let mistake = Diagnostic::error("E0111", "this stands outside of any block", self.mark(first))
                .note("at the top level stand prose, `use`, `let` and blocks, such as `experiment name { … }`");
            return self.only(mistake);
        }
        if self.index == 1 {
            return match (word, self.found()) {
                ("let", Some(token)) if token.kind == TokenKind::Word => self.reserved(token),
                (_, Some(token)) if token.kind == TokenKind::Unknown => None,
                ("let", _) => self.only(
                    Diagnostic::error("E0102", "expected a name after `let`", self.place())
                        .note("write `let name = value`"),
                ),
                _ => self.only(
                    Diagnostic::error("E0102", "expected a name after `use`", self.place())
                        .note("write `use a, b from \"file.exp\"`"),
                ),
            };
        }
        if word == "use" {
            return self.import();
        }
        if self.index == 2 {
            let name = self.word(second?);
            let found = self.found();
            if self.is(found, "==") {
                let mark = self.place();
                let mistake = Diagnostic::error("E0109", "one `=` gives a name its value", mark)
                    .label("`==` compares")
                    .replace("write `=`", mark, "=", true);
                return self.patched(mistake, found?.start, "= ");
            }
            if found.is_none()
                || found
                    .is_some_and(|t| !matches!(t.kind, TokenKind::Unknown | TokenKind::Operator | TokenKind::Equals))
            {
                let end = second?.end;
                let mistake =
                    Diagnostic::error("E0108", format!("expected `=` after `let {name}`"), self.span(end, end))
                        .note("write `let name = value`");
                return self.only(if found.is_some() {
                    mistake.replace("write `=`", self.span(end, end), " =", false)
                } else {
                    mistake
                });
            }
        }
        None
    }

    fn import(&self) -> Option<Mistake> {
        let mistake = match (self.found(), self.previous()) {
            (Some(token), Some(from)) if token.kind == TokenKind::Word && self.is(Some(from), "from") => {
                // A path without quotes is several words and signs without a space between.
                let end =
                    self.text[token.start..].find(char::is_whitespace).map_or(self.text.len(), |n| token.start + n);
                let path = &self.text[token.start..end];
                let quoted = if path.ends_with(".exp") { format!("\"{path}\"") } else { format!("\"{path}.exp\"") };
                let mark = self.span(token.start, end);
                Diagnostic::error("E0101", "the file of an import stands in quotes", mark).replace(
                    format!("write `{quoted}`"),
                    mark,
                    quoted,
                    false,
                )
            }
            // `from` was read as a name.
            (Some(text), Some(from)) if text.kind == TokenKind::Text && self.is(Some(from), "from") => {
                let comma = self.token(self.index - 2).filter(|t| t.kind == TokenKind::Comma);
                match comma {
                    Some(comma) => {
                        let mark = self.mark(comma);
                        Diagnostic::error("E0102", "expected a name after this comma", mark).replace(
                            "leave it out",
                            mark,
                            "",
                            true,
                        )
                    }
                    None => Diagnostic::error("E0102", "expected a name after `use`", self.mark(from)),
                }
            }
            (_, from) if self.is(from, "from") => Diagnostic::error(
                "E0101",
                format!("expected a file in quotes after `from`, found {}", self.described()),
                self.place(),
            ),
            (Some(text), Some(name)) if text.kind == TokenKind::Text => {
                let gap = self.span(name.end, name.end);
                Diagnostic::error("E0101", "expected `from` before the file", self.mark(text)).replace(
                    "write `from`",
                    gap,
                    " from",
                    true,
                )
            }
            (Some(renamed), _) if self.is(Some(renamed), "as") => Diagnostic::error(
                "E0101",
                "a name keeps its name when it is taken from another file",
                self.mark(renamed),
            ),
            _ => Diagnostic::error(
                "E0101",
                format!("expected `from` and a file, found {}", self.described()),
                self.place(),
            ),
        };
        self.only(mistake.note("write `use a, b from \"file.exp\"`"))
    }

    pub(super) fn head(&self) -> Mistake {
        let Some(token) = self.found() else { return self.unexpected() };
        let mark = self.mark(token);
        let word = self.word(token);
        let joined = self.previous().is_some_and(|p| p.end == token.start)
            && self.token(self.index + 1).is_some_and(|n| n.start == token.end);
        if word == "-" && joined {
            let mistake = Diagnostic::error("E0118", "a name has no `-` in it", mark).label("this is minus");
            let mistake = mistake.replace("write `_`", mark, "_", true);
            return Mistake {
                diagnostic: mistake,
                patch: Some(Patch { at: token.start, bytes: "_".into(), separates: false }),
            };
        }
        if matches!(word, "=" | ":" | ",") {
            let mistake = Diagnostic::error("E0118", format!("the head of a block has no `{word}`"), mark).replace(
                "leave it out",
                mark,
                "",
                true,
            );
            return Mistake {
                diagnostic: mistake,
                patch: Some(Patch { at: token.start, bytes: " ".into(), separates: false }),
            };
        }
        let mistake =
            Diagnostic::error("E0118", format!("{} does not belong in the head of a block", self.described()), mark)
                .note("a head is a kind and then words, numbers or a text: `experiment name {`, `at epoch 12 {`");
        Mistake { diagnostic: mistake, patch: None }
    }

    /// Something in a block that belongs at the top level.
    pub(super) fn misplaced(&self) -> Option<Mistake> {
        let first = self.token(0)?;
        let word = self.word(first);
        let begins = match word {
            "let" => self.token(1)?.kind == TokenKind::Word,
            "use" => self.all.iter().any(|t| self.word(*t) == "from"),
            _ => false,
        };
        if !begins {
            return if self.index == 0 { self.reserved(first) } else { None };
        }
        let mistake =
            Diagnostic::error("E0112", format!("`{word}` stands at the top level, not in a block"), self.mark(first));
        self.only(mistake.note("move it out of the block, above or below"))
    }
}
