//! What a run would do and why: what is stored, what goes on from a checkpoint, what is new, what is no longer wanted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::bring::{narrow, result};
use super::expand::Expander;
use super::memo::{self, Memo, Read, TrialMemo};
use super::open::Opened;
use super::study::Asked;
use super::survey::{Surveyed, survey};
use super::worker::{Equipment, last_checkpoint};
use super::{Options, RunError};
use crate::plan::notebook::Notebook;
use crate::plan::settings::settings;
use crate::plan::training::{Observe, Precision, Task, Training};
use crate::record::lock::{self, Lock};
use crate::record::{NUMERICS, Setting, Study, Trial};
use crate::report::diff;
use crate::search::space;
use crate::stats::interval::mean;
use crate::stats::measure;
use crate::store::key;

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
    /// How many trials of the last run a search that learns from results may choose again or drop.
    pub undecided: usize,
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

/// What a run would do with an opened file; `memo` and `lock` say how things were.
///
/// # Errors
/// As [`survey`].
pub fn plan(
    notebook: &Notebook,
    opened: &Opened,
    equipment: &Equipment,
    options: &Options,
    memo: Option<&Memo>,
    lock: Option<&Lock>,
) -> Result<Plan, RunError> {
    let surveyed = survey(notebook, &equipment.store, &equipment.datasets, &opened.base, options)?;
    let keys = surveyed.iter().flat_map(|one| &one.asked).map(|asked| asked.key.to_string()).collect();
    let data = memo::read(&opened.data, &equipment.datasets);
    let old = Old { notebook, opened, equipment, data, memo, lock, surveyed: &surveyed, keys };
    let mut plan = Plan::default();
    for one in &surveyed {
        let mut planned = trials(one, equipment, options.fresh);
        let before = old.trials(&planned.name);
        old.dropped(one, &mut planned);
        if !planned.continued.is_empty() || !planned.new.is_empty() || planned.later.is_some() {
            planned.reasons = old.reasons(&planned.name, options.fresh);
        } else if !planned.dropped.is_empty() {
            planned.reasons = old.changes(&planned.name);
        }
        planned.seconds = seconds(one, &planned, before, equipment);
        plan.experiments.push(planned);
    }
    if let Some(memo) = memo.filter(|_| options.only.is_empty()) {
        let now: BTreeSet<&str> = notebook.experiments.iter().map(|e| e.name.as_str()).collect();
        for (name, trials) in memo.trials.iter().filter(|(name, _)| !now.contains(name.as_str())) {
            let dropped: Vec<Line> = trials.iter().filter(|trial| !old.wanted(trial)).map(line).collect();
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

fn line(trial: &TrialMemo) -> Line {
    Line { trial: trial.index, settings: trial.settings.clone() }
}

/// The file as it is beside the last run of it.
struct Old<'a> {
    notebook: &'a Notebook,
    opened: &'a Opened,
    equipment: &'a Equipment,
    data: BTreeMap<String, Read>,
    memo: Option<&'a Memo>,
    lock: Option<&'a Lock>,
    surveyed: &'a [Surveyed],
    /// All that anything asks for.
    keys: BTreeSet<String>,
}

impl Old<'_> {
    /// What the last run had of an experiment.
    fn trials(&self, name: &str) -> &[TrialMemo] {
        self.memo.and_then(|memo| memo.trials.get(name)).map_or(&[], Vec::as_slice)
    }

    /// Whether anything asks for a trial of the last run.
    fn wanted(&self, trial: &TrialMemo) -> bool {
        trial.runs.iter().any(|(key, _)| self.keys.contains(key))
    }

    /// The trials of the last run that nothing asks for any more. One that goes on for longer is none of them; one that the search has
    /// not come to is none of them either, if it may choose it again.
    fn dropped(&self, one: &Surveyed, planned: &mut Planned) {
        let now: HashMap<u32, &Trial> = one.study.trials.iter().map(|trial| (trial.index, trial)).collect();
        let epochs: HashMap<u32, u32> =
            one.asked.iter().filter_map(|a| Some((a.place.trial, training(a)?.epochs))).collect();
        let longer = |old: &TrialMemo| {
            let same = now.get(&old.index).is_some_and(|trial| trial.settings == old.settings);
            let done = old.runs.iter().map(|(_, epochs)| *epochs as u32).max().unwrap_or(0);
            same && epochs.get(&old.index).is_some_and(|epochs| *epochs > done)
        };
        let gone = self.trials(&planned.name).iter().filter(|old| !self.wanted(old) && !longer(old));
        let (gone, unknown): (Vec<&TrialMemo>, Vec<_>) =
            gone.partition(|old| one.proposed || now.contains_key(&old.index));
        let (open, lost) = self.possible(&planned.name, unknown);
        planned.dropped = gone.into_iter().chain(lost).map(line).collect();
        planned.undecided = open.len();
    }

    /// The trials of the last run that would be the same trainings if their draws came again, and those that would not.
    fn possible<'t>(&self, name: &str, trials: Vec<&'t TrialMemo>) -> (Vec<&'t TrialMemo>, Vec<&'t TrialMemo>) {
        let Some(experiment) = self.notebook.experiments.iter().find(|e| e.name == name) else {
            return (Vec::new(), trials);
        };
        let complete =
            self.surveyed.iter().filter(|one| one.complete && experiment.after.contains(&one.study.experiment));
        let studies: BTreeMap<String, Study> =
            complete.map(|one| (one.study.experiment.clone(), one.study.clone())).collect();
        let experiment = narrow(experiment, &studies);
        let expander = Expander {
            experiment: &experiment,
            base: &self.opened.base,
            datasets: &self.equipment.datasets,
            observe: &Observe::default(),
            results: &|of, measure| result(&studies, of, measure),
        };
        let same = |old: &TrialMemo, epochs: Option<u32>| match expander.task(&old.draws, 0, epochs) {
            Ok(task) => old.runs.first().is_none_or(|(stored, _)| key::task(&task).to_string() == *stored),
            // What it depends on is not known yet.
            Err(_) => true,
        };
        trials.into_iter().partition(|old| {
            let rung = old.runs.first().map(|(_, epochs)| *epochs as u32);
            space::contains(&experiment.space, &old.draws)
                && space::satisfied(&experiment.require, &old.draws)
                && (same(old, None) || same(old, rung))
        })
    }

    /// What of an experiment, and of those that it uses, is not as it was in the last run.
    fn changes(&self, name: &str) -> Vec<String> {
        let Some(memo) = self.memo else { return Vec::new() };
        let mut all = Vec::new();
        let mut open = vec![name.to_string()];
        let mut seen = BTreeSet::new();
        while let Some(name_now) = open.pop() {
            let find = |notebook: &Notebook| notebook.experiments.iter().find(|e| e.name == name_now).cloned();
            let Some(now) = find(self.notebook).filter(|_| seen.insert(name_now.clone())) else { continue };
            open.extend(now.after.clone());
            let Some(before) = find(&memo.notebook) else { continue };
            let of = if name_now == name { String::new() } else { format!("{name_now}: ") };
            for change in diff::changes(&settings(&before), &settings(&now)) {
                let line = self.opened.line(&name_now, &change.name).filter(|_| change.after.is_some());
                all.push(format!("{of}{change}{}", line.map_or_else(String::new, |line| format!(", {line}"))));
            }
        }
        for (file, now) in &self.data {
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
    fn reasons(&self, name: &str, fresh: bool) -> Vec<String> {
        if fresh {
            return vec!["nothing that is stored is used (--fresh)".into()];
        }
        let changes = self.changes(name);
        if !changes.is_empty() {
            return changes;
        }
        let known = self.memo.is_some_and(|memo| memo.trials.contains_key(name));
        let locked = self.lock.and_then(|lock| lock.experiments.get(name));
        vec![match locked {
            Some(locked) if locked.plan == lock::plan(self.notebook, name) => {
                "as in the lock, but not stored here".into()
            }
            Some(_) if !known => "not as in the lock".into(),
            _ if known => "not stored, or not whole".into(),
            _ => "not run yet".into(),
        }]
    }
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
