//! Backward passes against central differences in f64, by the library's own checker.

use caviar::nn::gradient_check::check;
use caviar::nn::layer::{Activation, Init, Layer, Loss, Padding, Pool, Shape, Statistics};
use proptest::prelude::*;

/// Relative error of a tensor: the bar for gradients that are right; wrong ones are off by 1e-2 and more.
const BAR: f64 = 1e-6;

const ENTROPY: Loss = Loss::CrossEntropy { label_smoothing: 0.0 };

fn dense(units: usize) -> Layer {
    Layer::Dense { units, bias: true, init: Init::Xavier, l1: 0.0, l2: 0.0 }
}

fn conv(filters: usize, kernel: usize, stride: usize, padding: Padding) -> Layer {
    Layer::Conv { filters, kernel, stride, padding, bias: true, init: Init::Xavier, l1: 0.0, l2: 0.0 }
}

fn batch_norm(scale: bool, shift: bool, statistics: Statistics) -> Layer {
    Layer::BatchNorm { momentum: 0.9, epsilon: 1e-3, scale, shift, statistics }
}

const ACTIVATIONS: [Activation; 12] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.2 },
    Activation::LeakyRelu { slope: 0.0 },
    Activation::LeakyRelu { slope: -0.5 },
    Activation::Elu,
    Activation::Selu,
    Activation::Gelu,
    Activation::Silu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Softplus,
    Activation::Identity,
];

#[track_caller]
fn right(layers: &[Layer], input: Shape, loss: Loss) {
    for seed in 0..3 {
        let report = check(layers, input, loss, seed).expect("layers that fit");
        assert!(!report.tensors.is_empty());
        assert!(report.worst() <= BAR, "{layers:?} {loss:?} seed {seed}: {report:#?}");
    }
}

/// The layer between two dense ones, so that the gradient by its input counts too.
#[track_caller]
fn right_between(layer: Layer) {
    right(&[dense(6), layer.clone(), dense(3), Layer::Softmax], Shape::Flat(5), ENTROPY);
    // The same, not joined to the layer before it.
    right(&[dense(6), Layer::Flatten, layer, dense(3), Layer::Softmax], Shape::Flat(5), ENTROPY);
}

#[test]
fn of_activations() {
    for activation in ACTIVATIONS {
        right_between(Layer::Activation(activation));
        let normed = [dense(6), batch_norm(true, true, Statistics::Moving), Layer::Activation(activation), dense(2)];
        right(&normed, Shape::Flat(5), Loss::MeanSquaredError);
    }
}

#[test]
fn of_normalisations() {
    for statistics in [Statistics::Moving, Statistics::Exact, Statistics::Batch] {
        for (scale, shift) in [(true, true), (true, false), (false, true), (false, false)] {
            right_between(batch_norm(scale, shift, statistics));
        }
    }
    right_between(Layer::LayerNorm { epsilon: 1e-3 });
    right(&[batch_norm(true, true, Statistics::Moving), dense(2)], Shape::Flat(5), Loss::MeanSquaredError);
    right(&[Layer::LayerNorm { epsilon: 1e-3 }, dense(2)], Shape::Flat(5), Loss::MeanSquaredError);
}

#[test]
fn of_dense_options() {
    for (l1, l2) in [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.05, 0.2)] {
        for bias in [true, false] {
            for init in [Init::He, Init::Xavier, Init::Lecun, Init::Normal(0.1, 0.4), Init::Zeros] {
                let own = Layer::Dense { units: 4, bias, init, l1, l2 };
                right(&[own, Layer::Activation(Activation::Tanh), dense(2)], Shape::Flat(5), Loss::MeanSquaredError);
            }
        }
    }
}

#[test]
fn of_random_layers() {
    for rate in [0.0, 0.3, 0.8] {
        right_between(Layer::Dropout { rate });
    }
    right_between(Layer::Noise { deviation: 0.5 });
    right(
        &[Layer::Dropout { rate: 0.5 }, Layer::Noise { deviation: 0.1 }, dense(3), Layer::Softmax],
        Shape::Flat(5),
        ENTROPY,
    );
}

#[test]
fn of_softmax_between() {
    right_between(Layer::Softmax);
    right(&[dense(4), Layer::Softmax], Shape::Flat(5), Loss::MeanSquaredError);
    right(&[dense(4), Layer::Softmax], Shape::Flat(5), Loss::Hinge);
}

#[test]
fn of_images() {
    let input = Shape::Image(6, 5, 2);
    for padding in [Padding::Same, Padding::Valid] {
        for kernel in 1..=4 {
            for stride in 1..=3 {
                let layers =
                    [conv(3, kernel, stride, padding), Layer::Activation(Activation::Tanh), Layer::Flatten, dense(2)];
                right(&layers, input, Loss::MeanSquaredError);
            }
        }
    }
    for pool in [Pool::Max, Pool::Average] {
        for size in 1..=4 {
            let layers = [conv(3, 3, 1, Padding::Same), Layer::Pool { pool, size }, Layer::Flatten, dense(2)];
            right(&layers, input, Loss::MeanSquaredError);
        }
    }
    // So many windows that they are laid out in groups of examples: one at a time, and three with one left over.
    for (height, width) in [(28, 28), (20, 10)] {
        let layers = [
            conv(4, 3, 1, Padding::Same),
            Layer::Activation(Activation::Tanh),
            conv(2, 5, 1, Padding::Same),
            Layer::GlobalAveragePool,
            dense(2),
        ];
        let report =
            check(&layers, Shape::Image(height, width, 1), Loss::MeanSquaredError, 0).expect("layers that fit");
        assert!(report.worst() <= BAR, "{report:#?}");
    }
    let layers = [
        Layer::Image { height: 6, width: 5, channels: 2 },
        conv(3, 3, 1, Padding::Same),
        batch_norm(true, true, Statistics::Moving),
        Layer::Activation(Activation::Relu),
        Layer::Conv {
            filters: 4,
            kernel: 3,
            stride: 2,
            padding: Padding::Same,
            bias: false,
            init: Init::He,
            l1: 0.01,
            l2: 0.1,
        },
        Layer::LayerNorm { epsilon: 1e-3 },
        Layer::GlobalAveragePool,
        dense(3),
        Layer::Softmax,
    ];
    right(&layers, Shape::Flat(60), ENTROPY);
}

#[test]
fn of_residuals() {
    let inner = Layer::Residual(vec![batch_norm(true, true, Statistics::Moving), Layer::Activation(Activation::Elu)]);
    let outer = Layer::Residual(vec![dense(5), inner, Layer::Dropout { rate: 0.2 }, dense(5)]);
    right(
        &[dense(5), outer.clone(), Layer::Activation(Activation::Tanh), dense(3), Layer::Softmax],
        Shape::Flat(4),
        ENTROPY,
    );
    right(&[outer, dense(2)], Shape::Flat(5), Loss::MeanSquaredError);
}

#[test]
fn of_losses() {
    let scores = [dense(5), Layer::Activation(Activation::Tanh), dense(4)];
    for loss in [Loss::MeanSquaredError, Loss::Huber { delta: 0.5 }, Loss::Huber { delta: 2.0 }, Loss::Hinge] {
        right(&scores, Shape::Flat(3), loss);
    }
    for label_smoothing in [0.0, 0.1, 0.5] {
        let layers = [&scores[..], &[Layer::Softmax]].concat();
        right(&layers, Shape::Flat(3), Loss::CrossEntropy { label_smoothing });
        right(&[&layers[..], &[Layer::Hardmax]].concat(), Shape::Flat(3), Loss::CrossEntropy { label_smoothing });
    }
    let sigmoid = [&scores[..], &[Layer::Activation(Activation::Sigmoid)]].concat();
    right(&sigmoid, Shape::Flat(3), Loss::BinaryCrossEntropy);
    right(&sigmoid, Shape::Flat(3), Loss::MeanSquaredError);
}

/// A layer that keeps a flat shape of six numbers.
fn keeper() -> impl Strategy<Value = Layer> {
    let flag = any::<bool>;
    let leaf = prop_oneof![
        (flag(), prop_oneof![Just(Init::He), Just(Init::Xavier)]).prop_map(|(bias, init)| Layer::Dense {
            units: 6,
            bias,
            init,
            l1: 0.0,
            l2: 0.0
        }),
        (flag(), flag()).prop_map(|(scale, shift)| batch_norm(scale, shift, Statistics::Moving)),
        Just(Layer::LayerNorm { epsilon: 1e-2 }),
        proptest::sample::select(&ACTIVATIONS[..]).prop_map(Layer::Activation),
        Just(Layer::Dropout { rate: 0.25 }),
        Just(Layer::Noise { deviation: 0.2 }),
        Just(Layer::Softmax),
        Just(Layer::Flatten),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| proptest::collection::vec(inner, 1..4).prop_map(Layer::Residual))
}

/// A layer that takes an image of four channels and gives one of four channels.
fn image_keeper() -> impl Strategy<Value = Layer> {
    prop_oneof![
        (1usize..4).prop_map(|kernel| conv(4, kernel, 1, Padding::Same)),
        (any::<bool>(), any::<bool>()).prop_map(|(scale, shift)| batch_norm(scale, shift, Statistics::Moving)),
        proptest::sample::select(&ACTIVATIONS[..]).prop_map(Layer::Activation),
        Just(Layer::Residual(vec![conv(4, 3, 1, Padding::Same), Layer::Activation(Activation::Silu)])),
        Just(Layer::Dropout { rate: 0.25 }),
        Just(Layer::LayerNorm { epsilon: 1e-2 }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_random_stacks(body in proptest::collection::vec(keeper(), 0..6), seed in any::<u64>(), end in 0..4) {
        let mut layers = vec![dense(6)];
        layers.extend(body);
        layers.push(dense(3));
        let loss = match end {
            0 => Loss::MeanSquaredError,
            1 => Loss::Huber { delta: 0.4 },
            2 => { layers.push(Layer::Softmax); Loss::CrossEntropy { label_smoothing: 0.05 } }
            _ => { layers.push(Layer::Activation(Activation::Sigmoid)); Loss::BinaryCrossEntropy }
        };
        let report = check(&layers, Shape::Flat(5), loss, seed).expect("layers that fit");
        prop_assert!(report.worst() <= BAR, "{report:#?}");
    }

    #[test]
    fn of_random_stacks_on_images(body in proptest::collection::vec(image_keeper(), 0..4), seed in any::<u64>(), size in 1usize..4) {
        let mut layers = vec![conv(4, 3, 1, Padding::Same)];
        layers.extend(body);
        layers.extend([Layer::Pool { pool: Pool::Max, size }, Layer::Flatten, dense(3), Layer::Softmax]);
        let report = check(&layers, Shape::Image(5, 4, 2), ENTROPY, seed).expect("layers that fit");
        prop_assert!(report.worst() <= BAR, "{report:#?}");
    }
}
