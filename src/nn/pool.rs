//! Pooling over windows of an image, and over the whole of it.

use super::layer::{Pool, Shape};
use super::operation::{Gradient, Image, Operation, Pass};
use crate::kernel::Real;

/// Windows of `size` x `size`, side by side; what is left over at the border is dropped.
pub(super) struct Pooling {
    kind: Pool,
    size: usize,
    input: Image,
    output: Image,
    /// For a maximum: where in its example each output came from; the first of equals.
    chosen: Vec<u32>,
}

impl Pooling {
    pub fn new(kind: Pool, size: usize, input: Image, max_rows: usize) -> Self {
        let output = Image { height: input.height / size, width: input.width / size, channels: input.channels };
        let chosen = match kind {
            Pool::Max => vec![0; max_rows * output.size()],
            Pool::Average => Vec::new(),
        };
        Pooling { kind, size, input, output, chosen }
    }

    /// The shape that it makes.
    pub fn output(&self) -> Shape {
        Shape::Image(self.output.height, self.output.width, self.output.channels)
    }

    /// Index in an example of the first number of the window that makes output (row, column).
    fn corner(&self, row: usize, column: usize) -> usize {
        (row * self.size * self.input.width + column * self.size) * self.input.channels
    }

    fn largest<T: Real>(&mut self, x: &[T], y: &mut [T]) {
        let (from, to) = (self.input.size(), self.output.size());
        let (c, width) = (self.input.channels, self.input.width);
        for ((x, y), chosen) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)).zip(self.chosen.chunks_exact_mut(to)) {
            for row in 0..self.output.height {
                for column in 0..self.output.width {
                    let corner = (row * self.size * width + column * self.size) * c;
                    let at = (row * self.output.width + column) * c;
                    let (y, chosen) = (&mut y[at..at + c], &mut chosen[at..at + c]);
                    for channel in 0..c {
                        let mut best = corner + channel;
                        for down in 0..self.size {
                            for right in 0..self.size {
                                let place = corner + (down * width + right) * c + channel;
                                // Not `>`: a NaN is taken, so that a diverged training shows.
                                if x[place].partial_cmp(&x[best]).is_none_or(|order| order.is_gt()) {
                                    best = place;
                                }
                            }
                        }
                        y[channel] = x[best];
                        chosen[channel] = best as u32;
                    }
                }
            }
        }
    }

    fn mean<T: Real>(&self, x: &[T], y: &mut [T]) {
        let (from, to) = (self.input.size(), self.output.size());
        let c = self.input.channels;
        let share = T::from_f64(1.0 / (self.size * self.size) as f64);
        for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
            for (index, y) in y.chunks_exact_mut(c).enumerate() {
                let corner = self.corner(index / self.output.width, index % self.output.width);
                y.fill(T::ZERO);
                for down in 0..self.size {
                    for right in 0..self.size {
                        let place = corner + (down * self.input.width + right) * c;
                        for (y, &x) in y.iter_mut().zip(&x[place..place + c]) {
                            *y += x;
                        }
                    }
                }
                for y in y {
                    *y *= share;
                }
            }
        }
    }
}

impl<T: Real> Operation<T> for Pooling {
    fn forward(&mut self, _pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        match self.kind {
            Pool::Max => self.largest(x, y),
            Pool::Average => self.mean(x, y),
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, _x: &[T], _y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        if !input_wanted {
            return;
        }
        let (from, to) = (self.input.size(), self.output.size());
        let c = self.input.channels;
        let share = T::from_f64(1.0 / (self.size * self.size) as f64);
        let dy = &gradient.front[..pass.rows * to];
        let dx = &mut gradient.back[..pass.rows * from];
        dx.fill(T::ZERO);
        for (row, (dy, dx)) in dy.chunks_exact(to).zip(dx.chunks_exact_mut(from)).enumerate() {
            if self.kind == Pool::Max {
                for (&dy, &place) in dy.iter().zip(&self.chosen[row * to..(row + 1) * to]) {
                    dx[place as usize] = dy;
                }
                continue;
            }
            for (index, dy) in dy.chunks_exact(c).enumerate() {
                let corner = self.corner(index / self.output.width, index % self.output.width);
                for down in 0..self.size {
                    for right in 0..self.size {
                        let place = corner + (down * self.input.width + right) * c;
                        for (dx, &dy) in dx[place..place + c].iter_mut().zip(dy) {
                            *dx = dy * share;
                        }
                    }
                }
            }
        }
        gradient.swap();
    }
}

/// The mean of each channel.
pub(super) struct GlobalAverage {
    pub input: Image,
}

impl<T: Real> Operation<T> for GlobalAverage {
    fn forward(&mut self, _pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let c = self.input.channels;
        let share = T::from_f64(1.0 / (self.input.height * self.input.width) as f64);
        for (x, y) in x.chunks_exact(self.input.size()).zip(y.chunks_exact_mut(c)) {
            y.fill(T::ZERO);
            for x in x.chunks_exact(c) {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y += x;
                }
            }
            for y in y {
                *y *= share;
            }
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, _x: &[T], _y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        if !input_wanted {
            return;
        }
        let c = self.input.channels;
        let share = T::from_f64(1.0 / (self.input.height * self.input.width) as f64);
        let dy = &gradient.front[..pass.rows * c];
        let dx = &mut gradient.back[..pass.rows * self.input.size()];
        for (dy, dx) in dy.chunks_exact(c).zip(dx.chunks_exact_mut(self.input.size())) {
            for dx in dx.chunks_exact_mut(c) {
                for (dx, &dy) in dx.iter_mut().zip(dy) {
                    *dx = dy * share;
                }
            }
        }
        gradient.swap();
    }
}
