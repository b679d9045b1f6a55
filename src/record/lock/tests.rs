use proptest::prelude::*;

use super::*;
use crate::plan::experiment::{Experiment, Search};
use crate::plan::space::Space;
use crate::record::{Outcome, Run};

fn experiment(name: &str, after: &[&str]) -> Experiment {
    Experiment {
        search: Search::Random { trials: 2 },
        seeds: 2,
        after: after.iter().map(|name| name.to_string()).collect(),
        ..Experiment::new(name, [])
    }
}

fn notebook() -> Notebook {
    let claim = Claim { text: "it is \"so\" = µ".into(), comparisons: Vec::new(), within: None };
    let items = vec![Item::Prose("x".into()), Item::Claim(claim)];
    Notebook { items, experiments: vec![experiment("coarse", &[]), experiment("fine", &["coarse"])] }
}

fn run(repetition: u32, loss: f64) -> Run {
    Run {
        key: String::new(),
        repetition,
        outcome: Outcome::Finished,
        series: BTreeMap::from([("dev.loss".into(), vec![1.0, loss])]),
        metrics: BTreeMap::from([("dev.loss".into(), loss), ("dev.top(3)".into(), f64::NAN)]),
        parameters: 3,
        planned: 0,
        changes: Vec::new(),
        activations: Vec::new(),
        gradients: Vec::new(),
        seconds: 1.0,
    }
}

fn study(name: &str, loss: f64) -> Study {
    let settings =
        BTreeMap::from([("rate".into(), Setting::Number(1e-5)), ("norm".into(), Setting::Label("7 or so".into()))]);
    let runs = vec![run(0, loss), run(1, loss / 3.0)];
    let trial = Trial { index: 0, draws: BTreeMap::new(), settings, round: 0, runs };
    Study {
        experiment: name.into(),
        space: Space::default(),
        objectives: Vec::new(),
        search: "random".into(),
        rounds: Vec::new(),
        trials: vec![trial],
        confirmed: Vec::new(),
    }
}

fn lock(notebook: &Notebook, loss: f64, print: &str) -> Lock {
    let mut lock = Lock::default();
    for name in ["coarse", "fine"] {
        let study = study(name, loss);
        let data = BTreeMap::from([("my iris.csv".to_string(), print.to_string())]);
        lock.experiments.insert(name.into(), Locked::of(notebook, data, &study, study.trials.first()));
    }
    for claim in claims(notebook) {
        lock.claims.insert(claim.text.clone(), LockedClaim::of(claim, "holds"));
    }
    lock
}

#[test]
fn what_is_written_is_read_back() {
    let text = write(&lock(&notebook(), 0.1 + 0.2, "ab"));
    let parsed = parse(&text).unwrap();
    assert!(parsed.forged.is_empty());
    assert_eq!(write(&parsed), text);
    assert!(text.split("\n\n").all(|section| section.lines().is_sorted()));
    assert!(
        text.contains("experiment fine best metric dev.loss = 0.30000000000000004 0.10000000000000002\n"),
        "{text}"
    );
    assert_eq!(parsed.experiments["fine"].settings["rate"], Setting::Number(1e-5));
    assert_eq!(parsed.experiments["fine"].settings["norm"], Setting::Label("7 or so".into()));
    assert_eq!(compare(&parsed, &lock(&notebook(), 0.1 + 0.2, "ab")), []);
}

#[test]
fn seconds_keys_prose_and_observations_do_not_change_the_lock() {
    let text = write(&lock(&notebook(), 0.5, "ab"));
    let mut other = study("fine", 0.5);
    other.trials[0].runs[0].seconds = 99.0;
    other.trials[0].runs[0].key = "k".into();
    let spread = crate::record::LayerNorm { layer: "1 dense".into(), norm: vec![1.0] };
    other.trials[0].runs[0].gradients.push(spread);
    assert_ne!(digest::study(&study("fine", 0.5)), digest::study(&other));
    let mut prose = notebook();
    prose.items[0] = Item::Prose("another".into());
    let mut lock = lock(&prose, 0.5, "ab");
    let data = lock.experiments["fine"].data.clone();
    lock.experiments.insert("fine".into(), Locked::of(&prose, data, &other, other.trials.first()));
    assert_eq!(write(&lock), text);
}

#[test]
fn causes_are_told_apart() {
    let committed = parse(&write(&lock(&notebook(), 0.5, "ab"))).unwrap();
    let explained = |found: &[Difference]| -> Vec<bool> {
        found
            .iter()
            .filter_map(|d| if let Difference::Result { explained, .. } = d { Some(*explained) } else { None })
            .collect()
    };

    let result = compare(&committed, &lock(&notebook(), 0.25, "ab"));
    assert_eq!(explained(&result), [false; 4], "{result:?}");
    assert_eq!(result.len(), 4);

    let data = compare(&committed, &lock(&notebook(), 0.25, "cd"));
    assert!(matches!(data[0], Difference::Data { .. }));
    assert_eq!(explained(&data), [true; 4]);

    let mut plan = notebook();
    plan.experiments[0].seeds = 3;
    let found = compare(&committed, &lock(&plan, 0.5, "ab"));
    let both = ["coarse", "fine"].map(|experiment| Difference::Plan { experiment: experiment.into() });
    assert_eq!(found, both, "an experiment that uses another changes with it");
    plan = notebook();
    plan.experiments[1].seeds = 3;
    assert_eq!(compare(&committed, &lock(&plan, 0.5, "ab")), [both[1].clone()]);

    let mut version = lock(&notebook(), 0.25, "ab");
    version.numerics += 1;
    let found = compare(&committed, &version);
    assert!(matches!(found[0], Difference::Numerics { .. }));
    assert_eq!(explained(&found), [true; 4]);

    let mut fewer = lock(&notebook(), 0.5, "ab");
    fewer.experiments.remove("fine");
    assert_eq!(compare(&committed, &fewer), [Difference::Removed { experiment: "fine".into() }]);
    assert_eq!(compare(&fewer, &committed), [Difference::Added { experiment: "fine".into() }]);

    let mut refuted = lock(&notebook(), 0.5, "ab");
    refuted.claims.values_mut().for_each(|claim| claim.outcome = "refuted".into());
    assert!(matches!(&compare(&committed, &refuted)[..], [Difference::Claim { fresh: Some(f), .. }] if f == "refuted"));
}

#[test]
fn a_number_edited_by_hand_is_noticed() {
    let fresh = lock(&notebook(), 0.5, "ab");
    let text = write(&fresh);
    for (line, section) in
        [("coarse best metric dev.loss = 0.5", "experiment coarse"), ("outcome = holds", "claim it is \"so\" = µ")]
    {
        assert!(text.contains(line));
        let forged = text.replace(line, &line.replace("0.5", "0.4").replace("holds", "refuted"));
        let parsed = parse(&forged).unwrap();
        assert_eq!(parsed.forged, BTreeSet::from([section.to_string()]));
        let found = compare(&parsed, &fresh);
        assert!(matches!(&found[0], Difference::Forged { section: s } if s == section));
        assert!(found.iter().all(|d| !matches!(d, Difference::Result { explained: false, .. })));
    }
    let without = text.lines().filter(|l| !l.starts_with("caviar seal")).collect::<Vec<_>>().join("\n");
    assert_eq!(parse(&without).unwrap().forged, BTreeSet::from(["caviar".to_string()]));
}

#[test]
fn windows_line_ends_and_order_do_not_matter() {
    let text = write(&lock(&notebook(), 0.5, "ab"));
    let turned: String = text.lines().rev().map(|line| format!("{line}\r\n")).collect();
    assert_eq!(write(&parse(&turned).unwrap()), text);
}

#[test]
fn what_is_no_lock_is_named() {
    let text = write(&lock(&notebook(), 0.5, "ab"));
    let why = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(why(""), "line 1: the line `caviar lock = …` is missing");
    assert_eq!(why("hello"), "line 1: no `=`");
    assert_eq!(why("hello = 1"), "line 1: no line of a lock");
    assert!(why(&format!("<<<<<<< HEAD\n{text}")).contains("merge conflict"));
    assert!(why(&format!("{text}caviar lock = 1")).ends_with("said twice"));
    assert!(why(&text.replace("caviar lock = 1", "caviar lock = 9")).contains("form 9"));
    let cut: Vec<&str> = text.lines().filter(|line| !line.starts_with("experiment fine plan")).collect();
    assert!(why(&cut.join("\n")).ends_with("the line `experiment fine plan = …` is missing"));
}

#[test]
fn only_a_change_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.lock");
    assert!(save(&path, &lock(&notebook(), 0.5, "ab")).unwrap());
    assert!(!save(&path, &lock(&notebook(), 0.5, "ab")).unwrap());
    assert!(save(&path, &lock(&notebook(), 0.25, "ab")).unwrap());
}

proptest! {
    #[test]
    fn any_names_and_numbers_are_read_back(
        names in prop::collection::vec(".{0,12}", 4),
        label in ".{0,12}",
        values in prop::collection::vec(any::<f64>(), 1..4),
    ) {
        let mut lock = lock(&notebook(), 0.5, "ab");
        let mut locked = lock.experiments["fine"].clone();
        locked.settings.insert(names[0].clone(), Setting::Label(label));
        locked.metrics.insert(names[1].clone(), values);
        locked.data.insert(names[2].clone(), names[3].clone());
        lock.experiments.insert(names[3].clone(), locked);
        lock.claims.insert(names[2].clone(), LockedClaim { plan: Digest([7; 32]), outcome: "holds".into() });
        let text = write(&lock);
        let parsed = parse(&text).unwrap();
        prop_assert!(parsed.forged.is_empty());
        prop_assert_eq!(compare(&parsed, &lock), []);
        prop_assert_eq!(write(&parsed), text);
    }

    #[test]
    fn arbitrary_text_does_no_harm(text in "(caviar|claim|experiment|seal|=|\"|\\\\|best|metric|[ \n]|.){0,60}") {
        let _ = parse(&text);
    }
}
