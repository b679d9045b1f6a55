//! Level lines and level regions of numbers on a grid (marching squares).

/// Numbers at the crossings of a grid.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Places of the columns, ascending.
    pub x: Vec<f64>,
    /// Places of the rows, ascending.
    pub y: Vec<f64>,
    /// `[row][column]`, flat; not finite counts as below every level.
    pub values: Vec<f64>,
}

/// A point of a ring, and whether it lies on the grid's border.
type Vertex = ((f64, f64), bool);

impl Grid {
    fn rings_marked(&self, level: f64) -> Vec<Vec<Vertex>> {
        let (nx, ny) = (self.x.len(), self.y.len());
        if nx == 0 || ny == 0 || self.values.len() != nx * ny {
            return Vec::new();
        }
        // A border of points below the level, at the same places as the outermost ones, closes every ring.
        let (px, py) = (nx + 2, ny + 2);
        let pad = |i: usize, j: usize| i == 0 || j == 0 || i == px - 1 || j == py - 1;
        let value = |i: usize, j: usize| {
            let v = if pad(i, j) { f64::NEG_INFINITY } else { self.values[(j - 1) * nx + i - 1] };
            if v.is_finite() { v - level } else { f64::NEG_INFINITY }
        };
        let place =
            |i: usize, j: usize| (self.x[i.saturating_sub(1).min(nx - 1)], self.y[j.saturating_sub(1).min(ny - 1)]);
        let vertex = |edge: usize| -> Vertex {
            let (cell, upright) = (edge / 2, edge % 2);
            let (i, j) = (cell % px, cell / px);
            let (k, l) = if upright == 1 { (i, j + 1) } else { (i + 1, j) };
            let ((ax, ay), (bx, by)) = (place(i, j), place(k, l));
            let (a, b) = (value(i, j), value(k, l));
            let t = if a.is_finite() && b.is_finite() { a / (a - b) } else { 0.5 };
            ((ax + (bx - ax) * t, ay + (by - ay) * t), pad(i, j) || pad(k, l))
        };
        let none = usize::MAX;
        let mut next = vec![none; px * py * 2];
        for j in 0..py - 1 {
            for i in 0..px - 1 {
                let corners = [value(i, j), value(i + 1, j), value(i + 1, j + 1), value(i, j + 1)];
                let inside = corners.map(|v| v >= 0.0);
                // The four edges between the corners, in their order around the cell.
                let edges = [(j * px + i) * 2, (j * px + i + 1) * 2 + 1, ((j + 1) * px + i) * 2, (j * px + i) * 2 + 1];
                let enter: Vec<usize> = (0..4).filter(|&e| !inside[e] && inside[(e + 1) % 4]).collect();
                let leave: Vec<usize> = (0..4).filter(|&e| inside[e] && !inside[(e + 1) % 4]).collect();
                match enter.len() {
                    1 => next[edges[leave[0]]] = edges[enter[0]],
                    2 => {
                        // A saddle: its middle says whether the two corners inside belong together.
                        let middle = corners.iter().sum::<f64>();
                        for &e in &leave {
                            let to = if middle >= 0.0 { (e + 1) % 4 } else { (e + 3) % 4 };
                            next[edges[e]] = edges[to];
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut rings = Vec::new();
        for start in 0..next.len() {
            let mut ring = Vec::new();
            let mut at = start;
            while next[at] != none {
                ring.push(vertex(at));
                at = std::mem::replace(&mut next[at], none);
            }
            if ring.len() > 2 {
                rings.push(ring);
            }
        }
        rings
    }

    /// The closed outlines of where the numbers are at least `level`.
    pub fn rings(&self, level: f64) -> Vec<Vec<(f64, f64)>> {
        self.rings_marked(level).into_iter().map(|r| r.into_iter().map(|v| v.0).collect()).collect()
    }

    /// The lines along which the numbers are `level`, without the grid's border.
    pub fn lines(&self, level: f64) -> Vec<Vec<(f64, f64)>> {
        let mut lines = Vec::new();
        for mut ring in self.rings_marked(level) {
            if let Some(border) = ring.iter().position(|v| v.1) {
                ring.rotate_left(border);
            } else {
                ring.push(ring[0]);
            }
            lines.extend(
                ring.split(|v| v.1)
                    .filter(|part| part.len() > 1)
                    .map(|part| part.iter().map(|v| v.0).collect::<Vec<_>>()),
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n: usize, f: impl Fn(f64, f64) -> f64) -> Grid {
        let x: Vec<f64> = (0..n).map(|i| -2.0 + 4.0 * i as f64 / (n - 1) as f64).collect();
        let values = x.iter().flat_map(|&b| x.iter().map(move |&a| (a, b))).map(|(a, b)| f(a, b)).collect();
        Grid { y: x.clone(), x, values }
    }

    fn area(ring: &[(f64, f64)]) -> f64 {
        let n = ring.len();
        (0..n).map(|i| ring[i].0 * ring[(i + 1) % n].1 - ring[(i + 1) % n].0 * ring[i].1).sum::<f64>() / 2.0
    }

    #[test]
    fn a_circle_has_its_area() {
        let rings = grid(81, |x, y| -(x * x + y * y)).rings(-1.0);
        assert_eq!(rings.len(), 1);
        // Straight pieces between points of a circle miss a little of it.
        assert!((area(&rings[0]).abs() - std::f64::consts::PI).abs() < 0.01);
        assert_eq!(grid(81, |x, y| -(x * x + y * y)).lines(-1.0).len(), 1);
    }

    #[test]
    fn regions_are_closed_at_the_border_and_lines_are_not() {
        let half = grid(21, |x, _| x);
        assert!((area(&half.rings(0.0)[0]).abs() - 8.0).abs() < 1e-9);
        let lines = half.lines(0.0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|p| p.0.abs() < 1e-9));
    }

    #[test]
    fn a_hole_is_a_ring_of_its_own_and_saddles_close() {
        let ring = grid(41, |x, y| -((x * x + y * y).sqrt() - 1.0).abs());
        assert_eq!(ring.rings(-0.3).len(), 2);
        let saddle = grid(20, |x, y| x * y);
        let total: f64 = saddle.rings(0.0).iter().map(|r| area(r).abs()).sum();
        assert!((total - 8.0).abs() < 0.1, "{total}");
    }

    #[test]
    fn nothing_finite_has_no_region() {
        assert!(grid(5, |_, _| f64::NAN).rings(0.0).is_empty());
        assert!(Grid { x: vec![], y: vec![], values: vec![] }.rings(0.0).is_empty());
    }
}
