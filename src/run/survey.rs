//! What a notebook asks for beside what is stored: nothing is trained.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bring::{chosen, narrow, result};
use super::datasets::Datasets;
use super::expand::Expander;
use super::study::{Asked, StudyRun};
use super::{Options, RunError, inspect};
use crate::plan::metric::Measure;
use crate::plan::notebook::Notebook;
use crate::plan::show::Selection;
use crate::record::Study;
use crate::search;
use crate::store::Store;

/// One experiment beside what is stored of it.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Its trials as far as they are known now, with the runs that are stored.
    pub study: Study,
    /// Trials in all, as far as that is known.
    pub total: u32,
    /// Every run that is asked for, if that was wanted; those of one place in the order in which they are.
    pub asked: Vec<Asked>,
    /// Whether every trial is stored.
    pub complete: bool,
    /// Whether its search has proposed all trials: an adaptive one waits for results.
    pub proposed: bool,
    /// Cores that each of its trials is given where cores are given.
    pub cpus: u32,
    /// Experiments that must be complete before anything can be known of it.
    pub waits_for: Vec<String>,
}

impl Surveyed {
    /// The trials of which something is stored.
    pub fn into_known(mut self) -> Study {
        self.study.trials.retain(|trial| !trial.runs.is_empty());
        self.study
    }
}

/// Go through all experiments as far as stored results allow, in the order of the notebook.
///
/// # Errors
/// When a search cannot go on, or `only` names what is not there.
pub fn survey(
    notebook: &Notebook,
    store: &Store,
    datasets: &Datasets,
    base: &Path,
    options: &Options,
) -> Result<Vec<Surveyed>, RunError> {
    go_through(notebook, store, datasets, base, options, true)
}

/// The same without every run that is asked for: of very many trials that is most of the work.
///
/// # Errors
/// As [`survey`].
pub fn known(
    notebook: &Notebook,
    store: &Store,
    datasets: &Datasets,
    base: &Path,
    options: &Options,
) -> Result<Vec<Surveyed>, RunError> {
    go_through(notebook, store, datasets, base, options, false)
}

fn go_through(
    notebook: &Notebook,
    store: &Store,
    datasets: &Datasets,
    base: &Path,
    options: &Options,
    asked: bool,
) -> Result<Vec<Surveyed>, RunError> {
    let observe = inspect::observations(notebook);
    let wanted = chosen(notebook, &options.only)?;
    let studies: RefCell<BTreeMap<String, Study>> = RefCell::default();
    let results = |of: &Selection, measure: &Measure| result(&studies.borrow(), of, measure);
    let mut found: BTreeMap<&str, Surveyed> = BTreeMap::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    loop {
        let mut moved = false;
        for experiment in notebook.experiments.iter().filter(|e| wanted.contains(e.name.as_str())) {
            let name = experiment.name.as_str();
            if found.contains_key(name) || !experiment.after.iter().all(|e| done.contains(e)) {
                continue;
            }
            let narrowed = narrow(experiment, &studies.borrow());
            let failed = |error| RunError::Search(name.to_string(), error);
            let expander =
                Expander { experiment: &narrowed, base, datasets, observe: &observe[name], results: &results };
            let mut run = StudyRun::new(&narrowed, expander, options.fresh).map_err(failed)?;
            run.only_look(asked);
            run.advance(store).map_err(failed)?;
            let (total, asked) = (run.total(), run.asked());
            let (complete, proposed) = (run.finished(), run.exhausted());
            let study = run.into_proposed();
            if complete && notebook.experiments.iter().any(|e| e.after.iter().any(|other| other == name)) {
                studies.borrow_mut().insert(name.to_string(), study.clone());
            }
            done.extend(complete.then(|| name.to_string()));
            let cpus = experiment.cpus;
            let surveyed = Surveyed { study, total, asked, complete, proposed, cpus, waits_for: Vec::new() };
            found.insert(name, surveyed);
            moved = true;
        }
        if !moved {
            break;
        }
    }
    let mut all = Vec::new();
    for experiment in notebook.experiments.iter().filter(|e| wanted.contains(e.name.as_str())) {
        all.push(found.remove(experiment.name.as_str()).unwrap_or_else(|| Surveyed {
            study: Study {
                experiment: experiment.name.clone(),
                space: experiment.space.clone(),
                objectives: experiment.objectives.clone(),
                search: String::new(),
                rounds: Vec::new(),
                trials: Vec::new(),
                confirmed: Vec::new(),
            },
            total: search::total(&experiment.search, &experiment.space, &experiment.require).unwrap_or(0),
            asked: Vec::new(),
            complete: false,
            proposed: false,
            cpus: experiment.cpus,
            waits_for: experiment.after.iter().filter(|e| !done.contains(*e)).cloned().collect(),
        }));
    }
    Ok(all)
}
