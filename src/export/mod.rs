//! Models and trials for other programs: safetensors, ONNX, predictions on new rows.
//!
//! [`best`] finds the best training of an experiment among what is stored, [`Model`] is its end with the preprocessing that its data
//! went through; [`predict`], [`safetensors`] and [`onnx`] take a model.

mod best;
mod model;
pub mod onnx;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod predict;
pub mod safetensors;

pub use best::{Best, best, trials};
pub use model::Model;

use crate::data;
use crate::run::RunError;

/// Why there is nothing to export, or why it cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The experiment is not there, or its search cannot go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No trial is stored.
    #[error("{0}: nothing is stored yet")]
    Nothing(String),
    /// No stored trial has a value of the objective.
    #[error("{0}: no trial has a value of the objective, so none is the best")]
    NoBest(String),
    /// The objective is a program's.
    #[error("{0} runs a program: its models are the program's, not caviar's")]
    Program(String),
    /// The best model cannot be had again.
    #[error("the best model cannot be had again: {0}")]
    Model(String),
    /// New rows that the model cannot take.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// A column of new rows that the training data did not have.
    #[error("{origin}, header, column {place}: the training data have no column `{column}`")]
    ExtraColumn {
        /// Which file.
        origin: String,
        /// Its name.
        column: String,
        /// Its place, from 1.
        place: usize,
    },
    /// A network that the format, or what reads it, cannot hold.
    #[error("{0}")]
    Layout(String),
    /// A file that cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

impl ExportError {
    /// What to do about it, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            ExportError::Data(data::Error::MissingValue { .. }) => {
                Some("fill it in: the model was trained without a rule for missing values".into())
            }
            ExportError::Data(data::Error::NotANumber { text, .. }) => {
                Some(format!("the column has another kind of value in the training data: mend `{text}`"))
            }
            ExportError::Data(data::Error::ColumnMissing { available, .. }) => Some(format!(
                "new rows need every column that the model was trained on; the file has {}",
                available.join(", ")
            )),
            ExportError::Data(error) => Some(error.help()),
            ExportError::ExtraColumn { .. } => Some("take the column out, or mend its name".into()),
            ExportError::Nothing(_) => Some("`caviar run` trains it".into()),
            _ => None,
        }
    }
}
