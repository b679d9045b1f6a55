//! `caviar verify`: what the lock says, trained again.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::Verify;
use super::progress::Progress;
use super::run::{catch_interrupt, equipment, interrupted};
use super::slurm;
use super::terminal::{self, Terminal, count};
use super::workers::executor;
use crate::plan::notebook::Notebook;
use crate::record::lock::{self, Lock};
use crate::run::datasets::Datasets;
use crate::run::open::{Opened, open};
use crate::run::survey::{Surveyed, survey};
use crate::run::verify::{outline, train_again};
use crate::run::worker::Equipment;
use crate::run::{self, Event, Leave, Options, RunError, Session, outputs};
use crate::store::StoreError;

/// Verify every file.
pub fn run(args: &Verify, terminal: &Terminal) -> Exit {
    let files = match terminal::files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    if slurm::is_outside(&args.engine) && !args.quick {
        return slurm::submit(&files[0], &args.engine, terminal);
    }
    catch_interrupt(|| {});
    let mut exit = Exit::Good;
    for path in &files {
        exit = exit.max(one(path, args, terminal));
        if interrupted() {
            break;
        }
    }
    exit
}

fn one(path: &Path, args: &Verify, terminal: &Terminal) -> Exit {
    let datasets = Arc::new(Datasets::new());
    let opened = open(path, &datasets);
    let Some(notebook) = &opened.notebook else {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
        return Exit::Mistakes;
    };
    let file = outputs::lock_path(path);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            terminal.error(format!("there is no lock {}: `caviar run` writes it", file.display()));
            return Exit::Different;
        }
        Err(error) => {
            terminal.error(format!("cannot read {}: {error}", file.display()));
            return Exit::Failed;
        }
    };
    let committed = match lock::parse(&text) {
        Ok(committed) => committed,
        Err(error) => {
            terminal.error(format!("{}: {error}", file.display()));
            return Exit::Different;
        }
    };
    let equipment = match equipment(path, &args.engine, &datasets, true).map(Arc::new) {
        Ok(equipment) => equipment,
        Err(message) => {
            terminal.error(message);
            return Exit::Failed;
        }
    };
    let verified = Verified { path, args, opened: &opened, notebook, committed: &committed, equipment: &equipment };
    verified.run(terminal).unwrap_or_else(|exit| exit)
}

struct Verified<'a> {
    path: &'a Path,
    args: &'a Verify,
    opened: &'a Opened,
    notebook: &'a Notebook,
    committed: &'a Lock,
    equipment: &'a Arc<Equipment>,
}

impl Verified<'_> {
    fn run(&self, terminal: &Terminal) -> Result<Exit, Exit> {
        let name = self.path.display();
        let before = self.survey(terminal)?;
        let base = &self.opened.base;
        let known = if before.iter().all(|one| one.complete) {
            let studies = before.iter().map(|one| (one.study.experiment.clone(), one.study.clone())).collect();
            outputs::lock_of(self.notebook, &outputs::judged(self.notebook, studies), base, self.equipment)
        } else {
            outline(self.notebook, &before, base, self.equipment, self.committed)
        };
        if self.differ(&known, terminal) {
            terminal.say(format!("{name}: not as in the lock; nothing was trained"));
            return Ok(Exit::Different);
        }
        let open: Vec<&str> = before.iter().filter(|s| !s.complete).map(|s| s.study.experiment.as_str()).collect();
        if self.args.quick {
            terminal.line(match open.as_slice() {
                [] => format!("{name}: digests as in the lock; nothing was trained again (--quick)"),
                open => format!(
                    "{name}: plan and data as in the lock; the results of {} are not stored, so they were not compared (--quick)",
                    open.join(", ")
                ),
            });
            return Ok(Exit::Good);
        }
        let mut trained = HashSet::new();
        let studies = self.bring(&mut trained, terminal)?;
        let results = outputs::judged(self.notebook, studies);
        let fresh = outputs::lock_of(self.notebook, &results, base, self.equipment);
        let mut different = self.differ(&fresh, terminal);
        let mut executor = executor(&self.args.engine, self.equipment, terminal);
        let after = self.survey(terminal)?;
        let sample = if self.args.all { usize::MAX } else { self.args.sample };
        let again = train_again(&after, sample, &trained, &mut *executor, self.equipment, &interrupted);
        let (compared, wrong) = again.map_err(|error| {
            match error {
                RunError::Interrupted => terminal.say("interrupted"),
                error => terminal.error(error.to_string()),
            }
            Exit::Failed
        })?;
        for mismatch in &wrong {
            terminal.line(format!("{name}: {mismatch}"));
        }
        different |= !wrong.is_empty();
        let trials: usize = after.iter().map(|s| s.study.trials.len()).sum();
        if different {
            terminal.say(format!("{name}: not as in the lock"));
            return Ok(Exit::Different);
        }
        terminal.line(format!(
            "{name}: as in the lock: {}, {}; {} trained again, with the same bits",
            count(after.len(), "experiment"),
            count(trials, "trial"),
            count(compared.max(trained.len()), "run")
        ));
        Ok(Exit::Good)
    }

    /// Print what the lock says differently; whether it does.
    fn differ(&self, fresh: &Lock, terminal: &Terminal) -> bool {
        let differences = lock::compare(self.committed, fresh);
        for difference in &differences {
            terminal.line(format!("{}: {difference}", self.path.display()));
        }
        !differences.is_empty()
    }

    fn survey(&self, terminal: &Terminal) -> Result<Vec<Surveyed>, Exit> {
        let Equipment { store, datasets, .. } = &**self.equipment;
        survey(self.notebook, store, datasets, &self.opened.base, &Options::default()).map_err(|error| {
            terminal.error(error.to_string());
            Exit::Failed
        })
    }

    /// Train what is not stored, or everything; which runs were.
    fn bring(
        &self,
        trained: &mut HashSet<String>,
        terminal: &Terminal,
    ) -> Result<std::collections::BTreeMap<String, crate::record::Study>, Exit> {
        let mut executor = executor(&self.args.engine, self.equipment, terminal);
        let mut progress = Progress::new(terminal, false);
        let mut session = Session {
            store: &self.equipment.store,
            executor: &mut *executor,
            datasets: self.equipment.datasets.clone(),
            base: &self.opened.base,
            options: Options { fresh: self.args.all, only: Vec::new() },
            interrupted: &mut || interrupted().then_some(Leave::Stop),
        };
        let brought = run::bring_up_to_date(self.notebook, &mut session, &mut |event| {
            if let Event::Arrived { arrival, .. } = &event
                && !arrival.stored
            {
                trained.insert(arrival.run.key.clone());
            }
            progress.show(&event);
        });
        brought.map_err(|error| {
            progress.close();
            match error {
                RunError::Store(StoreError::Conflict { .. }) => {
                    terminal.line(format!("{}: {error}", self.path.display()));
                    Exit::Different
                }
                RunError::Interrupted => {
                    terminal.say("interrupted");
                    Exit::Failed
                }
                error => {
                    terminal.error(error.to_string());
                    Exit::Failed
                }
            }
        })
    }
}
