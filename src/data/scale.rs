//! Scaling features, fitted on the training rows only.

use serde::{Deserialize, Serialize};

use super::examples::{Block, Numbers};
use super::facts::moments;
use super::parallel;
use super::spec::Normalize;

/// x becomes (x − center) / spread, in f64, for each feature; where the spread is 0 (a constant feature) it becomes 0,
/// for every x. One-hot and boolean features keep their 0 and 1 (center 0, spread 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// What is taken away: the mean for zscore, the smallest value for minmax.
    pub center: Vec<f64>,
    /// What it is divided by: the population deviation (by n) for zscore, largest − smallest for minmax.
    pub spread: Vec<f64>,
}

impl Scaling {
    /// Leaves `features` numbers as they are.
    pub fn identity(features: usize) -> Self {
        Scaling { center: vec![0.0; features], spread: vec![1.0; features] }
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.center.iter().all(|&c| c == 0.0) && self.spread.iter().all(|&s| s == 1.0)
    }

    /// The scaled value of feature `j`.
    #[inline]
    pub fn forward(&self, j: usize, x: f64) -> f64 {
        scaled(x, self.center[j], self.spread[j])
    }

    /// The value of feature `j` whose scaled value is `z`; the center for a constant feature.
    #[inline]
    pub fn back(&self, j: usize, z: f64) -> f64 {
        z * self.spread[j] + self.center[j]
    }
}

/// (x − center) / spread, or 0.
#[inline]
pub(super) fn scaled(x: f64, center: f64, spread: f64) -> f64 {
    if spread == 0.0 { 0.0 } else { (x - center) / spread }
}

/// Center and spread of one column.
pub(super) fn fit(values: impl Iterator<Item = f64> + Clone, rule: Normalize) -> (f64, f64) {
    match rule {
        Normalize::None => (0.0, 1.0),
        Normalize::Zscore => moments(values),
        Normalize::Minmax => {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for x in values {
                low = low.min(x);
                high = high.max(x);
            }
            if low > high { (0.0, 0.0) } else { (low, high - low) }
        }
    }
}

/// Mean and deviation of every number of a block over `rows`.
pub(super) fn block_moments(block: &Block, rows: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let width = block.shape.size();
    if let Numbers::U8(bytes) = &block.numbers {
        return byte_moments(bytes, width, rows);
    }
    let every: Vec<usize> = (0..width).collect();
    let pairs = parallel::map(&every, width * rows.len(), |_, &j| {
        moments(rows.iter().map(|&r| block.numbers.get(r as usize * width + j)))
    });
    pairs.into_iter().unzip()
}

/// The deviation of all numbers of a block together.
pub(super) fn pixel_deviation(block: &Block) -> f64 {
    match &block.numbers {
        Numbers::F32(v) => moments(v.iter().map(|&x| f64::from(x))).1,
        Numbers::F64(v) => moments(v.iter().copied()).1,
        Numbers::U8(bytes) => {
            let (mut sum, mut square) = (0u128, 0u128);
            for part in bytes.chunks(65_536) {
                let (mut s, mut q) = (0u32, 0u32);
                for &x in part {
                    s += u32::from(x);
                    q += u32::from(x) * u32::from(x);
                }
                sum += u128::from(s);
                square += u128::from(q);
            }
            let n = bytes.len().max(1) as u128;
            ((n * square - sum * sum) as f64 / (n * n) as f64).sqrt()
        }
    }
}

/// The same for bytes, by exact whole-number sums.
fn byte_moments(bytes: &[u8], width: usize, rows: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let (mut sums, mut squares) = (vec![0u64; width], vec![0u64; width]);
    // 65,536 squares of a byte just fit in 32 bits.
    for rows in rows.chunks(65_536) {
        let (mut sum, mut square) = (vec![0u32; width], vec![0u32; width]);
        for &row in rows {
            let row = &bytes[row as usize * width..(row as usize + 1) * width];
            for ((&x, s), q) in row.iter().zip(&mut sum).zip(&mut square) {
                *s += u32::from(x);
                *q += u32::from(x) * u32::from(x);
            }
        }
        for j in 0..width {
            sums[j] += u64::from(sum[j]);
            squares[j] += u64::from(square[j]);
        }
    }
    let n = rows.len().max(1) as u128;
    sums.iter()
        .zip(&squares)
        .map(|(&s, &q)| {
            let (s, q) = (u128::from(s), u128::from(q));
            (s as f64 / n as f64, ((n * q - s * s) as f64 / (n * n) as f64).sqrt())
        })
        .unzip()
}

/// Smallest and largest − smallest of every number of a block over `rows`.
pub(super) fn block_ranges(block: &Block, rows: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let width = block.shape.size();
    let every: Vec<usize> = (0..width).collect();
    let pairs = parallel::map(&every, width * rows.len(), |_, &j| {
        fit(rows.iter().map(|&r| block.numbers.get(r as usize * width + j)), Normalize::Minmax)
    });
    pairs.into_iter().unzip()
}
