//! The two types of numbers, f32 and f64, and their elementary functions.
//!
//! Every function is a short polynomial on `mul_add`, without tables, branches or calls, so that the compiler vectorises it and
//! the bits are those of the scalar code. Errors: see `docs/numerics.md`; results below [`Real::TINY`] are zero where said.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::coefficients as poly;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// f32 or f64.
pub trait Real:
    sealed::Sealed
    + Copy
    + Default
    + Debug
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + serde::Serialize
    + serde::de::DeserializeOwned
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Infinity.
    const INFINITY: Self;
    /// Magnitudes below this are flushed to zero where the contract says so: 2^-100 for f32, 2^-960 for f64.
    const TINY: Self;
    /// Bytes of one number.
    const BYTES: usize;

    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// The nearest number of this type.
    fn from_usize(n: usize) -> Self;
    /// The bits, widened.
    fn bits(self) -> u64;
    /// self·a + b, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// Correctly rounded.
    fn sqrt(self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// The magnitude of self with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// e^self; results below [`Real::TINY`] are 0.
    fn exp(self) -> Self;
    /// e^self − 1.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + self) for self in [0, 1].
    fn ln_1p_unit(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;

    /// 1/(1 + e^−self); results below [`Real::TINY`] are 0.
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let e = (-self.abs()).exp();
        let numerator = if self < Self::ZERO { e } else { Self::ONE };
        numerator / (Self::ONE + e)
    }

    /// ln(1 + e^self).
    #[inline(always)]
    fn softplus(self) -> Self {
        let positive = if self < Self::ZERO { Self::ZERO } else { self };
        positive + (-self.abs()).exp().ln_1p_unit()
    }

    /// Zero if the magnitude is below [`Real::TINY`]; a NaN stays.
    #[inline(always)]
    fn flush(self) -> Self {
        if self.abs() < Self::TINY { Self::ZERO } else { self }
    }

    /// The larger; `other` if either is NaN.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    /// The smaller; `other` if either is NaN.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
}

macro_rules! real {
    ($t:ident, mantissa $mantissa:literal, bias $bias:literal, tiny $tiny:expr, exp $exp_lo:expr, $exp_hi:expr,
     erf_max $erf_max:literal, $exp:ident, $ln:ident, $ln_1p:ident, $tanh:ident, $erf:ident, $erfc:ident, $ln2:ident) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $t::INFINITY;
            const TINY: Self = $tiny;
            const BYTES: usize = size_of::<$t>();

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn from_usize(n: usize) -> Self {
                n as $t
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                self.to_bits() as u64
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                $t::mul_add(self, a, b)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                $t::copysign(self, sign)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }

            #[inline(always)]
            fn exp(self) -> Self {
                let (half, r, q) = reduce_exp::$t(self);
                let y = ($t::mul_add(r * r, q, r) + 1.0) * half * 2.0;
                let y = if self > $exp_hi { $t::INFINITY } else { y };
                if self < $exp_lo { 0.0 } else { y }
            }

            #[inline(always)]
            fn exp_m1(self) -> Self {
                let (half, r, q) = reduce_exp::$t(self);
                let y = $t::mul_add($t::mul_add(r * r, q, r), half, half - 0.5) * 2.0;
                let y = if self > $exp_hi { $t::INFINITY } else { y };
                if self < $exp_lo { -1.0 } else { y }
            }

            #[inline(always)]
            fn ln(self) -> Self {
                // Subnormal inputs are brought into the normal range; 2^-mantissa-1 undoes it in the exponent.
                let subnormal = self < $t::MIN_POSITIVE;
                let lifted = if subnormal { self * $t::from_bits(($bias + $mantissa + 1) << $mantissa) } else { self };
                let lift: $t = if subnormal { ($mantissa + 1) as $t } else { 0.0 };
                let bits = lifted.to_bits();
                // Take the exponent so that the mantissa lies in [√½, √2).
                let root_half = std::f64::consts::FRAC_1_SQRT_2 as $t;
                let shifted = bits.wrapping_sub(root_half.to_bits());
                let exponent = shifted & !((1 << $mantissa) - 1);
                let m = $t::from_bits(bits.wrapping_sub(exponent));
                // The exponent as a float, by the bits of a big one: no conversion instruction is needed.
                let biased = shifted.wrapping_add($bias << $mantissa) >> $mantissa;
                let magic = (1u64 << $mantissa) as $t;
                let e = $t::from_bits(magic.to_bits() | biased) - (magic + $bias as $t) - lift;
                let f = m - 1.0;
                let s = f / (2.0 + f);
                let z = s * s;
                let rest = z * horner(z, &poly::$ln);
                let log = f - s * (f - rest);
                let y = $t::mul_add(e, poly::$ln2[0], $t::mul_add(e, poly::$ln2[1], log));
                let y = if self == $t::INFINITY { $t::INFINITY } else { y };
                let y = if self == 0.0 { $t::NEG_INFINITY } else { y };
                if self >= 0.0 { y } else { $t::NAN }
            }

            #[inline(always)]
            fn ln_1p_unit(self) -> Self {
                let s = self / (2.0 + self);
                let z = s * s;
                self - s * (self - z * horner(z, &poly::$ln_1p))
            }

            #[inline(always)]
            fn tanh(self) -> Self {
                let z = self * self;
                let near = $t::mul_add(self * z, horner(z, &poly::$tanh), self);
                let far = 1.0 - 2.0 / (Real::exp(2.0 * self.abs()) + 1.0);
                if self.abs() < 0.625 { near } else { far.copysign(self) }
            }

            #[inline(always)]
            fn erf(self) -> Self {
                let x = self.abs();
                let z = self * self;
                let near = $t::mul_add(self, horner(z, &poly::$erf), self);
                let inside = Real::smaller($erf_max, x);
                let t = 2.0 / (2.0 + inside) - 0.45;
                let far = 1.0 - Real::exp(-inside * inside) * horner(t, &poly::$erfc);
                if x < 1.0 { near } else { far.copysign(self) }
            }
        }
    };
}

/// c[0] + c[1]·x + c[2]·x² + …
#[inline(always)]
pub(super) fn horner<T: Real, const N: usize>(x: T, c: &[T; N]) -> T {
    let mut y = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        y = y.mul_add(x, c[i]);
    }
    y
}

/// x = n·ln2 + r: gives 2^(n−1), r, and Q(r) with e^r = 1 + r + r²·Q(r). Garbage where e^x is out of range.
mod reduce_exp {
    use super::{horner, poly};

    #[inline(always)]
    pub fn f32(x: f32) -> (f32, f32, f32) {
        const MAGIC: f32 = 12_582_912.0; // 1.5·2^23: adding it rounds to whole numbers
        let shifted = f32::mul_add(x, std::f32::consts::LOG2_E, MAGIC);
        let n = shifted - MAGIC;
        let r = f32::mul_add(n, -poly::LN2_32[1], f32::mul_add(n, -poly::LN2_32[0], x));
        let n = shifted.to_bits().wrapping_sub(MAGIC.to_bits());
        (f32::from_bits(n.wrapping_add(126) << 23), r, horner(r, &poly::EXP_32))
    }

    #[inline(always)]
    pub fn f64(x: f64) -> (f64, f64, f64) {
        const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5·2^52
        let shifted = f64::mul_add(x, std::f64::consts::LOG2_E, MAGIC);
        let n = shifted - MAGIC;
        let r = f64::mul_add(n, -poly::LN2_64[1], f64::mul_add(n, -poly::LN2_64[0], x));
        let n = shifted.to_bits().wrapping_sub(MAGIC.to_bits());
        (f64::from_bits(n.wrapping_add(1022) << 52), r, horner(r, &poly::EXP_64))
    }
}

real!(f32, mantissa 23, bias 127, tiny f32::from_bits((127 - 100) << 23), exp -69.314_72, 88.722_84, erf_max 4.0,
    EXP_32, LN_32, LN_1P_32, TANH_32, ERF_32, ERFC_32, LN2_32);
real!(f64, mantissa 52, bias 1023, tiny f64::from_bits((1023 - 960) << 52), exp -665.421_293_337_507_9, 709.782_712_893_384,
    erf_max 6.0, EXP_64, LN_64, LN_1P_64, TANH_64, ERF_64, ERFC_64, LN2_64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math;

    /// Largest error in units of the last place of the f32 result, against pxfm's f64 functions, over a sweep of f32 inputs.
    fn worst32(inputs: impl Iterator<Item = f32>, ours: fn(f32) -> f32, exact: fn(f64) -> f64) -> (f64, f32) {
        let mut worst = (0.0, 0.0);
        for x in inputs {
            let (found, exact) = (f64::from(ours(x)), exact(f64::from(x)));
            let ulp = f64::from(f32::from_bits((exact as f32).abs().to_bits() + 1)) - f64::from((exact as f32).abs());
            let error = (found - exact).abs() / ulp;
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        worst
    }

    /// The same for f64, against the correctly rounded result.
    fn worst64(inputs: impl Iterator<Item = f64>, ours: fn(f64) -> f64, exact: fn(f64) -> f64) -> (f64, f64) {
        let mut worst = (0.0, 0.0);
        for x in inputs {
            let (found, exact) = (ours(x), exact(x));
            let ulp = f64::from_bits(exact.abs().to_bits() + 1) - exact.abs();
            let error = (found - exact).abs() / ulp;
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        worst
    }

    /// Every so-many-th f32 of both signs with magnitude in [low, high].
    fn sweep(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (low.to_bits()..=high.to_bits()).step_by(1999).map(f32::from_bits).flat_map(|x| [x, -x])
    }

    fn even(low: f64, high: f64) -> impl Iterator<Item = f64> {
        let n = 200_000;
        (0..=n).map(move |i| low + (high - low) * (f64::from(i) + 0.123) / (f64::from(n) + 1.0))
    }

    #[test]
    fn f32_functions_are_near_the_exact_ones() {
        let tiny = 1e-30;
        let checks: [(&str, f64, (f64, f32)); 7] = [
            ("exp", 1.0, worst32(sweep(tiny, 88.7).filter(|&x| x > -69.3), Real::exp, math::exp)),
            ("exp_m1", 1.5, worst32(sweep(tiny, 20.0).filter(|&x| x < 0.0), Real::exp_m1, math::exp_m1)),
            ("ln", 1.0, worst32(sweep(1e-45, f32::MAX).filter(|&x| x > 0.0), Real::ln, math::ln)),
            ("ln_1p", 1.5, worst32(sweep(tiny, 1.0).filter(|&x| x > 0.0), Real::ln_1p_unit, math::ln_1p)),
            ("tanh", 1.5, worst32(sweep(tiny, 30.0), Real::tanh, math::tanh)),
            ("erf", 1.5, worst32(sweep(tiny, 10.0), Real::erf, math::erf)),
            ("sigmoid", 2.5, worst32(sweep(tiny, 69.0), Real::sigmoid, |x| 1.0 / (1.0 + math::exp(-x)))),
        ];
        for (name, allowed, (worst, at)) in checks {
            assert!(worst <= allowed, "{name}: {worst} ulp at {at}");
        }
    }

    #[test]
    fn f64_functions_are_near_the_exact_ones() {
        let checks = [
            ("exp", 1.0, worst64(even(-665.0, 709.7).chain(even(-1.0, 1.0)), Real::exp, math::exp)),
            ("exp_m1", 1.5, worst64(even(-40.0, 0.0).chain(even(-1e-3, 0.0)), Real::exp_m1, math::exp_m1)),
            ("ln", 1.0, worst64(even(0.0, 3.0).chain(even(0.0, 1e300)), Real::ln, math::ln)),
            ("ln_1p", 1.0, worst64(even(0.0, 1.0), Real::ln_1p_unit, math::ln_1p)),
            ("tanh", 1.5, worst64(even(-25.0, 25.0).chain(even(-1.0, 1.0)), Real::tanh, math::tanh)),
            ("erf", 1.5, worst64(even(-7.0, 7.0).chain(even(-1.1, 1.1)), Real::erf, math::erf)),
        ];
        for (name, allowed, (worst, at)) in checks {
            assert!(worst <= allowed, "{name}: {worst} ulp at {at}");
        }
    }

    #[test]
    fn ends_of_the_ranges() {
        fn check<T: Real>() {
            let (zero, one, inf) = (T::ZERO, T::ONE, T::INFINITY);
            let nan = inf - inf;
            let is_nan = |x: T| x.partial_cmp(&x).is_none();
            for f in [T::exp, T::exp_m1, T::ln, T::tanh, T::erf, T::sigmoid, T::softplus] {
                assert!(is_nan(f(nan)));
            }
            assert!(zero.exp() == one && inf.exp() == inf && (-inf).exp() == zero);
            assert!((-inf).exp_m1() == -one && zero.exp_m1() == zero);
            assert!(zero.ln() == -inf && inf.ln() == inf && one.ln() == zero && is_nan((-one).ln()));
            assert!(inf.tanh() == one && (-inf).tanh() == -one && inf.erf() == one && (-inf).erf() == -one);
            assert!(inf.sigmoid() == one && (-inf).sigmoid() == zero && zero.sigmoid() == T::from_f64(0.5));
            assert!((-inf).softplus() == zero && inf.softplus() == inf);
            assert!(T::TINY.flush() == T::TINY && (T::TINY * T::from_f64(-0.99)).flush().bits() == zero.bits());
            assert!(is_nan(nan.flush()));
        }
        check::<f32>();
        check::<f64>();
        assert_eq!((Real::exp(-69.32f32), Real::exp(89.0f32)), (0.0, f32::INFINITY));
        assert_eq!((Real::exp(-666.0f64), Real::exp(709.8f64)), (0.0, f64::INFINITY));
        assert!(Real::exp(88.72f32).is_finite() && Real::exp(709.78f64).is_finite());
    }
}
