//! Programs as objectives: `run = command(…)`.

use crate::harness::Project;

const SEARCH: &str = r#"
experiment mine {
  run      = command("sh train.sh {x} {seed}", limit = 20s)
  x        = linear(0, 9)
  epochs   = 9
  search   = random(trials = 8)
  minimize = dev.loss
}
table { of = mine, show = [x, dev.loss, epochs] }
"#;

const TRAIN: &str = r#"
echo "loading"
for e in 1 2 3 4 5 6 7 8 9; do echo "{\"epoch\": $e, \"dev.loss\": $1}"; sleep 0.02; done
echo x >> ran
"#;

#[test]
fn a_program_is_searched_stored_and_shown() {
    let project = Project::new().file("mine.exp", SEARCH).file("train.sh", TRAIN);
    project.run(&["run", "mine.exp"]).code(0).prints("| 9 |").says("mine: 8 trials trained");
    assert_eq!(project.read("ran").lines().count(), 8);
    project.run(&["run", "mine.exp"]).code(0).says("all stored");
    assert_eq!(project.read("ran").lines().count(), 8);
}

#[test]
fn bad_trials_are_given_up_by_what_they_print() {
    let pruned = SEARCH.replace("  epochs ", "  prune    = halving(factor = 3)\n  epochs ");
    let mut tables = Vec::new();
    for threads in ["1", "3"] {
        let project = Project::new().file("mine.exp", &pruned).file("train.sh", TRAIN);
        let first = project.run(&["run", "mine.exp", "--threads", threads]).code(0).stdout();
        assert!(first.contains("| 1 |") && first.contains("| 9 |"), "{first}");
        // What was given up is not run again.
        let ran = project.read("ran").lines().count();
        assert_eq!(project.run(&["run", "mine.exp", "--threads", threads]).code(0).stdout(), first);
        assert_eq!(project.read("ran").lines().count(), ran);
        tables.push(first);
    }
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn a_program_that_fails_or_hangs_is_a_failed_run() {
    let project = Project::new().file("mine.exp", SEARCH).file("train.sh", "echo 'no such data' >&2; exit 3");
    project.run(&["run", "mine.exp"]).says("failed: exit status: 3");
    let slow = SEARCH.replace("20s", "0.2s").replace("trials = 8", "trials = 2");
    let project = Project::new().file("mine.exp", slow).file("train.sh", "sleep 30");
    project.run(&["run", "mine.exp"]).says("took longer than 0.2 s");
    let silent = Project::new().file("mine.exp", SEARCH).file("train.sh", "true");
    silent.run(&["run", "mine.exp"]).says("printed no line");
}
