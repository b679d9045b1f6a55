//! A notebook brought up to date: experiments in the order of their references, trials over an executor, results through the store.
//!
//! In go a plan, a store and an executor; out come the records. The head decides and stores, workers only train.

mod bring;
pub mod command;
pub mod datasets;
pub mod executor;
pub mod expand;
pub mod gradients;
mod here;
pub mod inspect;
pub mod listing;
pub mod memo;
pub mod open;
pub mod outputs;
pub mod plan;
pub mod remote;
pub mod study;
pub mod suggest;
pub mod survey;
pub mod used;
pub mod verify;
pub mod worker;

use std::path::Path;
use std::sync::Arc;

use crate::plan::experiment::Experiment;
use crate::plan::notebook::Notebook;
use crate::record::{Run, Study};
use crate::search::SearchError;
use crate::store::{Store, StoreError};
use datasets::Datasets;
use executor::Executor;
use study::{Arrival, Place};

pub use bring::{Samplers, bring_up_to_date, bring_up_to_date_by, collect, leave_off};
pub use here::here;

/// What a run may do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Look up no stored runs.
    pub fresh: bool,
    /// Only these experiments and those that they need; all when empty.
    pub only: Vec<String>,
}

/// What those who watch are told.
#[derive(Debug)]
pub enum Event<'a> {
    /// What is stored is known, and what is not is handed out.
    Planned {
        /// Runs that are stored, or that a run before this one has begun.
        kept: usize,
        /// Runs that a run before this one has begun, and that are no longer wanted.
        cancelled: usize,
        /// Runs that are handed out now.
        queued: usize,
    },
    /// An experiment starts, with so many trials at most.
    Started {
        /// The experiment.
        experiment: &'a Experiment,
        /// Trials in all.
        trials: u32,
    },
    /// A run has come in.
    Arrived {
        /// The experiment.
        experiment: &'a Experiment,
        /// The run.
        arrival: &'a Arrival,
        /// Trials that are settled.
        settled: u32,
        /// Trials in all.
        trials: u32,
    },
    /// An epoch of a live or followed training has ended.
    Epoch {
        /// The experiment.
        experiment: &'a Experiment,
        /// Whose.
        place: Place,
        /// All epochs so far.
        run: &'a Run,
    },
    /// An experiment has all its trials.
    Finished {
        /// The experiment.
        experiment: &'a Experiment,
        /// Its record.
        study: &'a Study,
        /// How many runs were trained now.
        trained: usize,
    },
    /// A worker was lost with a run, which is sent again.
    Lost {
        /// The experiment.
        experiment: &'a Experiment,
        /// Whose run it was.
        place: Place,
        /// Which attempt is lost, from 1.
        attempt: u32,
        /// How.
        why: &'a str,
    },
    /// Something that does not stop the run: a store that cannot be written, a damaged entry.
    Warning(String),
}

/// Why a run ended without all its records.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// On request. What is finished is stored.
    #[error("interrupted")]
    Interrupted,
    /// On request; the workers go on with what they have.
    #[error("set aside")]
    SetAside,
    /// The search of an experiment cannot go on.
    #[error("experiment `{0}`: {1}")]
    Search(String, SearchError),
    /// An experiment that is not there.
    #[error("there is no experiment `{0}`; the file has {1}")]
    Unknown(String, String),
    /// Workers cannot go on.
    #[error("{0}")]
    Workers(String),
    /// Runs whose workers were lost too often, when all that does not need them is done.
    #[error("{}", lost(.0))]
    Lost(Vec<String>),
    /// Stored results that contradict what was trained now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RunError {
    /// There is no experiment of that name.
    pub fn unknown(name: &str, notebook: &Notebook) -> Self {
        let names: Vec<String> = notebook.experiments.iter().map(|e| format!("`{}`", e.name)).collect();
        RunError::Unknown(name.to_string(), names.join(", "))
    }
}

/// How a run is left before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Every worker stops at its next step.
    Stop,
    /// Workers go on, and the next run with the same executor takes what they bring.
    SetAside,
}

/// What a run works with.
pub struct Session<'a> {
    /// Stored results.
    pub store: &'a Store,
    /// Who trains.
    pub executor: &'a mut dyn Executor,
    /// Data sets.
    pub datasets: Arc<Datasets>,
    /// Where relative paths of the file begin.
    pub base: &'a Path,
    /// What it may do.
    pub options: Options,
    /// Whether to leave off, and how; asked at every turn.
    pub interrupted: &'a mut dyn FnMut() -> Option<Leave>,
}

/// How many lost runs a message tells of one by one.
const TOLD: usize = 5;

fn lost(runs: &[String]) -> String {
    let more = runs.len().saturating_sub(TOLD);
    let told = runs[..runs.len() - more].join("\n");
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    format!("{told}{more}\nall others are stored; the same command tries these again")
}
