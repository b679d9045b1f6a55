//! A notebook brought up to date: experiments in the order of their references, trials over an executor, results through the store.
//!
//! In go a plan, a store and an executor; out come the records. The head decides and stores, workers only train.

pub mod command;
pub mod datasets;
pub mod executor;
pub mod expand;
pub mod gradients;
pub mod inspect;
pub mod open;
pub mod outputs;
pub mod study;
pub mod suggest;
pub mod worker;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::plan::experiment::Experiment;
use crate::plan::metric::Measure;
use crate::plan::notebook::Notebook;
use crate::plan::show::Selection;
use crate::record::{Run, Study};
use crate::search::SearchError;
use crate::stats::interval::mean;
use crate::stats::measure::measure as measure_trial;
use crate::stats::select::select;
use crate::store::{Key, Store, StoreError};
use datasets::Datasets;
use executor::{Executor, Report};
use expand::Expander;
use study::{Arrival, Place, StudyRun};

/// How long the head waits for a worker before it looks around.
const PATIENCE: Duration = Duration::from_millis(50);

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
    /// An epoch of the only trial of an experiment has ended.
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
    /// Something that does not stop the run: a store that cannot be written, a damaged entry.
    Warning(String),
}

/// Why a run ended without all its records.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// On request. What is finished is stored.
    #[error("interrupted")]
    Interrupted,
    /// The search of an experiment cannot go on.
    #[error("experiment `{0}`: {1}")]
    Search(String, SearchError),
    /// An experiment that is not there.
    #[error("there is no experiment `{0}`; the file has {1}")]
    Unknown(String, String),
    /// Stored results that contradict what was trained now.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    /// Whether to leave off; asked at every turn.
    pub interrupted: &'a dyn Fn() -> bool,
}

enum State<'a> {
    Waiting,
    Running(Box<StudyRun<'a>>, Instant, usize),
    Done,
}

/// Bring all experiments of a notebook up to date.
///
/// # Errors
/// When interrupted, or when a search cannot go on. What was finished is stored.
pub fn bring_up_to_date(
    notebook: &Notebook,
    session: &mut Session<'_>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<BTreeMap<String, Study>, RunError> {
    let observe = inspect::observations(notebook);
    let wanted = chosen(notebook, &session.options.only)?;
    let mut states: Vec<State<'_>> = notebook.experiments.iter().map(|_| State::Waiting).collect();
    let studies: std::cell::RefCell<BTreeMap<String, Study>> = Default::default();
    let results = |of: &Selection, measure: &Measure| result(&studies.borrow(), of, measure);
    let datasets = session.datasets.clone();
    let narrowed = notebook.experiments.iter().map(|_| std::cell::OnceCell::new()).collect::<Vec<_>>();

    loop {
        let mut moved = false;
        for (i, experiment) in notebook.experiments.iter().enumerate() {
            if !wanted.contains(experiment.name.as_str()) {
                continue;
            }
            if matches!(states[i], State::Waiting) && experiment.after.iter().all(|e| studies.borrow().contains_key(e))
            {
                let experiment = narrowed[i].get_or_init(|| narrow(experiment, &studies.borrow()));
                let expander = Expander {
                    experiment,
                    base: session.base,
                    datasets: &datasets,
                    observe: &observe[&experiment.name],
                    results: &results,
                };
                let run = StudyRun::new(experiment, expander, session.options.fresh)
                    .map_err(|e| RunError::Search(experiment.name.clone(), e))?;
                tell(Event::Started { experiment, trials: run.total() });
                states[i] = State::Running(Box::new(run), Instant::now(), 0);
                moved = true;
            }
            let State::Running(run, started, trained) = &mut states[i] else { continue };
            if experiment.budget.is_some_and(|seconds| started.elapsed().as_secs_f64() > seconds) {
                run.close();
            }
            let jobs = run.advance(session.store).map_err(|e| RunError::Search(experiment.name.clone(), e))?;
            for job in jobs {
                if !session.executor.in_hand().contains(&job.key) {
                    session.executor.submit(job);
                }
            }
            for arrival in run.arrivals() {
                *trained += usize::from(!arrival.stored);
                let (settled, trials) = (run.settled(), run.total());
                tell(Event::Arrived { experiment: run.experiment(), arrival: &arrival, settled, trials });
            }
            if run.finished() {
                let study = run.study();
                tell(Event::Finished { experiment: run.experiment(), study: &study, trained: *trained });
                studies.borrow_mut().insert(experiment.name.clone(), study);
                states[i] = State::Done;
                moved = true;
            }
        }
        for warning in session.store.warnings() {
            tell(Event::Warning(warning.to_string()));
        }
        let done = |(i, e): (usize, &Experiment)| matches!(states[i], State::Done) || !wanted.contains(e.name.as_str());
        if notebook.experiments.iter().enumerate().all(done) {
            return Ok(studies.take());
        }
        if (session.interrupted)() {
            leave_off(session);
            return Err(RunError::Interrupted);
        }
        if moved {
            continue;
        }
        // Tasks of an earlier run that this one does not want are given up.
        let keys: HashSet<Key> = states.iter().filter_map(running).flat_map(|run| run.wanted().copied()).collect();
        session.executor.retain(&keys);
        let mut report = session.executor.poll(PATIENCE);
        while let Some(one) = report {
            take(one, session.store, &mut states, tell)?;
            report = session.executor.poll(Duration::ZERO);
        }
    }
}

fn running<'s, 'a>(state: &'s State<'a>) -> Option<&'s StudyRun<'a>> {
    match state {
        State::Running(run, ..) => Some(run),
        _ => None,
    }
}

fn take(
    report: Report,
    store: &Store,
    states: &mut [State<'_>],
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<(), RunError> {
    let mut runs = states.iter_mut().filter_map(|state| match state {
        State::Running(run, ..) => Some(run),
        _ => None,
    });
    match report {
        Report::Done(key, run) => {
            store.put(&key, &run)?;
            runs.for_each(|study| {
                study.deliver(&key, &run);
            });
        }
        Report::Failed(key, message) => runs.for_each(|study| {
            study.deliver_failure(&key, &message);
        }),
        Report::Epoch(key, run) => {
            if let Some((study, place)) = runs.find_map(|study| study.place(&key).map(|place| (study, place))) {
                tell(Event::Epoch { experiment: study.experiment(), place, run: &run });
            }
        }
        Report::Cancelled(_) => {}
    }
    Ok(())
}

/// A number of another experiment: the mean of a measure over the selected trials.
fn result(studies: &BTreeMap<String, Study>, of: &Selection, measure: &Measure) -> Option<f64> {
    let trials = select(studies.get(&of.experiment)?, of);
    let values: Option<Vec<f64>> = trials.iter().map(|trial| Some(measure_trial(trial, measure)?.value)).collect();
    values.filter(|values| !values.is_empty()).map(|values| mean(&values))
}

/// Let every worker stop at its next step, and store what ends meanwhile.
fn leave_off(session: &mut Session<'_>) {
    session.executor.retain(&HashSet::new());
    loop {
        let idle = session.executor.in_hand().is_empty();
        match session.executor.poll(if idle { Duration::ZERO } else { PATIENCE }) {
            // A result that cannot be written now is trained again.
            Some(Report::Done(key, run)) => drop(session.store.put(&key, &run)),
            Some(_) => {}
            None if idle => return,
            None => {}
        }
    }
}

/// The experiments that are asked for, and those that they need.
fn chosen<'n>(notebook: &'n Notebook, only: &[String]) -> Result<HashSet<&'n str>, RunError> {
    let find = |name: &str| notebook.experiments.iter().find(|e| e.name == name);
    if only.is_empty() {
        return Ok(notebook.experiments.iter().map(|e| e.name.as_str()).collect());
    }
    let mut names = HashSet::new();
    let mut open: Vec<&Experiment> = Vec::new();
    for name in only {
        let names: Vec<String> = notebook.experiments.iter().map(|e| format!("`{}`", e.name)).collect();
        open.push(find(name).ok_or_else(|| RunError::Unknown(name.clone(), names.join(", ")))?);
    }
    while let Some(experiment) = open.pop() {
        if names.insert(experiment.name.as_str()) {
            open.extend(experiment.after.iter().filter_map(|name| find(name)));
        }
    }
    Ok(names)
}

/// The experiment with its space narrowed around another's trial, where it says so.
fn narrow(experiment: &Experiment, studies: &BTreeMap<String, Study>) -> Experiment {
    let mut experiment = experiment.clone();
    if let Some(around) = &experiment.around
        && let Some(study) = studies.get(&around.of.experiment)
        && let Some(trial) = select(study, &around.of).first()
    {
        experiment.space = crate::search::space::around(&experiment.space, &trial.draws, around.share);
    }
    experiment
}
