//! Claims: comparisons of what came of experiments.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::claim::{Claim, Statement, Term};
use crate::plan::metric::Measure;
use crate::plan::show::{Comparison, Pick};
use crate::plan::value::Operator;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind};
use crate::vocabulary;

use super::checker::Checker;
use super::decided::Said;
use super::filters::plan_comparison;
use super::known::Known;
use super::numbers::plan_operator;
use super::references::{Step, steps};
use super::values::describe;

impl<'a> Checker<'a> {
    /// `claim "text" { a < b }`.
    pub fn claim(&mut self, block: &'a Block) -> Option<Claim> {
        let errors = self.findings.errors();
        let table = vocabulary::block("claim")?;
        let fields = self.fields(block, table);
        let text = match block.head.as_slice() {
            [Expr { kind: ExprKind::Text(text), .. }] if !text.trim().is_empty() => text.clone(),
            [] if self.head_lost(block) => String::new(),
            [] => {
                self.findings.push(
                    Diagnostic::error("E0213", "a claim says in words what it claims", block.kind.span)
                        .note("`claim \"batch norm learns faster\" { … }`"),
                );
                String::new()
            }
            [first, ..] => {
                self.findings.push(Diagnostic::error(
                    "E0213",
                    "a claim has one text in quotes before its brace",
                    first.span,
                ));
                String::new()
            }
        };
        let within = fields.iter().find(|f| f.key.node == "within").and_then(|field| {
            let width = self.constant(&field.value, "`within`")?;
            if width <= 0.0 {
                self.findings.push(Diagnostic::error("E0302", "`within` must be above 0", field.value.span));
                return None;
            }
            Some((width, field.key.span))
        });
        let mut comparisons = Vec::new();
        let mut found_any = block.broken;
        for entry in &block.entries {
            match entry {
                Entry::Field(_) => {}
                Entry::Block(inner) => {
                    let message = format!("a block `{}` does not belong into a claim", inner.kind.node);
                    self.findings.push(Diagnostic::error("E0215", message, inner.kind.span));
                }
                Entry::Value(value) => {
                    found_any = true;
                    self.comparison(value, within.is_some(), &mut comparisons);
                }
            }
        }
        if !found_any {
            self.findings.push(
                Diagnostic::error("E0704", "this claim compares nothing", block.kind.span)
                    .note("for example `a.best.dev.accuracy > b.best.dev.accuracy`"),
            );
        }
        let equality = comparisons.iter().any(|c: &Statement| c.comparison == Comparison::Equal);
        if let (Some((_, span)), false) = (within, equality)
            && !comparisons.is_empty()
        {
            let message = "`within` says how near two sides count as equal: it needs `==`";
            self.findings.push(Diagnostic::error("E0704", message, span));
        }
        (self.findings.errors() == errors).then_some(Claim {
            text,
            comparisons,
            within: within.map(|(width, _)| width),
        })
    }

    /// `a < b`.
    fn comparison(&mut self, expr: &'a Expr, margin: bool, into: &mut Vec<Statement>) {
        let ExprKind::Compare(left, comparison, right) = &expr.kind else {
            let message = format!("a claim is a comparison, not {}", describe(expr));
            self.findings
                .push(Diagnostic::error("E0704", message, expr.span).note("for example `a.best.dev.accuracy > 90%`"));
            return;
        };
        if [left, right].iter().any(|side| matches!(side.kind, ExprKind::Compare(..))) {
            // The parser has said that comparisons do not chain.
            return;
        }
        let mut of = Vec::new();
        let sides = (self.side(left, &mut of), self.side(right, &mut of));
        let (Some(left_term), Some(right_term)) = sides else { return };
        if of.is_empty() {
            let message = "both sides are plain numbers: this claims nothing about an experiment";
            self.findings.push(Diagnostic::error("E0704", message, expr.span));
            return;
        }
        if left_term == right_term {
            self.findings.push(Diagnostic::warning("W0807", "both sides are the same", expr.span));
        }
        let comparison = plan_comparison(comparison.node);
        self.tested(&Said { left: &left_term, comparison, right: &right_term, margin, span: expr.span }, &of);
        into.push(Statement { left: left_term, comparison, right: right_term });
    }

    /// A side of a comparison.
    fn side(&mut self, expr: &'a Expr, of: &mut Vec<(Rc<Known>, Pick)>) -> Option<Term> {
        match &expr.kind {
            ExprKind::Number(x) => Some(Term::Number(*x)),
            ExprKind::Negate(inner) => {
                let inner = self.side(inner, of)?;
                Some(Term::Arithmetic(Box::new(Term::Number(0.0)), Operator::Subtract, Box::new(inner)))
            }
            ExprKind::Arithmetic(left, operator, right) => {
                let (left, right) = (self.side(left, of), self.side(right, of));
                Some(Term::Arithmetic(Box::new(left?), plan_operator(operator.node), Box::new(right?)))
            }
            ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Call(..) | ExprKind::Select(..) => match self
                .reference(expr)
            {
                Some(Ok(found)) => {
                    if found.rest.is_empty() {
                        let name = &found.selection.experiment;
                        let message = "what is claimed of these trials?";
                        self.findings.push(Diagnostic::error("E0704", message, expr.span).note(format!(
                            "name a measure: `{name}.best.dev.accuracy`, `{name}.epochs_to(dev.accuracy, 90%)`"
                        )));
                        return None;
                    }
                    let measure = self.measure_path(&found.rest, std::slice::from_ref(&found.known), expr.span)?;
                    if let Measure::Setting(name) = &measure
                        && let Some(crate::plan::space::Domain::Choice { numbers: None, .. }) = found.known.domain(name)
                    {
                        let message = format!("`{name}` is a choice without numbers: it cannot be compared");
                        self.findings.push(Diagnostic::error("E0704", message, expr.span));
                        return None;
                    }
                    of.push((found.known, found.selection.pick));
                    Some(Term::Measure(found.selection, measure))
                }
                Some(Err(())) => None,
                None => {
                    if let ExprKind::Name(name) = &expr.kind
                        && self.scope.kind_of(name, expr.span.file) == Some(super::scope::Kind::Let)
                    {
                        return self.constant(expr, &format!("`{name}`")).map(Term::Number);
                    }
                    self.not_a_side(expr);
                    None
                }
            },
            _ => {
                let message = format!("a number or a measure is needed here, not {}", describe(expr));
                self.findings.push(Diagnostic::error("E0704", message, expr.span));
                None
            }
        }
    }

    fn not_a_side(&mut self, expr: &'a Expr) {
        let mut path: Vec<Step<'a>> = Vec::new();
        let root = steps(expr, &mut path);
        let ExprKind::Name(name) = &root.kind else { return };
        if self.scope.is_lost(name, root.span.file) {
            return;
        }
        if let Some(call) = vocabulary::call(vocabulary::Category::Measure, name) {
            let message = format!("`{name}` of which experiment?");
            let text = self.words(expr.span);
            self.findings.push(
                Diagnostic::error("E0704", message, root.span).note(format!("write `experiment.{text}`: {}", call.doc)),
            );
            return;
        }
        self.unknown_experiment(name, root.span);
    }
}
