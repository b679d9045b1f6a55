//! Whole-program tests: one binary, a module a subject.

mod harness;
mod tidy;
