//! The dispatcher: which tasks are sent when, what counts as an answer, and what is sent again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::line::{Answer, Needed, Request};
use super::requests::{NoRequest, Requests};
use super::{Bundle, Signal, Transport};
use crate::plan::training::Task;
use crate::record::Run;
use crate::record::digest::Digest;
use crate::run::executor::{Executor, Job, Report};
use crate::run::worker::{Equipment, States};
use crate::store::{Key, merge};

/// How often a task is sent.
const ATTEMPTS: u32 = 3;
/// So many attempts lost one after another, and two for each core, end the run.
const BARREN: usize = 12;
/// Seconds of work that are sent at once.
const BUNDLE_SECONDS: f64 = 1.0;
/// Most tasks that are sent at once.
const BUNDLE_TASKS: usize = 1000;
/// Most bytes that are sent at once, unless a single task has more.
const BUNDLE_BYTES: usize = 8 << 20;
/// How long a cancelled bundle may take to end.
const CANCEL: Duration = Duration::from_secs(10);
/// Weight of the last task in the estimate of how long one takes.
const NEWS: f64 = 0.2;

/// A task that was taken and whose end is not yet reported.
struct Held {
    job: Job,
    attempt: u32,
    cancelled: bool,
}

/// A bundle on its way.
struct Flight {
    /// Those that are not yet answered, in their order.
    open: VecDeque<Key>,
    cpus: u32,
    node: Option<String>,
    /// Whether its tasks tell their epochs to those who look on.
    followed: bool,
    /// The first line that is no answer.
    odd: Option<String>,
    cancelled: bool,
}

/// A result that was handed on.
struct Known {
    content: Digest,
    source: String,
}

/// Sends tasks over a transport.
pub struct Remote<T: Transport> {
    transport: T,
    equipment: Arc<Equipment>,
    held: HashMap<Key, Held>,
    waiting: VecDeque<Key>,
    flights: HashMap<u64, Flight>,
    /// Cores that are asked for by all flights.
    asked: usize,
    /// Cancelled flights, and until when they must have ended.
    ending: VecDeque<(Instant, u64)>,
    known: HashMap<Key, Known>,
    requests: Requests,
    ready: VecDeque<Report>,
    next: u64,
    /// Seconds that a task takes, when that is known.
    seconds: Option<f64>,
    /// Attempts that were lost since the last result.
    barren: usize,
    broken: bool,
}

impl<T: Transport> Remote<T> {
    /// A dispatcher with nothing to do.
    pub fn new(transport: T, equipment: Arc<Equipment>) -> Self {
        Remote {
            transport,
            requests: Requests::new(equipment.clone()),
            equipment,
            held: HashMap::new(),
            waiting: VecDeque::new(),
            flights: HashMap::new(),
            asked: 0,
            ending: VecDeque::new(),
            known: HashMap::new(),
            ready: VecDeque::new(),
            next: 0,
            seconds: None,
            barren: 0,
            broken: false,
        }
    }

    /// Send bundles until about twice as many cores are asked for as there are.
    fn fill(&mut self) {
        while !self.broken {
            let Some(key) = self.waiting.front() else { return };
            let Some(held) = self.held.get(key) else {
                self.waiting.pop_front();
                continue;
            };
            let cpus = held.job.cpus;
            let total = self.transport.cpus().max(cpus as usize);
            if self.asked + cpus as usize > 2 * total {
                return;
            }
            self.send(cpus, total / cpus as usize);
        }
    }

    /// Send one bundle, on which `slots` others may be worked at the same time.
    fn send(&mut self, cpus: u32, slots: usize) {
        let share = self.waiting.len().div_ceil(slots.max(1));
        let most = self.seconds.map_or(1, |s| (BUNDLE_SECONDS / s) as usize).clamp(1, BUNDLE_TASKS).min(share.max(1));
        let mut bundle = Bundle { id: self.next, lines: Vec::new(), files: Vec::new(), cpus };
        let mut open = VecDeque::new();
        let mut bytes = 0;
        let followed = self.flights.values().filter(|flight| flight.followed).count() < self.equipment.followed;
        while bundle.lines.len() < most && bytes < BUNDLE_BYTES {
            let Some(key) = self.waiting.front().copied() else { break };
            let Some(held) = self.held.get(&key) else {
                self.waiting.pop_front();
                continue;
            };
            // What was lost once may be the reason, and takes no others with it.
            let alone = held.attempt > 1 || held.job.live;
            if held.job.cpus != cpus || (alone && !bundle.lines.is_empty()) {
                break;
            }
            self.waiting.pop_front();
            let Some((line, files)) = self.request(key, followed) else { continue };
            bytes += line.len();
            bundle.lines.push(line);
            files.into_iter().for_each(|file| {
                if !bundle.files.contains(&file) {
                    bundle.files.push(file);
                }
            });
            open.push_back(key);
            if alone {
                break;
            }
        }
        if bundle.lines.is_empty() {
            return;
        }
        self.next += 1;
        self.asked += cpus as usize;
        self.flights.insert(bundle.id, Flight { open, cpus, node: None, followed, odd: None, cancelled: false });
        self.transport.start(bundle);
    }

    /// The line of a task with the files that it needs; none where it cannot be sent, which is reported.
    fn request(&mut self, key: Key, followed: bool) -> Option<(String, Vec<Needed>)> {
        let job = &self.held.get(&key)?.job;
        let report = match self.requests.make(&job.task) {
            Ok(request) => {
                let request = Request { live: job.live, followed, states: true, ..request };
                return Some((request.write(), request.files));
            }
            // Whoever asked is about to ask anew.
            Err(NoRequest::Changed) => Report::Cancelled(key),
            Err(error) => Report::GaveUp(key, error.to_string()),
        };
        self.held.remove(&key);
        self.ready.push_back(report);
        None
    }

    fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::At(bundle, node) => {
                if let Some(flight) = self.flights.get_mut(&bundle) {
                    flight.node = Some(node);
                }
            }
            Signal::Line(bundle, text) => match Answer::read(&text) {
                Ok(answer) => self.answer(bundle, answer),
                Err(why) => {
                    if let Some(flight) = self.flights.get_mut(&bundle) {
                        let start: String = text.chars().take(200).collect();
                        flight.odd.get_or_insert(format!("it wrote `{start}`: {why}"));
                    }
                }
            },
            Signal::Ended(bundle, why) => self.ended(bundle, &why),
            Signal::Broken(why) => self.stop(why),
        }
    }

    fn answer(&mut self, bundle: u64, answer: Answer) {
        match answer {
            Answer::Run(key, run) => self.result(bundle, key, run),
            Answer::Failed(key, why) => {
                self.close(bundle, &key);
                if self.held.remove(&key).is_some() {
                    self.ready.push_back(Report::Failed(key, why));
                }
            }
            Answer::Refused(Some(key), why) => {
                if self.close(bundle, &key) {
                    let source = self.source(bundle);
                    self.lose(key, format!("{source} refused it: {why}"));
                }
            }
            Answer::Refused(None, why) => {
                if let Some(flight) = self.flights.get_mut(&bundle) {
                    flight.odd.get_or_insert(format!("it refused a request: {why}"));
                }
            }
            Answer::Epoch(key, run) => {
                if self.held.contains_key(&key) {
                    self.ready.push_back(Report::Epoch(key, run));
                }
            }
            Answer::State(key, epoch, state) => {
                if let Some(Task::Train(training)) = self.held.get(&key).map(|held| &held.job.task) {
                    self.equipment.keep(training, epoch, &state);
                }
            }
        }
    }

    /// Take a task out of a bundle; whether it was in it.
    fn close(&mut self, bundle: u64, key: &Key) -> bool {
        let Some(flight) = self.flights.get_mut(&bundle) else { return false };
        let before = flight.open.len();
        flight.open.retain(|open| open != key);
        flight.open.len() < before
    }

    fn source(&self, bundle: u64) -> String {
        match self.flights.get(&bundle).and_then(|flight| flight.node.as_ref()) {
            Some(node) => format!("a worker on {node}"),
            None => "a worker".into(),
        }
    }

    fn result(&mut self, bundle: u64, key: Key, run: Run) {
        self.close(bundle, &key);
        let known = Known { content: Digest::of_bytes(&merge::bits_of_run(&run)), source: self.source(bundle) };
        if self.held.remove(&key).is_some() {
            self.barren = 0;
            let seconds = run.seconds.max(1e-4);
            self.seconds = Some(self.seconds.map_or(seconds, |before| before + NEWS * (seconds - before)));
            self.known.insert(key, known);
            self.ready.push_back(Report::Done(key, run));
            return;
        }
        let Some(before) = self.known.get(&key).filter(|before| before.content != known.content) else { return };
        // Two records may know different things of the same training without contradiction.
        let waits = self.ready.iter().find_map(|report| match report {
            Report::Done(done, run) if *done == key => Some(run.clone()),
            _ => None,
        });
        let first = waits.or_else(|| self.equipment.store.get(&key));
        let what = first.and_then(|first| merge::contradiction(&first, &run));
        if let Some(what) = what {
            let (first, second) = (&before.source, &known.source);
            self.stop(format!(
                "two results of the same training {} differ: {what} (the first came from {first}, the second from {second})",
                key.short()
            ));
        }
    }

    fn ended(&mut self, bundle: u64, why: &str) {
        let source = self.source(bundle);
        let Some(flight) = self.flights.remove(&bundle) else { return };
        self.asked -= flight.cpus as usize;
        let odd = flight.odd.map(|odd| format!("; {odd}")).unwrap_or_default();
        // They are done one after another: all but the first had not begun.
        let mut open = flight.open;
        let begun = open.pop_front();
        for key in open.into_iter().rev() {
            self.again(key);
        }
        if let Some(key) = begun {
            self.lose(key, format!("{source} was lost: {why}{odd}"));
        }
    }

    /// Send a task before all others, unless it was cancelled.
    fn again(&mut self, key: Key) {
        if self.held.get(&key).is_some_and(|held| held.cancelled) {
            self.held.remove(&key);
            self.ready.push_back(Report::Cancelled(key));
        } else if self.held.contains_key(&key) {
            self.waiting.push_front(key);
        }
    }

    /// An attempt is lost.
    fn lose(&mut self, key: Key, why: String) {
        let Some(held) = self.held.get_mut(&key) else { return };
        if held.cancelled {
            return self.again(key);
        }
        self.ready.push_back(Report::Lost(key, held.attempt, why.clone()));
        let last = held.attempt >= ATTEMPTS;
        held.attempt += 1;
        self.barren += 1;
        // Where no worker does anything it is not this task.
        if (last && self.known.is_empty()) || self.barren > BARREN + 2 * self.transport.cpus() {
            let said = if self.known.is_empty() { "has given a result" } else { "gives results any more" };
            return self.stop(format!("no worker {said}: {why}"));
        }
        if !last {
            return self.again(key);
        }
        self.held.remove(&key);
        self.ready.push_back(Report::GaveUp(key, format!("lost {ATTEMPTS} times; at last {why}")));
    }

    fn stop(&mut self, why: String) {
        self.broken = true;
        self.held.clear();
        self.waiting.clear();
        self.flights.clear();
        self.asked = 0;
        self.ready.push_back(Report::Broken(why));
    }

    /// Count cancelled bundles as ended that have not ended in time.
    fn overdue(&mut self) {
        while let Some((until, bundle)) = self.ending.front().copied()
            && until < Instant::now()
        {
            self.ending.pop_front();
            self.ended(bundle, "it did not end when it was cancelled");
        }
    }
}

impl<T: Transport> Executor for Remote<T> {
    fn submit(&mut self, job: Job) {
        if self.broken {
            return;
        }
        self.waiting.push_back(job.key);
        self.held.insert(job.key, Held { job, attempt: 1, cancelled: false });
    }

    fn retain(&mut self, wanted: &HashSet<Key>) -> usize {
        let mut given_up = 0;
        let sent: HashSet<Key> = self.flights.values().flat_map(|flight| &flight.open).copied().collect();
        self.held.retain(|key, held| {
            if wanted.contains(key) {
                return true;
            }
            given_up += usize::from(!held.cancelled);
            held.cancelled = true;
            sent.contains(key)
        });
        self.waiting.retain(|key| self.held.contains_key(key));
        for (id, flight) in &mut self.flights {
            let idle = flight.open.iter().all(|key| self.held.get(key).is_none_or(|held| held.cancelled));
            if idle && !flight.cancelled {
                flight.cancelled = true;
                self.ending.push_back((Instant::now() + CANCEL, *id));
                self.transport.cancel(*id);
            }
        }
        given_up
    }

    fn poll(&mut self, wait: Duration) -> Option<Report> {
        let until = Instant::now() + wait;
        loop {
            if let Some(report) = self.ready.pop_front() {
                return Some(report);
            }
            self.overdue();
            self.fill();
            if !self.ready.is_empty() {
                continue;
            }
            match self.transport.next(until.saturating_duration_since(Instant::now())) {
                Some(signal) => self.signal(signal),
                None => return None,
            }
        }
    }

    fn holds(&self, key: &Key) -> bool {
        self.held.contains_key(key)
    }

    fn idle(&self) -> bool {
        self.held.is_empty() && self.ready.is_empty()
    }
}
