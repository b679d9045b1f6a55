//! What is printed on real terminals: narrow ones, ones that can do nothing, and none.

use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use crate::harness::Project;

const NOTEBOOK: &str = r#"
data flowers { source = iris(), normalize = zscore }

network mlp { dense(width) -> relu -> dense(classes) -> softmax }

let width = int(4, 16)

experiment a_name_of_some_length {
  data      = flowers
  network   = mlp
  optimizer = adam(rate = log(1e-2, 1e-1))
  epochs    = 2
  search    = random(trials = 3)
  seeds     = 2
}

table "What the experiment of some length gave" { of = a_name_of_some_length, show = [rate, width, dev.loss, dev.accuracy, test.loss, test.accuracy] }

claim "the best of all these is better than what anybody would have expected of so few epochs" {
  a_name_of_some_length.best.dev.accuracy > 10%
}
"#;

const BROKEN: &str =
    "experiment a_name_of_some_length { epoch = 20, batch_size = 32, optimizer = addam(learning_rate = 0.01) }\n";

/// What a command prints on a terminal of that width, whatever the stream.
fn on_terminal(project: &Project, columns: usize, args: &[&str], settings: &[(&str, &str)]) -> String {
    let mut line = format!("stty cols {columns} rows 50; exec '{}'", env!("CARGO_BIN_EXE_caviar"));
    args.iter().for_each(|arg| line.push_str(&format!(" '{arg}'")));
    let mut command = Command::new("script");
    command.args(["--quiet", "--command", &line, "/dev/null"]).current_dir(project.path("."));
    for name in ["COLUMNS", "NO_COLOR", "TERM", "CI", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.envs(settings.iter().copied()).stdin(Stdio::null()).output().expect("script is there");
    String::from_utf8(output.stdout).expect("text").replace("\r\n", "\n")
}

/// The lines as they are seen: without signs that colour, each state of a line that is drawn anew on its own. What is
/// filled up with spaces to the edge goes on below.
fn seen(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        let line = lines.last_mut().expect("there is one");
        match c {
            '\u{1b}' => {
                if letters.by_ref().find(|c| c.is_ascii_alphabetic()) != Some('m') {
                    lines.push(String::new());
                }
            }
            '\r' | '\n' => lines.push(String::new()),
            c => {
                line.push(c);
                if c == ' ' && line.width() == columns {
                    lines.push(String::new());
                }
            }
        }
    }
    lines
}

fn project() -> Project {
    Project::new().file("notebook.exp", NOTEBOOK).file("broken.exp", BROKEN)
}

#[test]
fn nothing_is_wider_than_a_narrow_terminal() {
    let project = project();
    let commands: [&[&str]; 20] = [
        &[],
        &["help"],
        &["help", "experiment"],
        &["help", "E0109"],
        &["help", "pictures"],
        &["help", "unheard_of"],
        &["new", "first"],
        &["check", "broken.exp"],
        &["check", "notebook.exp", "first.exp"],
        &["check", "notbook.exp"],
        &["fmt", "--check", "notebook.exp"],
        &["run", "--plan", "notebook.exp"],
        &["run", "notebook.exp"],
        &["run", "notebook.exp"],
        &["show", "notebook.exp"],
        &["show", "--trials", "notebook.exp"],
        &["data", "notebook.exp"],
        &["verify", "notebook.exp"],
        &["diff", "notebook.exp"],
        &["clean", "."],
    ];
    let mut wide = String::new();
    for args in commands {
        for columns in [40, 60] {
            let printed = on_terminal(&project, columns, args, &[("TERM", "xterm-256color")]);
            assert!(!printed.trim().is_empty(), "{args:?} prints nothing");
            for line in seen(&printed, columns).iter().filter(|line| line.trim_end().width() > columns) {
                // A word that no line has room for is left whole.
                if line.split_whitespace().all(|word| word.width() + 8 < columns) {
                    wide += &format!("{} at {columns}: {line}\n", args.join(" "));
                }
            }
        }
    }
    assert!(wide.is_empty(), "\n{wide}");
}

#[test]
fn a_terminal_that_can_do_nothing_gets_plain_lines() {
    let project = project();
    let runs: [&[&str]; 4] =
        [&["run", "notebook.exp"], &["check", "broken.exp"], &["help", "log"], &["show", "notebook.exp"]];
    for settings in [&[] as &[(&str, &str)], &[("TERM", "dumb")]] {
        for args in runs {
            let printed = on_terminal(&project, 80, args, settings);
            assert!(!printed.contains('\u{1b}') && !printed.contains('\r'), "{args:?} {settings:?}: {printed:?}");
        }
    }
}

/// Signs that colour; those that move the cursor are no colours.
fn colours(text: &str) -> usize {
    let mut count = 0;
    for part in text.split("\u{1b}[").skip(1) {
        count += usize::from(part.find(|c: char| c.is_ascii_alphabetic()).is_some_and(|n| part[n..].starts_with('m')));
    }
    count
}

#[test]
fn colours_are_for_those_who_want_them() {
    let project = project();
    let terminal = ("TERM", "xterm-256color");
    for args in [&["run", "--fresh", "notebook.exp"] as &[&str], &["check", "broken.exp"]] {
        assert!(colours(&on_terminal(&project, 80, args, &[terminal])) > 0, "{args:?}");
        let plain = on_terminal(&project, 80, args, &[terminal, ("NO_COLOR", "1")]);
        assert_eq!(colours(&plain), 0, "{args:?}: {plain:?}");
        let never: Vec<&str> = ["--color", "never"].iter().chain(args).copied().collect();
        let plain = on_terminal(&project, 80, &never, &[terminal]);
        assert_eq!(colours(&plain), 0, "{never:?}: {plain:?}");
        // Off a terminal.
        let ran = project.run(args);
        assert_eq!((colours(&ran.stdout()), colours(&ran.stderr())), (0, 0), "{args:?}");
        let always: Vec<&str> = ["--color", "always"].iter().chain(args).copied().collect();
        let ran = project.run(&always);
        assert!(colours(&ran.stdout()) + colours(&ran.stderr()) > 0 || args[0] == "run", "{always:?}");
    }
}

#[test]
fn a_pipe_gets_whole_lines_and_results_alone() {
    let project = project();
    let ran = project.run(&["run", "notebook.exp"]).code(0);
    let results = ran.stdout();
    assert!(results.starts_with("**What the experiment") || results.contains("| trial |"), "{results}");
    assert!(results.lines().any(|line| line.len() > 90), "a line is not broken: {results}");
    assert!(!results.contains("trial 0 ("), "progress is said on the other stream: {results}");
    assert!(!format!("{results}{}", ran.stderr()).contains('\u{1b}'));
    let help = project.run(&["help", "experiment"]).code(0);
    assert!(help.stdout().lines().any(|line| line.len() > 80) && help.stderr().is_empty());
}
