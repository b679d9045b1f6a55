//! Another source's examples beside those of training: the same columns, kinds and classes, with the same codes.

use super::error::Error;
use super::examples::{ABSENT, Examples, Features, Target, Values};
use super::field;
use super::preprocessing::same_classes;
use super::spec::Missing;

/// Another source's examples with the codes of the training source.
pub(super) fn aligned(
    main: &Examples,
    mut other: Examples,
    set: &'static str,
    rule: Missing,
) -> Result<Examples, Error> {
    let mismatch = |reason: String| Error::Mismatch { origin: other.origin.clone(), set, reason };
    let (classes, unseen) = match (&main.target, &other.target) {
        (Target::Classes { names, .. }, theirs @ Target::Classes { .. }) => match same_classes(theirs, names) {
            Ok(codes) => (Some(Target::Classes { codes, names: names.clone() }), None),
            Err((row, text)) => (None, Some((row, text, names.clone()))),
        },
        // A small or lucky sample may be taken for classes or for numbers where the training data are the other.
        (Target::Classes { names, .. }, Target::Values { values, width: 1 }) => {
            let texts: Vec<String> = values.iter().map(|x| (x + 0.0).to_string()).collect();
            let codes: Result<Vec<u32>, usize> = texts
                .iter()
                .enumerate()
                .map(|(row, text)| names.iter().position(|n| n == text).map(|c| c as u32).ok_or(row))
                .collect();
            match codes {
                Ok(codes) => (Some(Target::Classes { codes, names: names.clone() }), None),
                Err(row) => (None, Some((row, texts[row].clone(), names.clone()))),
            }
        }
        (Target::Values { width: 1, .. }, Target::Classes { codes, names }) => {
            let numbers: Option<Vec<f64>> = names.iter().map(|n| field::number(n.as_bytes())).collect();
            let Some(numbers) = numbers else {
                return Err(mismatch("its target is text where the training data have numbers".into()));
            };
            let values = codes.iter().map(|&c| numbers[c as usize]).collect();
            (Some(Target::Values { values, width: 1 }), None)
        }
        (Target::Values { width, .. }, Target::Values { width: theirs, .. }) if width == theirs => (None, None),
        (Target::Values { width, .. }, _) => {
            return Err(mismatch(format!("its targets are not {width} numbers each")));
        }
        (Target::Classes { .. }, _) => return Err(mismatch("its targets are not classes".into())),
    };
    if let Some((row, text, known)) = unseen {
        return Err(Error::UnseenCategory {
            origin: other.origin.clone(),
            place: other.place(row),
            column: other.target_name.clone(),
            text,
            known,
        });
    }
    if let Some(target) = classes {
        other.target = target;
    }
    let features = std::mem::replace(&mut other.features, Features::Columns(Vec::new()));
    other.features = match (&main.features, features) {
        (Features::Block(ours), Features::Block(theirs)) => {
            if ours.shape != theirs.shape {
                let reason = format!("an example is {} where the training data have {}", theirs.shape, ours.shape);
                return Err(Error::Mismatch { origin: other.origin, set, reason });
            }
            Features::Block(theirs)
        }
        (Features::Columns(ours), Features::Columns(mut theirs)) => {
            let mut columns = Vec::with_capacity(ours.len());
            for column in ours {
                let Some(at) = theirs.iter().position(|c| c.name == column.name) else {
                    return Err(Error::ColumnMissing {
                        origin: other.origin,
                        column: column.name.clone(),
                        role: "a feature of the training data",
                        available: other.columns,
                    });
                };
                let mut found = theirs.swap_remove(at);
                found.values = recoded(&column.values, found.values).map_err(|problem| match problem {
                    Recode::Unseen(row, text, known) => Error::UnseenCategory {
                        origin: other.origin.clone(),
                        place: other.place(row),
                        column: column.name.clone(),
                        text,
                        known,
                    },
                    Recode::Kind(theirs, ours) => Error::Mismatch {
                        origin: other.origin.clone(),
                        set,
                        reason: format!("column `{}` is {theirs} where the training data have {ours}", column.name),
                    },
                })?;
                if let (count, Some(first)) = found.values.count_missing()
                    && !matches!(rule, Missing::Mean | Missing::Median | Missing::Mode)
                {
                    return Err(Error::MissingValue {
                        origin: other.origin.clone(),
                        place: other.place(first),
                        column: column.name.clone(),
                        count,
                        all: false,
                        target: false,
                    });
                }
                columns.push(found);
            }
            Features::Columns(columns)
        }
        _ => {
            let reason = "one is a table, the other an array".into();
            return Err(Error::Mismatch { origin: other.origin, set, reason });
        }
    };
    Ok(other)
}

enum Recode {
    Unseen(usize, String, Vec<String>),
    Kind(&'static str, &'static str),
}

fn kind(values: &Values) -> &'static str {
    match values {
        Values::Numbers(_) => "numbers",
        Values::Booleans(_) => "booleans",
        Values::Dates(_) => "dates",
        Values::Texts { .. } => "text",
    }
}

/// Values with the codes of `ours`.
fn recoded(ours: &Values, theirs: Values) -> Result<Values, Recode> {
    match (ours, theirs) {
        (Values::Texts { names, .. }, Values::Texts { codes, names: own }) => {
            let map: Vec<Option<u32>> =
                own.iter().map(|n| names.iter().position(|m| m == n).map(|i| i as u32)).collect();
            let mut mapped = Vec::with_capacity(codes.len());
            for (row, &code) in codes.iter().enumerate() {
                mapped.push(match map.get(code as usize) {
                    None => code,
                    Some(Some(code)) => *code,
                    Some(None) => {
                        return Err(Recode::Unseen(row, own[code as usize].clone(), names.clone()));
                    }
                });
            }
            Ok(Values::Texts { codes: mapped, names: names.clone() })
        }
        (Values::Numbers(_), theirs @ Values::Numbers(_))
        | (Values::Booleans(_), theirs @ Values::Booleans(_))
        | (Values::Dates(_), theirs @ Values::Dates(_)) => Ok(theirs),
        // A column without a single value reads as numbers.
        (ours, Values::Numbers(v)) if v.iter().all(|x| x.is_nan()) => Ok(match ours {
            Values::Booleans(_) => Values::Booleans(v),
            Values::Dates(_) => Values::Dates(v),
            Values::Texts { names, .. } => Values::Texts { codes: vec![ABSENT; v.len()], names: names.clone() },
            Values::Numbers(_) => Values::Numbers(v),
        }),
        (ours, theirs) => Err(Recode::Kind(kind(&theirs), kind(ours))),
    }
}
