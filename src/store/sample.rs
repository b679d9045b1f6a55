//! Small trainings and runs for the tests of this room.

use std::collections::BTreeMap;

use crate::data::spec::{Pipeline, Source};
use crate::nn::layer::{Init, Layer, Loss, Shape};
use crate::optim::{Curve, Optimizer, Schedule};
use crate::plan::metric::{Direction, Metric, MetricKind, Set};
use crate::plan::training::{Observe, Phase, Precision, Training};
use crate::record::{Outcome, Run};

/// One dense layer on the irises.
pub fn training(epochs: u32) -> Training {
    Training {
        data: Pipeline::new(Source::Iris),
        fingerprint: "00".into(),
        input: Shape::Flat(4),
        layers: vec![Layer::Dense { units: 3, bias: true, init: Init::Xavier, l1: 0.0, l2: 0.0 }, Layer::Softmax],
        loss: Loss::CrossEntropy { label_smoothing: 0.0 },
        phases: vec![Phase {
            after: 0,
            optimizer: Optimizer::Sgd { rate: 0.5, momentum: 0.9, nesterov: false },
            schedule: Schedule { curve: Curve::Constant, warmup: 0.0 },
            schedule_after: 0,
            batch: Some(32),
            l2: 0.0,
            clip: None,
            dropout: None,
        }],
        epochs,
        horizon: epochs,
        objective: Metric { set: Set::Dev, kind: MetricKind::Loss },
        direction: Direction::Minimize,
        patience: None,
        restore_best: false,
        precision: Precision::F32,
        seed: 0,
        repetition: 0,
        observe: Observe::default(),
    }
}

/// A run of ten epochs whose numbers depend on `n`.
pub fn run(n: u64) -> Run {
    let curve = |scale: f64| (1..=10).map(|epoch| scale * (1.0 + n as f64) / f64::from(epoch)).collect::<Vec<f64>>();
    let names = ["train.loss", "train.accuracy", "dev.loss", "dev.accuracy"];
    let curves: BTreeMap<_, _> = names.iter().zip(1u32..).map(|(m, i)| (m.to_string(), curve(f64::from(i)))).collect();
    let metrics = curves.iter().map(|(name, values)| (name.clone(), values[9])).collect();
    // Every epoch only the dev set is measured, unless more is asked for.
    let series = curves.into_iter().filter(|(name, _)| name.starts_with("dev.")).collect();
    Run {
        key: String::new(),
        repetition: 0,
        outcome: Outcome::Finished,
        series,
        metrics,
        parameters: 15,
        planned: 0,
        changes: Vec::new(),
        activations: Vec::new(),
        gradients: Vec::new(),
        seconds: n as f64 / 8.0,
    }
}
