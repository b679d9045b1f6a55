//! A run handed to Slurm: one allocation, with this same command inside it, whose output is shown here.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Exit;
use super::args::{Engine, On};
use super::run::{catch_interrupt, interrupted};
use super::terminal::Terminal;
use super::workers::hostnames;
use crate::store;

/// How often output is looked for, and how often Slurm is asked.
const LOOK: Duration = Duration::from_millis(250);
const ASK: Duration = Duration::from_secs(2);

/// Whether a command must be handed to Slurm first.
pub fn is_outside(engine: &Engine) -> bool {
    engine.on == On::Slurm && std::env::var_os("SLURM_JOB_ID").is_none()
}

/// Run this very command in an allocation, and show what it prints. Logs go into the store of `path`.
pub fn submit(path: &Path, engine: &Engine, terminal: &Terminal) -> Exit {
    catch_interrupt(|| {});
    match Job::submit(path, engine.nodes) {
        Ok(mut job) => job.follow(terminal),
        Err(why) => {
            terminal.error(why);
            Exit::Failed
        }
    }
}

struct Job {
    id: String,
    output: Followed,
    errors: Followed,
}

/// A file that grows.
struct Followed {
    path: PathBuf,
    file: Option<File>,
}

impl Followed {
    fn new(path: PathBuf) -> Self {
        Followed { path, file: None }
    }

    /// What has come since the last call.
    fn news(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        if let Some(file) = &mut self.file {
            // What cannot be read now is read the next time.
            let _ = file.read_to_end(&mut bytes);
        }
        bytes
    }
}

/// What Slurm says of a job.
struct State {
    name: String,
    reason: String,
    code: Option<i32>,
    /// The node that the head runs on, and those that the job has now.
    head: String,
    nodes: String,
}

impl State {
    /// Whether the job goes on without the node that the head ran on.
    fn is_headless(&self) -> bool {
        let known = |name: &str| !name.is_empty() && !name.starts_with('(');
        known(&self.head) && known(&self.nodes) && hostnames(&self.nodes).is_ok_and(|nodes| !nodes.contains(&self.head))
    }
}

impl Job {
    fn submit(path: &Path, nodes: u32) -> Result<Job, String> {
        let folder = store::locate(path);
        let name = folder.display();
        std::fs::create_dir_all(&folder).map_err(|error| format!("cannot write to {name}: {error}"))?;
        let own = std::env::current_exe().map_err(|error| format!("cannot find the program itself: {error}"))?;
        let line: Vec<String> = std::iter::once(own.into_os_string())
            .chain(std::env::args_os().skip(1))
            .map(|word| quoted(&word.to_string_lossy()))
            .collect();
        // In the place of the shell, so that it gets the signals and gives the exit code.
        let script = format!("#!/bin/sh\nexec {}\n", line.join(" "));
        let mut child = Command::new("sbatch")
            .args(["--parsable", "--no-kill", "--exclusive", "--requeue", "--open-mode=append", "--job-name=caviar"])
            .arg(format!("--nodes={nodes}"))
            .arg(format!("--output={}", folder.join("slurm-%j.out").display()))
            .arg(format!("--error={}", folder.join("slurm-%j.err").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sbatch cannot be started ({error}): is this a machine of a Slurm cluster?"))?;
        if let Some(mut input) = child.stdin.take() {
            // One that has ended says why itself.
            let _ = input.write_all(script.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| format!("sbatch: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        // A federation adds the cluster's name.
        let id = said.trim().split(';').next().unwrap_or_default().to_string();
        if !output.status.success() || id.is_empty() {
            return Err(format!("Slurm does not take the job: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let file = |end: &str| Followed::new(folder.join(format!("slurm-{id}.{end}")));
        Ok(Job { output: file("out"), errors: file("err"), id })
    }

    fn follow(&mut self, terminal: &Terminal) -> Exit {
        let id = self.id.clone();
        terminal.say(format!("Slurm job {id}; what it prints is in {}", self.output.path.display()));
        let (mut asked, mut waits, mut stopping, mut told) = (None::<Instant>, String::new(), false, false);
        loop {
            self.show();
            if interrupted() && !stopping {
                stopping = true;
                asked = None;
                terminal.say(format!("stopping job {id}; Ctrl-C again leaves it to itself"));
            }
            if asked.is_none_or(|when| when.elapsed() >= ASK) {
                asked = Some(Instant::now());
                match state(&id) {
                    Ok(state) if state.name == "PENDING" => {
                        if stopping {
                            let _ = Command::new("scancel").arg(&id).status();
                        } else if state.reason != waits {
                            terminal.say(format!("job {id} waits: {}", state.reason));
                            waits = state.reason;
                        }
                    }
                    Ok(state) if state.name == "RUNNING" && state.is_headless() => {
                        let _ = Command::new("scancel").arg(&id).status();
                        self.show();
                        terminal.error(format!(
                            "node {}, on which the head ran, failed: finished trials are stored; type the same command again to go on",
                            state.head
                        ));
                        return Exit::Failed;
                    }
                    Ok(state) if state.name == "RUNNING" => {
                        if stopping && !told {
                            told = true;
                            // It leaves off in order, as here.
                            let _ = Command::new("scancel").args(["--batch", "--signal=INT", &id]).status();
                        }
                    }
                    Ok(state) if ["CONFIGURING", "COMPLETING", "SUSPENDED"].contains(&&*state.name) => {}
                    Ok(state) => {
                        self.show();
                        return match (state.name.as_str(), state.code) {
                            ("COMPLETED", Some(code)) | ("FAILED", Some(code @ 1..)) => exit(code),
                            (name, _) => {
                                terminal.error(format!("Slurm job {id} ended as {name} ({})", state.reason));
                                Exit::Failed
                            }
                        };
                    }
                    Err(why) => {
                        self.show();
                        terminal.error(format!("Slurm job {id} is not known any more: {why}"));
                        return Exit::Failed;
                    }
                }
            }
            std::thread::sleep(LOOK);
        }
    }

    fn show(&mut self) {
        let _ = std::io::stderr().write_all(&self.errors.news());
        let mut out = std::io::stdout();
        if out.write_all(&self.output.news()).and_then(|()| out.flush()).is_err() {
            // As where the run is here: a closed pipe ends the program quietly, and the job goes on.
            std::process::exit(0);
        }
    }
}

/// What Slurm says of a job now.
fn state(id: &str) -> Result<State, String> {
    let output = Command::new("scontrol").args(["show", "job", "--oneliner", id]).output();
    let output = output.map_err(|error| format!("scontrol cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_string());
    }
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

fn parse(text: &str) -> State {
    let field = |name: &str| {
        let found = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().to_string()
    };
    let code = field("ExitCode").split_once(':').and_then(|(code, signal)| code.parse().ok().filter(|_| signal == "0"));
    State { name: field("JobState"), reason: field("Reason"), code, head: field("BatchHost"), nodes: field("NodeList") }
}

fn exit(code: i32) -> Exit {
    [Exit::Good, Exit::Usage, Exit::Mistakes, Exit::Failed, Exit::Different]
        .into_iter()
        .find(|exit| *exit as i32 == code)
        .unwrap_or(Exit::Failed)
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slurm_says_of_a_job_is_read() {
        let line = "JobId=7 JobName=caviar UserId=root(0) Priority=1 JobState=FAILED Reason=NonZeroExitCode Dependency=(null) ExitCode=4:0";
        let state = parse(line);
        assert_eq!((state.name.as_str(), state.reason.as_str(), state.code), ("FAILED", "NonZeroExitCode", Some(4)));
        assert_eq!(parse("JobState=FAILED ExitCode=0:9").code, None);
        let state = parse("JobState=RUNNING ReqNodeList=(null) NodeList=n[2-3] BatchHost=n1 NumNodes=2");
        assert_eq!((state.head.as_str(), state.nodes.as_str()), ("n1", "n[2-3]"));
        assert!(!parse("JobState=RUNNING NodeList=(null) BatchHost=n1").is_headless());
        assert!(!parse("JobState=PENDING NodeList=n1").is_headless());
        assert_eq!(exit(4), Exit::Different);
        assert_eq!(exit(137), Exit::Failed);
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        let words = ["a b", "it's", "$HOME", "µ\n"];
        let line = format!("printf '%s|' {}", words.map(quoted).join(" "));
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a b|it's|$HOME|µ\n|");
    }
}
