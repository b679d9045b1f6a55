//! Training: epochs, metrics, checkpoints.

pub mod checkpoint;
mod directions;
pub mod inspect;
pub mod metrics;
pub mod session;

pub use session::{Control, Session, TrainError};
