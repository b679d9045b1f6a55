//! Passes over numbers one by one.

use super::{Real, Stream, kernel};

kernel! {
    /// y += x.
    pub fn add<T>(y: &mut [T], x: &[T]) {
        assert_eq!(y.len(), x.len());
        for (y, &x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }

    /// y = a + b.
    pub fn sum_of<T>(y: &mut [T], a: &[T], b: &[T]) {
        assert!(y.len() == a.len() && y.len() == b.len());
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = a + b;
        }
    }

    /// y *= x.
    pub fn multiply<T>(y: &mut [T], x: &[T]) {
        assert_eq!(y.len(), x.len());
        for (y, &x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    }

    /// y = a·b, each number with each.
    pub fn product_of<T>(y: &mut [T], a: &[T], b: &[T]) {
        assert!(y.len() == a.len() && y.len() == b.len());
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = a * b;
        }
    }

    /// y *= factor.
    pub fn scale<T>(y: &mut [T], factor: T) {
        for y in y {
            *y *= factor;
        }
    }

    /// y += factor·x, rounded once.
    pub fn add_scaled<T>(y: &mut [T], factor: T, x: &[T]) {
        assert_eq!(y.len(), x.len());
        for (y, &x) in y.iter_mut().zip(x) {
            *y = factor.mul_add(x, *y);
        }
    }

    /// y = keep·y + fresh·x: an exponentially weighted average when keep + fresh = 1.
    pub fn blend<T>(y: &mut [T], keep: T, fresh: T, x: &[T]) {
        assert_eq!(y.len(), x.len());
        for (y, &x) in y.iter_mut().zip(x) {
            *y = fresh.mul_add(x, keep * *y);
        }
    }

    /// Adds the row to every row of y\[rows, row.len()\].
    pub fn add_row<T>(y: &mut [T], row: &[T]) {
        if row.is_empty() {
            return;
        }
        assert_eq!(y.len() % row.len(), 0);
        for y in y.chunks_exact_mut(row.len()) {
            for (y, &b) in y.iter_mut().zip(row) {
                *y += b;
            }
        }
    }

    /// The gradient of l1·Σ|w| + l2/2·Σw² is added to g; that of |w| at 0 is 0.
    pub fn add_penalty_gradient<T>(g: &mut [T], w: &[T], l1: T, l2: T) {
        assert_eq!(g.len(), w.len());
        for (g, &w) in g.iter_mut().zip(w) {
            let sign = if w > T::ZERO { l1 } else { T::ZERO };
            let sign = if w < T::ZERO { -l1 } else { sign };
            *g = l2.mul_add(w, *g + sign);
        }
    }

    fn mask_of_words<T>(mask: &mut [T], words: &[u32], threshold: u32, kept: T) {
        for (mask, &word) in mask.iter_mut().zip(words) {
            *mask = if word < threshold { T::ZERO } else { kept };
        }
    }

    /// Numbers below [`Real::TINY`] become 0.
    pub fn flush<T>(y: &mut [T]) {
        for y in y {
            *y = y.flush();
        }
    }
}

/// Rows of x\[_, columns\] in the order of `index`, one after the other into `out`.
pub fn gather_rows<T: Real>(out: &mut [T], x: &[T], columns: usize, index: &[u32]) {
    assert_eq!(out.len(), index.len() * columns);
    if columns == 0 {
        return;
    }
    for (out, &i) in out.chunks_exact_mut(columns).zip(index) {
        let i = i as usize;
        out.copy_from_slice(&x[i * columns..(i + 1) * columns]);
    }
}

/// The mask of inverted dropout (Srivastava et al. 2014): 0 with probability `rate`, else 1/(1 − rate). A draw a number, in
/// order: f32 and f64 drop the same ones.
pub fn dropout_mask<T: Real>(isa: super::Isa, stream: &mut Stream, rate: f64, mask: &mut [T]) {
    // The nearest below: of 2^32 words, the first `threshold` are dropped. A rate of 1 keeps none.
    let threshold = (rate.clamp(0.0, 1.0) * 4_294_967_296.0) as u32;
    let kept = if rate < 1.0 { T::from_f64(1.0 / (1.0 - rate)) } else { T::ZERO };
    let mut words = [0u32; 256];
    for mask in mask.chunks_mut(words.len()) {
        let words = &mut words[..mask.len()];
        stream.fill_words(isa, words);
        mask_of_words(isa, mask, words, threshold, kept);
    }
}
