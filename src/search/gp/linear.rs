//! Dense symmetric algebra in f64 for a few hundred points, row-major. Every loop runs along rows, so that wide registers change nothing in the order of
//! the sums.

use crate::kernel::{Isa, Real, isa::kernel};

kernel! {
    /// Squared distances become Matérn 5/2 correlations (Rasmussen & Williams 2006, eq. 4.17).
    pub(crate) fn matern(squares: &mut [f64]) {
        for r2 in squares.iter_mut() {
            let s = (5.0 * *r2).sqrt();
            *r2 = (s * s).mul_add(1.0 / 3.0, 1.0 + s) * Real::exp(-s);
        }
    }

    /// The derivatives of Matérn 5/2 correlations by the squared distance.
    pub(crate) fn matern_slope(slopes: &mut [f64], squares: &[f64]) {
        for (slope, r2) in slopes.iter_mut().zip(squares) {
            let s = (5.0 * *r2).sqrt();
            *slope = -5.0 / 6.0 * (1.0 + s) * Real::exp(-s);
        }
    }

    /// y += factor·x.
    pub(crate) fn axpy(y: &mut [f64], factor: f64, x: &[f64]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = factor.mul_add(*x, *y);
        }
    }

    /// row += weight·(x − y)², y along the row.
    pub(crate) fn add_squares(row: &mut [f64], weight: f64, x: f64, ys: &[f64]) {
        for (r, y) in row.iter_mut().zip(ys) {
            let difference = x - y;
            *r = (weight * difference).mul_add(difference, *r);
        }
    }

    /// Σ x·y, in eight sums side by side.
    pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
        dot_lanes(x, y)
    }

    /// The lower Cholesky factor in place of the lower half (the upper half is left as it is); false if the matrix is not positive definite.
    pub(crate) fn cholesky(a: &mut [f64], n: usize) -> bool {
        let mut column = vec![0.0; n];
        for k in 0..n {
            let pivot = a[k * n + k];
            if pivot.is_nan() || pivot <= 0.0 {
                return false;
            }
            let root = pivot.sqrt();
            a[k * n + k] = root;
            for i in k + 1..n {
                a[i * n + k] /= root;
                column[i] = a[i * n + k];
            }
            for i in k + 1..n {
                let factor = -column[i];
                for (x, c) in a[i * n + k + 1..=i * n + i].iter_mut().zip(&column[k + 1..=i]) {
                    *x = factor.mul_add(*c, *x);
                }
            }
        }
        true
    }

    /// The inverse of a lower triangular matrix; the upper half of the result is 0.
    pub(crate) fn invert_lower(l: &[f64], inverse: &mut [f64], n: usize) {
        inverse[..n * n].fill(0.0);
        for i in 0..n {
            let (done, rest) = inverse.split_at_mut(i * n);
            let row = &mut rest[..=i];
            for k in 0..i {
                let factor = -l[i * n + k];
                for (x, y) in row[..=k].iter_mut().zip(&done[k * n..=k * n + k]) {
                    *x = factor.mul_add(*y, *x);
                }
            }
            let scale = 1.0 / l[i * n + i];
            row[i] = 1.0;
            for x in row.iter_mut() {
                *x *= scale;
            }
        }
    }

    /// MᵀM of a lower triangular M: its lower half, mirrored.
    pub(crate) fn gram(m: &[f64], product: &mut [f64], n: usize) {
        product[..n * n].fill(0.0);
        for k in 0..n {
            let row = &m[k * n..=k * n + k];
            for i in 0..=k {
                let factor = row[i];
                for (x, y) in product[i * n..=i * n + i].iter_mut().zip(row) {
                    *x = factor.mul_add(*y, *x);
                }
            }
        }
        for i in 0..n {
            for j in 0..i {
                product[j * n + i] = product[i * n + j];
            }
        }
    }

    /// out\[n, m\] = L·K for a lower triangular L\[n, n\] and K\[n, m\].
    pub(crate) fn lower_times(l: &[f64], k: &[f64], out: &mut [f64], n: usize, m: usize) {
        for i in 0..n {
            let out = &mut out[i * m..(i + 1) * m];
            out.fill(0.0);
            for j in 0..=i {
                let factor = l[i * n + j];
                for (o, x) in out.iter_mut().zip(&k[j * m..(j + 1) * m]) {
                    *o = factor.mul_add(*x, *o);
                }
            }
        }
    }
}

#[inline(always)]
fn dot_lanes(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (a, b) = (x.chunks_exact(8), y.chunks_exact(8));
    let (ra, rb) = (a.remainder(), b.remainder());
    for (a, b) in a.zip(b) {
        for i in 0..8 {
            lanes[i] = a[i].mul_add(b[i], lanes[i]);
        }
    }
    for (i, (a, b)) in ra.iter().zip(rb).enumerate() {
        lanes[i] = a.mul_add(*b, lanes[i]);
    }
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
}

/// The squared difference of two coordinates. Options differ by 1 or 0; a coordinate that only one of two points has counts as far as half of its
/// scale.
fn square(option: bool, x: f64, y: f64) -> f64 {
    match (x.is_nan(), y.is_nan()) {
        (true, true) => 0.0,
        (false, false) if option => f64::from(x != y),
        (false, false) => (x - y) * (x - y),
        _ => 0.25,
    }
}

/// Squared differences by coordinate of all pairs of points: \[coordinate\]\[a, b\] flat.
pub(crate) fn differences(options: &[bool], points: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let each = options.iter().enumerate().map(|(d, &option)| {
        points.iter().flat_map(|x| points.iter().map(move |y| square(option, x[d], y[d]))).collect()
    });
    each.collect()
}

/// Σ weight·difference over the coordinates.
pub(crate) fn weighted(isa: Isa, differences: &[Vec<f64>], weights: &[f64], out: &mut Vec<f64>, size: usize) {
    out.clear();
    out.resize(size, 0.0);
    for (difference, &weight) in differences.iter().zip(weights) {
        axpy(isa, out, weight, difference);
    }
}

/// Weighted squared distances of points to others: \[a, b\] flat.
pub(crate) fn distances(isa: Isa, options: &[bool], weights: &[f64], a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<f64> {
    let m = b.len();
    let mut out = vec![0.0; a.len() * m];
    for (d, (&option, &weight)) in options.iter().zip(weights).enumerate() {
        let column: Vec<f64> = b.iter().map(|y| y[d]).collect();
        let plain = !option && column.iter().all(|y| !y.is_nan());
        for (x, row) in a.iter().zip(out.chunks_exact_mut(m)) {
            if plain && !x[d].is_nan() {
                add_squares(isa, row, weight, x[d], &column);
            } else {
                row.iter_mut().zip(&column).for_each(|(r, &y)| *r += weight * square(option, x[d], y));
            }
        }
    }
    out
}
