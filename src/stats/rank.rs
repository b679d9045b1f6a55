//! Which trials are better: by one objective, or by two through non-dominated sorting.

use std::cmp::Ordering;

use crate::plan::metric::Direction;

/// The values with the sign that makes small good; `None` unless all are finite numbers.
pub fn minimised(values: &[f64], directions: &[Direction]) -> Option<Vec<f64>> {
    let signed = values.iter().enumerate().map(|(i, &v)| match directions.get(i) {
        Some(Direction::Maximize) => -v,
        _ => v,
    });
    let signed: Vec<f64> = signed.collect();
    (!signed.is_empty() && signed.iter().all(|v| v.is_finite())).then_some(signed)
}

/// Places from best to worst of trials with these values (small is good) and, where one was pruned, the epochs that it got.
///
/// First those with values by value (two objectives: by front, within a front the more crowded later, Deb et al. 2002), then the pruned by the
/// epochs they got and their value, then those without a value. Ties go to the earlier one.
pub fn order(values: &[Option<Vec<f64>>], pruned: &[Option<u32>]) -> Vec<usize> {
    let first = |i: usize| values[i].as_ref().map_or(f64::INFINITY, |v| v[0]);
    let finished: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_some() && pruned[i].is_none()).collect();
    let mut stopped: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_some() && pruned[i].is_some()).collect();
    stopped.sort_by(|&a, &b| pruned[b].cmp(&pruned[a]).then(first(a).total_cmp(&first(b))).then(a.cmp(&b)));
    let points: Vec<Vec<f64>> = finished.iter().filter_map(|&i| values[i].clone()).collect();
    let mut all: Vec<usize> = if points.first().is_some_and(|p| p.len() > 1) {
        by_front(&points).into_iter().map(|i| finished[i]).collect()
    } else {
        let mut sorted = finished;
        sorted.sort_by(|&a, &b| first(a).total_cmp(&first(b)).then(a.cmp(&b)));
        sorted
    };
    all.extend(stopped);
    all.extend((0..values.len()).filter(|&i| values[i].is_none()));
    all
}

/// Whether `a` is nowhere worse and somewhere better than `b`; small is good.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| x <= y) && a.iter().zip(b).any(|(x, y)| x < y)
}

/// The front that each point belongs to, from 0 (dominated by none); small is good.
pub fn fronts(points: &[Vec<f64>]) -> Vec<usize> {
    let mut rank = vec![usize::MAX; points.len()];
    let mut left: Vec<usize> = (0..points.len()).collect();
    let mut front = 0;
    while !left.is_empty() {
        let (now, later): (Vec<usize>, Vec<usize>) =
            left.iter().partition(|&&i| !left.iter().any(|&j| dominates(&points[j], &points[i])));
        for i in now {
            rank[i] = front;
        }
        left = later;
        front += 1;
    }
    rank
}

/// Places of the points that none dominates, in order of the first objective; `directions` say which way is good. Points with a value that is
/// not a number are left out.
pub fn pareto(points: &[Vec<f64>], directions: &[Direction]) -> Vec<usize> {
    let signed: Vec<Option<Vec<f64>>> = points.iter().map(|p| minimised(p, directions)).collect();
    let mut front: Vec<usize> = (0..points.len())
        .filter(|&i| {
            signed[i].as_ref().is_some_and(|point| !signed.iter().flatten().any(|other| dominates(other, point)))
        })
        .collect();
    front.sort_by(|&a, &b| points[a][0].total_cmp(&points[b][0]).then(a.cmp(&b)));
    front
}

fn by_front(points: &[Vec<f64>]) -> Vec<usize> {
    let rank = fronts(points);
    let mut crowding = vec![0.0f64; points.len()];
    for front in 0..=rank.iter().copied().max().unwrap_or(0) {
        let members: Vec<usize> = (0..points.len()).filter(|&i| rank[i] == front).collect();
        for objective in 0..points.first().map_or(0, Vec::len) {
            let mut sorted = members.clone();
            sorted.sort_by(|&a, &b| points[a][objective].total_cmp(&points[b][objective]).then(a.cmp(&b)));
            let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { continue };
            let range = points[high][objective] - points[low][objective];
            crowding[low] = f64::INFINITY;
            crowding[high] = f64::INFINITY;
            if range > 0.0 {
                for three in sorted.windows(3) {
                    crowding[three[1]] += (points[three[2]][objective] - points[three[0]][objective]) / range;
                }
            }
        }
    }
    let mut all: Vec<usize> = (0..points.len()).collect();
    all.sort_by(|&a, &b| {
        rank[a].cmp(&rank[b]).then(crowding[b].partial_cmp(&crowding[a]).unwrap_or(Ordering::Equal)).then(a.cmp(&b))
    });
    all
}

/// The area that points dominate below a reference, two objectives, small is good.
pub fn hypervolume(points: &[Vec<f64>], reference: &[f64]) -> f64 {
    let mut inside: Vec<&Vec<f64>> = points.iter().filter(|p| p[0] < reference[0] && p[1] < reference[1]).collect();
    inside.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let (mut area, mut ceiling) = (0.0, reference[1]);
    for point in inside {
        if point[1] < ceiling {
            area += (reference[0] - point[0]) * (ceiling - point[1]);
            ceiling = point[1];
        }
    }
    area
}
