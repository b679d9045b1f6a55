//! A notebook and the files that it imports.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::parser::parse;
use super::tree::{File, Item};
use crate::diagnostic::Diagnostic;
use crate::source::{ReadError, Source, Sources, Span};

/// Read and parse a notebook and everything that it imports, each file once.
///
/// File number 0 is the notebook. Paths are relative to the importing file. A file that cannot be read or is no text, and a
/// circle of imports, are among the mistakes; [`super::tree::Use::file`] tells which file an import leads to. `read` is
/// [`crate::source::read`], or hands out what an editor has open.
pub fn load(
    path: &Path,
    read: &mut dyn FnMut(&Path) -> Result<Source, ReadError>,
) -> (Sources, Vec<File>, Vec<Diagnostic>) {
    let mut loading =
        Loading { read, sources: Sources::default(), files: Vec::new(), mistakes: Vec::new(), known: HashMap::new() };
    match (loading.read)(path) {
        Ok(source) => {
            loading.add(path, source);
        }
        Err(error) => {
            let file = loading.sources.add(error.source(&path.to_string_lossy()));
            loading.files.push(File::default());
            loading.mistakes.push(error.diagnostic(file));
        }
    }
    let mut at = 0;
    let mut imports: Vec<Vec<(u32, Span)>> = Vec::new();
    while at < loading.files.len() {
        let found = loading.imports(at);
        imports.push(found);
        at += 1;
    }
    loading.circles(&imports);
    (loading.sources, loading.files, loading.mistakes)
}

struct Loading<'a> {
    read: &'a mut dyn FnMut(&Path) -> Result<Source, ReadError>,
    sources: Sources,
    files: Vec<File>,
    mistakes: Vec<Diagnostic>,
    known: HashMap<PathBuf, u32>,
}

impl Loading<'_> {
    fn add(&mut self, path: &Path, source: Source) -> u32 {
        let file = self.sources.add(source);
        self.known.insert(plain(path), file);
        let (tree, mut mistakes) = parse(&self.sources, file);
        self.files.push(tree);
        self.mistakes.append(&mut mistakes);
        file
    }

    /// Find the files that file number `at` imports, reading those that are new.
    fn imports(&mut self, at: usize) -> Vec<(u32, Span)> {
        let folder = Path::new(&self.sources.files()[at].name).parent().map(Path::to_path_buf).unwrap_or_default();
        let wanted: Vec<(usize, String, Span)> = self.files[at]
            .items
            .iter()
            .enumerate()
            .filter_map(|(n, item)| match item {
                Item::Use(used) => Some((n, used.path.node.clone(), used.path.span)),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for (n, name, span) in wanted {
            if Path::new(&name).extension().is_none_or(|extension| extension != "exp") {
                let mistake = Diagnostic::error("E0004", format!("cannot import \"{name}\": it is no notebook"), span)
                    .label("this file")
                    .note("the name of a notebook ends with `.exp`");
                self.mistakes.push(mistake);
                continue;
            }
            let path = folder.join(&name);
            let file = match self.known.get(&plain(&path)) {
                Some(&file) => file,
                None => match (self.read)(&path) {
                    Ok(source) => self.add(&path, source),
                    Err(error) => {
                        self.unread(&error, &name, span);
                        continue;
                    }
                },
            };
            if let Item::Use(used) = &mut self.files[at].items[n] {
                used.file = Some(file);
            }
            found.push((file, span));
        }
        found
    }

    fn unread(&mut self, error: &ReadError, name: &str, span: Span) {
        let mistake = Diagnostic::error("E0004", format!("cannot import \"{name}\": {}", error.reason()), span)
            .label("this file")
            .note("the path is relative to the file that imports it");
        self.mistakes.push(mistake);
    }

    /// Report each import that leads back to the file that it stands in.
    fn circles(&mut self, imports: &[Vec<(u32, Span)>]) {
        // 0: not visited, 1: on the way, 2: done.
        let mut state = vec![0u8; imports.len()];
        for start in 0..imports.len() {
            let mut way: Vec<(usize, usize)> = Vec::new();
            if state[start] == 0 {
                state[start] = 1;
                way.push((start, 0));
            }
            while let Some((file, next)) = way.last_mut() {
                let Some(&(target, span)) = imports[*file].get(*next) else {
                    state[*file] = 2;
                    way.pop();
                    continue;
                };
                *next += 1;
                match state[target as usize] {
                    0 => {
                        state[target as usize] = 1;
                        way.push((target as usize, 0));
                    }
                    1 => {
                        let from = way.iter().position(|(f, _)| *f == target as usize).unwrap_or(0);
                        let mut names: Vec<&str> =
                            way[from..].iter().map(|(f, _)| self.sources.files()[*f].name.as_str()).collect();
                        names.push(&self.sources.files()[target as usize].name);
                        let mistake = Diagnostic::error("E0005", "files import each other in a circle", span)
                            .label("this closes the circle")
                            .note(names.join(" -> "))
                            .note("move what both need to a third file");
                        self.mistakes.push(mistake);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The path without `.` and `name/..`, to tell whether two lead to the same file.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
