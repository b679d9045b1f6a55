//! Bayesian optimisation with a Gaussian process: the next trial is where the expected improvement over the best is largest.
//!
//! Length scales and noise are fitted after every trial at first and more rarely later; values are warped towards a normal distribution; trials in
//! flight are taken to give what the model expects of them. For two objectives the values are put together with weights drawn for each trial
//! (Knowles 2006).

mod acquisition;
mod descent;
mod linear;
mod model;

use self::acquisition::log_expected_improvement;
use self::model::{Hyper, Model, fit};
use super::encode::{Encoder, Kind, Tried};
use super::space::stream;
use super::start::Start;
use super::warp::{standardised, warped};
use super::{Earlier, Problem, Proposal, Sampler, SearchError, Told, order};
use crate::kernel::Isa;
use crate::kernel::philox::Stream;
use crate::plan::space::Draws;

/// Most trials that the model is made from: the best half of these, and the latest of the others.
const MOST: usize = 140;

/// Points drawn over the whole space for each proposal.
const GLOBAL: usize = 256;

/// Rounds of closing in on the best of them, points a round, and how many are followed.
const ROUNDS: u32 = 7;
const LOCAL: usize = 64;
const FOLLOWED: usize = 6;

/// A Gaussian-process search.
pub struct Gp {
    isa: Isa,
    encoder: Encoder,
    start: Start,
    fitted: Option<(usize, Hyper)>,
}

/// How many points come before the first model.
pub(crate) fn startup(dimensions: usize) -> u32 {
    (dimensions as u32 + 2).clamp(5, 10)
}

/// The trial count whose fit is used at this one: itself up to 30, then every tenth part.
fn fitted_at(count: usize) -> usize {
    if count <= 30 { count } else { count - count % (count / 10) }
}

impl Gp {
    pub(crate) fn new(problem: &Problem) -> Self {
        Gp { isa: Isa::detect(), encoder: Encoder::new(&problem.space), start: Start::new(problem), fitted: None }
    }

    /// The hyperparameters at this many results, fitted to the first of them.
    fn hyper(&mut self, problem: &Problem, told: &[Told], options: &[bool]) -> Hyper {
        let count = fitted_at(told.len());
        if let Some((at, hyper)) = &self.fitted
            && *at == count
        {
            return hyper.clone();
        }
        let told = &told[..count];
        let mut weights = stream(problem.seed, "gp", count as u32, 1);
        let values = targets(problem, told, &mut weights);
        let chosen = chosen(problem, told);
        let points: Vec<Vec<f64>> = chosen.iter().map(|&i| self.encoder.encode(&told[i].draws)).collect();
        let kept: Vec<f64> = chosen.iter().map(|&i| values[i]).collect();
        let hyper = fit(self.isa, options, &points, &standardised(&kept));
        self.fitted = Some((count, hyper.clone()));
        hyper
    }

    /// The point with the largest expected improvement that is new and keeps the constraints.
    fn search(
        &self,
        problem: &Problem,
        model: &Model,
        best: f64,
        leaders: &[&Vec<f64>],
        tried: &Tried,
        stream: &mut Stream,
    ) -> Option<Draws> {
        let d = self.encoder.dimensions();
        let mut pool: Vec<(f64, Vec<f64>)> = Vec::new();
        let score = |candidates: Vec<Vec<f64>>, pool: &mut Vec<(f64, Vec<f64>)>| {
            let predicted = model.predict(&candidates);
            for (point, (mean, deviation)) in candidates.into_iter().zip(predicted) {
                pool.push((log_expected_improvement(best, mean, deviation), point));
            }
            pool.sort_by(|a, b| b.0.total_cmp(&a.0));
            pool.truncate(FOLLOWED);
        };
        let admit = |mut point: Vec<f64>, stream: &mut Stream, list: &mut Vec<Vec<f64>>| {
            self.encoder.snap(&mut point, |i| self.encoder.uniform(i, stream.uniform()));
            if self.encoder.admits(problem, &point, tried) {
                list.push(point);
            }
        };
        let mut list = Vec::new();
        for _ in 0..GLOBAL {
            admit(vec![f64::NAN; d], stream, &mut list);
        }
        for k in 0..LOCAL {
            let from = leaders[k % leaders.len()];
            admit(self.moved(from, 0.1, stream), stream, &mut list);
        }
        score(list, &mut pool);
        let mut radius = 0.1;
        for _ in 0..ROUNDS {
            if pool.is_empty() {
                break;
            }
            let mut list = Vec::new();
            for k in 0..LOCAL {
                let from = &pool[k % pool.len()].1;
                admit(self.moved(from, radius, stream), stream, &mut list);
            }
            score(list, &mut pool);
            radius *= 0.5;
        }
        pool.first().map(|(_, point)| self.encoder.decode(point))
    }

    /// A point near another: one or more coordinates moved.
    fn moved(&self, from: &[f64], radius: f64, stream: &mut Stream) -> Vec<f64> {
        let d = from.len();
        let mut point = from.to_vec();
        let share = if stream.uniform() < 0.5 { 1.0 / d as f64 } else { 0.5 };
        let sure = stream.below(d);
        for (i, x) in point.iter_mut().enumerate() {
            if x.is_nan() || (i != sure && stream.uniform() >= share) {
                continue;
            }
            match self.encoder.kinds[i] {
                Kind::Options(n) => *x = stream.below(n) as f64,
                Kind::Scale(places) => {
                    // At least one place of a discrete scale.
                    let least = places.map_or(0.0, |n| 0.8 / n as f64);
                    *x = (*x + radius.max(least) * stream.normal()).clamp(0.0, 1.0);
                }
            }
        }
        point
    }
}

impl Sampler for Gp {
    fn name(&self) -> &'static str {
        "gp"
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let told = earlier.told();
        let valued = told.iter().filter(|t| t.minimised(&problem.directions).is_some()).count();
        if index < startup(self.encoder.dimensions()) || valued < 3 {
            return self.start.even(problem, index, earlier);
        }
        let options: Vec<bool> = self.encoder.kinds.iter().map(|k| matches!(k, Kind::Options(_))).collect();
        let mut stream = stream(problem.seed, "gp", index, 0);
        let values = targets(problem, told, &mut stream);
        let chosen = chosen(problem, told);
        let points: Vec<Vec<f64>> = chosen.iter().map(|&i| self.encoder.encode(&told[i].draws)).collect();
        let kept: Vec<f64> = chosen.iter().map(|&i| values[i]).collect();
        let kept = standardised(&kept);
        let hyper = self.hyper(problem, told, &options);
        let Some(mut model) = Model::new(self.isa, &options, points.clone(), &kept, &hyper) else {
            return self.start.random(problem, index, earlier);
        };
        let expected = model.predict(&points);
        let best = expected.iter().map(|(mean, _)| *mean).fold(f64::INFINITY, f64::min);
        let there: Vec<Vec<f64>> = earlier.pending().map(|draws| self.encoder.encode(draws)).collect();
        if !there.is_empty() {
            let believed: Vec<f64> = model.predict(&there).into_iter().map(|(mean, _)| mean).collect();
            let all = [points.clone(), there].concat();
            if let Some(with) = Model::new(self.isa, &options, all, &[kept.clone(), believed].concat(), &hyper) {
                model = with;
            }
        }
        let mut leaders: Vec<usize> = (0..points.len()).collect();
        leaders.sort_by(|&a, &b| expected[a].0.total_cmp(&expected[b].0).then(a.cmp(&b)));
        let leaders: Vec<&Vec<f64>> = leaders.iter().take(FOLLOWED).map(|&i| &points[i]).collect();
        let tried = self.encoder.tried(earlier.draws());
        match self.search(problem, &model, best, &leaders, &tried, &mut stream) {
            Some(draws) => Ok(Some(Proposal::of(draws, self.name()))),
            None => self.start.random(problem, index, earlier),
        }
    }
}

/// What the model sees of each trial: warped values, the worst for those without one; a pruned one is at least as bad as the median.
fn targets(problem: &Problem, told: &[Told], stream: &mut Stream) -> Vec<f64> {
    let signed: Vec<Option<Vec<f64>>> = told.iter().map(|t| t.minimised(&problem.directions)).collect();
    let objectives = signed.iter().flatten().next().map_or(1, Vec::len);
    let single: Vec<Option<f64>> = if objectives == 1 {
        signed.iter().map(|v| v.as_ref().map(|v| v[0])).collect()
    } else {
        let weight = stream.uniform();
        let columns: Vec<Vec<f64>> =
            (0..2).map(|k| warped(&signed.iter().flatten().map(|v| v[k]).collect::<Vec<f64>>())).collect();
        let mut next = 0;
        signed
            .iter()
            .map(|v| {
                v.as_ref().map(|_| {
                    let (a, b) = (weight * columns[0][next], (1.0 - weight) * columns[1][next]);
                    next += 1;
                    a.max(b) + 0.05 * (a + b)
                })
            })
            .collect()
    };
    let mut finite: Vec<f64> = single.iter().flatten().copied().collect();
    finite.sort_by(f64::total_cmp);
    let (worst, median) = match finite.as_slice() {
        [] => (0.0, 0.0),
        all => (all[all.len() - 1], all[all.len() / 2]),
    };
    let filled: Vec<f64> = single
        .iter()
        .zip(told)
        .map(|(v, t)| match v {
            Some(v) if t.pruned.is_some() => v.max(median),
            Some(v) => *v,
            None => worst,
        })
        .collect();
    warped(&filled)
}

/// Which trials the model is made from.
fn chosen(problem: &Problem, told: &[Told]) -> Vec<usize> {
    if told.len() <= MOST {
        return (0..told.len()).collect();
    }
    let mut chosen: Vec<usize> = order(told, &problem.directions).into_iter().take(MOST / 2).collect();
    let latest: Vec<usize> = (0..told.len()).rev().filter(|i| !chosen.contains(i)).take(MOST - chosen.len()).collect();
    chosen.extend(latest);
    chosen.sort_unstable();
    chosen
}
