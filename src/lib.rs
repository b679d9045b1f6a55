//! caviar: a declarative experiment notebook for neural networks.
//!
//! A file goes through these steps:
//!
//! 1. [`syntax`] turns the text into a tree with places; broken parts are reported and left out.
//! 2. [`check`] holds the tree against the [`vocabulary`] and makes the [`plan`]: plain, valid data.
//! 3. [`run`] takes the experiments in order, asks [`search`] for trials, and trains those that the [`store`] does not have.
//! 4. [`train`] trains one network ([`nn`], [`optim`], [`data`], on [`kernel`]) and returns a [`record`].
//! 5. [`report`] draws tables, pictures and pages from records alone; [`stats`] tests the claims.
//!
//! Only [`cli`] prints, reads the environment or exits.
//!
//! ```no_run
//! let datasets = caviar::run::datasets::Datasets::new();
//! let opened = caviar::run::open::open("first.exp".as_ref(), &datasets);
//! let notebook = opened.notebook.expect("a file without mistakes");
//! let studies = caviar::run::here(&notebook, ".".as_ref(), &|_| None)?;
//! println!("{:?}", caviar::stats::select::best(&studies["first"]));
//! # Ok::<(), caviar::run::RunError>(())
//! ```
//!
//! In `examples/`: `plan` builds a plan without a text, `sampler` searches by an algorithm of its own, `records` draws from records alone.

// Tests compare with the platform's functions.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod check;
pub mod cli;
pub mod data;
pub mod diagnostic;
pub mod export;
pub mod ide;
pub mod kernel;
pub mod nn;
pub mod optim;
pub mod plan;
pub mod record;
pub mod report;
pub mod run;
pub mod search;
pub mod source;
pub mod stats;
pub mod store;
pub mod syntax;
pub mod train;
pub mod vocabulary;
pub mod watch;
