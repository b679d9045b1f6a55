//! The search for those who do not choose one.
//!
//! A Gaussian process finds more with few trials, as long as there are not too many coordinates for its length scales; TPE is as quick with thousands of
//! trials as with ten and needs no smoothness. So:
//!
//! - up to 24 hyperparameters and for the first 200 trials: the Gaussian process, every sixth trial after the start TPE, which leaves a region
//!   that the model is wrongly sure of;
//! - from then on both in turn;
//! - more hyperparameters, or two objectives: TPE.
//!
//! The rule looks at the space and the trial's index only, so that more trials extend a search and change nothing in it.

use super::gp::Gp;
use super::tpe::Tpe;
use super::{Earlier, Problem, Proposal, Sampler, SearchError};

/// Most hyperparameters for the Gaussian process.
const MOST_COORDINATES: usize = 24;

/// Trials after which both take turns.
const EARLY: u32 = 200;

/// Of the early trials, one in so many is TPE's.
const TURN: u32 = 6;

/// The automatic choice.
pub struct Auto {
    gp: Gp,
    tpe: Tpe,
}

impl Auto {
    pub(crate) fn new(problem: &Problem) -> Self {
        Auto { gp: Gp::new(problem), tpe: Tpe::new(problem) }
    }
}

impl Sampler for Auto {
    fn name(&self) -> &'static str {
        "auto"
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let one = problem.directions.len() < 2 && problem.space.params.len() <= MOST_COORDINATES;
        let turn = if index < EARLY { index % TURN == TURN - 1 && index >= 2 * TURN } else { index % 2 == 1 };
        if one && !turn { self.gp.propose(problem, index, earlier) } else { self.tpe.propose(problem, index, earlier) }
    }
}
