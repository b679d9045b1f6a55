//! The gradients of a notebook's own networks against finite differences.

use std::path::Path;

use super::datasets::Datasets;
use super::expand::Expander;
use crate::nn::gradient_check::{self, Report};
use crate::nn::layer::Layer;
use crate::plan::experiment::Experiment;
use crate::plan::training::{Observe, Task};
use crate::record::Setting;
use crate::search::{Searcher, Told};

/// Trials of an experiment whose networks are looked at.
const TRIALS: u32 = 16;

/// A network and how well its gradients agree.
pub struct Checked {
    /// The settings that led to it.
    pub settings: Vec<(String, Setting)>,
    /// Tensor by tensor.
    pub report: Report,
}

/// Check every different network among an experiment's first trials. Experiments that need another's results, and commands,
/// have none.
///
/// # Errors
/// With a message for the person who asked.
pub fn check(experiment: &Experiment, base: &Path, datasets: &Datasets) -> Result<Vec<Checked>, String> {
    let observe = Observe::default();
    let expander = Expander { experiment, base, datasets, observe: &observe, results: &|_, _| None };
    let mut searcher = Searcher::new(experiment).map_err(|e| e.to_string())?;
    let mut told: Vec<Told> = Vec::new();
    let mut seen: Vec<Vec<Layer>> = Vec::new();
    let mut checked = Vec::new();
    for index in 0..TRIALS.min(searcher.total()) {
        if searcher.horizon(index) > 0 {
            break;
        }
        let Some(proposal) = searcher.propose(index, &told).map_err(|e| e.to_string())? else { break };
        told.push(Told { draws: proposal.draws.clone(), values: None, pruned: None });
        let Ok(Task::Train(training)) = expander.task(&proposal.draws, 0, None) else { continue };
        if seen.contains(&training.layers) {
            continue;
        }
        let report = gradient_check::check(&training.layers, training.input, training.loss, training.seed)
            .map_err(|e| e.to_string())?;
        seen.push(training.layers);
        checked.push(Checked { settings: expander.settings(&proposal.draws).into_iter().collect(), report });
    }
    Ok(checked)
}
