//! How the draws of a space are spread, in words.

use crate::plan::space::Domain;
use crate::report::name::number;
use crate::stats::distribution::normal_quantile;

/// The space as one says it, and between which numbers half of its draws and nine in ten lie.
pub(super) fn describe(domain: &Domain) -> String {
    let kind = match domain {
        Domain::Linear { low, high } => format!("uniform on [{}, {}]", number(*low), number(*high)),
        Domain::Log { low, high } => {
            format!("log-uniform on [{}, {}]: every decade alike", number(*low), number(*high))
        }
        Domain::Int { low, high, log: false } => format!("whole numbers from {low} to {high}, all alike"),
        Domain::Int { low, high, log: true } => format!("whole numbers from {low} to {high} on a log scale"),
        Domain::Normal { mean, deviation, log: false } => format!("Gaussian, mean {mean}, deviation {deviation}"),
        Domain::Normal { mean, deviation, log: true } => {
            format!("log-normal: the logarithm has mean {mean} and deviation {deviation}")
        }
        Domain::Choice { labels, .. } => format!("one of {}, all alike", labels.join(", ")),
        Domain::Steps { of, step } => return format!("{}; rounded to multiples of {step}", describe(of)),
    };
    match [0.05, 0.25, 0.75, 0.95].map(|p| quantile(domain, p)) {
        [Some(a), Some(b), Some(c), Some(d)] => format!(
            "{kind}; half of the draws lie between {} and {}, nine in ten between {} and {}",
            number(b),
            number(c),
            number(a),
            number(d)
        ),
        _ => kind,
    }
}

fn quantile(domain: &Domain, p: f64) -> Option<f64> {
    use crate::kernel::math::{exp, ln};
    Some(match *domain {
        Domain::Linear { low, high } => low + p * (high - low),
        Domain::Log { low, high } => low * exp(p * ln(high / low)),
        Domain::Normal { mean, deviation, log } => {
            let x = mean + deviation * normal_quantile(p);
            if log { exp(x) } else { x }
        }
        Domain::Int { .. } | Domain::Choice { .. } | Domain::Steps { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_log_space_lies_between_its_quartiles() {
        let text = describe(&Domain::Log { low: 1e-4, high: 1.0 });
        assert_eq!(
            text,
            "log-uniform on [0.0001, 1]: every decade alike; half of the draws lie between 0.001 and 0.1, nine in ten between \
             0.000158 and 0.631"
        );
    }
}
