//! What a result is stored under: the digest of everything that it depends on, and of nothing else.
//!
//! Names, prose, plots, the paths of data files and what is only observed are not in a key; the bytes of the data are, by
//! their fingerprint. A training's key is built as a chain, so that what two trainings share is found:
//!
//! ```text
//! ground ─▶ phase 1 ─▶ phase 2 ─▶ … = lineage       lineage + epochs = run
//! ```
//!
//! Checkpoints are stored under the lineage that led to them: a change at epoch 40 keeps those before it, and more epochs
//! go on from the last one.

use serde::Serialize;

use crate::data::spec::{Evaluation, Pipeline, Source};
use crate::nn::layer::{Layer, Loss, Shape};
use crate::optim::{Curve, Optimizer, Schedule};
use crate::plan::metric::{Direction, Metric};
use crate::plan::training::{Command, Phase, Precision, Task, Training};
use crate::record::NUMERICS;
pub use crate::record::digest::Digest as Key;
use crate::record::digest::canonical;

/// A stretch of a training in which the settings stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Epochs done when it begins.
    pub after: u32,
    /// Epochs done when it ends.
    pub until: u32,
    /// What the checkpoints of the epochs `after + 1 ..= until` are stored under.
    pub key: Key,
}

/// What a task's result is stored under.
pub fn task(task: &Task) -> Key {
    match task {
        Task::Train(training) => run(training),
        Task::Command(command) => self::command(command),
    }
}

/// What the result of a training is stored under. [`Training::observe`] is not in it: see [`super::merge::satisfies`].
pub fn run(training: &Training) -> Key {
    canonical("caviar run", &(lineage(training), training.epochs))
}

/// What the result of a program is stored under.
pub fn command(command: &Command) -> Key {
    canonical("caviar command", command)
}

/// What a program's run is stored under that a search gave up after so many epochs.
pub fn given_up(run: &Key, epochs: u32) -> Key {
    canonical("caviar given up", &(run, epochs))
}

/// What a picture's numbers are stored under: the run that they are computed from, and a text that says which they are.
pub fn inspection(run: &Key, what: &str) -> Key {
    canonical("caviar inspection", &(run, what, NUMERICS))
}

/// What a training's last checkpoint is stored under: the same for trainings that differ only in how long they go on.
pub fn lineage(training: &Training) -> Key {
    chain(training).last().map_or_else(|| ground(training), |link| link.key)
}

/// What a training's checkpoint after so many epochs is stored under.
pub fn lineage_at(training: &Training, epoch: u32) -> Key {
    let chain = chain(training);
    let link = chain.iter().rev().find(|link| link.after < epoch).or(chain.first());
    link.map_or_else(|| ground(training), |link| link.key)
}

/// The stretches of a training, in order. Phases that begin at its end or later are not part of it.
pub fn chain(training: &Training) -> Vec<Link> {
    let phases: Vec<&Phase> = training
        .phases
        .iter()
        .enumerate()
        .filter(|(i, p)| *i == 0 || p.after < training.epochs)
        .map(|(_, p)| p)
        .collect();
    let mut previous = ground(training);
    let mut links = Vec::with_capacity(phases.len());
    for (i, phase) in phases.iter().enumerate() {
        previous = canonical("caviar phase", &Stretch::of(previous, phase, training.horizon));
        let until = phases.get(i + 1).map_or(training.epochs, |next| next.after);
        links.push(Link { after: phase.after, until, key: previous });
    }
    links
}

#[derive(Serialize)]
struct Stretch<'a> {
    previous: Key,
    after: u32,
    optimizer: &'a Optimizer,
    schedule: &'a Schedule,
    schedule_after: u32,
    horizon: Option<u32>,
    batch: Option<u32>,
    l2: f64,
    clip: Option<f64>,
    dropout: Option<f64>,
}

impl<'a> Stretch<'a> {
    fn of(previous: Key, phase: &'a Phase, horizon: u32) -> Self {
        let Phase { after, optimizer, schedule, schedule_after, batch, l2, clip, dropout } = phase;
        let total_matters = matches!(schedule.curve, Curve::Cosine { .. });
        Stretch {
            previous,
            after: *after,
            optimizer,
            schedule,
            schedule_after: *schedule_after,
            horizon: total_matters.then_some(horizon),
            batch: *batch,
            l2: *l2,
            clip: *clip,
            dropout: *dropout,
        }
    }
}

#[derive(Serialize)]
struct Ground<'a> {
    numerics: u32,
    data: Pipeline,
    fingerprint: &'a str,
    input: &'a Shape,
    layers: &'a [Layer],
    loss: &'a Loss,
    judge: Option<(Metric, Direction)>,
    patience: Option<u32>,
    restore_best: bool,
    precision: Precision,
    seed: u64,
    repetition: u32,
}

fn ground(training: &Training) -> Key {
    let Training {
        data,
        fingerprint,
        input,
        layers,
        loss,
        phases: _,
        epochs: _,
        horizon: _,
        objective,
        direction,
        patience,
        restore_best,
        precision,
        seed,
        repetition,
        observe: _,
    } = training;
    // Without either the objective decides nothing of what is trained.
    let judged = patience.is_some() || *restore_best;
    let ground = Ground {
        numerics: NUMERICS,
        data: without_paths(data),
        fingerprint,
        input,
        layers,
        loss,
        judge: judged.then_some((*objective, *direction)),
        patience: *patience,
        restore_best: *restore_best,
        precision: *precision,
        seed: *seed,
        repetition: *repetition,
    };
    canonical("caviar ground", &ground)
}

/// The pipeline with the paths of its files emptied: the fingerprint stands for their bytes.
pub fn without_paths(pipeline: &Pipeline) -> Pipeline {
    let mut pipeline = pipeline.clone();
    blank(&mut pipeline.source);
    for evaluation in [&mut pipeline.dev, &mut pipeline.test].into_iter().flatten() {
        match evaluation {
            Evaluation::Source(source) => blank(source),
            Evaluation::Changed(_) => {}
        }
    }
    pipeline
}

fn blank(source: &mut Source) {
    match source {
        Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits | Source::Synthetic(_) => {}
        Source::Csv(table) | Source::Parquet(table) => table.path.clear(),
        Source::Idx { images, labels } => {
            images.clear();
            labels.clear();
        }
        Source::Npz { path, .. } | Source::Images { path, .. } => path.clear(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::metric::{MetricKind, Set};
    use crate::store::sample::training;

    fn keys(change: impl Fn(&mut Training)) -> (bool, bool) {
        let before = training(10);
        let mut after = before.clone();
        change(&mut after);
        (lineage(&before) == lineage(&after), run(&before) == run(&after))
    }

    fn later(after: u32, rate: f64) -> Phase {
        let mut phase = training(10).phases[0].clone();
        phase.after = after;
        phase.optimizer = Optimizer::Sgd { rate, momentum: 0.9, nesterov: false };
        phase
    }

    #[test]
    fn what_decides_the_numbers_is_in_the_key_and_nothing_else() {
        assert_eq!(keys(|_| {}), (true, true));
        assert_eq!(keys(|t| t.epochs = 20), (true, false));
        assert_eq!(keys(|t| t.horizon = 99), (true, true));
        assert_eq!(keys(|t| t.observe.activations = true), (true, true));
        assert_eq!(keys(|t| t.objective = Metric { set: Set::Dev, kind: MetricKind::Accuracy }), (true, true));
        assert_eq!(keys(|t| t.seed = 1), (false, false));
        assert_eq!(keys(|t| t.repetition = 1), (false, false));
        assert_eq!(keys(|t| t.patience = Some(3)), (false, false));
        assert_eq!(keys(|t| t.restore_best = true), (false, false));
        assert_eq!(keys(|t| t.fingerprint.push('0')), (false, false));
        assert_eq!(keys(|t| t.precision = Precision::F64), (false, false));
        assert_eq!(keys(|t| t.layers.push(Layer::Softmax)), (false, false));
        assert_eq!(keys(|t| t.data.split = [0.8, 0.1, 0.1]), (false, false));
        assert_eq!(keys(|t| t.phases[0].l2 = 1e-4), (false, false));
    }

    #[test]
    fn the_objective_counts_where_it_decides_when_training_ends() {
        let mut before = training(10);
        before.patience = Some(3);
        let mut after = before.clone();
        after.objective = Metric { set: Set::Dev, kind: MetricKind::Accuracy };
        assert_ne!(run(&before), run(&after));
    }

    #[test]
    fn a_cosine_depends_on_the_horizon() {
        let mut before = training(10);
        before.phases[0].schedule.curve = Curve::Cosine { last: 0.0 };
        let mut after = before.clone();
        after.epochs = 5;
        assert_eq!(lineage(&before), lineage(&after), "a rung is a shorter training of the same lineage");
        after.horizon = 20;
        assert_ne!(lineage(&before), lineage(&after));
    }

    #[test]
    fn the_same_bytes_under_another_path_are_the_same_data() {
        let mut before = training(10);
        before.data.source = Source::Npz { path: "a.npz".into(), x: "x".into(), y: "y".into() };
        let mut after = before.clone();
        after.data.source = Source::Npz { path: "elsewhere/b.npz".into(), x: "x".into(), y: "y".into() };
        assert_eq!(run(&before), run(&after));
        after.data.source = Source::Npz { path: "a.npz".into(), x: "x".into(), y: "z".into() };
        assert_ne!(run(&before), run(&after));
    }

    #[test]
    fn a_change_at_an_epoch_keeps_the_lineage_before_it() {
        let mut before = training(60);
        before.phases.extend([later(12, 0.1), later(40, 0.01)]);
        let mut after = before.clone();
        after.phases[2] = later(40, 0.02);
        let (a, b) = (chain(&before), chain(&after));
        assert_eq!(a[..2], b[..2]);
        assert_ne!(a[2].key, b[2].key);
        assert_eq!((a[0].after, a[0].until, a[1].until, a[2].until), (0, 12, 40, 60));
        assert_eq!(lineage_at(&before, 12), a[0].key);
        assert_eq!(lineage_at(&before, 13), a[1].key);
        assert_eq!(lineage_at(&before, 40), a[1].key);
        assert_eq!(lineage_at(&before, 60), lineage(&before));
        assert_eq!(lineage_at(&before, 0), a[0].key);
    }

    #[test]
    fn phases_after_the_end_are_not_part_of_a_training() {
        let mut before = training(40);
        let mut after = before.clone();
        after.phases.push(later(40, 0.1));
        assert_eq!(run(&before), run(&after));
        before.epochs = 41;
        after.epochs = 41;
        assert_ne!(run(&before), run(&after));
    }

    /// Keys must outlive compilers and refactorings: a change here throws away every store there is.
    #[test]
    fn keys_are_pinned() {
        assert_eq!(run(&training(10)).short(), "35dffae91481f4af");
    }
}
