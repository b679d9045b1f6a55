//! Changes drawn anew for each example of each mini-batch.
//!
//! The draws of an example come from the stream of purpose `Augment` of (seed, its row, the repetition, the epoch): they do
//! not hang on the batch that it is in. As augmentation, shift(d) of an image moves by whole pixels drawn from −d to d, right
//! and down apart; shift(d) of a table by a normal number times d deviations, one for each feature; rotate(a) turns by an
//! angle drawn evenly from −a to a; scale(f) multiplies by a factor drawn evenly between 1/f and f on the log scale; noise is
//! noise; flip mirrors half of the time. They act on unscaled values, in the order given.

use super::change::{self, Measures};
use super::error::Error;
use super::scale::Scaling;
use super::spec::Transform;
use crate::kernel::philox::{Purpose, Stream};
use crate::kernel::{Real, math};
use crate::nn::layer::Shape;

/// Changes and what they need, with room to work in.
#[derive(Clone, Debug)]
pub struct Augment {
    transforms: Vec<Transform>,
    shape: Shape,
    scaling: Scaling,
    measures: Measures,
    row: Vec<f64>,
    scratch: Vec<f64>,
}

/// Which draws: the same values give the same change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Of the training.
    pub seed: u64,
    /// From 0; less than 2^24.
    pub repetition: u32,
    /// From 0.
    pub epoch: u32,
}

impl Augment {
    /// Changes of examples that were scaled by `scaling`.
    ///
    /// # Errors
    /// [`Error::Transform`] where one does not fit the shape.
    pub fn new(
        transforms: &[Transform],
        shape: Shape,
        scaling: &Scaling,
        measures: &Measures,
    ) -> Result<Augment, Error> {
        for &transform in transforms {
            change::check(transform, shape)?;
        }
        Ok(Augment {
            transforms: transforms.to_vec(),
            shape,
            scaling: scaling.clone(),
            measures: measures.clone(),
            row: vec![0.0; shape.size()],
            scratch: vec![0.0; shape.size()],
        })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.transforms.is_empty()
    }

    /// Change the example of number `example` in train, scaled, in place.
    pub fn apply<T: Real>(&mut self, moment: Moment, example: u32, x: &mut [T]) {
        if self.transforms.is_empty() {
            return;
        }
        let mut stream = Stream::new(moment.seed, Purpose::Augment, example, moment.repetition, moment.epoch);
        for (j, (to, from)) in self.row.iter_mut().zip(x.iter()).enumerate() {
            *to = self.scaling.back(j, from.to_f64());
        }
        for &transform in &self.transforms {
            let drawn = match (transform, self.shape) {
                (Transform::Shift(d), Shape::Image(height, width, channels)) => {
                    let far = d.abs() as usize;
                    let right = stream.below(2 * far + 1) as i64 - far as i64;
                    let down = stream.below(2 * far + 1) as i64 - far as i64;
                    change::moved((height, width, channels), right, down, &mut self.row, &mut self.scratch);
                    continue;
                }
                (Transform::Shift(d), Shape::Flat(_)) => Transform::Noise(d),
                (Transform::Rotate(a), _) => Transform::Rotate(a * (2.0 * stream.uniform() - 1.0)),
                (Transform::Scale(f), _) => {
                    let span = 2.0 * stream.uniform() - 1.0;
                    Transform::Scale(if f > 0.0 { math::exp(span * math::ln(f)) } else { f })
                }
                (Transform::Flip, _) => {
                    if stream.below(2) == 0 {
                        continue;
                    }
                    Transform::Flip
                }
                (Transform::Noise(_), _) => transform,
            };
            change::apply(drawn, self.shape, &self.measures, &mut stream, &mut self.row, &mut self.scratch);
        }
        for (j, (to, from)) in x.iter_mut().zip(&self.row).enumerate() {
            *to = T::from_f64(self.scaling.forward(j, *from));
        }
    }
}
