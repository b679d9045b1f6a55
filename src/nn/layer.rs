//! What a network is made of, as plain data.

use serde::{Deserialize, Serialize};

pub use crate::kernel::Activation;

/// The shape of one example as it passes through a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// So many numbers.
    Flat(usize),
    /// Height, width, channels; stored row by row, channels last.
    Image(usize, usize, usize),
}

impl Shape {
    /// How many numbers one example has.
    pub fn size(self) -> usize {
        match self {
            Shape::Flat(n) => n,
            Shape::Image(h, w, c) => h * w * c,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Flat(n) => write!(f, "{n}"),
            Shape::Image(h, w, c) => write!(f, "{h} x {w} x {c}"),
        }
    }
}

/// How weights start. Fan-in `n`, fan-out `m`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Init {
    /// Gaussian, variance 2/n (He et al. 2015).
    He,
    /// Uniform, variance 2/(n+m) (Glorot & Bengio 2010).
    Xavier,
    /// Gaussian, variance 1/n (LeCun et al. 1998).
    Lecun,
    /// Gaussian with this mean and deviation.
    Normal(f64, f64),
    /// All zero.
    Zeros,
}

impl Activation {
    /// Its word in the language.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky_relu",
            Activation::Elu => "elu",
            Activation::Selu => "selu",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::Softplus => "softplus",
            Activation::Identity => "identity",
        }
    }
}

/// Which statistics batch norm uses at evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Statistics {
    /// The exponentially weighted average over mini-batches.
    Moving,
    /// One exact pass over the training set, layer by layer, before evaluation.
    Exact,
    /// The evaluated batch's own.
    Batch,
}

/// What a convolution does at the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// Zeros, so that with stride 1 the size stays.
    Same,
    /// None: the output is smaller.
    Valid,
}

/// A pooling over windows of size x size, stride = size; a remainder at the border is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pool {
    /// The largest.
    Max,
    /// The mean.
    Average,
}

/// One layer, everything decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Layer {
    /// a·W + b. `l1` and `l2` add l1·Σ|w| and l2/2·Σw² of the weights (not the bias) to the loss.
    Dense {
        /// Outputs.
        units: usize,
        /// Whether there is a b.
        bias: bool,
        /// How W starts; b starts at zero.
        init: Init,
        /// Strength of the absolute penalty.
        l1: f64,
        /// Strength of the square penalty.
        l2: f64,
    },
    /// Normalise over the batch (per number, or per channel of an image), then scale γ and shift β (Ioffe & Szegedy 2015).
    BatchNorm {
        /// Weight of the old average: moving = momentum·moving + (1 − momentum)·batch.
        momentum: f64,
        /// Added to the variance.
        epsilon: f64,
        /// Whether γ is learned.
        scale: bool,
        /// Whether β is learned.
        shift: bool,
        /// What evaluation uses.
        statistics: Statistics,
    },
    /// Normalise over the numbers of each example, then scale and shift each (Ba et al. 2016).
    LayerNorm {
        /// Added to the variance.
        epsilon: f64,
    },
    /// An activation function.
    Activation(Activation),
    /// Probabilities over the numbers of an example.
    Softmax,
    /// One for the largest, zero for the rest; evaluation only.
    Hardmax,
    /// Inverted dropout (Srivastava et al. 2014).
    Dropout {
        /// The share that is dropped.
        rate: f64,
    },
    /// Gaussian noise added while training.
    Noise {
        /// Its deviation.
        deviation: f64,
    },
    /// Give flat input the shape of an image.
    Image {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels.
        channels: usize,
    },
    /// Two-dimensional cross-correlation.
    Conv {
        /// Output channels.
        filters: usize,
        /// Side of the square window.
        kernel: usize,
        /// Step of the window.
        stride: usize,
        /// What happens at the border.
        padding: Padding,
        /// Whether there is a b a filter.
        bias: bool,
        /// How W starts.
        init: Init,
        /// As in dense.
        l1: f64,
        /// As in dense.
        l2: f64,
    },
    /// Pooling.
    Pool {
        /// Largest or mean.
        pool: Pool,
        /// Side of the window, and its step.
        size: usize,
    },
    /// The mean of each channel over the whole image.
    GlobalAveragePool,
    /// An image as flat numbers.
    Flatten,
    /// Adds its input to its output.
    Residual(Vec<Layer>),
}

impl Layer {
    /// Its word in the language.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Dense { .. } => "dense",
            Layer::BatchNorm { .. } => "batch_norm",
            Layer::LayerNorm { .. } => "layer_norm",
            Layer::Activation(activation) => activation.name(),
            Layer::Softmax => "softmax",
            Layer::Hardmax => "hardmax",
            Layer::Dropout { .. } => "dropout",
            Layer::Noise { .. } => "noise",
            Layer::Image { .. } => "image",
            Layer::Conv { .. } => "conv",
            Layer::Pool { pool: Pool::Max, .. } => "max_pool",
            Layer::Pool { pool: Pool::Average, .. } => "avg_pool",
            Layer::GlobalAveragePool => "global_avg_pool",
            Layer::Flatten => "flatten",
            Layer::Residual(_) => "residual",
        }
    }
}

/// What training makes small, averaged over the examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Loss {
    /// −Σ y ln ŷ after a softmax; with smoothing s the target is (1−s)·y + s/classes.
    CrossEntropy {
        /// Share of the target that is spread over all classes.
        label_smoothing: f64,
    },
    /// −y ln ŷ − (1−y) ln(1−ŷ) after a sigmoid, summed over the outputs.
    BinaryCrossEntropy,
    /// Mean over the outputs of (ŷ − y)².
    MeanSquaredError,
    /// Quadratic within delta, linear beyond, mean over the outputs (Huber 1964): ½e² or delta·(|e| − delta/2).
    Huber {
        /// Where it turns linear.
        delta: f64,
    },
    /// Multi-class hinge: Σ over wrong classes of max(0, 1 + z_j − z_y) (Weston & Watkins 1999).
    Hinge,
}
