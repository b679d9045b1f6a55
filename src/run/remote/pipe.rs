//! A process with lines on its input and output.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Bundle, Signal};

/// How much of what a process wrote to standard error is kept.
const KEPT: usize = 1000;

/// What the process of a number wrote.
pub(super) enum Heard {
    /// A line.
    Line(u64, String),
    /// Its output has ended.
    End(u64),
}

/// What transports over pipes have in common.
pub(super) struct Desk {
    /// Bundles for which there is no room yet.
    pub waiting: VecDeque<Bundle>,
    /// What is to be told.
    pub ready: VecDeque<Signal>,
    sender: Sender<Heard>,
    heard: Receiver<Heard>,
}

impl Desk {
    /// With nothing on it.
    pub fn new() -> Self {
        let (sender, heard) = channel();
        Desk { waiting: VecDeque::new(), ready: VecDeque::new(), sender, heard }
    }

    /// Start a process whose output is heard here under a number.
    pub fn start(&self, command: &mut Command, number: u64) -> Result<Pipe, String> {
        Pipe::start(command, number, self.sender.clone())
    }

    /// A bundle that still waits is not wanted any more.
    pub fn withdraw(&mut self, bundle: u64) {
        if let Some(place) = self.waiting.iter().position(|waiting| waiting.id == bundle) {
            self.waiting.remove(place);
            self.ready.push_back(Signal::Ended(bundle, "cancelled".into()));
        }
    }

    /// What the processes wrote; waits so long for it if there is nothing else to tell.
    pub fn listen(&self, wait: Duration) -> Vec<Heard> {
        let first = if self.ready.is_empty() { self.heard.recv_timeout(wait).ok() } else { None };
        first.into_iter().chain(self.heard.try_iter()).collect()
    }
}

pub(super) struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Pipe {
    fn start(command: &mut Command, number: u64, sender: Sender<Heard>) -> Result<Pipe, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the head, which ends them in order.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", command.get_program().display()))?;
        let output = child.stdout.take();
        std::thread::spawn(move || {
            for line in output.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
                if sender.send(Heard::Line(number, line)).is_err() {
                    return;
                }
            }
            let _ = sender.send(Heard::End(number));
        });
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (stream, kept) = (child.stderr.take(), errors.clone());
        std::thread::spawn(move || {
            let mut part = [0; 1024];
            let Some(mut stream) = stream else { return };
            while let Ok(count @ 1..) = stream.read(&mut part) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&part[..count]);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
        });
        Ok(Pipe { input: child.stdin.take(), child, errors })
    }

    /// Its number in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Write lines to it. One that has ended is heard of from its output.
    pub fn write(&mut self, lines: &[String]) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all((lines.join("\n") + "\n").as_bytes()).and_then(|()| input.flush());
        }
    }

    /// Close its input.
    pub fn close(&mut self) {
        self.input = None;
    }

    /// How it ended, waiting for it; its output must have.
    pub fn end(&mut self) -> String {
        self.close();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        match String::from_utf8_lossy(&errors).trim() {
            "" => status,
            said => format!("{status}: {said}"),
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.close();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
