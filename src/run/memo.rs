//! What a file asked for when it was last run: kept in the store, so that it can be said what a change of the file changes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::datasets::Datasets;
use crate::data::spec::Pipeline;
use crate::plan::notebook::Notebook;
use crate::plan::space::Draws;
use crate::record::digest::canonical;
use crate::record::{NUMERICS, Setting, Study, Trial};
use crate::stats::measure;
use crate::store::{Key, Store};

/// What a file asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memo {
    /// The version of the numbers.
    pub numerics: u32,
    /// The file, relative to the folder that the store is in.
    pub file: String,
    /// Its plan.
    pub notebook: Notebook,
    /// The data that it read, by the names of their files.
    pub data: BTreeMap<String, Read>,
    /// By experiment.
    pub trials: BTreeMap<String, Vec<TrialMemo>>,
}

/// Data that were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Rows of the training source.
    pub rows: usize,
    /// Of their bytes.
    pub fingerprint: String,
}

/// A trial that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialMemo {
    /// Its index.
    pub index: u32,
    /// What it drew; nothing in a memo of an older version.
    #[serde(default)]
    pub draws: Draws,
    /// The same as people see it.
    pub settings: BTreeMap<String, Setting>,
    /// A key and a number of epochs a repetition; those that confirm it come last.
    pub runs: Vec<(String, usize)>,
}

/// What the memo of a file is stored under.
pub fn key(file: &Path, store: &Store) -> Key {
    canonical("caviar memo", &name(file, store))
}

/// The name of a file that stays when the whole checkout is moved.
fn name(file: &Path, store: &Store) -> String {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or(path.to_path_buf());
    let (file, top) = (whole(file), store.folder().parent().map(whole).unwrap_or_default());
    file.strip_prefix(&top).unwrap_or(&file).to_string_lossy().into_owned()
}

/// What the file asked for when it was last run; nothing if that is not known.
pub fn recall(file: &Path, store: &Store) -> Option<Memo> {
    serde_json::from_slice(&store.memo(&key(file, store))?).ok()
}

/// Keep what a file asks for. What cannot be kept costs an explanation later.
pub fn keep(
    file: &Path,
    store: &Store,
    notebook: &Notebook,
    studies: &BTreeMap<String, Study>,
    data: BTreeMap<String, Read>,
) {
    let mut trials: BTreeMap<_, _> = studies.iter().map(|(name, study)| (name.clone(), trials_of(study))).collect();
    // Experiments that were not run now are as they were.
    for (name, old) in recall(file, store).map(|memo| memo.trials).unwrap_or_default() {
        if notebook.experiments.iter().any(|e| e.name == name) {
            trials.entry(name).or_insert(old);
        }
    }
    let memo = Memo { numerics: NUMERICS, file: name(file, store), notebook: notebook.clone(), data, trials };
    if let Ok(bytes) = serde_json::to_vec(&memo) {
        let _ = store.put_memo(&key(file, store), &bytes);
    }
}

fn trials_of(study: &Study) -> Vec<TrialMemo> {
    let confirmed =
        |trial: &Trial| study.confirmed.iter().find(|c| c.index == trial.index).map_or(&[][..], |c| &c.runs);
    let memo = |trial: &Trial| TrialMemo {
        index: trial.index,
        draws: trial.draws.clone(),
        settings: trial.settings.clone(),
        runs: trial.runs.iter().chain(confirmed(trial)).map(|run| (run.key.clone(), measure::epochs(run))).collect(),
    };
    study.trials.iter().map(memo).collect()
}

/// What is known of data, by the names of their files.
pub fn read(data: &[Pipeline], datasets: &Datasets) -> BTreeMap<String, Read> {
    let mut all = BTreeMap::new();
    for pipeline in data {
        let Ok(facts) = datasets.facts(pipeline) else { continue };
        let names = pipeline.source.paths();
        let file = |path: &&str| Path::new(path).file_name().map(|n| n.to_string_lossy().into_owned());
        let name = names.iter().filter_map(file).collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            all.insert(name, Read { rows: facts.rows, fingerprint: facts.fingerprint });
        }
    }
    all
}
