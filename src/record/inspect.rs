//! What pictures of a trained model need, computed from its weights.

use serde::{Deserialize, Serialize};

/// The model's classes over the plane of two features, in the features' own units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boundary {
    /// Names of the two features.
    pub features: [String; 2],
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Places of the columns, ascending.
    pub x: Vec<f64>,
    /// Places of the rows, ascending.
    pub y: Vec<f64>,
    /// For each row, column, class: the probability. `[y][x][class]`, flat.
    pub probability: Vec<f32>,
    /// x, y and class of training examples.
    pub train: Vec<(f64, f64, u32)>,
    /// x, y and class of dev examples.
    pub dev: Vec<(f64, f64, u32)>,
}

/// Truth against prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// Over which set: `dev`.
    pub set: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `[truth][prediction]`.
    pub counts: Vec<Vec<u64>>,
}

/// The weights of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// `1 dense`.
    pub layer: String,
    /// Inputs (rows).
    pub inputs: usize,
    /// Outputs (columns).
    pub outputs: usize,
    /// Row by row.
    pub values: Vec<f32>,
    /// Height, width and channels of what a unit looks at, where that is an image: the input, or the window of a convolution.
    pub image: Option<(usize, usize, usize)>,
}

/// The loss over two directions around the solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// What the directions are.
    pub directions: [String; 2],
    /// Places along the first: the parameter's values where the direction is one parameter, else from the solution at 0.
    pub x: Vec<f64>,
    /// Places along the second, likewise.
    pub y: Vec<f64>,
    /// `[y][x]`, flat.
    pub loss: Vec<f64>,
    /// The path of the weights over the epochs, projected on the directions.
    pub path: Vec<(f64, f64)>,
}

/// Any of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inspection {
    /// For `boundary`.
    Boundary(Boundary),
    /// For `confusion`.
    Confusion(Confusion),
    /// For `weights`.
    Weights(Weights),
    /// For `surface`.
    Surface(Surface),
}
