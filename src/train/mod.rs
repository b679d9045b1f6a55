//! Training: epochs, metrics, checkpoints.
