//! Comments, prose, quotes, and signs that are written otherwise here.

use super::{Known, Scan};
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::syntax::quotes::{self, Quote};
use crate::syntax::token;

impl Scan<'_> {
    pub(super) fn comment(&mut self) {
        let end = self.line_end();
        let written = self.text[self.at..end].trim_end();
        let span = self.span(self.at, self.at + written.len());
        self.comments.push(Spanned { node: written.to_string(), span });
        self.blank(self.at, end);
    }

    pub(super) fn foreign_comment(&mut self) {
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

    /// A comment that goes from one sign to another.
    pub(super) fn foreign_comment_of_lines(&mut self) {
        let start = self.at;
        let end = self.rest().find("*/").map_or(self.line_end(), |n| start + n + 2);
        let mistake = Diagnostic::error("E0109", "a comment begins with `#`", self.span(start, start + 2));
        self.report(
            mistake.label("not with `/*`").note("it ends with its line; every line of a comment has a `#` of its own"),
        );
        while self.at < end {
            let line = self.line_end().min(end);
            self.blank(self.at, line);
            if line < end {
                self.pending.push(line);
                self.at = line + 1;
                self.line = self.at;
            }
        }
    }

    pub(super) fn semicolon(&mut self) {
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

    pub(super) fn prose(&mut self) {
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

    pub(super) fn quoted(&mut self) {
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

    pub(super) fn single_quoted(&mut self) {
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

    pub(super) fn beyond_ascii(&mut self) {
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
}
