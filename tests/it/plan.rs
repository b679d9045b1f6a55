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
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("because optimizer.rate 0.01 → 0.003");
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
        .prints("rate choice(0.01, 0.02) → choice(0.01, 0.03)")
        .prints("new       trial 1 (rate = 0.03)")
        .prints("dropped   trial 1 (rate = 0.02)")
        .prints("about ");
    plan(NOTEBOOK.replace("rate = rate", "rate = 0.003").replace("let rate = choice(0.01, 0.02)\n", ""))
        .code(4)
        .prints("1 new, 2 dropped")
        .prints("optimizer.rate rate(0.01, 0.02) → 0.003");
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
        .prints("epochs 4 → 9")
        .prints("continued trial 0 (rate = 0.01): from epoch 4 to 9");
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
