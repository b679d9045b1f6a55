//! How plan values are written, for people: as in a file, with each draw by its name.

use std::fmt;

use super::experiment::{Prune, Search, Stage};
use super::metric::Direction;
use super::show::{Comparison, Filter, FilterValue, Pick, Selection};
use super::space::{Condition, Domain, Param};
use super::value::{Operator, Value};

/// A number in its shortest form that reads back as the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortest(pub f64);

impl fmt::Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && size.is_finite() && !(1e-4..1e15).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T], between: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Power => "^",
        })
    }
}

/// How tightly a value holds together: what is looser than its place wants gets parentheses.
fn tightness(value: &Value) -> u8 {
    match value {
        Value::Chain(layers) if layers.len() != 1 => 0,
        Value::Arithmetic { operator: Operator::Add | Operator::Subtract, .. } => 1,
        Value::Arithmetic { operator: Operator::Multiply | Operator::Divide, .. } => 2,
        Value::Negate(_) => 3,
        Value::Number(x) if x.is_sign_negative() => 3,
        Value::Arithmetic { operator: Operator::Power, .. } => 4,
        _ => 5,
    }
}

struct Within<'a>(&'a Value, u8);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if tightness(self.0) < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(x) => write!(f, "{}", Shortest(*x)),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Word(word) | Value::Draw(word) => f.write_str(word),
            Value::Choice { param, options } => {
                write!(f, "{param}(")?;
                joined(f, options, ", ")?;
                f.write_str(")")
            }
            Value::Negate(x) => write!(f, "-{}", Within(x, 3)),
            Value::Arithmetic { operator, left, right } => {
                let own = tightness(self);
                // Only powers group to the right.
                let (l, r) = if *operator == Operator::Power { (own + 1, own) } else { (own, own + 1) };
                write!(f, "{} {operator} {}", Within(left, l), Within(right, r))
            }
            Value::Call { name, args } => {
                f.write_str(name)?;
                if args.is_empty() {
                    return Ok(());
                }
                f.write_str("(")?;
                for (i, (key, value)) in args.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{key} = {value}")?;
                }
                f.write_str(")")
            }
            Value::List(items) => {
                f.write_str("[")?;
                joined(f, items, ", ")?;
                f.write_str("]")
            }
            Value::Chain(layers) => {
                let layers: Vec<Within<'_>> = layers.iter().map(|layer| Within(layer, 1)).collect();
                joined(f, &layers, " -> ")
            }
            Value::Repeat { count, bodies } => match bodies.first() {
                Some(body) => write!(f, "repeat({count}) {{ {body} }}"),
                None => write!(f, "repeat({count}) {{ }}"),
            },
            Value::Residual(body) => write!(f, "residual {{ {body} }}"),
            Value::Result { of, measure } => write!(f, "{of}.{measure}"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comparison = match self.comparison {
            Comparison::Equal => "=".to_string(),
            other => other.to_string(),
        };
        match &self.value {
            FilterValue::Number(x) => write!(f, "{} {comparison} {}", self.measure, Shortest(*x)),
            FilterValue::Label(label) => write!(f, "{} {comparison} {label}", self.measure),
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.experiment)?;
        if !self.filters.is_empty() {
            f.write_str("[")?;
            joined(f, &self.filters, ", ")?;
            f.write_str("]")?;
        }
        match self.pick {
            Pick::All => Ok(()),
            Pick::Best => f.write_str(".best"),
            Pick::Top(count) => write!(f, ".top({count})"),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = |log: bool| if log { ", scale = log" } else { "" };
        match self {
            Domain::Linear { low, high } => write!(f, "linear({}, {})", Shortest(*low), Shortest(*high)),
            Domain::Log { low, high } => write!(f, "log({}, {})", Shortest(*low), Shortest(*high)),
            Domain::Int { low, high, log } => write!(f, "int({low}, {high}{})", scale(*log)),
            Domain::Normal { mean, deviation, log } => {
                write!(f, "normal({}, {}{})", Shortest(*mean), Shortest(*deviation), scale(*log))
            }
            Domain::Choice { labels, .. } => {
                f.write_str("choice(")?;
                joined(f, labels, ", ")?;
                f.write_str(")")
            }
            Domain::Steps { of, step } => write!(f, "steps({of}, {})", Shortest(*step)),
        }
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shown {
            Some(shown) => write!(f, "{shown}, {} from {}", self.name, self.domain)?,
            None => write!(f, "{}", self.domain)?,
        }
        for condition in &self.when {
            match condition {
                Condition::Option(name, option) => write!(f, " where {name} is option {}", option + 1)?,
                Condition::AtLeast(name, least) => write!(f, " where {name} >= {}", Shortest(*least))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Search::Auto { trials } => write!(f, "auto(trials = {trials})"),
            Search::Grid { points } => write!(f, "grid(points = {points})"),
            Search::Random { trials } => write!(f, "random(trials = {trials})"),
            Search::Sobol { trials } => write!(f, "sobol(trials = {trials})"),
            Search::CoarseToFine { rounds, trials, keep } => {
                write!(f, "coarse_to_fine(rounds = {rounds}, trials = {trials}, keep = {})", Shortest(*keep))
            }
            Search::Tpe { trials } => write!(f, "tpe(trials = {trials})"),
            Search::Gp { trials } => write!(f, "gp(trials = {trials})"),
        }
    }
}

impl fmt::Display for Prune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Prune::Halving { factor, from } => write!(f, "halving(factor = {factor}, from = {from})"),
            Prune::Hyperband { factor } => write!(f, "hyperband(factor = {factor})"),
            Prune::Median { after } => write!(f, "median(after = {after})"),
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Minimize => "minimize",
            Direction::Maximize => "maximize",
        })
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at epoch {} {{", self.epoch)?;
        for (i, (key, value)) in self.changes.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma} {key} = {value}")?;
        }
        f.write_str(" }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(x: f64) -> Box<Value> {
        Box::new(Value::Number(x))
    }

    fn arithmetic(left: Box<Value>, operator: Operator, right: Box<Value>) -> Box<Value> {
        Box::new(Value::Arithmetic { operator, left, right })
    }

    #[test]
    fn parentheses_stand_where_they_are_needed() {
        use Operator::*;
        let shown = |value: Box<Value>| value.to_string();
        let draw = || Box::new(Value::Draw("r".into()));
        assert_eq!(shown(arithmetic(number(1.0), Subtract, draw())), "1 - r");
        let difference = || arithmetic(number(1.0), Subtract, draw());
        assert_eq!(shown(arithmetic(number(1.0), Subtract, difference())), "1 - (1 - r)");
        assert_eq!(shown(arithmetic(difference(), Subtract, number(1.0))), "1 - r - 1");
        assert_eq!(shown(arithmetic(difference(), Multiply, number(2.0))), "(1 - r) * 2");
        let power = || arithmetic(number(2.0), Power, draw());
        assert_eq!(shown(arithmetic(power(), Power, power())), "(2 ^ r) ^ 2 ^ r");
        assert_eq!(shown(Box::new(Value::Negate(power()))), "-2 ^ r");
        assert_eq!(shown(arithmetic(number(-2.0), Power, number(2.0))), "(-2) ^ 2");
    }

    #[test]
    fn numbers_are_short_and_exact() {
        for (x, shown) in [(60_000.0, "60000"), (1e-4, "0.0001"), (1e-5, "1e-5"), (0.0, "0"), (1e300, "1e300")] {
            assert_eq!(Shortest(x).to_string(), shown);
            assert_eq!(shown.parse::<f64>().unwrap(), x);
        }
    }

    #[test]
    fn layers_and_calls_read_as_in_a_file() {
        let dense = Value::Call { name: "dense".into(), args: vec![("units".into(), Value::Draw("width".into()))] };
        let chain = Value::Chain(vec![dense.clone(), Value::Word("relu".into())]);
        let body = Value::Residual(Box::new(chain));
        let whole = Value::Chain(vec![body, dense]);
        assert_eq!(whole.to_string(), "residual { dense(units = width) -> relu } -> dense(units = width)");
    }
}
