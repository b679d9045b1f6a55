use proptest::prelude::*;

use super::space::{self, around, points, shown, to_unit};
use super::*;
use crate::plan::show::Comparison;
use crate::plan::space::{Condition, Domain, Draw, Param};
use crate::plan::value::{Operator, Value};
use crate::record::Setting;

pub(crate) fn param(name: &str, domain: Domain) -> Param {
    Param { name: name.to_owned(), domain, shown: None, when: Vec::new() }
}

pub(crate) fn choice(labels: &[&str]) -> Domain {
    Domain::Choice { labels: labels.iter().map(|&l| l.to_owned()).collect(), numbers: None }
}

/// A depth, units a layer, an activation with a slope, a rate.
pub(crate) fn conditional() -> Space {
    let mut second = param("units2", Domain::Int { low: 4, high: 64, log: true });
    second.when = vec![Condition::AtLeast("depth".to_owned(), 2.0)];
    let mut slope = param("slope", Domain::Linear { low: 0.0, high: 0.5 });
    slope.when = vec![Condition::Option("activation".to_owned(), 1)];
    Space {
        params: vec![
            param("depth", Domain::Int { low: 1, high: 2, log: false }),
            param("units1", Domain::Int { low: 4, high: 64, log: true }),
            second,
            param("activation", choice(&["relu", "leaky"])),
            slope,
            param("rate", Domain::Log { low: 1e-4, high: 1.0 }),
        ],
    }
}

fn searcher(search: Search, space: Space, require: Vec<Constraint>) -> Searcher {
    Searcher::of(&search, space, require, vec![Direction::Minimize], 7, 4).expect("a search")
}

/// Run a search with a made-up objective, one trial after another.
pub(crate) fn run(searcher: &mut Searcher, count: u32, value: impl Fn(&Draws) -> Option<f64>) -> Vec<Told> {
    let mut trials: Vec<Told> = Vec::new();
    while trials.len() < count as usize {
        let Some(proposal) = searcher.propose(trials.len() as u32, &trials).expect("a proposal") else { break };
        let values = value(&proposal.draws).map(|v| vec![v]);
        trials.push(Told { draws: proposal.draws, values, pruned: None });
    }
    trials
}

fn number(draws: &Draws, name: &str) -> f64 {
    match draws[name] {
        Draw::Number(x) => x,
        Draw::Option(i) => i as f64,
    }
}

pub(crate) fn bowl(draws: &Draws) -> Option<f64> {
    let rate = to_unit(&Domain::Log { low: 1e-4, high: 1.0 }, &draws["rate"]);
    Some((rate - 0.3).powi(2) + 0.01 * number(draws, "units1") / 64.0)
}

fn domains() -> impl Strategy<Value = Domain> {
    let leaf = prop_oneof![
        (-5.0..5.0f64, 0.0..10.0f64).prop_map(|(low, width)| Domain::Linear { low, high: low + width }),
        (1e-6..1.0f64, 1.0..1e6f64).prop_map(|(low, factor)| Domain::Log { low, high: low * factor }),
        (1..50i64, 0..200i64, any::<bool>()).prop_map(|(low, width, log)| Domain::Int { low, high: low + width, log }),
        (-3.0..3.0f64, 0.1..2.0f64, any::<bool>()).prop_map(|(mean, deviation, log)| Domain::Normal {
            mean,
            deviation,
            log
        }),
        (1..6usize).prop_map(|n| choice(&["a", "b", "c", "d", "e", "f"][..n])),
    ];
    (leaf, prop::option::of(0.05..2.0f64)).prop_map(|(domain, step)| match (domain, step) {
        (domain @ (Domain::Linear { .. } | Domain::Log { .. }), Some(step)) => {
            Domain::Steps { of: Box::new(domain), step }
        }
        (domain, _) => domain,
    })
}

proptest! {
    #[test]
    fn places_and_draws_agree(domain in domains(), u in 0.0..1.0f64) {
        let draw = space::from_unit(&domain, u);
        let place = to_unit(&domain, &draw);
        prop_assert!((0.0..=1.0).contains(&place));
        // The place of a draw gives the draw again (to rounding for what is continuous).
        match (draw, space::from_unit(&domain, place)) {
            (Draw::Number(a), Draw::Number(b)) => prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{a} {b}"),
            (a, b) => prop_assert_eq!(a, b),
        }
        if let (Some((low, high)), Draw::Number(x), false) = (space::bounds(&domain), draw, matches!(domain, Domain::Steps { .. })) {
            prop_assert!(x >= low && x <= high);
        }
    }

    #[test]
    fn a_part_around_a_point_holds_it(domain in domains(), u in 0.0..1.0f64, share in 0.05..1.0f64) {
        let draw = space::from_unit(&domain, u);
        let space = Space { params: vec![param("x", domain)] };
        let part = around(&space, &Draws::from([("x".to_owned(), draw)]), share);
        if let (Some((low, high)), Draw::Number(x)) = (space::bounds(&part.params[0].domain), draw) {
            let slack = 1e-9 * (1.0 + x.abs());
            let step = if let Domain::Steps { step, .. } = part.params[0].domain { step } else { 0.0 };
            prop_assert!(x >= low - slack - step && x <= high + slack + step, "{low} {x} {high}");
        }
    }
}

#[test]
fn beta_is_even_where_it_matters() {
    let mut beta = param("beta1", Domain::Log { low: 1e-3, high: 1e-1 });
    let draw = Box::new(Value::Draw("beta1".to_owned()));
    beta.shown =
        Some(Value::Arithmetic { operator: Operator::Subtract, left: Box::new(Value::Number(1.0)), right: draw });
    let mut seen: Vec<f64> = (0..4001)
        .map(|trial| {
            let draws =
                Draws::from([("beta1".to_owned(), space::sample(&beta, &mut space::stream(1, "beta1", trial, 0)))]);
            match shown(&beta, &draws) {
                Some(Setting::Number(x)) => x,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    seen.sort_by(f64::total_cmp);
    // The deviation of the median of 4001 draws is 0.0079 of the scale: 1 − 10^(−2 ± 0.016).
    assert!((seen[2000] - 0.990).abs() < 0.001, "{}", seen[2000]);
    assert!(seen[0] >= 0.9 && seen[4000] <= 0.999);
}

#[test]
fn grids_go_along_the_scale() {
    let log = Domain::Log { low: 1e-4, high: 1.0 };
    assert_eq!(points(&log, 5).len(), 5);
    assert_eq!(points(&log, 5)[0], Draw::Number(1e-4));
    assert_eq!(points(&log, 5)[4], Draw::Number(1.0));
    let Draw::Number(middle) = points(&log, 5)[2] else { panic!() };
    assert!((middle - 1e-2).abs() < 1e-15);
    let int = Domain::Int { low: 1, high: 3, log: false };
    assert_eq!(points(&int, 7), [1.0, 2.0, 3.0].map(Draw::Number));
    let steps = Domain::Steps { of: Box::new(Domain::Linear { low: 0.0, high: 0.5 }), step: 0.1 };
    assert_eq!(points(&steps, 9), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5].map(Draw::Number));
    assert_eq!(points(&choice(&["a", "b"]), 5), [Draw::Option(0), Draw::Option(1)]);
}

#[test]
fn a_grid_multiplies_only_what_is_there() {
    let mut search = searcher(Search::Grid { points: 2 }, conditional(), Vec::new());
    // (depth 1: 2 units; depth 2: 2 x 2 units) x (relu: 1; leaky: 2 slopes) x 2 rates.
    assert_eq!(search.total(), (2 + 4) * (1 + 2) * 2);
    let trials = run(&mut search, 1000, |_| Some(0.0));
    assert_eq!(trials.len(), 36);
    for (i, a) in trials.iter().enumerate() {
        assert!(trials[..i].iter().all(|b| b.draws != a.draws));
        assert_eq!(a.draws.contains_key("slope"), a.draws["activation"] == Draw::Option(1));
        assert_eq!(a.draws.contains_key("units2"), a.draws["depth"] == Draw::Number(2.0));
    }
}

#[test]
fn a_new_hyperparameter_keeps_the_other_draws() {
    let mut larger = conditional();
    larger.params.insert(0, param("batch", Domain::Int { low: 8, high: 256, log: true }));
    let a = run(&mut searcher(Search::Random { trials: 20 }, conditional(), Vec::new()), 20, |_| None);
    let b = run(&mut searcher(Search::Random { trials: 50 }, larger, Vec::new()), 20, |_| None);
    for (a, mut b) in a.into_iter().zip(b) {
        b.draws.remove("batch");
        assert_eq!(a.draws, b.draws);
    }
}

fn at_most(name: &str, most: f64) -> Constraint {
    Constraint { left: Value::Draw(name.to_owned()), comparison: Comparison::LessEqual, right: Value::Number(most) }
}

pub(crate) const ALL: [Search; 7] = [
    Search::Random { trials: 60 },
    Search::Sobol { trials: 60 },
    Search::CoarseToFine { rounds: 3, trials: 60, keep: 0.25 },
    Search::Auto { trials: 60 },
    Search::Tpe { trials: 60 },
    Search::Gp { trials: 60 },
    Search::Grid { points: 3 },
];

#[test]
fn constraints_are_kept_or_named() {
    for search in ALL {
        let mut kept = searcher(search.clone(), conditional(), vec![at_most("units1", 16.0)]);
        for told in run(&mut kept, 60, bowl) {
            assert!(number(&told.draws, "units1") <= 16.0, "{search:?}");
        }
        let impossible =
            Searcher::of(&search, conditional(), vec![at_most("units1", 1.0)], vec![Direction::Minimize], 7, 4)
                .and_then(|mut s| s.propose(0, &[]));
        assert!(matches!(impossible, Err(SearchError::Unsatisfiable { .. })), "{search:?}");
    }
}

#[test]
fn a_finite_space_is_tried_once_and_to_the_end() {
    let space = Space {
        params: vec![param("a", choice(&["x", "y", "z"])), param("b", Domain::Int { low: 1, high: 4, log: false })],
    };
    for search in [Search::Random { trials: 100 }, Search::Tpe { trials: 100 }, Search::Gp { trials: 100 }] {
        let trials = run(&mut searcher(search, space.clone(), Vec::new()), 100, |d| Some(number(d, "b")));
        assert_eq!(trials.len(), 12);
    }
}

#[test]
fn more_trials_extend_a_search_and_late_results_change_nothing() {
    for search in ALL {
        let total = searcher(search.clone(), conditional(), Vec::new()).total().min(60);
        let all = run(&mut searcher(search.clone(), conditional(), Vec::new()), total, bowl);
        // A search that goes on from records alone, and is told only what the horizon asks for.
        let index = total * 2 / 3;
        let mut fresh = searcher(search.clone(), conditional(), Vec::new());
        let mut earlier = all[..index as usize].to_vec();
        for told in earlier.iter_mut().skip(fresh.horizon(index) as usize) {
            told.values = None;
        }
        let proposal = fresh.propose(index, &earlier).expect("a proposal").expect("a trial");
        assert_eq!(proposal.draws, all[index as usize].draws, "{search:?}");
    }
    for (short, long) in [
        (Search::Sobol { trials: 10 }, Search::Sobol { trials: 100 }),
        (Search::Tpe { trials: 40 }, Search::Tpe { trials: 60 }),
        (Search::Gp { trials: 20 }, Search::Gp { trials: 60 }),
    ] {
        let short = run(&mut searcher(short, conditional(), Vec::new()), 40, bowl);
        let long = run(&mut searcher(long, conditional(), Vec::new()), 40, bowl);
        assert_eq!(short[..], long[..short.len()]);
    }
}

#[test]
fn rounds_are_barriers_and_close_in() {
    let mut search = searcher(Search::CoarseToFine { rounds: 3, trials: 62, keep: 0.2 }, conditional(), Vec::new());
    assert_eq!([0, 20, 21, 41, 42, 61].map(|t| search.horizon(t)), [0, 0, 21, 21, 42, 42]);
    let trials = run(&mut search, 62, bowl);
    let rounds = search.rounds(&trials);
    assert_eq!(rounds.len(), 3);
    let width = |i: usize| {
        let (low, high) = rounds[i].bounds["rate"];
        (high / low).log10()
    };
    assert!((width(0) - 4.0).abs() < 1e-9);
    assert!(width(1) < 3.0 && width(2) < width(1), "{} {}", width(1), width(2));
    // The optimum is at 10^-2.8.
    let (low, high) = rounds[2].bounds["rate"];
    assert!(low < 1.585e-3 && high > 1.585e-3, "{low} {high}");
    assert!(rounds[1].reason.contains("best 5 of the 21 trials of round 1"), "{}", rounds[1].reason);
}

#[test]
fn sobol_is_evener_than_chance() {
    let space = Space { params: vec![param("rate", Domain::Linear { low: 0.0, high: 1.0 })] };
    let trials = run(&mut searcher(Search::Sobol { trials: 64 }, space, Vec::new()), 64, |_| None);
    let mut cells = [0; 64];
    for told in trials {
        cells[(number(&told.draws, "rate") * 64.0) as usize] += 1;
    }
    assert_eq!(cells, [1; 64]);
}

/// The area that the front of a two-objective search dominates.
fn area(search: Search, seed: u64) -> f64 {
    use crate::stats::rank::hypervolume;
    let params = (0..3).map(|i| param(&format!("x{i}"), Domain::Linear { low: 0.0, high: 1.0 })).collect();
    let directions = vec![Direction::Minimize, Direction::Maximize];
    let mut searcher = Searcher::of(&search, Space { params }, Vec::new(), directions, seed, 2).expect("a search");
    let mut trials: Vec<Told> = Vec::new();
    let mut points = Vec::new();
    for index in 0..60 {
        let draws = searcher.propose(index, &trials).expect("a proposal").expect("a trial").draws;
        let x = ["x0", "x1", "x2"].map(|name| number(&draws, name));
        let off = (x[1] - 0.3).powi(2) + (x[2] - 0.6).powi(2);
        let (a, b) = (x[0] + off, 1.0 - x[0].sqrt() + off);
        trials.push(Told { draws, values: Some(vec![a, -b]), pruned: None });
        points.push(vec![a, b]);
    }
    hypervolume(&points, &[1.0, 1.0])
}

#[test]
fn two_objectives_are_searched_better_than_by_chance() {
    let mean = |search: Search| (0..6).map(|seed| area(search.clone(), seed)).sum::<f64>() / 6.0;
    let (random, tpe, auto) =
        (mean(Search::Random { trials: 60 }), mean(Search::Tpe { trials: 60 }), mean(Search::Auto { trials: 60 }));
    assert!(tpe > random + 0.02 && auto > random + 0.02, "{random} {tpe} {auto}");
}

#[test]
fn models_find_more_than_chance_with_trials_in_flight() {
    let best = |search: &Search, seed: u64| {
        let space =
            Space { params: (0..4).map(|i| param(&format!("x{i}"), Domain::Linear { low: 0.0, high: 1.0 })).collect() };
        let mut searcher =
            Searcher::of(search, space, Vec::new(), vec![Direction::Minimize], seed, 8).expect("a search");
        let trials = run(&mut searcher, 50, |draws| {
            Some((0..4).map(|i| (number(draws, &format!("x{i}")) - 0.2 * f64::from(i + 1)).powi(2)).sum())
        });
        trials.iter().filter_map(|t| t.values.as_ref().map(|v| v[0])).fold(f64::INFINITY, f64::min)
    };
    let mean = |search: Search| (0..4).map(|seed| best(&search, seed)).sum::<f64>() / 4.0;
    let random = mean(Search::Random { trials: 50 });
    for search in [Search::Tpe { trials: 50 }, Search::Gp { trials: 50 }, Search::Auto { trials: 50 }] {
        let found = mean(search.clone());
        assert!(found < 0.5 * random, "{search:?}: {found} against {random}");
    }
}
