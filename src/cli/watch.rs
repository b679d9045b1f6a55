//! `caviar watch`: up to date on every save.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Exit;
use super::args::Watch;
use super::chart::{self, Canvas};
use super::progress::Progress;
use super::run::{catch_interrupt, equipment, in_ci, interrupted, shown};
use super::terminal::{Terminal, count};
use super::workers::executor;
use crate::plan::notebook::Notebook;
use crate::record::digest::Digest;
use crate::run::datasets::Datasets;
use crate::run::executor::Executor;
use crate::run::open::{Opened, open};
use crate::run::outputs::{self, Locking};
use crate::run::worker::Equipment;
use crate::run::{self, Event, Leave, Options, RunError, Session};
use crate::watch::live::{CURVES, Event as Live};
use crate::watch::serve::Server;
use crate::watch::tell::{self, Teller};
use crate::watch::{Changed, Mode, Next, Watched, Watcher, depends, find};

/// How often results of workers are stored while nothing else happens.
const COLLECT: Duration = Duration::from_millis(250);
/// How long to wait for a change.
const LONG: Duration = Duration::from_secs(3600);
/// How long a file with mistakes may still be in the middle of a save.
const SETTLE: Duration = Duration::from_millis(40);

/// Watch files and folders until Ctrl-C.
pub fn run(args: &Watch, terminal: &Terminal) -> Exit {
    let (paths, port) = match args.paths_and_port() {
        Ok(found) => found,
        Err(message) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    let watcher = Watcher::new(if args.poll { Mode::Poll } else { Mode::Events });
    let waker = watcher.waker();
    catch_interrupt(move || waker.wake());
    let mut watching = Watching {
        args,
        terminal,
        datasets: Arc::new(Datasets::new()),
        watcher,
        folders: BTreeSet::new(),
        notebooks: BTreeMap::new(),
        queue: VecDeque::new(),
        server: None,
    };
    for path in &paths {
        if path.is_dir() {
            watching.folders.insert(path.clone());
            find(path).notebooks.into_iter().for_each(|file| watching.add(file));
        } else if path.is_file() {
            watching.add(path.clone());
        } else {
            terminal.error(format!("there is no file or folder {}", path.display()));
            return Exit::Usage;
        }
    }
    if let Some(port) = port {
        match Server::start(port) {
            Ok(server) => {
                terminal.line(format!("live page: {}", server.url()));
                watching.server = Some(server);
            }
            Err(error) => {
                terminal.error(format!("cannot serve the live page: {error}"));
                return Exit::Usage;
            }
        }
    }
    watching.forever()
}

/// A notebook that is watched.
#[derive(Default)]
struct Known {
    equipment: Option<Arc<Equipment>>,
    /// Workers that go on while the notebook is looked at again.
    executor: Option<Box<dyn Executor>>,
    /// What it read when it was opened last.
    reads: BTreeMap<PathBuf, Option<Digest>>,
    /// What the last good text printed.
    output: Vec<String>,
}

struct Watching<'t> {
    args: &'t Watch,
    terminal: &'t Terminal,
    datasets: Arc<Datasets>,
    watcher: Watcher,
    folders: BTreeSet<PathBuf>,
    notebooks: BTreeMap<PathBuf, Known>,
    /// Those that are not up to date, the next first.
    queue: VecDeque<PathBuf>,
    server: Option<Server>,
}

impl Watching<'_> {
    fn add(&mut self, file: PathBuf) {
        // Heard of before it is read, so that a change in between is not missed.
        self.notebooks
            .insert(file.clone(), Known { reads: BTreeMap::from([(file.clone(), None)]), ..Known::default() });
        self.queue.push_back(file);
    }

    fn forever(&mut self) -> Exit {
        self.listen();
        if let Some(refused) = self.watcher.refused() {
            self.terminal.say(format!("warning: {refused}"));
        }
        loop {
            if interrupted() {
                return self.leave();
            }
            if let Some(path) = self.queue.pop_front() {
                self.bring(&path);
                if self.queue.is_empty() && !interrupted() {
                    self.terminal.say("watching; Ctrl-C ends it");
                }
                continue;
            }
            let busy = self.notebooks.values().any(|known| known.executor.as_ref().is_some_and(|e| !e.idle()));
            match self.watcher.next(if busy { COLLECT } else { LONG }) {
                Next::Changed(changed) => self.changed(&changed),
                Next::Woken => {}
                Next::TimedOut => self.collect(),
            }
        }
    }

    /// Store what workers of notebooks that have mistakes have done meanwhile.
    fn collect(&mut self) {
        for known in self.notebooks.values_mut() {
            let (Some(executor), Some(equipment)) = (&mut known.executor, &known.equipment) else { continue };
            run::collect(&mut **executor, &equipment.store);
        }
    }

    fn leave(&mut self) -> Exit {
        for known in self.notebooks.values_mut() {
            if let (Some(mut executor), Some(equipment)) = (known.executor.take(), &known.equipment) {
                run::leave_off(&mut *executor, &equipment.store);
            }
        }
        self.terminal.say("left off: finished trials and checkpoints are stored; the same command goes on from them");
        Exit::Good
    }

    /// Watch what the notebooks read now.
    fn listen(&mut self) {
        let mut watched = Watched { folders: self.folders.clone(), ..Watched::default() };
        for known in self.notebooks.values() {
            for (file, digest) in &known.reads {
                let entry = watched.files.entry(file.clone()).or_default();
                *entry = entry.or(*digest);
            }
        }
        self.watcher.watch(watched);
    }

    /// Take note of changed files: what has to be brought up to date comes first.
    fn changed(&mut self, changed: &Changed) {
        let all: BTreeSet<PathBuf> = changed.files.iter().chain(&changed.removed).cloned().collect();
        self.datasets.forget(&all);
        for file in &changed.removed {
            self.terminal.say(format!("{} is gone", file.display()));
            let found = self.notebooks.contains_key(file) && self.folders.iter().any(|folder| file.starts_with(folder));
            if found && let Some(known) = self.notebooks.remove(file) {
                self.queue.retain(|queued| queued != file);
                if let (Some(mut executor), Some(equipment)) = (known.executor, known.equipment) {
                    run::leave_off(&mut *executor, &equipment.store);
                }
                if let Some(server) = &self.server {
                    server.remove(&name(file));
                }
            }
        }
        for file in &changed.files {
            let depended = self.notebooks.values().any(|known| known.reads.contains_key(file));
            if !depended && file.extension().is_some_and(|e| e == "exp") {
                self.terminal.say(format!("{} is new", file.display()));
                self.notebooks.insert(file.clone(), Known::default());
                self.queue.push_front(file.clone());
            }
        }
        for (path, known) in &mut self.notebooks {
            if known.reads.keys().any(|file| all.contains(file)) {
                self.queue.retain(|queued| queued != path);
                self.queue.push_front(path.clone());
                // What is there now is what counts from here on, until it is opened again.
                known.reads.values_mut().for_each(|digest| *digest = None);
            }
        }
    }

    fn bring(&mut self, path: &Path) {
        let started = Instant::now();
        let opened = open(path, &self.datasets);
        let Some(known) = self.notebooks.get_mut(path) else { return };
        known.reads = depends(&opened, &self.datasets);
        self.listen();
        if opened.notebook.is_none()
            && let Next::Changed(changed) = self.watcher.next(SETTLE)
        {
            self.queue.push_back(path.to_path_buf());
            return self.changed(&changed);
        }
        if self.terminal.clears && self.notebooks.len() == 1 {
            self.terminal.raw("\u{1b}[2J\u{1b}[3J\u{1b}[H");
        }
        match &opened.notebook {
            None => self.broken(path, &opened),
            Some(notebook) => {
                self.terminal.diagnostics(&opened.diagnostics, &opened.sources);
                self.update(path, &opened, notebook, started);
            }
        }
    }

    /// Show what is wrong, and what was there before.
    fn broken(&self, path: &Path, opened: &Opened) {
        self.terminal.diagnostics(&opened.diagnostics, &opened.sources);
        if let Some(server) = &self.server {
            server
                .publish(&name(path), Live::Broken { problems: tell::problems(&opened.diagnostics, &opened.sources) });
        }
        let Some(known) = self.notebooks.get(path).filter(|known| !known.output.is_empty()) else {
            self.terminal.line(format!("── {}: mistakes", path.display()));
            return;
        };
        self.terminal.line(format!("── {}: stale, of the last text without mistakes", path.display()));
        known.output.iter().for_each(|line| self.terminal.line(line));
    }

    fn update(&mut self, path: &Path, opened: &Opened, notebook: &Notebook, started: Instant) {
        let Some(known) = self.notebooks.get_mut(path) else { return };
        let equipment = match &known.equipment {
            Some(equipment) => equipment.clone(),
            None => match equipment(path, &self.args.engine, &self.datasets, false) {
                Ok(equipment) => {
                    let followed = if self.server.is_some() { CURVES } else { 0 };
                    known.equipment.insert(Arc::new(Equipment { followed, ..equipment })).clone()
                }
                Err(message) => return self.failed(path, &message),
            },
        };
        if let Err(error) = equipment.store.refresh() {
            return self.failed(path, &error.to_string());
        }
        let seek = || executor(&self.args.engine, &equipment, self.terminal);
        let mut executor = known.executor.take().unwrap_or_else(seek);
        let mut progress = Progress::new(self.terminal, false).with_chart();
        let mut teller = Teller::default();
        let mut came = None;
        let (server, terminal, watcher) = (&self.server, self.terminal, &mut self.watcher);
        let mut session = Session {
            store: &equipment.store,
            executor: &mut *executor,
            datasets: self.datasets.clone(),
            base: &opened.base,
            options: Options::default(),
            interrupted: &mut || {
                if interrupted() {
                    return Some(Leave::Stop);
                }
                match watcher.next(Duration::ZERO) {
                    Next::Changed(changed) => {
                        came = Some(changed);
                        Some(Leave::SetAside)
                    }
                    Next::Woken | Next::TimedOut => None,
                }
            },
        };
        let brought = run::bring_up_to_date(notebook, &mut session, &mut |event| {
            if let Event::Planned { kept, cancelled, queued } = event
                && cancelled + queued > 0
            {
                progress.print(format!("{}: kept {kept}, cancelled {cancelled}, queued {queued}", path.display()));
            }
            if let Some(server) = server {
                teller.events(&event).into_iter().for_each(|event| server.publish(&name(path), event));
            }
            progress.show(&event);
        });
        progress.close();
        if !matches!(brought, Err(RunError::Workers(_))) {
            known.executor = Some(executor);
        }
        match brought {
            Ok(studies) => {
                let judged = outputs::judged(notebook, studies);
                let mut lines = shown(notebook, &judged, terminal);
                lines.extend(charts(notebook, &judged, &equipment, terminal));
                // Tables first: pictures take longer.
                lines.iter().for_each(|line| terminal.line(line));
                terminal.line(format!("── {}: up to date in {:.2} s", path.display(), started.elapsed().as_secs_f64()));
                known.output = lines;
                self.write(path, opened, notebook, judged, &equipment);
            }
            Err(RunError::SetAside) => {
                self.queue.push_back(path.to_path_buf());
                if let Some(changed) = came {
                    self.changed(&changed);
                }
            }
            Err(RunError::Interrupted) => {}
            Err(error) => self.failed(path, &error.to_string()),
        }
    }

    /// Write report, pictures and lock.
    fn write(
        &self,
        path: &Path,
        opened: &Opened,
        notebook: &Notebook,
        judged: crate::report::Results,
        equipment: &Arc<Equipment>,
    ) {
        let trials: usize = judged.studies.values().map(|study| study.trials.len()).sum();
        let (results, problems) = outputs::results(notebook, judged.studies, &opened.base, equipment);
        problems.iter().for_each(|problem| self.terminal.say(format!("warning: {problem}")));
        let locking = if in_ci() { Locking::Leave } else { Locking::Write };
        match outputs::write(path, opened, notebook, &results, equipment, locking) {
            Ok(written) => {
                written.problems.iter().for_each(|problem| self.terminal.say(format!("warning: {problem}")));
                self.terminal.say(format!("report: {}", written.report.display()));
                if let Some(server) = &self.server {
                    if let Ok(html) = std::fs::read_to_string(&written.report) {
                        server.report(&name(path), html);
                    }
                    let claims = results.verdicts.len();
                    let summary = format!("{}, {}", count(trials, "trial"), count(claims, "claim"));
                    server.publish(&name(path), Live::Finished { summary });
                }
            }
            Err(error) => self.failed(path, &error.to_string()),
        }
    }

    fn failed(&self, path: &Path, reason: &str) {
        self.terminal.error(format!("{}: {reason}", path.display()));
        if let Some(server) = &self.server {
            server.publish(&name(path), Live::Failed { reason: reason.to_string() });
        }
    }
}

/// What the live page calls a notebook.
fn name(path: &Path) -> String {
    path.display().to_string()
}

/// The learning curve of every experiment that trains one model.
fn charts(
    notebook: &Notebook,
    results: &crate::report::Results,
    equipment: &Equipment,
    terminal: &Terminal,
) -> Vec<String> {
    let canvas = Canvas { width: terminal.width, color: terminal.color };
    let mut lines = Vec::new();
    for experiment in &notebook.experiments {
        let Some([trial]) = results.studies.get(&experiment.name).map(|s| s.trials.as_slice()) else { continue };
        let Some(run) = trial.runs.first() else { continue };
        // The record has only what the file asks for; the store has the training loss too.
        let whole = run.key.parse().ok().and_then(|key| equipment.store.get(&key));
        let run = whole.as_ref().unwrap_or(run);
        let changes: Vec<u32> = experiment.stages.iter().map(|stage| stage.epoch).collect();
        if let Some(drawing) = chart::draw(run, &changes, canvas) {
            lines.push(format!("{}: {}", experiment.name, chart::line(run, tell::epochs(experiment))));
            lines.push(drawing);
        }
    }
    lines
}
