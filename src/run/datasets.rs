//! Data sets read once and shared by all trials that use them.

use std::any::Any;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::data::spec::Pipeline;
use crate::data::{Dataset, Error, Facts, Prepared};
use crate::kernel::Real;

type Slot<T> = Arc<OnceLock<Result<Arc<T>, Error>>>;

/// The sources of each pipeline (paths absolute), and its sets ready for training.
#[derive(Default)]
pub struct Datasets {
    read: Mutex<HashMap<String, Slot<Dataset>>>,
    prepared: Mutex<HashMap<String, Arc<dyn Any + Send + Sync>>>,
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
        let slot = lock(&self.read).entry(identity(pipeline)).or_default().clone();
        slot.get_or_init(|| Dataset::read(pipeline, Path::new("")).map(Arc::new)).clone()
    }

    /// What is known of a pipeline's source.
    ///
    /// # Errors
    /// As [`Datasets::dataset`].
    pub fn facts(&self, pipeline: &Pipeline) -> Result<Facts, Error> {
        Ok(self.dataset(pipeline)?.facts().clone())
    }

    /// The sets of one repetition (which only cross-validation tells apart).
    ///
    /// # Errors
    /// As [`Datasets::dataset`].
    pub fn prepared<T: Real>(&self, pipeline: &Pipeline, repetition: u32) -> Result<Arc<Prepared<T>>, Error> {
        let fold = pipeline.folds.map_or(0, |folds| repetition % folds as u32);
        let key = format!("{} {fold} {}", T::BYTES, identity(pipeline));
        let slot = lock(&self.prepared).entry(key).or_insert_with(|| Arc::new(Slot::<Prepared<T>>::default())).clone();
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
