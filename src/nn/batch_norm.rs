//! Batch normalisation (Ioffe & Szegedy 2015), over each number of flat examples or each channel of images.
//!
//! Training normalises with the batch's mean and biased variance, and takes them into the moving averages:
//! moving = momentum·moving + (1 − momentum)·batch, from mean 0 and variance 1; the variance goes in unbiased (times n/(n − 1)), as
//! in the paper and in PyTorch. A batch with one number a channel has no variance: its output is β, and the averages stay.

use std::ops::Range;

use super::chain::Builder;
use super::layer::{Activation, Shape, Statistics};
use super::operation::{Gradient, Mode, Operation, Pass, StatisticsWork};
use super::parameter::{Role, Site};
use crate::kernel::batch_norm::{self, Affine, BatchStatistics};
use crate::kernel::{Real, activation, elementwise};

/// A batch norm, and the activation after it if its derivative follows from its output.
pub(super) struct BatchNorm<T> {
    /// Which batch norm of the network this is.
    index: usize,
    momentum: f64,
    epsilon: T,
    statistics: Statistics,
    activation: Option<Activation>,
    gamma: Option<Range<usize>>,
    beta: Option<Range<usize>>,
    /// Of the buffers.
    moving_mean: Range<usize>,
    moving_variance: Range<usize>,
    /// Of the last batch.
    mean: Vec<T>,
    variance: Vec<T>,
    inverse: Vec<T>,
    /// Where the gradients of a γ and a β go that are not learned.
    unused: Vec<T>,
    /// Of the examples that are evaluated, for `Statistics::Batch`: means, then variances.
    evaluated: Vec<T>,
    measured: Measured,
}

/// Sums over examples that pass in parts, by channel, in f64 and in their order.
#[derive(Default)]
struct Measured {
    count: f64,
    /// The first number of each channel: the sums are of distances from it.
    first: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl<T: Real> BatchNorm<T> {
    pub fn new(
        site: &Site<'_>,
        (momentum, epsilon): (f64, f64),
        (scale, shift): (bool, bool),
        statistics: Statistics,
        activation: Option<Activation>,
        builder: &mut Builder,
    ) -> Self {
        let channels = match site.input {
            Shape::Flat(n) => n,
            Shape::Image(_, _, channels) => channels,
        };
        let mut range = |role| builder.inventory.add(site, role, &[channels]);
        let gamma = scale.then(|| range(Role::Scale));
        let beta = shift.then(|| range(Role::Shift));
        let (moving_mean, moving_variance) = (range(Role::Mean), range(Role::Variance));
        builder.batch_norms.push(statistics);
        let zeros = || vec![T::ZERO; channels];
        BatchNorm {
            index: builder.batch_norms.len() - 1,
            momentum,
            epsilon: T::from_f64(epsilon),
            statistics,
            activation,
            gamma,
            beta,
            moving_mean,
            moving_variance,
            mean: zeros(),
            variance: zeros(),
            inverse: zeros(),
            unused: vec![T::ZERO; 2 * channels],
            evaluated: if statistics == Statistics::Batch { vec![T::ZERO; 2 * channels] } else { Vec::new() },
            measured: Measured::default(),
        }
    }

    fn normalize_batch(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T], learn: bool) {
        let BatchNorm { mean, variance, inverse, .. } = self;
        let affine = affine(pass.parameters, &self.gamma, &self.beta, self.activation);
        let statistics = BatchStatistics { mean, variance, inverse };
        batch_norm::forward(pass.isa, self.epsilon, affine, x, statistics, y);
        let count = x.len() / self.mean.len();
        if learn && count > 1 && self.statistics != Statistics::Exact {
            let (keep, fresh) = (self.momentum, 1.0 - self.momentum);
            let unbiased = fresh * (count as f64 / (count - 1) as f64);
            let (keep, fresh, unbiased) = (T::from_f64(keep), T::from_f64(fresh), T::from_f64(unbiased));
            elementwise::blend(pass.isa, &mut pass.buffers[self.moving_mean.clone()], keep, fresh, &self.mean);
            elementwise::blend(
                pass.isa,
                &mut pass.buffers[self.moving_variance.clone()],
                keep,
                unbiased,
                &self.variance,
            );
        }
    }

    fn normalize_as_learned(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let (mean, variance) = match self.statistics {
            Statistics::Batch => self.evaluated.split_at(self.mean.len()),
            _ => (&pass.buffers[self.moving_mean.clone()], &pass.buffers[self.moving_variance.clone()]),
        };
        batch_norm::inverse_deviation(pass.isa, variance, self.epsilon, &mut self.inverse);
        let affine = affine(pass.parameters, &self.gamma, &self.beta, self.activation);
        batch_norm::apply(pass.isa, affine, mean, &self.inverse, x, y);
    }
}

fn affine<'a, T>(
    parameters: &'a [T],
    gamma: &Option<Range<usize>>,
    beta: &Option<Range<usize>>,
    activation: Option<Activation>,
) -> Affine<'a, T> {
    let slice = |range: &Option<Range<usize>>| range.clone().map(|range| &parameters[range]);
    Affine { gamma: slice(gamma), beta: slice(beta), relu: activation == Some(Activation::Relu) }
}

impl<T: Real> Operation<T> for BatchNorm<T> {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        match pass.mode {
            Mode::Train { learn } => self.normalize_batch(pass, x, y, learn),
            Mode::Measure(index) if index == self.index => {
                self.measured.take_in(x, self.mean.len());
                pass.measured = true;
                return;
            }
            Mode::Evaluate | Mode::Measure(_) => self.normalize_as_learned(pass, x, y),
        }
        match self.activation {
            // It was part of the pass.
            None | Some(Activation::Relu) => {}
            Some(f) => activation::apply(pass.isa, f, y),
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &[T], gradient: &mut Gradient<T>, _input_wanted: bool) {
        let d = &mut gradient.front[..x.len()];
        if let Some(f) = self.activation {
            activation::backward(pass.isa, f, y, y, d);
        }
        let gamma = self.gamma.clone().map(|range| &pass.parameters[range]);
        let channels = self.mean.len();
        let (spare_gamma, spare_beta) = self.unused.split_at_mut(channels);
        let (gamma_gradient, beta_gradient) = match (&self.gamma, &self.beta) {
            // γ and β lie side by side.
            (Some(gamma), Some(beta)) => pass.gradients[gamma.start..beta.end].split_at_mut(channels),
            (Some(gamma), None) => (&mut pass.gradients[gamma.clone()], spare_beta),
            (None, Some(beta)) => (spare_gamma, &mut pass.gradients[beta.clone()]),
            (None, None) => (spare_gamma, spare_beta),
        };
        batch_norm::backward(pass.isa, gamma, &self.mean, &self.inverse, x, gamma_gradient, beta_gradient, d);
    }

    fn statistics(&mut self, work: &mut StatisticsWork<'_, T>) {
        match work {
            StatisticsWork::Start(index) if *index == self.index => self.measured.start(self.mean.len()),
            StatisticsWork::Finish(index, buffers) if *index == self.index => {
                for channel in 0..self.mean.len() {
                    let (mean, variance) = self.measured.of(channel);
                    let (mean, variance) = (T::from_f64(mean), T::from_f64(variance));
                    match self.statistics {
                        Statistics::Batch => {
                            self.evaluated[channel] = mean;
                            self.evaluated[self.mean.len() + channel] = variance;
                        }
                        _ => {
                            buffers[self.moving_mean.start + channel] = mean;
                            buffers[self.moving_variance.start + channel] = variance;
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

impl Measured {
    fn start(&mut self, channels: usize) {
        self.count = 0.0;
        for sums in [&mut self.first, &mut self.sums, &mut self.squares] {
            sums.clear();
            sums.resize(channels, 0.0);
        }
    }

    fn take_in<T: Real>(&mut self, x: &[T], channels: usize) {
        if self.count == 0.0 {
            self.first.iter_mut().zip(x).for_each(|(first, x)| *first = x.to_f64());
        }
        self.count += (x.len() / channels) as f64;
        for x in x.chunks_exact(channels) {
            for (((x, first), sum), square) in x.iter().zip(&self.first).zip(&mut self.sums).zip(&mut self.squares) {
                let distance = x.to_f64() - first;
                *sum += distance;
                *square += distance * distance;
            }
        }
    }

    /// Mean and biased variance.
    fn of(&self, channel: usize) -> (f64, f64) {
        let distance = self.sums[channel] / self.count;
        let variance = self.squares[channel] / self.count - distance * distance;
        (self.first[channel] + distance, variance.max(0.0))
    }
}
