//! How near each kernel comes to the machine: products in % of the peak of fused multiply-adds, passes in GB/s.
//!
//! `cargo bench --bench kernels [-- NAME]`; `paths` prints the paths of this machine. Every figure is the best of many runs, on one thread unless it says two.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use caviar::kernel::gemm::{self, Start, Workspace};
use caviar::kernel::{Activation, Isa, Purpose, Stream, Team, activation, batch_norm, elementwise, reduce, softmax};
use caviar::optim::{Optimizer, State};

/// Seconds of the fastest of many runs, over about a fifth of a second.
fn best(mut f: impl FnMut()) -> f64 {
    f();
    let start = Instant::now();
    let mut fastest = f64::INFINITY;
    let mut times = 1;
    while start.elapsed().as_secs_f64() < 0.2 {
        let t = Instant::now();
        for _ in 0..times {
            f();
        }
        let t = t.elapsed().as_secs_f64();
        fastest = fastest.min(t / f64::from(times));
        if t < 20e-6 {
            times *= 2;
        }
    }
    fastest
}

/// Multiply-adds a second of a product that lives in the first-level cache and has no remainder: 2·8·32·512 operations a tile.
fn peak(isa: Isa) -> f64 {
    let (m, k, n) = (48, 256, if isa.name() == "avx2" { 24 } else { 32 });
    let (a, b, mut c) = (vec![1.0f32; m * k], vec![1.0f32; k * n], vec![0.0f32; m * n]);
    let mut workspace = Workspace::new(1);
    let t = best(|| gemm::weight_gradient(isa, &mut workspace, (k, m, n), &a, &b, Start::Zero, black_box(&mut c)));
    2.0 * (m * k * n) as f64 / t
}

fn random(n: usize) -> Vec<f32> {
    let mut x = vec![0.0; n];
    Stream::new(1, Purpose::Other, n as u32, 0, 0).fill_normal(Isa::detect(), 0.0, 1.0, &mut x);
    x
}

fn products(isa: Isa, peak: f64, threads: usize) {
    println!("\nproducts, f32, {isa}, {threads} thread(s): µs (% of {:.0} GFLOP/s)", peak * threads as f64 / 1e9);
    println!("{:>24} {:>18} {:>18} {:>18}", "rows x inputs x outputs", "forward", "weight gradient", "input gradient");
    for shape in [
        (32, 64, 64),
        (32, 64, 32),
        (32, 32, 10),
        (128, 784, 256),
        (128, 256, 128),
        (128, 128, 10),
        (256, 784, 1024),
        (256, 1024, 1024),
        (256, 1024, 10),
    ] {
        let (rows, inputs, outputs) = shape;
        let (mut x, mut w, mut y) = (random(rows * inputs), random(inputs * outputs), random(rows * outputs));
        let mut workspace = Workspace::new(threads);
        workspace.reserve(rows, inputs, outputs);
        let work = 2.0 * (rows * inputs * outputs) as f64;
        let cell = |t: f64| format!("{:9.2} ({:5.1} %)", t * 1e6, 100.0 * work / t / peak / threads as f64);
        let forward = best(|| gemm::forward(isa, &mut workspace, shape, &x, &w, Start::Zero, black_box(&mut y)));
        let weights =
            best(|| gemm::weight_gradient(isa, &mut workspace, shape, &x, &y, Start::Zero, black_box(&mut w)));
        let inner = best(|| gemm::input_gradient(isa, &mut workspace, shape, &y, &w, Start::Zero, black_box(&mut x)));
        let name = format!("{rows} x {inputs} x {outputs}");
        println!("{name:>24} {:>18} {:>18} {:>18}", cell(forward), cell(weights), cell(inner));
    }
}

fn passes(isa: Isa) {
    println!("\npasses, f32, {isa}: ns a number (GB/s of what is read and written)");
    for n in [2048, 65_536] {
        let columns = 64;
        let rows = n / columns;
        let (z, mut a, mut d) = (random(n), random(n), random(n));
        let line = |name: &str, streams: usize, f: &mut dyn FnMut()| {
            let t = best(f);
            println!("{n:>8} {name:<28} {:7.3} ({:6.1})", t * 1e9 / n as f64, (streams * n * 4) as f64 / t / 1e9);
        };
        line("add", 3, &mut || elementwise::add(isa, black_box(&mut a), &z));
        line("sum", 1, &mut || {
            black_box(reduce::sum(isa, black_box(&z)));
        });
        let mut sums = vec![0.0; columns];
        line("column sums", 1, &mut || reduce::column_sums(isa, black_box(&z), &mut sums));
        for f in [
            Activation::Relu,
            Activation::Elu,
            Activation::Gelu,
            Activation::Silu,
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Softplus,
        ] {
            line(&format!("{f:?}"), 2, &mut || activation::forward(isa, f, &z, black_box(&mut a)));
            line(&format!("{f:?} backward"), 3, &mut || activation::backward(isa, f, &z, &a, black_box(&mut d)));
        }
        let (mut mean, mut variance, mut inverse) = (vec![0.0; columns], vec![0.0; columns], vec![0.0; columns]);
        let gamma = vec![1.0; columns];
        line("batch norm", 2, &mut || {
            let statistics =
                batch_norm::BatchStatistics { mean: &mut mean, variance: &mut variance, inverse: &mut inverse };
            let affine = batch_norm::Affine { gamma: Some(&gamma), beta: Some(&gamma), relu: false };
            batch_norm::forward(isa, 1e-5, affine, &z, statistics, black_box(&mut a));
        });
        let (mut dg, mut db) = (vec![0.0; columns], vec![0.0; columns]);
        line("batch norm backward", 3, &mut || {
            batch_norm::backward(isa, Some(&gamma), &mean, &inverse, &z, &mut dg, &mut db, black_box(&mut d));
        });
        let mut stream = Stream::new(1, Purpose::Dropout, 0, 0, 0);
        line("dropout mask", 1, &mut || elementwise::dropout_mask(isa, &mut stream, 0.5, black_box(&mut a)));
        line("normal numbers", 1, &mut || stream.fill_normal(isa, 0.0, 1.0, black_box(&mut a)));
        let ten = rows * 10;
        let labels: Vec<u32> = (0..rows).map(|r| r as u32 % 10).collect();
        let mut losses = vec![0.0; rows];
        let t = best(|| {
            softmax::cross_entropy(isa, 10, &z[..ten], &labels, 0.0, &mut losses, black_box(&mut a[..ten]));
            softmax::cross_entropy_gradient(isa, 10, &labels, 0.0, 0.1, black_box(&mut a[..ten]));
        });
        println!("{n:>8} {:<28} {:7.1} ns a row of 10", "cross entropy and gradient", t * 1e9 / rows as f64);
        let mut w = random(n);
        let (g, rate) = (random(n), 1e-3);
        for optimizer in [
            Optimizer::Sgd { rate, momentum: 0.9, nesterov: false },
            Optimizer::RmsProp { rate, decay: 0.9, epsilon: 1e-8 },
            Optimizer::Adam { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
            Optimizer::Lion { rate, beta1: 0.9, beta2: 0.99, weight_decay: 0.0 },
        ] {
            let (mut state, mut team) = (State::new(&optimizer, n), Team::new(1));
            let name = format!("{optimizer:?}");
            let name = name.split(' ').next().unwrap_or_default();
            let streams = if name == "Adam" { 7 } else { 5 };
            line(name, streams, &mut || state.step(isa, &mut team, &optimizer, rate, black_box(&mut w), &g, &[]));
        }
    }
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|o| name.contains(o.as_str()));
    if only.iter().any(|name| name == "paths") {
        let names: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
        println!("{}", names.join(" "));
        return;
    }
    let paths: Vec<Isa> = Isa::available().into_iter().filter(|&isa| isa != Isa::SCALAR).collect();
    let peak = paths.iter().map(|&isa| peak(isa)).fold(0.0, f64::max);
    println!("peak of one thread: {:.0} GFLOP/s", peak / 1e9);
    for isa in paths {
        if !wanted(isa.name()) {
            continue;
        }
        products(isa, peak, 1);
        if wanted("two") {
            products(isa, peak, 2);
        }
        if wanted("passes") {
            passes(isa);
        }
    }
}
