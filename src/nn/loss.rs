//! The end of a network: what training makes small, and what an evaluation gives.
//!
//! Softmax before a cross entropy and sigmoid before a binary one are part of the loss: it is computed from what reaches them (the
//! scores), so that nothing overflows, and the gradient by the scores is ŷ − y.

use super::layer::{Activation, Layer, Loss, Shape};
use crate::kernel::{Isa, Real, activation, elementwise, loss, softmax};

/// What is true of some examples.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a, T> {
    truth: Truth<'a, T>,
    weights: Option<&'a [T]>,
}

#[derive(Clone, Copy, Debug)]
enum Truth<'a, T> {
    Classes(&'a [u32]),
    Values(&'a [T]),
}

impl<'a, T: Real> Targets<'a, T> {
    /// The class of each example. Losses of values take it as a one among zeros, or as the number itself where there is one output.
    pub fn classes(classes: &'a [u32]) -> Self {
        Targets { truth: Truth::Classes(classes), weights: None }
    }

    /// Values \[rows, outputs\]: for losses of values alone.
    pub fn values(values: &'a [T]) -> Self {
        Targets { truth: Truth::Values(values), weights: None }
    }

    /// With a weight for each example in the mean: Σ w·loss / Σ w.
    pub fn weighted(self, weights: &'a [T]) -> Self {
        Targets { weights: Some(weights), ..self }
    }

    /// Examples `from..from + count`.
    pub fn part(self, from: usize, count: usize, outputs: usize) -> Self {
        let truth = match self.truth {
            Truth::Classes(classes) => Truth::Classes(&classes[from..from + count]),
            Truth::Values(values) => Truth::Values(&values[from * outputs..(from + count) * outputs]),
        };
        Targets { truth, weights: self.weights.map(|weights| &weights[from..from + count]) }
    }

    pub(super) fn weight(self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row].to_f64())
    }
}

/// What is after the last layer that the chain runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Nothing,
    Softmax,
    Sigmoid,
}

/// The loss with the softmax or sigmoid that it takes in.
pub(super) struct Head<T> {
    loss: Loss,
    finish: Finish,
    /// Whether the largest output becomes one and the rest zero.
    hard: bool,
    /// How many layers come before.
    pub layers: usize,
    /// Numbers of an example at the end.
    pub outputs: usize,
    /// For classes where the loss wants values, \[max_rows, outputs\].
    values: Vec<T>,
    /// The share of each example in the mean.
    shares: Vec<T>,
    /// Loss of each example.
    losses: Vec<T>,
}

impl<T: Real> Head<T> {
    /// Of layers that fit the loss.
    pub fn new(layers: &[Layer], input: Shape, shapes: &[Shape], loss: Loss, max_rows: usize) -> Self {
        let hard = matches!(layers.last(), Some(Layer::Hardmax));
        let mut count = layers.len() - usize::from(hard);
        let finish = match (loss, layers[..count].last()) {
            (Loss::CrossEntropy { .. }, Some(Layer::Softmax)) => Finish::Softmax,
            (Loss::BinaryCrossEntropy, Some(Layer::Activation(Activation::Sigmoid))) => Finish::Sigmoid,
            _ => Finish::Nothing,
        };
        count -= usize::from(finish != Finish::Nothing);
        let outputs = shapes.last().copied().unwrap_or(input).size();
        let values = match loss {
            Loss::CrossEntropy { .. } | Loss::Hinge => Vec::new(),
            _ => vec![T::ZERO; max_rows * outputs],
        };
        let rows = || vec![T::ZERO; max_rows];
        Head { loss, finish, hard, layers: count, outputs, values, shares: rows(), losses: rows() }
    }

    /// The mean loss of a batch, and in `d` its gradient by the scores.
    pub fn train(&mut self, isa: Isa, scores: &[T], targets: Targets<'_, T>, d: &mut [T]) -> T {
        let rows = scores.len() / self.outputs;
        let mean = self.mean(isa, scores, targets, d);
        // One factor for all, or one a row.
        let scale = if targets.weights.is_some() { T::ONE } else { self.shares[0] };
        let n = self.outputs;
        match self.loss {
            Loss::CrossEntropy { label_smoothing } => {
                let smoothing = T::from_f64(label_smoothing);
                softmax::cross_entropy_gradient(isa, n, classes(targets), smoothing, scale, d);
            }
            Loss::Hinge => loss::hinge_gradient(isa, n, scores, classes(targets), scale, d),
            _ => {
                let y = values(targets, n, &mut self.values);
                match self.loss {
                    Loss::BinaryCrossEntropy => loss::binary_cross_entropy_gradient(isa, scores, y, scale, d),
                    Loss::Huber { delta } => loss::huber_gradient(isa, n, scores, y, T::from_f64(delta), scale, d),
                    _ => loss::squared_error_gradient(isa, n, scores, y, scale, d),
                }
            }
        }
        if targets.weights.is_some() {
            for (d, &share) in d.chunks_exact_mut(n).zip(&self.shares[..rows]) {
                elementwise::scale(isa, d, share);
            }
        }
        mean
    }

    /// The mean loss of a batch; `scratch` \[rows, outputs\] holds the probabilities of a cross entropy afterwards.
    pub fn mean(&mut self, isa: Isa, scores: &[T], targets: Targets<'_, T>, scratch: &mut [T]) -> T {
        self.each(isa, scores, targets, scratch);
        let rows = scores.len() / self.outputs;
        let (shares, losses) = (&mut self.shares[..rows], &self.losses[..rows]);
        match targets.weights {
            None => shares.fill(T::from_f64(1.0 / rows as f64)),
            Some(weights) => {
                let whole: f64 = weights.iter().map(|weight| weight.to_f64()).sum();
                let shared = |&weight: &T| T::from_f64(weight.to_f64() / whole);
                shares.iter_mut().zip(weights).for_each(|(share, weight)| *share = shared(weight));
            }
        }
        crate::kernel::reduce::dot(isa, losses, shares)
    }

    /// The loss of each example of a batch; `scratch` as for [`Head::mean`].
    fn each(&mut self, isa: Isa, scores: &[T], targets: Targets<'_, T>, scratch: &mut [T]) {
        let n = self.outputs;
        let losses = &mut self.losses[..scores.len() / n];
        match self.loss {
            Loss::CrossEntropy { label_smoothing } => {
                let smoothing = T::from_f64(label_smoothing);
                softmax::cross_entropy(isa, n, scores, classes(targets), smoothing, losses, scratch);
            }
            Loss::Hinge => loss::hinge(isa, n, scores, classes(targets), losses),
            _ => {
                let y = values(targets, n, &mut self.values);
                match self.loss {
                    Loss::BinaryCrossEntropy => loss::binary_cross_entropy(isa, n, scores, y, losses),
                    Loss::Huber { delta } => loss::huber(isa, n, scores, y, T::from_f64(delta), losses),
                    _ => loss::squared_error(isa, n, scores, y, losses),
                }
            }
        }
    }

    /// What an evaluation gives, from the scores of a batch; with targets, the losses of its examples.
    pub fn evaluate(&mut self, isa: Isa, scores: &[T], targets: Option<Targets<'_, T>>, outputs: &mut [T]) -> &[T] {
        let n = self.outputs;
        match targets {
            Some(targets) => self.each(isa, scores, targets, outputs),
            None if self.finish == Finish::Softmax => softmax::softmax(isa, n, scores, outputs),
            None => {}
        }
        match self.finish {
            Finish::Softmax => {}
            Finish::Sigmoid => activation::forward(isa, Activation::Sigmoid, scores, outputs),
            Finish::Nothing => outputs.copy_from_slice(scores),
        }
        if self.hard {
            for outputs in outputs.chunks_exact_mut(n) {
                let mut best = [0];
                softmax::argmax(isa, n, outputs, &mut best);
                outputs.fill(T::ZERO);
                outputs[best[0] as usize] = T::ONE;
            }
        }
        &self.losses[..scores.len() / n]
    }
}

fn classes<'a, T>(targets: Targets<'a, T>) -> &'a [u32] {
    match targets.truth {
        Truth::Classes(classes) => classes,
        Truth::Values(_) => panic!("a loss of classes got values: a training is checked before it runs"),
    }
}

/// The values of the targets, those of classes written into `made`.
fn values<'a, T: Real>(targets: Targets<'a, T>, outputs: usize, made: &'a mut [T]) -> &'a [T] {
    let classes = match targets.truth {
        Truth::Values(values) => return values,
        Truth::Classes(classes) => classes,
    };
    let made = &mut made[..classes.len() * outputs];
    for (made, &class) in made.chunks_exact_mut(outputs).zip(classes) {
        match made {
            [one] => *one = T::from_f64(f64::from(class)),
            _ => {
                made.fill(T::ZERO);
                made[class as usize] = T::ONE;
            }
        }
    }
    made
}
