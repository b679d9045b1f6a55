//! Optimizers, schedules, losses, early stopping and programs.

use super::types::flag;
use super::{Call, Category, Default, Param, Range, Scale, Type};

const fn rate(default: f64) -> Param {
    Param::new("rate", Type::Number(Range::ABOVE_ZERO), Default::Number(default), "learning rate: the size of a step")
        .placed()
        .on(Scale::Log)
}

const fn average(name: &'static str, default: f64, doc: &'static str) -> Param {
    Param::new(name, Type::Number(Range::BELOW_ONE), Default::Number(default), doc).on(Scale::OneMinusLog)
}

const fn epsilon(default: f64) -> Param {
    Param::new("epsilon", Type::Number(Range::ABOVE_ZERO), Default::Number(default), "added to the root").on(Scale::Log)
}

const fn weight_decay(default: f64) -> Param {
    Param::new(
        "weight_decay",
        Type::Number(Range::FROM_ZERO),
        Default::Number(default),
        "share of the weights that a step takes away, times the rate",
    )
    .on(Scale::Log)
}

const fn optimizer(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Optimizer, name, params, doc, example)
}

/// Update rules.
pub(super) const OPTIMIZERS: &[Call] = &[
    optimizer(
        "sgd",
        &[
            rate(0.01),
            average("momentum", 0.0, "weight of the past gradients").placed(),
            Param::new("nesterov", Type::Flag, flag(false), "whether the gradient is looked up ahead"),
        ],
        "gradient descent: v = momentum·v + g, w −= rate·v",
        "optimizer = sgd(rate = 0.1, momentum = 0.9)",
    ),
    optimizer(
        "rmsprop",
        &[rate(1e-3), average("decay", 0.9, "weight of the past squares"), epsilon(1e-8)],
        "s = decay·s + (1−decay)·g², w −= rate·g/(√s + epsilon)",
        "optimizer = rmsprop(rate = 1e-3)",
    ),
    optimizer(
        "adam",
        &[
            rate(1e-3),
            average("beta1", 0.9, "weight of the past gradients"),
            average("beta2", 0.999, "weight of the past squares"),
            epsilon(1e-8),
        ],
        "momentum and rmsprop together, with bias correction (Kingma & Ba 2015)",
        "optimizer = adam(rate = log(1e-4, 1e-1), beta1 = 1 - log(1e-3, 1e-1))",
    ),
    optimizer(
        "adamw",
        &[
            rate(1e-3),
            average("beta1", 0.9, "weight of the past gradients"),
            average("beta2", 0.999, "weight of the past squares"),
            epsilon(1e-8),
            weight_decay(0.01),
        ],
        "adam with weight decay apart from the gradient (Loshchilov & Hutter 2019)",
        "optimizer = adamw(rate = 1e-3, weight_decay = 0.01)",
    ),
    optimizer(
        "adagrad",
        &[rate(0.01), epsilon(1e-10)],
        "s += g², w −= rate·g/(√s + epsilon) (Duchi et al. 2011)",
        "optimizer = adagrad(rate = 0.01)",
    ),
    optimizer(
        "lion",
        &[
            rate(1e-4),
            average("beta1", 0.9, "weight of the average in the step"),
            average("beta2", 0.99, "weight of the past in the average"),
            weight_decay(0.0),
        ],
        "steps by the sign of an average of gradients (Chen et al. 2023)",
        "optimizer = lion(rate = 1e-4)",
    ),
];

const WARMUP: Param = Param::new(
    "warmup",
    Type::Number(Range::FROM_ZERO),
    Default::Number(0.0),
    "epochs in which the rate rises linearly from 0",
);

const fn schedule(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Schedule, name, params, doc, example)
}

/// How the rate changes over the epochs t.
pub(super) const SCHEDULES: &[Call] = &[
    schedule("constant", &[WARMUP], "the rate stays", "schedule = constant(warmup = 2)"),
    schedule(
        "inverse",
        &[Param::needed("decay", Type::Number(Range::FROM_ZERO), "an epoch").on(Scale::Log), WARMUP],
        "rate / (1 + decay·t)",
        "schedule = inverse(decay = 0.1)",
    ),
    schedule(
        "exponential",
        &[Param::needed("decay", Type::Number(Range::PART), "the rate is multiplied by it every epoch"), WARMUP],
        "rate · decay^t",
        "schedule = exponential(decay = 0.95)",
    ),
    schedule(
        "step",
        &[
            Param::needed("every", Type::Number(Range::ABOVE_ZERO), "epochs between steps"),
            Param::new(
                "factor",
                Type::Number(Range::PART),
                Default::Number(0.1),
                "the rate is multiplied by it at each step",
            )
            .placed(),
            WARMUP,
        ],
        "rate · factor^⌊t/every⌋",
        "schedule = step(every = 10, factor = 0.5)",
    ),
    schedule(
        "cosine",
        &[
            Param::new(
                "final",
                Type::Number(Range::SHARE),
                Default::Number(0.0),
                "share of the rate that is left at the end",
            )
            .placed(),
            WARMUP,
        ],
        "half a cosine from the rate to its final share over all epochs (Loshchilov & Hutter 2017)",
        "schedule = cosine(final = 1%, warmup = 1)",
    ),
];

/// What training makes small.
pub(super) const LOSSES: &[Call] = &[
    Call::new(
        Category::Loss,
        "cross_entropy",
        &[Param::new(
            "label_smoothing",
            Type::Number(Range::BELOW_ONE),
            Default::Number(0.0),
            "share of the target that is spread over all classes",
        )
        .placed()],
        "−Σ y ln ŷ; what a network that ends in softmax is trained on",
        "loss = cross_entropy(label_smoothing = 0.1)",
    ),
    Call::new(
        Category::Loss,
        "binary_cross_entropy",
        &[],
        "−y ln ŷ − (1−y) ln(1−ŷ); what a network that ends in sigmoid is trained on",
        "loss = binary_cross_entropy",
    ),
    Call::new(
        Category::Loss,
        "mse",
        &[],
        "mean of (ŷ − y)²; what a network for regression is trained on",
        "loss = mse",
    ),
    Call::new(
        Category::Loss,
        "huber",
        &[Param::new("delta", Type::Number(Range::ABOVE_ZERO), Default::Number(1.0), "error at which it turns linear")
            .placed()
            .on(Scale::Log)],
        "quadratic for small errors, linear for large ones (Huber 1964); for regression",
        "loss = huber(delta = 1)",
    ),
    Call::new(
        Category::Loss,
        "hinge",
        &[],
        "Σ over wrong classes of max(0, 1 + z_wrong − z_true) (Weston & Watkins 1999); for a network that ends in `dense(classes)`",
        "loss = hinge",
    ),
];

/// When training ends early.
pub(super) const STOPS: &[Call] = &[Call::new(
    Category::Stop,
    "patience",
    &[Param::needed("epochs", Type::Whole(Range::at_least(1.0)), "how many")],
    "stop when the objective has not become better for so many epochs",
    "early_stop = patience(10)",
)];

/// Programs that are trained instead of a network.
pub(super) const PROGRAMS: &[Call] = &[Call::new(
    Category::Program,
    "command",
    &[
        Param::needed("line", Type::Text, "the command line; `{name}` is replaced by the value of that entry").fixed(),
        Param::new("limit", Type::Duration, Default::Absent, "how long one run may take").fixed(),
    ],
    "a program that prints JSON lines such as `{\"epoch\": 1, \"dev.loss\": 0.3}`",
    "run = command(\"python3 train.py --rate {rate}\", limit = 5min)",
)];
