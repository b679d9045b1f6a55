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
//! .caviar/studies/ab/KEY                  a search of very many trials in columns; replaced whole
//! ```
//!
//! Not guaranteed: that the last results are there after the power fails (what is not whole is then computed again).

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::training::Training;
use crate::record::{Run, atomic};

mod checkpoint;
pub mod clean;
pub mod frame;
mod index;
pub mod key;
pub mod merge;
#[cfg(test)]
mod sample;
mod segment;
mod trouble;

pub use clean::{Cleaned, Wanted};
use index::Index;
pub use key::Key;
pub use segment::Summary;
pub use trouble::{StoreError, Warning};

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
    index: Mutex<Index>,
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
        let store = Store { root: folder.into(), index: Mutex::default() };
        store.refresh()?;
        Ok(store)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// A new file in the folder for what another program prints, with its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn log(&self, name: &str) -> Result<(File, PathBuf), StoreError> {
        create(&self.root, &self.root)?;
        let path = self.root.join(name);
        let file = File::create(&path).map_err(|source| StoreError::write(&path, source))?;
        Ok((file, path))
    }

    /// See what other processes have stored since; how many keys are new.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn refresh(&self) -> Result<usize, StoreError> {
        self.lock().refresh(&self.runs())
    }

    /// How far each file of results was read: as long as it is the same, so is all that is stored.
    pub fn state(&self) -> Vec<(String, u64)> {
        let index = self.lock();
        let read = index.segments.iter().filter(|segment| !segment.gone);
        let mut read: Vec<_> = read.map(|segment| (segment.name.clone(), segment.end)).collect();
        read.sort_unstable();
        read
    }

    /// All keys that a result is stored under, sorted.
    pub fn keys(&self) -> Vec<Key> {
        let index = self.lock();
        let saved = index.places.keys();
        let mut keys: Vec<Key> =
            saved.chain(index.unsaved.keys().filter(|k| !index.places.contains_key(k))).copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Whether a result is stored, by the list alone: [`Store::get`] may still find it damaged.
    pub fn contains(&self, key: &Key) -> bool {
        let index = self.lock();
        index.places.contains_key(key) || index.unsaved.contains_key(key)
    }

    /// The stored result of a key, if there is one and it is whole.
    pub fn get(&self, key: &Key) -> Option<Run> {
        let mut index = self.lock();
        if let Some(run) = index.unsaved.get(key) {
            return Some(run.clone());
        }
        index.get(&self.runs(), key).map(|(run, _)| run)
    }

    /// The stored result of a training, whose [`key::run`] is known, if it has all that is to be observed; without what is not.
    pub fn fetch(&self, key: &Key, training: &Training) -> Option<Run> {
        let mut run = self.get(key)?;
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
        let mut index = self.lock();
        index.refresh(&self.runs())?;
        let mut list: HashMap<Key, Summary> = index.unsaved.iter().map(|(key, run)| (*key, Summary::of(run))).collect();
        for segment in index.segments.iter().filter(|segment| !segment.gone) {
            // A file that has gone since holds nothing that is still there.
            let Ok(part) = segment::read_log(&segment::log(&self.runs(), &segment.name), 0) else { continue };
            for listed in part.listed.iter().filter(|listed| index.places.contains_key(&listed.key)) {
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
        let mut index = self.lock();
        let content = Key::of_bytes(&merge::bits_of_run(run));
        if !index.unsaved.contains_key(key)
            && index.places.get(key).is_some_and(|places| places.iter().any(|(_, place)| place.content == content))
            && index.get(&self.runs(), key).is_some()
        {
            return Ok(Put::Known);
        }
        let stored = match index.unsaved.get(key) {
            Some(run) => Some((run.clone(), self.root.clone())),
            None => index.get(&self.runs(), key),
        };
        let (put, whole) = match stored {
            None => (Put::Written, run.clone()),
            Some((old, stored)) => {
                if let Some(what) = merge::contradiction(&old, run) {
                    return Err(StoreError::Conflict { key: *key, stored, what });
                }
                let before = merge::bits_of_run(&old);
                let both = merge::union(old, run);
                let known = before == merge::bits_of_run(&both) && !index.unsaved.contains_key(key);
                if known {
                    return Ok(Put::Known);
                }
                (Put::Extended, both)
            }
        };
        index.unsaved.insert(*key, whole);
        index.save(&self.root, &self.runs())?;
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

    fn lock(&self) -> MutexGuard<'_, Index> {
        // Nothing is left half done by a thread that panics with the lock.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Make the folder of the store, which git is told to ignore.
fn create(root: &Path, part: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::write(root, source);
    fs::create_dir_all(part).map_err(failed)?;
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        atomic::replace(&ignore, b"*\n").map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
