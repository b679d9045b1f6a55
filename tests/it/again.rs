//! A run after a run: what is stored is not trained again, whatever happened in between.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::Project;
use crate::plan::points;

const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(8) -> tanh -> dense(classes) -> softmax }
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = log(0.01, 1))
  search = random(6)
  epochs = 3
}
"#;

fn project(text: &str) -> Project {
    Project::new().file("first.exp", text).file("points.csv", points(200))
}

fn records(project: &Project) -> (String, String) {
    (project.read("first.lock"), project.read("first.out/trials.csv"))
}

fn from_scratch(text: &str) -> (String, String) {
    let project = project(text);
    project.run(&["run", "first.exp"]).code(0);
    records(&project)
}

#[test]
fn a_second_run_changes_no_record_whatever_is_observed() {
    let one = NOTEBOOK.replace("search = random(6)", "").replace("log(0.01, 1)", "0.05");
    let shown =
        "plot \"Loss\" { of = first, draw = curves(train.loss) }\nplot \"Gradients\" { of = first, draw = gradients }";
    for text in [one.clone(), one + shown, NOTEBOOK.to_string() + shown] {
        let project = project(&text);
        project.run(&["run", "first.exp"]).code(0);
        let first = records(&project);
        project.run(&["run", "first.exp"]).code(0).says("all stored");
        assert_eq!(records(&project), first);
    }
}

#[test]
fn more_trials_train_only_those() {
    let project = project(NOTEBOOK);
    project.run(&["run", "first.exp"]).code(0);
    let more = NOTEBOOK.replace("random(6)", "random(9)");
    project.write("first.exp", &more);
    project.run(&["run", "first.exp"]).code(0).says("9 trials; 3 of 9 runs trained, the rest stored");
    assert_eq!(records(&project), from_scratch(&more));
}

#[test]
fn a_change_at_an_epoch_trains_from_there_and_equals_the_whole_text() {
    let panda = |late: &str| {
        let one = NOTEBOOK.replace("log(0.01, 1)", "0.5, momentum = 0.9").replace("search = random(6)", "batch = 16");
        one.replace("epochs = 3", &format!("epochs = 30\n  at epoch 8 {{ rate = 0.1 }}\n  at epoch 20 {{ {late} }}"))
    };
    let project = project(&panda("rate = 0.01"));
    project.run(&["run", "first.exp"]).code(0);
    for late in ["rate = 0.02, batch = 64", "optimizer = adam(rate = 0.01)", "l2 = 0.1, schedule = cosine(final = 0)"] {
        project.write("first.exp", panda(late));
        project.run(&["run", "--plan", "first.exp"]).code(4).prints("continued trial 1: from epoch 19 to 30");
        project.run(&["run", "first.exp"]).code(0);
        assert_eq!(records(&project), from_scratch(&panda(late)), "{late}");
    }
}

/// Trials with changes of settings, so that checkpoints are written all the time, in an adaptive search.
fn long() -> String {
    NOTEBOOK.replace("random(6)", "tpe(40), lag = 2").replace(
        "epochs = 3",
        "epochs = 60\n  at epoch 10 { batch = 16 }\n  at epoch 30 { rate = 0.05 }\n  at epoch 50 { l2 = 0.01 }",
    )
}

/// A search that gives up trials, some of them after several pauses.
fn pruned() -> String {
    long().replace("tpe(40), lag = 2", "tpe(40), lag = 2, prune = halving(factor = 2)")
}

/// Trials that a run told of as trained, and how often.
fn told(said: &str, trained: &mut BTreeMap<String, usize>) {
    for rest in said.lines().filter_map(|line| line.strip_prefix("first trial ")) {
        *trained.entry(rest.split(' ').next().unwrap_or_default().to_string()).or_default() += 1;
    }
}

#[test]
fn killed_at_a_hundred_moments_the_records_are_the_same_and_nothing_finished_is_trained_again() {
    const KILLS: usize = 100;
    // So often in one project: most are killed again and again, and come to their end all the same.
    const IN_ONE: usize = 20;
    let texts = [long(), pruned()].map(|text| {
        let whole = project(&text);
        let mut once = BTreeMap::new();
        told(&whole.run(&["run", "first.exp"]).code(0).stderr(), &mut once);
        (text, records(&whole), once)
    });
    let (mut kills, mut random) = (0, 1u64);
    for (text, undisturbed, once) in texts.iter().cycle() {
        let project = project(text);
        let mut trained = BTreeMap::new();
        for _ in 0..IN_ONE {
            let mut child =
                project.command(&["run", "first.exp"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_micros(5_000 + (random >> 33) % 120_000));
            let over = child.try_wait().unwrap().is_some();
            child.kill().unwrap();
            told(&String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr), &mut trained);
            if over {
                break;
            }
            kills += 1;
        }
        let last = project.run(&["run", "first.exp"]).code(0);
        told(&last.stderr(), &mut trained);
        assert_eq!(records(&project), *undisturbed);
        for (trial, times) in &trained {
            assert!(times <= &once[trial], "trial {trial} was trained {times} times, undisturbed {}", once[trial]);
        }
        project.run(&["run", "first.exp"]).code(0).says("all stored");
        if kills >= KILLS {
            break;
        }
    }
}

#[test]
fn two_runs_at_once_and_a_show_between_them() {
    let undisturbed = from_scratch(&long());
    let project = project(&long());
    let mut children: Vec<_> = (0..2)
        .map(|_| project.command(&["run", "first.exp"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    project.run(&["show", "first.exp", "--trials"]).code(0);
    for child in &mut children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(records(&project), undisturbed);
    project.run(&["run", "first.exp"]).code(0).says("all stored");
}

#[test]
fn ctrl_c_keeps_finished_trials_and_checkpoints() {
    let text = NOTEBOOK.replace("log(0.01, 1)", "0.05").replace("search = random(6)", "").replace("= 3", "= 16000");
    let project = project(&text);
    let child = project.command(&["run", "first.exp"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("interrupted") && said.contains("run the same command again"), "{said}");
    project.run(&["run", "--plan", "first.exp"]).code(4).prints("first: 1 continued");
    project.run(&["run", "first.exp"]).code(0);
    assert_eq!(records(&project), from_scratch(&text));
}

#[test]
fn a_store_that_cannot_be_used_is_named() {
    let project = project(NOTEBOOK);
    project.write(".caviar", "not a folder");
    let ran = project.run(&["run", "first.exp"]);
    assert!(ran.stderr().contains(".caviar"), "{}", ran.stderr());
    assert_eq!(ran.stderr().matches("not stored").count().min(2), ran.stderr().matches("not stored").count());
    std::fs::remove_file(project.path(".caviar")).unwrap();
    project.run(&["run", "first.exp"]).code(0);
}

#[test]
fn an_experiment_that_was_not_asked_for_keeps_its_place_in_the_lock() {
    let two = NOTEBOOK.to_string() + "experiment second from first { epochs = 2 }\n";
    let project = project(&two);
    project.run(&["run", "first.exp"]).code(0);
    let lock = project.read("first.lock");
    project.run(&["run", "--only", "first", "first.exp"]).code(0);
    assert_eq!(lock, project.read("first.lock"));
    project.run(&["run", "--plan", "first.exp"]).code(0);
}

#[test]
fn a_damaged_store_is_told_of_and_mended() {
    let project = project(NOTEBOOK);
    project.run(&["run", "first.exp"]).code(0);
    let before = records(&project);
    for damage in [
        |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2 + 7),
        |bytes: &mut Vec<u8>| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
        },
    ] {
        for file in std::fs::read_dir(project.path(".caviar/runs")).unwrap().flatten() {
            let mut bytes = std::fs::read(file.path()).unwrap();
            if bytes.len() > 1000 {
                damage(&mut bytes);
                std::fs::write(file.path(), bytes).unwrap();
            }
        }
        let again = project.run(&["run", "first.exp"]).code(0).says("computed again where needed");
        assert!(again.stderr().contains("runs trained, the rest stored"), "{}", again.stderr());
        assert_eq!(records(&project), before);
    }
    // A checkpoint that is damaged costs time only.
    for shelf in std::fs::read_dir(project.path(".caviar/checkpoints")).unwrap().flatten() {
        for file in std::fs::read_dir(shelf.path()).unwrap().flatten() {
            let mut bytes = std::fs::read(file.path()).unwrap();
            let last = bytes.len() - 5;
            bytes[last] ^= 1;
            std::fs::write(file.path(), bytes).unwrap();
        }
    }
    let longer = NOTEBOOK.replace("epochs = 3", "epochs = 5");
    project.write("first.exp", &longer);
    project.run(&["run", "first.exp"]).code(0);
    assert_eq!(records(&project), from_scratch(&longer));
}

/// A file system of its own, as large as it is told; only the system's administrator can make one.
#[cfg(target_os = "linux")]
struct Disk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    fn new(path: std::path::PathBuf, size: &str) -> Option<Disk> {
        std::fs::create_dir_all(&path).unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], &path);
        if !mounted {
            std::io::Write::write_all(&mut std::io::stderr(), b"skipped: no file system can be mounted here\n")
                .unwrap();
        }
        mounted.then_some(Disk(path))
    }

    fn again(&self, options: &str) {
        assert!(mount(&["-o", &format!("remount,{options}")], &self.0), "remount with {options}");
    }
}

#[cfg(target_os = "linux")]
fn mount(args: &[&str], path: &std::path::Path) -> bool {
    Command::new("mount").args(args).arg(path).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_or_read_only_is_told_of_and_keeps_what_it_has() {
    let many = NOTEBOOK.replace("random(6)", "random(60)");
    let undisturbed = from_scratch(&many);
    let folder = Project::new();
    let Some(disk) = Disk::new(folder.path("disk"), "64k") else { return };
    let run = |args: &[&str]| folder.run_in("disk", args);
    folder.write("disk/points.csv", points(200));
    // One trial is stored while there is room: of many, states for going on may take all of it first.
    folder.write("disk/first.exp", NOTEBOOK.replace("random(6)", "random(1)"));
    run(&["run", "first.exp"]);
    folder.write("disk/first.exp", &many);
    let records = || (folder.read("disk/first.lock"), folder.read("disk/first.out/trials.csv"));

    let full = run(&["run", "first.exp"]).code(3);
    assert!(full.stderr().contains("the disk is full"), "{}", full.stderr());
    assert!(full.stderr().contains("cannot write"), "{}", full.stderr());
    run(&["show", "first.exp"]).code(0);
    disk.again("size=16m");
    let rest = run(&["run", "first.exp"]).code(0);
    assert!(rest.stderr().contains("of 60 runs trained, the rest stored"), "{}", rest.stderr());
    assert_eq!(records(), undisturbed);

    disk.again("ro");
    let read_only = run(&["show", "first.exp"]).code(0);
    assert!(!read_only.stderr().contains("warning"), "{}", read_only.stderr());
    run(&["run", "--plan", "first.exp"]).code(0);
    run(&["verify", "first.exp"]).code(0);
    // Nothing has changed, so that nothing has to be written.
    run(&["run", "first.exp"]).code(0).says("all stored");
    disk.again("rw");
    folder.write("disk/first.exp", many.replace("random(60)", "random(61)"));
    disk.again("ro");
    let refused = run(&["run", "first.exp"]).code(3);
    assert!(refused.stderr().contains("cannot be written to"), "{}", refused.stderr());
    assert!(refused.stderr().contains("first.out"), "{}", refused.stderr());
    disk.again("rw");
    run(&["run", "first.exp"]).code(0).says("61 trials; 1 of 61 runs trained");
}
