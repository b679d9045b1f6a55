//! What the live page knows of a notebook: a state that events change, so that a page which comes late, or again, is told all.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// How many curves are shown beside each other.
pub const CURVES: usize = 4;
/// How many epochs of a curve a page is told.
const POINTS: usize = 400;
/// How many trials of an experiment are listed.
const ROWS: usize = 100;

/// Something that happened to a notebook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Event {
    /// A run begins, after a save or at the start.
    Started {
        /// Trials that go on or are stored already.
        kept: u32,
        /// Trials that are no longer wanted.
        cancelled: u32,
        /// Trials to be trained.
        queued: u32,
    },
    /// So many trials of an experiment are done.
    Progress {
        /// The experiment.
        experiment: String,
        /// Trials done.
        done: u32,
        /// Trials in all.
        total: u32,
        /// Seconds that it will probably take, if that can be said.
        left: Option<f64>,
    },
    /// An epoch was trained.
    Epoch {
        /// The experiment.
        experiment: String,
        /// The trial, from 0.
        trial: u32,
        /// The repetition, from 0.
        repetition: u32,
        /// The epoch, from 1; the first of a continued training may be later.
        epoch: u32,
        /// How many there will be.
        epochs: u32,
        /// By metric.
        values: BTreeMap<String, f64>,
        /// Whether settings changed at this epoch.
        changed: bool,
    },
    /// A trial is done.
    Trial {
        /// The experiment.
        experiment: String,
        /// What is shown of it.
        row: Row,
    },
    /// The file has mistakes: what is shown is the last good state.
    Broken {
        /// All of them.
        problems: Vec<Problem>,
    },
    /// A new report can be fetched.
    Report,
    /// All is up to date.
    Finished {
        /// One line: `60 trials in 1.2 s, 2 claims hold`.
        summary: String,
    },
    /// The run ended before its time.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A trial in the live table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// From 0.
    pub trial: u32,
    /// By hyperparameter, as shown.
    pub settings: BTreeMap<String, String>,
    /// The objectives, by name; none when the trial failed.
    pub objectives: BTreeMap<String, Option<f64>>,
    /// `finished`, `pruned`, `diverged`, …
    pub outcome: String,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// `error` or `warning`.
    pub severity: String,
    /// `placement.exp:12:3`.
    pub place: String,
    /// In one line.
    pub message: String,
    /// The whole message with the lines of the file, as the terminal shows it without colours.
    pub text: String,
}

/// Whether what is shown is up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing has happened yet.
    #[default]
    Waiting,
    /// Training.
    Running,
    /// All is up to date.
    Current,
    /// The file has mistakes.
    Broken,
    /// The run failed.
    Failed,
}

/// How far an experiment is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Trials done.
    pub done: u32,
    /// Trials in all.
    pub total: u32,
    /// Seconds left, probably.
    pub left: Option<f64>,
    /// The latest trials that were done in this run, oldest first.
    pub rows: Vec<Row>,
}

/// A training, epoch by epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The experiment.
    pub experiment: String,
    /// The trial, from 0.
    pub trial: u32,
    /// The repetition, from 0.
    pub repetition: u32,
    /// How many epochs there will be.
    pub epochs: u32,
    /// The first epoch that is known, from 1.
    pub first: u32,
    /// By metric, a value an epoch; a value that is no number is absent.
    pub series: BTreeMap<String, Vec<Option<f64>>>,
    /// Epochs at which settings changed.
    pub changes: Vec<u32>,
    /// When it was heard of last, counted in epochs of all.
    heard: u64,
}

/// All that the page shows of a notebook beside its report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Live {
    /// The notebook's name.
    pub name: String,
    /// Whether what is shown is up to date.
    pub status: Status,
    /// One line on how it stands.
    pub message: String,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
    /// By experiment.
    pub progress: BTreeMap<String, Progress>,
    /// The trainings that were heard of last, each in its place until another one takes it.
    pub curves: Vec<Curve>,
    #[serde(skip)]
    heard: u64,
    /// Counts the reports; 0 when there is none.
    pub report: u64,
}

impl Live {
    /// A notebook that nothing has happened to.
    pub fn new(name: impl Into<String>) -> Self {
        Live { name: name.into(), ..Live::default() }
    }

    /// Let an event change it.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Started { kept, cancelled, queued } => {
                self.status = Status::Running;
                self.message = format!("kept {kept}, cancelled {cancelled}, queued {queued}");
                self.problems.clear();
                self.forget();
                self.progress.clear();
            }
            Event::Progress { experiment, done, total, left } => {
                let progress = self.progress.entry(experiment).or_default();
                (progress.done, progress.total, progress.left) = (done, total, left);
            }
            Event::Epoch { experiment, trial, repetition, epoch, epochs, values, changed } => {
                self.heard += 1;
                let heard = self.heard;
                let curve = self.curve(experiment, trial, repetition, epoch);
                (curve.epochs, curve.heard) = (epochs, heard);
                curve.add(epoch, values, changed);
            }
            Event::Trial { experiment, row } => {
                let rows = &mut self.progress.entry(experiment).or_default().rows;
                rows.retain(|old| old.trial != row.trial);
                rows.push(row);
                let count = rows.len();
                rows.drain(..count.saturating_sub(ROWS));
            }
            Event::Broken { problems } => {
                self.status = Status::Broken;
                let errors = problems.iter().filter(|problem| problem.severity == "error").count();
                self.message = format!("{errors} {}", if errors == 1 { "mistake" } else { "mistakes" });
                self.problems = problems;
            }
            Event::Report => self.report += 1,
            Event::Finished { summary } => {
                self.status = Status::Current;
                self.message = summary;
                self.forget();
                self.problems.retain(|problem| problem.severity != "error");
            }
            Event::Failed { reason } => {
                self.status = Status::Failed;
                self.message = reason;
            }
        }
    }

    /// Put the curves of searches away: their records are in the report. That of a model alone is gone on with.
    fn forget(&mut self) {
        let many = |experiment: &String| self.progress.get(experiment).is_some_and(|progress| progress.total > 1);
        self.curves.retain(|curve| !many(&curve.experiment));
    }

    /// The curve that an epoch goes on, or a new one: in the place of its training, else of the one that was heard of longest ago.
    fn curve(&mut self, experiment: String, trial: u32, repetition: u32, epoch: u32) -> &mut Curve {
        let known = self
            .curves
            .iter()
            .position(|curve| (&curve.experiment, curve.trial, curve.repetition) == (&experiment, trial, repetition));
        // A training that begins before what is known is another one.
        let goes_on = |curve: &Curve| curve.first <= epoch && epoch <= curve.first + curve.length();
        let oldest = || (0..self.curves.len()).min_by_key(|&i| self.curves[i].heard);
        let place = known.or_else(|| oldest().filter(|_| self.curves.len() >= CURVES)).unwrap_or(self.curves.len());
        if known.is_none() || !goes_on(&self.curves[place]) {
            let new = Curve {
                experiment,
                trial,
                repetition,
                epochs: epoch,
                first: epoch,
                series: BTreeMap::new(),
                changes: Vec::new(),
                heard: 0,
            };
            self.curves.splice(place..(place + 1).min(self.curves.len()), [new]);
        }
        &mut self.curves[place]
    }
}

impl Serialize for Curve {
    /// A picture has no room for more epochs than so many: of more, the first, the last, and some at equal distances between.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Thin<'c> {
            experiment: &'c str,
            trial: u32,
            repetition: u32,
            epochs: u32,
            /// The epochs of the values.
            at: Vec<u32>,
            series: BTreeMap<&'c str, Vec<Option<f64>>>,
            changes: &'c [u32],
        }
        let length = self.length() as usize;
        let stride = length.div_ceil(POINTS).max(1);
        let kept = || (0..length).filter(|i| i % stride == 0 || i + 1 == length);
        Thin {
            experiment: &self.experiment,
            trial: self.trial,
            repetition: self.repetition,
            epochs: self.epochs,
            at: kept().map(|i| self.first + i as u32).collect(),
            series: self
                .series
                .iter()
                .map(|(name, series)| (name.as_str(), kept().map(|i| series[i]).collect()))
                .collect(),
            changes: &self.changes,
        }
        .serialize(serializer)
    }
}

impl Curve {
    fn length(&self) -> u32 {
        self.series.values().map(Vec::len).max().unwrap_or(0) as u32
    }

    /// Forget what was known from this epoch on, and add it.
    fn add(&mut self, epoch: u32, values: BTreeMap<String, f64>, changed: bool) {
        let at = (epoch - self.first) as usize;
        for name in values.keys() {
            self.series.entry(name.clone()).or_default();
        }
        for (name, series) in &mut self.series {
            series.resize(at, None);
            series.push(values.get(name).copied().filter(|value| value.is_finite()));
        }
        self.changes.retain(|change| *change < epoch);
        if changed {
            self.changes.push(epoch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(trial: u32, epoch: u32, loss: f64) -> Event {
        let values = BTreeMap::from([("dev.loss".to_string(), loss)]);
        Event::Epoch { experiment: "baby".into(), trial, repetition: 0, epoch, epochs: 60, values, changed: epoch == 3 }
    }

    #[test]
    fn a_continued_training_is_one_curve_and_a_new_one_begins_again() {
        let mut live = Live::new("a");
        (1..=5).for_each(|i| live.apply(epoch(0, i, 1.0 / f64::from(i))));
        live.apply(epoch(0, 3, f64::NAN));
        let curve = &live.curves[0];
        assert_eq!(curve.series["dev.loss"], [Some(1.0), Some(0.5), None]);
        assert_eq!(curve.changes, [3]);
        live.apply(epoch(0, 40, 0.1));
        assert_eq!((live.curves.len(), live.curves[0].first), (1, 40));
        live.apply(epoch(0, 1, 0.2));
        assert_eq!(live.curves[0].series["dev.loss"], [Some(0.2)]);
    }

    #[test]
    fn a_page_is_told_of_a_long_training_what_a_picture_can_show() {
        let mut live = Live::new("a");
        let told = |live: &Live| {
            let curve = &serde_json::to_value(live).unwrap()["curves"][0];
            let numbers = |value: &serde_json::Value| -> Vec<f64> {
                value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
            };
            (numbers(&curve["at"]), numbers(&curve["series"]["dev.loss"]))
        };
        for i in 1..=100_000 {
            live.apply(epoch(0, i, f64::from(i)));
            if [1, 2, 400, 401, 99_999, 100_000].contains(&i) {
                let (at, values) = told(&live);
                assert!(at == values && at[0] == 1.0 && at.last() == Some(&f64::from(i)));
                assert!(at.len() <= POINTS + 1 && at.len() >= (i as usize).min(POINTS / 2), "{} of {i}", at.len());
            }
        }
    }

    #[test]
    fn the_latest_curves_and_rows_are_kept() {
        let mut live = Live::new("a");
        for i in 0..150 {
            live.apply(epoch(i, 1, 1.0));
            let row =
                Row { trial: i, settings: BTreeMap::new(), objectives: BTreeMap::new(), outcome: "finished".into() };
            live.apply(Event::Trial { experiment: "baby".into(), row });
        }
        let shown = |live: &Live| live.curves.iter().map(|curve| curve.trial).collect::<Vec<_>>();
        assert_eq!(shown(&live), [148, 149, 146, 147]);
        // Who goes on stays where it is; a new one takes the place of the one that is silent longest.
        live.apply(epoch(146, 2, 1.0));
        live.apply(epoch(200, 1, 1.0));
        assert_eq!(shown(&live), [148, 149, 146, 200]);
        let rows = &live.progress["baby"].rows;
        assert_eq!((rows.len(), rows[0].trial), (100, 50));
    }

    #[test]
    fn curves_of_a_search_go_when_it_ends_and_that_of_a_model_stays() {
        let mut live = Live::new("a");
        let progress =
            |experiment: &str, total| Event::Progress { experiment: experiment.into(), done: 0, total, left: None };
        let of = |experiment: &str| match epoch(3, 1, 1.0) {
            Event::Epoch { trial, repetition, epoch, epochs, values, changed, .. } => {
                Event::Epoch { experiment: experiment.into(), trial, repetition, epoch, epochs, values, changed }
            }
            other => other,
        };
        for end in [Event::Finished { summary: String::new() }, Event::Started { kept: 0, cancelled: 1, queued: 0 }] {
            live.apply(progress("search", 12));
            live.apply(progress("baby", 1));
            live.apply(of("search"));
            live.apply(of("baby"));
            assert!(live.curves.iter().any(|curve| curve.experiment == "search"));
            live.apply(end);
            assert_eq!(live.curves.iter().map(|curve| curve.experiment.as_str()).collect::<Vec<_>>(), ["baby"]);
        }
    }

    #[test]
    fn a_broken_file_keeps_what_was_shown() {
        let mut live = Live::new("a");
        live.apply(Event::Report);
        live.apply(epoch(0, 1, 1.0));
        let problem =
            Problem { severity: "error".into(), place: "a.exp:1:1".into(), message: "m".into(), text: "t".into() };
        live.apply(Event::Broken { problems: vec![problem] });
        assert_eq!((live.status, live.report, live.curves.len()), (Status::Broken, 1, 1));
        assert_eq!(live.message, "1 mistake");
        live.apply(Event::Started { kept: 7, cancelled: 2, queued: 3 });
        assert_eq!((live.status, live.problems.len()), (Status::Running, 0));
        assert_eq!(live.message, "kept 7, cancelled 2, queued 3");
    }
}
