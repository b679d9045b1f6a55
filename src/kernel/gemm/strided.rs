//! Products and tiles as pointers and strides: what the blocked code and the microkernels work on.

use super::Start;
use crate::kernel::Real;

/// Where a chain starts.
#[derive(Clone, Copy)]
pub(super) enum Begin<T> {
    Zero,
    Output,
    /// The row of the first column.
    Row(*const T),
}

impl<T> Begin<T> {
    /// The same, for the columns from `j` on.
    ///
    /// # Safety
    /// The row has more than `j` numbers.
    #[inline(always)]
    pub(super) unsafe fn at_column(self, j: usize) -> Self {
        match self {
            // SAFETY: the caller's.
            Begin::Row(row) => Begin::Row(unsafe { row.add(j) }),
            other => other,
        }
    }
}

/// C = start + A·B; rows of C are contiguous.
#[derive(Clone, Copy)]
pub(super) struct Product<T> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub a: *const T,
    pub a_row: usize,
    pub a_k: usize,
    pub b: *const T,
    pub b_k: usize,
    pub b_column: usize,
    pub c: *mut T,
    pub c_row: usize,
    pub begin: Begin<T>,
}

// SAFETY: plain pointers; whoever shares a product gives each thread a part of C of its own.
unsafe impl<T: Send> Send for Product<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Product<T> {}

impl<T: Real> Product<T> {
    /// The strided form of a product over slices.
    pub(super) fn new(product: &super::Product<'_, T>, c: &mut [T]) -> Self {
        let begin = match product.start {
            Start::Zero => Begin::Zero,
            Start::Output => Begin::Output,
            Start::Row(row) => Begin::Row(row.as_ptr()),
        };
        Self {
            m: product.m,
            k: product.k,
            n: product.n,
            a: product.a.as_ptr(),
            a_row: product.a_steps.0,
            a_k: product.a_steps.1,
            b: product.b.as_ptr(),
            b_k: product.b_steps.0,
            b_column: product.b_steps.1,
            c: c.as_mut_ptr(),
            c_row: product.n,
            begin,
        }
    }

    /// The same for another name of the same type.
    pub(super) fn cast<U: Real>(self) -> Product<U> {
        assert_eq!(T::BYTES, U::BYTES);
        Product {
            m: self.m,
            k: self.k,
            n: self.n,
            a: self.a.cast(),
            a_row: self.a_row,
            a_k: self.a_k,
            b: self.b.cast(),
            b_k: self.b_k,
            b_column: self.b_column,
            c: self.c.cast(),
            c_row: self.c_row,
            begin: match self.begin {
                Begin::Zero => Begin::Zero,
                Begin::Output => Begin::Output,
                Begin::Row(row) => Begin::Row(row.cast()),
            },
        }
    }

    /// The product of some rows.
    ///
    /// # Safety
    /// The rows are rows of C.
    pub(super) unsafe fn rows(mut self, from: usize, rows: usize) -> Self {
        // SAFETY: the caller's.
        unsafe {
            self.a = self.a.add(from * self.a_row);
            self.c = self.c.add(from * self.c_row);
        }
        self.m = rows;
        self
    }

    /// The product of some columns.
    ///
    /// # Safety
    /// The columns are columns of C.
    pub(super) unsafe fn columns(mut self, from: usize, columns: usize) -> Self {
        // SAFETY: the caller's.
        unsafe {
            self.b = self.b.add(from * self.b_column);
            self.c = self.c.add(from);
            self.begin = self.begin.at_column(from);
        }
        self.n = columns;
        self
    }
}

/// What a microkernel does: a few rows of C, a few vectors wide.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    pub k: usize,
    pub a: *const T,
    pub a_row: usize,
    pub a_k: usize,
    /// Rows of contiguous numbers.
    pub b: *const T,
    pub b_k: usize,
    pub c: *mut T,
    pub c_row: usize,
    pub begin: Begin<T>,
    /// How many numbers of the last vector count.
    pub last: usize,
}

/// The microkernels of one instruction set and one type.
pub(super) trait Unit {
    type T: Real;
    /// Numbers in a vector.
    const LANES: usize;
    /// Most rows of a tile; the other heights are 4, 2 and 1.
    const ROWS: usize;
    /// Most vectors across a tile.
    const VECTORS: usize;

    /// Computes a tile of `rows` (ROWS, 4, 2 or 1) and `vectors` (at most VECTORS).
    ///
    /// # Safety
    /// The pointers reach what the tile covers, C is not shared, and the machine has the instructions.
    unsafe fn tile(rows: usize, vectors: usize, tile: Tile<Self::T>);

    /// Asks for the cache line of an address.
    fn prefetch(address: *const Self::T);

    /// to\[i·to_step + j\] = from\[j·from_step + i\] for i < rows and j < columns, both multiples of 8.
    ///
    /// # Safety
    /// As above.
    unsafe fn transpose(
        rows: usize,
        columns: usize,
        from: *const Self::T,
        from_step: usize,
        to: *mut Self::T,
        to_step: usize,
    );
}
