//! `caviar check`: all mistakes, nothing trained.

use super::Exit;
use super::args::Check;
use super::terminal::{self, Terminal};
use crate::diagnostic::{self, Diagnostic};
use crate::run::datasets::Datasets;
use crate::run::open::open;

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
                terminal.line(diagnostic::json(diagnostic, &opened.sources));
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
    }
    exit
}

fn fix(path: &std::path::Path, diagnostics: &[Diagnostic], sources: &crate::source::Sources) -> std::io::Result<usize> {
    let sure = diagnostic::sure_fixes(diagnostics);
    let (text, applied) = diagnostic::apply(&sources.get(0).text, 0, &sure);
    if applied > 0 {
        crate::record::atomic::replace(path, text.as_bytes())?;
    }
    Ok(applied)
}
