//! Testing what a notebook claims.
//!
//! A side of a comparison is a number, or samples: one trial gives a value a seed, several trials give a value a trial (the mean over its seeds).
//! Samples are paired where both sides have the same units (the same seeds; trials that differ only in what the selections filter by), and then the
//! differences are tested by sign flips with a BCa interval; else Welch's test and interval. One value against one is just compared.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::interval::{bca_interval, mean, variance, welch_interval};
use super::test::{fewest_pairs, holm, pairs_needed, sign_flip, values_needed, welch, within};
use crate::plan::show::Comparison;

/// The level of tests; intervals are at 1 − ALPHA.
pub const ALPHA: f64 = 0.05;

/// One value of a side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What it was measured on: the seed, or the trial's settings that are not filtered by. Equal units are paired.
    pub unit: String,
    /// The value.
    pub value: f64,
    /// Whether the truth is at least that.
    pub lower_bound: bool,
}

/// What came of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The claim is shown.
    Holds,
    /// The opposite is shown.
    Refuted,
    /// Neither.
    Undecided {
        /// Seeds (or trials) a side that would likely decide it, if the difference stays what it is; unknown without a direction or a spread.
        seeds_needed: Option<u64>,
    },
}

/// How it was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// One value against one.
    Compared,
    /// Paired differences: exact sign flips, BCa interval.
    SignFlip,
    /// Nothing shared: Welch's t test and interval.
    Welch,
    /// Two one-sided t tests against a margin; t interval.
    Equality,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What came of it.
    pub outcome: Outcome,
    /// Mean of left − right.
    pub difference: f64,
    /// Its 95 % interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// The p-value: of the difference (two-sided), or of the equality claim's conclusion. Adjusted once [`adjust`] has run.
    pub p: Option<f64>,
    /// How it was tested.
    pub method: Method,
    /// Values on the left and right; pairs twice.
    pub counts: (usize, usize),
    /// How many of the values are lower bounds.
    pub lower_bounds: usize,
    /// What to know about the outcome.
    pub notes: Vec<String>,
    /// What it would be if p were small enough.
    leaning: Outcome,
    needed: Option<u64>,
}

/// Why a claim cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// No study of that name was given.
    #[error("there are no results of `{0}`")]
    NoStudy(String),
    /// A selection without trials.
    #[error("`{0}` selects no trial that has a value")]
    Nothing(String),
    /// Trials without the measure.
    #[error("no trial of `{experiment}` has a value of {measure}")]
    NoValue {
        /// Whose.
        experiment: String,
        /// Of what.
        measure: String,
    },
    /// Arithmetic on samples that share nothing.
    #[error("values that share no seeds or settings cannot be put together by arithmetic")]
    Unrelated,
}

/// Pairs of left and right values with equal units, in the order of the left; `None` unless both have the same units, each once.
pub fn pairs<'a>(left: &'a [Sample], right: &'a [Sample]) -> Option<Vec<(&'a Sample, &'a Sample)>> {
    if left.len() != right.len() {
        return None;
    }
    let once = |side: &[Sample]| {
        let mut units: Vec<&str> = side.iter().map(|s| s.unit.as_str()).collect();
        units.sort_unstable();
        units.windows(2).all(|w| w[0] != w[1])
    };
    if !once(left) || !once(right) {
        return None;
    }
    left.iter().map(|l| Some((l, right.iter().find(|r| r.unit == l.unit)?))).collect()
}

/// Test a comparison of two sides. `paired` says that equal units belong together; without them Welch is used all the same.
///
/// `<` and `>` (also `<=` and `>=`) hold when the difference is significant with the right sign, and are refuted when it is with the other.
/// `<=`, `>=` and `==` hold without a test where all pairs are equal. `==` with a margin `within` holds when the difference is shown to be inside,
/// and is refuted when shown to be outside; without a margin a significant difference refutes it and nothing else shows it. `!=` is its opposite.
///
/// A pair of two lower bounds says nothing and counts as a difference of 0. A side without values is undecided.
pub fn test(left: &[Sample], right: &[Sample], paired: bool, comparison: Comparison, within: Option<f64>) -> Verdict {
    let lower_bounds = left.iter().chain(right).filter(|s| s.lower_bound).count();
    let a: Vec<f64> = left.iter().map(|s| s.value).collect();
    let b: Vec<f64> = right.iter().map(|s| s.value).collect();
    let mut verdict = match (left, right, pairs(left, right).filter(|_| paired)) {
        ([], _, _) | (_, [], _) => undecided("a side has no values".to_owned(), (a.len(), b.len())),
        ([l], [r], _) => compared(l.value, r.value, comparison, within),
        (_, _, Some(pairs)) => {
            let difference = |(l, r): &(&Sample, &Sample)| {
                if l.lower_bound && r.lower_bound { 0.0 } else { l.value - r.value }
            };
            let differences: Vec<f64> = pairs.iter().map(difference).collect();
            by_pairs(&differences, comparison, within)
        }
        _ => unpaired(&a, &b, comparison, within),
    };
    verdict.lower_bounds = lower_bounds;
    if lower_bounds > 0 {
        let are = if lower_bounds == 1 { "is a lower bound" } else { "are lower bounds" };
        verdict.notes.push(format!("{lower_bounds} of the {} values {are}", a.len() + b.len()));
    }
    verdict
}

fn undecided(note: String, counts: (usize, usize)) -> Verdict {
    Verdict {
        outcome: Outcome::Undecided { seeds_needed: None },
        difference: f64::NAN,
        interval: None,
        p: None,
        method: Method::Compared,
        counts,
        lower_bounds: 0,
        notes: vec![note],
        leaning: Outcome::Undecided { seeds_needed: None },
        needed: None,
    }
}

/// One number against another.
fn compared(left: f64, right: f64, comparison: Comparison, within: Option<f64>) -> Verdict {
    let difference = left - right;
    let holds = match (comparison, within) {
        (Comparison::Equal, Some(margin)) => difference.abs() <= margin,
        (Comparison::NotEqual, Some(margin)) => difference.abs() > margin,
        _ => comparison.holds(left, right),
    };
    let outcome = if holds { Outcome::Holds } else { Outcome::Refuted };
    let verdict = undecided("one value on each side: compared, not tested".to_owned(), (1, 1));
    Verdict { outcome, difference, leaning: outcome, ..verdict }
}

/// What a significant difference would mean.
fn leaning(difference: f64, comparison: Comparison) -> Outcome {
    let right_sign = match comparison {
        Comparison::Less | Comparison::LessEqual => difference < 0.0,
        Comparison::Greater | Comparison::GreaterEqual => difference > 0.0,
        Comparison::Equal => false,
        Comparison::NotEqual => true,
    };
    if right_sign { Outcome::Holds } else { Outcome::Refuted }
}

fn by_pairs(differences: &[f64], comparison: Comparison, margin: Option<f64>) -> Verdict {
    let (n, difference) = (differences.len(), mean(differences));
    let interval = bca_interval(differences, 1.0 - ALPHA).map(|i| (i.low, i.high));
    if differences.iter().all(|d| *d == 0.0) {
        let outcome = match comparison {
            Comparison::LessEqual | Comparison::GreaterEqual | Comparison::Equal => Outcome::Holds,
            Comparison::NotEqual => Outcome::Refuted,
            _ => Outcome::Undecided { seeds_needed: None },
        };
        let verdict = undecided(format!("all {n} pairs are equal"), (n, n));
        return Verdict { outcome, difference, interval, method: Method::SignFlip, leaning: outcome, ..verdict };
    }
    if let (Comparison::Equal | Comparison::NotEqual, Some(margin)) = (comparison, margin) {
        let error = (variance(differences) / n as f64).sqrt();
        return equality(difference, error, (n - 1) as f64, margin, (n, n), variance(differences), comparison);
    }
    let mut verdict = Verdict {
        outcome: Outcome::Undecided { seeds_needed: None },
        difference,
        interval,
        p: Some(sign_flip(differences)),
        method: Method::SignFlip,
        counts: (n, n),
        lower_bounds: 0,
        notes: Vec::new(),
        leaning: leaning(difference, comparison),
        needed: pairs_needed(differences, ALPHA),
    };
    judge(&mut verdict, ALPHA);
    verdict
}

fn unpaired(a: &[f64], b: &[f64], comparison: Comparison, margin: Option<f64>) -> Verdict {
    let (difference, counts) = (mean(a) - mean(b), (a.len(), b.len()));
    let Some((interval, freedom)) = welch_interval(a, b, 1.0 - ALPHA) else {
        let verdict = undecided("a side has one value only: its spread is unknown".to_owned(), counts);
        return Verdict { difference, method: Method::Welch, ..verdict };
    };
    if let (Comparison::Equal | Comparison::NotEqual, Some(margin)) = (comparison, margin) {
        let error = (variance(a) / a.len() as f64 + variance(b) / b.len() as f64).sqrt();
        return equality(difference, error, freedom, margin, counts, variance(a) + variance(b), comparison);
    }
    let mut verdict = Verdict {
        outcome: Outcome::Undecided { seeds_needed: None },
        difference,
        interval: Some((interval.low, interval.high)),
        p: welch(a, b),
        method: Method::Welch,
        counts,
        lower_bounds: 0,
        notes: Vec::new(),
        leaning: leaning(difference, comparison),
        needed: values_needed(a, b, ALPHA),
    };
    judge(&mut verdict, ALPHA);
    verdict
}

fn equality(
    difference: f64,
    error: f64,
    freedom: f64,
    margin: f64,
    counts: (usize, usize),
    spread: f64,
    comparison: Comparison,
) -> Verdict {
    let tested = within(difference, error, freedom, margin);
    let equal = tested.inside <= tested.outside;
    let holds = equal == (comparison == Comparison::Equal);
    let half = if error > 0.0 { error * super::distribution::t_quantile(1.0 - ALPHA / 2.0, freedom) } else { 0.0 };
    // As in the power of a difference, with the distance to the margin in its place: (z_0.95 + z_0.8)² = 6.18.
    let gap = (margin - difference.abs()).abs();
    let needed = (6.18 * spread / (gap * gap) + 1.0).ceil();
    let mut verdict = Verdict {
        outcome: Outcome::Undecided { seeds_needed: None },
        difference,
        interval: Some((difference - half, difference + half)),
        p: Some(tested.inside.min(tested.outside)),
        method: Method::Equality,
        counts,
        lower_bounds: 0,
        notes: Vec::new(),
        leaning: if holds { Outcome::Holds } else { Outcome::Refuted },
        needed: (needed < 1e9).then_some((needed as u64).max(counts.0.min(counts.1) as u64 + 1)),
    };
    judge(&mut verdict, ALPHA);
    verdict
}

/// Set the outcome from the p-value; `alpha` is the level that the raw p would have to reach (for the fewest pairs).
fn judge(verdict: &mut Verdict, alpha: f64) {
    let Some(p) = verdict.p else { return };
    if p < ALPHA {
        verdict.outcome = verdict.leaning;
        return;
    }
    let mut needed = verdict.needed;
    if verdict.method == Method::SignFlip {
        let fewest = fewest_pairs(alpha);
        needed = needed.map(|n| n.max(fewest));
        if (verdict.counts.0 as u64) < fewest {
            verdict.notes.retain(|note| !note.starts_with("significance cannot"));
            verdict.notes.push(format!(
                "significance cannot be reached with {} pairs: it takes at least {fewest}",
                verdict.counts.0
            ));
        }
    }
    verdict.outcome = Outcome::Undecided { seeds_needed: needed };
}

/// Adjust the p-values of all tested comparisons of a file for being several (Holm), and judge them again. What was only compared stays.
pub fn adjust(verdicts: &mut [&mut Verdict]) {
    let tested: Vec<usize> = (0..verdicts.len()).filter(|&i| verdicts[i].p.is_some()).collect();
    let raw: Vec<f64> = tested.iter().filter_map(|&i| verdicts[i].p).collect();
    let strictest = ALPHA / tested.len().max(1) as f64;
    for (&i, p) in tested.iter().zip(holm(&raw)) {
        verdicts[i].p = Some(p);
        judge(verdicts[i], strictest);
    }
}
