//! From what happens in a run to what the live page is told.

use std::collections::{BTreeMap, HashMap};

use super::live::{self, Problem, Row};
use crate::diagnostic::{self, Diagnostic, Style};
use crate::plan::experiment::Experiment;
use crate::plan::value::Value;
use crate::record::{Outcome, Run, Trial};
use crate::report::name;
use crate::run;
use crate::run::study::{Arrival, Place};
use crate::source::Sources;
use crate::stats::measure::measure;

/// Columns of a message that a page shows.
const WIDTH: usize = 100;

/// Makes the events of one run of a notebook.
#[derive(Debug, Default)]
pub struct Teller {
    /// How many epochs of a training were told.
    told: HashMap<(String, Place), usize>,
    /// How far each experiment is.
    progress: BTreeMap<String, live::Event>,
}

impl Teller {
    /// What the page is told of something that happened.
    pub fn events(&mut self, event: &run::Event<'_>) -> Vec<live::Event> {
        match event {
            run::Event::Planned { kept, cancelled, queued } => {
                let [kept, cancelled, queued] = [kept, cancelled, queued].map(|n| *n as u32);
                // What was known of an earlier run goes; experiments of this one may have begun before it was counted what there is to do.
                let mut events = vec![live::Event::Started { kept, cancelled, queued }];
                events.extend(self.progress.values().cloned());
                events
            }
            run::Event::Started { experiment, trials } => {
                vec![self.progress(experiment, 0, *trials)]
            }
            run::Event::Arrived { experiment, arrival, settled, trials } => {
                let mut events = vec![self.progress(experiment, *settled, *trials)];
                if !arrival.stored {
                    events.push(live::Event::Trial {
                        experiment: experiment.name.clone(),
                        row: row(experiment, arrival),
                    });
                }
                events
            }
            run::Event::Epoch { experiment, place, run } => self.epochs(experiment, *place, run),
            run::Event::Finished { experiment, study, .. } => {
                let trials = study.trials.len() as u32;
                vec![self.progress(experiment, trials, trials)]
            }
            run::Event::Lost { .. } | run::Event::Warning(_) => Vec::new(),
        }
    }

    fn progress(&mut self, experiment: &Experiment, done: u32, total: u32) -> live::Event {
        let event = live::Event::Progress { experiment: experiment.name.clone(), done, total, left: None };
        self.progress.insert(experiment.name.clone(), event.clone());
        event
    }

    /// The epochs of a training since it was heard of last.
    fn epochs(&mut self, experiment: &Experiment, place: Place, run: &Run) -> Vec<live::Event> {
        let done = run.series.values().map(Vec::len).max().unwrap_or(0);
        let told = self.told.entry((experiment.name.clone(), place)).or_default();
        let from = (*told).min(done);
        *told = done;
        let values = |epoch: usize| -> BTreeMap<String, f64> {
            run.series.iter().filter_map(|(name, s)| Some((name.clone(), *s.get(epoch)?))).collect()
        };
        (from..done)
            .map(|epoch| live::Event::Epoch {
                experiment: experiment.name.clone(),
                trial: place.trial,
                repetition: place.repetition,
                epoch: epoch as u32 + 1,
                epochs: epochs(experiment).unwrap_or(done as u32),
                values: values(epoch),
                changed: experiment.stages.iter().any(|stage| stage.epoch == epoch as u32 + 1),
            })
            .collect()
    }
}

/// How many epochs an experiment trains, where the text says it.
pub fn epochs(experiment: &Experiment) -> Option<u32> {
    match experiment.template.get("epochs") {
        Some(Value::Number(epochs)) => Some(*epochs as u32),
        _ => None,
    }
}

fn row(experiment: &Experiment, arrival: &Arrival) -> Row {
    let trial = Trial {
        index: arrival.place.trial,
        draws: BTreeMap::new(),
        settings: arrival.settings.clone(),
        round: 0,
        runs: vec![arrival.run.clone()],
    };
    let objectives = experiment
        .objectives
        .iter()
        .map(|o| (o.measure.to_string(), measure(&trial, &o.measure).map(|m| m.value)))
        .collect();
    let outcome = match &arrival.run.outcome {
        Outcome::Finished => "finished".to_string(),
        Outcome::Stopped => "stopped".to_string(),
        Outcome::Pruned => "pruned".to_string(),
        Outcome::Diverged => "diverged".to_string(),
        Outcome::Failed(why) => format!("failed: {}", why.lines().next().unwrap_or_default()),
    };
    let settings = arrival.settings.iter().map(|(k, v)| (k.clone(), name::setting(v))).collect();
    Row { trial: arrival.place.trial, settings, objectives, outcome }
}

/// The mistakes of a file as the page shows them.
pub fn problems(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Problem> {
    let style = Style { color: false, width: WIDTH };
    let problem = |diagnostic: &Diagnostic| Problem {
        severity: if diagnostic.is_error() { "error".into() } else { "warning".into() },
        place: sources.place(diagnostic.span()),
        message: diagnostic.message.clone(),
        text: diagnostic::render(diagnostic, sources, style),
    };
    diagnostics.iter().map(problem).collect()
}
