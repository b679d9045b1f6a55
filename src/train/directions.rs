//! Directions from the solution among all that a network learns.

use super::session::TrainError;
use crate::kernel::{Purpose, Real, Stream};
use crate::nn::layer::Shape;
use crate::nn::{Network, Role, Tensor};
use crate::plan::show::{Direction, Input};

/// Most points of the path that its principal directions are taken of, evenly chosen: their products are n² numbers.
const POINTS: usize = 64;

/// A direction, and what its axis is called.
pub(super) struct Along {
    /// A number for each parameter.
    pub vector: Vec<f64>,
    /// What it is.
    pub name: String,
    /// What the axis reads at the solution: the parameter's value where the direction is one parameter, else 0.
    pub middle: f64,
    /// Whether a step of 1 is as long as the weights themselves; else as 1.
    pub relative: bool,
}

/// What directions are taken from.
pub(super) struct Around<'a, T: Real> {
    /// The network, in any state.
    pub network: &'a Network<T>,
    /// The parameters before training and after every epoch.
    pub path: &'a [Vec<f64>],
    /// The parameters at the solution.
    pub end: &'a [f64],
    /// The gradient of the loss there.
    pub gradient: &'a [f64],
    /// Names of the data's features.
    pub features: &'a [String],
}

impl<T: Real> Around<'_, T> {
    /// Two directions where none are named: the two weights of a model that has no more, else at right angles from the start of
    /// training to its end, and the path's largest detour from that line, which is all zeros if the path is straight.
    pub fn usual(&self) -> [Along; 2] {
        let weights: Vec<usize> = self.tensors(Role::Weight).flat_map(|t| t.range.clone()).collect();
        match weights[..] {
            [first, second] => [self.parameter(first), self.parameter(second)],
            _ => [self.start(), self.detour()],
        }
    }

    /// A direction by its name.
    ///
    /// # Errors
    /// Where the network has no such parameter, or the direction has no length.
    pub fn named(&self, direction: &Direction) -> Result<Along, TrainError> {
        let along = match direction {
            Direction::Weight { input, output, layer } => {
                let tensor = self.tensor(Role::Weight, *layer)?;
                let outputs = tensor.shape.last().copied().unwrap_or(1);
                let inputs = tensor.range.len() / outputs.max(1);
                let input = match input {
                    Input::Place(place) => within(tensor, "inputs", *place, inputs)?,
                    Input::Feature(name) => self
                        .features_of(tensor)
                        .and_then(|features| features.iter().position(|f| f == name))
                        .ok_or_else(|| wrong(format!("layer {} has no input `{name}`", tensor.layer)))?,
                };
                let output = within(tensor, "outputs", *output, outputs)?;
                self.parameter(tensor.range.start + input * outputs + output)
            }
            Direction::Bias { output, layer } => {
                let tensor = self.tensor(Role::Bias, *layer)?;
                self.parameter(tensor.range.start + within(tensor, "outputs", *output, tensor.range.len())?)
            }
            Direction::Start => self.start(),
            Direction::Detour => self.detour(),
            Direction::Principal(number) => self.principal(*number as usize)?,
            Direction::Gradient => {
                let mut vector = self.gradient.to_vec();
                normalize(&mut vector);
                Along { vector, name: "along the gradient".into(), middle: 0.0, relative: false }
            }
            Direction::Random(seed) => self.random(*seed),
        };
        if along.vector.iter().all(|v| *v == 0.0) || along.vector.iter().any(|v| !v.is_finite()) {
            return Err(wrong(format!("`{direction}` has no length here")));
        }
        Ok(along)
    }

    fn tensors(&self, role: Role) -> impl Iterator<Item = &Tensor> {
        self.network.tensors().iter().filter(move |t| t.role == role)
    }

    fn tensor(&self, role: Role, layer: Option<u32>) -> Result<&Tensor, TrainError> {
        let what = if role == Role::Weight { "weights" } else { "biases" };
        let at = layer.map(|place| format!("{place} "));
        self.tensors(role).find(|t| at.as_ref().is_none_or(|at| t.layer.starts_with(at))).ok_or_else(|| {
            let there: Vec<&str> = self.tensors(role).map(|t| t.layer.as_str()).collect();
            wrong(match (layer, there.is_empty()) {
                (_, true) => format!("no layer has {what}"),
                (Some(place), _) => format!("layer {place} has no {what}; these have: {}", there.join(", ")),
                (None, _) => format!("no layer has {what}"),
            })
        })
    }

    /// The features, where they are what the tensor's inputs are.
    fn features_of(&self, tensor: &Tensor) -> Option<&[String]> {
        let first = self.tensors(Role::Weight).next().is_some_and(|t| t.range == tensor.range);
        (first && tensor.shape.len() == 2 && tensor.shape[0] == self.features.len()).then_some(self.features)
    }

    /// One parameter, by its place among all.
    fn parameter(&self, place: usize) -> Along {
        let vector = (0..self.end.len()).map(|i| f64::from(u8::from(i == place))).collect();
        let name =
            self.network.tensors().iter().find(|t| t.range.contains(&place)).map_or_else(String::new, |tensor| {
                let outputs = tensor.shape.last().copied().unwrap_or(1);
                let (input, output) = ((place - tensor.range.start) / outputs, (place - tensor.range.start) % outputs);
                let unit =
                    if matches!(tensor.input, Shape::Image(..)) && tensor.shape.len() > 2 { "filter" } else { "unit" };
                let mut name = match (tensor.role, self.features_of(tensor)) {
                    (Role::Weight, Some(features)) => format!("weight of {}", features[input]),
                    (Role::Weight, None) => format!("weight of input {}", input + 1),
                    _ => "bias".to_string(),
                };
                if outputs > 1 {
                    name +=
                        &format!(" {} {unit} {}", if tensor.role == Role::Weight { "to" } else { "of" }, output + 1);
                }
                if self.tensors(tensor.role).count() > 1 {
                    name += &format!(", layer {}", tensor.layer);
                }
                name
            });
        Along { vector, name, middle: self.end[place], relative: false }
    }

    fn start(&self) -> Along {
        let mut vector = difference(self.end, &self.path[0]);
        normalize(&mut vector);
        Along { vector, name: "from the solution back to the start".into(), middle: 0.0, relative: false }
    }

    fn detour(&self) -> Along {
        let along = self.start().vector;
        let mut detour = vec![0.0; self.end.len()];
        let (mut longest, mut farthest) = (0.0, 0.0f64);
        for point in self.path {
            let offset = difference(point, self.end);
            let share = dot(&offset, &along);
            let rest: Vec<f64> = offset.iter().zip(&along).map(|(o, a)| o - share * a).collect();
            let length = dot(&rest, &rest);
            farthest = farthest.max(dot(&offset, &offset));
            if length > longest {
                longest = length;
                detour = rest;
            }
        }
        // What rounding leaves of a straight path is no direction.
        if longest <= 1e-20 * farthest {
            detour.fill(0.0);
        }
        normalize(&mut detour);
        Along { vector: detour, name: "the path's largest detour".into(), middle: 0.0, relative: false }
    }

    /// As Li et al. (2018), from all points of the path about their mean; it shows so much of the path's variance.
    fn principal(&self, number: usize) -> Result<Along, TrainError> {
        let count = self.path.len().min(POINTS);
        let last = (count - 1).max(1);
        let points: Vec<&Vec<f64>> = (0..count).map(|i| &self.path[i * (self.path.len() - 1) / last]).collect();
        let mut mean = vec![0.0; self.end.len()];
        for point in &points {
            mean.iter_mut().zip(*point).for_each(|(m, p)| *m += p / count as f64);
        }
        let offsets: Vec<Vec<f64>> = points.iter().map(|point| difference(point, &mean)).collect();
        // The products of the points with each other have the same eigenvalues as the covariance, and are fewer.
        let products = offsets.iter().map(|a| offsets.iter().map(|b| dot(a, b)).collect()).collect();
        let mut found = eigen(products);
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let total: f64 = found.iter().map(|(value, _)| value.max(0.0)).sum();
        let (value, shares) = found
            .get(number - 1)
            .filter(|(value, _)| *value > 1e-12 * total)
            .ok_or_else(|| wrong(format!("the path has no principal direction {number}")))?;
        let mut vector = vec![0.0; self.end.len()];
        for (share, offset) in shares.iter().zip(&offsets) {
            vector.iter_mut().zip(offset).for_each(|(v, o)| *v += share * o);
        }
        normalize(&mut vector);
        // The path goes to the right, and up.
        if dot(&vector, &difference(&self.path[0], self.end)) > 0.0 {
            vector.iter_mut().for_each(|v| *v = -*v);
        }
        let name = format!("principal direction {number} ({:.0} % of the path)", 100.0 * value / total);
        Ok(Along { vector, name, middle: 0.0, relative: false })
    }

    /// As Li et al. (2018): the numbers of each unit or filter are made as long as its weights; biases, γ and β are left.
    fn random(&self, seed: u64) -> Along {
        let mut vector = vec![0.0; self.end.len()];
        for (id, tensor) in self.tensors(Role::Weight).enumerate() {
            let mut stream = Stream::new(seed, Purpose::Other, id as u32, 0, 0);
            let part = &mut vector[tensor.range.clone()];
            part.iter_mut().for_each(|v| *v = stream.normal());
            let weights = &self.end[tensor.range.clone()];
            let outputs = tensor.shape.last().copied().unwrap_or(1).max(1);
            for output in 0..outputs {
                let length =
                    |values: &[f64]| values.iter().skip(output).step_by(outputs).map(|v| v * v).sum::<f64>().sqrt();
                let scale = length(weights) / length(part).max(f64::MIN_POSITIVE);
                part.iter_mut().skip(output).step_by(outputs).for_each(|v| *v *= scale);
            }
        }
        Along {
            vector,
            name: format!("random direction {seed} (in lengths of the weights)"),
            middle: 0.0,
            relative: true,
        }
    }
}

fn wrong(message: String) -> TrainError {
    TrainError::Direction(message)
}

/// The index from 0 of a place from 1.
fn within(tensor: &Tensor, what: &str, place: u32, most: usize) -> Result<usize, TrainError> {
    let index = place as usize - 1;
    if index < most { Ok(index) } else { Err(wrong(format!("layer {} has {most} {what}, not {place}", tensor.layer))) }
}

/// a·b.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// a − b.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn normalize(vector: &mut [f64]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// The steps a and b with a·x + b·y nearest to an offset; 0 along a direction without length. None where the two are one, as nearly as
/// numbers tell.
pub(super) fn steps(x: &[f64], y: &[f64], offset: &[f64]) -> Option<(f64, f64)> {
    let (xx, xy, yy) = (dot(x, x), dot(x, y), dot(y, y));
    let (px, py) = (dot(x, offset), dot(y, offset));
    if xx == 0.0 || yy == 0.0 {
        return Some((if xx > 0.0 { px / xx } else { 0.0 }, if yy > 0.0 { py / yy } else { 0.0 }));
    }
    let determinant = xx * yy - xy * xy;
    (determinant > 1e-4 * xx * yy).then(|| ((px * yy - py * xy) / determinant, (py * xx - px * xy) / determinant))
}

/// Eigenvalues and unit eigenvectors of a symmetric matrix by Jacobi's rotations (Golub & Van Loan, Matrix Computations, 8.5).
fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let size: f64 = a.iter().flatten().map(|v| v * v).sum();
    for _ in 0..40 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off <= 1e-30 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (kp, kq) = (a[k][p], a[k][q]);
                    (a[k][p], a[k][q]) = (c * kp - s * kq, s * kp + c * kq);
                }
                for k in 0..n {
                    let (pk, qk) = (a[p][k], a[q][k]);
                    (a[p][k], a[q][k]) = (c * pk - s * qk, s * pk + c * qk);
                    let (vp, vq) = (vectors[p][k], vectors[q][k]);
                    (vectors[p][k], vectors[q][k]) = (c * vp - s * vq, s * vp + c * vq);
                }
            }
        }
    }
    vectors.into_iter().enumerate().map(|(i, vector)| (a[i][i], vector)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_of_a_matrix_that_is_known() {
        // Eigenvalues of the second differences of n points: 2 − 2 cos(kπ/(n+1)).
        let n = 12;
        let matrix = (0..n).map(|i: usize| {
            let of = |j: usize| match i.abs_diff(j) {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            };
            (0..n).map(of).collect()
        });
        let matrix: Vec<Vec<f64>> = matrix.collect();
        let mut found = eigen(matrix.clone());
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (k, (value, vector)) in found.iter().enumerate() {
            let wanted = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64).cos();
            assert!((value - wanted).abs() < 1e-12, "{value} {wanted}");
            let product: Vec<f64> = matrix.iter().map(|row| dot(row, vector)).collect();
            assert!(product.iter().zip(vector).all(|(p, v)| (p - value * v).abs() < 1e-10));
            assert!((dot(vector, vector) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn steps_along_slanted_directions_lead_there() {
        let (x, y) = ([2.0, 0.0, 0.0], [1.0, 1.0, 0.0]);
        let (a, b) = steps(&x, &y, &[5.0, 3.0, 7.0]).unwrap();
        assert_eq!((a, b), (1.0, 3.0));
        assert_eq!(steps(&x, &[4.0, 1e-9, 0.0], &[1.0, 1.0, 0.0]), None);
        assert_eq!(steps(&x, &[0.0; 3], &[5.0, 3.0, 7.0]), Some((2.5, 0.0)));
    }
}
