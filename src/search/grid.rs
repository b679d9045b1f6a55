//! All combinations of the values of a grid, the last hyperparameter changing fastest; what a condition leaves out is not multiplied.

use super::space::{active, distinct, points, satisfied};
use super::{Earlier, Problem, Proposal, Sampler, SearchError};
use crate::plan::experiment::Constraint;
use crate::plan::space::{Condition, Draw, Draws, Space};

/// How large a grid may be that has to be enumerated.
const MOST: u64 = 1_000_000;

/// A grid over a space.
#[derive(Clone, Debug)]
pub struct Grid {
    space: Space,
    values: Vec<Vec<Draw>>,
    /// Whether a later condition names the hyperparameter.
    named: Vec<bool>,
    len: u64,
    /// The places of those that keep the constraints, when there are any.
    kept: Option<Vec<u64>>,
}

impl Grid {
    /// With so many values for each scale.
    ///
    /// # Errors
    /// When there are constraints and the grid has more than a million points, or none that keeps them.
    pub fn new(space: &Space, count: u32, require: &[Constraint]) -> Result<Self, SearchError> {
        let mut grid = Grid::from_values(space, space.params.iter().map(|p| points(&p.domain, count)).collect());
        if !require.is_empty() {
            if grid.len > MOST {
                return Err(SearchError::GridTooLarge { points: grid.len, most: MOST });
            }
            let kept: Vec<u64> =
                (0..grid.len).filter(|&k| grid.nth(k).is_some_and(|draws| satisfied(require, &draws))).collect();
            if kept.is_empty() {
                return Err(SearchError::Unsatisfiable { tries: grid.len });
            }
            grid.kept = Some(kept);
        }
        Ok(grid)
    }

    /// Every point of a space that has at most so many; `None` if it has more.
    pub fn whole(space: &Space, most: u64) -> Option<Self> {
        let mut values = Vec::with_capacity(space.params.len());
        for param in &space.params {
            let count = distinct(&param.domain).filter(|&n| n <= most)?;
            values.push(points(&param.domain, u32::try_from(count).ok()?));
        }
        let grid = Grid::from_values(space, values);
        (grid.len <= most).then_some(grid)
    }

    fn from_values(space: &Space, values: Vec<Vec<Draw>>) -> Self {
        let named = space.params.iter().map(|p| {
            space.params.iter().flat_map(|q| &q.when).any(|condition| match condition {
                Condition::Option(name, _) | Condition::AtLeast(name, _) => *name == p.name,
            })
        });
        let mut grid = Grid { space: space.clone(), values, named: named.collect(), len: 0, kept: None };
        grid.len = grid.count(0, &mut Draws::new());
        grid
    }

    /// How many points.
    pub fn len(&self) -> u64 {
        self.kept.as_ref().map_or(self.len, |kept| kept.len() as u64)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A point by its number, from 0.
    pub fn get(&self, index: u64) -> Option<Draws> {
        match &self.kept {
            Some(kept) => self.nth(*kept.get(usize::try_from(index).ok()?)?),
            None => self.nth(index),
        }
    }

    /// Points of the grid over the hyperparameters from number `i` on, given the draws before.
    fn count(&self, i: usize, draws: &mut Draws) -> u64 {
        let Some(param) = self.space.params.get(i) else { return 1 };
        if !active(&self.space, param, draws) {
            return self.count(i + 1, draws);
        }
        if !self.named[i] {
            return (self.values[i].len() as u64).saturating_mul(self.count(i + 1, draws));
        }
        let mut sum = 0u64;
        for value in &self.values[i] {
            draws.insert(param.name.clone(), *value);
            sum = sum.saturating_add(self.count(i + 1, draws));
        }
        draws.remove(&param.name);
        sum
    }

    fn nth(&self, mut index: u64) -> Option<Draws> {
        if index >= self.len {
            return None;
        }
        let mut draws = Draws::new();
        for (i, param) in self.space.params.iter().enumerate() {
            if !active(&self.space, param, &draws) {
                continue;
            }
            for value in &self.values[i] {
                draws.insert(param.name.clone(), *value);
                let below = self.count(i + 1, &mut draws);
                if index < below {
                    break;
                }
                index -= below;
            }
        }
        Some(draws)
    }
}

impl Sampler for Grid {
    fn name(&self) -> &'static str {
        "grid"
    }

    fn horizon(&self, _: &Problem, _: u32) -> u32 {
        0
    }

    fn propose(&mut self, _: &Problem, index: u32, _: Earlier<'_>) -> Result<Option<Proposal>, SearchError> {
        Ok(self.get(u64::from(index)).map(|draws| Proposal::of(draws, "grid")))
    }
}
