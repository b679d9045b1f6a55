//! The text of `.exp` files and places in it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// A notebook is written by hand: a longer file, in bytes, is none.
pub const MAX_FILE: u64 = 64 << 20;

/// A range of bytes in one file of a [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Index of the file in its [`Sources`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of file number `file`.
    pub fn new(file: u32, start: usize, end: usize) -> Self {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range to index the text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the place that it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

/// One text, with its lines indexed.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user gave it (used in messages).
    pub name: String,
    /// The whole text.
    pub text: String,
    lines: Vec<u32>,
}

impl Source {
    /// Index the lines of `text`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut lines = vec![0];
        lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Source { name: name.into(), text, lines }
    }

    /// Line (from 1) and column in characters (from 1) of a byte offset; an offset past the end is the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|&start| start as usize <= offset);
        let start = self.lines[line - 1] as usize;
        // A mark of the encoding is no column.
        let before = self.text[start..offset].strip_prefix('\u{feff}').unwrap_or(&self.text[start..offset]);
        (line, before.chars().count() + 1)
    }

    /// Byte offset at which a line (from 1) begins; the end of the text for a line past the last.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.get(line.saturating_sub(1)).map_or(self.text.len(), |&s| s as usize)
    }

    /// How many lines the text has (a text without a newline has one).
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }
}

/// All files that one notebook reads: itself first, then what it imports.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// A set of one file.
    pub fn single(name: impl Into<String>, text: impl Into<String>) -> Self {
        Sources { files: vec![Source::new(name, text)] }
    }

    /// Add a file; the number is what its spans carry.
    pub fn add(&mut self, source: Source) -> u32 {
        self.files.push(source);
        self.files.len() as u32 - 1
    }

    /// The file with that number.
    pub fn get(&self, file: u32) -> &Source {
        &self.files[file as usize]
    }

    /// All files, the notebook itself first.
    pub fn files(&self) -> &[Source] {
        &self.files
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.range()]
    }

    /// `file:line:column` of the span's start.
    pub fn place(&self, span: Span) -> String {
        let source = self.get(span.file);
        let (line, column) = source.line_column(span.start as usize);
        format!("{}:{line}:{column}", source.name)
    }
}

/// Why a file could not be read as text.
#[derive(Debug)]
pub enum ReadError {
    /// The system could not read it.
    Io(std::io::Error),
    /// It holds more than [`MAX_FILE`] bytes.
    TooLong(u64),
    /// A byte that is not UTF-8. The text has `\u{fffd}` for such bytes.
    NotText {
        /// The text, mended.
        text: String,
        /// Where the first of them is.
        at: usize,
        /// The byte.
        byte: u8,
    },
}

impl ReadError {
    /// The reason in a few words, lower case.
    pub fn reason(&self) -> String {
        match self {
            ReadError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => "there is no such file".to_string(),
            ReadError::Io(error) if error.kind() == std::io::ErrorKind::IsADirectory => "it is a folder".to_string(),
            ReadError::Io(error) => error.to_string(),
            ReadError::TooLong(bytes) => {
                format!("it is {} MB long, and a notebook may have {}", bytes >> 20, MAX_FILE >> 20)
            }
            ReadError::NotText { text, at, byte } => {
                let (line, column) = Source::new("", text.as_str()).line_column(*at);
                format!("line {line}, column {column} is not UTF-8 (byte 0x{byte:02x})")
            }
        }
    }

    /// A source to show the error in.
    pub fn source(&self, name: &str) -> Source {
        match self {
            ReadError::NotText { text, .. } => Source::new(name, text.as_str()),
            _ => Source::new(name, ""),
        }
    }

    /// The error as a diagnostic of file number `file`, whose source is [`ReadError::source`].
    pub fn diagnostic(&self, file: u32) -> Diagnostic {
        match self {
            ReadError::Io(_) => {
                Diagnostic::error("E0001", format!("cannot read the file: {}", self.reason()), Span::new(file, 0, 0))
            }
            ReadError::TooLong(_) => {
                Diagnostic::error("E0003", format!("cannot read the file: {}", self.reason()), Span::new(file, 0, 0))
                    .note("keep data in files of their own, which `csv(…)` and the other sources read")
            }
            ReadError::NotText { at, byte, .. } => Diagnostic::error(
                "E0002",
                "the file is not UTF-8 text",
                Span::new(file, *at, *at + '\u{fffd}'.len_utf8()),
            )
            .label(format!("byte 0x{byte:02x} begins no character here"))
            .note(match (*at, byte) {
                (0, 0xfe | 0xff) => "this looks like UTF-16: save the file as UTF-8",
                _ => "save the file as UTF-8",
            }),
        }
    }
}

/// Read a file as text; its name in messages is the path.
pub fn read(path: &Path) -> Result<Source, ReadError> {
    let length = std::fs::metadata(path).map_err(ReadError::Io)?.len();
    if length > MAX_FILE {
        return Err(ReadError::TooLong(length));
    }
    from_bytes(&path.to_string_lossy(), std::fs::read(path).map_err(ReadError::Io)?)
}

/// Take bytes as the text of a file.
pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Source, ReadError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            Err(ReadError::NotText { byte: bytes[at], text: String::from_utf8_lossy(&bytes).into_owned(), at })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new("a.exp", "µ = 1\n数 = 2\n");
        assert_eq!(source.line_column(3), (1, 3));
        assert_eq!(source.line_column(7), (2, 1));
        assert_eq!(source.line_column(10), (2, 2));
        assert_eq!(source.line_column(999), (3, 1));
    }
}
