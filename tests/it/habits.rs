//! What newcomers write out of habit: each message must say what to write instead.

use crate::harness::Project;

/// A line, and what must be said of it.
const CASES: [(&str, &str); 16] = [
    ("data d { source = \"iris\" }", "source = iris()"),
    ("data d { source = \"iris.csv\" }", "this file is read by `csv(\"iris.csv\", target = …)`"),
    ("data d { source = \"pictures/\" }", "this file is read by `images(\"pictures/\")`"),
    ("experiment x from e { optimizer = \"adam\" }", "optimizer = adam }"),
    ("experiment x from e { optimizer = \"adma\" }", "did you mean `adam`, without quotes?"),
    ("experiment x from e { epochs = \"20\" }", "epochs = 20 }"),
    ("experiment x from e { batch = full }", "did you mean `all`?"),
    (
        "experiment x from e { learning_rate = 0.1 }",
        "`learning_rate` is `rate` here, and belongs to the optimizer: `optimizer = adam(rate = …)`",
    ),
    ("experiment x from e { lr = 0.1, optimizer = sgd(momentum = 0.9) }", "`optimizer = sgd(rate = …)`"),
    ("experiment x from e { trials = 20 }", "`trials` belongs to the search: `search = random(trials = …)`"),
    ("experiment x from e { weight_decay = 0.1 }", "`optimizer = adamw(weight_decay = …)`"),
    ("experiment x from e { optimizer = adam(rate = 0,01) }", "rate = 0.01)"),
    ("experiment x from e { optimizer = sgd(rate = [0.1, 0.01]) }", "rate = choice(0.1, 0.01))"),
    ("network n { dense(64, activation = relu) }", "an activation is a layer of its own: `dense(…) -> relu`"),
    ("plot { of = e, draw = dev.loss }", "draw = curves(dev.loss) }"),
    ("plot { of = e, draw = line(dev.loss) }", "did you mean `curves`?"),
];

#[test]
fn messages_say_what_to_write_instead() {
    let given = "data flowers { source = iris() }\nnetwork mlp { dense(classes) -> softmax }\nexperiment e { data = flowers, network = mlp, optimizer = adam }\n";
    let project = Project::new();
    let mut silent = String::new();
    for (line, wanted) in CASES {
        project.write("a.exp", format!("{line}\n{given}"));
        let told = project.command(&["check", "a.exp"]).env("COLUMNS", "140").output().expect("the program starts");
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!line.contains(wanted), "the line itself has what is wanted: {line}");
        if !told.contains(wanted) {
            silent += &format!("{line}\n  does not say {wanted}\n{told}\n");
        }
    }
    assert!(silent.is_empty(), "\n{silent}");
}

#[test]
fn what_is_not_there_yet_is_to_be_defined() {
    let project = Project::new().file("a.exp", "experiment x { data = missing, network = absent }\n");
    let ran = project.run(&["check", "a.exp"]).code(2);
    ran.says("define it: `data missing { … }`").says("define it: `network absent { … }`");
}
