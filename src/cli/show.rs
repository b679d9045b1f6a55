//! `caviar show`: tables from what is stored, also while another process trains.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::{Engine, Show, ShowOther};
use super::terminal::Terminal;
use crate::plan::experiment::Experiment;
use crate::plan::metric::Measure;
use crate::plan::notebook::{Item, Notebook};
use crate::plan::show::{Pick, Selection, Table};
use crate::record::Study;
use crate::report::{self, Results, trials};
use crate::run::datasets::Datasets;
use crate::run::listing::{self, Extent};
use crate::run::open::open;
use crate::run::survey::known;
use crate::run::{Options, RunError, outputs};

/// Rows of a table that nobody asked for.
const ROWS: u32 = 10;

/// Show what is stored.
pub fn run(args: &Show, terminal: &Terminal) -> Exit {
    match (&args.other, &args.path) {
        (Some(ShowOther::Data(args)), _) => super::data::run(args, terminal),
        (None, Some(path)) => results(path, args, terminal),
        (None, None) => Exit::Usage,
    }
}

/// Show trials, tables and claims.
fn results(path: &Path, args: &Show, terminal: &Terminal) -> Exit {
    if !path.is_file() {
        terminal.error(format!("there is no file {}", path.display()));
        return Exit::Usage;
    }
    let datasets = Arc::new(Datasets::new());
    let opened = open(path, &datasets);
    let Some(notebook) = &opened.notebook else {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
        return Exit::Mistakes;
    };
    if let Some(unknown) = args.name.iter().find(|name| !notebook.experiments.iter().any(|e| e.name == **name)) {
        terminal.error(RunError::unknown(unknown, notebook).to_string());
        return Exit::Usage;
    }
    let equipment = match super::run::equipment(path, &Engine::default(), &datasets, false) {
        Ok(equipment) => equipment,
        Err(message) => {
            terminal.error(message);
            return Exit::Failed;
        }
    };
    let sort = args.sort.as_ref().map(|text| Measure::parse(text).unwrap_or_else(|| Measure::Setting(text.clone())));
    // Tables are made from columns, where those are kept.
    let looked = (!args.csv && !args.json).then(|| listing::looked(notebook, sort.as_ref()));
    let sources = (opened.base.as_path(), &*datasets, &*equipment.store);
    let state = equipment.store.state();
    let asked: Vec<&Experiment> =
        notebook.experiments.iter().filter(|e| args.name.as_ref().is_none_or(|only| *only == e.name)).collect();
    let mut found = BTreeMap::new();
    let mut only = Vec::new();
    for experiment in &asked {
        match looked.as_ref().and_then(|looked| listing::recall(notebook, experiment, looked, sources)) {
            Some(listed) => _ = found.insert(experiment.name.clone(), listed),
            None => only.push(experiment.name.clone()),
        }
    }
    let options = Options { fresh: false, only: only.clone() };
    let surveyed = match only.is_empty() {
        true => Ok(Vec::new()),
        false => known(notebook, &equipment.store, &datasets, &opened.base, &options),
    };
    let surveyed = match surveyed {
        Ok(surveyed) => surveyed,
        Err(error) => {
            terminal.error(error.to_string());
            return Exit::Usage;
        }
    };
    for warning in equipment.store.warnings() {
        terminal.say(format!("warning: {warning}"));
    }
    for one in surveyed.into_iter().filter(|one| only.contains(&one.study.experiment)) {
        let extent = if one.complete { Extent::Whole } else { Extent::Part(one.total, state.clone()) };
        let study = one.into_known();
        if let Some(looked) = &looked {
            listing::keep(notebook, &study, extent.clone(), looked, sources);
        }
        found.insert(study.experiment.clone(), (study, extent));
    }
    let mut studies = BTreeMap::new();
    for (study, extent) in asked.iter().filter_map(|experiment| found.remove(&experiment.name)) {
        let name = &study.experiment;
        if let (Extent::Part(total, _), false) = (extent, args.json || args.csv) {
            terminal.say(match study.trials.len() {
                0 => format!("{name}: nothing is stored yet (`caviar run {}`)", path.display()),
                n => format!("{name}: {n} of {total} trials are stored"),
            });
        }
        if !study.trials.is_empty() {
            studies.insert(name.clone(), study);
        }
    }
    if args.csv {
        terminal.raw(trials::csv(&studies).trim_end());
        return Exit::Good;
    }
    let results = outputs::judged(notebook, studies);
    if args.json {
        for line in report::json::lines(&path.display().to_string(), notebook, &results) {
            terminal.raw(line);
        }
        return Exit::Good;
    }
    if let Some(Measure::Setting(name)) = &sort
        && !results.studies.values().any(|s| s.trials.iter().any(|t| t.settings.contains_key(name)))
        && !results.studies.is_empty()
    {
        terminal.error(format!("there is nothing called `{name}` to sort by"));
        return Exit::Usage;
    }
    tables(args, notebook, &results, sort, terminal);
    // The process ends here: to give the memory of very many trials back piece by piece takes longer than to read them.
    std::mem::forget(results);
    Exit::Good
}

fn tables(args: &Show, notebook: &Notebook, results: &Results, sort: Option<Measure>, terminal: &Terminal) {
    let of_known = |table: &Table| table.of.iter().all(|of| results.studies.contains_key(&of.experiment));
    let own: Vec<&Table> = notebook
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Table(table) => Some(table),
            _ => None,
        })
        .filter(|table| !args.trials && sort.is_none() && of_known(table))
        .collect();
    for table in &own {
        named(table, results, terminal);
    }
    for study in results.studies.values() {
        let shown = own.iter().any(|table| table.of.iter().any(|of| of.experiment == study.experiment));
        if !shown {
            named(&every_trial(study, args.trials, sort.clone()), results, terminal);
        }
    }
    for (place, item) in notebook.items.iter().enumerate() {
        if let (Item::Claim(claim), Some(verdict @ Ok(_)), false) = (item, results.verdicts.get(&place), args.trials) {
            terminal.line(report::claim::text(claim, verdict));
        }
    }
}

/// A table under its name.
fn named(table: &Table, results: &Results, terminal: &Terminal) {
    if !terminal.output {
        terminal.line(format!("{}\n", report::name::table(table)));
    }
    terminal.line(super::run::table(table, results, terminal));
}

/// A row a trial.
fn every_trial(study: &Study, all: bool, sort: Option<Measure>) -> Table {
    Table {
        title: Some(study.experiment.clone()),
        of: vec![Selection { experiment: study.experiment.clone(), filters: Vec::new(), pick: Pick::All }],
        by: Vec::new(),
        show: match &sort {
            Some(measure) if !matches!(measure, Measure::Setting(_)) => {
                let mut shown: Vec<Measure> = study.objectives.iter().map(|o| o.measure.clone()).collect();
                if !shown.contains(measure) {
                    shown.push(measure.clone());
                }
                shown
            }
            _ => Vec::new(),
        },
        filters: Vec::new(),
        sort,
        top: (!all).then_some(ROWS),
    }
}
