//! Safetensors: the length of a JSON header (8 bytes, little endian), the header, the numbers.
//!
//! Names and layouts are those of a PyTorch module whose `layers` is an `nn.Sequential` of the same layers (a residual is a module
//! with its own sequence): `Linear.weight` is \[out, in\], `Conv2d.weight` \[out, in, height, width\], and images are channels first, so that
//! what follows a `Flatten` is in that order. `image(h, w, c)` of flat numbers is `x.unflatten(1, (h, w, c)).permute(0, 3, 1, 2)`.

use serde_json::{Map, Value, json};

use super::{ExportError, Model};
use crate::kernel::Real;
use crate::nn::layer::{Layer, Shape};
use crate::nn::{Role, shape};

/// The order of the flat numbers of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As ours.
    Same,
    /// Of an image of this height, width and channels, which PyTorch has channels first.
    Image(usize, usize, usize),
}

impl Order {
    fn of(shape: Shape) -> Order {
        match shape {
            Shape::Image(h, w, c) if c > 1 && h * w > 1 => Order::Image(h, w, c),
            _ => Order::Same,
        }
    }

    /// The place in ours of the number at place `at` of theirs.
    fn source(self, at: usize) -> usize {
        match self {
            Order::Same => at,
            Order::Image(h, w, c) => (at % (h * w)) * c + at / (h * w) % c,
        }
    }
}

/// A tensor as it is written.
struct Entry {
    name: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

struct Writer<'a, T: Real> {
    model: &'a Model<T>,
    entries: Vec<Entry>,
}

/// The bytes of a file.
///
/// # Errors
/// A network that no PyTorch module of the same layers computes: numbers of a flattened image that are used as another order.
pub fn bytes<T: Real>(model: &Model<T>) -> Result<Vec<u8>, ExportError> {
    let network = model.network();
    let mut writer = Writer { model, entries: Vec::new() };
    let end = writer.chain(network.layers(), network.input(), Order::of(network.input()), &mut Vec::new())?;
    if end != Order::Same {
        return Err(ExportError::Layout("the network ends with an image: put a dense layer or a pooling last".into()));
    }
    let dtype = if T::BYTES == 4 { "F32" } else { "F64" };
    let about = json!({ "layers": network.layers(), "preprocessing": model.preprocessing });
    let mut header = Map::new();
    header.insert("__metadata__".into(), json!({ "caviar": about.to_string() }));
    let mut at = 0;
    for entry in &writer.entries {
        let end = at + entry.bytes.len();
        let value: Value = json!({ "dtype": dtype, "shape": entry.shape, "data_offsets": [at, end] });
        header.insert(entry.name.clone(), value);
        at = end;
    }
    let mut text = Value::Object(header).to_string();
    // The numbers begin at a multiple of eight.
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut bytes = Vec::with_capacity(8 + text.len() + at);
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    writer.entries.iter().for_each(|entry| bytes.extend_from_slice(&entry.bytes));
    Ok(bytes)
}

impl<T: Real> Writer<'_, T> {
    /// The tensors of a chain; the order of the numbers at its end.
    fn chain(
        &mut self,
        layers: &[Layer],
        input: Shape,
        mut order: Order,
        place: &mut Vec<usize>,
    ) -> Result<Order, ExportError> {
        let shapes = shape::infer(layers, input).map_err(|e| ExportError::Model(e.to_string()))?;
        let mut shape = input;
        for (index, layer) in layers.iter().enumerate() {
            place.push(index);
            match layer {
                Layer::Dense { units, .. } => {
                    let inputs = shape.size();
                    self.put(place, Role::Weight, vec![*units, inputs], |at| {
                        order.source(at % inputs) * units + at / inputs
                    });
                    self.put(place, Role::Bias, vec![*units], |at| at);
                    order = Order::Same;
                }
                Layer::Conv { filters, kernel, .. } => {
                    let Shape::Image(_, _, channels) = shape else {
                        return Err(mixed("a convolution of flat numbers", place));
                    };
                    let square = kernel * kernel;
                    self.put(place, Role::Weight, vec![*filters, channels, *kernel, *kernel], |at| {
                        let (filter, channel, pixel) = (at / (channels * square), at / square % channels, at % square);
                        (pixel * channels + channel) * filters + filter
                    });
                    self.put(place, Role::Bias, vec![*filters], |at| at);
                }
                Layer::BatchNorm { scale, shift, .. } => self.batch_norm(place, shape, order, *scale || *shift),
                Layer::LayerNorm { .. } => {
                    let sides = match shape {
                        Shape::Image(h, w, c) => vec![c, h, w],
                        Shape::Flat(n) => vec![n],
                    };
                    for role in [Role::Scale, Role::Shift] {
                        self.put(place, role, sides.clone(), |at| order.source(at));
                    }
                }
                Layer::Image { .. } => {
                    if order != Order::Same {
                        return Err(mixed("an image is made of another image's flat numbers", place));
                    }
                }
                Layer::Residual(body) => {
                    let end = self.chain(body, shape, order, place)?;
                    if end != order {
                        return Err(mixed("a residual adds flat numbers to those of a flattened image", place));
                    }
                }
                Layer::Pool { .. }
                | Layer::GlobalAveragePool
                | Layer::Flatten
                | Layer::Activation(_)
                | Layer::Softmax
                | Layer::Hardmax
                | Layer::Dropout { .. }
                | Layer::Noise { .. } => {}
            }
            shape = shapes[index];
            order = match layer {
                // Flat numbers keep the order of the image that they were.
                Layer::Flatten | Layer::Dense { .. } => order,
                _ if matches!(shape, Shape::Image(..)) => Order::of(shape),
                Layer::GlobalAveragePool => Order::Same,
                _ => order,
            };
            place.pop();
        }
        Ok(order)
    }

    fn batch_norm(&mut self, place: &[usize], shape: Shape, order: Order, affine: bool) {
        let channels = match shape {
            Shape::Image(_, _, c) => c,
            Shape::Flat(n) => n,
        };
        let order = if matches!(shape, Shape::Image(..)) { Order::Same } else { order };
        for (role, start) in [(Role::Scale, 1.0), (Role::Shift, 0.0)] {
            // PyTorch has both or none.
            if affine && !self.put(place, role, vec![channels], |at| order.source(at)) {
                let name = format!("layers.{}.{}", dotted(place), if role == Role::Scale { "weight" } else { "bias" });
                let mut bytes = Vec::new();
                (0..channels).for_each(|_| push(&mut bytes, T::from_f64(start)));
                self.entries.push(Entry { name, shape: vec![channels], bytes });
            }
        }
        for role in [Role::Mean, Role::Variance] {
            self.put(place, role, vec![channels], |at| order.source(at));
        }
    }

    /// A tensor whose number `at` is ours at `source(at)`; whether the layer has it.
    fn put(&mut self, place: &[usize], role: Role, shape: Vec<usize>, source: impl Fn(usize) -> usize) -> bool {
        let Some((tensor, numbers)) = self.model.tensor(place, role) else { return false };
        let mut bytes = Vec::with_capacity(numbers.len() * T::BYTES);
        (0..numbers.len()).for_each(|at| push(&mut bytes, numbers[source(at)]));
        self.entries.push(Entry { name: tensor.name.clone(), shape, bytes });
        true
    }
}

fn dotted(place: &[usize]) -> String {
    place.iter().map(usize::to_string).collect::<Vec<_>>().join(".")
}

fn mixed(what: &str, place: &[usize]) -> ExportError {
    let place = place.iter().map(|index| (index + 1).to_string()).collect::<Vec<_>>().join(".");
    ExportError::Layout(format!("layer {place}: {what}, which a PyTorch module of these layers would order otherwise"))
}

/// Adds a number, little endian.
fn push<T: Real>(bytes: &mut Vec<u8>, x: T) {
    match T::BYTES {
        4 => bytes.extend_from_slice(&(x.to_f64() as f32).to_le_bytes()),
        _ => bytes.extend_from_slice(&x.to_f64().to_le_bytes()),
    }
}
