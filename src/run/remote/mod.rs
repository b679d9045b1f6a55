//! Tasks done by other processes, on this machine or on others: one dispatcher, and a transport for each engine.
//!
//! In go jobs, out come reports, as with threads. Short tasks are sent in bundles; every answer is checked by itself, so that it does not
//! matter how the process that wrote it ended. A task whose worker is lost is sent again, a result that comes twice counts once, and two that
//! differ end the run.

mod dispatch;
pub mod files;
pub mod line;
mod pipe;
pub mod processes;
pub mod ray;
pub mod requests;
pub mod slurm;
#[cfg(test)]
mod tests;
pub mod trial;

use std::time::Duration;

pub use dispatch::Remote;
use line::Needed;

/// Tasks that are sent together and done one after another.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Its number.
    pub id: u64,
    /// The requests.
    pub lines: Vec<String>,
    /// The files that they need.
    pub files: Vec<Needed>,
    /// Cores that it is given.
    pub cpus: u32,
}

/// What a transport says.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A bundle is being done: where.
    At(u64, String),
    /// A bundle's worker wrote a line.
    Line(u64, String),
    /// A bundle has ended, well or not: what is known of it.
    Ended(u64, String),
    /// The engine is gone: why, and what to do.
    Broken(String),
}

/// Brings bundles to workers and their lines back.
pub trait Transport {
    /// Take a bundle.
    fn start(&mut self, bundle: Bundle);
    /// End a bundle before its time; it is reported as ended all the same.
    fn cancel(&mut self, bundle: u64);
    /// The next signal, waiting for at most so long.
    fn next(&mut self, wait: Duration) -> Option<Signal>;
    /// Cores in all.
    fn cpus(&self) -> usize;
}
