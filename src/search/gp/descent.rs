//! Limited-memory BFGS in a box (Nocedal 1980; steps are projected on the box).

/// Make a function small from a start; it gives its value and fills its gradient. Bounds hold at every evaluation.
pub(crate) fn minimise(
    start: &[f64],
    low: &[f64],
    high: &[f64],
    evaluations: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Vec<f64>, f64) {
    const MEMORY: usize = 6;
    let n = start.len();
    let clip = |x: &mut Vec<f64>| x.iter_mut().enumerate().for_each(|(i, v)| *v = v.clamp(low[i], high[i]));
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
    let mut x = start.to_vec();
    clip(&mut x);
    let mut gradient = vec![0.0; n];
    let mut value = function(&x, &mut gradient);
    let mut used = 1;
    let mut pairs: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    while used < evaluations {
        // What points out of the box at its border does not move.
        let free: Vec<bool> =
            (0..n).map(|i| !(x[i] <= low[i] && gradient[i] > 0.0 || x[i] >= high[i] && gradient[i] < 0.0)).collect();
        let mut direction: Vec<f64> = (0..n).map(|i| if free[i] { -gradient[i] } else { 0.0 }).collect();
        let steepest = dot(&direction, &direction).sqrt();
        if steepest < 1e-6 {
            break;
        }
        let mut shares = Vec::new();
        for (s, y, rho) in pairs.iter().rev() {
            let share = rho * dot(s, &direction);
            direction.iter_mut().zip(y).for_each(|(d, y)| *d -= share * y);
            shares.push(share);
        }
        if let Some((s, y, _)) = pairs.last() {
            let scale = dot(s, y) / dot(y, y);
            direction.iter_mut().for_each(|d| *d *= scale);
        } else {
            let scale = (0.5 / steepest).min(1.0);
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for ((s, y, rho), share) in pairs.iter().zip(shares.iter().rev()) {
            let other = rho * dot(y, &direction);
            direction.iter_mut().zip(s).for_each(|(d, s)| *d += (share - other) * s);
        }
        direction.iter_mut().zip(&free).for_each(|(d, free)| *d = if *free { d.clamp(-2.0, 2.0) } else { 0.0 });
        if dot(&direction, &gradient) >= 0.0 {
            if pairs.is_empty() {
                break;
            }
            pairs.clear();
            continue;
        }
        let mut step = 1.0;
        let mut moved = false;
        while used < evaluations {
            let mut next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            clip(&mut next);
            let change: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
            let mut slope = vec![0.0; n];
            let there = function(&next, &mut slope);
            used += 1;
            if there.is_finite() && there <= value + 1e-4 * dot(&change, &gradient) {
                let turn: Vec<f64> = slope.iter().zip(&gradient).map(|(a, b)| a - b).collect();
                let curvature = dot(&change, &turn);
                if curvature > 1e-10 {
                    if pairs.len() == MEMORY {
                        pairs.remove(0);
                    }
                    pairs.push((change, turn, 1.0 / curvature));
                }
                moved = (value - there).abs() > 1e-7 * (1.0 + value.abs());
                (x, gradient, value) = (next, slope, there);
                break;
            }
            step *= 0.3;
            if step < 1e-4 {
                break;
            }
        }
        if !moved {
            break;
        }
    }
    (x, value)
}
