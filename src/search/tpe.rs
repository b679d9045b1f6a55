//! A tree-structured Parzen estimator (Bergstra et al. 2011) over all coordinates together.
//!
//! The trials are split into a good and a bad part; each part is a mixture of one kernel a trial and a uniform one; of points drawn from the good
//! mixture the one with the largest ratio good/bad is tried next. Differences from the original, each for a reason:
//!
//! - kernels are products over all coordinates, so that what goes together is drawn together (Falkner et al. 2018);
//! - a trial that did not draw a conditional hyperparameter says nothing of it: its kernel is uniform there;
//! - discrete scales have the probabilities of their places, choices without an order Aitchison & Aitken's kernel (1976);
//! - better trials of the good part weigh more; widths follow the spread of the good part, so that the search closes in;
//! - trials in flight count as bad, which keeps the proposals apart;
//! - the first trials are a Sobol sequence, and nothing discrete is tried twice.

use super::encode::{Encoder, Kind};
use super::space::stream;
use super::start::Start;
use super::{Earlier, Problem, Proposal, Sampler, SearchError, order};
use crate::kernel::math::{erfc, exp, ln, powf};
use crate::kernel::philox::Stream;
use crate::kernel::{Isa, Real, isa::kernel};
use crate::stats::distribution::normal_quantile;
use crate::stats::interval::{mean, variance};

/// Points of the first Sobol sequence.
const STARTUP: u32 = 10;

/// Points drawn from the good mixture for each proposal.
const CANDIDATES: usize = 64;

/// Largest good part.
const MOST_GOOD: usize = 25;

/// Discrete scales up to so many places have tables of probabilities; longer ones count as continuous.
const TABLED: u64 = 64;

/// A TPE search.
pub struct Tpe {
    isa: Isa,
    encoder: Encoder,
    start: Start,
}

/// One coordinate of a mixture.
enum Axis {
    /// Gaussians on \[0, 1\], cut off at the ends: centres (NaN: uniform), their width, −ln of the width and the mass inside, and 1/width (0: uniform).
    Continuous { centres: Vec<f64>, width: f64, constants: Vec<f64>, scales: Vec<f64> },
    /// ln of the probability of every place or option, \[place\]\[component\]; the components' own places (`None`: uniform).
    Discrete { rows: Vec<Vec<f64>>, places: Vec<Option<usize>>, table: Vec<Vec<f64>>, scale: bool },
}

struct Mixture {
    axes: Vec<Axis>,
    /// ln of the weights of the components; the last component is uniform.
    weights: Vec<f64>,
}

kernel! {
    /// sums += ln of Gaussian densities at x.
    fn add_gaussians(sums: &mut [f64], x: f64, centres: &[f64], constants: &[f64], scales: &[f64]) {
        for (((sum, centre), constant), scale) in sums.iter_mut().zip(centres).zip(constants).zip(scales) {
            let z = if *scale > 0.0 { (x - centre) * scale } else { 0.0 };
            *sum += (-0.5 * z).mul_add(z, *constant);
        }
    }

    /// sums += row.
    fn add_row(sums: &mut [f64], row: &[f64]) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += *x;
        }
    }

    /// ln Σ e^x.
    fn log_sum(x: &mut [f64]) -> f64 {
        let mut top = f64::NEG_INFINITY;
        for v in x.iter() {
            top = if *v > top { *v } else { top };
        }
        let mut lanes = [0.0f64; 8];
        let mut chunks = x.chunks_exact_mut(8);
        for chunk in &mut chunks {
            for i in 0..8 {
                lanes[i] += Real::exp(chunk[i] - top);
            }
        }
        for (lane, v) in lanes.iter_mut().zip(chunks.into_remainder()) {
            *lane += Real::exp(*v - top);
        }
        let sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
        top + Real::ln(sum)
    }
}

/// P(Z ≤ x).
fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// ln of a Gaussian's probabilities of `n` places of \[0, 1\] around one of them.
fn places(centre: usize, n: usize, width: f64) -> Vec<f64> {
    let middle = (centre as f64 + 0.5) / n as f64;
    let ends: Vec<f64> = (0..=n).map(|i| cdf((i as f64 / n as f64 - middle) / width)).collect();
    let whole = ends[n] - ends[0];
    ends.windows(2).map(|w| ln(((w[1] - w[0]) / whole).max(1e-12))).collect()
}

/// The kernels' width on a coordinate: by Scott's rule from the spread of the points, between bounds.
fn width(points: &[f64], count: usize, dimensions: usize, bounds: (f64, f64)) -> f64 {
    let shrink = powf(count.max(1) as f64, -1.0 / (dimensions as f64 + 4.0));
    let spread = if points.len() > 1 { variance(points).sqrt() } else { 0.3 };
    // A spread of few points is uncertain: it is averaged with that of a uniform distribution, which counts as two points.
    let n = points.len() as f64;
    let spread = ((n * spread * spread + 2.0 / 12.0) / (n + 2.0)).sqrt();
    (spread * shrink).clamp(bounds.0, bounds.1)
}

impl Mixture {
    /// One component a point, with these weights, and the uniform one.
    fn new(encoder: &Encoder, points: &[&Vec<f64>], weights: &[f64], prior: f64) -> Self {
        let d = encoder.dimensions();
        let count = points.len();
        let axes = encoder.kinds.iter().enumerate().map(|(k, kind)| {
            let there: Vec<f64> = points.iter().map(|p| p[k]).filter(|x| !x.is_nan()).collect();
            let least = 1.0 / (count as f64 + 2.0).min(50.0) / 2.0;
            let width = width(&there, count, d, (least, 0.5));
            match kind {
                Kind::Options(n) => {
                    let wrong =
                        0.5 * powf(count.max(1) as f64, -1.0 / (d as f64 + 4.0)) * (*n as f64 - 1.0) / *n as f64;
                    let table: Vec<Vec<f64>> = (0..*n)
                        .map(|own| {
                            let other = ln(wrong / (*n as f64 - 1.0).max(1.0));
                            (0..*n).map(|o| if o == own { ln(1.0 - wrong) } else { other }).collect()
                        })
                        .collect();
                    let own = points.iter().map(|p| (!p[k].is_nan()).then_some(p[k] as usize)).collect();
                    discrete(table, own, *n, false)
                }
                Kind::Scale(Some(n)) if *n <= TABLED => {
                    let n = *n as usize;
                    let table: Vec<Vec<f64>> = (0..n).map(|own| places(own, n, width.max(0.25 / n as f64))).collect();
                    let own = |x: f64| ((x * n as f64) as usize).min(n - 1);
                    let own = points.iter().map(|p| (!p[k].is_nan()).then(|| own(p[k]))).collect();
                    discrete(table, own, n, true)
                }
                Kind::Scale(_) => {
                    let constant = |centre: f64| {
                        let mass = cdf((1.0 - centre) / width) - cdf(-centre / width);
                        -ln(width * 2.506_628_274_631_000_7 * mass)
                    };
                    let centres: Vec<f64> = points.iter().map(|p| p[k]).chain([f64::NAN]).collect();
                    let constants = centres.iter().map(|c| if c.is_nan() { 0.0 } else { constant(*c) }).collect();
                    let scales = centres.iter().map(|c| if c.is_nan() { 0.0 } else { 1.0 / width }).collect();
                    Axis::Continuous { centres, width, constants, scales }
                }
            }
        });
        let axes = axes.collect();
        let sum: f64 = weights.iter().sum::<f64>() + prior;
        let weights = weights.iter().chain([&prior]).map(|w| ln(w / sum)).collect();
        Mixture { axes, weights }
    }

    fn draw(&self, encoder: &Encoder, stream: &mut Stream) -> Vec<f64> {
        let u = stream.uniform();
        let mut sum = 0.0;
        let last = self.weights.len() - 1;
        let component = self.weights.iter().position(|w| {
            sum += exp(*w);
            u < sum
        });
        let component = component.unwrap_or(last);
        let axes = self.axes.iter().enumerate().map(|(k, axis)| {
            let u = stream.uniform();
            match axis {
                Axis::Continuous { centres, width, .. } => {
                    let centre = centres[component];
                    if centre.is_nan() {
                        return u;
                    }
                    let (a, b) = (cdf(-centre / width), cdf((1.0 - centre) / width));
                    (centre + width * normal_quantile(a + u * (b - a))).clamp(0.0, 1.0)
                }
                Axis::Discrete { places, table, scale, .. } => {
                    let n = table.len();
                    let at = match places.get(component).copied().flatten() {
                        None => return encoder.uniform(k, u),
                        Some(own) => {
                            let mut sum = 0.0;
                            let reached = table[own].iter().position(|p| {
                                sum += exp(*p);
                                u < sum
                            });
                            reached.unwrap_or(n - 1)
                        }
                    };
                    if *scale { (at as f64 + 0.5) / n as f64 } else { at as f64 }
                }
            }
        });
        axes.collect()
    }

    /// ln of the density at a point, over the coordinates that it has.
    fn log_density(&self, isa: Isa, point: &[f64], room: &mut Vec<f64>) -> f64 {
        room.clear();
        room.extend_from_slice(&self.weights);
        for (axis, &x) in self.axes.iter().zip(point) {
            if x.is_nan() {
                continue;
            }
            match axis {
                Axis::Continuous { centres, constants, scales, .. } => {
                    add_gaussians(isa, room, x, centres, constants, scales);
                }
                Axis::Discrete { rows, scale, .. } => {
                    let n = rows.len();
                    let at = if *scale { (x * n as f64) as usize } else { x as usize };
                    add_row(isa, room, &rows[at.min(n - 1)]);
                }
            }
        }
        log_sum(isa, room)
    }
}

/// A discrete axis; its densities are relative to the uniform one, as those of a continuous axis are.
fn discrete(table: Vec<Vec<f64>>, places: Vec<Option<usize>>, n: usize, scale: bool) -> Axis {
    let level = ln(n as f64);
    let rows = (0..n)
        .map(|at| places.iter().map(|own| own.map_or(0.0, |own| table[own][at] + level)).chain([0.0]).collect())
        .collect();
    Axis::Discrete { rows, places, table, scale }
}

/// How many of so many trials are good.
fn good_part(count: usize) -> usize {
    (count.div_ceil(10)).clamp(1, MOST_GOOD)
}

impl Tpe {
    pub(crate) fn new(problem: &Problem) -> Self {
        Tpe { isa: Isa::detect(), encoder: Encoder::new(&problem.space), start: Start::new(problem) }
    }
}

impl Sampler for Tpe {
    fn name(&self) -> &'static str {
        "tpe"
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let told = earlier.told();
        let valued = told.iter().filter(|t| t.minimised(&problem.directions).is_some()).count();
        if index < STARTUP || valued < 2 {
            return self.start.even(problem, index, earlier);
        }
        let points: Vec<Vec<f64>> = earlier.draws().map(|draws| self.encoder.encode(draws)).collect();
        let ranked = order(told, &problem.directions);
        let good = good_part(told.len()).min(valued);
        let best: Vec<&Vec<f64>> = ranked[..good].iter().map(|&i| &points[i]).collect();
        let weights: Vec<f64> = (0..good).map(|rank| 1.0 - 0.5 * rank as f64 / good as f64).collect();
        let weights: Vec<f64> = weights.iter().map(|w| w / mean(&weights)).collect();
        let bad: Vec<&Vec<f64>> = ranked[good..].iter().map(|&i| &points[i]).chain(&points[told.len()..]).collect();
        let above = Mixture::new(&self.encoder, &best, &weights, 1.0);
        let below = Mixture::new(&self.encoder, &bad, &vec![1.0; bad.len()], 1.0);
        let mut stream = stream(problem.seed, "tpe", index, 0);
        let tried = self.encoder.tried(earlier.draws());
        let (mut room, mut chosen): (Vec<f64>, Option<(f64, Vec<f64>)>) = (Vec::new(), None);
        let (mut found, mut tries) = (0, 0);
        while found < CANDIDATES && tries < 8 * CANDIDATES {
            tries += 1;
            let mut point = above.draw(&self.encoder, &mut stream);
            self.encoder.snap(&mut point, |i| self.encoder.uniform(i, 0.5));
            if !self.encoder.admits(problem, &point, &tried) {
                continue;
            }
            found += 1;
            let score = above.log_density(self.isa, &point, &mut room) - below.log_density(self.isa, &point, &mut room);
            if chosen.as_ref().is_none_or(|c| score > c.0) {
                chosen = Some((score, point));
            }
        }
        match chosen {
            Some((_, point)) => Ok(Some(Proposal::of(self.encoder.decode(&point), self.name()))),
            None => self.start.random(problem, index, earlier),
        }
    }
}
