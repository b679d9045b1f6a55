//! A search of very many trials, kept in columns under the digest of all that it follows from: a list of it reads the columns that it
//! shows, and need not propose, look up and read each trial. One that is not finished is kept with the state of the store.

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
use crate::stats::measure;
use crate::store::{Key, Store};

/// Fewer trials are put together from the store as quickly.
const WORTH: usize = 1_000;

/// What tables and claims look at.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    metrics: BTreeSet<String>,
    /// Metrics whose curves are looked at.
    curves: BTreeSet<String>,
    /// Whether the numbers of epochs are.
    epochs: bool,
}

#[derive(Serialize, Deserialize)]
struct Listing<'b> {
    extent: Extent,
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
    /// The same of curves, of those metrics that were looked at.
    #[serde(borrow)]
    curves: Vec<(&'b str, &'b [u8])>,
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
    epochs: u32,
    seconds: f64,
}

/// What the study of an experiment is kept under. None of one that depends on the results of others, that runs a program, or whose data
/// are drawn.
pub fn key(notebook: &Notebook, experiment: &Experiment, base: &Path, datasets: &Datasets) -> Option<Key> {
    let alone = experiment.after.is_empty() && !experiment.template.contains_key("run");
    let data = experiment.template.get("data").filter(|_| alone)?;
    let nothing = Bindings { draws: &Draws::new(), words: &[], results: &|_, _| None };
    let pipeline = build::pipeline(&data.resolve(&nothing).ok()?).ok()?.rooted(base);
    let facts = datasets.facts(&pipeline).ok()?;
    let observe = inspect::observations(notebook).remove(&experiment.name)?;
    let nameless = Experiment { name: String::new(), ..experiment.clone() };
    Some(canonical("caviar listing", &(NUMERICS, nameless, facts.fingerprint, observe)))
}

/// Where the data begin, the data, and the store.
pub type Sources<'s> = (&'s Path, &'s Datasets, &'s Store);

/// How much of a search there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// Every trial.
    Whole,
    /// What a store in this state had of so many trials.
    Part(u32, Vec<(String, u64)>),
}

/// Keep a search, if it is worth it. What cannot be kept is put together from the store.
pub fn keep(notebook: &Notebook, study: &Study, extent: Extent, looked: &Looked, sources: Sources<'_>) {
    let store = sources.2;
    let found = notebook.experiments.iter().find(|e| e.name == study.experiment);
    if let Some(experiment) = found.filter(|_| study.trials.len() >= WORTH)
        && let Some(key) = key(notebook, experiment, sources.0, sources.1)
        && extent.holds(store)
        && store.study(&key).is_none_or(|bytes| read(&bytes, looked, store).is_none())
        && let Some(bytes) = encode(study, extent, looked)
    {
        let _ = store.put_study(&key, &bytes);
    }
}

impl Extent {
    /// Whether nothing has been stored since.
    fn holds(&self, store: &Store) -> bool {
        match self {
            Extent::Whole => true,
            Extent::Part(_, state) => *state == store.state(),
        }
    }
}

fn encode(study: &Study, extent: Extent, looked: &Looked) -> Option<Vec<u8>> {
    let runs = || study.trials.iter().flat_map(|trial| &trial.runs);
    let names: BTreeSet<&str> = study.space.params.iter().map(|param| param.name.as_str()).collect();
    let draws = |name: &str| study.trials.iter().map(|trial| trial.draws.get(name).copied()).collect();
    let metrics: BTreeSet<&str> =
        runs().flat_map(|run| run.metrics.keys().chain(run.series.keys())).map(String::as_str).collect();
    // Where there is no metric of the model, that of the last epoch stands for it.
    let last = |run: &Run, name: &str| run.series.get(name)?.last().copied();
    let column = |name: &str| {
        let values: Vec<Option<f64>> =
            runs().map(|run| run.metrics.get(name).copied().or_else(|| last(run, name))).collect();
        postcard::to_stdvec(&values).ok()
    };
    let curve = |name: &str| {
        let values: Vec<Option<&[f64]>> = runs().map(|run| run.series.get(name).map(Vec::as_slice)).collect();
        postcard::to_stdvec(&values).ok()
    };
    let columns: Vec<Vec<u8>> = metrics.iter().map(|name| column(name)).collect::<Option<_>>()?;
    let curves: Vec<Vec<u8>> = looked.curves.iter().map(|name| curve(name)).collect::<Option<_>>()?;
    let head = |trial: &Trial| Head { index: trial.index, round: trial.round, runs: trial.runs.len() as u32 };
    let run_head = |run: &Run| RunHead {
        repetition: run.repetition,
        outcome: run.outcome.clone(),
        parameters: run.parameters,
        planned: run.planned,
        epochs: measure::epochs(run) as u32,
        seconds: run.seconds,
    };
    let listing = Listing {
        extent,
        search: study.search.clone(),
        rounds: study.rounds.clone(),
        confirmed: study.confirmed.clone(),
        trials: study.trials.iter().map(head).collect(),
        draws: names.into_iter().map(|name| (name.to_string(), draws(name))).collect(),
        runs: runs().map(run_head).collect(),
        metrics: metrics.into_iter().zip(columns.iter().map(Vec::as_slice)).collect(),
        curves: looked.curves.iter().map(String::as_str).zip(curves.iter().map(Vec::as_slice)).collect(),
    };
    postcard::to_stdvec(&listing).ok()
}

/// A kept search with what is looked at and nothing else; nothing if that is not kept, or more has been stored since.
pub fn recall(
    notebook: &Notebook,
    experiment: &Experiment,
    looked: &Looked,
    (base, datasets, store): Sources<'_>,
) -> Option<(Study, Extent)> {
    let bytes = store.study(&key(notebook, experiment, base, datasets)?)?;
    decode(read(&bytes, looked, store)?, experiment, looked)
}

fn read<'b>(bytes: &'b [u8], looked: &Looked, store: &Store) -> Option<Listing<'b>> {
    let listing: Listing<'_> = postcard::from_bytes(bytes).ok()?;
    let has = |wanted: &String| listing.curves.iter().any(|(name, _)| name == wanted);
    (listing.extent.holds(store) && looked.curves.iter().all(has)).then_some(listing)
}

fn decode(listing: Listing<'_>, experiment: &Experiment, looked: &Looked) -> Option<(Study, Extent)> {
    let Listing { extent, search, rounds, confirmed, trials, draws, runs, metrics, curves } = listing;
    let mut columns: Vec<(&str, std::vec::IntoIter<Option<f64>>)> = Vec::new();
    for (name, bytes) in metrics.into_iter().filter(|(name, _)| looked.metrics.contains(*name)) {
        let values: Vec<Option<f64>> = postcard::from_bytes(bytes).ok()?;
        columns.push((name, values.into_iter()));
    }
    let mut series: Vec<(&str, std::vec::IntoIter<Option<Vec<f64>>>)> = Vec::new();
    for (name, bytes) in curves.into_iter().filter(|(name, _)| looked.curves.contains(*name)) {
        let values: Vec<Option<Vec<f64>>> = postcard::from_bytes(bytes).ok()?;
        series.push((name, values.into_iter()));
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
        let mut curves = BTreeMap::new();
        for (name, values) in &mut series {
            if let Some(values) = values.next()? {
                curves.insert(name.to_string(), values);
            }
        }
        if looked.epochs || head.outcome == Outcome::Pruned {
            // How far it came is the length of its longest curve.
            curves.insert(String::new(), vec![f64::NAN; head.epochs as usize]);
        }
        Some(Run {
            metrics,
            series: curves,
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
    let study = Study {
        experiment: experiment.name.clone(),
        space: experiment.space.clone(),
        objectives: experiment.objectives.clone(),
        search,
        rounds,
        trials: listed,
        confirmed,
    };
    Some((study, extent))
}

/// What the tables and claims of a notebook, the objectives of its experiments, and a measure to sort by look at.
pub fn looked(notebook: &Notebook, sort: Option<&Measure>) -> Looked {
    // A list shows the dev loss beside another objective.
    let mut found = Looked { metrics: BTreeSet::from(["dev.loss".to_string()]), ..Looked::default() };
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
            Measure::Metric(metric) => _ = found.metrics.insert(metric.to_string()),
            Measure::Named(name) => _ = found.metrics.insert(name.clone()),
            Measure::Best(metric) | Measure::Final(metric) | Measure::At(metric, _) | Measure::EpochsTo(metric, _) => {
                found.curves.insert(metric.to_string());
            }
            Measure::Epochs => found.epochs = true,
            Measure::Setting(_) | Measure::Parameters | Measure::Time => {}
        }
    }
    found
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
