//! `at epoch 12 { rate = 0.1 }`: what changes in the course of training.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::plan::experiment::Stage;
use crate::plan::settings;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Field};
use crate::vocabulary::{self, Category, Param, number};

use super::bases::Draft;
use super::checker::{Checker, Cx};
use super::suggest;
use super::symbols::SymbolKind;

impl<'a> Checker<'a> {
    /// The stages of an experiment by epoch, each with the place of its block. Later ones of the same epoch replace inherited ones.
    pub fn stages(&mut self, draft: &mut Draft<'a>) -> Vec<(Span, Stage)> {
        let mut stages: Vec<(Span, &'a Block, Stage)> = Vec::new();
        let blocks = std::mem::take(&mut draft.stages);
        let mut optimizers = optimizers(draft.template.get("optimizer"));
        let mut ordered: Vec<(u32, &'a Block, &'a Block)> = Vec::new();
        for &(block, home) in blocks.iter().filter(|(block, _)| block.kind.node == "at") {
            let Some(epoch) = self.epoch(block, draft) else { continue };
            if let Some(before) = ordered.iter().position(|(e, _, _)| *e == epoch) {
                let (_, first, first_home) = ordered[before];
                if first_home.span == home.span {
                    let message = format!("epoch {epoch} begins twice");
                    self.findings.push(
                        Diagnostic::error("E0605", message, block.kind.span)
                            .also(first.kind.span, "first here")
                            .note("put the changes into one block"),
                    );
                    continue;
                }
                ordered[before] = (epoch, block, home);
                continue;
            }
            ordered.push((epoch, block, home));
        }
        ordered.sort_by_key(|(epoch, _, _)| *epoch);
        for (epoch, block, home) in ordered {
            let changes = self.changes(block, home, epoch, &mut optimizers, draft);
            stages.push((block.kind.span, block, Stage { epoch, changes }));
        }
        draft.stages = blocks;
        stages.into_iter().map(|(span, _, stage)| (span, stage)).collect()
    }

    fn epoch(&mut self, block: &'a Block, draft: &Draft<'a>) -> Option<u32> {
        let (epoch, at) = match block.head.as_slice() {
            [Expr { kind: ExprKind::Name(word), .. }, Expr { kind: ExprKind::Number(epoch), span }]
                if word == "epoch" =>
            {
                (*epoch, *span)
            }
            [Expr { kind: ExprKind::Number(epoch), span }] => {
                let text = format!("epoch {}", number(*epoch));
                self.findings.push(Diagnostic::error("E0605", "`at` what?", *span).replace(
                    format!("write `at {text}`"),
                    *span,
                    text,
                    true,
                ));
                return None;
            }
            _ => {
                self.findings.push(Diagnostic::error(
                    "E0605",
                    "a stage is written `at epoch 12 { … }`",
                    block.kind.span,
                ));
                return None;
            }
        };
        if epoch < 1.0 || epoch.fract() != 0.0 || epoch > 1e6 {
            self.findings.push(Diagnostic::error("E0605", "epochs are whole numbers from 1", at));
            return None;
        }
        let most = match draft.template.get("epochs") {
            Some(Value::Number(n)) => Some(*n),
            Some(_) => None,
            None => vocabulary::block("experiment").and_then(|b| b.key("epochs")).and_then(|k| k.default.number()),
        };
        if let Some(most) = most
            && epoch > most
        {
            let message = format!("this is never reached: training ends after epoch {}", number(most));
            self.findings.push(Diagnostic::warning("W0813", message, at));
        }
        Some(epoch as u32)
    }

    fn changes(
        &mut self,
        block: &'a Block,
        home: &'a Block,
        epoch: u32,
        optimizers: &mut Vec<String>,
        draft: &Draft<'a>,
    ) -> BTreeMap<String, Value> {
        let mut changes = BTreeMap::new();
        let Some(table) = vocabulary::block("at") else { return changes };
        let mut seen: Vec<&'a Field> = Vec::new();
        self.only_keys(block);
        // A new optimizer holds for the other keys of its stage too.
        let fields = |first: bool| {
            block.entries.iter().filter_map(move |entry| match entry {
                Entry::Field(field) if (field.key.node == "optimizer") == first => Some(field),
                _ => None,
            })
        };
        for field in fields(true).chain(fields(false)) {
            let key = field.key.node.as_str();
            self.symbols.add(field.key.span, &format!("at.{key}"), SymbolKind::Key, None);
            if let Some(first) = seen.iter().find(|f| f.key.node == key) {
                self.twice(field, first);
                continue;
            }
            seen.push(field);
            let own = table.key(key).filter(|_| key != "rate");
            let Some(param) = own.or_else(|| optimizer_param(optimizers, key)) else {
                self.unknown_change(field, optimizers);
                continue;
            };
            let subject = format!("`{key}`");
            let names = [format!("epoch{epoch}.{key}")];
            let cx = Cx::key(home, &subject, &names, Some(param), field.value.span);
            let read = |checker: &mut Self| checker.value(&field.value, param.kind, cx);
            let Some(value) = self.setting_at(settings::stage(epoch, key), read) else { continue };
            if key == "optimizer" {
                *optimizers = self::optimizers(Some(&value));
            }
            if key == "dropout" && !has_dropout(draft.template.get("network")) && draft.template.contains_key("network")
            {
                let message = "the network has no dropout layer whose rate this would change";
                self.findings.push(Diagnostic::error("E0605", message, field.key.span));
            }
            changes.insert(key.to_string(), value);
        }
        if seen.is_empty() && !block.broken {
            self.findings.push(
                Diagnostic::error("E0605", "nothing changes here", block.kind.span)
                    .note("for example `at epoch 12 { rate = 0.1 }`"),
            );
        }
        changes
    }

    fn unknown_change(&mut self, field: &Field, optimizers: &[String]) {
        let key = field.key.node.as_str();
        let in_use: Vec<&str> = optimizers.iter().map(String::as_str).collect();
        let elsewhere = vocabulary::calls(Category::Optimizer).iter().find(|call| call.param(key).is_some());
        if let Some(other) = elsewhere {
            let message = format!(
                "`{key}` is a setting of `{}`, and the optimizer here is {}",
                other.name,
                suggest::listed(in_use, 4)
            );
            self.findings.push(Diagnostic::error("E0605", message, field.key.span));
            return;
        }
        if let Some(table) = vocabulary::block("experiment")
            && table.key(key).is_some()
        {
            let message = format!("`{key}` holds for a whole experiment: it cannot change in the course of training");
            self.findings.push(Diagnostic::error("E0605", message, field.key.span));
            return;
        }
        let mut words: Vec<&str> =
            vocabulary::block("at").map_or(Vec::new(), |t| t.keys.iter().map(|k| k.name).collect());
        for name in optimizers {
            if let Some(call) = vocabulary::call(Category::Optimizer, name) {
                words.extend(call.params.iter().map(|p| p.name));
            }
        }
        let mut found = Diagnostic::error("E0202", format!("`at epoch` cannot change `{key}`"), field.key.span);
        match suggest::nearest(key, words.iter().copied()) {
            Some(near) => {
                found = near.offer(found, field.key.span);
            }
            None => {
                words.dedup();
                found = found.note(format!("it can change {}", suggest::listed(words, 14)));
            }
        }
        self.findings.push(found);
    }
}

/// The names of the optimizers that a value can be; adam where there is none.
fn optimizers(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Call { name, .. }) => vec![name.clone()],
        Some(Value::Choice { options, .. }) => options.iter().flat_map(|option| optimizers(Some(option))).collect(),
        _ => vec!["adam".into()],
    }
}

/// A setting that all optimizers in use have.
fn optimizer_param(optimizers: &[String], key: &str) -> Option<&'static Param> {
    let mut found = None;
    for name in optimizers {
        found = Some(vocabulary::call(Category::Optimizer, name)?.param(key)?);
    }
    found
}

fn has_dropout(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Call { name, .. }) => name == "dropout",
        Some(Value::Chain(parts) | Value::Choice { options: parts, .. } | Value::Repeat { bodies: parts, .. }) => {
            parts.iter().any(|part| has_dropout(Some(part)))
        }
        Some(Value::Residual(inner)) => has_dropout(Some(inner)),
        _ => false,
    }
}
