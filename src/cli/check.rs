//! `caviar check`: all mistakes, nothing trained.

use std::path::Path;

use super::Exit;
use super::args::Check;
use super::terminal::{self, Terminal};
use crate::diagnostic::{self, Diagnostic};
use crate::plan::notebook::Notebook;
use crate::report::name;
use crate::run::datasets::Datasets;
use crate::run::gradients;
use crate::run::open::open;

/// Backward passes and central differences in 64 bits agree to this relative error.
const GRADIENT_TOLERANCE: f64 = 1e-6;

/// Check every file.
pub fn run(args: &Check, terminal: &Terminal) -> Exit {
    let files = match terminal::files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    let datasets = Datasets::new();
    let mut exit = Exit::Good;
    for path in &files {
        let mut opened = open(path, &datasets);
        if args.fix {
            match fix(path, &opened.diagnostics, &opened.sources) {
                Ok(0) => {}
                Ok(n) => {
                    terminal.say(format!(
                        "{}: {} applied",
                        path.display(),
                        if n == 1 { "1 fix".into() } else { format!("{n} fixes") }
                    ));
                    opened = open(path, &datasets);
                }
                Err(error) => {
                    terminal.error(format!("cannot write {}: {error}", path.display()));
                    return Exit::Failed;
                }
            }
        }
        if args.json {
            for diagnostic in &opened.diagnostics {
                terminal.raw(diagnostic::json(diagnostic, &opened.sources));
            }
        } else {
            terminal.diagnostics(&opened.diagnostics, &opened.sources);
        }
        if opened.has_errors() {
            exit = Exit::Mistakes;
        } else if !args.json {
            let experiments = opened.notebook.as_ref().map_or(0, |n| n.experiments.len());
            terminal.line(format!("{}: no mistakes, {}", path.display(), terminal::count(experiments, "experiment")));
        }
        if let (true, Some(notebook)) = (args.gradients, &opened.notebook) {
            exit = exit.max(gradients(notebook, &opened.base, &datasets, terminal));
        }
    }
    exit
}

/// Compare the gradients of every network with finite differences.
fn gradients(notebook: &Notebook, base: &Path, datasets: &Datasets, terminal: &Terminal) -> Exit {
    let mut exit = Exit::Good;
    for experiment in &notebook.experiments {
        match gradients::check(experiment, base, datasets) {
            Err(message) => {
                terminal.error(format!("{}: {message}", experiment.name));
                exit = Exit::Failed;
            }
            Ok(checked) => {
                for one in checked {
                    let settings: Vec<String> =
                        one.settings.iter().map(|(name, value)| format!("{name} = {}", name::setting(value))).collect();
                    let with = if settings.is_empty() { String::new() } else { format!(" ({})", settings.join(", ")) };
                    let worst = one.report.worst();
                    let sound = worst <= GRADIENT_TOLERANCE;
                    let word = if sound { "gradients agree" } else { "GRADIENTS DISAGREE" };
                    terminal.line(format!("{}{with}: {word}, relative error {worst:.1e}", experiment.name));
                    for tensor in one.report.tensors.iter().filter(|t| t.error.is_nan() || t.error > GRADIENT_TOLERANCE)
                    {
                        terminal.line(format!("    {} {}: {:.1e}", tensor.layer, tensor.name, tensor.error));
                    }
                    if !sound {
                        exit = Exit::Failed;
                    }
                }
            }
        }
    }
    exit
}

fn fix(path: &Path, diagnostics: &[Diagnostic], sources: &crate::source::Sources) -> std::io::Result<usize> {
    let sure = diagnostic::sure_fixes(diagnostics);
    let (text, applied) = diagnostic::apply(&sources.get(0).text, 0, &sure);
    if applied > 0 {
        crate::record::atomic::replace(path, text.as_bytes())?;
    }
    Ok(applied)
}
