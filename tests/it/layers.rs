//! Layers and losses against PyTorch in f64: `tests/reference/layers.py` made the values.

use caviar::kernel::Isa;
use caviar::nn::layer::{Layer, Loss, Shape};
use caviar::nn::{Network, Streams, Targets};
use serde::Deserialize;

/// Relative to the larger of the two and 1: sums of some hundred products in another order differ by a few hundred roundings of 2⁻⁵³.
const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Case {
    name: String,
    layers: Vec<Layer>,
    input: Shape,
    loss: Loss,
    rows: usize,
    l2: f64,
    x: Vec<f64>,
    classes: Option<Vec<u32>>,
    values: Option<Vec<f64>>,
    weights: Option<Vec<f64>>,
    parameters: Vec<f64>,
    training_loss: f64,
    gradients: Vec<f64>,
    buffers: Vec<f64>,
    outputs: Vec<f64>,
    evaluation_loss: f64,
}

#[test]
fn equal_those_of_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../reference/layers.json")).expect("cases");
    assert!(cases.len() > 60);
    for isa in Isa::available() {
        cases.iter().for_each(|case| compare(case, isa));
    }
}

fn compare(case: &Case, isa: Isa) {
    let mut network =
        Network::<f64>::new(&case.layers, case.input, case.loss, case.rows, isa, 1).expect("layers that fit");
    network.parameters_mut().copy_from_slice(&case.parameters);
    let targets = match (&case.classes, &case.values) {
        (Some(classes), _) => Targets::classes(classes),
        (None, Some(values)) => Targets::values(values),
        (None, None) => panic!("{}: no targets", case.name),
    };
    let targets = case.weights.as_ref().map_or(targets, |weights| targets.weighted(weights));
    let loss = network.train_step(&case.x, targets, case.rows, Streams::default(), case.l2);
    near(&case.name, "training loss", &[loss], &[case.training_loss]);
    near(&case.name, "gradients", network.gradients(), &case.gradients);
    near(&case.name, "moving statistics", network.buffers(), &case.buffers);
    let (loss, outputs) = network.evaluate_with_loss(&case.x, targets, case.rows);
    near(&case.name, "outputs", outputs, &case.outputs);
    near(&case.name, "evaluation loss", &[loss], &[case.evaluation_loss]);
}

fn near(name: &str, what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}: how many {what}");
    for (index, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let scale = a.abs().max(b.abs()).max(1.0);
        assert!((a - b).abs() <= TOLERANCE * scale, "{name}: {what}, number {index}: {a} is not {b}");
    }
}
