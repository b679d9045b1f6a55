//! How bytes come into files: one is replaced whole, so that a reader sees the old bytes or the new ones and never a part; or it
//! grows at its end.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

#[cfg(test)]
use super::fault;

/// How the names of files begin that are not yet whole.
pub const PART: &str = ".part-";

/// A part file older than this was left by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(600);

static COUNT: AtomicU64 = AtomicU64::new(0);

/// The only place where bytes are handed to the system.
fn write_all(file: &mut fs::File, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    fault::meet(file, bytes)?;
    file.write_all(bytes)
}

/// Put `bytes` behind the first `end` bytes of a file.
///
/// # Errors
/// When they cannot be written whole; the file ends then as before, if it still lets itself be shortened.
pub fn append(file: &mut fs::File, end: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(end))?;
    write_all(file, bytes).inspect_err(|_| {
        // A reader skips what cannot be taken back.
        let _ = file.set_len(end);
    })
}

/// Remove what processes that were killed have left in a folder; how many bytes that were.
pub fn remove_abandoned(folder: &Path) -> u64 {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(here) else { return 0 };
    let old = |time: SystemTime| time.elapsed().is_ok_and(|age| age > ABANDONED);
    let mut bytes = 0;
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PART)) {
        if let Ok(data) = entry.metadata()
            && data.is_file()
            && data.modified().is_ok_and(old)
            && fs::remove_file(entry.path()).is_ok()
        {
            bytes += data.len();
        }
    }
    bytes
}

/// Put `bytes` at `path`, replacing what is there in one step.
///
/// # Errors
/// When the folder is missing, read-only or full; nothing is left behind then, and what was there stays.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = part_beside(path)?;
    let written = fs::File::create_new(&part).and_then(|mut file| write_all(&mut file, bytes));
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

    #[test]
    fn only_what_was_left_long_ago_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let names = [".part-1-0-a.lock", ".part-2-0-a.lock", "part-3-0-a.lock"];
        for name in names {
            fs::write(folder.path().join(name), "1234").unwrap();
        }
        let old = SystemTime::now() - 2 * ABANDONED;
        for name in [names[0], names[2]] {
            fs::File::options().write(true).open(folder.path().join(name)).unwrap().set_modified(old).unwrap();
        }
        assert_eq!(remove_abandoned(folder.path()), 4);
        assert!(!folder.path().join(names[0]).exists());
        assert!(folder.path().join(names[1]).exists() && folder.path().join(names[2]).exists());
    }
}
