//! `caviar predict`: the best model on new rows.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use super::Exit;
use super::args::Predict;
use super::export::{failed, introduce, opened};
use super::terminal::{Terminal, count};
use crate::export::{self, Best, ExportError, Model, predict};
use crate::kernel::Real;
use crate::plan::training::Precision;
use crate::record::atomic;
use crate::run::worker::Equipment;

/// Predict the rows of a file.
pub fn run(args: &Predict, terminal: &Terminal) -> Exit {
    let (opened, equipment) = match opened(&args.path, terminal) {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    let Some(notebook) = &opened.notebook else { return Exit::Mistakes };
    let best = match export::best(notebook, &args.name, &opened.base, &equipment) {
        Ok(best) => best,
        Err(error) => return failed(&error, terminal),
    };
    introduce(&best, terminal);
    let input: Box<dyn Read + Send> = if args.input == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        match File::open(&args.input) {
            Ok(file) => Box::new(file),
            Err(error) => {
                terminal.error(format!("cannot read {}: {error}", args.input.display()));
                return Exit::Usage;
            }
        }
    };
    let rows = match &args.output {
        None => rows(&best, &equipment, args, input, &mut BufWriter::new(std::io::stdout().lock())),
        Some(path) => into_file(path, |out| rows(&best, &equipment, args, input, out)),
    };
    match rows {
        Ok(rows) => {
            if let Some(path) = &args.output {
                terminal.line(format!("written: {} ({})", path.display(), count(rows, "row")));
            }
            Exit::Good
        }
        // Who reads has seen enough.
        Err(ExportError::Write(error)) if args.output.is_none() && error.kind() == ErrorKind::BrokenPipe => Exit::Good,
        Err(error) => failed(&error, terminal),
    }
}

fn rows(
    best: &Best,
    equipment: &Equipment,
    args: &Predict,
    input: Box<dyn Read + Send>,
    out: &mut dyn Write,
) -> Result<usize, ExportError> {
    match best.training.precision {
        Precision::F32 => of::<f32>(best, equipment, args, input, out),
        Precision::F64 => of::<f64>(best, equipment, args, input, out),
    }
}

fn of<T: Real>(
    best: &Best,
    equipment: &Equipment,
    args: &Predict,
    input: Box<dyn Read + Send>,
    out: &mut dyn Write,
) -> Result<usize, ExportError> {
    let mut model = Model::<T>::of(&best.training, equipment)?;
    let origin = if args.input == Path::new("-") { "standard input".into() } else { args.input.display().to_string() };
    predict::predict(&mut model, &origin, input, out)
}

/// The file is there when all rows are, and as it was before when one fails.
fn into_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<usize, ExportError>,
) -> Result<usize, ExportError> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let part = path.with_file_name(format!("{}{}-{name}", atomic::PART, std::process::id()));
    let mut out = BufWriter::new(File::create(&part)?);
    let rows = write(&mut out).and_then(|rows| {
        out.flush()?;
        std::fs::rename(&part, path)?;
        Ok(rows)
    });
    if rows.is_err() {
        // The error of the rows is the one to tell.
        let _ = std::fs::remove_file(&part);
    }
    rows
}
