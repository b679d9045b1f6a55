//! E06: references, experiments and their course.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0601",
        title: "things that need each other",
        explanation: "A definition, network or experiment needs itself, directly or through others, so that none could \
                      come first. The message names the members of the circle.",
        wrong: "let a = b + 1\nlet b = a * 2\nexperiment x { data = flowers, network = mlp, epochs = a }",
        right: "let a = 3\nlet b = a * 2\nexperiment x { data = flowers, network = mlp, epochs = b }",
    },
    Code {
        code: "E0602",
        title: "no such experiment",
        explanation: "An experiment of that name is neither in this file nor imported.",
        wrong: "experiment fine from corse { epochs = 5 }",
        right: "experiment fine from e { epochs = 5 }",
    },
    Code {
        code: "E0603",
        title: "not one number, or not one trial",
        explanation: "`coarse` is many trials, `coarse.best` one, `coarse.best.rate` a number. A value takes a number, \
                      `around` takes one trial, a table takes trials.",
        wrong: "experiment a { data = flowers, network = mlp, l2 = e.rate }",
        right: "experiment a { data = flowers, network = mlp, l2 = e.best.rate }",
    },
    Code {
        code: "E0604",
        title: "experiments without a common space",
        explanation: "`around` narrows the spaces that both experiments have, by their names.",
        wrong: "experiment a { data = flowers, network = mlp, space = around(e.best) }",
        right: "experiment a from e { space = around(e.best) }",
    },
    Code {
        code: "E0605",
        title: "a stage that cannot be",
        explanation: "`at epoch n { … }` changes settings of the optimizer that is in use, `batch`, `l2`, `clip`, \
                      `schedule`, `optimizer`, or the rate of the dropout layers that there are.",
        wrong: "experiment a { data = flowers, network = mlp, at epoch 5 { momentum = 0.9 } }",
        right: "experiment a { data = flowers, network = mlp, at epoch 5 { beta1 = 0.8 } }",
    },
    Code {
        code: "E0606",
        title: "no objective",
        explanation: "A search makes one or two measures small or large. Settings are what it looks for, and time differs \
                      from run to run.",
        wrong: "experiment a from e { minimize = rate }",
        right: "experiment a from e { minimize = dev.loss }",
    },
    Code {
        code: "E0607",
        title: "a metric that these data do not have",
        explanation: "Accuracy and the like are of classes, `mse`, `mae` and `r2` of numbers, and a set without examples \
                      has no metrics.",
        wrong: "table { of = e, show = [dev.r2] }",
        right: "table { of = e, show = [dev.accuracy] }",
    },
    Code {
        code: "E0608",
        title: "a command asks for what is not there",
        explanation: "Each `{name}` in the line of a command is replaced by the value of the entry of that name.",
        wrong: "experiment a { run = command(\"sh train.sh {rate}\") }",
        right: "experiment a { run = command(\"sh train.sh {rate}\"), rate = log(1e-4, 1) }",
    },
    Code {
        code: "E0609",
        title: "too deep or too large",
        explanation: "Definitions that lead through dozens of others, or copies of copies that multiply to tens of \
                      thousands of layers, are surely not meant, and no search could go through them.",
        wrong: "network m { repeat(200) { repeat(200) { dense(8) -> relu } } -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { repeat(2) { repeat(2) { dense(8) -> relu } } -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
];
