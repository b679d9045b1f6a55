//! Whole-program tests: one binary, a module a subject.

mod gradients;
mod harness;
mod layers;
mod tidy;
