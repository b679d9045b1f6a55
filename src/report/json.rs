//! Results as lines of JSON for other programs. The schema is described in `docs/json.md`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Results;
use super::claim;
use crate::plan::notebook::{Item, Notebook};
use crate::record::{Outcome, Setting, Trial};
use crate::stats::measure;
use crate::stats::select;

/// A line an experiment, a line a trial, a line a claim.
pub fn lines(file: &str, notebook: &Notebook, results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, study) in &results.studies {
        let best = select::best(study).map(|trial| trial.index);
        lines.push(json!({
            "kind": "experiment", "file": file, "name": name, "search": study.search,
            "trials": study.trials.len(), "best": best,
        }));
        for trial in &study.trials {
            lines.push(row(file, name, trial, &study.objectives.iter().map(|o| &o.measure).collect::<Vec<_>>()));
        }
    }
    for (place, item) in notebook.items.iter().enumerate() {
        if let (Item::Claim(stated), Some(verdict)) = (item, results.verdicts.get(&place)) {
            lines.push(json!({
                "kind": "claim", "file": file, "text": stated.text, "outcome": claim::word(verdict),
                "details": claim::details(verdict),
            }));
        }
    }
    lines.iter().map(Value::to_string).collect()
}

/// What a trial drew.
pub fn settings(settings: &BTreeMap<String, Setting>) -> Value {
    let value = |setting: &Setting| match setting {
        Setting::Number(x) => json!(x),
        Setting::Label(label) => json!(label),
    };
    settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect()
}

/// A line for a worker that was lost with a run, which is sent again: the attempt that is lost, from 1, and how.
pub fn lost(file: &str, experiment: &str, trial: u32, repetition: u32, attempt: u32, why: &str) -> String {
    json!({
        "kind": "lost", "file": file, "experiment": experiment, "index": trial, "repetition": repetition,
        "attempt": attempt, "why": why,
    })
    .to_string()
}

fn row(file: &str, experiment: &str, trial: &Trial, objectives: &[&crate::plan::metric::Measure]) -> Value {
    let runs: Vec<Value> = trial
        .runs
        .iter()
        .map(|run| {
            let (outcome, why) = match &run.outcome {
                Outcome::Finished => ("finished", None),
                Outcome::Stopped => ("stopped", None),
                Outcome::Pruned => ("pruned", None),
                Outcome::Diverged => ("diverged", None),
                Outcome::Failed(why) => ("failed", Some(why)),
            };
            json!({
                "repetition": run.repetition, "outcome": outcome, "why": why, "epochs": measure::epochs(run),
                "parameters": run.parameters, "metrics": run.metrics,
            })
        })
        .collect();
    let values: Vec<Option<f64>> = objectives.iter().map(|o| Some(measure::measure(trial, o)?.value)).collect();
    json!({
        "kind": "trial", "file": file, "experiment": experiment, "index": trial.index, "round": trial.round,
        "settings": settings(&trial.settings), "objectives": values, "runs": runs,
    })
}
