//! Networks: layers, their forward and backward passes, losses and initialisation.

pub mod layer;
pub mod shape;
