//! What a way to search must be able to do, and what it is told.

use super::{Problem, Proposal, SearchError, Told};
use crate::plan::space::Draws;
use crate::record::Round;

/// A way to search: proposes the settings of one trial after another.
///
/// A proposal must follow from the problem, the index and the results that are told, and from nothing else: no clock, no global random
/// numbers, no state that the same calls would not build again. Then results do not depend on how many workers there are, and a search that
/// was interrupted goes on where it was. [`space::stream`](super::space::stream) gives random numbers for a seed and a trial.
pub trait Sampler: Send {
    /// What records and reports call it.
    fn name(&self) -> &'static str;

    /// How many of the first trials must have ended before trial `index` can be proposed. Of those between there and the trial only the
    /// draws are told: [`Problem::lag`] says how many these may be.
    fn horizon(&self, problem: &Problem, index: u32) -> u32 {
        (index + 1).saturating_sub(problem.lag)
    }

    /// The settings of trial `index`; none when there is nothing left to try.
    ///
    /// # Errors
    /// When nothing satisfies the constraints of [`Problem::require`].
    fn propose(&mut self, problem: &Problem, index: u32, earlier: Earlier<'_>)
    -> Result<Option<Proposal>, SearchError>;

    /// The boxes of a search that goes by rounds, as far as the trials decide them.
    fn rounds(&self, _problem: &Problem, _trials: &[Told]) -> Vec<Round> {
        Vec::new()
    }
}

/// The trials before the one that is proposed: up to the horizon with their results, after it without.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    told: &'a [Told],
    /// Their results may be there already, and must not be seen.
    pending: &'a [Told],
}

impl<'a> Earlier<'a> {
    pub(super) fn new(trials: &'a [Told], horizon: usize) -> Self {
        let (told, pending) = trials.split_at(horizon.min(trials.len()));
        Earlier { told, pending }
    }

    /// The trials that have ended, with their results.
    pub fn told(self) -> &'a [Told] {
        self.told
    }

    /// What those draw that count as under way.
    pub fn pending(self) -> impl ExactSizeIterator<Item = &'a Draws> + Clone {
        self.pending.iter().map(|trial| &trial.draws)
    }

    /// What all of them draw, in order.
    pub fn draws(self) -> impl Iterator<Item = &'a Draws> + Clone {
        self.told.iter().map(|trial| &trial.draws).chain(self.pending())
    }
}
