//! Workers of a Ray cluster, by way of a script that runs with the user's Python.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::files::digest;
use super::{Bundle, Signal, Transport};

const BRIDGE: &str = include_str!("bridge.py");
/// How long the bridge is waited for at a time.
const LOOK: Duration = Duration::from_millis(100);
/// How long the bridge may take to leave the cluster, in looks.
const LEAVE: u32 = 50;
/// How much of the log a message shows.
const TAIL: usize = 1500;

/// A connection to a cluster.
pub struct Ray {
    child: Child,
    input: Option<ChildStdin>,
    heard: Receiver<Event>,
    ready: VecDeque<Signal>,
    log: PathBuf,
    cpus: usize,
    about: String,
}

/// What the bridge says.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Ready { ray: String, python: String, address: String, nodes: usize, cpus: usize },
    Size { cpus: usize },
    At { id: u64, node: String },
    Lines { id: u64, lines: Vec<String> },
    Ended { id: u64, why: String },
    Broken { why: String },
}

impl Ray {
    /// Join a cluster, found by an address or by itself. What Ray prints goes to the log.
    ///
    /// # Errors
    /// Why it cannot be joined, and what to do; also when interrupted.
    pub fn join(
        python: &OsStr,
        address: Option<&str>,
        log: (File, PathBuf),
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Ray, String> {
        let own = std::env::current_exe().map_err(|e| format!("cannot find the program itself: {e}"))?;
        let (hash, size) = digest(&own).map_err(|e| format!("cannot read {}: {e}", own.display()))?;
        let (file, log) = log;
        let mut child = Command::new(python)
            .args(["-c", BRIDGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            // Ctrl-C is for the head, which ends it in order.
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let python = python.display();
                format!(
                    "{python} cannot be started ({error}): install Python 3.8 or newer, or name one in CAVIAR_PYTHON"
                )
            })?;
        let (sender, heard) = std::sync::mpsc::channel();
        let output = child.stdout.take();
        std::thread::spawn(move || {
            let lines = output.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok);
            for event in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        let mut ray = Ray { child, input, heard, ready: VecDeque::new(), log, cpus: 0, about: String::new() };
        let binary = json!({"path": own, "hash": hash, "size": size});
        let log = ray.log.clone();
        ray.say(&json!({"address": address, "binary": binary, "log": log}));
        loop {
            if interrupted() {
                return Err("interrupted".into());
            }
            match ray.heard.recv_timeout(LOOK) {
                Ok(Event::Ready { ray: version, python, address, nodes, cpus }) => {
                    ray.cpus = cpus;
                    let plural = |n: usize| if n == 1 { "" } else { "s" };
                    let none = if cpus == 0 { "; trials wait for nodes with cores to join it" } else { "" };
                    ray.about = format!(
                        "Ray {version} (Python {python}) at {address}: {nodes} node{}, {cpus} core{}{none}",
                        plural(nodes),
                        plural(cpus)
                    );
                    return Ok(ray);
                }
                Ok(Event::Broken { why }) => return Err(why),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(ray.gone()),
            }
        }
    }

    /// What the cluster is, in one line.
    pub fn about(&self) -> &str {
        &self.about
    }

    fn say(&mut self, line: &serde_json::Value) {
        if let Some(input) = &mut self.input {
            // A bridge that has ended is heard of from its output.
            let _ = writeln!(input, "{line}").and_then(|()| input.flush());
        }
    }

    /// The bridge has ended by itself.
    fn gone(&mut self) -> String {
        self.input = None;
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let log = std::fs::read(&self.log).unwrap_or_default();
        let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(TAIL)..]).trim().to_string();
        let log = self.log.display();
        // Ray ends a process that has not reached the cluster's head for a while.
        if self.about.is_empty() {
            return format!("the bridge to Ray ended ({status}); the end of {log}:\n{tail}");
        }
        format!(
            "the connection to the Ray cluster is lost (its bridge ended, {status}): finished trials are stored; \
             when a cluster is up again, type the same command again. The end of {log}:\n{tail}"
        )
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Ready { .. } => {}
            Event::Size { cpus } => self.cpus = cpus,
            Event::At { id, node } => self.ready.push_back(Signal::At(id, node)),
            Event::Lines { id, lines } => self.ready.extend(lines.into_iter().map(|line| Signal::Line(id, line))),
            Event::Ended { id, why } => self.ready.push_back(Signal::Ended(id, why)),
            Event::Broken { why } => self.ready.push_back(Signal::Broken(why)),
        }
    }
}

impl Transport for Ray {
    fn start(&mut self, bundle: Bundle) {
        let Bundle { id, lines, files, cpus } = bundle;
        self.say(&json!({"op": "bundle", "id": id, "lines": lines, "files": files, "cpus": cpus}));
    }

    fn cancel(&mut self, bundle: u64) {
        self.say(&json!({"op": "cancel", "id": bundle}));
    }

    fn next(&mut self, wait: Duration) -> Option<Signal> {
        if self.ready.is_empty() {
            match self.heard.recv_timeout(wait) {
                Ok(event) => self.hear(event),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) if self.input.is_none() => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    let why = self.gone();
                    self.ready.push_back(Signal::Broken(why));
                }
            }
        }
        self.ready.pop_front()
    }

    fn cpus(&self) -> usize {
        self.cpus
    }
}

impl Drop for Ray {
    fn drop(&mut self) {
        // It leaves the cluster when its input closes, and what it has under way ends with it.
        self.input = None;
        for _ in 0..LEAVE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
