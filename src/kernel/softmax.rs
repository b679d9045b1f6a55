//! Softmax over the rows of a matrix, its cross entropy and its gradient.

use super::{Real, kernel, reduce};

/// p = e^{z − max} by lanes and their sum; lanes past the end of the row do not count. Returns (max, sum).
#[inline(always)]
fn exponentials<T: Real>(z: &[T], p: &mut [T]) -> (T, T) {
    let largest = reduce::lane_max(z);
    for (p, &z) in p.iter_mut().zip(z) {
        *p = (z - largest).exp();
    }
    (largest, reduce::lane_sum(p, |sum, p| sum + p))
}

kernel! {
    /// p = softmax of each row of z\[rows, classes\]; probabilities below [`Real::TINY`] are 0.
    pub fn softmax<T>(classes: usize, z: &[T], p: &mut [T]) {
        assert_eq!(z.len(), p.len());
        if classes == 0 {
            return;
        }
        assert_eq!(z.len() % classes, 0);
        for (z, p) in z.chunks_exact(classes).zip(p.chunks_exact_mut(classes)) {
            let (_, sum) = exponentials(z, p);
            let inverse = T::ONE / sum;
            for p in p {
                *p = (*p * inverse).flush();
            }
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
        let rows = z.chunks_exact(classes).zip(p.chunks_exact_mut(classes));
        for (((z, p), &label), loss) in rows.zip(labels).zip(losses) {
            let (largest, sum) = exponentials(z, p);
            let inverse = T::ONE / sum;
            for p in p {
                *p = (*p * inverse).flush();
            }
            let truth = z[label as usize] - largest;
            *loss = sum.ln() - truth;
            if smoothing > T::ZERO {
                let others = reduce::lane_sum(z, |sum, z| sum + (z - largest));
                *loss = sum.ln() - ((T::ONE - smoothing) * truth + spread * others);
            }
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
            for d in d {
                *d = ((*d - spread) * scale).flush();
            }
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
