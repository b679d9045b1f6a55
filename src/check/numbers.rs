//! Values that are numbers: literals, spaces, arithmetic, names, results of other experiments.

use crate::diagnostic::Diagnostic;
use crate::plan::space::Domain;
use crate::plan::value::{Operator, Value};
use crate::source::Span;
use crate::syntax::tree::{self, Expr, ExprKind};
use crate::vocabulary::{self, Category, Range, Scale, number};

use super::checker::{Checker, Cx};
use super::choices::Chosen;
use super::spaces::mark;
use super::symbols::SymbolKind;

/// A value that is a number, with what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub value: Value,
    /// The least that it can be.
    pub low: f64,
    /// The most that it can be.
    pub high: f64,
    /// Whether it is whole, or rounded because it is computed from something that is drawn or comes from the data.
    pub whole: bool,
    /// Whether `low` and `high` mean something.
    pub known: bool,
    /// Draws made in place that have no name of their own.
    pub fresh: Vec<(usize, Span)>,
}

impl Number {
    fn literal(x: f64) -> Number {
        Number { value: Value::Number(x), low: x, high: x, whole: x.fract() == 0.0, known: true, fresh: Vec::new() }
    }

    fn open(value: Value) -> Number {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        Number { value, low, high, whole: true, known: false, fresh: Vec::new() }
    }
}

impl<'a> Checker<'a> {
    /// A whole expression: its only draw in place takes the name that the context gives.
    pub fn number(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Number> {
        self.trail.note(expr.span);
        let mut found = self.part(expr, cx)?;
        found.fresh.sort_unstable_by_key(|(id, _)| *id);
        found.fresh.dedup_by_key(|(id, _)| *id);
        match found.fresh.as_slice() {
            [] => {}
            [(id, _)] => {
                if !matches!(found.value, Value::Draw(_) | Value::Choice { .. }) {
                    self.drafts.list[*id].shown = Some(found.value.clone());
                }
            }
            several => {
                let name = cx.names.first().map_or("value", String::as_str);
                for &(_, span) in several {
                    let message = format!("two spaces in one value would both be called `{name}`");
                    let text = self.words(span);
                    self.findings.push(
                        Diagnostic::error("E0503", message, span)
                            .label("give it a name of its own")
                            .note(format!("for example `{text} as {name}_part`")),
                    );
                }
                found.fresh.clear();
            }
        }
        Some(found)
    }

    fn part(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Number> {
        match &expr.kind {
            ExprKind::Number(x) => Some(Number::literal(*x)),
            ExprKind::Negate(inner) => {
                let inner = self.part(inner, cx)?;
                let value = match inner.value {
                    Value::Number(x) => Value::Number(-x),
                    value => Value::Negate(Box::new(value)),
                };
                Some(Number { value, low: -inner.high, high: -inner.low, ..inner })
            }
            ExprKind::Arithmetic(left, operator, right) => {
                let (left, right) = self.aside(|checker| (checker.part(left, cx), checker.part(right, cx)));
                self.combine(left?, operator.node, right?, expr.span)
            }
            ExprKind::As(_, name) => {
                let id = self.scope.at(name.span)?;
                let named = self.within(id, name.span, cx, |checker, value, cx| checker.number(value, cx))?;
                self.must_draw(&named.value, &name.node, name.span);
                Some(Number { fresh: Vec::new(), ..named })
            }
            ExprKind::Name(name) => self.named_number(name, expr.span, cx),
            ExprKind::Call(callee, args) => {
                if let ExprKind::Name(name) = &callee.kind {
                    self.called_number(name, callee.span, args, expr, cx)
                } else {
                    self.result(expr, cx).map(Number::open)
                }
            }
            ExprKind::Member(..) | ExprKind::Select(..) => self.result(expr, cx).map(Number::open),
            ExprKind::Duration(_)
            | ExprKind::Text(_)
            | ExprKind::List(_)
            | ExprKind::Chain(_)
            | ExprKind::Body(..)
            | ExprKind::Compare(..) => {
                let found = self.mismatched(expr, "a number", cx);
                let found = self.instead_of_number(found, expr);
                self.findings.push(found);
                None
            }
        }
    }

    fn named_number(&mut self, name: &str, span: Span, cx: Cx<'_, 'a>) -> Option<Number> {
        if matches!(name, "classes" | "features") {
            self.symbols.add(span, name, SymbolKind::Word, None);
            if !cx.network {
                let message =
                    format!("`{name}` comes from the data that a network meets: it means something in networks only");
                self.findings.push(Diagnostic::error("E0301", message, span));
                return None;
            }
            return Some(Number { low: 1.0, ..Number::open(Value::Word(name.to_string())) });
        }
        let words: &[&str] = if cx.network { &["classes", "features"] } else { &[] };
        let id = self.name(name, span, cx, "a number", words)?;
        let found = self.within(id, span, cx, |checker, value, cx| checker.number(value, cx))?;
        Some(Number { fresh: Vec::new(), ..found })
    }

    fn called_number(
        &mut self,
        name: &str,
        at: Span,
        args: &'a [tree::Arg],
        expr: &'a Expr,
        cx: Cx<'_, 'a>,
    ) -> Option<Number> {
        let Some(call) = vocabulary::call(Category::Space, name) else {
            let spaces = vocabulary::calls(Category::Space).iter().map(|c| c.name);
            self.unknown_call(name, at, "a number or a space", spaces);
            return None;
        };
        self.symbols.add(at, name, SymbolKind::Call, None);
        if !cx.drawn {
            self.no_space(cx);
            return None;
        }
        if call.variadic {
            let Chosen { id, options } =
                self.choose(expr, args, cx, |checker, option, cx| checker.number(option, cx))?;
            let options: Vec<Number> = options.into_iter().collect::<Option<_>>()?;
            let values: Vec<Value> = options.iter().map(|o| o.value.clone()).collect();
            self.numbers_of_choice(id, &values);
            return Some(Number {
                value: Value::Choice { param: mark(id), options: values },
                low: options.iter().map(|o| o.low).fold(f64::INFINITY, f64::min),
                high: options.iter().map(|o| o.high).fold(f64::NEG_INFINITY, f64::max),
                whole: options.iter().all(|o| o.whole),
                known: options.iter().all(|o| o.known),
                fresh: vec![(id, expr.span)],
            });
        }
        let drawn = self.domain(call, args, expr.span, cx)?;
        let id = self.drafts.at(expr.span, cx.path, cx.names, drawn.domain);
        Some(Number {
            value: Value::Draw(mark(id)),
            low: drawn.low,
            high: drawn.high,
            whole: drawn.whole,
            known: true,
            fresh: vec![(id, expr.span)],
        })
    }

    /// A name given by `as` must be that of something that is drawn.
    pub fn must_draw(&mut self, value: &Value, name: &str, span: Span) {
        if matches!(value, Value::Number(_) | Value::Word(_) | Value::Text(_)) {
            let message = format!("`as {name}` names a space, and nothing is drawn here");
            self.findings.push(
                Diagnostic::error("E0505", message, span).note(format!("a fixed value is named by `let {name} = …`")),
            );
        }
    }

    fn combine(&mut self, left: Number, operator: tree::Operator, right: Number, span: Span) -> Option<Number> {
        use tree::Operator::*;
        let computed = |a: f64, b: f64| match operator {
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            Divide => a / b,
            Power => crate::kernel::math::powf(a, b),
        };
        let mut fresh = left.fresh;
        fresh.extend(right.fresh);
        if let (Value::Number(a), Value::Number(b)) = (&left.value, &right.value) {
            let x = computed(*a, *b);
            if !x.is_finite() {
                let reason = if *b == 0.0 { "division by 0" } else { "not a finite number" };
                self.findings.push(Diagnostic::error("E0302", format!("this is {reason}"), span));
                return None;
            }
            return Some(Number::literal(x));
        }
        if operator == Divide && right.known && right.low <= 0.0 && right.high >= 0.0 {
            self.findings.push(Diagnostic::error("E0302", "the divisor can be 0 here", span));
            return None;
        }
        let ends = [
            computed(left.low, right.low),
            computed(left.low, right.high),
            computed(left.high, right.low),
            computed(left.high, right.high),
        ];
        let known = left.known && right.known && ends.iter().all(|x| !x.is_nan());
        let (low, high) = match known {
            true => (
                ends.iter().copied().fold(f64::INFINITY, f64::min),
                ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ),
            false => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let operator = plan_operator(operator);
        let value = Value::Arithmetic { operator, left: Box::new(left.value), right: Box::new(right.value) };
        Some(Number { value, low, high, whole: true, known, fresh })
    }

    /// A number that a key or parameter takes.
    pub fn ranged(&mut self, expr: &'a Expr, range: Range, whole: bool, cx: Cx<'_, 'a>) -> Option<Value> {
        let found = self.number(expr, cx)?;
        if whole && !found.whole {
            self.not_whole(expr, &found, cx);
            return None;
        }
        if found.known && !(range.contains(found.low) && range.contains(found.high)) {
            self.out_of_range(expr, &found, range, cx);
            return None;
        }
        if let (Value::Draw(draw), Some(param)) = (&found.value, cx.param) {
            self.scale_lint(draw, param.scale);
        }
        Some(found.value)
    }

    fn not_whole(&mut self, expr: &Expr, found: &Number, cx: Cx<'_, 'a>) {
        let subject = cx.subject;
        let mut report = Diagnostic::error("E0303", format!("{subject} must be a whole number"), expr.span);
        match (&found.value, &expr.kind) {
            (Value::Number(x), ExprKind::Number(_)) => {
                report = report.replace(format!("write {}", number(x.round())), expr.span, number(x.round()), false);
            }
            (Value::Draw(_), ExprKind::Call(..)) => {
                let (low, high) = (found.low.round(), found.high.round());
                let scale = if super::scope::callee_name(expr) == Some("log") { ", scale = log" } else { "" };
                if low < high && low.is_finite() && high.is_finite() {
                    let text = format!("int({}, {}{scale})", number(low), number(high));
                    report = report.note("`int` draws whole numbers").replace(
                        format!("write `{text}`"),
                        expr.span,
                        text,
                        false,
                    );
                } else {
                    report = report.note("`int(low, high)` draws whole numbers, `steps(…, 1)` rounds");
                }
            }
            _ => {}
        }
        self.findings.push(report);
    }

    fn out_of_range(&mut self, expr: &Expr, found: &Number, range: Range, cx: Cx<'_, 'a>) {
        let subject = cx.subject;
        let mut report = match found.value {
            Value::Number(x) => {
                Diagnostic::error("E0302", format!("{subject} must be {range}, not {}", number(x)), expr.span)
            }
            _ => {
                let reaches = match (range.contains(found.low), range.contains(found.high)) {
                    _ if !found.low.is_finite() || !found.high.is_finite() => "this has no bounds".to_string(),
                    (false, true) => format!("this reaches {}", number(found.low)),
                    (true, false) => format!("this reaches {}", number(found.high)),
                    _ => format!("this goes from {} to {}", number(found.low), number(found.high)),
                };
                Diagnostic::error("E0302", format!("{subject} must be {range}, and {reaches}"), expr.span)
            }
        };
        if let (Value::Number(x), ExprKind::Number(_)) = (&found.value, &expr.kind)
            && range.high <= 1.0
            && range.low >= 0.0
            && (*x >= 10.0 || *x > 1.0 && x.fract() == 0.0)
            && range.contains(x / 100.0)
        {
            let text = format!("{}%", number(*x));
            report = report.note(format!("a share is written as `{text}` or {}", number(x / 100.0))).replace(
                format!("write `{text}`"),
                expr.span,
                text,
                false,
            );
        }
        self.findings.push(report);
    }

    /// A linear scale over more than a decade hides the small values of what lives on a logarithmic one.
    fn scale_lint(&mut self, draw: &str, scale: Scale) {
        let Some(id) = super::spaces::unmark(draw) else { return };
        let draft = &self.drafts.list[id];
        let (span, Domain::Linear { low, high }) = (draft.span, draft.domain.clone()) else { return };
        let name = draft.names.first().cloned().unwrap_or_default();
        match scale {
            Scale::Log if high > 0.0 && (low <= 0.0 || high / low > 10.0) => {
                let share = (100.0 * (high - high / 10.0) / (high - low)).min(100.0).round();
                let mut lint = Diagnostic::warning(
                    "W0801",
                    format!("`{name}` is drawn on a linear scale over more than one decade"),
                    span,
                )
                .label(format!("{share} % of the draws fall between {} and {}", number(high / 10.0), number(high)))
                .note("on a log scale every decade is as likely as the next");
                if low > 0.0 {
                    let text = format!("log({}, {})", number(low), number(high));
                    lint = lint.replace(format!("write `{text}`"), span, text, false);
                }
                self.findings.push(lint);
            }
            Scale::OneMinusLog if high < 1.0 && (1.0 - low) / (1.0 - high) > 10.0 + 1e-9 => {
                let tidy = |x: f64| number((x * 1e12).round() / 1e12);
                let text = format!("1 - log({}, {})", tidy(1.0 - high), tidy(1.0 - low));
                let window = tidy((1.0 / (1.0 - high)).round());
                self.findings.push(
                    Diagnostic::warning(
                        "W0801",
                        format!("`1 - {name}` is drawn on a linear scale over more than one decade"),
                        span,
                    )
                    .label(format!(
                        "few draws come near {}, where the average looks back over {window} steps",
                        number(high)
                    ))
                    .note("an average of weight β looks back over about 1/(1 − β) steps: draw 1 − β on a log scale")
                    .replace(format!("write `{text}`"), span, text, false),
                );
            }
            _ => {}
        }
    }

    /// A space stands where none may.
    pub fn no_space(&mut self, cx: Cx<'_, 'a>) {
        self.findings.push(
            Diagnostic::error(
                "E0304",
                format!("{} is the same for a whole experiment: it cannot be drawn", cx.subject),
                cx.site,
            )
            .note("to compare values, write an experiment for each (`experiment b from a { … }`)"),
        );
    }
}

/// The plan's operator.
pub(super) fn plan_operator(operator: tree::Operator) -> Operator {
    match operator {
        tree::Operator::Add => Operator::Add,
        tree::Operator::Subtract => Operator::Subtract,
        tree::Operator::Multiply => Operator::Multiply,
        tree::Operator::Divide => Operator::Divide,
        tree::Operator::Power => Operator::Power,
    }
}
