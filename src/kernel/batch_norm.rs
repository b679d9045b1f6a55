//! Batch normalisation over the rows of a matrix (Ioffe & Szegedy 2015), each direction in one sweep over tiles of columns.

use super::reduce::{CHAINS, ColumnPass, fold_chains, load, over_columns};
use super::{Isa, Real, kernel};

/// The statistics of a batch, one number a column.
#[derive(Debug)]
pub struct BatchStatistics<'a, T> {
    /// Mean over the rows.
    pub mean: &'a mut [T],
    /// Mean of the squared distance from it (divided by the number of rows).
    pub variance: &'a mut [T],
    /// 1/√(variance + epsilon).
    pub inverse: &'a mut [T],
}

/// `RELU`: what is below 0 at the end becomes 0.
struct Forward<'a, T, const RELU: bool> {
    rows: usize,
    columns: usize,
    epsilon: T,
    gamma: Option<&'a [T]>,
    beta: Option<&'a [T]>,
    z: &'a [T],
    mean: &'a mut [T],
    variance: &'a mut [T],
    inverse: &'a mut [T],
    y: &'a mut [T],
}

impl<T: Real, const RELU: bool> ColumnPass for Forward<'_, T, RELU> {
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize) {
        let (rows, columns) = (self.rows, self.columns);
        let n = T::from_usize(rows);
        let mut sums = [[T::ZERO; W]; CHAINS];
        for row in (0..rows).step_by(CHAINS) {
            for c in 0..CHAINS.min(rows - row) {
                let z: [T; W] = load(self.z, (row + c) * columns + from);
                for j in 0..W {
                    sums[c][j] += z[j];
                }
            }
        }
        let mut mean = fold_chains(sums);
        for mean in &mut mean {
            *mean /= n;
        }
        let mut sums = [[T::ZERO; W]; CHAINS];
        for row in (0..rows).step_by(CHAINS) {
            for c in 0..CHAINS.min(rows - row) {
                let z: [T; W] = load(self.z, (row + c) * columns + from);
                for j in 0..W {
                    let e = z[j] - mean[j];
                    sums[c][j] = e.mul_add(e, sums[c][j]);
                }
            }
        }
        let mut variance = fold_chains(sums);
        let mut inverse = [T::ONE; W];
        for j in 0..W {
            variance[j] /= n;
            inverse[j] = T::ONE / (variance[j] + self.epsilon).sqrt();
        }
        self.mean[from..from + W].copy_from_slice(&mean);
        self.variance[from..from + W].copy_from_slice(&variance);
        self.inverse[from..from + W].copy_from_slice(&inverse);
        normalize::<T, RELU, W>(self.columns, from, self.gamma, self.beta, &mean, &inverse, self.z, self.y);
    }
}

/// y = (z − mean)·(gamma·inverse) + beta in the tile at column `from`.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn normalize<T: Real, const RELU: bool, const W: usize>(
    columns: usize,
    from: usize,
    gamma: Option<&[T]>,
    beta: Option<&[T]>,
    mean: &[T; W],
    inverse: &[T; W],
    z: &[T],
    y: &mut [T],
) {
    let mut slope = *inverse;
    if let Some(gamma) = gamma {
        let gamma: [T; W] = load(gamma, from);
        for j in 0..W {
            slope[j] *= gamma[j];
        }
    }
    let shift: [T; W] = beta.map_or([T::ZERO; W], |beta| load(beta, from));
    for (z, y) in z.chunks_exact(columns).zip(y.chunks_exact_mut(columns)) {
        let z: [T; W] = load(z, from);
        let y: &mut [T; W] = y[from..].first_chunk_mut().expect("a whole tile");
        for j in 0..W {
            let a = (z[j] - mean[j]).mul_add(slope[j], shift[j]);
            // Not `a > 0`: a NaN passes, so that a diverged training shows.
            y[j] = if RELU && a < T::ZERO { T::ZERO } else { a };
        }
    }
}

struct Apply<'a, T, const RELU: bool> {
    columns: usize,
    gamma: Option<&'a [T]>,
    beta: Option<&'a [T]>,
    mean: &'a [T],
    inverse: &'a [T],
    z: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const RELU: bool> ColumnPass for Apply<'_, T, RELU> {
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize) {
        let (mean, inverse) = (load::<T, W>(self.mean, from), load::<T, W>(self.inverse, from));
        normalize::<T, RELU, W>(self.columns, from, self.gamma, self.beta, &mean, &inverse, self.z, self.y);
    }
}

struct Backward<'a, T> {
    rows: usize,
    columns: usize,
    gamma: Option<&'a [T]>,
    mean: &'a [T],
    inverse: &'a [T],
    z: &'a [T],
    gamma_gradient: &'a mut [T],
    beta_gradient: &'a mut [T],
    d: &'a mut [T],
}

impl<T: Real> ColumnPass for Backward<'_, T> {
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize) {
        let (rows, columns) = (self.rows, self.columns);
        let (mean, inverse) = (load::<T, W>(self.mean, from), load::<T, W>(self.inverse, from));
        let mut plain = [[T::ZERO; W]; CHAINS];
        let mut along = [[T::ZERO; W]; CHAINS];
        for row in (0..rows).step_by(CHAINS) {
            for c in 0..CHAINS.min(rows - row) {
                let at = (row + c) * columns + from;
                let z: [T; W] = load(self.z, at);
                let d: [T; W] = load(self.d, at);
                for j in 0..W {
                    plain[c][j] += d[j];
                    along[c][j] = d[j].mul_add((z[j] - mean[j]) * inverse[j], along[c][j]);
                }
            }
        }
        let (plain, along) = (fold_chains(plain), fold_chains(along));
        self.beta_gradient[from..from + W].copy_from_slice(&plain);
        self.gamma_gradient[from..from + W].copy_from_slice(&along);
        let n = T::from_usize(rows);
        let mut slope = inverse;
        if let Some(gamma) = self.gamma {
            let gamma: [T; W] = load(gamma, from);
            for j in 0..W {
                slope[j] *= gamma[j];
            }
        }
        let (mut level, mut tilt) = (plain, along);
        for j in 0..W {
            level[j] /= n;
            tilt[j] = -(tilt[j] / n);
        }
        for row in 0..rows {
            let at = row * columns + from;
            let z: [T; W] = load(self.z, at);
            let d: &mut [T; W] = self.d[at..].first_chunk_mut().expect("a whole tile");
            for j in 0..W {
                let unit = (z[j] - mean[j]) * inverse[j];
                d[j] = (slope[j] * unit.mul_add(tilt[j], d[j] - level[j])).flush();
            }
        }
    }
}

kernel! {
    fn forward_pass<T>(
        relu: bool,
        columns: usize,
        epsilon: T,
        gamma: Option<&[T]>,
        beta: Option<&[T]>,
        z: &[T],
        statistics: BatchStatistics<'_, T>,
        y: &mut [T],
    ) {
        let rows = z.len() / columns;
        let BatchStatistics { mean, variance, inverse } = statistics;
        if relu {
            let mut pass = Forward::<T, true> { rows, columns, epsilon, gamma, beta, z, mean, variance, inverse, y };
            over_columns(columns, &mut pass);
        } else {
            let mut pass = Forward::<T, false> { rows, columns, epsilon, gamma, beta, z, mean, variance, inverse, y };
            over_columns(columns, &mut pass);
        }
    }

    fn apply_pass<T>(
        relu: bool,
        columns: usize,
        gamma: Option<&[T]>,
        beta: Option<&[T]>,
        mean: &[T],
        inverse: &[T],
        z: &[T],
        y: &mut [T],
    ) {
        if relu {
            over_columns(columns, &mut Apply::<T, true> { columns, gamma, beta, mean, inverse, z, y });
        } else {
            over_columns(columns, &mut Apply::<T, false> { columns, gamma, beta, mean, inverse, z, y });
        }
    }

    fn backward_pass<T>(
        gamma: Option<&[T]>,
        mean: &[T],
        inverse: &[T],
        z: &[T],
        gamma_gradient: &mut [T],
        beta_gradient: &mut [T],
        d: &mut [T],
    ) {
        let columns = mean.len();
        let rows = z.len() / columns;
        let mut pass = Backward { rows, columns, gamma, mean, inverse, z, gamma_gradient, beta_gradient, d };
        over_columns(columns, &mut pass);
    }

    /// inverse = 1/√(variance + epsilon), for [`apply`] with statistics that are not of the batch.
    pub fn inverse_deviation<T>(variance: &[T], epsilon: T, inverse: &mut [T]) {
        assert_eq!(variance.len(), inverse.len());
        for (inverse, &variance) in inverse.iter_mut().zip(variance) {
            *inverse = T::ONE / (variance + epsilon).sqrt();
        }
    }
}

/// What is learned, and whether a relu follows in the same pass.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a, T> {
    /// A factor a column, or 1.
    pub gamma: Option<&'a [T]>,
    /// A shift a column, or 0.
    pub beta: Option<&'a [T]>,
    /// Whether what is below 0 at the end becomes 0.
    pub relu: bool,
}

impl<T> Affine<'_, T> {
    fn check(&self, columns: usize, z: &[T], y: &[T]) {
        assert!(self.gamma.is_none_or(|g| g.len() == columns) && self.beta.is_none_or(|b| b.len() == columns));
        assert!(z.len() == y.len() && z.len().checked_rem(columns).unwrap_or(z.len()) == 0);
    }
}

/// y = (z − mean)/√(variance + epsilon)·gamma + beta with the statistics of z\[rows, columns\] itself, which are given back.
pub fn forward<T: Real>(
    isa: Isa,
    epsilon: T,
    affine: Affine<'_, T>,
    z: &[T],
    statistics: BatchStatistics<'_, T>,
    y: &mut [T],
) {
    let columns = statistics.mean.len();
    assert!(statistics.variance.len() == columns && statistics.inverse.len() == columns);
    affine.check(columns, z, y);
    if !z.is_empty() {
        let Affine { gamma, beta, relu } = affine;
        forward_pass(isa, relu, columns, epsilon, gamma, beta, z, statistics, y);
    }
}

/// y = (z − mean)·inverse·gamma + beta with given statistics: evaluation.
pub fn apply<T: Real>(isa: Isa, affine: Affine<'_, T>, mean: &[T], inverse: &[T], z: &[T], y: &mut [T]) {
    let columns = mean.len();
    assert_eq!(inverse.len(), columns);
    affine.check(columns, z, y);
    if !z.is_empty() {
        let Affine { gamma, beta, relu } = affine;
        apply_pass(isa, relu, columns, gamma, beta, mean, inverse, z, y);
    }
}

/// d: gradient by y in, gradient by z out (0 below [`Real::TINY`]); the gradients of gamma (Σ d·ẑ) and beta (Σ d) are replaced.
///
/// dz = gamma·inverse·(d − mean(d) − ẑ·mean(d·ẑ)), with ẑ = (z − mean)·inverse of [`forward`].
#[allow(clippy::too_many_arguments)]
pub fn backward<T: Real>(
    isa: Isa,
    gamma: Option<&[T]>,
    mean: &[T],
    inverse: &[T],
    z: &[T],
    gamma_gradient: &mut [T],
    beta_gradient: &mut [T],
    d: &mut [T],
) {
    let columns = mean.len();
    assert!(inverse.len() == columns && gamma_gradient.len() == columns && beta_gradient.len() == columns);
    Affine { gamma, beta: None, relu: false }.check(columns, z, d);
    if !z.is_empty() {
        backward_pass(isa, gamma, mean, inverse, z, gamma_gradient, beta_gradient, d);
    }
}
