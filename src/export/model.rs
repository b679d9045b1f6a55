//! A trained network with the way from a row to its inputs.

use super::ExportError;
use crate::data::preprocessing::Preprocessing;
use crate::kernel::Real;
use crate::nn::layer::{Activation, Layer, Statistics};
use crate::nn::{Network, Tensor};
use crate::plan::training::Training;
use crate::run::inspect;
use crate::run::worker::Equipment;
use crate::train::metrics::{Predictions, Truth};
use crate::train::session::{flat, set_model, threshold};

/// Examples that pass the network at once.
const ROWS: usize = 256;

/// A trained network and its preprocessing.
pub struct Model<T: Real> {
    network: Network<T>,
    /// From a row of the source to the inputs of the network.
    pub preprocessing: Preprocessing,
    /// All columns of the training source.
    pub columns: Vec<String>,
    /// The separator that the training source was read with, where one was given.
    pub separator: Option<char>,
    threshold: f64,
}

impl<T: Real> Model<T> {
    /// The model that a training ends with, from its checkpoint, or trained again where that is gone.
    ///
    /// # Errors
    /// When its data cannot be read, or its numbers are of another network.
    pub fn of(training: &Training, equipment: &Equipment) -> Result<Self, ExportError> {
        let (data, checkpoint) = inspect::model::<T>(training, equipment).map_err(ExportError::Model)?;
        let mut network = Network::new(&training.layers, training.input, training.loss, ROWS, equipment.isa, 1)
            .map_err(|e| ExportError::Model(e.to_string()))?;
        set_model(&mut network, checkpoint.result()).map_err(|e| ExportError::Model(e.to_string()))?;
        if network.needs_statistics() {
            network.refresh_statistics(flat(&data.train.x), data.train.len());
        }
        Ok(Model {
            network,
            preprocessing: data.preprocessing.clone(),
            columns: data.facts.columns.clone(),
            separator: match &training.data.source {
                crate::data::spec::Source::Csv(table) => table.separator,
                _ => None,
            },
            threshold: threshold(training),
        })
    }

    /// The network, with the weights that it ended with.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// A tensor of the parameters or buffers by the place of its layer and what it does there, with its numbers.
    pub fn tensor(&self, place: &[usize], role: crate::nn::Role) -> Option<(&Tensor, &[T])> {
        let found = |list: &'_ [Tensor]| list.iter().position(|t| t.place == place && t.role == role);
        let (list, numbers) = match role {
            crate::nn::Role::Mean | crate::nn::Role::Variance => {
                (self.network.buffer_tensors(), self.network.buffers())
            }
            _ => (self.network.tensors(), self.network.parameters()),
        };
        let tensor = &list[found(list)?];
        Some((tensor, &numbers[tensor.range.clone()]))
    }

    /// What the network makes of rows \[rows, features\]: \[rows, outputs\].
    pub fn evaluate(&mut self, x: &[T], rows: usize) -> &[T] {
        self.network.evaluate(x, rows)
    }

    /// Whether what it makes of a row depends on the rows beside it.
    pub fn mixes_rows(&self) -> bool {
        mixes(self.network.layers())
    }

    /// Whether its outputs are probabilities.
    pub fn probabilities(&self) -> bool {
        let last = self.network.layers().last();
        matches!(last, Some(Layer::Softmax | Layer::Hardmax | Layer::Activation(Activation::Sigmoid)))
    }

    /// The class of each row of outputs.
    pub fn classes(&self, outputs: &[f64]) -> Vec<usize> {
        let width = self.network.outputs();
        let classes = self.preprocessing.classes.as_ref().map_or(0, Vec::len);
        let predictions =
            Predictions { outputs, width, truth: Truth::Classes(&[]), classes, threshold: self.threshold };
        (0..predictions.rows()).map(|row| predictions.class(row)).collect()
    }

    /// Scores or probabilities by class: of one output for two classes, that of the first follows.
    pub fn scores(&self, outputs: &[f64]) -> Vec<f64> {
        let two = self.preprocessing.classes.as_ref().is_some_and(|classes| classes.len() == 2);
        if two && self.network.outputs() == 1 {
            return outputs.iter().flat_map(|&p| [2.0 * self.threshold - p, p]).collect();
        }
        outputs.to_vec()
    }
}

fn mixes(layers: &[Layer]) -> bool {
    layers.iter().any(|layer| match layer {
        Layer::BatchNorm { statistics, .. } => *statistics == Statistics::Batch,
        Layer::Residual(body) => mixes(body),
        _ => false,
    })
}
