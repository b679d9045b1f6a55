//! `require = width * depth <= 512`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::experiment::Constraint;
use crate::plan::space::Domain;
use crate::plan::value::Value;
use crate::syntax::tree::{Expr, ExprKind};

use super::bases::Draft;
use super::checker::Checker;
use super::filters::plan_comparison;
use super::known::Known;
use super::numbers::plan_operator;
use super::scope::Lookup;
use super::settings::dotted;
use super::shows::parts;
use super::symbols::SymbolKind;
use super::values::describe;

impl<'a> Checker<'a> {
    pub fn require(
        &mut self,
        draft: &Draft<'a>,
        own: &[Rc<Known>],
        template: &BTreeMap<String, Value>,
    ) -> Vec<Constraint> {
        let Some(given) = draft.fields.iter().find(|g| g.field.key.node == "require") else { return Vec::new() };
        let parts = parts(&given.field.value);
        let mut constraints = Vec::new();
        for part in parts {
            let ExprKind::Compare(left, comparison, right) = &part.kind else {
                let message = format!("`require` takes a comparison of settings, not {}", describe(part));
                self.findings
                    .push(Diagnostic::error("E0301", message, part.span).note("for example `width * depth <= 512`"));
                continue;
            };
            let sides = (self.term(left, own, template), self.term(right, own, template));
            if let (Some(left), Some(right)) = sides {
                constraints.push(Constraint { left, comparison: plan_comparison(comparison.node), right });
            }
        }
        constraints
    }

    /// Arithmetic over the settings of an experiment.
    fn term(&mut self, expr: &'a Expr, own: &[Rc<Known>], template: &BTreeMap<String, Value>) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number(x) => Some(Value::Number(*x)),
            ExprKind::Negate(inner) => Some(Value::Negate(Box::new(self.term(inner, own, template)?))),
            ExprKind::Arithmetic(left, operator, right) => {
                let (left, right) = (self.term(left, own, template), self.term(right, own, template));
                let operator = plan_operator(operator.node);
                Some(Value::Arithmetic { operator, left: Box::new(left?), right: Box::new(right?) })
            }
            ExprKind::Name(_) | ExprKind::Member(..) => {
                let name = dotted(expr)?;
                if !own[0].has(&name) {
                    if let Some(Value::Number(x)) = template.get(&name) {
                        return Some(Value::Number(*x));
                    }
                    if let ExprKind::Name(plain) = &expr.kind
                        && let Lookup::Found(id) = self.scope.look_up(plain, expr.span.file, None)
                        && let Some(Expr { kind: ExprKind::Number(x), .. }) = self.scope.definitions[id].value
                    {
                        let target = self.scope.definitions[id].span;
                        self.symbols.add(expr.span, plain, SymbolKind::Let, Some(target));
                        return Some(Value::Number(*x));
                    }
                }
                let name = self.setting(&name, expr.span, own)?;
                let param = own[0].space.params.iter().find(|p| p.name == name)?;
                if let Some(shown) = &param.shown {
                    return Some(shown.clone());
                }
                match &param.domain {
                    Domain::Choice { numbers: Some(numbers), .. } => Some(Value::Choice {
                        param: name,
                        options: numbers.iter().map(|x| Value::Number(*x)).collect(),
                    }),
                    Domain::Choice { .. } => {
                        let message = format!("`{name}` is a choice without numbers");
                        self.findings.push(Diagnostic::error("E0301", message, expr.span));
                        None
                    }
                    _ => Some(Value::Draw(name)),
                }
            }
            _ => {
                let message = format!("a number or a setting is needed here, not {}", describe(expr));
                self.findings.push(Diagnostic::error("E0301", message, expr.span));
                None
            }
        }
    }
}
