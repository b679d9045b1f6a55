//! Where in the text a place is: in which brackets, after which key. It goes by words alone, since the text is broken
//! just where one is writing.

use std::ops::Range;

use crate::syntax::{Token, TokenKind, tokens};
use crate::vocabulary::{self, Body};

/// What a bracket belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FrameKind<'a> {
    /// No bracket.
    Top,
    /// No bracket yet: in the head of a block of this kind.
    Head(&'a str),
    /// The braces of a block of this kind.
    Block(&'a str),
    /// The braces of a layer.
    Layers,
    /// The parentheses of a call of this name.
    Call(&'a str),
    /// The brackets after an experiment.
    Select(&'a str),
    /// A list.
    List,
    /// Parentheses around a value.
    Group,
}

/// A bracket around the place.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    pub kind: FrameKind<'a>,
    /// The name whose value is being written.
    pub key: Option<&'a str>,
    /// Names that have a value in this bracket.
    pub given: Vec<&'a str>,
    /// Which entry of the bracket, from 0.
    pub position: usize,
    /// Whether nothing of the entry stands before the word that is being written.
    pub at_start: bool,
    /// First token of the entry.
    entry: usize,
}

/// A place in the text.
pub(super) struct Context<'a> {
    /// The brackets around it, outermost first; never empty.
    pub frames: Vec<Frame<'a>>,
    /// The word that is being written.
    pub prefix: Range<usize>,
    /// The word or sign before it.
    pub previous: Option<&'a str>,
    /// The words before a dot before it: `dev`, or `coarse`, `best`.
    pub member_of: Option<Vec<&'a str>>,
}

impl<'a> Frame<'a> {
    fn new(kind: FrameKind<'a>, entry: usize) -> Self {
        Frame { kind, key: None, given: Vec::new(), position: 0, at_start: true, entry }
    }
}

impl<'a> Context<'a> {
    /// The place of a byte; none in a comment, a text, prose or a number.
    pub fn at(text: &'a str, offset: usize) -> Option<Context<'a>> {
        let all = tokens(&text[..offset]);
        let last = all.last().copied();
        let touches = last.filter(|token| token.end == offset);
        let prefix = match touches.map(|token| token.kind) {
            Some(TokenKind::Word) => last.map_or(offset..offset, |token| token.start..offset),
            Some(TokenKind::Number) => return None,
            _ => offset..offset,
        };
        // A comment or an unclosed text goes on to the end of its line.
        if let Some(token) = last {
            let line = !text[token.start..offset].contains('\n');
            let closed = |quotes: usize| {
                token.end - token.start >= 2 * quotes && text[..token.end].ends_with(&"\"".repeat(quotes))
            };
            match token.kind {
                TokenKind::Comment if line => return None,
                TokenKind::Text if !closed(1) && line => return None,
                TokenKind::Prose if !closed(3) => return None,
                TokenKind::Text | TokenKind::Prose if token.end == offset => return None,
                _ => {}
            }
        }
        let before: Vec<Token> = match prefix.is_empty() {
            true => all,
            false => all[..all.len() - 1].to_vec(),
        };
        let end = prefix.start
            + text[prefix.start..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .map(char::len_utf8)
                .sum::<usize>();
        let prefix = prefix.start..end.max(prefix.end);
        let frames = frames(text, &before);
        let word = |token: &Token| &text[token.start..token.end];
        let previous = before.iter().rev().find(|t| t.kind != TokenKind::Newline).map(word);
        let member_of = member_of(text, &before);
        // Of a number, a text or a value in parentheses nothing is a part.
        if member_of.is_none() && before.last().is_some_and(|t| t.kind == TokenKind::Dot) {
            return None;
        }
        Some(Context { frames, prefix, previous, member_of })
    }

    /// The innermost bracket.
    pub fn inner(&self) -> &Frame<'a> {
        &self.frames[self.frames.len() - 1]
    }
}

fn frames<'a>(text: &'a str, all: &[Token]) -> Vec<Frame<'a>> {
    let word = |token: &Token| &text[token.start..token.end];
    let mut frames = vec![Frame::new(FrameKind::Top, 0)];
    for (n, token) in all.iter().enumerate() {
        let depth = frames.len() - 1;
        let frame = &mut frames[depth];
        match token.kind {
            TokenKind::Open => {
                let kind = opened(text, all, n, frame.entry, &frame.kind);
                frame.at_start = false;
                frames.push(Frame::new(kind, n + 1));
            }
            TokenKind::Close => {
                if depth > 0 {
                    frames.pop();
                }
            }
            TokenKind::Newline if !matches!(frame.kind, FrameKind::Top | FrameKind::Block(_) | FrameKind::Layers) => {}
            TokenKind::Newline | TokenKind::Comma => {
                // A line that begins with an operator goes on from the one before.
                let goes_on = all.get(n + 1).is_some_and(|next| next.kind == TokenKind::Operator)
                    || n > 0 && all[n - 1].kind == TokenKind::Operator;
                if token.kind == TokenKind::Newline && goes_on {
                    continue;
                }
                frame.key = None;
                frame.at_start = true;
                frame.position += usize::from(token.kind == TokenKind::Comma);
                frame.entry = n + 1;
            }
            TokenKind::Equals => {
                if let Some(name) = n.checked_sub(1).map(|n| &all[n]).filter(|t| t.kind == TokenKind::Word) {
                    frame.key = Some(word(name));
                    frame.given.push(word(name));
                }
                frame.at_start = false;
            }
            TokenKind::Comment | TokenKind::Prose => {}
            _ => frame.at_start = false,
        }
    }
    // Words at the top level that no brace has followed yet are the head of a block.
    let top = &frames[0];
    if frames.len() == 1 && top.key.is_none() && !top.at_start {
        let kind = word(&all[top.entry]);
        if matches!(kind, "let" | "use") {
            frames[0].key = (kind == "use").then_some("use");
        } else {
            frames.push(Frame { at_start: false, ..Frame::new(FrameKind::Head(kind), 0) });
        }
    } else if frames.len() > 1 || top.at_start {
        let inner = frames.len() - 1;
        let frame = &frames[inner];
        let at = !frame.at_start && frame.key.is_none() && all.get(frame.entry).is_some_and(|t| word(t) == "at");
        if at && frame.kind == FrameKind::Block("experiment") {
            frames.push(Frame { at_start: false, ..Frame::new(FrameKind::Head("at"), 0) });
        }
    }
    frames
}

/// What the bracket that is token `n` belongs to; its entry begins with token `entry`.
fn opened<'a>(text: &'a str, all: &[Token], n: usize, entry: usize, outer: &FrameKind<'a>) -> FrameKind<'a> {
    let word = |token: &Token| &text[token.start..token.end];
    let before = n.checked_sub(1).map(|n| all[n]);
    let named = before.filter(|token| token.kind == TokenKind::Word);
    match word(&all[n]) {
        "(" => named.map_or(FrameKind::Group, |token| FrameKind::Call(word(&token))),
        "[" => match before {
            Some(token) if token.kind == TokenKind::Word => FrameKind::Select(word(&token)),
            _ => FrameKind::List,
        },
        _ => {
            let head = &all[entry.min(n)..n];
            let first = head.first().filter(|token| token.kind == TokenKind::Word).map(word);
            let bodied = |name: &str| vocabulary::calls_named(name).any(|call| call.body == Body::Layers);
            match first {
                Some(kind) if vocabulary::block(kind).is_some() && !bodied(kind) => FrameKind::Block(kind),
                Some(kind) if *outer == FrameKind::Top && kind != "let" => FrameKind::Block(kind),
                _ => FrameKind::Layers,
            }
        }
    }
}

/// The path of the table that is read nearest before the place in its block, else nearest behind it.
pub(super) fn table_around(text: &str, offset: usize) -> Option<String> {
    let all: Vec<Token> = tokens(text)
        .into_iter()
        .filter(|token| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment))
        .collect();
    let word = |token: &Token| &text[token.start..token.end];
    let mut found: Option<String> = None;
    let mut depth = 0usize;
    for (n, token) in all.iter().enumerate() {
        let behind = token.start >= offset;
        match word(token) {
            "{" => depth += 1,
            "}" if behind && depth <= 1 => return found,
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found = None;
                }
            }
            "csv" | "parquet" => {
                let Some([open, path]) = all.get(n + 1..n + 3) else { return found };
                if word(open) == "(" && path.kind == TokenKind::Text {
                    if behind && found.is_some() {
                        return found;
                    }
                    found = Some(word(path).trim_matches('"').to_string());
                }
            }
            _ => {}
        }
    }
    found
}

/// The words of `a.b.` before the place.
fn member_of<'a>(text: &'a str, before: &[Token]) -> Option<Vec<&'a str>> {
    let mut rest = before;
    let mut path = Vec::new();
    while let [.., dot] = rest
        && dot.kind == TokenKind::Dot
    {
        rest = &rest[..rest.len() - 1];
        // What was called or selected counts by its name: `placement[norm = before].`.
        let mut depth = 0usize;
        while let [.., token] = rest {
            match token.kind {
                TokenKind::Close => depth += 1,
                TokenKind::Open if depth > 0 => depth -= 1,
                TokenKind::Word if depth == 0 => break,
                _ if depth == 0 => return None,
                _ => {}
            }
            rest = &rest[..rest.len() - 1];
        }
        let [.., name] = rest else { return None };
        path.push(&text[name.start..name.end]);
        rest = &rest[..rest.len() - 1];
    }
    path.reverse();
    (!path.is_empty()).then_some(path)
}
