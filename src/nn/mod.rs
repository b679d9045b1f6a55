//! Networks: layers, their forward and backward passes, losses and initialisation.
//!
//! [`shape::infer`] says what each layer makes of an example; [`Network`] puts layers to work on batches of them; an optimizer changes
//! its flat vector of parameters by its flat vector of gradients. [`gradient_check`] holds those against differences.

mod activation;
mod batch_norm;
mod chain;
mod conv;
mod dense;
mod dropout;
pub mod gradient_check;
mod init;
pub mod layer;
mod layer_norm;
mod loss;
mod network;
mod operation;
mod parameter;
mod pool;
mod residual;
pub mod shape;
mod softmax;

pub use loss::Targets;
pub use network::Network;
pub use operation::Streams;
pub use parameter::{Role, Tensor};
