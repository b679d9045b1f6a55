//! What an optimizer remembers between steps.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Optimizer, update};
use crate::kernel::{Isa, Real, Team, math};

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
    /// decayed. Many parameters are shared among the team, with the same bits. Allocates only when the kind of optimizer has changed.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &mut self,
        isa: Isa,
        team: &mut Team,
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
        let rule = Rule::new(optimizer, rate, self.steps);
        let spans = if self.parameters < SPLIT { 1 } else { team.threads().min(MOST_SPANS) };
        let mut rest = Span { from: 0, w: parameters, g: gradient, first: &mut self.first, second: &mut self.second };
        let size = rest.w.len().div_ceil(spans).next_multiple_of(64);
        let waiting: [Mutex<Option<Span<'_, T>>>; MOST_SPANS] = std::array::from_fn(|_| Mutex::new(rest.take(size)));
        team.run(spans, &|i| {
            let span = waiting[i].lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(span) = span {
                rule.apply(isa, span, decayed);
            }
        });
    }
}

/// With fewer parameters than this a second thread costs more than it takes off.
const SPLIT: usize = 200_000;
/// So that a step needs no list on the heap.
const MOST_SPANS: usize = 16;

/// Some parameters in a row, with all that is theirs.
#[derive(Default)]
struct Span<'a, T> {
    /// Place of the first among all.
    from: usize,
    w: &'a mut [T],
    g: &'a [T],
    first: &'a mut [T],
    second: &'a mut [T],
}

impl<'a, T: Real> Span<'a, T> {
    /// The next `size` of them, or as many as are left.
    fn take(&mut self, size: usize) -> Option<Span<'a, T>> {
        let whole = std::mem::take(self);
        let size = size.min(whole.w.len());
        if size == 0 {
            return None;
        }
        let second = size.min(whole.second.len());
        let ((w, w_rest), (g, g_rest)) = (whole.w.split_at_mut(size), whole.g.split_at(size));
        let ((first, first_rest), (second, second_rest)) =
            (whole.first.split_at_mut(size), whole.second.split_at_mut(second));
        *self = Span { from: whole.from + size, w: w_rest, g: g_rest, first: first_rest, second: second_rest };
        Some(Span { from: whole.from, w, g, first, second })
    }
}

/// What a step does to each parameter.
enum Rule<T> {
    Sgd { rate: T, momentum: T, nesterov: bool },
    RmsProp { rate: T, decay: T, rest: T, epsilon: T },
    Adam { rate: T, beta: (T, T), rest: (T, T), root_correction: T, epsilon: T, keep: T },
    Adagrad { rate: T, epsilon: T },
    Lion { rate: T, beta: (T, T), rest: (T, T), keep: T },
}

impl<T: Real> Rule<T> {
    /// Of step number `steps`, from 1.
    fn new(optimizer: &Optimizer, rate: f64, steps: u64) -> Self {
        let real = T::from_f64;
        let adam = |beta1: f64, beta2: f64, epsilon: f64, weight_decay: f64| {
            let steps = i32::try_from(steps).unwrap_or(i32::MAX);
            Rule::Adam {
                rate: real(rate / (1.0 - math::powi(beta1, steps))),
                beta: (real(beta1), real(beta2)),
                rest: (real(1.0 - beta1), real(1.0 - beta2)),
                root_correction: real(1.0 / (1.0 - math::powi(beta2, steps)).sqrt()),
                epsilon: real(epsilon),
                keep: real(1.0 - rate * weight_decay),
            }
        };
        match *optimizer {
            Optimizer::Sgd { momentum, nesterov, .. } => {
                Rule::Sgd { rate: real(rate), momentum: real(momentum), nesterov }
            }
            Optimizer::RmsProp { decay, epsilon, .. } => {
                Rule::RmsProp { rate: real(rate), decay: real(decay), rest: real(1.0 - decay), epsilon: real(epsilon) }
            }
            Optimizer::Adam { beta1, beta2, epsilon, .. } => adam(beta1, beta2, epsilon, 0.0),
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay, .. } => adam(beta1, beta2, epsilon, weight_decay),
            Optimizer::Adagrad { epsilon, .. } => Rule::Adagrad { rate: real(rate), epsilon: real(epsilon) },
            Optimizer::Lion { beta1, beta2, weight_decay, .. } => Rule::Lion {
                rate: real(rate),
                beta: (real(beta1), real(beta2)),
                rest: (real(1.0 - beta1), real(1.0 - beta2)),
                keep: real(1.0 - rate * weight_decay),
            },
        }
    }

    fn apply(&self, isa: Isa, span: Span<'_, T>, decayed: &[Range<usize>]) {
        let Span { from, w, g, first, second } = span;
        match *self {
            Rule::Sgd { rate, momentum, nesterov } => update::sgd(isa, w, g, first, rate, momentum, nesterov),
            Rule::RmsProp { rate, decay, rest, epsilon } => {
                update::rms_prop(isa, w, g, first, rate, decay, rest, epsilon);
            }
            Rule::Adam { rate, beta, rest, root_correction, epsilon, keep } => {
                for (part, decays) in parts(from..from + w.len(), decayed) {
                    let keep = if decays { keep } else { T::ONE };
                    let (w, g, m, s) =
                        (&mut w[part.clone()], &g[part.clone()], &mut first[part.clone()], &mut second[part]);
                    update::adam(isa, w, g, m, s, rate, beta, rest, root_correction, epsilon, keep);
                }
            }
            Rule::Adagrad { rate, epsilon } => update::adagrad(isa, w, g, first, rate, epsilon),
            Rule::Lion { rate, beta, rest, keep } => {
                for (part, decays) in parts(from..from + w.len(), decayed) {
                    let keep = if decays { keep } else { T::ONE };
                    let (w, g, m) = (&mut w[part.clone()], &g[part.clone()], &mut first[part]);
                    update::lion(isa, w, g, m, rate, beta, rest, keep);
                }
            }
        }
    }
}

/// The span cut at the ranges: places from its start, and whether each part is inside a range.
fn parts(span: Range<usize>, ranges: &[Range<usize>]) -> impl Iterator<Item = (Range<usize>, bool)> {
    let ends = ranges.iter().map(|r| r.end);
    let gaps = std::iter::once(0).chain(ends).zip(ranges.iter().map(|r| r.start).chain(std::iter::once(span.end)));
    let mut inside = ranges.iter();
    gaps.flat_map(move |(from, to)| [Some((from..to, false)), inside.next().map(|r| (r.clone(), true))])
        .flatten()
        .map(move |(part, decays)| {
            let clip = |place: usize| place.clamp(span.start, span.end) - span.start;
            (clip(part.start)..clip(part.end), decays)
        })
        .filter(|(part, _)| !part.is_empty())
}

/// Buffers that do not fit the optimizer and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the optimizer needs {needed} vectors of {parameters} numbers")]
pub struct WrongBuffers {
    needed: usize,
    parameters: usize,
}
