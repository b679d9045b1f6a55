//! All runs as rows of a table, for other programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Outcome, Setting, Study};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// There is none.
    None,
}

impl Field {
    /// As a CSV and a column of mixed kinds have it.
    pub fn text(&self) -> String {
        match self {
            Field::Text(text) => text.clone(),
            Field::Whole(n) => n.to_string(),
            Field::Number(x) => x.to_string(),
            Field::None => String::new(),
        }
    }
}

/// A row a run: experiment, trial, repetition, outcome, epochs, parameters, then settings and metrics.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Names of the columns, no two of them alike.
    pub header: Vec<String>,
    /// As many fields as columns.
    pub rows: Vec<Vec<Field>>,
}

/// The columns that are always there.
const FIXED: [&str; 6] = ["experiment", "trial", "repetition", "outcome", "epochs", "parameters"];

/// All runs of all trials.
pub fn sheet(studies: &BTreeMap<String, Study>) -> Sheet {
    let trials = || studies.values().flat_map(|study| study.trials.iter().map(move |trial| (study, trial)));
    let settings: BTreeSet<&str> = trials().flat_map(|(_, t)| t.settings.keys().map(String::as_str)).collect();
    let metrics: BTreeSet<&str> =
        trials().flat_map(|(_, t)| &t.runs).flat_map(|run| run.metrics.keys().map(String::as_str)).collect();
    // `epochs` may be both what was asked for and what was trained.
    let setting = |name: &&str| if FIXED.contains(name) { format!("setting.{name}") } else { (*name).to_string() };
    let header = FIXED.iter().map(|name| (*name).to_string());
    let header = header.chain(settings.iter().map(setting)).chain(metrics.iter().map(|name| (*name).to_string()));
    let mut rows = Vec::new();
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
                Field::Text(study.experiment.clone()),
                Field::Whole(trial.index.into()),
                Field::Whole(run.repetition.into()),
                Field::Text(outcome.into()),
                Field::Whole(crate::stats::measure::epochs(run) as i64),
                Field::Whole(run.parameters as i64),
            ];
            row.extend(settings.iter().map(|name| match trial.settings.get(*name) {
                Some(Setting::Number(x)) => Field::Number(*x),
                Some(Setting::Label(label)) => Field::Text(label.clone()),
                None => Field::None,
            }));
            row.extend(metrics.iter().map(|name| run.metrics.get(*name).map_or(Field::None, |&x| Field::Number(x))));
            rows.push(row);
        }
    }
    Sheet { header: header.collect(), rows }
}

/// The same as a CSV; empty where there is no value.
pub fn csv(studies: &BTreeMap<String, Study>) -> String {
    let Sheet { header, rows } = sheet(studies);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(&header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(Field::text));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
