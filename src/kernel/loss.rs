//! Losses other than cross entropy: `losses[rows]` gets the loss of each row, `d` the gradient of scale·(their sum).

use super::{kernel, reduce};

kernel! {
    /// Binary cross entropy of sigmoid(z) with targets y in [0, 1], summed over the outputs: Σ softplus(z) − y·z.
    pub fn binary_cross_entropy<T>(outputs: usize, z: &[T], y: &[T], losses: &mut [T]) {
        assert!(z.len() == y.len() && z.len() == losses.len() * outputs);
        if outputs == 0 {
            return;
        }
        for ((z, y), loss) in z.chunks_exact(outputs).zip(y.chunks_exact(outputs)).zip(losses) {
            *loss = reduce::lane_sum2(z, y, |sum, z, y| {
                // max(z, 0) − y·z is exact where it matters; softplus − y·z would cancel.
                let positive = if z > T::ZERO { z } else { T::ZERO };
                sum + ((positive - y * z) + (-z.abs()).exp().ln_1p_unit())
            });
        }
    }

    /// d = (sigmoid(z) − y)·scale.
    pub fn binary_cross_entropy_gradient<T>(z: &[T], y: &[T], scale: T, d: &mut [T]) {
        assert!(z.len() == y.len() && z.len() == d.len());
        for ((d, &z), &y) in d.iter_mut().zip(z).zip(y) {
            *d = ((z.sigmoid() - y) * scale).flush();
        }
    }

    /// Mean over the outputs of (p − y)².
    pub fn squared_error<T>(outputs: usize, p: &[T], y: &[T], losses: &mut [T]) {
        assert!(p.len() == y.len() && p.len() == losses.len() * outputs);
        if outputs == 0 {
            return;
        }
        let share = T::ONE / T::from_usize(outputs);
        for ((p, y), loss) in p.chunks_exact(outputs).zip(y.chunks_exact(outputs)).zip(losses) {
            *loss = share * reduce::lane_sum2(p, y, |sum, p, y| (p - y).mul_add(p - y, sum));
        }
    }

    /// d = 2·(p − y)/outputs·scale.
    pub fn squared_error_gradient<T>(outputs: usize, p: &[T], y: &[T], scale: T, d: &mut [T]) {
        assert!(p.len() == y.len() && p.len() == d.len());
        let factor = (T::ONE + T::ONE) / T::from_usize(outputs.max(1)) * scale;
        for ((d, &p), &y) in d.iter_mut().zip(p).zip(y) {
            *d = ((p - y) * factor).flush();
        }
    }

    /// Mean over the outputs of ½e² for |e| ≤ delta, else delta·(|e| − delta/2) (Huber 1964).
    pub fn huber<T>(outputs: usize, p: &[T], y: &[T], delta: T, losses: &mut [T]) {
        assert!(p.len() == y.len() && p.len() == losses.len() * outputs);
        if outputs == 0 {
            return;
        }
        let (share, half) = (T::ONE / T::from_usize(outputs), T::from_f64(0.5));
        for ((p, y), loss) in p.chunks_exact(outputs).zip(y.chunks_exact(outputs)).zip(losses) {
            *loss = share * reduce::lane_sum2(p, y, |sum, p, y| {
                let e = (p - y).abs();
                let beyond = delta * (e - half * delta);
                sum + if e > delta { beyond } else { half * e * e }
            });
        }
    }

    /// d = clamp(p − y, −delta, delta)/outputs·scale.
    pub fn huber_gradient<T>(outputs: usize, p: &[T], y: &[T], delta: T, scale: T, d: &mut [T]) {
        assert!(p.len() == y.len() && p.len() == d.len());
        let factor = scale / T::from_usize(outputs.max(1));
        for ((d, &p), &y) in d.iter_mut().zip(p).zip(y) {
            let e = p - y;
            let e = if e > delta { delta } else { e };
            let e = if e < -delta { -delta } else { e };
            *d = (e * factor).flush();
        }
    }

    /// Σ over the wrong classes of max(0, 1 + z_j − z_label) (Weston & Watkins 1999).
    pub fn hinge<T>(classes: usize, z: &[T], labels: &[u32], losses: &mut [T]) {
        assert!(z.len() == labels.len() * classes && losses.len() == labels.len());
        if classes == 0 {
            return;
        }
        for ((z, &label), loss) in z.chunks_exact(classes).zip(labels).zip(losses) {
            let truth = z[label as usize];
            let all = reduce::lane_sum(z, |sum, z| {
                let margin = T::ONE + (z - truth);
                sum + if margin < T::ZERO { T::ZERO } else { margin }
            });
            // The label's own margin is 1.
            *loss = all - T::ONE;
        }
    }

    /// d_j = scale where the margin is broken, d_label = −scale·(how many are).
    pub fn hinge_gradient<T>(classes: usize, z: &[T], labels: &[u32], scale: T, d: &mut [T]) {
        assert!(z.len() == labels.len() * classes && d.len() == z.len());
        if classes == 0 {
            return;
        }
        for ((z, &label), d) in z.chunks_exact(classes).zip(labels).zip(d.chunks_exact_mut(classes)) {
            let truth = z[label as usize];
            let broken = reduce::lane_sum(z, |sum, z| {
                sum + if T::ONE + (z - truth) > T::ZERO { T::ONE } else { T::ZERO }
            });
            for (d, &z) in d.iter_mut().zip(z) {
                *d = if T::ONE + (z - truth) > T::ZERO { scale } else { T::ZERO };
            }
            d[label as usize] = -(broken - T::ONE) * scale;
        }
    }
}
