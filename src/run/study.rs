//! One experiment under way: asks the search for trials, hands out what is not stored, and settles trials as their runs come in.
//!
//! Everything that is decided here follows from the records of trials with lower indices, never from the order in which runs end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::executor::Job;
use super::expand::Expander;
use crate::plan::build::objective_metric;
use crate::plan::experiment::Experiment;
use crate::plan::training::Task;
use crate::record::{Outcome, Run, Setting, Study, Trial};
use crate::search::prune::{Curve, due};
use crate::search::{Proposal, SearchError, Searcher, Told};
use crate::stats::select::ranked;
use crate::store::{Key, Store, key, merge};

mod judge;
mod program;

/// Candidates that are trained again on fresh seeds.
const CANDIDATES: usize = 3;

/// A repetition of a trial; those beyond the experiment's seeds confirm it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Index of the trial.
    pub trial: u32,
    /// Which repetition.
    pub repetition: u32,
}

/// A run that has come in, for those who watch.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Whose it is.
    pub place: Place,
    /// What the trial drew.
    pub settings: BTreeMap<String, Setting>,
    /// What came of it.
    pub run: Run,
    /// Whether it was stored already.
    pub stored: bool,
}

/// A run that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose it is.
    pub place: Place,
    /// What it is stored under.
    pub key: Key,
    /// What is to be done.
    pub task: Task,
    /// Whether it is stored.
    pub stored: bool,
}

struct Slot {
    proposal: Proposal,
    settings: BTreeMap<String, Setting>,
    /// Epochs of a whole training, and those that it is trained to now.
    horizon: u32,
    target: u32,
    runs: Vec<Option<Run>>,
    /// What programs that are still running have printed so far.
    partial: Vec<Option<Run>>,
}

impl Slot {
    fn into_trial(self, index: usize) -> Trial {
        Trial {
            index: index as u32,
            draws: self.proposal.draws,
            settings: self.settings,
            round: self.proposal.round,
            runs: self.runs.into_iter().flatten().collect(),
        }
    }
}

/// An experiment under way.
pub struct StudyRun<'a> {
    experiment: &'a Experiment,
    expander: Expander<'a>,
    searcher: Searcher,
    slots: Vec<Slot>,
    told: Vec<Told>,
    /// The objective over the epochs, mean over the repetitions.
    curves: Vec<Curve>,
    /// Trials that are not settled.
    open: BTreeSet<usize>,
    /// Those of which a run has come in since they were last looked at.
    arrived: Vec<usize>,
    /// Candidates on fresh seeds: the trial, and its runs.
    confirmed: Vec<(usize, Vec<Option<Run>>)>,
    waiting: HashMap<Key, Vec<Place>>,
    /// Places whose run came in without all that is recorded of it.
    again: Vec<(Place, Option<u32>)>,
    arrivals: Vec<Arrival>,
    exhausted: bool,
    closed: bool,
    fresh: bool,
    live: bool,
    kept: Kept,
}

/// What is kept of the runs that are asked for and come in.
enum Kept {
    /// What has come in.
    Arrivals,
    /// Every run that was asked for; there are no jobs.
    Asked(Vec<Asked>),
    /// What the trials have; there are no jobs.
    Trials,
}

impl<'a> StudyRun<'a> {
    /// An experiment with nothing done; `fresh` looks up nothing in the store.
    pub fn new(experiment: &'a Experiment, expander: Expander<'a>, fresh: bool) -> Result<Self, SearchError> {
        Ok(StudyRun::by(experiment, expander, Searcher::new(experiment)?, fresh))
    }

    /// The same with trials that another search proposes.
    pub fn by(experiment: &'a Experiment, expander: Expander<'a>, searcher: Searcher, fresh: bool) -> Self {
        let live = searcher.total() == 1;
        StudyRun {
            experiment,
            expander,
            searcher,
            slots: Vec::new(),
            told: Vec::new(),
            curves: Vec::new(),
            open: BTreeSet::new(),
            arrived: Vec::new(),
            confirmed: Vec::new(),
            waiting: HashMap::new(),
            again: Vec::new(),
            arrivals: Vec::new(),
            exhausted: false,
            closed: false,
            fresh,
            live,
            kept: Kept::Arrivals,
        }
    }

    /// Only see what is stored: nothing is to be trained. Every run that is asked for is kept for [`StudyRun::asked`] if it is wanted.
    pub fn only_look(&mut self, asked: bool) {
        self.kept = if asked { Kept::Asked(Vec::new()) } else { Kept::Trials };
    }

    /// Every run that was asked for, also the shorter ones that a search looked at first.
    pub fn asked(&mut self) -> Vec<Asked> {
        match &mut self.kept {
            Kept::Asked(asked) => std::mem::take(asked),
            Kept::Arrivals | Kept::Trials => Vec::new(),
        }
    }

    /// The experiment.
    pub fn experiment(&self) -> &'a Experiment {
        self.experiment
    }

    /// Trials in all, as far as it is known.
    pub fn total(&self) -> u32 {
        if self.exhausted { self.slots.len() as u32 } else { self.searcher.total() }
    }

    /// Trials that are settled.
    pub fn settled(&self) -> u32 {
        (self.slots.len() - self.open.len()) as u32
    }

    /// Whether every trial is settled.
    pub fn finished(&self) -> bool {
        self.searched()
            && (self.experiment.confirm.is_none() || self.slots.is_empty() || !self.confirmed.is_empty())
            && self.confirmed.iter().all(|(_, runs)| runs.iter().all(Option::is_some))
    }

    /// Whether the search has come to its end.
    fn searched(&self) -> bool {
        (self.exhausted || self.closed) && self.open.is_empty()
    }

    /// Whether the search has no more trials to propose.
    pub fn exhausted(&self) -> bool {
        self.exhausted || self.closed
    }

    /// Propose no more trials (the budget is used up).
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The keys that it waits for.
    pub fn wanted(&self) -> impl Iterator<Item = &Key> {
        self.waiting.keys()
    }

    /// What has come in since the last call.
    pub fn arrivals(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals)
    }

    /// Go as far as stored results allow; the jobs that are needed to go on.
    ///
    /// # Errors
    /// When the search finds no point that its constraints allow.
    pub fn advance(&mut self, store: &Store) -> Result<Vec<Job>, SearchError> {
        let mut jobs = Vec::new();
        for (place, epochs) in std::mem::take(&mut self.again) {
            self.ask(place, epochs, store, &mut jobs);
        }
        loop {
            let mut moved = false;
            while self.propose()? {
                self.request(self.slots.len() - 1, store, &mut jobs);
                moved = true;
            }
            moved |= self.settle(store, &mut jobs);
            if self.searched() && self.confirmed.is_empty() {
                self.confirm(store, &mut jobs);
            }
            if !moved {
                return Ok(jobs);
            }
        }
    }

    fn propose(&mut self) -> Result<bool, SearchError> {
        let index = self.slots.len() as u32;
        if self.exhausted || self.closed {
            return Ok(false);
        }
        let horizon = self.searcher.horizon(index) as usize;
        if self.open.first().is_some_and(|&first| first < horizon) {
            return Ok(false);
        }
        let Some(proposal) = self.searcher.propose(index, &self.told)? else {
            self.exhausted = true;
            return Ok(false);
        };
        self.curves.push(Curve::default());
        self.told.push(Told { draws: proposal.draws.clone(), values: None, pruned: None });
        self.slots.push(Slot {
            settings: self.expander.settings(&proposal.draws),
            proposal,
            horizon: 0,
            target: 0,
            runs: vec![None; self.experiment.seeds as usize],
            partial: vec![None; self.experiment.seeds as usize],
        });
        self.open.insert(index as usize);
        Ok(true)
    }

    /// Look up or ask for all repetitions of a trial, to its next rung.
    fn request(&mut self, index: usize, store: &Store, jobs: &mut Vec<Job>) {
        if self.experiment.prune.is_some() && self.slots[index].horizon == 0 {
            let whole = self.expander.task(&self.slots[index].proposal.draws, 0, None);
            let Ok(Task::Train(training)) = whole else { return self.request_to(index, None, store, jobs) };
            self.slots[index].horizon = training.horizon;
        }
        let epochs = self.experiment.prune.map(|prune| {
            let Slot { horizon, target, .. } = self.slots[index];
            (target + 1..horizon).find(|&epoch| due(&prune, horizon, index as u32, epoch)).unwrap_or(horizon)
        });
        self.slots[index].target = epochs.unwrap_or(0);
        self.request_to(index, epochs, store, jobs);
    }

    fn request_to(&mut self, index: usize, epochs: Option<u32>, store: &Store, jobs: &mut Vec<Job>) {
        for repetition in 0..self.experiment.seeds {
            if self.slots[index].runs[repetition as usize].as_ref().is_some_and(over) {
                continue;
            }
            self.slots[index].runs[repetition as usize] = None;
            self.ask(Place { trial: index as u32, repetition }, epochs, store, jobs);
        }
    }

    /// Look up or ask for one repetition of a trial.
    fn ask(&mut self, place: Place, epochs: Option<u32>, store: &Store, jobs: &mut Vec<Job>) {
        let draws = &self.slots[place.trial as usize].proposal.draws;
        let task = match self.expander.task(draws, place.repetition, epochs) {
            Err(error) => return self.arrive(place, failed(place.repetition, error.to_string()), false),
            Ok(task) => task,
        };
        let key = key::task(&task);
        let stored = match &task {
            _ if self.fresh => None,
            Task::Train(training) => store.fetch(&key, training),
            Task::Command(_) => store.get(&key),
        };
        if let (None, Task::Command(_), Some(prune)) = (&stored, &task, self.experiment.prune)
            && !self.fresh
            && let Some(run) = self.given_up_earlier(&key, place, prune, store)
        {
            self.slots[place.trial as usize].partial[place.repetition as usize] = Some(run);
            return;
        }
        let asked = |kept: &mut Kept, task, stored| {
            if let Kept::Asked(asked) = kept {
                asked.push(Asked { place, key, task, stored });
            }
        };
        if let Some(run) = stored {
            let run = Run { repetition: place.repetition, ..run };
            asked(&mut self.kept, task, true);
            return self.arrive(place, run, true);
        }
        let waiting = self.waiting.entry(key).or_default();
        if !matches!(self.kept, Kept::Arrivals) {
            asked(&mut self.kept, task, false);
        } else if waiting.is_empty() {
            let live = self.live || (self.experiment.prune.is_some() && matches!(task, Task::Command(_)));
            jobs.push(Job { key, task, live, cpus: self.experiment.cpus });
        }
        waiting.push(place);
    }

    /// Train the best candidates on seeds that the search has not seen.
    fn confirm(&mut self, store: &Store, jobs: &mut Vec<Job>) {
        let Some(seeds) = self.experiment.confirm else { return };
        let study = self.study();
        let trials: Vec<&Trial> = study.trials.iter().collect();
        let candidates: Vec<usize> =
            ranked(&study, &trials).iter().take(CANDIDATES).map(|trial| trial.index as usize).collect();
        self.confirmed = candidates.iter().map(|&trial| (trial, vec![None; seeds as usize])).collect();
        for trial in candidates {
            for fresh in 0..seeds {
                let place = Place { trial: trial as u32, repetition: self.experiment.seeds + fresh };
                self.ask(place, None, store, jobs);
            }
        }
    }

    /// A run has come in: whether this experiment was waiting for it. One that another experiment asked for, and that lacks what
    /// this one records, is asked for again.
    pub fn deliver(&mut self, key: &Key, run: &Run) -> bool {
        let Some(places) = self.waiting.remove(key) else { return false };
        let mut run = run.clone();
        if !self.runs_program() {
            // As it will be when it comes from the store.
            merge::narrow_to(&mut run, self.expander.observe, objective_metric(&self.experiment.objectives).0);
        }
        for place in places {
            let mut run = Run { repetition: place.repetition, ..run.clone() };
            let slot = &self.slots[place.trial as usize];
            let epochs = (slot.target > 0 && place.repetition < self.experiment.seeds).then_some(slot.target);
            if let Ok(Task::Train(training)) = self.expander.task(&slot.proposal.draws, place.repetition, epochs) {
                if !merge::complete(&run, &training) {
                    self.again.push((place, epochs));
                    continue;
                }
                merge::narrow(&mut run, &training);
            }
            self.arrive(place, run, false);
        }
        true
    }

    /// A task could not be done.
    pub fn deliver_failure(&mut self, key: &Key, message: &str) -> bool {
        let Some(places) = self.waiting.remove(key) else { return false };
        for place in places {
            self.arrive(place, failed(place.repetition, message.to_string()), false);
        }
        true
    }

    /// The job of a key that is waited for.
    pub fn job(&self, key: &Key) -> Option<Job> {
        let place = self.place(key)?;
        let slot = &self.slots[place.trial as usize];
        let rung = self.experiment.prune.is_some() && place.repetition < self.experiment.seeds;
        let epochs = (rung && slot.target > 0).then_some(slot.target);
        let task = self.expander.task(&slot.proposal.draws, place.repetition, epochs).ok()?;
        Some(Job { key: *key, task, live: self.live, cpus: self.experiment.cpus })
    }

    /// Where the run of a key belongs (the first place).
    pub fn place(&self, key: &Key) -> Option<Place> {
        self.waiting.get(key).and_then(|places| places.first()).copied()
    }

    fn arrive(&mut self, place: Place, run: Run, stored: bool) {
        if matches!(self.kept, Kept::Arrivals) {
            let settings = self.slots[place.trial as usize].settings.clone();
            self.arrivals.push(Arrival { place, settings, run: run.clone(), stored });
        }
        let fresh = place.repetition.checked_sub(self.experiment.seeds);
        match fresh {
            None => {
                self.slots[place.trial as usize].runs[place.repetition as usize] = Some(run);
                self.arrived.push(place.trial as usize);
            }
            Some(fresh) => {
                let candidates = self.confirmed.iter_mut().filter(|(trial, _)| *trial == place.trial as usize);
                candidates.for_each(|(_, runs)| runs[fresh as usize] = Some(run.clone()));
            }
        }
    }

    /// What is known now: trials with at least one run.
    pub fn study(&self) -> Study {
        Study {
            experiment: self.experiment.name.clone(),
            space: self.experiment.space.clone(),
            objectives: self.experiment.objectives.clone(),
            search: self.searcher.name().to_string(),
            rounds: self.searcher.rounds(&self.told),
            trials: self
                .slots
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.runs.iter().any(Option::is_some))
                .map(|(index, _)| self.trial(index))
                .collect(),
            confirmed: self
                .confirmed
                .iter()
                .map(|(index, runs)| Trial { runs: runs.iter().flatten().cloned().collect(), ..self.trial(*index) })
                .collect(),
        }
    }

    /// All trials that are proposed, those without a run too.
    pub fn into_proposed(mut self) -> Study {
        let slots = std::mem::take(&mut self.slots);
        let confirmed = std::mem::take(&mut self.confirmed);
        let mut study = self.study();
        study.trials = slots.into_iter().enumerate().map(|(index, slot)| slot.into_trial(index)).collect();
        let confirm = |(index, runs): (usize, Vec<Option<Run>>)| Trial {
            runs: runs.into_iter().flatten().collect(),
            ..study.trials[index].clone()
        };
        study.confirmed = confirmed.into_iter().map(confirm).collect();
        study
    }

    fn trial(&self, index: usize) -> Trial {
        let slot = &self.slots[index];
        Trial {
            index: index as u32,
            draws: slot.proposal.draws.clone(),
            settings: slot.settings.clone(),
            round: slot.proposal.round,
            runs: slot.runs.iter().flatten().cloned().collect(),
        }
    }
}

/// Whether more epochs change nothing.
fn over(run: &Run) -> bool {
    matches!(run.outcome, Outcome::Stopped | Outcome::Diverged | Outcome::Failed(_))
}

fn failed(repetition: u32, message: String) -> Run {
    Run::empty(String::new(), repetition, Outcome::Failed(message))
}
