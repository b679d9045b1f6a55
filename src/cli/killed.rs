//! The whole program in processes that die after so many written bytes, or whose disk takes no more, and that are started again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::record::fault::{self, Fault};

const LIMIT: &str = "CAVIAR_TEST_LIMIT";
const FULL: &str = "CAVIAR_TEST_FULL";

/// A search that learns, gives up bad trials, confirms the best ones, and leaves checkpoints in the middle of its trainings.
const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(4) -> tanh -> dense(classes) -> softmax }
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = log(0.01, 1))
  search = tpe(10), lag = 2, prune = halving(factor = 2)
  confirm = 2
  epochs = 8
  at epoch 3 { batch = 8 }
}
claim "it learns" { first.best.train.loss < 1 }
"#;

/// Not a test of its own: the program as the tests below start it.
#[test]
#[ignore = "started by the tests below"]
fn program() {
    let Ok(limit) = std::env::var(LIMIT) else { return };
    let full = std::env::var_os(FULL).is_some();
    fault::after(limit.parse().unwrap(), if full { Fault::Full } else { Fault::Dies });
    let code = super::with(["caviar", "run", "--threads", "2", "first.exp"]);
    eprintln!("\nwritten {}", fault::written());
    std::process::exit(code.into());
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = |i: usize| format!("{},{},{}\n", i % 7, (i * 5) % 11, if i % 7 > 3 { "right" } else { "left" });
    std::fs::write(folder.path().join("points.csv"), "x,y,kind\n".to_string() + &(0..60).map(row).collect::<String>())
        .unwrap();
    std::fs::write(folder.path().join("first.exp"), NOTEBOOK).unwrap();
    folder
}

/// Run the program, which may write so many bytes.
fn run(folder: &Path, limit: u64, fault: Fault) -> Ran {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "cli::killed::program", "--ignored", "--nocapture"]).current_dir(folder);
    command.env(LIMIT, limit.to_string()).env_remove("CI");
    if fault == Fault::Full {
        command.env(FULL, "");
    }
    Ran(command.output().unwrap())
}

fn run_whole(folder: &Path) -> Ran {
    let ran = run(folder, u64::MAX, Fault::Dies);
    assert_eq!(ran.0.status.code(), Some(0), "{}", ran.said());
    ran
}

struct Ran(Output);

impl Ran {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// How often each trial was told of as trained.
    fn trained(&self, into: &mut BTreeMap<String, usize>) {
        for line in self.said().lines() {
            if let Some(rest) = line.strip_prefix("first trial ") {
                *into.entry(rest.split(' ').next().unwrap_or_default().to_string()).or_default() += 1;
            }
        }
    }

    fn written(&self) -> u64 {
        self.said().lines().find_map(|line| line.strip_prefix("written ")?.parse().ok()).unwrap()
    }

    fn died(&self) -> bool {
        self.0.status.code().is_none()
    }
}

fn records(folder: &Path) -> Vec<Vec<u8>> {
    ["first.lock", "first.out/trials.csv", "first.out/report.html", "first.out/report.md"]
        .map(|name| std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}")))
        .into()
}

/// An undisturbed run: its records, what it trained, and how many bytes it wrote.
fn undisturbed() -> (Vec<Vec<u8>>, BTreeMap<String, usize>, u64) {
    let folder = project();
    let ran = run_whole(folder.path());
    let mut trained = BTreeMap::new();
    ran.trained(&mut trained);
    (records(folder.path()), trained, ran.written())
}

#[track_caller]
fn nothing_twice(trained: &BTreeMap<String, usize>, once: &BTreeMap<String, usize>) {
    for (trial, times) in trained {
        assert!(times <= &once[trial], "trial {trial} was trained again: {trained:?}, undisturbed {once:?}");
    }
}

#[test]
fn dead_at_any_byte_it_goes_on_to_the_same_records() {
    const DEATHS: u64 = 36;
    let (whole, once, bytes) = undisturbed();
    for death in 0..DEATHS {
        let folder = project();
        // Among them the first byte, and places within every kind of file.
        let limit = bytes * death / DEATHS + death * 7919 % (bytes / DEATHS);
        let mut trained = BTreeMap::new();
        let dead = run(folder.path(), limit, Fault::Dies);
        assert!(dead.died(), "{limit} of {bytes}: {}", dead.said());
        dead.trained(&mut trained);
        let last = run_whole(folder.path());
        last.trained(&mut trained);
        assert!(records(folder.path()) == whole, "other records after a death at byte {limit} of {bytes}");
        nothing_twice(&trained, &once);
    }
}

#[test]
fn dead_again_and_again_it_comes_to_the_same_records() {
    let (whole, once, bytes) = undisturbed();
    let folder = project();
    let (mut trained, mut deaths, mut limit) = (BTreeMap::new(), 0, bytes / 100);
    loop {
        let ran = run(folder.path(), limit, Fault::Dies);
        ran.trained(&mut trained);
        if !ran.died() {
            assert_eq!(ran.0.status.code(), Some(0), "{}", ran.said());
            break;
        }
        deaths += 1;
        // The report is one file, and has to be written at once in the end.
        limit += limit / 10;
    }
    assert!(deaths >= 20, "{deaths}");
    assert!(records(folder.path()) == whole, "other records after {deaths} deaths");
    nothing_twice(&trained, &once);
}

#[test]
fn a_disk_that_is_full_at_any_byte_is_told_of_and_keeps_what_it_has() {
    const TIMES: u64 = 12;
    let (whole, once, bytes) = undisturbed();
    for time in 0..TIMES {
        let folder = project();
        // What is written last only explains later plans, and is not missed.
        let most = bytes - bytes / 10;
        let limit = most * time / TIMES + time * 4099 % (most / TIMES);
        let mut trained = BTreeMap::new();
        let full = run(folder.path(), limit, Fault::Full);
        assert_eq!(full.0.status.code(), Some(3), "{}", full.said());
        assert!(full.said().contains("first.out") || full.said().contains("first.lock"), "{}", full.said());
        full.trained(&mut trained);
        assert_eq!(trained, once, "a full disk stops no training");
        let mut again = BTreeMap::new();
        let last = run_whole(folder.path());
        last.trained(&mut again);
        assert!(records(folder.path()) == whole, "other records after a disk that was full at byte {limit} of {bytes}");
        assert!(time < TIMES / 2 || again.len() < once.len(), "what was stored is trained again: {again:?}");
    }
}
