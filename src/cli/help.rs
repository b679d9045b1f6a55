//! `caviar help TOPIC`, and what `caviar` alone says.

use std::path::Path;

use clap::CommandFactory;

use super::Exit;
use super::args::Args;
use super::terminal::{self, Terminal};
use crate::check;
use crate::{diagnostic::codes, vocabulary};

/// What to do next; where a folder has notebooks, with the first of them.
pub fn welcome(folder: &Path) -> String {
    let notebooks = terminal::files(&[folder.to_path_buf()]).unwrap_or_default();
    let first = notebooks.first().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let name = first.clone().unwrap_or_else(|| "first.exp".into());
    let mut lines = vec![
        ("caviar new first.exp".to_string(), "write a first file to edit"),
        (format!("caviar run {name}"), "train, draw, test claims"),
        (format!("caviar watch {name}"), "the same on every save"),
        (format!("caviar check {name}"), "all mistakes, nothing trained"),
        ("caviar help TOPIC".into(), "any kind, key, layer, space, metric or error code"),
        ("caviar --help".into(), "all commands"),
    ];
    if first.is_some() {
        lines.remove(0);
    }
    let width = lines.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = lines.iter().map(|(command, what)| format!("  {command:width$}  {what}")).collect();
    format!("caviar: a declarative experiment notebook for neural networks\n\n{}", lines.join("\n"))
}

/// Explain a topic, or list them.
pub fn run(topic: &[String], terminal: &Terminal) -> Exit {
    let topic = topic.join(" ");
    let topic = topic.trim();
    if topic.is_empty() {
        terminal.page(format!(
            "`caviar help TOPIC` explains any of these, and any parameter of theirs: `caviar help adam.rate`.\n\
             `caviar help CODE` explains the code of a message, such as E0109; `caviar COMMAND --help` a command.\n\n{}",
            vocabulary::index()
        ));
        return Exit::Good;
    }
    if let Some(code) = codes::find(topic) {
        terminal.page(codes::explain(code));
        return Exit::Good;
    }
    let mut parts: Vec<String> = vocabulary::help(topic).into_iter().collect();
    parts.extend(command(topic));
    if parts.is_empty()
        && let Some(here) = check::elsewhere(topic)
    {
        parts.push(format!("`{topic}` is called `{here}` here.\n"));
        parts.extend(vocabulary::help(here));
    }
    if parts.is_empty() {
        let near: Vec<String> = vocabulary::similar(topic).iter().take(3).map(|name| format!("`{name}`")).collect();
        let near = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
        terminal.error(format!("there is no topic `{topic}`{near} (`caviar help` lists them)"));
        return Exit::Usage;
    }
    terminal.page(parts.join("\n").trim_end());
    Exit::Good
}

/// What a command of the program does.
fn command(name: &str) -> Option<String> {
    let all = Args::command();
    let command = all.get_subcommands().find(|command| command.get_name() == name)?;
    let about = command.get_about().map(|about| about.to_string()).unwrap_or_default();
    Some(format!("caviar {name}, a command\n\n  {about}.\n  `caviar {name} --help` lists its arguments.\n"))
}
