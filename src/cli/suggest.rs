//! `caviar suggest`: ask and tell over JSON lines.

use std::io::BufRead;
use std::path::Path;

use super::Exit;
use super::terminal::Terminal;
use crate::record::lock;
use crate::run::datasets::Datasets;
use crate::run::open::open;
use crate::run::suggest::Suggester;
use crate::store;

/// Answer each line of standard input until it ends.
pub fn run(path: &Path, name: &str, terminal: &Terminal) -> Exit {
    let opened = open(path, &Datasets::new());
    let Some(notebook) = &opened.notebook else {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
        return Exit::Mistakes;
    };
    let Some(experiment) = notebook.experiments.iter().find(|e| e.name == name) else {
        let names: Vec<String> = notebook.experiments.iter().map(|e| format!("`{}`", e.name)).collect();
        terminal.error(format!("there is no experiment `{name}`; the file has {}", names.join(", ")));
        return Exit::Usage;
    };
    let journal = store::locate(path).join("suggest").join(format!("{}.jsonl", lock::plan(notebook, name)));
    let mut suggester = match Suggester::open(experiment, &journal) {
        Ok(suggester) => suggester,
        Err(error) => {
            terminal.error(error.to_string());
            return Exit::Failed;
        }
    };
    for line in std::io::stdin().lock().lines() {
        let answer = match line {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => suggester.answer(&line),
            Err(error) => {
                terminal.error(format!("cannot read standard input: {error}"));
                return Exit::Failed;
            }
        };
        match answer {
            Ok(answer) => terminal.raw(answer.to_string()),
            Err(error) => {
                terminal.error(error.to_string());
                return Exit::Failed;
            }
        }
    }
    Exit::Good
}
