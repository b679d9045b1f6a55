//! Programs in a search that gives bad trials up: one cannot pause at a rung and go on later, so it runs on while it is judged by
//! the epochs that it has printed. Its record ends at the rung at which it was given up, however far it had come, so that the
//! record does not depend on who was quick.

use super::{Place, StudyRun};
use crate::plan::build::objective_metric;
use crate::plan::experiment::Prune;
use crate::plan::value::Value;
use crate::record::{Outcome, Run};
use crate::run::executor::Job;
use crate::search::prune::{Decision, decide, due};
use crate::stats::measure::epochs;
use crate::store::{Key, Store, key};

/// Epochs of a program up to which a run that was given up is looked for.
const MOST_EPOCHS: u32 = 10_000;

impl StudyRun<'_> {
    /// Whether trials are runs of a program.
    pub(super) fn runs_program(&self) -> bool {
        self.experiment.template.contains_key("run")
    }

    /// How many epochs a program trains, where the file says so.
    fn program_epochs(&self) -> Option<u32> {
        match self.experiment.template.get("epochs") {
            Some(Value::Number(x)) => Some(*x as u32),
            _ => None,
        }
    }

    /// What a program had printed when an earlier run gave it up.
    pub(super) fn given_up_earlier(&self, key: &Key, place: Place, prune: Prune, store: &Store) -> Option<Run> {
        let horizon = self.program_epochs().unwrap_or(u32::MAX);
        let rungs = (1..horizon.min(MOST_EPOCHS)).filter(|&epoch| due(&prune, horizon, place.trial, epoch));
        let found = rungs.filter_map(|rung| store.get(&key::given_up(key, rung))).last();
        found.map(|run| Run { repetition: place.repetition, ..run })
    }

    /// Judge a trial by all rungs that its programs have reached; whether anything has moved.
    pub(super) fn judge_program(&mut self, index: usize, prune: Prune, store: &Store, jobs: &mut Vec<Job>) -> bool {
        let slot = &self.slots[index];
        if slot.runs.iter().zip(&slot.partial).any(|(run, partial)| run.is_none() && partial.is_none()) {
            return false;
        }
        let horizon = self
            .program_epochs()
            .unwrap_or_else(|| slot.runs.iter().flatten().map(|run| epochs(run) as u32).max().unwrap_or(u32::MAX));
        let complete = slot.runs.iter().all(Option::is_some);
        self.curves[index] = self.curve(index);
        let (_, direction) = objective_metric(&self.experiment.objectives);
        let direction = self.experiment.objectives.first().map_or(direction, |o| o.direction);
        let own = self.curves[index].values.clone();
        let mut moved = false;
        while let Some(rung) = (self.slots[index].target + 1..horizon)
            .take_while(|&epoch| epoch as usize <= own.len())
            .find(|&epoch| due(&prune, horizon, index as u32, epoch))
        {
            match decide(&prune, horizon, direction, index as u32, &own[..rung as usize], &self.curves) {
                Decision::Wait(_) => return moved,
                Decision::Go => self.slots[index].target = rung,
                Decision::Stop => return self.give_up(index, rung, store),
            }
            moved = true;
        }
        if complete {
            return self.settle_one(index, None);
        }
        // What was stored of a trial that was given up earlier does not reach far enough now.
        for repetition in 0..self.experiment.seeds {
            let place = Place { trial: index as u32, repetition };
            let running = self.waiting.values().any(|places| places.contains(&place));
            if self.slots[index].runs[repetition as usize].is_none() && !running {
                self.slots[index].partial[repetition as usize] = None;
                self.launch(place, jobs);
            }
        }
        moved
    }

    fn launch(&mut self, place: Place, jobs: &mut Vec<Job>) {
        let draws = &self.slots[place.trial as usize].proposal.draws;
        if let Ok(task) = self.expander.task(draws, place.repetition, None) {
            let key = key::task(&task);
            self.waiting.entry(key).or_default().push(place);
            jobs.push(Job { key, task, live: true, cpus: self.experiment.cpus });
        }
    }

    /// End a program's trial at a rung; its tasks are no longer wanted.
    fn give_up(&mut self, index: usize, rung: u32, store: &Store) -> bool {
        self.waiting.retain(|_, places| {
            places.retain(|place| place.trial as usize != index);
            !places.is_empty()
        });
        for repetition in 0..self.experiment.seeds {
            let slot = &mut self.slots[index];
            let printed = slot.partial[repetition as usize].take();
            let Some(mut run) = slot.runs[repetition as usize].take().or(printed) else { continue };
            run.outcome = Outcome::Pruned;
            run.series.values_mut().for_each(|series| series.truncate(rung as usize));
            run.metrics = run.series.iter().filter_map(|(name, s)| Some((name.clone(), *s.last()?))).collect();
            if let Ok(task) = self.expander.task(&slot.proposal.draws, repetition, None) {
                // What cannot be stored is run again next time.
                let _ = store.put(&key::given_up(&key::task(&task), rung), &run);
            }
            self.arrive(Place { trial: index as u32, repetition }, run, false);
        }
        self.settle_one(index, Some(rung))
    }

    /// An epoch has ended. Only what a program prints is judged before its end: how often others tell is a matter of time.
    pub fn progress(&mut self, key: &Key, run: &Run) {
        if self.experiment.prune.is_none() || !self.runs_program() {
            return;
        }
        for place in self.waiting.get(key).into_iter().flatten() {
            if let Some(partial) = self.slots[place.trial as usize].partial.get_mut(place.repetition as usize) {
                *partial = Some(run.clone());
            }
        }
    }
}
