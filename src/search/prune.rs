//! Which trials are stopped early, decided by trial index and never by arrival.
//!
//! A trial is compared with trials of smaller index only. To decide about trial t after an epoch, every trial below t (of its bracket) must have reached
//! that epoch or have ended before it: [`decide`] answers [`Decision::Wait`] with the first that has not. Trial 0 never waits and nobody waits for a
//! larger index, so as long as trials are started in order of their index there is no deadlock, and the same trials are stopped after the same epochs
//! at any number of threads. More trials extend the rest without changing it. A trial with several repetitions is decided as one: its curve is the
//! mean over them.
//!
//! - **halving**: rungs after `from·factor^k` epochs. A trial goes on if its value there is among the best 1/factor (at least one) of all trials up to its
//!   own index that reached the rung (Li et al. 2020, in order of index); one that equals the last of these goes on too.
//! - **hyperband**: brackets of halving whose first rungs are 1, factor, factor², … epochs and the last without rungs (Li et al. 2018); a trial's bracket
//!   follows from its index, in shares that give every bracket the same epochs to spend.
//! - **median**: after every epoch beyond `after`, a trial stops if its best value so far is worse than the median of the best so far of the earlier
//!   trials that reached the epoch, of which there must be five (Golovin et al. 2017).

use crate::plan::experiment::Prune;
use crate::plan::metric::Direction;

/// Earlier trials that a median is taken over at least.
const ENOUGH: usize = 5;

/// An earlier trial, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The objective after each epoch, from the first.
    pub values: Vec<f64>,
    /// Whether it will get no more.
    pub ended: bool,
}

/// What becomes of a trial after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Go,
    /// It is stopped.
    Stop,
    /// The trial of this index must reach the epoch, or end, first.
    Wait(u32),
}

/// The bracket of a trial, from 0 (the one that is cut most); always 0 but for hyperband.
pub fn bracket(prune: &Prune, epochs: u32, index: u32) -> u32 {
    let Prune::Hyperband { factor } = prune else { return 0 };
    let last = deepest(*factor, epochs);
    // Trials of a bracket that stops most early cost least: shares as in hyperband's table, (last + 1)/(s + 1)·factor^s.
    let share = |bracket: u32| {
        let s = last - bracket;
        (u64::from(last + 1) * u64::from((*factor).max(2)).pow(s)).div_ceil(u64::from(s + 1))
    };
    let shares: Vec<u64> = (0..=last).map(share).collect();
    let period: u64 = shares.iter().sum();
    // Each place goes to the bracket that is furthest behind its share.
    let mut given = vec![0u64; shares.len()];
    let mut chosen = 0;
    for place in 0..=u64::from(index) % period {
        let behind = |b: usize| (shares[b] * (place + 1)) as i128 - (given[b] * period) as i128;
        chosen = (0..shares.len()).max_by_key(|&b| (behind(b), std::cmp::Reverse(b))).unwrap_or(0);
        given[chosen] += 1;
    }
    chosen as u32
}

/// The largest k with factor^k ≤ epochs.
fn deepest(factor: u32, epochs: u32) -> u32 {
    let factor = u64::from(factor.max(2));
    (1..32).take_while(|&k| factor.pow(k) <= u64::from(epochs)).count() as u32
}

/// Whether something is decided about a trial after an epoch (from 1) of so many in all.
pub fn due(prune: &Prune, epochs: u32, index: u32, epoch: u32) -> bool {
    if epoch >= epochs {
        return false;
    }
    let rung = |first: u32, factor: u32| {
        let mut at = u64::from(first.max(1));
        while at < u64::from(epoch) {
            at *= u64::from(factor.max(2));
        }
        at == u64::from(epoch)
    };
    match prune {
        Prune::Halving { factor, from } => rung(*from, *factor),
        Prune::Hyperband { factor } => {
            let (bracket, last) = (bracket(prune, epochs, index), deepest(*factor, epochs));
            bracket < last && rung((*factor).max(2).pow(bracket), *factor)
        }
        Prune::Median { after } => epoch > *after,
    }
}

/// Decide about trial `index` after it has trained `own.len()` of `epochs` epochs; `earlier` are the trials 0 to index − 1, in order.
pub fn decide(
    prune: &Prune,
    epochs: u32,
    direction: Direction,
    index: u32,
    own: &[f64],
    earlier: &[Curve],
) -> Decision {
    let epoch = own.len() as u32;
    if epoch == 0 || !due(prune, epochs, index, epoch) {
        return Decision::Go;
    }
    let mine = bracket(prune, epochs, index);
    let rivals = (0u32..).zip(earlier).take(index as usize);
    let rivals: Vec<(u32, &Curve)> = rivals.filter(|(i, _)| bracket(prune, epochs, *i) == mine).collect();
    if let Some((waited, _)) = rivals.iter().find(|(_, curve)| curve.values.len() < own.len() && !curve.ended) {
        return Decision::Wait(*waited);
    }
    let signed = |v: f64| match direction {
        Direction::Minimize if v.is_nan() => f64::INFINITY,
        Direction::Maximize if v.is_nan() => f64::INFINITY,
        Direction::Minimize => v,
        Direction::Maximize => -v,
    };
    let there = rivals.iter().filter(|(_, curve)| curve.values.len() >= own.len());
    match prune {
        Prune::Halving { factor, .. } | Prune::Hyperband { factor } => {
            let value = signed(own[own.len() - 1]);
            let values: Vec<f64> = there.map(|(_, curve)| signed(curve.values[own.len() - 1])).collect();
            let places = ((values.len() + 1) / (*factor).max(2) as usize).max(1);
            let better = values.iter().filter(|&&v| v < value).count();
            if better < places && value < f64::INFINITY { Decision::Go } else { Decision::Stop }
        }
        Prune::Median { .. } => {
            let best = |values: &[f64]| values.iter().map(|&v| signed(v)).fold(f64::INFINITY, f64::min);
            let mut values: Vec<f64> = there.map(|(_, curve)| best(&curve.values[..own.len()])).collect();
            if values.len() < ENOUGH {
                return Decision::Go;
            }
            values.sort_by(f64::total_cmp);
            let n = values.len();
            let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
            if best(own) > median { Decision::Stop } else { Decision::Go }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::philox::{Purpose, Stream};

    const EPOCHS: u32 = 27;

    fn curve(index: u32) -> Vec<f64> {
        let mut stream = Stream::new(5, Purpose::Other, index, 0, 0);
        let (end, speed) = (stream.uniform(), 0.05 + 0.3 * stream.uniform());
        (1..=EPOCHS).map(|e| end + 2.0 / (1.0 + speed * f64::from(e)) + 0.02 * stream.normal()).collect()
    }

    /// Train trials in a random order of arrival, at most `threads` at once; how many epochs each got.
    fn run(prune: &Prune, trials: u32, threads: usize, arrival: u32) -> Vec<usize> {
        let full: Vec<Vec<f64>> = (0..trials).map(curve).collect();
        let mut known = vec![Curve::default(); trials as usize];
        let mut stream = Stream::new(9, Purpose::Other, arrival, 0, 0);
        loop {
            let running: Vec<usize> = (0..trials as usize).filter(|&i| !known[i].ended).take(threads).collect();
            if running.is_empty() {
                return known.iter().map(|c| c.values.len()).collect();
            }
            let free: Vec<usize> = running
                .into_iter()
                .filter(|&i| {
                    let (earlier, own) = (&known[..i], &known[i].values);
                    !matches!(decide(prune, EPOCHS, Direction::Minimize, i as u32, own, earlier), Decision::Wait(_))
                })
                .collect();
            let i = free[stream.below(free.len())];
            let own = known[i].values.clone();
            match decide(prune, EPOCHS, Direction::Minimize, i as u32, &own, &known[..i]) {
                Decision::Stop => known[i].ended = true,
                _ => {
                    known[i].values.push(full[i][own.len()]);
                    known[i].ended = known[i].values.len() == EPOCHS as usize;
                }
            }
        }
    }

    #[test]
    fn arrival_and_more_trials_change_nothing() {
        for prune in [Prune::Halving { factor: 3, from: 1 }, Prune::Hyperband { factor: 3 }, Prune::Median { after: 5 }]
        {
            let alone = run(&prune, 40, 1, 0);
            for arrival in 1..4 {
                assert_eq!(alone, run(&prune, 40, 8, arrival), "{prune:?}");
            }
            assert_eq!(alone[..20], run(&prune, 20, 4, 9)[..]);
            let spent: usize = alone.iter().sum();
            assert!(spent < 40 * EPOCHS as usize * 3 / 4, "{prune:?} {spent}");
            // The best of all is among those that were trained to the end.
            let ends: Vec<f64> = (0..40).map(|i| curve(i)[EPOCHS as usize - 1]).collect();
            let best_kept =
                (0..40).filter(|&i| alone[i] == EPOCHS as usize).map(|i| ends[i]).fold(f64::INFINITY, f64::min);
            let mut sorted = ends;
            sorted.sort_by(f64::total_cmp);
            assert!(best_kept <= sorted[4], "{prune:?}");
        }
    }

    #[test]
    fn halving_keeps_a_third_at_each_rung() {
        let got = run(&Prune::Halving { factor: 3, from: 1 }, 300, 1, 0);
        let reach = |epoch: usize| got.iter().filter(|&&e| e > epoch).count() as f64 / 300.0;
        assert!(reach(1) > 0.28 && reach(1) < 0.45, "{}", reach(1));
        assert!(reach(3) > 0.08 && reach(3) < 0.22, "{}", reach(3));
        for e in &got {
            assert!([1, 3, 9, 27].contains(e));
        }
    }

    #[test]
    fn equals_go_on_together() {
        let prune = Prune::Halving { factor: 3, from: 1 };
        let seen: Vec<Curve> = [0.9, 0.9, 0.5, 0.4].map(|v| Curve { values: vec![v], ended: false }).to_vec();
        let after = |own: f64| decide(&prune, EPOCHS, Direction::Maximize, 4, &[own], &seen);
        assert_eq!((after(0.9), after(0.89), after(f64::NAN)), (Decision::Go, Decision::Stop, Decision::Stop));
    }

    #[test]
    fn brackets_spend_alike() {
        let prune = Prune::Hyperband { factor: 3 };
        let mut counts = [0; 4];
        // One period: 27 + 12 + 6 + 4 trials.
        (0..49).for_each(|i| counts[bracket(&prune, 27, i) as usize] += 1);
        assert_eq!(counts, [27, 12, 6, 4]);
        assert_eq!(bracket(&prune, 27, 49), bracket(&prune, 27, 0));
        assert!(!due(&prune, 27, (0..49).find(|&i| bracket(&prune, 27, i) == 3).expect("one"), 9));
    }
}
