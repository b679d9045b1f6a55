//! `caviar export`: models and trials for other programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::{Engine, Export};
use super::terminal::{Terminal, count};
use crate::export::{self, Best, ExportError, Model, onnx, safetensors};
use crate::kernel::Real;
use crate::plan::notebook::Notebook;
use crate::plan::training::Precision;
use crate::record::atomic;
use crate::report::{json, name, trials};
use crate::run::datasets::Datasets;
use crate::run::open::{Opened, open};
use crate::run::worker::Equipment;
use crate::run::{RunError, outputs};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Onnx,
    Safetensors,
    Csv,
    Json,
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Write what is asked for.
pub fn run(args: &Export, terminal: &Terminal) -> Exit {
    let format = match args.to.extension().and_then(|e| e.to_str()) {
        Some("onnx") => Format::Onnx,
        Some("safetensors") => Format::Safetensors,
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        #[cfg(feature = "parquet")]
        Some("parquet") => Format::Parquet,
        #[cfg(not(feature = "parquet"))]
        Some("parquet") => {
            terminal.error("this build of caviar does not write Parquet: build it with its feature `parquet`");
            return Exit::Usage;
        }
        _ => {
            let to = args.to.display();
            terminal.error(format!(
                "what to write {to} as? A model is .onnx or .safetensors, trials are .csv, .json or .parquet"
            ));
            return Exit::Usage;
        }
    };
    if args.preprocess && format != Format::Onnx {
        terminal.error("only an .onnx can hold the preprocessing");
        return Exit::Usage;
    }
    let (opened, equipment) = match opened(&args.path, terminal) {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    let Some(notebook) = &opened.notebook else { return Exit::Mistakes };
    let bytes = match format {
        Format::Onnx | Format::Safetensors => {
            let best = match export::best(notebook, &args.name, &opened.base, &equipment) {
                Ok(best) => best,
                Err(error) => return failed(&error, terminal),
            };
            introduce(&best, terminal);
            let written = match best.training.precision {
                Precision::F32 => model::<f32>(&best, &equipment, format, args.preprocess),
                Precision::F64 => model::<f64>(&best, &equipment, format, args.preprocess),
            };
            match written {
                Ok(bytes) => bytes,
                Err(error) => return failed(&error, terminal),
            }
        }
        _ => match all_trials(args, notebook, &opened, &equipment, format) {
            Ok(bytes) => bytes,
            Err(error) => return failed(&error, terminal),
        },
    };
    if let Err(error) = atomic::replace(&args.to, &bytes) {
        terminal.error(format!("cannot write {}: {error}", args.to.display()));
        return Exit::Failed;
    }
    terminal.line(format!("written: {}", args.to.display()));
    Exit::Good
}

/// A file read and checked, and the store beside it.
pub fn opened(path: &Path, terminal: &Terminal) -> Result<(Opened, Equipment), Exit> {
    if !path.is_file() {
        terminal.error(format!("there is no file {}", path.display()));
        return Err(Exit::Usage);
    }
    let datasets = Arc::new(Datasets::new());
    let opened = open(path, &datasets);
    if opened.notebook.is_none() {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
        return Err(Exit::Mistakes);
    }
    match super::run::equipment(path, &Engine::default(), &datasets, false) {
        Ok(equipment) => Ok((opened, equipment)),
        Err(message) => {
            terminal.error(message);
            Err(Exit::Failed)
        }
    }
}

/// Which model it is.
pub fn introduce(best: &Best, terminal: &Terminal) {
    if !best.complete {
        let stored = best.study.trials.len();
        terminal.say(format!(
            "{}: {stored} of {} trials are stored; this is their best",
            best.study.experiment, best.total
        ));
    }
    let repetition =
        if best.trial.runs.len() > 1 { format!(", repetition {}", best.run.repetition + 1) } else { String::new() };
    let numbers = count(best.run.parameters as usize, "parameter");
    let (experiment, trial) = (&best.study.experiment, name::trial(&best.trial));
    terminal.say(format!("{experiment}: {trial}{repetition}, {numbers}"));
}

/// Say what went wrong.
pub fn failed(error: &ExportError, terminal: &Terminal) -> Exit {
    terminal.error(error.to_string());
    if let Some(help) = error.help() {
        terminal.say(format!("help: {help}"));
    }
    match error {
        ExportError::Run(RunError::Unknown(..)) => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn model<T: Real>(
    best: &Best,
    equipment: &Equipment,
    format: Format,
    preprocess: bool,
) -> Result<Vec<u8>, ExportError> {
    let model = Model::<T>::of(&best.training, equipment)?;
    match format {
        Format::Onnx => onnx::bytes(&model, preprocess),
        _ => safetensors::bytes(&model),
    }
}

/// All trials of the experiment: a row a run, or a JSON object a trial in a list.
fn all_trials(
    args: &Export,
    notebook: &Notebook,
    opened: &Opened,
    equipment: &Equipment,
    format: Format,
) -> Result<Vec<u8>, ExportError> {
    let study = export::trials(notebook, &args.name, &opened.base, equipment)?;
    let studies = BTreeMap::from([(args.name.clone(), study)]);
    match format {
        Format::Csv => return Ok(trials::csv(&studies).into_bytes()),
        #[cfg(feature = "parquet")]
        Format::Parquet => return export::parquet::bytes(&trials::sheet(&studies)),
        _ => {}
    }
    let results = outputs::judged(notebook, studies);
    let lines: Vec<String> = json::lines(&args.path.display().to_string(), notebook, &results)
        .into_iter()
        .filter(|line| {
            let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
            value.is_some_and(|value| value["kind"] == "trial")
        })
        .collect();
    Ok(format!("[\n{}\n]\n", lines.join(",\n")).into_bytes())
}
