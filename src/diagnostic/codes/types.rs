//! E03: types and ranges.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0301",
        title: "a value of the wrong sort",
        explanation: "A key or parameter takes a number, a text, a word, layers, … and got something else. The message \
                      names both.",
        wrong: "experiment a { data = flowers, network = mlp, search = 60 }",
        right: "experiment a { data = flowers, network = mlp, search = random(60) }",
    },
    Code {
        code: "E0302",
        title: "out of range",
        explanation: "The number cannot work here, or the space can reach numbers that cannot. A share such as a dropout \
                      rate lies between 0 and 1: write 20% or 0.2.",
        wrong: "network m { dropout(20) -> dense(classes) -> softmax }",
        right: "network m { dropout(20%) -> dense(classes) -> softmax }",
    },
    Code {
        code: "E0303",
        title: "not a whole number",
        explanation: "Units, epochs and the like are counted. `int(a, b)` draws whole numbers, on a log scale with `scale \
                      = log`; arithmetic with something that is drawn is rounded.",
        wrong: "network m { dense(log(8, 64)) -> dense(classes) -> softmax }",
        right: "network m { dense(int(8, 64, scale = log)) -> dense(classes) -> softmax }",
    },
    Code {
        code: "E0304",
        title: "no space may stand here",
        explanation: "The value is the same for a whole experiment: how it is searched, how often it is repeated, where \
                      its streams start. To compare values, write an experiment for each.",
        wrong: "experiment a { data = flowers, network = mlp, seeds = int(1, 3) }",
        right: "experiment a { data = flowers, network = mlp, seeds = 3 }",
    },
    Code {
        code: "E0305",
        title: "the shares do not split the data",
        explanation: "`split` has the shares of train, dev and test, which sum to 1; dev and test may be 0.",
        wrong: "data d { source = iris(), split = [70, 15, 15] }",
        right: "data d { source = iris(), split = [70%, 15%, 15%] }",
    },
    Code {
        code: "E0307",
        title: "keys that exclude each other",
        explanation: "A program that is run brings its own data and network; what to do with missing values, and groups, \
                      are about the columns of a table.",
        wrong: "data d { source = iris(), missing = mean }",
        right: "data d { source = iris() }",
    },
];
