//! Layers and the loss at their end.

use super::arguments::Call;
use super::{Built, within, wrong};
use crate::data::spec::Mode;
use crate::nn::layer::{Activation, Init, Layer, Loss, Padding, Pool, Statistics};
use crate::plan::value::Value;
use crate::vocabulary::Category;

/// The layers of a resolved chain. `bias = auto` leaves the bias out where batch norm comes straight after;
/// `init = auto` is He before the relu kinds and Xavier else.
pub fn layers(value: &Value) -> Built<Vec<Layer>> {
    let single = [value.clone()];
    let items: &[Value] = match value {
        Value::Chain(items) => items,
        _ => &single,
    };
    let mut flat = Vec::new();
    for item in items {
        match item {
            Value::Chain(inner) => flat.extend(inner.iter()),
            one => flat.push(one),
        }
    }
    (0..flat.len()).map(|i| layer(flat[i], &flat[i + 1..])).collect()
}

fn layer(value: &Value, after: &[&Value]) -> Built<Layer> {
    if let Value::Residual(body) = value {
        return Ok(Layer::Residual(layers(body)?));
    }
    let call = Call::new(Category::Layer, value);
    Ok(match call.name() {
        "dense" => Layer::Dense {
            units: call.count("units")?,
            bias: bias(&call, after)?,
            init: init(&call, after)?,
            l1: call.number("l1")?,
            l2: call.number("l2")?,
        },
        "conv" => Layer::Conv {
            filters: call.count("filters")?,
            kernel: call.count("kernel")?,
            stride: call.count("stride")?,
            padding: match call.word("padding") {
                Some("valid") => Padding::Valid,
                _ => Padding::Same,
            },
            bias: bias(&call, after)?,
            init: init(&call, after)?,
            l1: call.number("l1")?,
            l2: call.number("l2")?,
        },
        "batch_norm" => Layer::BatchNorm {
            momentum: within(&call.place("momentum"), call.number("momentum")?, 0.0, 1.0)?,
            epsilon: call.number("epsilon")?,
            scale: call.flag("scale")?,
            shift: call.flag("shift")?,
            statistics: match call.word("statistics") {
                Some("exact") => Statistics::Exact,
                Some("batch") => Statistics::Batch,
                _ => Statistics::Moving,
            },
        },
        "layer_norm" => Layer::LayerNorm { epsilon: call.number("epsilon")? },
        "softmax" => Layer::Softmax,
        "hardmax" => Layer::Hardmax,
        "dropout" => Layer::Dropout { rate: within("dropout(rate)", call.number("rate")?, 0.0, 1.0 - 1e-9)? },
        "noise" => Layer::Noise { deviation: call.number("deviation")? },
        "image" => Layer::Image {
            height: call.count("height")?,
            width: call.count("width")?,
            channels: call.count("channels")?,
        },
        "max_pool" => Layer::Pool { pool: Pool::Max, size: call.count("size")? },
        "avg_pool" => Layer::Pool { pool: Pool::Average, size: call.count("size")? },
        "global_avg_pool" => Layer::GlobalAveragePool,
        "flatten" => Layer::Flatten,
        name => match activation(name, &call)? {
            Some(activation) => Layer::Activation(activation),
            None => return Err(wrong(name, "is not a layer")),
        },
    })
}

fn activation(name: &str, call: &Call<'_>) -> Built<Option<Activation>> {
    Ok(Some(match name {
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LeakyRelu { slope: call.number("slope")? },
        "elu" => Activation::Elu,
        "selu" => Activation::Selu,
        "gelu" => Activation::Gelu,
        "silu" => Activation::Silu,
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        "softplus" => Activation::Softplus,
        "identity" => Activation::Identity,
        _ => return Ok(None),
    }))
}

fn bias(call: &Call<'_>, after: &[&Value]) -> Built<bool> {
    if call.word("bias") == Some("auto") {
        return Ok(after.first().is_none_or(|next| next.name() != "batch_norm"));
    }
    call.flag("bias")
}

/// `auto` looks through norms, dropout and identity to the activation that follows.
fn init(call: &Call<'_>, after: &[&Value]) -> Built<Init> {
    match call.given("init") {
        Some(normal) if normal.name() == "normal" => {
            let normal = Call::new(Category::Init, normal);
            return Ok(Init::Normal(normal.number("mean")?, normal.number("deviation")?));
        }
        Some(Value::Word(word)) if word != "auto" => return named_init(word, call),
        Some(Value::Call { name, .. }) => return named_init(name, call),
        _ => {}
    }
    let follows = after
        .iter()
        .map(|v| v.name())
        .find(|n| !matches!(*n, "batch_norm" | "layer_norm" | "dropout" | "noise" | "identity"));
    Ok(match follows {
        Some("relu" | "leaky_relu" | "elu" | "gelu" | "silu" | "softplus") => Init::He,
        Some("selu") => Init::Lecun,
        _ => Init::Xavier,
    })
}

fn named_init(word: &str, call: &Call<'_>) -> Built<Init> {
    Ok(match word {
        "he" => Init::He,
        "xavier" => Init::Xavier,
        "lecun" => Init::Lecun,
        "zeros" => Init::Zeros,
        other => return Err(wrong(call.place("init"), format!("`{other}` is not a way to start"))),
    })
}

/// The loss that the end of the chain implies, or the one that is given.
pub fn loss(given: Option<&Value>, layers: &[Layer], mode: Mode) -> Built<Loss> {
    if let Some(value) = given.filter(|v| v.name() != "auto") {
        let call = Call::new(Category::Loss, value);
        return Ok(match call.name() {
            "cross_entropy" => Loss::CrossEntropy { label_smoothing: call.number("label_smoothing")? },
            "binary_cross_entropy" => Loss::BinaryCrossEntropy,
            "mse" => Loss::MeanSquaredError,
            "huber" => Loss::Huber { delta: call.number("delta")? },
            "hinge" => Loss::Hinge,
            other => return Err(wrong("loss", format!("`{other}` is not a loss"))),
        });
    }
    Ok(match (layers.last(), mode) {
        (Some(Layer::Softmax | Layer::Hardmax), _) => Loss::CrossEntropy { label_smoothing: 0.0 },
        (Some(Layer::Activation(Activation::Sigmoid)), Mode::Classification) => Loss::BinaryCrossEntropy,
        _ => Loss::MeanSquaredError,
    })
}
