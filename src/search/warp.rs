//! Values of finished trials as the models see them: small is good, mean 0 and variance 1, outliers drawn in.

use crate::kernel::math::{exp, ln, ln_1p};
use crate::stats::interval::{mean, variance};

/// Mean 0 and variance 1; all 0 if they are equal.
pub(crate) fn standardised(values: &[f64]) -> Vec<f64> {
    let (middle, deviation) = (mean(values), variance(values).sqrt());
    if deviation > 0.0 && deviation.is_finite() {
        values.iter().map(|v| (v - middle) / deviation).collect()
    } else {
        vec![0.0; values.len()]
    }
}

/// The Yeo–Johnson transformation (Yeo & Johnson 2000).
fn yeo_johnson(x: f64, lambda: f64) -> f64 {
    let power = |base: f64, p: f64| if p.abs() < 1e-9 { ln_1p(base) } else { (exp(p * ln_1p(base)) - 1.0) / p };
    if x >= 0.0 { power(x, lambda) } else { -power(-x, 2.0 - lambda) }
}

/// Standardised, with the power of the Yeo–Johnson family under which they look most normal (as Cowen-Rivers et al. 2022 do), standardised again.
///
/// The order of the values stays. The power goes from −1 to 1 only: bad outliers are drawn in, good ones never pushed out.
pub(crate) fn warped(values: &[f64]) -> Vec<f64> {
    let plain = standardised(values);
    if plain.len() < 5 {
        return plain;
    }
    let log_jacobian: f64 = plain.iter().map(|x| ln_1p(x.abs()).copysign(*x)).sum();
    let mut best = (f64::NEG_INFINITY, plain.clone());
    for step in 0..=8 {
        let lambda = 1.0 - 0.25 * f64::from(step);
        let moved: Vec<f64> = plain.iter().map(|&x| yeo_johnson(x, lambda)).collect();
        let likelihood = -0.5 * moved.len() as f64 * ln(variance(&moved).max(1e-300)) + (lambda - 1.0) * log_jacobian;
        if likelihood > best.0 {
            best = (likelihood, moved);
        }
    }
    standardised(&best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_come_closer_and_the_order_stays() {
        let values = [0.1, 0.2, 0.15, 0.3, 0.25, 0.12, 1e4];
        let warped = warped(&values);
        for (a, x) in values.iter().zip(&warped) {
            for (b, y) in values.iter().zip(&warped) {
                assert_eq!(a < b, x < y);
            }
        }
        let plain = standardised(&values);
        let spread = |v: &[f64]| (v[3] - v[0]) / (v[6] - v[0]);
        assert!(spread(&warped) > 3.0 * spread(&plain), "{} {}", spread(&warped), spread(&plain));
        assert!(super::warped(&[2.0; 9]).iter().all(|v| *v == 0.0));
    }
}
