//! What a network promises beyond its gradients.

use caviar::kernel::{Isa, Purpose, Stream};
use caviar::nn::layer::{Activation, Init, Layer, Loss, Padding, Pool, Shape, Statistics};
use caviar::nn::{Network, Role, Streams, Targets};
use caviar::optim::{Optimizer, State};

use super::allocation;

const ENTROPY: Loss = Loss::CrossEntropy { label_smoothing: 0.0 };
const RELU: Layer = Layer::Activation(Activation::Relu);

fn dense(units: usize) -> Layer {
    Layer::Dense { units, bias: true, init: Init::He, l1: 0.0, l2: 0.0 }
}

fn plain(units: usize) -> Layer {
    Layer::Dense { units, bias: false, init: Init::He, l1: 0.0, l2: 0.0 }
}

fn batch_norm(statistics: Statistics) -> Layer {
    Layer::BatchNorm { momentum: 0.9, epsilon: 1e-5, scale: true, shift: true, statistics }
}

fn normals(count: usize, id: u32) -> Vec<f64> {
    let mut values = vec![0.0; count];
    Stream::new(1, Purpose::Other, id, 0, 0).fill_normal(Isa::SCALAR, 0.0, 1.0, &mut values);
    values
}

fn labels(count: usize, classes: usize) -> Vec<u32> {
    let mut stream = Stream::new(2, Purpose::Other, 0, 0, 0);
    (0..count).map(|_| stream.below(classes) as u32).collect()
}

fn network(layers: &[Layer], input: usize, loss: Loss, max_rows: usize) -> Network<f64> {
    let mut network =
        Network::new(layers, Shape::Flat(input), loss, max_rows, Isa::detect(), 1).expect("layers that fit");
    network.initialize(3, 0);
    network
}

fn step(step: u32) -> Streams {
    Streams { seed: 3, repetition: 0, step }
}

#[track_caller]
fn near(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() <= tolerance, "{a} is not {b}"));
}

/// Every kind of layer.
fn everything() -> Vec<Layer> {
    let conv = Layer::Conv {
        filters: 4,
        kernel: 3,
        stride: 1,
        padding: Padding::Same,
        bias: true,
        init: Init::He,
        l1: 1e-3,
        l2: 1e-3,
    };
    vec![
        Layer::Image { height: 6, width: 6, channels: 1 },
        Layer::Noise { deviation: 0.1 },
        conv.clone(),
        batch_norm(Statistics::Moving),
        RELU,
        Layer::Residual(vec![conv, Layer::Activation(Activation::Gelu), Layer::Dropout { rate: 0.1 }]),
        Layer::Pool { pool: Pool::Max, size: 2 },
        Layer::Pool { pool: Pool::Average, size: 1 },
        Layer::LayerNorm { epsilon: 1e-5 },
        Layer::GlobalAveragePool,
        Layer::Activation(Activation::Silu),
        plain(8),
        batch_norm(Statistics::Exact),
        Layer::Activation(Activation::Elu),
        Layer::Softmax,
        Layer::Dropout { rate: 0.2 },
        dense(3),
        Layer::Softmax,
    ]
}

#[test]
fn a_step_allocates_nothing() {
    let x: Vec<f32> = normals(20 * 36, 0).iter().map(|&x| x as f32).collect();
    let classes = labels(20, 3);
    let weights = vec![0.5f32; 20];
    let targets = Targets::classes(&classes).weighted(&weights);
    for isa in Isa::available() {
        let mut network =
            Network::<f32>::new(&everything(), Shape::Flat(36), ENTROPY, 20, isa, 1).expect("layers that fit");
        network.initialize(1, 0);
        let count = allocation::count(|| {
            for index in 0..3 {
                network.train_step(&x, targets, 20, step(index), 1e-3);
            }
            network.train_step(&x[..7 * 36], targets.part(0, 7, 3), 7, step(3), 1e-3);
        });
        assert_eq!(count, 0, "allocations on {isa}");
        network.refresh_statistics(&x, 20);
        network.evaluate_with_loss(&x, targets, 20);
        let count = allocation::count(|| {
            network.evaluate_with_loss(&x, targets, 20);
        });
        assert_eq!(count, 0, "allocations of an evaluation on {isa}");
    }
    assert!(allocation::count(|| drop(std::hint::black_box(vec![0u8; 10]))) > 0, "allocations are counted");
}

#[test]
fn every_path_gives_the_same_bits() {
    let x: Vec<f32> = normals(20 * 36, 0).iter().map(|&x| x as f32).collect();
    let classes = labels(20, 3);
    let run = |isa, threads| {
        let mut network =
            Network::<f32>::new(&everything(), Shape::Flat(36), ENTROPY, 20, isa, threads).expect("layers that fit");
        network.initialize(1, 0);
        let optimizer = Optimizer::Adam { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
        let mut state = State::new(&optimizer, network.parameters().len());
        let mut bits: Vec<u32> = Vec::new();
        for index in 0..5 {
            let loss = network.train_step(&x, Targets::classes(&classes), 20, step(index), 1e-3);
            bits.push(loss.to_bits());
            network.update(&mut state, &optimizer, 0.1, &[]);
        }
        network.refresh_statistics(&x, 20);
        bits.extend(network.evaluate(&x, 20).iter().map(|y| y.to_bits()));
        bits.extend(network.buffers().iter().chain(network.parameters()).map(|y| y.to_bits()));
        bits
    };
    let scalar = run(Isa::SCALAR, 1);
    for isa in Isa::available() {
        assert!(run(isa, 1) == scalar && run(isa, 2) == scalar, "{isa} differs");
    }
}

#[test]
fn two_class_softmax_is_logistic_regression() {
    let (x, classes) = (normals(12 * 4, 1), labels(12, 2));
    let mut softmax = network(&[dense(2), Layer::Softmax], 4, ENTROPY, 12);
    let sigmoid = [dense(1), Layer::Activation(Activation::Sigmoid)];
    let mut logistic = network(&sigmoid, 4, Loss::BinaryCrossEntropy, 12);
    // The logistic score is the difference of the two scores.
    let (w, b) = (softmax.parameters()[..8].to_vec(), [0.3, -0.2]);
    softmax.parameters_mut()[8..].copy_from_slice(&b);
    for (index, parameter) in logistic.parameters_mut()[..4].iter_mut().enumerate() {
        *parameter = w[2 * index + 1] - w[2 * index];
    }
    logistic.parameters_mut()[4] = b[1] - b[0];
    let losses = [
        softmax.train_step(&x, Targets::classes(&classes), 12, step(0), 0.0),
        logistic.train_step(&x, Targets::classes(&classes), 12, step(0), 0.0),
    ];
    near(&losses[..1], &losses[1..], 1e-14);
    let of_second: Vec<f64> = softmax.gradients().iter().skip(1).step_by(2).copied().collect();
    near(&of_second, logistic.gradients(), 1e-14);
    let probabilities = softmax.evaluate(&x, 12).iter().skip(1).step_by(2).copied().collect::<Vec<_>>();
    near(&probabilities, logistic.evaluate(&x, 12), 1e-14);
}

#[test]
fn the_gradient_by_the_scores_is_prediction_minus_truth() {
    // With one example the gradient by b is that by the scores.
    let x = normals(4, 2);
    let mut softmax = network(&[dense(5), Layer::Softmax], 4, ENTROPY, 1);
    softmax.train_step(&x, Targets::classes(&[3]), 1, step(0), 0.0);
    let mut expected = softmax.evaluate(&x, 1).to_vec();
    expected[3] -= 1.0;
    near(&softmax.gradients()[20..], &expected, 1e-15);

    let sigmoid = [dense(3), Layer::Activation(Activation::Sigmoid)];
    let mut sigmoid = network(&sigmoid, 4, Loss::BinaryCrossEntropy, 1);
    let truth = [0.0, 1.0, 0.25];
    sigmoid.train_step(&x, Targets::values(&truth), 1, step(0), 0.0);
    let expected: Vec<f64> = sigmoid.evaluate(&x, 1).iter().zip(truth).map(|(y, t)| y - t).collect();
    near(&sigmoid.gradients()[12..], &expected, 1e-15);
}

#[test]
fn a_bias_before_batch_norm_is_redundant() {
    let tail = [batch_norm(Statistics::Exact), RELU, dense(3), Layer::Softmax];
    let (x, classes) = (normals(16 * 6, 3), labels(16, 3));
    let mut with = network(&[&[dense(10)], &tail[..]].concat(), 6, ENTROPY, 16);
    let mut without = network(&[&[plain(10)], &tail[..]].concat(), 6, ENTROPY, 16);
    // Equal weights from equal seeds: b is all that differs.
    let b = with.tensors().iter().find(|tensor| tensor.role == Role::Bias).expect("a bias").range.clone();
    assert_eq!(with.parameters()[..60], without.parameters()[..60]);
    with.parameters_mut()[b.clone()].copy_from_slice(&normals(10, 4));
    let targets = Targets::classes(&classes);
    let losses = [with.train_step(&x, targets, 16, step(0), 0.0), without.train_step(&x, targets, 16, step(0), 0.0)];
    near(&losses[..1], &losses[1..], 1e-13);
    near(&with.gradients()[b], &[0.0; 10], 1e-15);
    with.refresh_statistics(&x, 16);
    without.refresh_statistics(&x, 16);
    near(with.evaluate(&x, 16), without.evaluate(&x, 16), 1e-13);
}

#[test]
fn exact_statistics_of_the_batch_evaluate_as_training_saw_it() {
    for statistics in [Statistics::Exact, Statistics::Batch] {
        let layers = [
            plain(8),
            batch_norm(statistics),
            RELU,
            Layer::Residual(vec![plain(8), batch_norm(statistics), Layer::Activation(Activation::Tanh)]),
            dense(3),
            Layer::Softmax,
        ];
        let (x, classes) = (normals(30 * 5, 5), labels(30, 3));
        let targets = Targets::classes(&classes);
        let mut whole = network(&layers, 5, ENTROPY, 30);
        let trained = whole.training_loss(&x, targets, 30, step(0));
        assert_eq!(whole.needs_statistics(), statistics == Statistics::Exact);
        whole.refresh_statistics(&x, 30);
        let (loss, outputs) = whole.evaluate_with_loss(&x, targets, 30);
        near(&[loss], &[trained], 1e-13);
        // In parts of 7, the last one short: the same bits.
        let mut parts = network(&layers, 5, ENTROPY, 7);
        parts.refresh_statistics(&x, 30);
        assert_eq!(parts.evaluate_with_loss(&x, targets, 30), (loss, outputs));
    }
}

#[test]
fn moving_statistics_are_weighted_averages() {
    let layer =
        Layer::BatchNorm { momentum: 0.75, epsilon: 1e-5, scale: true, shift: true, statistics: Statistics::Moving };
    let mut network = network(&[layer, dense(1)], 1, Loss::MeanSquaredError, 4);
    let targets = [0.0; 4];
    network.train_step(&[1.0, 2.0, 3.0, 6.0], Targets::values(&targets), 4, step(0), 0.0);
    // Mean 3, unbiased variance 14/3.
    near(network.buffers(), &[0.75, 0.75 + 14.0 / 12.0], 1e-14);
    network.train_step(&[5.0, 7.0], Targets::values(&targets[..2]), 2, step(1), 0.0);
    // Mean 6, unbiased variance 2.
    near(network.buffers(), &[0.75 * 0.75 + 0.25 * 6.0, 0.75 * (0.75 + 14.0 / 12.0) + 0.25 * 2.0], 1e-14);
}

#[test]
fn a_batch_of_one_gives_beta_and_teaches_no_statistics() {
    let mut network = network(&[batch_norm(Statistics::Moving), dense(2), Layer::Softmax], 3, ENTROPY, 4);
    network.parameters_mut()[3..6].copy_from_slice(&[0.5, -1.0, 2.0]);
    let before = network.buffers().to_vec();
    let mut seen = Vec::new();
    network.layer_outputs(&[7.0, 8.0, 9.0], 1, Some(step(0)), &mut |name, output| {
        if name == "1 batch_norm" {
            seen.extend_from_slice(output);
        }
    });
    assert_eq!(seen, [0.5, -1.0, 2.0]);
    let loss = network.train_step(&[7.0, 8.0, 9.0], Targets::classes(&[1]), 1, step(0), 0.0);
    assert!(loss.is_finite() && network.gradients().iter().all(|gradient| gradient.is_finite()));
    assert_eq!(network.buffers(), before);
}

#[test]
fn dropout_and_noise_follow_their_streams() {
    let layers =
        [dense(40), RELU, Layer::Dropout { rate: 0.5 }, Layer::Noise { deviation: 0.3 }, dense(3), Layer::Softmax];
    let (x, classes) = (normals(8 * 5, 6), labels(8, 3));
    let mut network = network(&layers, 5, ENTROPY, 8);
    let mut loss = |streams| network.training_loss(&x, Targets::classes(&classes), 8, streams);
    let first = loss(step(0));
    assert_eq!(first, loss(step(0)));
    assert_ne!(first, loss(step(1)));
    assert_ne!(first, loss(Streams { repetition: 1, ..step(0) }));
    assert_ne!(first, loss(Streams { seed: 4, ..step(0) }));
    // At evaluation there is neither.
    let (loss, _) = network.evaluate_with_loss(&x, Targets::classes(&classes), 8);
    network.set_dropout(0.0);
    assert_ne!(first, network.training_loss(&x, Targets::classes(&classes), 8, step(0)));
    let quiet = [dense(40), RELU, dense(3), Layer::Softmax];
    let mut quiet = self::network(&quiet, 5, ENTROPY, 8);
    assert_eq!(quiet.evaluate_with_loss(&x, Targets::classes(&classes), 8).0, loss);
}

#[test]
fn dropout_keeps_the_expectation() {
    let layers = [Layer::Dropout { rate: 0.3 }];
    let mut network = network(&layers, 20_000, Loss::MeanSquaredError, 1);
    let mut seen = Vec::new();
    network.layer_outputs(&vec![1.0; 20_000], 1, Some(step(0)), &mut |_, output| seen.extend_from_slice(output));
    let dropped = seen.iter().filter(|&&y| y == 0.0).count() as f64 / 20_000.0;
    assert!((dropped - 0.3).abs() < 0.015, "{dropped} dropped: five deviations are 0.016");
    assert!(seen.iter().all(|&y| y == 0.0 || (y - 1.0 / 0.7).abs() < 1e-12));
}

#[test]
fn layers_apart_give_what_they_give_joined() {
    let layers = everything();
    let (x, classes) = (normals(20 * 36, 0), labels(20, 3));
    let mut network = network(&layers, 36, ENTROPY, 20);
    network.train_step(&x, Targets::classes(&classes), 20, step(0), 0.0);
    network.refresh_statistics(&x, 20);
    let buffers = network.buffers().to_vec();
    let outputs = network.evaluate(&x, 20).to_vec();
    let (mut names, mut last) = (Vec::new(), Vec::new());
    network.layer_outputs(&x, 20, None, &mut |name, output| {
        names.push(name.to_string());
        last = output.to_vec();
    });
    assert_eq!(last, outputs);
    assert_eq!(names[..4], ["2 noise", "3 conv", "4 batch_norm", "5 relu"]);
    assert_eq!(names[4..8], ["6.1 conv", "6.2 gelu", "6.3 dropout", "6 residual"]);
    network.layer_outputs(&x, 20, Some(step(1)), &mut |_, output| assert!(!output.is_empty()));
    assert_eq!(network.buffers(), buffers);
    assert_eq!(network.evaluate(&x, 20), outputs);
}

#[test]
fn tensors_have_names_shapes_and_starts() {
    let layers = [dense(300), RELU, Layer::Residual(vec![plain(300), batch_norm(Statistics::Moving)]), dense(4)];
    let mut network = network(&layers, 200, Loss::MeanSquaredError, 2);
    let names: Vec<_> = network.tensors().iter().map(|tensor| (tensor.name.as_str(), tensor.layer.as_str())).collect();
    let expected = [
        ("layers.0.weight", "1 dense"),
        ("layers.0.bias", "1 dense"),
        ("layers.2.0.weight", "3.1 dense"),
        ("layers.2.1.weight", "3.2 batch_norm"),
        ("layers.2.1.bias", "3.2 batch_norm"),
        ("layers.3.weight", "4 dense"),
        ("layers.3.bias", "4 dense"),
    ];
    assert_eq!(names, expected);
    assert_eq!(network.buffer_tensors()[1].name, "layers.2.1.running_var");
    assert_eq!(network.tensors()[0].shape, [200, 300]);
    let spread = |network: &Network<f64>, index: usize| {
        let values = &network.parameters()[network.tensors()[index].range.clone()];
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / values.len() as f64)
    };
    // 60,000 draws: the variance is right to √(2/60,000) = 0.6 %.
    let (mean, variance) = spread(&network, 0);
    assert!(mean.abs() < 0.002 && (variance * 100.0 - 1.0).abs() < 0.03, "{mean} {variance}");
    assert_eq!(spread(&network, 3), (1.0, 0.0));
    let first = network.parameters().to_vec();
    network.initialize(3, 1);
    assert_ne!(network.parameters(), first);
    network.initialize(3, 0);
    assert_eq!(network.parameters(), first);

    let xavier = Layer::Dense { units: 300, bias: true, init: Init::Xavier, l1: 0.0, l2: 0.0 };
    let network = self::network(&[xavier], 200, Loss::MeanSquaredError, 2);
    let (_, variance) = spread(&network, 0);
    assert!((variance * 250.0 - 1.0).abs() < 0.03, "{variance}");
}

#[test]
fn what_lies_between_does_not_change_how_weights_start() {
    let before = network(&[plain(9), batch_norm(Statistics::Moving), RELU, dense(3)], 5, Loss::Hinge, 2);
    let none = network(&[plain(9), RELU, dense(3)], 5, Loss::Hinge, 2);
    let weights = |network: &Network<f64>| -> Vec<f64> {
        let tensors = network.tensors().iter().filter(|tensor| tensor.role == Role::Weight);
        tensors.flat_map(|tensor| network.parameters()[tensor.range.clone()].to_vec()).collect()
    };
    assert_eq!(weights(&before), weights(&none));
}

#[test]
fn hardmax_is_for_evaluation_alone() {
    let (x, classes) = (normals(9 * 4, 7), labels(9, 3));
    let mut soft = network(&[dense(3), Layer::Softmax], 4, ENTROPY, 9);
    let mut hard = network(&[dense(3), Layer::Softmax, Layer::Hardmax], 4, ENTROPY, 9);
    let targets = Targets::classes(&classes);
    assert_eq!(soft.train_step(&x, targets, 9, step(0), 0.0), hard.train_step(&x, targets, 9, step(0), 0.0));
    assert_eq!(soft.gradients(), hard.gradients());
    let (loss, outputs) = soft.evaluate_with_loss(&x, targets, 9);
    let (hard_loss, hard_outputs) = hard.evaluate_with_loss(&x, targets, 9);
    assert_eq!(loss, hard_loss);
    for (soft, hard) in outputs.chunks(3).zip(hard_outputs.chunks(3)) {
        let best = (0..3).max_by(|&a, &b| soft[a].total_cmp(&soft[b])).expect("three");
        assert!((0..3).all(|class| hard[class] == f64::from(u8::from(class == best))));
    }
}

#[test]
fn scores_beyond_range_give_finite_losses() {
    let layers = [dense(2), Layer::Softmax];
    let mut network = network(&layers, 2, ENTROPY, 2);
    network.parameters_mut().copy_from_slice(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let x = [1e4, -1e4, -1e4, 1e4];
    let loss = network.train_step(&x, Targets::classes(&[1, 1]), 2, step(0), 0.0);
    assert_eq!(loss, 1e4);
    let sigmoid = [dense(1), Layer::Activation(Activation::Sigmoid)];
    let mut network = self::network(&sigmoid, 1, Loss::BinaryCrossEntropy, 2);
    network.parameters_mut().copy_from_slice(&[1.0, 0.0]);
    assert_eq!(network.train_step(&[1e4, -1e4], Targets::classes(&[0, 1]), 2, step(0), 0.0), 1e4);
}
