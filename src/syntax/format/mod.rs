//! The canonical layout of a file: `caviar fmt`.
//!
//! Two spaces a level, 100 columns, `=` aligned among neighbours, one entry a line unless the whole block was written on
//! one line and fits there. Comments and prose are kept; a comment at a place where none can stay goes above its entry.
//! Numbers stay as they were written. What the file says does not change, and a formatted file stays as it is.

mod lines;
#[cfg(test)]
mod tests;
mod values;

use std::ops::Range;

use lines::{Element, Line, Trailing};

use super::parse;
use super::shape::same;
use super::tree::{Block, Entry, File, Item};
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Span};

/// Lines are broken after so many columns where they can be.
const WIDTH: usize = 100;

/// A layout settles after one or two rounds.
const ROUNDS: usize = 8;

/// Columns a level.
const STEP: usize = 2;

/// The canonical layout of a text.
///
/// # Errors
/// The mistakes of a text that does not parse: it should be left as it is.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (file, mistakes) = parse(&Sources::single("", text), 0);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    // A comment that moves, or a body that breaks, may make room for a better layout: go on until nothing changes.
    let mut printed = print(&file, text);
    for _ in 0..ROUNDS {
        let (again, mistakes) = parse(&Sources::single("", printed.as_str()), 0);
        // Whatever happens, a formatter must not change what a file says.
        let kept = mistakes.is_empty() && same(&file, &again) && again.comments.len() == file.comments.len();
        debug_assert!(kept, "{text}\n->\n{printed}\n{mistakes:?}");
        if !kept {
            return Ok(text.to_string());
        }
        let next = print(&again, &printed);
        if next == printed {
            break;
        }
        printed = next;
    }
    Ok(printed)
}

/// Print a tree; numbers, blank lines and one-line blocks are taken from the text at its places, as far as there is any.
pub(super) fn print(file: &File, source: &str) -> String {
    let comments = file.comments.iter().map(|c| Comment { at: c.span, text: c.node.clone(), used: false }).collect();
    Printer { source, comments }.file(file)
}

struct Comment {
    at: Span,
    text: String,
    used: bool,
}

struct Printer<'a> {
    source: &'a str,
    comments: Vec<Comment>,
}

impl Printer<'_> {
    fn file(&mut self, file: &File) -> String {
        let elements: Vec<Element> = file.items.iter().map(|item| Element { range: item_span(item).range() }).collect();
        let mut lines = self.lines(&elements, 0..usize::MAX, |printer, n| printer.item(&file.items[n]));
        // Around what takes several lines there is one blank line.
        let mut tall_above = false;
        let mut first = 0;
        for n in 0..lines.len() {
            let Some(element) = lines[n].element else { continue };
            let tall = lines[n].text.contains('\n');
            let imports = matches!(file.items[element], Item::Use(_));
            let import_above = element > 0 && matches!(file.items[element - 1], Item::Use(_));
            if element > 0 && (tall || tall_above || imports != import_above) {
                // Comments right above belong to the item.
                let above = (first..=n).rev().take_while(|&k| k == n || !lines[k + 1].blank).last().unwrap_or(n);
                lines[above].blank = true;
            }
            tall_above = tall;
            first = n + 1;
        }
        let mut text = lines::join(&lines, 0);
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    fn item(&mut self, item: &Item) -> String {
        match item {
            Item::Prose(prose) if prose.node.is_empty() => "\"\"\"\n\"\"\"".to_string(),
            Item::Prose(prose) => format!("\"\"\"\n{}\n\"\"\"", prose.node),
            Item::Use(used) => {
                let names: Vec<&str> = used.names.iter().map(|name| name.node.as_str()).collect();
                format!("use {} from {}", names.join(", "), values::quoted(&used.path.node))
            }
            Item::Let(found) => {
                let lead = format!("let {} = ", found.name.node);
                let value = self.value(&found.value, 0, lines::width(&lead));
                lead + &value
            }
            Item::Block(block) => self.block(block, 0),
        }
    }

    fn block(&mut self, block: &Block, indent: usize) -> String {
        let mut head = block.kind.node.clone();
        for part in &block.head {
            head.push(' ');
            head.push_str(&self.flat(part, 0).unwrap_or_default());
        }
        let column = indent + lines::width(&head) + 1;
        head + " " + &self.braces(&block.entries, block.body.range(), indent, column, 0)
    }

    /// Entries in braces: on one line if they were and fit, else one a line. `range` holds the braces.
    fn braces(&mut self, entries: &[Entry], range: Range<usize>, indent: usize, column: usize, tail: usize) -> String {
        if let Some(flat) = self.flat_braces(entries, range.clone())
            && !self.has_comments(range.clone())
            && column + lines::width(&flat) + tail <= WIDTH
        {
            return flat;
        }
        let elements: Vec<Element> = entries.iter().map(|entry| Element { range: entry_range(entry) }).collect();
        let inside = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
        let first = elements.first().map_or(inside.end, |e| e.range.start);
        let opening = self.trailing(inside.start, first).map(|text| format!("  {text}")).unwrap_or_default();
        let aligned = self.key_widths(entries);
        let mut lines =
            self.lines(&elements, inside, |printer, n| printer.entry(&entries[n], aligned[n], indent + STEP));
        if let Some(line) = lines.first_mut() {
            line.blank = false;
        }
        if lines.is_empty() && opening.is_empty() {
            return "{}".to_string();
        }
        let body = lines::join(&lines, indent + STEP);
        let rows = if body.is_empty() { String::new() } else { format!("\n{body}") };
        format!("{{{opening}{rows}\n{:indent$}}}", "")
    }

    fn entry(&mut self, entry: &Entry, key_width: usize, indent: usize) -> String {
        match entry {
            Entry::Block(block) => self.block(block, indent),
            // A line that begins with an operator would go on from the line before.
            Entry::Value(value) if values::begins_with_minus(value, 0) => {
                format!("({})", self.value(value, indent, indent + 1))
            }
            Entry::Value(value) => self.value(value, indent, indent),
            Entry::Field(field) => {
                let pad = key_width.saturating_sub(lines::width(&field.key.node));
                let lead = format!("{}{:pad$} = ", field.key.node, "");
                let value = self.value(&field.value, indent, indent + lines::width(&lead));
                lead + &value
            }
        }
    }

    /// For each entry the width that its key is padded to: that of the longest among its neighbours.
    fn key_widths(&self, entries: &[Entry]) -> Vec<usize> {
        let key = |entry: &Entry| match entry {
            Entry::Field(field) => Some(lines::width(&field.key.node)),
            _ => None,
        };
        let mut widths = vec![0; entries.len()];
        let mut start = 0;
        while start < entries.len() {
            let mut end = start + 1;
            while end < entries.len()
                && key(&entries[end - 1]).is_some()
                && key(&entries[end]).is_some()
                && !self.blank_between(entry_range(&entries[end - 1]).end, entry_range(&entries[end]).start)
            {
                end += 1;
            }
            let keys: Vec<usize> = entries[start..end].iter().filter_map(key).collect();
            widths[start..end].fill(lines::aligned(&keys));
            start = end;
        }
        widths
    }

    fn flat_braces(&self, entries: &[Entry], range: Range<usize>) -> Option<String> {
        let first = entries.first().map_or(range.start, |entry| entry_range(entry).start);
        if self.source.get(range.start..first).is_some_and(|gap| gap.contains('\n')) {
            return None;
        }
        let flat = entries.iter().map(|entry| match entry {
            Entry::Field(field) => Some(format!("{} = {}", field.key.node, self.flat(&field.value, 0)?)),
            Entry::Value(value) => self.flat(value, 0),
            Entry::Block(block) => {
                let head = block.head.iter().map(|part| self.flat(part, 0)).collect::<Option<Vec<_>>>()?;
                let body = self.flat_braces(&block.entries, block.body.range())?;
                Some(format!("{} {} {body}", block.kind.node, head.join(" ")))
            }
        });
        let flat = flat.collect::<Option<Vec<_>>>()?;
        Some(if flat.is_empty() { "{}".to_string() } else { format!("{{ {} }}", flat.join(", ")) })
    }

    /// Whether comments stand in a range that have not been printed.
    fn has_comments(&self, range: Range<usize>) -> bool {
        self.unused(range).next().is_some()
    }

    fn unused(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let from = self.comments.partition_point(|c| (c.at.start as usize) < range.start);
        let to = self.comments.partition_point(|c| (c.at.start as usize) < range.end);
        (from..to.max(from)).filter(|n| !self.comments[*n].used)
    }

    /// Take the comment that stands on the line of `from`, before `to`.
    fn trailing(&mut self, from: usize, to: usize) -> Option<String> {
        let n = self.unused(from..to).next()?;
        let comment = &mut self.comments[n];
        let gap = self.source.get(from..comment.at.start as usize)?;
        if gap.contains('\n') {
            return None;
        }
        comment.used = true;
        Some(comment.text.clone())
    }

    fn blank_between(&self, from: usize, to: usize) -> bool {
        let gap = self.source.get(from..to).unwrap_or_default();
        let mut lines = gap.split('\n').skip(1).collect::<Vec<_>>();
        lines.pop();
        lines.iter().any(|line| line.trim().is_empty())
    }

    /// The lines of a container: its elements, each after the comments above it.
    fn lines(
        &mut self,
        elements: &[Element],
        inside: Range<usize>,
        mut print: impl FnMut(&mut Self, usize) -> String,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut at = inside.start;
        for (n, element) in elements.iter().enumerate() {
            self.comment_lines(at..element.range.start, &mut at, &mut lines);
            let blank = !lines.is_empty() && self.blank_between(at, element.range.start);
            let place = lines.len();
            let text = print(self, n);
            let inner: Vec<usize> = self.unused(element.range.clone()).collect();
            for comment in inner {
                self.comments[comment].used = true;
                lines.push(Line { text: self.comments[comment].text.clone(), ..Line::default() });
            }
            lines.push(Line { text, element: Some(n), ..Line::default() });
            lines[place].blank = blank;
            at = element.range.end;
            let next = elements.get(n + 1).map_or(inside.end, |e| e.range.start);
            if let Some(text) = self.trailing(at, next) {
                let line = lines.len() - 1;
                lines[line].trailing = Some(Trailing { text });
                at = self.line_end(at);
            }
        }
        self.comment_lines(at..inside.end, &mut at, &mut lines);
        lines
    }

    fn comment_lines(&mut self, range: Range<usize>, at: &mut usize, lines: &mut Vec<Line>) {
        let found: Vec<usize> = self.unused(range).collect();
        for n in found {
            let start = self.comments[n].at.start as usize;
            let blank = !lines.is_empty() && self.blank_between(*at, start);
            self.comments[n].used = true;
            lines.push(Line { blank, text: self.comments[n].text.clone(), ..Line::default() });
            *at = self.comments[n].at.end as usize;
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.source.get(at..).and_then(|rest| rest.find('\n')).map_or(self.source.len(), |n| at + n)
    }
}

fn item_span(item: &Item) -> Span {
    match item {
        Item::Prose(prose) => prose.span,
        Item::Use(used) => used.span,
        Item::Let(found) => found.span,
        Item::Block(block) => block.span,
    }
}

fn entry_range(entry: &Entry) -> Range<usize> {
    match entry {
        Entry::Field(field) => field.key.span.to(field.value.span).range(),
        Entry::Block(block) => block.span.range(),
        Entry::Value(value) => value.span.range(),
    }
}
