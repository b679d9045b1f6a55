//! Axes: where a value stands, and ticks whose labels never meet.

use crate::kernel::math::{log10, powf, powi};

use super::font;
use super::number::{exponent, fixed, short, superscript, ten_to};

/// How values are spread along an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Evenly, whole numbers only.
    Whole,
    /// By logarithm.
    Log,
    /// By logarithm, ticks at powers of two.
    Binary,
    /// By the logarithm of the distance below this number: 0.9, 0.99, 0.999.
    Below(f64),
    /// Names side by side; the values are their places from 0.
    Names(Vec<String>),
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with the unit.
    pub name: String,
    /// How values are spread.
    pub scale: Scale,
    /// Lower end, in the scale's own coordinate.
    low: f64,
    /// Upper end, in the scale's own coordinate.
    high: f64,
}

/// A tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its place from 0 to 1.
    pub at: f64,
    /// Its label; a small tick has none.
    pub label: Option<String>,
}

/// Font size of tick labels in pixels.
pub const TICK: f64 = 12.0;

impl Scale {
    /// The value's place in the scale's own coordinate; NaN where it has none.
    fn warp(&self, v: f64) -> f64 {
        let log = |v: f64| if v > 0.0 && v.is_finite() { log10(v) } else { f64::NAN };
        match self {
            Scale::Linear | Scale::Whole | Scale::Names(_) => v,
            Scale::Log | Scale::Binary => log(v),
            Scale::Below(top) => -log(top - v),
        }
    }

    /// Whether a value has a place on it.
    pub fn has(&self, v: f64) -> bool {
        self.warp(v).is_finite()
    }
}

impl Axis {
    /// An axis that holds all finite values, with some air at the ends.
    pub fn over(name: impl Into<String>, scale: Scale, values: impl IntoIterator<Item = f64>) -> Axis {
        let name = name.into();
        if let Scale::Names(names) = &scale {
            let high = names.len().max(1) as f64 - 0.5;
            return Axis { name, scale, low: -0.5, high };
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.into_iter().map(|v| scale.warp(v)).filter(|v| v.is_finite()) {
            low = low.min(v);
            high = high.max(v);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let air = match high - low {
            d if d > (low.abs() + high.abs()) * 1e-9 => d * 0.04,
            _ if matches!(scale, Scale::Linear) && high != 0.0 => high.abs() * 0.1,
            _ => 0.5,
        };
        Axis { name, scale, low: low - air, high: high + air }
    }

    /// An axis with exactly these ends.
    pub fn between(name: impl Into<String>, scale: Scale, low: f64, high: f64) -> Axis {
        let (a, b) = (scale.warp(low), scale.warp(high));
        if a.is_finite() && b.is_finite() && a < b {
            Axis { name: name.into(), scale, low: a, high: b }
        } else {
            Axis::over(name, scale, [low, high])
        }
    }

    /// Without its name, where another axis beside or below says it.
    pub fn unnamed(mut self) -> Axis {
        self.name.clear();
        self
    }

    /// Let it begin at zero, for bars.
    pub fn from_zero(mut self) -> Axis {
        if matches!(self.scale, Scale::Linear | Scale::Whole) && self.high > 0.0 {
            self.low = 0.0;
        }
        self
    }

    /// The place of a value from 0 to 1 (outside for values beyond the ends); NaN where it has none.
    pub fn at(&self, v: f64) -> f64 {
        (self.scale.warp(v) - self.low) / (self.high - self.low)
    }

    /// The place of a part of the axis, as a value.
    pub fn value(&self, share: f64) -> f64 {
        let w = self.low + share * (self.high - self.low);
        match &self.scale {
            Scale::Linear | Scale::Whole | Scale::Names(_) => w,
            Scale::Log | Scale::Binary => powf(10.0, w),
            Scale::Below(top) => top - powf(10.0, -w),
        }
    }

    /// Ticks for an axis of so many pixels, across (or up).
    pub fn ticks(&self, room: f64, across: bool) -> Vec<Tick> {
        let mut sparsest = Vec::new();
        for set in self.candidates((room / if across { 54.0 } else { 34.0 }).max(3.0)) {
            if fits(&set, room, across) {
                return set;
            }
            sparsest = set;
        }
        // Even the sparsest labels meet: keep those that do not.
        let mut last = f64::NEG_INFINITY;
        for tick in &mut sparsest {
            if let Some(label) = &tick.label {
                let half = if across { font::width(label, TICK, false) / 2.0 + 4.0 } else { TICK * 0.7 };
                if tick.at * room - half < last {
                    tick.label = None;
                } else {
                    last = tick.at * room + half;
                }
            }
        }
        sparsest
    }

    /// Sets of ticks, the densest first.
    fn candidates(&self, most: f64) -> Vec<Vec<Tick>> {
        match &self.scale {
            Scale::Names(names) => {
                vec![names.iter().enumerate().map(|(i, n)| self.tick(i as f64, Some(n.clone()))).collect()]
            }
            Scale::Linear | Scale::Whole => self.even(most),
            Scale::Binary => (1..8).map(|stride| self.powers_of_two(stride)).filter(|t| labels(t) > 1).collect(),
            Scale::Log | Scale::Below(_) => {
                let mut sets = Vec::new();
                if self.high - self.low < 3.2 {
                    sets.extend([self.digits(&[1, 2, 5]), self.digits(&[1, 3])]);
                }
                sets.extend((1..12).map(|stride| self.decades(stride)));
                sets.retain(|t| labels(t) > 1 && labels(t) as f64 <= most.max(2.0));
                if sets.is_empty() { self.even(most) } else { sets }
            }
        }
    }

    fn tick(&self, v: f64, label: Option<String>) -> Tick {
        Tick { at: self.at(v), label }
    }

    fn keep(&self, ticks: Vec<Tick>) -> Vec<Tick> {
        ticks.into_iter().filter(|t| t.at > -1e-9 && t.at < 1.0 + 1e-9).collect()
    }

    /// Multiples of 1, 2, 2.5, 5 times a power of ten.
    fn even(&self, most: f64) -> Vec<Vec<Tick>> {
        let (low, high) = (self.value(0.0), self.value(1.0));
        let rough = (high - low) / most.max(1.5);
        if !rough.is_finite() || rough <= 0.0 {
            return Vec::new();
        }
        let mut sets = Vec::new();
        let power = exponent(rough);
        for p in power..power + 3 {
            for m in [1.0, 2.0, 2.5, 5.0] {
                let step = m * ten_to(p);
                let whole = step >= 1.0 && m != 2.5 || step >= 10.0;
                if step < rough || (self.scale == Scale::Whole && !whole) {
                    continue;
                }
                let decimals = (if m == 2.5 { 1 } else { 0 } - p).max(0) as usize;
                let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
                if last - first > 1000.0 {
                    continue;
                }
                let large = low.abs().max(high.abs());
                let many = !(1e-4..1e6).contains(&large);
                let ticks = (0..=(last - first).max(-1.0) as i64)
                    .map(|i| (first + i as f64) * step)
                    .map(|v| self.tick(v, Some(if many { short(v, 6) } else { fixed(v, decimals) })))
                    .collect();
                sets.push(self.keep(ticks));
            }
        }
        sets.retain(|t| labels(t) > 0);
        sets
    }

    /// Every `stride`-th decade labelled; with all of them, small ticks at 2 to 9.
    fn decades(&self, stride: i32) -> Vec<Tick> {
        let (first, last) = ((self.low - 1e-9).ceil() as i32, (self.high + 1e-9).floor() as i32);
        let raised = first < -3 || last > 4;
        let mut ticks = Vec::new();
        for k in first - 1..=last {
            let labelled = k.rem_euclid(stride) == 0;
            if let Scale::Below(top) = self.scale {
                let label = labelled.then(|| fixed(top - ten_to(-k), k.max(0) as usize));
                ticks.push(self.tick(top - ten_to(-k), label));
                ticks.extend(
                    (2..10).filter(|_| stride == 1).map(|m| self.tick(top - f64::from(m) * ten_to(-k - 1), None)),
                );
            } else {
                let label =
                    labelled.then(|| if raised { format!("10{}", superscript(k)) } else { short(ten_to(k), 3) });
                ticks.push(self.tick(ten_to(k), label));
                ticks.extend((2..10).filter(|_| stride == 1).map(|m| self.tick(f64::from(m) * ten_to(k), None)));
            }
        }
        self.keep(ticks)
    }

    /// These digits of every decade labelled, small ticks at the others.
    fn digits(&self, labelled: &[i32]) -> Vec<Tick> {
        let (first, last) = ((self.low - 1e-9).floor() as i32, (self.high + 1e-9).ceil() as i32);
        let mut ticks = Vec::new();
        for k in first..=last {
            for m in 1..10 {
                let show = labelled.contains(&m);
                if let Scale::Below(top) = self.scale {
                    let label = show.then(|| fixed(top - f64::from(m) * ten_to(-k), k.max(0) as usize));
                    ticks.push(self.tick(top - f64::from(m) * ten_to(-k), label));
                } else {
                    ticks.push(self.tick(f64::from(m) * ten_to(k), show.then(|| short(f64::from(m) * ten_to(k), 3))));
                }
            }
        }
        self.keep(ticks)
    }

    fn powers_of_two(&self, stride: i32) -> Vec<Tick> {
        let ticks = (-40..60)
            .filter(|k: &i32| k.rem_euclid(stride) == 0)
            .map(|k| powi(2.0, k))
            .map(|v| self.tick(v, Some(short(v, 6))))
            .collect();
        self.keep(ticks)
    }
}

fn labels(ticks: &[Tick]) -> usize {
    ticks.iter().filter(|t| t.label.is_some()).count()
}

fn fits(ticks: &[Tick], room: f64, across: bool) -> bool {
    let mut shown: Vec<(f64, f64)> = ticks
        .iter()
        .filter_map(|t| {
            t.label.as_ref().map(|l| (t.at * room, if across { font::width(l, TICK, false) } else { TICK }))
        })
        .collect();
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    let air = if across { 9.0 } else { 5.0 };
    shown.windows(2).all(|w| w[1].0 - w[0].0 >= (w[0].1 + w[1].1) / 2.0 + air)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(axis: &Axis, room: f64) -> Vec<String> {
        axis.ticks(room, true).into_iter().filter_map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_what_a_hand_would_draw() {
        let axis = |scale, low, high| Axis::between("", scale, low, high);
        assert_eq!(shown(&axis(Scale::Linear, 0.0, 1.0), 400.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(shown(&axis(Scale::Log, 1e-6, 1.0), 400.0), ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(shown(&axis(Scale::Log, 1e-12, 1.0), 160.0).len(), 3);
        assert_eq!(shown(&axis(Scale::Log, 0.01, 10.0), 220.0), ["0.01", "0.1", "1", "10"]);
        assert_eq!(shown(&axis(Scale::Binary, 32.0, 256.0), 400.0), ["32", "64", "128", "256"]);
        assert_eq!(shown(&axis(Scale::Below(1.0), 0.9, 0.999), 180.0), ["0.9", "0.99", "0.999"]);
        assert_eq!(shown(&axis(Scale::Whole, 1.0, 4.0), 900.0), ["1", "2", "3", "4"]);
        assert_eq!(shown(&axis(Scale::Log, 0.012, 0.013), 300.0).len(), 6);
    }

    proptest! {
        #[test]
        fn labels_never_meet(low in -1e7..1e7f64, span in 1e-9..1e9f64, room in 40.0..900.0f64, log: bool, across: bool) {
            let (scale, low) = if log { (Scale::Log, low.abs() + 1e-6) } else { (Scale::Linear, low) };
            let axis = Axis::over("", scale, [low, low + span]);
            let ticks = axis.ticks(room, across);
            let mut shown: Vec<&Tick> = ticks.iter().filter(|t| t.label.is_some()).collect();
            shown.sort_by(|a, b| a.at.total_cmp(&b.at));
            for pair in shown.windows(2) {
                let half = |t: &Tick| if across { font::width(t.label.as_ref().unwrap(), TICK, false) / 2.0 } else { TICK / 2.0 };
                prop_assert!((pair[1].at - pair[0].at) * room >= half(pair[0]) + half(pair[1]));
            }
        }

        #[test]
        fn any_values_give_an_axis(values in prop::collection::vec(any::<f64>(), 0..6), kind in 0..5usize) {
            let scale = [Scale::Linear, Scale::Whole, Scale::Log, Scale::Binary, Scale::Below(1.0)][kind].clone();
            let axis = Axis::over("", scale, values);
            for tick in axis.ticks(500.0, true) {
                prop_assert!(tick.at.is_finite());
            }
        }
    }
}
