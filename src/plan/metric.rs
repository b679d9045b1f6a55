//! What is measured of a model, of a trial, and of a group of trials.

use serde::{Deserialize, Serialize};

/// Which examples a metric is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Set {
    /// The training set, evaluated as the dev set is (no dropout, no augmentation).
    Train,
    /// The development set.
    Dev,
    /// The test set.
    Test,
}

/// What is computed from predictions and targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MetricKind {
    /// The loss that training makes small, without penalties.
    Loss,
    /// Share of examples whose class is predicted.
    Accuracy,
    /// 1 − accuracy.
    Error,
    /// Share of examples whose class is among the k most probable.
    Top(u32),
    /// Macro average over the classes.
    Precision,
    /// Macro average over the classes.
    Recall,
    /// Macro average over the classes.
    F1,
    /// Area under the ROC curve, one against the rest, macro average.
    Auc,
    /// Expected calibration error over 10 bins of equal width.
    Calibration,
    /// Mean squared error.
    Mse,
    /// Its square root, in the unit of the target.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Coefficient of determination.
    R2,
}

/// Whether small or large is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Small is good.
    Minimize,
    /// Large is good.
    Maximize,
}

/// A metric over a set: `dev.accuracy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Metric {
    /// Over which examples.
    pub set: Set,
    /// What.
    pub kind: MetricKind,
}

impl Metric {
    /// Which way is better.
    pub fn direction(self) -> Direction {
        use MetricKind::*;
        match self.kind {
            Loss | Error | Calibration | Mse | Rmse | Mae => Direction::Minimize,
            Accuracy | Top(_) | Precision | Recall | F1 | Auc | R2 => Direction::Maximize,
        }
    }
}

impl Metric {
    /// Whether it is recorded at every epoch only when asked for: what costs more than counting the dev set's errors.
    /// At the end of training all sets are measured.
    pub fn is_extra(self) -> bool {
        self.set != Set::Dev || matches!(self.kind, MetricKind::Top(_) | MetricKind::Auc | MetricKind::Calibration)
    }
}

impl std::fmt::Display for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Set::Train => "train",
            Set::Dev => "dev",
            Set::Test => "test",
        })
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use MetricKind::*;
        let set = self.set;
        match self.kind {
            Loss => write!(f, "{set}.loss"),
            Accuracy => write!(f, "{set}.accuracy"),
            Error => write!(f, "{set}.error"),
            Top(k) => write!(f, "{set}.top({k})"),
            Precision => write!(f, "{set}.precision"),
            Recall => write!(f, "{set}.recall"),
            F1 => write!(f, "{set}.f1"),
            Auc => write!(f, "{set}.auc"),
            Calibration => write!(f, "{set}.calibration"),
            Mse => write!(f, "{set}.mse"),
            Rmse => write!(f, "{set}.rmse"),
            Mae => write!(f, "{set}.mae"),
            R2 => write!(f, "{set}.r2"),
        }
    }
}

/// A number that a trial has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Measure {
    /// A metric of the model that the trial ends with: that of the last epoch, or of the best one with `restore = best`.
    Metric(Metric),
    /// The first epoch at which a metric is at least as good as a value; one more than the epochs trained, marked as a lower bound, if never.
    EpochsTo(Metric, f64),
    /// At the last epoch.
    Final(Metric),
    /// The best over the epochs.
    Best(Metric),
    /// At an epoch, from 1.
    At(Metric, u32),
    /// A number that a command printed, or a metric of an evaluation set by another name.
    Named(String),
    /// Seconds of training; shown only.
    Time,
    /// How many numbers the network learns.
    Parameters,
    /// How many epochs were trained.
    Epochs,
    /// The value of a hyperparameter.
    Setting(String),
}

impl Measure {
    /// What a table can be sorted by, as it is written in a file: `dev.accuracy`, `best(dev.loss)`, `time`; `None` for other
    /// words, which may be the name of a hyperparameter.
    pub fn parse(text: &str) -> Option<Measure> {
        let text = text.trim();
        let metric = |text: &str| {
            use MetricKind::*;
            let fixed = [Loss, Accuracy, Error, Precision, Recall, F1, Auc, Calibration, Mse, Rmse, Mae, R2];
            let top = text.split_once(".top(").and_then(|(_, rest)| rest.strip_suffix(')')?.parse().ok()).map(Top);
            let mut all = [Set::Train, Set::Dev, Set::Test]
                .into_iter()
                .flat_map(|set| fixed.into_iter().chain(top).map(move |kind| Metric { set, kind }));
            all.find(|metric| metric.to_string() == text)
        };
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')').map(str::trim);
        match text {
            "time" => Some(Measure::Time),
            "parameters" => Some(Measure::Parameters),
            "epochs" => Some(Measure::Epochs),
            _ => metric(text)
                .map(Measure::Metric)
                .or_else(|| inside("best").and_then(metric).map(Measure::Best))
                .or_else(|| inside("final").and_then(metric).map(Measure::Final)),
        }
    }

    /// Which way is better, where one is.
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Measure::Metric(m) | Measure::Final(m) | Measure::Best(m) | Measure::At(m, _) => Some(m.direction()),
            Measure::EpochsTo(..) | Measure::Time | Measure::Parameters => Some(Direction::Minimize),
            Measure::Epochs | Measure::Setting(_) | Measure::Named(_) => None,
        }
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Measure::Metric(m) => write!(f, "{m}"),
            Measure::EpochsTo(m, v) => write!(f, "epochs_to({m}, {v})"),
            Measure::Final(m) => write!(f, "final({m})"),
            Measure::Best(m) => write!(f, "best({m})"),
            Measure::At(m, e) => write!(f, "at({m}, {e})"),
            Measure::Time => f.write_str("time"),
            Measure::Parameters => f.write_str("parameters"),
            Measure::Epochs => f.write_str("epochs"),
            Measure::Named(name) | Measure::Setting(name) => f.write_str(name),
        }
    }
}
