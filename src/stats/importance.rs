//! How much each hyperparameter matters, by PED-ANOVA (Watanabe et al. 2023, with conditional spaces as in arXiv 2601.20800).
//!
//! A hyperparameter matters when its values among the best tenth of the trials are spread differently from those among all: the importance is the
//! Pearson divergence between the two densities, estimated on a grid.

use crate::kernel::math::{erf, exp, ln};
use crate::plan::metric::Direction;
use crate::plan::space::{Domain, Draw, Param};
use crate::record::{Study, Trial};

use super::measure::objectives;
use super::rank;

/// The share of trials that are the best.
const BEST: f64 = 0.1;

/// Most cells of the grid.
const CELLS: usize = 50;

/// How much one hyperparameter matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The hyperparameter.
    pub name: String,
    /// Its share of the sum over all; all 0 when nothing can be said.
    pub share: f64,
    /// The divergence itself.
    pub divergence: f64,
}

/// The cell of a draw and how many there are.
struct Grid {
    cells: usize,
    ordered: bool,
    low: f64,
    high: f64,
    log: bool,
}

impl Grid {
    fn new(param: &Param, trials: &[&Trial]) -> Option<Self> {
        let scale = |low: f64, high: f64, log: bool, cells: usize| {
            let (low, high) = if log { (ln(low), ln(high)) } else { (low, high) };
            (cells > 1 && high > low).then_some(Grid { cells, ordered: true, low, high, log })
        };
        match &param.domain {
            Domain::Choice { labels, .. } => (labels.len() > 1).then_some(Grid {
                cells: labels.len(),
                ordered: false,
                low: 0.0,
                high: 1.0,
                log: false,
            }),
            Domain::Linear { low, high } => scale(*low, *high, false, CELLS),
            Domain::Log { low, high } => scale(*low, *high, true, CELLS),
            Domain::Int { low, high, log: false } => {
                scale(*low as f64, *high as f64, false, ((high - low) as usize + 1).min(CELLS))
            }
            Domain::Int { low, high, log: true } => {
                // As many cells as the count of values has binary digits, and one: the small numbers of a log scale lie far apart.
                let digits = (1..64).find(|bits| 1i64 << bits > high - low).unwrap_or(64) as usize;
                scale(*low as f64, *high as f64, true, (digits + 1).min(CELLS))
            }
            Domain::Steps { of, step } => {
                let inner = Grid::new(&Param { domain: (**of).clone(), ..param.clone() }, trials)?;
                let wide =
                    if inner.log { CELLS } else { ((inner.high - inner.low) / step).round_ties_even() as usize + 1 };
                Some(Grid { cells: wide.clamp(2, CELLS), ..inner })
            }
            Domain::Normal { log, .. } => {
                // No ends: the range of what was drawn.
                let drawn = trials.iter().filter_map(|t| match t.draws.get(&param.name)? {
                    Draw::Number(x) => Some(*x),
                    Draw::Option(_) => None,
                });
                let (low, high) =
                    drawn.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
                if low < high { scale(low, high, *log, CELLS) } else { None }
            }
        }
    }

    fn cell(&self, draw: &Draw) -> usize {
        match draw {
            Draw::Option(i) => (*i).min(self.cells - 1),
            Draw::Number(x) => {
                let x = if self.log { ln(*x) } else { *x };
                let width = (self.high - self.low) / (self.cells - 1) as f64;
                // The nearest cell, the lower one half-way.
                (((x - self.low) / width - 0.5).ceil().max(0.0) as usize).min(self.cells - 1)
            }
        }
    }

    /// The estimated probability of every cell from counts: one kernel a count and a wide one as a prior.
    fn density(&self, counts: &[f64]) -> Vec<f64> {
        let n = self.cells as f64;
        let seen: Vec<(f64, f64)> =
            counts.iter().enumerate().filter(|(_, c)| **c > 0.0).map(|(i, c)| (i as f64, *c)).collect();
        let total: f64 = counts.iter().sum();
        if !self.ordered {
            // Each seen option's kernel leaves 1/(kinds + 1) to every option besides itself.
            let extra = 1.0 / (seen.len() as f64 + 1.0);
            let share = |own: bool| (f64::from(own) + extra) / (1.0 + n * extra);
            let cells = (0..self.cells).map(|cell| {
                let kernels: f64 = seen.iter().map(|(i, c)| c * share(*i as usize == cell)).sum();
                (kernels + 1.0 / n) / (total + 1.0)
            });
            return cells.collect();
        }
        let width = scott(&seen, total).max(0.5 / 1.64);
        let mut density = vec![0.0; self.cells];
        for (centre, weight, width) in seen.iter().map(|(i, c)| (*i, *c, width)).chain([((n - 1.0) / 2.0, 1.0, n)]) {
            let cdf = |x: f64| 0.5 * (1.0 + erf((x - centre) / width * std::f64::consts::FRAC_1_SQRT_2));
            let whole = cdf(n - 0.5) - cdf(-0.5);
            for (cell, p) in density.iter_mut().enumerate() {
                *p += weight / (total + 1.0) * (cdf(cell as f64 + 0.5) - cdf(cell as f64 - 0.5)) / whole;
            }
        }
        density
    }
}

/// Scott's rule with the smaller of the deviation and the scaled interquartile range, over weighted places.
fn scott(seen: &[(f64, f64)], total: f64) -> f64 {
    let mean = seen.iter().map(|(x, w)| x * w).sum::<f64>() / total;
    let squares = seen.iter().map(|(x, w)| w * (x - mean) * (x - mean)).sum::<f64>();
    let deviation = (squares / (total - 1.0).max(1.0)).sqrt();
    let reached = |share: f64, beyond: bool| {
        let mut sum = 0.0;
        let at = seen.iter().position(|(_, w)| {
            sum += w;
            if beyond { sum > share } else { sum >= share }
        });
        seen[at.unwrap_or(seen.len() - 1)].0
    };
    let range = reached((total * 3.0 / 4.0).floor(), true) - reached((total / 4.0).floor(), false);
    1.059 * (range / 1.34).min(deviation) * exp(-0.2 * ln(total))
}

/// The importance of every hyperparameter that was drawn in some finished trials of a study, most important first (ties in the order of the
/// space).
///
/// With two objectives the best tenth is by fronts. With fewer than two trials that have values, all are 0.
pub fn importance(study: &Study, trials: &[&Trial]) -> Vec<Importance> {
    let directions: Vec<Direction> = study.objectives.iter().map(|o| o.direction).collect();
    let valued = trials.iter().copied().filter(|t| super::measure::pruned(t).is_none());
    let valued: Vec<(&Trial, Vec<f64>)> = valued
        .filter_map(|t| Some((t, objectives(study, t).and_then(|v| rank::minimised(&v, &directions))?)))
        .collect();
    let trials: Vec<&Trial> = valued.iter().map(|v| v.0).collect();
    let best = best_part(&valued.iter().map(|v| v.1.clone()).collect::<Vec<_>>());
    let mut all: Vec<Importance> = study
        .space
        .params
        .iter()
        .filter(|p| trials.iter().any(|t| t.draws.contains_key(&p.name)))
        .map(|param| Importance { name: param.name.clone(), share: 0.0, divergence: divergence(param, &trials, &best) })
        .collect();
    let sum: f64 = all.iter().map(|i| i.divergence).sum();
    if sum > 0.0 {
        all.iter_mut().for_each(|i| i.share = i.divergence / sum);
    }
    all.sort_by(|a, b| b.divergence.total_cmp(&a.divergence));
    all
}

/// Which trials are among the best tenth; all with the value of the last are.
fn best_part(values: &[Vec<f64>]) -> Vec<bool> {
    let count = (BEST * values.len() as f64).ceil() as usize;
    let wrapped: Vec<Option<Vec<f64>>> = values.iter().cloned().map(Some).collect();
    let ranked = rank::order(&wrapped, &vec![None; values.len()]);
    let mut best = vec![false; values.len()];
    ranked.iter().take(count).for_each(|&i| best[i] = true);
    if let (Some(&last), true) = (ranked.get(count.saturating_sub(1)), values.first().is_some_and(|v| v.len() == 1)) {
        (0..values.len()).for_each(|i| best[i] |= values[i][0] <= values[last][0]);
    }
    best
}

fn divergence(param: &Param, trials: &[&Trial], best: &[bool]) -> f64 {
    let Some(grid) = Grid::new(param, trials) else { return 0.0 };
    let (mut top, mut all) = (vec![0.0; grid.cells], vec![0.0; grid.cells]);
    let (mut top_count, mut count) = (0.0, 0.0);
    for (trial, best) in trials.iter().zip(best) {
        if let Some(draw) = trial.draws.get(&param.name) {
            let cell = grid.cell(draw);
            all[cell] += 1.0;
            count += 1.0;
            if *best {
                top[cell] += 1.0;
                top_count += 1.0;
            }
        }
    }
    if count < 2.0 || top_count == 0.0 {
        return 0.0;
    }
    let whole = best.iter().filter(|b| **b).count() as f64;
    let (top, all) = (grid.density(&top), grid.density(&all));
    let pearson: f64 = top
        .iter()
        .zip(&all)
        .map(|(t, a)| {
            let ratio = (t + 1e-12) / (a + 1e-12) - 1.0;
            (a + 1e-12) * ratio * ratio
        })
        .sum();
    // A hyperparameter that is drawn in some of the trials only counts by its share of the best, over its share of all.
    let (alpha, beta) = (top_count / whole, count / trials.len() as f64);
    let quantile = whole / trials.len() as f64;
    quantile * quantile * alpha * alpha / beta * pearson
}
