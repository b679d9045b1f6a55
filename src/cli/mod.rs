//! The command line: the only room that prints, reads the environment or exits.

#![allow(clippy::print_stdout, clippy::print_stderr)]

pub mod args;
mod check;
mod help;
mod progress;
mod run;
mod terminal;

use clap::Parser;

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
    let args = match Args::try_parse() {
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
            terminal.line(help::WELCOME);
            Exit::Good
        }
        Some(Command::Run(run)) => run::run(&run, &terminal),
        Some(Command::Check(check)) => check::run(&check, &terminal),
        Some(Command::Help { topic }) => help::run(&topic, &terminal),
    };
    exit as u8
}
