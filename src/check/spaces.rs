//! Spaces: what they are drawn from, what they are called, and when they are drawn.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::Diagnostic;
use crate::plan::space::{Condition, Domain, Param, Space};
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind};
use crate::vocabulary::{self, Call, Category, number};

use super::checker::{Checker, Cx};

/// A hyperparameter before it has its final name; values refer to it by its mark.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub span: Span,
    /// Short name first.
    pub names: Vec<String>,
    pub domain: Domain,
    pub shown: Option<Value>,
}

/// All hyperparameters of one experiment, in the order in which they are met.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts {
    pub list: Vec<Draft>,
    by_place: HashMap<(Span, Vec<u32>), usize>,
}

/// The name that values carry until all names are known; `%` is in no name of a file.
pub(super) fn mark(id: usize) -> String {
    format!("%{id}")
}

/// The number behind a mark.
pub(super) fn unmark(mark: &str) -> Option<usize> {
    mark.strip_prefix('%')?.parse().ok()
}

impl Drafts {
    /// The draft of that place; a place that is read again through a name is the same draw.
    pub fn at(&mut self, span: Span, path: &[u32], names: &[String], domain: Domain) -> usize {
        if let Some(&id) = self.by_place.get(&(span, path.to_vec())) {
            return id;
        }
        let id = self.list.len();
        self.list.push(Draft { span, names: names.to_vec(), domain, shown: None });
        self.by_place.insert((span, path.to_vec()), id);
        id
    }
}

/// The final names of an experiment's hyperparameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// By draft.
    pub names: Vec<String>,
    /// Names that would stand for several, with the names of those.
    pub ambiguous: BTreeMap<String, Vec<String>>,
}

impl Names {
    /// Give every draft the shortest name that is its alone.
    pub fn assign(drafts: &Drafts) -> Names {
        let count = drafts.list.len();
        let mut level = vec![0usize; count];
        let name = |draft: usize, level: usize| -> &str {
            let names = &drafts.list[draft].names;
            names.get(level.min(names.len().saturating_sub(1))).map_or("value", String::as_str)
        };
        let mut ambiguous: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        loop {
            let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for draft in 0..count {
                by_name.entry(name(draft, level[draft])).or_default().push(draft);
            }
            let mut moved = false;
            for (shared, members) in by_name.iter().filter(|(_, members)| members.len() > 1) {
                ambiguous.entry(shared.to_string()).or_default().extend(members);
                for &member in members {
                    if level[member] + 1 < drafts.list[member].names.len() {
                        level[member] += 1;
                        moved = true;
                    }
                }
            }
            if !moved {
                break;
            }
        }
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut names = Vec::with_capacity(count);
        for draft in 0..count {
            let base = name(draft, level[draft]).to_string();
            let times = taken.entry(base.clone()).or_insert(0);
            *times += 1;
            names.push(if *times == 1 { base } else { format!("{base}{times}") });
        }
        // A numbered name may meet one that was written.
        for draft in 0..count {
            while names[..draft].contains(&names[draft]) {
                names[draft].push('b');
            }
        }
        let ambiguous = ambiguous
            .into_iter()
            .map(|(shared, members)| (shared, members.into_iter().map(|m| names[m].clone()).collect::<Vec<_>>()))
            .map(|(shared, mut members)| {
                members.dedup();
                (shared, members)
            })
            .filter(|(shared, _)| !names.contains(shared))
            .collect();
        Names { names, ambiguous }
    }

    /// Put the final names into a value.
    pub fn rename(&self, value: &mut Value) {
        match value {
            Value::Draw(name) => self.replace(name),
            Value::Choice { param, options } => {
                self.replace(param);
                options.iter_mut().for_each(|option| self.rename(option));
            }
            Value::Negate(inner) | Value::Residual(inner) => self.rename(inner),
            Value::Arithmetic { left, right, .. } => {
                self.rename(left);
                self.rename(right);
            }
            Value::Call { args, .. } => args.iter_mut().for_each(|(_, arg)| self.rename(arg)),
            Value::List(parts) | Value::Chain(parts) => parts.iter_mut().for_each(|part| self.rename(part)),
            Value::Repeat { count, bodies } => {
                self.rename(count);
                bodies.iter_mut().for_each(|body| self.rename(body));
            }
            Value::Number(_) | Value::Text(_) | Value::Word(_) | Value::Result { .. } => {}
        }
    }

    fn replace(&self, name: &mut String) {
        if let Some(id) = unmark(name) {
            *name = self.names[id].clone();
        }
    }
}

/// The space of an experiment: its drafts with their final names, and the conditions that its values put on them.
pub(super) fn space<'v>(drafts: &Drafts, names: &Names, values: impl IntoIterator<Item = &'v Value>) -> Space {
    let mut when: Vec<Option<Vec<Condition>>> = vec![None; drafts.list.len()];
    for value in values {
        conditions(value, &mut Vec::new(), &mut when);
    }
    let mut params = Vec::new();
    for (id, draft) in drafts.list.iter().enumerate() {
        let Some(conditions) = when[id].take() else { continue };
        let mut shown = draft.shown.clone();
        if let Some(value) = &mut shown {
            names.rename(value);
        }
        let named = |mark: &str| unmark(mark).map_or_else(String::new, |id| names.names[id].clone());
        let conditions = conditions
            .into_iter()
            .map(|condition| match condition {
                Condition::Option(mark, option) => Condition::Option(named(&mark), option),
                Condition::AtLeast(mark, least) => Condition::AtLeast(named(&mark), least),
            })
            .collect();
        params.push(Param { name: names.names[id].clone(), domain: draft.domain.clone(), shown, when: conditions });
    }
    Space { params }
}

/// What must hold wherever a hyperparameter is used: the conditions that all its uses share.
fn conditions(value: &Value, held: &mut Vec<Condition>, when: &mut [Option<Vec<Condition>>]) {
    let mut meet = |mark: &str, held: &[Condition]| {
        let Some(id) = unmark(mark) else { return };
        match &mut when[id] {
            Some(before) => before.retain(|condition| held.contains(condition)),
            none => *none = Some(held.to_vec()),
        }
    };
    match value {
        Value::Draw(mark) => meet(mark, held),
        Value::Choice { param, options } => {
            meet(param, held);
            for (number, option) in options.iter().enumerate() {
                let known = Condition::Option(param.clone(), number);
                let other = |c: &Condition| matches!(c, Condition::Option(p, n) if p == param && *n != number);
                if held.iter().any(other) {
                    continue;
                }
                let new = !held.contains(&known);
                if new {
                    held.push(known);
                }
                conditions(option, held, when);
                if new {
                    held.pop();
                }
            }
        }
        Value::Repeat { count, bodies } => {
            conditions(count, held, when);
            let counted = match count.as_ref() {
                Value::Draw(mark) => Some(mark),
                Value::Choice { param, options } if options.iter().all(|o| matches!(o, Value::Number(_))) => {
                    Some(param)
                }
                _ => None,
            };
            for (number, body) in bodies.iter().enumerate() {
                match counted {
                    Some(mark) => {
                        held.push(Condition::AtLeast(mark.clone(), number as f64 + 1.0));
                        conditions(body, held, when);
                        held.pop();
                    }
                    None => conditions(body, held, when),
                }
            }
        }
        Value::Negate(inner) | Value::Residual(inner) => conditions(inner, held, when),
        Value::Arithmetic { left, right, .. } => {
            conditions(left, held, when);
            conditions(right, held, when);
        }
        Value::Call { args, .. } => args.iter().for_each(|(_, arg)| conditions(arg, held, when)),
        Value::List(parts) | Value::Chain(parts) => parts.iter().for_each(|part| conditions(part, held, when)),
        Value::Number(_) | Value::Text(_) | Value::Word(_) | Value::Result { .. } => {}
    }
}

/// A domain with the numbers that it can give.
pub(super) struct Drawn {
    pub domain: Domain,
    pub low: f64,
    pub high: f64,
    pub whole: bool,
}

impl<'a> Checker<'a> {
    /// `linear(…)`, `log(…)`, `int(…)`, `normal(…)` or `steps(…)`.
    pub fn domain(&mut self, call: &'static Call, args: &'a [Arg], span: Span, cx: Cx<'_, 'a>) -> Option<Drawn> {
        let given = self.matched(call, args, span)?;
        let fixed = Cx { drawn: false, network: false, ..cx };
        let bound = |checker: &mut Self, name: &str| -> Option<(f64, Span)> {
            let expr = given.iter().find(|(p, _)| p.name == name)?.1;
            let param = call.param(name)?;
            let subject = format!("`{name}` of `{}`", call.name);
            let value = checker.value(
                expr,
                param.kind,
                Cx { subject: &subject, param: Some(param), site: expr.span, ..fixed },
            )?;
            match value {
                Value::Number(x) => Some((x, expr.span)),
                _ => {
                    let message = format!("{subject} must be a number that is known before anything runs");
                    checker.findings.push(Diagnostic::error("E0501", message, expr.span));
                    None
                }
            }
        };
        match call.name {
            "linear" | "log" | "int" => {
                let (low, high) = (bound(self, "low"), bound(self, "high"));
                let log = call.name == "log" || self.is_log(call, &given, cx)?;
                let ((low, at_low), (high, at_high)) = (low?, high?);
                self.bounds(call, (low, at_low), (high, at_high), log, span)?;
                Some(match call.name {
                    "int" => Drawn {
                        domain: Domain::Int { low: low as i64, high: high as i64, log },
                        low,
                        high,
                        whole: true,
                    },
                    "log" => Drawn { domain: Domain::Log { low, high }, low, high, whole: false },
                    _ => Drawn { domain: Domain::Linear { low, high }, low, high, whole: false },
                })
            }
            "normal" => {
                let (mean, deviation) = (bound(self, "mean"), bound(self, "deviation"));
                let log = self.is_log(call, &given, cx)?;
                let ((mean, _), (deviation, _)) = (mean?, deviation?);
                let low = if log { f64::MIN_POSITIVE } else { f64::NEG_INFINITY };
                Some(Drawn { domain: Domain::Normal { mean, deviation, log }, low, high: f64::INFINITY, whole: false })
            }
            _ => {
                let step = bound(self, "step");
                let inner = given.iter().find(|(p, _)| p.name == "space")?.1;
                let inside = self.inner_domain(inner, cx)?;
                let (step, at_step) = step?;
                if inside.high - inside.low < step {
                    let message = format!(
                        "steps of {} are wider than the space from {} to {}",
                        number(step),
                        number(inside.low),
                        number(inside.high)
                    );
                    self.findings.push(Diagnostic::error("E0501", message, at_step));
                    return None;
                }
                let rounded = |x: f64| if x.is_finite() { (x / step).round() * step } else { x };
                Some(Drawn {
                    low: rounded(inside.low),
                    high: rounded(inside.high),
                    whole: step.fract() == 0.0,
                    domain: Domain::Steps { of: Box::new(inside.domain), step },
                })
            }
        }
    }

    fn inner_domain(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Drawn> {
        match &expr.kind {
            ExprKind::Call(callee, args) => {
                if let ExprKind::Name(name) = &callee.kind
                    && let Some(call) = vocabulary::call(Category::Space, name)
                    && !call.variadic
                {
                    self.symbols.add(callee.span, name, super::symbols::SymbolKind::Call, None);
                    return self.domain(call, args, expr.span, cx);
                }
            }
            ExprKind::Name(name) => {
                let id = self.name(name, expr.span, cx, "a space", &[])?;
                return self.within(id, expr.span, cx, |checker, value, cx| checker.inner_domain(value, cx));
            }
            _ => {}
        }
        let message = "`steps` rounds a space of numbers".to_string();
        self.findings
            .push(Diagnostic::error("E0301", message, expr.span).note("for example `steps(linear(0, 0.5), 0.1)`"));
        None
    }

    fn is_log(
        &mut self,
        call: &'static Call,
        given: &[(&'static vocabulary::Param, &'a Expr)],
        cx: Cx<'_, 'a>,
    ) -> Option<bool> {
        let Some(&(param, expr)) = given.iter().find(|(p, _)| p.name == "scale") else { return Some(false) };
        let subject = format!("`scale` of `{}`", call.name);
        let cx = Cx { subject: &subject, param: Some(param), drawn: false, site: expr.span, ..cx };
        match self.value(expr, param.kind, cx)? {
            Value::Word(word) => Some(word == "log"),
            _ => None,
        }
    }

    fn bounds(
        &mut self,
        call: &Call,
        (low, at_low): (f64, Span),
        (high, at_high): (f64, Span),
        log: bool,
        span: Span,
    ) -> Option<()> {
        let name = call.name;
        if log && low <= 0.0 {
            let message = match low == 0.0 {
                true => "a log scale cannot reach 0".to_string(),
                false => format!("a log scale has no negative numbers, and this one begins at {}", number(low)),
            };
            let mut found = Diagnostic::error("E0501", message, at_low).label("must be above 0");
            if low == 0.0 {
                found = found.note("begin at the smallest value that matters, such as 1e-4");
            } else {
                found = found.note("put the sign before the space: `-log(…)`");
            }
            self.findings.push(found);
            return None;
        }
        if low > high {
            let message =
                format!("`{name}` goes from its lower to its upper end, and {} is above {}", number(low), number(high));
            let (a, b) = (self.sources.text(at_low).to_string(), self.sources.text(at_high).to_string());
            let mut found = Diagnostic::error("E0501", message, span);
            if a.len() + b.len() < 60 && !(log && high <= 0.0) {
                found.fix = Some(crate::diagnostic::Fix {
                    title: "swap the ends".into(),
                    edits: vec![(at_low, b), (at_high, a)],
                    sure: true,
                });
            }
            self.findings.push(found);
            return None;
        }
        if low == high {
            let message = format!("this space holds one value only, {}", number(low));
            self.findings.push(
                Diagnostic::error("E0501", message, span)
                    .replace("write the number", span, number(low), false)
                    .note("a space with one value is a number"),
            );
            return None;
        }
        Some(())
    }
}
