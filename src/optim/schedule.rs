//! The learning rate of a step.

use super::{Curve, Schedule};
use crate::kernel::math;

impl Schedule {
    /// The rate of step `step` (from 0) of `steps` in epoch `epoch` (from 0); `epochs` in all is the cosine's horizon.
    ///
    /// In the warm-up of w epochs it is base·(epochs done, this step included)/w. After it the curve's t counts whole epochs
    /// from its end; the cosine goes by step.
    pub fn rate(&self, base: f64, epoch: u32, step: usize, steps: usize, epochs: u32) -> f64 {
        let steps = steps.max(1) as f64;
        let done = f64::from(epoch) + step as f64 / steps;
        if done < self.warmup {
            return base * ((done + 1.0 / steps) / self.warmup).min(1.0);
        }
        let since = done - self.warmup;
        let t = since.floor();
        match self.curve {
            Curve::Constant => base,
            Curve::Inverse { decay } => base / (1.0 + decay * t),
            Curve::Exponential { decay } => base * math::powf(decay, t),
            Curve::Step { every, factor } => base * math::powf(factor, (t / every).floor()),
            Curve::Cosine { last } => {
                let length = f64::from(epochs) - self.warmup;
                let progress = if length > 0.0 { (since / length).min(1.0) } else { 1.0 };
                base * (last + (1.0 - last) * 0.5 * (1.0 + math::cos(std::f64::consts::PI * progress)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(curve: Curve, warmup: f64, epochs: u32) -> Vec<f64> {
        let schedule = Schedule { curve, warmup };
        (0..epochs).flat_map(|e| (0..2).map(move |s| schedule.rate(1.0, e, s, 2, epochs))).collect()
    }

    #[test]
    fn warm_up_rises_by_step_to_the_rate() {
        assert_eq!(rates(Curve::Constant, 2.0, 3), [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(rates(Curve::Constant, 0.5, 2), [1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn curves_follow_their_formulas() {
        assert_eq!(rates(Curve::Inverse { decay: 1.0 }, 0.0, 3), [1.0, 1.0, 0.5, 0.5, 1.0 / 3.0, 1.0 / 3.0]);
        assert_eq!(rates(Curve::Exponential { decay: 0.5 }, 1.0, 3), [0.5, 1.0, 1.0, 1.0, 0.5, 0.5]);
        assert_eq!(rates(Curve::Step { every: 2.0, factor: 0.5 }, 0.0, 3), [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]);
        // Half way of a cosine is the mean of its ends.
        let cosine = rates(Curve::Cosine { last: 0.5 }, 0.0, 2);
        assert_eq!(cosine[0], 1.0);
        assert!((cosine[2] - 0.75).abs() < 1e-15 && cosine[3] > 0.5 && cosine[3] < 0.75);
    }
}
