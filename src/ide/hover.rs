//! What is known of the word under the pointer, as Markdown.

use super::{Analysis, distribution};
use crate::check::{LayerNote, Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Item};
use crate::vocabulary::{self, Call, Default, Param};

/// Text about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The place.
    pub span: Span,
    /// What is known of it.
    pub markdown: String,
}

/// Lines of a definition that are shown.
const LINES: usize = 12;

/// What is known of the word at a byte of the notebook.
pub fn hover(analysis: &Analysis, offset: usize) -> Option<Hover> {
    let symbol = analysis.symbol_at(offset)?;
    let mut parts: Vec<String> = Vec::new();
    match symbol.kind {
        SymbolKind::Block => parts.extend(vocabulary::block(&symbol.name).map(block)),
        SymbolKind::Key => {
            let (kind, key) = symbol.name.split_once('.')?;
            parts.extend(vocabulary::block(kind).and_then(|block| block.key(key)).map(|found| param(kind, found)));
        }
        SymbolKind::Parameter => {
            let (name, of) = symbol.name.rsplit_once('.')?;
            parts
                .extend(vocabulary::calls_named(name).filter_map(|call| call.param(of)).next().map(|p| param(name, p)));
        }
        SymbolKind::Call => {
            parts.extend(layer(analysis, symbol));
            parts.extend(space(analysis, symbol));
            parts.extend(vocabulary::calls_named(&symbol.name).take(2).map(call));
        }
        SymbolKind::Measure => {
            let name = symbol.name.rsplit('.').next().unwrap_or_default();
            let name = name.split('(').next().unwrap_or_default();
            parts.extend(vocabulary::calls_named(name).next().map(call));
        }
        SymbolKind::Word => parts.extend(vocabulary::help(&symbol.name).map(|text| fenced("text", &text))),
        SymbolKind::Label | SymbolKind::Column => parts.push(format!("`{}`", symbol.name)),
        SymbolKind::Let
        | SymbolKind::As
        | SymbolKind::Data
        | SymbolKind::Network
        | SymbolKind::Experiment
        | SymbolKind::Import
        | SymbolKind::Setting => {
            parts.extend(definition(analysis, symbol));
            parts.extend(drawn(analysis, symbol));
        }
    }
    (!parts.is_empty()).then(|| Hover { span: symbol.span, markdown: parts.join("\n\n") })
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```", text.trim_end())
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn block(block: &vocabulary::Block) -> String {
    let keys: Vec<String> = block.keys.iter().map(|key| format!("`{}`", key.name)).collect();
    let mut text = format!("**{} {}**\n\n{}", block.kind, block.head, sentence(block.doc));
    if !block.inside.is_empty() {
        text.push_str(&format!(" Between its braces: {}.", block.inside));
    }
    if !keys.is_empty() {
        text.push_str(&format!("\n\nKeys: {}", keys.join(", ")));
    }
    text + "\n\n" + &fenced("exp", block.example)
}

fn param(owner: &str, param: &Param) -> String {
    let default = match param.default {
        Default::Required => "must be given".to_string(),
        Default::Absent => "none by default".to_string(),
        default => format!("default: `{default}`"),
    };
    format!("**{}** of `{owner}`: {}; {default}\n\n{}", param.name, param.kind, sentence(param.doc))
}

fn call(call: &Call) -> String {
    let mut text = format!("**{}**, {}\n\n{}", call.signature(), call.category.noun(), sentence(call.doc));
    if !call.params.is_empty() {
        text.push('\n');
    }
    for param in call.params {
        let default = match param.default {
            Default::Required => "must be given".to_string(),
            Default::Absent => "none by default".to_string(),
            default => format!("default `{default}`"),
        };
        text.push_str(&format!("\n- `{}`: {}; {}, {default}", param.name, param.doc, param.kind));
    }
    text + "\n\n" + &fenced("exp", call.example)
}

/// The text that defines a name.
fn definition(analysis: &Analysis, symbol: &Symbol) -> Option<String> {
    let target = symbol.target?;
    let whole = analysis.files.get(target.file as usize)?.items.iter().find_map(|item| match item {
        Item::Let(found) if found.span.range().contains(&(target.start as usize)) => Some(found.span),
        Item::Block(found) if found.span.range().contains(&(target.start as usize)) => Some(found.span),
        _ => None,
    })?;
    let text = analysis.sources.text(whole);
    let mut lines: Vec<&str> = text.lines().take(LINES).collect();
    if text.lines().count() > LINES {
        lines.push("  …");
    }
    let file = match target.file {
        0 => String::new(),
        file => format!("\n\nin {}", analysis.sources.get(file).name),
    };
    Some(fenced("exp", &lines.join("\n")) + &file)
}

/// How a hyperparameter of this name is drawn.
fn drawn(analysis: &Analysis, symbol: &Symbol) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for space in analysis.checked.spaces.iter().filter(|space| space.name == symbol.name) {
        let line = format!("- `{}` in `{}`: {}", space.name, space.experiment, distribution::describe(&space.domain));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// How the space at this place is drawn, and what it is called.
fn space(analysis: &Analysis, symbol: &Symbol) -> Option<String> {
    let mut at = analysis.checked.spaces.iter().filter(|space| {
        space.span.file == symbol.span.file
            && space.span.start <= symbol.span.start
            && symbol.span.end <= space.span.end
    });
    let first = at.clone().min_by_key(|space| space.span.end - space.span.start)?;
    if first.span.start != symbol.span.start {
        return None;
    }
    let names: Vec<String> = at
        .by_ref()
        .filter(|space| space.span == first.span)
        .map(|space| format!("`{}` of `{}`", space.name, space.experiment))
        .collect();
    Some(format!("{}: {}", names.join(", "), distribution::describe(&first.domain)))
}

/// The shape that leaves the layer at this place, and how many numbers it learns.
fn layer(analysis: &Analysis, symbol: &Symbol) -> Option<String> {
    let note = analysis.checked.layers.iter().find(|note| {
        note.span.file == symbol.span.file && note.span.start == symbol.span.start && symbol.span.end <= note.span.end
    })?;
    let shapes = |shapes: &[String]| shapes.join(" or ");
    let mut text = match (note.inputs.is_empty(), note.outputs.is_empty()) {
        (_, true) => return None,
        (true, false) => format!("gives {}", shapes(&note.outputs)),
        (false, false) => format!("{} → {}", shapes(&note.inputs), shapes(&note.outputs)),
    };
    if let Some(count) = parameters(analysis, symbol, note) {
        text.push_str(&format!(", {count}"));
    }
    Some(text)
}

/// How many numbers a layer learns, where its shapes are known.
fn parameters(analysis: &Analysis, symbol: &Symbol, note: &LayerNote) -> Option<String> {
    let size = |shapes: &[String]| -> Option<Vec<u64>> {
        let [shape] = shapes else { return None };
        shape.split(" x ").map(|n| n.parse().ok()).collect()
    };
    let (input, output) = (size(&note.inputs)?, size(&note.outputs)?);
    let bias = !biasless(analysis, note.span);
    let whole = |shape: &[u64]| shape.iter().product::<u64>();
    let weights = match symbol.name.as_str() {
        "dense" => whole(&input) * whole(&output),
        "conv" => {
            let kernel = kernel(analysis, note.span)?;
            kernel * kernel * input.last()? * output.last()?
        }
        "batch_norm" => return Some(format!("{} parameters", counted(2 * output.last()?))),
        "layer_norm" => return Some(format!("{} parameters", counted(2 * whole(&output)))),
        _ => return None,
    };
    let units = *output.last()?;
    Some(match bias {
        true => {
            format!("{} parameters: {} weights, {} biases", counted(weights + units), counted(weights), counted(units))
        }
        false => format!("{} parameters: weights alone, no bias", counted(weights)),
    })
}

/// With a comma after each third digit.
fn counted(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

/// The layer at a place and the name of the one behind it.
fn layer_at(analysis: &Analysis, span: Span) -> Option<(&Expr, Option<&str>)> {
    let file = analysis.files.get(span.file as usize)?;
    file.items.iter().find_map(|item| match item {
        Item::Let(found) => in_expr(&found.value, span),
        Item::Block(found) => in_block(found, span),
        _ => None,
    })
}

fn in_block(block: &Block, span: Span) -> Option<(&Expr, Option<&str>)> {
    in_entries(&block.entries, span)
}

fn in_entries(entries: &[Entry], span: Span) -> Option<(&Expr, Option<&str>)> {
    entries.iter().enumerate().find_map(|(n, entry)| match entry {
        Entry::Field(field) => in_expr(&field.value, span),
        Entry::Block(block) => in_block(block, span),
        Entry::Value(value) => {
            let (found, next) = in_expr(value, span)?;
            // The layer below, for the last of a line.
            let below = || match entries.get(n + 1) {
                Some(Entry::Value(value)) => first_name(value),
                _ => None,
            };
            Some((found, next.or_else(|| (found.span.end == value.span.end).then(below).flatten())))
        }
    })
}

fn in_expr(expr: &Expr, span: Span) -> Option<(&Expr, Option<&str>)> {
    if !expr.span.range().contains(&(span.start as usize)) {
        return None;
    }
    let inner = match &expr.kind {
        ExprKind::Chain(layers) => layers.iter().enumerate().find_map(|(n, layer)| {
            let (found, next) = in_expr(layer, span)?;
            Some((found, next.or_else(|| layers.get(n + 1).and_then(first_name))))
        }),
        ExprKind::As(of, _) | ExprKind::Negate(of) | ExprKind::Member(of, _) => in_expr(of, span),
        ExprKind::Body(of, entries) => in_entries(entries, span).or_else(|| in_expr(of, span)),
        ExprKind::Call(_, args) | ExprKind::Select(_, args) => args.iter().find_map(|arg| in_expr(&arg.value, span)),
        ExprKind::List(items) => items.iter().find_map(|item| in_expr(item, span)),
        ExprKind::Arithmetic(a, _, b) => in_expr(a, span).or_else(|| in_expr(b, span)),
        ExprKind::Compare(a, _, b) => in_expr(a, span).or_else(|| in_expr(b, span)),
        _ => None,
    };
    inner.or_else(|| (expr.span.start == span.start).then_some((expr, None)))
}

fn first_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Call(of, _) | ExprKind::As(of, _) | ExprKind::Body(of, _) => first_name(of),
        ExprKind::Chain(layers) => layers.first().and_then(first_name),
        _ => None,
    }
}

fn argument<'a>(expr: &'a Expr, name: &str) -> Option<&'a Expr> {
    match &expr.kind {
        ExprKind::Call(_, args) => {
            args.iter().find(|arg| arg.name.as_ref().is_some_and(|n| n.node == name)).map(|arg| &arg.value)
        }
        ExprKind::As(of, _) => argument(of, name),
        _ => None,
    }
}

/// Whether a layer has no bias: it says so, or batch norm comes straight after it.
fn biasless(analysis: &Analysis, span: Span) -> bool {
    let Some((layer, next)) = layer_at(analysis, span) else { return false };
    match argument(layer, "bias").map(|value| &value.kind) {
        Some(ExprKind::Name(word)) if word == "false" => true,
        Some(ExprKind::Name(word)) if word == "true" => false,
        _ => next == Some("batch_norm"),
    }
}

fn kernel(analysis: &Analysis, span: Span) -> Option<u64> {
    let (layer, _) = layer_at(analysis, span)?;
    match argument(layer, "kernel").map(|value| &value.kind) {
        Some(ExprKind::Number(n)) => Some(*n as u64),
        Some(_) => None,
        None => {
            vocabulary::call(vocabulary::Category::Layer, "conv")?.param("kernel")?.default.number().map(|n| n as u64)
        }
    }
}
