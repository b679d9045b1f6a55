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
