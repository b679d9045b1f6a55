//! Trials settled: when all their runs are in, or at the rung at which a search gives a bad one up.

use super::{StudyRun, over};
use crate::plan::build::objective_metric;
use crate::plan::experiment::Prune;
use crate::record::{Outcome, Run};
use crate::run::executor::Job;
use crate::search::Told;
use crate::search::prune::{Curve, Decision, decide};
use crate::stats::measure::measure;
use crate::store::Store;

impl StudyRun<'_> {
    /// Settle what can be settled; whether anything has moved.
    pub(super) fn settle(&mut self, store: &Store, jobs: &mut Vec<Job>) -> bool {
        let mut moved = false;
        let arrived = std::mem::take(&mut self.arrived);
        // At a rung one trial waits for others.
        let looked: Vec<usize> =
            if self.experiment.prune.is_some() { self.open.iter().copied().collect() } else { arrived };
        for index in looked {
            if !self.open.contains(&index) {
                continue;
            }
            moved |= match self.experiment.prune {
                Some(prune) if self.runs_program() => self.judge_program(index, prune, store, jobs),
                _ if self.slots[index].runs.iter().any(Option::is_none) => false,
                Some(prune) if self.slots[index].horizon > 0 => self.judge_training(index, prune, store, jobs),
                _ => self.settle_one(index, None),
            };
        }
        moved
    }

    /// A training stands at a rung: it ends, goes on to the next one, or waits for others to come as far.
    fn judge_training(&mut self, index: usize, prune: Prune, store: &Store, jobs: &mut Vec<Job>) -> bool {
        self.curves[index] = self.curve(index);
        let slot = &self.slots[index];
        if slot.target >= slot.horizon || slot.runs.iter().flatten().any(over) {
            return self.settle_one(index, None);
        }
        let (_, direction) = objective_metric(&self.experiment.objectives);
        let own = &self.curves[index].values;
        match decide(&prune, slot.horizon, direction, index as u32, own, &self.curves) {
            Decision::Wait(_) => false,
            Decision::Go => {
                self.request(index, store, jobs);
                true
            }
            Decision::Stop => {
                let rung = own.len() as u32;
                for run in self.slots[index].runs.iter_mut().flatten() {
                    run.outcome = Outcome::Pruned;
                }
                self.settle_one(index, Some(rung))
            }
        }
    }

    /// The objective of a trial over its epochs so far, mean over the repetitions.
    pub(super) fn curve(&self, index: usize) -> Curve {
        let slot = &self.slots[index];
        let runs: Vec<&Run> =
            slot.runs.iter().zip(&slot.partial).filter_map(|(r, p)| r.as_ref().or(p.as_ref())).collect();
        let (metric, _) = objective_metric(&self.experiment.objectives);
        let name = metric.to_string();
        let series: Vec<&[f64]> = runs.iter().map(|run| run.series.get(&name).map_or(&[][..], Vec::as_slice)).collect();
        let epochs = series.iter().map(|s| s.len()).min().unwrap_or(0);
        let mean = |epoch: usize| series.iter().map(|s| s[epoch]).sum::<f64>() / series.len() as f64;
        Curve { values: (0..epochs).map(mean).collect(), ended: false }
    }

    /// Nothing more comes of a trial, which was given up at the rung `pruned` if there is one: the search is told. Always true: this
    /// is a move.
    pub(super) fn settle_one(&mut self, index: usize, pruned: Option<u32>) -> bool {
        self.open.remove(&index);
        self.curves[index].ended = true;
        let trial = self.trial(index);
        self.told[index] = Told {
            values: self.experiment.objectives.iter().map(|o| Some(measure(&trial, &o.measure)?.value)).collect(),
            draws: trial.draws,
            pruned,
        };
        true
    }
}
