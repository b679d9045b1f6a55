//! Brackets: which closes which, and what was forgotten.

use super::{Open, Scan};
use crate::diagnostic::Diagnostic;
use crate::syntax::MAX_BRACKETS;
use crate::syntax::token::{self, is_word_start};

impl Scan<'_> {
    pub(super) fn open(&mut self, bracket: u8) {
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

    pub(super) fn close(&mut self, bracket: u8) {
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
    pub(super) fn close_until(&mut self, keep: usize, end: usize, shown_end: usize) {
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

    /// In a file whose brackets do not match: see from the layout of this line what was forgotten before it.
    pub(super) fn mend(&mut self) {
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
}

fn closer(bracket: u8) -> u8 {
    match bracket {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}
