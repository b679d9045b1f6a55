//! One experiment under way: asks the search for trials, hands out what is not stored, and settles trials as their runs come in.
//!
//! Everything that is decided here follows from the records of trials with lower indices, never from the order in which runs end.

use std::collections::{BTreeMap, HashMap};

use super::executor::Job;
use super::expand::Expander;
use crate::plan::build::objective_metric;
use crate::plan::experiment::Experiment;
use crate::plan::training::Task;
use crate::record::{Outcome, Run, Setting, Study, Trial};
use crate::search::prune::{Curve, Decision, decide, due};
use crate::search::{Proposal, SearchError, Searcher, Told};
use crate::stats::measure::measure;
use crate::store::{Key, Store, key};

/// A repetition of a trial.
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
    /// What came of it.
    pub run: Run,
    /// Whether it was stored already.
    pub stored: bool,
}

struct Slot {
    proposal: Proposal,
    settings: BTreeMap<String, Setting>,
    /// Epochs of a whole training, and those that it is trained to now.
    horizon: u32,
    target: u32,
    runs: Vec<Option<Run>>,
    settled: bool,
    pruned: Option<u32>,
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
    /// All trials before it are settled.
    open: usize,
    waiting: HashMap<Key, Vec<(Place, Task)>>,
    arrivals: Vec<Arrival>,
    exhausted: bool,
    closed: bool,
    fresh: bool,
    live: bool,
}

impl<'a> StudyRun<'a> {
    /// An experiment with nothing done; `fresh` looks up nothing in the store.
    pub fn new(experiment: &'a Experiment, expander: Expander<'a>, fresh: bool) -> Result<Self, SearchError> {
        let searcher = Searcher::new(experiment)?;
        let live = searcher.total() == 1;
        Ok(StudyRun {
            experiment,
            expander,
            searcher,
            slots: Vec::new(),
            told: Vec::new(),
            curves: Vec::new(),
            open: 0,
            waiting: HashMap::new(),
            arrivals: Vec::new(),
            exhausted: false,
            closed: false,
            fresh,
            live,
        })
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
        self.slots.iter().filter(|s| s.settled).count() as u32
    }

    /// Whether every trial is settled.
    pub fn finished(&self) -> bool {
        (self.exhausted || self.closed) && self.slots.iter().all(|s| s.settled)
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
        loop {
            let mut moved = false;
            while self.propose()? {
                self.request(self.slots.len() - 1, store, &mut jobs);
                moved = true;
            }
            moved |= self.settle(store, &mut jobs);
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
        if self.slots.iter().take(horizon).any(|slot| !slot.settled) {
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
            settled: false,
            pruned: None,
        });
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
            let place = Place { trial: index as u32, repetition };
            if self.slots[index].runs[repetition as usize].as_ref().is_some_and(|run| over(run)) {
                continue;
            }
            let draws = &self.slots[index].proposal.draws;
            match self.expander.task(draws, repetition, epochs) {
                Err(error) => self.arrive(place, failed(repetition, error.to_string()), false),
                Ok(task) => {
                    let key = key::task(&task);
                    let stored = match &task {
                        _ if self.fresh => None,
                        Task::Train(training) => store.fetch(training),
                        Task::Command(_) => store.get(&key),
                    };
                    match stored {
                        Some(run) => self.arrive(place, run, true),
                        None => {
                            let waiting = self.waiting.entry(key).or_default();
                            if waiting.is_empty() {
                                jobs.push(Job { key, task: task.clone(), live: self.live });
                            }
                            waiting.push((place, task));
                            self.slots[index].runs[repetition as usize] = None;
                        }
                    }
                }
            }
        }
    }

    /// A run has come in: whether this experiment was waiting for it.
    pub fn deliver(&mut self, key: &Key, run: &Run) -> bool {
        let Some(places) = self.waiting.remove(key) else { return false };
        for (place, _) in places {
            let run = Run { repetition: place.repetition, ..run.clone() };
            self.arrive(place, run, false);
        }
        true
    }

    /// A task could not be done.
    pub fn deliver_failure(&mut self, key: &Key, message: &str) -> bool {
        let Some(places) = self.waiting.remove(key) else { return false };
        for (place, _) in places {
            self.arrive(place, failed(place.repetition, message.to_string()), false);
        }
        true
    }

    /// Where the run of a key belongs (the first place).
    pub fn place(&self, key: &Key) -> Option<Place> {
        self.waiting.get(key).and_then(|places| places.first()).map(|(place, _)| *place)
    }

    fn arrive(&mut self, place: Place, run: Run, stored: bool) {
        self.arrivals.push(Arrival { place, run: run.clone(), stored });
        self.slots[place.trial as usize].runs[place.repetition as usize] = Some(run);
    }

    /// Settle the trials whose runs are all in, rung by rung.
    fn settle(&mut self, store: &Store, jobs: &mut Vec<Job>) -> bool {
        let mut moved = false;
        for index in self.open..self.slots.len() {
            let slot = &self.slots[index];
            if slot.settled || slot.runs.iter().any(Option::is_none) {
                continue;
            }
            let Some(prune) = self.experiment.prune else {
                self.settle_one(index);
                moved = true;
                continue;
            };
            self.curves[index] = self.curve(index);
            let ended = slot.target >= slot.horizon || slot.runs.iter().flatten().any(over);
            let (_, direction) = objective_metric(&self.experiment.objectives);
            let own = &self.curves[index].values;
            let decision = if ended {
                None
            } else {
                Some(decide(&prune, slot.horizon, direction, index as u32, own, &self.curves))
            };
            match decision {
                Some(Decision::Wait(_)) => continue,
                Some(Decision::Go) => self.request(index, store, jobs),
                Some(Decision::Stop) => {
                    self.slots[index].pruned = Some(own.len() as u32);
                    for run in self.slots[index].runs.iter_mut().flatten() {
                        run.outcome = Outcome::Pruned;
                    }
                    self.settle_one(index);
                }
                None => self.settle_one(index),
            }
            moved = true;
        }
        while self.slots.get(self.open).is_some_and(|slot| slot.settled) {
            self.open += 1;
        }
        moved
    }

    fn curve(&self, index: usize) -> Curve {
        let runs: Vec<&Run> = self.slots[index].runs.iter().flatten().collect();
        let (metric, _) = objective_metric(&self.experiment.objectives);
        let name = metric.to_string();
        let series: Vec<&[f64]> = runs.iter().map(|run| run.series.get(&name).map_or(&[][..], Vec::as_slice)).collect();
        let epochs = series.iter().map(|s| s.len()).min().unwrap_or(0);
        let mean = |epoch: usize| series.iter().map(|s| s[epoch]).sum::<f64>() / series.len() as f64;
        Curve { values: (0..epochs).map(mean).collect(), ended: false }
    }

    fn settle_one(&mut self, index: usize) {
        self.slots[index].settled = true;
        self.curves[index].ended = true;
        let trial = self.trial(index);
        self.told[index] = Told {
            values: self.experiment.objectives.iter().map(|o| Some(measure(&trial, &o.measure)?.value)).collect(),
            draws: trial.draws,
            pruned: self.slots[index].pruned,
        };
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
        }
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
