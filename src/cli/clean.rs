//! `caviar clean`: take out of the store what no current file uses.

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::{Clean, Engine};
use super::terminal::{Terminal, count};
use crate::plan::notebook::Notebook;
use crate::run::datasets::Datasets;
use crate::run::open::open;
use crate::run::{memo, used};
use crate::store::{self, StoreError, Wanted};
use crate::watch;

/// Clean the store of a file or folder.
pub fn run(args: &Clean, terminal: &Terminal) -> Exit {
    let path = args.path.as_deref().unwrap_or(Path::new("."));
    if !path.exists() {
        terminal.error(format!("there is no file or folder {}", path.display()));
        return Exit::Usage;
    }
    let folder = store::locate(path);
    if !folder.exists() {
        terminal.line(format!("there is no store {}", folder.display()));
        return Exit::Good;
    }
    let top = folder.parent().unwrap_or(Path::new(".")).to_path_buf();
    let datasets = Arc::new(Datasets::new());
    let mut wanted = Wanted::default();
    let mut known = true;
    let files = watch::find(&top).notebooks;
    for file in &files {
        let equipment = match super::run::equipment(file, &Engine::default(), &datasets, false) {
            Ok(equipment) => equipment,
            Err(message) => {
                terminal.error(message);
                return Exit::Failed;
            }
        };
        if equipment.store.folder() != folder {
            continue;
        }
        let opened = open(file, &datasets);
        let memo = memo::recall(file, &equipment.store);
        if let Some(memo) = &memo {
            used::add_memo(memo, file, &equipment, &mut wanted);
        }
        let plan: Option<&Notebook> = opened.notebook.as_ref().or(memo.as_ref().map(|memo| &memo.notebook));
        match plan.map(|plan| used::add(plan, &opened.base, &equipment, &mut wanted)) {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                terminal.error(format!("{}: {error}", file.display()));
                known = false;
            }
            None => {
                terminal.diagnostics(&opened.diagnostics, &opened.sources);
                terminal.error(format!("{}: with these mistakes it is not known what it uses", file.display()));
                known = false;
            }
        }
    }
    if !known {
        terminal.say("nothing was taken out; mend the files, or delete the whole store: it can be computed again");
        return Exit::Mistakes;
    }
    let cleaned = store::Store::open(&folder).and_then(|store| store.clean(&wanted));
    match cleaned {
        Ok(cleaned) => {
            terminal.line(format!(
                "{}: {} files use {}; {}, {} and {} pictures' numbers taken out, {:.1} MB",
                folder.display(),
                files.len(),
                count(wanted.runs.len(), "run"),
                count(cleaned.runs, "run"),
                count(cleaned.checkpoints, "checkpoint"),
                cleaned.inspections,
                cleaned.bytes as f64 / 1e6
            ));
            if cleaned.in_use > 0 {
                terminal.say(format!("{} in use by other processes, and left", count(cleaned.in_use, "file")));
            }
            Exit::Good
        }
        Err(error @ StoreError::Busy { .. }) => {
            terminal.error(error.to_string());
            Exit::Usage
        }
        Err(error) => {
            terminal.error(error.to_string());
            Exit::Failed
        }
    }
}
