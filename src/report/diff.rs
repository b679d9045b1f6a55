//! What changed between two states of a notebook: settings beside metrics, with the noise over seeds.
//!
//! In go two plans and two locks (of two revisions, or a committed lock and one made from what is stored); out comes plain
//! data whose `Display` is a line a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::plan::notebook::Notebook;
use crate::plan::settings::settings;
use crate::plan::text::Shortest;
use crate::record::Setting;
use crate::record::lock::{Lock, Locked};
use crate::stats::interval::{mean, welch_interval};

/// One state: what the file asks for and what came of it, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side<'a> {
    /// The plan, if the file is valid.
    pub notebook: Option<&'a Notebook>,
    /// The results, if there is a lock.
    pub lock: Option<&'a Lock>,
}

/// A text that was changed, added (no `before`) or taken away (no `after`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `optimizer.rate`, `network dense2.units`, `best norm`.
    pub name: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// A metric that changed, with its values over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricChange {
    /// `dev.accuracy`.
    pub name: String,
    /// The best trial's values, one a seed; empty if it was not measured.
    pub before: Vec<f64>,
    /// The same now.
    pub after: Vec<f64>,
    /// How the change compares with what seeds do.
    pub noise: Noise,
    /// Whether it is worth a line: what a search is about, what is measured on the dev set, and what is more than noise.
    pub telling: bool,
}

/// How a change of a mean compares with the spread over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// The 95 % interval of the difference (Welch) includes zero.
    Within,
    /// It does not.
    Beyond,
    /// A side has fewer than two values, so nothing is known of the spread.
    Unknown,
}

/// What changed in an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentChange {
    /// Its name.
    pub name: String,
    /// Whether it is only in the later state, only in the earlier one, or in both.
    pub presence: Presence,
    /// What the file asks for.
    pub settings: Vec<Change>,
    /// Fingerprints of data.
    pub data: Vec<Change>,
    /// What the best trial drew.
    pub best: Vec<Change>,
    /// The best trial's metrics.
    pub metrics: Vec<MetricChange>,
    /// Whether the digest over all trials differs.
    pub trials: bool,
}

/// Where an experiment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// In the later state only.
    Added,
    /// In the earlier state only.
    Removed,
    /// In both.
    Both,
}

/// All that changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// By name; those without a change are left out.
    pub experiments: Vec<ExperimentChange>,
    /// Claims whose outcome changed, by text.
    pub claims: Vec<Change>,
    /// The version of the numbers, if it changed.
    pub numerics: Option<(u32, u32)>,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }
}

/// What changed from one state to the other. What only one side knows of (no lock, an invalid file) is not compared.
pub fn diff(before: Side<'_>, after: Side<'_>) -> Diff {
    let mut diff = Diff::default();
    let locks = before.lock.zip(after.lock);
    let notebooks = before.notebook.zip(after.notebook);
    for name in names(before).union(&names(after)) {
        let has = |side: Side<'_>| names(side).contains(name);
        let presence = match (has(before), has(after)) {
            (true, false) => Presence::Removed,
            (false, true) => Presence::Added,
            _ => Presence::Both,
        };
        let mut change = ExperimentChange {
            name: (*name).to_string(),
            presence,
            settings: Vec::new(),
            data: Vec::new(),
            best: Vec::new(),
            metrics: Vec::new(),
            trials: false,
        };
        let find = |notebook: &Notebook| notebook.experiments.iter().find(|e| e.name == *name).map(settings);
        if let Some((Some(a), Some(b))) = notebooks.map(|(a, b)| (find(a), find(b))) {
            change.settings = changes(&a, &b);
        }
        if let Some((Some(a), Some(b))) = locks.map(|(a, b)| (a.experiments.get(*name), b.experiments.get(*name))) {
            let experiment =
                after.notebook.or(before.notebook).and_then(|n| n.experiments.iter().find(|e| e.name == *name));
            let objectives = experiment.map_or(&[][..], |e| &e.objectives);
            let aims: Vec<String> = objectives.iter().map(|o| o.measure.to_string()).collect();
            results(a, b, &aims, &mut change);
        }
        let quiet = change.settings.is_empty() && change.data.is_empty() && change.best.is_empty();
        if presence != Presence::Both || !quiet || !change.metrics.is_empty() || change.trials {
            diff.experiments.push(change);
        }
    }
    if let Some((a, b)) = locks {
        let outcomes = |lock: &Lock| lock.claims.iter().map(|(text, c)| (text.clone(), c.outcome.clone())).collect();
        diff.claims = changes(&outcomes(a), &outcomes(b));
        diff.numerics = (a.numerics != b.numerics).then_some((a.numerics, b.numerics));
    }
    diff
}

fn names(side: Side<'_>) -> BTreeSet<&str> {
    match (side.notebook, side.lock) {
        (Some(notebook), _) => notebook.experiments.iter().map(|e| e.name.as_str()).collect(),
        (None, Some(lock)) => lock.experiments.keys().map(String::as_str).collect(),
        (None, None) => BTreeSet::new(),
    }
}

fn results(a: &Locked, b: &Locked, aims: &[String], change: &mut ExperimentChange) {
    let short = |data: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        data.iter().map(|(name, print)| (name.clone(), print.chars().take(16).collect())).collect()
    };
    change.data = changes(&short(&a.data), &short(&b.data));
    let drawn = |locked: &Locked| -> BTreeMap<String, String> {
        let text = |setting: &Setting| match setting {
            Setting::Number(x) => Shortest(*x).to_string(),
            Setting::Label(label) => label.clone(),
        };
        locked.settings.iter().map(|(name, setting)| (name.clone(), text(setting))).collect()
    };
    change.best = changes(&drawn(a), &drawn(b));
    let same = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    for name in a.metrics.keys().chain(b.metrics.keys()).collect::<BTreeSet<_>>() {
        let [before, after] = [a, b].map(|side| side.metrics.get(name).cloned().unwrap_or_default());
        if !same(&before, &after) {
            let noise = noise(&before, &after);
            let telling = aims.contains(name) || name.starts_with("dev.") || noise == Noise::Beyond;
            change.metrics.push(MetricChange { name: name.clone(), before, after, noise, telling });
        }
    }
    // What the search is about first.
    change.metrics.sort_by_key(|metric| !aims.contains(&metric.name));
    change.trials = a.digest != b.digest;
}

fn noise(before: &[f64], after: &[f64]) -> Noise {
    match welch_interval(after, before, 0.95) {
        Some((interval, _)) if interval.low.is_finite() && interval.high.is_finite() => {
            if interval.low <= 0.0 && interval.high >= 0.0 { Noise::Within } else { Noise::Beyond }
        }
        _ => Noise::Unknown,
    }
}

/// What is not the same in two sets of named texts.
pub fn changes(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<Change> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let change =
        |name: &String| Change { name: name.clone(), before: a.get(name).cloned(), after: b.get(name).cloned() };
    names.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

/// Four significant digits, or more where fewer would not tell the two apart.
fn pair(a: f64, b: f64) -> (String, String) {
    let shown = |x: f64, digits: usize| {
        if !x.is_finite() {
            return x.to_string();
        }
        let text = format!("{x:.*e}", digits - 1);
        text.parse::<f64>().map_or(text, |rounded| Shortest(rounded).to_string())
    };
    (4..17)
        .map(|digits| (shown(a, digits), shown(b, digits)))
        .find(|(x, y)| x != y)
        .unwrap_or_else(|| (Shortest(a).to_string(), Shortest(b).to_string()))
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{name} {before} → {after}"),
            (None, Some(after)) => write!(f, "{name} {after}, new"),
            (Some(before), None) => write!(f, "{name} {before}, gone"),
            (None, None) => f.write_str(name),
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Noise::Within => "within seed spread",
            Noise::Beyond => "beyond seed spread",
            Noise::Unknown => "one seed, so the spread is not known",
        })
    }
}

impl fmt::Display for MetricChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        if self.before.is_empty() || self.after.is_empty() {
            let (values, word) = if self.before.is_empty() { (&self.after, "new") } else { (&self.before, "gone") };
            return write!(f, "{name} {}, {word}", pair(mean(values), f64::NAN).0);
        }
        let (a, b) = (mean(&self.before), mean(&self.after));
        let (before, after) = pair(a, b);
        let alike = a.to_bits() == b.to_bits();
        if alike {
            return write!(f, "{name} {before} → {after}, the same mean, other values by seed");
        }
        write!(f, "{name} {before} → {after}, {}", self.noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::experiment::{Experiment, Objective, Search};
    use crate::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
    use crate::plan::space::{Domain, Param, Space};
    use crate::plan::value::Value;
    use crate::record::digest::Digest;

    fn notebook(rate: f64, high: f64) -> Notebook {
        let rate = ("rate".to_string(), Value::Number(rate));
        let beta = ("beta1".to_string(), Value::Draw("beta1".into()));
        let optimizer = Value::Call { name: "adam".into(), args: vec![rate, beta] };
        let domain = Domain::Log { low: 1e-3, high };
        let accuracy = Metric { set: Set::Dev, kind: MetricKind::Accuracy };
        let experiment = Experiment {
            space: Space { params: vec![Param { name: "beta1".into(), domain, shown: None, when: Vec::new() }] },
            objectives: vec![Objective { measure: Measure::Metric(accuracy), direction: Direction::Maximize }],
            search: Search::Random { trials: 60 },
            seeds: 3,
            ..Experiment::new("placement", [("optimizer", optimizer), ("epochs", 30.0.into())])
        };
        Notebook { items: Vec::new(), experiments: vec![experiment] }
    }

    fn lock(accuracy: &[f64], print: &str) -> Lock {
        let locked = Locked {
            plan: Digest([0; 32]),
            data: BTreeMap::from([("iris.csv".into(), print.repeat(32))]),
            trials: 60,
            digest: Digest::of_bytes(&accuracy.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()),
            settings: BTreeMap::from([("beta1".into(), Setting::Number(accuracy[0] * 2.0))]),
            metrics: BTreeMap::from([("dev.accuracy".into(), accuracy.to_vec())]),
        };
        let mut lock = Lock::default();
        lock.experiments.insert("placement".into(), locked);
        lock
    }

    #[test]
    fn settings_stand_beside_metrics() {
        let (a, b) = (notebook(0.01, 0.1), notebook(0.003, 0.1));
        let (x, y) = (lock(&[0.95, 0.953, 0.956], "ab"), lock(&[0.951, 0.956, 0.958], "ab"));
        let before = Side { notebook: Some(&a), lock: Some(&x) };
        let after = Side { notebook: Some(&b), lock: Some(&y) };
        assert!(diff(before, before).is_empty());
        let found = diff(before, after);
        let [change] = &found.experiments[..] else { panic!("{found:?}") };
        let lines: Vec<String> = change.settings.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["optimizer.rate 0.01 → 0.003"]);
        assert_eq!(change.best[0].to_string(), "beta1 1.9 → 1.902");
        assert_eq!(change.metrics[0].to_string(), "dev.accuracy 0.953 → 0.955, within seed spread");
        assert!(change.trials && change.data.is_empty());
    }

    #[test]
    fn spaces_and_data_are_compared_too() {
        let (a, b) = (notebook(0.01, 0.1), notebook(0.01, 0.2));
        let (x, y) = (lock(&[0.95], "ab"), lock(&[0.95], "cd"));
        let found = diff(Side { notebook: Some(&a), lock: Some(&x) }, Side { notebook: Some(&b), lock: Some(&y) });
        let change = &found.experiments[0];
        assert_eq!(change.settings[0].to_string(), "optimizer.beta1 log(0.001, 0.1) → log(0.001, 0.2)");
        assert_eq!(change.data[0].to_string(), "iris.csv abababababababab → cdcdcdcdcdcdcdcd");
    }

    #[test]
    fn noise_is_what_seeds_do() {
        assert_eq!(noise(&[0.90, 0.91, 0.92], &[0.97, 0.98, 0.975]), Noise::Beyond);
        assert_eq!(noise(&[0.90, 0.95, 0.92], &[0.93, 0.91, 0.96]), Noise::Within);
        assert_eq!(noise(&[0.90], &[0.97]), Noise::Unknown);
        assert_eq!(noise(&[0.9, f64::NAN], &[0.9, 0.8]), Noise::Unknown);
        assert_eq!(noise(&[], &[0.9, 0.8]), Noise::Unknown);
    }

    #[test]
    fn digits_tell_two_numbers_apart() {
        assert_eq!(pair(0.95333333, 0.967), ("0.9533".into(), "0.967".into()));
        assert_eq!(pair(0.95333331, 0.95333339), ("0.9533333".into(), "0.9533334".into()));
        assert_eq!(pair(1.0, f64::NAN), ("1".into(), "NaN".into()));
    }

    #[test]
    fn what_only_one_state_has_is_named() {
        let a = notebook(0.01, 0.1);
        let side = Side { notebook: Some(&a), lock: None };
        let none = Notebook::default();
        let empty = Side { notebook: Some(&none), lock: None };
        assert_eq!(diff(empty, side).experiments[0].presence, Presence::Added);
        assert_eq!(diff(side, empty).experiments[0].presence, Presence::Removed);
    }
}
