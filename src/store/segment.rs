//! Segments: the two files that one writing process appends to, and how they are read.
//!
//! `NAME.log` has a small frame a run, for lists; `NAME.curves` has the whole runs. The whole run is written first, so that
//! a frame in the log always points at one. Names sort by the time of their making.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::frame::{self, Kind};
use super::key::Key;
use crate::record::{Outcome, Run, atomic};

/// What a list shows of a stored run, without its curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which repetition, from 0.
    pub repetition: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// How many epochs were trained.
    pub epochs: u32,
    /// Metrics of the model that it ends with.
    pub metrics: BTreeMap<String, f64>,
    /// The metrics that it has a series of.
    pub series: Vec<String>,
    /// How many numbers the network learns.
    pub parameters: u64,
    /// Whether the spreads of activations were recorded.
    pub activations: bool,
    /// Whether the norms of gradients were recorded.
    pub gradients: bool,
    /// Seconds of training.
    pub seconds: f64,
}

impl Summary {
    /// Of a run.
    pub fn of(run: &Run) -> Self {
        Summary {
            repetition: run.repetition,
            outcome: run.outcome.clone(),
            epochs: run.series.values().map(Vec::len).max().unwrap_or(0) as u32,
            metrics: run.metrics.clone(),
            series: run.series.keys().cloned().collect(),
            parameters: run.parameters,
            activations: !run.activations.is_empty(),
            gradients: !run.gradients.is_empty(),
            seconds: run.seconds,
        }
    }
}

/// Where a whole run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where its frame begins in the file of curves.
    pub offset: u64,
    /// How long the frame is.
    pub length: u32,
    /// Of its content without seconds.
    pub content: Key,
}

const PLACE: usize = 8 + 4 + 32;

impl Place {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.content.0);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (place, rest) = bytes.split_at_checked(PLACE)?;
        Some((
            Place {
                offset: u64::from_le_bytes(place[..8].try_into().ok()?),
                length: u32::from_le_bytes(place[8..12].try_into().ok()?),
                content: Key(place[12..].try_into().ok()?),
            },
            rest,
        ))
    }
}

/// The file of small frames.
pub fn log(runs: &Path, name: &str) -> PathBuf {
    runs.join(format!("{name}.log"))
}

/// The file of whole runs.
pub fn curves(runs: &Path, name: &str) -> PathBuf {
    runs.join(format!("{name}.curves"))
}

/// The two files that this process appends to.
#[derive(Debug)]
pub struct Writer {
    /// What the files are called.
    pub name: String,
    log: File,
    curves: File,
    log_end: u64,
    curves_end: u64,
}

impl Writer {
    /// New files in the folder of runs, under a name that nobody has, locked for as long as this lives.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn create(runs: &Path) -> io::Result<Self> {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
        for attempt in 0u32.. {
            let name = format!("{time:012x}-{:x}-{attempt}", std::process::id());
            let path = log(runs, &name);
            let log = match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 10_000 => continue,
                other => other?,
            };
            // The lock tells whoever cleans that the files are in use; where there are no locks, nobody cleans them.
            let _ = log.lock();
            if !path.exists() {
                // Cleaned away between the two steps.
                continue;
            }
            let curves = match File::create_new(curves(runs, &name)) {
                Ok(curves) => curves,
                Err(error) => {
                    let _ = fs::remove_file(&path);
                    return Err(error);
                }
            };
            return Ok(Writer { name, log, curves, log_end: 0, curves_end: 0 });
        }
        unreachable!("every attempt returns or goes on")
    }

    #[cfg(test)]
    pub(super) fn on(log: File, curves: File) -> Self {
        Writer { name: "test".into(), log, curves, log_end: 0, curves_end: 0 }
    }

    /// Append a run; when this returns, the operating system has all of it.
    ///
    /// # Errors
    /// When it cannot be written whole; the files end then as before, if they still let themselves be shortened.
    pub fn append(&mut self, key: &Key, run: &Run, content: Key) -> io::Result<Place> {
        let whole = postcard::to_stdvec(run).map_err(io::Error::other)?;
        let whole = frame::encode(Kind::Run, key, &whole);
        let place = Place { offset: self.curves_end, length: whole.len() as u32, content };
        let mut small = Vec::new();
        place.write(&mut small);
        let summary = postcard::to_stdvec(&Summary::of(run)).map_err(io::Error::other)?;
        small.extend(summary);
        let small = frame::encode(Kind::Summary, key, &small);

        atomic::append(&mut self.curves, self.curves_end, &whole)?;
        self.curves_end += whole.len() as u64;
        atomic::append(&mut self.log, self.log_end, &small)?;
        self.log_end += small.len() as u64;
        Ok(place)
    }

    /// Wait until the disk has everything.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        self.curves.sync_all()?;
        self.log.sync_all()
    }
}

/// A small frame of a log, read.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The run's key.
    pub key: Key,
    /// Where the whole of it is.
    pub place: Place,
    /// The encoded [`Summary`]: see [`Listed::summary`].
    summary: std::ops::Range<usize>,
}

/// What was read of a log.
#[derive(Debug, Default)]
pub struct LogPart {
    /// The intact entries, in order.
    pub listed: Vec<Listed>,
    /// How many stretches of bytes are damaged.
    pub damaged: usize,
    /// How many entries another version wrote.
    pub foreign: usize,
    /// How far the file is read.
    pub end: u64,
    /// Bytes after that, of an entry that is not whole.
    pub torn: u64,
    bytes: Vec<u8>,
}

impl LogPart {
    /// What a list shows of an entry of this part.
    pub fn summary(&self, listed: &Listed) -> Option<Summary> {
        postcard::from_bytes(&self.bytes[listed.summary.clone()]).ok()
    }
}

/// Read a log from an offset on.
///
/// # Errors
/// When the file cannot be read.
pub fn read_log(path: &Path, from: u64) -> io::Result<LogPart> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let scan = frame::scan(&bytes);
    let mut part = LogPart {
        damaged: scan.damaged.len(),
        foreign: scan.foreign,
        end: from + scan.end as u64,
        torn: (bytes.len() - scan.end) as u64,
        ..LogPart::default()
    };
    for found in scan.frames {
        let payload = &bytes[found.payload.clone()];
        match Place::read(payload) {
            Some((place, rest)) if found.kind == Kind::Summary => {
                let summary = found.payload.end - rest.len()..found.payload.end;
                part.listed.push(Listed { key: found.key, place, summary });
            }
            _ => part.damaged += 1,
        }
    }
    part.bytes = bytes;
    Ok(part)
}

/// Read a whole run; `None` when what stands there is not it.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn read_run(file: &mut File, key: &Key, place: &Place) -> io::Result<Option<Run>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(place.offset))?;
    file.take(u64::from(place.length)).read_to_end(&mut bytes)?;
    Ok(frame::decode(&bytes, Kind::Run, key).and_then(|payload| postcard::from_bytes(payload).ok()))
}

/// The names of all segments of a folder of runs, oldest first; none when there is no folder.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn names(runs: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(runs) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log")
            && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
        {
            names.push(name.to_string());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The log, locked, when no process is writing to it.
pub fn lock_if_idle(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    file.try_lock().ok().map(|()| file)
}
