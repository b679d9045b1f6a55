//! Kinds of picture.

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
    picture("surface", &[], "the loss around the solution along two directions", "draw = surface"),
];
