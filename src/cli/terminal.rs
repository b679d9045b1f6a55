//! Where output goes: colour, width, and pipes that close.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::Color;
use super::wrap::wrap;
use crate::diagnostic::{self, Diagnostic};
use crate::report::table::Style;
use crate::source::Sources;

/// The width that is used where none is known.
const WIDTH: usize = 100;

/// How far in a message goes on in its next line.
const HANG: usize = 2;

/// Rows of a table that a terminal shows; the report has them all.
const TABLE_ROWS: usize = 40;

/// What is known of where output goes.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether standard output is coloured.
    pub color: bool,
    /// Whether standard error is coloured.
    pub error_color: bool,
    /// Whether standard output is a terminal.
    pub output: bool,
    /// Whether standard output is a terminal that can be cleared.
    pub clears: bool,
    /// Whether standard error is a terminal that can move its cursor.
    pub error: bool,
    /// Columns of standard output.
    pub width: usize,
}

impl Terminal {
    /// Look at the process's streams and environment once.
    pub fn new(color: Color) -> Self {
        let output = std::io::stdout().is_terminal();
        let error = std::io::stderr().is_terminal();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let decide = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !plain && !dumb,
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        Terminal {
            color: decide(output),
            error_color: decide(error),
            output,
            clears: output && !dumb,
            error: error && !dumb,
            width: columns.or_else(|| terminal_size::terminal_size().map(|(w, _)| w.0 as usize)).unwrap_or(WIDTH),
        }
    }

    /// How tables are written.
    pub fn table(&self) -> Style {
        Style { width: self.width.min(u16::MAX as usize) as u16, color: self.color, rows: TABLE_ROWS }
    }

    /// Print to standard output what a person reads.
    pub fn line(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.raw(if self.output { wrap(text, self.width, HANG) } else { text.into() });
    }

    /// Print to standard output paragraphs and lists: what goes on in a next line stands as far in as it began.
    pub fn page(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.raw(if self.output { wrap(text, self.width, 0) } else { text.into() });
    }

    /// Print to standard output what a program reads, as it is; a closed pipe ends the program quietly.
    pub fn raw(&self, text: impl AsRef<str>) {
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{}", text.as_ref()).is_err() {
            std::process::exit(0);
        }
    }

    /// Print to standard error.
    pub fn say(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", self.fitted(text.as_ref()));
    }

    /// A message as it is said on standard error.
    pub fn fitted<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.error { wrap(text, self.width, HANG) } else { text.into() }
    }

    /// Print an error that has no place in a file.
    pub fn error(&self, text: impl AsRef<str>) {
        let (on, off) = if self.error_color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.say(format!("{on}error{off}: {}", text.as_ref()));
    }

    /// Print diagnostics to standard error, and how many there are.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        let style = diagnostic::Style { color: self.error_color, width: self.width.clamp(40, 140) };
        for diagnostic in diagnostics {
            self.say(diagnostic::render(diagnostic, sources, style));
        }
        let errors = diagnostics.iter().filter(|d| d.is_error()).count();
        let warnings = diagnostics.len() - errors;
        if errors + warnings > 0 {
            self.say(match (errors, warnings) {
                (e, 0) => count(e, "mistake"),
                (0, w) => count(w, "warning"),
                (e, w) => format!("{}, {}", count(e, "mistake"), count(w, "warning")),
            });
        }
    }
}

/// `1 trial`, `3 trials`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The `.exp` files that paths stand for: a folder stands for those in it, by name; or what is wrong with a path.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let found = in_folder(path)?;
            if found.is_empty() {
                return Err(format!("there is no .exp file in the folder {}", path.display()));
            }
            files.extend(found);
        } else if path.exists() {
            files.push(path.clone());
        } else {
            return Err(missing(path));
        }
    }
    files.dedup();
    Ok(files)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("cannot read the folder {}: {e}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "exp") && p.is_file())
        .collect();
    found.sort();
    Ok(found)
}

fn missing(path: &Path) -> String {
    let near = path
        .parent()
        .map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p })
        .and_then(|p| in_folder(p).ok())
        .unwrap_or_default();
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let wanted = name(path);
    let best = near.iter().map(|p| (strsim::jaro_winkler(&name(p), &wanted), p)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, near)) if score > 0.8 => {
            let near = near.strip_prefix(".").unwrap_or(near);
            format!("there is no file {}; did you mean {}?", path.display(), near.display())
        }
        _ => format!("there is no file {}", path.display()),
    }
}
