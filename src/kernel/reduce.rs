//! Sums in one fixed order.
//!
//! Along a slice: number j goes to lane j mod 16, each lane is one chain in rising order, and the lanes are folded in halves
//! (i with i + 8, then i + 4, i + 2, i + 1). Down the columns of a matrix: row r goes to chain r mod 4, folded the same way.

use super::{Real, kernel};

/// Lanes of a sum along a slice.
pub const LANES: usize = 16;
/// Chains of a sum down a column.
pub const CHAINS: usize = 4;

/// Folds lanes in halves.
#[inline(always)]
pub(super) fn fold<T: Real>(mut lanes: [T; LANES], f: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = f(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The numbers from `at` on.
#[inline(always)]
pub(super) fn load<T: Real, const W: usize>(x: &[T], at: usize) -> [T; W] {
    *x[at..].first_chunk().expect("a whole tile")
}

/// Σ over the slice by lanes, where `step` adds a number to its lane.
#[inline(always)]
pub(super) fn lane_sum<T: Real>(x: &[T], step: impl Fn(T, T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = step(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = step(*lane, x);
    }
    fold(lanes, |a, b| a + b)
}

/// The same over two slices side by side.
#[inline(always)]
pub(super) fn lane_sum2<T: Real>(x: &[T], y: &[T], step: impl Fn(T, T, T) -> T) -> T {
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    let mut lanes = [T::ZERO; LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane = step(*lane, x, y);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(xs.remainder()).zip(ys.remainder()) {
        *lane = step(*lane, x, y);
    }
    fold(lanes, |a, b| a + b)
}

/// The largest of the slice, −∞ for an empty one; a NaN may be passed over.
#[inline(always)]
pub(super) fn lane_max<T: Real>(x: &[T]) -> T {
    let mut lanes = [-T::INFINITY; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = x.larger(*lane);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = x.larger(*lane);
    }
    fold(lanes, |a, b| a.larger(b))
}

/// Work on some columns of a matrix; columns know nothing of each other, so that the width changes no bit.
pub(super) trait ColumnPass {
    /// Columns `from..from + W`.
    fn tile<const W: usize>(&mut self, from: usize);
}

/// Runs the pass over all columns, in tiles as wide as fit.
#[inline(always)]
pub(super) fn over_columns(columns: usize, pass: &mut impl ColumnPass) {
    let mut from = 0;
    // The rows of a wide matrix are whole pages apart: narrow tiles would find none of them in the first-level cache again.
    while columns - from >= 128 {
        pass.tile::<128>(from);
        from += 128;
    }
    while columns - from >= 32 {
        pass.tile::<32>(from);
        from += 32;
    }
    while columns - from >= 16 {
        pass.tile::<16>(from);
        from += 16;
    }
    if columns - from >= 8 {
        pass.tile::<8>(from);
        from += 8;
    }
    if columns - from >= 4 {
        pass.tile::<4>(from);
        from += 4;
    }
    if columns - from >= 2 {
        pass.tile::<2>(from);
        from += 2;
    }
    if columns - from >= 1 {
        pass.tile::<1>(from);
    }
}

/// Folds chains in halves.
#[inline(always)]
pub(super) fn fold_chains<T: Real, const W: usize>(sums: [[T; W]; CHAINS]) -> [T; W] {
    let mut total = [T::ZERO; W];
    for j in 0..W {
        total[j] = (sums[0][j] + sums[2][j]) + (sums[1][j] + sums[3][j]);
    }
    total
}

struct ColumnSums<'a, T> {
    x: &'a [T],
    rows: usize,
    columns: usize,
    sums: &'a mut [T],
}

impl<T: Real> ColumnPass for ColumnSums<'_, T> {
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize) {
        let mut sums = [[T::ZERO; W]; CHAINS];
        for row in (0..self.rows).step_by(CHAINS) {
            for c in 0..CHAINS.min(self.rows - row) {
                let x: [T; W] = load(self.x, (row + c) * self.columns + from);
                for j in 0..W {
                    sums[c][j] += x[j];
                }
            }
        }
        self.sums[from..from + W].copy_from_slice(&fold_chains(sums));
    }
}

kernel! {
    /// Σ x.
    pub fn sum<T>(x: &[T]) -> T {
        lane_sum(x, |sum, x| sum + x)
    }

    /// Σ x².
    pub fn sum_of_squares<T>(x: &[T]) -> T {
        lane_sum(x, |sum, x| x.mul_add(x, sum))
    }

    /// Σ |x|.
    pub fn sum_of_magnitudes<T>(x: &[T]) -> T {
        lane_sum(x, |sum, x| sum + x.abs())
    }

    /// Σ x·y.
    pub fn dot<T>(x: &[T], y: &[T]) -> T {
        assert_eq!(x.len(), y.len());
        lane_sum2(x, y, |sum, x, y| x.mul_add(y, sum))
    }

    /// The largest; −∞ for an empty slice; a NaN may be passed over.
    pub fn largest<T>(x: &[T]) -> T {
        lane_max(x)
    }

    /// sums\[columns\] = Σ over the rows of x\[rows, columns\]: a bias gradient.
    pub fn column_sums<T>(x: &[T], sums: &mut [T]) {
        let columns = sums.len();
        if columns == 0 {
            return;
        }
        assert_eq!(x.len() % columns, 0);
        over_columns(columns, &mut ColumnSums { x, rows: x.len() / columns, columns, sums });
    }
}
