//! Whole-program tests: one binary, a module a subject.

mod again;
mod allocation;
mod browser;
mod command;
mod docs;
mod export;
mod faults;
mod fmt;
mod gradients;
mod harness;
mod layers;
mod lsp;
mod network;
mod plan;
mod remote;
mod rendered;
mod report;
mod run;
mod suggest;
mod suite;
mod tidy;
mod training;
mod upkeep;
mod verify;
mod watch;
