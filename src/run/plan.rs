//! What a run would do and why: what is stored, what goes on from a checkpoint, what is new, what is no longer wanted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::memo::{Memo, Read, TrialMemo};
use super::study::Asked;
use super::survey::{Surveyed, survey};
use super::worker::{Equipment, last_checkpoint};
use super::{Options, RunError};
use crate::plan::notebook::Notebook;
use crate::plan::training::{Precision, Task, Training};
use crate::record::lock::{self, Lock};
use crate::record::{NUMERICS, Setting, Trial};
use crate::report::diff;
use crate::stats::interval::mean;
use crate::stats::measure;

/// What a run would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the order of the file, then those that are no longer in it.
    pub experiments: Vec<Planned>,
}

/// What a run would do with an experiment.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Trials that are stored, with all their repetitions.
    pub cached: usize,
    /// Trials that go on from a checkpoint: the trial, the epochs that are done, and how many there will be.
    pub continued: Vec<(Line, u32, u32)>,
    /// Trials that begin.
    pub new: Vec<Line>,
    /// Trials of the last run that are no longer wanted.
    pub dropped: Vec<Line>,
    /// Trials that are not known before others have ended, and whose: its own, or an experiment's.
    pub later: Option<(u32, String)>,
    /// Why there is something to do.
    pub reasons: Vec<String>,
    /// Seconds of training, on one thread, if stored runs tell.
    pub seconds: Option<f64>,
}

/// A trial in a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its index.
    pub trial: u32,
    /// What it draws.
    pub settings: BTreeMap<String, Setting>,
}

impl Plan {
    /// Whether anything would be trained.
    pub fn anything(&self) -> bool {
        self.experiments.iter().any(|e| !e.continued.is_empty() || !e.new.is_empty() || e.later.is_some())
    }
}

/// What a run would do with a notebook; `memo` and `lock` say how things were.
///
/// # Errors
/// As [`survey`].
pub fn plan(
    notebook: &Notebook,
    equipment: &Equipment,
    base: &Path,
    options: &Options,
    data: &BTreeMap<String, Read>,
    memo: Option<&Memo>,
    lock: Option<&Lock>,
) -> Result<Plan, RunError> {
    let surveyed = survey(notebook, &equipment.store, &equipment.datasets, base, options)?;
    let mut plan = Plan::default();
    for one in &surveyed {
        let mut planned = trials(one, equipment, options.fresh);
        let before = memo.and_then(|memo| memo.trials.get(&planned.name)).map_or(&[][..], Vec::as_slice);
        if one.proposed {
            planned.dropped = dropped(before, one, &surveyed);
        }
        if !planned.continued.is_empty() || !planned.new.is_empty() || planned.later.is_some() {
            planned.reasons = reasons(&planned.name, notebook, data, memo, lock, options.fresh);
        } else if !planned.dropped.is_empty() {
            planned.reasons = changes(&planned.name, notebook, data, memo);
        }
        planned.seconds = seconds(one, &planned, before, equipment);
        plan.experiments.push(planned);
    }
    if let Some(memo) = memo.filter(|_| options.only.is_empty()) {
        let now: BTreeSet<&str> = notebook.experiments.iter().map(|e| e.name.as_str()).collect();
        for (name, trials) in memo.trials.iter().filter(|(name, _)| !now.contains(name.as_str())) {
            let keys = wanted(&surveyed);
            let gone = trials.iter().filter(|t| !t.runs.iter().any(|(key, _)| keys.contains(key)));
            let dropped: Vec<Line> = gone.map(line).collect();
            if !dropped.is_empty() {
                let reasons = vec!["the experiment is no longer in the file".to_string()];
                plan.experiments.push(Planned { name: name.clone(), dropped, reasons, ..Planned::default() });
            }
        }
    }
    Ok(plan)
}

/// What is asked for last in each place: of a search that gives up trials, the longest training so far.
fn last(asked: &[Asked]) -> BTreeMap<u32, Vec<&Asked>> {
    let mut places: BTreeMap<(u32, u32), &Asked> = BTreeMap::new();
    for one in asked {
        places.insert((one.place.trial, one.place.repetition), one);
    }
    let mut trials: BTreeMap<u32, Vec<&Asked>> = BTreeMap::new();
    for ((trial, _), one) in places {
        trials.entry(trial).or_default().push(one);
    }
    trials
}

fn trials(one: &Surveyed, equipment: &Equipment, fresh: bool) -> Planned {
    let mut planned = Planned { name: one.study.experiment.clone(), ..Planned::default() };
    if !one.waits_for.is_empty() {
        planned.later = Some((one.total, one.waits_for.join(", ")));
        return planned;
    }
    let asked = last(&one.asked);
    for trial in &one.study.trials {
        let Some(runs) = asked.get(&trial.index) else { continue };
        let open: Vec<&Training> = runs.iter().filter(|a| !a.stored).filter_map(|a| training(a)).collect();
        if runs.iter().all(|a| a.stored) {
            planned.cached += 1;
            continue;
        }
        let from = open.iter().map(|t| if fresh { 0 } else { epoch(equipment, t) }).max().unwrap_or(0);
        let line = Line { trial: trial.index, settings: trial.settings.clone() };
        match open.first() {
            Some(training) if from > 0 => planned.continued.push((line, from, training.epochs)),
            _ => planned.new.push(line),
        }
    }
    let unknown = one.total.saturating_sub(one.study.trials.len() as u32);
    if !one.proposed && unknown > 0 {
        planned.later = Some((unknown, planned.name.clone()));
    }
    planned
}

fn training(asked: &Asked) -> Option<&Training> {
    match &asked.task {
        Task::Train(training) => Some(training),
        Task::Command(_) => None,
    }
}

/// After how many epochs a training would go on.
fn epoch(equipment: &Equipment, training: &Training) -> u32 {
    let store = &equipment.store;
    let found = match training.precision {
        Precision::F32 => last_checkpoint::<f32>(store, training).map(|c| c.history.epoch),
        Precision::F64 => last_checkpoint::<f64>(store, training).map(|c| c.history.epoch),
    };
    found.unwrap_or(0)
}

/// The keys that anything asks for.
fn wanted(surveyed: &[Surveyed]) -> BTreeSet<String> {
    surveyed.iter().flat_map(|one| &one.asked).map(|asked| asked.key.to_string()).collect()
}

/// The trials of the last run that nothing asks for any more. One that goes on for longer is none of them.
fn dropped(before: &[TrialMemo], one: &Surveyed, all: &[Surveyed]) -> Vec<Line> {
    let keys = wanted(all);
    let now: HashMap<u32, &Trial> = one.study.trials.iter().map(|trial| (trial.index, trial)).collect();
    let epochs: HashMap<u32, u32> =
        one.asked.iter().filter_map(|a| Some((a.place.trial, training(a)?.epochs))).collect();
    let longer = |old: &TrialMemo| {
        let same = now.get(&old.index).is_some_and(|trial| trial.settings == old.settings);
        let done = old.runs.iter().map(|(_, epochs)| *epochs as u32).max().unwrap_or(0);
        same && epochs.get(&old.index).is_some_and(|epochs| *epochs > done)
    };
    before.iter().filter(|old| !old.runs.iter().any(|(key, _)| keys.contains(key)) && !longer(old)).map(line).collect()
}

fn line(trial: &TrialMemo) -> Line {
    Line { trial: trial.index, settings: trial.settings.clone() }
}

/// What of an experiment, and of those that it uses, is not as it was in the last run.
fn changes(name: &str, notebook: &Notebook, data: &BTreeMap<String, Read>, memo: Option<&Memo>) -> Vec<String> {
    let Some(memo) = memo else { return Vec::new() };
    let mut all = Vec::new();
    let mut open = vec![name.to_string()];
    let mut seen = BTreeSet::new();
    while let Some(name_now) = open.pop() {
        let find = |notebook: &Notebook| notebook.experiments.iter().find(|e| e.name == name_now).cloned();
        let Some(now) = find(notebook).filter(|_| seen.insert(name_now.clone())) else { continue };
        open.extend(now.after.clone());
        let Some(before) = find(&memo.notebook) else { continue };
        let (before, now) = (diff::settings(&before), diff::settings(&now));
        let of = if name_now == name { String::new() } else { format!("{name_now}: ") };
        all.extend(diff::changes(&before, &now).into_iter().map(|change| format!("{of}{change}")));
    }
    for (file, now) in data {
        match memo.data.get(file) {
            Some(before) if before.rows != now.rows => {
                all.push(format!("data {file}: {} → {} rows", before.rows, now.rows));
            }
            Some(before) if before.fingerprint != now.fingerprint => all.push(format!("data {file}: other bytes")),
            Some(_) => {}
            None if !memo.data.is_empty() => all.push(format!("data {file}, new")),
            None => {}
        }
    }
    if memo.numerics != NUMERICS {
        all.push(format!("version of the numbers {} → {NUMERICS}", memo.numerics));
    }
    all
}

/// Why an experiment has something to do.
fn reasons(
    name: &str,
    notebook: &Notebook,
    data: &BTreeMap<String, Read>,
    memo: Option<&Memo>,
    lock: Option<&Lock>,
    fresh: bool,
) -> Vec<String> {
    if fresh {
        return vec!["nothing that is stored is used (--fresh)".into()];
    }
    let changes = changes(name, notebook, data, memo);
    if !changes.is_empty() {
        return changes;
    }
    let known = memo.is_some_and(|memo| memo.trials.contains_key(name));
    let locked = lock.and_then(|lock| lock.experiments.get(name));
    vec![match locked {
        Some(locked) if locked.plan == lock::plan(notebook, name) => "as in the lock, but not stored here".into(),
        Some(_) if !known => "not as in the lock".into(),
        _ if known => "not stored, or not whole".into(),
        _ => "not run yet".into(),
    }]
}

/// How long the open trials take on one thread, judged by the stored runs of the experiment now and before.
fn seconds(one: &Surveyed, planned: &Planned, before: &[TrialMemo], equipment: &Equipment) -> Option<f64> {
    const LOOKED_AT: usize = 50;
    let per_epoch = |seconds: f64, epochs: usize| (epochs > 0 && seconds > 0.0).then(|| seconds / epochs as f64);
    let stored = one.study.trials.iter().flat_map(|t| &t.runs);
    let mut known: Vec<f64> = stored.filter_map(|run| per_epoch(run.seconds, measure::epochs(run))).collect();
    if known.is_empty() {
        let keys = before.iter().flat_map(|t| &t.runs).take(LOOKED_AT).filter_map(|(key, _)| key.parse().ok());
        known = keys
            .filter_map(|key| equipment.store.get(&key))
            .filter_map(|run| per_epoch(run.seconds, measure::epochs(&run)))
            .collect();
    }
    if known.is_empty() {
        return None;
    }
    let from: HashMap<u32, u32> = planned.continued.iter().map(|(line, from, _)| (line.trial, *from)).collect();
    let mut epochs: Vec<f64> = Vec::new();
    let trials = last(&one.asked);
    let repetitions = trials.values().map(Vec::len).max().unwrap_or(1) as f64;
    for one in trials.values().flatten().filter(|a| !a.stored) {
        let whole = training(one).map_or(1, |t| t.epochs);
        epochs.push(f64::from(whole.saturating_sub(from.get(&one.place.trial).copied().unwrap_or(0))));
    }
    let later = match &planned.later {
        Some((trials, _)) if !epochs.is_empty() => f64::from(*trials) * repetitions * mean(&epochs),
        Some(_) => return None,
        None => 0.0,
    };
    Some((epochs.iter().sum::<f64>() + later) * mean(&known))
}
