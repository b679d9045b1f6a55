//! An activation function that stands alone: after another activation, or one whose derivative needs its input.

use super::layer::Activation;
use super::operation::{Gradient, Operation, Pass};
use crate::kernel::{Real, activation};

/// y = f(x), each number alone.
pub(super) struct Elementwise(pub Activation);

impl<T: Real> Operation<T> for Elementwise {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        activation::forward(pass.isa, self.0, x, y);
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        if input_wanted {
            activation::backward(pass.isa, self.0, x, y, &mut gradient.front[..y.len()]);
        }
    }
}
