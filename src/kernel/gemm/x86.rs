//! The microkernels for AVX2 with FMA and for AVX-512.

use std::arch::x86_64::*;

use super::blocked;
use super::strided::{Begin, Product, Tile, Unit};
use crate::kernel::isa::Path;
use crate::kernel::{Real, Team};

/// Computes a product on the path.
///
/// # Safety
/// As of [`blocked::run`].
pub(super) unsafe fn run<T: Real>(path: Path, team: &mut Team, buffers: &mut [Vec<T>], product: Product<T>) {
    // SAFETY: f32 and f64 are the only types, so that the size tells which; the rest is the caller's.
    unsafe {
        match (path, T::BYTES) {
            (Path::Avx512, 4) => blocked::run::<Avx512F32>(team, same(buffers), product.cast()),
            (Path::Avx512, _) => blocked::run::<Avx512F64>(team, same(buffers), product.cast()),
            (_, 4) => blocked::run::<Avx2F32>(team, same(buffers), product.cast()),
            (_, _) => blocked::run::<Avx2F64>(team, same(buffers), product.cast()),
        }
    }
}

/// Another name of the same type.
///
/// # Safety
/// T is U.
unsafe fn same<T: Real, U: Real>(buffers: &mut [Vec<T>]) -> &mut [Vec<U>] {
    assert_eq!(T::BYTES, U::BYTES);
    // SAFETY: the caller's.
    unsafe { &mut *(std::ptr::from_mut(buffers) as *mut [Vec<U>]) }
}

macro_rules! unit {
    ($name:ident, $t:ty, $features:literal, lanes $lanes:literal, tile $rows:literal x $vectors:literal,
     $zero:ident, $splat:ident, $load:ident, $store:ident, $fma:ident,
     mask $mask:expr, $load_part:expr, $store_part:expr, $transpose:ident, calls [$(($r:literal, $v:literal)),*]) => {
        pub(super) struct $name;

        impl $name {
            #[target_feature(enable = $features)]
            unsafe fn microkernel<const R: usize, const V: usize, const PART: bool>(tile: Tile<$t>) {
                let Tile { k, mut a, a_row, a_k, mut b, b_k, c, c_row, begin, last } = tile;
                let mask = $mask(last);
                let load = |from: *const $t, v: usize| {
                    // SAFETY: the tile's numbers; the last vector is masked where it is not whole.
                    unsafe {
                        let from = from.add(v * $lanes);
                        if PART && v == V - 1 { $load_part(from, mask) } else { $load(from) }
                    }
                };
                let mut sum = [[$zero(); V]; R];
                // SAFETY: the tile's numbers.
                unsafe {
                    match begin {
                        Begin::Zero => {}
                        Begin::Output => {
                            for r in 0..R {
                                for v in 0..V {
                                    sum[r][v] = load(c.add(r * c_row), v);
                                }
                            }
                        }
                        Begin::Row(row) => {
                            for v in 0..V {
                                let row = load(row, v);
                                for r in 0..R {
                                    sum[r][v] = row;
                                }
                            }
                        }
                    }
                    for _ in 0..k {
                        let mut line = [$zero(); V];
                        for v in 0..V {
                            line[v] = load(b, v);
                        }
                        for r in 0..R {
                            let x = $splat(*a.add(r * a_row));
                            for v in 0..V {
                                sum[r][v] = $fma(x, line[v], sum[r][v]);
                            }
                        }
                        a = a.add(a_k);
                        b = b.add(b_k);
                    }
                    for r in 0..R {
                        for v in 0..V {
                            let to = c.add(r * c_row + v * $lanes);
                            if PART && v == V - 1 { $store_part(to, mask, sum[r][v]) } else { $store(to, sum[r][v]) }
                        }
                    }
                }
            }
        }

        impl Unit for $name {
            type T = $t;
            const LANES: usize = $lanes;
            const ROWS: usize = $rows;
            const VECTORS: usize = $vectors;

            #[inline(always)]
            unsafe fn tile(rows: usize, vectors: usize, tile: Tile<$t>) {
                // SAFETY: the caller's.
                unsafe {
                    match (rows, vectors, tile.last < $lanes) {
                        $(
                            ($r, $v, false) => Self::microkernel::<$r, $v, false>(tile),
                            ($r, $v, true) => Self::microkernel::<$r, $v, true>(tile),
                        )*
                        _ => unreachable!("no such tile"),
                    }
                }
            }

            #[inline(always)]
            fn prefetch(address: *const $t) {
                // SAFETY: a hint that may be given for any address.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
            }

            unsafe fn transpose(
                rows: usize,
                columns: usize,
                from: *const $t,
                from_step: usize,
                to: *mut $t,
                to_step: usize,
            ) {
                // SAFETY: the caller's.
                unsafe { $transpose(rows, columns, from, from_step, to, to_step) }
            }
        }
    };
}

const fn low_bits(n: usize) -> u16 {
    ((1u32 << n) - 1) as u16
}

unit!(
    Avx512F32, f32, "avx512f,avx2,fma", lanes 16, tile 8 x 2,
    _mm512_setzero_ps, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps,
    mask low_bits, |from, mask| _mm512_maskz_loadu_ps(mask, from), |to, mask, x| _mm512_mask_storeu_ps(to, mask, x),
    transpose_f32, calls [(8, 2), (8, 1), (4, 2), (4, 1), (2, 2), (2, 1), (1, 2), (1, 1)]
);
unit!(
    Avx512F64, f64, "avx512f,avx2,fma", lanes 8, tile 8 x 2,
    _mm512_setzero_pd, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd,
    mask |n| low_bits(n) as u8, |from, mask| _mm512_maskz_loadu_pd(mask, from),
    |to, mask, x| _mm512_mask_storeu_pd(to, mask, x),
    transpose_f64, calls [(8, 2), (8, 1), (4, 2), (4, 1), (2, 2), (2, 1), (1, 2), (1, 1)]
);
unit!(
    Avx2F32, f32, "avx2,fma", lanes 8, tile 6 x 2,
    _mm256_setzero_ps, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps,
    mask |n| _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
    |from, mask| _mm256_maskload_ps(from, mask), |to, mask, x| _mm256_maskstore_ps(to, mask, x),
    transpose_f32, calls [(6, 2), (6, 1), (4, 2), (4, 1), (2, 2), (2, 1), (1, 2), (1, 1)]
);
unit!(
    Avx2F64, f64, "avx2,fma", lanes 4, tile 6 x 2,
    _mm256_setzero_pd, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd,
    mask |n| _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3)),
    |from, mask| _mm256_maskload_pd(from, mask), |to, mask, x| _mm256_maskstore_pd(to, mask, x),
    transpose_f64, calls [(6, 2), (6, 1), (4, 2), (4, 1), (2, 2), (2, 1), (1, 2), (1, 1)]
);

/// 8 x 8 blocks in registers.
#[target_feature(enable = "avx2")]
unsafe fn transpose_f32(rows: usize, columns: usize, from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    for j in (0..columns).step_by(8) {
        for i in (0..rows).step_by(8) {
            let mut x = [_mm256_setzero_ps(); 8];
            for (l, x) in x.iter_mut().enumerate() {
                // SAFETY: the caller's.
                *x = unsafe { _mm256_loadu_ps(from.add((j + l) * from_step + i)) };
            }
            let mut y = [_mm256_setzero_ps(); 8];
            for l in 0..4 {
                y[2 * l] = _mm256_unpacklo_ps(x[2 * l], x[2 * l + 1]);
                y[2 * l + 1] = _mm256_unpackhi_ps(x[2 * l], x[2 * l + 1]);
            }
            for h in 0..2 {
                for l in 0..2 {
                    let (low, high) = (y[4 * h + l], y[4 * h + l + 2]);
                    x[4 * h + 2 * l] = _mm256_shuffle_ps::<0x44>(low, high);
                    x[4 * h + 2 * l + 1] = _mm256_shuffle_ps::<0xEE>(low, high);
                }
            }
            for l in 0..4 {
                y[l] = _mm256_permute2f128_ps::<0x20>(x[l], x[l + 4]);
                y[l + 4] = _mm256_permute2f128_ps::<0x31>(x[l], x[l + 4]);
            }
            for (l, &y) in y.iter().enumerate() {
                // SAFETY: the caller's.
                unsafe { _mm256_storeu_ps(to.add((i + l) * to_step + j), y) };
            }
        }
    }
}

/// 4 x 4 blocks in registers.
#[target_feature(enable = "avx2")]
unsafe fn transpose_f64(rows: usize, columns: usize, from: *const f64, from_step: usize, to: *mut f64, to_step: usize) {
    for j in (0..columns).step_by(4) {
        for i in (0..rows).step_by(4) {
            let mut x = [_mm256_setzero_pd(); 4];
            for (l, x) in x.iter_mut().enumerate() {
                // SAFETY: the caller's.
                *x = unsafe { _mm256_loadu_pd(from.add((j + l) * from_step + i)) };
            }
            let low = [_mm256_unpacklo_pd(x[0], x[1]), _mm256_unpacklo_pd(x[2], x[3])];
            let high = [_mm256_unpackhi_pd(x[0], x[1]), _mm256_unpackhi_pd(x[2], x[3])];
            let y = [
                _mm256_permute2f128_pd::<0x20>(low[0], low[1]),
                _mm256_permute2f128_pd::<0x20>(high[0], high[1]),
                _mm256_permute2f128_pd::<0x31>(low[0], low[1]),
                _mm256_permute2f128_pd::<0x31>(high[0], high[1]),
            ];
            for (l, &y) in y.iter().enumerate() {
                // SAFETY: the caller's.
                unsafe { _mm256_storeu_pd(to.add((i + l) * to_step + j), y) };
            }
        }
    }
}
