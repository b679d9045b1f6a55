//! The command line: the only room that prints, reads the environment or exits.

#![allow(clippy::print_stdout, clippy::print_stderr)]

pub mod args;
mod chart;
mod check;
mod clean;
mod data;
mod diff;
mod export;
mod fmt;
mod help;
#[cfg(test)]
mod killed;
mod lsp;
mod man;
pub mod new;
mod plan;
mod predict;
mod progress;
mod run;
mod show;
mod slurm;
mod suggest;
mod terminal;
mod trial;
mod verify;
mod watch;
mod workers;
mod wrap;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Good = 0,
    /// The command line is wrong.
    Usage = 1,
    /// A file has mistakes.
    Mistakes = 2,
    /// Training or reading and writing failed, or the run was interrupted.
    Failed = 3,
    /// A claim is refuted, `verify` found a difference, or `run --plan` found something to do.
    Different = 4,
}

/// Run the program with the process's arguments; the exit code.
pub fn main() -> u8 {
    with(std::env::args_os())
}

/// Run the program with these arguments, its own name first; the exit code.
pub fn with(args: impl IntoIterator<Item: Into<std::ffi::OsString> + Clone>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Good };
            let _ = error.print();
            return code as u8;
        }
    };
    let terminal = terminal::Terminal::new(args.color);
    let exit = match args.command {
        None => {
            terminal.page(help::welcome(std::path::Path::new(".")));
            Exit::Good
        }
        Some(Command::Run(run)) => run::run(&run, &terminal),
        Some(Command::Check(check)) => check::run(&check, &terminal),
        Some(Command::Fmt(fmt)) => fmt::run(&fmt, &terminal),
        Some(Command::Lsp) => lsp::run(&terminal),
        Some(Command::Suggest { path, name }) => suggest::run(&path, &name, &terminal),
        Some(Command::New { path }) => new::run(&path, &terminal),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "caviar", &mut script);
            terminal.raw(String::from_utf8_lossy(&script).trim_end());
            Exit::Good
        }
        Some(Command::Man) => {
            terminal.raw(man::page());
            Exit::Good
        }
        Some(Command::Watch(watch)) => watch::run(&watch, &terminal),
        Some(Command::Verify(verify)) => verify::run(&verify, &terminal),
        Some(Command::Diff(diff)) => diff::run(&diff, &terminal),
        Some(Command::Show(show)) => show::run(&show, &terminal),
        Some(Command::Export(export)) => export::run(&export, &terminal),
        Some(Command::Predict(predict)) => predict::run(&predict, &terminal),
        Some(Command::Trial(trial)) => trial::run(&trial, &terminal),
        Some(Command::Clean(clean)) => clean::run(&clean, &terminal),
        Some(Command::Help { topic }) => help::run(&topic, &terminal),
    };
    exit as u8
}
