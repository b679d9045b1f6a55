//! Random streams: Philox4x32-10, a counter-based generator (Salmon et al. 2011). Any number of any stream can be made alone.
//!
//! The key is the seed; the counter is (block, step, id, purpose and repetition). Floats, normals and shuffles are made here by
//! a few lines of our own, since those of other crates change with their versions.

use std::convert::Infallible;

use rand::rand_core::TryRng;

use super::{Isa, Real, isa::kernel};

/// What a stream is for; streams of different purpose never share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Splitting a data set.
    Split = 0,
    /// First weights.
    Init = 1,
    /// The order of the examples.
    Shuffle = 2,
    /// Dropout masks.
    Dropout = 3,
    /// Noise layers.
    Noise = 4,
    /// Noise, shifts and rotations of data.
    Augment = 5,
    /// Proposals of a search.
    Search = 6,
    /// Synthetic data.
    Data = 7,
    /// Resampling in statistics.
    Bootstrap = 8,
    /// Anything else.
    Other = 9,
}

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// One block: four words of the stream with this key, at this counter.
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let mut words = counter.map(|c| [u64::from(c)]);
    rounds(key, &mut words);
    words.map(|[w]| w as u32)
}

/// The rounds, over N counters side by side; each word in 64 bits, as the products want it.
#[inline(always)]
fn rounds<const N: usize>(mut key: [u32; 2], words: &mut [[u64; N]; 4]) {
    const LOW: u64 = 0xFFFF_FFFF;
    for round in 0..ROUNDS {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let [a, b, c, d] = words;
        for i in 0..N {
            let p = u64::from(MULTIPLIERS[0]) * (a[i] & LOW);
            let q = u64::from(MULTIPLIERS[1]) * (c[i] & LOW);
            a[i] = q >> 32 ^ b[i] ^ u64::from(key[0]);
            b[i] = q & LOW;
            c[i] = p >> 32 ^ d[i] ^ u64::from(key[1]);
            d[i] = p & LOW;
        }
    }
}

/// Blocks made side by side.
const SIDE: usize = 16;

kernel! {
    /// Whole blocks, from this counter on.
    fn blocks(key: [u32; 2], counter: [u32; 4], out: &mut [u32]) {
        let mut counter = counter;
        let mut groups = out.chunks_exact_mut(4 * SIDE);
        for group in &mut groups {
            let mut words = [[0; SIDE]; 4];
            for i in 0..SIDE {
                words[0][i] = u64::from(counter[0].wrapping_add(i as u32));
                words[1][i] = u64::from(counter[1]);
                words[2][i] = u64::from(counter[2]);
                words[3][i] = u64::from(counter[3]);
            }
            rounds(key, &mut words);
            let group: &mut [u32; 4 * SIDE] = group.try_into().expect("a whole group");
            for i in 0..SIDE {
                group[4 * i] = words[0][i] as u32;
                group[4 * i + 1] = words[1][i] as u32;
                group[4 * i + 2] = words[2][i] as u32;
                group[4 * i + 3] = words[3][i] as u32;
            }
            counter[0] = counter[0].wrapping_add(SIDE as u32);
        }
        for block in groups.into_remainder().chunks_exact_mut(4) {
            block.copy_from_slice(&philox(key, counter));
            counter[0] = counter[0].wrapping_add(1);
        }
    }

    /// Four words to two normal numbers (Box & Muller 1958), scaled and rounded.
    fn normals<T>(words: &[u32], mean: f64, deviation: f64, out: &mut [T]) {
        let (mut words, mut out) = (words.chunks_exact(4 * SIDE), out.chunks_exact_mut(2 * SIDE));
        for (words, out) in (&mut words).zip(&mut out) {
            let (mut u, mut v) = ([0.0; SIDE], [0.0; SIDE]);
            for i in 0..SIDE {
                u[i] = unit(words[4 * i], words[4 * i + 1]);
                v[i] = unit(words[4 * i + 2], words[4 * i + 3]);
            }
            for i in 0..SIDE {
                (u[i], v[i]) = box_muller(u[i], v[i]);
            }
            for i in 0..SIDE {
                out[2 * i] = T::from_f64(mean + deviation * u[i]);
                out[2 * i + 1] = T::from_f64(mean + deviation * v[i]);
            }
        }
        for (w, out) in words.remainder().chunks_exact(4).zip(out.into_remainder().chunks_exact_mut(2)) {
            let (a, b) = box_muller(unit(w[0], w[1]), unit(w[2], w[3]));
            out[0] = T::from_f64(mean + deviation * a);
            out[1] = T::from_f64(mean + deviation * b);
        }
    }

    /// Two words to a uniform number in [low, low + width), rounded.
    fn uniforms<T>(words: &[u32], low: f64, width: f64, out: &mut [T]) {
        for (w, out) in words.chunks_exact(2).zip(out) {
            *out = T::from_f64(low + width * unit(w[0], w[1]));
        }
    }
}

/// Two normal numbers from two uniform ones.
#[inline(always)]
fn box_muller(u: f64, v: f64) -> (f64, f64) {
    // (0, 1], so that the logarithm is finite.
    let radius = (-2.0 * Real::ln(1.0 - u)).sqrt();
    let (sin, cos) = turn(v);
    (radius * cos, radius * sin)
}

/// A number in [0, 1) of 53 bits.
#[inline(always)]
fn unit(low: u32, high: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// Sine and cosine of 2πu, u in [0, 1).
#[inline(always)]
fn turn(u: f64) -> (f64, f64) {
    use super::coefficients::{COS_64, SIN_64};
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let shifted = 4.0 * u + MAGIC;
    let y = 4.0 * u - (shifted - MAGIC);
    let quarter = shifted.to_bits();
    let z = y * y;
    let (sin, cos) = (y * super::real::horner(z, &SIN_64), super::real::horner(z, &COS_64));
    let swap = quarter & 1 != 0;
    let (s, c) = if swap { (cos, sin) } else { (sin, cos) };
    // The sign of the sine is bit 1 of the quarter; that of the cosine bit 1 of the quarter after.
    let s = f64::from_bits(s.to_bits() ^ (quarter >> 1 & 1) << 63);
    let c = f64::from_bits(c.to_bits() ^ (quarter.wrapping_add(1) >> 1 & 1) << 63);
    (s, c)
}

/// A stream of random numbers. Implements `rand`'s traits.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    /// Of the next block.
    counter: [u32; 4],
    words: [u32; 4],
    used: usize,
    /// The second of a pair of normals.
    spare: Option<f64>,
}

impl Stream {
    /// The stream of (seed, purpose, id, repetition, step): different arguments never share a number. It is 2^34 words long.
    ///
    /// # Panics
    /// If `repetition` has more than 24 bits.
    pub fn new(seed: u64, purpose: Purpose, id: u32, repetition: u32, step: u32) -> Self {
        assert!(repetition < 1 << 24, "a repetition has 24 bits");
        let key = [seed as u32, (seed >> 32) as u32];
        let counter = [0, step, id, (purpose as u32) << 24 | repetition];
        Self { key, counter, words: [0; 4], used: 4, spare: None }
    }

    /// The next 32 bits.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.words = philox(self.key, self.counter);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// The next words, as [`Stream::word`] would give them one by one.
    pub fn fill_words(&mut self, isa: Isa, mut out: &mut [u32]) {
        while self.used < 4 && !out.is_empty() {
            out[0] = self.word();
            out = &mut out[1..];
        }
        let whole = out.len() / 4 * 4;
        let (whole, rest) = out.split_at_mut(whole);
        blocks(isa, self.key, self.counter, whole);
        self.counter[0] = self.counter[0].wrapping_add((whole.len() / 4) as u32);
        for word in rest {
            *word = self.word();
        }
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        let low = self.word();
        unit(low, self.word())
    }

    /// Uniform in [0, 1), 24 bits.
    pub fn uniform_f32(&mut self) -> f32 {
        (self.word() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        if let Some(normal) = self.spare.take() {
            return normal;
        }
        let u = self.uniform();
        let (first, second) = box_muller(u, self.uniform());
        self.spare = Some(second);
        first
    }

    /// Uniform over 0..n, every number exactly as likely (Lemire 2019); 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        if let Ok(n) = u32::try_from(n) {
            let mut wide = u64::from(self.word()) * u64::from(n);
            if (wide as u32) < n {
                let reject = n.wrapping_neg().checked_rem(n).unwrap_or(0);
                while (wide as u32) < reject {
                    wide = u64::from(self.word()) * u64::from(n);
                }
            }
            return (wide >> 32) as usize;
        }
        let n = n as u64;
        let reject = n.wrapping_neg() % n;
        loop {
            let (low, high) = (self.word(), self.word());
            let wide = u128::from(u64::from(high) << 32 | u64::from(low)) * u128::from(n);
            if wide as u64 >= reject {
                return (wide >> 64) as usize;
            }
        }
    }

    /// A random order, every one exactly as likely (Fisher & Yates; Durstenfeld 1964).
    pub fn shuffle<E>(&mut self, items: &mut [E]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Uniform numbers in [low, high), drawn in f64 and rounded: f32 and f64 get the same draws.
    pub fn fill_uniform<T: Real>(&mut self, isa: Isa, low: f64, high: f64, out: &mut [T]) {
        let mut words = [0; 256];
        for out in out.chunks_mut(words.len() / 2) {
            let words = &mut words[..2 * out.len()];
            self.fill_words(isa, words);
            uniforms(isa, words, low, high - low, out);
        }
    }

    /// Normal numbers, drawn as [`Stream::normal`] would and rounded: f32 and f64 get the same draws.
    pub fn fill_normal<T: Real>(&mut self, isa: Isa, mean: f64, deviation: f64, mut out: &mut [T]) {
        if self.spare.is_some() && !out.is_empty() {
            out[0] = T::from_f64(mean + deviation * self.normal());
            out = &mut out[1..];
        }
        let mut words = [0; 256];
        let pairs = out.len() / 2 * 2;
        let (pairs, rest) = out.split_at_mut(pairs);
        for out in pairs.chunks_mut(words.len() / 2) {
            let words = &mut words[..2 * out.len()];
            self.fill_words(isa, words);
            normals(isa, words, mean, deviation, out);
        }
        for out in rest {
            *out = T::from_f64(mean + deviation * self.normal());
        }
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = self.word();
        Ok(u64::from(self.word()) << 32 | u64::from(low))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that come with Random123 (kat_vectors, philox 4x32 10).
    #[test]
    fn equals_the_published_vectors() {
        let all = u32::MAX;
        assert_eq!(philox([0, 0], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([all, all], [all; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0xa409_3822, 0x299f_31d0], [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn words_in_bulk_are_the_words_one_by_one() {
        for isa in Isa::available() {
            for n in [0, 1, 3, 4, 63, 64, 65, 200] {
                let mut one = Stream::new(7, Purpose::Noise, 1, 2, 3);
                let mut bulk = one.clone();
                let mut words = vec![0; n];
                for _ in 0..3 {
                    bulk.fill_words(isa, &mut words);
                    assert!(words.iter().all(|&w| w == one.word()));
                }
                assert_eq!(bulk.word(), one.word());
            }
        }
    }

    #[test]
    fn normals_in_bulk_are_the_normals_one_by_one() {
        for isa in Isa::available() {
            for n in [0, 1, 2, 5, 128, 301] {
                let mut one = Stream::new(7, Purpose::Init, 1, 2, 3);
                let mut bulk = one.clone();
                let mut normals = vec![0.0f64; n];
                for _ in 0..3 {
                    bulk.fill_normal(isa, 1.0, 0.5, &mut normals);
                    assert!(normals.iter().all(|&x| x.to_bits() == (1.0 + 0.5 * one.normal()).to_bits()));
                }
                assert_eq!(bulk.word(), one.word());
            }
        }
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let n = 200_000;
        let mut stream = Stream::new(1, Purpose::Other, 0, 0, 0);
        let mut x = vec![0.0f64; n];
        stream.fill_normal(Isa::detect(), 0.0, 1.0, &mut x);
        let moment = |x: &[f64], k: i32| x.iter().map(|&x| crate::kernel::math::powi(x, k)).sum::<f64>() / n as f64;
        // Five standard errors of each moment.
        for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            assert!((moment(&x, k) - expected).abs() < 5.0 * (variance / n as f64).sqrt(), "moment {k}");
        }
        stream.fill_uniform(Isa::detect(), 0.0, 1.0, &mut x);
        assert!(x.iter().all(|x| (0.0..1.0).contains(x)));
        assert!((moment(&x, 1) - 0.5).abs() < 5.0 * (1.0 / 12.0 / n as f64).sqrt());
    }

    #[test]
    fn below_and_shuffle_are_even() {
        let mut stream = Stream::new(2, Purpose::Shuffle, 0, 0, 0);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            let mut order = [0, 1, 2];
            stream.shuffle(&mut order);
            counts[order[0] * 2 + usize::from(order[1] > order[2])] += 1;
        }
        // Chi-squared with 5 degrees of freedom: 20.5 is passed once in a thousand.
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 10_000.0) * (f64::from(c) - 10_000.0) / 10_000.0).sum();
        assert!(chi < 20.5, "{counts:?}");
        assert!((0..1000).all(|_| stream.below(7) < 7));
        assert_eq!((stream.below(0), stream.below(1)), (0, 0));
    }
}
