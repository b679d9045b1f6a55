//! Who trains: threads of this process, or workers elsewhere (`--on`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::args::{Engine, On};
use super::run::{interrupted, threads};
use super::terminal::Terminal;
use crate::run::executor::{Executor, Threads};
use crate::run::remote::Remote;
use crate::run::remote::processes::Processes;
use crate::run::remote::ray::Ray;
use crate::run::remote::slurm::Slurm;
use crate::run::worker::Equipment;

/// The executor that the command line asks for.
///
/// # Errors
/// When workers elsewhere cannot be had: why, and what to do.
pub fn executor(engine: &Engine, equipment: &Arc<Equipment>, terminal: &Terminal) -> Result<Box<dyn Executor>, String> {
    Ok(match &engine.on {
        On::Local => Box::new(Threads::new(threads(engine), equipment.clone())),
        On::Processes(count) => {
            let transport = Processes::new(*count, own()?, &["trial", "--bundle", "--attached"]);
            Box::new(Remote::new(transport, equipment.clone()))
        }
        On::Ray(address) => {
            let python = std::env::var_os("CAVIAR_PYTHON").filter(|python| !python.is_empty());
            let python = python.unwrap_or_else(|| OsString::from("python3"));
            let log = equipment.store.log("ray.log").map_err(|error| error.to_string())?;
            let ray = Ray::join(&python, address.as_deref(), log, &interrupted)?;
            terminal.say(ray.about());
            Box::new(Remote::new(ray, equipment.clone()))
        }
        On::Slurm => {
            let slurm = Slurm::new(own()?, &nodes()?, &std::env::var("SLURM_JOB_CPUS_PER_NODE").unwrap_or_default())?;
            terminal.say(slurm.about());
            Box::new(Remote::new(slurm, equipment.clone()))
        }
    })
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
    let output = Command::new("scontrol").args(["show", "hostnames", &list]).output();
    let output = output.map_err(|error| format!("scontrol cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("scontrol show hostnames {list}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_string()).collect())
}
