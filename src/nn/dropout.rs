//! What is random while training: inverted dropout and Gaussian noise.

use super::chain::Builder;
use super::operation::{Gradient, Mode, Operation, Pass};
use crate::kernel::{Purpose, Real, Stream, elementwise};

/// Keeps each number with probability 1 − rate and divides it by that, so that the expectation stays (Srivastava et al. 2014).
pub(super) struct Dropout<T> {
    rate: f64,
    /// Which random layer this is: its stream.
    index: u32,
    /// 0 or 1/(1 − rate).
    mask: Vec<T>,
}

impl<T: Real> Dropout<T> {
    pub fn new(rate: f64, size: usize, builder: &mut Builder) -> Self {
        Dropout { rate, index: builder.next_random(), mask: vec![T::ZERO; size * builder.max_rows] }
    }
}

impl<T: Real> Operation<T> for Dropout<T> {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        if !matches!(pass.mode, Mode::Train { .. }) || self.rate == 0.0 {
            y.copy_from_slice(x);
            return;
        }
        let mask = &mut self.mask[..x.len()];
        elementwise::dropout_mask(pass.isa, &mut stream(pass, Purpose::Dropout, self.index), self.rate, mask);
        elementwise::product_of(pass.isa, y, x, mask);
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], _y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        if input_wanted && self.rate > 0.0 {
            elementwise::multiply(pass.isa, &mut gradient.front[..x.len()], &self.mask[..x.len()]);
        }
    }

    fn set_dropout(&mut self, rate: f64) {
        self.rate = rate.clamp(0.0, 1.0 - f64::EPSILON);
    }
}

/// The stream of this layer in this step.
fn stream<T: Real>(pass: &Pass<'_, T>, purpose: Purpose, index: u32) -> Stream {
    Stream::new(pass.streams.seed, purpose, index, pass.streams.repetition, pass.streams.step)
}

/// Adds deviation · N(0, 1).
pub(super) struct Noise {
    deviation: f64,
    index: u32,
}

impl Noise {
    pub fn new(deviation: f64, builder: &mut Builder) -> Self {
        Noise { deviation, index: builder.next_random() }
    }
}

impl<T: Real> Operation<T> for Noise {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        if !matches!(pass.mode, Mode::Train { .. }) || self.deviation == 0.0 {
            y.copy_from_slice(x);
            return;
        }
        stream(pass, Purpose::Noise, self.index).fill_normal(pass.isa, 0.0, self.deviation, y);
        elementwise::add(pass.isa, y, x);
    }

    fn backward(
        &mut self,
        _pass: &mut Pass<'_, T>,
        _x: &[T],
        _y: &[T],
        _gradient: &mut Gradient<T>,
        _input_wanted: bool,
    ) {
    }
}
