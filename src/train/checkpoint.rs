//! All that training goes on from: the state after whole epochs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kernel::Real;
use crate::optim;
use crate::plan::training::Observe;
use crate::record::{LayerNorm, LayerSpread};

/// The state after some epochs, with numbers of the training's own precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Checkpoint<T: Real> {
    /// The weights and the rest of the model.
    pub model: Model<T>,
    /// What the optimizer remembers.
    pub optimizer: optim::State<T>,
    /// The best model so far, where the end restores it.
    pub best: Option<Model<T>>,
    /// All else.
    pub history: History,
}

/// What has happened so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Epochs done.
    pub epoch: u32,
    /// Whether training ended before its last epoch, and why it cannot go on.
    pub ended: Option<Ended>,
    /// Steps in all, which number the streams of dropout and noise.
    pub steps: u32,
    /// The best value of the objective so far and its epoch.
    pub best: Option<(u32, f64)>,
    /// By metric, one value an epoch.
    pub series: BTreeMap<String, Vec<f64>>,
    /// Spread of the layers' outputs.
    pub activations: Vec<LayerSpread>,
    /// Norms of the layers' gradients.
    pub gradients: Vec<LayerNorm>,
    /// Seconds of training so far.
    pub seconds: f64,
}

/// Why training ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The objective had not become better for long enough.
    Patience,
    /// The loss was not finite.
    Diverged,
}

/// What predictions depend on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Model<T: Real> {
    /// Weights, biases, scales and shifts.
    pub parameters: Vec<T>,
    /// Moving means and variances.
    pub buffers: Vec<T>,
}

impl<T: Real> Checkpoint<T> {
    /// As bytes for the store.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// From the store's bytes; `None` if they are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// The model that training ends with: the best one where one is kept, else the last.
    pub fn result(&self) -> &Model<T> {
        self.best.as_ref().unwrap_or(&self.model)
    }
}

impl History {
    /// Whether it has all that is to be recorded.
    pub fn observes(&self, observe: &Observe) -> bool {
        let epochs = self.epoch as usize;
        let complete = |name: &String| self.series.get(name).is_some_and(|s| s.len() == epochs);
        observe.metrics.iter().map(ToString::to_string).all(|name| complete(&name))
            && (!observe.activations || !self.activations.is_empty())
            && (!observe.gradients || !self.gradients.is_empty())
    }
}
