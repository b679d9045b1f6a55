//! `caviar run --plan`: what a run would do and why.

use serde_json::json;

use super::terminal::{Terminal, count};
use crate::report::json::settings;
use crate::report::name;
use crate::run::plan::{Line, Plan, Planned};

/// Lines of one kind that a terminal shows.
const LINES: usize = 12;

/// Say what a run would do.
pub fn show(plan: &Plan, threads: usize, terminal: &Terminal) {
    for planned in &plan.experiments {
        one(planned, terminal);
    }
    if !plan.anything() {
        terminal.line("nothing to train");
        return;
    }
    let known: Option<f64> = plan.experiments.iter().filter(|e| busy(e)).map(|e| e.seconds).sum();
    terminal.line(match known {
        Some(seconds) => format!("about {} with {}", duration(seconds / threads as f64), count(threads, "thread")),
        None => "how long it takes is not known: nothing like it is stored".into(),
    });
}

fn busy(planned: &Planned) -> bool {
    !planned.continued.is_empty() || !planned.new.is_empty() || planned.later.is_some()
}

fn one(planned: &Planned, terminal: &Terminal) {
    let parts = [
        (planned.cached, "cached"),
        (planned.continued.len(), "continued"),
        (planned.new.len(), "new"),
        (planned.dropped.len(), "dropped"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let head = if parts.is_empty() { "nothing is known yet".into() } else { parts.join(", ") };
    terminal.line(format!("{}: {head}", planned.name));
    for reason in &planned.reasons {
        terminal.line(format!("  because {reason}"));
    }
    list(&planned.continued, terminal, |(line, from, to)| {
        format!("  continued {}: from epoch {from} to {to}", trial(line))
    });
    list(&planned.new, terminal, |line| format!("  new       {}", trial(line)));
    list(&planned.dropped, terminal, |line| format!("  dropped   {}", trial(line)));
    if let Some((trials, whose)) = &planned.later {
        let what = count(*trials as usize, if planned.cached + planned.new.len() > 0 { "more trial" } else { "trial" });
        terminal.line(if *whose == planned.name {
            format!("  later     {what}, which the search chooses from the results of those before")
        } else {
            format!("  later     {what}, once {whose} is done")
        });
    }
    if planned.undecided > 0 {
        terminal.line(format!(
            "  open      {} of the last run, which may be chosen again",
            count(planned.undecided, "trial")
        ));
    }
}

fn list<T>(items: &[T], terminal: &Terminal, text: impl Fn(&T) -> String) {
    items.iter().take(LINES).for_each(|item| terminal.line(text(item)));
    if items.len() > LINES {
        terminal.line(format!("            and {} more", items.len() - LINES));
    }
}

fn trial(line: &Line) -> String {
    let settings: Vec<String> = line.settings.iter().map(|(k, v)| format!("{k} = {}", name::setting(v))).collect();
    match settings.join(", ") {
        none if none.is_empty() => format!("trial {}", line.trial + 1),
        some => format!("trial {} ({some})", line.trial + 1),
    }
}

/// Seconds as a person says them.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{} ms", (s * 1000.0).ceil()),
        s if s < 100.0 => format!("{} s", s.ceil()),
        s if s < 6000.0 => format!("{} min", (s / 60.0).round()),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// The plan as JSON lines, one an experiment.
pub fn json(file: &str, plan: &Plan, terminal: &Terminal) {
    let line = |line: &Line| json!({ "trial": line.trial, "settings": settings(&line.settings) });
    for planned in &plan.experiments {
        let continued: Vec<_> = planned
            .continued
            .iter()
            .map(|(of, from, to)| json!({ "trial": of.trial, "from": from, "epochs": to }))
            .collect();
        let text = json!({
            "kind": "plan", "file": file, "experiment": planned.name, "cached": planned.cached,
            "continued": continued,
            "new": planned.new.iter().map(line).collect::<Vec<_>>(),
            "dropped": planned.dropped.iter().map(line).collect::<Vec<_>>(),
            "open": planned.undecided,
            "later": planned.later.as_ref().map_or(0, |(trials, _)| *trials),
            "reasons": planned.reasons, "seconds": planned.seconds,
        });
        terminal.raw(text.to_string());
    }
}
