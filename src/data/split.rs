//! Which rows train, which are dev, which are test.
//!
//! Every set gets its share of each class as exactly as whole rows allow: the size of a set is its share of all rows
//! (largest remainder), and within it each class gets its quota rounded down, the rows that are left going to the classes
//! of largest remainder (the first of equals). A class keeps at least one row in train. With `groups`, whole groups are
//! dealt, the largest first, to the set that lacks most rows; classes are then not balanced. The share of a set that has a
//! source of its own goes to train, and so does that of dev with `folds`.

use super::error::Error;
use super::examples::{Examples, Target};
use super::facts::count;
use super::spec::{Evaluation, Pipeline};
use crate::kernel::philox::{Purpose, Stream};

/// Row numbers of the training source for each set, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// For training.
    pub train: Vec<u32>,
    /// For choosing; empty when its share is 0 or it has a source of its own.
    pub dev: Vec<u32>,
    /// For the end; likewise.
    pub test: Vec<u32>,
}

/// What the streams of one split are for.
#[derive(Clone, Copy)]
enum Draw {
    Limit = 0,
    Test = 1,
    Dev = 2,
    Folds = 3,
    Groups = 4,
}

fn stream(seed: u64, draw: Draw) -> Stream {
    Stream::new(seed, Purpose::Split, draw as u32, 0, 0)
}

/// A part of all rows with the same balance of classes: what `limit` leaves.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// At most so many rows.
    pub most: usize,
    /// Of the draw.
    pub seed: u64,
}

impl Part {
    /// What a pipeline asks for.
    pub fn of(pipeline: &Pipeline) -> Option<Part> {
        pipeline.limit.map(|most| Part { most, seed: pipeline.seed })
    }

    /// The rows of the part, ascending; none when all of the `n` rows stay.
    pub fn rows(&self, target: &Target, n: usize) -> Option<Vec<u32>> {
        if self.most >= n {
            return None;
        }
        let rows: Vec<u32> = (0..n as u32).collect();
        let (taken, _) = take(target, &rows, self.most, 0, &mut stream(self.seed, Draw::Limit));
        Some(taken)
    }
}

/// Deal the rows of `examples` to the sets; `fold` counts from 0 and matters with `folds` only, where it is taken modulo
/// their number.
///
/// # Errors
/// [`Error::Shares`], [`Error::Folds`], and [`Error::TooFewRows`] when a set with a share above 0 would be empty.
pub fn split(examples: &Examples, pipeline: &Pipeline, fold: u32) -> Result<Sets, Error> {
    let n = examples.rows;
    let own = |set: &Option<Evaluation>| matches!(set, Some(Evaluation::Source(_)));
    let mut shares = pipeline.split;
    let sum: f64 = shares.iter().sum();
    if !shares.iter().all(|s| (0.0..=1.0).contains(s)) || (sum - 1.0).abs() > 1e-6 || shares[0] <= 0.0 {
        return Err(Error::Shares { shares });
    }
    // The share of a set that does not come from here goes to train.
    for (i, elsewhere) in [(1, own(&pipeline.dev) || pipeline.folds.is_some()), (2, own(&pipeline.test))] {
        if elsewhere {
            shares[0] += std::mem::take(&mut shares[i]);
        }
    }
    let sizes = apportion(n, &shares);
    for (i, set) in ["train", "dev", "test"].into_iter().enumerate() {
        if shares[i] > 0.0 && sizes[i] == 0 {
            return Err(too_few(examples, set, format!("{} %", (shares[i] * 1000.0).round() / 10.0)));
        }
    }
    let mut sets = Sets::default();
    let rest = if let Some(groups) = &examples.groups {
        let mut sides = deal_groups(groups, &sizes, &mut stream(pipeline.seed, Draw::Groups)).into_iter();
        let [train, dev, test] = [(); 3].map(|()| sides.next().unwrap_or_default());
        for (name, rows, size) in [("train", &train, sizes[0]), ("dev", &dev, sizes[1]), ("test", &test, sizes[2])] {
            if size > 0 && rows.is_empty() {
                return Err(too_few(examples, name, "whole groups".into()));
            }
        }
        (sets.dev, sets.test) = (dev, test);
        train
    } else {
        let all: Vec<u32> = (0..n as u32).collect();
        let (test, rest) = take(&examples.target, &all, sizes[2], 1, &mut stream(pipeline.seed, Draw::Test));
        let (dev, rest) = take(&examples.target, &rest, sizes[1], 1, &mut stream(pipeline.seed, Draw::Dev));
        (sets.dev, sets.test) = (dev, test);
        rest
    };
    sets.train = rest;
    if let Some(folds) = pipeline.folds {
        (sets.train, sets.dev) = hold_out(examples, &sets.train, folds, fold, pipeline.seed)?;
    }
    Ok(sets)
}

fn too_few(examples: &Examples, set: &'static str, share: String) -> Error {
    Error::TooFewRows { origin: examples.origin.clone(), rows: examples.rows, set, share }
}

/// `n` in whole parts proportional to `shares` (sum 1): rounded down, then one more for the largest remainders, the
/// first of equals first.
pub fn apportion(n: usize, shares: &[f64]) -> Vec<usize> {
    let quotas: Vec<f64> = shares.iter().map(|s| s * n as f64).collect();
    // A quota such as 0.15 · 20 = 3.0000000000000004 is whole but for rounding.
    let floor = |q: f64| if (q - q.round()).abs() < 1e-9 * n.max(1) as f64 { q.round() } else { q.floor() };
    let mut parts: Vec<usize> = quotas.iter().map(|&q| floor(q) as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).filter(|&i| shares[i] > 0.0).collect();
    order.sort_by(|&a, &b| (quotas[b] - floor(quotas[b])).total_cmp(&(quotas[a] - floor(quotas[a]))));
    let left = n.saturating_sub(parts.iter().sum());
    for &i in order.iter().cycle().take(if order.is_empty() { 0 } else { left }) {
        parts[i] += 1;
    }
    parts
}

/// How many of `size` rows each class gives, where class c has `counts[c]` and keeps at least `keep` where it can.
pub fn quotas(counts: &[usize], size: usize, keep: usize) -> Vec<usize> {
    let n: usize = counts.iter().sum();
    let most: Vec<usize> = counts.iter().map(|c| c.saturating_sub(keep)).collect();
    if n == 0 {
        return vec![0; counts.len()];
    }
    // In whole numbers: quota = count·size/n exactly.
    let mut parts: Vec<usize> =
        counts.iter().zip(&most).map(|(&c, &m)| ((c as u128 * size as u128 / n as u128) as usize).min(m)).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&c| std::cmp::Reverse(counts[c] as u128 * size as u128 % n as u128));
    let mut left = size - parts.iter().sum::<usize>();
    while left > 0 {
        let before = left;
        for &c in &order {
            if left > 0 && parts[c] < most[c] {
                parts[c] += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    parts
}

/// The rows of each class; one class for regression.
fn by_class(target: &Target, rows: &[u32]) -> Vec<Vec<u32>> {
    match target {
        Target::Classes { codes, names } => {
            let sizes = count(codes, names.len());
            let mut classes: Vec<Vec<u32>> = sizes.iter().map(|&n| Vec::with_capacity(n)).collect();
            for &row in rows {
                classes[codes[row as usize] as usize].push(row);
            }
            classes
        }
        Target::Values { .. } => vec![rows.to_vec()],
    }
}

/// Draw `size` of `rows`, stratified by their targets; what is drawn and what is left, both ascending.
fn take(target: &Target, rows: &[u32], size: usize, keep: usize, stream: &mut Stream) -> (Vec<u32>, Vec<u32>) {
    if size == 0 {
        return (Vec::new(), rows.to_vec());
    }
    let mut classes = by_class(target, rows);
    let counts: Vec<usize> = classes.iter().map(Vec::len).collect();
    let parts = quotas(&counts, size, keep);
    let (mut taken, mut left) = (Vec::with_capacity(size), Vec::with_capacity(rows.len() - size));
    for (class, part) in classes.iter_mut().zip(parts) {
        stream.shuffle(class);
        taken.extend_from_slice(&class[..part]);
        left.extend_from_slice(&class[part..]);
    }
    taken.sort_unstable();
    left.sort_unstable();
    (taken, left)
}

/// Deal whole groups, the largest first (equals in drawn order), each to the side that lacks most rows.
fn deal_groups(groups: &[u32], sizes: &[usize], stream: &mut Stream) -> Vec<Vec<u32>> {
    let number = groups.iter().max().map_or(0, |&m| m as usize + 1);
    let counts = count(groups, number);
    let mut order: Vec<u32> = (0..number as u32).filter(|&g| counts[g as usize] > 0).collect();
    stream.shuffle(&mut order);
    order.sort_by_key(|&g| std::cmp::Reverse(counts[g as usize]));
    let mut lacks: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
    let mut side = vec![0; number];
    for group in order {
        let to = (0..sizes.len()).rev().filter(|&s| sizes[s] > 0).max_by_key(|&s| lacks[s]).unwrap_or(0);
        side[group as usize] = to;
        lacks[to] -= counts[group as usize] as i64;
    }
    let mut sides = vec![Vec::new(); sizes.len()];
    for (row, &group) in groups.iter().enumerate() {
        sides[side[group as usize]].push(row as u32);
    }
    sides
}

/// Train and dev of one fold: rows are dealt class after class in drawn order, or groups as in [`deal_groups`].
fn hold_out(
    examples: &Examples,
    rows: &[u32],
    folds: usize,
    fold: u32,
    seed: u64,
) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let impossible = |units, of| Error::Folds { origin: examples.origin.clone(), folds, units, of };
    if folds < 2 || folds > rows.len() {
        return Err(impossible(rows.len(), "rows"));
    }
    let held = fold as usize % folds;
    let mut dev = if let Some(groups) = &examples.groups {
        let inside: Vec<u32> = rows.iter().map(|&r| groups[r as usize]).collect();
        let sizes = apportion(rows.len(), &vec![1.0 / folds as f64; folds]);
        let sides = deal_groups(&inside, &sizes, &mut stream(seed, Draw::Folds));
        if sides.iter().any(Vec::is_empty) {
            let mut different = inside.clone();
            different.sort_unstable();
            different.dedup();
            return Err(impossible(different.len(), "groups"));
        }
        sides[held].iter().map(|&i| rows[i as usize]).collect::<Vec<u32>>()
    } else {
        let mut stream = stream(seed, Draw::Folds);
        let mut dealt = Vec::with_capacity(rows.len());
        for mut class in by_class(&examples.target, rows) {
            stream.shuffle(&mut class);
            dealt.append(&mut class);
        }
        dealt.iter().skip(held).step_by(folds).copied().collect()
    };
    dev.sort_unstable();
    let train = rows.iter().copied().filter(|row| dev.binary_search(row).is_err()).collect();
    Ok((train, dev))
}
