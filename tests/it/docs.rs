//! The commands that the documents show.

use crate::harness::{Project, root};

#[test]
fn the_commands_of_running_do_what_they_say() {
    let text = std::fs::read_to_string(root().join("docs/running.md")).unwrap();
    let project = Project::new();
    let mut count = 0;
    for block in text.split("```sh\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            let (command, comment) = line.split_once('#').unwrap_or((line, ""));
            let code = comment.trim().strip_prefix("exits with ").map_or(0, |code| code.parse().unwrap());
            let args: Vec<&str> = command.split_whitespace().skip(1).collect();
            project.run(&args).code(code);
            count += 1;
        }
    }
    assert!(count >= 13, "{count}");
}
