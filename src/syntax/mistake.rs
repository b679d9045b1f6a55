//! Why the grammar stopped, in the user's terms.
//!
//! The grammar says only how far it came. From the words around that place we tell what was probably meant: a sign from
//! another language, a forgotten comma, a missing value. Where only one thing can be meant there is a patch of the
//! same length for the text that is being read, so that reading goes on and finds what else is wrong.

use super::token::{Token, TokenKind, tokens};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// Something at the top level.
    Item,
    /// The head of a block.
    Head,
    /// An entry of a block.
    Entry,
}

/// What to tell, and how to read on.
pub(super) struct Mistake {
    pub diagnostic: Diagnostic,
    pub patch: Option<Patch>,
}

/// Bytes to write over the piece.
pub(super) struct Patch {
    pub at: usize,
    pub bytes: String,
    /// Whether there are two entries or items now.
    pub separates: bool,
}

/// Explain why the piece `text`, which begins at `offset` of its file, cannot be read beyond `at`.
pub(super) fn explain(text: &str, offset: usize, at: usize, setting: Setting, file: u32) -> Mistake {
    let all: Vec<Token> = tokens(text).into_iter().filter(|t| t.kind != TokenKind::Newline).collect();
    let index = all.iter().position(|t| t.end > at).unwrap_or(all.len());
    let case = Case { text, offset, file, all, index };
    let found = match setting {
        Setting::Item => case.item(),
        Setting::Head => Some(case.head()),
        Setting::Entry => case.misplaced(),
    };
    found
        .or_else(|| case.foreign_sign())
        .or_else(|| case.number())
        .or_else(|| case.missing_value())
        .or_else(|| case.missing_separator(setting))
        .unwrap_or_else(|| case.unexpected())
}

struct Case<'a> {
    text: &'a str,
    offset: usize,
    file: u32,
    all: Vec<Token>,
    /// Which token the grammar could not read; past the last at the end.
    index: usize,
}

/// Words that other languages define and import with.
const DEFINES: [&str; 6] = ["def", "const", "var", "val", "set", "define"];
const IMPORTS: [&str; 4] = ["import", "from", "include", "require"];

impl Case<'_> {
    fn word(&self, token: Token) -> &str {
        &self.text[token.start..token.end]
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.all.get(index).copied()
    }

    fn found(&self) -> Option<Token> {
        self.token(self.index)
    }

    fn previous(&self) -> Option<Token> {
        self.index.checked_sub(1).and_then(|n| self.token(n))
    }

    fn is(&self, token: Option<Token>, word: &str) -> bool {
        token.is_some_and(|t| self.word(t) == word)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.offset + start, self.offset + end)
    }

    fn mark(&self, token: Token) -> Span {
        self.span(token.start, token.end)
    }

    /// Where the reading stopped, to be marked.
    fn place(&self) -> Span {
        match (self.found(), self.previous()) {
            (Some(token), _) => self.mark(token),
            (None, Some(token)) => self.span(token.end, token.end),
            (None, None) => self.span(0, 0),
        }
    }

    /// What was found, to be told.
    fn described(&self) -> String {
        match self.found() {
            None => "nothing more".to_string(),
            Some(token) => match token.kind {
                TokenKind::Text => "a text".to_string(),
                TokenKind::Prose => "prose".to_string(),
                _ => format!("`{}`", shortened(self.word(token))),
            },
        }
    }

    fn only(&self, diagnostic: Diagnostic) -> Option<Mistake> {
        Some(Mistake { diagnostic, patch: None })
    }

    fn patched(&self, diagnostic: Diagnostic, at: usize, bytes: impl Into<String>) -> Option<Mistake> {
        Some(Mistake { diagnostic, patch: Some(Patch { at, bytes: bytes.into(), separates: false }) })
    }

    /// Something at the top level that is none of the four things.
    fn item(&self) -> Option<Mistake> {
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
            if second.is_some_and(|t| t.kind == TokenKind::Equals) || self.is(second, ":") {
                let start = self.span(first.start, first.start);
                let mistake = Diagnostic::error(
                    "E0111",
                    format!("`{word}` is set outside of any block"),
                    self.mark(first),
                )
                .note("a setting stands in a block, such as `experiment name { … }`; a definition begins with `let`")
                .replace("make it a definition", start, "let ", false);
                return self.only(mistake);
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
        let mistake = match self.found() {
            Some(token) if token.kind == TokenKind::Word && self.is(self.previous(), "from") => {
                let quoted = format!("\"{}.exp\"", self.word(token));
                Diagnostic::error("E0101", "the file of an import stands in quotes", self.mark(token)).replace(
                    format!("write `{quoted}`"),
                    self.mark(token),
                    quoted,
                    false,
                )
            }
            _ if self.is(self.previous(), "from") => Diagnostic::error(
                "E0101",
                format!("expected a file in quotes after `from`, found {}", self.described()),
                self.place(),
            ),
            _ => Diagnostic::error(
                "E0101",
                format!("expected `from` and a file, found {}", self.described()),
                self.place(),
            ),
        };
        self.only(mistake.note("write `use a, b from \"file.exp\"`"))
    }

    /// A word of the language where a name is wanted.
    fn reserved(&self, token: Token) -> Option<Mistake> {
        let word = self.word(token);
        if !matches!(word, "let" | "use" | "as") {
            return None;
        }
        let mistake = Diagnostic::error("E0101", format!("`{word}` cannot be a name"), self.mark(token));
        self.only(mistake.note("`let`, `use` and `as` are words of the language"))
    }

    fn head(&self) -> Mistake {
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
    fn misplaced(&self) -> Option<Mistake> {
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

    /// A sign that another language would use.
    fn foreign_sign(&self) -> Option<Mistake> {
        let token = self.found()?;
        let (word, mark) = (self.word(token), self.mark(token));
        let (previous, next) = (self.previous(), self.token(self.index + 1));
        let adjacent = next.filter(|n| n.start == token.end);
        let error = |message: &str, span: Span| Diagnostic::error("E0109", message, span);
        let pair = |second: Token| self.span(token.start, second.end);
        match word {
            ":" if previous.is_some_and(|p| p.kind == TokenKind::Word) => {
                let (span, bytes) = match adjacent.filter(|n| self.word(*n) == "=") {
                    Some(equals) => (pair(equals), " ="),
                    None => (mark, "="),
                };
                let spaced = previous.is_some_and(|p| p.end < token.start);
                let mistake = error("a name gets its value with `=`", span)
                    .label(format!("not with `{}`", if bytes == "=" { ":" } else { ":=" }));
                self.patched(
                    mistake.replace("write `=`", span, if spaced { "=" } else { " =" }, true),
                    token.start,
                    bytes,
                )
            }
            "*" if adjacent.is_some_and(|n| self.word(n) == "*") => {
                let span = pair(adjacent?);
                self.patched(
                    error("a power is written with `^`", span).replace("write `^`", span, "^", true),
                    token.start,
                    "^ ",
                )
            }
            "=" | "|" if adjacent.is_some_and(|n| self.word(n) == ">") => {
                let span = pair(adjacent?);
                self.patched(
                    error("layers are joined with `->`", span).replace("write `->`", span, "->", true),
                    token.start,
                    "->",
                )
            }
            "&" | "|" | "and" | "or" | "&&" | "||" => {
                let span = adjacent.filter(|n| self.word(*n) == word && word.len() == 1).map_or(mark, pair);
                self.only(
                    error("comparisons cannot be joined", span)
                        .note("write each on a line of its own: all of them must be true"),
                )
            }
            "!" | "not" if word == "!" || previous.is_none_or(|p| p.kind == TokenKind::Equals) => self
                .only(error("there is no negation", mark).note("write the opposite comparison, such as `>=` for `<`")),
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

    /// A number that is not written as one.
    fn number(&self) -> Option<Mistake> {
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

    /// Nothing where a value or a name should be.
    fn missing_value(&self) -> Option<Mistake> {
        let previous = self.previous()?;
        let word = self.word(previous);
        let wanted = match previous.kind {
            TokenKind::Dot => "a name",
            TokenKind::Word if word == "as" && self.index > 1 => "a name",
            TokenKind::Equals | TokenKind::Operator => "a value",
            TokenKind::Open if word == "(" && self.is(self.found(), ")") => "a value",
            TokenKind::Comma if self.is(self.found(), ",") => {
                let mark = self.place();
                let mistake = Diagnostic::error("E0107", "nothing stands before this comma", mark).replace(
                    "leave it out",
                    mark,
                    "",
                    true,
                );
                return self.patched(mistake, self.found()?.start, " ");
            }
            TokenKind::Open if self.is(self.found(), ",") => {
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
            && let Some(reserved) = self.reserved(token)
        {
            return Some(reserved);
        }
        let what = if word == "->" { "a layer" } else { wanted };
        let (message, place) = match self.found() {
            Some(token) if token.kind != TokenKind::Close => {
                (format!("expected {what} after `{word}`, found {}", self.described()), self.mark(token))
            }
            _ => (format!("expected {what} after `{word}`"), self.mark(previous)),
        };
        let mistake = Diagnostic::error("E0102", message, place);
        self.only(if self.found().is_some_and(|t| t.kind != TokenKind::Close) {
            mistake.also(self.mark(previous), format!("{what} should follow this"))
        } else {
            mistake.label(format!("{what} should follow"))
        })
    }

    /// The innermost bracket around the place, and whether it belongs to a call.
    fn enclosing(&self) -> Option<(Token, bool)> {
        let mut open: Vec<usize> = Vec::new();
        for (n, token) in self.all[..self.index.min(self.all.len())].iter().enumerate() {
            match token.kind {
                TokenKind::Open => open.push(n),
                TokenKind::Close => {
                    open.pop();
                }
                _ => {}
            }
        }
        let n = open.pop()?;
        let called = n > 0 && matches!(self.all[n - 1].kind, TokenKind::Word | TokenKind::Close);
        Some((self.all[n], called))
    }

    /// Two values or entries, and nothing between them.
    fn missing_separator(&self, setting: Setting) -> Option<Mistake> {
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
            _ if setting == Setting::Item => {
                let mistake =
                    Diagnostic::error("E0107", format!("expected a new line before `{right}`"), self.mark(found));
                if matches!(self.word(found), "let" | "use") {
                    let mistake = mistake.replace("begin a new line", self.span(previous.end, found.start), "\n", true);
                    return Some(Mistake { diagnostic: mistake, patch: separator("\n") });
                }
                self.only(mistake.label("the definition ends before this"))
            }
            _ if index == 1 && left == "not" => {
                let mistake = Diagnostic::error("E0109", "there is no negation", self.mark(previous));
                self.only(mistake.note("write the opposite comparison, such as `>=` for `<`"))
            }
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
            _ => {
                let mistake = Diagnostic::error(
                    "E0107",
                    format!("expected a comma or a new line before `{right}`"),
                    self.mark(found),
                )
                .label("a new entry begins here")
                .replace("write `,`", gap, ",", next_is_equals);
                let mistake = match next_is_equals {
                    true => mistake,
                    false => mistake.note("layers are joined with `->`"),
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

    fn unexpected(&self) -> Mistake {
        let message = match self.found() {
            None => "this ends too early".to_string(),
            Some(_) => format!("{} is not expected here", self.described()),
        };
        let mut mistake = Diagnostic::error("E0101", message, self.place());
        if let (Some(previous), Some(_)) = (self.previous(), self.found()) {
            mistake = mistake.also(self.mark(previous), "after this");
        }
        Mistake { diagnostic: mistake, patch: None }
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

/// A word short enough for a message.
fn shortened(word: &str) -> String {
    let line = word.split('\n').next().unwrap_or_default().trim();
    match line.char_indices().nth(40) {
        Some((n, _)) => format!("{}…", &line[..n]),
        None => line.to_string(),
    }
}
