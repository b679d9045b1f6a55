//! E01: the syntax.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0101",
        title: "something stands where it cannot",
        explanation: "At this place something else must follow. The message names what was found, and what it stands after; most \
                      often a sign before the mark is missing or one too many.",
        wrong: "let sizes = [small = 16, large = 64]",
        right: "let sizes = choice(small = 16, large = 64)",
    },
    Code {
        code: "E0102",
        title: "a value or a name is missing",
        explanation: "After `=`, after an operator and after `->` a value must follow, and after `.` and `as` a name. A value may \
                      begin on the next line only inside brackets or after an operator.",
        wrong: "experiment a {\n  epochs =\n}",
        right: "experiment a {\n  epochs = 30\n}",
    },
    Code {
        code: "E0103",
        title: "a bracket is never closed",
        explanation: "Every `(`, `[` and `{` needs its `)`, `]` or `}`. The mark shows the bracket that has none; where the layout \
                      of the lines tells, a second mark shows where it should have been closed.",
        wrong: "experiment a {\n  optimizer = adam(rate = 0.1\n  epochs = 30\n}",
        right: "experiment a {\n  optimizer = adam(rate = 0.1)\n  epochs = 30\n}",
    },
    Code {
        code: "E0104",
        title: "a bracket closes nothing",
        explanation: "There is no open bracket that this one could close. Either it is one too many, or the one that it belongs to \
                      was closed before or forgotten.",
        wrong: "let width = int(16, 256))",
        right: "let width = int(16, 256)",
    },
    Code {
        code: "E0105",
        title: "a text is never closed",
        explanation: "A text begins and ends with `\"` on the same line. A quote inside a text is written `\\\"`.",
        wrong: "let file = \"iris.csv",
        right: "let file = \"iris.csv\"",
    },
    Code {
        code: "E0106",
        title: "prose is never closed",
        explanation: "Prose begins and ends with `\"\"\"`. Without the second, all that follows would be prose. Where a line looks \
                      like the beginning of a block, we take it that the prose should have ended before.",
        wrong: "\"\"\"\nWhy we do this.\n\nlet width = 3",
        right: "\"\"\"\nWhy we do this.\n\"\"\"\n\nlet width = 3",
    },
    Code {
        code: "E0107",
        title: "a comma or a new line is missing, or a comma is one too many",
        explanation: "Entries of a block are separated by a comma or a new line, values in a call or list by a comma, and things at \
                      the top level by a new line.",
        wrong: "experiment a { epochs = 30 batch = 64 }",
        right: "experiment a { epochs = 30, batch = 64 }",
    },
    Code {
        code: "E0108",
        title: "`=` is missing",
        explanation: "A name gets its value with `=`: in blocks, in calls, in choices and in definitions.",
        wrong: "experiment a { epochs 30 }",
        right: "experiment a { epochs = 30 }",
    },
    Code {
        code: "E0109",
        title: "a sign from another language",
        explanation: "What is meant is clear, but it is written differently here: `=` gives a value (not `:`, `:=`, or `==` after \
                      `let`), `^` is a power (not `**`), `->` joins layers (not `=>` or `|>`), `#` begins a comment (not `//`), texts \
                      stand in `\"`, a new line or a comma separates (not `;`). `caviar check --fix` mends most of these.",
        wrong: "experiment a { epochs: 30; batch = 2 ** 6 }",
        right: "experiment a { epochs = 30, batch = 2 ^ 6 }",
    },
    Code {
        code: "E0110",
        title: "nested too deeply",
        explanation: "Brackets may stand in each other 64 deep, and operators and calls 200 deep. A text beyond that was most \
                      likely made by a program that went wrong; if not, give inner parts a name with `let`.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0111",
        title: "something stands outside of any block",
        explanation: "At the top level of a file stand prose, imports, definitions (`let name = value`) and blocks (`kind name \
                      { entries }`). Settings and layers stand in a block.",
        wrong: "epochs = 30",
        right: "experiment a { epochs = 30 }",
    },
    Code {
        code: "E0112",
        title: "something stands in a block that belongs outside",
        explanation: "Prose, imports and definitions stand at the top level of a file, between blocks. The order does not matter: a \
                      definition may stand below its use.",
        wrong: "experiment a {\n  let width = 3\n}",
        right: "let width = 3\n\nexperiment a { epochs = 30 }",
    },
    Code {
        code: "E0113",
        title: "a number or its unit is malformed",
        explanation: "Numbers are written `32`, `60_000`, `0.5`, `1e-4`, `80%`; durations `30s`, `5min`, `2h`, the unit right after \
                      the number. There are no other units.",
        wrong: "experiment a { budget = 5 minutes, epochs = 3 }\nlet x = 10ms",
        right: "experiment a { budget = 5min, epochs = 3 }\nlet x = 0.01s",
    },
    Code {
        code: "E0114",
        title: "an unknown escape in a text",
        explanation: "In a text, `\\\"` is a quote, `\\\\` a backslash, `\\n` a new line and `\\t` a tab; a backslash before anything \
                      else stands for nothing. A path may be written with `/` on every system.",
        wrong: r#"let file = "data\iris.csv""#,
        right: r#"let file = "data/iris.csv""#,
    },
    Code {
        code: "E0115",
        title: "a character without a meaning",
        explanation: "The character is not part of the language. In texts, comments and prose any character may stand.",
        wrong: "let price = $3",
        right: "let price = 3",
    },
    Code {
        code: "E0116",
        title: "a call, body, part or name given to something that cannot have it",
        explanation: "Only a name can be called (`adam(rate = 0.1)`), only a name or a call can have a body (`repeat(3) { … }`), \
                      only a name or a call has parts (`dev.loss`), and `as` names a value once.",
        wrong: "let x = 3(4)",
        right: "let x = 3 * 4",
    },
    Code {
        code: "E0117",
        title: "a definition or an entry is too long",
        explanation: "A single definition or entry is longer than a million characters, which nobody writes by hand. Data belong in \
                      a file of their own, which csv(…), npz(…) and the other sources read.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0118",
        title: "the head of a block is malformed",
        explanation: "A block is its kind, then words, numbers or a text, then its entries in braces: `experiment fine from coarse \
                      { … }`, `at epoch 12 { … }`, `table \"Results\" { … }`. Names are made of letters, digits and `_`.",
        wrong: "experiment batch-norm { epochs = 30 }",
        right: "experiment batch_norm { epochs = 30 }",
    },
    Code {
        code: "E0119",
        title: "comparisons do not chain",
        explanation: "`a < b < c` would compare a truth with a number. Write two comparisons, each on a line of its own.",
        wrong: "claim \"between\" { a.loss < b.loss < c.loss }",
        right: "claim \"between\" {\n  a.loss < b.loss\n  b.loss < c.loss\n}",
    },
    Code {
        code: "E0120",
        title: "too many mistakes",
        explanation: "After a hundred mistakes in one file the rest is not read, since most of it would follow from what was said \
                      already. Mend the first ones and check again.",
        wrong: "",
        right: "",
    },
];
