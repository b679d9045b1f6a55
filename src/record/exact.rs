//! Numbers in text forms such as JSON, which has no word for NaN and the infinities: there they are the texts `NaN`, `inf` and `-inf`, so
//! that a record comes back with the bits that it left with. In binary forms nothing changes.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something made of numbers.
pub trait Exact: Serialize + DeserializeOwned {
    /// The same for text.
    type Text: Serialize + DeserializeOwned;
    /// To text.
    fn text(&self) -> Self::Text;
    /// From text.
    fn number(text: Self::Text) -> Self;
}

/// A number in text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// Any that JSON can say.
    Finite(f64),
    /// Any other.
    Odd(Odd),
}

/// What JSON has no number for.
#[derive(Serialize, Deserialize)]
pub enum Odd {
    /// Not a number.
    #[serde(rename = "NaN")]
    Nan,
    /// Infinity.
    #[serde(rename = "inf")]
    Plus,
    /// Negative infinity.
    #[serde(rename = "-inf")]
    Minus,
}

impl Exact for f64 {
    type Text = Number;

    fn text(&self) -> Number {
        match *self {
            x if x.is_finite() => Number::Finite(x),
            x if x.is_nan() => Number::Odd(Odd::Nan),
            x if x > 0.0 => Number::Odd(Odd::Plus),
            _ => Number::Odd(Odd::Minus),
        }
    }

    fn number(text: Number) -> f64 {
        match text {
            Number::Finite(x) => x,
            Number::Odd(Odd::Nan) => f64::NAN,
            Number::Odd(Odd::Plus) => f64::INFINITY,
            Number::Odd(Odd::Minus) => f64::NEG_INFINITY,
        }
    }
}

impl<T: Exact> Exact for Vec<T> {
    type Text = Vec<T::Text>;

    fn text(&self) -> Self::Text {
        self.iter().map(T::text).collect()
    }

    fn number(text: Self::Text) -> Self {
        text.into_iter().map(T::number).collect()
    }
}

impl Exact for [f64; 5] {
    type Text = [Number; 5];

    fn text(&self) -> Self::Text {
        self.each_ref().map(f64::text)
    }

    fn number(text: Self::Text) -> Self {
        text.map(f64::number)
    }
}

impl<T: Exact> Exact for BTreeMap<String, T> {
    type Text = BTreeMap<String, T::Text>;

    fn text(&self) -> Self::Text {
        self.iter().map(|(name, value)| (name.clone(), value.text())).collect()
    }

    fn number(text: Self::Text) -> Self {
        text.into_iter().map(|(name, value)| (name, T::number(value))).collect()
    }
}

/// For `#[serde(with = "exact")]`.
///
/// # Errors
/// As the serializer.
pub fn serialize<T: Exact, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() { value.text().serialize(serializer) } else { value.serialize(serializer) }
}

/// For `#[serde(with = "exact")]`.
///
/// # Errors
/// As the deserializer.
pub fn deserialize<'de, T: Exact, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    if deserializer.is_human_readable() {
        T::Text::deserialize(deserializer).map(T::number)
    } else {
        T::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::record::{LayerNorm, LayerSpread, Outcome, Run};
    use crate::store::merge::bits_of_run;

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>(),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(-0.0),
            Just(f64::MIN_POSITIVE / 4.0)
        ]
        .prop_map(|x: f64| if x.is_nan() { f64::NAN } else { x })
    }

    proptest! {
        #[test]
        fn a_record_in_json_comes_back_bit_for_bit(values in prop::collection::vec(number(), 5..20)) {
            let mut run = Run::empty("00".into(), 3, Outcome::Failed("\u{0}\n\"µ\"".into()));
            run.series.insert("dev.loss".into(), values.clone());
            run.metrics.insert("test.auc".into(), values[0]);
            run.gradients.push(LayerNorm { layer: "1 dense".into(), norm: values.clone() });
            run.activations.push(LayerSpread {
                layer: "2 relu".into(),
                quantiles: vec![[values[0], values[1], values[2], values[3], values[4]]],
                mean: values.clone(),
                deviation: values,
            });
            let text = serde_json::to_string(&run).unwrap();
            let back: Run = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(bits_of_run(&back), bits_of_run(&run));
        }
    }
}
