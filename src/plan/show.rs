//! What a notebook shows.

use serde::{Deserialize, Serialize};

pub use super::metric::Measure;
use super::metric::Metric;

/// Some trials of one experiment: `placement[norm = before].top(3)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// The experiment.
    pub experiment: String,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Which of those.
    pub pick: Pick,
}

impl Selection {
    /// All trials of an experiment.
    pub fn all(experiment: &str) -> Self {
        Selection { experiment: experiment.to_string(), filters: Vec::new(), pick: Pick::All }
    }
}

/// Which of the selected trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pick {
    /// All of them.
    All,
    /// The best by the experiment's objective.
    Best,
    /// So many of the best.
    Top(u32),
}

/// A condition on a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// A hyperparameter or a metric.
    pub measure: Measure,
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub value: FilterValue,
}

/// What a filter compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FilterValue {
    /// A number.
    Number(f64),
    /// A choice's label.
    Label(String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`, and `=` in a selection.
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// Whether it holds of two numbers.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::LessEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterEqual => left >= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
        }
    }
}

/// `table { … }`: a row a trial, or with `by` a row a group with mean and 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Shown above; a default is made from the rest when absent.
    pub title: Option<String>,
    /// Whose trials.
    pub of: Vec<Selection>,
    /// Hyperparameters that make the groups.
    pub by: Vec<String>,
    /// The columns.
    pub show: Vec<Measure>,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Sorted by this, best first.
    pub sort: Option<Measure>,
    /// Only so many rows.
    pub top: Option<u32>,
}

/// `plot { … }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Shown above and names the file; a default is made from the rest when absent.
    pub title: Option<String>,
    /// Whose trials.
    pub of: Vec<Selection>,
    /// What is drawn.
    pub draw: Draw,
    /// Hyperparameters that make the groups (lines, boxes, panels).
    pub by: Vec<String>,
    /// What colours the marks.
    pub color: Option<Measure>,
    /// All must hold.
    pub filters: Vec<Filter>,
}

/// The kinds of picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Draw {
    /// A metric over the epochs; several metrics are several line styles.
    Curves(Vec<Metric>),
    /// A mark a trial.
    Scatter(Measure, Measure),
    /// How a measure is spread over the trials.
    Histogram(Measure),
    /// A box a group.
    Box(Measure),
    /// The mean of a measure over cells of two hyperparameters.
    Heatmap(String, String, Measure),
    /// A smooth surface of a measure over two hyperparameters.
    Contour(String, String, Measure),
    /// An axis a hyperparameter, a line a trial.
    Parallel,
    /// How much each hyperparameter matters.
    Importance,
    /// The two objectives and their front.
    Pareto,
    /// The class that the model gives every point of the plane of two features.
    Boundary,
    /// Truth against prediction.
    Confusion,
    /// Where the search looked, round by round.
    Samples(String, String),
    /// The weights of a layer (the first with weights when absent), as images where the input is one.
    Weights(Option<u32>),
    /// The spread over the epochs of what enters and leaves a layer, by its place from 1 (all layers when absent).
    Activations(Option<u32>),
    /// The size of the gradient by layer over the epochs.
    Gradients,
    /// The loss around the solution.
    Surface,
}
