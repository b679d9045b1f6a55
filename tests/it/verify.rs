//! `caviar verify`, `--locked` and CI: the lock held against what training gives again.

use crate::harness::Project;
use crate::plan::points;

const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(4) -> tanh -> dense(classes) -> softmax }
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = log(0.01, 1))
  search = random(6)
  epochs = 3
}
claim "it learns" { first.best.train.loss < 1 }
"#;

fn project() -> Project {
    let project = Project::new().file("first.exp", NOTEBOOK).file("points.csv", points(60));
    project.run(&["run", "first.exp"]).code(0);
    project
}

#[test]
fn a_lock_that_is_right_is_trained_again_with_and_without_a_store() {
    let project = project();
    let lock = project.read("first.lock");
    project.run(&["verify", "first.exp"]).code(0).prints("4 runs trained again, with the same bits");
    project.run(&["verify", "--sample", "2", "first.exp"]).code(0).prints("2 runs trained again");
    project.run(&["verify", "--all", "first.exp"]).code(0).prints("6 runs trained again");
    project.run(&["verify", "--quick", "first.exp"]).code(0).prints("nothing was trained again");
    std::fs::remove_dir_all(project.path(".caviar")).unwrap();
    project.run(&["verify", "--quick", "first.exp"]).code(0).prints("not stored");
    project.run(&["verify", "first.exp"]).code(0).prints("6 runs trained again");
    assert_eq!(lock, project.read("first.lock"));
}

#[test]
fn a_forged_lock_a_changed_datum_a_changed_plan_and_a_changed_result_are_told_apart() {
    let project = project();
    let lock = project.read("first.lock");
    let metric = lock.lines().find(|line| line.contains("metric dev.loss")).unwrap();
    let digit = metric.rfind(|c: char| c.is_ascii_digit() && c != '9').unwrap();
    let mut other = metric.to_string();
    other.replace_range(digit..=digit, "9");

    project.write("first.lock", lock.replace(metric, &other));
    project.run(&["verify", "first.exp"]).code(4).prints("experiment first: the lock was edited by hand");

    // The same, with a seal that fits: only the results tell.
    let forged = lock.replace(metric, &other);
    project.write("first.lock", sealed(&forged));
    let told = project.run(&["verify", "first.exp"]).code(4).prints("though nothing that it depends on changed");
    assert!(!told.stdout().contains("by hand"), "{}", told.stdout());
    std::fs::remove_dir_all(project.path(".caviar")).unwrap();
    project.run(&["verify", "first.exp"]).code(4).prints("though nothing that it depends on changed");

    project.write("first.lock", &lock);
    project.write("points.csv", points(61));
    let told = project.run(&["verify", "first.exp"]).code(4).prints("the data points.csv changed");
    assert!(!told.stdout().contains("asks for something else"), "{}", told.stdout());

    project.write("points.csv", points(60));
    project.write("first.exp", NOTEBOOK.replace("epochs = 3", "epochs = 4"));
    let told = project.run(&["verify", "first.exp"]).code(4).prints("the file asks for something else");
    assert!(!told.stdout().contains("the data"), "{}", told.stdout());

    project.write("first.exp", NOTEBOOK.replace("dense(4)", "dens(4)"));
    project.run(&["verify", "first.exp"]).code(2);
    std::fs::remove_file(project.path("first.lock")).unwrap();
    project.write("first.exp", NOTEBOOK);
    project.run(&["verify", "first.exp"]).code(4).says("there is no lock");
}

/// The lock with its seals made anew, as a forger who knows the form would.
fn sealed(lock: &str) -> String {
    let parsed = caviar::record::lock::parse(lock).unwrap();
    caviar::record::lock::write(&parsed)
}

#[test]
fn a_test_machine_never_writes_a_lock() {
    let project = project();
    let lock = project.read("first.lock");
    project.write("first.exp", NOTEBOOK.replace("epochs = 3", "epochs = 4"));
    let in_ci = project.command(&["run", "first.exp"]).env("CI", "true").output().unwrap();
    assert_eq!(in_ci.status.code(), Some(0));
    assert_eq!(lock, project.read("first.lock"));
    project.run(&["run", "--locked", "first.exp"]).code(4).says("left as it is");
    assert_eq!(lock, project.read("first.lock"));
    project.run(&["run", "first.exp"]).code(0);
    assert_ne!(lock, project.read("first.lock"));
    project.run(&["run", "--locked", "first.exp"]).code(0);
}

#[test]
fn runs_that_confirm_a_trial_are_trained_again_too() {
    let project = Project::new().file("points.csv", points(60));
    project.write("first.exp", NOTEBOOK.replace("epochs = 3", "epochs = 3, confirm = 2"));
    project.run(&["run", "first.exp"]).code(0);
    // Six trials, and the best three of them twice more.
    project.run(&["verify", "--all", "first.exp"]).code(0).prints("12 runs trained again");
    project.run(&["verify", "--sample", "1", "first.exp"]).code(0).prints("3 runs trained again");
}

#[test]
fn a_stored_result_that_training_does_not_give_again_is_told_of() {
    let project = project();
    let store = caviar::store::Store::open(project.path(".caviar")).unwrap();
    let mut runs: Vec<_> = store.keys().into_iter().filter_map(|key| Some((key, store.get(&key)?))).collect();
    drop(store);
    std::fs::remove_dir_all(project.path(".caviar/runs")).unwrap();
    let store = caviar::store::Store::open(project.path(".caviar")).unwrap();
    for (key, run) in &mut runs {
        run.series.get_mut("dev.loss").unwrap()[0] += 1e-9;
        store.put(key, run).unwrap();
    }
    drop(store);
    project.run(&["verify", "first.exp"]).code(4).prints("though nothing that it depends on changed");
    // A lock made from the same results: only training tells.
    project.run(&["run", "first.exp"]).code(0).says("all stored");
    project.run(&["verify", "first.exp"]).code(4).prints("trained again: dev.loss at epoch 1: ");
    project.run(&["verify", "--all", "first.exp"]).code(4).prints("dev.loss at epoch 1: ");
}

#[test]
fn committed_locks_are_as_they_are_written() {
    let mut found = 0;
    for folder in ["experiments", "experiments/fashion"] {
        for path in std::fs::read_dir(crate::harness::root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "lock") {
                let text = std::fs::read_to_string(&path).unwrap();
                let lock = caviar::record::lock::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                assert!(lock.forged.is_empty(), "{}: {:?}", path.display(), lock.forged);
                assert_eq!(caviar::record::lock::write(&lock), text, "{}", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 10);
}
