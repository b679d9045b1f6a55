//! What a lock says held against the file, the data, what is stored, and what training gives again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use super::RunError;
use super::executor::{Executor, Job, Report};
use super::outputs;
use super::survey::Surveyed;
use super::worker::Equipment;
use crate::plan::notebook::{Item, Notebook};
use crate::record::digest::canonical;
use crate::record::lock::{self, Lock, Locked};
use crate::record::{Outcome, Run, Study};
use crate::stats::select::best;
use crate::store::{Key, merge};

/// How long to wait for a worker before looking around.
const PATIENCE: Duration = Duration::from_millis(50);

/// The lock as it would be, as far as that is known without training: where results are not stored, what the committed lock says
/// of them is taken over, so that a comparison shows only what is known to differ.
pub fn outline(
    notebook: &Notebook,
    surveyed: &[Surveyed],
    base: &Path,
    equipment: &Equipment,
    committed: &Lock,
) -> Lock {
    let studies: BTreeMap<String, Study> =
        surveyed.iter().map(|one| (one.study.experiment.clone(), one.study.clone())).collect();
    let mut outline = Lock::default();
    for one in surveyed {
        let name = &one.study.experiment;
        let data = outputs::fingerprints(notebook, &studies, name, base, equipment);
        let Some(old) = committed.experiments.get(name).filter(|_| !one.complete) else {
            outline.experiments.insert(name.clone(), Locked::of(notebook, data, &one.study, best(&one.study)));
            continue;
        };
        // Data that only a trial that is not known yet would read are left as they are.
        let data = old.data.iter().map(|(k, v)| (k.clone(), v.clone())).chain(data).collect();
        outline.experiments.insert(name.clone(), Locked { plan: lock::plan(notebook, name), data, ..old.clone() });
    }
    for item in &notebook.items {
        let Item::Claim(claim) = item else { continue };
        let outcome = committed.claims.get(&claim.text).map_or("untested", |old| &old.outcome);
        outline.claims.insert(claim.text.clone(), lock::LockedClaim::of(claim, outcome));
    }
    outline
}

/// A run that training gave again with other bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The experiment.
    pub experiment: String,
    /// Index of the trial.
    pub trial: u32,
    /// Which repetition.
    pub repetition: u32,
    /// Where they differ: the stored value first.
    pub what: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Mismatch { experiment, trial, repetition, what } = self;
        // People count from 1, as in tables.
        let (trial, repetition) = (trial + 1, repetition + 1);
        write!(f, "experiment {experiment}: trial {trial}, repetition {repetition}, trained again: {what}")
    }
}

/// The trials of an experiment that are trained again, with the runs that confirm them: the best and others, chosen by a digest and
/// so the same everywhere.
pub fn sample(study: &Study, count: usize) -> BTreeSet<u32> {
    let mut others: Vec<(Key, u32)> =
        study.trials.iter().map(|t| (canonical("caviar sample", &(&study.experiment, t.index)), t.index)).collect();
    others.sort_unstable();
    let first = best(study).map(|trial| trial.index);
    first.into_iter().chain(others.into_iter().map(|(_, i)| i).filter(|i| Some(*i) != first)).take(count).collect()
}

/// Train runs again, with an executor that looks up nothing, and compare them with what is stored; how many were compared, and
/// which differ. Runs in `known` were trained just now.
///
/// # Errors
/// When interrupted, or when workers cannot go on.
pub fn train_again(
    surveyed: &[Surveyed],
    count: usize,
    known: &HashSet<String>,
    executor: &mut dyn Executor,
    equipment: &Equipment,
    interrupted: &dyn Fn() -> bool,
) -> Result<(usize, Vec<Mismatch>), RunError> {
    let mut open: HashMap<Key, (String, u32, u32, Run)> = HashMap::new();
    let mut already = 0;
    for one in surveyed {
        let chosen = sample(&one.study, count);
        let runs: HashMap<&str, &Run> = one
            .study
            .trials
            .iter()
            .chain(&one.study.confirmed)
            .filter(|trial| chosen.contains(&trial.index))
            .flat_map(|trial| &trial.runs)
            .map(|run| (run.key.as_str(), run))
            .collect();
        for asked in one.asked.iter().filter(|asked| chosen.contains(&asked.place.trial)) {
            let key = asked.key.to_string();
            let Some(run) = runs.get(key.as_str()) else { continue };
            if known.contains(&key) {
                already += 1;
                continue;
            }
            let place = (one.study.experiment.clone(), asked.place.trial, asked.place.repetition, (*run).clone());
            if open.insert(asked.key, place).is_none() {
                let cpus = one.cpus;
                executor.submit(Job { key: asked.key, task: asked.task.clone(), live: false, cpus });
            }
        }
    }
    let compared = already + open.len();
    let mut wrong = Vec::new();
    while !open.is_empty() {
        if interrupted() {
            super::leave_off(executor, &equipment.store);
            return Err(RunError::Interrupted);
        }
        let (key, outcome) = match executor.poll(PATIENCE) {
            Some(Report::Done(key, run)) => (key, Ok(run)),
            Some(Report::Failed(key, why)) => (key, Err(why)),
            Some(Report::Cancelled(key)) => (key, Err("the data have changed".to_string())),
            Some(Report::GaveUp(_, why) | Report::Broken(why)) => return Err(RunError::Workers(why)),
            Some(Report::Epoch(..) | Report::Lost(..)) | None => continue,
        };
        let Some((experiment, trial, repetition, stored)) = open.remove(&key) else { continue };
        let difference = match outcome {
            Ok(mut run) => {
                // That a search gave it up is no result of the training.
                if stored.outcome == Outcome::Pruned {
                    run.outcome = Outcome::Pruned;
                }
                merge::contradiction(&stored, &Run { repetition: stored.repetition, ..run })
            }
            Err(why) => Some(why),
        };
        wrong.extend(difference.map(|what| Mismatch { experiment, trial, repetition, what }));
    }
    wrong.sort_by(|a, b| (&a.experiment, a.trial, a.repetition).cmp(&(&b.experiment, b.trial, b.repetition)));
    Ok((compared, wrong))
}
