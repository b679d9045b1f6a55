//! Data sets read once and shared by all trials that use them.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::data::spec::{Evaluation, Pipeline, Source};
use crate::data::{self, Dataset, Error, Facts, Prepared};
use crate::kernel::Real;

/// Sets of either precision, by the pipeline that they are made by.
type Sets = HashMap<String, (Pipeline, Arc<dyn Any + Send + Sync>)>;
type Slot<T> = Arc<OnceLock<Result<Arc<T>, Error>>>;

/// The sources of each pipeline (paths absolute), and its sets ready for training.
#[derive(Default)]
pub struct Datasets {
    read: Mutex<HashMap<String, (Pipeline, Slot<Dataset>)>>,
    prepared: Mutex<Sets>,
}

/// The files (and folders of pictures) that a pipeline with absolute paths reads, or would read if they were there.
pub fn files(pipeline: &Pipeline) -> Vec<PathBuf> {
    let here = Path::new("");
    let own = |set: &Option<Evaluation>| match set {
        Some(Evaluation::Source(source)) => Some(source.clone()),
        _ => None,
    };
    let sources = [Some(pipeline.source.clone()), own(&pipeline.dev), own(&pipeline.test)];
    let mut found: Vec<PathBuf> = Vec::new();
    for source in sources.iter().flatten() {
        for path in source.paths() {
            found.push(data::files::find(here, path).unwrap_or_else(|_| PathBuf::from(path)));
        }
        if matches!(source, Source::Npz { .. }) {
            // The targets may be in a file of their own.
            found.extend(data::files_of(&Pipeline::new(source.clone()), here).unwrap_or_default());
        }
    }
    found.sort();
    found.dedup();
    found
}

impl Datasets {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sources of a pipeline, read.
    ///
    /// # Errors
    /// Everything that can be wrong with data.
    pub fn dataset(&self, pipeline: &Pipeline) -> Result<Arc<Dataset>, Error> {
        let entry = || (pipeline.clone(), Slot::default());
        let slot = lock(&self.read).entry(identity(pipeline)).or_insert_with(entry).1.clone();
        slot.get_or_init(|| Dataset::read(pipeline, Path::new("")).map(Arc::new)).clone()
    }

    /// What is known of a pipeline's source.
    ///
    /// # Errors
    /// As [`Datasets::dataset`].
    pub fn facts(&self, pipeline: &Pipeline) -> Result<Facts, Error> {
        Ok(self.dataset(pipeline)?.facts().clone())
    }

    /// Forget what was read from these files, and what could not be read: they have changed.
    pub fn forget(&self, changed: &BTreeSet<PathBuf>) {
        let touched = |pipeline: &Pipeline| files(pipeline).iter().any(|file| changed.contains(file));
        lock(&self.read).retain(|_, (pipeline, slot)| !touched(pipeline) && !matches!(slot.get(), Some(Err(_))));
        lock(&self.prepared).retain(|_, (pipeline, _)| !touched(pipeline));
    }

    /// The sets of one repetition (which only cross-validation tells apart).
    ///
    /// # Errors
    /// As [`Datasets::dataset`].
    pub fn prepared<T: Real>(&self, pipeline: &Pipeline, repetition: u32) -> Result<Arc<Prepared<T>>, Error> {
        let fold = pipeline.folds.map_or(0, |folds| repetition % folds as u32);
        let key = format!("{} {fold} {}", T::BYTES, identity(pipeline));
        let entry = || (pipeline.clone(), Arc::new(Slot::<Prepared<T>>::default()) as Arc<dyn Any + Send + Sync>);
        let slot = lock(&self.prepared).entry(key).or_insert_with(entry).1.clone();
        let Some(slot) = slot.downcast_ref::<Slot<Prepared<T>>>() else {
            return Ok(Arc::new(self.dataset(pipeline)?.prepare(fold)?));
        };
        slot.get_or_init(|| Ok(Arc::new(self.dataset(pipeline)?.prepare(fold)?))).clone()
    }
}

/// Pipelines with the same words are the same.
fn identity(pipeline: &Pipeline) -> String {
    format!("{pipeline:?}")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
