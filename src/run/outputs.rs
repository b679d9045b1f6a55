//! What a run leaves beside its file: the report, a PNG a plot, the trials as CSV, the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::inspect::Inspections;
use super::listing::{self, Extent};
use super::memo;
use super::open::Opened;
use super::worker::Equipment;
use crate::plan::build;
use crate::plan::notebook::{Item, Notebook};
use crate::plan::resolve::Bindings;
use crate::record::lock::{self, Lock, Locked, LockedClaim};
use crate::record::{Study, atomic};
use crate::report::markdown::markdown;
use crate::report::page::{Report, page};
use crate::report::plot::Picture;
use crate::report::{Results, plot, trials};
use crate::stats::claim::Outcome;
use crate::stats::select::best;
use crate::stats::statement;

/// Why the outputs cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The system said no.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A picture that cannot be drawn.
    #[error(transparent)]
    Plot(#[from] plot::PlotError),
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The folder.
    pub folder: PathBuf,
    /// The page.
    pub report: PathBuf,
    /// Files that are new or have other bytes than before.
    pub changed: Vec<PathBuf>,
    /// Whether the lock, which was left as it is, says something else.
    pub other: bool,
    /// What one should know of the files.
    pub problems: Vec<String>,
}

/// Where the outputs of a file go: `placement.out` beside `placement.exp`.
pub fn folder(path: &Path) -> PathBuf {
    path.with_extension("out")
}

/// Where the lock of a file is.
pub fn lock_path(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Inspect the models that pictures show and test the claims; with what could not be computed.
pub fn results(
    notebook: &Notebook,
    studies: BTreeMap<String, Study>,
    base: &Path,
    equipment: &Equipment,
) -> (Results, Vec<String>) {
    let (inspections, problems) = Inspections { notebook, studies: &studies, base, equipment }.compute();
    (Results { inspections, ..judged(notebook, studies) }, problems)
}

/// Test the claims; pictures that show models are left out.
pub fn judged(notebook: &Notebook, studies: BTreeMap<String, Study>) -> Results {
    let verdicts = {
        let claims: Vec<_> = lock::claims(notebook).collect();
        let all: Vec<&Study> = studies.values().collect();
        let places = notebook.items.iter().enumerate().filter(|(_, item)| matches!(item, Item::Claim(_)));
        places.map(|(place, _)| place).zip(statement::test_all(&claims, &all)).collect()
    };
    Results { studies, inspections: BTreeMap::new(), verdicts }
}

/// Whether the lock is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// When results have changed.
    Write,
    /// Never.
    Leave,
}

/// Write all outputs; files whose bytes are the same are left alone, and pictures that are no longer drawn are removed.
///
/// # Errors
/// When a file cannot be written or a picture cannot be drawn.
pub fn write(
    path: &Path,
    opened: &Opened,
    notebook: &Notebook,
    results: &Results,
    equipment: &Equipment,
    locking: Locking,
) -> Result<Written, OutputError> {
    let folder = folder(path);
    let report = folder.join("report.html");
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    // A plot whose experiment was not run (`--only`) has no picture.
    let pictures: BTreeMap<usize, Picture> =
        plot::draw_all(notebook, results).into_iter().filter_map(|(place, drawn)| Some((place, drawn.ok()?))).collect();
    let mut problems = Vec::new();
    for picture in pictures.values() {
        let boxes = plot::boxes(picture);
        if !boxes.is_empty() {
            problems.push(format!("{}.png shows boxes for {boxes}, which no embedded font has", picture.file_stem));
        }
        files.insert(folder.join(format!("{}.png", picture.file_stem)), plot::png(picture)?);
    }
    let mut kept = lock_of(notebook, results, &opened.base, equipment);
    let old = std::fs::read_to_string(lock_path(path)).ok().and_then(|text| lock::parse(&text).ok());
    if let Some(old) = &old {
        keep_others(&mut kept, old, notebook, results);
    }
    let seal = lock::digest(&kept).short();
    let source = opened.sources.get(0);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = Report { file: &name, notebook, source: &source.text, results, pictures: &pictures, lock: Some(&seal) };
    files.insert(report.clone(), page(&shown).into_bytes());
    files.insert(folder.join("report.md"), markdown(&shown).into_bytes());
    files.insert(folder.join("trials.csv"), trials::csv(&results.studies).into_bytes());
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| OutputError::Write { path, source }
    };
    std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let mut changed = Vec::new();
    for (file, bytes) in &files {
        if atomic::replace_if_changed(file, bytes).map_err(failed(file))? {
            changed.push(file.clone());
        }
    }
    remove_old_pictures(&folder, &files);
    for place in [folder.as_path(), path.parent().unwrap_or(Path::new(""))] {
        atomic::remove_abandoned(place);
    }
    let lock_file = lock_path(path);
    let other = match locking {
        Locking::Write => {
            if lock::save(&lock_file, &kept).map_err(failed(&lock_file))? {
                changed.push(lock_file);
            }
            false
        }
        Locking::Leave => old.is_none_or(|old| !lock::compare(&old, &kept).is_empty()),
    };
    let looked = listing::looked(notebook, None);
    for study in results.studies.values() {
        listing::keep(notebook, study, Extent::Whole, &looked, (&opened.base, &equipment.datasets, &equipment.store));
    }
    memo::keep(path, &equipment.store, notebook, &results.studies, memo::read(&opened.data, &equipment.datasets));
    Ok(Written { folder, report, changed, other, problems })
}

/// What was not run now (`--only`) stays as the lock had it.
fn keep_others(lock: &mut Lock, old: &Lock, notebook: &Notebook, results: &Results) {
    let others =
        |name: &String| !results.studies.contains_key(name) && notebook.experiments.iter().any(|e| e.name == *name);
    let forged = |section: &str| old.forged.contains(section);
    let experiments = old.experiments.iter().filter(|(name, _)| others(name) && !forged(&format!("experiment {name}")));
    lock.experiments.extend(experiments.map(|(name, locked)| (name.clone(), locked.clone())));
    if results.studies.len() < notebook.experiments.len() {
        for (text, claim) in &mut lock.claims {
            if let Some(before) =
                old.claims.get(text).filter(|old| claim.outcome == "untested" && old.plan == claim.plan)
            {
                *claim = before.clone();
            }
        }
    }
}

fn remove_old_pictures(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|e| e == "png") && !files.contains_key(&path) {
            // A picture that stays is not worth an error.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The lock of some results.
pub fn lock_of(notebook: &Notebook, results: &Results, base: &Path, equipment: &Equipment) -> Lock {
    let mut lock = Lock::default();
    for (name, study) in &results.studies {
        let data = fingerprints(notebook, &results.studies, name, base, equipment);
        lock.experiments.insert(name.clone(), Locked::of(notebook, data, study, best(study)));
    }
    for (place, item) in notebook.items.iter().enumerate() {
        let Item::Claim(claim) = item else { continue };
        let outcome = match results.verdicts.get(&place) {
            Some(Ok(verdicts)) => match statement::outcome(verdicts) {
                Outcome::Holds => "holds",
                Outcome::Refuted => "refuted",
                Outcome::Undecided { .. } => "undecided",
            },
            _ => "untested",
        };
        lock.claims.insert(claim.text.clone(), LockedClaim::of(claim, outcome));
    }
    lock
}

/// The fingerprints of all data that an experiment and those that it uses read, by a name without folders.
pub fn fingerprints(
    notebook: &Notebook,
    studies: &BTreeMap<String, Study>,
    experiment: &str,
    base: &Path,
    equipment: &Equipment,
) -> BTreeMap<String, String> {
    let mut names = BTreeSet::new();
    let mut open = vec![experiment];
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        let Some(experiment) = notebook.experiments.iter().find(|e| e.name == name) else { continue };
        if !names.insert(name) {
            continue;
        }
        open.extend(experiment.after.iter().map(String::as_str));
        let (Some(data), Some(study)) = (experiment.template.get("data"), studies.get(name)) else { continue };
        for trial in &study.trials {
            let bindings =
                Bindings { draws: &trial.draws, words: &[], results: &|of, m| super::bring::result(studies, of, m) };
            let Ok(pipeline) = data.resolve(&bindings).map_err(drop).and_then(|v| build::pipeline(&v).map_err(drop))
            else {
                continue;
            };
            let rooted = pipeline.rooted(base);
            if let Ok(facts) = equipment.datasets.facts(&rooted) {
                let paths = pipeline.source.paths();
                let file = |path: &&str| Path::new(path).file_name().map(|n| n.to_string_lossy().into_owned());
                let mut name = paths.iter().filter_map(file).collect::<Vec<_>>().join(" ");
                if name.is_empty() {
                    name = data_name(data, &trial.draws);
                }
                found.insert(name, facts.fingerprint);
            }
        }
    }
    found
}

/// What built-in data are called: the source's name.
fn data_name(data: &crate::plan::value::Value, draws: &crate::plan::space::Draws) -> String {
    let bindings = Bindings { draws, words: &[], results: &|_, _| None };
    let resolved = data.resolve(&bindings).ok();
    resolved.as_ref().and_then(|v| v.arg("source")).map_or("data", |source| source.name()).to_string()
}
