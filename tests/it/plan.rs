//! `caviar run --plan`: what would be done, and why.

use crate::harness::Project;

const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(4) -> tanh -> dense(classes) -> softmax }
let rate = choice(0.01, 0.02)
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = rate)
  epochs = 4
}
"#;

#[test]
fn a_number_that_changed_stands_beside_what_it_was() {
    let one = NOTEBOOK.replace("let rate = choice(0.01, 0.02)\n", "").replace("rate = rate", "rate = 0.01");
    let project = Project::new().file("first.exp", &one).file("points.csv", points(60));
    project.run(&["run", "first.exp"]).code(0);
    project.write("first.exp", one.replace("0.01", "0.003"));
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("because optimizer.rate 0.01 → 0.003, line 6");
}

/// Two kinds of points that a line separates.
pub fn points(rows: usize) -> String {
    let row = |i: usize| format!("{},{},{}\n", i % 7, (i * 5) % 11, if i % 7 > 3 { "right" } else { "left" });
    "x,y,kind\n".to_string() + &(0..rows).map(row).collect::<String>()
}

fn project() -> Project {
    Project::new().file("first.exp", NOTEBOOK).file("points.csv", points(60))
}

#[test]
fn nothing_is_trained_and_the_exit_code_says_whether_anything_would_be() {
    let project = project();
    let before = project.run(&["run", "--plan", "first.exp"]).code(4).prints("first: 2 new").prints("not run yet");
    assert!(before.stdout().contains("how long it takes is not known"), "{}", before.stdout());
    assert!(!project.path("first.lock").exists() && !project.path("first.out").exists());
    project.run(&["run", "first.exp"]).code(0);
    project.run(&["run", "--plan", "first.exp"]).code(0).prints("first: 2 cached").prints("nothing to train");
    project.run(&["run", "--plan", "--fresh", "first.exp"]).code(4).prints("2 new").prints("--fresh");
}

#[test]
fn every_change_is_named_with_what_it_costs() {
    let project = project();
    project.run(&["run", "first.exp"]).code(0);
    let plan = |text: String| {
        project.write("first.exp", text);
        project.run(&["run", "--plan", "first.exp"])
    };
    plan(NOTEBOOK.replace("first {", "first { # a comment")).code(0).prints("nothing to train");
    plan(NOTEBOOK.replace("0.02", "0.03"))
        .code(4)
        .prints("first: 1 cached, 1 new, 1 dropped")
        .prints("because optimizer.rate choice(0.01, 0.02) → choice(0.01, 0.03), line 4")
        .prints("new       trial 2 (rate = 0.03)")
        .prints("dropped   trial 2 (rate = 0.02)")
        .prints("about ");
    plan(NOTEBOOK.replace("rate = rate", "rate = 0.003").replace("let rate = choice(0.01, 0.02)\n", ""))
        .code(4)
        .prints("1 new, 2 dropped")
        .prints("optimizer.rate choice(0.01, 0.02) → 0.003, line 6");
}

#[test]
fn more_epochs_go_on_from_the_checkpoint() {
    let project = project();
    project.run(&["run", "first.exp"]).code(0);
    project.write("first.exp", NOTEBOOK.replace("epochs = 4", "epochs = 9"));
    project
        .run(&["run", "--plan", "first.exp"])
        .code(4)
        .prints("first: 2 continued\n")
        .prints("epochs 4 → 9, line 8")
        .prints("continued trial 1 (rate = 0.01): from epoch 4 to 9");
    project.run(&["run", "first.exp"]).code(0);
    let whole = Project::new().file("first.exp", project.read("first.exp")).file("points.csv", points(60));
    whole.run(&["run", "first.exp"]).code(0);
    assert_eq!(project.read("first.lock"), whole.read("first.lock"));
    assert_eq!(project.read("first.out/trials.csv"), whole.read("first.out/trials.csv"));
}

#[test]
fn changed_data_are_told_by_their_rows_and_a_touch_is_nothing() {
    let project = project();
    project.run(&["run", "first.exp"]).code(0);
    project.write("points.csv", points(60));
    project.run(&["run", "--plan", "first.exp"]).code(0);
    project.write("points.csv", points(61));
    project
        .run(&["run", "--plan", "first.exp"])
        .code(4)
        .prints("data points.csv: 60 → 61 rows")
        .prints("2 new, 2 dropped");
    project.write("points.csv", points(60).replace("right", "wrong"));
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("data points.csv: other bytes");
}

#[test]
fn an_experiment_that_uses_another_is_known_later() {
    let text = NOTEBOOK.to_string() + "experiment second from first { epochs = round_up }\n";
    let text = text.replace("epochs = round_up", "optimizer = sgd(rate = first.best.rate / 2)");
    let project = Project::new().file("first.exp", &text).file("points.csv", points(60));
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("once first is done");
    project.run(&["run", "first.exp"]).code(0);
    project.run(&["run", "--plan", "first.exp"]).code(0);
    let json = project.run(&["run", "--plan", "--json", "first.exp"]).code(0);
    let line: serde_json::Value = serde_json::from_str(json.stdout().lines().next().unwrap()).unwrap();
    assert_eq!((&line["kind"], &line["cached"]), (&"plan".into(), &2.into()));
}

#[test]
fn a_change_is_told_with_the_line_on_which_its_value_is_written() {
    let text = r#"use pace from "shared.exp"
data points {
  source = csv("points.csv", target = kind)
  normalize = zscore
}
let wide = 6
network mlp {
  dense(4) -> tanh
  residual { dense(4) }
  dense(wide) -> tanh -> dense(classes) -> softmax
}
experiment base {
  data = points
  network = choice(mlp, mlp2)
  optimizer = sgd(rate = pace, momentum = 0.5)
  epochs = 2
  at epoch 2 {
    batch = 16
  }
}
network mlp2 { dense(3) -> softmax }
experiment first from base {
  seeds = 2
}
"#;
    let text = text.replace("dense(3) -> softmax", "dense(3) -> tanh -> dense(classes) -> softmax");
    let shared = "# shared\nlet pace = 0.1\n";
    let project = Project::new().file("first.exp", &text).file("shared.exp", shared).file("points.csv", points(60));
    project.run(&["run", "first.exp"]).code(0);
    for (from, to, told) in [
        ("momentum = 0.5", "momentum = 0.6", "optimizer.momentum 0.5 → 0.6, line 15"),
        ("let wide = 6", "let wide = 7", "network, option 1 dense3.units 6 → 7, line 6"),
        (
            "residual { dense(4)",
            "residual { dense(units = 4, bias = false)",
            "network, option 1 dense2.bias false, new, line 9",
        ),
        ("dense(3) ->", "dense(5) ->", "network, option 2 dense1.units 3 → 5, line 21"),
        ("batch = 16", "batch = 8", "at epoch 2 batch 16 → 8, line 18"),
        ("normalize = zscore", "normalize = minmax", "data.normalize zscore → minmax, line 4"),
        (
            "epochs = 2",
            "epochs = 3, minimize = train.loss",
            "objective minimize dev.loss → minimize train.loss, line 16",
        ),
        ("tanh\n  residual", "tanh -> dropout(0.1)\n  residual", "network, option 1 dropout1.rate 0.1, new, line 8"),
    ] {
        project.write("first.exp", text.replace(from, to));
        project.run(&["run", "--plan", "first.exp"]).code(4).prints(told);
    }
    project.write("first.exp", text.replace("seeds = 2", "seeds = 3"));
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("because seeds 2 → 3, line 23");
    project.write("first.exp", &text);
    project.write("shared.exp", shared.replace("0.1", "0.2"));
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("optimizer.rate 0.1 → 0.2, line 2 of shared.exp");
}

#[test]
fn a_search_that_learns_from_results_drops_what_cannot_come_again() {
    let text = NOTEBOOK
        .replace("choice(0.01, 0.02)", "log(0.01, 1)")
        .replace("epochs = 4", "epochs = 2, search = tpe(8), lag = 2, batch = 32");
    let project = Project::new().file("first.exp", &text).file("points.csv", points(60));
    project.run(&["run", "first.exp"]).code(0);
    let plan = |text: String| {
        project.write("first.exp", text);
        project.run(&["run", "--plan", "first.exp"]).code(4)
    };
    // Every trial is another training now.
    plan(text.replace("batch = 32", "batch = 16")).prints("first: 2 new, 8 dropped").prints("later     6 more trials");
    // The same trainings would do, if they were drawn again.
    let told = plan(text.replace("batch = 32", "seed = 1"));
    assert!(!told.stdout().contains("open"), "another seed trains something else: {}", told.stdout());
    let more = plan(text.replace("tpe(8)", "tpe(12)"));
    assert!(more.stdout().contains("8 cached") && !more.stdout().contains("dropped"), "{}", more.stdout());
    let other = plan(text.replace("tpe(8)", "gp(8)"));
    assert!(other.stdout().contains("of the last run, which may be chosen again"), "{}", other.stdout());
    // Those outside of the new space cannot be.
    let narrow = plan(text.replace("log(0.01, 1)", "log(0.01, 0.011)"));
    assert!(!narrow.stdout().contains("open"), "{}", narrow.stdout());
}
