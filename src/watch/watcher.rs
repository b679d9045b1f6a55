//! Which files have other bytes than before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::content::{Content, Contents};
use super::folder;
use crate::record::digest::Digest;

/// A save is over when nothing has happened for so long,
const QUIET: Duration = Duration::from_millis(20);
/// or when it has been going on for so long.
const LONGEST: Duration = Duration::from_millis(80);
/// A file that is missing or empty for less than this is being replaced.
const GRACE: Duration = Duration::from_millis(200);
/// How often to look without having heard anything: some file systems tell nothing.
const CHECK: Duration = Duration::from_secs(2);
/// How often to look for files and folders that nothing was heard of.
const WALK: Duration = Duration::from_secs(10);
/// How often to look again at a tree that grows while it is looked at.
const ROUNDS: usize = 8;
/// How often to look when nothing is ever heard.
const POLL: Duration = Duration::from_millis(250);

/// How to learn of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// From the system, and by looking now and then; by looking often where the system refuses.
    #[default]
    Events,
    /// By looking often.
    Poll,
}

/// What to watch.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Files (and folders of data), each with the digest that [`super::content::digest`] gave when they were used, where
    /// that is known (for a file: blake3 of its bytes): a change since then is told at once. Without one, what is there when
    /// it is first watched counts as known.
    pub files: BTreeMap<PathBuf, Option<Digest>>,
    /// Folders in which `.exp` files that appear are told of.
    pub folders: BTreeSet<PathBuf>,
}

/// What changed since it was last told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Files with other bytes, and new `.exp` files; sorted.
    pub files: Vec<PathBuf>,
    /// Files that are gone; sorted.
    pub removed: Vec<PathBuf>,
}

/// What [`Watcher::next`] waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something changed.
    Changed(Changed),
    /// A [`Waker`] was used.
    Woken,
    /// The time is over.
    TimedOut,
}

/// Why files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("the system does not tell of changes ({0}); looking every {ms} ms instead", ms = POLL.as_millis())]
pub struct WatchError(#[from] notify::Error);

enum Signal {
    Event(Event),
    /// Events were lost.
    Lost,
    Wake,
}

/// Ends a [`Watcher::next`] from another thread.
#[derive(Clone, Debug)]
pub struct Waker(Sender<Signal>);

impl Waker {
    /// Let the watcher return [`Next::Woken`].
    pub fn wake(&self) {
        // A watcher that is gone waits for nothing.
        let _ = self.0.send(Signal::Wake);
    }
}

/// Watches files by content.
pub struct Watcher {
    signals: Receiver<Signal>,
    sender: Sender<Signal>,
    system: Option<RecommendedWatcher>,
    refused: Option<WatchError>,
    /// Folders that the system tells of, with what they are.
    heard: HashMap<PathBuf, u64>,
    watched: Watched,
    /// The names of watched files, and of what links lead to.
    names: HashSet<OsString>,
    /// Folders of data and all below.
    data: BTreeSet<PathBuf>,
    /// What is known of each file: told of, or there from the beginning.
    known: BTreeMap<PathBuf, Content>,
    /// Files that may be in the middle of a save, and since when.
    held: HashMap<PathBuf, Instant>,
    contents: Contents,
    looked: Instant,
    walked: Instant,
    stale: Stale,
    /// [`CHECK`]; tests of what is heard leave it out.
    check: Duration,
}

/// How much may have changed that was not looked at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stale {
    Nothing,
    /// The contents of known files.
    Files,
    /// Which files and folders there are.
    Folders,
}

impl Watcher {
    /// A watcher of nothing.
    pub fn new(mode: Mode) -> Self {
        let (sender, signals) = channel();
        let to = sender.clone();
        let system = (mode == Mode::Events).then(|| {
            notify::recommended_watcher(move |event: notify::Result<Event>| {
                let signal = match event {
                    Ok(event) if event.need_rescan() => Signal::Lost,
                    Ok(event) if reading(&event) => return,
                    Ok(event) => Signal::Event(event),
                    Err(_) => Signal::Lost,
                };
                // The receiver goes with the watcher.
                let _ = to.send(signal);
            })
        });
        let (system, refused) = match system {
            None => (None, None),
            Some(Ok(system)) => (Some(system), None),
            Some(Err(error)) => (None, Some(WatchError(error))),
        };
        Watcher {
            signals,
            sender,
            system,
            refused,
            heard: HashMap::new(),
            watched: Watched::default(),
            names: HashSet::new(),
            data: BTreeSet::new(),
            known: BTreeMap::new(),
            held: HashMap::new(),
            contents: Contents::default(),
            looked: Instant::now(),
            walked: Instant::now(),
            stale: Stale::Nothing,
            check: CHECK,
        }
    }

    /// Why the system does not tell of changes although it was asked to, once.
    pub fn refused(&mut self) -> Option<WatchError> {
        self.refused.take()
    }

    /// To end [`Watcher::next`] from another thread.
    pub fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// Watch these instead. What is known of files that stay is kept, unless their digest is given.
    pub fn watch(&mut self, watched: Watched) {
        self.watched = watched;
        let mut before = std::mem::take(&mut self.known);
        // First to listen, then to look: a change in between is told.
        let found = self.walk();
        for (path, digest) in &self.watched.files {
            let content = digest.map(Content::of_digest).or_else(|| before.remove(path));
            let content = content.unwrap_or_else(|| self.contents.look(path));
            self.known.insert(path.clone(), content);
        }
        for path in found {
            if !self.known.contains_key(&path) {
                let content = before.remove(&path).unwrap_or_else(|| self.contents.look(&path));
                self.known.insert(path, content);
            }
        }
        self.held.retain(|path, _| self.known.contains_key(path));
        self.stale = Stale::Files;
    }

    /// Wait for a change, at most so long.
    pub fn next(&mut self, timeout: Duration) -> Next {
        let end = Instant::now() + timeout;
        loop {
            if self.stale > Stale::Nothing
                && let Some(changed) = self.compare()
            {
                return Next::Changed(changed);
            }
            let check = self.looked + if self.system.is_some() { self.check } else { POLL };
            let grace = self.held.values().map(|since| *since + GRACE).min();
            let until = grace.into_iter().chain([end, check]).min().unwrap_or(end);
            match self.signals.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Signal::Wake) => return Next::Woken,
                Ok(signal) => {
                    self.hear(&signal);
                    if self.stale > Stale::Nothing && self.settle() {
                        return Next::Woken;
                    }
                }
                Err(_) => {
                    let now = Instant::now();
                    if now < check && grace.is_none_or(|grace| now < grace) {
                        if now >= end {
                            return Next::TimedOut;
                        }
                        continue;
                    }
                    let long = if self.system.is_some() { WALK } else { POLL };
                    let stale = if self.walked.elapsed() >= long { Stale::Folders } else { Stale::Files };
                    self.stale = self.stale.max(stale);
                }
            }
        }
    }

    /// Let a save come to its end; whether a waker was used meanwhile.
    fn settle(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < LONGEST {
            match self.signals.recv_timeout(QUIET) {
                Ok(Signal::Wake) => return true,
                Ok(signal) => self.hear(&signal),
                Err(_) => break,
            }
        }
        false
    }

    /// Note what a signal may have to do with what is watched. To hear too much costs a look.
    fn hear(&mut self, signal: &Signal) {
        let event = match signal {
            Signal::Event(event) => event,
            Signal::Lost => return self.stale = Stale::Folders,
            Signal::Wake => return,
        };
        let went = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        if went {
            event.paths.iter().for_each(|path| self.unhear(path));
        }
        let moved = went || matches!(event.kind, EventKind::Create(_));
        for path in &event.paths {
            let folders = !self.watched.folders.is_empty();
            let notebook = folders && folder::is_notebook(path);
            let stale = if moved && (notebook || (path.is_dir() && !folder::passed_over(path))) {
                Stale::Folders
            } else if notebook
                || path.file_name().is_some_and(|name| self.names.contains(name))
                || path.parent().is_some_and(|folder| self.data.contains(folder))
            {
                Stale::Files
            } else {
                Stale::Nothing
            };
            self.stale = self.stale.max(stale);
        }
    }

    /// A folder went, if it was one that is listened to: another in its place must be listened to anew.
    fn unhear(&mut self, folder: &Path) {
        let gone: Vec<PathBuf> = self.heard.keys().filter(|path| path.starts_with(folder)).cloned().collect();
        for path in gone {
            self.stale = Stale::Folders;
            self.heard.remove(&path);
            if let Some(system) = &mut self.system {
                // The system may have forgotten it.
                let _ = system.unwatch(&path);
            }
        }
    }

    /// What has other content than is known; remembers it.
    fn compare(&mut self) -> Option<Changed> {
        if self.stale == Stale::Folders {
            for path in self.walk() {
                self.known.entry(path).or_insert(Content::Missing);
            }
        }
        self.stale = Stale::Nothing;
        self.looked = Instant::now();
        let mut changed = Changed::default();
        for (path, known) in &mut self.known {
            let now = self.contents.look(path);
            if now == *known {
                self.held.remove(path);
                continue;
            }
            if !matches!(now, Content::Bytes(_)) {
                let since = *self.held.entry(path.clone()).or_insert_with(Instant::now);
                if since.elapsed() < GRACE {
                    continue;
                }
            }
            self.held.remove(path);
            *known = now;
            let list = if now == Content::Missing { &mut changed.removed } else { &mut changed.files };
            list.push(path.clone());
        }
        let files = &self.watched.files;
        self.known.retain(|path, known| *known != Content::Missing || files.contains_key(path));
        if !changed.removed.is_empty() {
            // What was asked of the system may have gone with it.
            self.stale = Stale::Folders;
        }
        (changed != Changed::default()).then_some(changed)
    }

    /// Find the `.exp` files of the folders, and ask the system to tell of every folder that something watched is in: of the
    /// nearest one above those that are missing.
    fn walk(&mut self) -> BTreeSet<PathBuf> {
        self.walked = Instant::now();
        let mut notebooks = BTreeSet::new();
        for _ in 0..ROUNDS {
            let (found, wanted) = self.survey();
            notebooks = found;
            // What came into a folder before it was listened to is found by looking again.
            if !self.listen(wanted) {
                break;
            }
        }
        notebooks
    }

    /// The `.exp` files of the folders, and the folders to listen to.
    fn survey(&mut self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let mut wanted = BTreeSet::new();
        self.names.clear();
        self.data.clear();
        for file in self.watched.files.keys() {
            self.names.extend(file.file_name().map(ToOwned::to_owned));
            wanted.extend(nearest(file.parent().unwrap_or(file)));
            if file.is_symlink()
                && let Ok(target) = file.canonicalize()
            {
                self.names.extend(target.file_name().map(ToOwned::to_owned));
                wanted.extend(target.parent().and_then(nearest));
            }
            if file.is_dir()
                && let Ok(folder) = file.canonicalize()
            {
                self.data.extend(tree(folder));
            }
        }
        wanted.extend(self.data.iter().cloned());
        let mut notebooks = BTreeSet::new();
        for folder in &self.watched.folders {
            // The folder itself can go and come.
            wanted.extend(
                folder.canonicalize().ok().and_then(|folder| nearest(folder.parent()?)).or_else(|| nearest(folder)),
            );
            let found = folder::find(folder);
            wanted.extend(found.folders.iter().filter_map(|folder| folder.canonicalize().ok()));
            notebooks.extend(found.notebooks);
        }
        (notebooks, wanted)
    }

    /// Ask the system to tell of these folders and no others; whether some are new.
    fn listen(&mut self, wanted: BTreeSet<PathBuf>) -> bool {
        let Some(system) = &mut self.system else { return false };
        let stays = |path: &PathBuf, known: u64| wanted.contains(path) && identity(path) == Some(known);
        let gone: Vec<PathBuf> =
            self.heard.iter().filter(|(p, known)| !stays(p, **known)).map(|(p, _)| p.clone()).collect();
        for path in gone {
            self.heard.remove(&path);
            // The system may have forgotten a folder that is gone.
            let _ = system.unwatch(&path);
        }
        let mut failure = None;
        let before = self.heard.len();
        for path in wanted {
            let Some(identity) = identity(&path) else { continue };
            if self.heard.contains_key(&path) {
                continue;
            }
            match system.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => _ = self.heard.insert(path, identity),
                Err(error) if path.exists() => failure = Some(error),
                // It went in between.
                Err(_) => {}
            }
        }
        if let Some(error) = failure {
            self.system = None;
            self.heard.clear();
            self.refused = Some(WatchError(error));
        }
        self.heard.len() > before
    }
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher").field("watched", &self.watched).field("events", &self.system.is_some()).finish()
    }
}

/// Whether an event only says that somebody looked.
fn reading(event: &Event) -> bool {
    matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
}

/// The folder, or the nearest one above that exists.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
    folder.ancestors().find(|folder| folder.is_dir())?.canonicalize().ok()
}

/// A folder of data and all folders below it.
fn tree(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = vec![folder];
    let mut next = 0;
    while let Some(folder) = found.get(next).cloned() {
        next += 1;
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        found.extend(entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
    }
    found
}

#[cfg(unix)]
fn identity(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder).ok().map(|data| std::os::unix::fs::MetadataExt::ino(&data))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> Option<u64> {
    folder.is_dir().then_some(0)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
