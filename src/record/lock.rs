//! The lock: what a notebook's results were, as text that is committed beside it.
//!
//! Sorted lines, one fact each, numbers in their shortest form that reads back as the same; no times, paths or names of
//! machines. Each section (an experiment, a claim) has a seal over its own lines, so that a number that was edited by hand
//! is noticed. Between sections there is an empty line, so that two branches that change different ones merge line by line.
//!
//! ```text
//! caviar lock = 1
//! caviar numerics = 1
//! caviar seal = 3f0c…
//!
//! claim "b is redundant" outcome = holds
//! …
//!
//! experiment placement best metric dev.accuracy = 0.9703703703703703 0.9666666666666667
//! experiment placement best setting norm = before
//! experiment placement data digits = 5b1a…
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

use super::digest::{self, Digest, canonical};
use super::{NUMERICS, Setting, Study, Trial, atomic};
use crate::plan::claim::Claim;
use crate::plan::notebook::{Item, Notebook};

mod compare;
mod parse;

pub use compare::{Difference, compare};
pub use parse::{LockError, parse};

/// The version of the form of the text.
const FORM: u32 = 1;

/// What a notebook's results were.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// [`NUMERICS`] when the results were computed.
    pub numerics: u32,
    /// By name.
    pub experiments: BTreeMap<String, Locked>,
    /// By text.
    pub claims: BTreeMap<String, LockedClaim>,
    /// Sections of a text that are not as they were written: `experiment placement`.
    pub forged: BTreeSet<String>,
}

/// What an experiment's results were.
#[derive(Clone, Debug, PartialEq)]
pub struct Locked {
    /// Of the experiment and those that it uses: [`plan`].
    pub plan: Digest,
    /// Fingerprints of the data that it and those that it uses read, by a name without folders.
    pub data: BTreeMap<String, String>,
    /// How many trials there were.
    pub trials: u32,
    /// Of what they drew and gave: [`digest::trials`].
    pub digest: Digest,
    /// What the best trial drew; empty when all trials failed.
    pub settings: BTreeMap<String, Setting>,
    /// Metrics of the best trial, a value a seed; NaN where a seed has none.
    pub metrics: BTreeMap<String, Vec<f64>>,
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedClaim {
    /// Of its comparisons.
    pub plan: Digest,
    /// `holds`, `refuted`, `undecided`.
    pub outcome: String,
}

impl Default for Lock {
    fn default() -> Self {
        Lock { numerics: NUMERICS, experiments: BTreeMap::new(), claims: BTreeMap::new(), forged: BTreeSet::new() }
    }
}

impl Locked {
    /// What came of the experiment of this name. `data` has the fingerprints of all that it and the experiments that it uses
    /// read; `best` is the trial that is best by its objective, if one is.
    pub fn of(notebook: &Notebook, data: BTreeMap<String, String>, study: &Study, best: Option<&Trial>) -> Self {
        let mut metrics: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let runs = best.map_or(&[][..], |trial| &trial.runs);
        for name in runs.iter().flat_map(|run| run.metrics.keys()) {
            if !metrics.contains_key(name) {
                let values = runs.iter().map(|run| run.metrics.get(name).copied().unwrap_or(f64::NAN)).collect();
                metrics.insert(name.clone(), values);
            }
        }
        Locked {
            plan: plan(notebook, &study.experiment),
            data,
            trials: study.trials.len() as u32,
            digest: digest::trials(study),
            settings: best.map(|trial| trial.settings.clone()).unwrap_or_default(),
            metrics,
        }
    }
}

impl LockedClaim {
    /// What a claim came to: `holds`, `refuted` or `undecided`.
    pub fn of(claim: &Claim, outcome: impl Into<String>) -> Self {
        LockedClaim { plan: canonical("caviar claim", claim), outcome: outcome.into() }
    }
}

/// The digest of an experiment's plan and of the plans of those that it uses: not of prose, pictures or tables.
pub fn plan(notebook: &Notebook, experiment: &str) -> Digest {
    let mut names = BTreeSet::new();
    let mut open = vec![experiment];
    while let Some(name) = open.pop() {
        if names.insert(name) {
            let found = notebook.experiments.iter().filter(|e| e.name == name);
            open.extend(found.flat_map(|e| e.after.iter().map(String::as_str)));
        }
    }
    let used: BTreeMap<_, _> =
        notebook.experiments.iter().filter(|e| names.contains(e.name.as_str())).map(|e| (&e.name, e)).collect();
    canonical("caviar experiment", &(experiment, used))
}

/// The claims of a notebook, in its order.
pub fn claims(notebook: &Notebook) -> impl Iterator<Item = &Claim> {
    notebook.items.iter().filter_map(|item| match item {
        Item::Claim(claim) => Some(claim),
        _ => None,
    })
}

/// The text of a lock: the same for the same results, on every machine.
pub fn write(lock: &Lock) -> String {
    let sections: Vec<String> = sections(lock).into_iter().map(|lines| lines.into_iter().collect()).collect();
    sections.join("\n")
}

/// Of all that a lock says, however it is laid out.
pub fn digest(lock: &Lock) -> Digest {
    let lines: BTreeSet<String> = sections(lock).into_iter().flatten().collect();
    canonical("caviar lock", &lines.into_iter().collect::<String>())
}

/// The lines of each section.
fn sections(lock: &Lock) -> Vec<BTreeSet<String>> {
    let mut sections = vec![section("caviar", vec![format!("lock = {FORM}"), format!("numerics = {}", lock.numerics)])];
    for (text, claim) in &lock.claims {
        let facts = vec![format!("outcome = {}", Word(&claim.outcome)), format!("plan = {}", claim.plan)];
        sections.push(section(&format!("claim {}", quoted(text)), facts));
    }
    for (name, locked) in &lock.experiments {
        let mut facts = vec![
            format!("plan = {}", locked.plan),
            format!("trials = {}", locked.trials),
            format!("digest = {}", locked.digest),
        ];
        facts.extend(locked.data.iter().map(|(name, print)| format!("data {} = {}", Word(name), Word(print))));
        for (name, setting) in &locked.settings {
            let value = match setting {
                Setting::Number(x) => format!("{x:?}"),
                Setting::Label(label) => label_text(label),
            };
            facts.push(format!("best setting {} = {value}", Word(name)));
        }
        for (name, values) in &locked.metrics {
            let values: Vec<String> = values.iter().map(|x| format!("{x:?}")).collect();
            facts.push(format!("best metric {} = {}", Word(name), values.join(" ")));
        }
        sections.push(section(&format!("experiment {}", Word(name)), facts));
    }
    sections
}

/// Write a lock to its file, which stays as it is when nothing changed; whether it wrote.
///
/// # Errors
/// When the file cannot be written; the old one stays then.
pub fn save(path: &Path, lock: &Lock) -> io::Result<bool> {
    atomic::replace_if_changed(path, write(lock).as_bytes())
}

fn section(name: &str, facts: Vec<String>) -> BTreeSet<String> {
    let facts: Vec<String> = facts.into_iter().map(|fact| format!("{name} {fact}")).collect();
    let seal = format!("{name} seal = {}", seal(facts.iter().map(String::as_str)));
    facts.into_iter().chain([seal]).map(|line| line + "\n").collect()
}

/// Over the lines of a section but the seal's own.
fn seal<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let sorted: BTreeSet<&str> = lines.collect();
    canonical("caviar seal", &sorted).short()
}

/// A name or word; in quotes where it would not read back as one word.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.0.is_empty()
            && self.0 != "="
            && self.0.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '\\');
        if plain { f.write_str(self.0) } else { f.write_str(&quoted(self.0)) }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A label that would read back as a number is quoted.
fn label_text(label: &str) -> String {
    if label.parse::<f64>().is_ok() { quoted(label) } else { Word(label).to_string() }
}

#[cfg(test)]
mod tests;
