//! Types, ranges and defaults of keys and parameters.

use std::fmt;

use super::Category;

/// A word that may stand as a value, with what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// As written.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A word with its meaning.
pub(super) const fn word(name: &'static str, doc: &'static str) -> Word {
    Word { name, doc }
}

/// Which numbers are allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Whether the lower end itself is allowed.
    pub with_low: bool,
    /// Upper end.
    pub high: f64,
    /// Whether the upper end itself is allowed.
    pub with_high: bool,
}

impl Range {
    /// Every finite number.
    pub const ANY: Range = Range::open(f64::NEG_INFINITY, f64::INFINITY);
    /// x > 0.
    pub const ABOVE_ZERO: Range = Range::open(0.0, f64::INFINITY);
    /// x ≥ 0.
    pub const FROM_ZERO: Range = Range::at_least(0.0);
    /// 0 ≤ x ≤ 1.
    pub const SHARE: Range = Range::closed(0.0, 1.0);
    /// 0 ≤ x < 1.
    pub const BELOW_ONE: Range = Range { low: 0.0, with_low: true, high: 1.0, with_high: false };
    /// 0 < x ≤ 1.
    pub const PART: Range = Range { low: 0.0, with_low: false, high: 1.0, with_high: true };

    /// Both ends left out.
    pub const fn open(low: f64, high: f64) -> Range {
        Range { low, with_low: false, high, with_high: false }
    }

    /// Both ends allowed.
    pub const fn closed(low: f64, high: f64) -> Range {
        Range { low, with_low: true, high, with_high: true }
    }

    /// x ≥ low.
    pub const fn at_least(low: f64) -> Range {
        Range { low, with_low: true, high: f64::INFINITY, with_high: false }
    }

    /// Whether a number is allowed.
    pub fn contains(&self, x: f64) -> bool {
        let above = x > self.low || (self.with_low && x == self.low);
        let below = x < self.high || (self.with_high && x == self.high);
        above && below
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { low, with_low, high, with_high } = *self;
        let (finite, (low, high)) = ((low.is_finite(), high.is_finite()), (number(low), number(high)));
        match finite {
            (false, false) => f.write_str("any number"),
            (true, false) if with_low => write!(f, "at least {low}"),
            (true, false) => write!(f, "above {low}"),
            (false, true) if with_high => write!(f, "at most {high}"),
            (false, true) => write!(f, "below {high}"),
            (true, true) => {
                let from = if with_low { format!("from {low}") } else { format!("above {low}") };
                let to = if with_high { format!("to {high}") } else { format!("and below {high}") };
                if with_low == with_high {
                    if with_low { write!(f, "{from} {to}") } else { write!(f, "between {low} and {high}") }
                } else if with_high {
                    write!(f, "{from}, at most {high}")
                } else {
                    write!(f, "{from} {to}")
                }
            }
        }
    }
}

/// What a key or parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// A number.
    Number(Range),
    /// A whole number.
    Whole(Range),
    /// A duration: `30s`, `5min`, `2h`.
    Duration,
    /// `true` or `false`.
    Flag,
    /// A text in quotes.
    Text,
    /// One character, in quotes.
    Character,
    /// The path of a file, in quotes, relative to the `.exp` file.
    Path,
    /// A column: a name, or a text in quotes.
    Column,
    /// A list of columns.
    Columns,
    /// One of these words.
    Word(&'static [Word]),
    /// A call of this category; one without arguments needs no parentheses.
    Call(Category),
    /// A call of this category, or a list of them.
    Calls(Category),
    /// A layer or a chain of layers.
    Layers,
    /// The name of a `data` block, or a choice of names.
    Data,
    /// The name of a `network` block, or a choice of names.
    Network,
    /// `dev.accuracy` and the like.
    Metric,
    /// A metric or several.
    Metrics,
    /// A metric, a measure of a trial, or a hyperparameter.
    Measure,
    /// A measure or a list of them.
    Measures,
    /// The name of a hyperparameter.
    Setting,
    /// The name of a hyperparameter or a list of them.
    Settings,
    /// An experiment, a selection, trials, or a list of those.
    Trials,
    /// One trial of an experiment: `coarse.best`.
    Trial,
    /// A comparison, or a list of those that must all hold.
    Conditions,
    /// Three shares of train, dev and test.
    Shares,
    /// Height and width: `[28, 28]`.
    Size,
    /// A space.
    Space,
    /// The first of these that fits.
    Either(&'static [Type]),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Number(range) if *range == Range::ANY => f.write_str("a number"),
            Type::Number(range) => write!(f, "a number, {range}"),
            Type::Whole(range) if *range == Range::ANY => f.write_str("a whole number"),
            Type::Whole(range) => write!(f, "a whole number, {range}"),
            Type::Duration => f.write_str("a duration such as `30s`, `5min` or `2h`"),
            Type::Flag => f.write_str("`true` or `false`"),
            Type::Text => f.write_str("a text in quotes"),
            Type::Character => f.write_str("one character in quotes"),
            Type::Path => f.write_str("a path in quotes"),
            Type::Column => f.write_str("a column"),
            Type::Columns => f.write_str("a list of columns"),
            Type::Word(words) => {
                for (i, word) in words.iter().enumerate() {
                    let separator = match i {
                        0 => "",
                        _ if i + 1 == words.len() => " or ",
                        _ => ", ",
                    };
                    write!(f, "{separator}`{}`", word.name)?;
                }
                Ok(())
            }
            Type::Call(category) => f.write_str(category.noun()),
            Type::Calls(category) => write!(f, "{} or a list of them", category.noun()),
            Type::Layers => f.write_str("layers"),
            Type::Data => f.write_str("the name of a data block"),
            Type::Network => f.write_str("the name of a network"),
            Type::Metric => f.write_str("a metric such as `dev.accuracy`"),
            Type::Metrics => f.write_str("a metric such as `dev.accuracy`, or several"),
            Type::Measure => f.write_str("a metric, a measure of a trial or a hyperparameter"),
            Type::Measures => f.write_str("a measure, or a list of them"),
            Type::Setting => f.write_str("a hyperparameter"),
            Type::Settings => f.write_str("a hyperparameter, or a list of them"),
            Type::Trials => f.write_str("an experiment, a selection of its trials, or a list of those"),
            Type::Trial => f.write_str("one trial, such as `coarse.best`"),
            Type::Conditions => f.write_str("a comparison, or a list of them"),
            Type::Shares => f.write_str("three shares, `[train, dev, test]`"),
            Type::Size => f.write_str("height and width, such as `[28, 28]`"),
            Type::Space => f.write_str("a space"),
            Type::Either(types) => {
                for (i, kind) in types.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", or ")?;
                    }
                    write!(f, "{kind}")?;
                }
                Ok(())
            }
        }
    }
}

/// What holds when a key or parameter is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// Nothing: what it would do is not done.
    Absent,
    /// This number.
    Number(f64),
    /// This word.
    Word(&'static str),
    /// This call, with its own defaults.
    Call(&'static str),
    /// These numbers.
    Numbers(&'static [f64]),
    /// This text.
    Text(&'static str),
    /// What these words say.
    Rule(&'static str),
}

impl Default {
    /// The number, if it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Default::Number(x) => Some(x),
            _ => None,
        }
    }

    /// The word or call, if it is one.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Default::Word(w) | Default::Call(w) | Default::Text(w) => Some(w),
            _ => None,
        }
    }
}

impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Default::Required => f.write_str("needed"),
            Default::Absent => f.write_str("none"),
            Default::Number(x) => f.write_str(&number(*x)),
            Default::Word(w) | Default::Rule(w) => f.write_str(w),
            Default::Call(w) => f.write_str(w),
            Default::Text(w) => write!(f, "\"{w}\""),
            Default::Numbers(xs) => {
                write!(f, "[{}]", xs.iter().map(|x| number(*x)).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A number as one would write it in a file: `0.001`, `1e-5`, `60000`.
pub fn number(x: f64) -> String {
    let size = x.abs();
    if x != 0.0 && !(1e-3..1e7).contains(&size) { format!("{x:e}") } else { format!("{x}") }
}

/// The scale on which a number is drawn sensibly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Any.
    Any,
    /// Its logarithm: learning rates, penalties.
    Log,
    /// The logarithm of one minus it: weights of moving averages.
    OneMinusLog,
}

/// A key of a block or a parameter of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// As written.
    pub name: &'static str,
    /// What it takes.
    pub kind: Type,
    /// What holds when it is left out.
    pub default: Default,
    /// Whether an argument without a name may be it.
    pub positional: bool,
    /// Whether a space may stand for it.
    pub drawn: bool,
    /// The scale on which it is drawn sensibly.
    pub scale: Scale,
    /// One line.
    pub doc: &'static str,
}

impl Param {
    /// One with a default, given by name, that may be drawn.
    pub(super) const fn new(name: &'static str, kind: Type, default: Default, doc: &'static str) -> Param {
        Param { name, kind, default, positional: false, drawn: true, scale: Scale::Any, doc }
    }

    /// One that must be given, by place or by name.
    pub(super) const fn needed(name: &'static str, kind: Type, doc: &'static str) -> Param {
        Param { name, kind, default: Default::Required, positional: true, drawn: true, scale: Scale::Any, doc }
    }

    /// May be given by place too.
    pub(super) const fn placed(mut self) -> Param {
        self.positional = true;
        self
    }

    /// No space may stand for it.
    pub(super) const fn fixed(mut self) -> Param {
        self.drawn = false;
        self
    }

    /// Drawn sensibly on this scale.
    pub(super) const fn on(mut self, scale: Scale) -> Param {
        self.scale = scale;
        self
    }

    /// Whether it must be given.
    pub fn is_required(&self) -> bool {
        self.default == Default::Required
    }
}

/// `true` or `false` as a default.
pub(super) const fn flag(value: bool) -> Default {
    Default::Word(if value { "true" } else { "false" })
}
