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
pub mod sobol;
pub mod space;
pub mod tpe;
mod warp;

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

enum Kind {
    Grid(grid::Grid),
    Random(random::Random),
    Sobol(sobol::Sobol),
    CoarseToFine(coarse_to_fine::CoarseToFine),
    Gp(Box<gp::Gp>),
    Tpe(Box<tpe::Tpe>),
    Auto(Box<auto::Auto>),
}

/// What every strategy looks at.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub space: Space,
    pub require: Vec<Constraint>,
    pub directions: Vec<Direction>,
    pub seed: u64,
    pub lag: u32,
    pub trials: u32,
}

/// Proposes the trials of one experiment.
pub struct Searcher {
    problem: Problem,
    kind: Kind,
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
        let kind = match search {
            Search::Grid { points } => {
                let grid = grid::Grid::new(&problem.space, *points, &problem.require)?;
                problem.trials = u32::try_from(grid.len()).unwrap_or(u32::MAX);
                Kind::Grid(grid)
            }
            Search::Gp { trials } => {
                problem.trials = *trials;
                Kind::Gp(Box::new(gp::Gp::new(&problem)))
            }
            Search::Tpe { trials } => {
                problem.trials = *trials;
                Kind::Tpe(Box::new(tpe::Tpe::new(&problem)))
            }
            Search::Auto { trials } => {
                problem.trials = *trials;
                Kind::Auto(Box::new(auto::Auto::new(&problem)))
            }
            Search::Random { trials } => {
                problem.trials = *trials;
                Kind::Random(random::Random::new(&problem))
            }
            Search::Sobol { trials } => {
                problem.trials = *trials;
                Kind::Sobol(sobol::Sobol::default())
            }
            Search::CoarseToFine { rounds, trials, keep } => {
                problem.trials = *trials;
                Kind::CoarseToFine(coarse_to_fine::CoarseToFine::new(*rounds, *trials, *keep))
            }
        };
        Ok(Searcher { problem, kind })
    }

    /// How many trials the search has (a random search of a finite space may end earlier, when it has tried everything).
    pub fn total(&self) -> u32 {
        self.problem.trials
    }

    /// The search's name, as `Study::search` has it.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Grid(_) => "grid",
            Kind::Random(_) => "random",
            Kind::Sobol(_) => "sobol",
            Kind::CoarseToFine(_) => "coarse_to_fine",
            Kind::Gp(_) => "gp",
            Kind::Tpe(_) => "tpe",
            Kind::Auto(_) => "auto",
        }
    }

    /// How many of the first trials must have ended before trial `index` can be proposed: exactly those whose results it uses.
    ///
    /// 0 for grid, random and sobol; index + 1 − lag for model-based ones (with lag 1 all earlier ones). A coarse-to-fine round is a barrier: its
    /// first trial waits for all of the round before, and so do all others of the round, whatever the lag.
    pub fn horizon(&self, index: u32) -> u32 {
        match &self.kind {
            Kind::Grid(_) | Kind::Random(_) | Kind::Sobol(_) => 0,
            Kind::CoarseToFine(search) => search.start(search.round(index)),
            Kind::Gp(_) | Kind::Tpe(_) | Kind::Auto(_) => (index + 1).saturating_sub(self.problem.lag),
        }
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
        let horizon = self.horizon(index) as usize;
        let (told, pending) = earlier.split_at(horizon.min(earlier.len()));
        let name = self.name();
        let problem = &self.problem;
        let plain = |draws: Draws| Proposal { draws, round: 0, note: name.to_owned() };
        let noted = |(draws, note): (Draws, &'static str)| Proposal { draws, round: 0, note: note.to_owned() };
        Ok(match &mut self.kind {
            Kind::Grid(grid) => grid.get(u64::from(index)).map(plain),
            Kind::Random(search) => search.propose(problem, index, earlier)?.map(plain),
            Kind::Sobol(search) => Some(plain(search.propose(problem, index)?)),
            Kind::CoarseToFine(search) => Some(search.propose(problem, index, told, pending)?),
            Kind::Tpe(search) => search.propose(problem, index, told, pending)?.map(noted),
            Kind::Auto(search) => search.propose(problem, index, told, pending)?.map(noted),
            Kind::Gp(search) => search.propose(problem, index, told, pending)?.map(noted),
        })
    }

    /// The boxes of a coarse-to-fine search, as far as the trials decide them; empty for the others.
    pub fn rounds(&self, trials: &[Told]) -> Vec<Round> {
        match &self.kind {
            Kind::CoarseToFine(search) => search.rounds(&self.problem, trials),
            _ => Vec::new(),
        }
    }
}

/// How many trials a search of this space has; `None` if it cannot be searched.
pub fn total(search: &Search, space: &Space, require: &[Constraint]) -> Option<u32> {
    Searcher::of(search, space.clone(), require.to_vec(), Vec::new(), 0, 1).ok().map(|s| s.total())
}
