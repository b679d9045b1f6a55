//! A finished search of very many trials, kept in columns under the digest of all that it follows from: a list of it reads the columns
//! that it shows, and need not propose, look up and read each trial.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::datasets::Datasets;
use super::inspect;
use crate::plan::build;
use crate::plan::claim::Term;
use crate::plan::experiment::Experiment;
use crate::plan::metric::Measure;
use crate::plan::notebook::{Item, Notebook};
use crate::plan::resolve::Bindings;
use crate::plan::space::{Draw, Draws};
use crate::record::digest::canonical;
use crate::record::{NUMERICS, Outcome, Round, Run, Study, Trial};
use crate::search::space;
use crate::store::{Key, Store};

/// Fewer trials are put together from the store as quickly.
const WORTH: usize = 1_000;

#[derive(Serialize, Deserialize)]
struct Listing<'b> {
    search: String,
    rounds: Vec<Round>,
    confirmed: Vec<Trial>,
    trials: Vec<Head>,
    /// By hyperparameter, one value a trial.
    draws: Vec<(String, Vec<Option<Draw>>)>,
    /// Those of the first trial, then those of the next.
    runs: Vec<RunHead>,
    /// By metric, one value a run, encoded: most are not looked at.
    #[serde(borrow)]
    metrics: Vec<(&'b str, &'b [u8])>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    index: u32,
    round: u32,
    runs: u32,
}

#[derive(Serialize, Deserialize)]
struct RunHead {
    repetition: u32,
    outcome: Outcome,
    parameters: u64,
    planned: u32,
    seconds: f64,
}

/// What the study of an experiment is kept under. None of one that depends on the results of others, that gives trials up (how far
/// they came stands in their curves), that runs a program, or whose data are drawn.
pub fn key(notebook: &Notebook, experiment: &Experiment, base: &Path, datasets: &Datasets) -> Option<Key> {
    let alone = experiment.after.is_empty() && experiment.prune.is_none() && !experiment.template.contains_key("run");
    let data = experiment.template.get("data").filter(|_| alone)?;
    let nothing = Bindings { draws: &Draws::new(), words: &[], results: &|_, _| None };
    let pipeline = build::pipeline(&data.resolve(&nothing).ok()?).ok()?.rooted(base);
    let facts = datasets.facts(&pipeline).ok()?;
    let observe = inspect::observations(notebook).remove(&experiment.name)?;
    let nameless = Experiment { name: String::new(), ..experiment.clone() };
    Some(canonical("caviar study", &(NUMERICS, nameless, facts.fingerprint, observe)))
}

/// Keep a finished study, if it is worth it. What cannot be kept is put together from the store.
pub fn keep(notebook: &Notebook, study: &Study, base: &Path, datasets: &Datasets, store: &Store) {
    let found = notebook.experiments.iter().find(|e| e.name == study.experiment);
    if let Some(experiment) = found.filter(|_| study.trials.len() >= WORTH)
        && let Some(key) = key(notebook, experiment, base, datasets)
        && store.study(&key).is_none()
        && let Some(bytes) = encode(study)
    {
        let _ = store.put_study(&key, &bytes);
    }
}

fn encode(study: &Study) -> Option<Vec<u8>> {
    let runs = || study.trials.iter().flat_map(|trial| &trial.runs);
    let names: BTreeSet<&str> = study.space.params.iter().map(|param| param.name.as_str()).collect();
    let draws = |name: &str| study.trials.iter().map(|trial| trial.draws.get(name).copied()).collect();
    let metrics: BTreeSet<&str> = runs().flat_map(|run| run.metrics.keys()).map(String::as_str).collect();
    let column = |name: &str| {
        let values: Vec<Option<f64>> = runs().map(|run| run.metrics.get(name).copied()).collect();
        postcard::to_stdvec(&values).ok()
    };
    let columns: Vec<Vec<u8>> = metrics.iter().map(|name| column(name)).collect::<Option<_>>()?;
    let head = |trial: &Trial| Head { index: trial.index, round: trial.round, runs: trial.runs.len() as u32 };
    let run_head = |run: &Run| RunHead {
        repetition: run.repetition,
        outcome: run.outcome.clone(),
        parameters: run.parameters,
        planned: run.planned,
        seconds: run.seconds,
    };
    let listing = Listing {
        search: study.search.clone(),
        rounds: study.rounds.clone(),
        confirmed: study.confirmed.clone(),
        trials: study.trials.iter().map(head).collect(),
        draws: names.into_iter().map(|name| (name.to_string(), draws(name))).collect(),
        runs: runs().map(run_head).collect(),
        metrics: metrics.into_iter().zip(columns.iter().map(Vec::as_slice)).collect(),
    };
    postcard::to_stdvec(&listing).ok()
}

/// A kept study with these metrics and no curves; nothing if it is not kept.
pub fn recall(
    notebook: &Notebook,
    experiment: &Experiment,
    metrics: &BTreeSet<String>,
    base: &Path,
    datasets: &Datasets,
    store: &Store,
) -> Option<Study> {
    decode(&store.study(&key(notebook, experiment, base, datasets)?)?, experiment, metrics)
}

fn decode(bytes: &[u8], experiment: &Experiment, wanted: &BTreeSet<String>) -> Option<Study> {
    let Listing { search, rounds, confirmed, trials, draws, runs, metrics } = postcard::from_bytes(bytes).ok()?;
    let mut columns: Vec<(&str, std::vec::IntoIter<Option<f64>>)> = Vec::new();
    for (name, bytes) in metrics.into_iter().filter(|(name, _)| wanted.contains(*name)) {
        let values: Vec<Option<f64>> = postcard::from_bytes(bytes).ok()?;
        columns.push((name, values.into_iter()));
    }
    let mut draws: Vec<_> = draws.into_iter().map(|(name, values)| (name, values.into_iter())).collect();
    let mut runs = runs.into_iter();
    let mut run = || {
        let head = runs.next()?;
        let mut metrics = BTreeMap::new();
        for (name, values) in &mut columns {
            if let Some(value) = values.next()? {
                metrics.insert(name.to_string(), value);
            }
        }
        Some(Run {
            metrics,
            parameters: head.parameters,
            planned: head.planned,
            seconds: head.seconds,
            ..Run::empty(String::new(), head.repetition, head.outcome)
        })
    };
    let mut listed = Vec::with_capacity(trials.len());
    for head in trials {
        let mut drawn = Draws::new();
        for (name, values) in &mut draws {
            if let Some(draw) = values.next()? {
                drawn.insert(name.clone(), draw);
            }
        }
        listed.push(Trial {
            index: head.index,
            settings: space::settings(&experiment.space, &drawn),
            draws: drawn,
            round: head.round,
            runs: (0..head.runs).map(|_| run()).collect::<Option<_>>()?,
        });
    }
    Some(Study {
        experiment: experiment.name.clone(),
        space: experiment.space.clone(),
        objectives: experiment.objectives.clone(),
        search,
        rounds,
        trials: listed,
        confirmed,
    })
}

/// The metrics that the tables and claims of a notebook, the objectives of its experiments, and a measure to sort by look at; none if
/// one of them looks at curves.
pub fn metrics(notebook: &Notebook, sort: Option<&Measure>) -> Option<BTreeSet<String>> {
    // A list shows the dev loss beside another objective.
    let mut found = BTreeSet::from(["dev.loss".to_string()]);
    let objectives = notebook.experiments.iter().flat_map(|e| &e.objectives).map(|o| &o.measure);
    let mut measures: Vec<&Measure> = objectives.chain(sort).collect();
    for item in &notebook.items {
        match item {
            Item::Table(table) => measures.extend(table.show.iter().chain(&table.sort)),
            Item::Claim(claim) => claim.comparisons.iter().for_each(|statement| {
                terms(&statement.left, &mut measures);
                terms(&statement.right, &mut measures);
            }),
            Item::Prose(_) | Item::Experiment(_) | Item::Plot(_) => {}
        }
    }
    for measure in measures {
        match measure {
            Measure::Metric(metric) => _ = found.insert(metric.to_string()),
            Measure::Named(name) => _ = found.insert(name.clone()),
            Measure::Setting(_) | Measure::Parameters | Measure::Time => {}
            _ => return None,
        }
    }
    Some(found)
}

fn terms<'n>(term: &'n Term, measures: &mut Vec<&'n Measure>) {
    match term {
        Term::Number(_) => {}
        Term::Measure(_, measure) => measures.push(measure),
        Term::Arithmetic(left, _, right) => {
            terms(left, measures);
            terms(right, measures);
        }
    }
}
