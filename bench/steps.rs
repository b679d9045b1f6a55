//! Microseconds of a whole training step (shuffle, gather, forward, backward, update) of the networks W1–W4, on one thread.
//!
//! `cargo bench --bench steps [-- peak] [-- W1 W2 …] [-- --isa avx2] [-- --threads 2]`. The fastest of many rounds, so that what else
//! the machine does counts little. The data are random numbers of the size of the real sets: time does not depend on them.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use caviar::kernel::{Isa, Purpose, Stream, elementwise};
use caviar::nn::layer::{Activation, Init, Layer, Loss, Shape, Statistics};
use caviar::nn::{Network, Streams, Targets};
use caviar::optim::{Optimizer, State};

struct Workload {
    name: &'static str,
    widths: &'static [usize],
    batch_norm: bool,
    batch: usize,
    examples: usize,
    optimizer: Optimizer,
    /// What we want on an idle machine at 241 GFLOP/s a core.
    goal: f64,
}

const ADAM: Optimizer = Optimizer::Adam { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const SGD: Optimizer = Optimizer::Sgd { rate: 0.01, momentum: 0.9, nesterov: false };

const WORKLOADS: [Workload; 4] = [
    Workload {
        name: "W1",
        widths: &[64, 64, 32, 10],
        batch_norm: false,
        batch: 32,
        examples: 1257,
        optimizer: ADAM,
        goal: 9.0,
    },
    Workload {
        name: "W2",
        widths: &[64, 64, 32, 10],
        batch_norm: true,
        batch: 32,
        examples: 1257,
        optimizer: ADAM,
        goal: 11.0,
    },
    Workload {
        name: "W3",
        widths: &[784, 256, 128, 10],
        batch_norm: true,
        batch: 128,
        examples: 10_000,
        optimizer: ADAM,
        goal: 720.0,
    },
    Workload {
        name: "W4",
        widths: &[784, 1024, 1024, 10],
        batch_norm: true,
        batch: 256,
        examples: 10_000,
        optimizer: SGD,
        goal: 12_200.0,
    },
];

fn layers(workload: &Workload) -> Vec<Layer> {
    let (&last, hidden) = workload.widths[1..].split_last().expect("an output");
    let dense = |units, bias| Layer::Dense { units, bias, init: Init::He, l1: 0.0, l2: 0.0 };
    let mut layers = Vec::new();
    for &units in hidden {
        layers.push(dense(units, !workload.batch_norm));
        if workload.batch_norm {
            let statistics = Statistics::Moving;
            layers.push(Layer::BatchNorm { momentum: 0.9, epsilon: 1e-5, scale: true, shift: true, statistics });
        }
        layers.push(Layer::Activation(Activation::Relu));
    }
    layers.extend([dense(last, true), Layer::Softmax]);
    layers
}

/// Seconds of the processor that this thread has had, where the system says so: on a busy machine the clock says nothing of a step
/// that is longer than a time slice. Right to a tick of some milliseconds.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? * 1e-9)
}

/// Microseconds of the parts of a step: gather, forward and backward, update.
fn measure(workload: &Workload, isa: Isa, threads: usize) -> ([f64; 4], Option<f64>) {
    let (features, classes) = (workload.widths[0], *workload.widths.last().expect("an output"));
    let mut data = vec![0.0f32; workload.examples * features];
    let mut stream = Stream::new(1, Purpose::Other, 0, 0, 0);
    stream.fill_normal(isa, 0.0, 1.0, &mut data);
    let labels: Vec<u32> = (0..workload.examples).map(|_| stream.below(classes) as u32).collect();
    let mut network = Network::<f32>::new(
        &layers(workload),
        Shape::Flat(features),
        Loss::CrossEntropy { label_smoothing: 0.0 },
        workload.batch,
        isa,
        threads,
    )
    .expect("layers that fit");
    network.initialize(1, 0);
    let mut state = State::new(&workload.optimizer, network.parameters().len());
    let mut order: Vec<u32> = (0..workload.examples as u32).collect();
    let mut x = vec![0.0f32; workload.batch * features];
    let mut y = vec![0u32; workload.batch];
    let rate = 1e-4;
    let mut fastest = [f64::INFINITY; 4];
    let (mut at, mut step) = (order.len(), 0);
    let begin = Instant::now();
    // Processor time and steps when the slice that is measured began, and the least a step took in one.
    let mut slice = (processor(), 0);
    let mut least: Option<f64> = None;
    while begin.elapsed().as_secs_f64() < 4.0 {
        let mut times = [0.0; 4];
        let start = Instant::now();
        if at + workload.batch > order.len() {
            Stream::new(1, Purpose::Shuffle, 0, 0, step).shuffle(&mut order);
            at = 0;
        }
        let mut steps = 0;
        // Enough steps that the clock does not count, few enough that many rounds are quiet.
        let most = (1_000.0 / workload.goal).ceil() as usize;
        let mut parts = [0.0; 3];
        for rows in order[at..].chunks_exact(workload.batch).take(most) {
            let clock = Instant::now();
            elementwise::gather_rows(&mut x, &data, features, rows);
            y.iter_mut().zip(rows).for_each(|(y, &row)| *y = labels[row as usize]);
            let gathered = clock.elapsed().as_secs_f64();
            let streams = Streams { seed: 1, repetition: 0, step };
            black_box(network.train_step(&x, Targets::classes(&y), workload.batch, streams, 0.0));
            let trained = clock.elapsed().as_secs_f64();
            network.update(&mut state, &workload.optimizer, rate, &[]);
            let updated = clock.elapsed().as_secs_f64();
            parts[0] += gathered;
            parts[1] += trained - gathered;
            parts[2] += updated - trained;
            steps += 1;
            at += workload.batch;
            step += 1;
        }
        times[0] = start.elapsed().as_secs_f64();
        times[1..].copy_from_slice(&parts);
        for (fastest, time) in fastest.iter_mut().zip(times) {
            *fastest = fastest.min(1e6 * time / f64::from(steps));
        }
        if let (Some(now), (Some(before), first)) = (processor(), slice)
            && now - before > 0.3
        {
            let each = 1e6 * (now - before) / f64::from(step - first);
            least = Some(least.map_or(each, |least| least.min(each)));
            slice = (Some(now), step);
        }
    }
    (fastest, least)
}

/// Multiplications and additions a second of this core, in registers alone (without closures, which would not be inlined with these features); none where there are no vectors that we know.
fn peak() -> Option<f64> {
    const STEPS: usize = 2_000_000;
    /// As many chains as hide the latency of a fused multiply-add, and as the registers hold.
    const CHAINS: usize = 12;
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    fn avx512(x: f32) -> f32 {
        use std::arch::x86_64::{_mm512_add_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps, _mm512_set1_ps};
        let (x, y) = (_mm512_set1_ps(x), _mm512_set1_ps(1e-3));
        let mut chains = [y; CHAINS];
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain = _mm512_fmadd_ps(*chain, x, y);
            }
        }
        let mut sum = y;
        for chain in chains {
            sum = _mm512_add_ps(sum, chain);
        }
        _mm512_reduce_add_ps(sum)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn avx2(x: f32) -> f32 {
        use std::arch::x86_64::{_mm256_add_ps, _mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_set1_ps};
        let (x, y) = (_mm256_set1_ps(x), _mm256_set1_ps(1e-3));
        let mut chains = [y; CHAINS];
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain = _mm256_fmadd_ps(*chain, x, y);
            }
        }
        let mut sum = y;
        for chain in chains {
            sum = _mm256_add_ps(sum, chain);
        }
        _mm256_cvtss_f32(sum)
    }
    let mut most = None;
    for _ in 0..5 {
        let start = Instant::now();
        let lanes = match Isa::detect().name() {
            // SAFETY: a path is detected only where its instructions are.
            #[cfg(target_arch = "x86_64")]
            "avx512" => (unsafe { black_box(avx512(black_box(0.5))) }, 16).1,
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            "avx2" => (unsafe { black_box(avx2(black_box(0.5))) }, 8).1,
            _ => return None,
        };
        let rate = (2 * lanes * CHAINS * STEPS) as f64 / start.elapsed().as_secs_f64();
        most = Some(most.map_or(rate, |most: f64| most.max(rate)));
    }
    most
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.iter().any(|arg| arg == "peak") {
        println!("peak {:.1} GFLOP/s a core", peak().unwrap_or(f64::NAN) * 1e-9);
        return;
    }
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let isa = value("--isa").map_or(Isa::detect(), |name| Isa::parse(name).expect("a path of this machine"));
    let threads = value("--threads").map_or(1, |count| count.parse().expect("a number of threads"));
    println!("{isa}, {threads} thread(s): µs a step");
    println!(
        "{:4} {:>10} {:>10} {:>10} {:>18} {:>10} {:>10}",
        "", "whole", "processor", "gather", "forward, backward", "update", "goal"
    );
    for workload in &WORKLOADS {
        if args.iter().any(|arg| arg.starts_with('W')) && !args.iter().any(|arg| arg == workload.name) {
            continue;
        }
        let ([whole, gather, train, update], processor) = measure(workload, isa, threads);
        let processor = processor.map_or("-".to_string(), |time| format!("{time:.2}"));
        println!(
            "{:4} {whole:>10.2} {processor:>10} {gather:>10.2} {train:>18.2} {update:>10.2} {:>10.2}",
            workload.name, workload.goal
        );
    }
}
