//! W08: legal, but surely not meant.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "W0801",
        title: "a linear scale over more than a decade",
        explanation: "Learning rates, penalties and 1 − β live on a log scale: from 0.0001 to 1 evenly, nine of ten draws \
                      fall between 0.1 and 1, and small values are hardly ever tried. `log(a, b)` gives every decade the \
                      same share, and `1 - log(1e-3, 1e-1)` spreads β between 0.9 and 0.999.",
        wrong: "experiment a { data = flowers, network = mlp, optimizer = adam(rate = linear(1e-4, 1)) }",
        right: "experiment a { data = flowers, network = mlp, optimizer = adam(rate = log(1e-4, 1)) }",
    },
    Code {
        code: "W0802",
        title: "nothing uses it",
        explanation: "A definition, data block, network or import that nothing uses is often one whose use was misspelt or \
                      forgotten.",
        wrong: "let width = 8",
        right: "let width = 8\nexperiment a { data = flowers, network = mlp, epochs = width }",
    },
    Code {
        code: "W0803",
        title: "the same twice",
        explanation: "Two options of a choice are equal, so that this value is drawn twice as often; or a table shows a \
                      column twice.",
        wrong: "network m { choice(relu, relu) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { choice(relu, tanh) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "W0804",
        title: "softmax in the middle",
        explanation: "Softmax makes probabilities, which belong at the end of a classifier. Between layers it squeezes \
                      what passes through.",
        wrong: "network m { dense(8) -> softmax -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { dense(8) -> relu -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "W0805",
        title: "a bias before batch norm",
        explanation: "Batch norm subtracts the mean of each unit over the mini-batch, and a constant with it. `bias = \
                      auto` leaves the bias out there; the shift of batch norm takes its place.",
        wrong: "network m { dense(8, bias = true) -> batch_norm -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { dense(8) -> batch_norm -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "W0806",
        title: "features of very different scale",
        explanation: "Without normalisation the loss is a long narrow valley, along which gradient descent goes slowly. \
                      `normalize = zscore` is fitted on the training set; `normalize = none` says that it is left out on \
                      purpose.",
        wrong: "data d { source = wine() }\nexperiment a { data = d, network = mlp }",
        right: "data d { source = wine(), normalize = zscore }\nexperiment a { data = d, network = mlp }",
    },
    Code {
        code: "W0807",
        title: "about nothing",
        explanation: "No trial can pass the condition, or both sides of a claim are the same.",
        wrong: "table { of = e[rate > 5] }",
        right: "table { of = e[rate > 0.01] }",
    },
    Code {
        code: "W0808",
        title: "too few values for a test",
        explanation: "A claim is tested by the differences of pairs, one a seed. With fewer than six pairs even the \
                      clearest result has p ≥ 0.05, so that the claim stays undecided. Several comparisons in a file \
                      are tested together and need more: seven for two or three, eight for four to six.",
        wrong: "experiment a { data = flowers, network = mlp, seeds = 3 }\nclaim \"it learns\" { a.dev.accuracy > 50% }",
        right: "experiment a { data = flowers, network = mlp, seeds = 6 }\nclaim \"it learns\" { a.dev.accuracy > 50% }",
    },
    Code {
        code: "W0809",
        title: "a threshold that is never crossed",
        explanation: "Accuracy lies between 0 and 1: 90 is never reached, 90% is 0.9.",
        wrong: "table { of = e, show = [epochs_to(dev.accuracy, 90)] }",
        right: "table { of = e, show = [epochs_to(dev.accuracy, 90%)] }",
    },
    Code {
        code: "W0811",
        title: "an entry that the command does not use",
        explanation: "The program never sees this value, though the search draws it.",
        wrong: "experiment a { run = command(\"sh train.sh {rate}\"), rate = log(1e-4, 1), depth = int(1, 4) }",
        right: "experiment a { run = command(\"sh train.sh {rate} {depth}\"), rate = log(1e-4, 1), depth = int(1, 4) }",
    },
    Code {
        code: "W0812",
        title: "the wrong way",
        explanation: "Less loss and more accuracy are better. This asks for the opposite.",
        wrong: "experiment a from e { minimize = dev.accuracy }",
        right: "experiment a from e { maximize = dev.accuracy }",
    },
    Code {
        code: "W0813",
        title: "it never comes to this",
        explanation: "Training ends before: the stage is never reached, the patience never runs out, nothing is ever \
                      pruned.",
        wrong: "experiment a { data = flowers, network = mlp, epochs = 10, early_stop = patience(20) }",
        right: "experiment a { data = flowers, network = mlp, epochs = 10, early_stop = patience(3) }",
    },
    Code {
        code: "W0814",
        title: "a search by the test set",
        explanation: "The best of many trials is good on the set that it was chosen by, partly by luck. If that is the \
                      test set, nothing is left that tells how good the model really is.",
        wrong: "experiment a from e { maximize = test.accuracy }",
        right: "experiment a from e { maximize = dev.accuracy }",
    },
    Code {
        code: "W0815",
        title: "a batch larger than the training set",
        explanation: "Every step sees all examples: that is plain gradient descent, written `batch = all`.",
        wrong: "experiment a { data = flowers, network = mlp, batch = 1000 }",
        right: "experiment a { data = flowers, network = mlp, batch = all }",
    },
    Code {
        code: "W0816",
        title: "a layer that does nothing",
        explanation: "Dropout with rate 0 or noise with deviation 0 passes on what reaches it.",
        wrong: "network m { dropout(0) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
        right: "network m { dropout(0.1) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m }",
    },
    Code {
        code: "W0817",
        title: "a column of dates",
        explanation: "A column of dates becomes one feature, days since 1970-01-01. New rows have later dates than any that was \
                      trained on, and a date may give the answer away. Leave it out with `drop`, unless time itself matters.",
        wrong: "data flowers { source = csv(\"data/dates.csv\", target = kind) }  # with a column `day`",
        right: "data flowers { source = csv(\"data/dates.csv\", target = kind, drop = [day]) }",
    },
    Code {
        code: "W0818",
        title: "a text column with many values",
        explanation: "Every different value becomes a feature. A name or a number of the row tells nothing about new rows: \
                      leave it out with `drop`.",
        wrong: "data flowers { source = csv(\"data/dates.csv\", target = kind) }  # with a column `word`",
        right: "data flowers { source = csv(\"data/dates.csv\", target = kind, drop = [word]) }",
    },
    Code {
        code: "W0819",
        title: "repetitions that do not go over all folds alike",
        explanation: "With `folds = k` repetition r holds out fold r, and after k of them the first again. Unless `seeds` \
                      is a multiple of k, some folds count more than others.",
        wrong: "data d { source = iris(), folds = 3, normalize = zscore }\nexperiment a { data = d, network = mlp, seeds = 4 }",
        right: "data d { source = iris(), folds = 3, normalize = zscore }\nexperiment a { data = d, network = mlp, seeds = 6 }",
    },
    Code {
        code: "W0820",
        title: "a very large grid",
        explanation: "A grid multiplies: five values of six spaces are 15,625 points, with only five values of each. \
                      `random(trials = 60)` tries another value of every space in every trial.",
        wrong: "network m { dense(int(8, 64)) -> dense(int(8, 64)) -> dense(int(8, 64)) -> dense(int(8, 64)) -> dense(int(8, 64)) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m, l2 = log(1e-6, 1), search = grid(points = 5) }",
        right: "network m { dense(int(8, 64)) -> dense(classes) -> softmax }\nexperiment a { data = flowers, network = m, l2 = log(1e-6, 1), search = grid(points = 5) }",
    },
    Code {
        code: "W0821",
        title: "a colour that the picture does not show",
        explanation: "Colour tells trials apart where trials are drawn. Maps, contours, importance and pictures of models \
                      have colours of their own; there `by` draws a panel a group.",
        wrong: "plot { of = e, draw = importance, color = rate }",
        right: "plot { of = e, draw = parallel, color = dev.loss }",
    },
];
