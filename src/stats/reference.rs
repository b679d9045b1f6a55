//! Against scipy's values, made by `tests/reference/stats.py`.

use serde_json::Value;

use super::{distribution, interval, test};

fn values() -> Value {
    serde_json::from_str(include_str!("../../tests/reference/stats.json")).expect("valid JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// Relative, or absolute below 1e-280 where scipy's own underflow.
fn near(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    let close = (ours - theirs).abs() <= tolerance * theirs.abs() + 1e-280;
    assert!(close || (ours == theirs), "{what}: {ours} against {theirs}");
}

fn each(name: &str, tolerance: f64, ours: impl Fn(&[f64]) -> f64) {
    let all = values();
    let cases = all[name].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let case = numbers(case);
        let (given, theirs) = case.split_at(case.len() - 1);
        near(ours(given), theirs[0], tolerance, &format!("{name}{given:?}"));
    }
}

#[test]
fn distributions_are_scipys() {
    // scipy's own functions are good to a few units in the last place; ours sum up to 200 terms.
    each("normal_cdf", 2e-13, |x| distribution::normal_cdf(x[0]));
    each("normal_log_cdf", 2e-13, |x| distribution::normal_log_cdf(x[0]));
    each("scaled_erfc", 2e-12, |x| distribution::scaled_erfc(x[0]));
    each("normal_quantile", 1e-14, |p| distribution::normal_quantile(p[0]));
    each("beta_cdf", 1e-11, |c| distribution::beta_cdf(c[0], c[1], c[2]));
    each("t_cdf", 1e-11, |c| distribution::t_cdf(c[0], c[1]));
    each("t_quantile", 1e-10, |c| distribution::t_quantile(c[0], c[1]));
}

#[test]
fn intervals_are_scipys() {
    let all = values();
    for case in all["mean_interval"].as_array().expect("cases") {
        let ours = interval::mean_interval(&numbers(&case["values"]), 0.95).expect("values");
        near(ours.low, case["low"].as_f64().expect("low"), 1e-10, "low");
        near(ours.high, case["high"].as_f64().expect("high"), 1e-10, "high");
    }
    for case in all["bca"].as_array().expect("cases") {
        let given = numbers(&case["values"]);
        let ours = interval::bca_interval(&given, 0.95).expect("values");
        // Both are drawn: an end of 10,000 resamples varies by about 3 % of the width.
        let (low, high) = (case["low"].as_f64().expect("low"), case["high"].as_f64().expect("high"));
        assert!((ours.low - low).abs() < 0.05 * (high - low), "{ours:?} against {low}, {high}");
        assert!((ours.high - high).abs() < 0.05 * (high - low), "{ours:?} against {low}, {high}");
        assert_eq!(ours, interval::bca_interval(&given, 0.95).expect("values"));
    }
    for case in all["welch"].as_array().expect("cases") {
        let (left, right) = (numbers(&case["left"]), numbers(&case["right"]));
        let (ours, freedom) = interval::welch_interval(&left, &right, 0.95).expect("values");
        near(ours.low, case["low"].as_f64().expect("low"), 1e-9, "low");
        near(ours.high, case["high"].as_f64().expect("high"), 1e-9, "high");
        near(freedom, case["freedom"].as_f64().expect("freedom"), 1e-10, "freedom");
        near(test::welch(&left, &right).expect("values"), case["p"].as_f64().expect("p"), 1e-10, "p");
    }
}

#[test]
fn tests_are_scipys() {
    let all = values();
    for case in all["sign_flip"].as_array().expect("cases") {
        near(test::sign_flip(&numbers(&case["differences"])), case["p"].as_f64().expect("p"), 1e-12, "sign flip");
    }
    // Both drawn; the deviation of 100,000 draws at p = 0.1 is 0.001.
    let drawn = &all["sign_flip_drawn"];
    let ours = test::sign_flip(&numbers(&drawn["differences"]));
    assert!((ours - drawn["p"].as_f64().expect("p")).abs() < 0.005, "{ours} against {}", drawn["p"]);
    for case in all["within"].as_array().expect("cases") {
        let d = numbers(&case["differences"]);
        let error = (interval::variance(&d) / d.len() as f64).sqrt();
        let margin = case["margin"].as_f64().expect("margin");
        let ours = test::within(interval::mean(&d), error, (d.len() - 1) as f64, margin);
        // 1 − F loses digits in the far tail.
        let inside = case["inside"].as_f64().expect("inside");
        assert!((ours.inside - inside).abs() < 1e-12 + 1e-6 * inside, "{} against {inside}", ours.inside);
    }
    for case in all["holm"].as_array().expect("cases") {
        let (given, theirs) = (numbers(&case[0]), numbers(&case[1]));
        for (a, b) in test::holm(&given).iter().zip(&theirs) {
            near(*a, *b, 1e-12, "holm");
        }
    }
}

#[test]
fn significance_takes_six_pairs() {
    assert_eq!(test::fewest_pairs(0.05), 6);
    assert_eq!(test::sign_flip(&[1.0; 5]), 2.0 / 32.0);
    assert_eq!(test::sign_flip(&[1.0; 6]), 2.0 / 64.0);
}

#[test]
fn importance_is_optunas() {
    use std::collections::BTreeMap;

    use super::importance::importance;
    use crate::plan::experiment::Objective;
    use crate::plan::metric::{Direction, Measure};
    use crate::plan::space::{Condition, Domain, Draw, Param, Space};
    use crate::record::{Outcome, Run, Study, Trial};

    let all: Value = serde_json::from_str(include_str!("../../tests/reference/importance.json")).expect("valid JSON");
    let kinds = ["relu", "tanh", "leaky"];
    let param = |name: &str, domain: Domain| Param { name: name.to_owned(), domain, shown: None, when: Vec::new() };
    let mut slope = param("slope", Domain::Linear { low: 0.0, high: 0.5 });
    slope.when = vec![Condition::Option("kind".to_owned(), 2)];
    let space = Space {
        params: vec![
            param("rate", Domain::Log { low: 1e-4, high: 1.0 }),
            param("units", Domain::Int { low: 8, high: 256, log: true }),
            param("depth", Domain::Int { low: 1, high: 5, log: false }),
            param("drop", Domain::Linear { low: 0.0, high: 0.5 }),
            param("kind", Domain::Choice { labels: kinds.map(str::to_owned).to_vec(), numbers: None }),
            slope,
        ],
    };
    for case in all["studies"].as_array().expect("studies") {
        let trials = case["trials"].as_array().expect("trials").iter().zip(0..).map(|(trial, index)| {
            let draw = |v: &Value| match v.as_str() {
                Some(kind) => Draw::Option(kinds.iter().position(|k| *k == kind).expect("a kind")),
                None => Draw::Number(v.as_f64().expect("a number")),
            };
            let params = trial["params"].as_object().expect("params");
            let draws = params.iter().map(|(name, v)| (name.clone(), draw(v))).collect();
            let run = Run {
                key: String::new(),
                repetition: 0,
                outcome: Outcome::Finished,
                series: BTreeMap::new(),
                metrics: BTreeMap::from([("value".to_owned(), trial["value"].as_f64().expect("a value"))]),
                parameters: 0,
                planned: 0,
                changes: Vec::new(),
                activations: Vec::new(),
                gradients: Vec::new(),
                seconds: 0.0,
            };
            Trial { index, draws, settings: BTreeMap::new(), round: 0, runs: vec![run] }
        });
        let study = Study {
            experiment: "e".to_owned(),
            space: space.clone(),
            objectives: vec![Objective { measure: Measure::Named("value".to_owned()), direction: Direction::Minimize }],
            search: "random".to_owned(),
            rounds: Vec::new(),
            trials: trials.collect(),
            confirmed: Vec::new(),
        };
        for ours in importance(&study, &study.trials.iter().collect::<Vec<_>>()) {
            let theirs = case["shares"][&ours.name].as_f64().expect("a share");
            assert!((ours.share - theirs).abs() < 1e-9, "{}: {} against {theirs}", ours.name, ours.share);
            near(ours.divergence, case["raw"][&ours.name].as_f64().expect("a divergence"), 1e-7, &ours.name);
        }
    }
}
