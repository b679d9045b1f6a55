//! Which `.exp` files a folder has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is found below a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The `.exp` files.
    pub notebooks: BTreeSet<PathBuf>,
    /// The folders that were looked into, the given one too.
    pub folders: BTreeSet<PathBuf>,
}

/// All `.exp` files below a folder. Not looked into: hidden folders, outputs (`NAME.out`), `node_modules`, folders marked as
/// caches (`CACHEDIR.TAG`), and links to folders.
pub fn find(folder: &Path) -> Found {
    let mut found = Found::default();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        // A folder that is gone or closed to us has nothing.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if !passed_over(&path) {
                    open.push(path);
                }
            } else if is_notebook(&path) && (kind.is_file() || path.is_file()) {
                found.notebooks.insert(path);
            }
        }
        found.folders.insert(folder);
    }
    found
}

/// Whether a path is named as an experiment file (and is none of an editor's own).
pub fn is_notebook(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "exp") && !hidden(path)
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Whether a folder is not looked into.
pub fn passed_over(folder: &Path) -> bool {
    hidden(folder)
        || folder.extension().is_some_and(|extension| extension == "out")
        || folder.file_name().is_some_and(|name| name == "node_modules")
        || folder.join("CACHEDIR.TAG").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_caches_and_hidden_folders_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a.exp", "sub/b.exp", ".git/c.exp", "a.out/d.exp", "target/e.exp", "sub/.f.exp", "sub/g.txt"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::write(root.path().join("target/CACHEDIR.TAG"), "x").unwrap();
        let found = find(root.path());
        assert_eq!(found.notebooks, ["a.exp", "sub/b.exp"].map(|name| root.path().join(name)).into());
        assert_eq!(found.folders, [root.path().to_path_buf(), root.path().join("sub")].into());
        assert_eq!(find(&root.path().join("absent")), Found::default());
    }
}
