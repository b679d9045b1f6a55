//! Data blocks.

use super::arguments::Call;
use super::{Built, number, optional, whole, within, wrong};
use crate::data::spec::{
    Evaluation, Missing, Mode, Normalize, Pipeline, Source, Synthetic, SyntheticShape, Table, Transform,
};
use crate::plan::value::Value;
use crate::vocabulary::Category;

/// A data block.
pub fn pipeline(value: &Value) -> Built<Pipeline> {
    let call = Call::block("data", value);
    let source = call.given("source").ok_or_else(|| wrong("data", "needs a source"))?;
    let mut pipeline = Pipeline::new(self::source(source)?);
    if let Some(Value::List(shares)) = call.given("split") {
        for (slot, share) in pipeline.split.iter_mut().zip(shares) {
            *slot = within("split", number("split", share)?, 0.0, 1.0)?;
        }
        if shares.len() == 2 {
            pipeline.split[2] = 0.0;
        }
    }
    pipeline.dev = evaluation(&call, "dev")?;
    pipeline.test = evaluation(&call, "test")?;
    pipeline.normalize = match call.word("normalize") {
        Some("zscore") => Normalize::Zscore,
        Some("minmax") => Normalize::Minmax,
        _ => Normalize::None,
    };
    pipeline.limit = optional("limit", call.given("limit"))?.map(|x| whole("limit", x, 1)).transpose()?;
    pipeline.folds = optional("folds", call.given("folds"))?.map(|x| whole("folds", x, 2)).transpose()?;
    pipeline.mode = match call.word("mode") {
        Some("classification") => Some(Mode::Classification),
        Some("regression") => Some(Mode::Regression),
        _ => None,
    };
    pipeline.seed = whole("seed", call.number_or("seed", 0.0)?, 0)? as u64;
    pipeline.balanced = call.word("weights") == Some("balanced");
    pipeline.augment = transforms(call.given("augment"))?;
    if let Source::Csv(table) | Source::Parquet(table) = &mut pipeline.source {
        if let Some(word) = call.word("missing") {
            table.missing = missing(word);
        }
        if let Some(groups) = call.text("groups")? {
            table.groups = Some(groups);
        }
    }
    Ok(pipeline)
}

fn missing(word: &str) -> Missing {
    match word {
        "mean" => Missing::Mean,
        "median" => Missing::Median,
        "mode" => Missing::Mode,
        "drop" => Missing::Drop,
        _ => Missing::Refuse,
    }
}

fn evaluation(call: &Call<'_>, key: &str) -> Built<Option<Evaluation>> {
    let Some(value) = call.given(key).filter(|v| v.name() != "none") else { return Ok(None) };
    let changes = match value {
        Value::List(_) => true,
        other => matches!(other.name(), "shift" | "noise" | "rotate" | "scale" | "flip"),
    };
    Ok(Some(if changes { Evaluation::Changed(transforms(Some(value))?) } else { Evaluation::Source(source(value)?) }))
}

fn transforms(value: Option<&Value>) -> Built<Vec<Transform>> {
    let single;
    let items: &[Value] = match value {
        None => &[],
        Some(Value::List(items)) => items,
        Some(other) if other.name() == "none" => &[],
        Some(other) => {
            single = [other.clone()];
            &single
        }
    };
    items
        .iter()
        .map(|item| {
            let call = Call::new(Category::Transform, item);
            Ok(match call.name() {
                "shift" => Transform::Shift(call.number("amount")?),
                "noise" => Transform::Noise(call.number("deviation")?),
                "rotate" => Transform::Rotate(call.number("degrees")?),
                "scale" => Transform::Scale(call.number("factor")?),
                "flip" => Transform::Flip,
                other => return Err(wrong("data", format!("`{other}` is not a change of the inputs"))),
            })
        })
        .collect()
}

fn source(value: &Value) -> Built<Source> {
    let call = Call::new(Category::Source, value);
    let synthetic = |shape| -> Built<Source> {
        Ok(Source::Synthetic(Synthetic {
            shape,
            points: call.count("points")?,
            classes: call.count("classes").unwrap_or(2),
            noise: call.number("noise")?,
            seed: whole(&call.place("seed"), call.number("seed")?, 0)? as u64,
        }))
    };
    let table = || -> Built<Table> {
        Ok(Table {
            path: call.needed("path")?,
            target: call.needed("target")?,
            features: call.texts("features")?,
            drop: call.texts("drop")?,
            separator: call.text("separator")?.and_then(|s| s.chars().next()),
            missing: missing(call.word("missing").unwrap_or("none")),
            groups: call.text("groups")?,
        })
    };
    Ok(match call.name() {
        "iris" => Source::Iris,
        "wine" => Source::Wine,
        "breast_cancer" => Source::BreastCancer,
        "digits" => Source::Digits,
        "blobs" => synthetic(SyntheticShape::Blobs)?,
        "moons" => synthetic(SyntheticShape::Moons)?,
        "circles" => synthetic(SyntheticShape::Circles)?,
        "spirals" => synthetic(SyntheticShape::Spirals)?,
        "xor" => synthetic(SyntheticShape::Xor)?,
        "grid_map" => synthetic(SyntheticShape::GridMap)?,
        "plane" => synthetic(SyntheticShape::Plane)?,
        "wave" => synthetic(SyntheticShape::Wave)?,
        "csv" => Source::Csv(table()?),
        "parquet" => Source::Parquet(table()?),
        "idx" => Source::Idx { images: call.needed("images")?, labels: call.needed("labels")? },
        "npz" => Source::Npz {
            path: call.needed("path")?,
            x: call.text("x")?.unwrap_or_else(|| "x".into()),
            y: call.text("y")?.unwrap_or_else(|| "y".into()),
        },
        "images" => Source::Images {
            path: call.needed("folder")?,
            size: match call.given("size") {
                Some(Value::List(pair)) if pair.len() == 2 => Some((
                    whole("images(size)", number("images(size)", &pair[0])?, 1)?,
                    whole("images(size)", number("images(size)", &pair[1])?, 1)?,
                )),
                Some(Value::Number(side)) => {
                    let side = whole("images(size)", *side, 1)?;
                    Some((side, side))
                }
                _ => None,
            },
            grey: call.flag("grey")?,
        },
        other => return Err(wrong("source", format!("`{other}` is not a source of data"))),
    })
}
