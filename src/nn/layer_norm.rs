//! Layer normalisation (Ba et al. 2016): over all numbers of each example, whose γ and β are one a number.

use std::ops::Range;

use super::chain::Builder;
use super::operation::{Gradient, Operation, Pass};
use super::parameter::{Role, Site};
use crate::kernel::{Real, layer_norm};

/// y = γ·(x − mean)/√(variance + ε) + β, mean and biased variance of the example.
pub(super) struct LayerNorm<T> {
    epsilon: T,
    size: usize,
    gamma: Range<usize>,
    beta: Range<usize>,
    /// Of each example of the last batch.
    mean: Vec<T>,
    inverse: Vec<T>,
}

impl<T: Real> LayerNorm<T> {
    pub fn new(site: &Site<'_>, epsilon: f64, builder: &mut Builder) -> Self {
        let size = site.input.size();
        LayerNorm {
            epsilon: T::from_f64(epsilon),
            size,
            gamma: builder.inventory.add(site, Role::Scale, &[size]),
            beta: builder.inventory.add(site, Role::Shift, &[size]),
            mean: vec![T::ZERO; builder.max_rows],
            inverse: vec![T::ZERO; builder.max_rows],
        }
    }
}

impl<T: Real> Operation<T> for LayerNorm<T> {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let (gamma, beta) = (&pass.parameters[self.gamma.clone()], &pass.parameters[self.beta.clone()]);
        let (mean, inverse) = (&mut self.mean[..pass.rows], &mut self.inverse[..pass.rows]);
        layer_norm::forward(pass.isa, self.epsilon, gamma, beta, x, mean, inverse, y);
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], _y: &[T], gradient: &mut Gradient<T>, _input_wanted: bool) {
        let gamma = &pass.parameters[self.gamma.clone()];
        let (mean, inverse) = (&self.mean[..pass.rows], &self.inverse[..pass.rows]);
        // γ and β lie side by side.
        let (dg, db) = pass.gradients[self.gamma.start..self.beta.end].split_at_mut(self.size);
        layer_norm::backward(pass.isa, gamma, x, mean, inverse, dg, db, &mut gradient.front[..x.len()]);
    }
}
