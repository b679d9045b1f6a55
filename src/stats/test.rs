//! Tests of differences: exact sign flips for pairs, Welch for what shares nothing, equality within a margin, Holm over several, and power.

use super::distribution::{normal_quantile, t_cdf, t_two_sided};
use super::interval::{mean, variance, welch_interval};
use crate::kernel::philox::{Purpose, Stream};

/// Up to so many pairs all sign flips are counted.
const EXACT: usize = 20;

/// Sign flips drawn beyond that.
const DRAWN: u32 = 100_000;

/// The two-sided p-value of "the mean of these differences is 0" by sign flips: under that hypothesis each difference could as well have had the
/// other sign (Fisher 1935). Exact up to 20 differences, else from 100,000 flips of a fixed stream, (1 + hits)/(1 + drawn) (Phipson & Smyth 2010).
pub fn sign_flip(differences: &[f64]) -> f64 {
    let n = differences.len();
    let observed: f64 = differences.iter().sum::<f64>().abs();
    let scale: f64 = differences.iter().map(|d| d.abs()).sum();
    if n == 0 || scale == 0.0 {
        return 1.0;
    }
    // Sums that are equal but for rounding count as equal.
    let least = observed - 1e-10 * scale;
    if n <= EXACT {
        let mut signs = vec![1.0f64; n];
        // The first sign stays: the other half of the flips are mirror images.
        let flips = 1u32 << (n - 1);
        let mut hits = 0u32;
        for code in 0..flips {
            if code > 0 {
                let flipped = 1 + code.trailing_zeros() as usize;
                signs[flipped] = -signs[flipped];
            }
            let sum: f64 = differences.iter().zip(&signs).map(|(d, s)| d * s).sum();
            hits += u32::from(sum.abs() >= least);
        }
        return f64::from(hits) / f64::from(flips);
    }
    let mut stream = Stream::new(0, Purpose::Bootstrap, 1, 0, 0);
    let mut hits = 0u32;
    for _ in 0..DRAWN {
        let mut sum = 0.0;
        let (mut bits, mut left) = (0u32, 0);
        for d in differences {
            if left == 0 {
                (bits, left) = (stream.word(), 32);
            }
            sum += if bits & 1 == 1 { *d } else { -d };
            bits >>= 1;
            left -= 1;
        }
        hits += u32::from(sum.abs() >= least);
    }
    (1.0 + f64::from(hits)) / (1.0 + f64::from(DRAWN))
}

/// The two-sided p-value of Welch's t test of equal means; `None` with fewer than two values on a side.
pub fn welch(left: &[f64], right: &[f64]) -> Option<f64> {
    let (interval, freedom) = welch_interval(left, right, 0.95)?;
    let error = (variance(left) / left.len() as f64 + variance(right) / right.len() as f64).sqrt();
    if error == 0.0 {
        return Some(if interval.mean == 0.0 { 1.0 } else { 0.0 });
    }
    Some(t_two_sided(interval.mean / error, freedom))
}

/// How a mean difference stands to a margin, by two one-sided t tests (Schuirmann 1987).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equality {
    /// p-value of "it is not inside the margin": small shows equality.
    pub inside: f64,
    /// p-value of "it is not outside": small shows a difference larger than the margin.
    pub outside: f64,
}

/// Test whether a mean difference with a standard error and degrees of freedom is within ± margin.
pub fn within(difference: f64, error: f64, freedom: f64, margin: f64) -> Equality {
    if error == 0.0 {
        let inside = difference.abs() <= margin;
        return if inside { Equality { inside: 0.0, outside: 1.0 } } else { Equality { inside: 1.0, outside: 0.0 } };
    }
    let below = 1.0 - t_cdf((difference + margin) / error, freedom);
    let above = t_cdf((difference - margin) / error, freedom);
    let inside = below.max(above);
    // Outside on either side, so twice the smaller tail.
    let outside = (2.0
        * t_cdf((difference + margin) / error, freedom).min(1.0 - t_cdf((difference - margin) / error, freedom)))
    .min(1.0);
    Equality { inside, outside }
}

/// p-values adjusted for being several (Holm 1979), in their order.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut by_size: Vec<usize> = (0..p.len()).collect();
    by_size.sort_by(|&a, &b| p[a].total_cmp(&p[b]).then(a.cmp(&b)));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0f64;
    for (rank, &i) in by_size.iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[i]).min(1.0);
        adjusted[i] = largest;
    }
    adjusted
}

/// The fewest pairs with which sign flips can reach p < alpha at all: 6 for 0.05, since the smallest p is 2/2^n.
pub fn fewest_pairs(alpha: f64) -> u64 {
    let (mut n, mut p) = (1u64, 1.0);
    while p >= alpha && n < 1000 {
        n += 1;
        p *= 0.5;
    }
    n
}

/// Pairs that would show a mean difference like this one with 80 % probability at level alpha, two-sided: the normal approximation with its
/// correction for an estimated deviation (Guenther 1981), never fewer than sign flips need. `None` if the differences show no direction.
pub fn pairs_needed(differences: &[f64], alpha: f64) -> Option<u64> {
    let effect = mean(differences).abs();
    if differences.len() < 2 || effect == 0.0 || !effect.is_finite() {
        return None;
    }
    let ratio = variance(differences) / (effect * effect);
    Some(needed(ratio, alpha)?.max(fewest_pairs(alpha)).max(differences.len() as u64 + 1))
}

/// Values a side that would show a difference of means like this one with 80 % probability, by the same approximation for two samples.
pub fn values_needed(left: &[f64], right: &[f64], alpha: f64) -> Option<u64> {
    let effect = (mean(left) - mean(right)).abs();
    if left.len() < 2 || right.len() < 2 || effect == 0.0 || !effect.is_finite() {
        return None;
    }
    let ratio = (variance(left) + variance(right)) / (effect * effect);
    Some(needed(ratio, alpha)?.max(left.len().min(right.len()) as u64 + 1))
}

/// Values so that (z_{1−α/2} + z_{0.8})²·ratio + z²/2 is reached.
fn needed(ratio: f64, alpha: f64) -> Option<u64> {
    let z = normal_quantile(1.0 - alpha / 2.0);
    let power = normal_quantile(0.8);
    let n = (z + power) * (z + power) * ratio + z * z / 2.0;
    (n < 1e9).then(|| n.ceil() as u64)
}
