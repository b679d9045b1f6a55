//! A Gaussian process with a Matérn 5/2 kernel of one length scale a coordinate, fitted by the maximum of its posterior.

use super::descent::minimise;
use super::linear::{
    axpy, cholesky, differences, distances, dot, gram, invert_lower, lower_times, matern, matern_slope, weighted,
};
use crate::kernel::Isa;
use crate::kernel::math::{exp, ln};

/// Deviation of the Gaussian prior of the logarithm of a length scale.
const SCALE_DEVIATION: f64 = 1.0;

/// Mean of that prior for one coordinate; it grows by half the logarithm of their number, as distances do (Hvarfner et al. 2024).
const SCALE_MEAN: f64 = -0.6;

/// The prior of the logarithm of the noise's share of the variance.
const NOISE: (f64, f64) = (-7.0, 2.5);

/// Smallest and largest noise share.
const NOISE_BOUNDS: (f64, f64) = (-13.8, 0.7);

/// Beyond so many points only the best of the starts is followed.
const MANY: usize = 40;

/// What is fitted: ln of the length scales, then ln of the noise share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hyper(pub Vec<f64>);

/// Values at points, ready to predict others. The values should have mean 0 and variance about 1.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    isa: Isa,
    options: Vec<bool>,
    points: Vec<Vec<f64>>,
    weights: Vec<f64>,
    inverse: Vec<f64>,
    alpha: Vec<f64>,
    mean: f64,
    variance: f64,
}

fn prior(dimensions: usize) -> (f64, f64) {
    (SCALE_MEAN + 0.5 * ln(dimensions.max(1) as f64), SCALE_DEVIATION)
}

/// −ln of the posterior density but for a constant, with its gradient. The signal variance is at its best for the rest, under a weak inverse-gamma prior
/// that holds it near 1 while there are few points.
struct Posterior<'a> {
    isa: Isa,
    differences: &'a [Vec<f64>],
    values: &'a [f64],
    squares: Vec<f64>,
    matrix: Vec<f64>,
    inverse: Vec<f64>,
    full: Vec<f64>,
    slopes: Vec<f64>,
}

/// Shape and scale of the prior of the signal variance.
const SIGNAL: f64 = 2.0;

impl<'a> Posterior<'a> {
    fn new(isa: Isa, differences: &'a [Vec<f64>], values: &'a [f64]) -> Self {
        let size = values.len() * values.len();
        let room = || vec![0.0; size];
        Posterior {
            isa,
            differences,
            values,
            squares: room(),
            matrix: room(),
            inverse: room(),
            full: room(),
            slopes: room(),
        }
    }

    fn value(&mut self, hyper: &[f64], gradient: &mut [f64]) -> f64 {
        let (isa, n, d) = (self.isa, self.values.len(), self.differences.len());
        let weights: Vec<f64> = hyper[..d].iter().map(|l| exp(-2.0 * l)).collect();
        let noise = exp(hyper[d]);
        weighted(isa, self.differences, &weights, &mut self.squares, n * n);
        self.matrix.copy_from_slice(&self.squares);
        matern(isa, &mut self.matrix);
        for i in 0..n {
            self.matrix[i * n + i] += noise + 1e-9;
        }
        if !cholesky(isa, &mut self.matrix, n) {
            return f64::INFINITY;
        }
        let half_determinant: f64 = (0..n).map(|i| ln(self.matrix[i * n + i])).sum();
        invert_lower(isa, &self.matrix, &mut self.inverse, n);
        gram(isa, &self.inverse, &mut self.full, n);
        let alpha: Vec<f64> = (0..n).map(|i| dot(isa, &self.full[i * n..(i + 1) * n], self.values)).collect();
        let quadratic = dot(isa, &alpha, self.values);
        let freedom = n as f64 + 2.0 * SIGNAL;
        let variance = (quadratic + 2.0 * SIGNAL) / freedom;
        let mut value = half_determinant + 0.5 * freedom * ln(variance);
        // d/dθ = ½·Σ (A⁻¹ − ααᵀ/s²)·dA/dθ.
        self.slopes.resize(n * n, 0.0);
        matern_slope(isa, &mut self.slopes, &self.squares);
        let mut trace = 0.0;
        for i in 0..n {
            let row = &mut self.full[i * n..(i + 1) * n];
            axpy(isa, row, -alpha[i] / variance, &alpha);
            trace += row[i];
            for (m, s) in row.iter_mut().zip(&self.slopes[i * n..(i + 1) * n]) {
                *m *= s;
            }
        }
        let (mean, deviation) = prior(d);
        for k in 0..d {
            let by_weight = 0.5 * dot(isa, &self.full, &self.differences[k]);
            gradient[k] = -2.0 * weights[k] * by_weight;
            let z = (hyper[k] - mean) / deviation;
            value += 0.5 * z * z;
            gradient[k] += z / deviation;
        }
        gradient[d] = 0.5 * noise * trace;
        let z = (hyper[d] - NOISE.0) / NOISE.1;
        value += 0.5 * z * z;
        gradient[d] += z / NOISE.1;
        value
    }
}

/// Fit the hyperparameters from several starts.
pub(crate) fn fit(isa: Isa, options: &[bool], points: &[Vec<f64>], values: &[f64]) -> Hyper {
    let d = options.len();
    let differences = differences(options, points);
    let mut posterior = Posterior::new(isa, &differences, values);
    let (mean, _) = prior(d);
    let (mut low, mut high) = (vec![mean - 4.0; d], vec![mean + 4.0; d]);
    low.push(NOISE_BOUNDS.0);
    high.push(NOISE_BOUNDS.1);
    let starts = [(mean, -7.0), (mean - 1.0, -3.0), (mean + 0.7, -1.0)];
    let mut starts: Vec<(f64, Vec<f64>)> = starts
        .into_iter()
        .map(|(scale, noise)| {
            let start = [vec![scale; d], vec![noise]].concat();
            (posterior.value(&start, &mut vec![0.0; d + 1]), start)
        })
        .collect();
    // With many points the starts lead to the same place, and each step costs more.
    if points.len() > MANY {
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        starts.truncate(1);
    }
    let mut best: Option<(Vec<f64>, f64)> = None;
    for (_, start) in starts {
        let found = minimise(&start, &low, &high, 30, |x, g| posterior.value(x, g));
        if best.as_ref().is_none_or(|b| found.1 < b.1) {
            best = Some(found);
        }
    }
    Hyper(best.map_or_else(|| [vec![mean; d], vec![-4.0]].concat(), |b| b.0))
}

impl Model {
    /// With given hyperparameters; `None` if the points are too alike for the noise.
    pub fn new(isa: Isa, options: &[bool], points: Vec<Vec<f64>>, values: &[f64], hyper: &Hyper) -> Option<Self> {
        let (n, d) = (points.len(), options.len());
        let weights: Vec<f64> = hyper.0[..d].iter().map(|l| exp(-2.0 * l)).collect();
        let mut matrix = distances(isa, options, &weights, &points, &points);
        matern(isa, &mut matrix);
        let noise = exp(hyper.0[d]) + 1e-9;
        for i in 0..n {
            matrix[i * n + i] += noise;
        }
        if !cholesky(isa, &mut matrix, n) {
            return None;
        }
        let mut inverse = vec![0.0; n * n];
        invert_lower(isa, &matrix, &mut inverse, n);
        let solve = |v: &[f64]| -> Vec<f64> {
            let half: Vec<f64> = (0..n).map(|i| dot(isa, &inverse[i * n..=i * n + i], &v[..=i])).collect();
            let mut full = vec![0.0; n];
            for (i, h) in half.iter().enumerate() {
                axpy(isa, &mut full, *h, &inverse[i * n..(i + 1) * n]);
            }
            full
        };
        // The mean is the generalised least-squares one, held near 0 by a prior of variance 1.
        let ones = solve(&vec![1.0; n]);
        let mean = dot(isa, &ones, values) / (ones.iter().sum::<f64>() + 1.0);
        let centred: Vec<f64> = values.iter().map(|v| v - mean).collect();
        let alpha = solve(&centred);
        let variance = (dot(isa, &alpha, &centred) + 2.0 * SIGNAL) / (n as f64 + 2.0 * SIGNAL);
        Some(Model { isa, options: options.to_vec(), points, weights, inverse, alpha, mean, variance })
    }

    /// Mean and deviation (without noise) at points.
    pub fn predict(&self, at: &[Vec<f64>]) -> Vec<(f64, f64)> {
        let (n, m) = (self.points.len(), at.len());
        if m == 0 {
            return Vec::new();
        }
        let mut correlations = distances(self.isa, &self.options, &self.weights, &self.points, at);
        matern(self.isa, &mut correlations);
        let mut means = vec![self.mean; m];
        for (i, alpha) in self.alpha.iter().enumerate() {
            axpy(self.isa, &mut means, *alpha, &correlations[i * m..(i + 1) * m]);
        }
        let mut solved = vec![0.0; n * m];
        lower_times(self.isa, &self.inverse, &correlations, &mut solved, n, m);
        let mut left = vec![1.0f64; m];
        for i in 0..n {
            for (left, v) in left.iter_mut().zip(&solved[i * m..(i + 1) * m]) {
                *left -= v * v;
            }
        }
        means.into_iter().zip(left).map(|(mean, left)| (mean, (self.variance * left.max(1e-12)).sqrt())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::philox::{Purpose, Stream};

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let mut stream = Stream::new(3, Purpose::Other, 0, 0, 0);
        let points: Vec<Vec<f64>> =
            (0..23).map(|_| vec![stream.uniform(), stream.uniform(), stream.below(3) as f64]).collect();
        let values: Vec<f64> = points.iter().map(|p| 3.0 * p[0] * p[1] - p[2] + 0.1 * stream.normal()).collect();
        let differences = differences(&[false, false, true], &points);
        for isa in Isa::available() {
            let mut posterior = Posterior::new(isa, &differences, &values);
            let at = [-1.0, -0.2, 0.4, -3.0];
            let mut gradient = [0.0; 4];
            let value = posterior.value(&at, &mut gradient);
            let mut scalar = Posterior::new(Isa::SCALAR, &differences, &values);
            assert_eq!(value.to_bits(), scalar.value(&at, &mut [0.0; 4]).to_bits());
            for k in 0..4 {
                let shifted = |posterior: &mut Posterior, h: f64| {
                    let mut there = at;
                    there[k] += h;
                    posterior.value(&there, &mut [0.0; 4])
                };
                let slope = (shifted(&mut posterior, 1e-5) - shifted(&mut posterior, -1e-5)) / 2e-5;
                assert!((slope - gradient[k]).abs() < 1e-6 * (1.0 + slope.abs()), "{k}: {slope} {}", gradient[k]);
            }
        }
    }

    #[test]
    fn it_goes_through_what_it_was_given_and_is_unsure_elsewhere() {
        let points: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i) / 16.0]).collect();
        let values: Vec<f64> = points.iter().map(|p| (6.0 * p[0] - 1.5).powi(2) - 1.0).collect();
        let hyper = fit(Isa::detect(), &[false], &points, &values);
        let model = Model::new(Isa::detect(), &[false], points.clone(), &values, &hyper).expect("a model");
        for ((mean, deviation), value) in model.predict(&points).into_iter().zip(&values) {
            assert!((mean - value).abs() < 0.02 && deviation < 0.05, "{mean} {deviation} {value}");
        }
        let [(between, near), (_, far)] = model.predict(&[vec![0.28125], vec![1.0]])[..] else { panic!() };
        assert!((between - (6.0f64 * 0.28125 - 1.5).powi(2) + 1.0).abs() < 0.05);
        assert!(far > 5.0 * near);
    }
}
