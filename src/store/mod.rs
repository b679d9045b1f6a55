//! Stored results and checkpoints.
