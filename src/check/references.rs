//! Trials and numbers of other experiments: `coarse[norm = before].best.rate`.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::show::{Measure, Pick, Selection};
use crate::plan::space::Domain;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind};

use super::checker::{Checker, Cx};
use super::known::Known;
use super::measures::SETS;
use super::scope::{Kind, Lookup};
use super::suggest;
use super::symbols::SymbolKind;
use super::values::describe;

/// Some trials, and what stands behind them.
pub(super) struct Reference<'a> {
    pub selection: Selection,
    pub known: Rc<Known>,
    pub rest: Vec<Step<'a>>,
}

/// A value taken apart into what it begins with and the steps from there.
pub(super) fn steps<'a>(expr: &'a Expr, after: &mut Vec<Step<'a>>) -> &'a Expr {
    match &expr.kind {
        ExprKind::Member(inner, name) => {
            let root = steps(inner, after);
            after.push(Step::Member(&name.node, name.span));
            root
        }
        ExprKind::Call(callee, args) => {
            let root = steps(callee, after);
            after.push(Step::Call(args, expr.span));
            root
        }
        ExprKind::Select(inner, args) => {
            let root = steps(inner, after);
            after.push(Step::Select(args));
            root
        }
        _ => expr,
    }
}

/// Something after a dot, or in brackets: `coarse [norm = before] .top (3) .dev .accuracy`.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Member(&'a str, Span),
    Call(&'a [Arg], Span),
    Select(&'a [Arg]),
}

impl<'a> Checker<'a> {
    /// The trials that a value names, with the steps that are left. None without a report if it names no experiment at all.
    pub fn reference(&mut self, expr: &'a Expr) -> Option<Result<Reference<'a>, ()>> {
        let mut path = Vec::new();
        let root = steps(expr, &mut path);
        let ExprKind::Name(name) = &root.kind else { return None };
        if let Some(id) = self.scope.find_block(Kind::Experiment, name, root.span.file) {
            let target = self.scope.definitions[id].span;
            self.symbols.add(root.span, name, SymbolKind::Experiment, Some(target));
            let Some(known) = self.experiment(id) else { return Some(Err(())) };
            self.uses.push(id);
            return Some(self.selected(known, path).ok_or(()));
        }
        if let Lookup::Found(id) = self.scope.look_up(name, root.span.file, None)
            && self.scope.definitions[id].kind == Kind::Let
            && !self.opening.contains(&id)
        {
            let value = self.scope.definitions[id].value?;
            self.symbols.add(root.span, name, SymbolKind::Let, Some(self.scope.definitions[id].span));
            self.opening.push(id);
            let inner = self.reference(value);
            self.opening.pop();
            return inner.map(|found| {
                let mut found = found?;
                found.rest.extend(path);
                let Reference { selection, known, rest } = found;
                let again = self.selected(known, rest).ok_or(())?;
                // What the definition picked holds unless the use picks again.
                let pick = if again.selection.pick == Pick::All { selection.pick } else { again.selection.pick };
                let filters = [selection.filters, again.selection.filters].concat();
                Ok(Reference { selection: Selection { filters, pick, ..again.selection }, ..again })
            });
        }
        None
    }

    fn selected(&mut self, known: Rc<Known>, path: Vec<Step<'a>>) -> Option<Reference<'a>> {
        let mut selection = Selection { experiment: known.name.clone(), filters: Vec::new(), pick: Pick::All };
        let mut sound = true;
        let mut at = 0;
        while at < path.len() {
            match path[at] {
                Step::Select(args) => {
                    for arg in args {
                        match self.filter(arg, std::slice::from_ref(&known)) {
                            Some(filter) => {
                                self.impossible(&filter, &known, arg.value.span);
                                selection.filters.push(filter);
                            }
                            None => sound = false,
                        }
                    }
                    at += 1;
                }
                // `best(dev.accuracy)` is a measure, `best` alone a trial.
                Step::Member("best", span) if !matches!(path.get(at + 1), Some(Step::Call(..))) => {
                    self.symbols.add(span, "best", SymbolKind::Word, None);
                    selection.pick = Pick::Best;
                    at += 1;
                }
                Step::Member("top", span) => {
                    self.symbols.add(span, "top", SymbolKind::Word, None);
                    let count = match path.get(at + 1) {
                        Some(Step::Call([Arg { name: None, value }], _)) => match value.kind {
                            ExprKind::Number(n) if n >= 1.0 && n.fract() == 0.0 && n < 1e6 => Some(n as u32),
                            _ => None,
                        },
                        _ => None,
                    };
                    let Some(count) = count else {
                        self.findings.push(Diagnostic::error("E0603", "`top` needs how many: `top(3)`", span));
                        return None;
                    };
                    selection.pick = Pick::Top(count);
                    at += 2;
                }
                Step::Member(..) | Step::Call(..) => break,
            }
        }
        sound.then(|| Reference { selection, known, rest: path[at..].to_vec() })
    }

    /// A number that another experiment gives, inside of a value.
    pub fn result(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Value> {
        match self.reference(expr) {
            Some(Ok(found)) => {
                if found.rest.is_empty() {
                    let message = format!("{} needs one number, and this names trials", subject(cx));
                    self.findings.push(
                        Diagnostic::error("E0603", message, expr.span)
                            .note("name what is wanted of the trial: `coarse.best.rate`, `coarse.best.dev.loss`"),
                    );
                    return None;
                }
                if found.selection.pick != Pick::Best {
                    let message =
                        format!("{} needs one number, and this is one for each of several trials", subject(cx));
                    let name = &found.selection.experiment;
                    self.findings.push(
                        Diagnostic::error("E0603", message, expr.span)
                            .note(format!("take the best trial: `{name}.best.…`")),
                    );
                    return None;
                }
                let measure = self.measure_path(&found.rest, std::slice::from_ref(&found.known), expr.span)?;
                if let Measure::Setting(name) = &measure
                    && let Some(Domain::Choice { numbers: None, .. }) = found.known.domain(name)
                {
                    let message = format!("`{name}` is a choice without numbers: its best option is no number");
                    self.findings.push(Diagnostic::error("E0603", message, expr.span));
                    return None;
                }
                if measure == Measure::Time {
                    let message = "time differs from run to run: it cannot enter another training";
                    self.findings.push(Diagnostic::error("E0603", message, expr.span));
                    return None;
                }
                Some(Value::Result { of: found.selection, measure })
            }
            Some(Err(())) => None,
            None => {
                let mut path = Vec::new();
                let root = steps(expr, &mut path);
                match &root.kind {
                    ExprKind::Name(name) if !self.scope.is_lost(name, root.span.file) => {
                        self.unknown_experiment(name, root.span)
                    }
                    ExprKind::Name(_) => {}
                    _ => self.mismatch(expr, "a number", cx),
                }
                None
            }
        }
    }

    /// Report a name that should be that of an experiment.
    pub fn unknown_experiment(&mut self, name: &str, span: Span) {
        if SETS.contains(&name) {
            let message = format!("`{name}.…` is a metric: say of which trial, as in `coarse.best.{name}.loss`");
            self.findings.push(Diagnostic::error("E0602", message, span));
            return;
        }
        let visible = self.scope.visible(span.file, &[Kind::Experiment]);
        let message = match self.scope.kind_of(name, span.file) {
            Some(kind) => format!("`{name}` is {}, not an experiment", kind.noun()),
            None => format!("no experiment is called `{name}`"),
        };
        let mut found = Diagnostic::error("E0602", message, span);
        match suggest::nearest(name, visible.iter().copied()) {
            Some(near) => {
                found = near.offer(found, span);
            }
            None if !visible.is_empty() => found = found.note(format!("there are {}", suggest::listed(visible, 10))),
            None => found = found.note("this file has no experiments"),
        }
        self.findings.push(found);
    }

    /// Trials: one value, or a list.
    pub fn trials(&mut self, expr: &'a Expr, into: &mut Vec<(Selection, Rc<Known>)>) -> bool {
        if let ExprKind::List(parts) = &expr.kind {
            let mut sound = true;
            for part in parts {
                sound &= self.trials(part, into);
            }
            return sound;
        }
        match self.reference(expr) {
            Some(Ok(found)) => {
                if let Some(step) = found.rest.first() {
                    let span = match step {
                        Step::Member(_, span) | Step::Call(_, span) => *span,
                        Step::Select(_) => expr.span,
                    };
                    let message = "trials are needed here, and this is a measure of them";
                    self.findings.push(
                        Diagnostic::error("E0603", message, span).note("measures belong to `show`, `draw` or a claim"),
                    );
                    return false;
                }
                into.push((found.selection, found.known));
                true
            }
            Some(Err(())) => false,
            None => {
                match &expr.kind {
                    ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Select(..) | ExprKind::Call(..) => {
                        let mut path = Vec::new();
                        let root = steps(expr, &mut path);
                        if let ExprKind::Name(name) = &root.kind
                            && !self.scope.is_lost(name, root.span.file)
                        {
                            self.unknown_experiment(name, root.span);
                        }
                    }
                    _ => {
                        let message =
                            format!("an experiment or some of its trials are needed here, not {}", describe(expr));
                        self.findings.push(Diagnostic::error("E0301", message, expr.span));
                    }
                }
                false
            }
        }
    }
}

fn subject(cx: Cx<'_, '_>) -> String {
    if cx.subject.is_empty() { "this".into() } else { cx.subject.to_string() }
}
