//! The update rules over flat slices. Gradients, state and parameters below [`crate::kernel::Real::TINY`] become zero.

use crate::kernel::kernel;

kernel! {
    pub(super) fn sgd<T>(w: &mut [T], g: &[T], v: &mut [T], rate: T, momentum: T, nesterov: bool) {
        for ((w, &g), v) in w.iter_mut().zip(g).zip(v) {
            let g = g.flush();
            *v = momentum.mul_add(*v, g).flush();
            let step = if nesterov { momentum.mul_add(*v, g) } else { *v };
            *w = (-rate).mul_add(step, *w).flush();
        }
    }

    pub(super) fn rms_prop<T>(w: &mut [T], g: &[T], s: &mut [T], rate: T, decay: T, rest: T, epsilon: T) {
        for ((w, &g), s) in w.iter_mut().zip(g).zip(s) {
            let g = g.flush();
            *s = decay.mul_add(*s, rest * (g * g)).flush();
            *w = (-rate).mul_add(g / (s.sqrt() + epsilon), *w).flush();
        }
    }

    pub(super) fn adam<T>(
        w: &mut [T],
        g: &[T],
        m: &mut [T],
        s: &mut [T],
        rate: T,
        beta: (T, T),
        rest: (T, T),
        root_correction: T,
        epsilon: T,
        decay: T,
    ) {
        for (((w, &g), m), s) in w.iter_mut().zip(g).zip(m).zip(s) {
            let g = g.flush();
            *m = beta.0.mul_add(*m, rest.0 * g).flush();
            *s = beta.1.mul_add(*s, rest.1 * (g * g)).flush();
            let step = *m / s.sqrt().mul_add(root_correction, epsilon);
            *w = (-rate).mul_add(step, *w * decay).flush();
        }
    }

    pub(super) fn adagrad<T>(w: &mut [T], g: &[T], s: &mut [T], rate: T, epsilon: T) {
        for ((w, &g), s) in w.iter_mut().zip(g).zip(s) {
            let g = g.flush();
            *s = g.mul_add(g, *s).flush();
            *w = (-rate).mul_add(g / (s.sqrt() + epsilon), *w).flush();
        }
    }

    pub(super) fn lion<T>(w: &mut [T], g: &[T], m: &mut [T], rate: T, beta: (T, T), rest: (T, T), decay: T) {
        for ((w, &g), m) in w.iter_mut().zip(g).zip(m) {
            let g = g.flush();
            let ahead = beta.0.mul_add(*m, rest.0 * g);
            // A NaN stays a NaN.
            let sign = if ahead > T::ZERO { T::ONE } else { ahead };
            let sign = if ahead < T::ZERO { -T::ONE } else { sign };
            *w = (-rate).mul_add(sign, *w * decay).flush();
            *m = beta.1.mul_add(*m, rest.1 * g).flush();
        }
    }
}
