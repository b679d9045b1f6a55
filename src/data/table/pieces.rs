//! A delimited text in pieces of whole rows.

use std::io::Read;

use super::{chunk, header};
use crate::data::error::Error;
use crate::data::files::Opened;

/// Reads pieces.
pub(super) struct Pieces {
    pub input: Opened,
    pub ended: bool,
    /// How many were read.
    pub number: usize,
    size: usize,
    /// Bytes that one row may have.
    most: u64,
    carry: Vec<u8>,
}

impl Pieces {
    /// Pieces of about `size` bytes.
    pub fn new(input: Opened, size: usize, most: u64) -> Self {
        Pieces { input, ended: false, number: 0, size, most, carry: Vec::new() }
    }

    /// The next piece, none at the end. The header decides the separator; until it is known, the likely one begins a field.
    pub fn next(&mut self, origin: &str, separator: Option<u8>) -> Result<Option<Vec<u8>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.carry);
        let mut size = self.size;
        loop {
            let room = size.saturating_sub(piece.len()) as u64;
            piece.reserve(room as usize);
            let read = self.input.by_ref().take(room).read_to_end(&mut piece).map_err(|e| self.input.failed(&e))?;
            if (read as u64) < room {
                self.ended = true;
                break;
            }
            let separator = separator.unwrap_or_else(|| header::separator(&piece));
            let end = chunk::last_row_end(&piece, separator);
            if end > 0 {
                self.carry = Vec::with_capacity(self.size);
                self.carry.extend_from_slice(&piece[end..]);
                piece.truncate(end);
                break;
            }
            size *= 2;
            if size as u64 > self.most {
                return Err(Error::TooLarge { origin: origin.to_owned(), needed: size as u64, allowed: self.most });
            }
        }
        self.number += 1;
        Ok((!piece.is_empty()).then_some(piece))
    }
}
