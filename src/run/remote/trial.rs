//! The worker's side: a request done, its answers said.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::files;
use super::line::{Answer, Request, STATE_LIMIT};
use crate::kernel::Isa;
use crate::plan::training::{Task, Training};
use crate::run::datasets::Datasets;
use crate::run::executor::Job;
use crate::run::worker::{self, Bench, States};
use crate::store::Key;

/// What a worker has at hand.
pub struct Desk {
    /// Data sets that were read.
    pub datasets: Arc<Datasets>,
    /// Which instructions are used.
    pub isa: Isa,
    /// Threads that work on one product.
    pub threads: usize,
    /// Where files are by their hashes.
    pub cache: PathBuf,
}

/// States of trainings as lines.
struct Lines<'a> {
    key: Key,
    given: Option<Vec<u8>>,
    told: bool,
    say: &'a dyn Fn(Answer),
}

impl States for Lines<'_> {
    fn resume(&self, _: &Training) -> Option<Vec<u8>> {
        self.given.clone()
    }

    fn keep(&self, _: &Training, epoch: u32, state: &[u8]) {
        if self.told && state.len() <= STATE_LIMIT {
            (self.say)(Answer::State(self.key, epoch, state.to_vec()));
        }
    }
}

impl Desk {
    /// Do what a line asks for. The last answer is a `run`, a `failed` or a `refused`; none of them where it was cancelled.
    pub fn answer(&self, line: &str, cancel: &AtomicBool, say: &dyn Fn(Answer)) {
        let (key, mut request) = match Request::read(line) {
            Ok(read) => read,
            Err((key, why)) => return say(Answer::Refused(key, why)),
        };
        if let Err(why) = self.prepare(&mut request) {
            return say(Answer::Refused(Some(key), why));
        }
        let states = Lines { key, given: request.state.take(), told: request.states, say };
        let followed = request.followed;
        let folder = request.folder.clone().unwrap_or_else(|| PathBuf::from("."));
        let bench = Bench { datasets: &self.datasets, states: &states, isa: self.isa, folder: &folder, followed };
        let job = Job { key, task: request.task, live: request.live, cpus: self.threads as u32 };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            worker::perform(&job, &bench, self.threads, cancel, &mut |run| say(Answer::Epoch(key, run)))
        }));
        match done {
            Ok(Ok(Some(run))) => say(Answer::Run(key, run)),
            Ok(Ok(None)) => {}
            Ok(Err(why)) => say(Answer::Failed(key, why)),
            Err(_) => say(Answer::Failed(key, worker::FAULT.into())),
        }
    }

    /// Find what the task needs on this machine.
    fn prepare(&self, request: &mut Request) -> Result<(), String> {
        match &mut request.task {
            Task::Train(training) => {
                let Training { data, fingerprint, .. } = &mut **training;
                *data = files::place(data, fingerprint, &request.files, &self.cache, &self.datasets)?;
            }
            Task::Command(_) => {
                if let Some(folder) = request.folder.as_deref().filter(|folder| !Path::is_dir(folder)) {
                    return Err(format!(
                        "there is no folder {} on this machine: what `run = command(…)` starts must be on a disk that all machines share",
                        folder.display()
                    ));
                }
            }
        }
        Ok(())
    }
}
