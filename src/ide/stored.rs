//! The results that the store keeps: of what the text asks for now, else of what it asked for when it was last run.

use std::collections::BTreeMap;
use std::path::Path;

use super::hints::{Results, Standing};
use crate::plan::notebook::Notebook;
use crate::record::lock;
use crate::record::{Study, Trial};
use crate::report::figure::number::short;
use crate::report::{claim, name};
use crate::run::datasets::Datasets;
use crate::run::memo::{self, Memo};
use crate::run::survey::survey;
use crate::run::{Options, outputs};
use crate::stats::claim::{ClaimError, Verdict};
use crate::stats::measure::measure;
use crate::stats::select::best;
use crate::store::Store;

/// What is stored of a notebook, gathered once for each state of its plan and of the store.
#[derive(Clone, Debug, Default)]
pub struct StoredResults {
    experiments: BTreeMap<String, (Standing, BTreeMap<String, String>)>,
    claims: BTreeMap<String, (String, bool)>,
}

impl StoredResults {
    /// Look up what the store has for a notebook's last plan without mistakes; `base` is where its relative paths begin.
    pub fn gather(path: &Path, notebook: &Notebook, store: &Store, datasets: &Datasets, base: &Path) -> Self {
        let mut found = StoredResults::default();
        let mut studies: BTreeMap<String, Study> = BTreeMap::new();
        let now = survey(notebook, store, datasets, base, &Options::default()).unwrap_or_default();
        for one in &now {
            let seeds = notebook.experiments.iter().find(|e| e.name == one.study.experiment).map_or(1, |e| e.seeds);
            let mut study = one.study.clone();
            study.trials.retain(|trial| !trial.runs.is_empty() && (one.complete || trial.runs.len() >= seeds as usize));
            if !study.trials.is_empty() {
                found.stands(&study, Some(one.total as usize).filter(|_| !one.complete), true);
            }
            if one.complete {
                studies.insert(study.experiment.clone(), study);
            }
        }
        let tested = outputs::judged(notebook, studies);
        for (claim, verdict) in lock::claims(notebook).zip(tested.verdicts.values()) {
            if claim.experiments().iter().all(|name| tested.studies.contains_key(*name)) {
                found.claims.insert(claim.text.clone(), (said(verdict), true));
            }
        }
        let known = |name: &str| found.experiments.contains_key(name);
        let gaps = notebook.experiments.iter().any(|e| !known(&e.name))
            || lock::claims(notebook).any(|claim| !found.claims.contains_key(&claim.text));
        if let Some(memo) = gaps.then(|| memo::recall(path, store)).flatten() {
            found.remember(&memo, store);
        }
        found
    }

    /// Fill what is missing with what came of the last run.
    fn remember(&mut self, memo: &Memo, store: &Store) {
        let mut studies = BTreeMap::new();
        for experiment in &memo.notebook.experiments {
            let Some(trials) = memo.trials.get(&experiment.name) else { continue };
            let stored = |trial: &memo::TrialMemo| Trial {
                index: trial.index,
                draws: BTreeMap::new(),
                settings: trial.settings.clone(),
                round: 0,
                runs: trial.runs.iter().filter_map(|(key, _)| store.get(&key.parse().ok()?)).collect(),
            };
            let study = Study {
                experiment: experiment.name.clone(),
                space: experiment.space.clone(),
                objectives: experiment.objectives.clone(),
                search: String::new(),
                rounds: Vec::new(),
                trials: trials.iter().map(stored).filter(|trial| !trial.runs.is_empty()).collect(),
                confirmed: Vec::new(),
            };
            if study.trials.is_empty() {
                continue;
            }
            if !self.experiments.contains_key(&experiment.name) {
                self.stands(&study, None, false);
            }
            studies.insert(experiment.name.clone(), study);
        }
        let tested = outputs::judged(&memo.notebook, studies);
        for (claim, verdict) in lock::claims(&memo.notebook).zip(tested.verdicts.values()) {
            let whole = claim.experiments().iter().all(|name| tested.studies.contains_key(*name));
            if whole && !self.claims.contains_key(&claim.text) {
                self.claims.insert(claim.text.clone(), (said(verdict), false));
            }
        }
    }

    fn stands(&mut self, study: &Study, total: Option<usize>, current: bool) {
        let best = best(study);
        let shown = best.map(|trial| {
            let values = study.objectives.iter().filter_map(|objective| {
                let value = measure(trial, &objective.measure)?.value;
                Some(format!("{} {}", objective.measure, name::number(value)))
            });
            values.collect::<Vec<_>>().join(", ")
        });
        let settings = best.map(|trial| {
            trial.settings.iter().map(|(setting, value)| (setting.clone(), name::setting(value))).collect()
        });
        let standing =
            Standing { best: shown.filter(|text| !text.is_empty()), stored: study.trials.len(), total, current };
        self.experiments.insert(study.experiment.clone(), (standing, settings.unwrap_or_default()));
    }
}

/// A verdict in a few words: `holds, p = 0.031`.
fn said(verdict: &Result<Vec<Verdict>, ClaimError>) -> String {
    let word = claim::word(verdict);
    let largest = verdict.iter().flatten().filter_map(|v| v.p).reduce(f64::max);
    match largest {
        Some(p) if p < 0.001 => format!("{word}, p < 0.001"),
        Some(p) => format!("{word}, p = {}", short(p, 2)),
        None => word.to_string(),
    }
}

impl Results for StoredResults {
    fn experiment(&self, name: &str) -> Option<Standing> {
        self.experiments.get(name).map(|(standing, _)| standing.clone())
    }

    fn best_setting(&self, experiment: &str, name: &str) -> Option<(String, bool)> {
        let (standing, settings) = self.experiments.get(experiment)?;
        Some((settings.get(name)?.clone(), standing.current))
    }

    fn claim(&self, text: &str) -> Option<(String, bool)> {
        self.claims.get(text).cloned()
    }
}

/// The results of one who knows, else those of another.
pub struct Either<'a>(pub &'a dyn Results, pub &'a dyn Results);

impl Results for Either<'_> {
    fn experiment(&self, name: &str) -> Option<Standing> {
        self.0.experiment(name).or_else(|| self.1.experiment(name))
    }

    fn best_setting(&self, experiment: &str, name: &str) -> Option<(String, bool)> {
        // Settings are of the trial that is shown beside the experiment.
        match self.0.experiment(experiment) {
            Some(_) => self.0.best_setting(experiment, name),
            None => self.1.best_setting(experiment, name),
        }
    }

    fn claim(&self, text: &str) -> Option<(String, bool)> {
        self.0.claim(text).or_else(|| self.1.claim(text))
    }
}
