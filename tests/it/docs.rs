//! The commands that the documents show.

use std::path::Path;

use caviar::plan::notebook::Item;
use caviar::vocabulary::{self, Category};

use crate::harness::{Project, root};
use crate::suite::checked;

/// Run the commands in the `sh` boxes of a document in an empty folder, in their order; how many there are.
fn commands(document: &str) -> usize {
    let text = std::fs::read_to_string(root().join("docs").join(document)).unwrap();
    let project = Project::new();
    let programs = Path::new(env!("CARGO_BIN_EXE_caviar")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut count = 0;
    for block in text.split("```sh\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            let (command, comment) = line.split_once('#').unwrap_or((line, ""));
            let code = comment.trim().strip_prefix("exits with ").map_or(0, |code| code.parse().unwrap());
            let output = project.shell(command).env("PATH", &path).output().expect("a shell");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{command}\n{said}");
            count += 1;
        }
    }
    count
}

#[test]
fn the_commands_of_running_do_what_they_say() {
    assert!(commands("running.md") >= 13);
}

#[test]
fn the_commands_of_trial_do_what_they_say() {
    assert_eq!(commands("trial.md"), 5);
}

/// The page shows one of each kind of picture, each under lines of a notebook that has no mistakes.
#[test]
fn the_gallery_shows_every_kind() {
    let page = std::fs::read_to_string(root().join("docs/gallery.md")).unwrap();
    let notebook = root().join("docs/gallery.exp");
    let (sources, checked, found) = checked(&notebook);
    assert!(found.is_empty(), "{found:?}");
    let plots: Vec<_> = checked.notebook.unwrap().items.into_iter().filter(|i| matches!(i, Item::Plot(_))).collect();

    // The code of the page is the code of the notebook, in its order, and a picture stands under each plot.
    let source = &sources.get(0).text;
    let mut at = 0;
    let mut drawn = Vec::new();
    let parts: Vec<&str> = page.split("```").collect();
    for (code, after) in parts.iter().skip(1).step_by(2).zip(parts.iter().skip(2).step_by(2)) {
        at += source[at..].find(code.trim()).unwrap_or_else(|| panic!("not in the notebook: {code}"));
        if let Some((_, kind)) = code.split_once("draw = ").filter(|_| code.trim().starts_with("plot ")) {
            drawn.push(kind.split(|c: char| !c.is_alphanumeric()).next().unwrap());
            let file = after.split("](").nth(1).and_then(|rest| rest.split(')').next()).expect("a picture");
            assert!(root().join("docs").join(file).is_file(), "{file}");
        }
    }
    assert_eq!(drawn.len(), plots.len());
    for kind in vocabulary::calls(Category::Picture) {
        assert!(drawn.contains(&kind.name), "no `{}` in the gallery", kind.name);
        assert!(page.contains(&format!("\n## {}\n", kind.name)), "no heading for `{}`", kind.name);
    }
}
