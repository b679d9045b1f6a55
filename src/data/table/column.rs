//! A column of a table while pieces of it come in.

use std::collections::HashMap;

use super::chunk::{ChunkColumn, Kind, Name};
use super::mostly;
use crate::data::examples::{ABSENT, Values};
use crate::data::field;
use crate::data::kept::{Gaps, Keep};

/// Values so far.
#[derive(Debug)]
pub(super) struct Growing<'a> {
    keep: Keep<'a>,
    pub gaps: Gaps,
    values: Grown,
}

#[derive(Debug)]
enum Grown {
    Numbers { values: Vec<f64>, bad: usize, first_bad: Option<(usize, String)> },
    Texts { codes: Vec<u32>, names: Vec<Name>, index: HashMap<String, u32> },
}

/// A column of numbers but for so many values, the first of which is in this row.
pub(super) struct NotNumbers {
    pub row: usize,
    pub text: String,
    pub count: usize,
}

impl<'a> Growing<'a> {
    pub fn new(kind: Kind, keep: Keep<'a>) -> Self {
        let values = match kind {
            Kind::Numbers => Grown::Numbers { values: Vec::new(), bad: 0, first_bad: None },
            Kind::Texts => Grown::Texts { codes: Vec::new(), names: Vec::new(), index: HashMap::new() },
        };
        Growing { keep, gaps: Gaps::default(), values }
    }

    /// Make room for so many rows of the file.
    pub fn reserve(&mut self, rows: usize) {
        let rows = self.keep.rows(rows);
        match &mut self.values {
            Grown::Numbers { values, .. } => values.reserve(rows.saturating_sub(values.len())),
            Grown::Texts { codes, .. } => codes.reserve(rows.saturating_sub(codes.len())),
        }
    }

    /// Add what a piece holds, whose first row is row `before`.
    pub fn append(&mut self, before: usize, more: ChunkColumn) {
        let keep = &self.keep;
        match (&mut self.values, more) {
            (
                Grown::Numbers { values, bad, first_bad },
                ChunkColumn::Numbers { values: more, gaps, bad: worse, first_bad: first },
            ) => {
                self.gaps.join(before, gaps);
                *bad += worse;
                *first_bad = first_bad.take().or(first.map(|(row, text)| (row + before, text)));
                keep.take(before, &more, values, |x| x);
            }
            (Grown::Texts { codes, names, index }, ChunkColumn::Texts { codes: more, gaps, names: new }) => {
                self.gaps.join(before, gaps);
                let mut map = Vec::with_capacity(new.len());
                for Name { text, count, first } in new {
                    map.push(match index.get(&text) {
                        Some(&code) => {
                            names[code as usize].count += count;
                            code
                        }
                        None => {
                            let code = names.len() as u32;
                            index.insert(text.clone(), code);
                            names.push(Name { text, count, first: first + before });
                            code
                        }
                    });
                }
                keep.take(before, &more, codes, |code| map.get(code as usize).copied().unwrap_or(ABSENT));
            }
            _ => {}
        }
    }

    /// Bytes that it takes for so many rows of the file, with the features made of it if it is one, and for its texts.
    pub fn memory(&self, rows: usize, feature: bool) -> u64 {
        let rows = self.keep.rows(rows) as u64;
        let made = u64::from(feature) * 4;
        match &self.values {
            Grown::Numbers { .. } => rows * (8 + made),
            Grown::Texts { names, .. } => {
                let names = names.len() as u64;
                rows * (4 + made * names) + names * 128
            }
        }
    }

    /// Whether it was read as numbers, of which it has too few, so that it must be read again.
    pub fn misread(&self, rows: usize) -> Result<bool, NotNumbers> {
        let there = rows - self.gaps.count;
        match &self.values {
            Grown::Numbers { bad, first_bad: Some((row, text)), .. } => {
                if mostly(there - bad, there) {
                    return Err(NotNumbers { row: *row, text: text.clone(), count: *bad });
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What it holds, by all values that were looked at; those that were kept.
    pub fn settle(self) -> Result<Values, NotNumbers> {
        let (codes, names) = match self.values {
            Grown::Numbers { values, .. } => return Ok(Values::Numbers(values)),
            Grown::Texts { codes, names, .. } => (codes, names),
        };
        let mapped = |value: &dyn Fn(&str) -> Option<f64>| -> Option<Vec<f64>> {
            let values: Option<Vec<f64>> = names.iter().map(|name| value(&name.text)).collect();
            let values = values?;
            Some(codes.iter().map(|&c| values.get(c as usize).copied().unwrap_or(f64::NAN)).collect())
        };
        if names.is_empty() {
            return Ok(Values::Numbers(vec![f64::NAN; codes.len()]));
        }
        if let Some(flags) = mapped(&field::boolean) {
            return Ok(Values::Booleans(flags));
        }
        if let Some(dates) = mapped(&field::date) {
            return Ok(Values::Dates(dates));
        }
        let number = |text: &str| field::number(text.as_bytes());
        if let Some(numbers) = mapped(&number) {
            return Ok(Values::Numbers(numbers));
        }
        let there: usize = names.iter().map(|name| name.count).sum();
        let count: usize = names.iter().filter(|name| number(&name.text).is_none()).map(|name| name.count).sum();
        if mostly(there - count, there)
            && let Some(name) = names.iter().find(|name| number(&name.text).is_none())
        {
            return Err(NotNumbers { row: name.first, text: name.text.clone(), count });
        }
        let names: Vec<String> = names.into_iter().map(|name| name.text).collect();
        Ok(sorted_texts(&codes, &names))
    }
}

/// Texts with the names in order.
pub(in crate::data) fn sorted_texts(codes: &[u32], names: &[String]) -> Values {
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    order.sort_by(|&a, &b| names[a as usize].cmp(&names[b as usize]));
    let mut rank = vec![0; names.len()];
    for (place, &code) in order.iter().enumerate() {
        rank[code as usize] = place as u32;
    }
    let codes = codes.iter().map(|&c| rank.get(c as usize).copied().unwrap_or(ABSENT)).collect();
    Values::Texts { codes, names: order.iter().map(|&c| names[c as usize].clone()).collect() }
}
