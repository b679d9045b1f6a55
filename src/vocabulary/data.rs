//! Sources of examples and changes of them.

use super::types::flag;
use super::{Call, Category, Default, Param, Range, Type};

const fn source(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Source, name, params, doc, example)
}

const POINTS: Type = Type::Whole(Range::closed(2.0, 10_000_000.0));
const SEED: Param =
    Param::new("seed", Type::Whole(Range::closed(0.0, 9e15)), Default::Number(0.0), "another seed makes other points")
        .fixed();

const fn points(default: f64) -> Param {
    Param::new("points", POINTS, Default::Number(default), "how many examples in all").placed()
}

const fn noise(default: f64) -> Param {
    Param::new("noise", Type::Number(Range::FROM_ZERO), Default::Number(default), "deviation of the Gaussian noise")
}

const fn classes(default: f64) -> Param {
    Param::new("classes", Type::Whole(Range::closed(2.0, 1000.0)), Default::Number(default), "how many classes")
}

const PATH: Param = Param::needed("path", Type::Path, "relative to the .exp file").fixed();
const TARGET: Param = Param::needed("target", Type::Column, "the column to predict").fixed();
const FEATURES: Param =
    Param::new("features", Type::Columns, Default::Rule("all other columns"), "the columns to predict it from");
const DROP: Param = Param::new("drop", Type::Columns, Default::Absent, "columns to leave out");

/// Where examples come from.
pub(super) const SOURCES: &[Call] = &[
    source("iris", &[], "Fisher's irises: 150 flowers, 4 features, 3 species; built in", "source = iris()"),
    source("wine", &[], "178 wines, 13 features, 3 cultivars; built in", "source = wine()"),
    source("breast_cancer", &[], "569 tumours, 30 features, 2 classes; built in", "source = breast_cancer()"),
    source("digits", &[], "1,797 handwritten digits of 8 x 8 pixels, 10 classes; built in", "source = digits()"),
    source(
        "blobs",
        &[points(300.0), classes(3.0), noise(0.5), SEED],
        "Gaussian clouds, their centres on a circle",
        "source = blobs(points = 600, classes = 4)",
    ),
    source(
        "moons",
        &[points(300.0), noise(0.1), SEED],
        "two half circles that interlock",
        "source = moons(points = 400, noise = 0.2)",
    ),
    source(
        "circles",
        &[points(300.0), classes(2.0), noise(0.1), SEED],
        "rings around one centre",
        "source = circles(points = 400)",
    ),
    source(
        "spirals",
        &[points(300.0), classes(3.0), noise(0.1), SEED],
        "arms of a spiral",
        "source = spirals(points = 600, classes = 3)",
    ),
    source(
        "xor",
        &[points(300.0), noise(0.0), SEED],
        "four quadrants, opposite ones alike",
        "source = xor(points = 400)",
    ),
    source(
        "grid_map",
        &[points(600.0), classes(4.0), noise(0.0), SEED],
        "a plane cut into cells side by side, one a class",
        "source = grid_map(points = 600, classes = 6)",
    ),
    source(
        "plane",
        &[points(300.0), noise(0.1), SEED],
        "regression: a linear function of two features whose scales differ by 100",
        "source = plane(points = 300)",
    ),
    source(
        "wave",
        &[points(300.0), noise(0.1), SEED],
        "regression: sin(2πx) of one feature",
        "source = wave(points = 300)",
    ),
    source(
        "csv",
        &[
            PATH,
            TARGET,
            FEATURES,
            DROP,
            Param::new(
                "separator",
                Type::Character,
                Default::Rule("found from the header"),
                "between fields; a tab is `\"\\t\"`",
            )
            .fixed(),
        ],
        "a table with a header line, types inferred; `.gz` too",
        "source = csv(\"iris.csv\", target = species)",
    ),
    source(
        "parquet",
        &[PATH, TARGET, FEATURES, DROP],
        "a table in a Parquet file",
        "source = parquet(\"iris.parquet\", target = species)",
    ),
    source(
        "idx",
        &[
            Param::needed("images", Type::Path, "the file of images").fixed(),
            Param::needed("labels", Type::Path, "the file of labels").fixed(),
        ],
        "the MNIST family's files; `.gz` too",
        "source = idx(\"train-images-idx3-ubyte.gz\", \"train-labels-idx1-ubyte.gz\")",
    ),
    source(
        "npz",
        &[
            PATH,
            Param::new("x", Type::Text, Default::Text("x"), "name of the array of features").fixed(),
            Param::new("y", Type::Text, Default::Text("y"), "name of the array of targets").fixed(),
        ],
        "two arrays of a NumPy archive",
        "source = npz(\"arrays.npz\", x = \"x\", y = \"y\")",
    ),
    source(
        "images",
        &[
            Param::needed("folder", Type::Path, "with one sub-folder a class").fixed(),
            Param::new(
                "size",
                Type::Size,
                Default::Rule("that of the first picture"),
                "height and width that pictures are resized to",
            )
            .fixed(),
            Param::new("grey", Type::Flag, flag(false), "whether colours are turned to grey"),
        ],
        "PNG and JPEG pictures, one sub-folder a class",
        "source = images(\"flowers/\", size = [32, 32])",
    ),
];

const fn transform(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Transform, name, params, doc, example)
}

/// Changes of the inputs.
pub(super) const TRANSFORMS: &[Call] = &[
    transform(
        "shift",
        &[Param::needed("amount", Type::Number(Range::ANY), "deviations of the training set; whole pixels for images")],
        "moves every feature, or an image to the right and down",
        "test = shift(0.5)",
    ),
    transform(
        "noise",
        &[Param::needed("deviation", Type::Number(Range::FROM_ZERO), "in deviations of the training set")],
        "adds Gaussian noise",
        "test = noise(0.3)",
    ),
    transform(
        "rotate",
        &[Param::needed("degrees", Type::Number(Range::ANY), "counter-clockwise")],
        "turns the first two features, or an image",
        "test = rotate(30)",
    ),
    transform(
        "scale",
        &[Param::needed("factor", Type::Number(Range::ANY), "every feature times this")],
        "multiplies every feature",
        "test = scale(1.5)",
    ),
    transform(
        "flip",
        &[],
        "mirrors images left to right; as augmentation half of the time",
        "augment = [flip, shift(1)]",
    ),
];
