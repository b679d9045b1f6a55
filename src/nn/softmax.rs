//! Softmax between layers. At the end of a network before a cross entropy it is part of the loss.

use super::operation::{Gradient, Operation, Pass};
use crate::kernel::{Real, softmax};

/// y_i = e^x_i / Σ e^x_j over each example.
pub(super) struct Softmax {
    pub classes: usize,
}

impl<T: Real> Operation<T> for Softmax {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        softmax::softmax(pass.isa, self.classes, x, y);
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, _x: &[T], y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        if input_wanted {
            softmax::softmax_backward(pass.isa, self.classes, y, &mut gradient.front[..y.len()]);
        }
    }
}
