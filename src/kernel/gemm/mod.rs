//! Matrix products in the three orientations of a dense layer, on row-major slices.
//!
//! Every element of a result is one chain of fused multiply-adds over the inner index in rising order, from where
//! [`Start`] says. Blocking, vector width and threads only choose which chains run side by side.

mod scalar;

use super::{Isa, Real};

/// Where the chain of each element starts.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, T> {
    /// From 0: the product replaces what is there.
    Zero,
    /// From what is in the result: the product is added to it.
    Output,
    /// From this row, the same for every row of the result: a bias.
    Row(&'a [T]),
}

/// Buffers and threads of the products of one training; nothing is allocated after [`Workspace::reserve`].
#[derive(Debug, Default)]
pub struct Workspace<T> {
    packed: Vec<T>,
}

impl<T: Real> Workspace<T> {
    /// For products that may be split over so many threads (1: the calling one alone).
    pub fn new(_threads: usize) -> Self {
        Self { packed: Vec::new() }
    }

    /// Makes room for the three products of a dense layer of this size, so that they allocate nothing.
    pub fn reserve(&mut self, _rows: usize, _inputs: usize, _outputs: usize) {
        self.packed.reserve(0);
    }
}

/// A product C = start + A·B over strided operands: C is m x n, A m x k, B k x n.
#[derive(Clone, Copy)]
pub(super) struct Product<'a, T> {
    m: usize,
    k: usize,
    n: usize,
    a: &'a [T],
    /// Steps between rows and between columns of A.
    a_steps: (usize, usize),
    b: &'a [T],
    /// Steps between rows and between columns of B.
    b_steps: (usize, usize),
    start: Start<'a, T>,
}

/// Y\[rows, outputs\] = start + X\[rows, inputs\]·W\[inputs, outputs\].
pub fn forward<T: Real>(
    isa: Isa,
    workspace: &mut Workspace<T>,
    (rows, inputs, outputs): (usize, usize, usize),
    x: &[T],
    w: &[T],
    start: Start<'_, T>,
    y: &mut [T],
) {
    let (a_steps, b_steps) = ((inputs, 1), (outputs, 1));
    run(isa, workspace, Product { m: rows, k: inputs, n: outputs, a: x, a_steps, b: w, b_steps, start }, y);
}

/// dW\[inputs, outputs\] = start + Xᵀ·dY: each chain goes over the rows.
pub fn weight_gradient<T: Real>(
    isa: Isa,
    workspace: &mut Workspace<T>,
    (rows, inputs, outputs): (usize, usize, usize),
    x: &[T],
    dy: &[T],
    start: Start<'_, T>,
    dw: &mut [T],
) {
    let (a_steps, b_steps) = ((1, inputs), (outputs, 1));
    run(isa, workspace, Product { m: inputs, k: rows, n: outputs, a: x, a_steps, b: dy, b_steps, start }, dw);
}

/// dX\[rows, inputs\] = start + dY·Wᵀ: each chain goes over the outputs.
pub fn input_gradient<T: Real>(
    isa: Isa,
    workspace: &mut Workspace<T>,
    (rows, inputs, outputs): (usize, usize, usize),
    dy: &[T],
    w: &[T],
    start: Start<'_, T>,
    dx: &mut [T],
) {
    let (a_steps, b_steps) = ((outputs, 1), (1, outputs));
    run(isa, workspace, Product { m: rows, k: outputs, n: inputs, a: dy, a_steps, b: w, b_steps, start }, dx);
}

fn run<T: Real>(_isa: Isa, _workspace: &mut Workspace<T>, product: Product<'_, T>, c: &mut [T]) {
    assert_eq!(product.a.len(), product.m * product.k, "left operand of a product");
    assert_eq!(product.b.len(), product.k * product.n, "right operand of a product");
    assert_eq!(c.len(), product.m * product.n, "result of a product");
    if let Start::Row(row) = product.start {
        assert_eq!(row.len(), product.n, "starting row of a product");
    }
    scalar::run(product, c);
}
