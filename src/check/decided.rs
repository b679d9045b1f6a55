//! Claims that no result could decide: too few values for a test, however clear they are.
//!
//! All comparisons of a file are tested together, with Holm's correction for being several. So this is judged when all are read: if even the
//! smallest p-values that their numbers of pairs allow do not come below the level, the numbers are too small.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::kernel::math::powf;
use crate::plan::claim::Term;
use crate::plan::experiment::Search;
use crate::plan::metric::Measure;
use crate::plan::show::{Comparison, Pick};
use crate::source::Span;

use super::checker::Checker;
use super::known::Known;

/// The level of tests.
const LEVEL: f64 = 0.05;

/// A comparison that will be tested.
pub(super) struct Tested {
    span: Span,
    /// The experiment with the fewest values, and how many, where that bounds the p-value.
    fewest: Option<(String, u32)>,
    /// The smallest p-value that it can have.
    least: f64,
}

/// What a comparison of a claim says.
pub(super) struct Said<'s> {
    pub left: &'s Term,
    pub comparison: Comparison,
    pub right: &'s Term,
    /// Whether it says how near counts as equal.
    pub margin: bool,
    pub span: Span,
}

impl Checker<'_> {
    /// Note a comparison over these experiments; single values are just compared.
    pub fn tested(&mut self, said: &Said<'_>, of: &[(Rc<Known>, Pick)]) {
        let settled = |term: &Term| match term {
            Term::Number(_) => true,
            Term::Measure(_, measure) => matches!(measure, Measure::Parameters | Measure::Setting(_)),
            Term::Arithmetic(..) => false,
        };
        if settled(said.left) && settled(said.right) {
            return;
        }
        let counts: Vec<Option<u32>> = of.iter().map(|(known, pick)| samples(known, *pick)).collect();
        if counts.iter().all(|n| *n == Some(1)) {
            return;
        }
        let fewest = counts.iter().zip(of).filter_map(|(n, (known, _))| Some(((*n)?, known))).min_by_key(|(n, _)| *n);
        // A test of equality, and one of unequal numbers of values, go by t: p is bounded by nothing but the want of a spread.
        let equality = said.margin && matches!(said.comparison, Comparison::Equal | Comparison::NotEqual);
        let flips = !equality && counts.windows(2).all(|pair| pair[0].is_some() && pair[0] == pair[1]);
        let least = match fewest {
            Some((1, _)) => 1.0,
            Some((n, _)) if flips => clearest(n),
            _ => 0.0,
        };
        let fewest = fewest.filter(|_| least > 0.0).map(|(n, known)| (known.name.clone(), n));
        self.tests.push(Tested { span: said.span, fewest, least });
    }

    /// Warn of comparisons that cannot be decided even if all come out as clearly as they can.
    pub fn undecidable(&mut self) {
        let tests = std::mem::take(&mut self.tests);
        let enough = (1u32..).find(|n| clearest(*n) * (tests.len() as f64) < LEVEL).unwrap_or(1);
        let adjusted = holm(&tests.iter().map(|test| test.least).collect::<Vec<_>>());
        for (test, p) in tests.iter().zip(adjusted) {
            let Some((name, count)) = test.fewest.as_ref().filter(|_| p >= LEVEL) else { continue };
            let values = if *count == 1 { "one value".to_string() } else { format!("{count} values") };
            let note = match tests.len() {
                1 => format!(
                    "with fewer than {enough} pairs no test comes below p = {LEVEL}: `seeds = {enough}` or more"
                ),
                k => format!(
                    "this file tests {k} comparisons, which together must come below p = {LEVEL}: that takes {enough} pairs each, `seeds = {enough}` or more"
                ),
            };
            self.findings.push(
                Diagnostic::warning("W0808", "too few values for this claim to be decided by a test", test.span)
                    .label(format!("`{name}` gives {values}"))
                    .note(note),
            );
        }
    }
}

/// How many values a selection gives, where that is known.
fn samples(known: &Known, pick: Pick) -> Option<u32> {
    match (pick, &known.experiment) {
        (Pick::Best, _) => Some(known.seeds),
        (Pick::Top(n), _) => Some(n),
        (Pick::All, Some(experiment)) if known.space.params.is_empty() => Some(experiment.seeds),
        (Pick::All, Some(experiment)) => match experiment.search {
            Search::Grid { .. } => None,
            Search::Auto { trials }
            | Search::Random { trials }
            | Search::Sobol { trials }
            | Search::CoarseToFine { trials, .. }
            | Search::Tpe { trials }
            | Search::Gp { trials } => Some(trials),
        },
        (Pick::All, None) => None,
    }
}

/// The smallest p-value over so many pairs: each may have either sign, and the test has two sides.
fn clearest(pairs: u32) -> f64 {
    powf(0.5, f64::from(pairs) - 1.0)
}

/// P-values as Holm's correction has them.
fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[i]);
        adjusted[i] = largest;
    }
    adjusted
}
