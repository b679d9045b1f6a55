//! Digests of plain data: the same for equal data on every machine, whatever the order of fields in the code.
//!
//! A value is walked as its JSON form would be, names sorted, and hashed with blake3. A field that is null or empty counts
//! as absent, so that a field added later with such a default leaves old digests (and stored results) valid.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Outcome, Run, Setting, Study};

/// 32 bytes of blake3, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The first 16 hexadecimal digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..16].to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: 64 hexadecimal digits are needed")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return Err(NotADigest);
        }
        let digit = |c: u8| match c {
            b'0'..=b'9' => Ok(c - b'0'),
            b'a'..=b'f' => Ok(c - b'a' + 10),
            _ => Err(NotADigest),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The digest of plain data under a `purpose`, which keeps digests of different things apart.
pub fn canonical(purpose: &str, value: &impl Serialize) -> Digest {
    let value = serde_json::to_value(value).expect("plain data has string keys");
    let mut hasher = blake3::Hasher::new();
    text(&mut hasher, b't', purpose);
    walk(&mut hasher, &value);
    Digest(*hasher.finalize().as_bytes())
}

fn text(hasher: &mut blake3::Hasher, tag: u8, text: &str) {
    hasher.update(&[tag]);
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn walk(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Null => _ = hasher.update(b"z"),
        Value::Bool(b) => _ = hasher.update(if *b { b"y" } else { b"n" }),
        Value::Number(number) => text(hasher, b'd', &number.to_string()),
        Value::String(string) => text(hasher, b't', string),
        Value::Array(items) => {
            hasher.update(b"[");
            hasher.update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| walk(hasher, item));
        }
        Value::Object(fields) => {
            // A single field may be the name of an enum's variant: it says something even when what it holds is empty.
            let single = fields.len() == 1;
            let kept: BTreeMap<&String, &Value> = fields.iter().filter(|(_, v)| single || !empty(v)).collect();
            hasher.update(b"{");
            hasher.update(&(kept.len() as u64).to_le_bytes());
            for (name, value) in kept {
                text(hasher, b'k', name);
                walk(hasher, value);
            }
        }
    }
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Of an experiment and all that came of it, but for the seconds that it took.
///
/// Unlike [`canonical`] it tells every bit of every number apart, NaN included.
pub fn study(study: &Study) -> Digest {
    let mut timeless = study.clone();
    for run in timeless.trials.iter_mut().flat_map(|trial| &mut trial.runs) {
        run.seconds = 0.0;
    }
    let bytes = postcard::to_stdvec(&timeless).expect("plain data can be written");
    Digest::of_bytes(&bytes)
}

/// Of what a study's trials drew and gave: what the lock covers.
///
/// Leaves out the seconds, the keys, and what is recorded for pictures only (spreads of activations, norms of gradients),
/// so that another plot does not change the lock.
pub fn trials(study: &Study) -> Digest {
    let mut bits = Bits(blake3::Hasher::new());
    bits.count(study.trials.len());
    for trial in &study.trials {
        bits.count(trial.index as usize);
        bits.count(trial.round as usize);
        bits.count(trial.settings.len());
        for (name, setting) in &trial.settings {
            bits.text(name);
            match setting {
                Setting::Number(number) => bits.tagged(0, *number),
                Setting::Label(label) => {
                    bits.count(1);
                    bits.text(label);
                }
            }
        }
        bits.count(trial.runs.len());
        trial.runs.iter().for_each(|run| bits.run(run));
    }
    Digest(*bits.0.finalize().as_bytes())
}

struct Bits(blake3::Hasher);

impl Bits {
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: f64) {
        // The bits of a NaN depend on how the processor came to it.
        let bits = if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() };
        self.0.update(&bits.to_le_bytes());
    }

    fn tagged(&mut self, tag: usize, number: f64) {
        self.count(tag);
        self.number(number);
    }

    fn run(&mut self, run: &Run) {
        self.count(run.repetition as usize);
        match &run.outcome {
            Outcome::Finished => self.count(0),
            Outcome::Stopped => self.count(1),
            Outcome::Pruned => self.count(2),
            Outcome::Diverged => self.count(3),
            Outcome::Failed(why) => {
                self.count(4);
                self.text(why);
            }
        }
        self.count(run.series.len());
        for (name, values) in &run.series {
            self.text(name);
            self.count(values.len());
            values.iter().for_each(|value| self.number(*value));
        }
        self.count(run.metrics.len());
        for (name, value) in &run.metrics {
            self.text(name);
            self.number(*value);
        }
        self.count(run.parameters as usize);
        self.count(run.changes.len());
        run.changes.iter().for_each(|epoch| self.count(*epoch as usize));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Old {
        b: f64,
        a: u32,
    }

    #[derive(Serialize)]
    struct New {
        a: u32,
        later: Option<u32>,
        more: Vec<u32>,
        b: f64,
    }

    #[derive(Serialize)]
    enum Choice {
        Left(Option<u32>),
        Right(Option<u32>),
        Both(Vec<u32>),
    }

    #[test]
    fn order_and_absent_fields_do_not_matter_and_values_do() {
        let old = canonical("x", &Old { b: 0.5, a: 1 });
        assert_eq!(old, canonical("x", &New { a: 1, later: None, more: vec![], b: 0.5 }));
        assert_ne!(old, canonical("x", &New { a: 1, later: Some(0), more: vec![], b: 0.5 }));
        assert_ne!(old, canonical("x", &Old { b: 0.5 + f64::EPSILON, a: 1 }));
        assert_ne!(old, canonical("y", &Old { b: 0.5, a: 1 }));
    }

    #[test]
    fn the_name_of_an_empty_variant_counts() {
        let digests = [Choice::Left(None), Choice::Right(None), Choice::Both(vec![])].map(|c| canonical("x", &c));
        assert_ne!(digests[0], digests[1]);
        assert_ne!(digests[0], digests[2]);
        assert_ne!(canonical("x", &[None, Some(1)]), canonical("x", &[Some(1), None]));
    }

    #[test]
    fn digests_are_read_back() {
        let digest = Digest::of_bytes(b"caviar");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.to_string()[1..].parse::<Digest>(), Err(NotADigest));
        assert_eq!("µ".repeat(32).parse::<Digest>(), Err(NotADigest));
        assert_eq!(serde_json::from_str::<Digest>(&serde_json::to_string(&digest).unwrap()).unwrap(), digest);
    }
}
