//! Which shape each layer makes of the shape that reaches it, and what does not fit.

use super::layer::{Layer, Loss, Padding, Shape};

/// Numbers that one example, or the parameters of one layer, may have at most: far beyond what trains, and no size overflows.
const LARGEST: usize = 1 << 31;

/// A layer, or the loss at the end, that does not fit what reaches it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ShapeError {
    /// Index of the layer from 0; inside a residual, the residual's index first. The last layer where the loss does not fit.
    pub place: Vec<usize>,
    /// What was needed and what reaches it.
    pub message: String,
}

/// The shape after each layer of the chain.
///
/// # Errors
/// The first layer that does not fit.
pub fn infer(layers: &[Layer], input: Shape) -> Result<Vec<Shape>, ShapeError> {
    if input.size() == 0 || input.size() > LARGEST {
        return Err(ShapeError { place: vec![0], message: format!("an example cannot have {} numbers", input.size()) });
    }
    chain(layers, input, &mut Vec::new(), true)
}

/// `raw`: the data's own shape still reaches this chain, whose images a dense layer may take as flat numbers.
fn chain(layers: &[Layer], input: Shape, place: &mut Vec<usize>, mut raw: bool) -> Result<Vec<Shape>, ShapeError> {
    let outermost = place.is_empty();
    let mut shapes = Vec::with_capacity(layers.len());
    let mut shape = input;
    for (index, layer) in layers.iter().enumerate() {
        place.push(index);
        if matches!(layer, Layer::Hardmax) && !(outermost && index + 1 == layers.len()) {
            let message =
                "hardmax has no gradient: it can only be the last layer, where evaluation alone uses it".into();
            return Err(ShapeError { place: place.clone(), message });
        }
        shape = match layer {
            Layer::Residual(body) => residual(body, shape, place, raw)?,
            _ => after(layer, shape, raw).map_err(|message| ShapeError { place: place.clone(), message })?,
        };
        raw &= !matches!(layer, Layer::Image { .. } | Layer::Conv { .. } | Layer::Pool { .. });
        shapes.push(shape);
        place.pop();
    }
    Ok(shapes)
}

fn residual(body: &[Layer], input: Shape, place: &mut Vec<usize>, raw: bool) -> Result<Shape, ShapeError> {
    let inside = chain(body, input, place, raw)?;
    let message = match inside.last() {
        Some(&output) if output == input => return Ok(input),
        Some(output) => {
            format!("residual adds its input to its output: {input} reaches it, but its layers end with {output}")
        }
        None => "residual has no layers".to_string(),
    };
    Err(ShapeError { place: place.clone(), message })
}

fn after(layer: &Layer, input: Shape, raw: bool) -> Result<Shape, String> {
    match *layer {
        Layer::Dense { units, .. } => {
            if let (Shape::Image(..), false) = (input, raw) {
                return Err(format!(
                    "dense needs flat numbers, and an image of {input} reaches it: put `flatten` before it"
                ));
            }
            sized("dense", units, input.size().saturating_mul(units))?;
            Ok(Shape::Flat(units))
        }
        Layer::BatchNorm { momentum, epsilon, .. } => {
            above_zero("the epsilon of batch_norm", epsilon)?;
            if !(0.0..=1.0).contains(&momentum) {
                return Err(format!("the momentum of batch_norm is {momentum}: it goes from 0 to 1"));
            }
            Ok(input)
        }
        Layer::LayerNorm { epsilon } => above_zero("the epsilon of layer_norm", epsilon).map(|()| input),
        Layer::Activation(_) => Ok(input),
        Layer::Softmax | Layer::Hardmax => match input {
            Shape::Flat(1) => {
                Err(format!("{0} over one number is always 1: end with two units, or use sigmoid", layer.name()))
            }
            Shape::Flat(_) => Ok(input),
            Shape::Image(..) => Err(format!("{} needs flat numbers, and an image of {input} reaches it", layer.name())),
        },
        Layer::Dropout { rate } => {
            if !(0.0..1.0).contains(&rate) {
                return Err(format!("dropout drops a share from 0 up to, but not, 1: {rate} is outside"));
            }
            Ok(input)
        }
        Layer::Noise { deviation } => at_least_zero("the deviation of noise", deviation).map(|()| input),
        Layer::Image { height, width, channels } => {
            let size = height.saturating_mul(width).saturating_mul(channels);
            if size != input.size() || size == 0 {
                return Err(format!(
                    "image({height}, {width}, {channels}) has {size} numbers, and {} reach it",
                    input.size()
                ));
            }
            Ok(Shape::Image(height, width, channels))
        }
        Layer::Conv { filters, kernel, stride, padding, .. } => {
            let (h, w, c) = image(layer, input)?;
            if kernel == 0 || stride == 0 {
                return Err("the kernel and the stride of conv are at least 1".into());
            }
            if padding == Padding::Valid && kernel > h.min(w) {
                return Err(format!(
                    "a kernel of {kernel} x {kernel} does not fit into the image of {input} that reaches it"
                ));
            }
            if padding == Padding::Same && kernel > 2 * h.max(w) {
                return Err(format!("a kernel of {kernel} x {kernel} is out of proportion to the image of {input}"));
            }
            let (oh, ow) = (convolved(h, kernel, stride, padding), convolved(w, kernel, stride, padding));
            sized("conv", filters, kernel.saturating_mul(kernel).saturating_mul(c).saturating_mul(filters))?;
            sized("conv", filters, oh.saturating_mul(ow).saturating_mul(filters))?;
            Ok(Shape::Image(oh, ow, filters))
        }
        Layer::Pool { size, .. } => {
            let (h, w, c) = image(layer, input)?;
            if size == 0 || size > h.min(w) {
                return Err(format!(
                    "windows of {size} x {size} do not fit into the image of {input} that reaches {}",
                    layer.name()
                ));
            }
            Ok(Shape::Image(h / size, w / size, c))
        }
        Layer::GlobalAveragePool => image(layer, input).map(|(_, _, c)| Shape::Flat(c)),
        Layer::Flatten => Ok(Shape::Flat(input.size())),
        Layer::Residual(_) => Ok(input),
    }
}

/// Side of the output of a convolution over a side of `n`.
pub(super) fn convolved(n: usize, kernel: usize, stride: usize, padding: Padding) -> usize {
    match padding {
        Padding::Same => n.div_ceil(stride),
        Padding::Valid => (n - kernel) / stride + 1,
    }
}

fn image(layer: &Layer, input: Shape) -> Result<(usize, usize, usize), String> {
    match input {
        Shape::Image(h, w, c) => Ok((h, w, c)),
        Shape::Flat(n) => Err(format!(
            "{} needs an image, and {n} flat numbers reach it: put `image(height, width, channels)` before it",
            layer.name()
        )),
    }
}

fn sized(what: &str, units: usize, numbers: usize) -> Result<(), String> {
    match (units, numbers) {
        (0, _) => Err(format!("{what} needs at least one output")),
        (_, numbers) if numbers > LARGEST => Err(format!("{what} with {units} outputs is too big to train")),
        _ => Ok(()),
    }
}

fn above_zero(what: &str, value: f64) -> Result<(), String> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(format!("{what} is {value}: it is a number above 0")),
    }
}

fn at_least_zero(what: &str, value: f64) -> Result<(), String> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(format!("{what} is {value}: it is a number from 0 on")),
    }
}

/// Whether the loss can stand at the end of these layers, whose shapes [`infer`] gave.
///
/// # Errors
/// What the loss needs there, at the place of the last layer.
pub fn fits(layers: &[Layer], input: Shape, shapes: &[Shape], loss: &Loss) -> Result<(), ShapeError> {
    let scored = match layers.last() {
        Some(Layer::Hardmax) => layers.len() - 1,
        _ => layers.len(),
    };
    let outputs = scored.checked_sub(1).map_or(input, |last| shapes[last]).size();
    let last = scored.checked_sub(1).map(|last| &layers[last]);
    let message = match loss {
        Loss::CrossEntropy { label_smoothing } => match last {
            Some(Layer::Softmax) if (0.0..1.0).contains(label_smoothing) => return Ok(()),
            Some(Layer::Softmax) => format!("label smoothing is a share from 0 up to 1, not {label_smoothing}"),
            _ => "cross entropy compares probabilities: the last layer has to be softmax".to_string(),
        },
        Loss::BinaryCrossEntropy => match last {
            Some(Layer::Activation(super::layer::Activation::Sigmoid)) => return Ok(()),
            _ => "binary cross entropy compares probabilities: the last layer has to be sigmoid".to_string(),
        },
        Loss::Hinge if outputs < 2 => "hinge compares the scores of classes: it needs at least two outputs".to_string(),
        Loss::Huber { delta } if *delta <= 0.0 || delta.is_nan() => {
            format!("the delta of huber is above 0, not {delta}")
        }
        Loss::Huber { .. } | Loss::Hinge | Loss::MeanSquaredError => return Ok(()),
    };
    Err(ShapeError { place: vec![layers.len().saturating_sub(1)], message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layer::{Activation, Init, Pool};

    fn dense(units: usize) -> Layer {
        Layer::Dense { units, bias: true, init: Init::He, l1: 0.0, l2: 0.0 }
    }

    fn conv(filters: usize, kernel: usize, stride: usize, padding: Padding) -> Layer {
        Layer::Conv { filters, kernel, stride, padding, bias: true, init: Init::He, l1: 0.0, l2: 0.0 }
    }

    fn wrong(layers: &[Layer], input: Shape) -> (Vec<usize>, String) {
        let error = infer(layers, input).expect_err("does not fit");
        (error.place, error.message)
    }

    #[test]
    fn a_convolutional_chain() {
        let layers = [
            Layer::Image { height: 9, width: 8, channels: 1 },
            conv(6, 3, 1, Padding::Same),
            Layer::Pool { pool: Pool::Max, size: 2 },
            conv(4, 3, 2, Padding::Same),
            conv(5, 2, 1, Padding::Valid),
            Layer::Flatten,
            dense(10),
            Layer::Softmax,
        ];
        let shapes = infer(&layers, Shape::Flat(72)).expect("fits");
        let expected = [
            Shape::Image(9, 8, 1),
            Shape::Image(9, 8, 6),
            Shape::Image(4, 4, 6),
            Shape::Image(2, 2, 4),
            Shape::Image(1, 1, 5),
            Shape::Flat(5),
            Shape::Flat(10),
            Shape::Flat(10),
        ];
        assert_eq!(shapes, expected);
    }

    #[test]
    fn the_wrong_layer_is_named_with_its_path() {
        let block =
            Layer::Residual(vec![Layer::Activation(Activation::Relu), dense(5), Layer::Residual(vec![dense(4)])]);
        let (place, message) = wrong(&[dense(5), block], Shape::Flat(3));
        assert_eq!(place, [1, 2]);
        assert_eq!(message, "residual adds its input to its output: 5 reaches it, but its layers end with 4");
        let (place, message) = wrong(&[dense(5), conv(2, 3, 1, Padding::Same)], Shape::Flat(3));
        assert_eq!(place, [1]);
        assert!(message.starts_with("conv needs an image, and 5 flat numbers reach it"), "{message}");
        assert_eq!(wrong(&[dense(5), Layer::Hardmax, dense(2)], Shape::Flat(3)).0, [1]);
        assert_eq!(wrong(&[Layer::Residual(vec![Layer::Hardmax])], Shape::Flat(3)).0, [0, 0]);
        assert_eq!(wrong(&[Layer::Image { height: 2, width: 2, channels: 1 }], Shape::Flat(5)).0, [0]);
        assert_eq!(wrong(&[dense(usize::MAX)], Shape::Flat(5)).0, [0]);
        assert_eq!(wrong(&[dense(1), Layer::Softmax], Shape::Flat(5)).0, [1]);
        assert_eq!(wrong(&[conv(1, 4, 1, Padding::Valid)], Shape::Image(3, 5, 1)).0, [0]);
    }

    #[test]
    fn dense_takes_the_images_of_the_data_but_not_those_of_layers() {
        let image = Shape::Image(8, 8, 1);
        assert_eq!(infer(&[dense(3)], image).expect("fits"), [Shape::Flat(3)]);
        assert_eq!(wrong(&[conv(2, 3, 1, Padding::Same), dense(3)], image).0, [1]);
    }

    #[test]
    fn losses_ask_for_their_last_layer() {
        let fit = |layers: &[Layer], loss: Loss| {
            let shapes = infer(layers, Shape::Flat(4)).expect("fits");
            fits(layers, Shape::Flat(4), &shapes, &loss).is_ok()
        };
        let cross = Loss::CrossEntropy { label_smoothing: 0.0 };
        assert!(fit(&[dense(3), Layer::Softmax], cross));
        assert!(fit(&[dense(3), Layer::Softmax, Layer::Hardmax], cross));
        assert!(!fit(&[dense(3)], cross));
        assert!(fit(&[dense(1), Layer::Activation(Activation::Sigmoid)], Loss::BinaryCrossEntropy));
        assert!(!fit(&[dense(1)], Loss::BinaryCrossEntropy));
        assert!(!fit(&[dense(1)], Loss::Hinge));
        assert!(fit(&[], Loss::MeanSquaredError));
    }
}
