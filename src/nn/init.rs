//! How weights start.

use super::layer::Init;
use super::parameter::{Role, Tensor};
use crate::kernel::{Isa, Purpose, Real, Stream};

/// The parameters at the start: weights by their layer's [`Init`], γ at 1, the rest at 0.
///
/// The n-th tensor of weights (depth first) draws from stream n of the seed and repetition, whatever lies between: networks that
/// differ in their normalisations, activations or dropout start from the same weights where their shapes are the same.
pub(super) fn parameters<T: Real>(isa: Isa, tensors: &[Tensor], seed: u64, repetition: u32, parameters: &mut [T]) {
    let mut weights = 0;
    for tensor in tensors {
        let values = &mut parameters[tensor.range.clone()];
        match tensor.init {
            Some(init) => {
                let stream = Stream::new(seed, Purpose::Init, weights, repetition, 0);
                weights += 1;
                draw(isa, init, &tensor.shape, stream, values);
            }
            None if tensor.role == Role::Scale => values.fill(T::ONE),
            None => values.fill(T::ZERO),
        }
    }
}

/// Buffers at the start: mean 0, variance 1.
pub(super) fn buffers<T: Real>(tensors: &[Tensor], buffers: &mut [T]) {
    for tensor in tensors {
        let value = if tensor.role == Role::Variance { T::ONE } else { T::ZERO };
        buffers[tensor.range.clone()].fill(value);
    }
}

/// Fan-in and fan-out of weights: for a convolution, those of one window.
fn fans(shape: &[usize]) -> (f64, f64) {
    let outputs = shape.last().copied().unwrap_or(1);
    let window: usize = shape.iter().rev().skip(2).product();
    let inputs: usize = shape.iter().rev().skip(1).product();
    (inputs as f64, (outputs * window) as f64)
}

fn draw<T: Real>(isa: Isa, init: Init, shape: &[usize], mut stream: Stream, values: &mut [T]) {
    let (inputs, outputs) = fans(shape);
    let (mean, deviation) = match init {
        Init::He => (0.0, (2.0 / inputs).sqrt()),
        Init::Lecun => (0.0, (1.0 / inputs).sqrt()),
        Init::Normal(mean, deviation) => (mean, deviation),
        Init::Xavier => {
            let limit = (6.0 / (inputs + outputs)).sqrt();
            return stream.fill_uniform(isa, -limit, limit, values);
        }
        Init::Zeros => return values.fill(T::ZERO),
    };
    stream.fill_normal(isa, mean, deviation, values);
}
