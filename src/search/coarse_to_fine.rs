//! Rounds of random search, each in a smaller box around the best of the round before.
//!
//! The box of a round spans the best share of the last round's trials. The ends of k uniform draws lie inside the range that they came from, on
//! average by 1/(k − 1) of their spread at each side; the box is widened by that, so that a hyperparameter that does not matter keeps its range.
//! Of a choice, the options among the best stay. The best trial of all rounds is always inside.

use super::random::seen;
use super::space::{active, bounds, from_unit, number, satisfied, stream, to_unit, within};
use super::{Earlier, Problem, Proposal, Sampler, SearchError, TRIES, Told, order};
use crate::plan::space::{Domain, Draw, Draws, Param};
use crate::record::Round;

/// Smallest part of its last range that a scale is cut to in one round.
const LEAST: f64 = 0.1;

/// How often a repeated point of a finite box is drawn again.
const REPEATS: u32 = 100;

/// A coarse-to-fine search.
#[derive(Clone, Debug)]
pub struct CoarseToFine {
    rounds: u32,
    trials: u32,
    keep: f64,
    /// Boxes of the rounds that are decided, made from the trials before them.
    boxes: Vec<(Vec<Part>, String)>,
}

/// What a round draws one hyperparameter from.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// Places of the whole domain.
    Range(f64, f64),
    /// Options of a choice.
    Options(Vec<usize>),
}

fn whole(param: &Param) -> Part {
    match &param.domain {
        Domain::Choice { labels, .. } => Part::Options((0..labels.len()).collect()),
        _ => Part::Range(0.0, 1.0),
    }
}

/// A draw from a part of a domain.
fn draw_part(domain: &Domain, part: &Part, u: f64) -> Draw {
    match part {
        Part::Options(options) => {
            Draw::Option(options[((u * options.len() as f64) as usize).min(options.len().saturating_sub(1))])
        }
        Part::Range(low, high) if bounds(domain).is_some() => from_unit(&within(domain, *low, *high), u),
        Part::Range(low, high) => from_unit(domain, low + u * (high - low)),
    }
}

impl CoarseToFine {
    pub(crate) fn new(rounds: u32, trials: u32, keep: f64) -> Self {
        CoarseToFine { rounds: rounds.clamp(1, trials.max(1)), trials, keep, boxes: Vec::new() }
    }

    /// The first trial of a round.
    pub(crate) fn start(&self, round: u32) -> u32 {
        let (size, longer) = (self.trials / self.rounds, self.trials % self.rounds);
        round * size + round.min(longer)
    }

    /// The round of a trial.
    pub(crate) fn round(&self, index: u32) -> u32 {
        (1..self.rounds).take_while(|&round| self.start(round) <= index).count() as u32
    }

    /// The box after `made`, from the results of the trials before it.
    fn next_box(&self, problem: &Problem, made: &[(Vec<Part>, String)], trials: &[Told]) -> (Vec<Part>, String) {
        let Some((last, _)) = made.last() else {
            return (problem.space.params.iter().map(whole).collect(), "the whole space".to_owned());
        };
        let round = made.len() as u32;
        let (from, to) = (self.start(round - 1) as usize, self.start(round) as usize);
        let recent = &trials[from.min(trials.len())..to.min(trials.len())];
        let count = ((self.keep * recent.len() as f64).ceil() as usize).clamp(2.min(recent.len()), recent.len());
        let ranked = order(recent, &problem.directions);
        let kept: Vec<&Told> = ranked
            .iter()
            .take(count)
            .map(|&i| &recent[i])
            .filter(|told| told.minimised(&problem.directions).is_some())
            .collect();
        if kept.is_empty() {
            return (last.clone(), format!("no trial of round {round} has a value, so the box stays"));
        }
        let best = order(trials, &problem.directions).first().map(|&i| &trials[i]);
        let parts: Vec<Part> = problem
            .space
            .params
            .iter()
            .zip(last)
            .map(|(param, part)| narrowed(param, part, &kept, best.and_then(|b| b.draws.get(&param.name))))
            .collect();
        let reason = reason(problem, round, &kept, recent.len(), last, &parts);
        (parts, reason)
    }
}

/// The part of a hyperparameter around the kept trials, inside its last part.
fn narrowed(param: &Param, last: &Part, kept: &[&Told], best: Option<&Draw>) -> Part {
    let draws: Vec<&Draw> = kept.iter().filter_map(|told| told.draws.get(&param.name)).collect();
    if draws.is_empty() {
        return last.clone();
    }
    match last {
        Part::Options(options) => Part::Options(
            options
                .iter()
                .copied()
                .filter(|&i| draws.contains(&&Draw::Option(i)) || best == Some(&Draw::Option(i)))
                .collect(),
        ),
        Part::Range(start, end) => {
            let places: Vec<f64> = draws.iter().map(|d| to_unit(&param.domain, d)).collect();
            let low = places.iter().copied().fold(f64::INFINITY, f64::min);
            let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let least = LEAST * (end - start);
            let wider = if places.len() > 1 { (high - low) / (places.len() - 1) as f64 } else { 0.0 }
                .max((least - high + low) / 2.0);
            let place = best.map(|d| to_unit(&param.domain, d));
            let low = place.map_or(low - wider, |p| p.min(low - wider));
            let high = place.map_or(high + wider, |p| p.max(high + wider));
            Part::Range(low.max(*start), high.min(*end))
        }
    }
}

/// The ends of a part as a person sees them, the smaller first.
fn shown_bounds(param: &Param, part: &Part) -> Option<(f64, f64)> {
    let Part::Range(low, high) = part else { return None };
    let ends = match bounds(&within(&param.domain, *low, *high)) {
        Some((a, b)) => [Draw::Number(a), Draw::Number(b)],
        None => [from_unit(&param.domain, low.max(1e-3)), from_unit(&param.domain, high.min(1.0 - 1e-3))],
    };
    let seen = ends.map(|end| {
        let draws = Draws::from([(param.name.clone(), end)]);
        param.shown.as_ref().and_then(|value| value.number(&draws)).or_else(|| number(&param.domain, &end))
    });
    let [a, b] = seen;
    Some((a?.min(b?), a?.max(b?)))
}

/// In words: whom the box is drawn around and what became narrower.
fn reason(problem: &Problem, round: u32, kept: &[&Told], of: usize, last: &[Part], parts: &[Part]) -> String {
    let values: Vec<f64> = kept.iter().filter_map(|told| told.values.as_ref()?.first().copied()).collect();
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let mut narrower = Vec::new();
    for ((param, old), new) in problem.space.params.iter().zip(last).zip(parts) {
        match (old, new) {
            (Part::Range(a, b), Part::Range(c, d)) if d - c < 0.995 * (b - a) => {
                narrower.push(format!("{} to {:.0} %", param.name, 100.0 * (d - c) / (b - a)));
            }
            (Part::Options(old), Part::Options(new)) if new.len() < old.len() => {
                if let Domain::Choice { labels, .. } = &param.domain {
                    let names: Vec<&str> = new.iter().filter_map(|&i| labels.get(i)).map(String::as_str).collect();
                    narrower.push(format!("{} to {}", param.name, names.join(", ")));
                }
            }
            _ => {}
        }
    }
    let around = format!("around the best {} of the {of} trials of round {round} ({low:.4} to {high:.4})", kept.len());
    if narrower.is_empty() { around } else { format!("{around}: {}", narrower.join("; ")) }
}

impl Sampler for CoarseToFine {
    fn name(&self) -> &'static str {
        "coarse_to_fine"
    }

    /// A round is a barrier, whatever the lag: all of its trials wait for all of the round before.
    fn horizon(&self, _: &Problem, index: u32) -> u32 {
        self.start(self.round(index))
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let round = self.round(index);
        while self.boxes.len() <= round as usize {
            let next = self.next_box(problem, &self.boxes, earlier.told());
            self.boxes.push(next);
        }
        let parts = &self.boxes[round as usize].0;
        let (mut refused, mut repeats) = (0, 0);
        for attempt in 0..u32::MAX {
            let mut draws = Draws::new();
            for (param, part) in problem.space.params.iter().zip(parts) {
                if active(&problem.space, param, &draws) {
                    let u = stream(problem.seed, &param.name, index, attempt).uniform();
                    draws.insert(param.name.clone(), draw_part(&param.domain, part, u));
                }
            }
            if !satisfied(&problem.require, &draws) {
                refused += 1;
                if refused == TRIES {
                    break;
                }
                continue;
            }
            if !seen(&problem.space, &draws, earlier) || repeats == REPEATS {
                return Ok(Some(Proposal { draws, round, note: self.name().to_owned() }));
            }
            repeats += 1;
        }
        Err(SearchError::Unsatisfiable { tries: u64::from(refused) })
    }

    fn rounds(&self, problem: &Problem, trials: &[Told]) -> Vec<Round> {
        let mut boxes = Vec::new();
        for round in 0..self.rounds {
            if round > 0 && trials.len() < self.start(round) as usize {
                break;
            }
            let next = self.next_box(problem, &boxes, &trials[..self.start(round) as usize]);
            boxes.push(next);
        }
        boxes
            .into_iter()
            .map(|(parts, reason)| {
                let bounds = problem.space.params.iter().zip(&parts);
                let bounds = bounds.filter_map(|(p, part)| Some((p.name.clone(), shown_bounds(p, part)?))).collect();
                Round { bounds, reason }
            })
            .collect()
    }
}
