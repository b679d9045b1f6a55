//! What is known of data before anything trains: for the checks, the lints and `caviar show data`.

use serde::{Deserialize, Serialize};

use super::examples::{Column, Examples, Features, Target, Values};
use super::parallel;
use super::scale;
use super::spec::Mode;
use crate::nn::layer::Shape;

/// A text column with more different values than this is worth a lint.
pub const MANY_CATEGORIES: usize = 50;

/// What a source holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Rows of the training source, after rows with missing values are dropped and `limit` is taken.
    pub rows: usize,
    /// Rows of train, dev and test (of fold 0).
    pub sets: [usize; 3],
    /// Names of the features, after one-hot coding (`colour = red`).
    pub features: Vec<String>,
    /// The shape of one example.
    pub shape: Shape,
    /// Names of the classes, sorted; none for regression.
    pub classes: Option<Vec<String>>,
    /// Rows of each class; empty for regression.
    pub class_rows: Vec<usize>,
    /// How many numbers are predicted: the number of classes, or of target values.
    pub outputs: usize,
    /// Classes or numbers.
    pub mode: Mode,
    /// The columns as in the file, in order; of arrays and images the features.
    pub columns: Vec<String>,
    /// The name of the target.
    pub target: String,
    /// The features of smallest and largest deviation that are not constant, with their deviations, over all rows.
    /// For images the deviation over all pixels, twice. None where every feature is constant or one-hot.
    pub feature_deviation: Option<[(String, f64); 2]>,
    /// Names of features that have one value in every row; of images none are listed.
    pub constant: Vec<String>,
    /// Columns that were read as dates.
    pub dates: Vec<String>,
    /// Text columns among the features with more than [`MANY_CATEGORIES`] different values, and how many they have.
    pub wide_texts: Vec<(String, usize)>,
    /// Columns with missing values that a rule fills, and how many.
    pub missing: Vec<(String, usize)>,
    /// BLAKE3 of the bytes of all files read, or of a built-in set's name and parameters.
    pub fingerprint: String,
}

impl Facts {
    /// How many times the largest deviation of a feature is the smallest; 1 where there is none.
    pub fn deviation_ratio(&self) -> f64 {
        self.feature_deviation.as_ref().map_or(1.0, |[small, large]| large.1 / small.1)
    }

    /// What `examples` hold; the sets are not filled in.
    pub(super) fn of(examples: &Examples, fingerprint: String) -> Facts {
        let mut facts = Facts {
            rows: examples.rows,
            sets: [0; 3],
            features: Vec::new(),
            shape: examples.shape(),
            classes: None,
            class_rows: Vec::new(),
            outputs: 0,
            mode: examples.target.mode(),
            columns: examples.columns.clone(),
            target: examples.target_name.clone(),
            feature_deviation: None,
            constant: Vec::new(),
            dates: Vec::new(),
            wide_texts: Vec::new(),
            missing: Vec::new(),
            fingerprint,
        };
        match &examples.target {
            Target::Classes { codes, names } => {
                facts.class_rows = count(codes, names.len());
                facts.classes = Some(names.clone());
                facts.outputs = names.len();
            }
            Target::Values { width, .. } => facts.outputs = *width,
        }
        match &examples.features {
            Features::Columns(columns) => facts.columns(columns),
            Features::Block(block) => {
                facts.features = feature_names(block.shape);
                let size = block.shape.size();
                match block.shape {
                    Shape::Image(..) => {
                        let deviation = scale::pixel_deviation(block);
                        if deviation > 0.0 {
                            let name = facts.features[0].clone();
                            facts.feature_deviation = Some([(name.clone(), deviation), (name, deviation)]);
                        }
                    }
                    Shape::Flat(_) => {
                        let every: Vec<usize> = (0..size).collect();
                        let deviations = parallel::map(&every, block.numbers.len(), |_, &j| {
                            moments((0..examples.rows).map(|i| block.numbers.get(i * size + j))).1
                        });
                        let names = facts.features.clone();
                        facts.spread(names.into_iter().zip(deviations));
                    }
                }
            }
        }
        facts
    }

    fn columns(&mut self, columns: &[Column]) {
        let mut deviations = Vec::new();
        let looks = parallel::map(columns, columns.len() * self.rows, |_, column| {
            let (missing, _) = column.values.count_missing();
            match &column.values {
                Values::Texts { .. } => (missing, 0.0),
                Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) if missing == 0 => {
                    (0, moments(v.iter().copied()).1)
                }
                Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                    (missing, moments(v.iter().copied().filter(|x| !x.is_nan())).1)
                }
            }
        });
        for (column, (missing, deviation)) in columns.iter().zip(looks) {
            let name = &column.name;
            if missing > 0 {
                self.missing.push((name.clone(), missing));
            }
            match &column.values {
                Values::Texts { names, .. } => {
                    self.features.extend(names.iter().map(|text| format!("{name} = {text}")));
                    if names.len() > MANY_CATEGORIES {
                        self.wide_texts.push((name.clone(), names.len()));
                    }
                    if names.len() == 1 && missing == 0 {
                        self.constant.push(name.clone());
                    }
                    continue;
                }
                Values::Booleans(_) if deviation == 0.0 => self.constant.push(name.clone()),
                Values::Booleans(_) => {}
                Values::Numbers(_) | Values::Dates(_) => deviations.push((name.clone(), deviation)),
            }
            self.features.push(name.clone());
            if matches!(column.values, Values::Dates(_)) {
                self.dates.push(name.clone());
            }
        }
        self.spread(deviations.into_iter());
    }

    fn spread(&mut self, deviations: impl Iterator<Item = (String, f64)>) {
        for (name, deviation) in deviations {
            if deviation == 0.0 {
                self.constant.push(name);
                continue;
            }
            let [small, large] =
                self.feature_deviation.get_or_insert_with(|| [(name.clone(), deviation), (name.clone(), deviation)]);
            if deviation < small.1 {
                *small = (name, deviation);
            } else if deviation > large.1 {
                *large = (name, deviation);
            }
        }
    }
}

/// How many rows each class has.
pub(super) fn count(codes: &[u32], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &code in codes {
        counts[code as usize] += 1;
    }
    counts
}

/// Names for the numbers of an array: `x1`, `x2`, …; of an image `pixel 1,1` (row, column), with a channel where
/// there are several.
pub(super) fn feature_names(shape: Shape) -> Vec<String> {
    match shape {
        Shape::Flat(n) => (1..=n).map(|i| format!("x{i}")).collect(),
        Shape::Image(height, width, channels) => {
            let mut names = Vec::with_capacity(shape.size());
            for row in 1..=height {
                for column in 1..=width {
                    for channel in 1..=channels {
                        names.push(if channels == 1 {
                            format!("pixel {row},{column}")
                        } else {
                            format!("pixel {row},{column},{channel}")
                        });
                    }
                }
            }
            names
        }
    }
}

/// Mean and population deviation (divided by n), by two passes in order; the deviation of a constant is exactly 0.
pub(super) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (mut n, mut sum, mut low, mut high) = (0usize, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    for x in values.clone() {
        n += 1;
        sum += x;
        low = low.min(x);
        high = high.max(x);
    }
    if n == 0 {
        return (0.0, 0.0);
    }
    if low == high {
        return (low, 0.0);
    }
    let mean = sum / n as f64;
    let (mut squares, mut rest) = (0.0, 0.0);
    for x in values {
        squares += (x - mean) * (x - mean);
        rest += x - mean;
    }
    let n = n as f64;
    // The second term takes away what the rounding of the mean adds (Chan, Golub & LeVeque 1983).
    let variance = (squares - rest * rest / n) / n;
    (mean + rest / n, variance.max(0.0).sqrt())
}
