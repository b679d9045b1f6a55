//! From tasks to requests that a worker on another machine can do.

use std::collections::HashMap;
use std::sync::Arc;

use super::files;
use super::line::{Needed, Request, STATE_LIMIT};
use crate::data::spec::Pipeline;
use crate::plan::training::Task;
use crate::run::worker::{Equipment, States};

/// Makes requests, and looks at each set of data once.
pub struct Requests {
    equipment: Arc<Equipment>,
    located: HashMap<String, (Pipeline, Vec<Needed>)>,
}

/// Why a task cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// The bytes of its data have changed since it was asked for.
    #[error("the data have changed")]
    Changed,
    /// Its data cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl Requests {
    /// With the data and states that are here.
    pub fn new(equipment: Arc<Equipment>) -> Self {
        Requests { equipment, located: HashMap::new() }
    }

    /// A request with all that a worker needs. It carries the state from which most of the training need not be trained again, unless that
    /// is too large.
    ///
    /// # Errors
    /// When its data are not there.
    pub fn make(&mut self, task: &Task) -> Result<Request, NoRequest> {
        let mut request = Request::new(task.clone());
        match &mut request.task {
            Task::Train(training) => {
                let name = format!("{} {:?}", training.fingerprint, training.data);
                if !self.located.contains_key(&name) {
                    let found = files::needed(&training.data);
                    let (pipeline, files, print) = found.map_err(|error| NoRequest::Unreadable(error.to_string()))?;
                    if print != training.fingerprint {
                        return Err(NoRequest::Changed);
                    }
                    self.located.insert(name.clone(), (pipeline, files));
                }
                request.state = self.equipment.resume(training).filter(|state| state.len() <= STATE_LIMIT);
                let (pipeline, files) = &self.located[&name];
                training.data = pipeline.clone();
                request.files = files.clone();
            }
            Task::Command(_) => {
                let folder = &self.equipment.folder;
                request.folder = Some(std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
            }
        }
        Ok(request)
    }
}
