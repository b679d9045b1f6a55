//! What the head of a cluster can take: the real head, with workers that only wait and then answer.
//!
//! `cargo bench --bench head -- [--workers 10000] [--seconds 0] [--trials 20000] [--search random|tpe] [--lag 20000] [--state 8192]`
//! prints a line of JSON: the head's processor time a trial, trials a second, and the share of the workers that was kept busy.

#![allow(clippy::print_stdout, missing_docs)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use caviar::kernel::Isa;
use caviar::record::{Outcome, Run};
use caviar::run::datasets::Datasets;
use caviar::run::open::open;
use caviar::run::remote::line::Answer;
use caviar::run::remote::{Bundle, Remote, Signal, Transport};
use caviar::run::worker::Equipment;
use caviar::run::{self, Event, Options, Session};
use caviar::store::{Key, Store};

/// Epochs of a trial: what a record has a number of for each metric.
const EPOCHS: u32 = 20;

struct Asked {
    workers: usize,
    seconds: f64,
    trials: usize,
    search: String,
    lag: usize,
    state: usize,
}

impl Asked {
    fn read() -> Self {
        let args: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
        let text = |name: &str| {
            let at = args.iter().position(|a| a == &format!("--{name}"))?;
            args.get(at + 1).cloned()
        };
        let number = |name: &str, usual: f64| text(name).map_or(usual, |t| t.parse().expect("a number"));
        Asked {
            workers: number("workers", 10_000.0) as usize,
            seconds: number("seconds", 0.0),
            trials: number("trials", 20_000.0) as usize,
            search: text("search").unwrap_or_else(|| "random".into()),
            lag: number("lag", 20_000.0) as usize,
            state: number("state", 8192.0) as usize,
        }
    }
}

/// Workers that sleep: they are one thread with a clock.
struct Sleepers {
    workers: usize,
    bundles: Sender<Bundle>,
    signals: Receiver<Signal>,
}

impl Sleepers {
    fn new(asked: &Asked) -> Self {
        let (bundles, taken) = channel();
        let (said, signals) = channel();
        let (workers, seconds, state) = (asked.workers, asked.seconds, vec![7; asked.state]);
        std::thread::spawn(move || sleep(workers, seconds, &state, &taken, &said));
        Sleepers { workers, bundles, signals }
    }
}

impl Transport for Sleepers {
    fn start(&mut self, bundle: Bundle) {
        self.bundles.send(bundle).expect("the workers are there");
    }

    fn cancel(&mut self, _: u64) {}

    fn next(&mut self, wait: Duration) -> Option<Signal> {
        self.signals.recv_timeout(wait).ok()
    }

    fn cpus(&self) -> usize {
        self.workers
    }
}

fn sleep(workers: usize, seconds: f64, state: &[u8], bundles: &Receiver<Bundle>, said: &Sender<Signal>) {
    let mut waiting: VecDeque<Bundle> = VecDeque::new();
    // When a worker's next task ends, and the tasks of its bundle that are left.
    let mut ends: BinaryHeap<Reverse<(Instant, u64)>> = BinaryHeap::new();
    let mut busy: std::collections::HashMap<u64, VecDeque<String>> = std::collections::HashMap::new();
    let pause = Duration::from_secs_f64(seconds);
    let mut number = 0;
    loop {
        let until = ends.peek().map(|Reverse((when, _))| *when);
        let patience = until.map_or(Duration::from_secs(1), |when| when.saturating_duration_since(Instant::now()));
        match bundles.recv_timeout(patience) {
            Ok(bundle) => waiting.push_back(bundle),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        while let Some(Reverse((when, id))) = ends.peek().copied()
            && when <= now
        {
            ends.pop();
            let lines = busy.get_mut(&id).expect("it is being done");
            let line = lines.pop_front().expect("it has a task");
            number += 1;
            for answer in answers(&line, seconds, number, state) {
                if said.send(Signal::Line(id, answer.write())).is_err() {
                    return;
                }
            }
            if lines.is_empty() {
                busy.remove(&id);
                let _ = said.send(Signal::Ended(id, "done".into()));
            } else {
                ends.push(Reverse((when + pause, id)));
            }
        }
        while busy.len() < workers
            && let Some(bundle) = waiting.pop_front()
        {
            ends.push(Reverse((now + pause, bundle.id)));
            busy.insert(bundle.id, bundle.lines.into());
        }
    }
}

/// The answers to a request, as a training of some epochs gives them.
fn answers(request: &str, seconds: f64, number: u64, state: &[u8]) -> Vec<Answer> {
    let (_, rest) = request.split_once("\"key\":").expect("a request has a key");
    let end = rest.find([',', '}']).expect("more fields");
    let key: Key = serde_json::from_str(&rest[..end]).expect("a key");
    let repetition = 0;
    let mut run = Run::empty(key.to_string(), repetition, Outcome::Finished);
    let value = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1u64 << 53) as f64;
    for metric in ["dev.loss", "dev.accuracy", "test.loss", "test.accuracy", "train.loss"] {
        run.series.insert(metric.into(), (0..EPOCHS).map(|epoch| value / f64::from(epoch + 1)).collect());
        run.metrics.insert(metric.into(), value);
    }
    (run.parameters, run.planned, run.seconds) = (1000, EPOCHS, seconds.max(1e-3));
    let mut answers = vec![Answer::Run(key, run)];
    if !state.is_empty() {
        answers.insert(0, Answer::State(key, EPOCHS, state.to_vec()));
    }
    answers
}

/// Processor seconds of this thread.
fn processor() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split_whitespace().next().and_then(|t| t.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

fn main() {
    let asked = Asked::read();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.exp");
    let (search, trials, lag) = (&asked.search, asked.trials, asked.lag);
    let text = format!(
        "data d {{ source = moons(points = 40) }}\nlet width = int(4, 64)\n\
         network n {{ dense(width) -> choice(relu, tanh) -> dense(classes) -> softmax }}\n\
         experiment e {{\n  data = d, network = n, optimizer = adam(rate = log(1e-4, 1), beta1 = linear(0, 0.99))\n  \
         l2 = log(1e-6, 0.1), epochs = {EPOCHS}, search = {search}(trials = {trials}), lag = {lag}\n}}\n"
    );
    fs::write(&path, text).expect("a file");
    let datasets = Arc::new(Datasets::new());
    let opened = open(&path, &datasets);
    let notebook = opened.notebook.as_ref().unwrap_or_else(|| panic!("{:?}", opened.diagnostics));
    let store = Arc::new(Store::open(folder.path().join(".caviar")).expect("a store"));
    let equipment = Arc::new(Equipment {
        datasets: datasets.clone(),
        store: store.clone(),
        isa: Isa::detect(),
        fresh: false,
        folder: folder.path().into(),
        followed: 0,
    });
    let mut executor = Remote::new(Sleepers::new(&asked), equipment);
    let mut session = Session {
        store: &store,
        executor: &mut executor,
        datasets,
        base: &opened.base,
        options: Options::default(),
        interrupted: &mut || None,
    };
    let mut arrived = 0;
    let (started, before) = (Instant::now(), processor());
    run::bring_up_to_date(notebook, &mut session, &mut |event| {
        arrived += usize::from(matches!(event, Event::Arrived { .. }));
    })
    .expect("every trial is answered");
    let (wall, cost) = (started.elapsed().as_secs_f64(), processor() - before);
    assert_eq!(arrived, asked.trials);
    println!(
        "{}",
        serde_json::json!({
            "workers": asked.workers, "seconds": asked.seconds, "trials": arrived, "search": asked.search,
            "state": asked.state, "wall": wall, "milliseconds": cost / arrived as f64 * 1e3, "rate": arrived as f64 / wall,
            "busy": arrived as f64 * asked.seconds / (asked.workers as f64 * wall),
        })
    );
}
