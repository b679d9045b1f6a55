//! Two records of one training: whether they agree, what they know together, and what of it is asked for.

use std::collections::BTreeMap;

use crate::plan::metric::Metric;
use crate::plan::training::{Observe, Training};
use crate::record::{Outcome, Run};

/// Whether a stored run has all that is asked for beyond the ordinary.
pub fn satisfies(run: &Run, observe: &Observe) -> bool {
    // A training that diverges at once has no epoch to record anything of.
    let trained = run.series.values().any(|values| !values.is_empty());
    let metrics = observe.metrics.iter().all(|metric| has(run, *metric) || !trained);
    metrics
        && (!observe.activations || !run.activations.is_empty() || !trained)
        && (!observe.gradients || !run.gradients.is_empty() || !trained)
}

/// Whether a stored run has all that a training asks for: what is to be observed, and its objective.
pub fn complete(run: &Run, training: &Training) -> bool {
    let trained = run.series.values().any(|values| !values.is_empty());
    let judged = !training.objective.is_extra() || has(run, training.objective) || !trained;
    judged && satisfies(run, &training.observe)
}

fn has(run: &Run, metric: Metric) -> bool {
    run.series.contains_key(&metric.to_string())
}

/// Leave out what another notebook asked for and this one does not, so that what is stored never shows in a record.
pub fn narrow(run: &mut Run, training: &Training) {
    narrow_to(run, &training.observe, training.objective);
}

/// The same where what is observed is known without a training.
pub fn narrow_to(run: &mut Run, observe: &Observe, objective: Metric) {
    let wanted: Vec<String> = observe.metrics.iter().chain([&objective]).map(ToString::to_string).collect();
    run.series.retain(|name, _| !is_extra(name) || wanted.contains(name));
    run.metrics.retain(|name, _| !name.contains(".top(") || wanted.contains(name));
    if !observe.activations {
        run.activations.clear();
    }
    if !observe.gradients {
        run.gradients.clear();
    }
}

/// [`Metric::is_extra`] of a name.
fn is_extra(name: &str) -> bool {
    let (set, kind) = name.split_once('.').unwrap_or(("", name));
    set != "dev" || kind == "auc" || kind == "calibration" || kind.starts_with("top(")
}

/// The first thing that two records of one training say differently, if there is one; seconds do not count, and neither
/// does what only one of them has.
pub fn contradiction(a: &Run, b: &Run) -> Option<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Finished => "finished".to_string(),
        Outcome::Stopped => "stopped".to_string(),
        Outcome::Pruned => "pruned".to_string(),
        Outcome::Diverged => "diverged".to_string(),
        Outcome::Failed(why) => format!("failed ({why})"),
    };
    if a.outcome != b.outcome {
        return Some(format!("{} and {}", word(&a.outcome), word(&b.outcome)));
    }
    if a.parameters != b.parameters {
        return Some(format!("{} and {} parameters", a.parameters, b.parameters));
    }
    if a.repetition != b.repetition {
        return Some(format!("repetitions {} and {}", a.repetition, b.repetition));
    }
    if a.changes != b.changes {
        return Some("other epochs at which settings change".to_string());
    }
    for (name, (x, y)) in shared(&a.series, &b.series) {
        if x.len() != y.len() {
            return Some(format!("{name} over {} and {} epochs", x.len(), y.len()));
        }
        if let Some(i) = (0..x.len()).find(|&i| !same(x[i], y[i])) {
            return Some(format!("{name} at epoch {}: {} and {}", i + 1, x[i], y[i]));
        }
    }
    for (name, (x, y)) in shared(&a.metrics, &b.metrics) {
        if !same(*x, *y) {
            return Some(format!("{name}: {x} and {y}"));
        }
    }
    let both = !a.activations.is_empty() && !b.activations.is_empty();
    if both && bits(&a.activations) != bits(&b.activations) {
        return Some("the spread of the activations".to_string());
    }
    let both = !a.gradients.is_empty() && !b.gradients.is_empty();
    if both && bits(&a.gradients) != bits(&b.gradients) {
        return Some("the norms of the gradients".to_string());
    }
    None
}

/// What two records of one training that do not contradict each other know together.
pub fn union(mut a: Run, b: &Run) -> Run {
    for (name, values) in &b.series {
        a.series.entry(name.clone()).or_insert_with(|| values.clone());
    }
    for (name, value) in &b.metrics {
        a.metrics.entry(name.clone()).or_insert(*value);
    }
    if a.activations.is_empty() {
        a.activations.clone_from(&b.activations);
    }
    if a.gradients.is_empty() {
        a.gradients.clone_from(&b.gradients);
    }
    a
}

/// The bytes of a run but for its seconds and the name of its key: equal bytes are the same result.
pub fn bits_of_run(run: &Run) -> Vec<u8> {
    bits(&Run { seconds: 0.0, key: String::new(), ..run.clone() })
}

fn bits(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data can be written")
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn shared<'a, T>(
    a: &'a BTreeMap<String, T>,
    b: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a str, (&'a T, &'a T))> {
    a.iter().filter_map(|(name, x)| b.get(name).map(|y| (name.as_str(), (x, y))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::metric::{MetricKind, Set};
    use crate::record::LayerNorm;
    use crate::store::sample::{run, training};

    fn auc() -> Metric {
        Metric { set: Set::Dev, kind: MetricKind::Auc }
    }

    #[test]
    fn a_run_that_lacks_a_wanted_series_is_no_hit() {
        let mut stored = run(1);
        let mut observe = Observe::default();
        assert!(satisfies(&stored, &observe));
        observe.metrics.push(auc());
        assert!(!satisfies(&stored, &observe));
        stored.series.insert("dev.auc".into(), vec![0.5; 10]);
        assert!(satisfies(&stored, &observe));
        observe.gradients = true;
        assert!(!satisfies(&stored, &observe));
        stored.gradients.push(LayerNorm { layer: "1 dense".into(), norm: vec![0.1; 10] });
        assert!(satisfies(&stored, &observe));
    }

    #[test]
    fn what_another_notebook_asked_for_does_not_show() {
        let mut wide = run(1);
        wide.series.insert("dev.auc".into(), vec![0.5; 10]);
        wide.metrics.insert("dev.top(3)".into(), 0.5);
        wide.gradients.push(LayerNorm { layer: "1 dense".into(), norm: vec![0.1; 10] });
        let mut wanted = training(10);
        let mut narrowed = wide.clone();
        narrow(&mut narrowed, &wanted);
        assert_eq!(narrowed, run(1));
        wanted.objective = auc();
        narrow(&mut wide, &wanted);
        assert!(wide.series.contains_key("dev.auc") && wide.metrics.len() == run(1).metrics.len());
    }

    #[test]
    fn extra_names_are_those_of_extra_metrics() {
        use MetricKind::*;
        for set in [Set::Train, Set::Dev, Set::Test] {
            for kind in [Loss, Accuracy, Error, Top(5), Precision, Recall, F1, Auc, Calibration, Mse, Rmse, Mae, R2] {
                let metric = Metric { set, kind };
                assert_eq!(is_extra(&metric.to_string()), metric.is_extra(), "{metric}");
            }
        }
    }

    #[test]
    fn contradictions_are_named_and_unions_know_both() {
        let a = run(1);
        let mut b = a.clone();
        b.seconds = 9.0;
        b.series.insert("dev.auc".into(), vec![0.5; 10]);
        assert_eq!(contradiction(&a, &b), None);
        assert_eq!(union(a.clone(), &b).series, b.series);
        b.series.get_mut("dev.loss").unwrap()[2] = 7.0;
        assert!(contradiction(&a, &b).unwrap().starts_with("dev.loss at epoch 3: "));
        let mut c = a.clone();
        c.outcome = Outcome::Diverged;
        assert_eq!(contradiction(&a, &c).unwrap(), "finished and diverged");
    }
}
