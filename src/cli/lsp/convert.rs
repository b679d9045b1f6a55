//! Between bytes of a text and the lines and UTF-16 columns of the protocol, and between paths and addresses.

use std::ops::Range as Bytes;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{Position, Range, Uri};

use crate::source::{Source, Span};

/// The position of a byte.
pub fn position(source: &Source, offset: usize) -> Position {
    let offset = source.text.floor_char_boundary(offset);
    let (line, _) = source.line_column(offset);
    let column: usize = source.text[source.line_start(line)..offset].chars().map(char::len_utf16).sum();
    Position { line: (line - 1) as u32, character: column as u32 }
}

/// The byte of a position; behind the end of a line is its end, within a character is its beginning.
pub fn offset(source: &Source, position: Position) -> usize {
    let line = position.line as usize + 1;
    if line > source.line_count() {
        return source.text.len();
    }
    let start = source.line_start(line);
    let text = source.text[start..].split('\n').next().unwrap_or_default();
    let text = text.strip_suffix('\r').unwrap_or(text);
    let mut column = 0;
    for (n, c) in text.char_indices() {
        column += c.len_utf16();
        if column > position.character as usize {
            return start + n;
        }
    }
    start + text.len()
}

/// The range of a span.
pub fn range(source: &Source, span: Span) -> Range {
    Range { start: position(source, span.start as usize), end: position(source, span.end as usize) }
}

/// The bytes of a range.
pub fn bytes(source: &Source, range: Range) -> Bytes<usize> {
    let (start, end) = (offset(source, range.start), offset(source, range.end));
    start..end.max(start)
}

/// The path of a `file:` address; of another one the address itself, so that it still has a name.
pub fn path(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    let Some(rest) = text.strip_prefix("file://") else { return PathBuf::from(text) };
    let coded = rest.strip_prefix("localhost").unwrap_or(rest).as_bytes();
    let mut plain = Vec::with_capacity(coded.len());
    let mut n = 0;
    while n < coded.len() {
        let hex = coded.get(n + 1..n + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (coded[n], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                n += 3;
            }
            (byte, _) => {
                plain.push(byte);
                n += 1;
            }
        }
    }
    PathBuf::from(String::from_utf8_lossy(&plain).into_owned())
}

/// The `file:` address of a path.
pub fn uri(path: &Path) -> Option<Uri> {
    let text = path.to_string_lossy();
    if !path.is_absolute() {
        return Uri::from_str(&text).ok();
    }
    let mut coded = String::from("file://");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            coded.push(byte as char);
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    Uri::from_str(&coded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16() {
        let source = Source::new("a", "let 🐟 = µ\r\nx\n");
        // Four bytes and two units for the fish.
        let at = source.text.find('µ').expect("in the text");
        assert_eq!(position(&source, at), Position { line: 0, character: 9 });
        assert_eq!(offset(&source, Position { line: 0, character: 9 }), at);
        assert_eq!(offset(&source, Position { line: 0, character: 5 }), 4, "within the fish");
        assert_eq!(offset(&source, Position { line: 0, character: 99 }), at + 2, "before the line end");
        assert_eq!(offset(&source, Position { line: 1, character: 1 }), at + 5);
        assert_eq!(offset(&source, Position { line: 9, character: 0 }), source.text.len());
        for (n, _) in source.text.char_indices().filter(|(_, c)| !"\r\n".contains(*c)) {
            assert_eq!(offset(&source, position(&source, n)), n);
        }
    }

    #[test]
    fn addresses_of_paths_come_back() {
        for text in ["/tmp/a b/数据 %.exp", "/x/y.exp"] {
            let address = uri(Path::new(text)).expect("an address");
            assert_eq!(path(&address), Path::new(text), "{}", address.as_str());
        }
        assert_eq!(path(&Uri::from_str("untitled:Untitled-1").expect("an address")), Path::new("untitled:Untitled-1"));
    }
}
