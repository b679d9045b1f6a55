//! The words and signs of a text, for messages, the layout and the editor. It reads any text, right or wrong.

use pest::unicode;

/// A word, a sign or a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Word,
    /// `32`, `1e-4`, `80%`, `30s`, and what begins like one.
    Number,
    /// `"…"`; without an end, up to the end of the line.
    Text,
    /// `"""…"""`; without an end, up to the end of the text.
    Prose,
    /// `# …`.
    Comment,
    /// `->`, `<`, `+` and their kind, but not `=`.
    Operator,
    /// `=`.
    Equals,
    /// `,`.
    Comma,
    /// `.`.
    Dot,
    /// `(`, `[`, `{`.
    Open,
    /// `)`, `]`, `}`.
    Close,
    /// The end of a line.
    Newline,
    /// Anything else.
    Unknown,
}

const OPERATORS: [&str; 12] = ["->", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "^"];

/// Whether a word may begin with the character.
pub(super) fn is_word_start(c: char) -> bool {
    c == '_' || if c.is_ascii() { c.is_ascii_alphabetic() } else { unicode::XID_START(c) }
}

/// Whether a word may go on with the character.
pub(super) fn is_word_part(c: char) -> bool {
    if c.is_ascii() { c == '_' || c.is_ascii_alphanumeric() } else { unicode::XID_CONTINUE(c) }
}

/// How many bytes of the text's start are characters of words.
fn word_length(text: &str) -> usize {
    text.char_indices().find(|(_, c)| !is_word_part(*c)).map_or(text.len(), |(n, _)| n)
}

/// The tokens of a text, in order, spaces left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = next_token(text, at) {
        found.push(token);
        at = token.end;
    }
    found
}

/// The first token from `at` on.
pub(super) fn next_token(text: &str, mut at: usize) -> Option<Token> {
    let first = loop {
        let c = text[at..].chars().next()?;
        if c == '\n' || !(c.is_whitespace() || super::quotes::is_invisible(c)) {
            break c;
        }
        at += c.len_utf8();
    };
    let rest = &text[at..];
    let line = || rest.find('\n').unwrap_or(rest.len());
    let (kind, length) = match first {
        '\n' => (TokenKind::Newline, 1),
        '#' => (TokenKind::Comment, rest[..line()].trim_end().len()),
        '"' if rest.starts_with("\"\"\"") => (TokenKind::Prose, rest[3..].find("\"\"\"").map_or(rest.len(), |n| n + 6)),
        '"' => (TokenKind::Text, super::quotes::closed_text(rest, 0).unwrap_or_else(line)),
        '(' | '[' | '{' => (TokenKind::Open, 1),
        ')' | ']' | '}' => (TokenKind::Close, 1),
        ',' => (TokenKind::Comma, 1),
        '.' => (TokenKind::Dot, 1),
        c if is_word_start(c) => (TokenKind::Word, word_length(rest)),
        c if c.is_ascii_digit() => (TokenKind::Number, number_length(rest)),
        c => match OPERATORS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => (TokenKind::Operator, sign.len()),
            None if c == '=' => (TokenKind::Equals, 1),
            None => (TokenKind::Unknown, c.len_utf8()),
        },
    };
    Some(Token { kind, start: at, end: at + length })
}

/// The length of what begins with a digit: number, exponent, unit, percent sign.
fn number_length(text: &str) -> usize {
    let mut n = 0;
    let mut previous = ' ';
    for c in text.chars() {
        let next = text[n + c.len_utf8()..].chars().next();
        let part = match c {
            '.' => next.is_some_and(|c| c.is_ascii_digit()),
            '+' | '-' => matches!(previous, 'e' | 'E') && next.is_some_and(|c| c.is_ascii_digit()),
            '%' => return n + 1,
            c => is_word_part(c),
        };
        if !part {
            break;
        }
        previous = c;
        n += c.len_utf8();
    }
    n
}

/// Whether a line that begins so goes on from the line before.
pub(super) fn begins_with_operator(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some('+' | '-' | '*' | '^' | '<' | '>' | '{') => true,
        Some('/') => chars.next() != Some('/'),
        Some('=' | '!') => matches!(chars.next(), Some('=' | '>')),
        Some('|') => chars.next() == Some('>'),
        Some('.') => chars.next().is_some_and(is_word_start),
        Some('a') => rest.starts_with("as") && !rest[2..].starts_with(is_word_part) && !as_is_a_key(&rest[2..]),
        Some(c) => super::quotes::lookalike(c).is_some_and(|sign| !matches!(sign, "," | "=")),
        None => false,
    }
}

fn as_is_a_key(after: &str) -> bool {
    after.trim_start_matches([' ', '\t']).starts_with('=')
}

/// Whether what ends so goes on with the next line.
pub(super) fn ends_with_operator(text: &[u8]) -> bool {
    match text.last() {
        Some(b'+' | b'-' | b'*' | b'/' | b'^' | b'<' | b'>') => true,
        Some(b'=') => text.len() > 1 && b"=<>!".contains(&text[text.len() - 2]),
        _ => false,
    }
}

/// Whether a line reads like the beginning of something at the top level: `let x`, `use x`, `kind … {`, prose.
pub(super) fn is_head(rest: &str) -> bool {
    if rest.starts_with("\"\"\"") {
        return true;
    }
    if !rest.starts_with(is_word_start) {
        return false;
    }
    let line = rest.split('\n').next().unwrap_or_default();
    let word = word_length(line);
    let after = line[word..].trim_start();
    if matches!(&line[..word], "let" | "use") {
        return after.starts_with(is_word_start);
    }
    let mut at = word;
    while let Some(token) = next_token(line, at) {
        match token.kind {
            TokenKind::Word | TokenKind::Number | TokenKind::Text => at = token.end,
            _ => return line[token.start..].starts_with('{'),
        }
    }
    false
}

/// Whether a line reads like `key = value`.
pub(super) fn is_field(rest: &str) -> bool {
    if !rest.starts_with(is_word_start) {
        return false;
    }
    let after = rest[word_length(rest)..].trim_start_matches([' ', '\t']);
    after.starts_with('=') && !after.starts_with("==")
}

/// Whether it is a kind and what may follow it in a head, and nothing else.
pub(super) fn is_bare_head(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let found = tokens(text);
    let plain = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text);
    found.first().is_some_and(|t| t.kind == TokenKind::Word && !matches!(&text[t.start..t.end], "let" | "use"))
        && found.iter().all(plain)
}

/// The first line after `from`, not indented, that reads like the beginning of something and is not prose.
pub(super) fn first_head(text: &str, from: usize, to: usize) -> Option<usize> {
    text[from..to]
        .match_indices('\n')
        .map(|(n, _)| from + n + 1)
        .find(|&start| start < to && !text[start..].starts_with('"') && is_head(&text[start..]))
}
