//! Metrics of a set, from the outputs of a network and the targets.
//!
//! Sums run over the examples in their order in 64 bits, so that neither chunks nor threads change a bit.

use std::collections::BTreeMap;

use crate::plan::metric::MetricKind;

/// Bins of the calibration error, of equal width on [0, 1].
const CALIBRATION_BINS: usize = 10;

/// What is predicted, with the truth beside it.
#[derive(Clone, Copy, Debug)]
pub enum Truth<'a> {
    /// A class an example.
    Classes(&'a [u32]),
    /// `outputs` numbers an example, row by row.
    Values(&'a [f64]),
}

/// The outputs of a network over a set, `[rows, outputs]` flat, with what it should have said.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    /// Probabilities, scores, or numbers; a single output for two classes is the probability of the second.
    pub outputs: &'a [f64],
    /// Numbers an example.
    pub width: usize,
    /// The truth.
    pub truth: Truth<'a>,
    /// How many classes there are; 0 for regression.
    pub classes: usize,
    /// Where a single score turns to the second class: ½ for probabilities, 0 for margins.
    pub threshold: f64,
}

impl Predictions<'_> {
    /// How many examples there are.
    pub fn rows(&self) -> usize {
        self.outputs.len().checked_div(self.width).unwrap_or(0)
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.outputs[i * self.width..(i + 1) * self.width]
    }

    /// The score of a class, larger for likelier.
    fn score(&self, i: usize, class: usize) -> f64 {
        let row = self.row(i);
        match (self.width, class) {
            (1, 0) => 2.0 * self.threshold - row[0],
            (1, _) => row[0],
            _ => row[class],
        }
    }

    /// The predicted class of an example; the first of equals.
    pub fn class(&self, i: usize) -> usize {
        let row = self.row(i);
        if self.width == 1 {
            return usize::from(row[0] > self.threshold);
        }
        let mut best = 0;
        for (j, &v) in row.iter().enumerate() {
            if v > row[best] {
                best = j;
            }
        }
        best
    }

    /// `[truth][prediction]` counts.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0u64; self.classes]; self.classes];
        if let Truth::Classes(truth) = self.truth {
            for (i, &t) in truth.iter().enumerate() {
                counts[t as usize][self.class(i)] += 1;
            }
        }
        counts
    }

    /// One metric; `None` where it does not apply (a loss comes from the network, a class metric needs classes).
    pub fn metric(&self, kind: MetricKind) -> Option<f64> {
        if self.rows() == 0 {
            return None;
        }
        match self.truth {
            Truth::Classes(truth) => self.class_metric(kind, truth),
            Truth::Values(truth) => self.value_metric(kind, truth),
        }
    }

    /// The metrics that cost no more than counting: by name without the set.
    pub fn ordinary(&self) -> BTreeMap<MetricKind, f64> {
        use MetricKind::*;
        let kinds: &[MetricKind] = match self.truth {
            Truth::Classes(_) => &[Accuracy, Error, Precision, Recall, F1],
            Truth::Values(_) => &[Mse, Rmse, Mae, R2],
        };
        if let (Truth::Classes(_), true) = (self.truth, self.rows() > 0) {
            let counts = self.confusion();
            return kinds.iter().map(|&k| (k, from_confusion(k, &counts))).collect();
        }
        kinds.iter().filter_map(|&k| Some((k, self.metric(k)?))).collect()
    }

    fn class_metric(&self, kind: MetricKind, truth: &[u32]) -> Option<f64> {
        use MetricKind::*;
        match kind {
            Accuracy | Error | Precision | Recall | F1 => Some(from_confusion(kind, &self.confusion())),
            Top(k) => Some(self.top(truth, k as usize)),
            Auc => self.auc(truth),
            Calibration => Some(self.calibration(truth)),
            Mse | Rmse | Mae | R2 | Loss => None,
        }
    }

    fn top(&self, truth: &[u32], k: usize) -> f64 {
        let hits = truth.iter().enumerate().filter(|&(i, &t)| {
            let own = self.score(i, t as usize);
            let above = (0..self.classes)
                .filter(|&c| {
                    let s = self.score(i, c);
                    s > own || (s == own && c < t as usize)
                })
                .count();
            above < k
        });
        hits.count() as f64 / truth.len() as f64
    }

    /// Mean over the classes that occur of the probability that an example of the class scores above one of the rest, ties half
    /// (Mann-Whitney; Hand & Till 2001 discuss the multi-class forms). With two classes: that of the second.
    fn auc(&self, truth: &[u32]) -> Option<f64> {
        let classes: Vec<usize> = if self.classes == 2 { vec![1] } else { (0..self.classes).collect() };
        let mut sum = 0.0;
        let mut used = 0;
        let mut order: Vec<usize> = (0..truth.len()).collect();
        for class in classes {
            let scores: Vec<f64> = (0..truth.len()).map(|i| self.score(i, class)).collect();
            order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
            let positives = truth.iter().filter(|&&t| t as usize == class).count();
            let negatives = truth.len() - positives;
            if positives == 0 || negatives == 0 {
                continue;
            }
            let mut ranks = 0.0;
            let mut start = 0;
            while start < order.len() {
                let mut end = start + 1;
                while end < order.len() && scores[order[end]] == scores[order[start]] {
                    end += 1;
                }
                let rank = (start + 1 + end) as f64 / 2.0;
                ranks += rank * order[start..end].iter().filter(|&&i| truth[i] as usize == class).count() as f64;
                start = end;
            }
            let (p, n) = (positives as f64, negatives as f64);
            sum += (ranks - p * (p + 1.0) / 2.0) / (p * n);
            used += 1;
        }
        (used > 0).then(|| sum / used as f64)
    }

    /// Expected calibration error of the predicted class (Guo et al. 2017).
    fn calibration(&self, truth: &[u32]) -> f64 {
        let mut bins = [(0.0, 0.0, 0.0); CALIBRATION_BINS];
        for (i, &t) in truth.iter().enumerate() {
            let class = self.class(i);
            let confidence = if self.width == 1 && class == 0 { 1.0 - self.row(i)[0] } else { self.score(i, class) };
            let bin = ((confidence * CALIBRATION_BINS as f64) as usize).min(CALIBRATION_BINS - 1);
            bins[bin].0 += 1.0;
            bins[bin].1 += confidence;
            bins[bin].2 += f64::from(class == t as usize);
        }
        bins.iter().map(|(_, confidence, hits)| (confidence - hits).abs()).sum::<f64>() / truth.len() as f64
    }

    fn value_metric(&self, kind: MetricKind, truth: &[f64]) -> Option<f64> {
        let n = truth.len() as f64;
        match kind {
            MetricKind::Mse => Some(squares(self.outputs, truth) / n),
            MetricKind::Rmse => Some((squares(self.outputs, truth) / n).sqrt()),
            MetricKind::Mae => Some(self.outputs.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / n),
            MetricKind::R2 => {
                let rows = self.rows() as f64;
                let mut total = 0.0;
                for column in 0..self.width {
                    let values = truth.iter().skip(column).step_by(self.width);
                    let mean = values.clone().sum::<f64>() / rows;
                    total += values.map(|v| (v - mean) * (v - mean)).sum::<f64>();
                }
                (total > 0.0).then(|| 1.0 - squares(self.outputs, truth) / total)
            }
            _ => None,
        }
    }
}

fn squares(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Accuracy, error, and the macro averages over the classes that occur in truth or prediction (as scikit-learn, an undefined ratio is 0).
fn from_confusion(kind: MetricKind, counts: &[Vec<u64>]) -> f64 {
    let classes = counts.len();
    let total: u64 = counts.iter().flatten().sum();
    let hits: u64 = (0..classes).map(|c| counts[c][c]).sum();
    let accuracy = hits as f64 / total as f64;
    let macro_average = |of: &dyn Fn(f64, f64, f64) -> f64| {
        let mut sum = 0.0;
        let mut used = 0;
        for c in 0..classes {
            let truth: u64 = counts[c].iter().sum();
            let predicted: u64 = counts.iter().map(|row| row[c]).sum();
            if truth + predicted > 0 {
                sum += of(counts[c][c] as f64, truth as f64, predicted as f64);
                used += 1;
            }
        }
        sum / used as f64
    };
    let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    match kind {
        MetricKind::Error => (total - hits) as f64 / total as f64,
        MetricKind::Precision => macro_average(&|hit, _, predicted| ratio(hit, predicted)),
        MetricKind::Recall => macro_average(&|hit, truth, _| ratio(hit, truth)),
        MetricKind::F1 => macro_average(&|hit, truth, predicted| ratio(2.0 * hit, truth + predicted)),
        _ => accuracy,
    }
}

/// Mean and deviation (over n) of a slice, in order.
pub fn mean_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn close(ours: Option<f64>, theirs: &Value, tolerance: f64, what: &str) {
        match (ours, theirs.as_f64()) {
            (Some(ours), Some(theirs)) => {
                assert!((ours - theirs).abs() <= tolerance * theirs.abs().max(1.0), "{what}: {ours} and {theirs}");
            }
            (ours, theirs) => assert_eq!(ours, theirs, "{what}"),
        }
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    #[test]
    fn metrics_are_those_of_scikit_learn_and_torchmetrics() {
        use MetricKind::*;
        let reference: Value = serde_json::from_str(include_str!("../../tests/reference/metrics.json")).unwrap();
        let cases = reference["classes"].as_array().unwrap();
        let mut compared = 0;
        for (i, case) in cases.iter().enumerate() {
            let (outputs, truth) = (numbers(&case["outputs"]), numbers(&case["truth"]));
            let truth: Vec<u32> = truth.iter().map(|class| *class as u32).collect();
            let predictions = Predictions {
                outputs: &outputs,
                width: outputs.len() / truth.len(),
                truth: Truth::Classes(&truth),
                classes: case["classes"].as_u64().unwrap() as usize,
                threshold: case["threshold"].as_f64().unwrap(),
            };
            let kinds = [Accuracy, Error, Precision, Recall, F1, Auc, Calibration, Top(2)];
            let names = ["accuracy", "error", "precision", "recall", "f1", "auc", "calibration", "top2"];
            for (kind, name) in kinds.into_iter().zip(names) {
                if let Some(theirs) = case.get(name) {
                    // torchmetrics sums its bins in 32 bits.
                    let tolerance = if kind == Calibration { 1e-6 } else { 1e-12 };
                    close(predictions.metric(kind), theirs, tolerance, &format!("{name} of case {i}"));
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 7 * 5 + 6 + 6 + 3);
        for case in reference["values"].as_array().unwrap() {
            let (outputs, truth) = (numbers(&case["outputs"]), numbers(&case["truth"]));
            let width = case["width"].as_u64().unwrap() as usize;
            let truth = Truth::Values(&truth);
            let predictions = Predictions { outputs: &outputs, width, truth, classes: 0, threshold: 0.0 };
            for (kind, name) in [(Mse, "mse"), (Rmse, "rmse"), (Mae, "mae"), (R2, "r2")] {
                close(predictions.metric(kind), &case[name], 1e-12, name);
            }
        }
    }
}
