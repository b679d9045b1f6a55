//! Softmax over the rows of a matrix, its cross entropy and its gradient.

use super::reduce::LANES;
use super::{Real, kernel, reduce};

/// 0, 1, 2, …, which the compiler is kept from knowing: it would make a branch a lane of a comparison that is one instruction.
#[inline(always)]
fn places<T: Real>() -> [T; LANES] {
    std::hint::black_box(std::array::from_fn(T::from_usize))
}

/// Probabilities of the row of `z` at `at` into the same place of `p`. Returns (max, Σ e^{z − max}).
#[inline(always)]
fn row_of<T: Real>(z: &[T], p: &mut [T], at: usize, classes: usize, place: &[T; LANES]) -> (T, T) {
    if classes <= LANES && at + LANES <= z.len() {
        // A narrow row in one go; what is read past its end does not count, what is written there is written again by the
        // row that follows.
        let width = T::from_usize(classes);
        let mut lanes: [T; LANES] = reduce::load(z, at);
        for j in 0..LANES {
            lanes[j] = if place[j] < width { lanes[j] } else { -T::INFINITY };
        }
        let largest = reduce::fold(lanes.map(|z| z.larger(-T::INFINITY)), |a, b| a.larger(b));
        let mut sums = [T::ZERO; LANES];
        for j in 0..LANES {
            let e = (lanes[j] - largest).exp();
            lanes[j] = if place[j] < width { e } else { T::ZERO };
            sums[j] += lanes[j];
        }
        let sum = reduce::fold(sums, |a, b| a + b);
        let inverse = T::ONE / sum;
        let p: &mut [T; LANES] = p[at..].first_chunk_mut().expect("a whole row");
        for j in 0..LANES {
            p[j] = (lanes[j] * inverse).flush();
        }
        return (largest, sum);
    }
    let (z, p) = (&z[at..at + classes], &mut p[at..at + classes]);
    let largest = reduce::lane_max(z);
    for (p, &z) in p.iter_mut().zip(z) {
        *p = (z - largest).exp();
    }
    let sum = reduce::lane_sum(p, |sum, p| sum + p);
    let inverse = T::ONE / sum;
    for p in p {
        *p = (*p * inverse).flush();
    }
    (largest, sum)
}

kernel! {
    /// p = softmax of each row of z\[rows, classes\]; probabilities below [`Real::TINY`] are 0.
    pub fn softmax<T>(classes: usize, z: &[T], p: &mut [T]) {
        assert_eq!(z.len(), p.len());
        if classes == 0 {
            return;
        }
        assert_eq!(z.len() % classes, 0);
        let place = places();
        for at in (0..z.len()).step_by(classes) {
            row_of(z, p, at, classes, &place);
        }
    }

    /// d = the gradient by z, given p = softmax(z) and d = the gradient by p: p·(d − Σ p·d). For a softmax that is not fused
    /// with its loss.
    pub fn softmax_backward<T>(classes: usize, p: &[T], d: &mut [T]) {
        assert_eq!(p.len(), d.len());
        if classes == 0 {
            return;
        }
        for (p, d) in p.chunks_exact(classes).zip(d.chunks_exact_mut(classes)) {
            let mean = reduce::lane_sum2(p, d, |sum, p, d| p.mul_add(d, sum));
            for (d, &p) in d.iter_mut().zip(p) {
                *d = (p * (*d - mean)).flush();
            }
        }
    }

    /// Cross entropy of softmax(z\[rows, classes\]) with the label of each row, by log-sum-exp.
    ///
    /// `losses[rows]` gets the loss of each row, `p` the probabilities. With smoothing s the target is (1 − s)·y + s/classes
    /// (Szegedy et al. 2016).
    pub fn cross_entropy<T>(classes: usize, z: &[T], labels: &[u32], smoothing: T, losses: &mut [T], p: &mut [T]) {
        assert!(z.len() == labels.len() * classes && losses.len() == labels.len() && p.len() == z.len());
        if classes == 0 {
            return;
        }
        let spread = smoothing / T::from_usize(classes);
        let place = places();
        // The logarithms of some rows at once.
        for (block, (labels, losses)) in labels.chunks(LANES).zip(losses.chunks_mut(LANES)).enumerate() {
            let (mut sums, mut expected) = ([T::ONE; LANES], [T::ZERO; LANES]);
            for (i, &label) in labels.iter().enumerate() {
                let at = (block * LANES + i) * classes;
                let (largest, sum) = row_of(z, p, at, classes, &place);
                let z = &z[at..at + classes];
                let truth = z[label as usize] - largest;
                sums[i] = sum;
                expected[i] = truth;
                if smoothing > T::ZERO {
                    let others = reduce::lane_sum(z, |sum, z| sum + (z - largest));
                    expected[i] = (T::ONE - smoothing) * truth + spread * others;
                }
            }
            for i in 0..LANES {
                sums[i] = sums[i].ln() - expected[i];
            }
            losses.copy_from_slice(&sums[..losses.len()]);
        }
    }

    /// The gradient of scale·(sum of the losses of the rows) by z, in place of the probabilities: d = (p − target)·scale.
    pub fn cross_entropy_gradient<T>(classes: usize, labels: &[u32], smoothing: T, scale: T, d: &mut [T]) {
        assert_eq!(d.len(), labels.len() * classes);
        if classes == 0 {
            return;
        }
        let spread = smoothing / T::from_usize(classes);
        for (d, &label) in d.chunks_exact_mut(classes).zip(labels) {
            d[label as usize] -= T::ONE - smoothing;
        }
        for d in d {
            *d = ((*d - spread) * scale).flush();
        }
    }

    /// The place of the largest of each row, the first of equals.
    pub fn argmax<T>(classes: usize, z: &[T], places: &mut [u32]) {
        assert_eq!(z.len(), places.len() * classes);
        if classes == 0 {
            return;
        }
        for (z, place) in z.chunks_exact(classes).zip(places) {
            let mut best = 0;
            for j in 1..classes {
                best = if z[j] > z[best] { j } else { best };
            }
            *place = best as u32;
        }
    }
}
