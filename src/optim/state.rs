//! What an optimizer remembers between steps.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Optimizer, update};
use crate::kernel::{Isa, Real, math};

/// The memory of an optimizer over a flat vector of parameters.
///
/// It survives a change of hyperparameters and starts anew when the kind of optimizer changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<T: Real> {
    kind: Kind,
    parameters: usize,
    steps: u64,
    /// Gradients averaged, or the squares where there is only one.
    first: Vec<T>,
    /// Squares averaged.
    second: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Sgd,
    RmsProp,
    Adam,
    AdamW,
    Adagrad,
    Lion,
}

impl Kind {
    fn of(optimizer: &Optimizer) -> Kind {
        match optimizer {
            Optimizer::Sgd { .. } => Kind::Sgd,
            Optimizer::RmsProp { .. } => Kind::RmsProp,
            Optimizer::Adam { .. } => Kind::Adam,
            Optimizer::AdamW { .. } => Kind::AdamW,
            Optimizer::Adagrad { .. } => Kind::Adagrad,
            Optimizer::Lion { .. } => Kind::Lion,
        }
    }

    fn buffers(self) -> usize {
        if matches!(self, Kind::Adam | Kind::AdamW) { 2 } else { 1 }
    }
}

impl<T: Real> State<T> {
    /// An optimizer that has made no step yet.
    pub fn new(optimizer: &Optimizer, parameters: usize) -> Self {
        let kind = Kind::of(optimizer);
        let second = if kind.buffers() == 2 { vec![T::ZERO; parameters] } else { Vec::new() };
        Self { kind, parameters, steps: 0, first: vec![T::ZERO; parameters], second }
    }

    /// Steps made since it started; bias correction goes by it.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Its vectors, for a checkpoint: one for each parameter, or two.
    pub fn buffers(&self) -> impl Iterator<Item = &[T]> {
        [self.first.as_slice(), self.second.as_slice()].into_iter().take(self.kind.buffers())
    }

    /// The state that had these buffers.
    pub fn from_buffers(
        optimizer: &Optimizer,
        parameters: usize,
        steps: u64,
        buffers: Vec<Vec<T>>,
    ) -> Result<Self, WrongBuffers> {
        let kind = Kind::of(optimizer);
        if buffers.len() != kind.buffers() || buffers.iter().any(|b| b.len() != parameters) {
            return Err(WrongBuffers { needed: kind.buffers(), parameters });
        }
        let mut buffers = buffers.into_iter();
        let first = buffers.next().unwrap_or_default();
        Ok(Self { kind, parameters, steps, first, second: buffers.next().unwrap_or_default() })
    }

    /// One step at `rate` (the optimizer's own rate is not looked at: schedules change it).
    ///
    /// `decayed` are the ranges of the weights that decoupled decay works on, rising and apart; the rest (biases, γ, β) are not
    /// decayed. Allocates only when the kind of optimizer has changed.
    pub fn step(
        &mut self,
        isa: Isa,
        optimizer: &Optimizer,
        rate: f64,
        parameters: &mut [T],
        gradient: &[T],
        decayed: &[Range<usize>],
    ) {
        assert!(parameters.len() == self.parameters && gradient.len() == self.parameters);
        if self.kind != Kind::of(optimizer) {
            *self = Self::new(optimizer, self.parameters);
        }
        self.steps += 1;
        let (w, g) = (parameters, gradient);
        let real = T::from_f64;
        match *optimizer {
            Optimizer::Sgd { momentum, nesterov, .. } => {
                update::sgd(isa, w, g, &mut self.first, real(rate), real(momentum), nesterov);
            }
            Optimizer::RmsProp { decay, epsilon, .. } => {
                let (decay, rest) = (real(decay), real(1.0 - decay));
                update::rms_prop(isa, w, g, &mut self.first, real(rate), decay, rest, real(epsilon));
            }
            Optimizer::Adam { beta1, beta2, epsilon, .. } => {
                self.adam(isa, rate, (beta1, beta2), epsilon, 0.0, w, g, &[]);
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
                self.adam(isa, rate, (beta1, beta2), epsilon, weight_decay, w, g, decayed);
            }
            Optimizer::Adagrad { epsilon, .. } => {
                update::adagrad(isa, w, g, &mut self.first, real(rate), real(epsilon));
            }
            Optimizer::Lion { beta1, beta2, weight_decay, .. } => {
                let beta = (real(beta1), real(beta2));
                let rest = (real(1.0 - beta1), real(1.0 - beta2));
                for (part, decays) in parts(self.parameters, decayed) {
                    let keep = real(if decays { 1.0 - rate * weight_decay } else { 1.0 });
                    let (w, m) = (&mut w[part.clone()], &mut self.first[part.clone()]);
                    update::lion(isa, w, &g[part], m, real(rate), beta, rest, keep);
                }
            }
        }
    }

    fn adam(
        &mut self,
        isa: Isa,
        rate: f64,
        (beta1, beta2): (f64, f64),
        epsilon: f64,
        weight_decay: f64,
        w: &mut [T],
        g: &[T],
        decayed: &[Range<usize>],
    ) {
        let real = T::from_f64;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let correction = real(rate / (1.0 - math::powi(beta1, steps)));
        let root = real(1.0 / (1.0 - math::powi(beta2, steps)).sqrt());
        let (beta, rest) = ((real(beta1), real(beta2)), (real(1.0 - beta1), real(1.0 - beta2)));
        for (part, decays) in parts(self.parameters, decayed) {
            let keep = real(if decays { 1.0 - rate * weight_decay } else { 1.0 });
            let (m, s) = (&mut self.first[part.clone()], &mut self.second[part.clone()]);
            let (w, g) = (&mut w[part.clone()], &g[part]);
            update::adam(isa, w, g, m, s, correction, beta, rest, root, real(epsilon), keep);
        }
    }
}

/// 0..n cut at the ranges, and whether each part is one of them.
fn parts(n: usize, ranges: &[Range<usize>]) -> impl Iterator<Item = (Range<usize>, bool)> {
    let ends = ranges.iter().map(|r| r.end);
    let gaps = std::iter::once(0).chain(ends).zip(ranges.iter().map(|r| r.start).chain(std::iter::once(n)));
    let mut inside = ranges.iter();
    gaps.flat_map(move |(from, to)| [Some((from..to, false)), inside.next().map(|r| (r.clone(), true))])
        .flatten()
        .filter(|(part, _)| !part.is_empty())
}

/// Buffers that do not fit the optimizer and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the optimizer needs {needed} vectors of {parameters} numbers")]
pub struct WrongBuffers {
    needed: usize,
    parameters: usize,
}
