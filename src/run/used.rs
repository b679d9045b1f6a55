//! What of a store a notebook uses.

use std::collections::BTreeMap;
use std::path::Path;

use super::inspect::Inspections;
use super::listing;
use super::memo::{self, Memo};
use super::survey::survey;
use super::worker::Equipment;
use super::{Options, RunError};
use crate::plan::notebook::Notebook;
use crate::plan::training::Task;
use crate::record::Study;
use crate::store::{Key, Wanted, key};

/// All that a notebook asks for, as far as it is known without training: runs, their checkpoints, and what pictures show.
///
/// # Errors
/// As [`survey`].
pub fn add(notebook: &Notebook, base: &Path, equipment: &Equipment, wanted: &mut Wanted) -> Result<(), RunError> {
    let surveyed = survey(notebook, &equipment.store, &equipment.datasets, base, &Options::default())?;
    for asked in surveyed.iter().flat_map(|one| &one.asked) {
        wanted.runs.insert(asked.key);
        if let Task::Train(training) = &asked.task {
            wanted.lineages.extend(key::chain(training).iter().map(|link| link.key));
        }
    }
    let keys = |e| listing::key(notebook, e, base, &equipment.datasets);
    wanted.studies.extend(notebook.experiments.iter().filter_map(keys));
    let studies: BTreeMap<String, Study> =
        surveyed.into_iter().filter(|s| s.complete).map(|s| (s.study.experiment.clone(), s.into_known())).collect();
    wanted.inspections.extend(Inspections { notebook, studies: &studies, base, equipment }.keys());
    Ok(())
}

/// What a file asked for when it was last run: what a change of it may come back to is another matter, but experiments that wait for
/// others are known by this only.
pub fn add_memo(memo: &Memo, file: &Path, equipment: &Equipment, wanted: &mut Wanted) {
    wanted.memos.insert(memo::key(file, &equipment.store));
    let waiting = memo.notebook.experiments.iter().filter(|e| !e.after.is_empty());
    let trials = waiting.filter_map(|e| memo.trials.get(&e.name)).flatten();
    wanted.runs.extend(trials.flat_map(|t| &t.runs).filter_map(|(key, _)| key.parse::<Key>().ok()));
}
