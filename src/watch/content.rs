//! What is in a file or folder, by digest, read again only when it may have changed.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::record::digest::Digest;

/// A file whose time of change is younger than this when it is read may change again without another time.
const RACY: Duration = Duration::from_secs(2);

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Missing,
    /// A file without bytes, or a folder without files: perhaps about to be filled.
    Empty,
    /// The digest of a file's bytes, or of the names and bytes of all files below a folder.
    Bytes(Digest),
    /// Something that cannot be read.
    Unreadable,
}

impl Content {
    /// What is there when its bytes have this digest.
    pub fn of_digest(digest: Digest) -> Self {
        if digest == Digest::of_bytes(b"") { Content::Empty } else { Content::Bytes(digest) }
    }
}

/// The digest of a file's bytes, or of the names and bytes below a folder, as a [`super::Watched`] takes it; `None` when there
/// is nothing that can be read.
pub fn digest(path: &Path) -> Option<Digest> {
    match Contents::default().look(path) {
        Content::Bytes(digest) => Some(digest),
        Content::Empty => Some(Digest::of_bytes(b"")),
        Content::Missing | Content::Unreadable => None,
    }
}

/// Digests of files, with what the system said of them when they were read.
#[derive(Debug, Default)]
pub struct Contents {
    known: HashMap<PathBuf, (Stamp, Content)>,
}

/// What the system says of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    changed: Option<SystemTime>,
    identity: u64,
    /// Whether an equal stamp means equal bytes.
    settled: bool,
}

impl Stamp {
    fn of(data: &Metadata, now: SystemTime) -> Self {
        let changed = data.modified().ok();
        let settled = changed.is_some_and(|time| now.duration_since(time).is_ok_and(|age| age > RACY));
        Stamp { length: data.len(), changed, identity: identity(data), settled }
    }
}

#[cfg(unix)]
fn identity(data: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}

impl Contents {
    /// What is at a path now. Files whose stamp is as it was are not read again.
    pub fn look(&mut self, path: &Path) -> Content {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => self.folder(path),
            Ok(data) => self.file(path, &data),
            Err(error) if absent(&error) => {
                self.known.remove(path);
                Content::Missing
            }
            Err(_) => Content::Unreadable,
        }
    }

    fn file(&mut self, path: &Path, data: &Metadata) -> Content {
        let stamp = Stamp::of(data, SystemTime::now());
        if let Some((known, content)) = self.known.get(path)
            && known.settled
            && *known == stamp
        {
            return *content;
        }
        let content = match read(path) {
            Ok(content) => content,
            Err(error) if absent(&error) => Content::Missing,
            Err(_) => Content::Unreadable,
        };
        self.known.insert(path.to_path_buf(), (stamp, content));
        content
    }

    fn folder(&mut self, folder: &Path) -> Content {
        let mut files = Vec::new();
        if below(folder, 0, &mut files).is_err() {
            return Content::Unreadable;
        }
        files.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        let mut empty = true;
        for path in files {
            let Ok(data) = fs::metadata(&path) else { continue };
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            match self.file(&path, &data) {
                Content::Bytes(digest) => {
                    empty = false;
                    hasher.update(&digest.0);
                }
                Content::Empty => _ = hasher.update(&[0; 32]),
                Content::Missing | Content::Unreadable => _ = hasher.update(&[1; 32]),
            }
        }
        if empty { Content::Empty } else { Content::Bytes(Digest(*hasher.finalize().as_bytes())) }
    }
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn read(path: &Path) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut part = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        match file.read(&mut part)? {
            0 => break,
            count => {
                hasher.update(&part[..count]);
                length += count;
            }
        }
    }
    Ok(if length == 0 { Content::Empty } else { Content::Bytes(Digest(*hasher.finalize().as_bytes())) })
}

/// All files below a folder; links that lead round are not followed for ever.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if depth < 16 {
                below(&path, depth + 1, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_count_and_times_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut contents = Contents::default();
        assert_eq!(contents.look(&path), Content::Missing);
        fs::write(&path, "").unwrap();
        assert_eq!(contents.look(&path), Content::Empty);
        fs::write(&path, "one").unwrap();
        let one = contents.look(&path);
        assert_eq!(one, Content::Bytes(Digest::of_bytes(b"one")));
        let past = SystemTime::now() - Duration::from_secs(100);
        File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
        assert_eq!(contents.look(&path), one);
        assert_eq!(contents.look(&path), one);
        fs::write(&path, "two").unwrap();
        assert_ne!(contents.look(&path), one, "the same length at another time");
    }

    #[test]
    fn two_saves_within_one_tick_of_the_clock_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut contents = Contents::default();
        let now = SystemTime::now();
        let mut seen = Vec::new();
        for text in ["one", "two", "six"] {
            fs::write(&path, text).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(now).unwrap();
            seen.push(contents.look(&path));
        }
        assert!(seen[0] != seen[1] && seen[1] != seen[2]);
    }

    #[test]
    fn a_folder_is_its_names_and_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let cats = folder.path().join("cats");
        fs::create_dir(&cats).unwrap();
        let mut contents = Contents::default();
        assert_eq!(contents.look(folder.path()), Content::Empty);
        fs::write(cats.join("1.png"), "meow").unwrap();
        let one = contents.look(folder.path());
        fs::write(cats.join("2.png"), "purr").unwrap();
        assert_ne!(contents.look(folder.path()), one);
        fs::remove_file(cats.join("2.png")).unwrap();
        assert_eq!(contents.look(folder.path()), one);
        fs::rename(&cats, folder.path().join("dogs")).unwrap();
        assert_ne!(contents.look(folder.path()), one);
    }
}
