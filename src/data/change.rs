//! Changes of an example before it is scaled: to make an evaluation set's distribution differ, and to augment.
//!
//! | | table | image |
//! |---|---|---|
//! | shift(d) | x + d·deviation | d whole pixels to the right and down, 0 from outside |
//! | noise(d) | x + d·deviation·normal | the same; the deviation is that of all pixels |
//! | rotate(a) | the first two features about their means, counter-clockwise | about the centre, counter-clockwise as seen, bilinear, 0 from outside |
//! | scale(f) | f·x | the same |
//! | flip | | left to right |
//!
//! Means and deviations are those of the training rows; one-hot and boolean features of a table stay as they are.

use std::f64::consts::PI;

use super::error::Error;
use super::spec::Transform;
use crate::kernel::math::{cos, sin};
use crate::kernel::philox::Stream;
use crate::nn::layer::Shape;

/// What changes are measured in.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// The mean of each feature over train, unscaled.
    pub mean: Vec<f64>,
    /// The deviation of each feature over train; 0 for one-hot and boolean features. For images that of all pixels.
    pub deviation: Vec<f64>,
    /// Whether a feature may be changed: one-hot and boolean ones may not.
    pub free: Vec<bool>,
}

/// Whether an example of this shape can be changed so.
///
/// # Errors
/// [`Error::Transform`].
pub fn check(transform: Transform, shape: Shape) -> Result<(), Error> {
    let refuse = |transform, needs| Err(Error::Transform { transform, needs, shape: shape.to_string() });
    match (transform, shape) {
        (Transform::Flip, Shape::Flat(_)) => refuse("flip", "an image"),
        (Transform::Rotate(_), Shape::Flat(n)) if n < 2 => refuse("rotate", "an image or two features"),
        (Transform::Shift(d), Shape::Image(..)) if d != d.trunc() => refuse("shift", "whole pixels for an image"),
        _ => Ok(()),
    }
}

/// Change one example; `normals` gives the noise, `scratch` is as long as the example.
pub(super) fn apply(
    transform: Transform,
    shape: Shape,
    measures: &Measures,
    normals: &mut Stream,
    row: &mut [f64],
    scratch: &mut [f64],
) {
    match (transform, shape) {
        (Transform::Shift(d), Shape::Flat(_)) => {
            for (x, deviation) in row.iter_mut().zip(&measures.deviation) {
                *x += d * deviation;
            }
        }
        (Transform::Shift(d), Shape::Image(height, width, channels)) => {
            moved((height, width, channels), d as i64, d as i64, row, scratch);
        }
        (Transform::Noise(d), _) => {
            for (x, deviation) in row.iter_mut().zip(&measures.deviation) {
                // A normal number for every feature, so that the noise of one does not hang on the kinds of the others.
                *x += d * deviation * normals.normal();
            }
        }
        (Transform::Rotate(degrees), Shape::Flat(n)) if n >= 2 => {
            let (sine, cosine) = turn(degrees);
            let (a, b) = (row[0] - measures.mean[0], row[1] - measures.mean[1]);
            row[0] = measures.mean[0] + cosine * a - sine * b;
            row[1] = measures.mean[1] + sine * a + cosine * b;
        }
        (Transform::Rotate(degrees), Shape::Image(height, width, channels)) => {
            rotated((height, width, channels), degrees, row, scratch);
        }
        (Transform::Scale(factor), _) => {
            for (x, _) in row.iter_mut().zip(&measures.free).filter(|(_, free)| **free) {
                *x *= factor;
            }
        }
        (Transform::Flip, Shape::Image(_, width, channels)) => {
            for line in row.chunks_exact_mut(width * channels) {
                for x in 0..width / 2 {
                    for c in 0..channels {
                        line.swap(x * channels + c, (width - 1 - x) * channels + c);
                    }
                }
            }
        }
        (Transform::Flip | Transform::Rotate(_), Shape::Flat(_)) => {}
    }
}

/// Sine and cosine of an angle in degrees, exact for quarter turns.
fn turn(degrees: f64) -> (f64, f64) {
    let degrees = degrees.rem_euclid(360.0);
    match degrees {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        _ => (sin(degrees * PI / 180.0), cos(degrees * PI / 180.0)),
    }
}

/// Every pixel `right` columns to the right and `down` rows down; 0 comes in from outside.
pub(super) fn moved(
    (height, width, channels): (usize, usize, usize),
    right: i64,
    down: i64,
    row: &mut [f64],
    scratch: &mut [f64],
) {
    scratch.copy_from_slice(row);
    for y in 0..height {
        for x in 0..width {
            let (from_y, from_x) = (y as i64 - down, x as i64 - right);
            let inside = (0..height as i64).contains(&from_y) && (0..width as i64).contains(&from_x);
            for c in 0..channels {
                row[(y * width + x) * channels + c] =
                    if inside { scratch[(from_y as usize * width + from_x as usize) * channels + c] } else { 0.0 };
            }
        }
    }
}

/// An image turned about its centre, each pixel mixed from the four around the place that it comes from.
pub(super) fn rotated(
    (height, width, channels): (usize, usize, usize),
    degrees: f64,
    row: &mut [f64],
    scratch: &mut [f64],
) {
    let (sine, cosine) = turn(degrees);
    scratch.copy_from_slice(row);
    let (middle_y, middle_x) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    let at = |y: i64, x: i64, c: usize| -> f64 {
        if (0..height as i64).contains(&y) && (0..width as i64).contains(&x) {
            scratch[(y as usize * width + x as usize) * channels + c]
        } else {
            0.0
        }
    };
    for y in 0..height {
        for x in 0..width {
            // Rows run downwards, so that a turn counter-clockwise comes from a place turned clockwise.
            let (dy, dx) = (y as f64 - middle_y, x as f64 - middle_x);
            let (from_x, from_y) = (middle_x + cosine * dx - sine * dy, middle_y + sine * dx + cosine * dy);
            let (left, top) = (from_x.floor(), from_y.floor());
            let (u, v) = (from_x - left, from_y - top);
            let (left, top) = (left as i64, top as i64);
            for c in 0..channels {
                let above = at(top, left, c) * (1.0 - u) + at(top, left + 1, c) * u;
                let below = at(top + 1, left, c) * (1.0 - u) + at(top + 1, left + 1, c) * u;
                row[(y * width + x) * channels + c] = above * (1.0 - v) + below * v;
            }
        }
    }
}
