//! Every kernel on every path of this machine against the scalar one, bit for bit, over random shapes and numbers.

use proptest::prelude::*;

use super::batch_norm::{Affine, BatchStatistics};
use super::gemm::{self, Start, Workspace};
use super::*;

/// Runs the kernel on every path and compares all its results with those of the scalar path. NaNs are equal to each other.
fn same<T: Real>(kernel: impl Fn(Isa) -> Vec<T>) {
    let expected = kernel(Isa::SCALAR);
    for isa in Isa::available() {
        let found = kernel(isa);
        assert_eq!(expected.len(), found.len());
        for (i, (e, f)) in expected.iter().zip(&found).enumerate() {
            let nan = e.partial_cmp(e).is_none() && f.partial_cmp(f).is_none();
            assert!(e.bits() == f.bits() || nan, "{isa}, number {i}: {e:?} is {f:?}");
        }
    }
}

/// Numbers of many sizes: most near 1, some zeros, some huge, tiny or subnormal.
fn numbers<T: Real>(n: usize, seed: u64, wild: bool) -> Vec<T> {
    let mut stream = Stream::new(seed, Purpose::Other, n as u32, 0, 0);
    (0..n)
        .map(|_| {
            let x = stream.normal();
            T::from_f64(match stream.below(if wild { 24 } else { usize::MAX }) {
                0 => 0.0,
                1 => -0.0,
                2 => x * 1e30,
                3 => x * 1e-30,
                4 => x * 1e-42,
                5 => x * 100.0,
                _ => x,
            })
        })
        .collect()
}

fn products<T: Real>((rows, inputs, outputs): (usize, usize, usize), seed: u64, start: u8, threads: usize) {
    let shape = (rows, inputs, outputs);
    let x = numbers::<T>(rows * inputs, seed, false);
    let w = numbers::<T>(inputs * outputs, seed + 1, false);
    let y = numbers::<T>(rows * outputs, seed + 2, false);
    let row = numbers::<T>(inputs.max(outputs), seed + 3, false);
    let start = |n: usize| match start {
        0 => Start::Zero,
        1 => Start::Output,
        _ => Start::Row(&row[..n]),
    };
    same(|isa| {
        let mut workspace = Workspace::new(threads);
        let (mut x2, mut w2, mut y2) = (x.clone(), w.clone(), y.clone());
        gemm::forward(isa, &mut workspace, shape, &x, &w, start(outputs), &mut y2);
        gemm::weight_gradient(isa, &mut workspace, shape, &x, &y, start(outputs), &mut w2);
        gemm::input_gradient(isa, &mut workspace, shape, &y, &w, start(inputs), &mut x2);
        [x2, w2, y2].concat()
    });
}

/// A product is what its definition says: one chain over the inner index, written out here once more.
#[test]
fn a_product_is_one_chain_of_fused_multiply_adds() {
    let (m, k, n) = (5, 37, 9);
    let (a, b) = (numbers::<f32>(m * k, 1, false), numbers::<f32>(k * n, 2, false));
    let mut c = vec![0.0; m * n];
    gemm::forward(Isa::detect(), &mut Workspace::new(1), (m, k, n), &a, &b, Start::Zero, &mut c);
    for i in 0..m {
        for j in 0..n {
            let chain = (0..k).fold(0.0f32, |sum, p| a[i * k + p].mul_add(b[p * n + j], sum));
            assert_eq!(c[i * n + j].to_bits(), chain.to_bits());
        }
    }
}

/// Beyond the sizes where operands are packed and products are split over threads, and at the edges of their blocks.
#[test]
fn big_products() {
    for (shape, threads) in [
        ((200, 165, 201), 1),
        ((200, 165, 201), 2),
        ((257, 161, 130), 3),
        ((40, 70, 1500), 2),
        ((300, 1030, 40), 3),
        ((7, 600, 40), 1),
        ((1, 300, 1100), 2),
    ] {
        products::<f32>(shape, 3, 0, threads);
    }
    products::<f64>((200, 165, 201), 3, 1, 2);
    products::<f64>((130, 320, 100), 3, 2, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn products_f32(rows in 1usize..70, inputs in 1usize..70, outputs in 1usize..70, seed: u32, start in 0u8..3) {
        products::<f32>((rows, inputs, outputs), u64::from(seed), start, 1);
    }

    #[test]
    fn products_f64(rows in 1usize..40, inputs in 1usize..40, outputs in 1usize..40, seed: u32, start in 0u8..3) {
        products::<f64>((rows, inputs, outputs), u64::from(seed), start, 1);
    }

    #[test]
    fn long_chains(rows in 1usize..12, inputs in 1usize..2000, outputs in 1usize..40, seed: u32) {
        products::<f32>((rows, inputs, outputs), u64::from(seed), 0, 1);
    }

    #[test]
    fn elementwise_passes(n in 0usize..200, seed: u32) {
        elementwise_of::<f32>(n, u64::from(seed));
        elementwise_of::<f64>(n, u64::from(seed));
    }

    #[test]
    fn activations(n in 0usize..200, seed: u32) {
        activations_of::<f32>(n, u64::from(seed));
        activations_of::<f64>(n, u64::from(seed));
    }

    #[test]
    fn sums(rows in 0usize..40, columns in 1usize..310, seed: u32) {
        sums_of::<f32>(rows, columns, u64::from(seed));
        sums_of::<f64>(rows, columns, u64::from(seed));
    }

    #[test]
    fn normalisations(rows in 1usize..40, columns in 1usize..310, seed: u32, affine: bool, relu: bool) {
        normalisations_of::<f32>(rows, columns, u64::from(seed), affine, relu);
        normalisations_of::<f64>(rows, columns, u64::from(seed), affine, relu);
    }

    #[test]
    fn losses(rows in 1usize..20, classes in 1usize..40, seed: u32, smoothing in 0.0f64..0.5) {
        losses_of::<f32>(rows, classes, u64::from(seed), smoothing);
        losses_of::<f64>(rows, classes, u64::from(seed), smoothing);
    }
}

fn elementwise_of<T: Real>(n: usize, seed: u64) {
    let (x, y) = (numbers::<T>(n, seed, true), numbers::<T>(n, seed + 1, true));
    let factor = T::from_f64(0.3);
    same(|isa| {
        let mut all = Vec::new();
        let mut run = |f: &dyn Fn(&mut [T])| {
            let mut y = y.clone();
            f(&mut y);
            all.extend(y);
        };
        run(&|y| elementwise::add(isa, y, &x));
        run(&|y| elementwise::multiply(isa, y, &x));
        run(&|y| elementwise::sum_of(isa, y, &x, &x));
        run(&|y| elementwise::product_of(isa, y, &x, &x));
        run(&|y| elementwise::scale(isa, y, factor));
        run(&|y| elementwise::add_scaled(isa, y, factor, &x));
        run(&|y| elementwise::blend(isa, y, factor, factor, &x));
        run(&|y| elementwise::add_penalty_gradient(isa, y, &x, factor, factor));
        run(&|y| elementwise::flush(isa, y));
        if n > 0 {
            run(&|y| elementwise::add_row(isa, y, &x[..n]));
        }
        run(&|y| {
            let mut stream = Stream::new(seed, Purpose::Dropout, 0, 0, 0);
            elementwise::dropout_mask(isa, &mut stream, 0.3, y);
        });
        run(&|y| Stream::new(seed, Purpose::Noise, 0, 0, 0).fill_uniform(isa, -1.0, 2.0, y));
        run(&|y| Stream::new(seed, Purpose::Noise, 0, 0, 0).fill_normal(isa, -1.0, 2.0, y));
        all
    });
}

fn activations_of<T: Real>(n: usize, seed: u64) {
    use Activation::*;
    let mut z = numbers::<T>(n, seed, true);
    let edges = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 88.7, 88.8, -69.3, -103.0, 709.7, -666.0];
    z.extend(edges.map(T::from_f64));
    let d = numbers::<T>(z.len(), seed + 1, true);
    same(|isa| {
        let mut all = Vec::new();
        for f in [Relu, LeakyRelu { slope: 0.01 }, Elu, Selu, Gelu, Silu, Tanh, Sigmoid, Softplus, Identity] {
            let (mut a, mut d) = (z.clone(), d.clone());
            activation::forward(isa, f, &z, &mut a);
            activation::backward(isa, f, &z, &a, &mut d);
            all.extend(a);
            all.extend(d);
        }
        all
    });
}

fn sums_of<T: Real>(rows: usize, columns: usize, seed: u64) {
    let n = rows * columns;
    let (x, y) = (numbers::<T>(n, seed, true), numbers::<T>(n, seed + 1, true));
    same(|isa| {
        let mut all = vec![
            reduce::sum(isa, &x),
            reduce::sum_of_squares(isa, &x),
            reduce::sum_of_magnitudes(isa, &x),
            reduce::dot(isa, &x, &y),
            reduce::largest(isa, &x),
        ];
        let mut sums = vec![T::ONE; columns];
        reduce::column_sums(isa, &x, &mut sums);
        all.extend(sums);
        all
    });
}

fn normalisations_of<T: Real>(rows: usize, columns: usize, seed: u64, affine: bool, relu: bool) {
    let n = rows * columns;
    let (z, dy) = (numbers::<T>(n, seed, false), numbers::<T>(n, seed + 1, true));
    let (gamma, beta) = (numbers::<T>(columns, seed + 2, false), numbers::<T>(columns, seed + 3, false));
    let epsilon = T::from_f64(1e-5);
    let optional = |x| if affine { Some(x) } else { None };
    same(|isa| {
        let one = || vec![T::ZERO; columns];
        let (mut mean, mut variance, mut inverse, mut dg, mut db) = (one(), one(), one(), one(), one());
        let (mut y, mut d) = (z.clone(), dy.clone());
        let statistics = BatchStatistics { mean: &mut mean, variance: &mut variance, inverse: &mut inverse };
        let affine = Affine { gamma: optional(&gamma[..]), beta: optional(&beta[..]), relu };
        batch_norm::forward(isa, epsilon, affine, &z, statistics, &mut y);
        batch_norm::backward(isa, affine.gamma, &mean, &inverse, &z, &mut dg, &mut db, &mut d);
        let mut all = [&mean[..], &variance, &inverse, &dg, &db, &y, &d].concat();
        batch_norm::inverse_deviation(isa, &variance, epsilon, &mut inverse);
        batch_norm::apply(isa, affine, &mean, &inverse, &z, &mut y);
        all.extend([&inverse[..], &y].concat());
        let (mut mean, mut inverse) = (vec![T::ZERO; rows], vec![T::ZERO; rows]);
        layer_norm::forward(isa, epsilon, &gamma, &beta, &z, &mut mean, &mut inverse, &mut y);
        d.copy_from_slice(&dy);
        layer_norm::backward(isa, &gamma, &z, &mean, &inverse, &mut dg, &mut db, &mut d);
        all.extend([&mean[..], &inverse, &dg, &db, &y, &d].concat());
        all
    });
}

fn losses_of<T: Real>(rows: usize, classes: usize, seed: u64, smoothing: f64) {
    let n = rows * classes;
    let (z, y) = (numbers::<T>(n, seed, true), numbers::<T>(n, seed + 1, false));
    let labels: Vec<u32> = (0..rows).map(|r| ((seed as usize + 7 * r) % classes) as u32).collect();
    let (s, scale, delta) = (T::from_f64(smoothing), T::from_f64(0.1), T::from_f64(0.7));
    same(|isa| {
        let mut all = Vec::new();
        let mut run = |f: &dyn Fn(&mut [T], &mut [T])| {
            let (mut losses, mut d) = (vec![T::ZERO; rows], vec![T::ZERO; n]);
            f(&mut losses, &mut d);
            all.extend(losses);
            all.extend(d);
        };
        run(&|losses, d| {
            softmax::cross_entropy(isa, classes, &z, &labels, s, losses, d);
            softmax::cross_entropy_gradient(isa, classes, &labels, s, scale, d);
        });
        run(&|_, d| {
            let mut p = z.clone();
            softmax::softmax(isa, classes, &z, &mut p);
            d.copy_from_slice(&y);
            softmax::softmax_backward(isa, classes, &p, d);
        });
        run(&|losses, d| {
            loss::binary_cross_entropy(isa, classes, &z, &y, losses);
            loss::binary_cross_entropy_gradient(isa, &z, &y, scale, d);
        });
        run(&|losses, d| {
            loss::squared_error(isa, classes, &z, &y, losses);
            loss::squared_error_gradient(isa, classes, &z, &y, scale, d);
        });
        run(&|losses, d| {
            loss::huber(isa, classes, &z, &y, delta, losses);
            loss::huber_gradient(isa, classes, &z, &y, delta, scale, d);
        });
        run(&|losses, d| {
            loss::hinge(isa, classes, &z, &labels, losses);
            loss::hinge_gradient(isa, classes, &z, &labels, scale, d);
        });
        run(&|losses, _| {
            let mut places = vec![0; rows];
            softmax::argmax(isa, classes, &z, &mut places);
            losses.iter_mut().zip(places).for_each(|(l, p)| *l = T::from_usize(p as usize));
        });
        all
    });
}
