//! Conditions on trials: `norm = before`, `rate < 0.1`.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::show::{Comparison, Filter, FilterValue, Measure};
use crate::plan::space::Domain;
use crate::source::Span;
use crate::syntax::tree::{self, Arg, Expr, ExprKind};
use crate::vocabulary::number;

use super::checker::Checker;
use super::known::Known;
use super::suggest;
use super::symbols::SymbolKind;
use super::values::describe;

impl<'a> Checker<'a> {
    /// A filter between brackets, or in `where`: `norm = before`, `rate < 0.1`.
    pub fn filter(&mut self, arg: &'a Arg, of: &[Rc<Known>]) -> Option<Filter> {
        if let Some(name) = &arg.name {
            let measure = self.plain_measure(&name.node, name.span, of)?;
            let value = self.filter_value(&measure, Comparison::Equal, &arg.value, of)?;
            return Some(Filter { measure, comparison: Comparison::Equal, value });
        }
        self.condition(&arg.value, of)
    }

    /// A comparison of a measure with a number or label.
    pub fn condition(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<Filter> {
        let ExprKind::Compare(left, comparison, right) = &expr.kind else {
            let message = format!("a comparison is needed here, not {}", describe(expr));
            self.findings.push(
                Diagnostic::error("E0703", message, expr.span).note("for example `norm == before` or `rate < 0.1`"),
            );
            return None;
        };
        if [left, right].iter().any(|side| matches!(side.kind, ExprKind::Compare(..))) {
            // The parser has said that comparisons do not chain.
            return None;
        }
        let (left, right, comparison) = match left.kind {
            ExprKind::Number(_) | ExprKind::Text(_) => (right, left, flipped(comparison.node)),
            _ => (left, right, plan_comparison(comparison.node)),
        };
        let measure = self.measure(left, of)?;
        let value = self.filter_value(&measure, comparison, right, of)?;
        Some(Filter { measure, comparison, value })
    }

    fn filter_value(
        &mut self,
        measure: &Measure,
        comparison: Comparison,
        expr: &'a Expr,
        of: &[Rc<Known>],
    ) -> Option<FilterValue> {
        let labels = match measure {
            Measure::Setting(name) => of.iter().find_map(|known| match known.domain(name) {
                Some(Domain::Choice { labels, numbers }) => Some((name, labels.clone(), numbers.is_some())),
                _ => None,
            }),
            _ => None,
        };
        let Some((name, labels, numeric)) = labels else {
            return self.constant(expr, &format!("what `{measure}` is compared with")).map(FilterValue::Number);
        };
        let written = match &expr.kind {
            ExprKind::Text(text) => text.clone(),
            ExprKind::Number(x) => number(*x),
            _ => self.words(expr.span),
        };
        let order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if numeric
            && (order || !labels.contains(&written))
            && matches!(expr.kind, ExprKind::Number(_) | ExprKind::Negate(_))
        {
            let x = self.constant(expr, "the number")?;
            if !order && !labels.contains(&written) {
                let note = format!("its values are {}", suggest::listed(labels.iter().map(String::as_str), 12));
                self.findings
                    .push(Diagnostic::error("E0703", format!("`{name}` is never {}", number(x)), expr.span).note(note));
                return None;
            }
            return Some(FilterValue::Number(x));
        }
        if order && !numeric {
            let message = format!("`{name}` is one of several options: they have no order");
            self.findings.push(Diagnostic::error("E0703", message, expr.span).note("compare with `==` or `!=`"));
            return None;
        }
        if labels.contains(&written) {
            self.symbols.add(expr.span, &written, SymbolKind::Label, None);
            return Some(FilterValue::Label(written));
        }
        let mut found = Diagnostic::error("E0703", format!("`{name}` has no option `{written}`"), expr.span);
        match suggest::nearest(&written, labels.iter().map(String::as_str)) {
            Some(near) => {
                let plain = near.name.chars().all(|c| c.is_alphanumeric() || c == '_');
                let text = if plain { near.name.clone() } else { format!("\"{}\"", near.name) };
                found = found.note(format!("did you mean `{}`?", near.name)).replace(
                    format!("write `{text}`"),
                    expr.span,
                    text,
                    near.sure,
                );
            }
            None => {
                found =
                    found.note(format!("its options are {}", suggest::listed(labels.iter().map(String::as_str), 12)))
            }
        }
        self.findings.push(found);
        None
    }

    /// A filter that no trial can pass.
    pub fn impossible(&mut self, filter: &Filter, known: &Known, span: Span) {
        let (Measure::Setting(name), FilterValue::Number(x)) = (&filter.measure, &filter.value) else { return };
        let Some((low, high)) = known.shown_range(name) else { return };
        let none = match filter.comparison {
            Comparison::Less => low >= *x,
            Comparison::LessEqual => low > *x,
            Comparison::Greater => high <= *x,
            Comparison::GreaterEqual => high < *x,
            Comparison::Equal => *x < low || *x > high,
            Comparison::NotEqual => false,
        };
        if none {
            let message = format!("no trial of `{}` passes this", known.name);
            self.findings.push(Diagnostic::warning("W0807", message, span).label(format!(
                "`{name}` goes from {} to {}",
                number(low),
                number(high)
            )));
        }
    }
}

/// The plan's comparison.
pub(super) fn plan_comparison(comparison: tree::Comparison) -> Comparison {
    match comparison {
        tree::Comparison::Less => Comparison::Less,
        tree::Comparison::LessEqual => Comparison::LessEqual,
        tree::Comparison::Greater => Comparison::Greater,
        tree::Comparison::GreaterEqual => Comparison::GreaterEqual,
        tree::Comparison::Equal => Comparison::Equal,
        tree::Comparison::NotEqual => Comparison::NotEqual,
    }
}

/// The same with its sides swapped.
fn flipped(comparison: tree::Comparison) -> Comparison {
    match comparison {
        tree::Comparison::Less => Comparison::Greater,
        tree::Comparison::LessEqual => Comparison::GreaterEqual,
        tree::Comparison::Greater => Comparison::Less,
        tree::Comparison::GreaterEqual => Comparison::LessEqual,
        other => plan_comparison(other),
    }
}
