//! Numbers that do not depend on the machine: products, element-wise maths, reductions, random streams.
//!
//! Every kernel takes the [`Isa`] it runs on and works on flat, row-major slices of f32 or f64 that the caller owns. The plain
//! code defines the result; the paths for wider registers, any blocking and any number of threads give the same bits
//! (`docs/numerics.md`). A slice of the wrong length is a mistake of the caller and asserts.

// Lanes are indexed: several arrays go side by side.
#![allow(clippy::needless_range_loop)]

pub mod activation;
pub mod batch_norm;
#[cfg(test)]
mod bits;
mod coefficients;
pub mod elementwise;
pub mod gemm;
pub(crate) mod isa;
pub mod layer_norm;
pub mod loss;
pub mod math;
pub mod philox;
mod real;
pub mod reduce;
pub mod softmax;
pub mod team;

pub use activation::Activation;
pub(crate) use isa::kernel;
pub use isa::{Isa, UnknownIsa};
pub use philox::{Purpose, Stream};
pub use real::Real;
pub use team::Team;
