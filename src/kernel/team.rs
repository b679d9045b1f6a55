//! A few threads that do the parts of one job together, and sleep between jobs. A job allocates nothing.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How often a thread looks for the next job before it goes to sleep: some ten microseconds.
const SPINS: usize = 4000;

/// Threads that share jobs, the calling thread among them.
#[derive(Debug)]
pub struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// Counts jobs; a change calls the workers.
    generation: AtomicU64,
    /// Workers that are not through with the job.
    busy: AtomicUsize,
    failed: AtomicBool,
    over: AtomicBool,
    job: UnsafeCell<Option<Job>>,
    lock: Mutex<()>,
    wake: Condvar,
}

#[derive(Clone, Copy)]
struct Job {
    work: *const (dyn Fn(usize) + Sync),
    parts: usize,
    threads: usize,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} parts", self.parts)
    }
}

// SAFETY: `job` is written only while no worker is busy, before the generation that publishes it; the work is `Sync`, and
// `Team::run` does not return, nor unwind, before every worker is through with it.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Team {
    /// So many threads, the calling one included; fewer if the system gives no more.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            generation: AtomicU64::new(0),
            busy: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            over: AtomicBool::new(false),
            job: UnsafeCell::new(None),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        });
        let mut workers = Vec::new();
        for place in 1..threads.max(1) {
            let shared = Arc::clone(&shared);
            match std::thread::Builder::new().spawn(move || work(&shared, place)) {
                Ok(worker) => workers.push(worker),
                Err(_) => break,
            }
        }
        Self { shared, workers }
    }

    /// How many threads share a job.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Does `work(0)`, …, `work(parts − 1)`, each once, and comes back when all are done.
    ///
    /// # Panics
    /// If a part did.
    pub fn run(&mut self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        if self.workers.is_empty() || parts <= 1 {
            (0..parts).for_each(work);
            return;
        }
        let shared = &*self.shared;
        // SAFETY: only the lifetime is forgotten; this call outlives every use.
        let work: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(work) };
        // SAFETY: no worker is busy here.
        unsafe { *shared.job.get() = Some(Job { work, parts, threads: self.workers.len() + 1 }) };
        shared.busy.store(self.workers.len(), Ordering::Relaxed);
        {
            let _held = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            shared.generation.fetch_add(1, Ordering::Release);
        }
        shared.wake.notify_all();
        let ours = catch_unwind(AssertUnwindSafe(|| {
            for part in (0..parts).step_by(self.workers.len() + 1) {
                work(part);
            }
        }));
        let mut spins = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let failed = shared.failed.swap(false, Ordering::Relaxed);
        if let Err(panic) = ours {
            std::panic::resume_unwind(panic);
        }
        assert!(!failed, "a part of a job panicked");
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        {
            let _held = self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.over.store(true, Ordering::Relaxed);
            self.shared.generation.fetch_add(1, Ordering::Release);
        }
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker that panicked outside a job has nothing to tell.
            let _ = worker.join();
        }
    }
}

/// The life of the worker at `place` (the caller's is 0).
fn work(shared: &Shared, place: usize) {
    let mut seen = 0;
    loop {
        let mut spins = 0;
        while shared.generation.load(Ordering::Acquire) == seen && spins < SPINS {
            std::hint::spin_loop();
            spins += 1;
        }
        if shared.generation.load(Ordering::Acquire) == seen {
            let mut held = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            while shared.generation.load(Ordering::Acquire) == seen {
                held = shared.wake.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
        }
        seen += 1;
        if shared.over.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: the generation was published after the job, which stays until every worker is through.
        let job = unsafe { *shared.job.get() };
        if let Some(Job { work, parts, threads }) = job {
            // SAFETY: as above.
            let work = unsafe { &*work };
            let done = catch_unwind(AssertUnwindSafe(|| (place..parts).step_by(threads).for_each(work)));
            if done.is_err() {
                shared.failed.store(true, Ordering::Relaxed);
            }
        }
        shared.busy.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_once() {
        for threads in [1, 2, 5] {
            let mut team = Team::new(threads);
            for parts in [0, 1, 2, 7, 100] {
                let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
                for round in 1..=50 {
                    team.run(parts, &|part| {
                        done[part].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(done.iter().all(|d| d.load(Ordering::Relaxed) == round));
                }
            }
        }
    }

    #[test]
    fn a_panic_in_a_part_reaches_the_caller_and_the_team_goes_on() {
        let mut team = Team::new(3);
        let fails = |part| assert_ne!(part, 1, "meant to fail");
        assert!(catch_unwind(AssertUnwindSafe(|| team.run(3, &fails))).is_err());
        let count = AtomicUsize::new(0);
        team.run(3, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 3);
    }
}
