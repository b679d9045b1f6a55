//! From the claims of a notebook and its records to verdicts.

use super::claim::{ClaimError, Outcome, Sample, Verdict, adjust, pairs, test};
use super::measure::{Measured, measure, measure_seeds};
use super::select::select;
use crate::plan::claim::{Claim, Term};
use crate::plan::metric::Measure;
use crate::plan::show::Selection;
use crate::record::{Setting, Study, Trial};

/// A side, evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// A number.
    Number(f64),
    /// Values with their units; how many values are missing because a run diverged or failed.
    Samples(Vec<Sample>, usize),
}

/// The hyperparameters that the selections of a term filter by.
fn filtered_by<'a>(term: &'a Term, names: &mut Vec<&'a str>) {
    match term {
        Term::Number(_) => {}
        Term::Measure(selection, _) => {
            names.extend(selection.filters.iter().filter_map(|f| match &f.measure {
                Measure::Setting(name) => Some(name.as_str()),
                _ => None,
            }));
        }
        Term::Arithmetic(left, _, right) => {
            filtered_by(left, names);
            filtered_by(right, names);
        }
    }
}

/// What makes a trial the counterpart of another: its settings but those that are filtered by.
fn unit(trial: &Trial, but: &[&str]) -> String {
    let settings = trial.settings.iter().filter(|(name, _)| !but.contains(&name.as_str()));
    let text = settings.map(|(name, setting)| match setting {
        Setting::Number(x) => format!("{name}={x:?};"),
        Setting::Label(label) => format!("{name}={label:?};"),
    });
    text.collect()
}

fn samples(selection: &Selection, what: &Measure, but: &[&str], studies: &[&Study]) -> Result<Side, ClaimError> {
    let study = studies
        .iter()
        .find(|s| s.experiment == selection.experiment)
        .ok_or_else(|| ClaimError::NoStudy(selection.experiment.clone()))?;
    let trials = select(study, selection);
    let sample = |unit: String, m: Measured| Sample { unit, value: m.value, lower_bound: m.lower_bound };
    let values: Vec<Option<Sample>> = match trials.as_slice() {
        [] => return Err(ClaimError::Nothing(selection.experiment.clone())),
        [trial] => {
            let seeds = measure_seeds(trial, what).into_iter().zip(&trial.runs);
            seeds.map(|(m, run)| m.map(|m| sample(format!("seed {}", run.repetition), m))).collect()
        }
        several => several.iter().map(|t| measure(t, what).map(|m| sample(unit(t, but), m))).collect(),
    };
    let (count, found) = (values.len(), values.into_iter().flatten().collect::<Vec<_>>());
    if found.is_empty() {
        return Err(ClaimError::NoValue { experiment: selection.experiment.clone(), measure: what.to_string() });
    }
    let missing = count - found.len();
    Ok(Side::Samples(found, missing))
}

/// Evaluate a side; arithmetic goes sample by sample over equal units, a number with each sample.
///
/// # Errors
/// When a study, its trials or its values are missing, or arithmetic has samples that share nothing.
pub fn evaluate(term: &Term, but: &[&str], studies: &[&Study]) -> Result<Side, ClaimError> {
    Ok(match term {
        Term::Number(x) => Side::Number(*x),
        Term::Measure(selection, what) => samples(selection, what, but, studies)?,
        Term::Arithmetic(left, operator, right) => {
            match (evaluate(left, but, studies)?, evaluate(right, but, studies)?) {
                (Side::Number(a), Side::Number(b)) => Side::Number(operator.apply(a, b)),
                (Side::Samples(mut a, missing), Side::Number(b)) => {
                    a.iter_mut().for_each(|s| s.value = operator.apply(s.value, b));
                    Side::Samples(a, missing)
                }
                (Side::Number(a), Side::Samples(mut b, missing)) => {
                    b.iter_mut().for_each(|s| s.value = operator.apply(a, s.value));
                    Side::Samples(b, missing)
                }
                (Side::Samples(a, lost), Side::Samples(b, more)) => {
                    let (a, b) = shared(a, b);
                    let together = pairs(&a, &b).filter(|p| !p.is_empty()).ok_or(ClaimError::Unrelated)?;
                    let both = together.into_iter().map(|(l, r)| Sample {
                        unit: l.unit.clone(),
                        value: operator.apply(l.value, r.value),
                        lower_bound: l.lower_bound || r.lower_bound,
                    });
                    Side::Samples(both.collect(), lost.max(more))
                }
            }
        }
    })
}

/// What both sides have: a value that is missing on one side (its run diverged) takes its counterpart with it. Sides that share nothing stay.
fn shared(a: Vec<Sample>, b: Vec<Sample>) -> (Vec<Sample>, Vec<Sample>) {
    let has = |side: &[Sample], unit: &str| side.iter().any(|s| s.unit == unit);
    let common = a.iter().filter(|s| has(&b, &s.unit)).count();
    if common == 0 || 2 * common < a.len().max(b.len()) {
        return (a, b);
    }
    let left = a.iter().filter(|s| has(&b, &s.unit)).cloned().collect();
    let right = b.iter().filter(|s| has(&a, &s.unit)).cloned().collect();
    (left, right)
}

/// The verdicts on the comparisons of a claim, each by itself.
///
/// # Errors
/// As [`evaluate`].
pub fn verdicts(claim: &Claim, studies: &[&Study]) -> Result<Vec<Verdict>, ClaimError> {
    claim
        .comparisons
        .iter()
        .map(|statement| {
            let mut but = Vec::new();
            filtered_by(&statement.left, &mut but);
            filtered_by(&statement.right, &mut but);
            let left = evaluate(&statement.left, &but, studies)?;
            let right = evaluate(&statement.right, &but, studies)?;
            let constant = |x: f64, like: &[Sample]| -> Vec<Sample> {
                like.iter().map(|s| Sample { unit: s.unit.clone(), value: x, lower_bound: false }).collect()
            };
            let (a, b, missing) = match (left, right) {
                (Side::Number(a), Side::Number(b)) => {
                    let one = |value| vec![Sample { unit: String::new(), value, lower_bound: false }];
                    (one(a), one(b), 0)
                }
                (Side::Samples(a, missing), Side::Number(x)) => {
                    let b = constant(x, &a);
                    (a, b, missing)
                }
                (Side::Number(x), Side::Samples(b, missing)) => (constant(x, &b), b, missing),
                (Side::Samples(a, lost), Side::Samples(b, more)) => {
                    let (a, b) = shared(a, b);
                    (a, b, lost + more)
                }
            };
            let mut verdict = test(&a, &b, true, statement.comparison, claim.within);
            if missing > 0 {
                let (values, runs) = if missing == 1 { ("value is", "its run") } else { ("values are", "their runs") };
                verdict.notes.push(format!("{missing} {values} missing: {runs} diverged or failed"));
            }
            Ok(verdict)
        })
        .collect()
}

/// The outcome of a claim: refuted if any comparison is, held if all hold.
pub fn outcome(verdicts: &[Verdict]) -> Outcome {
    if verdicts.iter().any(|v| v.outcome == Outcome::Refuted) {
        return Outcome::Refuted;
    }
    let mut needed = Some(0);
    let mut open = false;
    for verdict in verdicts {
        if let Outcome::Undecided { seeds_needed } = verdict.outcome {
            open = true;
            needed = needed.zip(seeds_needed).map(|(a, b): (u64, u64)| a.max(b));
        }
    }
    if open { Outcome::Undecided { seeds_needed: needed } } else { Outcome::Holds }
}

/// The verdicts on all claims of a file, in their order, adjusted for being several. A claim that cannot be tested says why, and counts for none.
pub fn test_all(claims: &[&Claim], studies: &[&Study]) -> Vec<Result<Vec<Verdict>, ClaimError>> {
    let mut all: Vec<Result<Vec<Verdict>, ClaimError>> = claims.iter().map(|claim| verdicts(claim, studies)).collect();
    let mut each: Vec<&mut Verdict> = all.iter_mut().flatten().flatten().collect();
    adjust(&mut each);
    all
}
