//! What a space draws: scales to the unit interval and back, conditions, grid values, boxes, and what a person sees.
//!
//! Every domain is a monotone map from u in (0, 1) to its values, along the scale's own coordinate: a uniform u gives the domain's distribution.

use std::collections::BTreeMap;

use crate::kernel::math::{exp, ln, powf};
use crate::kernel::philox::{Purpose, Stream};
use crate::plan::experiment::Constraint;
use crate::plan::space::{Condition, Domain, Draw, Draws, Param, Space};
use crate::record::Setting;
use crate::stats::distribution::{normal_cdf, normal_quantile};

/// A 32-bit FNV-1a hash of a name: what a hyperparameter's random stream is keyed by.
pub fn hash32(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The stream of one hyperparameter of one trial; `attempt` counts what a constraint or a repeated point made draw again.
///
/// It depends on nothing else: not on the experiment's name, nor on its other hyperparameters, nor on how many trials there are.
pub fn stream(seed: u64, name: &str, trial: u32, attempt: u32) -> Stream {
    Stream::new(seed, Purpose::Search, hash32(name), attempt & 0xff_ffff, trial)
}

/// One draw.
pub fn sample(param: &Param, stream: &mut Stream) -> Draw {
    from_unit(&param.domain, stream.uniform())
}

/// Draw everything that is active, in the order of the space; `unit` gives the place in (0, 1) of a hyperparameter.
pub fn draw_with(space: &Space, mut unit: impl FnMut(usize, &Param) -> f64) -> Draws {
    let mut draws = Draws::new();
    for (i, param) in space.params.iter().enumerate() {
        if active(space, param, &draws) {
            let u = unit(i, param);
            draws.insert(param.name.clone(), from_unit(&param.domain, u));
        }
    }
    draws
}

/// Independent draws of everything that is active.
pub fn draw(space: &Space, seed: u64, trial: u32, attempt: u32) -> Draws {
    draw_with(space, |_, param| stream(seed, &param.name, trial, attempt).uniform())
}

/// Whether a space can give these draws.
pub fn contains(space: &Space, draws: &Draws) -> bool {
    let active: Vec<&Param> = space.params.iter().filter(|param| active(space, param, draws)).collect();
    let drawn = |param: &&Param| draws.get(&param.name).is_some_and(|draw| gives(&param.domain, draw));
    active.len() == draws.len() && active.iter().all(drawn)
}

fn gives(domain: &Domain, draw: &Draw) -> bool {
    match (domain, draw) {
        (Domain::Choice { labels, .. }, Draw::Option(option)) => *option < labels.len(),
        (Domain::Linear { low, high } | Domain::Log { low, high }, Draw::Number(x)) => (*low..=*high).contains(x),
        (Domain::Int { low, high, .. }, Draw::Number(x)) => {
            x.fract() == 0.0 && (*low as f64..=*high as f64).contains(x)
        }
        (Domain::Normal { .. }, Draw::Number(_)) => true,
        (Domain::Steps { of, .. }, draw) => gives(of, draw),
        (Domain::Choice { .. }, Draw::Number(_)) | (_, Draw::Option(_)) => false,
    }
}

/// Whether a hyperparameter's conditions hold of the draws so far.
pub fn active(space: &Space, param: &Param, draws: &Draws) -> bool {
    param.when.iter().all(|condition| match condition {
        Condition::Option(name, option) => draws.get(name) == Some(&Draw::Option(*option)),
        Condition::AtLeast(name, least) => {
            let number = draws.get(name).and_then(|draw| match draw {
                Draw::Number(x) => Some(*x),
                Draw::Option(_) => space.params.iter().find(|p| p.name == *name).and_then(|p| number(&p.domain, draw)),
            });
            number.is_some_and(|x| x >= *least)
        }
    })
}

/// The number that a draw stands for: itself, or the value of the option if all options are numbers.
pub fn number(domain: &Domain, draw: &Draw) -> Option<f64> {
    match (domain, draw) {
        (Domain::Choice { numbers, .. }, Draw::Option(i)) => numbers.as_ref()?.get(*i).copied(),
        (_, Draw::Number(x)) => Some(*x),
        (_, Draw::Option(_)) => None,
    }
}

/// The draw at the place u of a domain, u clipped to (0, 1).
pub fn from_unit(domain: &Domain, u: f64) -> Draw {
    let u = u.clamp(1e-12, 1.0 - 1e-12);
    Draw::Number(match domain {
        Domain::Linear { low, high } => (low + u * (high - low)).clamp(*low, *high),
        Domain::Log { low, high } => (low * powf(high / low, u)).clamp(*low, *high),
        Domain::Int { low, high, log } => {
            let (a, b) = (*low as f64 - 0.5, *high as f64 + 0.5);
            let x = if *log { a * powf(b / a, u) } else { a + u * (b - a) };
            x.round_ties_even().clamp(*low as f64, *high as f64)
        }
        Domain::Normal { mean, deviation, log } => {
            let x = mean + deviation * normal_quantile(u);
            if *log { exp(x) } else { x }
        }
        Domain::Choice { labels, .. } => {
            let n = labels.len().max(1);
            return Draw::Option(((u * n as f64) as usize).min(n - 1));
        }
        Domain::Steps { of, step } => match from_unit(of, u) {
            Draw::Number(x) => rounded(of, x, *step),
            option => return option,
        },
    })
}

/// The place in \[0, 1\] of a draw: the middle of the places that give it.
pub fn to_unit(domain: &Domain, draw: &Draw) -> f64 {
    let x = match draw {
        Draw::Option(i) => {
            let n = if let Domain::Choice { labels, .. } = domain { labels.len().max(1) } else { 1 };
            return (*i as f64 + 0.5) / n as f64;
        }
        Draw::Number(x) => *x,
    };
    let share = |a: f64, b: f64, x: f64| if b > a { (x - a) / (b - a) } else { 0.5 };
    let u = match domain {
        Domain::Linear { low, high } => share(*low, *high, x),
        Domain::Log { low, high } => share(ln(*low), ln(*high), ln(x)),
        Domain::Int { low, high, log: false } => share(*low as f64 - 0.5, *high as f64 + 0.5, x),
        Domain::Int { low, high, log: true } => share(ln(*low as f64 - 0.5), ln(*high as f64 + 0.5), ln(x)),
        Domain::Normal { mean, deviation, log } => {
            let x = if *log { ln(x) } else { x };
            if *deviation > 0.0 { normal_cdf((x - mean) / deviation) } else { 0.5 }
        }
        Domain::Choice { .. } => 0.5,
        Domain::Steps { of, .. } => to_unit(of, draw),
    };
    if u.is_nan() { 0.5 } else { u.clamp(0.0, 1.0) }
}

/// The ends of a domain that has some.
pub fn bounds(domain: &Domain) -> Option<(f64, f64)> {
    match domain {
        Domain::Linear { low, high } | Domain::Log { low, high } => Some((*low, *high)),
        Domain::Int { low, high, .. } => Some((*low as f64, *high as f64)),
        Domain::Steps { of, .. } => bounds(of),
        Domain::Normal { .. } | Domain::Choice { .. } => None,
    }
}

/// `k · step`, written so that 3 · 0.1 is 0.3.
fn multiple(k: f64, step: f64) -> f64 {
    let inverse = (1.0 / step).round_ties_even();
    if inverse >= 1.0 && (inverse * step - 1.0).abs() < 1e-9 { k / inverse } else { k * step }
}

/// The first and last whole number of steps within the ends of a domain that has ends.
fn step_range(of: &Domain, step: f64) -> Option<(f64, f64)> {
    let (low, high) = bounds(of)?;
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    (first <= last).then_some((first, last))
}

fn rounded(of: &Domain, x: f64, step: f64) -> f64 {
    if step.is_nan() || step <= 0.0 {
        return x;
    }
    let k = (x / step).round_ties_even();
    multiple(step_range(of, step).map_or(k, |(first, last)| k.clamp(first, last)), step)
}

/// How many different values a domain has; `None` if there is no end to them.
pub fn distinct(domain: &Domain) -> Option<u64> {
    match domain {
        Domain::Linear { low, high } | Domain::Log { low, high } => (low == high).then_some(1),
        Domain::Int { low, high, .. } => Some(high.saturating_sub(*low).max(0) as u64 + 1),
        Domain::Normal { deviation, .. } => (*deviation == 0.0).then_some(1),
        Domain::Choice { labels, .. } => Some(labels.len().max(1) as u64),
        Domain::Steps { of, step } => match step_range(of, *step) {
            Some((first, last)) => Some((last - first) as u64 + 1),
            None => distinct(of),
        },
    }
}

/// The values of a grid: all options of a choice; else `count` values evenly along the scale, both ends included (a Gaussian: at the
/// middles of `count` equal shares), whole numbers and steps without repetition. One value is the middle of the scale.
pub fn points(domain: &Domain, count: u32) -> Vec<Draw> {
    let count = count.max(1);
    let share = |i: u32| if count == 1 { 0.5 } else { f64::from(i) / f64::from(count - 1) };
    let numbers: Vec<f64> = match domain {
        Domain::Choice { labels, .. } => return (0..labels.len()).map(Draw::Option).collect(),
        Domain::Linear { low, high } => (0..count).map(|i| low + share(i) * (high - low)).collect(),
        Domain::Log { low, high } => (0..count).map(|i| geometric(*low, *high, share(i))).collect(),
        Domain::Int { low, high, log } => {
            let (a, b) = (*low as f64, *high as f64);
            (0..count)
                .map(|i| if *log { geometric(a, b, share(i)) } else { a + share(i) * (b - a) })
                .map(f64::round_ties_even)
                .collect()
        }
        Domain::Normal { .. } => (0..count)
            .filter_map(|i| number(domain, &from_unit(domain, (f64::from(i) + 0.5) / f64::from(count))))
            .collect(),
        Domain::Steps { of, step } => match step_range(of, *step) {
            Some((first, last)) if last - first < f64::from(count) => {
                (0..=(last - first) as u32).map(|k| multiple(first + f64::from(k), *step)).collect()
            }
            _ => points(of, count).iter().filter_map(|d| number(of, d)).map(|x| rounded(of, x, *step)).collect(),
        },
    };
    let mut draws: Vec<Draw> = Vec::with_capacity(numbers.len());
    for x in numbers {
        if draws.last() != Some(&Draw::Number(x)) {
            draws.push(Draw::Number(x));
        }
    }
    draws
}

/// low·(high/low)^share, the ends exact.
fn geometric(low: f64, high: f64, share: f64) -> f64 {
    if share == 1.0 { high } else { low * powf(high / low, share) }
}

/// What a person sees of a hyperparameter that is drawn; `None` if it is not.
pub fn shown(param: &Param, draws: &Draws) -> Option<Setting> {
    let draw = draws.get(&param.name)?;
    if let (Domain::Choice { labels, .. }, Draw::Option(i)) = (&param.domain, draw) {
        return labels.get(*i).cloned().map(Setting::Label);
    }
    let number = match &param.shown {
        Some(value) => value.number(draws)?,
        None => number(&param.domain, draw)?,
    };
    Some(Setting::Number(number))
}

/// What a person sees of a trial, by name.
pub fn settings(space: &Space, draws: &Draws) -> BTreeMap<String, Setting> {
    space.params.iter().filter_map(|p| Some((p.name.clone(), shown(p, draws)?))).collect()
}

/// The space with every scale cut down to `share` of itself around a point.
///
/// The part is moved inside rather than cut where it would reach past an end. A Gaussian moves its mean to the point and keeps `share` of
/// its deviation. Choices have no scale and stay whole, and so does what the point did not draw.
pub fn around(space: &Space, point: &Draws, share: f64) -> Space {
    let params = space.params.iter().map(|param| {
        let domain = match point.get(&param.name) {
            Some(Draw::Number(x)) => domain_around(&param.domain, *x, share),
            _ => param.domain.clone(),
        };
        Param { domain, ..param.clone() }
    });
    Space { params: params.collect() }
}

fn domain_around(domain: &Domain, x: f64, share: f64) -> Domain {
    let share = share.clamp(0.0, 1.0);
    match domain {
        Domain::Normal { deviation, log, .. } => {
            Domain::Normal { mean: if *log { ln(x) } else { x }, deviation: deviation * share, log: *log }
        }
        Domain::Choice { .. } => domain.clone(),
        Domain::Steps { of, step } => Domain::Steps { of: Box::new(domain_around(of, x, share)), step: *step },
        _ => {
            let start = (to_unit(domain, &Draw::Number(x)) - share / 2.0).clamp(0.0, 1.0 - share);
            within(domain, start, start + share)
        }
    }
}

/// The part of a domain between two places of \[0, 1\]; Gaussians and choices stay whole, whole numbers keep those that have at least half of
/// their places inside.
pub fn within(domain: &Domain, start: f64, end: f64) -> Domain {
    match domain {
        Domain::Linear { low, high } => {
            let at = |u: f64| if u >= 1.0 { *high } else { low + u.max(0.0) * (high - low) };
            Domain::Linear { low: at(start), high: at(end) }
        }
        Domain::Log { low, high } => {
            let at = |u: f64| geometric(*low, *high, u.clamp(0.0, 1.0));
            Domain::Log { low: at(start), high: at(end) }
        }
        Domain::Int { low, high, log } => {
            let (a, b) = (*low as f64 - 0.5, *high as f64 + 0.5);
            let at = |u: f64| if *log { a * powf(b / a, u) } else { a + u * (b - a) };
            let first = ((at(start) + 0.5).round_ties_even() as i64).clamp(*low, *high);
            let last = ((at(end) - 0.5).round_ties_even() as i64).clamp(*low, *high);
            if first <= last {
                return Domain::Int { low: first, high: last, log: *log };
            }
            let middle = (at(0.5 * (start + end)).round_ties_even() as i64).clamp(*low, *high);
            Domain::Int { low: middle, high: middle, log: *log }
        }
        Domain::Steps { of, step } => {
            let inner = within(of, start, end);
            if step_range(&inner, *step).is_some() || bounds(&inner).is_none() {
                return Domain::Steps { of: Box::new(inner), step: *step };
            }
            let middle = number(domain, &from_unit(domain, 0.5 * (start + end))).unwrap_or(0.0);
            Domain::Steps { of: Box::new(Domain::Linear { low: middle, high: middle }), step: *step }
        }
        Domain::Normal { .. } | Domain::Choice { .. } => domain.clone(),
    }
}

/// Whether draws keep all constraints. One that uses a draw that is not there says nothing about it, and is kept.
pub fn satisfied(constraints: &[Constraint], draws: &Draws) -> bool {
    constraints.iter().all(|constraint| match (constraint.left.number(draws), constraint.right.number(draws)) {
        (Some(left), Some(right)) => constraint.comparison.holds(left, right),
        _ => true,
    })
}
