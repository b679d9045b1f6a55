//! Concrete values to typed settings: one trial's network, optimizer, schedule, data.
//!
//! Values come from a checked file, so errors here are those that only a trial can show: a number drawn out of range,
//! shapes that do not fit for one combination of choices.

use super::metric::{Direction, Metric};
use super::training::Phase;
use super::value::Value;
use crate::data::spec::{
    Evaluation, Missing, Mode, Normalize, Pipeline, Source, Synthetic, SyntheticShape, Table, Transform,
};
use crate::nn::layer::{Activation, Init, Layer, Loss, Padding, Pool, Statistics};
use crate::optim::{Curve, Optimizer, Schedule};
use crate::vocabulary::{self, Category, Default, Param};

/// A value that does not fit where it stands.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BuildError {
    /// The key or layer.
    pub place: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

fn wrong(place: impl Into<String>, reason: impl Into<String>) -> BuildError {
    BuildError { place: place.into(), reason: reason.into() }
}

type Built<T> = Result<T, BuildError>;

/// The arguments of one call, with the vocabulary's defaults behind them.
struct Call<'a> {
    value: &'a Value,
    params: &'static [Param],
}

impl<'a> Call<'a> {
    fn new(category: Category, value: &'a Value) -> Self {
        Call { value, params: vocabulary::call(category, value.name()).map_or(&[], |call| call.params) }
    }

    fn block(kind: &str, value: &'a Value) -> Self {
        Call { value, params: vocabulary::block(kind).map_or(&[], |block| block.keys) }
    }

    fn default(&self, key: &str) -> Option<Default> {
        self.params.iter().find(|param| param.name == key).map(|param| param.default)
    }

    fn name(&self) -> &'a str {
        self.value.name()
    }

    fn given(&self, key: &str) -> Option<&'a Value> {
        self.value.arg(key)
    }

    fn place(&self, key: &str) -> String {
        format!("{}({key})", self.name())
    }

    fn number_or(&self, key: &str, default: f64) -> Built<f64> {
        match self.given(key) {
            None => Ok(default),
            Some(Value::Number(x)) => Ok(*x),
            Some(other) => Err(wrong(self.place(key), format!("needs a number, not {}", other.name()))),
        }
    }

    fn number(&self, key: &str) -> Built<f64> {
        match (self.given(key), self.default(key)) {
            (_, Some(Default::Number(default))) => self.number_or(key, default),
            (None, _) => Err(wrong(self.place(key), "is needed")),
            _ => self.number_or(key, 0.0),
        }
    }

    fn count(&self, key: &str) -> Built<usize> {
        whole(&self.place(key), self.number(key)?, 1)
    }

    fn flag(&self, key: &str) -> Built<bool> {
        match self.given(key) {
            None => Ok(matches!(self.default(key), Some(Default::Word("true")))),
            Some(Value::Word(word)) if word == "true" => Ok(true),
            Some(Value::Word(word)) if word == "false" => Ok(false),
            Some(other) => Err(wrong(self.place(key), format!("is true or false, not {}", other.name()))),
        }
    }

    fn text(&self, key: &str) -> Built<Option<String>> {
        match self.given(key) {
            None => Ok(None),
            Some(Value::Text(text) | Value::Word(text)) if text != "none" => Ok(Some(text.clone())),
            Some(Value::Word(_)) => Ok(None),
            Some(other) => Err(wrong(self.place(key), format!("needs a text, not {}", other.name()))),
        }
    }

    fn needed(&self, key: &str) -> Built<String> {
        self.text(key)?.ok_or_else(|| wrong(self.place(key), "is needed"))
    }

    fn texts(&self, key: &str) -> Built<Vec<String>> {
        match self.given(key) {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => items
                .iter()
                .map(|item| match item {
                    Value::Text(text) | Value::Word(text) => Ok(text.clone()),
                    other => Err(wrong(self.place(key), format!("is a list of names, and has {}", other.name()))),
                })
                .collect(),
            Some(Value::Text(text) | Value::Word(text)) => Ok(vec![text.clone()]),
            Some(other) => Err(wrong(self.place(key), format!("is a list of names, not {}", other.name()))),
        }
    }

    fn word(&self, key: &str) -> Option<&'a str> {
        match self.given(key) {
            Some(Value::Word(word)) => Some(word),
            Some(_) => None,
            None => match self.default(key) {
                Some(Default::Word(word)) => Some(word),
                _ => None,
            },
        }
    }
}

/// A whole number of at least `least`; what is computed from draws is rounded.
pub fn whole(place: &str, x: f64, least: usize) -> Built<usize> {
    let x = x.round();
    if x.is_nan() || x < least as f64 || x > 9e15 {
        return Err(wrong(place, format!("needs a whole number of at least {least}, and got {x}")));
    }
    Ok(x as usize)
}

/// A number within a range.
pub fn within(place: &str, x: f64, low: f64, high: f64) -> Built<f64> {
    if x.is_nan() || x < low || x > high {
        return Err(wrong(place, format!("must be from {low} to {high}, and got {x}")));
    }
    Ok(x)
}

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

/// An update rule.
pub fn optimizer(value: &Value) -> Built<Optimizer> {
    let call = Call::new(Category::Optimizer, value);
    let name = call.name();
    let rate = call.number("rate")?;
    if !rate.is_finite() || rate < 0.0 {
        return Err(wrong(call.place("rate"), format!("must be 0 or more, and got {rate}")));
    }
    let share = |key: &str| within(&call.place(key), call.number(key)?, 0.0, 1.0);
    Ok(match name {
        "sgd" => Optimizer::Sgd { rate, momentum: share("momentum")?, nesterov: call.flag("nesterov")? },
        "rmsprop" => Optimizer::RmsProp { rate, decay: share("decay")?, epsilon: call.number("epsilon")? },
        "adam" => {
            Optimizer::Adam { rate, beta1: share("beta1")?, beta2: share("beta2")?, epsilon: call.number("epsilon")? }
        }
        "adamw" => Optimizer::AdamW {
            rate,
            beta1: share("beta1")?,
            beta2: share("beta2")?,
            epsilon: call.number("epsilon")?,
            weight_decay: call.number("weight_decay")?,
        },
        "adagrad" => Optimizer::Adagrad { rate, epsilon: call.number("epsilon")? },
        "lion" => Optimizer::Lion {
            rate,
            beta1: share("beta1")?,
            beta2: share("beta2")?,
            weight_decay: call.number("weight_decay")?,
        },
        other => return Err(wrong("optimizer", format!("`{other}` is not an optimizer"))),
    })
}

/// A learning-rate schedule.
pub fn schedule(value: &Value) -> Built<Schedule> {
    let call = Call::new(Category::Schedule, value);
    let curve = match call.name() {
        "constant" => Curve::Constant,
        "inverse" => Curve::Inverse { decay: call.number("decay")? },
        "exponential" => Curve::Exponential { decay: call.number("decay")? },
        "step" => Curve::Step { every: call.count("every")? as f64, factor: call.number("factor")? },
        "cosine" => Curve::Cosine { last: call.number("final")? },
        other => return Err(wrong("schedule", format!("`{other}` is not a schedule"))),
    };
    Ok(Schedule { curve, warmup: call.number("warmup")? })
}

/// Examples a step; `all` is `None`.
pub fn batch(value: &Value) -> Built<Option<u32>> {
    match value {
        Value::Word(word) if word == "all" => Ok(None),
        Value::Number(x) => Ok(Some(whole("batch", *x, 1)? as u32)),
        other => Err(wrong("batch", format!("is a number or `all`, not {}", other.name()))),
    }
}

/// A number, or nothing for the word `none`.
pub fn optional(place: &str, value: Option<&Value>) -> Built<Option<f64>> {
    match value {
        None => Ok(None),
        Some(Value::Word(word)) if word == "none" => Ok(None),
        Some(Value::Number(x)) => Ok(Some(*x)),
        Some(other) => Err(wrong(place, format!("is a number or `none`, not {}", other.name()))),
    }
}

/// Change one setting of a phase, as `at epoch` does. `rate`, `momentum`, `beta1`, … change the optimizer that is there.
pub fn change(phase: &mut Phase, key: &str, value: &Value) -> Built<()> {
    match key {
        "optimizer" => phase.optimizer = optimizer(value)?,
        "schedule" => {
            phase.schedule = schedule(value)?;
            phase.schedule_after = phase.after;
        }
        "batch" => phase.batch = batch(value)?,
        "l2" => phase.l2 = optional("l2", Some(value))?.unwrap_or(0.0),
        "clip" => phase.clip = optional("clip", Some(value))?,
        "dropout" => phase.dropout = Some(within("dropout", number(key, value)?, 0.0, 1.0 - 1e-9)?),
        key => return change_optimizer(&mut phase.optimizer, key, value),
    }
    Ok(())
}

fn number(place: &str, value: &Value) -> Built<f64> {
    value.as_number().map_err(|e| wrong(place, e.to_string()))
}

fn change_optimizer(optimizer: &mut Optimizer, key: &str, value: &Value) -> Built<()> {
    use Optimizer::*;
    if let (Sgd { nesterov, .. }, "nesterov") = (&mut *optimizer, key) {
        *nesterov = value.name() == "true";
        return Ok(());
    }
    let x = number(key, value)?;
    let slot = match (optimizer, key) {
        (
            Sgd { rate, .. }
            | RmsProp { rate, .. }
            | Adam { rate, .. }
            | AdamW { rate, .. }
            | Adagrad { rate, .. }
            | Lion { rate, .. },
            "rate",
        ) => rate,
        (Sgd { momentum, .. }, "momentum") => momentum,
        (RmsProp { decay, .. }, "decay") => decay,
        (Adam { beta1, .. } | AdamW { beta1, .. } | Lion { beta1, .. }, "beta1") => beta1,
        (Adam { beta2, .. } | AdamW { beta2, .. } | Lion { beta2, .. }, "beta2") => beta2,
        (
            RmsProp { epsilon, .. } | Adam { epsilon, .. } | AdamW { epsilon, .. } | Adagrad { epsilon, .. },
            "epsilon",
        ) => epsilon,
        (AdamW { weight_decay, .. } | Lion { weight_decay, .. }, "weight_decay") => weight_decay,
        _ => return Err(wrong(key, "is not a setting of the optimizer that is in use")),
    };
    *slot = x;
    Ok(())
}

/// `early_stop = patience(10)`.
pub fn patience(value: Option<&Value>) -> Built<Option<u32>> {
    match value {
        Some(value) if value.name() == "patience" => {
            let call = Call::new(Category::Stop, value);
            Ok(Some(call.count("epochs")? as u32))
        }
        _ => Ok(None),
    }
}

/// The first objective that is a metric decides which epoch is best; otherwise the dev loss.
pub fn objective_metric(objectives: &[super::experiment::Objective]) -> (Metric, Direction) {
    use super::metric::{Measure, MetricKind, Set};
    for objective in objectives {
        if let Measure::Metric(m) | Measure::Final(m) | Measure::Best(m) | Measure::At(m, _) | Measure::EpochsTo(m, _) =
            objective.measure
        {
            return (m, m.direction());
        }
    }
    (Metric { set: Set::Dev, kind: MetricKind::Loss }, Direction::Minimize)
}

/// A data block.
pub fn pipeline(value: &Value) -> Built<Pipeline> {
    let call = Call::block("data", value);
    let source = call.given("source").ok_or_else(|| wrong("data", "needs a source"))?;
    let mut pipeline = Pipeline::new(self::source(source)?);
    if let Some(Value::List(shares)) = call.given("split") {
        for (slot, share) in pipeline.split.iter_mut().zip(shares) {
            *slot = within("split", number("split", share)?, 0.0, 1.0)?;
        }
        if shares.len() == 2 {
            pipeline.split[2] = 0.0;
        }
    }
    pipeline.dev = evaluation(&call, "dev")?;
    pipeline.test = evaluation(&call, "test")?;
    pipeline.normalize = match call.word("normalize") {
        Some("zscore") => Normalize::Zscore,
        Some("minmax") => Normalize::Minmax,
        _ => Normalize::None,
    };
    pipeline.limit = optional("limit", call.given("limit"))?.map(|x| whole("limit", x, 1)).transpose()?;
    pipeline.folds = optional("folds", call.given("folds"))?.map(|x| whole("folds", x, 2)).transpose()?;
    pipeline.mode = match call.word("mode") {
        Some("classification") => Some(Mode::Classification),
        Some("regression") => Some(Mode::Regression),
        _ => None,
    };
    pipeline.seed = whole("seed", call.number_or("seed", 0.0)?, 0)? as u64;
    pipeline.balanced = call.word("weights") == Some("balanced");
    pipeline.augment = transforms(call.given("augment"))?;
    if let Source::Csv(table) | Source::Parquet(table) = &mut pipeline.source {
        if let Some(word) = call.word("missing") {
            table.missing = missing(word);
        }
        if let Some(groups) = call.text("groups")? {
            table.groups = Some(groups);
        }
    }
    Ok(pipeline)
}

fn missing(word: &str) -> Missing {
    match word {
        "mean" => Missing::Mean,
        "median" => Missing::Median,
        "mode" => Missing::Mode,
        "drop" => Missing::Drop,
        _ => Missing::Refuse,
    }
}

fn evaluation(call: &Call<'_>, key: &str) -> Built<Option<Evaluation>> {
    let Some(value) = call.given(key).filter(|v| v.name() != "none") else { return Ok(None) };
    let changes = match value {
        Value::List(_) => true,
        other => matches!(other.name(), "shift" | "noise" | "rotate" | "scale" | "flip"),
    };
    Ok(Some(if changes { Evaluation::Changed(transforms(Some(value))?) } else { Evaluation::Source(source(value)?) }))
}

fn transforms(value: Option<&Value>) -> Built<Vec<Transform>> {
    let single;
    let items: &[Value] = match value {
        None => &[],
        Some(Value::List(items)) => items,
        Some(other) if other.name() == "none" => &[],
        Some(other) => {
            single = [other.clone()];
            &single
        }
    };
    items
        .iter()
        .map(|item| {
            let call = Call::new(Category::Transform, item);
            Ok(match call.name() {
                "shift" => Transform::Shift(call.number("amount")?),
                "noise" => Transform::Noise(call.number("deviation")?),
                "rotate" => Transform::Rotate(call.number("degrees")?),
                "scale" => Transform::Scale(call.number("factor")?),
                "flip" => Transform::Flip,
                other => return Err(wrong("data", format!("`{other}` is not a change of the inputs"))),
            })
        })
        .collect()
}

fn source(value: &Value) -> Built<Source> {
    let call = Call::new(Category::Source, value);
    let synthetic = |shape| -> Built<Source> {
        Ok(Source::Synthetic(Synthetic {
            shape,
            points: call.count("points")?,
            classes: call.count("classes").unwrap_or(2),
            noise: call.number("noise")?,
            seed: whole(&call.place("seed"), call.number("seed")?, 0)? as u64,
        }))
    };
    let table = || -> Built<Table> {
        Ok(Table {
            path: call.needed("path")?,
            target: call.needed("target")?,
            features: call.texts("features")?,
            drop: call.texts("drop")?,
            separator: call.text("separator")?.and_then(|s| s.chars().next()),
            missing: missing(call.word("missing").unwrap_or("none")),
            groups: call.text("groups")?,
        })
    };
    Ok(match call.name() {
        "iris" => Source::Iris,
        "wine" => Source::Wine,
        "breast_cancer" => Source::BreastCancer,
        "digits" => Source::Digits,
        "blobs" => synthetic(SyntheticShape::Blobs)?,
        "moons" => synthetic(SyntheticShape::Moons)?,
        "circles" => synthetic(SyntheticShape::Circles)?,
        "spirals" => synthetic(SyntheticShape::Spirals)?,
        "xor" => synthetic(SyntheticShape::Xor)?,
        "grid_map" => synthetic(SyntheticShape::GridMap)?,
        "plane" => synthetic(SyntheticShape::Plane)?,
        "wave" => synthetic(SyntheticShape::Wave)?,
        "csv" => Source::Csv(table()?),
        "parquet" => Source::Parquet(table()?),
        "idx" => Source::Idx { images: call.needed("images")?, labels: call.needed("labels")? },
        "npz" => Source::Npz {
            path: call.needed("path")?,
            x: call.text("x")?.unwrap_or_else(|| "x".into()),
            y: call.text("y")?.unwrap_or_else(|| "y".into()),
        },
        "images" => Source::Images {
            path: call.needed("folder")?,
            size: match call.given("size") {
                Some(Value::List(pair)) if pair.len() == 2 => Some((
                    whole("images(size)", number("images(size)", &pair[0])?, 1)?,
                    whole("images(size)", number("images(size)", &pair[1])?, 1)?,
                )),
                Some(Value::Number(side)) => {
                    let side = whole("images(size)", *side, 1)?;
                    Some((side, side))
                }
                _ => None,
            },
            grey: call.flag("grey")?,
        },
        other => return Err(wrong("source", format!("`{other}` is not a source of data"))),
    })
}
