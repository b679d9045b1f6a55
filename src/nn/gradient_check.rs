//! The gradients of a network against central differences, in f64.

use super::layer::{Layer, Loss, Shape};
use super::loss::Targets;
use super::network::Network;
use super::operation::Streams;
use super::parameter::{Role, Tensor};
use super::shape::ShapeError;
use crate::kernel::{Isa, Purpose, Stream};

/// Examples of the batch that is checked.
const ROWS: usize = 7;
/// Numbers that are checked of each tensor at most, drawn at random.
const SAMPLE: usize = 48;
/// Steps to both sides. The error of a step h is about h²·|f‴|/6 + 2⁻⁵²·|f|/h. The smaller ones are for numbers where a kink
/// (of relu, a maximum, a hinge) lies within the larger; a wrong gradient is wrong with all of them.
const STEPS: [f64; 4] = [2e-5, 3e-6, 4e-7, 5e-8];
/// Norms below this count as this: what rounding makes of a gradient of zero is not an error.
const FLOOR: f64 = 1e-3;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One for each tensor of parameters, in the order of the network.
    pub tensors: Vec<TensorReport>,
}

impl Report {
    /// The largest error of any tensor; 0 if nothing is learned.
    pub fn worst(&self) -> f64 {
        // A NaN is the worst of all.
        self.tensors.iter().map(|t| t.error).fold(0.0, |worst, e| if e > worst || e.is_nan() { e } else { worst })
    }
}

/// What was found of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorReport {
    /// `layers.0.weight`.
    pub name: String,
    /// `1 dense`.
    pub layer: String,
    /// Its numbers.
    pub size: usize,
    /// How many of them were checked.
    pub checked: usize,
    /// ‖g − d‖ / max(‖g‖ + ‖d‖, 1e-3): g by backward pass, d by differences, over the numbers checked.
    pub error: f64,
}

/// Checks the gradients by all parameters of the training loss (batch statistics, fixed dropout masks and noise) plus the penalties,
/// on random examples, at the network's own start with its zeros moved.
///
/// # Errors
/// As for [`Network::new`].
pub fn check(layers: &[Layer], input: Shape, loss: Loss, seed: u64) -> Result<Report, ShapeError> {
    let mut network = Network::<f64>::new(layers, input, loss, ROWS, Isa::detect(), 1)?;
    network.initialize(seed, 0);
    let mut random = Stream::new(seed, Purpose::Other, 0, 0, 0);
    perturb(&mut network, &mut random);
    let x: Vec<f64> = (0..ROWS * input.size()).map(|_| random.normal()).collect();
    let outputs = network.outputs();
    let classes: Vec<u32> = (0..ROWS).map(|_| random.below(outputs.max(2)) as u32).collect();
    let values: Vec<f64> = (0..ROWS * outputs).map(|_| random.uniform()).collect();
    let weights: Vec<f64> = (0..ROWS).map(|_| 0.5 + random.uniform()).collect();
    let targets = match loss {
        Loss::CrossEntropy { .. } | Loss::Hinge => Targets::classes(&classes),
        Loss::BinaryCrossEntropy | Loss::MeanSquaredError | Loss::Huber { .. } => Targets::values(&values),
    };
    let batch = Batch { x: &x, targets: targets.weighted(&weights), streams: Streams { seed, ..Streams::default() } };

    network.train_step(batch.x, batch.targets, ROWS, batch.streams, L2);
    let gradients = network.gradients().to_vec();
    let tensors = network.tensors().to_vec();
    let report = |tensor: &Tensor| {
        let places = sample(tensor, &mut random);
        let error = error(&mut network, &batch, &gradients, &places);
        TensorReport {
            name: tensor.name.clone(),
            layer: tensor.layer.clone(),
            size: tensor.range.len(),
            checked: places.len(),
            error,
        }
    };
    Ok(Report { tensors: tensors.iter().map(report).collect() })
}

/// A global penalty, so that its gradient is checked too.
const L2: f64 = 0.01;

struct Batch<'a> {
    x: &'a [f64],
    targets: Targets<'a, f64>,
    streams: Streams,
}

/// b and β leave 0, γ leaves 1, and weights that start at zero leave it: there, gradients that are wrong could be zero like right ones.
fn perturb(network: &mut Network<f64>, random: &mut Stream) {
    for tensor in network.tensors().to_vec() {
        let values = &mut network.parameters_mut()[tensor.range];
        let still = values.iter().all(|&value| value == values[0]);
        if tensor.role != Role::Weight || still {
            values.iter_mut().for_each(|value| *value += 0.3 * random.normal());
        }
    }
}

fn sample(tensor: &Tensor, random: &mut Stream) -> Vec<usize> {
    let mut places: Vec<usize> = tensor.range.clone().collect();
    if places.len() > SAMPLE {
        random.shuffle(&mut places);
        places.truncate(SAMPLE);
    }
    places
}

fn error(network: &mut Network<f64>, batch: &Batch<'_>, gradients: &[f64], places: &[usize]) -> f64 {
    let (mut difference, mut ours, mut theirs) = (0.0, 0.0, 0.0);
    for &place in places {
        let gradient = gradients[place];
        let mut slope = f64::NAN;
        for step in STEPS {
            let next = slope_at(network, batch, place, step);
            if slope.is_nan() || (next - gradient).abs() < (slope - gradient).abs() {
                slope = next;
            }
            if (slope - gradient).abs() <= 1e-8 * (slope.abs() + gradient.abs()).max(FLOOR) {
                break;
            }
        }
        difference += (slope - gradient) * (slope - gradient);
        ours += gradient * gradient;
        theirs += slope * slope;
    }
    difference.sqrt() / (ours.sqrt() + theirs.sqrt()).max(FLOOR)
}

/// (f(θ + h) − f(θ − h)) / 2h.
fn slope_at(network: &mut Network<f64>, batch: &Batch<'_>, place: usize, step: f64) -> f64 {
    let here = network.parameters()[place];
    let mut cost = |value: f64| {
        network.parameters_mut()[place] = value;
        network.training_loss(batch.x, batch.targets, ROWS, batch.streams) + network.penalty(L2)
    };
    let (above, below) = (here + step, here - step);
    let slope = (cost(above) - cost(below)) / (above - below);
    network.parameters_mut()[place] = here;
    slope
}
