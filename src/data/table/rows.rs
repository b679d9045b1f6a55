//! A delimited text row by row, for who needs no columns: what it takes is a piece of memory.

use std::borrow::Cow;
use std::io::Read;

use super::chunk;
use super::header::Names;
use super::pieces::Pieces;
use crate::data::error::{Error, Place};
use crate::data::files::Opened;
use crate::data::memory;

/// Bytes of a piece: few, so that rows of a slow stream do not wait for many others.
const PIECE: usize = 1 << 16;

/// Reads rows.
pub struct Rows {
    origin: String,
    pieces: Pieces,
    header: Names,
    piece: Vec<u8>,
    at: usize,
    /// Rows, and lines, that were read.
    row: usize,
    lines: usize,
}

impl Rows {
    /// Begin with the header; gzip is unpacked. `origin` names the text in messages.
    ///
    /// # Errors
    /// Those of a header.
    pub fn open(origin: &str, input: Box<dyn Read + Send>, separator: Option<char>) -> Result<Rows, Error> {
        let mut pieces = Pieces::new(Opened::stream(origin, input)?, PIECE, memory::allowed());
        let piece = pieces.next(origin, separator.filter(char::is_ascii).map(|c| c as u8))?.unwrap_or_default();
        let header = Names::read(origin, separator, &piece)?;
        let (at, lines) = (header.end, header.lines.max(1));
        Ok(Rows { origin: origin.to_owned(), pieces, header, piece, at, row: 0, lines })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header.names
    }

    /// The fields of the next row and its place; none at the end.
    ///
    /// # Errors
    /// [`Error::Ragged`], [`Error::OpenQuote`], and what reading gives.
    #[allow(clippy::type_complexity)]
    pub fn read(&mut self) -> Result<Option<(Vec<Cow<'_, [u8]>>, Place)>, Error> {
        loop {
            let empty = chunk::empty_line(&self.piece[self.at..]);
            if empty == 0 && self.at < self.piece.len() {
                break;
            }
            self.at += empty;
            self.lines += usize::from(empty > 0);
            if self.at >= self.piece.len() {
                match self.pieces.next(&self.origin, Some(self.header.separator))? {
                    None => return Ok(None),
                    Some(piece) => (self.piece, self.at) = (piece, 0),
                }
            }
        }
        let start = self.at;
        let place = Place { row: self.row + 1, line: Some(self.lines + 1) };
        let (fields, length, closed) = chunk::fields(&self.piece[start..], self.header.separator);
        if !closed {
            return Err(Error::OpenQuote { origin: self.origin.clone(), place });
        }
        let expected = self.header.names.len();
        if fields.len() != expected {
            return Err(Error::Ragged { origin: self.origin.clone(), place, expected, found: fields.len() });
        }
        self.at = start + length;
        self.row += 1;
        self.lines += self.piece[start..self.at].iter().filter(|&&b| b == b'\n').count();
        Ok(Some((fields, place)))
    }
}
