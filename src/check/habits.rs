//! What people write who come from other programs, and what they mean by it.

use crate::diagnostic::Diagnostic;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind};
use crate::vocabulary::{self, Call, Category, Param};

use super::checker::Checker;
use super::suggest;

/// The parts of an experiment whose parameters are taken for its keys, with the key that they are given to.
const PARTS: [(Category, &str, &str, &str); 6] = [
    (Category::Optimizer, "the optimizer", "optimizer", "adam"),
    (Category::Search, "the search", "search", "random"),
    (Category::Schedule, "the schedule", "schedule", "cosine"),
    (Category::Stop, "the rule to stop early", "early_stop", "patience"),
    (Category::Prune, "the pruning rule", "prune", "halving"),
    (Category::Loss, "the loss", "loss", "cross_entropy"),
];

/// Where a key belongs that an experiment has not: `rate` to its optimizer, `trials` to its search.
pub(super) fn part_of_experiment(key: &str, block: &Block) -> Option<String> {
    let own = suggest::elsewhere(key).filter(|here| *here != key);
    let is_key = |name: &str| vocabulary::block("experiment").is_some_and(|table| table.key(name).is_some());
    let names = std::iter::once(key).chain(own.filter(|here| !is_key(here)));
    for name in names {
        for (category, whose, of, usual) in PARTS {
            let with = |call: &&Call| call.param(name).is_some();
            let chosen = block.entries.iter().find_map(|entry| match entry {
                Entry::Field(field) if field.key.node == of => called(&field.value),
                _ => None,
            });
            let call = chosen
                .and_then(|name| vocabulary::call(category, name))
                .filter(with)
                .or_else(|| vocabulary::call(category, usual).filter(with))
                .or_else(|| vocabulary::calls(category).iter().find(with));
            if let Some(call) = call {
                let also = if name == key { String::new() } else { format!("is `{name}` here, and ") };
                return Some(format!("`{key}` {also}belongs to {whose}: `{of} = {}({name} = …)`", call.name));
            }
        }
    }
    None
}

/// The name that a value calls.
fn called(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Call(callee, _) => called(callee),
        _ => None,
    }
}

/// A value where a call of this category must stand: what is in quotes may be its name, or the path that it reads.
pub(super) fn instead_of_call(found: Diagnostic, value: &Expr, category: Category) -> Diagnostic {
    let ExprKind::Text(text) = &value.kind else {
        let shown = vocabulary::calls(category).iter().find(|call| !call.params.is_empty());
        let shown = shown.or(vocabulary::calls(category).first());
        return match shown {
            Some(call) => found.note(format!("for example `{}`", call.example)),
            None => found,
        };
    };
    if let Some(call) = vocabulary::call(category, text) {
        let bare = !call.params.iter().any(Param::is_required);
        let written = if category == Category::Source { format!("{text}()") } else { text.clone() };
        return match bare {
            true => found.replace("leave the quotes out", value.span, written, true),
            false => found.note(format!("it is written without quotes: `{}`", call.signature())),
        };
    }
    let source = match text.trim_end_matches(".gz").rsplit('.').next().map(str::to_lowercase).as_deref() {
        Some("csv" | "tsv" | "txt") => "csv(PATH, target = …)",
        Some("parquet") => "parquet(PATH, target = …)",
        Some("npz") => "npz(PATH)",
        _ if text.ends_with('/') => "images(PATH)",
        _ => "",
    };
    if category == Category::Source && !source.is_empty() {
        return found.note(format!("this file is read by `{}`", source.replace("PATH", &format!("\"{text}\""))));
    }
    match suggest::nearest(text, vocabulary::calls(category).iter().map(|call| call.name)) {
        Some(near) => found.note(format!("did you mean `{}`, without quotes?", near.name)),
        None => found.note(format!(
            "there are {}",
            suggest::listed(vocabulary::calls(category).iter().map(|call| call.name), 40)
        )),
    }
}

impl Checker<'_> {
    /// A value where a number must stand: one in quotes, or several of them.
    pub(super) fn instead_of_number(&self, found: Diagnostic, value: &Expr) -> Diagnostic {
        match &value.kind {
            ExprKind::Text(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                found.replace("leave the quotes out", value.span, text.trim(), true)
            }
            ExprKind::List(values) if values.len() > 1 && values.iter().all(is_number) => {
                let inside = self.sources.text(value.span).trim_start_matches('[').trim_end_matches(']');
                found.note("to try several values, let it be a choice of them").replace(
                    "write `choice(…)`",
                    value.span,
                    format!("choice({inside})"),
                    false,
                )
            }
            _ => found,
        }
    }

    /// An argument too many: `0,01` is a number to many readers, and two arguments here.
    pub(super) fn after_a_comma(&self, found: Diagnostic, before: Option<&Expr>, value: &Expr) -> Diagnostic {
        let digits = |expr: &Expr| {
            let text = self.sources.text(expr.span);
            (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_string())
        };
        let Some((before, whole, part)) = before.and_then(|before| Some((before, digits(before)?, digits(value)?)))
        else {
            return found;
        };
        // With a space behind the comma two values are meant.
        if before.span.end + 1 != value.span.start || before.span.file != value.span.file {
            return found;
        }
        let number = format!("{whole}.{part}");
        let span = crate::source::Span { end: value.span.end, ..before.span };
        found.note("the sign before decimals is a dot").replace(format!("write `{number}`"), span, number, false)
    }
}

fn is_number(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Number(_) => true,
        ExprKind::Negate(inner) => is_number(inner),
        _ => false,
    }
}

/// An argument that other programs have: what does its work here.
pub(super) fn argument_elsewhere(call: &Call, word: &str) -> Option<String> {
    let activation = matches!(word, "activation" | "nonlinearity" | "act");
    if call.category == Category::Layer && activation {
        return Some(format!("an activation is a layer of its own: `{}(…) -> relu`", call.name));
    }
    if call.category == Category::Layer && matches!(word, "input_shape" | "input_dim" | "in_features") {
        return Some("what reaches a layer is known from the data and the layers before it".into());
    }
    None
}
