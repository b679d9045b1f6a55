//! What pictures of a trained model need, computed from its weights.

use super::checkpoint::Checkpoint;
use super::directions::{self, Along, Around};
use super::metrics::{Predictions, Truth};
use super::session::{Control, Session, TrainError, flat, set_model, threshold};
use crate::data::{Prepared, Split, Targets};
use crate::kernel::{Isa, Real};
use crate::nn::{self, Network, Role, Streams};
use crate::plan::show::Direction;
use crate::plan::training::Training;
use crate::record::inspect::{Boundary, Confusion, Inspection, Surface, Weights};

/// Columns and rows of a boundary's grid.
const BOUNDARY_GRID: usize = 121;
/// Points of a set that a boundary shows.
const BOUNDARY_POINTS: usize = 600;
/// Columns and rows of a surface's grid.
const SURFACE_GRID: usize = 41;
/// Examples that a surface's loss is taken over.
const SURFACE_ROWS: usize = 512;
/// The margin around the points of a picture, as a share of their range.
const MARGIN: f64 = 0.08;

/// What is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Classes over the plane of the first two features; further ones are held at their training mean.
    Boundary,
    /// Truth against prediction on the dev set (on the training set if there is no dev set).
    Confusion,
    /// Weights of a layer by its place from 1; the first with weights when absent.
    Weights(Option<u32>),
    /// The training loss around the solution, along these directions or the usual ones. Trains again to know the path.
    Surface(Option<[Direction; 2]>),
}

/// One model that is looked at.
pub struct Inspector<'a, T: Real> {
    /// How it was trained.
    pub training: &'a Training,
    /// On what.
    pub data: &'a Prepared<T>,
    /// The end of its training.
    pub checkpoint: &'a Checkpoint<T>,
    /// Which instructions are used.
    pub isa: Isa,
}

impl<T: Real> Inspector<'_, T> {
    /// Compute one subject; `None` where the model has no such thing.
    ///
    /// # Errors
    /// When the checkpoint is of another network, or it has no such direction.
    pub fn inspect(&self, subject: &Subject) -> Result<Option<Inspection>, TrainError> {
        Ok(match subject {
            Subject::Boundary => self.boundary()?.map(Inspection::Boundary),
            Subject::Confusion => self.confusion()?.map(Inspection::Confusion),
            Subject::Weights(layer) => self.weights(*layer)?.map(Inspection::Weights),
            Subject::Surface(directions) => self.surface(directions.as_ref())?.map(Inspection::Surface),
        })
    }

    fn network(&self, rows: usize) -> Result<Network<T>, TrainError> {
        let training = self.training;
        let mut network = Network::new(&training.layers, training.input, training.loss, rows, self.isa, 1)
            .map_err(|e| TrainError::Shape(e.to_string()))?;
        set_model(&mut network, self.checkpoint.result())?;
        if network.needs_statistics() {
            network.refresh_statistics(flat(&self.data.train.x), self.data.train.len());
        }
        Ok(network)
    }

    fn boundary(&self) -> Result<Option<Boundary>, TrainError> {
        let features = self.training.input.size();
        let Some(classes) = self.data.facts.classes.clone() else { return Ok(None) };
        if features < 2 {
            return Ok(None);
        }
        let scaling = &self.data.preprocessing.scaling;
        let points = |split: &Split<T>| -> Vec<(f64, f64, u32)> {
            let Targets::Classes(classes) = &split.y else { return Vec::new() };
            let rows = flat(&split.x).chunks_exact(features).zip(classes).take(BOUNDARY_POINTS);
            rows.map(|(row, &class)| (scaling.back(0, row[0].to_f64()), scaling.back(1, row[1].to_f64()), class))
                .collect()
        };
        let (train, dev) = (points(&self.data.train), points(&self.data.dev));
        let x = axis(train.iter().chain(&dev).map(|p| p.0));
        let y = axis(train.iter().chain(&dev).map(|p| p.1));
        let mut mean = vec![0.0; features];
        for row in flat(&self.data.train.x).chunks_exact(features) {
            for (sum, value) in mean.iter_mut().zip(row) {
                *sum += value.to_f64() / self.data.train.len() as f64;
            }
        }
        let mut inputs = Vec::with_capacity(x.len() * y.len() * features);
        for &b in &y {
            for &a in &x {
                let start = inputs.len();
                inputs.extend(mean.iter().map(|&m| T::from_f64(m)));
                inputs[start] = T::from_f64(scaling.forward(0, a));
                inputs[start + 1] = T::from_f64(scaling.forward(1, b));
            }
        }
        let mut network = self.network(BOUNDARY_GRID)?;
        let width = network.outputs();
        let outputs = network.evaluate(&inputs, x.len() * y.len());
        let probability = outputs
            .chunks_exact(width)
            .flat_map(|row| {
                let row: Vec<f32> = row.iter().map(|v| v.to_f64() as f32).collect();
                if width == 1 { vec![1.0 - row[0], row[0]] } else { row }
            })
            .collect();
        let names = &self.data.facts.features;
        Ok(Some(Boundary { features: [names[0].clone(), names[1].clone()], classes, x, y, probability, train, dev }))
    }

    fn confusion(&self) -> Result<Option<Confusion>, TrainError> {
        let (set, split) = if self.data.dev.is_empty() { ("train", &self.data.train) } else { ("dev", &self.data.dev) };
        let (Some(classes), Targets::Classes(truth)) = (self.data.facts.classes.clone(), &split.y) else {
            return Ok(None);
        };
        let mut network = self.network(256)?;
        let width = network.outputs();
        let outputs: Vec<f64> = network.evaluate(flat(&split.x), split.len()).iter().map(|v| v.to_f64()).collect();
        let predictions = Predictions {
            outputs: &outputs,
            width,
            truth: Truth::Classes(truth),
            classes: classes.len(),
            threshold: threshold(self.training),
        };
        Ok(Some(Confusion { set: set.into(), counts: predictions.confusion(), classes }))
    }

    fn weights(&self, layer: Option<u32>) -> Result<Option<Weights>, TrainError> {
        let network = self.network(1)?;
        let wanted = layer.map(|place| format!("{place} "));
        let found = network
            .tensors()
            .iter()
            .find(|t| t.role == Role::Weight && wanted.as_ref().is_none_or(|place| t.layer.starts_with(place)));
        let Some(tensor) = found else { return Ok(None) };
        let outputs = tensor.shape.last().copied().unwrap_or(1);
        let values: Vec<f32> = network.parameters()[tensor.range.clone()].iter().map(|v| v.to_f64() as f32).collect();
        let inputs = values.len() / outputs.max(1);
        let image = match (tensor.shape.as_slice(), self.training.input) {
            // The window of a convolution is an image, too.
            ([h, w, c, _], _) => Some((*h, *w, *c)),
            (_, nn::layer::Shape::Image(h, w, c)) if h * w * c == inputs => Some((h, w, c)),
            _ => None,
        };
        Ok(Some(Weights { layer: tensor.layer.clone(), inputs, outputs, values, image }))
    }

    fn surface(&self, wanted: Option<&[Direction; 2]>) -> Result<Option<Surface>, TrainError> {
        let path = self.path()?;
        let end: Vec<f64> = self.checkpoint.result().parameters.iter().map(|v| v.to_f64()).collect();
        let rows = SURFACE_ROWS.min(self.data.train.len());
        let mut network = self.network(rows)?;
        network.set_dropout(0.0);
        let inputs = &flat(&self.data.train.x)[..rows * self.training.input.size()];
        let targets = match &self.data.train.y {
            Targets::Classes(classes) => nn::Targets::classes(&classes[..rows]),
            Targets::Values(values) => nn::Targets::values(&flat(values)[..rows * values.ncols()]),
        };
        let gradient = match wanted {
            Some(wanted) if wanted.contains(&Direction::Gradient) => gradient(&mut network, inputs, targets, rows),
            _ => Vec::new(),
        };
        let features = &self.data.facts.features;
        let around = Around { network: &network, path: &path, end: &end, gradient: &gradient, features };
        let [across, up] = match wanted {
            Some([x, y]) => [around.named(x)?, around.named(y)?],
            None => around.usual(),
        };
        let steps =
            |point: &Vec<f64>| directions::steps(&across.vector, &up.vector, &directions::difference(point, &end));
        let coordinates: Option<Vec<(f64, f64)>> = path.iter().map(steps).collect();
        let Some(coordinates) = coordinates else {
            return Err(TrainError::Direction("the two directions are nearly the same".into()));
        };
        let reach = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0f64, |a, v| a.max(v.abs()));
        let reaches = [reach(&mut coordinates.iter().map(|c| c.0)), reach(&mut coordinates.iter().map(|c| c.1))];
        // Where the path does not lead along a direction, as far as the other does, or as a weight moves in the mean.
        let moved = directions::difference(&path[0], &end);
        let mean = (directions::dot(&moved, &moved) / end.len() as f64).sqrt();
        let sizes = [&across, &up].into_iter().zip(reaches).filter(|(along, _)| !along.relative);
        let widest = sizes.map(|(_, reach)| reach).fold(mean, f64::max).max(1e-3);
        let grid = |along: &Along, own: f64| -> Vec<f64> {
            let half = if along.relative { (1.25 * own).max(1.0) } else { 1.25 * own.max(0.3 * widest) };
            let last = (SURFACE_GRID - 1) as f64;
            (0..SURFACE_GRID).map(|i| half * (2.0 * i as f64 / last - 1.0)).collect()
        };
        let (mut x, mut y) = (grid(&across, reaches[0]), grid(&up, reaches[1]));
        let mut loss = Vec::with_capacity(x.len() * y.len());
        for &b in &y {
            for &a in &x {
                for (i, w) in network.parameters_mut().iter_mut().enumerate() {
                    *w = T::from_f64(end[i] + a * across.vector[i] + b * up.vector[i]);
                }
                loss.push(network.training_loss(inputs, targets, rows, Streams::default()).to_f64());
            }
        }
        x.iter_mut().for_each(|x| *x += across.middle);
        y.iter_mut().for_each(|y| *y += up.middle);
        let path = coordinates.iter().map(|(a, b)| (a + across.middle, b + up.middle)).collect();
        Ok(Some(Surface { directions: [across.name, up.name], x, y, loss, path }))
    }

    /// The parameters before training and after every epoch.
    fn path(&self) -> Result<Vec<Vec<f64>>, TrainError> {
        let mut session = Session::new(self.training, self.data, self.isa, 1)?;
        let point = |session: &mut Session<'_, T>| -> Vec<f64> {
            session.network().parameters().iter().map(|v| v.to_f64()).collect()
        };
        let mut path = vec![point(&mut session)];
        while !session.finished() && session.train_epoch(&mut || Control::Continue) {
            path.push(point(&mut session));
        }
        Ok(path)
    }
}

/// The gradient of the loss that a surface shows, which has no penalties.
fn gradient<T: Real>(network: &mut Network<T>, inputs: &[T], targets: nn::Targets<'_, T>, rows: usize) -> Vec<f64> {
    network.train_step(inputs, targets, rows, Streams::default(), 0.0);
    let mut gradient: Vec<f64> = network.gradients().iter().map(|v| v.to_f64()).collect();
    for tensor in network.tensors().iter().filter(|t| t.role == Role::Weight) {
        let (l1, l2) = tensor.penalty;
        for i in tensor.range.clone() {
            let w = network.parameters()[i].to_f64();
            let sign = if w == 0.0 { 0.0 } else { w.signum() };
            gradient[i] -= l1 * sign + l2 * w;
        }
    }
    gradient
}

/// Evenly spaced places over the range of some values, with a margin.
fn axis(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let margin = MARGIN * (high - low).max(1e-9);
    let (low, high) = (low - margin, high + margin);
    let last = (BOUNDARY_GRID - 1) as f64;
    (0..BOUNDARY_GRID).map(|i| low + (high - low) * i as f64 / last).collect()
}
