//! The commands that the documents show.

use std::path::Path;

use crate::harness::{Project, root};

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
