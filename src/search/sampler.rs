//! What a way to search must be able to do, and how those of the language do it.

use super::auto::Auto;
use super::coarse_to_fine::CoarseToFine;
use super::gp::Gp;
use super::grid::Grid;
use super::random::Random;
use super::sobol::Sobol;
use super::tpe::Tpe;
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

    /// How many of the first trials must have ended before trial `index` can be proposed. Those before it of which the results are not
    /// known yet are told without: [`Problem::lag`] says how many these may be.
    fn horizon(&self, problem: &Problem, index: u32) -> u32 {
        (index + 1).saturating_sub(problem.lag)
    }

    /// The settings of trial `index`; none when there is nothing left to try. `told` are the trials below the horizon with their results,
    /// `pending` those from there to this one, of which the draws are known alone.
    ///
    /// # Errors
    /// When nothing satisfies the constraints of [`Problem::require`].
    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        told: &[Told],
        pending: &[Told],
    ) -> Result<Option<Proposal>, SearchError>;

    /// The boxes of a search that goes by rounds, as far as the trials decide them.
    fn rounds(&self, _problem: &Problem, _trials: &[Told]) -> Vec<Round> {
        Vec::new()
    }
}

fn proposal(draws: Draws, note: &str) -> Proposal {
    Proposal { draws, round: 0, note: note.to_owned() }
}

impl Sampler for Grid {
    fn name(&self) -> &'static str {
        "grid"
    }

    fn horizon(&self, _: &Problem, _: u32) -> u32 {
        0
    }

    fn propose(&mut self, _: &Problem, index: u32, _: &[Told], _: &[Told]) -> Result<Option<Proposal>, SearchError> {
        Ok(self.get(u64::from(index)).map(|draws| proposal(draws, "grid")))
    }
}

impl Sampler for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn horizon(&self, _: &Problem, _: u32) -> u32 {
        0
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        told: &[Told],
        pending: &[Told],
    ) -> Result<Option<Proposal>, SearchError> {
        let earlier = [told, pending].concat();
        Ok(Random::propose(self, problem, index, &earlier)?.map(|draws| proposal(draws, "random")))
    }
}

impl Sampler for Sobol {
    fn name(&self) -> &'static str {
        "sobol"
    }

    fn horizon(&self, _: &Problem, _: u32) -> u32 {
        0
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        _: &[Told],
        _: &[Told],
    ) -> Result<Option<Proposal>, SearchError> {
        Ok(Some(proposal(Sobol::propose(self, problem, index)?, "sobol")))
    }
}

impl Sampler for CoarseToFine {
    fn name(&self) -> &'static str {
        "coarse_to_fine"
    }

    /// A round is a barrier, whatever the lag: all of its trials wait for all of the round before.
    fn horizon(&self, _: &Problem, index: u32) -> u32 {
        self.start(self.round(index))
    }

    fn propose(
        &mut self,
        problem: &Problem,
        index: u32,
        told: &[Told],
        pending: &[Told],
    ) -> Result<Option<Proposal>, SearchError> {
        CoarseToFine::propose(self, problem, index, told, pending).map(Some)
    }

    fn rounds(&self, problem: &Problem, trials: &[Told]) -> Vec<Round> {
        CoarseToFine::rounds(self, problem, trials)
    }
}

/// Searches that build a model of the results, and say of each proposal where it comes from.
macro_rules! model {
    ($kind:ty, $name:literal) => {
        impl Sampler for $kind {
            fn name(&self) -> &'static str {
                $name
            }

            fn propose(
                &mut self,
                problem: &Problem,
                index: u32,
                told: &[Told],
                pending: &[Told],
            ) -> Result<Option<Proposal>, SearchError> {
                let found = <$kind>::propose(self, problem, index, told, pending)?;
                Ok(found.map(|(draws, note)| proposal(draws, note)))
            }
        }
    };
}

model!(Gp, "gp");
model!(Tpe, "tpe");
model!(Auto, "auto");
