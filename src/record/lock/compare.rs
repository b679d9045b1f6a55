//! What two locks say differently, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Lock, Locked};
use crate::plan::text::Shortest;
use crate::record::Setting;

/// One difference between a committed lock and one made anew.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// A section of the committed lock is not as it was written.
    Forged {
        /// `experiment placement`.
        section: String,
    },
    /// Another version of the numbers.
    Numerics {
        /// The committed lock's.
        committed: u32,
        /// The other's.
        fresh: u32,
    },
    /// An experiment that the committed lock does not have.
    Added {
        /// Its name.
        experiment: String,
    },
    /// An experiment that only the committed lock has.
    Removed {
        /// Its name.
        experiment: String,
    },
    /// Bytes of the data are others.
    Data {
        /// Of which experiment.
        experiment: String,
        /// Which data.
        data: String,
        /// The committed fingerprint.
        committed: Option<String>,
        /// The other.
        fresh: Option<String>,
    },
    /// The text asks for something else.
    Plan {
        /// Of which experiment.
        experiment: String,
    },
    /// A result is another.
    Result {
        /// Of which experiment.
        experiment: String,
        /// `best dev.accuracy`.
        what: String,
        /// The committed one.
        committed: String,
        /// The other.
        fresh: String,
        /// Whether data, plan, version or a forged section explain it. If not, the same training gave other bits.
        explained: bool,
    },
    /// A claim came to something else, or is in one lock only.
    Claim {
        /// Its text.
        text: String,
        /// What it came to; absent where it is not claimed.
        committed: Option<String>,
        /// The other.
        fresh: Option<String>,
    },
    /// A claim of this text compares something else.
    ClaimPlan {
        /// Its text.
        text: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_string());
        match self {
            Difference::Forged { section } => write!(f, "{section}: the lock was edited by hand"),
            Difference::Numerics { committed, fresh } => {
                write!(f, "the lock was written with version {committed} of the numbers, this is version {fresh}")
            }
            Difference::Added { experiment } => write!(f, "experiment {experiment}: not in the lock"),
            Difference::Removed { experiment } => {
                write!(f, "experiment {experiment}: in the lock, but no longer in the file")
            }
            Difference::Data { experiment, data, committed, fresh } => {
                let (committed, fresh) = (or(committed, "absent"), or(fresh, "absent"));
                write!(f, "experiment {experiment}: the data {data} changed: {committed} → {fresh}")
            }
            Difference::Plan { experiment } => write!(f, "experiment {experiment}: the file asks for something else"),
            Difference::Result { experiment, what, committed, fresh, explained } => {
                let why = if *explained { "" } else { ", though nothing that it depends on changed" };
                write!(f, "experiment {experiment}: {what}: {committed} → {fresh}{why}")
            }
            Difference::Claim { text, committed, fresh } => {
                write!(f, "claim {text:?}: {} → {}", or(committed, "not claimed"), or(fresh, "not claimed"))
            }
            Difference::ClaimPlan { text } => write!(f, "claim {text:?}: compares something else"),
        }
    }
}

/// What a committed lock and one that was made anew say differently: causes before effects.
pub fn compare(committed: &Lock, fresh: &Lock) -> Vec<Difference> {
    let mut found: Vec<_> =
        committed.forged.iter().map(|section| Difference::Forged { section: section.clone() }).collect();
    let version = committed.numerics != fresh.numerics;
    if version {
        found.push(Difference::Numerics { committed: committed.numerics, fresh: fresh.numerics });
    }
    for name in both(&committed.experiments, &fresh.experiments) {
        let experiment = name.clone();
        match (committed.experiments.get(name), fresh.experiments.get(name)) {
            (Some(a), Some(b)) => {
                let forged = committed.forged.contains(&format!("experiment {name}"));
                locked(name, a, b, version || forged, &mut found);
            }
            (None, _) => found.push(Difference::Added { experiment }),
            (_, None) => found.push(Difference::Removed { experiment }),
        }
    }
    for text in both(&committed.claims, &fresh.claims) {
        let (a, b) = (committed.claims.get(text), fresh.claims.get(text));
        if a.zip(b).is_some_and(|(a, b)| a.plan != b.plan) {
            found.push(Difference::ClaimPlan { text: text.clone() });
        }
        let [committed, fresh] = [a, b].map(|claim| claim.map(|claim| claim.outcome.clone()));
        if committed != fresh {
            found.push(Difference::Claim { text: text.clone(), committed, fresh });
        }
    }
    found
}

fn locked(experiment: &str, a: &Locked, b: &Locked, explained: bool, found: &mut Vec<Difference>) {
    let experiment = experiment.to_string();
    let before = found.len();
    for data in both(&a.data, &b.data) {
        let (committed, fresh) = (a.data.get(data).cloned(), b.data.get(data).cloned());
        if committed != fresh {
            found.push(Difference::Data { experiment: experiment.clone(), data: data.clone(), committed, fresh });
        }
    }
    if a.plan != b.plan {
        found.push(Difference::Plan { experiment: experiment.clone() });
    }
    let explained = explained || found.len() > before;
    let mut result = |what: String, committed: String, fresh: String| {
        if committed != fresh {
            found.push(Difference::Result { experiment: experiment.clone(), what, committed, fresh, explained });
        }
    };
    result("trials".into(), a.trials.to_string(), b.trials.to_string());
    for name in both(&a.settings, &b.settings) {
        let [old, new] = [a, b].map(|side| side.settings.get(name).map_or("absent".into(), setting));
        result(format!("best {name}"), old, new);
    }
    for name in both(&a.metrics, &b.metrics) {
        let [old, new] = [a, b].map(|side| side.metrics.get(name).map_or("absent".into(), |values| numbers(values)));
        result(format!("best {name}"), old, new);
    }
    result("digest of the trials".into(), a.digest.short(), b.digest.short());
}

fn both<'a, T>(a: &'a BTreeMap<String, T>, b: &'a BTreeMap<String, T>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Number(x) => Shortest(*x).to_string(),
        Setting::Label(label) => label.clone(),
    }
}

fn numbers(values: &[f64]) -> String {
    let shown: Vec<String> = values.iter().map(|x| Shortest(*x).to_string()).collect();
    shown.join(" ")
}
