//! Write a way to search, and let it propose the trials of an experiment: `cargo run --release --example sampler`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use caviar::plan::experiment::{Experiment, Search};
use caviar::plan::notebook::Notebook;
use caviar::plan::space::{Domain, Param, Space};
use caviar::plan::value::Value;
use caviar::run::here;
use caviar::search::space::{draw_with, stream, to_unit};
use caviar::search::{Earlier, Problem, Proposal, Sampler, SearchError, order};
use caviar::stats::measure::objectives;
use caviar::stats::select::best;

/// Steps from the best point so far, smaller and smaller; every fourth trial is drawn anew.
pub struct Climber;

impl Sampler for Climber {
    fn name(&self) -> &'static str {
        "climber"
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let told = earlier.told();
        let best = order(told, &problem.directions).first().map(|&n| &told[n].draws).filter(|_| index % 4 != 3);
        let reach = 0.5 * caviar::kernel::math::powi(0.85, index as i32);
        // Every hyperparameter is a place between 0 and 1 on its own scale, whatever it is drawn from.
        let draws = draw_with(&problem.space, |_, param| {
            let chance = stream(problem.seed, &param.name, index, 0).uniform();
            match best.and_then(|draws| draws.get(&param.name)) {
                Some(draw) => {
                    let middle = to_unit(&param.domain, draw);
                    (middle + reach * (2.0 * chance - 1.0)).clamp(1e-9, 1.0 - 1e-9)
                }
                None => chance,
            }
        });
        let note = if best.is_some() { "step" } else { "anew" };
        Ok(Some(Proposal { draws, round: 0, note: note.into() }))
    }
}

/// Moons, a small network, two settings to be found.
pub fn experiment(name: &str) -> Experiment {
    let moons = Value::call("moons", [("points", 300.0.into()), ("noise", 0.2.into())]);
    Experiment {
        space: Space {
            params: vec![
                Param::new("rate", Domain::Log { low: 1e-4, high: 1.0 }),
                Param::new("width", Domain::Int { low: 2, high: 64, log: true }),
            ],
        },
        search: Search::Random { trials: 16 },
        lag: 1,
        ..Experiment::new(
            name,
            [
                ("data", Value::call("data", [("source", moons), ("normalize", "zscore".into())])),
                (
                    "network",
                    Value::Chain(vec![
                        Value::call("dense", [("units", Value::draw("width"))]),
                        "tanh".into(),
                        Value::call("dense", [("units", "classes".into())]),
                        "softmax".into(),
                    ]),
                ),
                ("optimizer", Value::call("adam", [("rate", Value::draw("rate"))])),
                ("epochs", 10.0.into()),
            ],
        )
    }
}

/// The same experiment by the climber and by chance.
pub fn show(folder: &Path) -> Result<(), Box<dyn Error>> {
    let notebook = Notebook::of([experiment("climbed"), experiment("drawn")]);
    let samplers = |experiment: &Experiment| -> Option<Box<dyn Sampler>> {
        (experiment.name == "climbed").then(|| Box::new(Climber) as Box<dyn Sampler>)
    };
    let studies = here(&notebook, folder, &samplers)?;
    for (name, study) in &studies {
        let best = best(study).ok_or("no trial has a value")?;
        let loss = objectives(study, best).ok_or("no value")?[0];
        println!("{name} by {}: dev.loss {loss:.4} in trial {}, {:?}", study.search, best.index, best.settings);
    }
    if studies["climbed"].search != "climber" || studies["climbed"].trials.len() != 16 {
        return Err("the climber was not asked".into());
    }
    if here(&notebook, folder, &samplers)? != studies {
        return Err("the same search proposed something else".into());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    show(tempfile::tempdir()?.path())
}
