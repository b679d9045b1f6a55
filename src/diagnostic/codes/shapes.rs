//! E04: shapes and data.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0401",
        title: "a shape does not fit",
        explanation: "Before anything trains, the shape of the data is passed through the network along every way through \
                      its choices. The message says what reaches the layer; shapes of images are height x width x \
                      channels.",
        wrong: "data pictures { source = digits() }\nnetwork m { conv(8) -> relu -> dense(classes) -> softmax }\nexperiment a { data = pictures, network = m }",
        right: "data pictures { source = digits() }\nnetwork m { conv(8) -> relu -> flatten -> dense(classes) -> softmax }\nexperiment a { data = pictures, network = m }",
    },
    Code {
        code: "E0402",
        title: "the outputs do not fit the target",
        explanation: "A classifier ends with as many numbers as there are classes (`dense(classes) -> softmax`), or with \
                      one and a sigmoid for two classes; a regression ends with as many as are predicted.",
        wrong: "network m { dense(10) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "E0403",
        title: "the end of the network does not fit the loss",
        explanation: "Softmax is trained on cross entropy, sigmoid on binary cross entropy, and a network without either \
                      on the mean squared error of a number. `loss = hinge` takes scores of classes without softmax.",
        wrong: "network m { dense(16) -> relu -> dense(classes) }\nexperiment a { data = flowers, network = m }",
        right: "network m { dense(16) -> relu -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "E0404",
        title: "a data file cannot be read",
        explanation: "Paths are relative to the .exp file (for a file that is imported: to that one).",
        wrong: "data d { source = csv(\"nowhere.csv\", target = kind) }\nexperiment a { data = d, network = mlp }",
        right: "data d { source = iris() }\nexperiment a { data = d, network = mlp }",
    },
    Code {
        code: "E0405",
        title: "a column is not there",
        explanation: "The table has no column of that name, or one column is asked for in two roles. Names that are no \
                      plain words are written in quotes.",
        wrong: "data flowers { source = csv(\"data/flowers.csv\", target = species) }",
        right: "data flowers { source = csv(\"data/flowers.csv\", target = kind) }",
    },
    Code {
        code: "E0406",
        title: "the data cannot be used as they are",
        explanation: "A ragged row, a missing value, a target with one class only, too few rows for the split, …: the \
                      message gives row and column, the note what to do.",
        wrong: "data flowers { source = csv(\"data/missing.csv\", target = kind) }",
        right: "data flowers { source = csv(\"data/missing.csv\", target = kind), missing = mode }",
    },
    Code {
        code: "E0408",
        title: "there are no layers",
        explanation: "A network, and the braces of `residual` and `repeat`, hold at least one layer.",
        wrong: "network m { }\nexperiment a { data = flowers, network = m }",
        right: "network m { dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
];
