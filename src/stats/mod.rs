//! Intervals, tests, importance: what can be said of the records, and how sure it is.
//!
//! [`select`] picks trials, [`measure`] reads numbers from them, [`interval`] and [`mod@test`] say how sure the numbers are, [`claim`] tests a
//! comparison of samples and [`statement`] the claims of a notebook.

pub mod claim;
pub mod distribution;
pub mod importance;
pub mod interval;
pub mod measure;
pub mod noise;
pub mod rank;
pub mod select;
pub mod statement;
pub mod test;

#[cfg(test)]
mod reference;

#[cfg(test)]
mod tests;
