//! `caviar diff`: settings that changed beside metrics that changed.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::Exit;
use super::args::Diff;
use super::terminal::Terminal;
use crate::plan::notebook::Notebook;
use crate::record::lock::{self, Lock};
use crate::report::diff::{self, Presence, Side};
use crate::run::datasets::Datasets;
use crate::run::open::{Opened, open, open_from};
use crate::run::survey::survey;
use crate::run::{Options, outputs};
use crate::source::{ReadError, Source, from_bytes};

/// A file and its lock in one state.
struct State {
    /// `HEAD`, `now`.
    name: String,
    notebook: Option<Notebook>,
    lock: Option<Lock>,
}

impl State {
    fn side(&self) -> Side<'_> {
        Side { notebook: self.notebook.as_ref(), lock: self.lock.as_ref() }
    }
}

/// Compare two states of a file.
pub fn run(args: &Diff, terminal: &Terminal) -> Exit {
    let path = &args.path;
    let datasets = Arc::new(Datasets::new());
    let (from, to) = match args.revision.as_deref().map(|text| text.split_once("..").unwrap_or((text, ""))) {
        Some((from, to)) => (Some(from), Some(to).filter(|to| !to.is_empty())),
        None => (git(path, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_some().then_some("HEAD"), None),
    };
    let before = match from {
        // Where nothing is committed, what is stored is held against the lock.
        None => lock_on_disk(path).map(|lock| State { name: "lock".into(), notebook: None, lock }),
        Some(revision) => committed(path, revision, &datasets),
    };
    let after = match to {
        None => now(path, &datasets, terminal),
        Some(revision) => committed(path, revision, &datasets),
    };
    let (before, after) = match (before, after) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(message), _) | (_, Err(message)) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    show(&before, &after, terminal);
    Exit::Good
}

fn show(before: &State, after: &State, terminal: &Terminal) {
    let found = diff::diff(before.side(), after.side());
    for (state, what) in [(before, "before"), (after, "after")] {
        if state.lock.is_none() {
            terminal.say(format!("note: {} ({what}) has no results to compare", state.name));
        }
    }
    if found.is_empty() {
        terminal.line(format!("nothing changed from {} to {}", before.name, after.name));
        return;
    }
    terminal.line(format!("{} → {}", before.name, after.name));
    if let Some((a, b)) = found.numerics {
        terminal.line(format!("version of the numbers {a} → {b}"));
    }
    for change in &found.experiments {
        terminal.line(match change.presence {
            Presence::Added => format!("{}: new", change.name),
            Presence::Removed => format!("{}: gone", change.name),
            Presence::Both => change.name.clone(),
        });
        let data = change.data.iter().map(|c| format!("data {c}"));
        let best = change.best.iter().map(|c| format!("best {c}"));
        let lines = change.settings.iter().map(ToString::to_string).chain(data).chain(best);
        lines.for_each(|line| terminal.line(format!("  {line}")));
        change.metrics.iter().for_each(|metric| terminal.line(format!("    {metric}")));
        if change.trials && change.best.is_empty() && change.metrics.is_empty() {
            terminal.line("    other trials; the best is the same");
        }
    }
    found.claims.iter().for_each(|change| terminal.line(format!("claim {change}")));
}

/// The file as it is, with the results that are stored, or else those that the lock has.
fn now(path: &Path, datasets: &Arc<Datasets>, terminal: &Terminal) -> Result<State, String> {
    if !path.is_file() {
        return Err(format!("there is no file {}", path.display()));
    }
    let opened = open(path, datasets);
    if opened.has_errors() {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
    }
    let stored = opened.notebook.as_ref().and_then(|notebook| stored(path, &opened, notebook, datasets));
    let lock = match stored {
        Some(lock) => Some(lock),
        None => lock_on_disk(path)?,
    };
    Ok(State { name: "now".into(), notebook: opened.notebook, lock })
}

/// The lock of what is stored, if all is.
fn stored(path: &Path, opened: &Opened, notebook: &Notebook, datasets: &Arc<Datasets>) -> Option<Lock> {
    let engine = super::args::Engine::default();
    let equipment = super::run::equipment(path, &engine, datasets, false).ok()?;
    let surveyed = survey(notebook, &equipment.store, datasets, &opened.base, &Options::default()).ok()?;
    if surveyed.iter().any(|one| !one.complete) {
        return None;
    }
    let studies = surveyed.into_iter().map(|one| (one.study.experiment.clone(), one.study)).collect();
    let results = outputs::judged(notebook, studies);
    Some(outputs::lock_of(notebook, &results, &opened.base, &equipment))
}

fn lock_on_disk(path: &Path) -> Result<Option<Lock>, String> {
    let file = outputs::lock_path(path);
    match std::fs::read_to_string(&file) {
        Ok(text) => lock::parse(&text).map(Some).map_err(|e| format!("{}: {e}", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", file.display())),
    }
}

/// The file and its lock in a revision. Data are those that are there now.
fn committed(path: &Path, revision: &str, datasets: &Datasets) -> Result<State, String> {
    let commit = format!("{revision}^{{commit}}");
    if git(path, &["rev-parse", "--verify", "--quiet", &commit]).is_none() {
        return Err(format!("git knows no revision `{revision}` here"));
    }
    let mut read = |file: &Path| -> Result<Source, ReadError> {
        let bytes = shown(file, revision).ok_or_else(|| ReadError::Io(std::io::ErrorKind::NotFound.into()))?;
        from_bytes(&file.to_string_lossy(), bytes)
    };
    if shown(path, revision).is_none() {
        return Ok(State { name: revision.into(), notebook: Some(Notebook::default()), lock: None });
    }
    let opened = open_from(path, datasets, &mut read);
    let lock = shown(&outputs::lock_path(path), revision)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(|text| lock::parse(&text).map_err(|e| format!("the lock of {revision}: {e}")))
        .transpose()?;
    Ok(State { name: revision.into(), notebook: opened.notebook, lock })
}

/// A file's bytes in a revision.
fn shown(file: &Path, revision: &str) -> Option<Vec<u8>> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    git(file, &["show", &format!("{revision}:./{name}")])
}

/// What git prints, run in the folder of a file; nothing when it fails or is not there.
fn git(file: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let output = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
    output.status.success().then_some(output.stdout)
}
