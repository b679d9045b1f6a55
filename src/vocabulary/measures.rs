//! Metrics of a model and measures of a trial.

use super::{Call, Category, Param, Range, Type};

const fn metric(name: &'static str, doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Metric, name, &[], doc, example)
}

/// Metrics, each on `train.`, `dev.` or `test.`.
pub(super) const METRICS: &[Call] = &[
    metric("loss", "what training makes small, without penalties; small is good", "dev.loss"),
    metric("accuracy", "share of the examples whose class is predicted", "dev.accuracy"),
    metric("error", "1 − accuracy; small is good", "dev.error"),
    Call::new(
        Category::Metric,
        "top",
        &[Param::needed("k", Type::Whole(Range::at_least(1.0)), "how many classes may be named").fixed()],
        "share of the examples whose class is among the k most probable",
        "dev.top(3)",
    ),
    metric("precision", "share of a class's predictions that are right, mean over the classes", "dev.precision"),
    metric("recall", "share of a class's examples that are found, mean over the classes", "dev.recall"),
    metric("f1", "harmonic mean of precision and recall of a class, mean over the classes", "dev.f1"),
    metric("auc", "area under the ROC curve, each class against the rest, mean over the classes", "dev.auc"),
    metric("calibration", "expected calibration error over 10 bins; small is good", "dev.calibration"),
    metric("mse", "mean squared error of a regression; small is good", "dev.mse"),
    metric("rmse", "root of the mean squared error, in the unit of the target; small is good", "dev.rmse"),
    metric("mae", "mean absolute error of a regression; small is good", "dev.mae"),
    metric("r2", "share of the variance that a regression explains", "dev.r2"),
];

const METRIC: Param = Param::needed("metric", Type::Metric, "of which metric").fixed();

const fn measure(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Measure, name, params, doc, example)
}

/// Measures of a trial.
pub(super) const MEASURES: &[Call] = &[
    measure(
        "epochs_to",
        &[METRIC, Param::needed("value", Type::Number(Range::ANY), "to be reached").fixed()],
        "the first epoch at which a metric is at least as good as a value",
        "epochs_to(dev.accuracy, 90%)",
    ),
    measure("final", &[METRIC], "a metric at the last epoch", "final(dev.loss)"),
    measure("best", &[METRIC], "the best value of a metric over the epochs", "best(dev.accuracy)"),
    measure(
        "at",
        &[METRIC, Param::needed("epoch", Type::Whole(Range::at_least(1.0)), "from 1").fixed()],
        "a metric at an epoch",
        "at(dev.loss, 5)",
    ),
    measure("time", &[], "seconds of training: shown, never compared or locked", "time"),
    measure("parameters", &[], "how many numbers the network learns", "parameters"),
    measure("epochs", &[], "how many epochs were trained", "epochs"),
];
