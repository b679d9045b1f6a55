//! The parts of a notebook, and what of it can be folded.

use super::Analysis;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Item};
use crate::syntax::{TokenKind, tokens};

/// What a part of a notebook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    /// A heading of the prose.
    Heading,
    /// A definition.
    Let,
    /// Data.
    Data,
    /// A network.
    Network,
    /// An experiment.
    Experiment,
    /// A table or plot.
    Show,
    /// A claim.
    Claim,
    /// Another block.
    Other,
}

/// A part of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What it is called.
    pub name: String,
    /// The kind of block, or nothing.
    pub detail: String,
    /// What it is.
    pub kind: OutlineKind,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// What it is made of.
    pub children: Vec<Outline>,
}

/// The parts of the notebook, in order.
pub fn outline(analysis: &Analysis) -> Vec<Outline> {
    let Some(file) = analysis.files.first() else { return Vec::new() };
    let mut parts = Vec::new();
    for item in &file.items {
        match item {
            Item::Prose(prose) => headings(analysis, prose.span, &mut parts),
            Item::Use(_) => {}
            Item::Let(found) => parts.push(Outline {
                name: found.name.node.clone(),
                detail: "let".into(),
                kind: OutlineKind::Let,
                span: found.span,
                name_span: found.name.span,
                children: Vec::new(),
            }),
            Item::Block(found) => parts.push(block(found)),
        }
    }
    parts
}

fn headings(analysis: &Analysis, span: Span, parts: &mut Vec<Outline>) {
    let mut at = span.start as usize;
    for line in analysis.sources.text(span).split_inclusive('\n') {
        let title = line.trim().trim_start_matches('"').trim_start();
        let level = title.bytes().take_while(|b| *b == b'#').count();
        if (1..=6).contains(&level) && title[level..].starts_with(' ') {
            let start = at + line.find('#').unwrap_or(0);
            let place = Span::new(span.file, start, at + line.trim_end().len());
            parts.push(Outline {
                name: title[level..].trim().to_string(),
                detail: String::new(),
                kind: OutlineKind::Heading,
                span: place,
                name_span: place,
                children: Vec::new(),
            });
        }
        at += line.len();
    }
}

fn block(block: &Block) -> Outline {
    let head: Vec<String> = block.head.iter().map(shown).collect();
    let named = block.head.first().map_or(block.kind.span, |first| first.span);
    let title = block.entries.iter().find_map(|entry| match entry {
        Entry::Field(field) if matches!(field.key.node.as_str(), "title" | "draw" | "of") => Some(&field.value),
        _ => None,
    });
    let name = match (head.is_empty(), title) {
        (false, _) => head.join(" "),
        (true, Some(title)) => format!("{} {}", block.kind.node, shown(title)),
        (true, None) => block.kind.node.clone(),
    };
    let children = block.entries.iter().filter_map(|entry| match entry {
        Entry::Block(inner) => Some(self::block(inner)),
        _ => None,
    });
    Outline {
        name,
        detail: block.kind.node.clone(),
        kind: match block.kind.node.as_str() {
            "data" => OutlineKind::Data,
            "network" => OutlineKind::Network,
            "experiment" => OutlineKind::Experiment,
            "table" | "plot" => OutlineKind::Show,
            "claim" => OutlineKind::Claim,
            _ => OutlineKind::Other,
        },
        span: block.span,
        name_span: named,
        children: children.collect(),
    }
}

/// A value in a few letters.
fn shown(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Text(name) => name.clone(),
        ExprKind::Number(n) => n.to_string(),
        ExprKind::Duration(n) => format!("{n}s"),
        ExprKind::Call(of, _) | ExprKind::Select(of, _) | ExprKind::As(of, _) => shown(of),
        ExprKind::Member(of, name) => format!("{}.{}", shown(of), name.node),
        _ => "…".into(),
    }
}

/// What can be folded: brackets and prose over several lines, and comments that follow each other, first to last line.
pub fn folds(analysis: &Analysis) -> Vec<Span> {
    let text = analysis.text();
    let source = analysis.sources.get(0);
    let line = |at: usize| source.line_column(at).0;
    let mut folds = Vec::new();
    let mut open = Vec::new();
    let mut comments: Option<(usize, usize)> = None;
    let mut fold = |start: usize, end: usize| {
        if line(end) > line(start) {
            folds.push(Span::new(0, start, end));
        }
    };
    let mut at_line_start = true;
    for token in tokens(text) {
        if token.kind == TokenKind::Comment && at_line_start {
            comments = match comments {
                Some((start, end)) if line(token.start) == line(end) + 1 => Some((start, token.end)),
                other => {
                    if let Some((start, end)) = other {
                        fold(start, end);
                    }
                    Some((token.start, token.end))
                }
            };
        }
        match token.kind {
            TokenKind::Open => open.push(token.start),
            TokenKind::Close => {
                if let Some(start) = open.pop() {
                    fold(start, token.start);
                }
            }
            TokenKind::Prose => fold(token.start, token.end),
            _ => {}
        }
        at_line_start = token.kind == TokenKind::Newline;
    }
    if let Some((start, end)) = comments {
        fold(start, end);
    }
    folds.sort_unstable();
    folds
}
