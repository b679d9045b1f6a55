//! Matrix products in the three orientations of a dense layer, on row-major slices.
//!
//! Every element of a result is one chain of fused multiply-adds over the inner index in rising order, from where
//! [`Start`] says. Blocking, vector width and threads only choose which chains run side by side; a partial that is stored and
//! loaded again goes on with the same chain.

mod blocked;
mod scalar;
mod strided;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::isa::Path;
use super::team::Team;
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

/// Products with fewer multiply-adds than this stay on one thread: waking another costs about as much.
const SPLIT: usize = 4_000_000;

/// Buffers and threads of the products of one training; nothing is allocated after [`Workspace::reserve`].
#[derive(Debug)]
pub struct Workspace<T> {
    team: Team,
    /// One buffer a thread.
    packed: Vec<Vec<T>>,
}

impl<T: Real> Workspace<T> {
    /// For products that may be split over so many threads (1: the calling one alone). The others sleep between products.
    pub fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        Self { team: Team::new(threads), packed: vec![Vec::new(); threads] }
    }

    /// Makes room for the three products of a dense layer of this size, so that they allocate nothing.
    pub fn reserve(&mut self, rows: usize, inputs: usize, outputs: usize) {
        for (m, k, n) in [(rows, inputs, outputs), (inputs, rows, outputs), (rows, outputs, inputs)] {
            self.reserve_product(m, k, n);
        }
    }

    fn reserve_product(&mut self, m: usize, k: usize, n: usize) {
        let needed = blocked::room::<T>(m, k, n);
        for packed in &mut self.packed {
            if packed.len() < needed {
                packed.resize(needed, T::ZERO);
            }
        }
    }

    /// The threads, for work other than products.
    pub fn team(&mut self) -> &mut Team {
        &mut self.team
    }

    /// How many threads a product may use.
    pub fn threads(&self) -> usize {
        self.packed.len()
    }
}

/// A product C = start + A·B over strided operands: C is m x n, A m x k, B k x n; one step of A and of B is 1.
#[derive(Clone, Copy)]
struct Product<'a, T> {
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

fn run<T: Real>(isa: Isa, workspace: &mut Workspace<T>, product: Product<'_, T>, c: &mut [T]) {
    let Product { m, k, n, .. } = product;
    assert_eq!(product.a.len(), m * k, "left operand of a product");
    assert_eq!(product.b.len(), k * n, "right operand of a product");
    assert_eq!(c.len(), m * n, "result of a product");
    if let Start::Row(row) = product.start {
        assert_eq!(row.len(), n, "starting row of a product");
    }
    if m == 0 || n == 0 {
        return;
    }
    match isa.0 {
        Path::Scalar => scalar::run(product, c),
        #[cfg(target_arch = "x86_64")]
        path => {
            workspace.reserve_product(m, k, n);
            let threads = if m * k * n < SPLIT { 1 } else { workspace.threads() };
            let (team, packed) = (&mut workspace.team, &mut workspace.packed[..threads]);
            // SAFETY: the slices have the lengths that were asserted, and an `Isa` exists only where its instructions do.
            unsafe { x86::run(path, team, packed, strided::Product::new(&product, c)) };
        }
    }
}
