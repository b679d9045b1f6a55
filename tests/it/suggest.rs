//! `caviar suggest` over its pipes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::harness::Project;

const NOTEBOOK: &str = r#"
experiment mine {
  run      = command("true {x} {y}")
  x        = linear(-1, 1)
  y        = log(1e-3, 1)
  search   = tpe(trials = 20)
  epochs   = 9
  prune    = halving(factor = 3)
  minimize = dev.loss
  lag      = 1
}
"#;

struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Session {
    fn start(project: &Project) -> Session {
        let mut child = project
            .command(&["suggest", "mine.exp", "mine"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        Session { child, to, from }
    }

    fn say(&mut self, line: Value) -> Value {
        writeln!(self.to, "{line}").expect("a line out");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("a line in");
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e}: {answer}"))
    }

    /// One trial asked for, told, and its settings.
    fn step(&mut self) -> Value {
        let trial = self.say(json!({ "ask": 1 }))["trials"][0].clone();
        let (x, y) = (trial["settings"]["x"].as_f64().expect("x"), trial["settings"]["y"].as_f64().expect("y"));
        assert_eq!(self.say(json!({ "tell": trial["id"], "value": x * x + y })), json!({ "ok": true }));
        trial
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

#[test]
fn a_killed_search_goes_on_with_the_same_suggestions() {
    let whole = Project::new().file("mine.exp", NOTEBOOK);
    let mut session = Session::start(&whole);
    let undisturbed: Vec<Value> = (0..12).map(|_| session.step()).collect();

    let broken = Project::new().file("mine.exp", NOTEBOOK);
    let mut trials = Vec::new();
    for _ in 0..4 {
        let mut session = Session::start(&broken);
        trials.extend((0..3).map(|_| session.step()));
        // Asked for and never told: given again.
        session.say(json!({ "ask": 1 }));
        session.kill();
    }
    assert_eq!(trials, undisturbed);
}

#[test]
fn mistakes_get_an_error_and_change_nothing() {
    let project = Project::new().file("mine.exp", NOTEBOOK);
    let mut session = Session::start(&project);
    for (line, word) in [
        (json!({ "tell": 0, "value": 1 }), "no trial 0"),
        (json!({ "ask": 0 }), "whole number"),
        (json!({ "hello": 1 }), "`ask` or `tell`"),
    ] {
        let answer = session.say(line);
        assert!(answer["error"].as_str().is_some_and(|e| e.contains(word)), "{answer}");
    }
    session.say(json!({ "ask": 1 }));
    assert!(session.say(json!({ "tell": 0, "value": "high" }))["error"].is_string());
    assert!(session.say(json!({ "tell": 0, "epoch": 3, "value": 1.0 }))["error"].is_string());
    assert_eq!(session.say(json!({ "tell": 0, "failed": "no memory" })), json!({ "ok": true }));
    assert!(session.say(json!({ "tell": 0, "value": 1 }))["error"].is_string());
}

#[test]
fn bad_trials_are_stopped_at_a_rung() {
    let project = Project::new().file("mine.exp", NOTEBOOK);
    let mut session = Session::start(&project);
    let mut stopped = 0;
    for trial in 0..6 {
        let id = session.say(json!({ "ask": 1 }))["trials"][0]["id"].clone();
        for epoch in 1..=9 {
            let answer =
                session.say(json!({ "tell": id, "epoch": epoch, "value": f64::from(trial) + 1.0 / f64::from(epoch) }));
            if answer["stop"] == json!(true) {
                stopped += 1;
                break;
            }
            if epoch == 9 {
                session.say(json!({ "tell": id, "value": trial }));
            }
        }
    }
    assert!(stopped >= 3, "{stopped} of 6 worse and worse trials were stopped");
}
