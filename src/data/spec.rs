//! What data an experiment asks for, as plain data.

use serde::{Deserialize, Serialize};

/// Where examples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// Fisher's irises: 150 rows, 4 features, 3 classes.
    Iris,
    /// Wine cultivars: 178 rows, 13 features, 3 classes.
    Wine,
    /// Wisconsin breast cancer: 569 rows, 30 features, 2 classes.
    BreastCancer,
    /// Handwritten digits: 1,797 images of 8 x 8, 10 classes.
    Digits,
    /// Made from a formula and a seed.
    Synthetic(Synthetic),
    /// A delimited text file with a header line; `.gz` too.
    Csv(Table),
    /// A Parquet file.
    Parquet(Table),
    /// The MNIST family's files; `.gz` too.
    Idx {
        /// Images.
        images: String,
        /// Labels.
        labels: String,
    },
    /// Arrays of a NumPy archive.
    Npz {
        /// Path, relative to the `.exp` file.
        path: String,
        /// Name of the array of features.
        x: String,
        /// Name of the array of targets.
        y: String,
    },
    /// A folder with one sub-folder of pictures a class.
    Images {
        /// Path of the folder.
        path: String,
        /// Height and width that pictures are resized to; those of the first picture when absent.
        size: Option<(usize, usize)>,
        /// Whether colours are turned to grey.
        grey: bool,
    },
}

/// A table in a file and which columns matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Path, relative to the `.exp` file.
    pub path: String,
    /// The column to predict.
    pub target: String,
    /// Columns to use; all others when empty.
    pub features: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Between fields; found from the first line when absent.
    pub separator: Option<char>,
    /// What to do with empty fields.
    pub missing: Missing,
    /// The column that keeps rows together in a split.
    pub groups: Option<String>,
}

/// What to do with a missing value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// It is an error that gives row and column.
    #[default]
    Refuse,
    /// The column's mean over train.
    Mean,
    /// The column's median over train.
    Median,
    /// The column's most frequent value in train.
    Mode,
    /// The row is left out.
    Drop,
}

/// Examples made from a formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Synthetic {
    /// The formula.
    pub shape: SyntheticShape,
    /// How many examples in all.
    pub points: usize,
    /// How many classes, where the shape leaves it open.
    pub classes: usize,
    /// Deviation of the Gaussian noise.
    pub noise: f64,
    /// Of the stream that makes them.
    pub seed: u64,
}

/// The formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyntheticShape {
    /// Gaussian clouds, their centres on a circle.
    Blobs,
    /// Two half circles that interlock.
    Moons,
    /// Rings around one centre.
    Circles,
    /// Arms of a spiral.
    Spirals,
    /// Four quadrants, opposite ones alike.
    Xor,
    /// A plane cut into `classes` cells side by side in a grid.
    GridMap,
    /// Regression: y = Σ w·x + noise over 2 features whose scales differ by 100.
    Plane,
    /// Regression: y = sin(2πx) + noise, one feature.
    Wave,
}

/// A change of the inputs of an evaluation set, to make its distribution differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Transform {
    /// Added to every feature, in deviations of the training set; whole pixels to the right and down for images.
    Shift(f64),
    /// Gaussian noise, in deviations of the training set.
    Noise(f64),
    /// Of the first two features, or of an image, in degrees.
    Rotate(f64),
    /// Every feature times this.
    Scale(f64),
    /// Mirror images left to right (as augmentation: half of the time).
    Flip,
}

/// Where an evaluation set comes from when it is not a share of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Evaluation {
    /// Rows of its own.
    Source(Source),
    /// Its share, changed.
    Changed(Vec<Transform>),
}

/// How features are scaled, fitted on train only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Normalize {
    /// Left as they are.
    #[default]
    None,
    /// Mean 0 and variance 1.
    Zscore,
    /// From 0 to 1.
    Minmax,
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// A class.
    Classification,
    /// A number.
    Regression,
}

/// Everything between the source and what training sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Where examples come from.
    pub source: Source,
    /// The dev set, when not a share.
    pub dev: Option<Evaluation>,
    /// The test set, when not a share.
    pub test: Option<Evaluation>,
    /// Shares of train, dev and test; their sum is 1.
    pub split: [f64; 3],
    /// Scaling.
    pub normalize: Normalize,
    /// At most so many rows, stratified.
    pub limit: Option<usize>,
    /// What is predicted; inferred from the target when absent.
    pub mode: Option<Mode>,
    /// Of the split.
    pub seed: u64,
    /// Cross-validation: so many folds, repetition r holds out fold r as dev.
    pub folds: Option<usize>,
    /// Whether classes weigh the same in the loss whatever their number of rows.
    pub balanced: bool,
    /// Changes drawn anew for each example of each mini-batch.
    pub augment: Vec<Transform>,
}

impl Pipeline {
    /// A source with the defaults of every key.
    pub fn new(source: Source) -> Self {
        Pipeline {
            source,
            dev: None,
            test: None,
            split: [0.7, 0.15, 0.15],
            normalize: Normalize::None,
            limit: None,
            mode: None,
            seed: 0,
            folds: None,
            balanced: false,
            augment: Vec::new(),
        }
    }
}

impl Pipeline {
    /// The same with every path made absolute from a folder, so that it means the same wherever it is read.
    pub fn rooted(&self, base: &std::path::Path) -> Pipeline {
        self.with_paths(|path| base.join(path).to_string_lossy().into_owned())
    }

    /// The same with other paths.
    pub fn with_paths(&self, change: impl Fn(&str) -> String) -> Pipeline {
        let mut pipeline = self.clone();
        pipeline.source.change_paths(&change);
        for evaluation in [&mut pipeline.dev, &mut pipeline.test] {
            if let Some(Evaluation::Source(source)) = evaluation {
                source.change_paths(&change);
            }
        }
        pipeline
    }
}

impl Source {
    /// The paths that it reads.
    pub fn paths(&self) -> Vec<&str> {
        match self {
            Source::Csv(table) | Source::Parquet(table) => vec![&table.path],
            Source::Idx { images, labels } => vec![images, labels],
            Source::Npz { path, .. } | Source::Images { path, .. } => vec![path],
            Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits | Source::Synthetic(_) => Vec::new(),
        }
    }

    fn change_paths(&mut self, change: &impl Fn(&str) -> String) {
        let paths = match self {
            Source::Csv(table) | Source::Parquet(table) => vec![&mut table.path],
            Source::Idx { images, labels } => vec![images, labels],
            Source::Npz { path, .. } | Source::Images { path, .. } => vec![path],
            Source::Iris | Source::Wine | Source::BreastCancer | Source::Digits | Source::Synthetic(_) => Vec::new(),
        };
        for path in paths {
            *path = change(path);
        }
    }
}
