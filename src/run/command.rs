//! A program as the objective: its lines of JSON are the epochs of a run.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::executor::Job;
use super::worker::Bench;
use crate::plan::training::Command;
use crate::record::{Outcome, Run};

/// How much of what a failed program said is kept.
const KEPT: usize = 4000;
/// How often a running program is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// Run the program in the bench's folder and read its lines: `{"epoch": 1, "dev.loss": 0.3}` adds to the series, a line without `epoch` gives final metrics.
/// Other lines are passed over. A program that fails, is too slow or prints nothing is a failed run that keeps the end of what it said.
///
/// # Errors
/// When it cannot be started.
pub fn perform(
    command: &Command,
    job: &Job,
    bench: &Bench<'_>,
    cancel: &AtomicBool,
    report: &mut dyn FnMut(Run),
) -> Result<Option<Run>, String> {
    let started = Instant::now();
    let mut child = Process::new("sh")
        .arg("-c")
        .arg(&command.line)
        .current_dir(bench.folder)
        .env("CAVIAR_SEED", (command.seed + u64::from(command.repetition)).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`{}` cannot be started: {error}", command.line))?;
    let guard = Guard::of(&child);
    let mut run = Run::empty(job.key.to_string(), command.repetition, Outcome::Finished);
    let (sender, lines) = std::sync::mpsc::channel();
    let reader = child.stdout.take().map(|out| {
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        })
    });
    let errors = child.stderr.take().map(|mut err| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = err.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    let mut late = false;
    loop {
        if cancel.load(Ordering::Relaxed) {
            end(&mut child);
            return Ok(None);
        }
        if command.limit.is_some_and(|limit| started.elapsed().as_secs_f64() > limit) {
            late = true;
            end(&mut child);
        }
        match lines.recv_timeout(LOOK) {
            Ok(line) => {
                if take(&line, &mut run) && (job.live || bench.followed) {
                    report(run.clone());
                }
            }
            Err(RecvTimeoutError::Timeout) if late => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    drop(guard);
    if let Some(reader) = reader.filter(|_| !late) {
        let _ = reader.join();
    }
    let said = errors.filter(|_| !late).and_then(|thread| thread.join().ok()).unwrap_or_default();
    run.seconds = started.elapsed().as_secs_f64();
    for (name, series) in &run.series {
        if let Some(&last) = series.last() {
            run.metrics.entry(name.clone()).or_insert(last);
        }
    }
    if late {
        run.outcome = Outcome::Failed(format!("took longer than {} s", command.limit.unwrap_or_default()));
    } else if !status.success() {
        run.outcome = Outcome::Failed(format!("{status}\n{}", tail(&said)));
    } else if run.metrics.is_empty() {
        run.outcome = Outcome::Failed("it printed no line such as {\"epoch\": 1, \"dev.loss\": 0.3}".into());
    } else if run.metrics.values().any(|v| !v.is_finite()) {
        run.outcome = Outcome::Diverged;
    }
    Ok(Some(run))
}

/// Ends a program when this process ends without doing so itself, killed as it may be.
struct Guard(Option<Child>);

impl Guard {
    /// A shell that waits for a line that never comes, but ends.
    fn of(program: &Child) -> Self {
        let shell = Process::new("sh")
            .args(["-c", "read -r _; kill -s KILL -- \"-$0\"", &program.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        // A program without it is only not looked after.
        Guard(shell.ok())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(shell) = &mut self.0 {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

/// End the program and what it has started: they are a process group of their own.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Process::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(KEPT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].trim()
}

/// Whether the line was an epoch.
fn take(line: &str, run: &mut Run) -> bool {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(line) else { return false };
    let numbers: BTreeMap<&String, f64> = fields
        .iter()
        .filter(|(name, _)| *name != "epoch")
        .filter_map(|(name, value)| {
            // Python prints NaN as a bare word, which is not JSON; a null stands for it.
            let number = if value.is_null() { Some(f64::NAN) } else { value.as_f64() };
            Some((name, number?))
        })
        .collect();
    let epoch = fields.contains_key("epoch");
    for (name, value) in numbers {
        if epoch {
            run.series.entry(name.clone()).or_default().push(value);
        } else {
            run.metrics.insert(name.clone(), value);
        }
    }
    epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_series_and_metrics() {
        let mut run = Run::empty(String::new(), 0, Outcome::Finished);
        assert!(take(r#"{"epoch": 1, "dev.loss": 0.5}"#, &mut run));
        assert!(take(r#"{"epoch": 2, "dev.loss": null, "note": "x"}"#, &mut run));
        assert!(!take(r#"{"test.accuracy": 0.9}"#, &mut run));
        assert!(!take("loading data", &mut run));
        assert_eq!(run.series["dev.loss"][0], 0.5);
        assert!(run.series["dev.loss"][1].is_nan());
        assert_eq!(run.metrics["test.accuracy"], 0.9);
    }
}
