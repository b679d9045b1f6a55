//! A notebook brought up to date in this process with all that belongs to it: what most users of the library want.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::datasets::Datasets;
use super::executor::Threads;
use super::worker::Equipment;
use super::{Options, RunError, Samplers, Session, bring_up_to_date_by};
use crate::kernel::Isa;
use crate::plan::notebook::Notebook;
use crate::record::Study;
use crate::store::Store;

/// Train what is not stored in `folder/.caviar`, a worker a core; relative paths of data begin in `folder`. The records come by experiment.
///
/// ```no_run
/// # let notebook = caviar::plan::notebook::Notebook::default();
/// let studies = caviar::run::here(&notebook, std::path::Path::new("."), &|_| None)?;
/// # Ok::<(), caviar::run::RunError>(())
/// ```
///
/// # Errors
/// When the store cannot be read, or a search cannot go on. A trial that fails is a record, not an error.
pub fn here(notebook: &Notebook, folder: &Path, samplers: &Samplers<'_>) -> Result<BTreeMap<String, Study>, RunError> {
    let datasets = Arc::new(Datasets::new());
    let store = Arc::new(Store::open(folder.join(".caviar"))?);
    let equipment = Equipment {
        datasets: datasets.clone(),
        store: store.clone(),
        isa: Isa::detect(),
        fresh: false,
        folder: folder.to_path_buf(),
        followed: 0,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut executor = Threads::new(cores, Arc::new(equipment));
    let mut session = Session {
        store: &store,
        executor: &mut executor,
        datasets,
        base: folder,
        options: Options::default(),
        interrupted: &mut || None,
    };
    bring_up_to_date_by(notebook, &mut session, samplers, &mut |_| {})
}
