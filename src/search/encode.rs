//! Draws as points: a coordinate a hyperparameter, for the models.
//!
//! A scale's coordinate is its place in \[0, 1\]; a choice between numbers is ordered and is treated as a scale with as many places; any other
//! choice's coordinate is its option's index. What is not drawn is NaN.

use super::space::{active, distinct, from_unit, to_unit};
use crate::plan::space::{Domain, Draw, Draws, Space};

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
        Encoder { space: space.clone(), kinds, sorted }
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

    /// The draws at a point; `fill` gives the coordinate of what is active but NaN in the point. The point becomes that of the draws: rounded, and
    /// NaN where nothing is drawn.
    pub fn decode(&self, point: &mut [f64], mut fill: impl FnMut(usize) -> f64) -> Draws {
        let mut draws = Draws::new();
        for (i, param) in self.space.params.iter().enumerate() {
            if !active(&self.space, param, &draws) {
                point[i] = f64::NAN;
                continue;
            }
            if point[i].is_nan() {
                point[i] = fill(i);
            }
            let draw = self.draw(i, point[i]);
            if self.kinds[i] != Kind::Scale(None) {
                point[i] = self.coordinate(i, &draw);
            }
            draws.insert(param.name.clone(), draw);
        }
        draws
    }

    /// A coordinate from a uniform number.
    pub fn uniform(&self, i: usize, u: f64) -> f64 {
        match self.kinds[i] {
            Kind::Scale(_) => u,
            Kind::Options(n) => ((u * n as f64) as usize).min(n - 1) as f64,
        }
    }
}
