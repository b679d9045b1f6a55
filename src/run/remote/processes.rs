//! Workers that are processes of this machine, each kept for the next bundle.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use super::line::Answer;
use super::pipe::{Desk, Heard, Pipe};
use super::{Bundle, Signal, Transport};

/// So many processes.
pub struct Processes {
    program: OsString,
    arguments: Vec<OsString>,
    workers: Vec<Option<Worker>>,
    desk: Desk,
    /// How many were started: the next one's number.
    started: u64,
}

struct Worker {
    number: u64,
    pipe: Pipe,
    /// What it does, and how many answers are due.
    bundle: Option<(u64, usize)>,
}

impl Processes {
    /// So many processes of a program that does as `caviar trial --bundle --attached`.
    pub fn new(count: usize, program: impl Into<OsString>, arguments: &[&str]) -> Self {
        Processes {
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            workers: (0..count.max(1)).map(|_| None).collect(),
            desk: Desk::new(),
            started: 0,
        }
    }

    fn assign(&mut self) {
        for place in 0..self.workers.len() {
            if self.workers[place].as_ref().is_some_and(|worker| worker.bundle.is_some()) {
                continue;
            }
            let Some(bundle) = self.desk.waiting.pop_front() else { return };
            if self.workers[place].is_none() {
                self.started += 1;
                let command = &mut Command::new(&self.program);
                match self.desk.start(command.args(&self.arguments), self.started) {
                    Ok(pipe) => self.workers[place] = Some(Worker { number: self.started, pipe, bundle: None }),
                    Err(why) => self.desk.ready.push_back(Signal::Ended(bundle.id, why)),
                }
            }
            if let Some(worker) = &mut self.workers[place] {
                worker.bundle = Some((bundle.id, bundle.lines.len()));
                self.desk.ready.push_back(Signal::At(bundle.id, format!("process {}", worker.pipe.id())));
                worker.pipe.write(&bundle.lines);
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        let (Heard::Line(number, _) | Heard::End(number)) = heard;
        let Some(place) = self.workers.iter().position(|w| w.as_ref().is_some_and(|w| w.number == number)) else {
            return;
        };
        let Some(worker) = &mut self.workers[place] else { return };
        match (heard, &mut worker.bundle) {
            (Heard::Line(_, line), Some((bundle, due))) => {
                let bundle = *bundle;
                *due -= usize::from(Answer::read(&line).is_ok_and(|answer| answer.is_last()));
                self.desk.ready.push_back(Signal::Line(bundle, line));
                if *due == 0 {
                    self.desk.ready.push_back(Signal::Ended(bundle, String::new()));
                    worker.bundle = None;
                }
            }
            (Heard::Line(..), None) => {}
            (Heard::End(_), bundle) => {
                let bundle = bundle.take();
                let ended = worker.pipe.end();
                self.workers[place] = None;
                self.desk.ready.extend(bundle.map(|(bundle, _)| Signal::Ended(bundle, ended)));
            }
        }
    }
}

impl Transport for Processes {
    fn start(&mut self, bundle: Bundle) {
        self.desk.waiting.push_back(bundle);
        self.assign();
    }

    fn cancel(&mut self, bundle: u64) {
        self.desk.withdraw(bundle);
        for worker in self.workers.iter_mut().flatten() {
            if worker.bundle.is_some_and(|(id, _)| id == bundle) {
                worker.pipe.close();
            }
        }
    }

    fn next(&mut self, wait: Duration) -> Option<Signal> {
        for heard in self.desk.listen(wait) {
            self.hear(heard);
        }
        self.assign();
        self.desk.ready.pop_front()
    }

    fn cpus(&self) -> usize {
        self.workers.len()
    }
}
