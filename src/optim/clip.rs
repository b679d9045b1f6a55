//! Clipping by the global norm (Pascanu et al. 2013).

use crate::kernel::{Isa, Real, elementwise, reduce};

/// Scales the gradient down to the norm `limit` if it is longer; gives the norm that it had.
pub fn clip_norm<T: Real>(isa: Isa, gradient: &mut [T], limit: f64) -> f64 {
    let norm = reduce::sum_of_squares(isa, gradient).to_f64().sqrt();
    if norm > limit {
        elementwise::scale(isa, gradient, T::from_f64(limit / norm));
    }
    norm
}
