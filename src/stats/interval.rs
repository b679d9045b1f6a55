//! Means with intervals: Student's t, Welch, and the BCa bootstrap.

use super::distribution::{normal_cdf, normal_quantile, t_quantile};
use crate::kernel::philox::{Purpose, Stream};

/// Resamples of a bootstrap.
const RESAMPLES: u32 = 10_000;

/// A mean and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end; the mean itself if there is one value only.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// From so many values.
    pub count: usize,
}

impl Interval {
    /// Half the width; `None` with fewer than two values, where nothing is known of the spread.
    pub fn half_width(&self) -> Option<f64> {
        (self.count > 1).then_some(0.5 * (self.high - self.low))
    }
}

/// The arithmetic mean; the value itself, exactly, when all are equal.
pub fn mean(values: &[f64]) -> f64 {
    match values.first() {
        Some(&first) if values.iter().all(|&v| v == first) => first,
        _ => values.iter().sum::<f64>() / values.len() as f64,
    }
}

/// The sample variance, with n − 1; 0 for fewer than two values.
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (values.len() - 1) as f64
}

/// The mean with its Student t interval at a level such as 0.95; `None` for no values.
pub fn mean_interval(values: &[f64], level: f64) -> Option<Interval> {
    if values.is_empty() {
        return None;
    }
    let (mean, count) = (mean(values), values.len());
    if count == 1 {
        return Some(Interval { mean, low: mean, high: mean, count });
    }
    let error = (variance(values) / count as f64).sqrt();
    let half = error * t_quantile(0.5 + level / 2.0, (count - 1) as f64);
    Some(Interval { mean, low: mean - half, high: mean + half, count })
}

/// The bias-corrected and accelerated bootstrap interval of the mean (Efron 1987), acceleration by the jackknife, 10,000 resamples from a fixed
/// stream: the same values give the same interval. `None` for no values; a point for one value or equal ones.
pub fn bca_interval(values: &[f64], level: f64) -> Option<Interval> {
    let count = values.len();
    let middle = if count == 0 { return None } else { mean(values) };
    if count == 1 || values.iter().all(|v| *v == values[0]) {
        return Some(Interval { mean: middle, low: middle, high: middle, count });
    }
    let mut stream = Stream::new(0, Purpose::Bootstrap, 0, 0, 0);
    let mut means: Vec<f64> =
        (0..RESAMPLES).map(|_| (0..count).map(|_| values[stream.below(count)]).sum::<f64>() / count as f64).collect();
    means.sort_by(f64::total_cmp);
    // Ties count half, so that a coarse distribution is not taken for a biased one.
    let below = means.partition_point(|&m| m < middle) as f64;
    let equal = means.partition_point(|&m| m <= middle) as f64 - below;
    let share = ((below + 0.5 * equal) / f64::from(RESAMPLES)).clamp(1e-6, 1.0 - 1e-6);
    let bias = normal_quantile(share);
    // For a mean, the jackknife's deviations are those of the values themselves, divided by n − 1.
    let (mut squares, mut cubes) = (0.0, 0.0);
    for v in values {
        let d = v - middle;
        squares += d * d;
        cubes += d * d * d;
    }
    let acceleration = cubes / (6.0 * squares * squares.sqrt());
    let end = |p: f64| {
        let z = bias + normal_quantile(p);
        let place = normal_cdf(bias + z / (1.0 - acceleration * z));
        let at = (place * f64::from(RESAMPLES)).floor() as usize;
        means[at.min(means.len() - 1)]
    };
    let tail = (1.0 - level) / 2.0;
    Some(Interval { mean: middle, low: end(tail), high: end(1.0 - tail), count })
}

/// The difference of two means, left − right, with Welch's interval, and Welch's degrees of freedom (Welch 1947, Satterthwaite 1946). `None`
/// with fewer than two values on a side.
pub fn welch_interval(left: &[f64], right: &[f64], level: f64) -> Option<(Interval, f64)> {
    let (n, m) = (left.len() as f64, right.len() as f64);
    if left.len() < 2 || right.len() < 2 {
        return None;
    }
    let (a, b) = (variance(left) / n, variance(right) / m);
    let difference = mean(left) - mean(right);
    let freedom = if a + b > 0.0 { (a + b) * (a + b) / (a * a / (n - 1.0) + b * b / (m - 1.0)) } else { n + m - 2.0 };
    let half = (a + b).sqrt() * t_quantile(0.5 + level / 2.0, freedom);
    let count = left.len().min(right.len());
    Some((Interval { mean: difference, low: difference - half, high: difference + half, count }, freedom))
}
