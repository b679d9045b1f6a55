//! The dispatcher over a transport whose workers do what a test says.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::line::{Answer, Request};
use super::{Bundle, Remote, Signal, Transport};
use crate::kernel::Isa;
use crate::plan::training::{Command, Task};
use crate::record::{Outcome, Run};
use crate::run::datasets::Datasets;
use crate::run::executor::{Executor, Job, Report};
use crate::run::worker::Equipment;
use crate::store::{Key, Store, key};

#[derive(Default)]
struct Script {
    started: Vec<Bundle>,
    cancelled: Vec<u64>,
    signals: std::collections::VecDeque<Signal>,
}

#[derive(Clone)]
struct Fake {
    script: Rc<RefCell<Script>>,
    cpus: usize,
}

impl Transport for Fake {
    fn start(&mut self, bundle: Bundle) {
        self.script.borrow_mut().started.push(bundle);
    }

    fn cancel(&mut self, bundle: u64) {
        self.script.borrow_mut().cancelled.push(bundle);
    }

    fn next(&mut self, _: Duration) -> Option<Signal> {
        self.script.borrow_mut().signals.pop_front()
    }

    fn cpus(&self) -> usize {
        self.cpus
    }
}

struct Bench {
    fake: Fake,
    remote: Remote<Fake>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(cpus: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path().join("store")).unwrap());
        let equipment = Equipment {
            datasets: Arc::new(Datasets::new()),
            store: store.clone(),
            isa: Isa::detect(),
            fresh: false,
            folder: folder.path().to_path_buf(),
            followed: 1,
        };
        let fake = Fake { script: Rc::default(), cpus };
        Bench { remote: Remote::new(fake.clone(), Arc::new(equipment)), fake, store, _folder: folder }
    }

    fn submit(&mut self, count: u64) -> Vec<Key> {
        (0..count)
            .map(|seed| {
                let task = Task::Command(Command { line: "true".into(), limit: None, repetition: 0, seed });
                let key = key::task(&task);
                self.remote.submit(Job { key, task, live: false, cpus: 1 });
                key
            })
            .collect()
    }

    /// All that is reported now; results are stored, as the head does.
    fn reports(&mut self) -> Vec<Report> {
        let mut all = Vec::new();
        while let Some(report) = self.remote.poll(Duration::ZERO) {
            if let Report::Done(key, run) = &report {
                self.store.put(key, run).unwrap();
            }
            all.push(report);
        }
        all
    }

    fn say(&mut self, signal: Signal) {
        self.fake.script.borrow_mut().signals.push_back(signal);
    }

    /// What was sent since the last call: numbers of bundles with the keys in them.
    fn sent(&mut self) -> Vec<(u64, Vec<Key>)> {
        let started = std::mem::take(&mut self.fake.script.borrow_mut().started);
        let keys = |bundle: &Bundle| bundle.lines.iter().map(|line| Request::read(line).unwrap().0).collect();
        started.iter().map(|bundle| (bundle.id, keys(bundle))).collect()
    }

    /// The bundles sent since the last call whose tasks tell their epochs to those who look on.
    fn followed(&mut self) -> Vec<u64> {
        let started = std::mem::take(&mut self.fake.script.borrow_mut().started);
        let followed = |bundle: &&Bundle| bundle.lines.iter().all(|line| Request::read(line).unwrap().1.followed);
        started.iter().filter(followed).map(|bundle| bundle.id).collect()
    }

    fn answer(&mut self, bundle: u64, answer: &Answer) {
        self.say(Signal::Line(bundle, answer.write()));
    }
}

fn run(key: Key, loss: f64) -> Run {
    let mut run = Run::empty(key.to_string(), 0, Outcome::Finished);
    run.metrics.insert("dev.loss".into(), loss);
    run.seconds = 0.1;
    run
}

fn done(report: &Report) -> Option<Key> {
    match report {
        Report::Done(key, _) => Some(*key),
        _ => None,
    }
}

#[test]
fn a_lost_worker_costs_the_task_in_hand_one_attempt_and_the_others_none() {
    let mut bench = Bench::new(1);
    let keys = bench.submit(1);
    assert!(bench.reports().is_empty());
    let first = bench.sent();
    bench.answer(first[0].0, &Answer::Run(keys[0], run(keys[0], 0.5)));
    bench.say(Signal::Ended(first[0].0, String::new()));
    assert_eq!(bench.reports().iter().filter_map(done).collect::<Vec<_>>(), keys);

    // A tenth of a second each: now they go together.
    let keys: Vec<Key> = bench.submit(9)[1..].to_vec();
    bench.reports();
    let sent = bench.sent();
    let (bundle, together) = sent.iter().find(|(_, keys)| keys.len() > 3).cloned().expect("a bundle");
    bench.say(Signal::At(bundle, "10.0.0.2".into()));
    bench.answer(bundle, &Answer::Run(together[0], run(together[0], 0.5)));
    bench.say(Signal::Ended(bundle, "killed".into()));
    let reports = bench.reports();
    let lost: Vec<_> = reports.iter().filter(|r| matches!(r, Report::Lost(..))).collect();
    let [Report::Lost(key, 1, why)] = lost[..] else { panic!("{reports:?}") };
    assert!(*key == together[1] && why.contains("10.0.0.2") && why.contains("killed"));
    let again = bench.sent();
    assert_eq!(again[0].1, [together[1]], "it goes before the others and alone");
    assert!(again[1..].iter().flat_map(|(_, keys)| keys).all(|key| together[2..].contains(key)));

    // All of them end, each once.
    let mut open: HashSet<Key> = keys.iter().copied().filter(|key| *key != together[0]).collect();
    let mut flights = [sent.into_iter().filter(|(id, _)| *id != bundle).collect(), again].concat();
    while !flights.is_empty() {
        for (bundle, keys) in flights {
            keys.iter().for_each(|key| bench.answer(bundle, &Answer::Run(*key, run(*key, 0.5))));
            bench.say(Signal::Ended(bundle, String::new()));
        }
        for report in bench.reports() {
            assert!(open.remove(&done(&report).expect("a result")));
        }
        flights = bench.sent();
    }
    assert!(open.is_empty() && bench.remote.idle());
}

#[test]
fn no_more_bundles_tell_their_epochs_than_are_looked_at() {
    let mut bench = Bench::new(4);
    let keys = bench.submit(20);
    bench.reports();
    let first = bench.followed();
    assert_eq!(first.len(), 1);
    bench.answer(first[0], &Answer::Epoch(keys[0], run(keys[0], 0.5)));
    assert!(matches!(&bench.reports()[..], [Report::Epoch(key, _)] if *key == keys[0]));
    assert!(bench.followed().is_empty());
    bench.say(Signal::Ended(first[0], "killed".into()));
    bench.reports();
    assert_eq!(bench.followed().len(), 1);
}

#[test]
fn a_task_that_is_lost_three_times_is_given_up_and_the_others_go_on() {
    let mut bench = Bench::new(2);
    let keys = bench.submit(2);
    bench.reports();
    let sent = bench.sent();
    bench.answer(sent[1].0, &Answer::Run(keys[1], run(keys[1], 0.5)));
    assert_eq!(bench.reports().len(), 1);
    let mut bundle = sent[0].0;
    for attempt in 1..=3 {
        bench.say(Signal::Ended(bundle, "out of memory".into()));
        let reports = bench.reports();
        assert!(matches!(&reports[0], Report::Lost(key, n, _) if *key == keys[0] && *n == attempt), "{reports:?}");
        match &reports[1..] {
            [] => bundle = bench.sent()[0].0,
            [Report::GaveUp(key, why)] => {
                assert!(attempt == 3 && *key == keys[0] && why.contains("3 times") && why.contains("out of memory"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(bench.remote.idle());
}

#[test]
fn where_no_worker_ever_gives_a_result_it_is_not_the_task() {
    let mut bench = Bench::new(1);
    bench.submit(50);
    for _ in 0..3 {
        let reports = bench.reports();
        assert!(!reports.iter().any(|report| matches!(report, Report::Broken(_))));
        let bundle = bench.sent()[0].0;
        bench.say(Signal::Ended(bundle, "cannot execute".into()));
    }
    let reports = bench.reports();
    let Some(Report::Broken(why)) = reports.last() else { panic!("{reports:?}") };
    assert!(why.contains("no worker has given a result") && why.contains("cannot execute"));
    assert!(bench.remote.idle());
}

#[test]
fn a_result_that_comes_twice_counts_once_and_another_one_ends_the_run() {
    let mut bench = Bench::new(2);
    let keys = bench.submit(1);
    bench.reports();
    let first = bench.sent()[0].0;
    bench.say(Signal::At(first, "10.0.0.1".into()));
    bench.say(Signal::Ended(first, "no answer".into()));
    bench.reports();
    let second = bench.sent()[0].0;
    bench.say(Signal::At(second, "10.0.0.2".into()));
    bench.answer(second, &Answer::Run(keys[0], run(keys[0], 0.5)));
    assert_eq!(bench.reports().iter().filter_map(done).count(), 1);

    let mut slower = run(keys[0], 0.5);
    slower.seconds = 9.0;
    bench.answer(second, &Answer::Run(keys[0], slower));
    assert!(bench.reports().is_empty());

    bench.answer(second, &Answer::Run(keys[0], run(keys[0], 0.25)));
    let reports = bench.reports();
    let [Report::Broken(why)] = reports.as_slice() else { panic!("{reports:?}") };
    for word in [&keys[0].short(), "0.5", "0.25", "10.0.0.2", "differ"] {
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn only_whole_lines_count_whatever_else_is_written() {
    let mut bench = Bench::new(1);
    let keys = bench.submit(1);
    bench.reports();
    let bundle = bench.sent()[0].0;
    let line = Answer::Run(keys[0], run(keys[0], 0.5)).write();
    for odd in ["Loading modules", "", &line[..line.len() - 1], &line.replace("0.5", "0.6")] {
        bench.say(Signal::Line(bundle, odd.into()));
    }
    assert!(bench.reports().is_empty());
    // It ends well, and has said nothing that counts.
    bench.say(Signal::Ended(bundle, "exit status: 0".into()));
    let reports = bench.reports();
    let [Report::Lost(_, 1, why)] = reports.as_slice() else { panic!("{reports:?}") };
    assert!(why.contains("Loading modules") && why.contains("exit status: 0"));
    let bundle = bench.sent()[0].0;
    bench.say(Signal::Line(bundle, line));
    assert_eq!(bench.reports().iter().filter_map(done).collect::<Vec<_>>(), keys);
}

#[test]
fn what_a_worker_refuses_is_tried_elsewhere_and_what_fails_is_not() {
    let mut bench = Bench::new(1);
    let keys = bench.submit(2);
    bench.reports();
    let sent = bench.sent();
    bench.answer(sent[0].0, &Answer::Refused(Some(keys[0]), "there is no file".into()));
    bench.say(Signal::Ended(sent[0].0, String::new()));
    bench.answer(sent[1].0, &Answer::Failed(keys[1], "the shapes do not fit".into()));
    bench.say(Signal::Ended(sent[1].0, String::new()));
    let reports = bench.reports();
    assert!(matches!(&reports[0], Report::Lost(key, 1, why) if *key == keys[0] && why.contains("no file")));
    assert!(matches!(&reports[1], Report::Failed(key, why) if *key == keys[1] && why == "the shapes do not fit"));
    assert_eq!(bench.sent()[0].1, [keys[0]]);
}

#[test]
fn twice_as_much_is_asked_for_as_there_is() {
    let mut bench = Bench::new(3);
    bench.submit(20);
    bench.reports();
    assert_eq!(bench.sent().iter().map(|(_, keys)| keys.len()).collect::<Vec<_>>(), [1; 6]);
}

#[test]
fn what_is_not_wanted_is_cancelled_and_can_be_wanted_again() {
    let mut bench = Bench::new(1);
    let keys = bench.submit(3);
    bench.reports();
    let sent = bench.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(bench.remote.retain(&HashSet::from([keys[1]])), 2);
    assert!(bench.remote.holds(&keys[0]) && !bench.remote.holds(&keys[2]));
    assert_eq!(bench.fake.script.borrow().cancelled, [sent[0].0]);
    bench.say(Signal::Ended(sent[0].0, "cancelled".into()));
    let reports = bench.reports();
    assert!(matches!(reports[..], [Report::Cancelled(key)] if key == keys[0]), "{reports:?}");
    bench.submit(1);
    bench.reports();
    assert_eq!(bench.sent()[0].1, [keys[0]]);
}

#[test]
fn an_engine_that_is_gone_ends_the_run() {
    let mut bench = Bench::new(1);
    bench.submit(3);
    bench.reports();
    bench.say(Signal::Broken("the bridge ended".into()));
    let reports = bench.reports();
    assert!(matches!(&reports[..], [Report::Broken(why)] if why.contains("the bridge ended")));
    assert!(bench.remote.idle());
    bench.submit(1);
    assert!(bench.remote.idle());
}
