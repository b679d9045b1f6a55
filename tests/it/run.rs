//! `caviar run` and `caviar check` as a user types them.

use caviar::kernel::Isa;

use crate::harness::Project;

const FLOWERS: &str = r#"
"""
# Flowers
"""

data flowers { source = iris(), normalize = zscore }

network mlp { dense(8) -> norm -> relu -> dense(classes) -> softmax }

let norm = choice(with = batch_norm, without = identity)

experiment first {
  data      = flowers
  network   = mlp
  optimizer = adam(rate = 0.02)
  epochs    = 6
  maximize  = dev.accuracy
  seeds     = 6
}

table "By norm" { of = first, by = norm, show = [dev.accuracy, dev.loss] }
plot "Loss" { of = first, draw = curves(dev.loss), by = norm }
claim "it learns" { first.best.train.loss < 1 }
"#;

#[test]
fn a_first_notebook_runs_and_is_up_to_date_afterwards() {
    let project = Project::new().file("first.exp", FLOWERS);
    project
        .run(&["run", "first.exp"])
        .code(0)
        .says("first trial 1 (")
        .says("first trial 2 (")
        .prints("| with |")
        .prints("holds: it learns")
        .prints("report: first.out/report.html");
    let lock = project.read("first.lock");
    let picture = std::fs::read(project.path("first.out/loss.png")).expect("a picture");
    assert_eq!(&picture[1..4], b"PNG");
    assert!(project.read("first.out/trials.csv").lines().count() == 13);

    project.run(&["run", "first.exp"]).code(0).says("first: 2 trials, all stored");
    project.write("first.exp", FLOWERS.replace("# Flowers", "# Other words").replace("\"Loss\"", "\"Other title\""));
    project.run(&["run", "first.exp"]).code(0).says("all stored");
    assert!(!project.path("first.out/loss.png").exists() && project.path("first.out/other-title.png").exists());
    assert_eq!(lock, project.read("first.lock"));

    project.write("first.exp", FLOWERS.replace("0.02", "choice(0.02, 0.03)"));
    project.run(&["run", "first.exp"]).code(0).says("4 trials; 12 of 24 runs trained, the rest stored");
}

#[test]
fn all_mistakes_are_reported_at_once_and_nothing_is_trained() {
    let broken = FLOWERS.replace("adam(", "adm(").replace("epochs ", "epoch ").replace("dense(8)", "dense(0)");
    Project::new()
        .file("first.exp", broken)
        .run(&["run", "first.exp"])
        .code(2)
        .says("did you mean `adam`")
        .says("epochs")
        .says("first.exp:8:21")
        .says("3 mistakes");
}

#[test]
fn a_refuted_claim_has_an_exit_code_of_its_own() {
    Project::new()
        .file("first.exp", FLOWERS.replace("train.loss < 1", "train.loss > 1"))
        .run(&["run", "first.exp"])
        .code(4)
        .prints("refuted: it learns");
}

#[test]
fn paths_that_lead_nowhere_are_named() {
    let project = Project::new().file("first.exp", FLOWERS);
    project.run(&["run", "frist.exp"]).code(1).says("did you mean first.exp?");
    project.run(&["run"]).code(1);
    project.run(&["check", "."]).code(0).prints("first.exp: no mistakes");
}

#[test]
fn a_network_that_diverges_is_a_result() {
    let wild = FLOWERS.replace("adam(rate = 0.02)", "sgd(rate = 1e30)").replace("norm -> ", "");
    let wild =
        wild.replace("let norm = choice(with = batch_norm, without = identity)\n", "").replace(", by = norm", "");
    Project::new().file("first.exp", wild).run(&["run", "first.exp"]).says("diverged");
}

#[test]
fn data_that_cannot_be_read_are_mistakes_of_the_file() {
    let table = |csv: &str| {
        let notebook = FLOWERS.replace("iris()", "csv(\"t.csv\", target = y)");
        Project::new().file("first.exp", notebook).file("t.csv", csv)
    };
    table("a,b,y\n1,2,x\n3,4\n").run(&["check", "first.exp"]).code(2).says("row 2");
    table("a,b,y\n1,2,x\n3,4,x\n").run(&["check", "first.exp"]).code(2).says("every row is of class `x`");
    table("a,b,z\n1,2,x\n3,4,x\n").run(&["check", "first.exp"]).code(2).says("`y`");
    table("a,b,y\n1,NaN,x\n3,4,z\n").run(&["check", "first.exp"]).code(2).says("row 1");
    table("").run(&["check", "first.exp"]).code(2);
    let small: String = (0..12).map(|i| format!("{i},7,{}\n", if i % 2 == 0 { "even" } else { "odd" })).collect();
    table(&format!("a,b,y\n{small}")).run(&["run", "first.exp"]).prints("report:");
}

#[test]
fn input_that_is_no_notebook_ends_with_a_message() {
    let says = |name: &str, bytes: &[u8], text: &str| {
        Project::new().file(name, bytes).run(&["run", name]).code(2).says(text);
    };
    says("empty.exp", b"", "empty");
    says("deep.exp", "(".repeat(100_000).as_bytes(), "nested");
    says("long.exp", format!("let a = {}", "1".repeat(10_000_000)).as_bytes(), "long");
    says("bytes.exp", b"data x \xff\xfe", "UTF-8");
}

#[test]
fn the_lock_of_a_run_and_of_what_is_stored_are_the_same_bytes() {
    let curves = FLOWERS.replace("curves(dev.loss)", "curves(train.loss)");
    let two = curves
        .replace("table \"By", "experiment second from first { }\nplot { of = second, draw = gradients }\ntable \"By");
    let project = Project::new().file("first.exp", two);
    project.run(&["run", "first.exp"]).code(0);
    let lock = project.read("first.lock");
    project.run(&["run", "first.exp"]).code(0).says("first: 2 trials, all stored").says("second: 2 trials, all stored");
    assert_eq!(project.read("first.lock"), lock);
}

#[test]
fn records_do_not_depend_on_the_path_or_the_number_of_threads() {
    let notebook = "
data shapes { source = spirals(points = 240, noise = 0.1), split = [60%, 20%, 20%], normalize = zscore }
network deep { dense(17) -> batch_norm -> relu -> dropout(0.2) -> dense(9) -> layer_norm -> tanh -> dense(classes) -> softmax }
experiment search {
  data = shapes, network = deep, epochs = 4, batch = 32, seed = 3, maximize = dev.accuracy
  optimizer = adam(rate = log(1e-4, 1e-1), beta1 = 1 - log(1e-3, 1e-1))
  search = tpe(trials = 20)
}
";
    let run = |path: &str, threads: &str| {
        let project = Project::new().file("bits.exp", notebook);
        project.run(&["run", "bits.exp", "--threads", threads, "--simd", path]).code(0);
        project.run(&["export", "bits.exp", "search", "--to", "trials.json"]).code(0);
        (project.read("bits.lock"), project.read("trials.json"))
    };
    let paths: Vec<String> = Isa::available().iter().map(ToString::to_string).collect();
    let expected = run(&paths[0], "1");
    assert!(expected.1.matches("dev.accuracy").count() >= 20);
    for path in &paths {
        for threads in ["1", "2", "5"] {
            assert!(run(path, threads) == expected, "{path} with {threads} threads differs");
        }
    }
}

#[test]
fn pictures_of_models_stand_in_the_order_of_the_choice() {
    let text = FLOWERS
        .replace("seeds     = 6", "seeds     = 1")
        .replace(
            "choice(with = batch_norm, without = identity)",
            "choice(zero = identity, one = batch_norm, two = tanh)",
        )
        .replace("draw = curves(dev.loss)", "draw = confusion");
    let project = Project::new().file("first.exp", text);
    project.run(&["run", "first.exp"]).code(0);
    let report = project.read("first.out/report.md");
    let at = |name: &str| report.find(&format!(" {name}, dev:")).unwrap_or_else(|| panic!("{name}: {report}"));
    assert!(at("zero") < at("one") && at("one") < at("two"), "{report}");
}
