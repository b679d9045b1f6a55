//! Templates to concrete values: a trial's draws, the data's sizes and other experiments' results are put in.

use super::show::{Measure, Selection};
use super::space::{Draw, Draws};
use super::value::Value;

/// Numbers of other experiments.
pub type Results<'a> = dyn Fn(&Selection, &Measure) -> Option<f64> + 'a;

/// What stands for the free parts of a template.
pub struct Bindings<'a> {
    /// The trial's draws.
    pub draws: &'a Draws,
    /// Words that are numbers: `classes`, `features`.
    pub words: &'a [(&'a str, f64)],
    /// Numbers of other experiments.
    pub results: &'a Results<'a>,
}

/// Why a template cannot be made concrete. Check rules out all but missing results.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResolveError {
    /// A draw is not there.
    #[error("the hyperparameter `{0}` has no value in this trial")]
    Undrawn(String),
    /// An experiment gave no such number.
    #[error("`{0}` gave no value for {1} (no trial of it finished)")]
    NoResult(String, String),
    /// Arithmetic on something that is not a number.
    #[error("arithmetic needs numbers, not {0}")]
    NotNumber(String),
}

impl Value {
    /// The same value without draws, choices, repetitions, arithmetic and results.
    pub fn resolve(&self, with: &Bindings<'_>) -> Result<Value, ResolveError> {
        Ok(match self {
            Value::Number(_) | Value::Text(_) => self.clone(),
            Value::Word(word) => match with.words.iter().find(|(name, _)| name == word) {
                Some(&(_, number)) => Value::Number(number),
                None => self.clone(),
            },
            Value::Draw(param) => match with.draws.get(param) {
                Some(Draw::Number(x)) => Value::Number(*x),
                _ => return Err(ResolveError::Undrawn(param.clone())),
            },
            Value::Choice { param, options } => match with.draws.get(param) {
                Some(&Draw::Option(i)) if i < options.len() => options[i].resolve(with)?,
                _ => return Err(ResolveError::Undrawn(param.clone())),
            },
            Value::Negate(x) => Value::Number(-x.resolve(with)?.as_number()?),
            Value::Arithmetic { operator, left, right } => {
                let (left, right) = (left.resolve(with)?.as_number()?, right.resolve(with)?.as_number()?);
                Value::Number(operator.apply(left, right))
            }
            Value::Call { name, args } => Value::Call {
                name: name.clone(),
                args: args
                    .iter()
                    .map(|(k, v)| Ok((k.clone(), v.resolve(with)?)))
                    .collect::<Result<_, ResolveError>>()?,
            },
            Value::List(items) => Value::List(items.iter().map(|v| v.resolve(with)).collect::<Result<_, _>>()?),
            Value::Chain(items) => chain(items.iter(), with)?,
            Value::Repeat { count, bodies } => {
                let count = count.resolve(with)?.as_number()?.max(0.0) as usize;
                chain(bodies.iter().take(count), with)?
            }
            Value::Residual(body) => Value::Residual(Box::new(body.resolve(with)?)),
            Value::Result { of, measure } => match (with.results)(of, measure) {
                Some(number) => Value::Number(number),
                None => return Err(ResolveError::NoResult(of.experiment.clone(), measure.to_string())),
            },
        })
    }

    /// The number that a concrete value is.
    pub fn as_number(&self) -> Result<f64, ResolveError> {
        match self {
            Value::Number(x) => Ok(*x),
            other => Err(ResolveError::NotNumber(other.name().to_string())),
        }
    }

    /// The vocabulary name of a word or call, or what kind of value it is.
    pub fn name(&self) -> &str {
        match self {
            Value::Word(name) | Value::Call { name, .. } => name,
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::Draw(_) | Value::Choice { .. } => "a space",
            Value::Negate(_) | Value::Arithmetic { .. } => "arithmetic",
            Value::List(_) => "a list",
            Value::Chain(_) | Value::Repeat { .. } | Value::Residual(_) => "a chain of layers",
            Value::Result { .. } => "a result",
        }
    }

    /// What was given to an argument of a call.
    pub fn arg(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Call { args, .. } => args.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }
}

fn chain<'v>(items: impl Iterator<Item = &'v Value>, with: &Bindings<'_>) -> Result<Value, ResolveError> {
    let mut layers = Vec::new();
    for item in items {
        match item.resolve(with)? {
            Value::Chain(inner) => layers.extend(inner),
            one => layers.push(one),
        }
    }
    Ok(Value::Chain(layers))
}
