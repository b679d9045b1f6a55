//! An experiment in a few sentences and its settings in rows, for pages and Markdown alike.

use crate::plan::experiment::Experiment;
use crate::plan::space::{Condition, Domain};
use crate::record::{Outcome, Run, Study};
use crate::stats::interval::mean_interval;
use crate::stats::measure::{epochs, measure_seeds};
use crate::stats::noise::lead;
use crate::stats::select::best;

use super::figure::number::{decimals_for, fixed, short};
use super::name;

fn count(n: usize, what: &str) -> String {
    format!("{} {what}{}", fixed(n as f64, 0), if n == 1 { "" } else { "s" })
}

/// What was searched and trained, what came of it, and what to be careful about.
pub fn sentences(experiment: &Experiment, study: Option<&Study>) -> Vec<String> {
    let mut out = Vec::new();
    let Some(study) = study else { return vec!["No results yet.".into()] };
    let runs = || study.trials.iter().flat_map(|t| &t.runs);
    let seeds = study.trials.iter().map(|t| t.runs.len()).max().unwrap_or(0);
    let epochs: usize = runs().map(epochs).sum();
    let each = if seeds > 1 { format!(" × {}", count(seeds, "seed")) } else { String::new() };
    out.push(format!(
        "{}{each} by {}; {} in all.",
        count(study.trials.len(), "trial"),
        search(&study.search),
        count(epochs, "epoch")
    ));
    let of = |wanted: fn(&Run) -> bool| runs().filter(|r| wanted(r)).count();
    let mut lost = Vec::new();
    for (n, what) in [
        (of(|r| r.outcome == Outcome::Diverged), "diverged"),
        (of(|r| r.outcome == Outcome::Pruned), "were given up early"),
        (of(|r| matches!(r.outcome, Outcome::Failed(_))), "failed"),
    ] {
        if n > 0 {
            lost.push(format!("{} {what}", count(n, "run")));
        }
    }
    if !lost.is_empty() {
        out.push(format!("{}.", lost.join(", ")));
    }
    for message in runs().filter_map(|r| if let Outcome::Failed(m) = &r.outcome { Some(m) } else { None }).take(1) {
        out.push(format!("The first failure said: {}", message.lines().next().unwrap_or("").trim()));
    }
    if let Some(trial) = best(study) {
        let values: Vec<String> = study
            .objectives
            .iter()
            .filter_map(|o| {
                let seeds: Vec<f64> = measure_seeds(trial, &o.measure).into_iter().flatten().map(|m| m.value).collect();
                let interval = mean_interval(&seeds, 0.95)?;
                Some(match interval.half_width().filter(|h| *h > 0.0) {
                    Some(half) => format!("{} {}", o.measure, about(interval.mean, half)),
                    None => format!("{} {}", o.measure, short(interval.mean, 4)),
                })
            })
            .collect();
        if study.objectives.len() == 1 {
            out.push(format!("Best: {}, with {}.", values.join(", "), name::trial(trial)));
        }
    }
    match lead(study) {
        Some(lead) if lead.margin == 0.0 && lead.noise == 0.0 => {
            out.push(format!("Trial {} is exactly as good.", lead.second + 1));
        }
        Some(lead) if lead.lucky() => out.push(format!(
            "Its lead over trial {} ({}) is below the noise of the seeds ({}): with other seeds another trial could win.",
            lead.second + 1,
            short(lead.margin, 2),
            short(lead.noise, 2)
        )),
        _ => {}
    }
    for trial in &study.confirmed {
        for objective in &study.objectives {
            let seeds: Vec<f64> =
                measure_seeds(trial, &objective.measure).into_iter().flatten().map(|m| m.value).collect();
            if let Some(interval) = mean_interval(&seeds, 0.95) {
                out.push(format!(
                    "Trial {} on {} fresh seeds: {} {}.",
                    trial.index + 1,
                    fixed(seeds.len() as f64, 0),
                    objective.measure,
                    about(interval.mean, interval.half_width().unwrap_or(0.0))
                ));
            }
        }
    }
    if experiment.budget.is_some() {
        out.push("It has a budget of time, so what it reaches depends on the machine.".into());
    }
    out
}

/// A mean and half of its interval with as many decimals as that has, up to six: a smaller interval has its own digits.
fn about(mean: f64, half: f64) -> String {
    match decimals_for(half) {
        decimals if decimals <= 6 && half > 0.0 => format!("{} ± {}", fixed(mean, decimals), fixed(half, decimals)),
        _ => format!("{} ± {}", short(mean, 4), short(half, 2)),
    }
}

fn search(name: &str) -> String {
    match name {
        "grid" => "grid search".into(),
        "random" => "random search".into(),
        "sobol" => "a Sobol sequence".into(),
        "coarse_to_fine" => "coarse-to-fine search".into(),
        "tpe" => "a tree-structured Parzen estimator".into(),
        "gp" => "a Gaussian process".into(),
        "" => "search".into(),
        other => other.to_string(),
    }
}

/// What the experiment's trials are made from: key and value, as in a file; then how they are searched.
pub fn settings(experiment: &Experiment) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = experiment.template.iter().map(|(k, v)| (k.clone(), v.to_string())).collect();
    for stage in &experiment.stages {
        let changes: Vec<String> = stage.changes.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        rows.push((format!("at epoch {}", stage.epoch), changes.join(", ")));
    }
    rows.push(("search".into(), experiment.search.to_string()));
    if let Some(prune) = &experiment.prune {
        rows.push(("prune".into(), prune.to_string()));
    }
    for objective in &experiment.objectives {
        rows.push((objective.direction.to_string(), objective.measure.to_string()));
    }
    rows.push(("seeds".into(), experiment.seeds.to_string()));
    rows.push(("seed".into(), experiment.seed.to_string()));
    rows
}

/// What is drawn: a line a hyperparameter.
pub fn space(experiment: &Experiment) -> Vec<(String, String)> {
    experiment
        .space
        .params
        .iter()
        .map(|p| {
            let domain = p.domain.to_string();
            let shown =
                p.shown.as_ref().map(|v| format!("{v}, where {} is drawn from {domain}", p.name)).unwrap_or(domain);
            let when: Vec<String> = p.when.iter().map(|c| condition(c, experiment)).collect();
            (p.name.clone(), if when.is_empty() { shown } else { format!("{shown}, if {}", when.join(" and ")) })
        })
        .collect()
}

fn condition(condition: &Condition, experiment: &Experiment) -> String {
    match condition {
        Condition::Option(name, option) => {
            let labels = experiment.space.params.iter().find(|p| p.name == *name).and_then(|p| match &p.domain {
                Domain::Choice { labels, .. } => labels.get(*option),
                _ => None,
            });
            labels.map_or_else(|| format!("{name} took option {}", option + 1), |label| format!("{name} = {label}"))
        }
        Condition::AtLeast(name, n) => format!("{name} ≥ {}", short(*n, 4)),
    }
}
