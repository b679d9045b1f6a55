//! Kinds of block and their keys.

use super::types::word;
use super::{Block, Category, Default, Param, Range, Scale, Type, Word};

const NORMALIZE: &[Word] = &[
    word("none", "features are left as they are"),
    word("zscore", "mean 0 and variance 1"),
    word("minmax", "from 0 to 1"),
];
const MISSING: &[Word] = &[
    word("refuse", "it is an error that gives row and column"),
    word("mean", "the column's mean over train"),
    word("median", "the column's median over train"),
    word("mode", "the column's most frequent value in train"),
    word("drop", "the row is left out"),
];
const MODE: &[Word] = &[word("classification", "a class is predicted"), word("regression", "a number is predicted")];
const PRECISION: &[Word] = &[word("f32", "32 bits"), word("f64", "64 bits")];
const RESTORE: &[Word] =
    &[word("best", "the weights of the epoch with the best objective"), word("last", "the weights of the last epoch")];
const EVALUATION: Type = Type::Either(&[Type::Calls(Category::Transform), Type::Call(Category::Source)]);
const SEED: Type = Type::Whole(Range::closed(0.0, 9e15));
const COUNT: Type = Type::Whole(Range::closed(1.0, 1_000_000.0));
const CPUS: Type = Type::Whole(Range::closed(1.0, 4096.0));
const BATCH: Type = Type::Either(&[COUNT, Type::Word(&[word("all", "all of them: plain gradient descent")])]);

const DATA: &[Param] = &[
    Param::needed("source", Type::Call(Category::Source), "where examples come from"),
    Param::new(
        "split",
        Type::Shares,
        Default::Numbers(&[0.7, 0.15, 0.15]),
        "shares of train, dev and test, stratified by class",
    )
    .fixed(),
    Param::new(
        "dev",
        EVALUATION,
        Default::Rule("its share"),
        "a source of its own, or a change of its share: `shift(0.5)`",
    ),
    Param::new(
        "test",
        EVALUATION,
        Default::Rule("its share"),
        "a source of its own, or a change of its share: `shift(0.5)`",
    ),
    Param::new(
        "normalize",
        Type::Word(NORMALIZE),
        Default::Word("none"),
        "how features are scaled, fitted on train only",
    ),
    Param::new(
        "limit",
        Type::Whole(Range::at_least(2.0)),
        Default::Absent,
        "at most so many rows, stratified by class",
    ),
    Param::new("missing", Type::Word(MISSING), Default::Word("refuse"), "what to do with a missing value of a table"),
    Param::new("mode", Type::Word(MODE), Default::Rule("inferred from the target"), "what is predicted").fixed(),
    Param::new(
        "folds",
        Type::Whole(Range::closed(2.0, 1000.0)),
        Default::Absent,
        "cross-validation: repetition r holds out fold r as dev",
    )
    .fixed(),
    Param::new(
        "groups",
        Type::Column,
        Default::Absent,
        "rows with the same value of this column stay on one side of the split",
    )
    .fixed(),
    Param::new(
        "weights",
        Type::Word(&[word("none", "every row weighs the same"), word("balanced", "every class weighs the same")]),
        Default::Word("none"),
        "how rows weigh in the loss",
    ),
    Param::new(
        "augment",
        Type::Calls(Category::Transform),
        Default::Absent,
        "changes drawn anew for each example of each mini-batch",
    ),
    Param::new("seed", SEED, Default::Number(0.0), "of the split").fixed(),
];

/// The keys that a stage may change beside the settings of the optimizer.
const STAGE: &[Param] = &[
    Param::new("rate", Type::Number(Range::ABOVE_ZERO), Default::Absent, "the learning rate").on(Scale::Log),
    Param::new("batch", BATCH, Default::Absent, "examples a step"),
    Param::new(
        "optimizer",
        Type::Call(Category::Optimizer),
        Default::Absent,
        "another update rule, its state from zero",
    ),
    Param::new(
        "schedule",
        Type::Call(Category::Schedule),
        Default::Absent,
        "another schedule, counted from this epoch",
    ),
    Param::new("l2", Type::Number(Range::FROM_ZERO), Default::Absent, "the penalty on all weights").on(Scale::Log),
    Param::new("clip", Type::Number(Range::ABOVE_ZERO), Default::Absent, "largest norm of the gradient").on(Scale::Log),
    Param::new("dropout", Type::Number(Range::BELOW_ONE), Default::Absent, "the rate of every dropout layer"),
];

const EXPERIMENT: &[Param] = &[
    Param::new("data", Type::Data, Default::Required, "the examples"),
    Param::new("network", Type::Network, Default::Required, "what is trained"),
    Param::new(
        "run",
        Type::Call(Category::Program),
        Default::Absent,
        "a program to train instead of `data` and `network`",
    )
    .fixed(),
    Param::new("optimizer", Type::Call(Category::Optimizer), Default::Call("adam"), "the update rule"),
    Param::new(
        "schedule",
        Type::Call(Category::Schedule),
        Default::Call("constant"),
        "how the learning rate changes over the epochs",
    ),
    Param::new(
        "epochs",
        Type::Whole(Range::closed(1.0, 1_000_000.0)),
        Default::Number(20.0),
        "passes over the training set",
    ),
    Param::new("batch", BATCH, Default::Number(32.0), "examples a step"),
    Param::new(
        "loss",
        Type::Call(Category::Loss),
        Default::Rule("follows from the last layer"),
        "what training makes small",
    ),
    Param::new(
        "l2",
        Type::Number(Range::FROM_ZERO),
        Default::Number(0.0),
        "adds l2/2·Σw² over all weights to the loss",
    )
    .on(Scale::Log),
    Param::new(
        "clip",
        Type::Number(Range::ABOVE_ZERO),
        Default::Absent,
        "largest norm of the gradient; a longer one is scaled down",
    )
    .on(Scale::Log),
    Param::new("early_stop", Type::Call(Category::Stop), Default::Absent, "when to stop before the last epoch").fixed(),
    Param::new("restore", Type::Word(RESTORE), Default::Word("last"), "the weights that a trial ends with").fixed(),
    Param::new(
        "minimize",
        Type::Measures,
        Default::Rule("dev.loss"),
        "what the search makes small; two make a Pareto front",
    )
    .fixed(),
    Param::new("maximize", Type::Measures, Default::Absent, "what the search makes large").fixed(),
    Param::new(
        "search",
        Type::Call(Category::Search),
        Default::Rule("grid if every space is a choice, else auto"),
        "how settings are proposed",
    )
    .fixed(),
    Param::new("prune", Type::Call(Category::Prune), Default::Absent, "which trials are stopped early").fixed(),
    Param::new("require", Type::Conditions, Default::Absent, "what must hold of the settings: `width * depth <= 512`")
        .fixed(),
    Param::new(
        "space",
        Type::Call(Category::Region),
        Default::Absent,
        "a part of every space, around a trial of another experiment",
    )
    .fixed(),
    Param::new(
        "seeds",
        Type::Whole(Range::closed(1.0, 10_000.0)),
        Default::Number(1.0),
        "how many times each setting is trained, on paired streams",
    )
    .fixed(),
    Param::new(
        "confirm",
        Type::Whole(Range::closed(1.0, 10_000.0)),
        Default::Absent,
        "train the best candidates again on so many fresh seeds",
    )
    .fixed(),
    Param::new("seed", SEED, Default::Number(0.0), "where all streams of random numbers start").fixed(),
    Param::new("lag", COUNT, Default::Number(8.0), "trials in flight before an adaptive search looks back").fixed(),
    Param::new("precision", Type::Word(PRECISION), Default::Word("f32"), "the type of the numbers").fixed(),
    Param::new(
        "budget",
        Type::Duration,
        Default::Absent,
        "no trial starts after it; marks the result as not reproducible",
    )
    .fixed(),
    Param::new("cpus", CPUS, Default::Number(1.0), "cores that a trial is given on a cluster (`--on`)").fixed(),
];

const OF: Param = Param::needed("of", Type::Trials, "whose trials").fixed();
const BY: Param = Param::new("by", Type::Settings, Default::Absent, "hyperparameters that make the groups").fixed();
const WHERE: Param = Param::new("where", Type::Conditions, Default::Absent, "what must hold of a trial").fixed();
const TITLE: Param =
    Param::new("title", Type::Text, Default::Rule("made from the rest"), "shown above, and names the file").fixed();

const TABLE: &[Param] = &[
    OF,
    BY,
    Param::new("show", Type::Measures, Default::Rule("the objectives"), "the columns").fixed(),
    WHERE,
    Param::new("sort", Type::Measure, Default::Rule("the first objective"), "best first").fixed(),
    Param::new("top", COUNT, Default::Absent, "only so many rows").fixed(),
    TITLE,
];

const PLOT: &[Param] = &[
    OF,
    Param::needed("draw", Type::Call(Category::Picture), "the kind of picture").fixed(),
    BY,
    Param::new("color", Type::Measure, Default::Absent, "what colours the trials: a choice, a number or a metric")
        .fixed(),
    WHERE,
    TITLE,
];

const CLAIM: &[Param] = &[Param::new(
    "within",
    Type::Number(Range::ABOVE_ZERO),
    Default::Absent,
    "how large a difference still counts as equal, for `a == b`",
)
.fixed()];

/// All kinds.
pub(super) const BLOCKS: &[Block] = &[
    Block {
        kind: "data",
        head: "NAME",
        keys: DATA,
        inside: "",
        doc: "examples: where they come from, how they are split and scaled",
        example: "data flowers {\n  source    = iris()\n  split     = [70%, 15%, 15%]\n  normalize = zscore\n}",
    },
    Block {
        kind: "network",
        head: "NAME",
        keys: &[],
        inside: "layers, top to bottom and left to right",
        doc: "a chain of layers",
        example: "network mlp {\n  dense(64) -> relu\n  dense(classes) -> softmax\n}",
    },
    Block {
        kind: "experiment",
        head: "NAME, or NAME from OTHER",
        keys: EXPERIMENT,
        inside: "`at epoch` blocks; with `run`, an entry for each of the program's settings",
        doc: "trainings: of which network on which data, and how they are searched",
        example: "experiment first {\n  data      = flowers\n  network   = mlp\n  optimizer = adam(rate = log(1e-4, 1e-1))\n  epochs    = 30\n  maximize  = dev.accuracy\n}",
    },
    Block {
        kind: "at",
        head: "epoch N",
        keys: STAGE,
        inside: "",
        doc: "inside an experiment: what changes from epoch N (from 1) on; any setting of the optimizer may be a key",
        example: "at epoch 12 { rate = 0.1 }",
    },
    Block {
        kind: "table",
        head: "nothing, or a title in quotes",
        keys: TABLE,
        inside: "",
        doc: "a row a trial, or with `by` a row a group with mean and 95 % interval",
        example: "table { of = first, show = [dev.accuracy, rate], top = 5 }",
    },
    Block {
        kind: "plot",
        head: "nothing, or a title in quotes",
        keys: PLOT,
        inside: "",
        doc: "a picture, saved beside the report",
        example: "plot { of = first, draw = scatter(rate, dev.accuracy) }",
    },
    Block {
        kind: "claim",
        head: "a text in quotes",
        keys: CLAIM,
        inside: "comparisons, all of which must hold",
        doc: "what is claimed about results, tested over seeds",
        example: "claim \"it learns\" { first.best.dev.accuracy > 90% }",
    },
];
