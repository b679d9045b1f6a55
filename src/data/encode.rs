//! Rows of examples to the numbers of a set: coded, changed, scaled.

use ndarray::Array2;

use super::change::{self, Measures};
use super::examples::{ABSENT, Examples, Features, Numbers, Target, Values};
use super::memory;
use super::prepared::{Split, Targets};
use super::preprocessing::Preprocessing;
use super::scale::{Scaling, scaled};
use super::spec::Transform;
use crate::kernel::Real;
use crate::kernel::philox::{Purpose, Stream};

/// Rows of features to a set.
pub(super) fn encode<T: Real>(examples: &Examples, fitted: &Preprocessing, rows: Vec<u32>) -> Split<T> {
    let size = fitted.shape.size();
    let mut x: Array2<T> = Array2::from_elem((rows.len(), size), T::ZERO);
    if let Some(flat) = x.as_slice_mut().filter(|flat| !flat.is_empty()) {
        let per_thread = rows.len().div_ceil(if flat.len() < 1 << 20 { 1 } else { memory::threads() });
        std::thread::scope(|scope| {
            let mut parts = rows.chunks(per_thread).zip(flat.chunks_mut(per_thread * size));
            let own = parts.next();
            for (rows, out) in parts {
                scope.spawn(move || encode_rows(examples, fitted, rows, out));
            }
            if let Some((rows, out)) = own {
                encode_rows(examples, fitted, rows, out);
            }
        });
    }
    let y = targets(&examples.target, &rows);
    Split { x, y, rows }
}

/// Rows that are read from a column before the next one: enough for whole cache lines, few enough to stay in cache.
const TILE: usize = 64;

fn encode_rows<T: Real>(examples: &Examples, fitted: &Preprocessing, rows: &[u32], out: &mut [T]) {
    let size = fitted.shape.size();
    let Scaling { center, spread } = &fitted.scaling;
    match &examples.features {
        Features::Columns(columns) => {
            for (rows, out) in rows.chunks(TILE).zip(out.chunks_mut(TILE * size)) {
                for (input, column) in fitted.inputs.iter().zip(columns) {
                    let first = input.first;
                    match &column.values {
                        Values::Numbers(v) | Values::Booleans(v) | Values::Dates(v) => {
                            let fill = input.fill.unwrap_or(0.0);
                            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                                let x = v[row as usize];
                                let x = if x.is_nan() { fill } else { x };
                                out[first] = T::from_f64(scaled(x, center[first], spread[first]));
                            }
                        }
                        Values::Texts { codes, .. } => {
                            let fill = input.fill.map_or(0, |f| f as usize);
                            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                                let code = codes[row as usize];
                                out[first + if code == ABSENT { fill } else { code as usize }] = T::ONE;
                            }
                        }
                    }
                }
            }
        }
        Features::Block(block) => {
            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(size)) {
                let range = row as usize * size..(row as usize + 1) * size;
                let pairs = center.iter().zip(spread);
                match &block.numbers {
                    Numbers::U8(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(f64::from(x), c, s));
                        }
                    }
                    Numbers::F32(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(f64::from(x), c, s));
                        }
                    }
                    Numbers::F64(v) => {
                        for ((out, &x), (&c, &s)) in out.iter_mut().zip(&v[range]).zip(pairs) {
                            *out = T::from_f64(scaled(x, c, s));
                        }
                    }
                }
            }
        }
    }
}

/// Rows of features, changed before they are scaled. The noise of a row comes from the stream of purpose `Augment` of (seed,
/// the row, repetition 0, step 2^31 + the set's number): no epoch is so late.
pub(super) fn encode_changed<T: Real>(
    examples: &Examples,
    fitted: &Preprocessing,
    rows: Vec<u32>,
    transforms: &[Transform],
    measures: &Measures,
    seed: u64,
    set: u32,
) -> Split<T> {
    let size = fitted.shape.size();
    let mut x: Array2<T> = Array2::from_elem((rows.len(), size), T::ZERO);
    let (mut raw, mut scratch) = (vec![0.0; size], vec![0.0; size]);
    for (&row, mut out) in rows.iter().zip(x.rows_mut()) {
        fitted.raw_row(examples, row as usize, &mut raw);
        let mut normals = Stream::new(seed, Purpose::Augment, row, 0, (1 << 31) + set);
        for &transform in transforms {
            change::apply(transform, fitted.shape, measures, &mut normals, &mut raw, &mut scratch);
        }
        for (j, (out, x)) in out.iter_mut().zip(&raw).enumerate() {
            *out = T::from_f64(fitted.scaling.forward(j, *x));
        }
    }
    let y = targets(&examples.target, &rows);
    Split { x, y, rows }
}

fn targets<T: Real>(target: &Target, rows: &[u32]) -> Targets<T> {
    match target {
        Target::Classes { codes, .. } => Targets::Classes(rows.iter().map(|&r| codes[r as usize]).collect()),
        Target::Values { values, width } => Targets::Values(Array2::from_shape_fn((rows.len(), *width), |(i, j)| {
            T::from_f64(values[rows[i] as usize * width + j])
        })),
    }
}
