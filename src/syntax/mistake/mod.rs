//! Why the grammar stopped, in the user's terms.
//!
//! The grammar says only how far it came. From the words around that place we tell what was probably meant: a sign from
//! another language, a forgotten comma, a missing value. Where only one thing can be meant there is a patch of the
//! same length for the text that is being read, so that reading goes on and finds what else is wrong.

mod numbers;
mod outside;
mod separators;
mod signs;
mod values;

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

    /// A word of the language where a name is wanted.
    fn reserved(&self, token: Token) -> Option<Mistake> {
        let word = self.word(token);
        if !matches!(word, "let" | "use" | "as") {
            return None;
        }
        let mistake = Diagnostic::error("E0101", format!("`{word}` cannot be a name"), self.mark(token));
        self.only(mistake.note("`let`, `use` and `as` are words of the language"))
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

    fn unexpected(&self) -> Mistake {
        let message = match self.found() {
            None => "this ends too early".to_string(),
            Some(_) => format!("{} is not expected here", self.described()),
        };
        if let (Some(found), Some((open, false))) = (self.found(), self.enclosing())
            && found.kind == TokenKind::Comma
            && self.word(open) == "("
        {
            let mistake = Diagnostic::error("E0101", "these parentheses hold one value", self.mark(found));
            let mistake = mistake.also(self.mark(open), "opened here").note("a list stands in brackets: `[1, 2]`");
            return Mistake { diagnostic: mistake, patch: None };
        }
        let mut mistake = Diagnostic::error("E0101", message, self.place());
        if let (Some(previous), Some(_)) = (self.previous(), self.found()) {
            mistake = mistake.also(self.mark(previous), "after this");
        }
        Mistake { diagnostic: mistake, patch: None }
    }
}

/// A word short enough for a message.
fn shortened(word: &str) -> String {
    let line = word.split('\n').next().unwrap_or_default().trim();
    match line.char_indices().nth(40) {
        Some((n, _)) => format!("{}…", &line[..n]),
        None => line.to_string(),
    }
}
