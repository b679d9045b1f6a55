//! The arguments of a concrete call, with the vocabulary's defaults behind them.

use super::{Built, whole, wrong};
use crate::plan::value::Value;
use crate::vocabulary::{self, Category, Default, Param};

/// One call.
pub(super) struct Call<'a> {
    value: &'a Value,
    params: &'static [Param],
}

impl<'a> Call<'a> {
    pub fn new(category: Category, value: &'a Value) -> Self {
        Call { value, params: vocabulary::call(category, value.name()).map_or(&[], |call| call.params) }
    }

    pub fn block(kind: &str, value: &'a Value) -> Self {
        Call { value, params: vocabulary::block(kind).map_or(&[], |block| block.keys) }
    }

    fn default(&self, key: &str) -> Option<Default> {
        self.params.iter().find(|param| param.name == key).map(|param| param.default)
    }

    pub fn name(&self) -> &'a str {
        self.value.name()
    }

    pub fn given(&self, key: &str) -> Option<&'a Value> {
        self.value.arg(key)
    }

    pub fn place(&self, key: &str) -> String {
        format!("{}({key})", self.name())
    }

    pub fn number_or(&self, key: &str, default: f64) -> Built<f64> {
        match self.given(key) {
            None => Ok(default),
            Some(Value::Number(x)) => Ok(*x),
            Some(other) => Err(wrong(self.place(key), format!("needs a number, not {}", other.name()))),
        }
    }

    pub fn number(&self, key: &str) -> Built<f64> {
        match (self.given(key), self.default(key)) {
            (_, Some(Default::Number(default))) => self.number_or(key, default),
            (None, _) => Err(wrong(self.place(key), "is needed")),
            _ => self.number_or(key, 0.0),
        }
    }

    pub fn count(&self, key: &str) -> Built<usize> {
        whole(&self.place(key), self.number(key)?, 1)
    }

    pub fn flag(&self, key: &str) -> Built<bool> {
        match self.given(key) {
            None => Ok(matches!(self.default(key), Some(Default::Word("true")))),
            Some(Value::Word(word)) if word == "true" => Ok(true),
            Some(Value::Word(word)) if word == "false" => Ok(false),
            Some(other) => Err(wrong(self.place(key), format!("is true or false, not {}", other.name()))),
        }
    }

    pub fn text(&self, key: &str) -> Built<Option<String>> {
        match self.given(key) {
            None => Ok(None),
            Some(Value::Text(text) | Value::Word(text)) if text != "none" => Ok(Some(text.clone())),
            Some(Value::Word(_)) => Ok(None),
            Some(other) => Err(wrong(self.place(key), format!("needs a text, not {}", other.name()))),
        }
    }

    pub fn needed(&self, key: &str) -> Built<String> {
        self.text(key)?.ok_or_else(|| wrong(self.place(key), "is needed"))
    }

    pub fn texts(&self, key: &str) -> Built<Vec<String>> {
        match self.given(key) {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => items
                .iter()
                .map(|item| match item {
                    Value::Text(text) | Value::Word(text) => Ok(text.clone()),
                    other => Err(wrong(self.place(key), format!("is a list of names, and has {}", other.name()))),
                })
                .collect(),
            Some(Value::Text(text) | Value::Word(text)) => Ok(vec![text.clone()]),
            Some(other) => Err(wrong(self.place(key), format!("is a list of names, not {}", other.name()))),
        }
    }

    pub fn word(&self, key: &str) -> Option<&'a str> {
        match self.given(key) {
            Some(Value::Word(word)) => Some(word),
            Some(_) => None,
            None => match self.default(key) {
                Some(Default::Word(word)) => Some(word),
                _ => None,
            },
        }
    }
}
