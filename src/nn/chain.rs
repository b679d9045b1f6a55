//! Layers one after another: put together from their descriptions, run forwards and backwards.

use super::activation::Elementwise;
use super::batch_norm::BatchNorm;
use super::conv::Convolution;
use super::dense::Dense;
use super::dropout::{Dropout, Noise};
use super::layer::{Activation, Layer, Shape, Statistics};
use super::layer_norm::LayerNorm;
use super::operation::{Gradient, Image, Operation, Pass, StatisticsWork};
use super::parameter::{Inventory, Site};
use super::pool::{GlobalAverage, Pooling};
use super::residual::Residual;
use super::softmax::Softmax;
use crate::kernel::Real;

/// A layer at work (or two in one: the activation after a dense, conv or batch-norm layer is part of it), with room for its output.
struct Node<T: Real> {
    label: String,
    operation: Box<dyn Operation<T>>,
    output: Vec<T>,
    /// Numbers an example at its output.
    size: usize,
}

/// Layers one after another.
pub(super) struct Chain<T: Real> {
    nodes: Vec<Node<T>>,
}

/// What is known while a network is put together.
pub(super) struct Builder {
    pub max_rows: usize,
    /// Whether an activation may become part of the layer before it.
    pub fuse: bool,
    pub inventory: Inventory,
    /// What each batch norm so far uses at evaluation.
    pub batch_norms: Vec<Statistics>,
    /// Rows, inputs and outputs of the matrix products so far.
    pub products: Vec<(usize, usize, usize)>,
    /// Layers with a random stream so far.
    pub random: u32,
    /// Most numbers that an example has anywhere.
    pub widest: usize,
}

impl Builder {
    pub fn new(max_rows: usize, fuse: bool) -> Self {
        let (batch_norms, products) = (Vec::new(), Vec::new());
        Builder { max_rows, fuse, inventory: Inventory::default(), batch_norms, products, random: 0, widest: 0 }
    }

    /// The index of the next layer with a random stream.
    pub fn next_random(&mut self) -> u32 {
        self.random += 1;
        self.random - 1
    }
}

impl<T: Real> Chain<T> {
    /// Of layers whose shapes fit; returns the shape at the end, too.
    pub fn build(layers: &[Layer], input: Shape, place: &mut Vec<usize>, builder: &mut Builder) -> (Self, Shape) {
        let mut nodes = Vec::new();
        let mut shape = input;
        builder.widest = builder.widest.max(input.size());
        let mut index = 0;
        while index < layers.len() {
            let layer = &layers[index];
            place.push(index);
            let fused = match (layer, layers.get(index + 1)) {
                (Layer::Dense { .. } | Layer::Conv { .. } | Layer::BatchNorm { .. }, Some(Layer::Activation(next)))
                    if builder.fuse && by_output(*next) =>
                {
                    Some(*next)
                }
                _ => None,
            };
            let label = Site { place, name: layer.name(), input: shape }.label();
            let (operation, output) = operation(layer, fused, shape, place, builder);
            shape = output;
            builder.widest = builder.widest.max(shape.size());
            if let Some(operation) = operation {
                let output = vec![T::ZERO; builder.max_rows * shape.size()];
                nodes.push(Node { label, operation, output, size: shape.size() });
            }
            place.pop();
            index += 1 + usize::from(fused.is_some());
        }
        (Chain { nodes }, shape)
    }

    /// The output of the last layer; `x` itself if there is none. Stops early once a batch norm was measured.
    pub fn forward<'a>(&'a mut self, pass: &mut Pass<'_, T>, x: &'a [T]) -> &'a [T] {
        for index in 0..self.nodes.len() {
            let (before, rest) = self.nodes.split_at_mut(index);
            let node = &mut rest[0];
            let x = before.last().map_or(x, |last| &last.output[..pass.rows * last.size]);
            node.operation.forward(pass, x, &mut node.output[..pass.rows * node.size]);
            if pass.measured {
                break;
            }
        }
        self.output(pass.rows).unwrap_or(x)
    }

    /// What the last forward pass gave, if there are layers.
    pub fn output(&self, rows: usize) -> Option<&[T]> {
        self.nodes.last().map(|last| &last.output[..rows * last.size])
    }

    /// From the gradient by the output that by the parameters, and by `x` if wanted.
    pub fn backward(&mut self, pass: &mut Pass<'_, T>, x: &[T], gradient: &mut Gradient<T>, input_wanted: bool) {
        for index in (0..self.nodes.len()).rev() {
            let (before, rest) = self.nodes.split_at_mut(index);
            let node = &mut rest[0];
            let x = before.last().map_or(x, |last| &last.output[..pass.rows * last.size]);
            let y = &node.output[..pass.rows * node.size];
            node.operation.backward(pass, x, y, gradient, input_wanted || index > 0);
        }
    }

    pub fn set_dropout(&mut self, rate: f64) {
        self.nodes.iter_mut().for_each(|node| node.operation.set_dropout(rate));
    }

    pub fn statistics(&mut self, work: &mut StatisticsWork<'_, T>) {
        self.nodes.iter_mut().for_each(|node| node.operation.statistics(work));
    }

    /// Every layer's output of the last forward pass; those inside a residual before the residual's own.
    pub fn visit(&self, rows: usize, see: &mut dyn FnMut(&str, &[T])) {
        for node in &self.nodes {
            node.operation.visit(rows, see);
            see(&node.label, &node.output[..rows * node.size]);
        }
    }
}

/// Whether the derivative follows from the output alone.
fn by_output(activation: Activation) -> bool {
    match activation {
        Activation::Gelu | Activation::Silu | Activation::Softplus => false,
        Activation::LeakyRelu { slope } => slope > 0.0,
        _ => true,
    }
}

/// The layer at work, with `fused` after it, and the shape of its output; none if it changes the shape alone.
fn operation<T: Real>(
    layer: &Layer,
    fused: Option<Activation>,
    input: Shape,
    place: &mut Vec<usize>,
    builder: &mut Builder,
) -> (Option<Box<dyn Operation<T>>>, Shape) {
    if let Layer::Residual(body) = layer {
        let (body, output) = Chain::build(body, input, place, builder);
        return (Some(Box::new(Residual::new(body, builder.max_rows * output.size()))), output);
    }
    let site = Site { place, name: layer.name(), input };
    let boxed: Box<dyn Operation<T>> = match *layer {
        Layer::Dense { units, bias, init, l1, l2 } => {
            let dense = Dense::new(&site, units, bias, init, (l1, l2), fused, builder);
            return (Some(Box::new(dense)), Shape::Flat(units));
        }
        Layer::Conv { filters, kernel, stride, padding, bias, init, l1, l2 } => {
            let conv =
                Convolution::new(&site, (filters, kernel, stride, padding), bias, init, (l1, l2), fused, builder);
            let output = conv.output();
            return (Some(Box::new(conv)), output);
        }
        Layer::Pool { pool, size } => {
            let pooling = Pooling::new(pool, size, Image::of(input), builder.max_rows);
            let output = pooling.output();
            return (Some(Box::new(pooling)), output);
        }
        Layer::GlobalAveragePool => {
            let input = Image::of(input);
            return (Some(Box::new(GlobalAverage { input })), Shape::Flat(input.channels));
        }
        Layer::Image { height, width, channels } => return (None, Shape::Image(height, width, channels)),
        Layer::Flatten => return (None, Shape::Flat(input.size())),
        Layer::Hardmax | Layer::Residual(_) => return (None, input),
        Layer::BatchNorm { momentum, epsilon, scale, shift, statistics } => {
            Box::new(BatchNorm::new(&site, (momentum, epsilon), (scale, shift), statistics, fused, builder))
        }
        Layer::LayerNorm { epsilon } => Box::new(LayerNorm::new(&site, epsilon, builder)),
        Layer::Activation(activation) => Box::new(Elementwise(activation)),
        Layer::Softmax => Box::new(Softmax { classes: input.size() }),
        Layer::Dropout { rate } => Box::new(Dropout::new(rate, input.size(), builder)),
        Layer::Noise { deviation } => Box::new(Noise::new(deviation, builder)),
    };
    (Some(boxed), input)
}
