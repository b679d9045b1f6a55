//! What a search tries before it has a model, and where its model has nothing to say.

use super::random::{Random, seen};
use super::sobol::Sobol;
use super::{Earlier, Problem, Proposal, Sampler, SearchError};

/// Even points first, and random ones.
pub(super) struct Start {
    sobol: Sobol,
    random: Random,
}

impl Start {
    pub(super) fn new(problem: &Problem) -> Self {
        Start { sobol: Sobol::default(), random: Random::new(problem) }
    }

    /// The next even point; a random one in the place of one that was tried.
    pub(super) fn even(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        let even = self.sobol.propose(problem, index, earlier)?;
        match even.filter(|proposal| !seen(&problem.space, &proposal.draws, earlier)) {
            Some(even) => Ok(Some(even)),
            None => self.random(problem, index, earlier),
        }
    }

    /// A random point.
    pub(super) fn random(
        &mut self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        self.random.propose(problem, index, earlier)
    }
}
