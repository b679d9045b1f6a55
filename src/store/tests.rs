use std::fs::OpenOptions;
use std::io::Write;

use super::segment::Writer;
use super::*;
use crate::record::inspect::{Confusion, Inspection};
use sample::{run, training};

fn key(n: u64) -> Key {
    Key::of_bytes(&n.to_le_bytes())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn filled(root: &Path, numbers: std::ops::Range<u64>) -> Store {
    let store = Store::open(root).unwrap();
    for n in numbers {
        assert_eq!(store.put(&key(n), &run(n)).unwrap(), Put::Written);
    }
    store
}

fn only(root: &Path, extension: &str) -> PathBuf {
    let mut found = fs::read_dir(root.join("runs")).unwrap().map(|e| e.unwrap().path());
    found.find(|path| path.extension().is_some_and(|e| e == extension)).unwrap()
}

#[test]
fn what_is_put_is_there_for_the_next_process() {
    let folder = folder();
    let store = filled(folder.path(), 0..20);
    assert_eq!(store.get(&key(3)), Some(run(3)));
    assert_eq!(store.get(&key(99)), None);
    let other = Store::open(folder.path()).unwrap();
    assert_eq!(other.keys().len(), 20);
    assert_eq!(other.get(&key(3)), Some(run(3)));
    assert_eq!(other.summaries().unwrap().len(), 20);
    assert_eq!(other.warnings(), []);
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn opening_makes_nothing() {
    let folder = folder();
    let root = folder.path().join(".caviar");
    assert_eq!(Store::open(&root).unwrap().keys(), []);
    assert!(!root.exists());
}

#[test]
fn the_same_twice_is_once_and_other_bits_are_an_error() {
    let folder = folder();
    let store = filled(folder.path(), 0..1);
    let slower = Run { seconds: 77.0, ..run(0) };
    assert_eq!(store.put(&key(0), &slower).unwrap(), Put::Known);
    let mut other = run(0);
    other.series.get_mut("dev.loss").unwrap()[4] = 9.0;
    let error = store.put(&key(0), &other).unwrap_err();
    assert!(
        matches!(&error, StoreError::Conflict { what, .. } if what.starts_with("dev.loss at epoch 5: ")),
        "{error}"
    );
    assert_eq!(store.get(&key(0)), Some(run(0)));
}

#[test]
fn more_observations_extend_a_result() {
    let folder = folder();
    let store = filled(folder.path(), 0..1);
    let mut wider = run(0);
    wider.series.insert("dev.auc".into(), vec![0.5; 10]);
    assert_eq!(store.put(&key(0), &wider).unwrap(), Put::Extended);
    assert_eq!(store.put(&key(0), &run(0)).unwrap(), Put::Known);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.get(&key(0)), Some(wider));
    assert_eq!(store.keys().len(), 1);
    assert!(store.summaries().unwrap()[0].1.series.contains(&"dev.auc".to_string()));
}

#[test]
fn a_training_gets_what_it_asks_for() {
    let folder = folder();
    let store = Store::open(folder.path()).unwrap();
    let mut wanted = training(10);
    store.put(&key::run(&wanted), &run(0)).unwrap();
    assert_eq!(store.fetch(&key::run(&wanted), &wanted), Some(run(0)));
    wanted.observe.gradients = true;
    assert_eq!(store.fetch(&key::run(&wanted), &wanted), None);
}

#[test]
fn two_stores_write_at_once_and_see_each_other() {
    let folder = folder();
    let (a, b) = (Store::open(folder.path()).unwrap(), Store::open(folder.path()).unwrap());
    std::thread::scope(|scope| {
        for (store, first) in [(&a, 0), (&b, 1), (&a, 2), (&b, 3)] {
            scope.spawn(move || (0..50).for_each(|n| _ = store.put(&key(4 * n + first), &run(4 * n + first)).unwrap()));
        }
    });
    assert_eq!(a.refresh().unwrap(), 100);
    assert_eq!(a.keys(), Store::open(folder.path()).unwrap().keys());
    assert!((0..200).all(|n| a.get(&key(n)) == Some(run(n))));
    assert_eq!(a.warnings(), []);
}

#[test]
fn two_results_by_two_processes_are_told_of() {
    let folder = folder();
    let (a, b) = (Store::open(folder.path()).unwrap(), Store::open(folder.path()).unwrap());
    a.put(&key(0), &run(0)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(3));
    b.put(&key(0), &run(1)).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.get(&key(0)), Some(run(0)), "the older one is used");
    assert!(matches!(store.warnings()[..], [Warning::Conflict { .. }]));
}

#[test]
fn damaged_curves_cost_their_entry_only() {
    let folder = folder();
    filled(folder.path(), 0..5);
    let path = only(folder.path(), "curves");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let lost: Vec<u64> = (0..5).filter(|n| store.get(&key(*n)).is_none()).collect();
    assert_eq!(lost, [2]);
    assert_eq!(store.warnings(), [Warning::Damaged { file: path, entries: 1 }]);
    assert_eq!(store.put(&key(2), &run(2)).unwrap(), Put::Written);
    assert_eq!(Store::open(folder.path()).unwrap().get(&key(2)), Some(run(2)));
}

/// Two bits of every byte of every file, and every length that a file can be cut to.
#[test]
fn whatever_byte_is_damaged_no_entry_is_wrong() {
    let folder = folder();
    let store = filled(folder.path(), 0..3);
    let confusion = Confusion { set: "dev".into(), classes: vec!["a".into()], counts: vec![vec![3]] };
    let confusion = Inspection::Confusion(confusion);
    store.put_checkpoint(&key(0), 5, b"state 5").unwrap();
    store.put_checkpoint(&key(0), 9, b"state 9").unwrap();
    store.put_inspection(&key(1), &confusion).unwrap();
    store.put_memo(&key(2), b"memo").unwrap();
    drop(store);
    let mut files = Vec::new();
    for top in ["runs", "checkpoints", "inspections", "files"] {
        for entry in fs::read_dir(folder.path().join(top)).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => files.extend(fs::read_dir(entry).unwrap().map(|entry| entry.unwrap().path())),
                false => files.push(entry),
            }
        }
    }
    assert_eq!(files.len(), 6);
    let look = |what: &str| {
        let store = Store::open(folder.path()).unwrap();
        let mut lost = 0;
        for n in 0..3 {
            match store.get(&key(n)) {
                Some(found) => assert_eq!(found, run(n), "{what}"),
                None => lost += 1,
            }
        }
        for (_, summary) in store.summaries().unwrap() {
            assert!((0..3).any(|n| summary == Summary::of(&run(n))), "{what}");
        }
        match store.best_checkpoint(&key(0), 100) {
            Some((9, state)) => assert_eq!(state, b"state 9", "{what}"),
            Some((5, state)) => (assert_eq!(state, b"state 5", "{what}"), lost += 1).1,
            other => panic!("{what}: {other:?}"),
        }
        lost += usize::from(store.inspection(&key(1)).map(|found| assert_eq!(found, confusion, "{what}")).is_none());
        lost += usize::from(store.memo(&key(2)).map(|found| assert_eq!(found, b"memo", "{what}")).is_none());
        (lost, store.warnings().len())
    };
    assert_eq!(look("intact"), (0, 0));
    for file in files {
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            for bit in [at % 8, (at + 3) % 8] {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                fs::write(&file, bytes).unwrap();
                let what = format!("{} byte {at} bit {bit}", file.display());
                let (lost, warnings) = look(&what);
                assert!(lost <= 1 && warnings == lost, "{what}: {lost} lost, {warnings} warnings");
            }
            fs::write(&file, &whole[..at]).unwrap();
            look(&format!("{} cut to {at}", file.display()));
        }
        fs::write(&file, whole).unwrap();
    }
    assert_eq!(look("mended"), (0, 0));
}

#[test]
fn a_lost_file_of_curves_costs_its_entries_only() {
    let folder = folder();
    filled(folder.path(), 0..2);
    fs::remove_file(only(folder.path(), "curves")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.get(&key(0)), None);
    assert_eq!(store.get(&key(1)), None);
    assert!(matches!(store.warnings()[..], [Warning::Damaged { entries: 2, .. }]));
    store.put(&key(1), &run(1)).unwrap();
    assert_eq!(store.get(&key(1)), Some(run(1)));
}

#[test]
fn a_torn_end_is_told_of_when_its_writer_is_gone_and_taken_up_when_it_goes_on() {
    let folder = folder();
    let writer = filled(folder.path(), 0..3);
    let path = only(folder.path(), "log");
    let whole = fs::read(&path).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(whole.len() as u64 - 7).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!((store.keys().len(), store.warnings().len()), (2, 0), "its writer is alive");
    fs::write(&path, &whole).unwrap();
    assert_eq!(store.refresh().unwrap(), 1);
    assert_eq!(store.get(&key(2)), Some(run(2)));
    drop(writer);
    file.set_len(whole.len() as u64 - 7).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.warnings(), [Warning::Torn { file: path }]);
    assert_eq!(store.get(&key(1)), Some(run(1)));
}

#[test]
fn bytes_of_something_else_are_passed_over() {
    let folder = folder();
    filled(folder.path(), 0..3);
    let path = only(folder.path(), "log");
    let mut bytes = fs::read(&path).unwrap();
    bytes.splice(0..0, *b"hello");
    fs::write(&path, &bytes).unwrap();
    fs::write(folder.path().join("runs/notes.txt"), "x").unwrap();
    fs::create_dir(folder.path().join("runs/folder.log")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.keys().len(), 3);
    let warnings = store.warnings();
    assert!(warnings.contains(&Warning::Damaged { file: path, entries: 1 }), "{warnings:?}");
    assert!(warnings.iter().any(|w| matches!(w, Warning::Unreadable { .. })), "{warnings:?}");
}

#[test]
fn a_file_in_place_of_the_folder_is_an_error() {
    let folder = folder();
    let root = folder.path().join(".caviar");
    fs::write(&root, "x").unwrap();
    assert!(matches!(Store::open(&root), Err(StoreError::Read { .. })));
}

#[test]
fn what_cannot_be_written_stays_in_memory_and_is_written_later() {
    let folder = folder();
    let store = Store::open(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub"), "in the way").unwrap();
    assert!(store.put(&key(0), &run(0)).is_err());
    assert!(store.put(&key(1), &run(1)).is_err());
    assert_eq!(store.get(&key(0)), Some(run(0)));
    assert!(store.contains(&key(1)) && store.keys().len() == 2);
    fs::remove_file(folder.path().join("sub")).unwrap();
    assert_eq!(store.put(&key(2), &run(2)).unwrap(), Put::Written);
    let other = Store::open(store.folder()).unwrap();
    assert!((0..3).all(|n| other.get(&key(n)) == Some(run(n))));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let folder = folder();
    let store = filled(folder.path(), 0..1);
    {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut index = store.lock();
        let (_, writer) = index.writer.as_mut().unwrap();
        let name = writer.name.clone();
        *writer = Writer::on(full(), full());
        writer.name = name;
    }
    let error = store.put(&key(1), &run(1)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(store.get(&key(1)), Some(run(1)));
    assert_eq!(Store::open(folder.path()).unwrap().keys(), [key(0)]);
}

#[test]
fn half_an_entry_after_a_failed_write_does_not_hide_the_next() {
    let folder = folder();
    let store = filled(folder.path(), 0..2);
    let mut log = OpenOptions::new().append(true).open(only(folder.path(), "log")).unwrap();
    let whole = frame::encode(frame::Kind::Summary, &key(7), &[1; 40]);
    // As when the disk is full and the file does not let itself be shortened.
    log.write_all(&whole[..whole.len() / 2]).unwrap();
    store.put(&key(2), &run(2)).unwrap();
    let other = Store::open(folder.path()).unwrap();
    assert_eq!(other.keys().len(), 3);
}

#[test]
fn a_deleted_folder_is_made_again() {
    let folder = folder();
    let root = folder.path().join(".caviar");
    let store = filled(&root, 0..2);
    fs::remove_dir_all(&root).unwrap();
    store.refresh().unwrap();
    assert_eq!(store.keys(), []);
    store.put(&key(5), &run(5)).unwrap();
    fs::remove_dir_all(&root).unwrap();
    store.put(&key(6), &run(6)).unwrap();
    let other = Store::open(&root).unwrap();
    assert_eq!(other.keys(), [key(6)]);
    assert_eq!(store.get(&key(5)), None);
}

#[test]
fn checkpoints_go_on_from_the_best_intact_one() {
    let folder = folder();
    let store = Store::open(folder.path()).unwrap();
    for epoch in [5, 10, 20, 100] {
        store.put_checkpoint(&key(0), epoch, format!("state {epoch}").as_bytes()).unwrap();
    }
    store.put_checkpoint(&key(1), 7, b"of another").unwrap();
    let best =
        |at_most| store.best_checkpoint(&key(0), at_most).map(|(e, state)| (e, String::from_utf8(state).unwrap()));
    assert_eq!(best(4), None);
    assert_eq!(best(15), Some((10, "state 10".into())));
    assert_eq!(best(1000), Some((100, "state 100".into())));
    let shelf = folder.path().join("checkpoints").join(&key(0).to_string()[..2]);
    let path = shelf.join(format!("{}-20", key(0)));
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(best(99), Some((10, "state 10".into())));
    assert_eq!(store.warnings(), [Warning::Damaged { file: path, entries: 1 }]);
    store.thin_checkpoints(&key(0), |epoch| epoch == 5);
    assert_eq!(store.checkpoints(&key(0)), [5]);
}

#[test]
fn a_change_at_an_epoch_goes_on_from_the_checkpoint_before_it() {
    let folder = folder();
    let store = Store::open(folder.path()).unwrap();
    let mut text = training(60);
    let mut stage = text.phases[0].clone();
    stage.after = 40;
    stage.l2 = 0.1;
    text.phases.push(stage);
    for epoch in [10, 30, 40, 50, 60] {
        store.put_checkpoint(&key::lineage_at(&text, epoch), epoch, &[epoch as u8]).unwrap();
    }
    assert_eq!(store.resume(&text), Some((60, vec![60])));
    let mut shorter = text.clone();
    shorter.epochs = 55;
    assert_eq!(store.resume(&shorter), Some((50, vec![50])));
    let mut longer = text.clone();
    longer.epochs = 90;
    assert_eq!(store.resume(&longer), Some((60, vec![60])));
    let mut changed = text.clone();
    changed.phases[1].l2 = 0.2;
    assert_eq!(store.resume(&changed), Some((40, vec![40])));
    let mut earlier = text.clone();
    earlier.phases[1].after = 35;
    assert_eq!(store.resume(&earlier), Some((30, vec![30])));
    let mut other = text;
    other.seed = 1;
    assert_eq!(store.resume(&other), None);
}

#[test]
fn inspections_are_kept() {
    let folder = folder();
    let store = Store::open(folder.path()).unwrap();
    let confusion = Confusion { set: "dev".into(), classes: vec!["a".into()], counts: vec![vec![3]] };
    let confusion = Inspection::Confusion(confusion);
    let at = key::inspection(&key(0), "confusion dev");
    assert_eq!(store.inspection(&at), None);
    store.put_inspection(&at, &confusion).unwrap();
    assert_eq!(store.inspection(&at), Some(confusion));
    assert_ne!(at, key::inspection(&key(0), "confusion test"));
}

#[test]
fn cleaning_keeps_what_is_wanted_and_only_that() {
    let folder = folder();
    drop(filled(folder.path(), 0..10));
    drop(filled(folder.path(), 10..20));
    let store = Store::open(folder.path()).unwrap();
    store.put_checkpoint(&key(1), 5, b"x").unwrap();
    store.put_checkpoint(&key(2), 5, b"x").unwrap();
    fs::write(folder.path().join("runs/left.curves"), "over").unwrap();
    let busy = filled(folder.path(), 100..101);
    let reader = Store::open(folder.path()).unwrap();
    let wanted = Wanted { runs: (5..15).map(key).collect(), lineages: [key(2)].into(), ..Wanted::default() };
    let cleaned = store.clean(&wanted).unwrap();
    assert_eq!((cleaned.runs, cleaned.checkpoints, cleaned.in_use), (10, 1, 1));
    assert!(cleaned.bytes > 0);
    assert!((5..15).all(|n| store.get(&key(n)) == Some(run(n))));
    assert!((5..15).all(|n| reader.get(&key(n)) == Some(run(n))), "a reader finds what was moved");
    assert_eq!(reader.get(&key(1)), None);
    assert_eq!(store.keys().len(), 11);
    assert_eq!(busy.put(&key(101), &run(101)).unwrap(), Put::Written);
    assert_eq!((store.checkpoints(&key(1)).len(), store.checkpoints(&key(2)).len()), (0, 1));
    assert!(!folder.path().join("runs/left.curves").exists());
    drop(busy);
    assert_eq!(store.clean(&wanted).unwrap().runs, 2);
    let again = store.clean(&wanted).unwrap();
    assert_eq!(again, Cleaned::default(), "nothing is left to do");
    assert_eq!(fs::read_dir(folder.path().join("runs")).unwrap().count(), 2);
    assert_eq!(store.put(&key(50), &run(50)).unwrap(), Put::Written);
    assert_eq!(store.warnings(), []);
}

#[test]
fn a_store_is_at_the_top_of_the_checkout_or_beside_the_file() {
    let folder = folder();
    let inner = folder.path().canonicalize().unwrap().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::write(inner.join("x.exp"), "").unwrap();
    assert_eq!(locate(&inner.join("x.exp")), inner.join(".caviar"));
    assert_eq!(locate(&inner), inner.join(".caviar"));
    fs::write(inner.parent().unwrap().join(".git"), "gitdir: elsewhere").unwrap();
    assert_eq!(locate(&inner.join("x.exp")), inner.parent().unwrap().join(".caviar"));
}

/// What is stored is read by later builds: when this fails, raise [`frame::VERSION`].
#[test]
fn the_stored_form_is_pinned() {
    let bytes = postcard::to_stdvec(&run(3)).unwrap();
    let summary = postcard::to_stdvec(&Summary::of(&run(3))).unwrap();
    assert_eq!(Key::of_bytes(&bytes).short(), "eebf3b89d9412254");
    assert_eq!(Key::of_bytes(&summary).short(), "6e7e719011c013e1");
}

/// How long a list of many takes is printed with `--nocapture`; the goal is half a second in a release build.
#[test]
fn a_hundred_thousand_runs_are_listed() {
    let folder = folder();
    let store = filled(folder.path(), 0..100_000);
    drop(store);
    let start = std::time::Instant::now();
    let store = Store::open(folder.path()).unwrap();
    let opened = start.elapsed();
    let list = store.summaries().unwrap();
    let listed = start.elapsed();
    assert_eq!(list.len(), 100_000);
    assert!(list.iter().all(|(_, summary)| summary.epochs == 10 && summary.metrics.len() == 4));
    let line = format!("100,000 runs: opened in {opened:?}, listed in {listed:?}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(listed.as_secs() < 20, "{line}");
}
