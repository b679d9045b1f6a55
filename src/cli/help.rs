//! `caviar help TOPIC`, and what `caviar` alone says.

use super::Exit;
use super::terminal::Terminal;
use crate::{diagnostic::codes, vocabulary};

/// What to do next.
pub const WELCOME: &str = "\
caviar: a declarative experiment notebook for neural networks

  caviar new first.exp      write a first file to edit
  caviar run first.exp      train, draw, test claims
  caviar watch first.exp    the same on every save
  caviar check first.exp    all mistakes, nothing trained
  caviar help TOPIC         any kind, key, layer, space, metric or error code
  caviar --help             all commands";

/// Explain a topic, or list them.
pub fn run(topic: &[String], terminal: &Terminal) -> Exit {
    let topic = topic.join(" ");
    if topic.is_empty() {
        terminal.line(vocabulary::topics().join("\n"));
        return Exit::Good;
    }
    if let Some(code) = codes::find(&topic) {
        terminal.line(codes::explain(code));
        return Exit::Good;
    }
    match vocabulary::help(&topic) {
        Some(text) => {
            terminal.line(text);
            Exit::Good
        }
        None => {
            let near = near(&topic);
            terminal.error(format!("there is no topic `{topic}`{near} (`caviar help` lists them)"));
            Exit::Usage
        }
    }
}

/// The topic that was likely meant.
fn near(topic: &str) -> String {
    let all = vocabulary::topics();
    let best = all.iter().map(|name| (strsim::jaro_winkler(name, topic), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score > 0.75).map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default()
}
