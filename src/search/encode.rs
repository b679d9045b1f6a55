//! Draws as points: a coordinate a hyperparameter, for the models.
//!
//! A scale's coordinate is its place in \[0, 1\]; a choice between numbers is ordered and is treated as a scale with as many places; any other
//! choice's coordinate is its option's index. What is not drawn is NaN.

use std::collections::HashSet;

use super::Problem;
use super::space::{distinct, from_unit, number, to_unit};
use crate::plan::space::{Condition, Domain, Draw, Draws, Space};

/// What a coordinate is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// On a scale; with so many places if it is discrete.
    Scale(Option<u64>),
    /// One of so many options without an order.
    Options(usize),
}

/// Points of a space and back.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    pub space: Space,
    pub kinds: Vec<Kind>,
    /// Options of a choice between numbers in the order of the numbers.
    sorted: Vec<Option<Vec<usize>>>,
    /// The conditions of each hyperparameter: the place of the one that it hangs on, and what must hold of it.
    when: Vec<Vec<(usize, Must)>>,
}

#[derive(Clone, Copy, Debug)]
enum Must {
    Take(usize),
    Reach(f64),
}

/// The points that were tried, to be compared with where nothing is continuous.
pub(crate) struct Tried(HashSet<Vec<u64>>);

fn key(point: &[f64]) -> Vec<u64> {
    point.iter().map(|x| x.to_bits()).collect()
}

impl Encoder {
    pub fn new(space: &Space) -> Self {
        let mut kinds = Vec::new();
        let mut sorted = Vec::new();
        for param in &space.params {
            let (kind, order) = match &param.domain {
                Domain::Choice { numbers: Some(numbers), labels }
                    if numbers.len() == labels.len() && labels.len() > 2 =>
                {
                    let mut order: Vec<usize> = (0..numbers.len()).collect();
                    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(a.cmp(&b)));
                    (Kind::Scale(Some(numbers.len() as u64)), Some(order))
                }
                Domain::Choice { labels, .. } => (Kind::Options(labels.len().max(1)), None),
                domain => (Kind::Scale(distinct(domain)), None),
            };
            kinds.push(kind);
            sorted.push(order);
        }
        let place = |name: &String| space.params.iter().position(|p| p.name == *name).unwrap_or(usize::MAX);
        let when = space.params.iter().map(|param| {
            let each = param.when.iter().map(|condition| match condition {
                Condition::Option(name, option) => (place(name), Must::Take(*option)),
                Condition::AtLeast(name, least) => (place(name), Must::Reach(*least)),
            });
            each.collect()
        });
        let when = when.collect();
        Encoder { space: space.clone(), kinds, sorted, when }
    }

    pub fn dimensions(&self) -> usize {
        self.kinds.len()
    }

    pub fn encode(&self, draws: &Draws) -> Vec<f64> {
        let coordinates = self.space.params.iter().enumerate().map(|(i, param)| match draws.get(&param.name) {
            None => f64::NAN,
            Some(draw) => self.coordinate(i, draw),
        });
        coordinates.collect()
    }

    fn coordinate(&self, i: usize, draw: &Draw) -> f64 {
        match (&self.kinds[i], draw, &self.sorted[i]) {
            (Kind::Options(_), Draw::Option(option), _) => *option as f64,
            (_, Draw::Option(option), Some(order)) => {
                let rank = order.iter().position(|o| o == option).unwrap_or(0);
                (rank as f64 + 0.5) / order.len() as f64
            }
            _ => to_unit(&self.space.params[i].domain, draw),
        }
    }

    fn draw(&self, i: usize, coordinate: f64) -> Draw {
        match (&self.kinds[i], &self.sorted[i]) {
            (Kind::Options(n), _) => Draw::Option((coordinate.max(0.0) as usize).min(n - 1)),
            (_, Some(order)) => {
                let n = order.len();
                Draw::Option(order[((coordinate.max(0.0) * n as f64) as usize).min(n - 1)])
            }
            _ => from_unit(&self.space.params[i].domain, coordinate),
        }
    }

    fn active(&self, i: usize, point: &[f64]) -> bool {
        self.when[i].iter().all(|&(on, must)| {
            if on >= i || point[on].is_nan() {
                return false;
            }
            let draw = self.draw(on, point[on]);
            match must {
                Must::Take(option) => draw == Draw::Option(option),
                Must::Reach(least) => number(&self.space.params[on].domain, &draw).is_some_and(|x| x >= least),
            }
        })
    }

    /// Make a point one that can be drawn: discrete coordinates rounded to their places, NaN where the conditions do not hold, `fill`ed where they
    /// do and the point has nothing.
    pub fn snap(&self, point: &mut [f64], mut fill: impl FnMut(usize) -> f64) {
        for i in 0..point.len() {
            if !self.active(i, point) {
                point[i] = f64::NAN;
                continue;
            }
            if point[i].is_nan() {
                point[i] = fill(i);
            }
            if self.kinds[i] != Kind::Scale(None) {
                point[i] = self.coordinate(i, &self.draw(i, point[i]));
            }
        }
    }

    /// The draws at a snapped point.
    pub fn decode(&self, point: &[f64]) -> Draws {
        let there = self.space.params.iter().enumerate().filter(|(i, _)| !point[*i].is_nan());
        there.map(|(i, param)| (param.name.clone(), self.draw(i, point[i]))).collect()
    }

    /// The points of these trials.
    pub fn tried<'a>(&self, draws: impl Iterator<Item = &'a Draws>) -> Tried {
        Tried(draws.map(|draws| key(&self.encode(draws))).collect())
    }

    /// Whether a snapped point keeps the constraints and is new, or has something continuous.
    pub fn admits(&self, problem: &Problem, point: &[f64], tried: &Tried) -> bool {
        let continuous = point.iter().zip(&self.kinds).any(|(x, kind)| *kind == Kind::Scale(None) && !x.is_nan());
        (continuous || !tried.0.contains(&key(point)))
            && (problem.require.is_empty() || super::space::satisfied(&problem.require, &self.decode(point)))
    }

    /// A coordinate from a uniform number.
    pub fn uniform(&self, i: usize, u: f64) -> f64 {
        match self.kinds[i] {
            Kind::Scale(_) => u,
            Kind::Options(n) => ((u * n as f64) as usize).min(n - 1) as f64,
        }
    }
}
