//! Experiments built without text, trained by the executor of this process.

use std::sync::Arc;

use caviar::kernel::Isa;
use caviar::plan::experiment::{Experiment, Objective, Search};
use caviar::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use caviar::plan::notebook::{Item, Notebook};
use caviar::plan::space::{Domain, Param, Space};
use caviar::plan::value::Value;
use caviar::record::{Study, digest};
use caviar::run::datasets::Datasets;
use caviar::run::executor::Threads;
use caviar::run::worker::Equipment;
use caviar::run::{Options, Session, bring_up_to_date};
use caviar::store::Store;

fn call(name: &str, args: &[(&str, Value)]) -> Value {
    Value::Call { name: name.into(), args: args.iter().map(|(k, v)| ((*k).into(), v.clone())).collect() }
}

fn word(name: &str) -> Value {
    Value::Word(name.into())
}

/// Digits, batch norm, dropout, adam; `trials` random rates.
pub fn digits(trials: u32, epochs: u32) -> Experiment {
    let rate =
        Param { name: "rate".into(), domain: Domain::Log { low: 1e-3, high: 3e-2 }, shown: None, when: Vec::new() };
    let template = [
        ("data", call("data", &[("source", call("digits", &[])), ("normalize", word("zscore"))])),
        (
            "network",
            Value::Chain(vec![
                call("dense", &[("units", Value::Number(32.0))]),
                word("batch_norm"),
                word("relu"),
                call("dropout", &[("rate", Value::Number(0.1))]),
                call("dense", &[("units", word("classes"))]),
                word("softmax"),
            ]),
        ),
        ("optimizer", call("adam", &[("rate", Value::Draw("rate".into()))])),
        ("epochs", Value::Number(f64::from(epochs))),
    ];
    Experiment {
        space: Space { params: vec![rate] },
        objectives: vec![Objective {
            measure: Measure::Metric(Metric { set: Set::Dev, kind: MetricKind::Accuracy }),
            direction: Direction::Maximize,
        }],
        search: Search::Random { trials },
        seeds: 2,
        ..Experiment::new("digits", template)
    }
}

/// Train an experiment in a store, with so many threads and on a path.
pub fn train(experiment: Experiment, store: &std::path::Path, threads: usize, isa: Isa) -> Study {
    let name = experiment.name.clone();
    let notebook = Notebook { items: vec![Item::Experiment(name.clone())], experiments: vec![experiment] };
    let datasets = Arc::new(Datasets::new());
    let store = Arc::new(Store::open(store).expect("a store"));
    let equipment = Equipment {
        datasets: datasets.clone(),
        store: store.clone(),
        isa,
        fresh: false,
        folder: ".".into(),
        followed: 0,
    };
    let mut executor = Threads::new(threads, Arc::new(equipment));
    let mut session = Session {
        store: &store,
        executor: &mut executor,
        datasets,
        base: std::path::Path::new("."),
        options: Options::default(),
        interrupted: &mut || None,
    };
    let mut studies = bring_up_to_date(&notebook, &mut session, &mut |_| {}).expect("a study");
    studies.remove(&name).expect("the study")
}

#[test]
fn digits_are_learned() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = train(digits(4, 12), folder.path(), 2, Isa::detect());
    let best = caviar::stats::select::best(&study).expect("a best trial");
    let accuracy = Measure::Metric(Metric { set: Set::Dev, kind: MetricKind::Accuracy });
    let value = caviar::stats::measure::measure(best, &accuracy).expect("a value").value;
    assert!(value > 0.94, "dev accuracy {value}");
}

#[test]
fn threads_and_instructions_change_no_bit() {
    let mut digests = Vec::new();
    for isa in Isa::available() {
        for threads in [1, 2, 5] {
            let folder = tempfile::tempdir().expect("a folder");
            digests.push((isa.name(), threads, digest::study(&train(digits(3, 1), folder.path(), threads, isa))));
        }
    }
    assert!(digests.iter().all(|d| d.2 == digests[0].2), "{digests:?}");
}

#[test]
fn more_epochs_go_on_with_the_bits_of_one_long_run() {
    let (parts, whole) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    train(digits(2, 2), parts.path(), 2, Isa::detect());
    train(digits(2, 3), parts.path(), 2, Isa::detect());
    let parts = train(digits(2, 5), parts.path(), 2, Isa::detect());
    let whole = train(digits(2, 5), whole.path(), 2, Isa::detect());
    assert_eq!(digest::study(&parts), digest::study(&whole));
}

#[test]
fn pruning_gives_the_same_record_at_any_number_of_threads() {
    let mut digests = Vec::new();
    for threads in [1, 4] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut experiment = digits(9, 9);
        experiment.seeds = 1;
        experiment.prune = Some(caviar::plan::experiment::Prune::Halving { factor: 3, from: 1 });
        let study = train(experiment, folder.path(), threads, Isa::detect());
        let pruned = study.trials.iter().filter(|t| caviar::stats::measure::pruned(t).is_some()).count();
        assert!((3..9).contains(&pruned), "{pruned} of 9 are pruned");
        digests.push(digest::study(&study));
    }
    assert_eq!(digests[0], digests[1]);
}
