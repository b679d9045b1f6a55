//! Who does the tasks: the seam between the head, which decides and stores, and workers, which only train.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::worker::{self, Bench, Equipment};
use crate::plan::training::Task;
use crate::record::Run;
use crate::store::Key;

/// A task with its key, handed to a worker.
#[derive(Clone, Debug)]
pub struct Job {
    /// The key of the run that it makes.
    pub key: Key,
    /// What to do.
    pub task: Task,
    /// Whether epochs are to be reported as they end.
    pub live: bool,
    /// Cores that it is given where cores are given.
    pub cpus: u32,
}

/// What a worker says.
#[derive(Debug)]
pub enum Report {
    /// An epoch ended (of a live or followed job): the metrics so far.
    Epoch(Key, Run),
    /// The task is done.
    Done(Key, Run),
    /// The task could not be done.
    Failed(Key, String),
    /// The task was given up on request; what it had trained is in its checkpoint.
    Cancelled(Key),
    /// A worker was lost with the task, which is sent again: the attempt that is lost, from 1, and how.
    Lost(Key, u32, String),
    /// The task was lost too often and is sent no more: how.
    GaveUp(Key, String),
    /// No more can be done at all: why.
    Broken(String),
}

/// Does tasks somewhere and reports. Keys are unique among the tasks in hand.
pub trait Executor {
    /// Take a task; those taken first are started first.
    fn submit(&mut self, job: Job);
    /// Give up all tasks but these, at their next step; how many are given up. One that is wanted again before it has stopped is
    /// reported as cancelled all the same.
    fn retain(&mut self, wanted: &HashSet<Key>) -> usize;
    /// The next report, waiting for at most so long.
    fn poll(&mut self, wait: Duration) -> Option<Report>;
    /// Whether the task of this key was taken and its end is not yet reported.
    fn holds(&self, key: &Key) -> bool;
    /// Whether no task is in hand.
    fn idle(&self) -> bool;
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    running: HashMap<Key, Arc<AtomicBool>>,
    threads: usize,
    closed: bool,
}

/// Threads of this process.
pub struct Threads {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    reports: Receiver<Report>,
    handles: Vec<std::thread::JoinHandle<()>>,
    /// Tasks whose end was not yet handed on.
    hand: HashSet<Key>,
}

impl Threads {
    /// Start `threads` workers.
    pub fn new(threads: usize, equipment: Arc<Equipment>) -> Self {
        let queue = Arc::new((Mutex::new(Queue { threads, ..Queue::default() }), Condvar::new()));
        let (sender, reports) = std::sync::mpsc::channel();
        let handles = (0..threads.max(1))
            .map(|worker| {
                let (queue, sender, equipment) = (queue.clone(), sender.clone(), equipment.clone());
                std::thread::spawn(move || work(worker, &queue, &sender, &equipment))
            })
            .collect();
        Threads { queue, reports, handles, hand: HashSet::new() }
    }
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn work(worker: usize, queue: &(Mutex<Queue>, Condvar), reports: &Sender<Report>, equipment: &Equipment) {
    let bench = Bench { followed: worker < equipment.followed, ..equipment.bench() };
    loop {
        let (job, cancel, threads) = {
            let mut inner = lock(&queue.0);
            loop {
                if let Some(job) = inner.waiting.pop_front() {
                    let cancel = Arc::new(AtomicBool::new(false));
                    inner.running.insert(job.key, cancel.clone());
                    // A training that has the machine for itself may split its products; the bits are the same.
                    let alone = inner.running.len() == 1 && inner.waiting.is_empty();
                    break (job, cancel, if alone { inner.threads } else { 1 });
                }
                if inner.closed {
                    return;
                }
                inner = queue.1.wait(inner).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
        };
        let key = job.key;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            worker::perform(&job, &bench, threads, &cancel, &mut |run| {
                let _ = reports.send(Report::Epoch(key, run));
            })
        }));
        lock(&queue.0).running.remove(&key);
        let report = match outcome {
            Ok(Ok(Some(run))) => Report::Done(key, run),
            Ok(Ok(None)) => Report::Cancelled(key),
            Ok(Err(message)) => Report::Failed(key, message),
            Err(_) => Report::Failed(key, worker::FAULT.into()),
        };
        if reports.send(report).is_err() {
            return;
        }
    }
}

impl Executor for Threads {
    fn submit(&mut self, job: Job) {
        self.hand.insert(job.key);
        lock(&self.queue.0).waiting.push_back(job);
        self.queue.1.notify_one();
    }

    fn retain(&mut self, wanted: &HashSet<Key>) -> usize {
        let mut inner = lock(&self.queue.0);
        let mut given_up = 0;
        inner.waiting.retain(|job| {
            let stays = wanted.contains(&job.key);
            if !stays {
                self.hand.remove(&job.key);
                given_up += 1;
            }
            stays
        });
        for (key, cancel) in &inner.running {
            if !wanted.contains(key) && !cancel.swap(true, Ordering::Relaxed) {
                given_up += 1;
            }
        }
        given_up
    }

    fn poll(&mut self, wait: Duration) -> Option<Report> {
        let report = self.reports.recv_timeout(wait).ok()?;
        match &report {
            Report::Done(key, _) | Report::Failed(key, _) | Report::Cancelled(key) | Report::GaveUp(key, _) => {
                _ = self.hand.remove(key);
            }
            Report::Epoch(..) | Report::Lost(..) | Report::Broken(_) => {}
        }
        Some(report)
    }

    fn holds(&self, key: &Key) -> bool {
        self.hand.contains(key)
    }

    fn idle(&self) -> bool {
        self.hand.is_empty()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        {
            let mut inner = lock(&self.queue.0);
            inner.closed = true;
            inner.waiting.clear();
            for cancel in inner.running.values() {
                cancel.store(true, Ordering::Relaxed);
            }
        }
        self.queue.1.notify_all();
        for handle in self.handles.drain(..) {
            let _ = handle.join();
        }
    }
}
