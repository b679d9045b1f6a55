//! What can be wrong with a store, for the person whose it is.

use std::io;
use std::path::{Path, PathBuf};

use super::Key;

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
    pub(super) fn write(path: &Path, source: io::Error) -> Self {
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
