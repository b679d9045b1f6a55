//! Taking out what the current files no longer use.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::index::Index;
use super::key::Key;
use super::segment::{self, Place, Writer};
use super::{Store, StoreError, merge};
use crate::record::Run;
use crate::record::atomic;

/// What stays.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Keys of runs.
    pub runs: HashSet<Key>,
    /// Keys of the links of [`super::key::chain`].
    pub lineages: HashSet<Key>,
    /// Keys of [`super::key::inspection`].
    pub inspections: HashSet<Key>,
    /// Keys of what files asked for.
    pub memos: HashSet<Key>,
    /// Keys of searches in columns.
    pub studies: HashSet<Key>,
}

/// What was taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Results.
    pub runs: usize,
    /// Checkpoints.
    pub checkpoints: usize,
    /// Numbers of pictures.
    pub inspections: usize,
    /// Bytes that the disk has back.
    pub bytes: u64,
    /// Files that stay as they are because a process is writing to them.
    pub in_use: usize,
}

impl Store {
    /// Take out what is not wanted, and put the runs that stay into one segment. Other processes may read and write
    /// meanwhile: files that are being written to stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process is cleaning; otherwise when a file cannot be written. Nothing wanted is
    /// lost then.
    pub fn clean(&self, wanted: &Wanted) -> Result<Cleaned, StoreError> {
        let root = self.folder();
        if !root.exists() {
            return Ok(Cleaned::default());
        }
        let failed = |source| StoreError::write(root, source);
        let lock = File::create(root.join("clean.lock")).map_err(failed)?;
        if let Err(fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(StoreError::Busy { path: root.to_path_buf() });
        }
        let mut cleaned = Cleaned::default();
        {
            let mut index = self.lock();
            index.writer = None;
            index.compact(&self.runs(), wanted, &mut cleaned).map_err(failed)?;
            index.refresh(&self.runs())?;
        }
        let lineage = |name: &str| name.split_once('-').and_then(|(key, _)| key.parse().ok());
        cleaned.checkpoints = sweep(
            &root.join("checkpoints"),
            |name| lineage(name).is_some_and(|k| wanted.lineages.contains(&k)),
            &mut cleaned.bytes,
        )
        .map_err(failed)?;
        for (folder, keys) in [("files", &wanted.memos), ("studies", &wanted.studies)] {
            let stays = |name: &str| name.parse().is_ok_and(|key| keys.contains(&key));
            sweep(&root.join(folder), stays, &mut cleaned.bytes).map_err(failed)?;
        }
        cleaned.inspections = sweep(
            &root.join("inspections"),
            |name| name.parse().is_ok_and(|k| wanted.inspections.contains(&k)),
            &mut cleaned.bytes,
        )
        .map_err(failed)?;
        cleaned.bytes += atomic::remove_abandoned(root);
        Ok(cleaned)
    }
}

/// An idle segment, locked.
struct Idle {
    name: String,
    bytes: u64,
    _lock: File,
}

impl Index {
    fn compact(&mut self, runs: &Path, wanted: &Wanted, cleaned: &mut Cleaned) -> io::Result<()> {
        let mut idle = Vec::new();
        let mut order = Vec::new();
        let mut places: HashMap<Key, Vec<(usize, Place)>> = HashMap::new();
        let mut whole = true;
        for name in segment::names(runs)? {
            let log = segment::log(runs, &name);
            let Some(lock) = segment::lock_if_idle(&log) else {
                cleaned.in_use += 1;
                continue;
            };
            let part = segment::read_log(&log, 0)?;
            whole &= part.damaged == 0 && part.torn == 0 && part.foreign == 0 && !part.listed.is_empty();
            for listed in part.listed {
                let places = places.entry(listed.key).or_default();
                if places.is_empty() {
                    order.push(listed.key);
                }
                places.push((idle.len(), listed.place));
            }
            let bytes = [&log, &segment::curves(runs, &name)].iter().map(|path| size(path)).sum();
            idle.push(Idle { name, bytes, _lock: lock });
        }
        let kept: Vec<Key> = order.iter().copied().filter(|key| wanted.runs.contains(key)).collect();
        cleaned.runs = order.len() - kept.len();
        let nothing_to_do = idle.is_empty()
            || (idle.len() == 1 && whole && cleaned.runs == 0 && places.values().all(|places| places.len() == 1));
        if !nothing_to_do {
            self.rewrite(runs, &idle, &kept, &places, cleaned)?;
        }
        orphans(runs, cleaned)
    }

    fn rewrite(
        &mut self,
        runs: &Path,
        idle: &[Idle],
        kept: &[Key],
        places: &HashMap<Key, Vec<(usize, Place)>>,
        cleaned: &mut Cleaned,
    ) -> io::Result<()> {
        let before: u64 = idle.iter().map(|segment| segment.bytes).sum();
        let mut after = 0;
        if !kept.is_empty() {
            let mut writer = Writer::create(runs)?;
            let written = kept.iter().try_for_each(|key| match read(runs, idle, key, &places[key])? {
                Some(run) => writer.append(key, &run, Key::of_bytes(&merge::bits_of_run(&run))).map(|_| ()),
                None => Ok(()),
            });
            let (log, curves) = (segment::log(runs, &writer.name), segment::curves(runs, &writer.name));
            // The disk must have the new before the old goes.
            if let Err(error) = written.and_then(|()| writer.sync()) {
                // What is left of them are copies.
                let _ = fs::remove_file(log);
                let _ = fs::remove_file(curves);
                return Err(error);
            }
            after = size(&log) + size(&curves);
        }
        for segment in idle {
            fs::remove_file(segment::log(runs, &segment.name))?;
            remove_if_there(&segment::curves(runs, &segment.name))?;
        }
        cleaned.bytes += before.saturating_sub(after);
        Ok(())
    }
}

/// What the intact copies of a run know together; of copies that contradict each other, the oldest.
fn read(runs: &Path, idle: &[Idle], key: &Key, places: &[(usize, Place)]) -> io::Result<Option<Run>> {
    let mut known: Option<Run> = None;
    for (number, place) in places {
        let mut file = match File::open(segment::curves(runs, &idle[*number].name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        let Some(run) = segment::read_run(&mut file, key, place)? else { continue };
        known = Some(match known {
            None => run,
            Some(old) if merge::contradiction(&old, &run).is_some() => old,
            Some(old) => merge::union(old, &run),
        });
    }
    Ok(known)
}

/// Curves without a log: a cleaning was interrupted between the two.
fn orphans(runs: &Path, cleaned: &mut Cleaned) -> io::Result<()> {
    for path in files(runs)? {
        if path.extension().is_some_and(|e| e == "curves") && !path.with_extension("log").exists() {
            cleaned.bytes += size(&path);
            remove_if_there(&path)?;
        }
    }
    Ok(())
}

/// Delete the files two levels down whose names are not to stay; how many.
fn sweep(folder: &Path, stays: impl Fn(&str) -> bool, bytes: &mut u64) -> io::Result<usize> {
    let mut count = 0;
    for shelf in files(folder)? {
        for path in files(&shelf)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(atomic::PART) || stays(name) {
                continue;
            }
            *bytes += size(&path);
            remove_if_there(&path)?;
            count += 1;
        }
        *bytes += atomic::remove_abandoned(&shelf);
        // Only an empty folder lets itself be removed.
        let _ = fs::remove_dir(&shelf);
    }
    Ok(count)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        other => other?.map(|entry| Ok(entry?.path())).collect(),
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
