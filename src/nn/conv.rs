//! Convolution as a matrix product over the windows of the images (im2col, Chellapilla et al. 2006).

use std::ops::Range;

use super::chain::Builder;
use super::layer::{Activation, Init, Padding, Shape};
use super::operation::{Gradient, Image, Operation, Pass};
use super::parameter::{Role, Site};
use super::shape::convolved;
use crate::kernel::gemm::{self, Start};
use crate::kernel::{Real, activation, reduce};

/// Numbers of windows that are laid out at once: they stay in the second-level cache.
const LAID_OUT: usize = 1 << 16;

/// A convolution, and the activation after it if its derivative follows from its output.
pub(super) struct Convolution<T> {
    input: Image,
    output: Image,
    kernel: usize,
    stride: usize,
    /// Rows and columns of zeros above and to the left. With `same` and an odd number in all, one more is below and to the right.
    top: usize,
    left: usize,
    weight: Range<usize>,
    bias: Option<Range<usize>>,
    activation: Option<Activation>,
    /// The windows of `group` examples, a row each: [group · height · width, kernel · kernel · channels].
    windows: Vec<T>,
    group: usize,
}

impl<T: Real> Convolution<T> {
    pub fn new(
        site: &Site<'_>,
        (filters, kernel, stride, padding): (usize, usize, usize, Padding),
        bias: bool,
        init: Init,
        penalty: (f64, f64),
        activation: Option<Activation>,
        builder: &mut Builder,
    ) -> Self {
        let input = Image::of(site.input);
        let height = convolved(input.height, kernel, stride, padding);
        let width = convolved(input.width, kernel, stride, padding);
        let output = Image { height, width, channels: filters };
        let before = |outside: usize, inside: usize| match padding {
            Padding::Same => ((outside - 1) * stride + kernel).saturating_sub(inside) / 2,
            Padding::Valid => 0,
        };
        let shape = [kernel, kernel, input.channels, filters];
        let weight = builder.inventory.add_weight(site, Role::Weight, &shape, Some(init), penalty);
        let bias = bias.then(|| builder.inventory.add(site, Role::Bias, &[filters]));
        let each = height * width * kernel * kernel * input.channels;
        let group = (LAID_OUT / each).clamp(1, builder.max_rows);
        let (top, left) = (before(height, input.height), before(width, input.width));
        let windows = vec![T::ZERO; group * each];
        builder.products.push((group * height * width, kernel * kernel * input.channels, filters));
        Convolution { input, output, kernel, stride, top, left, weight, bias, activation, windows, group }
    }

    /// The shape that it makes.
    pub fn output(&self) -> Shape {
        Shape::Image(self.output.height, self.output.width, self.output.channels)
    }

    /// Numbers of a window.
    fn depth(&self) -> usize {
        self.kernel * self.kernel * self.input.channels
    }

    /// Calls `each(place of a run in the example, its place in the windows, its length)` for every run of numbers that lie side by
    /// side in both, for one example. What is not covered lies in the padding.
    fn runs(&self, mut each: impl FnMut(usize, usize, usize)) {
        let Image { height, width, channels } = self.input;
        let depth = self.depth();
        for row in 0..self.output.height {
            for column in 0..self.output.width {
                let window = (row * self.output.width + column) * depth;
                let first = (column * self.stride).max(self.left) - self.left;
                let end = (column * self.stride + self.kernel).min(self.left + width).saturating_sub(self.left);
                if first >= end {
                    continue;
                }
                let skipped = first + self.left - column * self.stride;
                for down in 0..self.kernel {
                    let y = row * self.stride + down;
                    if y < self.top || y - self.top >= height {
                        continue;
                    }
                    let place = ((y - self.top) * width + first) * channels;
                    each(place, window + (down * self.kernel + skipped) * channels, (end - first) * channels);
                }
            }
        }
    }

    /// The windows of these examples, into `self.windows`.
    fn lay_out(&mut self, x: &[T]) {
        let each = self.output.height * self.output.width * self.depth();
        let mut windows = std::mem::take(&mut self.windows);
        for (x, windows) in x.chunks_exact(self.input.size()).zip(windows.chunks_exact_mut(each)) {
            windows.fill(T::ZERO);
            self.runs(|from, to, length| windows[to..to + length].copy_from_slice(&x[from..from + length]));
        }
        self.windows = windows;
    }

    /// The sum, by place in the example, of what `self.windows` holds.
    fn gather(&self, dx: &mut [T]) {
        let each = self.output.height * self.output.width * self.depth();
        for (dx, windows) in dx.chunks_exact_mut(self.input.size()).zip(self.windows.chunks_exact(each)) {
            dx.fill(T::ZERO);
            self.runs(|to, from, length| {
                for (dx, &window) in dx[to..to + length].iter_mut().zip(&windows[from..from + length]) {
                    *dx += window;
                }
            });
        }
    }
}

impl<T: Real> Operation<T> for Convolution<T> {
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]) {
        let (from, to) = (self.input.size(), self.output.size());
        let pixels = self.output.height * self.output.width;
        let weight = &pass.parameters[self.weight.clone()];
        for (x, y) in x.chunks(from * self.group).zip(y.chunks_mut(to * self.group)) {
            self.lay_out(x);
            let rows = x.len() / from * pixels;
            let windows = &self.windows[..rows * self.depth()];
            let start = self.bias.clone().map_or(Start::Zero, |range| Start::Row(&pass.parameters[range]));
            let size = (rows, self.depth(), self.output.channels);
            gemm::forward(pass.isa, pass.workspace, size, windows, weight, start, y);
        }
        if let Some(f) = self.activation {
            activation::apply(pass.isa, f, y);
        }
    }

    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        let (from, to) = (self.input.size(), self.output.size());
        let (pixels, depth, filters) = (self.output.height * self.output.width, self.depth(), self.output.channels);
        let dy = &mut gradient.front[..pass.rows * to];
        if let Some(f) = self.activation {
            activation::backward(pass.isa, f, y, y, dy);
        }
        if let Some(bias) = self.bias.clone() {
            reduce::column_sums(pass.isa, dy, &mut pass.gradients[bias]);
        }
        let weight = &pass.parameters[self.weight.clone()];
        let dw = &mut pass.gradients[self.weight.clone()];
        dw.fill(T::ZERO);
        let dx = &mut gradient.back[..pass.rows * from];
        let groups = x.chunks(from * self.group).zip(dy.chunks(to * self.group)).zip(dx.chunks_mut(from * self.group));
        for ((x, dy), dx) in groups {
            let rows = x.len() / from * pixels;
            self.lay_out(x);
            let windows = &mut self.windows[..rows * depth];
            let size = (rows, depth, filters);
            // The chains over all windows of the batch go on from group to group.
            gemm::weight_gradient(pass.isa, pass.workspace, size, windows, dy, Start::Output, dw);
            if input_wanted {
                gemm::input_gradient(pass.isa, pass.workspace, size, dy, weight, Start::Zero, windows);
                self.gather(dx);
            }
        }
        if input_wanted {
            gradient.swap();
        }
    }
}
