//! Who trains: threads of this process, or workers elsewhere (`--on`).

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::args::{Engine, On};
use super::run::{interrupted, threads};
use super::terminal::Terminal;
use crate::run::executor::{Executor, Job, Report, Threads};
use crate::run::remote::Remote;
use crate::run::remote::processes::Processes;
use crate::run::remote::ray::Ray;
use crate::run::remote::slurm::Slurm;
use crate::run::worker::Equipment;
use crate::store::Key;

/// The executor that the command line asks for. Workers elsewhere are sought when there is something to do.
pub fn executor(engine: &Engine, equipment: &Arc<Equipment>, terminal: &Terminal) -> Box<dyn Executor> {
    let (equipment, terminal) = (equipment.clone(), *terminal);
    match engine.on.clone() {
        On::Local => Box::new(Threads::new(threads(engine), equipment)),
        On::Processes(count) => sought(move || {
            let transport = Processes::new(count, own()?, &["trial", "--bundle", "--attached"]);
            Ok(Box::new(Remote::new(transport, equipment)))
        }),
        On::Ray(address) => sought(move || {
            let python = std::env::var_os("CAVIAR_PYTHON").filter(|python| !python.is_empty());
            let python = python.unwrap_or_else(|| OsString::from("python3"));
            let log = equipment.store.log("ray.log").map_err(|error| error.to_string())?;
            let ray = Ray::join(&python, address.as_deref(), log, &interrupted)?;
            terminal.say(ray.about());
            Ok(Box::new(Remote::new(ray, equipment)))
        }),
        On::Slurm => sought(move || {
            let cpus = std::env::var("SLURM_JOB_CPUS_PER_NODE").unwrap_or_default();
            let slurm = Slurm::new(own()?, &nodes()?, &cpus)?;
            terminal.say(slurm.about());
            Ok(Box::new(Remote::new(slurm, equipment)))
        }),
    }
}

fn sought(seek: impl FnOnce() -> Result<Box<dyn Executor>, String> + 'static) -> Box<dyn Executor> {
    Box::new(Sought { seek: Some(Box::new(seek)), found: None, failed: None })
}

type Seek = Box<dyn FnOnce() -> Result<Box<dyn Executor>, String>>;

/// Workers that are sought with the first task, so that nothing is waited for where all is stored.
struct Sought {
    seek: Option<Seek>,
    found: Option<Box<dyn Executor>>,
    failed: Option<String>,
}

impl Executor for Sought {
    fn submit(&mut self, job: Job) {
        if let Some(seek) = self.seek.take() {
            match seek() {
                Ok(found) => self.found = Some(found),
                Err(why) => self.failed = Some(why),
            }
        }
        if let Some(found) = &mut self.found {
            found.submit(job);
        }
    }

    fn retain(&mut self, wanted: &HashSet<Key>) -> usize {
        self.found.as_mut().map_or(0, |found| found.retain(wanted))
    }

    fn poll(&mut self, wait: Duration) -> Option<Report> {
        match (&mut self.found, self.failed.take()) {
            (Some(found), _) => found.poll(wait),
            (None, Some(why)) => Some(Report::Broken(why)),
            (None, None) => {
                std::thread::sleep(wait);
                None
            }
        }
    }

    fn holds(&self, key: &Key) -> bool {
        self.found.as_ref().is_some_and(|found| found.holds(key))
    }

    fn idle(&self) -> bool {
        self.failed.is_none() && self.found.as_ref().is_none_or(|found| found.idle())
    }
}

/// The program itself.
fn own() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("cannot find the program itself: {error}"))
}

/// The nodes of the allocation that this process runs in.
fn nodes() -> Result<Vec<String>, String> {
    let list = std::env::var("SLURM_JOB_NODELIST").map_err(|_| {
        "this is not in an allocation of Slurm: type `salloc --nodes=2 caviar watch …`, or `caviar run … --on slurm`, which asks for one"
    })?;
    hostnames(&list)
}

/// The nodes that a list such as `n[1-4,7]` names.
///
/// # Errors
/// When Slurm cannot say.
pub fn hostnames(list: &str) -> Result<Vec<String>, String> {
    let output = Command::new("scontrol").args(["show", "hostnames", list]).output();
    let output = output.map_err(|error| format!("scontrol cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("scontrol show hostnames {list}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_string()).collect())
}
