//! Proposing settings (ask) from results (tell).
//!
//! A [`Searcher`] is a pure function: the proposal for trial t follows from the space, the seed, and the results of the trials below
//! [`Searcher::horizon`]`(t)`. What it is told of later ones is not looked at, so the order in which trials end changes nothing, and a search that
//! was interrupted goes on from its records alone: there is no state to store (what it keeps between calls are caches).

pub mod auto;
pub mod coarse_to_fine;
mod encode;
pub mod gp;
pub mod grid;
pub mod prune;
pub mod random;
mod sampler;
pub mod sobol;
pub mod space;
mod start;
pub mod tpe;
mod warp;

pub use sampler::{Earlier, Sampler};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::plan::experiment::{Constraint, Experiment, Search};
use crate::plan::metric::Direction;
use crate::plan::space::{Draws, Space};
use crate::record::Round;
use crate::stats::rank;

/// How many draws a constraint may refuse, one after another, before the search gives up.
pub const TRIES: u32 = 10_000;

/// An earlier trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// What it drew.
    pub draws: Draws,
    /// A value an objective, the mean over its repetitions; `None` if it is not finished, diverged or failed. Those rank last.
    pub values: Option<Vec<f64>>,
    /// The epochs that it got if it was pruned: ranks after those that were not, the longest first.
    pub pruned: Option<u32>,
}

/// What to try next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The settings.
    pub draws: Draws,
    /// Round of a coarse-to-fine search, else 0.
    pub round: u32,
    /// Where it comes from: `sobol`, `tpe`, `gp`, ….
    pub note: String,
}

impl Proposal {
    /// Settings of a search without rounds.
    fn of(draws: Draws, note: &str) -> Self {
        Proposal { draws, round: 0, note: note.to_owned() }
    }
}

/// Why nothing can be proposed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SearchError {
    /// The constraints refuse everything that was tried.
    #[error("none of {tries} points drawn from the space satisfies the constraints of `require`")]
    Unsatisfiable {
        /// How many were tried.
        tries: u64,
    },
    /// A grid with constraints is too large to be enumerated.
    #[error(
        "a grid of {points} points with constraints is too large (at most {most}); give fewer points or use random search"
    )]
    GridTooLarge {
        /// Points of the grid.
        points: u64,
        /// How many are allowed.
        most: u64,
    },
    /// `propose` was not given exactly the trials before the one asked for.
    #[error("trial {index} was asked for, but {given} earlier trials were given")]
    WrongHistory {
        /// The trial asked for.
        index: u32,
        /// How many were given.
        given: usize,
    },
}

impl Told {
    /// The values with the sign that makes small good; `None` if there are none.
    pub(crate) fn minimised(&self, directions: &[Direction]) -> Option<Vec<f64>> {
        rank::minimised(self.values.as_ref()?, directions)
    }
}

/// Places of the trials from best to worst.
pub fn order(trials: &[Told], directions: &[Direction]) -> Vec<usize> {
    let values: Vec<Option<Vec<f64>>> = trials.iter().map(|t| t.minimised(directions)).collect();
    let pruned: Vec<Option<u32>> = trials.iter().map(|t| t.pruned).collect();
    rank::order(&values, &pruned)
}

#[cfg(test)]
pub(crate) mod tests;

/// What every way to search looks at.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is drawn.
    pub space: Space,
    /// What must hold of the draws.
    pub require: Vec<Constraint>,
    /// One an objective.
    pub directions: Vec<Direction>,
    /// Where the random streams start.
    pub seed: u64,
    /// How many trials may be under way whose results a proposal does not know, itself included; at least 1.
    pub lag: u32,
    /// How many trials there are at most.
    pub trials: u32,
}

impl Problem {
    /// The problem of an experiment, with so many trials.
    pub fn of(experiment: &Experiment, trials: u32) -> Self {
        Problem {
            space: experiment.space.clone(),
            require: experiment.require.clone(),
            directions: experiment.objectives.iter().map(|o| o.direction).collect(),
            seed: experiment.seed,
            lag: experiment.lag.max(1),
            trials,
        }
    }
}

/// Proposes the trials of one experiment.
pub struct Searcher {
    problem: Problem,
    sampler: Box<dyn Sampler>,
}

impl Searcher {
    /// The search of an experiment.
    ///
    /// # Errors
    /// When the experiment is a grid with constraints that is too large or empty.
    pub fn new(experiment: &Experiment) -> Result<Self, SearchError> {
        let directions = experiment.objectives.iter().map(|o| o.direction).collect();
        Searcher::of(
            &experiment.search,
            experiment.space.clone(),
            experiment.require.clone(),
            directions,
            experiment.seed,
            experiment.lag,
        )
    }

    /// A search from its parts.
    ///
    /// # Errors
    /// As [`Searcher::new`].
    pub fn of(
        search: &Search,
        space: Space,
        require: Vec<Constraint>,
        directions: Vec<Direction>,
        seed: u64,
        lag: u32,
    ) -> Result<Self, SearchError> {
        let mut problem = Problem { space, require, directions, seed, lag: lag.max(1), trials: 0 };
        problem.trials = match search {
            Search::Grid { .. } => 0,
            Search::Auto { trials }
            | Search::Random { trials }
            | Search::Sobol { trials }
            | Search::CoarseToFine { trials, .. }
            | Search::Tpe { trials }
            | Search::Gp { trials } => *trials,
        };
        let sampler: Box<dyn Sampler> = match search {
            Search::Grid { points } => {
                let grid = grid::Grid::new(&problem.space, *points, &problem.require)?;
                problem.trials = u32::try_from(grid.len()).unwrap_or(u32::MAX);
                Box::new(grid)
            }
            Search::Gp { .. } => Box::new(gp::Gp::new(&problem)),
            Search::Tpe { .. } => Box::new(tpe::Tpe::new(&problem)),
            Search::Auto { .. } => Box::new(auto::Auto::new(&problem)),
            Search::Random { .. } => Box::new(random::Random::new(&problem)),
            Search::Sobol { .. } => Box::new(sobol::Sobol::default()),
            Search::CoarseToFine { rounds, trials, keep } => {
                Box::new(coarse_to_fine::CoarseToFine::new(*rounds, *trials, *keep))
            }
        };
        Ok(Searcher { problem, sampler })
    }

    /// A search by a sampler of one's own.
    pub fn by(problem: Problem, sampler: Box<dyn Sampler>) -> Self {
        Searcher { problem, sampler }
    }

    /// How many trials the search has (a random search of a finite space may end earlier, when it has tried everything).
    pub fn total(&self) -> u32 {
        self.problem.trials
    }

    /// The search's name, as `Study::search` has it.
    pub fn name(&self) -> &'static str {
        self.sampler.name()
    }

    /// How many of the first trials must have ended before trial `index` can be proposed: exactly those whose results it uses.
    ///
    /// 0 for grid, random and sobol; index + 1 − lag for model-based ones (with lag 1 all earlier ones). A coarse-to-fine round is a barrier: its
    /// first trial waits for all of the round before, and so do all others of the round, whatever the lag.
    pub fn horizon(&self, index: u32) -> u32 {
        self.sampler.horizon(&self.problem, index).min(index)
    }

    /// The settings of trial `index`, from 0; `None` when the search has no more.
    ///
    /// `earlier` has the trials 0 to index − 1 in order: all must have their draws, those below the horizon also their results.
    ///
    /// # Errors
    /// When no point satisfies the constraints, or `earlier` has another length.
    pub fn propose(&mut self, index: u32, earlier: &[Told]) -> Result<Option<Proposal>, SearchError> {
        if earlier.len() != index as usize {
            return Err(SearchError::WrongHistory { index, given: earlier.len() });
        }
        if index >= self.total() {
            return Ok(None);
        }
        let earlier = Earlier::new(earlier, self.horizon(index) as usize);
        self.sampler.propose(&self.problem, index, earlier)
    }

    /// The boxes of a coarse-to-fine search, as far as the trials decide them; empty for the others.
    pub fn rounds(&self, trials: &[Told]) -> Vec<Round> {
        self.sampler.rounds(&self.problem, trials)
    }
}

/// How many trials a search of this space has; `None` if it cannot be searched.
pub fn total(search: &Search, space: &Space, require: &[Constraint]) -> Option<u32> {
    Searcher::of(search, space.clone(), require.to_vec(), Vec::new(), 0, 1).ok().map(|s| s.total())
}
