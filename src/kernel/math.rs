//! Elementary functions of single f64 numbers, for everything that is not a kernel: correctly rounded in practice, in plain
//! Rust, the same on every machine. The methods of `std` call the platform's library, whose bits differ.

/// e^x.
pub fn exp(x: f64) -> f64 {
    pxfm::f_exp(x)
}

/// e^x − 1.
pub fn exp_m1(x: f64) -> f64 {
    pxfm::f_expm1(x)
}

/// 2^x.
pub fn exp2(x: f64) -> f64 {
    pxfm::f_exp2(x)
}

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    pxfm::f_log(x)
}

/// ln(1 + x).
pub fn ln_1p(x: f64) -> f64 {
    pxfm::f_log1p(x)
}

/// Logarithm to base 2.
pub fn log2(x: f64) -> f64 {
    pxfm::f_log2(x)
}

/// Logarithm to base 10.
pub fn log10(x: f64) -> f64 {
    pxfm::f_log10(x)
}

/// x^y.
pub fn powf(x: f64, y: f64) -> f64 {
    pxfm::f_pow(x, y)
}

/// x^n by repeated squaring, each product rounded.
pub fn powi(x: f64, n: i32) -> f64 {
    let (mut base, mut rest, mut y) = (x, n.unsigned_abs(), 1.0);
    while rest > 0 {
        if rest & 1 == 1 {
            y *= base;
        }
        base *= base;
        rest >>= 1;
    }
    if n < 0 { 1.0 / y } else { y }
}

/// Sine, in radians.
pub fn sin(x: f64) -> f64 {
    pxfm::f_sin(x)
}

/// Cosine, in radians.
pub fn cos(x: f64) -> f64 {
    pxfm::f_cos(x)
}

/// Tangent, in radians.
pub fn tan(x: f64) -> f64 {
    pxfm::f_tan(x)
}

/// The angle of (x, y), in radians.
pub fn atan2(y: f64, x: f64) -> f64 {
    pxfm::f_atan2(y, x)
}

/// Hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    pxfm::f_tanh(x)
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    pxfm::f_erf(x)
}

/// 1 − erf(x), without cancellation.
pub fn erfc(x: f64) -> f64 {
    pxfm::f_erfc(x)
}

/// √(x² + y²).
pub fn hypot(x: f64, y: f64) -> f64 {
    pxfm::f_hypot(x, y)
}

/// ln|Γ(x)|.
pub fn ln_gamma(x: f64) -> f64 {
    pxfm::f_lgamma(x)
}
