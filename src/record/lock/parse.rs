//! From the text of a lock back to what it says.

use std::collections::BTreeMap;

use super::{FORM, Lock, Locked, LockedClaim, seal};
use crate::record::Setting;
use crate::record::digest::Digest;

/// Why a text is not a lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct LockError {
    /// From 1; the last line when something is missing.
    pub line: usize,
    /// The reason.
    pub why: String,
}

fn wrong<T>(line: usize, why: impl Into<String>) -> Result<T, LockError> {
    Err(LockError { line, why: why.into() })
}

/// The lines of one section.
#[derive(Default)]
struct Section<'a> {
    /// Every line whole, but the seal's.
    lines: Vec<&'a str>,
    seal: Option<String>,
    /// The words between the section's name and `=`, the rest of the line after it, and the number of the line.
    facts: BTreeMap<Vec<String>, (&'a str, usize)>,
}

/// Read the text of a lock. Sections that are not as they were written are named in [`Lock::forged`].
///
/// # Errors
/// When a line is none that [`super::write`] writes, or one is missing.
pub fn parse(text: &str) -> Result<Lock, LockError> {
    let mut sections: BTreeMap<Vec<String>, Section<'_>> = BTreeMap::new();
    let mut last = 0;
    for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_end())) {
        last = number;
        if line.is_empty() {
            continue;
        }
        if line.starts_with("<<<<<<<") || line.starts_with("=======") || line.starts_with(">>>>>>>") {
            return wrong(number, "a merge conflict: keep either side, then `caviar run` writes the lock anew");
        }
        let (mut words, value) = words(line).map_err(|why| LockError { line: number, why })?;
        let depth = if words[0] == "caviar" { 1 } else { 2 };
        if words.len() <= depth || !["caviar", "claim", "experiment"].contains(&words[0].as_str()) {
            return wrong(number, "no line of a lock");
        }
        let fact = words.split_off(depth);
        let section = sections.entry(words).or_default();
        if fact == ["seal"] {
            section.seal = Some(value.to_string());
        } else {
            section.lines.push(line);
            if section.facts.insert(fact, (value, number)).is_some() {
                return wrong(number, "said twice");
            }
        }
    }
    let mut lock = Lock::default();
    let Some(head) = sections.remove(&vec!["caviar".to_string()]) else {
        return wrong(last.max(1), "the line `caviar lock = …` is missing");
    };
    for (name, section) in sections.iter().map(|(n, s)| (n.join(" "), s)).chain([("caviar".into(), &head)]) {
        if section.seal.as_deref() != Some(seal(section.lines.iter().copied()).as_str()) {
            lock.forged.insert(name);
        }
    }
    let mut head = Facts { section: "caviar".into(), facts: head.facts, last };
    match head.number::<u32>("lock")? {
        FORM => {}
        other => return wrong(1, format!("a lock of form {other}; this version reads form {FORM}")),
    }
    lock.numerics = head.number("numerics")?;
    head.nothing_more()?;
    for (name, section) in sections {
        let facts = Facts { section: name.join(" "), facts: section.facts, last };
        if name[0] == "claim" {
            lock.claims.insert(name[1].clone(), claim(facts)?);
        } else {
            lock.experiments.insert(name[1].clone(), experiment(facts)?);
        }
    }
    Ok(lock)
}

fn claim(mut facts: Facts<'_>) -> Result<LockedClaim, LockError> {
    let claim = LockedClaim { plan: facts.digest("plan")?, outcome: facts.word("outcome")? };
    facts.nothing_more()?;
    Ok(claim)
}

fn experiment(mut facts: Facts<'_>) -> Result<Locked, LockError> {
    let mut locked = Locked {
        plan: facts.digest("plan")?,
        data: BTreeMap::new(),
        trials: facts.number("trials")?,
        digest: facts.digest("digest")?,
        settings: BTreeMap::new(),
        metrics: BTreeMap::new(),
    };
    for (words, (value, line)) in std::mem::take(&mut facts.facts) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["data", name] => {
                locked.data.insert(name.to_string(), word(value, line)?);
            }
            ["best", "setting", name] => {
                let number = value.parse().map(Setting::Number);
                let setting = number.or_else(|_| word(value, line).map(Setting::Label))?;
                locked.settings.insert(name.to_string(), setting);
            }
            ["best", "metric", name] => {
                let values: Result<Vec<f64>, _> = value.split(' ').map(str::parse).collect();
                let Ok(values) = values else { return wrong(line, "numbers are needed") };
                locked.metrics.insert(name.to_string(), values);
            }
            _ => return wrong(line, "no line of a lock"),
        }
    }
    Ok(locked)
}

struct Facts<'a> {
    section: String,
    facts: BTreeMap<Vec<String>, (&'a str, usize)>,
    last: usize,
}

impl<'a> Facts<'a> {
    fn take(&mut self, key: &str) -> Result<(&'a str, usize), LockError> {
        let missing =
            || LockError { line: self.last, why: format!("the line `{} {key} = …` is missing", self.section) };
        self.facts.remove(&vec![key.to_string()]).ok_or_else(missing)
    }

    fn number<T: std::str::FromStr>(&mut self, key: &str) -> Result<T, LockError> {
        let (value, line) = self.take(key)?;
        value.parse().or_else(|_| wrong(line, "a whole number is needed"))
    }

    fn digest(&mut self, key: &str) -> Result<Digest, LockError> {
        let (value, line) = self.take(key)?;
        value.parse().or_else(|e| wrong(line, format!("{e}")))
    }

    fn word(&mut self, key: &str) -> Result<String, LockError> {
        let (value, line) = self.take(key)?;
        word(value, line)
    }

    fn nothing_more(&self) -> Result<(), LockError> {
        match self.facts.values().next() {
            Some((_, line)) => wrong(*line, "no line of a lock"),
            None => Ok(()),
        }
    }
}

/// The words of a line up to `=`, and what stands after that.
fn words(line: &str) -> Result<(Vec<String>, &str), String> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let (word, after) = next(rest)?;
        if word == "=" && rest.starts_with('=') {
            return if words.is_empty() { Err("no line of a lock".into()) } else { Ok((words, after)) };
        }
        words.push(word);
        rest = after;
    }
}

/// The first word, plain or in quotes, and what stands after the space behind it.
fn next(text: &str) -> Result<(String, &str), String> {
    if text.is_empty() {
        return Err("no `=`".into());
    }
    if !text.starts_with('"') {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        return Ok((word.to_string(), rest));
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let word = match stream.next() {
        Some(Ok(word)) => word,
        _ => return Err("a text that does not end".into()),
    };
    let rest = &text[stream.byte_offset()..];
    match rest.strip_prefix(' ') {
        Some(rest) => Ok((word, rest)),
        None if rest.is_empty() => Ok((word, rest)),
        None => Err("a space is needed after the text".into()),
    }
}

fn word(value: &str, line: usize) -> Result<String, LockError> {
    match next(value) {
        Ok((word, "")) => Ok(word),
        _ => wrong(line, "one word is needed, or a text in quotes"),
    }
}
