//! Optimizers and learning-rate schedules, as plain data and as updates of a flat parameter vector.

mod clip;
#[cfg(test)]
mod reference;
mod schedule;
mod state;
mod update;

pub use clip::clip_norm;
pub use state::{State, WrongBuffers};

use serde::{Deserialize, Serialize};

/// The update rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Optimizer {
    /// v = momentum·v + g, w −= rate·v (with `nesterov`: w −= rate·(g + momentum·v)).
    Sgd {
        /// Learning rate.
        rate: f64,
        /// Weight of the past, 0 for none.
        momentum: f64,
        /// Whether the gradient is looked up ahead.
        nesterov: bool,
    },
    /// s = decay·s + (1−decay)·g², w −= rate·g/(√s + epsilon).
    RmsProp {
        /// Learning rate.
        rate: f64,
        /// Weight of the past squares.
        decay: f64,
        /// Added to the root.
        epsilon: f64,
    },
    /// Adam (Kingma & Ba 2015), with bias correction.
    Adam {
        /// Learning rate.
        rate: f64,
        /// Weight of the past gradients.
        beta1: f64,
        /// Weight of the past squares.
        beta2: f64,
        /// Added to the root.
        epsilon: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov & Hutter 2019): w −= rate·weight_decay·w first.
    AdamW {
        /// Learning rate.
        rate: f64,
        /// Weight of the past gradients.
        beta1: f64,
        /// Weight of the past squares.
        beta2: f64,
        /// Added to the root.
        epsilon: f64,
        /// Of the weights, per step, times the rate.
        weight_decay: f64,
    },
    /// s += g², w −= rate·g/(√s + epsilon) (Duchi et al. 2011).
    Adagrad {
        /// Learning rate.
        rate: f64,
        /// Added to the root.
        epsilon: f64,
    },
    /// w −= rate·(sign(beta1·m + (1−beta1)·g) + weight_decay·w), m = beta2·m + (1−beta2)·g (Chen et al. 2023).
    Lion {
        /// Learning rate.
        rate: f64,
        /// For the step.
        beta1: f64,
        /// For the average.
        beta2: f64,
        /// Decoupled.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Its learning rate, before any schedule.
    pub fn rate(&self) -> f64 {
        match *self {
            Optimizer::Sgd { rate, .. }
            | Optimizer::RmsProp { rate, .. }
            | Optimizer::Adam { rate, .. }
            | Optimizer::AdamW { rate, .. }
            | Optimizer::Adagrad { rate, .. }
            | Optimizer::Lion { rate, .. } => rate,
        }
    }
}

/// How the rate changes over the epochs; `warmup` epochs rise linearly from rate/steps to the rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The curve after the warm-up.
    pub curve: Curve,
    /// Epochs of linear rise, 0 for none.
    pub warmup: f64,
}

/// The shape of a schedule, in whole epochs t since the warm-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Curve {
    /// rate.
    Constant,
    /// rate / (1 + decay·t): the notes' decay.
    Inverse {
        /// Per epoch.
        decay: f64,
    },
    /// rate·decay^t.
    Exponential {
        /// Per epoch.
        decay: f64,
    },
    /// rate·factor^⌊t/every⌋.
    Step {
        /// Epochs between steps.
        every: f64,
        /// At each step.
        factor: f64,
    },
    /// From rate to final·rate along half a cosine over the epochs after the warm-up (Loshchilov & Hutter 2017); by step.
    Cosine {
        /// Share of the rate that is left at the end.
        last: f64,
    },
}
