//! Expected improvement, in logarithms (Ament et al. 2023).

use crate::kernel::math::ln;
use crate::stats::distribution::{normal_cdf, normal_density, scaled_erfc};

/// ln E[max(0, best − Y)] for Y normal with this mean and deviation.
pub(crate) fn log_expected_improvement(best: f64, mean: f64, deviation: f64) -> f64 {
    let z = (best - mean) / deviation;
    let ln_h = if z > -5.0 {
        ln(normal_density(z) + z * normal_cdf(z))
    } else {
        const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;
        const ROOT_HALF_PI: f64 = 1.253_314_137_315_500_3;
        // 1 − |z|·(1 − Φ(|z|))/φ(z), which is 1/z² − 3/z⁴ + … far out.
        let rest = if z > -1e3 {
            1.0 + z * ROOT_HALF_PI * scaled_erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
        } else {
            1.0 / (z * z)
        };
        -0.5 * z * z - HALF_LN_TAU + ln(rest.max(1e-300))
    };
    ln(deviation) + ln_h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_joins_smoothly_and_is_right_in_the_tail() {
        let at = |z: f64| log_expected_improvement(z, 0.0, 1.0);
        for z in [-5.0, -1e3] {
            assert!((at(z - 1e-9) - at(z + 1e-9)).abs() < 1e-5 * z.abs(), "{z}");
        }
        // Integrated numerically: E[max(0, −Y − 3)] = 3.8215e-4, and 0.39894 at 0.
        assert!((at(-3.0) - 3.821_543e-4f64.ln()).abs() < 1e-6);
        assert!((at(0.0) - 0.398_942_280_4f64.ln()).abs() < 1e-9);
        assert!((at(2.0) - 2.008_490_7f64.ln()).abs() < 1e-7);
    }
}
