//! Kinds of picture, and the directions that a surface is drawn along.

use super::{Call, Category, Default, Param, Range, Type};

const fn picture(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Picture, name, params, doc, example)
}

const MEASURE: Param = Param::needed("measure", Type::Measure, "what is shown").fixed();
const X: Param = Param::needed("x", Type::Measure, "along the horizontal axis").fixed();
const Y: Param = Param::needed("y", Type::Measure, "along the vertical axis").fixed();
const SETTING_X: Param = Param::needed("x", Type::Setting, "along the horizontal axis").fixed();
const SETTING_Y: Param = Param::needed("y", Type::Setting, "along the vertical axis").fixed();
const LAYER: Type = Type::Whole(Range::at_least(1.0));

/// What `draw` takes.
pub(super) const PICTURES: &[Call] = &[
    picture(
        "curves",
        &[Param::needed("metric", Type::Metrics, "over the epochs; several metrics are several kinds of line").fixed()],
        "a line a group over the epochs, with a band over its trials and seeds",
        "draw = curves(dev.loss)",
    ),
    picture("scatter", &[X, Y], "a mark a trial", "draw = scatter(rate, dev.accuracy)"),
    picture("histogram", &[MEASURE], "how a measure is spread over the trials", "draw = histogram(dev.accuracy)"),
    picture("box", &[MEASURE], "quartiles of a measure, a box a group", "draw = box(dev.accuracy)"),
    picture(
        "heatmap",
        &[SETTING_X, SETTING_Y, MEASURE],
        "the mean of a measure over cells of two hyperparameters",
        "draw = heatmap(rate, width, dev.accuracy)",
    ),
    picture(
        "contour",
        &[SETTING_X, SETTING_Y, MEASURE],
        "a smooth surface of a measure over two hyperparameters",
        "draw = contour(rate, width, dev.accuracy)",
    ),
    picture("parallel", &[], "an axis a hyperparameter, a line a trial", "draw = parallel"),
    picture("importance", &[], "how much each hyperparameter matters", "draw = importance"),
    picture("pareto", &[], "two objectives and their front", "draw = pareto"),
    picture(
        "boundary",
        &[],
        "the class that the model gives every point of the plane of two features",
        "draw = boundary",
    ),
    picture("confusion", &[], "truth against prediction", "draw = confusion"),
    picture(
        "samples",
        &[SETTING_X, SETTING_Y],
        "where the search looked, round by round",
        "draw = samples(rate, width)",
    ),
    picture(
        "weights",
        &[Param::new("layer", LAYER, Default::Rule("the first with weights"), "its place in the network, from 1")
            .placed()
            .fixed()],
        "the weights of a layer, as images where the input is one or the layer convolves",
        "draw = weights(1)",
    ),
    picture(
        "activations",
        &[Param::new("layer", LAYER, Default::Rule("all layers"), "its place in the network, from 1").placed().fixed()],
        "the spread of a layer's output over the epochs: what batch norm holds still",
        "draw = activations(2)",
    ),
    picture("gradients", &[], "the size of the gradient by layer over the epochs", "draw = gradients"),
    picture(
        "surface",
        &[DIRECTION_X, DIRECTION_Y],
        "the loss around the solution along two directions",
        "draw = surface(weight(x1), weight(x2))",
    ),
];

const fn direction(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Direction, name, params, doc, example)
}

const DIRECTION: Type = Type::Call(Category::Direction);
const DIRECTION_X: Param = Param::new(
    "x",
    DIRECTION,
    Default::Rule("the one weight of two, else `start`"),
    "along the horizontal axis; both are given or none",
)
.placed()
.fixed();
const DIRECTION_Y: Param =
    Param::new("y", DIRECTION, Default::Rule("the other weight, else `detour`"), "along the vertical axis")
        .placed()
        .fixed();
const PLACE: Type = Type::Whole(Range::closed(1.0, 1e9));
const OUTPUT: Param =
    Param::new("output", PLACE, Default::Number(1.0), "the unit or filter that it is of, from 1").placed().fixed();

/// Where a surface may lead.
pub(super) const DIRECTIONS: &[Call] = &[
    direction(
        "weight",
        &[
            Param::needed(
                "input",
                Type::Either(&[Type::Column, PLACE]),
                "a feature of the data, or the input's place from 1",
            )
            .fixed(),
            OUTPUT,
            Param::new("layer", LAYER, Default::Rule("the first with weights"), "its place in the network, from 1")
                .fixed(),
        ],
        "one weight of a dense or conv layer, at its own values",
        "draw = surface(weight(x1), weight(x2, output = 3))",
    ),
    direction(
        "bias",
        &[
            OUTPUT,
            Param::new("layer", LAYER, Default::Rule("the first with a bias"), "its place in the network, from 1")
                .fixed(),
        ],
        "one constant of a dense or conv layer, at its own values",
        "draw = surface(weight(x1), bias)",
    ),
    direction("start", &[], "from the solution straight back to where training began", "draw = surface(start, detour)"),
    direction(
        "detour",
        &[],
        "from the line between start and solution to the point of the path that is farthest from it",
        "draw = surface(start, detour)",
    ),
    direction(
        "principal",
        &[Param::new(
            "number",
            Type::Whole(Range::closed(1.0, 10.0)),
            Default::Number(1.0),
            "which one: along the first the weights moved most",
        )
        .placed()
        .fixed()],
        "a principal direction of the path over the epochs (Li et al. 2018)",
        "draw = surface(principal(1), principal(2))",
    ),
    direction(
        "gradient",
        &[],
        "where the loss rises most steeply from the solution",
        "draw = surface(gradient, start)",
    ),
    direction(
        "random",
        &[Param::new(
            "seed",
            Type::Whole(Range::closed(0.0, 9e15)),
            Default::Number(0.0),
            "another seed, another direction",
        )
        .placed()
        .fixed()],
        "Gaussian, the weights of each unit or filter as long as they are at the solution; biases stay (Li et al. 2018)",
        "draw = surface(random(1), random(2))",
    ),
];
