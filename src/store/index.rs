//! Which keys are stored where: what was read of the segments so far, and the segment that this process appends to.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::segment::{self, Place, Writer};
use super::{Key, StoreError, Warning, create, merge};
use crate::record::Run;

#[derive(Debug, Default)]
pub(super) struct Index {
    /// By number, as places refer to them.
    pub(super) segments: Vec<Segment>,
    /// By key, oldest first; several when the same training was stored more than once.
    pub(super) places: HashMap<Key, Vec<(u32, Place)>>,
    /// What could not be written.
    pub(super) unsaved: HashMap<Key, Run>,
    pub(super) writer: Option<(u32, Writer)>,
    /// The file of curves that was read last.
    open: Option<(u32, File)>,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: String,
    /// How far the log is read.
    pub(super) end: u64,
    /// Whether a torn end was told of.
    torn: bool,
    pub(super) gone: bool,
}

impl Index {
    pub(super) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub(super) fn refresh(&mut self, runs: &Path) -> Result<usize, StoreError> {
        let names = segment::names(runs).map_err(|source| StoreError::Read { path: runs.to_path_buf(), source })?;
        let before = self.places.len();
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
        Ok(self.places.len().saturating_sub(before))
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
        self.places.reserve(part.listed.len());
        for listed in &part.listed {
            self.places.entry(listed.key).or_default().push((number as u32, listed.place));
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
        self.places.retain(|_, places| {
            places.retain(|(segment, _)| *segment != number);
            !places.is_empty()
        });
        self.open.take_if(|(segment, _)| *segment == number);
    }

    /// The run of a key, and the file that it is in.
    pub(super) fn get(&mut self, runs: &Path, key: &Key) -> Option<(Run, PathBuf)> {
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
        let Some(places) = self.places.get(key).cloned() else { return Found::Nothing };
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
        if let Some(places) = self.places.get_mut(key) {
            places.retain(|(n, p)| (*n, p) != (number, place));
            if places.is_empty() {
                self.places.remove(key);
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
    pub(super) fn save(&mut self, root: &Path, runs: &Path) -> Result<(), StoreError> {
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
            self.places.entry(key).or_default().push((*number, place));
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
