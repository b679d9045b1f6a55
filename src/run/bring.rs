//! The loop of the head: experiments in the order of their references, jobs out to an executor, reports back into the experiments and the store.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use super::executor::{Executor, Report};
use super::expand::Expander;
use super::study::{Place, StudyRun};
use super::{Event, Leave, RunError, Session, inspect};
use crate::plan::experiment::Experiment;
use crate::plan::metric::Measure;
use crate::plan::notebook::Notebook;
use crate::plan::show::Selection;
use crate::record::Study;
use crate::search::{Problem, Sampler, SearchError, Searcher};
use crate::stats::interval::mean;
use crate::stats::measure::measure as measure_trial;
use crate::stats::select::select;
use crate::store::{Key, Store, StoreError};

/// How long the head waits for a worker before it looks around.
const PATIENCE: Duration = Duration::from_millis(20);

enum State<'a> {
    Waiting,
    /// Since when, and what was trained since.
    Running(Box<StudyRun<'a>>, Instant, HashSet<Place>),
    Done,
}

/// Samplers that propose an experiment's trials in the place of its own search, which still says how many there are.
pub type Samplers<'s> = dyn Fn(&Experiment) -> Option<Box<dyn Sampler>> + 's;

/// The search of an experiment, by another sampler if there is one for it.
fn searcher(experiment: &Experiment, samplers: &Samplers<'_>) -> Result<Searcher, SearchError> {
    let own = Searcher::new(experiment)?;
    Ok(match samplers(experiment) {
        Some(sampler) => Searcher::by(Problem::of(experiment, own.total()), sampler),
        None => own,
    })
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
    bring_up_to_date_by(notebook, session, &|_| None, tell)
}

/// The same with samplers of one's own.
///
/// # Errors
/// As [`bring_up_to_date`].
pub fn bring_up_to_date_by(
    notebook: &Notebook,
    session: &mut Session<'_>,
    samplers: &Samplers<'_>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<BTreeMap<String, Study>, RunError> {
    let observe = inspect::observations(notebook);
    let wanted = chosen(notebook, &session.options.only)?;
    let mut states: Vec<State<'_>> = notebook.experiments.iter().map(|_| State::Waiting).collect();
    let studies: std::cell::RefCell<BTreeMap<String, Study>> = Default::default();
    let results = |of: &Selection, measure: &Measure| result(&studies.borrow(), of, measure);
    let datasets = session.datasets.clone();
    let narrowed = notebook.experiments.iter().map(|_| std::cell::OnceCell::new()).collect::<Vec<_>>();

    let (mut kept, mut queued, mut planned) = (0, 0, false);
    let mut given_up = Vec::new();
    // What workers have done since the last run with this executor.
    collect(session.executor, session.store);

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
                let run = searcher(experiment, samplers)
                    .map(|searcher| StudyRun::by(experiment, expander, searcher, session.options.fresh))
                    .map_err(|e| RunError::Search(experiment.name.clone(), e))?;
                tell(Event::Started { experiment, trials: run.total() });
                states[i] = State::Running(Box::new(run), Instant::now(), HashSet::new());
                moved = true;
            }
            let State::Running(run, started, trained) = &mut states[i] else { continue };
            if experiment.budget.is_some_and(|seconds| started.elapsed().as_secs_f64() > seconds) {
                run.close();
            }
            let jobs = run.advance(session.store).map_err(|e| RunError::Search(experiment.name.clone(), e))?;
            for job in jobs {
                if session.executor.holds(&job.key) {
                    kept += 1;
                } else {
                    session.executor.submit(job);
                    queued += 1;
                }
            }
            for arrival in run.arrivals() {
                kept += usize::from(arrival.stored && !planned);
                trained.extend((!arrival.stored).then_some(arrival.place));
                let (settled, trials) = (run.settled(), run.total());
                tell(Event::Arrived { experiment: run.experiment(), arrival: &arrival, settled, trials });
            }
            if run.finished() {
                let study = run.study();
                tell(Event::Finished { experiment: run.experiment(), study: &study, trained: trained.len() });
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
            if !planned {
                let cancelled = session.executor.retain(&HashSet::new());
                tell(Event::Planned { kept, cancelled, queued });
            }
            return Ok(studies.take());
        }
        match (session.interrupted)() {
            Some(Leave::Stop) => {
                leave_off(session.executor, session.store);
                return Err(RunError::Interrupted);
            }
            Some(Leave::SetAside) => return Err(RunError::SetAside),
            None => {}
        }
        if moved {
            continue;
        }
        if !planned {
            // Tasks of an earlier run that this one does not want are given up.
            let keys: HashSet<Key> = states.iter().filter_map(running).flat_map(|run| run.wanted().copied()).collect();
            let cancelled = session.executor.retain(&keys);
            tell(Event::Planned { kept, cancelled, queued });
            planned = true;
        }
        if !given_up.is_empty() && session.executor.idle() {
            return Err(RunError::Lost(given_up));
        }
        let mut report = session.executor.poll(PATIENCE);
        while let Some(one) = report {
            take(one, session, &mut states, &mut given_up, tell)?;
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
    session: &mut Session<'_>,
    states: &mut [State<'_>],
    given_up: &mut Vec<String>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<(), RunError> {
    let mut runs = states.iter_mut().filter_map(|state| match state {
        State::Running(run, ..) => Some(run),
        _ => None,
    });
    match report {
        Report::Done(key, run) => {
            match session.store.put(&key, &run) {
                Ok(_) => {}
                Err(error @ StoreError::Conflict { .. }) => return Err(error.into()),
                // The result is there all the same.
                Err(error) => tell(Event::Warning(error.to_string())),
            }
            runs.for_each(|study| {
                study.deliver(&key, &run);
            });
        }
        Report::Failed(key, message) => runs.for_each(|study| {
            study.deliver_failure(&key, &message);
        }),
        Report::Epoch(key, run) => {
            if let Some((study, place)) = runs.find_map(|study| study.place(&key).map(|place| (study, place))) {
                study.progress(&key, &run);
                tell(Event::Epoch { experiment: study.experiment(), place, run: &run });
            }
        }
        Report::Lost(key, attempt, why) => {
            if let Some((study, place)) = runs.find_map(|study| study.place(&key).map(|place| (study, place))) {
                tell(Event::Lost { experiment: study.experiment(), place, attempt, why: &why });
            }
        }
        Report::GaveUp(key, why) => {
            let named = runs.find_map(|study| study.place(&key).map(|place| (study.experiment().name.clone(), place)));
            given_up.extend(named.map(|(experiment, place)| {
                format!("{experiment}, trial {}, repetition {}: {why}", place.trial + 1, place.repetition + 1)
            }));
        }
        Report::Broken(why) => return Err(RunError::Workers(why)),
        // It was given up, and then wanted after all.
        Report::Cancelled(key) => {
            if let Some(job) = runs.find_map(|study| study.job(&key)) {
                session.executor.submit(job);
            }
        }
    }
    Ok(())
}

/// A number of another experiment: the mean of a measure over the selected trials.
pub(super) fn result(studies: &BTreeMap<String, Study>, of: &Selection, measure: &Measure) -> Option<f64> {
    let trials = select(studies.get(&of.experiment)?, of);
    let values: Option<Vec<f64>> = trials.iter().map(|trial| Some(measure_trial(trial, measure)?.value)).collect();
    values.filter(|values| !values.is_empty()).map(|values| mean(&values))
}

/// Store what workers have done.
pub fn collect(executor: &mut dyn Executor, store: &Store) {
    while let Some(report) = executor.poll(Duration::ZERO) {
        keep(report, store);
    }
}

/// Let every worker stop at its next step, and store what ends meanwhile.
pub fn leave_off(executor: &mut dyn Executor, store: &Store) {
    executor.retain(&HashSet::new());
    while !executor.idle() {
        if let Some(report) = executor.poll(PATIENCE) {
            keep(report, store);
        }
    }
}

fn keep(report: Report, store: &Store) {
    if let Report::Done(key, run) = report {
        // A result that cannot be written now is trained again.
        drop(store.put(&key, &run));
    }
}

/// The experiments that are asked for, and those that they need.
pub(super) fn chosen<'n>(notebook: &'n Notebook, only: &[String]) -> Result<HashSet<&'n str>, RunError> {
    let find = |name: &str| notebook.experiments.iter().find(|e| e.name == name);
    if only.is_empty() {
        return Ok(notebook.experiments.iter().map(|e| e.name.as_str()).collect());
    }
    let mut names = HashSet::new();
    let mut open: Vec<&Experiment> = Vec::new();
    for name in only {
        open.push(find(name).ok_or_else(|| RunError::unknown(name, notebook))?);
    }
    while let Some(experiment) = open.pop() {
        if names.insert(experiment.name.as_str()) {
            open.extend(experiment.after.iter().filter_map(|name| find(name)));
        }
    }
    Ok(names)
}

/// The experiment with its space narrowed around another's trial, where it says so.
pub(super) fn narrow(experiment: &Experiment, studies: &BTreeMap<String, Study>) -> Experiment {
    let mut experiment = experiment.clone();
    if let Some(around) = &experiment.around
        && let Some(study) = studies.get(&around.of.experiment)
        && let Some(trial) = select(study, &around.of).first()
    {
        experiment.space = crate::search::space::around(&experiment.space, &trial.draws, around.share);
    }
    experiment
}
