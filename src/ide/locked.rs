//! The results that a notebook's lock keeps.

use super::hints::{Results, Standing};
use crate::plan::notebook::Notebook;
use crate::record::lock::{self, Lock, LockedClaim};
use crate::report::name;
use crate::stats::interval::mean;

/// Results from a lock, beside the notebook that asks for them now.
pub struct LockResults<'a> {
    /// What came of the last run.
    pub lock: &'a Lock,
    /// The plan of the text as it stands; none while it has mistakes, and then nothing is current.
    pub notebook: Option<&'a Notebook>,
}

impl LockResults<'_> {
    fn current(&self, experiment: &str) -> bool {
        let Some(locked) = self.lock.experiments.get(experiment) else { return false };
        let sound = self.lock.numerics == crate::record::NUMERICS;
        sound && self.notebook.is_some_and(|notebook| lock::plan(notebook, experiment) == locked.plan)
    }
}

impl Results for LockResults<'_> {
    fn experiment(&self, name: &str) -> Option<Standing> {
        let locked = self.lock.experiments.get(name)?;
        let objective = self
            .notebook
            .and_then(|notebook| notebook.experiments.iter().find(|e| e.name == name))
            .and_then(|experiment| experiment.objectives.first())
            .map(|objective| objective.measure.to_string());
        let wanted = objective.as_deref().filter(|metric| locked.metrics.contains_key(*metric));
        let metric =
            wanted.or_else(|| ["dev.accuracy", "dev.loss"].into_iter().find(|m| locked.metrics.contains_key(*m)));
        let best = metric.and_then(|metric| {
            let value = mean(locked.metrics.get(metric)?);
            value.is_finite().then(|| format!("{metric} {}", name::number(value)))
        });
        let trials = locked.trials as usize;
        Some(Standing { best, stored: trials, total: None, current: self.current(name) })
    }

    fn best_setting(&self, experiment: &str, name: &str) -> Option<(String, bool)> {
        let setting = self.lock.experiments.get(experiment)?.settings.get(name)?;
        Some((name::setting(setting), self.current(experiment)))
    }

    fn claim(&self, text: &str) -> Option<(String, bool)> {
        let locked = self.lock.claims.get(text)?;
        let now = self.notebook.and_then(|notebook| lock::claims(notebook).find(|claim| claim.text == text));
        let current = now.is_some_and(|claim| {
            LockedClaim::of(claim, "").plan == locked.plan && claim.experiments().iter().all(|name| self.current(name))
        });
        Some((locked.outcome.clone(), current))
    }
}
