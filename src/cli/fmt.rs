//! `caviar fmt`: the canonical layout.

use super::Exit;
use super::args::Fmt;
use super::terminal::{self, Terminal};
use crate::diagnostic::Diagnostic;
use crate::source::{self, Source, Sources};
use crate::syntax;

/// Format every file, or with `--check` only say which are not formatted. A file with syntax errors is left as it is.
pub fn run(args: &Fmt, terminal: &Terminal) -> Exit {
    let files = match terminal::files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            terminal.error(message);
            return Exit::Usage;
        }
    };
    let mut exit = Exit::Good;
    for path in &files {
        let name = path.display().to_string();
        let tell = |source: Source, mistakes: &[Diagnostic]| {
            let mut sources = Sources::default();
            sources.add(source);
            terminal.diagnostics(mistakes, &sources);
        };
        let text = match source::read(path) {
            Ok(source) => source.text,
            Err(error) => {
                tell(error.source(&name), &[error.diagnostic(0)]);
                exit = exit.max(Exit::Mistakes);
                continue;
            }
        };
        match syntax::format(&text) {
            Err(mistakes) => {
                tell(Source::new(name, text), &mistakes);
                exit = exit.max(Exit::Mistakes);
            }
            Ok(formatted) if formatted == text => {}
            Ok(_) if args.check => {
                terminal.line(format!("{name}: not formatted"));
                exit = exit.max(Exit::Different);
            }
            Ok(formatted) => {
                if let Err(error) = crate::record::atomic::replace(path, formatted.as_bytes()) {
                    terminal.error(format!("cannot write {name}: {error}"));
                    exit = exit.max(Exit::Failed);
                }
            }
        }
    }
    exit
}
