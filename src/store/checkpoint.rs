//! Checkpoints, the numbers of pictures, what files asked for and searches in columns: one checked file each, replaced whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::frame::{self, Kind};
use super::key::{self, Key};
use super::{Store, StoreError, Warning, create};
use crate::plan::training::Training;
use crate::record::atomic;
use crate::record::inspect::Inspection;

impl Store {
    /// Store the state of a training after so many epochs, under the [`key::lineage_at`] of that epoch.
    ///
    /// # Errors
    /// When it cannot be written. A checkpoint only saves time: training can go on without it.
    pub fn put_checkpoint(&self, lineage: &Key, epoch: u32, state: &[u8]) -> Result<(), StoreError> {
        self.put_file(&self.checkpoint(lineage, epoch), Kind::Checkpoint, lineage, state)
    }

    /// The stored state of a lineage after the most epochs that are at most so many; damaged ones are passed over.
    pub fn best_checkpoint(&self, lineage: &Key, at_most: u32) -> Option<(u32, Vec<u8>)> {
        let mut epochs = self.checkpoints(lineage);
        epochs.retain(|epoch| *epoch <= at_most);
        epochs.sort_unstable();
        epochs.into_iter().rev().find_map(|epoch| {
            let state = self.file(&self.checkpoint(lineage, epoch), Kind::Checkpoint, lineage)?;
            Some((epoch, state))
        })
    }

    /// The stored state from which most of a training need not be trained again: that of its own lineage, else that of
    /// what came before its last change of settings, and so on.
    pub fn resume(&self, training: &Training) -> Option<(u32, Vec<u8>)> {
        key::chain(training).iter().rev().find_map(|link| {
            let found = self.best_checkpoint(&link.key, link.until)?;
            // A state before the stretch began would be that of another key.
            (found.0 > link.after).then_some(found)
        })
    }

    /// After how many epochs the state of a lineage is stored, in no order.
    pub fn checkpoints(&self, lineage: &Key) -> Vec<u32> {
        let name = lineage.to_string();
        let Ok(entries) = fs::read_dir(self.folder().join("checkpoints").join(&name[..2])) else { return Vec::new() };
        entries
            .filter_map(|entry| {
                let file = entry.ok()?.file_name();
                file.to_str()?.strip_prefix(name.as_str())?.strip_prefix('-')?.parse().ok()
            })
            .collect()
    }

    /// Delete the stored states of a lineage but those after the epochs that `keep` says.
    pub fn thin_checkpoints(&self, lineage: &Key, keep: impl Fn(u32) -> bool) {
        for epoch in self.checkpoints(lineage).into_iter().filter(|epoch| !keep(*epoch)) {
            // One that stays costs space only.
            let _ = fs::remove_file(self.checkpoint(lineage, epoch));
        }
    }

    /// Store the numbers of a picture under a [`key::inspection`].
    ///
    /// # Errors
    /// When they cannot be written; they can be computed again from the checkpoint.
    pub fn put_inspection(&self, key: &Key, inspection: &Inspection) -> Result<(), StoreError> {
        let path = self.named("inspections", key);
        let bytes = postcard::to_stdvec(inspection).map_err(|e| StoreError::write(&path, io::Error::other(e)))?;
        self.put_file(&path, Kind::Inspection, key, &bytes)
    }

    /// The stored numbers of a picture.
    pub fn inspection(&self, key: &Key) -> Option<Inspection> {
        let path = self.named("inspections", key);
        let bytes = self.file(&path, Kind::Inspection, key)?;
        postcard::from_bytes(&bytes).ok()
    }

    /// Store what a file asks for, under a key of its name.
    ///
    /// # Errors
    /// When it cannot be written; then less can be said of what a change of the file changes.
    pub fn put_memo(&self, key: &Key, memo: &[u8]) -> Result<(), StoreError> {
        let path = self.named("files", key);
        if self.file(&path, Kind::Memo, key).is_some_and(|stored| stored == memo) {
            return Ok(());
        }
        self.put_file(&path, Kind::Memo, key, memo)
    }

    /// What a file asked for when it was last run.
    pub fn memo(&self, key: &Key) -> Option<Vec<u8>> {
        self.file(&self.named("files", key), Kind::Memo, key)
    }

    /// Store a search in columns.
    ///
    /// # Errors
    /// When it cannot be written; it can be put together again from its runs.
    pub fn put_study(&self, key: &Key, columns: &[u8]) -> Result<(), StoreError> {
        self.put_file(&self.named("studies", key), Kind::Study, key, columns)
    }

    /// A search in columns.
    pub fn study(&self, key: &Key) -> Option<Vec<u8>> {
        self.file(&self.named("studies", key), Kind::Study, key)
    }

    fn checkpoint(&self, lineage: &Key, epoch: u32) -> PathBuf {
        let name = lineage.to_string();
        self.folder().join("checkpoints").join(&name[..2]).join(format!("{name}-{epoch}"))
    }

    fn named(&self, kind: &str, key: &Key) -> PathBuf {
        let name = key.to_string();
        self.folder().join(kind).join(&name[..2]).join(name)
    }

    fn put_file(&self, path: &Path, kind: Kind, key: &Key, payload: &[u8]) -> Result<(), StoreError> {
        let bytes = frame::encode(kind, key, payload);
        let failed = |source| StoreError::write(path, source);
        match atomic::replace(path, &bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(self.folder(), path.parent().unwrap_or(self.folder()))?;
                atomic::replace(path, &bytes).map_err(failed)
            }
            other => other.map_err(failed),
        }
    }

    fn file(&self, path: &Path, kind: Kind, key: &Key) -> Option<Vec<u8>> {
        let mut bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.warn(Warning::Unreadable { file: path.to_path_buf(), why: error.to_string() });
                return None;
            }
        };
        let Some(length) = frame::decode(&bytes, kind, key).map(<[u8]>::len) else {
            let scan = frame::scan(&bytes);
            let file = path.to_path_buf();
            self.warn(match scan.foreign {
                0 => Warning::Damaged { file, entries: 1 },
                entries => Warning::Foreign { file, entries },
            });
            return None;
        };
        bytes.drain(..frame::HEAD);
        bytes.truncate(length);
        Some(bytes)
    }
}
