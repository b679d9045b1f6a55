//! Against PyTorch in f64 (tests/reference/optim.py), and what a state keeps and forgets.

use serde::Deserialize;

use super::*;
use crate::kernel::{Isa, Team};

#[derive(Deserialize)]
struct Reference {
    steps: Vec<Steps>,
    clip: Clip,
}

#[derive(Deserialize)]
struct Steps {
    optimizer: Optimizer,
    start: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    weights: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Clip {
    gradient: Vec<f64>,
    limit: f64,
    norm: f64,
    clipped: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/reference/optim.json")).expect("the reference reads")
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(f, e)| (f - e).abs() <= tolerance * e.abs().max(f.abs()))
}

#[test]
fn ten_steps_equal_those_of_pytorch() {
    let reference = reference();
    assert_eq!(reference.steps.len(), 9);
    for case in reference.steps {
        for isa in Isa::available() {
            let mut w = case.start.clone();
            let mut state = State::new(&case.optimizer, w.len());
            let all = 0..w.len();
            assert_eq!((case.gradients.len(), case.weights.len()), (10, 10));
            for (gradient, expected) in case.gradients.iter().zip(&case.weights) {
                state.step(
                    isa,
                    &mut Team::new(1),
                    &case.optimizer,
                    case.optimizer.rate(),
                    &mut w,
                    gradient,
                    std::slice::from_ref(&all),
                );
                assert!(near(&w, expected, 1e-9), "{:?}: {w:?} is not {expected:?}", case.optimizer);
            }
        }
    }
}

#[test]
fn clipping_equals_that_of_pytorch() {
    let Clip { mut gradient, limit, norm, clipped } = reference().clip;
    let unclipped = gradient.clone();
    assert!((clip_norm(Isa::detect(), &mut gradient, limit) - norm).abs() < 1e-12);
    // PyTorch divides by norm + 1e-6; we scale to the limit itself.
    let theirs: Vec<f64> = clipped.iter().map(|g| g * (norm + 1e-6) / norm).collect();
    assert!(near(&gradient, &theirs, 1e-12));
    let mut gradient = unclipped.clone();
    clip_norm(Isa::detect(), &mut gradient, norm * 2.0);
    assert_eq!(gradient, unclipped);
}

#[test]
fn decay_works_on_the_given_ranges_only() {
    let optimizer = Optimizer::AdamW { rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.5 };
    let lion = Optimizer::Lion { rate: 0.1, beta1: 0.9, beta2: 0.99, weight_decay: 0.5 };
    for optimizer in [optimizer, lion] {
        let mut w = [1.0f64; 10];
        // Without a gradient, decay alone moves a weight.
        State::new(&optimizer, 10).step(
            Isa::detect(),
            &mut Team::new(1),
            &optimizer,
            0.1,
            &mut w,
            &[0.0; 10],
            &[0..2, 5..6, 9..10],
        );
        let decayed = 1.0 - 0.1 * 0.5;
        for (i, &w) in w.iter().enumerate() {
            assert_eq!(w, if [0, 1, 5, 9].contains(&i) { decayed } else { 1.0 }, "{optimizer:?} {i}");
        }
    }
}

#[test]
fn state_goes_on_from_its_buffers_and_starts_anew_for_another_kind() {
    let adam = |rate| Optimizer::Adam { rate, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
    let sgd = Optimizer::Sgd { rate: 0.1, momentum: 0.9, nesterov: false };
    let g = [0.5f32, -2.0, 1e-3];
    let mut w = [1.0f32, 2.0, 3.0];
    let mut state = State::new(&adam(0.1), 3);
    state.step(Isa::detect(), &mut Team::new(1), &adam(0.1), 0.1, &mut w, &g, &[]);
    let buffers: Vec<Vec<f32>> = state.buffers().map(<[f32]>::to_vec).collect();
    let mut again = State::from_buffers(&adam(0.1), 3, state.steps(), buffers.clone()).expect("they fit");
    assert_eq!(again, state);
    // Another rate keeps the memory.
    again.step(Isa::detect(), &mut Team::new(1), &adam(0.5), 0.5, &mut w, &g, &[]);
    assert_eq!(again.steps(), 2);
    // Another kind does not.
    again.step(Isa::detect(), &mut Team::new(1), &sgd, 0.1, &mut w, &g, &[]);
    assert_eq!((again.steps(), again.buffers().count()), (1, 1));
    assert_eq!(again.buffers().next(), Some(&g[..]));
    assert!(State::from_buffers(&sgd, 3, 1, buffers.clone()).is_err());
    assert!(State::from_buffers(&adam(0.1), 4, 1, buffers).is_err());
}

#[test]
fn updates_have_the_same_bits_on_every_path() {
    for case in reference().steps {
        let n = 77;
        let value = |i: usize| [1e-20f32, -0.5, 3.0, -1e-25, 0.0, 0.1][i % 6] * (1.0 + i as f32);
        let g: Vec<f32> = (0..n).map(value).collect();
        let run = |isa| {
            let (mut w, mut state) = ((0..n).map(|i| value(i + 3)).collect::<Vec<_>>(), State::new(&case.optimizer, n));
            for _ in 0..5 {
                state.step(isa, &mut Team::new(1), &case.optimizer, 0.1, &mut w, &g, &[3..40, 50..77]);
            }
            let buffers = state.buffers().flatten();
            w.iter().chain(buffers).map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let expected = run(Isa::SCALAR);
        assert!(Isa::available().into_iter().all(|isa| run(isa) == expected), "{:?}", case.optimizer);
        // The rule of denormals: nothing between 0 and 2^-100 is kept.
        let tiny = f32::from_bits(27 << 23);
        assert!(expected.iter().map(|&x| f32::from_bits(x)).all(|x| x == 0.0 || x.abs() >= tiny));
    }
}

#[test]
fn a_team_gives_the_same_bits() {
    let n = 300_001;
    let value = |i: usize| ((i * 7919 % 1013) as f32 - 500.0) * 1e-3;
    let g: Vec<f32> = (0..n).map(value).collect();
    for case in reference().steps {
        let run = |threads| {
            let (mut w, mut state) = ((0..n).map(|i| value(i + 3)).collect::<Vec<_>>(), State::new(&case.optimizer, n));
            let mut team = Team::new(threads);
            for _ in 0..3 {
                let decayed = [5..70, 100_000..290_000, 300_000..300_001];
                state.step(Isa::detect(), &mut team, &case.optimizer, 0.1, &mut w, &g, &decayed);
            }
            let buffers = state.buffers().flatten();
            w.iter().chain(buffers).map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let alone = run(1);
        assert!([2, 3, 20].into_iter().all(|threads| run(threads) == alone), "{:?}", case.optimizer);
    }
}
