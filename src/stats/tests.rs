use std::collections::BTreeMap;

use super::claim::{ClaimError, Method, Outcome, Sample, test};
use super::measure::{measure, measure_run};
use super::noise::lead;
use super::select::{best, front, ranked, select};
use super::statement::{outcome, test_all, verdicts};
use crate::plan::claim::{Claim, Statement, Term};
use crate::plan::experiment::Objective;
use crate::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use crate::plan::show::{Comparison, Filter, FilterValue, Pick, Selection};
use crate::plan::space::{Draws, Space};
use crate::plan::value::Operator;
use crate::record::{self, Run, Setting, Study, Trial};

const ACCURACY: Metric = Metric { set: Set::Dev, kind: MetricKind::Accuracy };

fn run(repetition: u32, curve: &[f64]) -> Run {
    let series = BTreeMap::from([("dev.accuracy".to_owned(), curve.to_vec())]);
    let last = *curve.last().expect("an epoch");
    Run {
        key: String::new(),
        repetition,
        outcome: record::Outcome::Finished,
        metrics: BTreeMap::from([("dev.accuracy".to_owned(), last)]),
        series,
        parameters: 10,
        planned: 0,
        changes: Vec::new(),
        activations: Vec::new(),
        gradients: Vec::new(),
        seconds: 1.0,
    }
}

/// Trials of (norm, rate, last accuracies by seed); a NaN is a run that diverged.
fn study(name: &str, trials: &[(&str, f64, &[f64])]) -> Study {
    let trials = trials.iter().zip(0u32..).map(|(&(norm, rate, seeds), index)| Trial {
        index,
        draws: Draws::new(),
        settings: BTreeMap::from([
            ("norm".to_owned(), Setting::Label(norm.to_owned())),
            ("rate".to_owned(), Setting::Number(rate)),
        ]),
        round: 0,
        runs: seeds
            .iter()
            .zip(0u32..)
            .map(|(&a, repetition)| {
                let mut run = run(repetition, &[a / 2.0, a]);
                if a.is_nan() {
                    run.outcome = record::Outcome::Diverged;
                    run.metrics.clear();
                }
                run
            })
            .collect(),
    });
    Study {
        experiment: name.to_owned(),
        space: Space::default(),
        objectives: vec![Objective { measure: Measure::Metric(ACCURACY), direction: Direction::Maximize }],
        search: "grid".to_owned(),
        rounds: Vec::new(),
        trials: trials.collect(),
        confirmed: Vec::new(),
    }
}

fn is(name: &str, value: FilterValue) -> Filter {
    Filter { measure: Measure::Setting(name.to_owned()), comparison: Comparison::Equal, value }
}

fn chosen(experiment: &str, filters: Vec<Filter>, pick: Pick) -> Selection {
    Selection { experiment: experiment.to_owned(), filters, pick }
}

fn norm(label: &str) -> Selection {
    chosen("e", vec![is("norm", FilterValue::Label(label.to_owned()))], Pick::All)
}

fn accuracy(selection: Selection) -> Term {
    Term::Measure(selection, Measure::Metric(ACCURACY))
}

fn claim(left: Term, comparison: Comparison, right: Term, within: Option<f64>) -> Claim {
    Claim { text: "a claim".to_owned(), comparisons: vec![Statement { left, comparison, right }], within }
}

#[test]
fn the_best_is_never_one_that_diverged() {
    let study = study("e", &[("a", 0.1, &[0.9, 0.8]), ("b", 0.2, &[0.99, f64::NAN]), ("a", 0.3, &[0.86, 0.88])]);
    assert_eq!(best(&study).map(|t| t.index), Some(2));
    let all: Vec<&Trial> = study.trials.iter().collect();
    assert_eq!(ranked(&study, &all).iter().map(|t| t.index).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(measure(&study.trials[1], &Measure::Metric(ACCURACY)), None);
    // Only what has a value is among the best few.
    assert_eq!(select(&study, &chosen("e", Vec::new(), Pick::Top(5))).len(), 2);
    let rate = chosen("e", vec![is("rate", FilterValue::Number(0.2))], Pick::All);
    assert_eq!(select(&study, &rate)[0].index, 1);
    let not_b = Filter { comparison: Comparison::NotEqual, ..is("norm", FilterValue::Label("b".to_owned())) };
    assert_eq!(select(&study, &chosen("e", vec![not_b], Pick::All)).len(), 2);
}

#[test]
fn what_was_not_reached_is_a_lower_bound() {
    let mut trial = study("e", &[("a", 0.1, &[0.9])]).trials.remove(0);
    trial.runs[0] = run(0, &[0.5, 0.91, 0.8]);
    let at = |measure: Measure| measure_run(&trial, &trial.runs[0], &measure).map(|m| (m.value, m.lower_bound));
    assert_eq!(at(Measure::EpochsTo(ACCURACY, 0.9)), Some((2.0, false)));
    assert_eq!(at(Measure::EpochsTo(ACCURACY, 0.95)), Some((4.0, true)));
    assert_eq!(at(Measure::Best(ACCURACY)), Some((0.91, false)));
    assert_eq!(at(Measure::Final(ACCURACY)), Some((0.8, false)));
    assert_eq!(at(Measure::At(ACCURACY, 1)), Some((0.5, false)));
    assert_eq!(at(Measure::At(ACCURACY, 9)), None);
    assert_eq!(at(Measure::Setting("rate".to_owned())), Some((0.1, false)));
    assert_eq!(at(Measure::Setting("norm".to_owned())), None);
}

#[test]
fn seeds_pair_two_trials() {
    let (a, b) = ([0.90, 0.95, 0.85, 0.97, 0.88, 0.93], [0.91, 0.96, 0.86, 0.99, 0.89, 0.95]);
    let study = study("e", &[("a", 0.1, &a), ("b", 0.1, &b)]);
    let better = claim(accuracy(norm("a")), Comparison::Less, accuracy(norm("b")), None);
    let verdict = &verdicts(&better, &[&study]).expect("verdicts")[0];
    // All six differences have one sign: p = 2/64, though the spread between seeds is five times the difference.
    assert_eq!((verdict.method, verdict.p, verdict.outcome), (Method::SignFlip, Some(2.0 / 64.0), Outcome::Holds));
    let (low, high) = verdict.interval.expect("an interval");
    assert!(low < verdict.difference && verdict.difference < high && high < 0.0);
    let worse = claim(accuracy(norm("a")), Comparison::Greater, accuracy(norm("b")), None);
    assert_eq!(verdicts(&worse, &[&study]).expect("verdicts")[0].outcome, Outcome::Refuted);
    // Two claims: Holm doubles both, and six pairs are too few for 0.025.
    let both = test_all(&[&better, &worse], &[&study]);
    for verdict in both.into_iter().flat_map(|v| v.expect("verdicts")) {
        assert_eq!(verdict.p, Some(4.0 / 64.0));
        assert!(matches!(verdict.outcome, Outcome::Undecided { seeds_needed: Some(7..) }), "{:?}", verdict.outcome);
        assert!(verdict.notes.iter().any(|n| n.contains("at least 7")), "{:?}", verdict.notes);
    }
}

#[test]
fn settings_pair_trials_of_a_grid_and_chance_does_not() {
    let grid = study(
        "e",
        &[
            ("a", 0.1, &[0.5]),
            ("b", 0.1, &[0.6]),
            ("a", 0.2, &[0.7]),
            ("b", 0.2, &[0.8]),
            ("a", 0.3, &[0.9]),
            ("b", 0.3, &[0.95]),
        ],
    );
    let less = claim(accuracy(norm("a")), Comparison::Less, accuracy(norm("b")), None);
    let verdict = &verdicts(&less, &[&grid]).expect("verdicts")[0];
    assert_eq!((verdict.method, verdict.counts, verdict.p), (Method::SignFlip, (3, 3), Some(0.25)));
    assert!(verdict.notes.iter().any(|n| n.contains("significance cannot be reached with 3 pairs")));
    let mut chance = grid;
    chance.trials.iter_mut().zip(1..).for_each(|(t, i)| {
        t.settings.insert("rate".to_owned(), Setting::Number(f64::from(i)));
    });
    let verdict = &verdicts(&less, &[&chance]).expect("verdicts")[0];
    assert_eq!(verdict.method, Method::Welch);
    assert!((verdict.difference + 0.25 / 3.0).abs() < 1e-12);
}

#[test]
fn numbers_are_compared_and_arithmetic_goes_seed_by_seed() {
    let study = study("e", &[("a", 0.1, &[0.9]), ("b", 0.1, &[0.8])]);
    let outcome_of = |left, comparison, right, within| {
        verdicts(&claim(left, comparison, right, within), &[&study]).map(|v| outcome(&v))
    };
    let (a, b) = (accuracy(norm("a")), accuracy(norm("b")));
    assert_eq!(outcome_of(a.clone(), Comparison::Greater, b.clone(), None), Ok(Outcome::Holds));
    assert_eq!(outcome_of(a.clone(), Comparison::Less, Term::Number(0.5), None), Ok(Outcome::Refuted));
    assert_eq!(outcome_of(a.clone(), Comparison::Equal, b.clone(), Some(0.11)), Ok(Outcome::Holds));
    let gap = Term::Arithmetic(Box::new(a), Operator::Subtract, Box::new(b));
    assert_eq!(outcome_of(gap, Comparison::GreaterEqual, Term::Number(0.05), None), Ok(Outcome::Holds));
    let nobody = accuracy(norm("c"));
    assert_eq!(outcome_of(nobody, Comparison::Less, Term::Number(1.0), None), Err(ClaimError::Nothing("e".to_owned())));
    let other = accuracy(chosen("f", Vec::new(), Pick::All));
    assert_eq!(outcome_of(other, Comparison::Less, Term::Number(1.0), None), Err(ClaimError::NoStudy("f".to_owned())));
}

#[test]
fn equality_needs_a_margin() {
    let sample = |values: &[f64]| -> Vec<Sample> {
        let each = values.iter().enumerate();
        each.map(|(i, &value)| Sample { unit: i.to_string(), value, lower_bound: false }).collect()
    };
    let a = sample(&[1.00, 1.02, 0.99, 1.01, 1.00, 0.98, 1.01, 1.00]);
    let b = sample(&[1.01, 1.00, 1.00, 1.02, 0.99, 0.99, 1.00, 1.01]);
    let equal = |margin| test(&a, &b, true, Comparison::Equal, margin).outcome;
    assert_eq!(equal(Some(0.05)), Outcome::Holds);
    assert!(matches!(equal(Some(0.005)), Outcome::Undecided { seeds_needed: Some(9..) }));
    assert!(matches!(equal(None), Outcome::Undecided { .. }));
    let far = sample(&[1.5; 8]);
    assert_eq!(test(&a, &far, true, Comparison::Equal, Some(0.05)).outcome, Outcome::Refuted);
    assert_eq!(test(&a, &a, true, Comparison::Equal, None).outcome, Outcome::Holds);
    assert!(matches!(test(&a, &[], true, Comparison::Less, None).outcome, Outcome::Undecided { seeds_needed: None }));
}

#[test]
fn a_small_lead_is_luck() {
    let close = study("e", &[("a", 0.1, &[0.90, 0.94]), ("b", 0.1, &[0.92, 0.89]), ("c", 0.1, &[0.5, 0.6])]);
    let found = lead(&close).expect("a lead");
    assert_eq!((found.best, found.second), (0, 1));
    // Differences −0.02 and 0.05, whose standard error is √(0.00245/2) = 0.035, against a margin of 0.015.
    assert!((found.margin - 0.015).abs() < 1e-12 && (found.noise - 0.035).abs() < 1e-12 && found.lucky());
    let far = study("e", &[("a", 0.1, &[0.90, 0.91]), ("b", 0.1, &[0.5, 0.51])]);
    assert!(!lead(&far).expect("a lead").lucky());
    assert_eq!(lead(&study("e", &[("a", 0.1, &[0.9]), ("b", 0.1, &[0.5])])), None);
}

/// One seed is worse than the other for all trials alike: that is no noise of their differences.
#[test]
fn what_a_seed_does_to_all_trials_is_no_noise() {
    let steady =
        study("e", &[("a", 0.1, &[0.90, 0.80, 0.71]), ("b", 0.1, &[0.89, 0.79, 0.69]), ("c", 0.1, &[0.1, 0.1, 0.1])]);
    let found = lead(&steady).expect("a lead");
    // Differences 0.01, 0.01, 0.02: variance 1/30000, standard error √(1/90000) = 1/300.
    assert!((found.margin - 0.04 / 3.0).abs() < 1e-12 && (found.noise - 1.0 / 300.0).abs() < 1e-12, "{found:?}");
    assert!(!found.lucky());
}

#[test]
fn a_front_has_what_nothing_beats() {
    let mut study = study("e", &[("a", 1.0, &[0.9]), ("b", 2.0, &[0.95]), ("c", 3.0, &[0.94]), ("d", 0.5, &[0.2])]);
    let small = Objective { measure: Measure::Setting("rate".to_owned()), direction: Direction::Minimize };
    study.objectives.push(small);
    assert_eq!(
        front(&study, &study.trials.iter().collect::<Vec<_>>()).iter().map(|t| t.index).collect::<Vec<_>>(),
        [3, 0, 1]
    );
}
