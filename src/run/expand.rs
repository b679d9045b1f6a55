//! A trial's draws put into its experiment's template: the tasks that a worker can do.

use std::collections::BTreeMap;
use std::path::Path;

use super::datasets::Datasets;
use crate::data;
use crate::plan::build::{self, BuildError};
use crate::plan::experiment::Experiment;
use crate::plan::resolve::{Bindings, ResolveError, Results};
use crate::plan::space::Draws;
use crate::plan::training::{Command, Observe, Phase, Precision, Task, Training};
use crate::plan::value::Value;
use crate::record::Setting;
use crate::search::space::shown;

/// Why a trial has no tasks.
#[derive(Debug, thiserror::Error)]
pub enum ExpandError {
    /// A number of another experiment is not there.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The settings of this trial do not fit.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The shapes of this trial's network do not fit.
    #[error("{0}")]
    Shape(String),
}

/// Makes the tasks of an experiment's trials.
pub struct Expander<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Where relative paths of the file begin.
    pub base: &'a Path,
    /// The data that it may use.
    pub datasets: &'a Datasets,
    /// What its records need beyond the ordinary.
    pub observe: &'a Observe,
    /// Numbers of the experiments before it.
    pub results: &'a Results<'a>,
}

impl Expander<'_> {
    /// The task of one repetition, training to `epochs` (all of them when absent).
    pub fn task(&self, draws: &Draws, repetition: u32, epochs: Option<u32>) -> Result<Task, ExpandError> {
        let plain = Bindings { draws, words: &[], results: self.results };
        let get = |key: &str| self.experiment.template.get(key).map(|v| v.resolve(&plain)).transpose();
        if let Some(run) = get("run")? {
            return self.command(&run, draws, repetition);
        }
        let data = get("data")?.ok_or_else(|| BuildError { place: "data".into(), reason: "is needed".into() })?;
        let pipeline = build::pipeline(&data)?.rooted(self.base);
        let facts = self.datasets.facts(&pipeline)?;
        let classes = facts.classes.as_ref().map_or(1, Vec::len) as f64;
        let words = [("classes", classes), ("features", facts.shape.size() as f64)];
        let bindings = Bindings { words: &words, ..plain };
        let get = |key: &str| self.experiment.template.get(key).map(|v| v.resolve(&bindings)).transpose();

        let network =
            get("network")?.ok_or_else(|| BuildError { place: "network".into(), reason: "is needed".into() })?;
        let layers = build::layers(&network)?;
        crate::nn::shape::infer(&layers, facts.shape).map_err(|e| ExpandError::Shape(e.to_string()))?;
        let horizon = match get("epochs")? {
            None => 20,
            Some(value) => build::whole("epochs", value.as_number()?, 1)? as u32,
        };
        let first = Phase {
            after: 0,
            optimizer: build::optimizer(&get("optimizer")?.unwrap_or(Value::Word("adam".into())))?,
            schedule: build::schedule(&get("schedule")?.unwrap_or(Value::Word("constant".into())))?,
            schedule_after: 0,
            batch: get("batch")?.map_or(Ok(Some(32)), |v| build::batch(&v))?,
            l2: build::optional("l2", get("l2")?.as_ref())?.unwrap_or(0.0),
            clip: build::optional("clip", get("clip")?.as_ref())?,
            dropout: None,
        };
        let mut phases = vec![first];
        for stage in &self.experiment.stages {
            let mut phase = phases[phases.len() - 1].clone();
            phase.after = stage.epoch.saturating_sub(1);
            for (key, value) in &stage.changes {
                build::change(&mut phase, key, &value.resolve(&bindings)?)?;
            }
            match phases.last_mut() {
                Some(last) if last.after == phase.after => *last = phase,
                _ => phases.push(phase),
            }
        }
        let (objective, direction) = build::objective_metric(&self.experiment.objectives);
        let mut observe = self.observe.clone();
        if objective.is_extra() && !observe.metrics.contains(&objective) {
            observe.metrics.push(objective);
            observe.metrics.sort();
        }
        Ok(Task::Train(Box::new(Training {
            loss: build::loss(get("loss")?.as_ref(), &layers, facts.mode)?,
            fingerprint: facts.fingerprint.clone(),
            input: facts.shape,
            data: pipeline,
            layers,
            phases,
            epochs: epochs.unwrap_or(horizon).min(horizon),
            horizon,
            objective,
            direction,
            patience: build::patience(get("early_stop")?.as_ref())?,
            restore_best: get("restore")?.is_some_and(|v| v.name() == "best"),
            precision: match get("precision")? {
                Some(word) if word.name() == "f64" => Precision::F64,
                _ => Precision::F32,
            },
            seed: self.experiment.seed,
            repetition,
            observe,
        })))
    }

    fn command(&self, run: &Value, draws: &Draws, repetition: u32) -> Result<Task, ExpandError> {
        let Some(Value::Text(line)) = run.arg("line") else {
            return Err(BuildError { place: "run".into(), reason: "needs the line of a command".into() }.into());
        };
        let mut filled = line.clone();
        for (name, setting) in self.settings(draws) {
            let text = match setting {
                Setting::Number(x) => x.to_string(),
                Setting::Label(label) => label,
            };
            filled = filled.replace(&format!("{{{name}}}"), &text);
        }
        for (key, value) in &self.experiment.template {
            let slot = format!("{{{key}}}");
            if filled.contains(&slot) {
                let plain = Bindings { draws, words: &[], results: self.results };
                let text = match value.resolve(&plain)? {
                    Value::Number(x) => x.to_string(),
                    Value::Text(text) | Value::Word(text) => text,
                    other => other.name().to_string(),
                };
                filled = filled.replace(&slot, &text);
            }
        }
        filled = filled.replace("{seed}", &(self.experiment.seed + u64::from(repetition)).to_string());
        let limit = match run.arg("limit") {
            Some(Value::Number(seconds)) => Some(*seconds),
            _ => None,
        };
        Ok(Task::Command(Command { line: filled, limit, repetition, seed: self.experiment.seed }))
    }

    /// What a person sees of a trial's draws.
    pub fn settings(&self, draws: &Draws) -> BTreeMap<String, Setting> {
        self.experiment
            .space
            .params
            .iter()
            .filter_map(|param| Some((param.name.clone(), shown(param, draws)?)))
            .collect()
    }
}
