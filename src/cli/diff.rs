//! `caviar diff`: settings that changed beside metrics that changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::Exit;
use super::args::Diff;
use super::terminal::{Terminal, count};
use crate::plan::notebook::Notebook;
use crate::record::lock::{self, Lock};
use crate::report::diff::{self, Noise, Presence, Side};
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
    /// Experiments that have no results as they are written.
    open: Vec<String>,
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
    let of = |revision: &str| match revision {
        "lock" if git(path, &["rev-parse", "--verify", "--quiet", "lock^{commit}"]).is_none() => locked(path),
        revision => committed(path, revision, &datasets),
    };
    // Where nothing is committed, what is stored is held against the lock.
    let before = from.map_or_else(|| locked(path), of);
    let after = to.map_or_else(|| now(path, &datasets, terminal), of);
    let (before, mut after) = match (before, after) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(message), _) | (_, Err(message)) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    if let (false, Some(lock)) = (after.open.is_empty(), &mut after.lock) {
        // What they would come to is not known.
        lock.claims = before.lock.as_ref().map(|lock| lock.claims.clone()).unwrap_or_default();
    }
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
    if !after.open.is_empty() {
        let open = after.open.join(", ");
        terminal.say(format!("note: {open}: not run as the file is now, so that only settings are compared"));
    }
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
        let (telling, rest): (Vec<_>, Vec<_>) = change.metrics.iter().partition(|metric| metric.telling);
        telling.iter().for_each(|metric| terminal.line(format!("    {metric}")));
        for noise in [Noise::Within, Noise::Unknown] {
            let alike = rest.iter().filter(|metric| metric.noise == noise).count();
            if alike > 0 {
                terminal.line(format!("    {}, {noise}", count(alike, "other metric")));
            }
        }
        if change.trials && change.best.is_empty() && change.metrics.is_empty() {
            terminal.line("    other trials; the best is the same");
        }
    }
    found.claims.iter().for_each(|change| terminal.line(format!("claim {change}")));
}

/// The file as it is, with the results that are stored, or else those that the lock has of the same plan.
fn now(path: &Path, datasets: &Arc<Datasets>, terminal: &Terminal) -> Result<State, String> {
    if !path.is_file() {
        return Err(format!("there is no file {}", path.display()));
    }
    let opened = open(path, datasets);
    if opened.has_errors() {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
    }
    let on_disk = lock_on_disk(path)?;
    let Some(notebook) = &opened.notebook else {
        return Ok(State { name: "now".into(), notebook: None, lock: on_disk, open: Vec::new() });
    };
    let stored = stored(path, &opened, notebook, datasets);
    let mut lock = stored.clone().or(on_disk.clone()).unwrap_or_default();
    let mut open = Vec::new();
    for name in notebook.experiments.iter().map(|e| &e.name) {
        if stored.as_ref().is_some_and(|stored| stored.experiments.contains_key(name)) {
            continue;
        }
        let same = |lock: &Lock| lock.experiments.get(name).filter(|l| l.plan == lock::plan(notebook, name)).cloned();
        match on_disk.as_ref().and_then(same) {
            Some(locked) => _ = lock.experiments.insert(name.clone(), locked),
            None => {
                lock.experiments.remove(name);
                open.push(name.clone());
            }
        }
    }
    let lock = (stored.is_some() || on_disk.is_some()).then_some(lock);
    Ok(State { name: "now".into(), notebook: opened.notebook, lock, open })
}

/// The lock of the experiments that are stored to their end.
fn stored(path: &Path, opened: &Opened, notebook: &Notebook, datasets: &Arc<Datasets>) -> Option<Lock> {
    let engine = super::args::Engine::default();
    let equipment = super::run::equipment(path, &engine, datasets, false).ok()?;
    let surveyed = survey(notebook, &equipment.store, datasets, &opened.base, &Options::default()).ok()?;
    let complete = surveyed.into_iter().filter(|one| one.complete);
    let studies: BTreeMap<_, _> = complete.map(|one| (one.study.experiment.clone(), one.study)).collect();
    if studies.is_empty() {
        return None;
    }
    let results = outputs::judged(notebook, studies);
    Some(outputs::lock_of(notebook, &results, &opened.base, &equipment))
}

fn locked(path: &Path) -> Result<State, String> {
    Ok(State { name: "lock".into(), notebook: None, lock: lock_on_disk(path)?, open: Vec::new() })
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
        return Ok(State { name: revision.into(), notebook: Some(Notebook::default()), lock: None, open: Vec::new() });
    }
    let opened = open_from(path, datasets, &mut read);
    let lock = shown(&outputs::lock_path(path), revision)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(|text| lock::parse(&text).map_err(|e| format!("the lock of {revision}: {e}")))
        .transpose()?;
    Ok(State { name: revision.into(), notebook: opened.notebook, lock, open: Vec::new() })
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
