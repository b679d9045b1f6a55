//! The order in which the tiles of a product are computed, and the copies that make it fast. Nothing here changes a bit.
//!
//! Small products read the operands where they are. Big ones go the way of Goto & van de Geijn (2008): a block of B in panels as
//! wide as a tile, a block of A in panels as high, both copied so that a tile reads straight ahead.

use super::strided::{Product, Tile, Unit};
use crate::kernel::{Real, Team};

/// Bytes of B up to which it is read where it is.
const DIRECT: usize = 40 * 1024;
/// Longest block along the inner index: a panel of B of two AVX-512 vectors then fills the first-level cache.
const DEPTH: usize = 256;
/// Rows of a packed block of A.
const HIGH: usize = 256;
/// Columns of a packed block of B.
const WIDE: usize = 1024;
/// No tile of any instruction set is higher or wider.
const TILE: usize = 64;

/// Length of a block along the inner index: equal parts of k that are no longer than the cache wants.
fn depth(k: usize) -> usize {
    k.div_ceil(k.div_ceil(DEPTH).max(1)).max(1)
}

fn is_direct<T: Real>(m: usize, k: usize, n: usize) -> bool {
    k * n * T::BYTES <= DIRECT || m < 8
}

/// Room for whole panels of so many lines.
fn panels_room(lines: usize) -> usize {
    (lines + TILE).next_multiple_of(TILE)
}

/// Numbers of buffer that a product of this size may need, a line for alignment included.
pub(super) fn room<T: Real>(m: usize, k: usize, n: usize) -> usize {
    let line = 64 / T::BYTES;
    if is_direct::<T>(m, k, n) {
        return k.next_multiple_of(8) * n.next_multiple_of(line) + line;
    }
    depth(k) * (panels_room(n.min(WIDE)) + panels_room(m.min(HIGH))) + line
}

/// Computes a product, in equal parts of its longer side if there is more than one buffer.
///
/// # Safety
/// The pointers reach what the product covers, the buffers have [`room`], and the machine has the instructions.
pub(super) unsafe fn run<U: Unit>(team: &mut Team, buffers: &mut [Vec<U::T>], product: Product<U::T>) {
    let parts = buffers.len();
    let direct = is_direct::<U::T>(product.m, product.k, product.n);
    if parts == 1 {
        // SAFETY: the caller's.
        unsafe { part::<U>(product, direct, &mut buffers[0]) };
        return;
    }
    let by_columns = product.n >= product.m;
    let (length, step) = if by_columns { (product.n, U::VECTORS * U::LANES) } else { (product.m, U::ROWS) };
    let share = length.div_ceil(parts).next_multiple_of(step);
    let buffers = Shared(buffers.as_mut_ptr());
    team.run(parts, &|i| {
        let from = (i * share).min(length);
        let count = share.min(length - from);
        if count > 0 {
            // SAFETY: each part has columns or rows and a buffer of its own; the rest is the caller's.
            unsafe {
                let product = if by_columns { product.columns(from, count) } else { product.rows(from, count) };
                part::<U>(product, direct, &mut *buffers.at(i));
            }
        }
    });
}

/// Buffers, one a thread.
struct Shared<T>(*mut Vec<T>);

// SAFETY: thread i touches the buffer i alone.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    unsafe fn at(&self, i: usize) -> *mut Vec<T> {
        // SAFETY: the caller's.
        unsafe { self.0.add(i) }
    }
}

/// A product on one thread.
///
/// # Safety
/// As of [`run`].
unsafe fn part<U: Unit>(product: Product<U::T>, direct: bool, buffer: &mut [U::T]) {
    let buffer = aligned(buffer);
    // SAFETY: the caller's.
    unsafe { if direct { in_place::<U>(product, buffer) } else { packed::<U>(product, buffer) } }
}

/// The buffer from its first whole cache line on.
fn aligned<T: Real>(buffer: &mut [T]) -> *mut T {
    let start = buffer.as_mut_ptr();
    start.wrapping_byte_add(start.align_offset(64) * T::BYTES)
}

/// Reads A and B where they are; a B that runs the other way is transposed first.
///
/// # Safety
/// As of [`run`].
unsafe fn in_place<U: Unit>(product: Product<U::T>, buffer: *mut U::T) {
    let (mut b, mut b_k) = (product.b, product.b_k);
    if product.b_column != 1 {
        let step = product.n.next_multiple_of(64 / U::T::BYTES);
        // SAFETY: the buffer has room for k x n in whole lines.
        unsafe { transpose::<U>(product.k, product.n, product.b, product.b_column, buffer, step) };
        (b, b_k) = (buffer, step);
    }
    let width = U::VECTORS * U::LANES;
    let mut j = 0;
    while j < product.n {
        // SAFETY: within the product.
        unsafe {
            let tile = Tile {
                k: product.k,
                a: product.a,
                a_row: product.a_row,
                a_k: product.a_k,
                b: b.add(j),
                b_k,
                c: product.c.add(j),
                c_row: product.c_row,
                begin: product.begin.at_column(j),
                last: 0,
            };
            strip::<U>(product.m, width.min(product.n - j), tile);
        }
        j += width;
    }
}

/// All rows of one strip of tiles.
///
/// # Safety
/// As of [`run`].
#[inline(always)]
unsafe fn strip<U: Unit>(m: usize, columns: usize, mut tile: Tile<U::T>) {
    let vectors = columns.div_ceil(U::LANES);
    tile.last = columns - (vectors - 1) * U::LANES;
    let mut left = m;
    while left > 0 {
        let rows = match left {
            // Two tiles of 4 rather than 6 and 2: a low tile waits for its own results.
            8 if U::ROWS == 6 => 4,
            left if left >= U::ROWS => U::ROWS,
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        // SAFETY: within the product.
        unsafe {
            U::tile(rows, vectors, tile);
            tile.a = tile.a.add(rows * tile.a_row);
            tile.c = tile.c.add(rows * tile.c_row);
        }
        left -= rows;
    }
}

/// Copies blocks of A and B into panels.
///
/// # Safety
/// As of [`run`].
unsafe fn packed<U: Unit>(product: Product<U::T>, buffer: *mut U::T) {
    let Product { m, k, n, .. } = product;
    let width = U::VECTORS * U::LANES;
    let deep = depth(k);
    // SAFETY: the buffer has room for both blocks.
    let (a_block, b_block) = unsafe { (buffer.add(deep * panels_room(n.min(WIDE))), buffer) };
    for left in (0..n).step_by(WIDE) {
        let wide = WIDE.min(n - left);
        for first in (0..k).step_by(deep) {
            let deep = deep.min(k - first);
            // SAFETY: within the product and the buffer.
            unsafe {
                let b = product.b.add(first * product.b_k + left * product.b_column);
                pack::<U>(width, wide, deep, b, product.b_column, product.b_k, b_block);
            }
            for top in (0..m).step_by(HIGH) {
                let high = HIGH.min(m - top);
                // SAFETY: as above.
                unsafe {
                    let a = product.a.add(top * product.a_row + first * product.a_k);
                    pack::<U>(U::ROWS, high, deep, a, product.a_row, product.a_k, a_block);
                    for j in (0..wide).step_by(width) {
                        let tile = Tile {
                            k: deep,
                            a: a_block,
                            a_row: 1,
                            a_k: U::ROWS,
                            b: b_block.add(j * deep),
                            b_k: width,
                            c: product.c.add(top * product.c_row + left + j),
                            c_row: product.c_row,
                            begin: if first == 0 {
                                product.begin.at_column(left + j)
                            } else {
                                super::strided::Begin::Output
                            },
                            last: 0,
                        };
                        panels::<U>(high, width.min(wide - j), tile);
                    }
                }
            }
        }
    }
}

/// All tiles against one packed panel of B.
///
/// # Safety
/// As of [`run`].
#[inline(always)]
unsafe fn panels<U: Unit>(high: usize, columns: usize, mut tile: Tile<U::T>) {
    for i in (0..high).step_by(U::ROWS) {
        // SAFETY: within the block; a last, lower panel is split into tiles that start within it.
        unsafe {
            let below = tile.c.wrapping_add(U::ROWS * tile.c_row);
            if i + U::ROWS < high {
                // The partials of the next tile come from far away; they arrive while this one is computed.
                for r in 0..U::ROWS.min(high - i - U::ROWS) {
                    U::prefetch(below.wrapping_add(r * tile.c_row));
                    U::prefetch(below.wrapping_add(r * tile.c_row + columns - 1));
                }
            }
            strip::<U>(U::ROWS.min(high - i), columns, tile);
            tile.a = tile.a.add(U::ROWS * tile.k);
            tile.c = below;
        }
    }
}

/// Copies `count` lines of length `deep` into panels of `width` lines: to\[panel\]\[p\]\[line\]. Missing lines of the last panel are
/// left as they are: what is computed from them is not kept.
///
/// # Safety
/// The pointers reach what is copied.
unsafe fn pack<U: Unit>(
    width: usize,
    count: usize,
    deep: usize,
    from: *const U::T,
    line_step: usize,
    deep_step: usize,
    to: *mut U::T,
) {
    if line_step == 1 {
        // Wide panels some at a time, so that pages are not walked once for each.
        let group = if width == U::ROWS { width } else { 8 * width };
        for left in (0..count).step_by(group) {
            let right = count.min(left + group);
            for p in 0..deep {
                for first in (left..right).step_by(width) {
                    // SAFETY: within the block.
                    unsafe {
                        let (from, to) = (from.add(first + p * deep_step), to.add(first * deep + p * width));
                        if first + width <= right {
                            copy_lines::<U>(width, from, to);
                        } else {
                            std::ptr::copy_nonoverlapping(from, to, right - first);
                        }
                    }
                }
            }
        }
    } else {
        for first in (0..count).step_by(width) {
            let lines = width.min(count - first);
            // SAFETY: within the block.
            unsafe { transpose::<U>(deep, lines, from.add(first * line_step), line_step, to.add(first * deep), width) };
        }
    }
}

/// A copy whose length the compiler can know.
///
/// # Safety
/// Both reach so far.
#[inline(always)]
unsafe fn copy_lines<U: Unit>(width: usize, from: *const U::T, to: *mut U::T) {
    // SAFETY: the caller's.
    unsafe {
        if width == U::ROWS {
            std::ptr::copy_nonoverlapping(from, to, U::ROWS);
        } else {
            std::ptr::copy_nonoverlapping(from, to, U::VECTORS * U::LANES);
        }
    }
}

/// to\[i·to_step + j\] = from\[j·from_step + i\] for i < rows, j < columns.
///
/// # Safety
/// The pointers reach what is copied.
unsafe fn transpose<U: Unit>(
    rows: usize,
    columns: usize,
    from: *const U::T,
    from_step: usize,
    to: *mut U::T,
    to_step: usize,
) {
    let (whole_rows, whole_columns) = (rows / 8 * 8, columns / 8 * 8);
    // SAFETY: the caller's.
    unsafe {
        U::transpose(whole_rows, whole_columns, from, from_step, to, to_step);
        for j in 0..columns {
            let first = if j < whole_columns { whole_rows } else { 0 };
            for i in first..rows {
                *to.add(i * to_step + j) = *from.add(j * from_step + i);
            }
        }
    }
}
