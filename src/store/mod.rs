//! Results and checkpoints on disk, by the digest of what they depend on.
//!
//! In goes a [`Key`] and a [`Run`], and out it comes again, whatever happened in between: a process that was killed, two
//! that wrote at once, a disk that is full, a file that is damaged. What is damaged counts as absent, and is told of as a
//! [`Warning`]. Everything here is safe to delete: it can be computed again.
//!
//! ```text
//! .caviar/.gitignore
//! .caviar/runs/NAME.log, NAME.curves      one pair a writing process, appended to
//! .caviar/checkpoints/ab/KEY-EPOCH        replaced whole
//! .caviar/inspections/ab/KEY              replaced whole
//! .caviar/files/ab/KEY                    what a file asked for last; replaced whole
//! ```
//!
//! Not guaranteed: that the last results are there after the power fails (what is not whole is then computed again).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::training::Training;
use crate::record::Run;

mod checkpoint;
pub mod clean;
pub mod frame;
pub mod key;
pub mod merge;
#[cfg(test)]
mod sample;
mod segment;

pub use clean::{Cleaned, Wanted};
pub use key::Key;
pub use segment::Summary;
use segment::{Place, Writer};

/// Why something cannot be stored or read. What could not be written stays in memory for as long as the store is open.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be read.
    #[error("cannot read the store {}: {source}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The disk is full.
    #[error("the disk is full: results are not stored in {}, and will be computed again by the next run", path.display())]
    Full {
        /// The folder.
        path: PathBuf,
    },
    /// The folder may not be written to.
    #[error("{} cannot be written to ({source}): results are not stored, and will be computed again by the next run", path.display())]
    ReadOnly {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else that writing says.
    #[error("cannot write to the store {}: {source}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The same training gave two results.
    #[error("two results of the same training {} differ: {what} (the first is stored in {})", key.short(), stored.display())]
    Conflict {
        /// The training.
        key: Key,
        /// Where the first is.
        stored: PathBuf,
        /// Where they differ: the stored value first.
        what: String,
    },
    /// Another process is cleaning.
    #[error("another process is cleaning {}", path.display())]
    Busy {
        /// The store.
        path: PathBuf,
    },
}

impl StoreError {
    fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path, source }
            }
            _ => StoreError::Write { path, source },
        }
    }
}

/// Something in the store that is not as it should be; what it held counts as absent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Bytes of a file are damaged.
    #[error("{}: {entries} damaged {}; computed again where needed", file.display(), if *entries == 1 { "entry" } else { "entries" })]
    Damaged {
        /// The file.
        file: PathBuf,
        /// How many stretches or entries.
        entries: usize,
    },
    /// The end of a file is missing: its writer was stopped in the middle.
    #[error("{}: the last entry is not whole; computed again where needed", file.display())]
    Torn {
        /// The file.
        file: PathBuf,
    },
    /// A file has entries of another version of caviar.
    #[error("{}: {entries} entries of another version of caviar are passed over", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// How many.
        entries: usize,
    },
    /// A file cannot be read.
    #[error("{}: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Two processes stored different results of the same training; the older one is used.
    #[error("two results of the same training {} differ: {what}; in {} and {}", key.short(), first.display(), second.display())]
    Conflict {
        /// The training.
        key: Key,
        /// The file of the older.
        first: PathBuf,
        /// The file of the other.
        second: PathBuf,
        /// Where they differ: the older value first.
        what: String,
    },
}

/// What [`Store::put`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new, and stored.
    Written,
    /// It was there.
    Known,
    /// It was there with other observations; now both are.
    Extended,
}

/// The store of a folder. All methods can be called from any thread.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By number, as places refer to them.
    segments: Vec<Segment>,
    /// By key, oldest first; several when the same training was stored more than once.
    index: HashMap<Key, Vec<(u32, Place)>>,
    /// What could not be written.
    unsaved: HashMap<Key, Run>,
    writer: Option<(u32, Writer)>,
    /// The file of curves that was read last.
    open: Option<(u32, File)>,
    warnings: Vec<Warning>,
}

#[derive(Debug)]
struct Segment {
    name: String,
    /// How far the log is read.
    end: u64,
    /// Whether a torn end was told of.
    torn: bool,
    gone: bool,
}

/// Where the store of a file or folder is: `.caviar` at the top of the git checkout, else beside the file.
pub fn locate(path: &Path) -> PathBuf {
    let whole = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf());
    let beside = if whole.is_dir() { whole.as_path() } else { whole.parent().unwrap_or(&whole) };
    let top = beside.ancestors().find(|folder| folder.join(".git").exists());
    top.unwrap_or(beside).join(".caviar")
}

impl Store {
    /// Open the store in a folder, which is made by the first result if it is not there.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Store { root: folder.into(), inner: Mutex::default() };
        store.refresh()?;
        Ok(store)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// See what other processes have stored since; how many keys are new.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn refresh(&self) -> Result<usize, StoreError> {
        self.lock().refresh(&self.runs())
    }

    /// All keys that a result is stored under, sorted.
    pub fn keys(&self) -> Vec<Key> {
        let inner = self.lock();
        let saved = inner.index.keys();
        let mut keys: Vec<Key> =
            saved.chain(inner.unsaved.keys().filter(|k| !inner.index.contains_key(k))).copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Whether a result is stored, by the list alone: [`Store::get`] may still find it damaged.
    pub fn contains(&self, key: &Key) -> bool {
        let inner = self.lock();
        inner.index.contains_key(key) || inner.unsaved.contains_key(key)
    }

    /// The stored result of a key, if there is one and it is whole.
    pub fn get(&self, key: &Key) -> Option<Run> {
        let mut inner = self.lock();
        if let Some(run) = inner.unsaved.get(key) {
            return Some(run.clone());
        }
        inner.get(&self.runs(), key).map(|(run, _)| run)
    }

    /// The stored result of a training if it has all that is to be observed, without what is not.
    pub fn fetch(&self, training: &Training) -> Option<Run> {
        let mut run = self.get(&key::run(training))?;
        if !merge::complete(&run, training) {
            return None;
        }
        merge::narrow(&mut run, training);
        Some(run)
    }

    /// What a list shows of every stored run, sorted by key.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn summaries(&self) -> Result<Vec<(Key, Summary)>, StoreError> {
        let mut inner = self.lock();
        inner.refresh(&self.runs())?;
        let mut list: HashMap<Key, Summary> = inner.unsaved.iter().map(|(key, run)| (*key, Summary::of(run))).collect();
        for segment in inner.segments.iter().filter(|segment| !segment.gone) {
            // A file that has gone since holds nothing that is still there.
            let Ok(part) = segment::read_log(&segment::log(&self.runs(), &segment.name), 0) else { continue };
            for listed in part.listed.iter().filter(|listed| inner.index.contains_key(&listed.key)) {
                if let Some(summary) = part.summary(listed) {
                    // Of several the one that knows most.
                    let old = list.entry(listed.key).or_insert_with(|| summary.clone());
                    if old.series.len() + old.metrics.len() < summary.series.len() + summary.metrics.len() {
                        *old = summary;
                    }
                }
            }
        }
        let mut list: Vec<_> = list.into_iter().collect();
        list.sort_unstable_by_key(|(key, _)| *key);
        Ok(list)
    }

    /// Store a result. When this returns without an error the operating system has it: a killed process loses nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another result of the same training is stored, which stays. Any other error: the
    /// result is kept in memory, found by [`Store::get`], and written together with the next one that can be.
    pub fn put(&self, key: &Key, run: &Run) -> Result<Put, StoreError> {
        let mut inner = self.lock();
        let content = Key::of_bytes(&merge::bits_of_run(run));
        if !inner.unsaved.contains_key(key)
            && inner.index.get(key).is_some_and(|places| places.iter().any(|(_, place)| place.content == content))
            && inner.get(&self.runs(), key).is_some()
        {
            return Ok(Put::Known);
        }
        let stored = match inner.unsaved.get(key) {
            Some(run) => Some((run.clone(), self.root.clone())),
            None => inner.get(&self.runs(), key),
        };
        let (put, whole) = match stored {
            None => (Put::Written, run.clone()),
            Some((old, stored)) => {
                if let Some(what) = merge::contradiction(&old, run) {
                    return Err(StoreError::Conflict { key: *key, stored, what });
                }
                let before = merge::bits_of_run(&old);
                let both = merge::union(old, run);
                let known = before == merge::bits_of_run(&both) && !inner.unsaved.contains_key(key);
                if known {
                    return Ok(Put::Known);
                }
                (Put::Extended, both)
            }
        };
        inner.unsaved.insert(*key, whole);
        inner.save(&self.root, &self.runs())?;
        Ok(put)
    }

    /// What was found wrong since the last call.
    pub fn warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut self.lock().warnings)
    }

    fn warn(&self, warning: Warning) {
        self.lock().warn(warning);
    }

    fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done by a thread that panics with the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Make the folder of the store, which git is told to ignore.
fn create(root: &Path, part: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::write(root, source);
    fs::create_dir_all(part).map_err(failed)?;
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n").map_err(failed)?;
    }
    Ok(())
}

impl Inner {
    fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn refresh(&mut self, runs: &Path) -> Result<usize, StoreError> {
        let names = segment::names(runs).map_err(|source| StoreError::Read { path: runs.to_path_buf(), source })?;
        let before = self.index.len();
        for number in 0..self.segments.len() {
            if !self.segments[number].gone && names.binary_search(&self.segments[number].name).is_err() {
                self.lose(number as u32);
            }
        }
        let known: HashMap<String, usize> =
            self.segments.iter().enumerate().filter(|(_, s)| !s.gone).map(|(i, s)| (s.name.clone(), i)).collect();
        let own = self.writer.as_ref().map(|(number, _)| *number as usize);
        for name in names {
            let number = known.get(&name).copied().unwrap_or_else(|| {
                self.segments.push(Segment { name, end: 0, torn: false, gone: false });
                self.segments.len() - 1
            });
            if own != Some(number) {
                self.read(runs, number);
            }
        }
        Ok(self.index.len().saturating_sub(before))
    }

    /// Index what a log has beyond what was read of it.
    fn read(&mut self, runs: &Path, number: usize) {
        let path = segment::log(runs, &self.segments[number].name);
        let length = fs::metadata(&path).map_or(0, |data| data.len());
        if length < self.segments[number].end {
            self.forget(number as u32);
            self.segments[number].end = 0;
        }
        let from = self.segments[number].end;
        if length == from {
            return;
        }
        let part = match segment::read_log(&path, from) {
            Ok(part) => part,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.warn(Warning::Unreadable { file: path, why: error.to_string() }),
        };
        self.segments[number].end = part.end;
        self.index.reserve(part.listed.len());
        for listed in &part.listed {
            self.index.entry(listed.key).or_default().push((number as u32, listed.place));
        }
        if part.damaged > 0 {
            self.warn(Warning::Damaged { file: path.clone(), entries: part.damaged });
        }
        if part.foreign > 0 {
            self.warn(Warning::Foreign { file: path.clone(), entries: part.foreign });
        }
        // A writer that is alive will finish what it began.
        if part.torn > 0 && !self.segments[number].torn && segment::lock_if_idle(&path).is_some() {
            self.segments[number].torn = true;
            self.warn(Warning::Torn { file: path });
        }
    }

    /// A segment was deleted.
    fn lose(&mut self, number: u32) {
        self.forget(number);
        self.segments[number as usize].gone = true;
        self.writer.take_if(|(own, _)| *own == number);
    }

    fn forget(&mut self, number: u32) {
        self.index.retain(|_, places| {
            places.retain(|(segment, _)| *segment != number);
            !places.is_empty()
        });
        self.open.take_if(|(segment, _)| *segment == number);
    }

    /// The run of a key, and the file that it is in.
    fn get(&mut self, runs: &Path, key: &Key) -> Option<(Run, PathBuf)> {
        let mut found = self.look(runs, key);
        if matches!(found, Found::Moved) {
            // Whoever cleaned has put it into another segment.
            self.refresh(runs).ok()?;
            found = self.look(runs, key);
        }
        match found {
            Found::Run(run, file) => Some((*run, file)),
            Found::Moved | Found::Nothing => None,
        }
    }

    fn look(&mut self, runs: &Path, key: &Key) -> Found {
        let Some(places) = self.index.get(key).cloned() else { return Found::Nothing };
        let mut best: Option<(Run, PathBuf)> = None;
        let mut contents = Vec::new();
        for (number, place) in places {
            if contents.contains(&place.content) {
                continue;
            }
            let file = segment::curves(runs, &self.segments[number as usize].name);
            match self.read_run(&file, number, key, &place) {
                Ok(Some(run)) => {
                    contents.push(place.content);
                    best = Some(match best {
                        None => (run, file),
                        Some((old, first)) => match merge::contradiction(&old, &run) {
                            None => (merge::union(old, &run), first),
                            Some(what) => {
                                self.warn(Warning::Conflict { key: *key, first: first.clone(), second: file, what });
                                (old, first)
                            }
                        },
                    });
                }
                Ok(None) => self.drop_damaged(key, number, &place, file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if segment::log(runs, &self.segments[number as usize].name).exists() {
                        self.drop_damaged(key, number, &place, file);
                    } else if best.is_none() {
                        return Found::Moved;
                    }
                }
                Err(error) => self.warn(Warning::Unreadable { file, why: error.to_string() }),
            }
        }
        best.map_or(Found::Nothing, |(run, file)| Found::Run(Box::new(run), file))
    }

    fn drop_damaged(&mut self, key: &Key, number: u32, place: &Place, file: PathBuf) {
        if let Some(places) = self.index.get_mut(key) {
            places.retain(|(n, p)| (*n, p) != (number, place));
            if places.is_empty() {
                self.index.remove(key);
            }
        }
        let counted = self.warnings.iter_mut().find_map(|warning| match warning {
            Warning::Damaged { file: known, entries } if *known == file => Some(entries),
            _ => None,
        });
        match counted {
            Some(entries) => *entries += 1,
            None => self.warn(Warning::Damaged { file, entries: 1 }),
        }
    }

    fn read_run(&mut self, path: &Path, number: u32, key: &Key, place: &Place) -> io::Result<Option<Run>> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            self.open = Some((number, File::open(path)?));
        }
        match &mut self.open {
            Some((_, file)) => segment::read_run(file, key, place),
            None => Ok(None),
        }
    }

    /// Write what is not yet written.
    fn save(&mut self, root: &Path, runs: &Path) -> Result<(), StoreError> {
        // The folder is safe to delete, also while a process has it open.
        if let Some(own) =
            self.writer.as_ref().filter(|(_, w)| !segment::log(runs, &w.name).exists()).map(|(own, _)| *own)
        {
            self.lose(own);
        }
        let mut keys: Vec<Key> = self.unsaved.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            let Some(run) = self.unsaved.get(&key) else { continue };
            let content = Key::of_bytes(&merge::bits_of_run(run));
            if self.writer.is_none() {
                create(root, runs)?;
                let writer = Writer::create(runs).map_err(|source| StoreError::write(root, source))?;
                self.segments.push(Segment { name: writer.name.clone(), end: 0, torn: false, gone: false });
                self.writer = Some((self.segments.len() as u32 - 1, writer));
            }
            let Some((number, writer)) = &mut self.writer else { continue };
            let place = writer.append(&key, run, content).map_err(|source| StoreError::write(root, source))?;
            self.index.entry(key).or_default().push((*number, place));
            self.unsaved.remove(&key);
        }
        Ok(())
    }
}

enum Found {
    Run(Box<Run>, PathBuf),
    /// Its segment is gone.
    Moved,
    Nothing,
}

#[cfg(test)]
mod tests;
