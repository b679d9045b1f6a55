//! E07: tables, plots and claims.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0701",
        title: "no such hyperparameter",
        explanation: "Groups and axes are made by what an experiment draws. What is the same in every trial makes none.",
        wrong: "table { of = e, by = norm }",
        right: "table { of = e, by = rate }",
    },
    Code {
        code: "E0702",
        title: "no such measure",
        explanation: "A measure is a metric (`dev.accuracy`), something of a trial (`best(dev.accuracy)`, \
                      `epochs_to(dev.accuracy, 90%)`, `parameters`), or a hyperparameter.",
        wrong: "table { of = e, show = [accuracy] }",
        right: "table { of = e, show = [dev.accuracy] }",
    },
    Code {
        code: "E0703",
        title: "a condition that means nothing",
        explanation: "A condition compares a measure with a number, or a choice with one of its labels.",
        wrong: "table { of = e, where = rate }",
        right: "table { of = e, where = rate < 0.01 }",
    },
    Code {
        code: "E0704",
        title: "a claim that compares nothing",
        explanation: "A claim holds comparisons of measures of experiments, such as `a.best.dev.accuracy > \
                      b.best.dev.accuracy`; `within` belongs to `==`.",
        wrong: "claim \"it learns\" { e.best.dev.accuracy }",
        right: "claim \"it learns\" { e.best.dev.accuracy > 90% }",
    },
    Code {
        code: "E0705",
        title: "a picture that these trials cannot give",
        explanation: "A boundary needs two features, a confusion classes, a front two objectives, and pictures of a model \
                      a network of ours.",
        wrong: "plot { of = e, draw = boundary }",
        right: "plot { of = e, draw = confusion }",
    },
];
