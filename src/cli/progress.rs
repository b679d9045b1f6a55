//! How far a run is: a bar on a terminal, a line a trial elsewhere.

use std::collections::{HashMap, HashSet};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::chart::{self, Canvas};
use super::terminal::{Terminal, count};
use crate::plan::experiment::Experiment;
use crate::plan::metric::Measure;
use crate::record::{Outcome, Run, Trial};
use crate::run::Event;
use crate::run::study::Arrival;
use crate::stats::measure::epochs as measured_epochs;
use crate::watch::tell::epochs;

/// Shows events on standard error.
pub struct Progress<'t> {
    terminal: &'t Terminal,
    bars: MultiProgress,
    open: HashMap<String, Line>,
    quiet: bool,
    /// Whether a single model's learning curve is drawn while it trains.
    chart: bool,
    warned: HashSet<String>,
}

struct Line {
    bar: ProgressBar,
    /// Whether there is one trial, which is then looked at.
    alone: bool,
    /// Whether there is one run in all.
    single: bool,
    best: Option<f64>,
    arrived: HashMap<u32, Vec<Run>>,
    lost: usize,
}

impl<'t> Progress<'t> {
    /// A bar where standard error is a terminal; nothing where `quiet`.
    pub fn new(terminal: &'t Terminal, quiet: bool) -> Self {
        let target = if terminal.error && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress {
            terminal,
            bars: MultiProgress::with_draw_target(target),
            open: HashMap::new(),
            quiet,
            chart: false,
            warned: HashSet::new(),
        }
    }

    /// Draw the learning curve of a single model while it trains; off a terminal a line now and then.
    pub fn with_chart(self) -> Self {
        Progress { chart: true, ..self }
    }

    /// Show one event.
    pub fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { .. } => {}
            Event::Started { experiment, trials } => self.start(experiment, *trials),
            Event::Arrived { experiment, arrival, settled, trials } => {
                self.arrive(experiment, arrival, *settled, *trials)
            }
            Event::Epoch { experiment, run, .. } => self.epoch(experiment, run),
            Event::Finished { experiment, study, trained } => {
                let line = self.open.remove(&experiment.name);
                if let Some(line) = &line {
                    line.bar.finish_and_clear();
                }
                if !self.quiet {
                    let runs: usize = study.trials.iter().chain(&study.confirmed).map(|t| t.runs.len()).sum();
                    let text = format!("{}: {}", experiment.name, summary(study.trials.len(), runs, *trained));
                    let lost = match line.map_or(0, |line| line.lost) {
                        0 => String::new(),
                        lost => format!("; {} lost and sent again", count(lost, "attempt")),
                    };
                    let text = text + &lost;
                    self.print(text);
                }
            }
            Event::Lost { experiment, place, attempt, why } => {
                if let Some(line) = self.open.get_mut(&experiment.name) {
                    line.lost += 1;
                }
                if !self.quiet {
                    let name = &experiment.name;
                    self.print(format!("{name} trial {}: attempt {attempt} lost: {why}", place.trial + 1));
                }
            }
            // A store that cannot be written says so at every result.
            Event::Warning(text) => {
                if self.warned.insert(text.clone()) {
                    self.print(format!("warning: {text}"));
                }
            }
        }
    }

    /// Take the bars away.
    pub fn close(&mut self) {
        self.open.drain().for_each(|(_, line)| line.bar.finish_and_clear());
    }

    /// Print a line above the bars.
    pub fn print(&self, text: String) {
        if self.terminal.error && !self.quiet {
            let _ = self.bars.println(self.terminal.fitted(&text));
        } else if !self.quiet {
            self.terminal.say(text);
        }
    }

    fn start(&mut self, experiment: &Experiment, trials: u32) {
        let runs = u64::from(trials) * u64::from(experiment.seeds);
        let bar = self.bars.add(ProgressBar::new(runs));
        let template = match (self.terminal.width < 70, self.terminal.error_color) {
            (true, _) => "{prefix} {pos}/{len} {msg}",
            (false, true) => "{prefix:.bold} {bar:24.cyan/dim} {pos}/{len} {elapsed} {msg}",
            (false, false) => "{prefix} {bar:24} {pos}/{len} {elapsed} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(experiment.name.clone());
        let line = Line { bar, alone: trials == 1, single: runs == 1, best: None, arrived: HashMap::new(), lost: 0 };
        self.open.insert(experiment.name.clone(), line);
    }

    fn arrive(&mut self, experiment: &Experiment, arrival: &Arrival, settled: u32, trials: u32) {
        let Some(line) = self.open.get_mut(&experiment.name) else { return };
        if experiment.prune.is_some() {
            // A trial comes in at every rung.
            line.bar.set_position(u64::from(settled) * u64::from(experiment.seeds));
        } else if arrival.place.repetition < experiment.seeds {
            line.bar.inc(1);
        }
        let runs = line.arrived.entry(arrival.place.trial).or_default();
        runs.push(arrival.run.clone());
        if runs.len() < experiment.seeds as usize {
            return;
        }
        let runs = line.arrived.remove(&arrival.place.trial).unwrap_or_default();
        let Some(objective) = experiment.objectives.first() else { return };
        let value = trial_value(arrival.place.trial, &runs, &objective.measure);
        if let Some(value) = value {
            let better = |best: f64| match objective.direction {
                crate::plan::metric::Direction::Minimize => value < best,
                crate::plan::metric::Direction::Maximize => value > best,
            };
            if line.best.is_none_or(better) {
                line.best = Some(value);
                line.bar.set_message(format!("best {} {value:.4}", objective.measure));
            }
        }
        if !self.terminal.error && !self.quiet && !arrival.stored {
            let seconds: f64 = runs.iter().map(|r| r.seconds).sum();
            let outcome = match runs.iter().map(|r| &r.outcome).find(|o| **o != Outcome::Finished) {
                Some(Outcome::Diverged) => ", diverged".to_string(),
                Some(Outcome::Failed(why)) => format!(", failed: {}", why.lines().next().unwrap_or_default()),
                Some(Outcome::Pruned) => ", stopped by the search".to_string(),
                Some(Outcome::Stopped) => ", stopped early".to_string(),
                _ => String::new(),
            };
            let value = value.map(|v| format!("{} {v:.4}", objective.measure)).unwrap_or_else(|| "no value".into());
            let rung = match (experiment.prune, epochs(experiment)) {
                (Some(_), Some(all)) => runs.iter().map(measured_epochs).max().filter(|done| *done < all as usize),
                _ => None,
            };
            let rung = rung.map_or_else(String::new, |epoch| format!(" to epoch {epoch}"));
            self.terminal.say(format!(
                "{} trial {}{rung} ({settled}/{trials}): {value}{outcome} ({seconds:.1} s)",
                experiment.name,
                arrival.place.trial + 1
            ));
        }
    }

    /// Below the bar stands how a model goes that is trained alone; if it is the only run, the bar counts its epochs.
    fn epoch(&mut self, experiment: &Experiment, run: &Run) {
        let Some(line) = self.open.get(&experiment.name).filter(|line| line.alone) else { return };
        let all = epochs(experiment);
        if self.chart && !self.terminal.error && !self.quiet {
            self.terminal.say(format!("{}: {}", experiment.name, chart::line(run, all)));
        }
        if line.single {
            let done = measured_epochs(run) as u64;
            line.bar.set_length(all.map_or(done, u64::from));
            line.bar.set_position(done);
        }
        let mut text = format!("\n{}", chart::lines(run, self.terminal.width));
        if self.chart {
            let changes: Vec<u32> = experiment.stages.iter().map(|stage| stage.epoch).collect();
            let canvas = Canvas { width: self.terminal.width, color: self.terminal.error_color };
            text.extend(chart::draw(run, &changes, canvas).map(|drawing| format!("\n{drawing}")));
        }
        line.bar.set_message(text);
    }
}

/// The mean of a measure over runs.
fn trial_value(index: u32, runs: &[Run], measure: &Measure) -> Option<f64> {
    let trial = Trial { index, draws: Default::default(), settings: Default::default(), round: 0, runs: runs.to_vec() };
    Some(crate::stats::measure::measure(&trial, measure)?.value)
}

fn summary(trials: usize, runs: usize, trained: usize) -> String {
    let trials = count(trials, "trial");
    match trained {
        0 => format!("{trials}, all stored"),
        n if n == runs => format!("{trials} trained"),
        n => format!("{trials}; {n} of {runs} runs trained, the rest stored"),
    }
}
