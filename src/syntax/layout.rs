//! Comments, line ends, brackets and quotes, settled before the grammar reads the text.
//!
//! Every byte keeps its place: what means nothing becomes a space. Brackets and quotes that are not closed are reported
//! here, because the grammar could only say where the text ends. A file whose brackets do not match is read twice: the
//! second time we know which bracket was never closed, and the layout of the lines tells where it should have been.

use std::collections::HashSet;
use std::ops::Range;

use super::quotes::{self, Quote};
use super::token::{self, is_word_start};
use super::{MAX_BRACKETS, MAX_MISTAKES};
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

    fn comment(&mut self) {
        let end = self.line_end();
        let written = self.text[self.at..end].trim_end();
        let span = self.span(self.at, self.at + written.len());
        self.comments.push(Spanned { node: written.to_string(), span });
        self.blank(self.at, end);
    }

    fn foreign_comment(&mut self) {
        let end = self.line_end();
        let span = self.span(self.at, self.at + 2);
        self.report(Diagnostic::error("E0109", "a comment begins with `#`", span).label("not with `//`").replace(
            "write `#`",
            span,
            "#",
            true,
        ));
        self.blank(self.at, end);
    }

    fn semicolon(&mut self) {
        let span = self.span(self.at, self.at + 1);
        let mistake = Diagnostic::error("E0109", "entries are separated by a new line or a comma", span);
        let rest = self.text[self.at + 1..].trim_start_matches([' ', '\t', '\r']);
        if rest.is_empty() || rest.starts_with(['\n', '#', '}']) {
            self.report(mistake.label("nothing is needed here").replace("leave it out", span, "", true));
            self.blank(self.at, self.at + 1);
        } else {
            self.report(mistake.label("not by `;`").replace("write `,`", span, ",", true));
            self.settle();
            self.out[self.at] = b',';
            self.at += 1;
            self.last = self.at;
        }
    }

    fn prose(&mut self) {
        self.settle();
        let start = self.at;
        let inside = start + 3;
        let closed = self.text[inside..].find("\"\"\"").map(|n| inside + n + 3);
        let swallowed = match self.known {
            Some(Known { prose: true, .. }) => token::first_head(self.text, inside, closed.unwrap_or(self.text.len())),
            _ => None,
        };
        let end = match (swallowed, closed) {
            (Some(head), _) => head,
            (None, Some(end)) => end,
            (None, None) => self.text.len(),
        };
        let opening = self.span(start, inside);
        let at_top = self.stack.is_empty() && self.item == Some(start);
        let mut lost = false;
        if swallowed.is_some() || closed.is_none() {
            self.trouble = true;
            self.prose_open = true;
            let mut mistake = Diagnostic::error("E0106", "this prose is never closed", opening)
                .label("opened here")
                .note("prose ends with `\"\"\"`, on a line of its own or not");
            if let Some(head) = swallowed {
                let line = self.text[head..].find([' ', '\n', '{']).map_or(self.text.len(), |n| head + n);
                mistake = mistake.also(self.span(head, line), "it should end before this").replace(
                    "close the prose",
                    self.span(head, head),
                    "\"\"\"\n\n",
                    false,
                );
            }
            self.report(mistake);
        } else if !at_top && self.out[..self.last].last().is_some_and(|b| b"=(,[".contains(b)) {
            let mistake = Diagnostic::error("E0112", "a text stands in single double-quotes", opening)
                .label("this opens prose")
                .note(
                    "prose between `\"\"\"` stands at the top level of a file; a text is written \"so\", on one line",
                );
            self.report(mistake);
            lost = true;
        } else if !at_top {
            let mistake = Diagnostic::error("E0112", "prose stands between blocks, not inside one", opening)
                .note("move it to the top level, or make it a comment with `#`");
            self.report(mistake);
        } else {
            self.items.push(start..end);
        }
        if lost {
            self.lose(start, end);
        } else if self.items.last() != Some(&(start..end)) {
            let line_ends: Vec<usize> = self.text[start..end].match_indices('\n').map(|(n, _)| start + n).collect();
            self.out[start..end].fill(b' ');
            for line_end in line_ends {
                self.out[line_end] = b'\n';
                self.pending.push(line_end);
            }
        } else {
            self.last = end;
        }
        if at_top {
            self.item = None;
            self.pending.clear();
        }
        self.line = self.text[start..end].rfind('\n').map_or(self.line, |n| start + n + 1);
        self.at = end;
    }

    fn quoted(&mut self) {
        self.settle();
        match quotes::closed_text(self.text, self.at) {
            Some(end) => {
                self.at = end;
                self.last = end;
            }
            None => {
                let (end, mistake) = quotes::unclosed_text(self.text, self.at, self.line_end(), self.file);
                self.report(mistake);
                self.lose(self.at, end);
            }
        }
    }

    fn single_quoted(&mut self) {
        self.settle();
        match quotes::foreign_text(self.text, self.at, self.file) {
            Some(quote) => self.replace_quote(quote),
            None => {
                let span = self.span(self.at, self.at + 1);
                self.report(Diagnostic::error("E0115", "`'` has no meaning here", span).note("a text stands in \"…\""));
                self.blank(self.at, self.at + 1);
            }
        }
    }

    fn replace_quote(&mut self, quote: Quote) {
        self.report(quote.mistake);
        // Spaces outside of the quotes, so that the text keeps its length.
        self.out[self.at..quote.inside.start].fill(b' ');
        self.out[quote.inside.start - 1] = b'"';
        self.out[quote.inside.end..quote.end].fill(b' ');
        self.out[quote.inside.end] = b'"';
        self.at = quote.end;
        self.last = quote.inside.end + 1;
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.rest().chars().next() else { return };
        let end = self.at + c.len_utf8();
        if quotes::is_invisible(c) {
            self.blank(self.at, end);
            return;
        }
        self.settle();
        if let Some(quote) = quotes::foreign_text(self.text, self.at, self.file) {
            self.replace_quote(quote);
            return;
        }
        if let Some(ascii) = quotes::lookalike(c) {
            let span = self.span(self.at, end);
            let mistake = Diagnostic::error("E0109", format!("`{c}` is written `{ascii}` here"), span);
            self.report(mistake.replace(format!("write `{ascii}`"), span, ascii, true));
            self.out[self.at..end].fill(b' ');
            self.out[end - ascii.len()..end].copy_from_slice(ascii.as_bytes());
            self.last = end;
            self.at = end;
            return;
        }
        let word = self.rest().chars().take_while(|c| token::is_word_part(*c)).map(char::len_utf8).sum::<usize>();
        self.at += word.max(c.len_utf8());
        self.last = self.at;
    }

    fn open(&mut self, bracket: u8) {
        self.settle();
        if self.stack.len() == MAX_BRACKETS && !self.too_deep {
            self.too_deep = true;
            let span = self.span(self.at, self.at + 1);
            let mistake = Diagnostic::error("E0110", "brackets are nested too deeply", span)
                .label(format!("this one is number {}", MAX_BRACKETS + 1))
                .note(format!(
                    "at most {MAX_BRACKETS} brackets may stand in each other; give the inner part a name with `let`"
                ));
            self.report(mistake);
        }
        self.braces += usize::from(bracket == b'{');
        self.stack.push(Open { at: self.at, bracket, line: self.line });
        self.at += 1;
        self.last = self.at;
    }

    fn close(&mut self, bracket: u8) {
        self.settle();
        let opening = match bracket {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let top = self.stack.last().map(|open| open.bracket);
        if bracket == b'}' {
            match self.brace_that_ends_here() {
                Some(found) => {
                    self.close_until(found + 1, self.at, self.at + 1);
                    self.stack.pop();
                    self.braces -= 1;
                }
                None => return self.stray(bracket),
            }
        } else if top == Some(opening) {
            self.stack.pop();
        } else if let Some(open) = self.stack.pop_if(|open| open.bracket != b'{') {
            self.trouble = true;
            let right = closer(open.bracket);
            let span = self.span(self.at, self.at + 1);
            let mistake = Diagnostic::error(
                "E0103",
                format!("`{}` is closed by `{}`", open.bracket as char, bracket as char),
                span,
            )
            .label(format!("should be `{}`", right as char))
            .also(self.span(open.at, open.at + 1), "opened here")
            .replace(format!("write `{}`", right as char), span, (right as char).to_string(), false);
            self.report(mistake);
            self.out[self.at] = right;
        } else {
            return self.stray(bracket);
        }
        self.at += 1;
        self.last = self.at;
    }

    /// Which open brace a `}` at this place closes: the innermost, or, when brackets do not match and the `}` begins
    /// its line, the one whose line is indented the same.
    fn brace_that_ends_here(&self) -> Option<usize> {
        if self.braces == 0 {
            return None;
        }
        let inner = self.stack.iter().rposition(|open| open.bracket == b'{')?;
        let lead = &self.text[self.line..self.at];
        if self.known.is_none() || !lead.trim().is_empty() {
            return Some(inner);
        }
        let indent = |open: &Open| self.text[open.line..].bytes().take_while(|b| *b == b' ' || *b == b'\t').count();
        let near = self.stack.len().saturating_sub(MAX_BRACKETS);
        let same = |open: &Open| open.bracket == b'{' && indent(open) == lead.len();
        let outer = self.stack[near..=inner.max(near)].iter().rposition(same).map(|n| near + n);
        outer.or(Some(inner))
    }

    fn stray(&mut self, bracket: u8) {
        self.trouble = true;
        let span = self.span(self.at, self.at + 1);
        let mistake = Diagnostic::error("E0104", format!("`{}` closes nothing", bracket as char), span)
            .label("no bracket is open here")
            .replace("leave it out", span, "", false);
        self.report(mistake);
        self.blank(self.at, self.at + 1);
    }

    /// Close the brackets from number `keep` on, which ought to have been closed before `end..`, and say so.
    fn close_until(&mut self, keep: usize, end: usize, shown_end: usize) {
        let separates = !self.pending.is_empty();
        while self.stack.len() > keep {
            let Some(open) = self.stack.pop() else { return };
            self.braces -= usize::from(open.bracket == b'{');
            self.trouble = true;
            self.unclosed.insert(open.at);
            if !self.too_deep && !self.lost_in_text(&open) {
                let (bracket, right) = (open.bracket as char, closer(open.bracket) as char);
                let mut mistake = Diagnostic::error(
                    "E0103",
                    format!("this `{bracket}` is never closed"),
                    self.span(open.at, open.at + 1),
                )
                .label(format!("no `{right}` belongs to it"));
                if shown_end > end {
                    mistake = mistake.also(self.span(end, shown_end), format!("a `{right}` should stand before this"));
                }
                let at = self.last.min(self.text.len());
                let text = if open.bracket == b'{' { "\n}".to_string() } else { right.to_string() };
                self.report(mistake.replace(format!("close it with `{right}`"), self.span(at, at), text, false));
            }
            // The closing bracket goes where there was only space; where a line ended, one space stays to separate.
            if end == self.text.len() || self.last + usize::from(separates) < end {
                match self.out.get_mut(self.last) {
                    Some(space) => *space = closer(open.bracket),
                    None => self.out.push(closer(open.bracket)),
                }
                self.last += 1;
                self.pending.retain(|n| *n >= self.last);
                if separates && self.pending.is_empty() && self.last < end {
                    self.out[end - 1] = b'\n';
                    self.pending.push(end - 1);
                }
            } else {
                self.broken.push(open.at);
            }
        }
    }

    /// Whether what should have closed a bracket is surely part of a text that was not closed on the same line.
    fn lost_in_text(&self, open: &Open) -> bool {
        let next = self.broken.iter().rev().take(MAX_BRACKETS).find(|at| **at > open.at);
        open.bracket != b'{' && next.is_some_and(|at| !self.text[open.at..*at].contains('\n'))
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

    /// In a file whose brackets do not match: see from the layout of this line what was forgotten before it.
    fn mend(&mut self) {
        let Some(known) = self.known else { return };
        let rest = self.rest();
        let word = self.at + rest.chars().take_while(|c| token::is_word_part(*c)).map(char::len_utf8).sum::<usize>();
        if self.at == self.line && !self.stack.is_empty() && token::is_head(rest) {
            self.close_until(0, self.at, word);
        } else if self.stack.last().is_some_and(|open| open.bracket != b'{' && known.unclosed.contains(&open.at))
            && !self.out[..self.last].last().is_some_and(|b| b",([=".contains(b))
            && !token::ends_with_operator(&self.out[..self.last])
            && (token::is_field(rest) || token::is_head(rest))
        {
            let brace = self.stack.iter().rposition(|open| open.bracket == b'{').map_or(0, |n| n + 1);
            self.close_until(brace, self.at, word);
        } else if let (Some(start), true) = (self.item, self.stack.is_empty() && self.at > self.line)
            && self.text.as_bytes().get(start..self.last).is_some_and(|head| !head.contains(&b'\n'))
            && token::is_bare_head(&self.out[start..self.last])
            && rest.starts_with(is_word_start)
        {
            let end = self.last;
            let mistake = Diagnostic::error("E0118", "expected `{` after the head of a block", self.span(end, end))
                .label("here")
                .replace("open the block with `{`", self.span(end, end), " {", true);
            self.report(mistake);
            let line_end = self.pending.remove(0);
            self.out[line_end] = b'{';
            let line = self.text[..start].rfind('\n').map_or(0, |n| n + 1);
            self.stack.push(Open { at: line_end, bracket: b'{', line });
            self.braces += 1;
            self.last = line_end + 1;
        }
    }

    fn finish(&mut self) {
        if !self.stack.is_empty() {
            self.close_until(0, self.text.len(), 0);
        }
        self.end_item();
    }
}

fn closer(bracket: u8) -> u8 {
    match bracket {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}
