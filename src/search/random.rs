//! Independent draws; a point of a finite space is not tried twice.

use super::grid::Grid;
use super::space::{distinct, draw, satisfied, stream};
use super::{Earlier, Problem, Proposal, Sampler, SearchError, TRIES};
use crate::plan::space::{Draws, Space};

/// Up to this size a space is listed when chance no longer finds what is left of it.
const LISTED: u64 = 100_000;

/// How often a repeated point is drawn again before it is looked for in the list.
const REPEATS: u32 = 200;

/// Random search.
#[derive(Clone, Debug)]
pub struct Random {
    whole: Option<Grid>,
}

impl Random {
    pub(crate) fn new(problem: &Problem) -> Self {
        Random { whole: Grid::whole(&problem.space, LISTED) }
    }

    fn draws(&self, problem: &Problem, index: u32, earlier: Earlier<'_>) -> Result<Option<Draws>, SearchError> {
        let mut repeated = None;
        let (mut refused, mut repeats) = (0, 0);
        for attempt in 0..u32::MAX {
            let draws = draw(&problem.space, problem.seed, index, attempt);
            if !satisfied(&problem.require, &draws) {
                refused += 1;
                if refused == TRIES {
                    break;
                }
            } else if seen(&problem.space, &draws, earlier) {
                repeated = Some(draws);
                repeats += 1;
                if repeats == REPEATS {
                    break;
                }
            } else {
                return Ok(Some(draws));
            }
        }
        self.left(problem, index, earlier, repeated, u64::from(refused))
    }

    /// What chance did not find: the next untried point of the list after a random place, or nothing.
    fn left(
        &self,
        problem: &Problem,
        index: u32,
        earlier: Earlier<'_>,
        repeated: Option<Draws>,
        tries: u64,
    ) -> Result<Option<Draws>, SearchError> {
        if let Some(grid) = &self.whole {
            let start = stream(problem.seed, "", index, 0).below(grid.len() as usize) as u64;
            let mut any = false;
            for k in 0..grid.len() {
                let Some(draws) = grid.get((start + k) % grid.len()) else { continue };
                if satisfied(&problem.require, &draws) {
                    any = true;
                    if !earlier.draws().any(|tried| *tried == draws) {
                        return Ok(Some(draws));
                    }
                }
            }
            return if any { Ok(None) } else { Err(SearchError::Unsatisfiable { tries: grid.len() }) };
        }
        match repeated {
            Some(draws) => Ok(Some(draws)),
            None => Err(SearchError::Unsatisfiable { tries }),
        }
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
        earlier: Earlier<'_>,
    ) -> Result<Option<Proposal>, SearchError> {
        Ok(self.draws(problem, index, earlier)?.map(|draws| Proposal::of(draws, "random")))
    }
}

/// Whether an earlier trial had the same draws and nothing in them is continuous.
pub(crate) fn seen(space: &Space, draws: &Draws, earlier: Earlier<'_>) -> bool {
    space.params.iter().all(|p| !draws.contains_key(&p.name) || distinct(&p.domain).is_some())
        && earlier.draws().any(|tried| tried == draws)
}
