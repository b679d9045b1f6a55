//! Activation functions and their derivatives, over flat slices.

use serde::{Deserialize, Serialize};

use super::{Isa, Real, kernel};

/// An activation function, applied to each number alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// max(0, z).
    Relu,
    /// z for z > 0, else slope·z.
    LeakyRelu {
        /// Of the negative side.
        slope: f64,
    },
    /// z for z > 0, else e^z − 1 (Clevert et al. 2015).
    Elu,
    /// Scaled ELU (Klambauer et al. 2017).
    Selu,
    /// z·Φ(z), by the error function (Hendrycks & Gimpel 2016).
    Gelu,
    /// z·σ(z).
    Silu,
    /// Hyperbolic tangent.
    Tanh,
    /// 1/(1+e^−z).
    Sigmoid,
    /// ln(1+e^z).
    Softplus,
    /// z.
    Identity,
}

/// λ of SELU (Klambauer et al. 2017, equation 14).
pub const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// α of SELU.
pub const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

/// a = f(z).
pub fn forward<T: Real>(isa: Isa, f: Activation, z: &[T], a: &mut [T]) {
    assert_eq!(z.len(), a.len());
    match f {
        Activation::Relu => relu(isa, z, a),
        Activation::LeakyRelu { slope } => leaky_relu(isa, z, a, T::from_f64(slope)),
        Activation::Elu => elu(isa, z, a, T::ONE, T::ONE),
        Activation::Selu => elu(isa, z, a, T::from_f64(SELU_SCALE), T::from_f64(SELU_SCALE * SELU_ALPHA)),
        Activation::Gelu => gelu(isa, z, a),
        Activation::Silu => silu(isa, z, a),
        Activation::Tanh => tanh(isa, z, a),
        Activation::Sigmoid => sigmoid(isa, z, a),
        Activation::Softplus => softplus(isa, z, a),
        Activation::Identity => a.copy_from_slice(z),
    }
}

/// d *= f′(z), given z and a = f(z); results below [`Real::TINY`] are 0. At a kink the derivative is that of the left side.
pub fn backward<T: Real>(isa: Isa, f: Activation, z: &[T], a: &[T], d: &mut [T]) {
    assert!(z.len() == a.len() && z.len() == d.len());
    match f {
        Activation::Relu => relu_backward(isa, a, d),
        Activation::LeakyRelu { slope } => leaky_relu_backward(isa, z, d, T::from_f64(slope)),
        Activation::Elu => elu_backward(isa, z, a, d, T::ONE, T::ONE),
        Activation::Selu => elu_backward(isa, z, a, d, T::from_f64(SELU_SCALE), T::from_f64(SELU_SCALE * SELU_ALPHA)),
        Activation::Gelu => gelu_backward(isa, z, d),
        Activation::Silu => silu_backward(isa, z, d),
        Activation::Tanh => tanh_backward(isa, a, d),
        Activation::Sigmoid => sigmoid_backward(isa, a, d),
        Activation::Softplus => softplus_backward(isa, z, d),
        Activation::Identity => {}
    }
}

kernel! {
    fn relu<T>(z: &[T], a: &mut [T]) {
        for (a, &z) in a.iter_mut().zip(z) {
            // A NaN passes, so that a diverged training shows.
            *a = if z < T::ZERO { T::ZERO } else { z };
        }
    }

    fn relu_in_place<T>(a: &mut [T]) {
        for a in a {
            *a = if *a < T::ZERO { T::ZERO } else { *a };
        }
    }

    fn relu_backward<T>(a: &[T], d: &mut [T]) {
        for (d, &a) in d.iter_mut().zip(a) {
            *d = if a > T::ZERO { d.flush() } else { T::ZERO };
        }
    }

    fn leaky_relu<T>(z: &[T], a: &mut [T], slope: T) {
        for (a, &z) in a.iter_mut().zip(z) {
            *a = if z > T::ZERO { z } else { slope * z };
        }
    }

    fn leaky_relu_backward<T>(z: &[T], d: &mut [T], slope: T) {
        for (d, &z) in d.iter_mut().zip(z) {
            *d = if z > T::ZERO { *d } else { slope * *d }.flush();
        }
    }

    fn elu<T>(z: &[T], a: &mut [T], positive: T, negative: T) {
        for (a, &z) in a.iter_mut().zip(z) {
            let below = negative * z.exp_m1();
            *a = if z > T::ZERO { positive * z } else { below };
        }
    }

    fn elu_backward<T>(z: &[T], a: &[T], d: &mut [T], positive: T, negative: T) {
        for ((d, &z), &a) in d.iter_mut().zip(z).zip(a) {
            let slope = if z > T::ZERO { positive } else { a + negative };
            *d = (*d * slope).flush();
        }
    }

    fn gelu<T>(z: &[T], a: &mut [T]) {
        let (half, root) = (T::from_f64(0.5), T::from_f64(std::f64::consts::FRAC_1_SQRT_2));
        for (a, &z) in a.iter_mut().zip(z) {
            *a = z * (half + half * (z * root).erf());
        }
    }

    fn gelu_backward<T>(z: &[T], d: &mut [T]) {
        let (half, root) = (T::from_f64(0.5), T::from_f64(std::f64::consts::FRAC_1_SQRT_2));
        let peak = T::from_f64(0.398_942_280_401_432_7); // 1/√(2π)
        for (d, &z) in d.iter_mut().zip(z) {
            let density = peak * (-(half * z) * z).exp();
            *d = (*d * z.mul_add(density, half + half * (z * root).erf())).flush();
        }
    }

    fn silu<T>(z: &[T], a: &mut [T]) {
        for (a, &z) in a.iter_mut().zip(z) {
            *a = z * z.sigmoid();
        }
    }

    fn silu_backward<T>(z: &[T], d: &mut [T]) {
        for (d, &z) in d.iter_mut().zip(z) {
            let s = z.sigmoid();
            *d = (*d * (s * z.mul_add(T::ONE - s, T::ONE))).flush();
        }
    }

    fn tanh<T>(z: &[T], a: &mut [T]) {
        for (a, &z) in a.iter_mut().zip(z) {
            *a = z.tanh();
        }
    }

    fn tanh_backward<T>(a: &[T], d: &mut [T]) {
        for (d, &a) in d.iter_mut().zip(a) {
            *d = (*d * ((T::ONE - a) * (T::ONE + a))).flush();
        }
    }

    fn sigmoid<T>(z: &[T], a: &mut [T]) {
        for (a, &z) in a.iter_mut().zip(z) {
            *a = z.sigmoid();
        }
    }

    fn sigmoid_backward<T>(a: &[T], d: &mut [T]) {
        for (d, &a) in d.iter_mut().zip(a) {
            *d = (*d * (a * (T::ONE - a))).flush();
        }
    }

    fn softplus<T>(z: &[T], a: &mut [T]) {
        for (a, &z) in a.iter_mut().zip(z) {
            *a = z.softplus();
        }
    }

    fn softplus_backward<T>(z: &[T], d: &mut [T]) {
        for (d, &z) in d.iter_mut().zip(z) {
            *d = (*d * z.sigmoid()).flush();
        }
    }
}

/// a = f(a).
pub fn apply<T: Real>(isa: Isa, f: Activation, a: &mut [T]) {
    match f {
        Activation::Identity => {}
        Activation::Relu => relu_in_place(isa, a),
        // Beside their arithmetic the copy is nothing.
        _ => {
            let mut z = [T::ZERO; 256];
            for a in a.chunks_mut(z.len()) {
                let z = &mut z[..a.len()];
                z.copy_from_slice(a);
                forward(isa, f, z, a);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_place_gives_the_same_bits() {
        use Activation::*;
        let z: Vec<f32> = (-300..300).map(|i| i as f32 / 37.0).chain([f32::NAN, f32::INFINITY, -0.0]).collect();
        for isa in Isa::available() {
            for f in [Relu, LeakyRelu { slope: 0.1 }, Elu, Selu, Gelu, Silu, Tanh, Sigmoid, Softplus, Identity] {
                let (mut apart, mut place) = (vec![0.0; z.len()], z.clone());
                forward(isa, f, &z, &mut apart);
                apply(isa, f, &mut place);
                assert!(apart.iter().zip(&place).all(|(a, b)| a.to_bits() == b.to_bits()), "{f:?} on {isa}");
            }
        }
    }
}
