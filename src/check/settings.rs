//! Hyperparameters by their names.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind};
use crate::vocabulary::{self, Category};

use super::checker::Checker;
use super::known::Known;
use super::suggest;
use super::symbols::SymbolKind;
use super::values::describe;

impl<'a> Checker<'a> {
    pub fn unknown_measure(&mut self, name: &str, at: Span, of: &[Rc<Known>]) {
        let mut words: Vec<String> = of.iter().flat_map(|k| k.names.names.iter().cloned()).collect();
        words.extend(vocabulary::calls(Category::Measure).iter().map(|c| c.name.to_string()));
        words.extend(vocabulary::calls(Category::Metric).iter().map(|c| format!("dev.{}", c.name)));
        if self.excused(name, of) {
            return;
        }
        let names = of.iter().map(|k| format!("`{}`", k.name)).collect::<Vec<_>>().join(", ");
        let mut found = Diagnostic::error("E0702", format!("`{name}` is no measure of {names}"), at);
        let fixed = of.iter().find(|k| k.fixed.iter().any(|key| key == name));
        let bare = vocabulary::calls(Category::Metric).iter().map(|c| c.name);
        if let Some(known) = fixed {
            found = found
                .note(format!("`{name}` is the same in every trial of `{}`: there is nothing to show", known.name));
        } else if let Some(near) =
            suggest::nearest(name, words.iter().map(String::as_str).chain(["val_loss", "val_accuracy"]))
        {
            let name = near.name.replace("val_", "dev.");
            found =
                found.note(format!("did you mean `{name}`?")).replace(format!("write `{name}`"), at, name, near.sure);
        } else if let Some(near) = suggest::nearest(name, bare) {
            found = found.note(format!("did you mean `dev.{}`?", near.name));
        } else {
            found = found.note(hyperparameters(of));
        }
        self.findings.push(found);
    }

    /// An experiment with mistakes may lack names that it would have: names known elsewhere in the file are let pass.
    pub fn excused(&self, name: &str, of: &[Rc<Known>]) -> bool {
        if of.is_empty() {
            return true;
        }
        let broken = of.iter().any(|known| known.broken);
        let first = name.split('.').next().unwrap_or(name);
        broken
            && (self.scope.definitions.iter().any(|d| d.name == first)
                || Category::ALL
                    .into_iter()
                    .any(|c| vocabulary::calls(c).iter().any(|call| call.param(first).is_some()))
                || name.contains('.')
                || vocabulary::blocks().iter().any(|b| b.key(first).is_some())
                || self.files.iter().any(|f| f.lost.iter().any(|l| l == first)))
    }

    /// The name of a hyperparameter, as it is called in all of these experiments that have it.
    pub fn setting(&mut self, name: &str, span: Span, of: &[Rc<Known>]) -> Option<String> {
        if let Some(known) = of.iter().find(|known| known.names.names.iter().any(|n| n == name)) {
            let target = known.naming(name);
            self.symbols.add(span, name, SymbolKind::Setting, target);
            if let Some((first, _)) = name.split_once('.')
                && let Some(owner) = target.and_then(|target| self.scope.owner(first, target))
            {
                let place = Span { end: span.start + first.len() as u32, ..span };
                if self.sources.text(place) == first {
                    self.symbols.add(place, first, SymbolKind::of(owner.kind), Some(owner.span));
                }
            }
            return Some(name.to_string());
        }
        if let Some((known, several)) = of.iter().find_map(|k| k.names.ambiguous.get(name).map(|s| (k, s))) {
            let message = format!(
                "`{name}` could be any of {} in `{}`",
                suggest::listed(several.iter().map(String::as_str), 8),
                known.name
            );
            self.findings.push(Diagnostic::error("E0504", message, span).note("write the one that is meant"));
            return None;
        }
        if self.excused(name, of) {
            return None;
        }
        let names: Vec<&str> = of.iter().flat_map(|k| k.names.names.iter().map(String::as_str)).collect();
        let experiments = of.iter().map(|k| format!("`{}`", k.name)).collect::<Vec<_>>().join(", ");
        let mut found = Diagnostic::error("E0701", format!("{experiments} draws no `{name}`"), span);
        if of.iter().any(|k| k.fixed.iter().any(|key| key == name)) {
            found = found.note(format!("`{name}` is the same in every trial: only what is drawn makes groups"));
        } else if let Some(near) = suggest::nearest(name, names.iter().copied()) {
            found = near.offer(found, span);
        } else {
            found = found.note(hyperparameters(of));
        }
        self.findings.push(found);
        None
    }

    /// A hyperparameter: `norm`, `dense2.units`.
    pub fn setting_of(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<String> {
        match dotted(expr) {
            Some(name) => self.setting(&name, expr.span, of),
            None => {
                let message = format!("a hyperparameter is needed here, not {}", describe(expr));
                self.findings.push(Diagnostic::error("E0701", message, expr.span));
                None
            }
        }
    }
}

fn hyperparameters(of: &[Rc<Known>]) -> String {
    let names: Vec<&str> = of.iter().flat_map(|k| k.names.names.iter().map(String::as_str)).collect();
    match names.is_empty() {
        true => "nothing is drawn in it: it has one trial".into(),
        false => format!("what is drawn: {}", suggest::listed(names, 14)),
    }
}

/// A name with dots.
pub(super) fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Member(inner, name) => Some(format!("{}.{}", dotted(inner)?, name.node)),
        _ => None,
    }
}
