//! `caviar trial`: tasks that another process asks for, one after another.

use std::collections::HashSet;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Exit;
use super::args::{Engine, Trial};
use super::run::equipment;
use super::terminal::{Terminal, count};
use crate::kernel::Isa;
use crate::run::Options;
use crate::run::datasets::Datasets;
use crate::run::open::open;
use crate::run::remote::line::Answer;
use crate::run::remote::requests::Requests;
use crate::run::remote::trial::Desk;
use crate::run::survey::survey;
use crate::store::{self, Store, StoreError};

/// Whether the task in hand is to be given up.
static CANCEL: AtomicBool = AtomicBool::new(false);

/// Answer requests from standard input on standard output.
pub fn run(args: &Trial, terminal: &Terminal) -> Exit {
    if let Some(path) = &args.list {
        return list(path, terminal);
    }
    if let Some(path) = &args.keep {
        return keep(path, terminal);
    }
    let isa = match &args.simd {
        None => Isa::detect(),
        Some(name) => match Isa::parse(name) {
            Ok(isa) => isa,
            Err(error) => {
                terminal.error(error.to_string());
                return Exit::Usage;
            }
        },
    };
    let cache = args.data_cache.clone().unwrap_or_else(cache);
    let desk = Desk { datasets: Arc::new(Datasets::new()), isa, threads: args.threads.max(1), cache };
    let _ = ctrlc::set_handler(|| CANCEL.store(true, Ordering::Relaxed));
    if args.bundle { bundle(&desk, args.attached, terminal) } else { single(&desk, terminal) }
}

fn single(desk: &Desk, terminal: &Terminal) -> Exit {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        terminal.error(format!("cannot read standard input: {error}"));
        return Exit::Failed;
    }
    answer(desk, &text, terminal)
}

fn bundle(desk: &Desk, attached: bool, terminal: &Terminal) -> Exit {
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
        if attached {
            CANCEL.store(true, Ordering::Relaxed);
        }
    });
    let mut exit = Exit::Good;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        if CANCEL.load(Ordering::Relaxed) {
            return Exit::Failed;
        }
        exit = exit.max(answer(desk, &line, terminal));
    }
    exit
}

fn answer(desk: &Desk, line: &str, terminal: &Terminal) -> Exit {
    let done = AtomicBool::new(false);
    desk.answer(line, &CANCEL, &|answer| {
        done.fetch_or(matches!(answer, Answer::Run(..)), Ordering::Relaxed);
        if let Answer::Failed(_, why) | Answer::Refused(_, why) = &answer {
            terminal.error(why);
        }
        terminal.raw(answer.write());
    });
    if done.into_inner() { Exit::Good } else { Exit::Failed }
}

/// Print the requests of all runs that are not stored.
fn list(path: &Path, terminal: &Terminal) -> Exit {
    let datasets = Arc::new(Datasets::new());
    let opened = open(path, &datasets);
    terminal.diagnostics(&opened.diagnostics, &opened.sources);
    let Some(notebook) = &opened.notebook else { return Exit::Mistakes };
    let failed = |why: String| {
        terminal.error(why);
        Exit::Failed
    };
    let equipment = match equipment(path, &Engine::default(), &datasets, false).map(Arc::new) {
        Ok(equipment) => equipment,
        Err(why) => return failed(why),
    };
    let surveyed = match survey(notebook, &equipment.store, &datasets, &opened.base, &Options::default()) {
        Ok(surveyed) => surveyed,
        Err(error) => return failed(error.to_string()),
    };
    let mut requests = Requests::new(equipment);
    let mut listed = HashSet::new();
    for asked in surveyed.iter().flat_map(|one| &one.asked).filter(|asked| !asked.stored) {
        if listed.insert(asked.key) {
            match requests.make(&asked.task) {
                Ok(request) => terminal.raw(request.write()),
                Err(error) => return failed(error.to_string()),
            }
        }
    }
    Exit::Good
}

/// Take records into a store.
fn keep(path: &Path, terminal: &Terminal) -> Exit {
    let store = match Store::open(store::locate(path)) {
        Ok(store) => store,
        Err(error) => {
            terminal.error(error.to_string());
            return Exit::Failed;
        }
    };
    let (mut exit, mut kept) = (Exit::Good, 0);
    for (number, line) in std::io::stdin().lock().lines().map_while(Result::ok).enumerate() {
        let wrong = match Answer::read(&line) {
            Ok(Answer::Run(key, run)) => match store.put(&key, &run) {
                Ok(_) => {
                    kept += 1;
                    continue;
                }
                Err(error @ StoreError::Conflict { .. }) => {
                    exit = exit.max(Exit::Different);
                    error.to_string()
                }
                Err(error) => error.to_string(),
            },
            Ok(Answer::Failed(_, why) | Answer::Refused(_, why)) => why,
            Ok(Answer::Epoch(..) | Answer::State(..)) => continue,
            Err(why) => why.to_string(),
        };
        exit = exit.max(Exit::Failed);
        terminal.error(format!("line {}: {wrong}", number + 1));
    }
    terminal.say(format!("{} in {}", count(kept, "record"), store.folder().display()));
    exit
}

/// The user's folder of caches.
fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    caches.unwrap_or_else(std::env::temp_dir).join("caviar")
}
