//! What a notebook shows.

use std::fmt;

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
    /// The loss around the solution along two directions. When absent: the two weights of a model that has no more, else
    /// [`Direction::Start`] and [`Direction::Detour`].
    Surface(Option<[Direction; 2]>),
}

/// Where a surface leads from the solution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// One weight.
    Weight {
        /// From which input.
        input: Input,
        /// To which unit or filter, from 1.
        output: u32,
        /// Of which layer, by its place from 1; the first with weights when absent.
        layer: Option<u32>,
    },
    /// One constant.
    Bias {
        /// Of which unit or filter, from 1.
        output: u32,
        /// Of which layer, by its place from 1; the first with a bias when absent.
        layer: Option<u32>,
    },
    /// Back to where training began.
    Start,
    /// From the line between start and solution to the path's farthest point.
    Detour,
    /// A principal direction of the path over the epochs, from 1.
    Principal(u32),
    /// The gradient of the training loss at the solution.
    Gradient,
    /// Gaussian, the weights of each unit or filter as long as at the solution (Li et al. 2018); with its seed.
    Random(u64),
}

/// An input of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// By its place from 1; of a convolution, the place in its window, channel by channel, column by column, row by row.
    Place(u32),
    /// By the name of a feature of the data.
    Feature(String),
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Place(place) => write!(f, "{place}"),
            Input::Feature(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Direction {
    /// As it is written, what is at its default left out: `weight(x1)`, `random(2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |f: &mut fmt::Formatter<'_>, before: Option<&Input>, output: u32, layer: Option<u32>| {
            let mut given: Vec<String> = before.iter().map(ToString::to_string).collect();
            given.extend((output != 1).then(|| format!("output = {output}")));
            given.extend(layer.map(|layer| format!("layer = {layer}")));
            if given.is_empty() { Ok(()) } else { write!(f, "({})", given.join(", ")) }
        };
        match self {
            Direction::Weight { input, output, layer } => {
                f.write_str("weight")?;
                more(f, Some(input), *output, *layer)
            }
            Direction::Bias { output, layer } => {
                f.write_str("bias")?;
                more(f, None, *output, *layer)
            }
            Direction::Start => f.write_str("start"),
            Direction::Detour => f.write_str("detour"),
            Direction::Principal(number) => write!(f, "principal({number})"),
            Direction::Gradient => f.write_str("gradient"),
            Direction::Random(seed) => write!(f, "random({seed})"),
        }
    }
}
