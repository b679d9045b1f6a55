//! Layer normalisation: over the numbers of each row (Ba et al. 2016).

use super::{kernel, reduce};

kernel! {
    /// y = (x − mean)/√(variance + epsilon)·gamma + beta for each row of x\[rows, gamma.len()\]; `mean[rows]` and
    /// `inverse[rows]` = 1/√(variance + epsilon) are given back.
    pub fn forward<T>(epsilon: T, gamma: &[T], beta: &[T], x: &[T], mean: &mut [T], inverse: &mut [T], y: &mut [T]) {
        let columns = gamma.len();
        assert!(beta.len() == columns && x.len() == y.len());
        assert!(x.len() == mean.len() * columns && mean.len() == inverse.len());
        if columns == 0 {
            return;
        }
        let n = T::from_usize(columns);
        let rows = x.chunks_exact(columns).zip(y.chunks_exact_mut(columns));
        for (((x, y), mean), inverse) in rows.zip(mean).zip(inverse) {
            let m = reduce::lane_sum(x, |sum, x| sum + x) / n;
            let variance = reduce::lane_sum(x, |sum, x| (x - m).mul_add(x - m, sum)) / n;
            let i = T::ONE / (variance + epsilon).sqrt();
            (*mean, *inverse) = (m, i);
            for (((y, &x), &gamma), &beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                *y = ((x - m) * i).mul_add(gamma, beta);
            }
        }
    }

    /// d: gradient by y in, gradient by x out (0 below [`super::Real::TINY`]); the gradients of gamma and beta are replaced, each one
    /// chain over the rows.
    pub fn backward<T>(
        gamma: &[T],
        x: &[T],
        mean: &[T],
        inverse: &[T],
        gamma_gradient: &mut [T],
        beta_gradient: &mut [T],
        d: &mut [T],
    ) {
        let columns = gamma.len();
        assert!(gamma_gradient.len() == columns && beta_gradient.len() == columns && x.len() == d.len());
        assert!(x.len() == mean.len() * columns && mean.len() == inverse.len());
        gamma_gradient.fill(T::ZERO);
        beta_gradient.fill(T::ZERO);
        if columns == 0 {
            return;
        }
        let n = T::from_usize(columns);
        let rows = x.chunks_exact(columns).zip(d.chunks_exact_mut(columns));
        for (((x, d), &m), &i) in rows.zip(mean).zip(inverse) {
            let sums = gamma_gradient.iter_mut().zip(beta_gradient.iter_mut());
            for (((&x, d), &gamma), (dg, db)) in x.iter().zip(d.iter_mut()).zip(gamma).zip(sums) {
                *dg = d.mul_add((x - m) * i, *dg);
                *db += *d;
                *d *= gamma;
            }
            let level = reduce::lane_sum(d, |sum, d| sum + d) / n;
            let tilt = -(reduce::lane_sum2(d, x, |sum, d, x| d.mul_add((x - m) * i, sum)) / n);
            for (d, &x) in d.iter_mut().zip(x) {
                *d = (i * ((x - m) * i).mul_add(tilt, *d - level)).flush();
            }
        }
    }
}
