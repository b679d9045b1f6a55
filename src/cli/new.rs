//! `caviar new`: a first file to edit.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Exit;
use super::terminal::Terminal;

/// A commented notebook that runs in seconds.
pub const FIRST: &str = include_str!("first.exp");

/// Write the first file; one that is there is left alone.
pub fn run(path: &Path, terminal: &Terminal) -> Exit {
    let path: PathBuf = if path.extension().is_some_and(|e| e == "exp") {
        path.to_path_buf()
    } else {
        path.with_added_extension("exp")
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(FIRST.as_bytes())
    });
    match written {
        Ok(()) => {
            terminal.line(format!("wrote {0}; next: caviar run {0}", path.display()));
            Exit::Good
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            terminal.error(format!("{} is there already; it was left alone", path.display()));
            Exit::Usage
        }
        Err(error) => {
            terminal.error(format!("cannot write {}: {error}", path.display()));
            Exit::Failed
        }
    }
}
