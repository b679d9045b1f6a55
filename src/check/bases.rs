//! The entries of an experiment, with those of the experiments that it starts from.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Field};
use crate::vocabulary;

use super::checker::Checker;
use super::entries::compared_key;
use super::scope::Kind;
use super::symbols::SymbolKind;

/// An entry with the block that it is written in, which may be that of a base experiment.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub field: &'a Field,
    pub home: &'a Block,
}

/// What an experiment is made of while it is read.
#[derive(std::default::Default)]
pub(super) struct Draft<'a> {
    pub fields: Vec<Given<'a>>,
    pub stages: Vec<(&'a Block, &'a Block)>,
    /// Whether it starts from something that is not there.
    pub orphan: bool,
    pub template: BTreeMap<String, Value>,
}

impl<'a> Checker<'a> {
    /// The entries of the bases of an experiment, then its own in their place.
    pub fn inherit(&mut self, block: &'a Block, draft: &mut Draft<'a>) {
        if let Some((name, span)) = self.base(block) {
            match self.scope.find_block(Kind::Experiment, name, span.file) {
                Some(id) => {
                    let target = self.scope.definitions[id].span;
                    self.symbols.add(span, name, SymbolKind::Experiment, Some(target));
                    if self.bases.contains(&id) {
                        self.circle_of_bases(id);
                    } else if self.bases.len() > 64 {
                        let message = "an experiment starts from another more than 64 times over";
                        self.findings.push(Diagnostic::error("E0609", message, span));
                    } else if let Some(base) = self.scope.definitions[id].block {
                        self.bases.push(id);
                        self.inherit(base, draft);
                        self.bases.pop();
                    }
                }
                None => {
                    draft.orphan = true;
                    if !self.scope.is_lost(name, span.file) {
                        self.unknown_experiment(name, span);
                    }
                }
            }
        }
        let own = |key: &str| block.entries.iter().any(|e| matches!(e, Entry::Field(f) if f.key.node == key));
        if own("minimize") || own("maximize") {
            draft.fields.retain(|g| !matches!(g.field.key.node.as_str(), "minimize" | "maximize"));
        }
        let mut seen: Vec<&Field> = Vec::new();
        for entry in &block.entries {
            match entry {
                Entry::Field(field) => {
                    if let Some(first) = seen.iter().find(|f| f.key.node == field.key.node) {
                        self.twice(field, first);
                        continue;
                    }
                    seen.push(field);
                    draft.fields.retain(|g| g.field.key.node != field.key.node);
                    draft.fields.push(Given { field, home: block });
                }
                Entry::Block(inner) => draft.stages.push((inner, block)),
                Entry::Value(_) => {}
            }
        }
    }

    fn circle_of_bases(&mut self, id: usize) {
        let from = self.bases.iter().position(|&b| b == id).unwrap_or(0);
        let opening = std::mem::replace(&mut self.opening, self.bases[from..].to_vec());
        self.circle(id);
        self.opening = opening;
    }

    /// `from OTHER` in the head.
    fn base(&mut self, block: &'a Block) -> Option<(&'a str, Span)> {
        match block.head.as_slice() {
            [_, Expr { kind: ExprKind::Name(from), .. }, Expr { kind: ExprKind::Name(name), span }]
                if from == "from" =>
            {
                Some((name, *span))
            }
            _ => None,
        }
    }

    /// Report keys that an experiment does not have, values without keys, and what is missing.
    pub fn own_keys(&mut self, block: &'a Block, command: bool, draft: &Draft<'a>) {
        let Some(table) = vocabulary::block("experiment") else { return };
        for entry in &block.entries {
            match entry {
                Entry::Field(field) => {
                    self.symbols.add(field.key.span, &format!("experiment.{}", field.key.node), SymbolKind::Key, None);
                    if !command && table.key(&field.key.node).is_none() {
                        self.unknown_key(field, block, table);
                    }
                }
                Entry::Value(value) if compared_key(value, table).is_some() => self.compared(value, table),
                Entry::Value(value) => {
                    let mut found = Diagnostic::error(
                        "E0215",
                        "a value without a key does not belong into an experiment",
                        value.span,
                    );
                    if super::scope::callee_name(value) == Some("around") {
                        let text = format!("space = {}", self.sources.text(value.span));
                        found = found.replace(format!("write `{text}`"), value.span, text, true);
                    }
                    self.findings.push(found);
                }
                Entry::Block(inner) if inner.kind.node != "at" => {
                    let message = format!("a block `{}` does not belong into an experiment", inner.kind.node);
                    self.findings.push(
                        Diagnostic::error("E0215", message, inner.kind.span)
                            .note("what changes in the course of training is written `at epoch 12 { … }`"),
                    );
                }
                Entry::Block(_) => {}
            }
        }
        let fields: Vec<&Field> = draft.fields.iter().map(|g| g.field).collect();
        if command {
            for key in ["data", "network"] {
                if let Some(given) = draft.fields.iter().find(|g| g.field.key.node == key) {
                    let message =
                        format!("`{key}` and `run` exclude each other: the program trains on data of its own");
                    self.findings.push(Diagnostic::error("E0307", message, given.field.key.span));
                }
            }
        } else if !draft.orphan {
            self.missing(block, table, &fields, &["data", "network"]);
        }
    }
}
