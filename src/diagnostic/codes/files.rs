//! E00: files and their text.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0001",
        title: "the file cannot be read",
        explanation: "The system did not give us the file: there is none of that name, it is a folder, or it may not be read. The \
                      message says which.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0002",
        title: "the file is not UTF-8 text",
        explanation: "A notebook is a UTF-8 text file. The mark shows the first byte that begins no character, which is often an \
                      accent saved in an older encoding. Save the file as UTF-8.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0003",
        title: "the file is too long",
        explanation: "A notebook is written by hand, and this file is longer than anyone writes. Most likely it holds data: keep \
                      these in a file of their own, which csv(…), npz(…) and the other sources read.",
        wrong: "",
        right: "",
    },
    Code {
        code: "E0004",
        title: "an imported file cannot be read",
        explanation: "The path of `use … from \"path\"` is relative to the file that imports, not to the folder that the program is \
                      started in. The message says what is wrong with the file.",
        wrong: "# in experiments/placement.exp, beside which common.exp lies\nuse mlp from \"experiments/common.exp\"",
        right: "use mlp from \"common.exp\"",
    },
    Code {
        code: "E0005",
        title: "files import each other in a circle",
        explanation: "A file may not import itself, directly or through others, since neither could be read first. Move what both \
                      need to a third file, and let both import that.",
        wrong: "# in a.exp\nuse mlp from \"b.exp\"\n\n# in b.exp\nuse width from \"a.exp\"",
        right: "# in a.exp\nuse mlp from \"b.exp\"\n\n# in b.exp\nuse width from \"common.exp\"\n\n# in common.exp\nlet width = int(16, 256)",
    },
];
