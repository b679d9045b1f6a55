//! ONNX: a network as a graph of operator set 17, with 32-bit floats.
//!
//! Rows go in as `input` \[rows, features\], images channels last \[rows, height, width, channels\]; `output` is \[rows, outputs\]. With the
//! preprocessing inside, numbers go in as 64-bit floats, as the data have them; a table with text columns has an input a column.
//! Dropout and noise are left out; batch norms use what the training measured.

mod graph;
mod layers;
mod message;
mod rows;

use super::{ExportError, Model};
use crate::kernel::Real;
use crate::nn::layer::Shape;
use graph::{Graph, Type};

/// The domain of operators for tables.
const ML: &str = "ai.onnx.ml";

/// Bytes that a protocol buffer may have.
const LARGEST: usize = i32::MAX as usize;

/// The bytes of a file.
///
/// # Errors
/// A network that is larger than the format allows.
pub fn bytes<T: Real>(model: &Model<T>, preprocess: bool) -> Result<Vec<u8>, ExportError> {
    let network = model.network();
    let mut graph = Graph::default();
    let start = if preprocess {
        rows::preprocessing(&mut graph, &model.preprocessing)
    } else {
        graph.input("input", Type::Float, &sides(network.input()))
    };
    let end = layers::network(&mut graph, model, start)?;
    graph.named("Identity", &[&end], "output");
    graph.output("output", Type::Float, &[network.outputs()]);
    let preprocessing = &model.preprocessing;
    let json = |names: &[String]| serde_json::to_string(names).unwrap_or_default();
    let mut about = vec![("features", json(&preprocessing.features)), ("target", preprocessing.target.clone())];
    if let Some(classes) = &preprocessing.classes {
        about.push(("classes", json(classes)));
    }
    let bytes = graph.model(&about);
    if bytes.len() > LARGEST {
        return Err(ExportError::Layout("the network is larger than the 2 GB that an .onnx may have".into()));
    }
    Ok(bytes)
}

/// The sides of one example.
fn sides(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Flat(n) => vec![n],
        Shape::Image(h, w, c) => vec![h, w, c],
    }
}
