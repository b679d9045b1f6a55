//! `caviar run`: every file brought up to date.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Exit;
use super::args::{Engine, Run};
use super::progress::Progress;
use super::slurm;
use super::terminal::{self, Terminal};
use super::workers::executor;
use crate::kernel::Isa;
use crate::plan::notebook::{Item, Notebook};
use crate::plan::show::Table;
use crate::record::lock;
use crate::report::{self, Results};
use crate::run::datasets::Datasets;
use crate::run::memo;
use crate::run::open::{Opened, open};
use crate::run::outputs::{self, Locking};
use crate::run::plan::plan;
use crate::run::survey::known;
use crate::run::worker::Equipment;
use crate::run::{self, Event, Leave, Options, RunError, Session};
use crate::stats::claim::Outcome;
use crate::store::{self, Store};

/// Whether Ctrl-C was pressed: once to leave off at the next step, again to leave at once.
static PRESSED: AtomicU8 = AtomicU8::new(0);

/// Ask for a clean end on Ctrl-C; `tell` is called when it is pressed.
pub fn catch_interrupt(tell: impl Fn() + Send + 'static) {
    // Without a handler the program ends at once; finished trials are stored all the same.
    let _ = ctrlc::set_handler(move || {
        if PRESSED.fetch_add(1, Ordering::SeqCst) > 0 {
            std::process::exit(Exit::Failed as i32);
        }
        tell();
    });
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    PRESSED.load(Ordering::SeqCst) > 0
}

/// What all commands that may train share.
pub fn equipment(path: &Path, engine: &Engine, datasets: &Arc<Datasets>, fresh: bool) -> Result<Equipment, String> {
    let isa = match &engine.simd {
        None => Isa::detect(),
        Some(name) => Isa::parse(name).map_err(|e| e.to_string())?,
    };
    let store = Store::open(store::locate(path)).map_err(|e| e.to_string())?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    Ok(Equipment { datasets: datasets.clone(), store: Arc::new(store), isa, fresh, folder, followed: 0 })
}

/// How many workers.
pub fn threads(engine: &Engine) -> usize {
    engine.threads.filter(|&n| n > 0).unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Bring every file up to date.
pub fn run(args: &Run, terminal: &Terminal) -> Exit {
    let files = match terminal::files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    let datasets = Arc::new(Datasets::new());
    // What waits in a queue should have something to do there.
    if slurm::is_outside(&args.engine) && !args.plan && files.iter().any(|path| is_open(path, args, &datasets)) {
        return slurm::submit(&files[0], &args.engine, terminal);
    }
    catch_interrupt(|| {});
    let mut exit = Exit::Good;
    for path in &files {
        if files.len() > 1 && !args.json {
            terminal.say(format!("── {}", path.display()));
        }
        exit = exit.max(one(path, args, &datasets, terminal));
        if interrupted() {
            break;
        }
    }
    exit
}

/// Whether anything of a file would be trained. What keeps it from being known is left to the run itself to say.
fn is_open(path: &Path, args: &Run, datasets: &Arc<Datasets>) -> bool {
    let opened = open(path, datasets);
    let Some(notebook) = &opened.notebook else { return false };
    let Ok(equipment) = equipment(path, &args.engine, datasets, args.fresh) else { return false };
    let options = Options { fresh: args.fresh, only: args.only.clone() };
    let surveyed = known(notebook, &equipment.store, datasets, &opened.base, &options);
    surveyed.is_ok_and(|all| all.iter().any(|one| !one.complete))
}

fn one(path: &Path, args: &Run, datasets: &Arc<Datasets>, terminal: &Terminal) -> Exit {
    let opened = open(path, datasets);
    if args.json {
        for diagnostic in &opened.diagnostics {
            terminal.raw(crate::diagnostic::json(diagnostic, &opened.sources));
        }
    } else {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
    }
    let Some(notebook) = &opened.notebook else { return Exit::Mistakes };
    let equipment = match equipment(path, &args.engine, datasets, args.fresh).map(Arc::new) {
        Ok(equipment) => equipment,
        Err(message) => {
            terminal.error(message);
            let known = args.engine.simd.as_ref().is_none_or(|name| Isa::parse(name).is_ok());
            return if known { Exit::Failed } else { Exit::Usage };
        }
    };
    if args.plan {
        return planned(path, notebook, &opened, args, &equipment, terminal);
    }
    let results = match bring(path, notebook, &opened, args, &equipment, terminal) {
        Ok(results) => results,
        Err(exit) => return exit,
    };
    let locking = if args.locked || in_ci() { Locking::Leave } else { Locking::Write };
    let mut exit = verdict(&results);
    match outputs::write(path, &opened, notebook, &results, &equipment, locking) {
        Ok(written) => {
            written.problems.iter().for_each(|problem| terminal.say(format!("warning: {problem}")));
            if written.other {
                terminal
                    .say(format!("{}: not as these results; it was left as it is", outputs::lock_path(path).display()));
                exit = exit.max(if args.locked { Exit::Different } else { Exit::Good });
            }
            if args.json {
                json(path, notebook, &results, terminal);
            } else {
                shown(notebook, &results, terminal).iter().for_each(|line| terminal.line(line));
                terminal.line(format!("report: {}", written.report.display()));
            }
        }
        Err(error) => {
            terminal.error(error.to_string());
            return Exit::Failed;
        }
    }
    exit
}

/// Whether this is a machine that tests what others commit.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Say what a run would do.
fn planned(
    path: &Path,
    notebook: &Notebook,
    opened: &Opened,
    args: &Run,
    equipment: &Arc<Equipment>,
    terminal: &Terminal,
) -> Exit {
    let options = Options { fresh: args.fresh, only: args.only.clone() };
    let memo = memo::recall(path, &equipment.store);
    let lock = std::fs::read_to_string(outputs::lock_path(path)).ok().and_then(|text| lock::parse(&text).ok());
    let plan = plan(notebook, opened, equipment, &options, memo.as_ref(), lock.as_ref());
    for warning in equipment.store.warnings() {
        terminal.say(format!("warning: {warning}"));
    }
    match plan {
        Ok(plan) => {
            if args.json {
                super::plan::json(&path.display().to_string(), &plan, terminal);
            } else {
                super::plan::show(&plan, threads(&args.engine), terminal);
            }
            if plan.anything() { Exit::Different } else { Exit::Good }
        }
        Err(error) => {
            terminal.error(error.to_string());
            Exit::Failed
        }
    }
}

/// Train what is not stored and compute what pictures need.
fn bring(
    path: &Path,
    notebook: &Notebook,
    opened: &Opened,
    args: &Run,
    equipment: &Arc<Equipment>,
    terminal: &Terminal,
) -> Result<Results, Exit> {
    let mut executor = executor(&args.engine, equipment, terminal);
    let mut progress = Progress::new(terminal, args.json);
    let mut session = Session {
        store: &equipment.store,
        executor: &mut *executor,
        datasets: equipment.datasets.clone(),
        base: &opened.base,
        options: Options { fresh: args.fresh, only: args.only.clone() },
        interrupted: &mut || interrupted().then_some(Leave::Stop),
    };
    let brought = run::bring_up_to_date(notebook, &mut session, &mut |event| {
        if let (true, Event::Lost { experiment, place, attempt, why }) = (args.json, &event) {
            let file = path.display().to_string();
            terminal.line(report::json::lost(&file, &experiment.name, place.trial, place.repetition, *attempt, why));
        }
        progress.show(&event);
    });
    let studies = match brought {
        Ok(studies) => studies,
        Err(RunError::Interrupted) => {
            progress.close();
            terminal.say("interrupted: finished trials are stored; run the same command again to go on");
            return Err(Exit::Failed);
        }
        Err(error) => {
            progress.close();
            terminal.error(error.to_string());
            return Err(Exit::Failed);
        }
    };
    let (results, problems) = outputs::results(notebook, studies, &opened.base, equipment);
    for problem in problems {
        terminal.say(format!("warning: {problem}"));
    }
    Ok(results)
}

/// A table for the terminal, or as Markdown elsewhere.
pub fn table(table: &Table, results: &Results, terminal: &Terminal) -> String {
    match report::table::build(table, results) {
        Ok(grid) if terminal.output => report::table::terminal(&grid, terminal.table()),
        Ok(grid) => report::table::markdown(&grid),
        Err(error) => format!("warning: {error}"),
    }
}

/// Tables and verdicts for the terminal.
pub fn shown(notebook: &Notebook, results: &Results, terminal: &Terminal) -> Vec<String> {
    let mut shown = Vec::new();
    for (place, item) in notebook.items.iter().enumerate() {
        match item {
            Item::Table(item) => shown.push(table(item, results, terminal)),
            Item::Claim(claim) => {
                shown.extend(results.verdicts.get(&place).map(|verdict| report::claim::text(claim, verdict)));
            }
            Item::Prose(_) | Item::Experiment(_) | Item::Plot(_) => {}
        }
    }
    shown
}

/// The results as JSON lines.
fn json(path: &Path, notebook: &Notebook, results: &Results, terminal: &Terminal) {
    for line in report::json::lines(&path.display().to_string(), notebook, results) {
        terminal.raw(line);
    }
}

fn verdict(results: &Results) -> Exit {
    let refuted = results.verdicts.values().flatten().any(|v| crate::stats::statement::outcome(v) == Outcome::Refuted);
    if refuted { Exit::Different } else { Exit::Good }
}
