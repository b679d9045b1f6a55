//! Which axis fits a measure: that of its space for a hyperparameter, a plain one for the rest.

use crate::plan::metric::Measure;
use crate::plan::space::Domain;
use crate::plan::value::{Operator, Value};
use crate::record::{Setting, Study};
use crate::stats::measure::measure;

use super::super::figure::{Axis, Scale};
use super::super::group::Case;
use super::super::name;

/// The scale of what is drawn.
fn drawn(domain: &Domain) -> Scale {
    match domain {
        Domain::Linear { .. } | Domain::Normal { log: false, .. } => Scale::Linear,
        Domain::Log { .. } | Domain::Normal { log: true, .. } => Scale::Log,
        Domain::Int { low, high, log } => match log {
            false => Scale::Whole,
            true if [low, high].iter().all(|n| **n > 0 && (**n as u64).is_power_of_two()) => Scale::Binary,
            true => Scale::Log,
        },
        Domain::Choice { labels, .. } => Scale::Names(labels.clone()),
        Domain::Steps { of, .. } => drawn(of),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(v) => Some(*v),
        _ => None,
    }
}

/// The scale of what is shown, where that is something made from the draw.
fn shown(domain: &Domain, value: &Value) -> Scale {
    let inner = |v: &Value| shown(domain, v);
    match value {
        Value::Draw(_) => drawn(domain),
        Value::Arithmetic { operator, left, right } => match (operator, number(left), number(right)) {
            (Operator::Subtract, Some(top), None) if inner(right) == Scale::Log => Scale::Below(top),
            (Operator::Power, Some(2.0), None) => Scale::Binary,
            (Operator::Power, Some(_), None) => Scale::Log,
            (Operator::Multiply, Some(by), None) if by > 0.0 => inner(right),
            (Operator::Multiply | Operator::Divide, None, Some(by)) if by > 0.0 => inner(left),
            (Operator::Power, None, Some(_)) if inner(left) == Scale::Log => Scale::Log,
            _ => Scale::Linear,
        },
        _ => Scale::Linear,
    }
}

/// The scale of a hyperparameter in a study.
pub fn scale(study: &Study, setting: &str) -> Option<Scale> {
    let param = study.space.params.iter().find(|p| p.name == setting)?;
    Some(match (&param.shown, &param.domain) {
        // Options that are numbers stand where the numbers are, if the trials show numbers.
        (_, Domain::Choice { numbers: Some(numbers), .. })
            if study.trials.iter().any(|t| matches!(t.settings.get(setting), Some(Setting::Number(_)))) =>
        {
            spread(numbers)
        }
        (Some(value), domain) => shown(domain, value),
        (None, domain) => drawn(domain),
    })
}

/// A scale for numbers of a grid: by logarithm if they are about evenly spread there.
fn spread(numbers: &[f64]) -> Scale {
    let (low, high) = numbers.iter().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    if low > 0.0 && high / low >= 20.0 { Scale::Log } else { Scale::Linear }
}

/// An axis for a measure over some trials.
pub fn axis(m: &Measure, cases: &[Case]) -> Axis {
    let name = name::measure(m);
    let scale = match m {
        Measure::Setting(setting) => match cases.iter().find_map(|c| scale(c.study, setting)) {
            Some(scale) => {
                let labelled = cases.iter().any(|c| matches!(c.trial.settings.get(setting), Some(Setting::Label(_))));
                if labelled && !matches!(scale, Scale::Names(_)) { Scale::Names(labels(setting, cases)) } else { scale }
            }
            None => {
                let labels = labels(setting, cases);
                if labels.is_empty() { Scale::Linear } else { Scale::Names(labels) }
            }
        },
        Measure::Epochs | Measure::EpochsTo(..) => Scale::Whole,
        Measure::Metric(_) | Measure::Final(_) | Measure::Best(_) | Measure::At(..) | Measure::Named(_) => {
            let values: Vec<f64> = cases.iter().filter_map(|c| measure(c.trial, m)).map(|v| v.value).collect();
            losses(m, &values)
        }
        Measure::Time | Measure::Parameters => Scale::Linear,
    };
    let values: Vec<f64> = cases.iter().filter_map(|c| place(m, c, &scale)).collect();
    Axis::over(name, scale, values)
}

/// Losses over more than a decade and a half are spread by logarithm.
fn losses(m: &Measure, values: &[f64]) -> Scale {
    let (low, high) = values.iter().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    let small_is_good = m.direction() == Some(crate::plan::metric::Direction::Minimize);
    if small_is_good && low > 0.0 && high / low > 30.0 { Scale::Log } else { Scale::Linear }
}

fn labels(setting: &str, cases: &[Case]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for case in cases {
        match case.trial.settings.get(setting) {
            Some(Setting::Label(label)) if !labels.contains(label) => labels.push(label.clone()),
            _ => {}
        }
    }
    labels
}

/// The number that stands for a trial's measure on a scale; labels stand at their places.
pub fn place(m: &Measure, case: &Case, scale: &Scale) -> Option<f64> {
    let value = match (m, scale) {
        (Measure::Setting(setting), Scale::Names(names)) => {
            let label = name::setting(case.trial.settings.get(setting)?);
            names.iter().position(|n| *n == label)? as f64
        }
        (Measure::Setting(setting), _) => match case.trial.settings.get(setting)? {
            Setting::Number(v) => *v,
            Setting::Label(label) => label.parse().ok()?,
        },
        _ => measure(case.trial, m)?.value,
    };
    scale.has(value).then_some(value)
}
