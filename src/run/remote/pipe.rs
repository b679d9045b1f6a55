//! A process with lines on its input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

/// How much of what a process wrote to standard error is kept.
const KEPT: usize = 1000;

/// What the process of a number wrote.
pub(super) enum Heard {
    /// A line.
    Line(u64, String),
    /// Its output has ended.
    End(u64),
}

pub(super) struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Pipe {
    /// Start a process whose output is heard under a number.
    pub fn start(command: &mut Command, number: u64, sender: Sender<Heard>) -> Result<Pipe, String> {
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
