//! A file read, parsed and checked.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::datasets::Datasets;
use crate::check::{self, Checked, DataFacts, Places};
use crate::data::spec::Pipeline;
use crate::data::{self, Facts};
use crate::diagnostic::Diagnostic;
use crate::plan::notebook::Notebook;
use crate::source::{self, ReadError, Source, Sources};
use crate::syntax;

/// A file and what is known of it.
pub struct Opened {
    /// The folder that its relative paths begin in.
    pub base: PathBuf,
    /// Its text and those of its imports.
    pub sources: Sources,
    /// The plan, if there are no errors.
    pub notebook: Option<Notebook>,
    /// Errors and warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The data that it names, with absolute paths, as far as they were looked at.
    pub data: Vec<Pipeline>,
    /// The same by the names of their blocks.
    pub named: Vec<(String, Pipeline)>,
    /// Where the settings of each experiment are written.
    pub places: Places,
}

impl Opened {
    /// Whether it cannot run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Where a setting of an experiment is written, if it is: `line 14`, `line 3 of rates.exp`.
    pub fn line(&self, experiment: &str, setting: &str) -> Option<String> {
        let span = self.places.get(experiment)?.get(setting)?;
        let source = self.sources.get(span.file);
        let (line, _) = source.line_column(span.start as usize);
        let name = Path::new(&source.name).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        Some(if span.file == 0 { format!("line {line}") } else { format!("line {line} of {name}") })
    }
}

/// Facts of data, with paths from a folder.
pub struct Rooted<'a> {
    /// Data sets that are known.
    pub datasets: &'a Datasets,
    /// Where relative paths begin.
    pub base: &'a Path,
    /// What was asked for.
    pub asked: RefCell<Vec<Pipeline>>,
}

impl DataFacts for Rooted<'_> {
    fn describe(&self, pipeline: &Pipeline) -> Result<Facts, data::Error> {
        let rooted = pipeline.rooted(self.base);
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&rooted) {
            asked.push(rooted.clone());
        }
        self.datasets.facts(&rooted)
    }
}

/// Read, parse and check a file.
pub fn open(path: &Path, datasets: &Datasets) -> Opened {
    open_from(path, datasets, &mut source::read)
}

/// The same where `read` gives the texts: those of another revision, or what an editor has open.
pub fn open_from(path: &Path, datasets: &Datasets, read: &mut dyn FnMut(&Path) -> Result<Source, ReadError>) -> Opened {
    let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let (sources, files, mut diagnostics) = syntax::load(path, read);
    let rooted = Rooted { datasets, base: &base, asked: RefCell::default() };
    let Checked { notebook, diagnostics: found, data: named, places, .. } = check::notebook(&sources, &files, &rooted);
    let data = rooted.asked.into_inner();
    let named = named.into_iter().map(|(name, pipeline)| (name, pipeline.rooted(&base))).collect();
    diagnostics.extend(found);
    diagnostics.sort_by_key(|d| (d.span().file, d.span().start));
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    Opened { base, sources, notebook: notebook.filter(|_| !broken), diagnostics, data, named, places }
}
