//! What a layer does with a batch: the seam between the network and its layers.

use super::layer::Shape;
use crate::kernel::{Isa, Real, gemm::Workspace};

/// Why a batch passes through the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// To learn from it: batch statistics, dropout, noise. `learn`: the moving averages take it in.
    Train {
        /// Whether the moving averages change.
        learn: bool,
    },
    /// To predict.
    Evaluate,
    /// To measure what reaches the batch norm of this index (depth first, from 0); those before it use what was measured.
    Measure(usize),
}

/// Where the random streams of a step are: equal steps draw equal masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// Seed of the experiment.
    pub seed: u64,
    /// Repetition of the trial.
    pub repetition: u32,
    /// Steps done before this one.
    pub step: u32,
}

/// What every layer needs to work on a batch.
pub(super) struct Pass<'a, T: Real> {
    /// Examples in the batch.
    pub rows: usize,
    pub mode: Mode,
    pub streams: Streams,
    pub isa: Isa,
    pub parameters: &'a [T],
    pub gradients: &'a mut [T],
    pub buffers: &'a mut [T],
    pub workspace: &'a mut Workspace<T>,
    /// Set by the batch norm that is measured: nothing after it has to run.
    pub measured: bool,
}

/// The gradient of the loss by what flows between layers: `front` is by a layer's output, and after its backward pass by its input.
pub(super) struct Gradient<T> {
    pub front: Vec<T>,
    pub back: Vec<T>,
}

impl<T: Real> Gradient<T> {
    /// Room for so many numbers.
    pub fn new(size: usize) -> Self {
        Gradient { front: vec![T::ZERO; size], back: vec![T::ZERO; size] }
    }

    /// What was written to `back` is the gradient now.
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.front, &mut self.back);
    }
}

/// A layer at work. Batches are row by row, one example after another.
pub(super) trait Operation<T: Real>: Send {
    /// `y` from `x`.
    fn forward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &mut [T]);

    /// From the gradient by `y` the gradients by the parameters (written to `pass.gradients`) and, if `input_wanted`, by `x`;
    /// `x` and `y` are those of the last forward pass in training mode.
    fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], y: &[T], gradient: &mut Gradient<T>, input_wanted: bool);

    /// Change the rate, if this drops out.
    fn set_dropout(&mut self, _rate: f64) {}

    /// What the network asks of its batch norms.
    fn statistics(&mut self, _work: &mut StatisticsWork<'_, T>) {}

    /// The outputs of the layers inside, if there are any.
    fn visit(&self, _rows: usize, _see: &mut dyn FnMut(&str, &[T])) {}
}

/// What the network asks of its batch norms one after another.
pub(super) enum StatisticsWork<'a, T> {
    /// The batch norm of this index forgets what it measured.
    Start(usize),
    /// What it measured becomes what evaluation uses: in the network's buffers, or with `Statistics::Batch` in the layer.
    Finish(usize, &'a mut [T]),
}

/// A batch of images: rows are height after height.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Image {
    /// Of a shape that is one, by what [`super::shape::infer`] let through.
    pub fn of(shape: Shape) -> Self {
        match shape {
            Shape::Image(height, width, channels) => Image { height, width, channels },
            Shape::Flat(n) => Image { height: 1, width: 1, channels: n },
        }
    }

    pub fn size(self) -> usize {
        self.height * self.width * self.channels
    }
}
