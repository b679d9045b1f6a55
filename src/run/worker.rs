//! One task done: a network trained from its last checkpoint, or a program run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::datasets::Datasets;
use super::executor::Job;
use crate::kernel::{Isa, Real};
use crate::plan::metric::{Metric, MetricKind, Set};
use crate::plan::training::{Precision, Task, Training};
use crate::record::Run;
use crate::store::{Store, key};
use crate::train::checkpoint::Checkpoint;
use crate::train::{Control, Session};

/// How often a long training leaves a checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);
/// How often the state is kept in memory, for the case that the training is given up in the middle of an epoch.
const KEEP_EVERY: Duration = Duration::from_millis(250);
/// How often the epochs of a live or followed job are reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// What is said of a task in which the program itself failed.
pub const FAULT: &str = "the worker met a fault of the program; please report it";

/// What the commands of a notebook have at hand.
pub struct Equipment {
    /// Data sets.
    pub datasets: Arc<Datasets>,
    /// Where checkpoints are.
    pub store: Arc<Store>,
    /// Which instructions are used.
    pub isa: Isa,
    /// Whether checkpoints are looked up.
    pub fresh: bool,
    /// Where commands run.
    pub folder: PathBuf,
    /// How many tasks at a time tell their epochs although their jobs are not live, for those who look on.
    pub followed: usize,
}

impl Equipment {
    /// What a worker of this process needs of it.
    pub fn bench(&self) -> Bench<'_> {
        Bench { datasets: &self.datasets, states: self, isa: self.isa, folder: &self.folder, followed: false }
    }
}

/// Where states of trainings come from and go to.
pub trait States {
    /// The state from which most of a training need not be trained again.
    fn resume(&self, training: &Training) -> Option<Vec<u8>>;
    /// Keep the state of a training after so many epochs. One that cannot be kept costs time later, not a result.
    fn keep(&self, training: &Training, epoch: u32, state: &[u8]);
}

impl States for Equipment {
    fn resume(&self, training: &Training) -> Option<Vec<u8>> {
        (!self.fresh).then(|| self.store.resume(training)).flatten().map(|(_, state)| state)
    }

    fn keep(&self, training: &Training, epoch: u32, state: &[u8]) {
        let _ = self.store.put_checkpoint(&key::lineage_at(training, epoch), epoch, state);
    }
}

/// What a worker works with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Data sets.
    pub datasets: &'a Datasets,
    /// Where states are.
    pub states: &'a dyn States,
    /// Which instructions are used.
    pub isa: Isa,
    /// Where commands run.
    pub folder: &'a Path,
    /// Whether epochs are told now and then of a job that is not live.
    pub followed: bool,
}

/// Do a job; `None` if it was given up. `threads` may work on one product.
///
/// # Errors
/// With a message for the person who started it.
pub fn perform(
    job: &Job,
    bench: &Bench<'_>,
    threads: usize,
    cancel: &AtomicBool,
    report: &mut dyn FnMut(Run),
) -> Result<Option<Run>, String> {
    match &job.task {
        Task::Train(training) => {
            let work = Work { job, training, bench, threads, cancel };
            match training.precision {
                Precision::F32 => work.train::<f32>(report),
                Precision::F64 => work.train::<f64>(report),
            }
        }
        Task::Command(command) => super::command::perform(command, job, bench, cancel, report),
    }
}

struct Work<'a> {
    job: &'a Job,
    training: &'a Training,
    bench: &'a Bench<'a>,
    threads: usize,
    cancel: &'a AtomicBool,
}

impl Work<'_> {
    fn train<T: Real>(&self, report: &mut dyn FnMut(Run)) -> Result<Option<Run>, String> {
        let watched = watched(self.training);
        let (training, checkpoint) = self.start::<T>(&watched);
        let data = self
            .bench
            .datasets
            .prepared::<T>(&training.data, training.repetition)
            .map_err(|error| error.to_string())?;
        // The bytes have changed since this was asked for: whoever asked is about to ask anew.
        if data.facts.fingerprint != training.fingerprint {
            return Ok(None);
        }
        let mut session =
            Session::<T>::new(training, &data, self.bench.isa, self.threads).map_err(|e| e.to_string())?;
        if let Some(checkpoint) = checkpoint {
            session.restore(checkpoint).map_err(|e| e.to_string())?;
        }
        let mut saved = Instant::now();
        let mut saved_epoch = session.epoch();
        let mut kept: Option<(Instant, Checkpoint<T>)> = None;
        let mut reported = Instant::now();
        let mut control = || if self.cancel.load(Ordering::Relaxed) { Control::Cancel } else { Control::Continue };
        // The state before a change of settings is kept, so that editing the change goes on from there.
        let boundaries: Vec<u32> = training.phases[1..].iter().map(|phase| phase.after).collect();
        while !session.finished() {
            let before =
                (session.epoch() > 0 && saved.elapsed() >= CHECKPOINT_EVERY) || boundaries.contains(&session.epoch());
            if before && session.epoch() > 0 {
                self.save(&session.checkpoint());
                saved = Instant::now();
                saved_epoch = session.epoch();
                kept = None;
            } else if session.epoch() > saved_epoch
                && kept.as_ref().map_or(saved, |(when, _)| *when).elapsed() >= KEEP_EVERY
            {
                kept = Some((Instant::now(), session.checkpoint()));
            }
            if self.cancel.load(Ordering::Relaxed) {
                if session.epoch() > saved_epoch {
                    self.save(&session.checkpoint());
                }
                return Ok(None);
            }
            if !session.train_epoch(&mut control) {
                if let Some((_, checkpoint)) = kept {
                    self.save(&checkpoint);
                }
                return Ok(None);
            }
            let due = reported.elapsed() >= REPORT_EVERY;
            if (due && (self.job.live || self.bench.followed)) || (self.job.live && session.finished()) {
                report(session.progress(self.job.key.to_string()));
                reported = Instant::now();
            }
        }
        let (run, checkpoint) = session.finish(self.job.key.to_string());
        self.save(&checkpoint);
        Ok(Some(run))
    }

    /// What to train and from where. A model that is looked at while it trains records its training loss too, unless a state that
    /// does not have it can be gone on from.
    fn start<'w, T: Real>(&'w self, watched: &'w Training) -> (&'w Training, Option<Checkpoint<T>>) {
        let last = |training: &Training| fitting(&self.bench.states.resume(training)?, training);
        if self.job.live
            && let Some(checkpoint) = last(watched)
        {
            return (watched, Some(checkpoint));
        }
        match last(self.training) {
            None if self.job.live => (watched, None),
            checkpoint => (self.training, checkpoint),
        }
    }

    fn save<T: Real>(&self, checkpoint: &Checkpoint<T>) {
        self.bench.states.keep(self.training, checkpoint.history.epoch, &checkpoint.to_bytes());
    }
}

/// The training with its loss over the training set recorded at every epoch.
fn watched(training: &Training) -> Training {
    let mut training = training.clone();
    let loss = Metric { set: Set::Train, kind: MetricKind::Loss };
    if !training.observe.metrics.contains(&loss) {
        training.observe.metrics.push(loss);
        training.observe.metrics.sort();
    }
    training
}

/// The stored state that a training can go on from, if it has all that is to be recorded.
pub fn last_checkpoint<T: Real>(store: &Store, training: &Training) -> Option<Checkpoint<T>> {
    fitting(&store.resume(training)?.1, training)
}

/// A state, if it has all that is to be recorded.
fn fitting<T: Real>(state: &[u8], training: &Training) -> Option<Checkpoint<T>> {
    Checkpoint::from_bytes(state).filter(|checkpoint| checkpoint.history.observes(&training.observe))
}
