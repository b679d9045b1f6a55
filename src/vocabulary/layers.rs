//! Layers and how their weights start.

use super::types::{flag, word};
use super::{Body, Call, Category, Default, Param, Range, Scale, Type, Word};

const AUTO_OR_FLAG: Type = Type::Either(&[
    Type::Flag,
    Type::Word(&[word("auto", "left out when `batch_norm` comes straight after, since the mean takes it away")]),
]);
const INIT: Type = Type::Either(&[
    Type::Word(&[word("auto", "`he` before relu, leaky_relu, elu, gelu and silu; `lecun` before selu; `xavier` else")]),
    Type::Call(Category::Init),
]);
const STATISTICS: &[Word] = &[
    word("moving", "the weighted average over mini-batches"),
    word("exact", "one exact pass over the training set before evaluation"),
    word("batch", "those of the evaluated batch itself"),
];
const PADDING: &[Word] =
    &[word("same", "zeros around, so that with stride 1 the size stays"), word("valid", "none: the output is smaller")];
const SIDE: Type = Type::Whole(Range::closed(1.0, 4096.0));
const UNITS: Type = Type::Whole(Range::closed(1.0, 1_000_000.0));
const EPSILON: Param =
    Param::new("epsilon", Type::Number(Range::ABOVE_ZERO), Default::Number(1e-5), "added to the variance")
        .on(Scale::Log);
const BIAS: Param =
    Param::new("bias", AUTO_OR_FLAG, Default::Word("auto"), "whether a constant is added to each output");
const INIT_PARAM: Param = Param::new("init", INIT, Default::Word("auto"), "how the weights start; biases start at 0");
const L1: Param =
    Param::new("l1", Type::Number(Range::FROM_ZERO), Default::Number(0.0), "adds l1·Σ|w| of its weights to the loss")
        .on(Scale::Log);
const L2: Param =
    Param::new("l2", Type::Number(Range::FROM_ZERO), Default::Number(0.0), "adds l2/2·Σw² of its weights to the loss")
        .on(Scale::Log);

const fn layer(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Layer, name, params, doc, example)
}

const fn holder(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call { body: Body::Layers, ..layer(name, params, doc, example) }
}

/// Parts of a network.
pub(super) const LAYERS: &[Call] = &[
    layer(
        "dense",
        &[
            Param::needed("units", UNITS, "outputs; `classes` and `features` come from the data"),
            BIAS,
            INIT_PARAM,
            L1,
            L2,
        ],
        "every output is a weighted sum of all inputs: a·W + b",
        "dense(64) -> relu -> dense(classes) -> softmax",
    ),
    layer(
        "batch_norm",
        &[
            Param::new(
                "momentum",
                Type::Number(Range::BELOW_ONE),
                Default::Number(0.9),
                "weight of the old average at each step",
            )
            .on(Scale::OneMinusLog),
            EPSILON,
            Param::new("scale", Type::Flag, flag(true), "whether γ is learned"),
            Param::new("shift", Type::Flag, flag(true), "whether β is learned"),
            Param::new(
                "statistics",
                Type::Word(STATISTICS),
                Default::Word("moving"),
                "mean and variance used at evaluation",
            ),
        ],
        "normalises each number (or channel) over the mini-batch, then scales by γ and shifts by β (Ioffe & Szegedy 2015)",
        "dense(64) -> batch_norm(momentum = 0.99) -> relu -> dense(classes) -> softmax",
    ),
    layer(
        "layer_norm",
        &[EPSILON],
        "normalises the numbers of each example, then scales and shifts each (Ba et al. 2016)",
        "dense(64) -> layer_norm -> relu -> dense(classes) -> softmax",
    ),
    layer("relu", &[], "max(0, z)", "dense(64) -> relu -> dense(classes) -> softmax"),
    layer(
        "leaky_relu",
        &[Param::new("slope", Type::Number(Range::ANY), Default::Number(0.01), "of the negative side").placed()],
        "z for z > 0, else slope·z",
        "dense(64) -> leaky_relu(0.1) -> dense(classes) -> softmax",
    ),
    layer(
        "elu",
        &[],
        "z for z > 0, else e^z − 1 (Clevert et al. 2015)",
        "dense(64) -> elu -> dense(classes) -> softmax",
    ),
    layer(
        "selu",
        &[],
        "scaled elu that keeps mean and variance (Klambauer et al. 2017)",
        "dense(64) -> selu -> dense(classes) -> softmax",
    ),
    layer(
        "gelu",
        &[],
        "z·Φ(z), Φ the normal distribution (Hendrycks & Gimpel 2016)",
        "dense(64) -> gelu -> dense(classes) -> softmax",
    ),
    layer("silu", &[], "z·σ(z)", "dense(64) -> silu -> dense(classes) -> softmax"),
    layer("tanh", &[], "hyperbolic tangent, from −1 to 1", "dense(64) -> tanh -> dense(classes) -> softmax"),
    layer(
        "sigmoid",
        &[],
        "1/(1+e^−z), from 0 to 1; at the end of a network it gives the probability of the second of two classes",
        "dense(1) -> sigmoid",
    ),
    layer("softplus", &[], "ln(1+e^z)", "dense(64) -> softplus -> dense(classes) -> softmax"),
    layer(
        "identity",
        &[],
        "z: nothing is changed",
        "dense(64) -> choice(relu, identity) as act -> dense(classes) -> softmax",
    ),
    layer("softmax", &[], "probabilities over the classes: e^z / Σe^z; the last layer", "dense(classes) -> softmax"),
    layer(
        "hardmax",
        &[],
        "one for the largest, zero for the rest; it has no gradient, so after softmax and for evaluation only",
        "dense(classes) -> softmax -> hardmax",
    ),
    layer(
        "dropout",
        &[Param::needed(
            "rate",
            Type::Number(Range::BELOW_ONE),
            "share of the numbers that is set to 0 while training",
        )],
        "sets random numbers to 0 while training and scales the rest up (inverted dropout, Srivastava et al. 2014)",
        "dense(64) -> relu -> dropout(20%) -> dense(classes) -> softmax",
    ),
    layer(
        "noise",
        &[Param::needed("deviation", Type::Number(Range::FROM_ZERO), "of the Gaussian")],
        "adds Gaussian noise while training",
        "noise(0.1) -> dense(classes) -> softmax",
    ),
    layer(
        "image",
        &[
            Param::needed("height", SIDE, "rows"),
            Param::needed("width", SIDE, "columns"),
            Param::new("channels", SIDE, Default::Number(1.0), "numbers a pixel").placed(),
        ],
        "gives flat input the shape of an image",
        "image(8, 8) -> conv(8) -> relu -> flatten -> dense(classes) -> softmax",
    ),
    layer(
        "conv",
        &[
            Param::needed("filters", SIDE, "output channels"),
            Param::new("kernel", SIDE, Default::Number(3.0), "side of the square window").placed(),
            Param::new("stride", SIDE, Default::Number(1.0), "step of the window"),
            Param::new("padding", Type::Word(PADDING), Default::Word("same"), "what happens at the border"),
            BIAS,
            INIT_PARAM,
            L1,
            L2,
        ],
        "slides filters over an image (two-dimensional cross-correlation)",
        "conv(8, kernel = 3) -> relu -> max_pool(2) -> flatten -> dense(classes) -> softmax",
    ),
    layer(
        "max_pool",
        &[Param::new("size", SIDE, Default::Number(2.0), "side of the window and its step").placed()],
        "the largest number of each window; a remainder at the border is dropped",
        "conv(8) -> relu -> max_pool(2) -> flatten -> dense(classes) -> softmax",
    ),
    layer(
        "avg_pool",
        &[Param::new("size", SIDE, Default::Number(2.0), "side of the window and its step").placed()],
        "the mean of each window; a remainder at the border is dropped",
        "conv(8) -> relu -> avg_pool(2) -> flatten -> dense(classes) -> softmax",
    ),
    layer(
        "global_avg_pool",
        &[],
        "the mean of each channel over the whole image",
        "conv(8) -> relu -> global_avg_pool -> dense(classes) -> softmax",
    ),
    layer("flatten", &[], "an image as flat numbers", "conv(8) -> relu -> flatten -> dense(classes) -> softmax"),
    holder(
        "residual",
        &[],
        "adds its input to the output of the layers between its braces, which must keep the shape (He et al. 2016)",
        "dense(32) -> residual { dense(32) -> relu } -> dense(classes) -> softmax",
    ),
    holder(
        "repeat",
        &[Param::needed("count", Type::Whole(Range::closed(0.0, 256.0)), "how many copies")],
        "copies of the layers between its braces, one after another, each with draws of its own",
        "repeat(int(1, 3)) { dense(32) -> relu } -> dense(classes) -> softmax",
    ),
];

/// How weights start.
pub(super) const INITS: &[Call] = &[
    Call::new(Category::Init, "he", &[], "Gaussian, variance 2/inputs (He et al. 2015)", "dense(64, init = he)"),
    Call::new(
        Category::Init,
        "xavier",
        &[],
        "uniform, variance 2/(inputs + outputs) (Glorot & Bengio 2010)",
        "dense(64, init = xavier)",
    ),
    Call::new(
        Category::Init,
        "lecun",
        &[],
        "Gaussian, variance 1/inputs (LeCun et al. 1998)",
        "dense(64, init = lecun)",
    ),
    Call::new(
        Category::Init,
        "normal",
        &[
            Param::needed("mean", Type::Number(Range::ANY), "its middle"),
            Param::needed("deviation", Type::Number(Range::FROM_ZERO), "its spread"),
        ],
        "Gaussian with this mean and deviation",
        "dense(64, init = normal(0, 0.01))",
    ),
    Call::new(
        Category::Init,
        "zeros",
        &[],
        "all zero: every unit of a layer then stays the same as its neighbours",
        "dense(64, init = zeros)",
    ),
];
