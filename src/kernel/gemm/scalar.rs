//! The definition of a product, and the path of machines without one of their own.

use super::{Product, Start};
use crate::kernel::Real;

pub(super) fn run<T: Real>(product: Product<'_, T>, c: &mut [T]) {
    let Product { m, k, n, a, a_steps, b, b_steps, start } = product;
    for i in 0..m {
        let row = &mut c[i * n..(i + 1) * n];
        match start {
            Start::Zero => row.fill(T::ZERO),
            Start::Output => {}
            Start::Row(first) => row.copy_from_slice(first),
        }
        for p in 0..k {
            let x = a[i * a_steps.0 + p * a_steps.1];
            if b_steps.1 == 1 {
                for (c, &b) in row.iter_mut().zip(&b[p * b_steps.0..p * b_steps.0 + n]) {
                    *c = x.mul_add(b, *c);
                }
            } else {
                for (j, c) in row.iter_mut().enumerate() {
                    *c = x.mul_add(b[p * b_steps.0 + j * b_steps.1], *c);
                }
            }
        }
    }
}
