//! What hyperparameters are drawn from.

use super::types::word;
use super::{Call, Category, Default, Param, Range, Type, Word};

const NUMBER: Type = Type::Number(Range::ANY);
const SCALE: &[Word] = &[word("linear", "evenly"), word("log", "evenly in the logarithm")];
const LOW: Param = Param::needed("low", NUMBER, "lower end").fixed();
const HIGH: Param = Param::needed("high", NUMBER, "upper end").fixed();

const fn space(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Space, name, params, doc, example)
}

/// Spaces.
pub(super) const SPACES: &[Call] = &[
    space("linear", &[LOW, HIGH], "uniform from low to high", "dropout(linear(0, 0.5))"),
    space(
        "log",
        &[LOW, HIGH],
        "low·(high/low)^u, u uniform from 0 to 1: every decade is as likely as the next",
        "adam(rate = log(1e-4, 1e-1))",
    ),
    space(
        "int",
        &[
            Param::needed("low", Type::Whole(Range::closed(-9e15, 9e15)), "lower end").fixed(),
            Param::needed("high", Type::Whole(Range::closed(-9e15, 9e15)), "upper end").fixed(),
            Param::new("scale", Type::Word(SCALE), Default::Word("linear"), "how they are spread").fixed(),
        ],
        "whole numbers from low to high, both included",
        "dense(int(16, 256, scale = log))",
    ),
    Call {
        variadic: true,
        ..space(
            "choice",
            &[],
            "one of its values: numbers, words, layers, chains, networks, data, optimizers; `label = value` names them for tables",
            "choice(before = batch_norm -> relu, after = relu -> batch_norm)",
        )
    },
    space(
        "normal",
        &[
            Param::needed("mean", NUMBER, "its middle (of the logarithm, on a log scale)").fixed(),
            Param::needed(
                "deviation",
                Type::Number(Range::ABOVE_ZERO),
                "its spread (of the logarithm, on a log scale)",
            )
            .fixed(),
            Param::new("scale", Type::Word(SCALE), Default::Word("linear"), "`log` for log-normal").fixed(),
        ],
        "Gaussian",
        "normal(0, 1)",
    ),
    space(
        "steps",
        &[
            Param::needed("space", Type::Space, "what is rounded"),
            Param::needed("step", Type::Number(Range::ABOVE_ZERO), "to multiples of").fixed(),
        ],
        "a space rounded to multiples of a step",
        "dropout(steps(linear(0, 0.5), 0.1))",
    ),
];

/// Parts of another experiment's space.
pub(super) const REGIONS: &[Call] = &[Call::new(
    Category::Region,
    "around",
    &[
        Param::needed("trial", Type::Trial, "the middle").fixed(),
        Param::new("share", Type::Number(Range::PART), Default::Number(0.25), "width, as a share of each scale")
            .placed()
            .fixed(),
    ],
    "every space that the other experiment has too becomes the part of its scale around that trial",
    "space = around(coarse.best, 25%)",
)];
