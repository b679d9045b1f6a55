//! y = g(x·W + b), g an activation or nothing.

use std::ops::Range;

use super::chain::Builder;
use super::layer::{Activation, Init};
use super::operation::{Gradient, Operation, Pass};
use super::parameter::{Role, Site};
use crate::kernel::gemm::{self, Start};
use crate::kernel::{Real, activation, reduce};

/// A dense layer, and the activation after it if its derivative follows from its output.
pub(super) struct Dense {
    inputs: usize,
    outputs: usize,
    weight: Range<usize>,
    bias: Option<Range<usize>>,
    activation: Option<Activation>,
}

impl Dense {
    pub fn new(
        site: &Site<'_>,
        units: usize,
        bias: bool,
        init: Init,
        penalty: (f64, f64),
        activation: Option<Activation>,
        builder: &mut Builder,
    ) -> Self {
        let inputs = site.input.size();
        let weight = builder.inventory.add_weight(site, Role::Weight, &[inputs, units], Some(init), penalty);
        let bias = bias.then(|| builder.inventory.add(site, Role::Bias, &[units]));
        builder.products.push((builder.max_rows, inputs, units));
        Dense { inputs, outputs: units, weight, bias, activation }
    }
}

impl<T: Real> Operation<T> for Dense {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let weight = &pass.parameters[self.weight.clone()];
        let start = self.bias.clone().map_or(Start::Zero, |range| Start::Row(&pass.parameters[range]));
        gemm::forward(pass.isa, pass.workspace, (pass.rows, self.inputs, self.outputs), x, weight, start, y);
        if let Some(f) = self.activation {
            activation::apply(pass.isa, f, y);
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        let size = (pass.rows, self.inputs, self.outputs);
        let dy = &mut gradient.front[..y.len()];
        if let Some(f) = self.activation {
            activation::backward(pass.isa, f, y, y, dy);
        }
        if let Some(bias) = self.bias.clone() {
            reduce::column_sums(pass.isa, dy, &mut pass.gradients[bias]);
        }
        let dw = &mut pass.gradients[self.weight.clone()];
        gemm::weight_gradient(pass.isa, pass.workspace, size, x, dy, Start::Zero, dw);
        if input_wanted {
            let weight = &pass.parameters[self.weight.clone()];
            let dx = &mut gradient.back[..x.len()];
            gemm::input_gradient(pass.isa, pass.workspace, size, dy, weight, Start::Zero, dx);
            gradient.swap();
        }
    }
}
