//! Layers as nodes. Images are channels first only where an operator wants them so; everything else is channels last, as ours.

use super::graph::{Attribute, Graph};
use crate::export::{ExportError, Model};
use crate::kernel::{Activation, Real};
use crate::nn::layer::{Layer, Padding, Pool, Shape, Statistics};
use crate::nn::{Role, shape};

/// What is known of a tensor on its way.
#[derive(Clone, Debug)]
struct Flow {
    name: String,
    shape: Shape,
    /// Whether an image is [rows, channels, height, width].
    first: bool,
}

struct Layers<'a, T: Real> {
    graph: &'a mut Graph,
    model: &'a Model<T>,
}

/// The nodes of all layers; the name of what the last one makes, flat.
pub(super) fn network<T: Real>(graph: &mut Graph, model: &Model<T>, start: String) -> Result<String, ExportError> {
    let network = model.network();
    let mut layers = Layers { graph, model };
    let start = Flow { name: start, shape: network.input(), first: false };
    let end = layers.chain(network.layers(), start, &mut Vec::new())?;
    Ok(layers.flat(end).name)
}

impl<T: Real> Layers<'_, T> {
    fn chain(&mut self, layers: &[Layer], start: Flow, place: &mut Vec<usize>) -> Result<Flow, ExportError> {
        let shapes = shape::infer(layers, start.shape).map_err(|e| ExportError::Model(e.to_string()))?;
        let mut flow = start;
        for (index, layer) in layers.iter().enumerate() {
            place.push(index);
            flow = self.layer(layer, flow, shapes[index], place)?;
            place.pop();
        }
        Ok(flow)
    }

    fn layer(&mut self, layer: &Layer, flow: Flow, output: Shape, place: &mut Vec<usize>) -> Result<Flow, ExportError> {
        let Flow { shape, first, .. } = flow;
        Ok(match layer {
            Layer::Dense { .. } => {
                let x = self.flat(flow);
                let weight = self.weight(place, Role::Weight, &[shape.size(), output.size()], |at| at);
                let name = match self.weight(place, Role::Bias, &[output.size()], |at| at) {
                    Some(bias) => self.graph.node("Gemm", &[&x.name, &weight.unwrap_or_default(), &bias], &[]),
                    None => self.graph.node("MatMul", &[&x.name, &weight.unwrap_or_default()], &[]),
                };
                Flow { name, shape: output, first: false }
            }
            Layer::Conv { filters, kernel, stride, padding, .. } => {
                let Shape::Image(height, width, channels) = shape else {
                    return Err(ExportError::Model("a convolution of flat numbers".into()));
                };
                let Shape::Image(down, across, _) = output else {
                    return Err(ExportError::Model("a convolution that makes flat numbers".into()));
                };
                let x = self.turned(flow, true);
                let square = kernel * kernel;
                let weight = self.weight(place, Role::Weight, &[*filters, channels, *kernel, *kernel], |at| {
                    let (filter, channel, pixel) = (at / (channels * square), at / square % channels, at % square);
                    (pixel * channels + channel) * filters + filter
                });
                let bias = self.weight(place, Role::Bias, &[*filters], |at| at);
                let outside = |outputs: usize, inputs: usize| match padding {
                    Padding::Same => ((outputs - 1) * stride + kernel).saturating_sub(inputs),
                    Padding::Valid => 0,
                };
                let (rows, columns) = (outside(down, height), outside(across, width));
                let pads = [rows / 2, columns / 2, rows - rows / 2, columns - columns / 2];
                let attributes = [
                    ("kernel_shape", ints(&[*kernel, *kernel])),
                    ("strides", ints(&[*stride, *stride])),
                    ("pads", ints(&pads)),
                ];
                let inputs: Vec<&str> =
                    [Some(x.name.as_str()), weight.as_deref(), bias.as_deref()].into_iter().flatten().collect();
                let name = self.graph.node("Conv", &inputs, &attributes);
                Flow { name, shape: output, first: true }
            }
            Layer::Pool { pool, size } => {
                let x = self.turned(flow, true);
                let kind = match pool {
                    Pool::Max => "MaxPool",
                    Pool::Average => "AveragePool",
                };
                let attributes = [("kernel_shape", ints(&[*size, *size])), ("strides", ints(&[*size, *size]))];
                Flow { name: self.graph.node(kind, &[&x.name], &attributes), shape: output, first: true }
            }
            Layer::GlobalAveragePool => {
                let x = self.turned(flow, true);
                let mean = self.graph.node("GlobalAveragePool", &[&x.name], &[]);
                let name = self.graph.node("Flatten", &[&mean], &[("axis", Attribute::Int(1))]);
                Flow { name, shape: output, first: false }
            }
            Layer::BatchNorm { epsilon, statistics, .. } => self.batch_norm(flow, *epsilon, *statistics, place),
            Layer::LayerNorm { epsilon } => {
                let x = self.turned(flow, false);
                let sides = super::sides(shape);
                let scale = self.weight(place, Role::Scale, &sides, |at| at);
                let shift = self.weight(place, Role::Shift, &sides, |at| at);
                let inputs: Vec<&str> =
                    [Some(x.name.as_str()), scale.as_deref(), shift.as_deref()].into_iter().flatten().collect();
                let attributes = [("axis", Attribute::Int(1)), ("epsilon", Attribute::Float(*epsilon))];
                Flow { name: self.graph.node("LayerNormalization", &inputs, &attributes), shape, first: false }
            }
            Layer::Activation(activation) => Flow { name: self.activation(*activation, flow.name), shape, first },
            Layer::Softmax => {
                let name = self.graph.node("Softmax", &[&flow.name], &[("axis", Attribute::Int(1))]);
                Flow { name, shape, first }
            }
            Layer::Hardmax => {
                let attributes = [("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
                let largest = self.graph.node("ArgMax", &[&flow.name], &attributes);
                let depth = self.graph.ints(&[output.size() as i64]);
                let values = self.graph.floats(None, &[2], [0.0, 1.0].into_iter());
                let name = self.graph.node("OneHot", &[&largest, &depth, &values], &[("axis", Attribute::Int(1))]);
                Flow { name, shape, first }
            }
            Layer::Dropout { .. } | Layer::Noise { .. } => flow,
            Layer::Image { .. } => {
                let x = self.turned(flow, false);
                Flow { name: self.reshaped(&x.name, output), shape: output, first: false }
            }
            Layer::Flatten => self.flat(flow),
            Layer::Residual(body) => {
                let end = self.chain(body, flow.clone(), place)?;
                let start = self.turned(flow, end.first);
                Flow { name: self.graph.node("Add", &[&start.name, &end.name], &[]), ..end }
            }
        })
    }

    fn batch_norm(&mut self, flow: Flow, epsilon: f64, statistics: Statistics, place: &[usize]) -> Flow {
        let image = matches!(flow.shape, Shape::Image(..));
        let x = self.turned(flow, image);
        let channels = match x.shape {
            Shape::Image(_, _, c) => c,
            Shape::Flat(n) => n,
        };
        let (scale, shift) = (
            self.weight(place, Role::Scale, &[channels], |at| at),
            self.weight(place, Role::Shift, &[channels], |at| at),
        );
        let mut constant = |value: f64| self.graph.floats(None, &[channels], std::iter::repeat_n(value, channels));
        let scale = scale.unwrap_or_else(|| constant(1.0));
        let shift = shift.unwrap_or_else(|| constant(0.0));
        if statistics == Statistics::Batch {
            return self.batch_norm_of_batch(x, epsilon, (&scale, &shift), channels);
        }
        let mean = self.weight(place, Role::Mean, &[channels], |at| at).unwrap_or_default();
        let variance = self.weight(place, Role::Variance, &[channels], |at| at).unwrap_or_default();
        let inputs = [x.name.as_str(), &scale, &shift, &mean, &variance];
        let name = self.graph.node("BatchNormalization", &inputs, &[("epsilon", Attribute::Float(epsilon))]);
        Flow { name, ..x }
    }

    /// With the statistics of the rows that are given.
    fn batch_norm_of_batch(&mut self, x: Flow, epsilon: f64, (scale, shift): (&str, &str), channels: usize) -> Flow {
        let (axes, sides) = match x.shape {
            Shape::Image(..) => (ints(&[0, 2, 3]), vec![channels as i64, 1, 1]),
            Shape::Flat(_) => (ints(&[0]), vec![channels as i64]),
        };
        let graph = &mut *self.graph;
        let mean = graph.node("ReduceMean", &[&x.name], &[("axes", axes.clone())]);
        let away = graph.node("Sub", &[&x.name, &mean], &[]);
        let square = graph.node("Mul", &[&away, &away], &[]);
        let variance = graph.node("ReduceMean", &[&square], &[("axes", axes)]);
        let epsilon = graph.floats(None, &[1], std::iter::once(epsilon));
        let above = graph.node("Add", &[&variance, &epsilon], &[]);
        let deviation = graph.node("Sqrt", &[&above], &[]);
        let normal = graph.node("Div", &[&away, &deviation], &[]);
        let sides = graph.ints(&sides);
        let scale = graph.node("Reshape", &[scale, &sides], &[]);
        let shift = graph.node("Reshape", &[shift, &sides], &[]);
        let scaled = graph.node("Mul", &[&normal, &scale], &[]);
        Flow { name: graph.node("Add", &[&scaled, &shift], &[]), ..x }
    }

    fn activation(&mut self, activation: Activation, x: String) -> String {
        let graph = &mut *self.graph;
        match activation {
            Activation::Relu => graph.node("Relu", &[&x], &[]),
            Activation::LeakyRelu { slope } => graph.node("LeakyRelu", &[&x], &[("alpha", Attribute::Float(slope))]),
            Activation::Elu => graph.node("Elu", &[&x], &[("alpha", Attribute::Float(1.0))]),
            Activation::Selu => {
                let (alpha, gamma) = (crate::kernel::activation::SELU_ALPHA, crate::kernel::activation::SELU_SCALE);
                graph.node("Selu", &[&x], &[("alpha", Attribute::Float(alpha)), ("gamma", Attribute::Float(gamma))])
            }
            Activation::Gelu => {
                let mut number = |value: f64| graph.floats(None, &[1], std::iter::once(value));
                let (root, half) = (number(std::f64::consts::FRAC_1_SQRT_2), number(0.5));
                let part = graph.node("Mul", &[&x, &root], &[]);
                let erf = graph.node("Erf", &[&part], &[]);
                let below = graph.node("Mul", &[&erf, &half], &[]);
                let share = graph.node("Add", &[&below, &half], &[]);
                graph.node("Mul", &[&x, &share], &[])
            }
            Activation::Silu => {
                let share = graph.node("Sigmoid", &[&x], &[]);
                graph.node("Mul", &[&x, &share], &[])
            }
            Activation::Tanh => graph.node("Tanh", &[&x], &[]),
            Activation::Sigmoid => graph.node("Sigmoid", &[&x], &[]),
            Activation::Softplus => graph.node("Softplus", &[&x], &[]),
            Activation::Identity => x,
        }
    }

    /// A tensor of the model as a constant whose number `at` is ours at `source(at)`; none if the layer has no such tensor.
    fn weight(
        &mut self,
        place: &[usize],
        role: Role,
        sides: &[usize],
        source: impl Fn(usize) -> usize,
    ) -> Option<String> {
        let (tensor, numbers) = self.model.tensor(place, role)?;
        let values = (0..numbers.len()).map(|at| numbers[source(at)].to_f64());
        Some(self.graph.floats(Some(&tensor.name), sides, values))
    }

    /// An image with its channels first, or last.
    fn turned(&mut self, flow: Flow, first: bool) -> Flow {
        if !matches!(flow.shape, Shape::Image(..)) || flow.first == first {
            return flow;
        }
        let order: &[usize] = if first { &[0, 3, 1, 2] } else { &[0, 2, 3, 1] };
        let name = self.graph.node("Transpose", &[&flow.name], &[("perm", ints(order))]);
        Flow { name, first, ..flow }
    }

    /// Flat numbers, channels last.
    fn flat(&mut self, flow: Flow) -> Flow {
        let Shape::Image(..) = flow.shape else { return flow };
        let x = self.turned(flow, false);
        let shape = Shape::Flat(x.shape.size());
        Flow { name: self.reshaped(&x.name, shape), shape, first: false }
    }

    fn reshaped(&mut self, x: &str, shape: Shape) -> String {
        let sides: Vec<i64> =
            std::iter::once(-1).chain(super::sides(shape).into_iter().map(|side| side as i64)).collect();
        let sides = self.graph.ints(&sides);
        self.graph.node("Reshape", &[x, &sides], &[])
    }
}

fn ints(values: &[usize]) -> Attribute {
    Attribute::Ints(values.iter().map(|&v| v as i64).collect())
}
