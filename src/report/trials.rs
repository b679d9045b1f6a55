//! All runs as rows of a CSV, for other programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Outcome, Setting, Study};

/// A row a run: experiment, trial, repetition, outcome, epochs, parameters, then settings and metrics. Empty where there is none.
pub fn csv(studies: &BTreeMap<String, Study>) -> String {
    let trials = || studies.values().flat_map(|study| study.trials.iter().map(move |trial| (study, trial)));
    let settings: BTreeSet<&str> = trials().flat_map(|(_, t)| t.settings.keys().map(String::as_str)).collect();
    let metrics: BTreeSet<&str> =
        trials().flat_map(|(_, t)| &t.runs).flat_map(|run| run.metrics.keys().map(String::as_str)).collect();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    let fixed = ["experiment", "trial", "repetition", "outcome", "epochs", "parameters"];
    // Writing to memory does not fail.
    let _ = writer.write_record(fixed.iter().chain(&settings).chain(&metrics));
    for (study, trial) in trials() {
        for run in &trial.runs {
            let outcome = match run.outcome {
                Outcome::Finished => "finished",
                Outcome::Stopped => "stopped",
                Outcome::Pruned => "pruned",
                Outcome::Diverged => "diverged",
                Outcome::Failed(_) => "failed",
            };
            let mut row = vec![
                study.experiment.clone(),
                trial.index.to_string(),
                run.repetition.to_string(),
                outcome.to_string(),
                crate::stats::measure::epochs(run).to_string(),
                run.parameters.to_string(),
            ];
            row.extend(settings.iter().map(|name| match trial.settings.get(*name) {
                Some(Setting::Number(x)) => x.to_string(),
                Some(Setting::Label(label)) => label.clone(),
                None => String::new(),
            }));
            row.extend(metrics.iter().map(|name| run.metrics.get(*name).map(f64::to_string).unwrap_or_default()));
            let _ = writer.write_record(&row);
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
