//! The trials that a table or plot is about, and the groups they fall into.

use std::collections::BTreeMap;

use crate::plan::metric::Measure;
use crate::plan::show::{Filter, Selection};
use crate::plan::space::Domain;
use crate::record::{Setting, Study, Trial};
use crate::stats::select::{filtered, select};

use super::name;

/// A trial and the study that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The study.
    pub study: &'a Study,
    /// The trial.
    pub trial: &'a Trial,
    /// Which of the selections it comes from.
    pub part: usize,
}

/// Trials with the same value.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The value, or the selection's name.
    pub name: String,
    /// Its trials.
    pub cases: Vec<Case<'a>>,
}

/// All groups.
#[derive(Clone, Debug)]
pub struct Groups<'a> {
    /// What makes the groups: `norm`.
    pub heading: String,
    /// In their order.
    pub groups: Vec<Group<'a>>,
    /// Whether they are values of one number, ascending.
    pub ordered: bool,
}

/// A table or plot names an experiment that has no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no results of an experiment named `{0}`")]
pub struct Missing(pub String);

/// Ranks of a group's values, and its name.
type Key = (Vec<usize>, String);

/// How many groups can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most groups; what is left is one more.
    groups: usize,
    /// More values of a number than this are put into ranges.
    values: usize,
}

/// In a picture, by colours, dashes and marks.
pub const PICTURE: Limits = Limits { groups: 12, values: 12 };
/// In a table, by its rows.
pub const ROWS: Limits = Limits { groups: 400, values: 20 };

/// The selected trials that satisfy all filters.
pub fn cases<'a>(
    of: &[Selection],
    filters: &[Filter],
    studies: &'a BTreeMap<String, Study>,
) -> Result<Vec<Case<'a>>, Missing> {
    let mut cases = Vec::new();
    for (part, selection) in of.iter().enumerate() {
        let study = studies.get(&selection.experiment).ok_or_else(|| Missing(selection.experiment.clone()))?;
        let trials = filtered(&select(study, selection), filters);
        cases.extend(trials.into_iter().map(|trial| Case { study, trial, part }));
    }
    Ok(cases)
}

/// The value of a hyperparameter as a place: a number, or the place of a label among the choice's labels (then those that no choice
/// has, as they come).
struct Values<'a> {
    name: &'a str,
    labels: Vec<String>,
    numbers: Vec<f64>,
}

impl<'a> Values<'a> {
    fn new(name: &'a str, cases: &[Case], most: usize) -> Values<'a> {
        let mut labels: Vec<String> = Vec::new();
        let mut numbers = Vec::new();
        for case in cases {
            for param in case.study.space.params.iter().filter(|p| p.name == name) {
                if let Domain::Choice { labels: all, .. } = &param.domain {
                    labels.extend(all.iter().filter(|l| !labels.contains(l)).cloned().collect::<Vec<_>>());
                }
            }
            match case.trial.settings.get(name) {
                Some(Setting::Number(v)) => numbers.push(*v),
                Some(Setting::Label(l)) if !labels.contains(l) => labels.push(l.clone()),
                _ => {}
            }
        }
        numbers.sort_by(f64::total_cmp);
        let all = numbers.clone();
        numbers.dedup();
        if numbers.len() > most {
            // The upper ends of quarters of the trials.
            numbers = (1..=4).map(|q| all[(all.len() * q).div_ceil(4).saturating_sub(1)]).collect();
            numbers.dedup();
            numbers.insert(0, all[0]);
        } else {
            numbers.insert(0, f64::NAN);
        }
        Values { name, labels, numbers }
    }

    /// Rank and name of a trial's value.
    fn of(&self, trial: &Trial) -> (usize, String) {
        match trial.settings.get(self.name) {
            None => (usize::MAX, "–".into()),
            Some(Setting::Label(l)) => (self.labels.iter().position(|k| k == l).unwrap_or(0), l.clone()),
            Some(Setting::Number(v)) if self.numbers[0].is_nan() => {
                (self.labels.len() + self.numbers.iter().position(|k| k == v).unwrap_or(0), name::number(*v))
            }
            Some(Setting::Number(v)) => {
                let at = self.numbers[1..].iter().position(|k| v <= k).unwrap_or(0);
                (
                    self.labels.len() + at,
                    format!("{} – {}", name::number(self.numbers[at]), name::number(self.numbers[at + 1])),
                )
            }
        }
    }
}

impl<'a> Groups<'a> {
    /// Group by hyperparameters; without any, by selection; with one selection only, all trials are one group.
    pub fn new(cases: &[Case<'a>], of: &[Selection], by: &[String], limits: Limits) -> Groups<'a> {
        let values: Vec<Values> = by.iter().map(|name| Values::new(name, cases, limits.values)).collect();
        let apart = of.len() > 1;
        let mut keyed: Vec<(Key, Vec<Case<'a>>)> = Vec::new();
        for case in cases {
            let mut rank = Vec::new();
            let mut names = Vec::new();
            if apart {
                rank.push(case.part);
                names.push(name::selection(&of[case.part]));
            }
            for value in &values {
                let (r, n) = value.of(case.trial);
                rank.push(r);
                names.push(n);
            }
            if names.is_empty() {
                names.push(of.first().map(name::selection).unwrap_or_default());
            }
            let key = (rank, names.join(", "));
            match keyed.iter_mut().find(|(k, _)| *k == key) {
                Some((_, cases)) => cases.push(*case),
                None => keyed.push((key, vec![*case])),
            }
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let mut groups: Vec<Group> = keyed.into_iter().map(|((_, name), cases)| Group { name, cases }).collect();
        if groups.len() > limits.groups {
            let rest = groups.split_off(limits.groups - 1);
            let name = format!("{} others", rest.len());
            groups.push(Group { name, cases: rest.into_iter().flat_map(|g| g.cases).collect() });
        }
        let ordered = !apart && by.len() == 1 && values[0].labels.is_empty() && groups.len() > 2;
        let heading = match (apart, by) {
            (_, []) => String::new(),
            (false, by) => by.join(", "),
            (true, by) => format!("experiment, {}", by.join(", ")),
        };
        Groups { heading, groups, ordered }
    }
}

/// Group by what colours the marks: a hyperparameter with labels makes groups; with numbers it does if asked for, else there are none.
pub fn by_color<'a>(cases: &[Case<'a>], of: &[Selection], color: &Measure, numbers: bool) -> Option<Groups<'a>> {
    match color {
        Measure::Setting(name)
            if numbers || cases.iter().any(|c| matches!(c.trial.settings.get(name), Some(Setting::Label(_)))) =>
        {
            Some(Groups::new(cases, of.get(..1).unwrap_or(&[]), std::slice::from_ref(name), PICTURE))
        }
        _ => None,
    }
}
