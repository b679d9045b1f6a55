//! Comments, line ends, brackets and quotes, settled before the grammar reads the text.
//!
//! Every byte keeps its place: what means nothing becomes a space. Brackets and quotes that are not closed are reported
//! here, because the grammar could only say where the text ends. A file whose brackets do not match is read twice: the
//! second time we know which bracket was never closed, and the layout of the lines tells where it should have been.

mod brackets;
mod signs;

use std::collections::HashSet;
use std::ops::Range;

use super::MAX_MISTAKES;
use super::token;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// What the parser works on.
pub(super) struct Layout {
    /// The text with what means nothing blanked; never shorter than the text, always UTF-8.
    pub text: Vec<u8>,
    /// Where the things at the top level stand.
    pub items: Vec<Range<usize>>,
    /// The comments.
    pub comments: Vec<Spanned<String>>,
    /// Places that cannot parse and have been reported, ascending.
    pub broken: Vec<usize>,
    /// What is wrong so far.
    pub mistakes: Vec<Diagnostic>,
}

/// Settle the layout of one file.
pub(super) fn lay_out(text: &str, file: u32) -> Layout {
    let first = Scan::new(text, file, None).run();
    if !first.trouble {
        return first.layout();
    }
    let known = Known { unclosed: first.unclosed, prose: first.prose_open };
    Scan::new(text, file, Some(&known)).run().layout()
}

/// What the first reading found out about a file whose brackets do not match.
struct Known {
    unclosed: HashSet<usize>,
    prose: bool,
}

struct Open {
    at: usize,
    bracket: u8,
    /// Start of its line.
    line: usize,
}

struct Scan<'a> {
    text: &'a str,
    file: u32,
    out: Vec<u8>,
    at: usize,
    /// Start of the current line.
    line: usize,
    /// End of the last thing that was not space, in `out`.
    last: usize,
    /// Line ends since then.
    pending: Vec<usize>,
    stack: Vec<Open>,
    /// How many of them are `{`.
    braces: usize,
    item: Option<usize>,
    too_deep: bool,
    items: Vec<Range<usize>>,
    comments: Vec<Spanned<String>>,
    broken: Vec<usize>,
    mistakes: Vec<Diagnostic>,
    trouble: bool,
    unclosed: HashSet<usize>,
    prose_open: bool,
    known: Option<&'a Known>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, file: u32, known: Option<&'a Known>) -> Self {
        Scan {
            text,
            file,
            out: text.as_bytes().to_vec(),
            at: 0,
            line: 0,
            last: 0,
            pending: Vec::new(),
            stack: Vec::new(),
            braces: 0,
            item: None,
            too_deep: false,
            items: Vec::new(),
            comments: Vec::new(),
            broken: Vec::new(),
            mistakes: Vec::new(),
            trouble: false,
            unclosed: HashSet::new(),
            prose_open: false,
            known,
        }
    }

    fn layout(mut self) -> Layout {
        self.broken.sort_unstable();
        Layout {
            text: self.out,
            items: self.items,
            comments: self.comments,
            broken: self.broken,
            mistakes: self.mistakes,
        }
    }

    fn run(mut self) -> Self {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\r' => self.blank(self.at, self.at + 1),
                b'\n' => {
                    self.pending.push(self.at);
                    self.at += 1;
                    self.line = self.at;
                }
                b'#' => self.comment(),
                b'/' if self.rest().starts_with("//") => self.foreign_comment(),
                b'/' if self.rest().starts_with("/*") => self.foreign_comment_of_lines(),
                b';' => self.semicolon(),
                b'"' if self.rest().starts_with("\"\"\"") => self.prose(),
                b'"' => self.quoted(),
                b'\'' => self.single_quoted(),
                b'\\' if self.rest()[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                    let span = self.span(self.at, self.at + 1);
                    let mistake = Diagnostic::error("E0109", "no `\\` is needed at the end of a line", span)
                        .note("a line that begins with an operator goes on, and so does everything inside brackets");
                    self.report(mistake.replace("leave it out", span, "", true));
                    self.blank(self.at, self.at + 1);
                }
                b'(' | b'[' | b'{' => self.open(byte),
                b')' | b']' | b'}' => self.close(byte),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                    self.settle();
                    self.at += self.rest().bytes().take_while(|b| *b == b'_' || b.is_ascii_alphanumeric()).count();
                    self.last = self.at;
                }
                0..=127 => {
                    self.settle();
                    self.at += 1;
                    self.last = self.at;
                }
                _ => self.beyond_ascii(),
            }
        }
        self.finish();
        self
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.text.floor_char_boundary(start), self.text.floor_char_boundary(end))
    }

    fn report(&mut self, mistake: Diagnostic) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(mistake);
        }
    }

    /// Make spaces of `start..end` and go on after it.
    fn blank(&mut self, start: usize, end: usize) {
        self.out[start..end].fill(b' ');
        self.at = end;
    }

    /// Give up `start..end`: what it stands in cannot be read.
    fn lose(&mut self, start: usize, end: usize) {
        self.broken.push(start);
        self.blank(start, end);
        // A sign without meaning holds the place.
        self.out[start] = 1;
        self.last = end;
    }

    /// Where the current line ends.
    fn line_end(&self) -> usize {
        self.rest().find('\n').map_or(self.text.len(), |n| self.at + n)
    }

    /// Called before anything that is not space: decides about the line ends before it.
    fn settle(&mut self) {
        if self.known.is_some() && !self.pending.is_empty() {
            self.mend();
        }
        if !self.pending.is_empty() {
            let inside = self.stack.last().is_some_and(|open| open.bracket != b'{');
            let operator =
                token::ends_with_operator(&self.out[..self.last]) || token::begins_with_operator(self.rest());
            if inside || (self.item.is_some() && operator) {
                for line_end in self.pending.drain(..) {
                    self.out[line_end] = b' ';
                }
            } else if self.stack.is_empty() {
                self.end_item();
            }
            self.pending.clear();
        }
        self.item.get_or_insert(self.at);
    }

    fn end_item(&mut self) {
        if let Some(start) = self.item.take()
            && !self.too_deep
            && start < self.last
        {
            self.items.push(start..self.last);
        }
        self.too_deep = false;
    }

    fn finish(&mut self) {
        if !self.stack.is_empty() {
            self.close_until(0, self.text.len(), 0);
        }
        self.end_item();
    }
}
