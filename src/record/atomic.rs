//! Files that are replaced whole: a reader sees the old bytes or the new ones, never a part.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How the names of files begin that are not yet whole.
pub const PART: &str = ".part-";

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Put `bytes` at `path`, replacing what is there in one step.
///
/// # Errors
/// When the folder is missing, read-only or full; nothing is left behind then, and what was there stays.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = part_beside(path)?;
    let written = fs::File::create_new(&part).and_then(|mut file| file.write_all(bytes));
    let placed = written.and_then(|()| fs::rename(&part, path));
    if placed.is_err() {
        // The error of the write is the one to tell.
        let _ = fs::remove_file(&part);
    }
    placed
}

/// As [`replace`], but leaves a file that holds these bytes already as it is; whether it wrote.
///
/// # Errors
/// As [`replace`].
pub fn replace_if_changed(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    replace(path, bytes)?;
    Ok(true)
}

fn part_beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut part = std::ffi::OsString::from(format!("{PART}{}-{count}-", std::process::id()));
    part.push(name);
    Ok(path.with_file_name(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_bytes_are_written_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        assert!(replace_if_changed(&path, b"one").unwrap());
        assert!(!replace_if_changed(&path, b"one").unwrap());
        assert!(replace_if_changed(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(replace(&folder.path().join("absent/a.lock"), b"x").is_err());
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(replace(&folder.path().join("taken"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
