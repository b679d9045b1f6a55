//! The grammar over each item; where that fails, over each entry, so that a mistake costs as little as possible.

use std::ops::Range;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pairs;

use super::build::Builder;
use super::layout::{self, Layout};
use super::mistake::{self, Setting};
use super::token::{self, Token, TokenKind};
use super::tree::{Block, Entry, File, Item};
use super::{MAX_LENGTH, MAX_MISTAKES};
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Span, Spanned};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/exp.pest"]
struct Grammar;

/// Parse one file of `sources`.
///
/// Returns what could be read, and every mistake in the order of the text. Never panics; takes time in proportion to
/// the text; every span lies within the text, on character boundaries.
pub fn parse(sources: &Sources, file: u32) -> (File, Vec<Diagnostic>) {
    let text = &sources.get(file).text;
    let Layout { text: settled, items, comments, broken, mistakes } = layout::lay_out(text, file);
    let mut parser = Parser {
        file,
        source: text,
        allowance: 16 * text.len() + (1 << 16),
        text: settled,
        broken,
        mistakes,
        tree: File { comments, ..File::default() },
    };
    for item in items {
        parser.item(item);
    }
    let mut mistakes = parser.mistakes;
    mistakes.sort_by_key(|m| (m.span().start, m.span().end));
    mistakes.dedup_by_key(|m| m.span().start);
    if mistakes.len() > MAX_MISTAKES {
        mistakes.truncate(MAX_MISTAKES);
        let last = mistakes[MAX_MISTAKES - 1].span();
        mistakes.push(Diagnostic::error("E0120", "too many mistakes: the rest of the file was not read", last));
    }
    (parser.tree, mistakes)
}

struct Parser<'a> {
    file: u32,
    /// The file as it is.
    source: &'a str,
    /// Bytes that may still be read: a broken text is read again part by part, but not without end.
    allowance: usize,
    text: Vec<u8>,
    broken: Vec<usize>,
    mistakes: Vec<Diagnostic>,
    tree: File,
}

/// How reading a piece with the grammar ended.
enum Outcome<T> {
    Read(T),
    /// Reported already.
    Lost,
    /// The grammar stopped here.
    Stopped(usize),
}

impl<'a> Parser<'a> {
    fn str(&self, range: Range<usize>) -> &str {
        // Only whole characters are ever replaced, and only by ASCII.
        std::str::from_utf8(&self.text[range]).unwrap_or_default()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, self.source.floor_char_boundary(range.start), self.source.floor_char_boundary(range.end))
    }

    fn is_broken(&self, range: &Range<usize>) -> bool {
        self.broken.get(self.broken.partition_point(|at| *at < range.start)).is_some_and(|at| *at < range.end)
    }

    fn has_enough(&self) -> bool {
        self.mistakes.len() > MAX_MISTAKES
    }

    /// Run a rule over a piece and make its tree.
    fn read<T>(
        &mut self,
        rule: Rule,
        range: Range<usize>,
        make: impl FnOnce(&mut Builder<'_>, Pairs<'_, Rule>) -> Option<T>,
    ) -> Outcome<T> {
        let mut builder = Builder { file: self.file, offset: range.start, source: self.source, mistakes: Vec::new() };
        let outcome = match Grammar::parse(rule, self.str(range.clone())) {
            Ok(pairs) => make(&mut builder, pairs).map_or(Outcome::Lost, Outcome::Read),
            Err(error) => match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => Outcome::Stopped(range.start + at),
            },
        };
        self.mistakes.append(&mut builder.mistakes);
        outcome
    }

    /// Whether a piece may go to the grammar in one.
    fn readable(&mut self, range: &Range<usize>) -> bool {
        let affordable = range.len() <= self.allowance;
        self.allowance = self.allowance.saturating_sub(range.len());
        let prose = self.text[range.clone()].starts_with(b"\"\"\"");
        affordable && !self.is_broken(range) && (range.len() <= MAX_LENGTH || prose)
    }

    fn item(&mut self, range: Range<usize>) {
        if self.has_enough() {
            return;
        }
        if self.readable(&range) {
            let before = self.mistakes.len();
            match self.read(Rule::one_item, range.clone(), |b, mut pairs| b.item(pairs.next()?)) {
                Outcome::Read(item) => return self.tree.items.push(item),
                Outcome::Lost if !self.is_block(&range) => return self.lose(&range),
                Outcome::Lost => self.mistakes.truncate(before),
                Outcome::Stopped(_) => {}
            }
        }
        if self.is_block(&range) {
            let (block, end) = self.block(range.clone());
            self.tree.items.push(Item::Block(block));
            self.after_block(end..range.end);
        } else {
            self.plain_item(range);
        }
    }

    /// Whether an item that does not parse is a block: a word, then a brace before any `=`.
    fn is_block(&self, range: &Range<usize>) -> bool {
        let text = self.str(range.clone());
        let mut at = 0;
        while let Some(token) = token::next_token(text, at) {
            let word = &text[token.start..token.end];
            match token.kind {
                TokenKind::Word if at == 0 && matches!(word, "let" | "use") => return false,
                TokenKind::Open if word == "{" => return at > 0,
                TokenKind::Word | TokenKind::Number | TokenKind::Text => {}
                _ if at == 0 => return false,
                TokenKind::Operator if word == "->" => return false,
                TokenKind::Equals => return text[token.end..].trim_start().starts_with('{'),
                _ => {}
            }
            at = token.end;
        }
        false
    }

    /// An item without a block of its own: definition, import, or something that does not belong here.
    fn plain_item(&mut self, range: Range<usize>) {
        let make = |b: &mut Builder<'_>, mut pairs: Pairs<'_, Rule>| b.item(pairs.next()?);
        while !self.has_enough() {
            if range.len() > MAX_LENGTH {
                self.too_long(&range);
                break;
            }
            if !self.readable(&range) {
                break;
            }
            match self.read(Rule::one_item, range.clone(), make) {
                Outcome::Read(item) => return self.tree.items.push(item),
                Outcome::Lost => break,
                Outcome::Stopped(at) => {
                    if self.bodies(&range, Some(at)) {
                        break;
                    }
                    match self.explain(&range, at, Setting::Item) {
                        Some(split) if split => {
                            let parts = self.split(range.clone());
                            return parts.into_iter().for_each(|part| self.item(part));
                        }
                        Some(_) => {}
                        None => break,
                    }
                }
            }
        }
        self.lose(&range);
    }

    /// Remember the names that an item would have given.
    fn lose(&mut self, range: &Range<usize>) {
        let text = self.str(range.clone());
        let words: Vec<&str> = token::tokens(text)
            .iter()
            .filter(|t| t.kind == TokenKind::Word)
            .map(|t| &text[t.start..t.end])
            .take(64)
            .collect();
        let lost: Vec<String> = match words.split_first() {
            Some((&"use", names)) => names.iter().take_while(|n| **n != "from").map(|n| n.to_string()).collect(),
            Some((&"let", names)) => names.iter().take(1).map(|n| n.to_string()).collect(),
            Some((first, _)) => vec![first.to_string()],
            None => Vec::new(),
        };
        self.tree.lost.extend(lost);
    }

    /// What follows a block on its line.
    fn after_block(&mut self, range: Range<usize>) {
        let Some(token) = token::next_token(self.str(range.clone()), 0) else { return };
        let start = range.start + token.start;
        let found = self.str(start..range.start + token.end).to_string();
        let span = self.span(start..range.start + token.end);
        let place = self.span(start..start);
        let mut mistake = Diagnostic::error("E0107", format!("expected a new line before `{found}`"), span)
            .label("a block ends before this");
        // A line that begins with an operator would go on all the same.
        if !token::begins_with_operator(self.str(start..range.end)) {
            mistake = mistake.replace("begin a new line", place, "\n", true);
        }
        self.mistakes.push(mistake);
        self.item(start..range.end);
    }

    /// A block that the grammar cannot read in one: its head, then each entry. Also where it ends.
    fn block(&mut self, range: Range<usize>) -> (Block, usize) {
        let text = self.str(range.clone());
        let brace = find_brace(text, 0).map_or(range.end, |n| range.start + n);
        let close = self.closing(brace, range.end);
        let inside = (brace + 1).min(close)..close;
        let end = (close + 1).min(range.end);
        let (kind, head, whole) = self.head(range.start..brace);
        let before = self.mistakes.len();
        let mut entries = Vec::new();
        let complete = self.entries(inside, &mut entries) && self.mistakes.len() == before;
        let block = Block {
            kind,
            head,
            entries,
            broken: !(complete && whole) || self.is_broken(&range),
            span: self.span(range.start..end),
            body: self.span(brace..end),
        };
        (block, end)
    }

    fn head(&mut self, range: Range<usize>) -> (super::tree::Name, Vec<super::tree::Expr>, bool) {
        while self.readable(&range) && !self.has_enough() {
            match self.read(Rule::one_head, range.clone(), |b, pairs| b.head(pairs)) {
                Outcome::Read((kind, head)) => return (kind, head, true),
                Outcome::Lost => break,
                Outcome::Stopped(at) => {
                    if self.explain(&range, at, Setting::Head).is_none() {
                        break;
                    }
                }
            }
        }
        let text = self.str(range.clone());
        let first = token::next_token(text, 0).unwrap_or(Token { kind: TokenKind::Word, start: 0, end: 0 });
        let name = text[first.start..first.end].to_string();
        let span = self.span(range.start + first.start..range.start + first.end);
        (Spanned { node: name, span }, Vec::new(), false)
    }

    /// The place of the bracket that closes the one at `open`, or `end`.
    fn closing(&self, open: usize, end: usize) -> usize {
        let text = self.str(open..end);
        let (mut depth, mut at) = (0usize, 0);
        while let Some(token) = token::next_token(text, at) {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth <= 1 => return open + token.start,
                TokenKind::Close => depth -= 1,
                _ => {}
            }
            at = token.end;
        }
        end
    }

    /// Cut a piece at the line ends and commas that stand in no bracket.
    fn split(&mut self, range: Range<usize>) -> Vec<Range<usize>> {
        let text = self.str(range.clone());
        let mut parts = Vec::new();
        let mut empty = Vec::new();
        let (mut depth, mut at, mut start, mut last) = (0usize, 0, None, 0);
        let mut after_comma = false;
        while let Some(token) = token::next_token(text, at) {
            at = token.end;
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Comma | TokenKind::Newline if depth == 0 => {
                    let comma = token.kind == TokenKind::Comma;
                    match start.take() {
                        Some(start) => parts.push(range.start + start..range.start + last),
                        None if comma && (after_comma || parts.is_empty()) => empty.push(token.start),
                        None => {}
                    }
                    after_comma = comma || (after_comma && token.kind == TokenKind::Newline);
                    continue;
                }
                _ => {}
            }
            after_comma = false;
            start.get_or_insert(token.start);
            last = token.end;
        }
        if let Some(start) = start {
            parts.push(range.start + start..range.start + last);
        }
        for comma in empty.into_iter().take(MAX_MISTAKES) {
            let span = self.span(range.start + comma..range.start + comma + 1);
            let mistake = Diagnostic::error("E0107", "nothing stands before this comma", span);
            self.mistakes.push(mistake.replace("leave it out", span, "", true));
        }
        parts
    }

    /// The entries of a piece; whether none was lost.
    fn entries(&mut self, range: Range<usize>, entries: &mut Vec<Entry>) -> bool {
        if range.len() > self.allowance {
            let span = self.span(range.start..range.start);
            self.mistakes.push(Diagnostic::error("E0120", "too much is broken: this part was not read", span));
            return false;
        }
        self.allowance -= range.len();
        let mut complete = true;
        for part in self.split(range) {
            complete &= !self.has_enough() && self.entry(part, entries);
        }
        complete
    }

    /// One entry, or several where a separator was forgotten.
    fn entry(&mut self, range: Range<usize>, entries: &mut Vec<Entry>) -> bool {
        while !self.has_enough() {
            let mut stopped = None;
            if self.readable(&range) {
                match self.read(Rule::one_entry, range.clone(), |b, mut pairs| b.entry(pairs.next()?, 0)) {
                    Outcome::Read(entry) => {
                        entries.push(entry);
                        return true;
                    }
                    Outcome::Lost => return false,
                    Outcome::Stopped(at) => stopped = Some(at),
                }
            }
            if self.is_nested_block(&range) {
                let (block, end) = self.block(range.clone());
                entries.push(Entry::Block(block));
                let Some(token) = token::next_token(self.str(end..range.end), 0) else { return true };
                let (start, gap) = (end + token.start, self.span(end..end));
                let found = self.str(start..end + token.end).to_string();
                let span = self.span(start..end + token.end);
                let message = format!("expected a comma or a new line before `{found}`");
                let mut mistake = Diagnostic::error("E0107", message, span).label("a block ends before this");
                if !token::begins_with_operator(self.str(start..range.end)) && found != "," {
                    mistake = mistake.replace("write `,`", gap, ",", true);
                }
                self.mistakes.push(mistake);
                return self.entry(start..range.end, entries);
            }
            if self.bodies(&range, stopped) {
                return false;
            }
            let Some(at) = stopped else {
                if range.len() > MAX_LENGTH {
                    self.too_long(&range);
                }
                return false;
            };
            match self.explain(&range, at, Setting::Entry) {
                Some(true) => return self.entries(range, entries),
                Some(false) => {}
                None => return false,
            }
        }
        false
    }

    fn too_long(&mut self, range: &Range<usize>) {
        let end = self.str(range.clone()).chars().next().map_or(0, char::len_utf8);
        let span = self.span(range.start..range.start + end);
        let mistake = Diagnostic::error("E0117", "this is too long", span)
            .label(format!("{} bytes begin here", range.len()))
            .note(format!(
                "a definition or an entry may have {MAX_LENGTH} bytes; keep data in a file that `csv(…)` reads"
            ));
        self.mistakes.push(mistake);
    }

    /// Whether an entry is `word head… { … }`.
    fn is_nested_block(&self, range: &Range<usize>) -> bool {
        let text = self.str(range.clone());
        let Some(brace) = find_brace(text, 0) else { return false };
        let head = token::tokens(&text[..brace]);
        head.len() > 1
            && head[0].kind == TokenKind::Word
            && head.iter().all(|t| matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text))
            && !head.iter().any(|t| matches!(&text[t.start..t.end], "as" | "let" | "use"))
    }

    /// Report the mistakes inside the bodies (`residual { … }`) of a value; whether there were any.
    fn bodies(&mut self, range: &Range<usize>, stopped: Option<usize>) -> bool {
        let before = self.mistakes.len();
        let mut found = false;
        let mut at = range.start;
        while let Some(brace) = find_brace(self.str(range.clone()), at - range.start).map(|n| range.start + n) {
            let close = self.closing(brace, range.end);
            let inside = brace + 1..close.max(brace + 1);
            if self.is_broken(&inside) || stopped.is_some_and(|at| inside.contains(&at)) {
                found = true;
                self.entries(inside, &mut Vec::new());
            }
            at = (close + 1).min(range.end);
        }
        found && (self.mistakes.len() > before || self.is_broken(range))
    }

    /// Say what is wrong where the grammar stopped, and mend the text if there is only one way to: `None` if it was not
    /// mended, else whether the piece has become several.
    fn explain(&mut self, range: &Range<usize>, at: usize, setting: Setting) -> Option<bool> {
        let text = self.str(range.clone());
        let found =
            mistake::explain(text, range.start, at.saturating_sub(range.start).min(text.len()), setting, self.file);
        let mut diagnostic = found.diagnostic;
        let edits = diagnostic.fix.iter_mut().flat_map(|fix| fix.edits.iter_mut().map(|(span, _)| span));
        for span in diagnostic.labels.iter_mut().map(|label| &mut label.span).chain(edits) {
            let source: &'a str = self.source;
            span.start = source.floor_char_boundary(span.start as usize) as u32;
            span.end = source.floor_char_boundary(span.end as usize) as u32;
        }
        self.mistakes.push(diagnostic);
        let patch = found.patch?;
        let start = range.start + patch.at;
        self.text[start..start + patch.bytes.len()].copy_from_slice(patch.bytes.as_bytes());
        Some(patch.separates)
    }
}

/// The first `{` from `at` on that stands in no text.
fn find_brace(text: &str, mut at: usize) -> Option<usize> {
    while let Some(token) = token::next_token(text, at) {
        if token.kind == TokenKind::Open && text.as_bytes()[token.start] == b'{' {
            return Some(token.start);
        }
        at = token.end;
    }
    None
}
