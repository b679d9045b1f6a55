//! E02: names, keys and what stands where.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0200",
        title: "the file is empty",
        explanation: "There is nothing in the file to check or to run. A notebook has prose, definitions, experiments, and \
                      what to show and claim about them; `caviar new NAME` writes a first file that runs.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0201",
        title: "no such kind of block",
        explanation: "The first word of a block says what it is: `data`, `network`, `experiment`, `table`, `plot` or \
                      `claim`.",
        wrong: "modle m { dense(8) }",
        right: "network m { dense(classes) -> softmax }",
    },
    Code {
        code: "E0202",
        title: "no such key",
        explanation: "Every kind of block has keys of its own; `caviar help experiment` lists those of an experiment. A \
                      setting of an optimizer or of a source is given in its parentheses, not as a key.",
        wrong: "experiment a { data = flowers, network = mlp, epoch = 5 }",
        right: "experiment a { data = flowers, network = mlp, epochs = 5 }",
    },
    Code {
        code: "E0203",
        title: "a key is given twice",
        explanation: "Only one of the two values could hold, and a reader could not tell which.",
        wrong: "experiment a { data = flowers, network = mlp, epochs = 5, epochs = 6 }",
        right: "experiment a { data = flowers, network = mlp, epochs = 6 }",
    },
    Code {
        code: "E0204",
        title: "a key is missing",
        explanation: "Some keys have no default: a data block needs a `source`, an experiment `data` and `network` (or \
                      `run`), a table `of`, a plot `of` and `draw`.",
        wrong: "plot { of = e }",
        right: "plot { of = e, draw = curves(dev.loss) }",
    },
    Code {
        code: "E0205",
        title: "a name is defined twice",
        explanation: "A name stands for one thing in a file. Give one of the two another name; a name that is imported \
                      counts as defined.",
        wrong: "let width = 3\nlet width = 4",
        right: "let width = 3\nlet depth = 4",
    },
    Code {
        code: "E0206",
        title: "the name is taken by the language",
        explanation: "The names of layers, optimizers, sources and spaces, and words such as `classes`, keep their \
                      meaning: a definition cannot take them.",
        wrong: "let relu = 3",
        right: "let units = 3",
    },
    Code {
        code: "E0207",
        title: "nothing has this name",
        explanation: "The name is not defined in this file, not imported, and not a word that may stand here. Most often \
                      it is a slip: the nearest name is suggested.",
        wrong: "network m { dense(widht) -> relu }\nlet width = 8",
        right: "network m { dense(width) -> relu }\nlet width = 8",
    },
    Code {
        code: "E0208",
        title: "there is no such layer, optimizer, source or picture",
        explanation: "Nothing of the kind that is needed here has this name. `caviar help layers` (optimizers, sources, \
                      spaces, pictures, …) lists what there is.",
        wrong: "experiment a { data = flowers, network = mlp, optimizer = adamm(0.1) }",
        right: "experiment a { data = flowers, network = mlp, optimizer = adam(0.1) }",
    },
    Code {
        code: "E0209",
        title: "no such parameter",
        explanation: "The layer, optimizer or source has no parameter of this name. `caviar help NAME` lists those that it \
                      has with their defaults.",
        wrong: "network m { dense(16, activation = relu) }",
        right: "network m { dense(16) -> relu }",
    },
    Code {
        code: "E0210",
        title: "an argument is given twice",
        explanation: "Only one of the two values could hold, and a reader could not tell which.",
        wrong: "network m { dense(16, l2 = 0.1, l2 = 0.2) }",
        right: "network m { dense(16, l2 = 0.1) }",
    },
    Code {
        code: "E0211",
        title: "an argument too many",
        explanation: "The first arguments may be given without their names, as in `dense(64)`. The others need them, so \
                      that a reader sees what they are.",
        wrong: "network m { dense(16, 0.1) }",
        right: "network m { dense(16, l2 = 0.1) }",
    },
    Code {
        code: "E0212",
        title: "an argument is missing",
        explanation: "This parameter has no default: nothing sensible could be taken for it.",
        wrong: "network m { dropout -> dense(classes) -> softmax }",
        right: "network m { dropout(0.2) -> dense(classes) -> softmax }",
    },
    Code {
        code: "E0213",
        title: "the head of a block is wrong",
        explanation: "Between the kind and the brace stands a name (`data flowers {`), a name and what it starts from \
                      (`experiment fine from coarse {`), a title in quotes (`table \"Best\" {`), or the text of a claim.",
        wrong: "network { dense(classes) -> softmax }",
        right: "network m { dense(classes) -> softmax }",
    },
    Code {
        code: "E0214",
        title: "not in this place",
        explanation: "`at epoch` stands inside of an experiment, and an import takes only what the other file defines.",
        wrong: "at epoch 3 { rate = 0.1 }",
        right: "experiment a { data = flowers, network = mlp, at epoch 3 { rate = 0.1 } }",
    },
    Code {
        code: "E0215",
        title: "an entry of the wrong sort",
        explanation: "A network has layers, a claim has comparisons, all other blocks have entries `key = value`.",
        wrong: "network m {\n  width = 3\n  dense(classes) -> softmax\n}",
        right: "let width = 3\nnetwork m { dense(width) -> dense(classes) -> softmax }",
    },
];
