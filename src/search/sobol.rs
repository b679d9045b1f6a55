//! An Owen-scrambled Sobol sequence (Burley 2020): evener than chance, and a longer one begins with the shorter.
//!
//! Dimensions are the places of the hyperparameters in the space, conditional ones included; beyond 256 dimensions chance takes over. After 2^16
//! points the sequence goes on with another scrambling. Points that the constraints refuse are passed over.

use super::space::{draw_with, satisfied, stream};
use super::{Earlier, Problem, Proposal, Sampler, SearchError, TRIES};
use crate::plan::space::Draws;

/// Longest sequence of one scrambling.
const BLOCK: u32 = 1 << 16;

/// A Sobol search; remembers which points of the sequence were taken.
#[derive(Clone, Debug, Default)]
pub struct Sobol {
    taken: Vec<u32>,
}

/// Point number `position` of the sequence.
pub(crate) fn point(problem: &Problem, position: u32) -> Draws {
    let scramble = (problem.seed ^ (problem.seed >> 32)) as u32 ^ (position / BLOCK).wrapping_mul(0x9e37_79b9);
    draw_with(&problem.space, |i, param| {
        if i < sobol_burley::NUM_DIMENSIONS as usize {
            // The middle of the cell of 2^-24 that the single-precision number stands for.
            f64::from(sobol_burley::sample(position % BLOCK, i as u32, scramble)) + 0.5 / (1 << 24) as f64
        } else {
            stream(problem.seed, &param.name, position, 0).uniform()
        }
    })
}

impl Sampler for Sobol {
    fn name(&self) -> &'static str {
        "sobol"
    }

    fn horizon(&self, _: &Problem, _: u32) -> u32 {
        0
    }

    fn propose(&mut self, problem: &Problem, index: u32, _: Earlier<'_>) -> Result<Option<Proposal>, SearchError> {
        while self.taken.len() <= index as usize {
            let first = self.taken.last().map_or(0, |p| p + 1);
            let next = (first..first.saturating_add(TRIES))
                .find(|&position| problem.require.is_empty() || satisfied(&problem.require, &point(problem, position)));
            match next {
                Some(position) => self.taken.push(position),
                None => return Err(SearchError::Unsatisfiable { tries: u64::from(TRIES) }),
            }
        }
        Ok(Some(Proposal::of(point(problem, self.taken[index as usize]), "sobol")))
    }
}
