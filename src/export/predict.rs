//! New rows of a delimited text through a model, row by row: what it takes is a few hundred rows of memory.

use std::io::{Read, Write};

use super::{ExportError, Model};
use crate::data::{Error, Rows};
use crate::kernel::Real;

/// Rows that are predicted at once.
const ROWS: usize = 1024;

/// Predicts every row of `input` (UTF-8 with a header line; gzip is unpacked) and writes a line a row to `out`: the class and a
/// probability a class, or the predicted numbers. `origin` names the input in messages. Returns how many rows there were.
///
/// # Errors
/// Columns that are missing or unknown, and values that the model cannot take, with row and column. Rows before them are written.
pub fn predict<T: Real>(
    model: &mut Model<T>,
    origin: &str,
    input: Box<dyn Read + Send>,
    out: &mut dyn Write,
) -> Result<usize, ExportError> {
    let mut rows = Rows::open(origin, input, model.separator)?;
    let header = rows.header().to_vec();
    let preprocessing = model.preprocessing.clone();
    let binding = preprocessing.bind(origin, &header)?;
    if let Some(column) = binding.unused().iter().find(|name| !model.columns.contains(name)) {
        let place = header.iter().position(|name| name == column).map_or(0, |at| at + 1);
        return Err(ExportError::ExtraColumn { origin: origin.into(), column: column.clone(), place });
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
    writer.write_record(names(model)).map_err(unwritten)?;
    let width = preprocessing.shape.size();
    // Where a row's outputs depend on the others, all have to be there.
    let most = if model.mixes_rows() { usize::MAX } else { ROWS };
    let (mut x, mut total, mut failed) = (Vec::<T>::new(), 0, None);
    loop {
        let mut more = false;
        match rows.read() {
            Ok(None) => {}
            Ok(Some((fields, place))) => {
                x.resize(x.len() + width, T::ZERO);
                let start = x.len() - width;
                failed = binding.encode(&fields, place, &mut x[start..]).err();
                if failed.is_none() {
                    (total, more) = (total + 1, true);
                } else {
                    x.truncate(start);
                }
            }
            Err(error) => failed = Some(error),
        }
        if !more || failed.is_some() || x.len() / width >= most {
            lines(model, &x, width, &mut writer)?;
            x.clear();
        }
        if let Some(error) = failed {
            writer.flush()?;
            return Err(error.into());
        }
        if !more {
            break;
        }
    }
    writer.flush()?;
    if total == 0 {
        return Err(Error::Empty { origin: origin.into() }.into());
    }
    Ok(total)
}

/// The header of what is written.
fn names<T: Real>(model: &Model<T>) -> Vec<String> {
    let preprocessing = &model.preprocessing;
    let target = format!("predicted_{}", preprocessing.target);
    match &preprocessing.classes {
        Some(classes) => {
            let word = if model.probabilities() { "p" } else { "score" };
            [target].into_iter().chain(classes.iter().map(|class| format!("{word}_{class}"))).collect()
        }
        None if preprocessing.outputs == 1 => vec![target],
        None => (1..=preprocessing.outputs).map(|i| format!("{target}_{i}")).collect(),
    }
}

fn lines<T: Real, W: Write>(
    model: &mut Model<T>,
    x: &[T],
    width: usize,
    writer: &mut csv::Writer<W>,
) -> Result<(), ExportError> {
    let rows = x.len() / width;
    if rows == 0 {
        return Ok(());
    }
    let outputs: Vec<f64> = model.evaluate(x, rows).iter().map(|v| v.to_f64()).collect();
    // The fewest digits that give the number back in its own precision.
    let text = |v: f64| if T::BYTES == 4 { (v as f32).to_string() } else { v.to_string() };
    match model.preprocessing.classes.clone() {
        Some(classes) => {
            let predicted = model.classes(&outputs);
            let scores = model.scores(&outputs);
            for (&class, scores) in predicted.iter().zip(scores.chunks(scores.len() / rows)) {
                let name = classes.get(class).cloned().unwrap_or_default();
                let row = [name].into_iter().chain(scores.iter().map(|&v| text(v)));
                writer.write_record(row).map_err(unwritten)?;
            }
        }
        None => {
            for values in outputs.chunks(outputs.len() / rows) {
                writer.write_record(values.iter().map(|&v| text(v))).map_err(unwritten)?;
            }
        }
    }
    Ok(())
}

fn unwritten(error: csv::Error) -> ExportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => std::io::Error::other(format!("{other:?}")).into(),
    }
}
