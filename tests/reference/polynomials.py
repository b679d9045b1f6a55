"""Near-minimax polynomials of kernel/functions: interpolation at Chebyshev nodes, in 60 digits.

Run with mpmath installed; prints src/kernel/coefficients.rs. Each polynomial is the shortest whose error,
relative to the function that it is part of, stays below a fraction of the rounding unit.
"""

import struct

from mpmath import mp, mpf

mp.dps = 60


def interpolate(f, lo, hi, degree):
    """Coefficients, lowest first, of the polynomial through f at the Chebyshev nodes of [lo, hi]."""
    n = degree + 1
    mid, half = (lo + hi) / 2, (hi - lo) / 2
    nodes = [mid + half * mp.cos((2 * i + 1) * mp.pi / (2 * n)) for i in range(n)]
    diff = [f(x) for x in nodes]
    for level in range(1, n):
        for i in range(n - 1, level - 1, -1):
            diff[i] = (diff[i] - diff[i - 1]) / (nodes[i] - nodes[i - level])
    coefficients = [mpf(0)] * n
    for i in range(n - 1, -1, -1):
        shifted = [mpf(0)] + coefficients[:-1]
        coefficients = [s - nodes[i] * c for s, c in zip(shifted, coefficients)]
        coefficients[0] += diff[i]
    return coefficients


def error(f, weight, lo, hi, coefficients):
    worst = mpf(0)
    for i in range(801):
        x = lo + (hi - lo) * i / 800
        worst = max(worst, abs((mp.polyval(coefficients[::-1], x) - f(x)) * weight(x)))
    return worst


def series(f, taylor_at_zero):
    """f, with its limit where the formula divides by zero."""
    return lambda x: taylor_at_zero if abs(x) < mpf(10) ** -40 else f(x)


ln2half = mp.log(2) / 2
atanh_rest = lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z
small_s = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
FITS = [
    # name, doc, f, weight (error in the final value per error of f, relative), lo, hi
    ("EXP", "(e^r − 1 − r)/r² on |r| ≤ ln2/2, close enough for e^r − 1", series(lambda r: (mp.exp(r) - 1 - r) / r**2, mpf(1) / 2),
     lambda r: abs(r), -ln2half, ln2half),
    ("LN", "(ln((1+s)/(1−s)) − 2s)/s³ in z = s², for m in [√½, √2]", series(atanh_rest, mpf(2) / 3),
     lambda z: z / 2, mpf(0), small_s**2),
    ("LN_1P", "the same in z = s², for 1 ≤ 1+e ≤ 2", series(atanh_rest, mpf(2) / 3), lambda z: z / 2, mpf(0), mpf(1) / 9),
    ("TANH", "(tanh x − x)/x³ in z = x², |x| ≤ 0.625",
     series(lambda z: (mp.tanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mpf(1) / 3), lambda z: z, mpf(0), mpf("0.625") ** 2),
    ("ERF", "erf x/x − 1 in z = x², |x| ≤ 1", series(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 2 / mp.sqrt(mp.pi) - 1),
     lambda z: mpf(1), mpf(0), mpf(1)),
    ("ERFC", "erfc(x)·e^{x²} in t = 2/(2+x) − 0.45, 1 ≤ x ≤ 6",
     lambda t: (lambda x: mp.erfc(x) * mp.exp(x * x))(2 / (t + mpf("0.45")) - 2),
     lambda t: (lambda x: mp.exp(-x * x))(2 / (t + mpf("0.45")) - 2), mpf("0.25") - mpf("0.45"), mpf(2) / 3 - mpf("0.45")),
    ("SIN", "sin(πy/2)/y in z = y², |y| ≤ ½", series(lambda z: mp.sin(mp.pi / 2 * mp.sqrt(z)) / mp.sqrt(z), mp.pi / 2),
     lambda z: mpf(1), mpf(0), mpf(1) / 4),
    ("COS", "cos(πy/2) in z = y², |y| ≤ ½", lambda z: mp.cos(mp.pi / 2 * mp.sqrt(z)), lambda z: mpf(1), mpf(0), mpf(1) / 4),
]


def f32(x):
    return struct.unpack("f", struct.pack("f", float(x)))[0]


def short32(x):
    """The shortest decimal that reads back as the f32 x."""
    for digits in range(1, 10):
        text = f"{x:.{digits - 1}e}"
        if f32(float(text)) == x:
            return text
    return repr(x)


print("//! Polynomials of the elementary functions, lowest power first. Made by tests/reference/polynomials.py.\n")
print("#![allow(clippy::excessive_precision, clippy::approx_constant)]")
for name, doc, f, weight, lo, hi in FITS:
    for suffix, unit in (("32", mpf(2) ** -24), ("64", mpf(2) ** -53)):
        if name in ("SIN", "COS") and suffix == "32":
            continue
        for degree in range(2, 40):
            c = interpolate(f, lo, hi, degree)
            worst = error(f, weight, lo, hi, c)
            if worst < unit / 16:
                break
        kind = f"f{suffix}"
        values = [short32(f32(x)) if suffix == "32" else repr(float(x)) for x in c]
        values = [v if ("." in v or "e" in v) else v + ".0" for v in values]
        print(f"\n/// {doc}; error {mp.nstr(worst, 2)}.")
        print(f"pub(super) const {name}_{suffix}: [{kind}; {len(c)}] = [{', '.join(values)}];")
hi32 = mpf(int(mp.log(2) * 2**15)) / 2**15
ln2 = mp.log(2)
hi64 = mpf(int(ln2 * 2**42)) / 2**42
print(f"\n/// ln 2 in two parts; the first times any exponent is exact.\npub(super) const LN2_32: [f32; 2] = [{short32(f32(hi32))}, {short32(f32(ln2 - hi32))}];")
print(f"\n/// ln 2 in two parts; the first times any exponent is exact.\npub(super) const LN2_64: [f64; 2] = [{float(hi64)!r}, {float(ln2 - hi64)!r}];")
