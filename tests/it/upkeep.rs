//! `caviar diff`, `caviar show` and `caviar clean`.

use std::process::Command;

use crate::harness::Project;
use crate::plan::points;

const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(4) -> tanh -> dense(classes) -> softmax }
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = 0.01)
  epochs = 3
  seeds = 3
}
experiment wide {
  data = points, network = mlp
  optimizer = adam(rate = log(0.001, 0.1))
  search = random(14)
  epochs = 2
}
"#;

fn project() -> Project {
    let project = Project::new().file("first.exp", NOTEBOOK).file("points.csv", points(60));
    project.run(&["run", "first.exp"]).code(0);
    project
}

fn git(project: &Project, args: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(project.path(""))
        .output()
        .expect("git");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn settings_stand_beside_metrics_between_revisions_and_against_the_store() {
    let project = Project::new().file("first.exp", NOTEBOOK).file("points.csv", points(60));
    git(&project, &["init", "-q"]);
    project.run(&["run", "first.exp"]).code(0);
    git(&project, &["add", "first.exp", "first.lock", "points.csv"]);
    git(&project, &["commit", "-qm", "one"]);
    project.run(&["diff", "first.exp"]).code(0).prints("nothing changed");
    project.write("first.exp", NOTEBOOK.replace("rate = 0.01", "rate = 0.3"));
    project.run(&["run", "first.exp"]).code(0);
    let diff = project.run(&["diff", "first.exp", "HEAD"]).code(0);
    let text = diff.stdout();
    assert!(text.contains("optimizer.rate 0.01 → 0.3"), "{text}");
    assert!(text.contains("dev.loss") && text.contains("seed spread"), "{text}");
    assert!(!text.contains("wide"), "{text}");
    git(&project, &["commit", "-qam", "two"]);
    project.run(&["diff", "first.exp", "HEAD~1..HEAD"]).code(0).prints("optimizer.rate 0.01 → 0.3");
    // Changed and not run: its settings are compared, and nothing is said of its results.
    project.write("first.exp", NOTEBOOK.replace("rate = 0.01", "rate = 0.4"));
    let edited = project.run(&["diff", "first.exp"]).code(0).prints("optimizer.rate 0.3 → 0.4");
    assert!(edited.stderr().contains("first: not run as the file is now"), "{}", edited.stderr());
    assert!(!edited.stdout().contains("dev.loss"), "{}", edited.stdout());
    project.write("first.exp", NOTEBOOK.replace("rate = 0.01", "rate = 0.3"));
    project.run(&["diff", "first.exp", "lock"]).code(0).prints("nothing changed from lock to now");
    project.run(&["diff", "first.exp", "nowhere"]).code(1).says("no revision `nowhere`");
}

#[test]
fn without_git_the_lock_is_held_against_the_store() {
    let project = project();
    project.run(&["diff", "first.exp"]).code(0).prints("nothing changed from lock to now");
    let lock = project.read("first.lock");
    project.write("first.exp", NOTEBOOK.replace("rate = 0.01", "rate = 0.3"));
    project.run(&["run", "first.exp"]).code(0);
    project.write("first.lock", lock);
    project.run(&["diff", "first.exp"]).code(0).prints("dev.loss");
}

#[test]
fn stored_trials_are_shown_as_tables_lines_and_rows() {
    let project = project();
    project.run(&["show", "first.exp"]).code(0).prints("first").prints("wide");
    let count = |args: &[&str]| project.run(args).code(0).stdout().lines().filter(|l| l.starts_with("| ")).count();
    let ten = count(&["show", "first.exp", "wide"]);
    assert_eq!(count(&["show", "first.exp", "wide", "--trials"]), ten + 4);
    let csv = project.run(&["show", "first.exp", "wide", "--csv"]).code(0).stdout();
    assert_eq!(csv.lines().count(), 15);
    let json = project.run(&["show", "first.exp", "--json"]).code(0).stdout();
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let sorted = project.run(&["show", "first.exp", "wide", "--trials", "--sort", "rate"]).code(0).stdout();
    let rates: Vec<f64> = sorted
        .lines()
        .filter(|l| l.starts_with("| "))
        .skip(1)
        .filter_map(|line| line.split('|').find_map(|cell| cell.trim().parse().ok().filter(|x| *x < 0.2)))
        .collect();
    assert!(rates.len() > 5 && rates.windows(2).all(|two| two[0] <= two[1]), "{sorted}");
    project.run(&["show", "first.exp", "--sort", "nothing"]).code(1).says("nothing called `nothing`");
    project.run(&["show", "first.exp", "elsewhere"]).code(1).says("there is no experiment `elsewhere`");
    std::fs::remove_dir_all(project.path(".caviar")).unwrap();
    project.run(&["show", "first.exp"]).code(0).says("nothing is stored yet");
}

#[test]
fn cleaning_keeps_what_current_files_use() {
    let project = project();
    let other = NOTEBOOK.replace("rate = 0.01", "rate = 0.02");
    project.write("sub/other.exp", other.replace("points.csv", "../points.csv"));
    project.run(&["run", "sub/other.exp"]).code(0);
    project.write("first.exp", NOTEBOOK.replace("random(14)", "random(5)"));
    project.run(&["run", "first.exp"]).code(0).says("all stored");
    let runs =
        |text: String| text.split("; ").nth(1).unwrap_or_default().split(' ').next().unwrap_or_default().to_string();
    // Two stores: one beside each file, since there is no checkout.
    assert_eq!(runs(project.run(&["clean"]).code(0).stdout()), "9");
    project.run(&["run", "first.exp"]).code(0).says("first: 1 trial, all stored").says("wide: 5 trials, all stored");
    project.run(&["run", "sub/other.exp"]).code(0).says("wide: 14 trials, all stored");
    assert_eq!(runs(project.run(&["clean"]).code(0).stdout()), "0");

    // A file with mistakes keeps what it last asked for.
    project.write("first.exp", NOTEBOOK.replace("random(14)", "random(5").as_str());
    assert_eq!(runs(project.run(&["clean"]).code(0).stdout()), "0");
    std::fs::remove_file(project.path("first.exp")).unwrap();
    assert_eq!(runs(project.run(&["clean"]).code(0).stdout()), "8");
}

#[test]
fn locks_of_branches_that_change_different_experiments_merge_line_by_line() {
    let project = project();
    git(&project, &["init", "-qb", "main"]);
    let save = |message: &str| {
        project.run(&["run", "first.exp"]).code(0);
        git(&project, &["add", "first.exp", "first.lock", "points.csv"]);
        git(&project, &["commit", "-qm", message]);
    };
    save("one");
    // Everything about either experiment changes, also what stands last of the one and first of the other.
    let first = |text: &str| text.replace("rate = 0.01", "rate = choice(0.01, 0.3)");
    let wide = |text: &str| text.replace("random(14)", "random(5), seed = 7");
    git(&project, &["switch", "-qc", "theirs"]);
    project.write("first.exp", wide(NOTEBOOK));
    save("wide");
    git(&project, &["switch", "-q", "main"]);
    project.write("first.exp", first(NOTEBOOK));
    save("first");
    git(&project, &["merge", "-q", "--no-edit", "theirs"]);
    assert_eq!(project.read("first.exp"), wide(&first(NOTEBOOK)));
    let merged = project.read("first.lock");
    project.run(&["run", "--locked", "first.exp"]).code(0).says("all stored");
    project.run(&["verify", "first.exp"]).code(0);
    project.run(&["run", "first.exp"]).code(0);
    assert_eq!(merged, project.read("first.lock"));
}

#[test]
fn very_many_trials_are_listed_from_columns_as_from_the_store() {
    let text = r#"
data points { source = xor(points = 20) }
network tiny { dense(choice(1, 2)) -> choice(tanh, relu) as bend -> dense(classes) -> softmax }
experiment many {
  data = points, network = tiny
  optimizer = sgd(rate = log(0.01, 10), momentum = linear(0, 0.9))
  search = random(1000)
  epochs = 1
}
claim "some learn" { many.best.dev.loss < 0.7 }
table "shapes" { of = many, by = bend, show = [dev.loss, parameters] }
"#;
    let project = Project::new().file("many.exp", text);
    let studies = || std::fs::read_dir(project.path(".caviar/studies")).map_or(0, Iterator::count);
    project.run(&["run", "many.exp"]).code(0);
    assert_eq!(studies(), 1);
    let lists: [&[&str]; 4] = [
        &["show", "many.exp"],
        &["show", "many.exp", "--trials"],
        &["show", "many.exp", "--sort", "rate"],
        &["show", "many.exp", "--sort", "best(dev.loss)"],
    ];
    let print = || lists.map(|args| project.run(args).code(0).stdout());
    let from_columns = print();
    project.run(&["clean"]).code(0);
    assert_eq!(studies(), 1, "the file uses it");
    std::fs::remove_dir_all(project.path(".caviar/runs")).unwrap();
    assert_eq!(print(), from_columns, "the runs are not read");
    project.run(&["show", "many.exp", "--sort", "final(dev.accuracy)"]).code(0).says("nothing is stored yet");
    std::fs::remove_dir_all(project.path(".caviar/studies")).unwrap();
    project.run(lists[1]).code(0).says("nothing is stored yet");
    project.run(&["run", "many.exp"]).code(0);
    std::fs::remove_dir_all(project.path(".caviar/studies")).unwrap();
    assert_eq!(print(), from_columns);

    // Another plan is another study.
    project.write("many.exp", text.replace("epochs = 1", "epochs = 2"));
    project.run(lists[1]).code(0).says("nothing is stored yet");
}

#[test]
fn what_is_stored_of_very_many_trials_is_listed_from_columns_as_long_as_it_is_all() {
    let text = r#"
data points { source = xor(points = 20) }
network tiny { dense(choice(1, 2)) -> tanh -> dense(classes) -> softmax }
experiment many {
  data = points, network = tiny, optimizer = sgd(rate = log(0.01, 10))
  search = random(1100), epochs = 4, prune = halving(factor = 2, from = 1), seeds = 1
}
table { of = many, top = 30, show = [dev.loss, best(dev.loss), epochs, at(dev.accuracy, 1)] }
claim "soon" { many.best.epochs_to(dev.loss, 0.6) < 4 }
"#;
    let project = Project::new().file("many.exp", text);
    let print = || {
        let shown = project.run(&["show", "many.exp"]).code(0);
        let all = project.run(&["show", "many.exp", "--trials"]).code(0);
        (shown.stdout(), shown.stderr(), all.stdout())
    };
    let forget = || std::fs::remove_dir_all(project.path(".caviar/studies")).unwrap();
    // The whole runs without their contents: lists that need them lack them.
    let empty = || {
        for entry in std::fs::read_dir(project.path(".caviar/runs")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "curves") {
                std::fs::write(path, "").unwrap();
            }
        }
    };
    project.run(&["run", "many.exp"]).code(0);
    let from_columns = print();
    forget();
    assert_eq!(print(), from_columns, "a search that gives trials up");

    // All that is stored of a search that is longer now.
    project.write("many.exp", text.replace("prune = halving(factor = 2, from = 1), ", "").replace("1100", "1000"));
    project.run(&["run", "many.exp"]).code(0);
    project.write("many.exp", text.replace("prune = halving(factor = 2, from = 1), ", "").replace("1100", "1200"));
    let from_store = print();
    assert!(from_store.1.contains("of 1200 trials are stored"), "{}", from_store.1);
    assert_eq!(print(), from_store);
    empty();
    assert_eq!(print(), from_store, "the runs are not read");
    project.run(&["run", "many.exp"]).code(0);
    let whole = print();
    assert!(whole.1.is_empty() && whole.0 != from_store.0, "what is stored since is seen: {}", whole.1);
}
