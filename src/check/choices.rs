//! `choice(…)`: its options, their labels, and what is wrong with them.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::plan::settings;
use crate::plan::space::Domain;
use crate::plan::value::Value;
use crate::syntax::tree::{Arg, Expr, ExprKind};
use crate::vocabulary::number;

use super::checker::{Checker, Cx};
use super::scope::callee_name;
use super::symbols::SymbolKind;

/// A choice that was read: its draft and what each option is; none where an option is wrong.
pub(super) struct Chosen<T> {
    pub id: usize,
    pub options: Vec<Option<T>>,
}

impl<'a> Checker<'a> {
    /// Read every option.
    pub fn choose<T>(
        &mut self,
        expr: &'a Expr,
        args: &'a [Arg],
        cx: Cx<'_, 'a>,
        mut each: impl FnMut(&mut Self, &'a Expr, Cx<'_, 'a>) -> Option<T>,
    ) -> Option<Chosen<T>> {
        if !cx.drawn {
            self.no_space(cx);
            return None;
        }
        if args.is_empty() {
            self.findings.push(
                Diagnostic::error("E0502", "a choice of nothing", expr.span).note("for example `choice(relu, tanh)`"),
            );
            return None;
        }
        let labels = self.labels(args);
        let id = self.drafts.at(expr.span, cx.path, cx.names, Domain::Choice { labels: labels.clone(), numbers: None });
        let own = cx.names.first().cloned().unwrap_or_default();
        let mut options = Vec::with_capacity(args.len());
        for (number, (arg, label)) in args.iter().zip(&labels).enumerate() {
            let names = [format!("{own}.{label}")];
            let read = |checker: &mut Self| each(checker, &arg.value, Cx { names: &names, ..cx });
            options.push(self.part_at(&settings::option(number), read));
        }
        Some(Chosen { id, options })
    }

    /// What tables and plots show of each option: its label, else the text of it.
    fn labels(&mut self, args: &'a [Arg]) -> Vec<String> {
        let mut labels: Vec<String> = Vec::with_capacity(args.len());
        let mut callees: HashMap<&str, usize> = HashMap::new();
        for arg in args {
            if let Some(name) = callee_name(&arg.value) {
                *callees.entry(name).or_insert(0) += 1;
            }
        }
        for arg in args {
            let label = match (&arg.name, &arg.value.kind) {
                (Some(name), _) => {
                    self.symbols.add(name.span, &name.node, SymbolKind::Label, None);
                    name.node.clone()
                }
                (None, ExprKind::Number(x)) => number(*x),
                (None, ExprKind::Text(text)) => text.clone(),
                (None, ExprKind::Call(..)) => match callee_name(&arg.value) {
                    Some(name) if callees[name] == 1 => name.to_string(),
                    _ => self.words(arg.value.span),
                },
                (None, ExprKind::As(_, name)) => name.node.clone(),
                _ => self.words(arg.value.span),
            };
            if let Some(before) = labels.iter().position(|l| *l == label) {
                match &arg.name {
                    Some(name) => self.findings.push(
                        Diagnostic::error("E0502", format!("two options have the label `{label}`"), name.span)
                            .also(args[before].name.as_ref().map_or(args[before].value.span, |n| n.span), "the first"),
                    ),
                    None => self.findings.push(equal(arg, &args[before])),
                }
                labels.push(format!("{label} ({})", labels.len() + 1));
            } else {
                labels.push(label);
            }
        }
        labels
    }

    /// Options that are the same value are surely not meant.
    pub fn equal_options<T: PartialEq>(&mut self, args: &'a [Arg], values: &[T]) {
        for (later, value) in values.iter().enumerate() {
            if let Some(first) = values[..later].iter().position(|v| v == value) {
                self.findings.push(equal(&args[later], &args[first]));
            }
        }
    }

    /// Note the numbers of a choice between numbers, so that they have places on an axis.
    pub fn numbers_of_choice(&mut self, id: usize, values: &[Value]) {
        let known: Option<Vec<f64>> = values
            .iter()
            .map(|value| match value {
                Value::Number(x) => Some(*x),
                _ => None,
            })
            .collect();
        if let (Some(known), Domain::Choice { numbers, .. }) = (known, &mut self.drafts.list[id].domain) {
            *numbers = Some(known);
        }
    }
}

fn equal(later: &Arg, first: &Arg) -> Diagnostic {
    Diagnostic::warning("W0803", "two options of this choice are equal", later.value.span)
        .label("the same again")
        .also(first.value.span, "the first")
        .note("each option is as likely as the next: this value is drawn twice as often")
}
