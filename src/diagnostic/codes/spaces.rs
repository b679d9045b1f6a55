//! E05: spaces.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0501",
        title: "bad bounds of a space",
        explanation: "A space goes from its lower to its higher end. A log scale has neither 0 nor negative numbers: begin \
                      at the smallest value that matters.",
        wrong: "experiment a { data = flowers, network = mlp, l2 = log(0, 1) }",
        right: "experiment a { data = flowers, network = mlp, l2 = log(1e-6, 1) }",
    },
    Code {
        code: "E0502",
        title: "a choice without options, or with two of one label",
        explanation: "`choice` draws one of its options. Labels tell them apart in tables and plots.",
        wrong: "network m { choice(a = relu, a = tanh) -> dense(classes) -> softmax }",
        right: "network m { choice(a = relu, b = tanh) -> dense(classes) -> softmax }",
    },
    Code {
        code: "E0503",
        title: "two spaces of one name",
        explanation: "A space takes the name of the key that it is given to. Two in one value would have the same: name \
                      each with `as`.",
        wrong: "experiment a { data = flowers, network = mlp, l2 = log(1e-4, 1) / int(1, 8) }",
        right: "experiment a { data = flowers, network = mlp, l2 = log(1e-4, 1) as base / int(1, 8) as part }",
    },
    Code {
        code: "E0504",
        title: "a short name that could be several",
        explanation: "Where two spaces of an experiment would share a name, both have their full ones, such as `adam.rate` \
                      and `sgd.rate`.",
        wrong: "experiment a { data = flowers, network = mlp, optimizer = choice(adam(rate = log(1e-4, 1)), sgd(rate = log(1e-3, 1))) }\ntable { of = a, show = [rate] }",
        right: "experiment a { data = flowers, network = mlp, optimizer = choice(adam(rate = log(1e-4, 1)), sgd(rate = log(1e-3, 1))) }\ntable { of = a, show = [adam.rate, sgd.rate] }",
    },
    Code {
        code: "E0505",
        title: "`as` without one draw",
        explanation: "`as` names a space. What is fixed is named by `let`, and what is drawn anew in each copy of `repeat` \
                      has no one value outside of the copies.",
        wrong: "network m { dense(16 as n) -> dense(classes) -> softmax }",
        right: "let n = 16\nnetwork m { dense(n) -> dense(classes) -> softmax }",
    },
];
