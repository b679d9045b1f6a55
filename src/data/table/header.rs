//! The first line of a delimited text and what it means for a request.

use std::collections::HashMap;

use super::chunk::{self, Kind};
use super::{Request, mostly};
use crate::data::error::{Error, Place};
use crate::data::field;
use crate::data::spec::Table;

/// Rows that the kinds of the columns are guessed from before all are read.
const SAMPLE: usize = 1000;

/// The names over a delimited text.
pub(super) struct Names {
    pub names: Vec<String>,
    pub separator: u8,
    /// Bytes and lines of the header in the first piece.
    pub end: usize,
    pub lines: usize,
}

impl Names {
    /// Read them from the first bytes of a text.
    pub fn read(origin: &str, separator: Option<char>, piece: &[u8]) -> Result<Names, Error> {
        let mut start = if piece.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        while let Some(b'\n' | b'\r') = piece.get(start) {
            start += 1;
        }
        if piece.len() == start {
            return Err(Error::Empty { origin: origin.to_owned() });
        }
        if let Some(reason) = other_format(piece) {
            return Err(Error::NotText { origin: origin.to_owned(), reason });
        }
        let separator = match separator {
            Some(c) if c.is_ascii() => c as u8,
            Some(c) => {
                return Err(Error::Parameter {
                    origin: origin.to_owned(),
                    reason: format!("the separator must be one ASCII character, not `{c}`"),
                });
            }
            None => self::separator(&piece[start..]),
        };
        let (fields, length, closed) = chunk::fields(&piece[start..], separator);
        let line = 1 + piece[..start].iter().filter(|&&b| b == b'\n').count();
        let place = Place { row: 0, line: Some(line) };
        if !closed {
            return Err(Error::OpenQuote { origin: origin.to_owned(), place });
        }
        let mut names = Vec::with_capacity(fields.len());
        for (i, field) in fields.into_iter().enumerate() {
            let name = std::str::from_utf8(&field).map_err(|_| Error::NotUtf8 {
                origin: origin.to_owned(),
                place,
                column: (i + 1).to_string(),
            })?;
            names.push(if name.is_empty() { format!("column {}", i + 1) } else { name.to_owned() });
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name, i) {
                return Err(Error::DuplicateColumn {
                    origin: origin.to_owned(),
                    column: name.clone(),
                    first: first + 1,
                    second: i + 1,
                });
            }
        }
        let end = start + length;
        let lines = piece[..end].iter().filter(|&&b| b == b'\n').count();
        Ok(Names { names, separator, end, lines })
    }
}

/// What bytes are that cannot be a delimited text in UTF-8.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let starts = |start: &[u8]| bytes.starts_with(start);
    if starts(b"\xff\xfe") || starts(b"\xfe\xff") {
        Some("it is UTF-16")
    } else if starts(b"PK\x03\x04") {
        Some("it is a zip archive or a spreadsheet")
    } else if starts(b"PAR1") {
        Some("it is a Parquet file, which `parquet(…)` reads")
    } else if bytes[..bytes.len().min(1 << 12)].contains(&0) {
        Some("it has zero bytes, as UTF-16 and binary files have")
    } else {
        None
    }
}

/// The names and what they mean for a request.
pub(super) struct Header {
    pub text: Names,
    /// Where each field goes: the features, the target, the groups, in this order.
    pub fields: Vec<Option<usize>>,
    pub wanted: Vec<String>,
    pub features: usize,
}

impl Header {
    pub fn read(request: &Request<'_>, piece: &[u8]) -> Result<Header, Error> {
        let text = Names::read(request.origin, request.table.separator, piece)?;
        let wanted = choose(request.origin, request.table, &text.names)?;
        let features = wanted.len() - 1 - usize::from(request.table.groups.is_some());
        let mut fields = vec![None; text.names.len()];
        for (i, &column) in wanted.iter().enumerate() {
            fields[column] = Some(i);
        }
        let wanted = wanted.iter().map(|&i| text.names[i].clone()).collect();
        Ok(Header { text, fields, wanted, features })
    }

    /// The kind of each wanted column by the first rows.
    pub fn guess(&self, piece: &[u8]) -> Vec<Kind> {
        let mut counts = vec![(0usize, 0usize); self.wanted.len()];
        let mut at = self.text.end;
        for _ in 0..SAMPLE {
            if at >= piece.len() {
                break;
            }
            let (fields, length, _) = chunk::fields(&piece[at..], self.text.separator);
            for (field, to) in fields.iter().zip(&self.fields) {
                if let Some(to) = to
                    && !field::is_missing(field)
                {
                    counts[*to].0 += 1;
                    counts[*to].1 += usize::from(field::number(field).is_some());
                }
            }
            at += length;
        }
        let kind = |&(there, numbers)| if mostly(numbers, there) { Kind::Numbers } else { Kind::Texts };
        counts.iter().map(kind).collect()
    }
}

/// The most frequent of the usual separators in the first line, outside quotation marks.
pub fn separator(bytes: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &b in bytes {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => {
                if let Some((_, n)) = counts.iter_mut().find(|(c, _)| *c == b) {
                    *n += 1;
                }
            }
            _ => {}
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(c, _)| *c)
}

/// The numbers of the columns of the features, the target and the groups.
pub(in crate::data) fn choose(origin: &str, table: &Table, names: &[String]) -> Result<Vec<usize>, Error> {
    let places: HashMap<&str, usize> = names.iter().enumerate().rev().map(|(i, name)| (name.as_str(), i)).collect();
    let find = |name: &String, role| {
        places.get(name.as_str()).copied().ok_or_else(|| Error::ColumnMissing {
            origin: origin.to_owned(),
            column: name.clone(),
            role,
            available: names.to_vec(),
        })
    };
    let twice = |column: &String, first, second| {
        Err(Error::ColumnTwice { origin: origin.to_owned(), column: column.clone(), first, second })
    };
    let target = find(&table.target, "target")?;
    let groups = table.groups.as_ref().map(|name| find(name, "groups")).transpose()?;
    if groups == Some(target) {
        return twice(&table.target, "the target", "the groups");
    }
    let mut dropped = vec![false; names.len()];
    for name in &table.drop {
        let column = find(name, "drop")?;
        if column == target {
            return twice(name, "the target", "dropped");
        }
        dropped[column] = true;
    }
    let mut wanted: Vec<usize> = Vec::new();
    if table.features.is_empty() {
        wanted.extend((0..names.len()).filter(|&c| c != target && Some(c) != groups && !dropped[c]));
    }
    let mut named = vec![false; names.len()];
    for name in &table.features {
        let column = find(name, "features")?;
        if column == target {
            return twice(name, "the target", "a feature");
        }
        if Some(column) == groups {
            return twice(name, "the groups", "a feature");
        }
        if std::mem::replace(&mut named[column], true) {
            return twice(name, "a feature", "a feature again");
        }
        if !dropped[column] {
            wanted.push(column);
        }
    }
    if wanted.is_empty() {
        return Err(Error::NoFeatures { origin: origin.to_owned() });
    }
    wanted.push(target);
    wanted.extend(groups);
    Ok(wanted)
}
