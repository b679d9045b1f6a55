//! Tables, pictures, pages, from records alone.
//!
//! Goes in: [`Results`] and the plan's tables and plots. Comes out: pictures ([`plot`]), tables, pages. Nothing here trains, and the same
//! results give the same bytes.

use std::collections::BTreeMap;

use crate::record::Study;
use crate::record::inspect::Inspection;
use crate::stats::claim::{ClaimError, Verdict};

pub mod claim;
pub mod diff;
pub mod figure;
pub mod group;
pub mod json;
pub mod markdown;
pub mod name;
pub mod page;
pub mod plot;
mod prose;
pub mod summary;
pub mod table;
pub mod trials;

/// What came of a notebook, as far as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// By the experiment's name.
    pub studies: BTreeMap<String, Study>,
    /// What plots need of trained models, by the plot's place among the notebook's items (from 0).
    pub inspections: BTreeMap<usize, Vec<Inspected>>,
    /// The verdicts on each claim, or why it cannot be tested, by the claim's place among the notebook's items.
    pub verdicts: BTreeMap<usize, Result<Vec<Verdict>, ClaimError>>,
}

/// What a picture needs of one trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// Which model: `placement.best`.
    pub label: String,
    /// What was computed from it.
    pub inspection: Inspection,
}
