//! Build a plan without text, train it, and read what came of it: `cargo run --release --example plan`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use caviar::plan::experiment::{Experiment, Objective, Search};
use caviar::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use caviar::plan::notebook::Notebook;
use caviar::plan::space::{Domain, Param, Space};
use caviar::plan::value::Value;
use caviar::run::here;
use caviar::stats::measure::{epochs, measure};
use caviar::stats::select::best;

/// The plan of
///
/// ```exp
/// data flowers { source = iris(), normalize = zscore }
/// network mlp { dense(width) -> relu -> dense(classes) -> softmax }
/// let width = int(4, 32)
/// experiment mine {
///   data = flowers
///   network = mlp
///   optimizer = adam(rate = log(1e-3, 1e-1))
///   epochs = 15
///   search = random(trials = 6)
///   seeds = 2
///   maximize = dev.accuracy
/// }
/// ```
pub fn experiment() -> Experiment {
    let flowers = Value::call("data", [("source", Value::call("iris", [])), ("normalize", "zscore".into())]);
    let mlp = Value::Chain(vec![
        Value::call("dense", [("units", Value::draw("width"))]),
        "relu".into(),
        Value::call("dense", [("units", "classes".into())]),
        "softmax".into(),
    ]);
    Experiment {
        space: Space {
            params: vec![
                Param::new("width", Domain::Int { low: 4, high: 32, log: false }),
                Param::new("rate", Domain::Log { low: 1e-3, high: 1e-1 }),
            ],
        },
        search: Search::Random { trials: 6 },
        seeds: 2,
        objectives: vec![Objective { measure: accuracy(), direction: Direction::Maximize }],
        ..Experiment::new(
            "mine",
            [
                ("data", flowers),
                ("network", mlp),
                ("optimizer", Value::call("adam", [("rate", Value::draw("rate"))])),
                ("epochs", 15.0.into()),
            ],
        )
    }
}

/// `dev.accuracy`.
pub fn accuracy() -> Measure {
    Measure::Metric(Metric { set: Set::Dev, kind: MetricKind::Accuracy })
}

/// Train in a folder, and again: the second time everything is stored.
pub fn show(folder: &Path) -> Result<(), Box<dyn Error>> {
    let notebook = Notebook::of([experiment()]);
    let studies = here(&notebook, folder, &|_| None)?;
    let study = &studies["mine"];
    for trial in &study.trials {
        let value = measure(trial, &accuracy()).ok_or("a trial without a value")?.value;
        println!("{:?}: dev.accuracy {value:.3} after {} epochs", trial.settings, epochs(&trial.runs[0]));
    }
    let best = best(study).ok_or("no trial has a value")?;
    println!("the best is trial {}: {:?}", best.index, best.settings);
    println!("its loss on the dev set, epoch by epoch: {:.3?}", best.runs[0].series["dev.loss"]);

    let again = here(&notebook, folder, &|_| None)?;
    if again != studies {
        return Err("the stored results are others".into());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    show(tempfile::tempdir()?.path())
}
