//! Processes that write to one store and are killed at any moment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use caviar::record::{Outcome, Run};
use caviar::store::{Key, Store, Wanted, Warning};

const FOLDER: &str = "CAVIAR_TEST_STORE";
const FIRST: &str = "CAVIAR_TEST_FIRST";

fn key(n: u64) -> Key {
    Key::of_bytes(&n.to_le_bytes())
}

fn run(n: u64) -> Run {
    let curve: Vec<f64> = (1..=200).map(|epoch| (n as f64 + 1.0) / f64::from(epoch)).collect();
    Run {
        key: key(n).to_string(),
        repetition: 0,
        outcome: Outcome::Finished,
        series: BTreeMap::from([("dev.loss".into(), curve.clone()), ("train.loss".into(), curve)]),
        metrics: BTreeMap::from([("dev.loss".into(), n as f64)]),
        parameters: n,
        planned: 0,
        changes: Vec::new(),
        activations: Vec::new(),
        gradients: Vec::new(),
        seconds: 0.0,
    }
}

/// Not a test of its own: what the other processes do. Writes runs and a checkpoint each, and says so after each, until it is
/// killed.
#[test]
#[ignore = "started by the tests below"]
fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = Store::open(folder).unwrap();
    for n in first.. {
        store.put_checkpoint(&key(first), n as u32, &[n as u8; 20_000]).unwrap();
        store.put(&key(n), &run(n)).unwrap();
        let mut out = std::io::stdout().lock();
        out.write_all(format!("\nwrote {n}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

fn start(folder: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::writer", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kill a writer; which runs it said that it had written.
fn end(mut child: Child) -> Vec<u64> {
    child.kill().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().map_while(Result::ok);
    let said = lines.filter_map(|line| line.strip_prefix("wrote ")?.parse().ok()).collect();
    child.wait().unwrap();
    said
}

#[test]
fn nothing_that_was_finished_is_lost_when_two_writers_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for round in 0..12u64 {
        let first = round * 1_000_000;
        let children = [start(folder.path(), first), start(folder.path(), first + 500_000)];
        // Moments that fall at any place in the writer's loop.
        std::thread::sleep(Duration::from_micros(60_000 + round * 7_919));
        said.extend(children.into_iter().flat_map(end));
        let store = Store::open(folder.path()).unwrap();
        assert!(said.iter().all(|n| store.get(&key(*n)) == Some(run(*n))), "round {round}");
        let warnings = store.warnings();
        assert!(warnings.iter().all(|w| matches!(w, Warning::Torn { .. })), "{warnings:?}");
    }
    assert!(said.len() > 12, "the writers wrote too little to show anything: {}", said.len());

    let store = Store::open(folder.path()).unwrap();
    for first in said.iter().map(|n| n / 500_000 * 500_000) {
        let (epoch, state) = store.best_checkpoint(&key(first), u32::MAX).expect("a checkpoint before each run");
        assert_eq!(state, [epoch as u8; 20_000]);
    }
    let wanted = Wanted { runs: said.iter().copied().map(key).collect(), ..Wanted::default() };
    let cleaned = store.clean(&wanted).unwrap();
    assert_eq!(cleaned.in_use, 0, "killed writers hold nothing");
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.keys().len(), said.len());
    assert!(said.iter().all(|n| store.get(&key(*n)) == Some(run(*n))));
    assert_eq!(store.warnings(), []);
}

#[test]
fn cleaning_while_another_process_writes_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = end({
        let child = start(folder.path(), 0);
        std::thread::sleep(Duration::from_millis(150));
        child
    });
    let child = start(folder.path(), 1_000_000);
    let store = Store::open(folder.path()).unwrap();
    let all = |store: &Store| Wanted { runs: store.keys().into_iter().collect(), ..Wanted::default() };
    for _ in 0..20 {
        store.refresh().unwrap();
        store.clean(&all(&store)).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    said.extend(end(child));
    assert!(said.len() > 2);
    store.refresh().unwrap();
    assert!(said.iter().all(|n| store.get(&key(*n)) == Some(run(*n))));
}
