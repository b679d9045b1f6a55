//! Examples made from formulas. Equal parameters give equal bits on every machine: the numbers come from the streams of
//! purpose `Data` under the given seed, and sines and cosines from our own kernels.
//!
//! Every formula makes `points` rows; row i is of class i mod `classes` (classes are as equal in size as can be), and each of
//! its coordinates gets Gaussian noise of deviation `noise`. u is uniform on [0, 1), drawn for each row.

use super::error::Error;
use super::examples::{Column, Examples, Features, Lines, Target, Values};
use super::spec::{Mode, Synthetic, SyntheticShape};
use crate::kernel::math::{cos, sin};
use crate::kernel::philox::{Purpose, Stream};

use std::f64::consts::PI;

/// Of the circle on which the centres of blobs lie.
const BLOBS: f64 = 2.0;

/// The distance from the centre at which the arms of spirals end.
const SPIRALS: f64 = 3.0;

/// Make them.
///
/// # Errors
/// [`Error::Parameter`] for fewer than 2 points, noise below 0 or not finite, fewer than 2 classes or more than points; a
/// `mode` that the shape does not have. Moons and xor have 2 classes whatever `classes` says.
pub(super) fn make(what: &Synthetic, mode: Option<Mode>) -> Result<(Examples, String), Error> {
    let name = name(what.shape);
    let origin = format!("{name}()");
    let refuse = |reason: String| Err(Error::Parameter { origin: origin.clone(), reason });
    let classes = match what.shape {
        SyntheticShape::Moons | SyntheticShape::Xor => 2,
        _ => what.classes,
    };
    if what.points < 2 || what.points > 100_000_000 {
        return refuse(format!("points = {} must lie between 2 and 100000000", what.points));
    }
    if !(what.noise >= 0.0 && what.noise.is_finite()) {
        return refuse(format!("noise = {} must be a number from 0 on", what.noise));
    }
    match what.shape {
        SyntheticShape::Plane | SyntheticShape::Wave => {}
        _ if classes < 2 || classes > what.points => {
            return refuse(format!("classes = {classes} must lie between 2 and the number of points"));
        }
        _ => {}
    }
    let regression = matches!(what.shape, SyntheticShape::Plane | SyntheticShape::Wave);
    if let Some(asked) = mode
        && (asked == Mode::Regression) != regression
    {
        let kind = if regression { "numbers" } else { "classes" };
        return refuse(format!("it has {kind} to predict; leave out `mode`"));
    }
    let mut position = Stream::new(what.seed, Purpose::Data, what.shape as u32, 0, 0);
    let mut noise = Stream::new(what.seed, Purpose::Data, what.shape as u32, 0, 1);
    let one = matches!(what.shape, SyntheticShape::Wave);
    let (mut x, mut y) = (Vec::with_capacity(what.points), Vec::with_capacity(what.points));
    let (mut codes, mut values) = (Vec::new(), Vec::new());
    for i in 0..what.points {
        let class = i % classes.max(1);
        let u = position.uniform();
        let mut jitter = || if what.noise > 0.0 { what.noise * noise.normal() } else { 0.0 };
        let (a, b) = match what.shape {
            // Noise alone spreads a cloud, around 2 · (cos, sin)(2π class/classes).
            SyntheticShape::Blobs => {
                let angle = 2.0 * PI * class as f64 / classes as f64;
                (BLOBS * cos(angle), BLOBS * sin(angle))
            }
            // (cos, sin)(πu), and its mirror image (1 − cos, ½ − sin).
            SyntheticShape::Moons => {
                let angle = PI * u;
                if class == 0 { (cos(angle), sin(angle)) } else { (1.0 - cos(angle), 0.5 - sin(angle)) }
            }
            // (class + 1)/classes · (cos, sin)(2πu).
            SyntheticShape::Circles => {
                let radius = (class + 1) as f64 / classes as f64;
                (radius * cos(2.0 * PI * u), radius * sin(2.0 * PI * u))
            }
            // 3t · (cos, sin)(3πt + 2π class/classes), t from 0.1 to 1 and even in area: nearly one turn and a half.
            SyntheticShape::Spirals => {
                let t = (0.01 + 0.99 * u).sqrt();
                let angle = 3.0 * PI * t + 2.0 * PI * class as f64 / classes as f64;
                (SPIRALS * t * cos(angle), SPIRALS * t * sin(angle))
            }
            // Uniform on a quadrant of [−1, 1]²: class 0 where x and y have one sign, class 1 where they differ.
            SyntheticShape::Xor => {
                let v = position.uniform();
                let side = if position.below(2) == 0 { 1.0 } else { -1.0 };
                let other = if class == 0 { side } else { -side };
                (side * u, other * v)
            }
            // Uniform on the cell of the class, in a grid of ⌈√classes⌉ columns on the unit square, row by row.
            SyntheticShape::GridMap => {
                let v = position.uniform();
                let columns = (1..).find(|c| c * c >= classes).unwrap_or(1);
                let rows = classes.div_ceil(columns);
                let (row, column) = (class / columns, class % columns);
                // The last row may have fewer cells, which are then wider.
                let in_row = if row + 1 == rows { classes - row * columns } else { columns };
                ((column as f64 + u) / in_row as f64, (row as f64 + v) / rows as f64)
            }
            // x₁ uniform on [−1, 1), x₂ on [−100, 100), y = 2 x₁ − 0.03 x₂ + 1: x₂ is 100 times as wide.
            SyntheticShape::Plane => {
                let (a, b) = (2.0 * u - 1.0, 200.0 * position.uniform() - 100.0);
                values.push(2.0 * a - 0.03 * b + 1.0 + jitter());
                (a, b)
            }
            // x uniform on [0, 1), y = sin(2πx).
            SyntheticShape::Wave => {
                values.push(sin(2.0 * PI * u) + jitter());
                (u, 0.0)
            }
        };
        if regression {
            x.push(a);
            y.push(b);
        } else {
            x.push(a + jitter());
            y.push(b + jitter());
            codes.push(class as u32);
        }
    }
    let mut features = vec![Column { name: if one { "x".into() } else { "x1".into() }, values: Values::Numbers(x) }];
    if !one {
        features.push(Column { name: "x2".into(), values: Values::Numbers(y) });
    }
    let target_name = if regression { "y" } else { "class" };
    let mut columns: Vec<String> = features.iter().map(|c| c.name.clone()).collect();
    columns.push(target_name.into());
    let target = if regression {
        Target::Values { values, width: 1 }
    } else {
        Target::Classes { codes, names: (0..classes).map(|c| c.to_string()).collect() }
    };
    let examples = Examples {
        origin,
        columns,
        features: Features::Columns(features),
        target,
        target_name: target_name.into(),
        groups: None,
        rows: what.points,
        lines: Lines::None,
    };
    Ok((examples, digest(what)))
}

/// Of name and parameters.
pub(super) fn digest(what: &Synthetic) -> String {
    let Synthetic { points, classes, noise, seed, .. } = what;
    let text = format!("{} 1 {points} {classes} {:016x} {seed}", name(what.shape), noise.to_bits());
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn name(shape: SyntheticShape) -> &'static str {
    match shape {
        SyntheticShape::Blobs => "blobs",
        SyntheticShape::Moons => "moons",
        SyntheticShape::Circles => "circles",
        SyntheticShape::Spirals => "spirals",
        SyntheticShape::Xor => "xor",
        SyntheticShape::GridMap => "grid_map",
        SyntheticShape::Plane => "plane",
        SyntheticShape::Wave => "wave",
    }
}
