//! `residual { … }`: y = x + f(x) (He et al. 2016).

use super::chain::Chain;
use super::operation::{Gradient, Operation, Pass, StatisticsWork};
use crate::kernel::{Real, elementwise};

/// f is a chain of layers whose output has the shape of its input.
pub(super) struct Residual<T: Real> {
    body: Chain<T>,
    /// The gradient by y, kept while the body passes it back.
    saved: Vec<T>,
}

impl<T: Real> Residual<T> {
    pub fn new(body: Chain<T>, size: usize) -> Self {
        Residual { body, saved: vec![T::ZERO; size] }
    }
}

impl<T: Real> Operation<T> for Residual<T> {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let out = self.body.forward(pass, x);
        if !pass.measured {
            elementwise::sum_of(pass.isa, y, x, out);
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], _y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        let saved = &mut self.saved[..x.len()];
        saved.copy_from_slice(&gradient.front[..x.len()]);
        self.body.backward(pass, x, gradient, input_wanted);
        if input_wanted {
            elementwise::add(pass.isa, &mut gradient.front[..x.len()], saved);
        }
    }

    fn set_dropout(&mut self, rate: f64) {
        self.body.set_dropout(rate);
    }

    fn statistics(&mut self, work: &mut StatisticsWork<'_, T>) {
        self.body.statistics(work);
    }

    fn visit(&self, rows: usize, see: &mut dyn FnMut(&str, &[T])) {
        self.body.visit(rows, see);
    }
}
