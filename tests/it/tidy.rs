//! Rules of the house that no lint knows.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

/// Rooms in the order in which they may import one another: a room uses only those before it. A text and what is wrong with it are one line.
const ROOMS: &[&[&str]] = &[
    &["source", "diagnostic"],
    &["syntax"],
    &["kernel"],
    &["optim"],
    &["nn"],
    &["data"],
    &["vocabulary"],
    &["plan"],
    &["check"],
    &["record"],
    &["stats"],
    &["search"],
    &["train"],
    &["store"],
    &["report"],
    &["run"],
    &["export", "watch", "ide"],
    &["cli"],
];

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|line| line.contains(&room))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The text without its tests, which may use what they like.
fn product(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text)
}

#[test]
fn rooms_import_only_from_rooms_before_them() {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).expect("below src");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let room = first.trim_end_matches(".rs");
        let Some(own) = rank(room) else { continue };
        let text = fs::read_to_string(&file).expect("text");
        for part in product(&text).split("crate::").skip(1) {
            let target: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let targets: Vec<String> = if target.is_empty() && part.starts_with('{') {
                let inside = part[1..].split('}').next().unwrap_or_default();
                inside.split(',').map(|t| t.trim().split("::").next().unwrap_or_default().to_string()).collect()
            } else {
                vec![target]
            };
            for target in targets {
                if let Some(other) = rank(&target)
                    && (other > own || (other == own && target != room && own > 0))
                {
                    wrong.push(format!("{}: `{room}` uses `{target}`", relative.display()));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        for word in ["TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
    }
}
