//! The best training of an experiment among what is stored.

use std::collections::BTreeMap;
use std::path::Path;

use super::ExportError;
use crate::plan::notebook::Notebook;
use crate::plan::training::Training;
use crate::record::{Run, Study, Trial};
use crate::run::inspect::Inspections;
use crate::run::survey::survey;
use crate::run::worker::Equipment;
use crate::run::{Options, RunError};
use crate::stats::{measure, select};

/// What is stored of an experiment, and its best.
#[derive(Clone, Debug)]
pub struct Best {
    /// The experiment with the trials that are stored.
    pub study: Study,
    /// Trials in all, as far as that is known.
    pub total: u32,
    /// Whether all of them are stored.
    pub complete: bool,
    /// The best by its objectives.
    pub trial: Trial,
    /// Its first repetition that kept finite numbers.
    pub run: Run,
    /// The training of that repetition, as far as it was trained.
    pub training: Training,
}

/// The experiments that are asked for and those that they need, as far as they are stored.
fn stored(
    notebook: &Notebook,
    name: &str,
    base: &Path,
    equipment: &Equipment,
) -> Result<(BTreeMap<String, Study>, u32, bool), RunError> {
    let options = Options { fresh: false, only: vec![name.to_string()] };
    let surveyed = survey(notebook, &equipment.store, &equipment.datasets, base, &options)?;
    let own = surveyed.iter().find(|one| one.study.experiment == name);
    let (total, complete) = own.map_or((0, false), |one| (one.total, one.complete));
    Ok((surveyed.into_iter().map(|one| (one.study.experiment.clone(), one.into_known())).collect(), total, complete))
}

/// The trials of an experiment that are stored.
///
/// # Errors
/// When it is not there, or nothing of it is stored.
pub fn trials(notebook: &Notebook, name: &str, base: &Path, equipment: &Equipment) -> Result<Study, ExportError> {
    let (mut studies, ..) = stored(notebook, name, base, equipment)?;
    let study = studies.remove(name).filter(|study| !study.trials.is_empty());
    study.ok_or_else(|| ExportError::Nothing(name.to_string()))
}

/// The best trial of an experiment by its objectives, and how its model was trained.
///
/// # Errors
/// When there is no such experiment, when nothing of it is stored, or when it trains no network.
pub fn best(notebook: &Notebook, name: &str, base: &Path, equipment: &Equipment) -> Result<Best, ExportError> {
    let (studies, total, complete) = stored(notebook, name, base, equipment)?;
    let (Some(study), Some(experiment)) = (studies.get(name), notebook.experiments.iter().find(|e| e.name == name))
    else {
        return Err(ExportError::Nothing(name.to_string()));
    };
    if study.trials.is_empty() {
        return Err(ExportError::Nothing(name.to_string()));
    }
    let trial = select::best(study).ok_or_else(|| ExportError::NoBest(name.to_string()))?.clone();
    let run = trial.runs.iter().find(|run| !measure::lost(run)).cloned();
    let run = run.ok_or_else(|| ExportError::NoBest(name.to_string()))?;
    let inspections = Inspections { notebook, studies: &studies, base, equipment };
    let training = inspections.training_of(experiment, &trial, &run).map_err(ExportError::Model)?;
    let training = training.ok_or_else(|| ExportError::Program(name.to_string()))?;
    Ok(Best { study: study.clone(), total, complete, trial, run, training })
}
