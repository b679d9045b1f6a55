//! Metrics, measures of trials and the trials that they are taken of.

use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::metric::{Metric, MetricKind, Set};
use crate::plan::show::{Comparison, Filter, FilterValue, Measure, Pick, Selection};
use crate::plan::space::Domain;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{self, Arg, Expr, ExprKind};
use crate::vocabulary::{self, Category, number};

use super::checker::{Checker, Cx};
use super::experiments::Known;
use super::scope::{Kind, Lookup};
use super::suggest;
use super::symbols::SymbolKind;
use super::values::describe;

/// Something after a dot, or in brackets: `coarse [norm = before] .top (3) .dev .accuracy`.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Member(&'a str, Span),
    Call(&'a [Arg], Span),
    Select(&'a [Arg]),
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

/// Some trials, and what stands behind them.
pub(super) struct Reference<'a> {
    pub selection: Selection,
    pub known: Rc<Known>,
    pub rest: Vec<Step<'a>>,
}

const SETS: [&str; 3] = ["train", "dev", "test"];

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
                found = found.note(format!("did you mean `{}`?", near.name)).replace(
                    format!("write `{}`", near.name),
                    span,
                    near.name,
                    near.sure,
                );
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

    /// A measure as tables and plots write it: `dev.loss`, `best(dev.accuracy)`, `rate`.
    pub fn measure(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<Measure> {
        let mut path = Vec::new();
        let root = steps(expr, &mut path);
        let ExprKind::Name(name) = &root.kind else {
            let message = format!("a measure is needed here, not {}", describe(expr));
            self.findings.push(
                Diagnostic::error("E0702", message, expr.span)
                    .note("for example `dev.accuracy`, `best(dev.loss)` or a hyperparameter"),
            );
            return None;
        };
        path.insert(0, Step::Member(name, root.span));
        self.measure_path(&path, of, expr.span)
    }

    /// A measure as the steps of its name.
    pub fn measure_path(&mut self, path: &[Step<'a>], of: &[Rc<Known>], span: Span) -> Option<Measure> {
        match path {
            [Step::Member(set, at), rest @ ..] if SETS.contains(set) => {
                self.symbols.add(*at, set, SymbolKind::Measure, None);
                self.metric_path(set, *at, rest, of, span)
            }
            [Step::Member(name, at), Step::Call(args, whole)] => {
                let Some(call) = vocabulary::call(Category::Measure, name) else {
                    self.unknown_measure(name, *at, of);
                    return None;
                };
                self.symbols.add(*at, name, SymbolKind::Measure, None);
                let given = self.matched(call, args, *whole)?;
                let argument = |key: &str| given.iter().find(|(p, _)| p.name == key).map(|(_, e)| *e);
                let metric = match argument("metric") {
                    Some(expr) => Some(self.metric(expr, of)?),
                    None => None,
                };
                Some(match (call.name, metric) {
                    ("final", Some(metric)) => Measure::Final(metric),
                    ("best", Some(metric)) => Measure::Best(metric),
                    ("epochs_to", Some(metric)) => {
                        let value = argument("value")?;
                        let level = self.constant(value, "`value` of `epochs_to`")?;
                        self.threshold(metric, level, value.span);
                        Measure::EpochsTo(metric, level)
                    }
                    ("at", Some(metric)) => {
                        let value = argument("epoch")?;
                        let epoch = self.constant(value, "`epoch` of `at`")?;
                        if epoch < 1.0 || epoch.fract() != 0.0 {
                            self.findings.push(Diagnostic::error(
                                "E0302",
                                "epochs are whole numbers from 1",
                                value.span,
                            ));
                            return None;
                        }
                        if let Some(known) = of.iter().find(|k| k.epochs.is_some_and(|most| epoch > most)) {
                            let message =
                                format!("`{}` has only {} epochs", known.name, number(known.epochs.unwrap_or(0.0)));
                            self.findings.push(Diagnostic::error("E0302", message, value.span));
                            return None;
                        }
                        Measure::At(metric, epoch as u32)
                    }
                    ("time", _) => Measure::Time,
                    ("parameters", _) => Measure::Parameters,
                    _ => Measure::Epochs,
                })
            }
            [Step::Member(name, at)] => self.plain_measure(name, *at, of),
            [Step::Member(set, at), Step::Member(metric, _)]
                if vocabulary::call(Category::Metric, metric).is_some()
                    && !of.iter().any(|k| k.has(&format!("{set}.{metric}"))) =>
            {
                self.unknown_set(set, *at);
                None
            }
            [Step::Member(first, at), rest @ ..] => {
                // A long name of a hyperparameter: `dense2.units`.
                let mut name = first.to_string();
                for step in rest {
                    match step {
                        Step::Member(part, _) => name = format!("{name}.{part}"),
                        _ => {
                            self.unknown_measure(first, *at, of);
                            return None;
                        }
                    }
                }
                self.setting(&name, span, of).map(Measure::Setting)
            }
            _ => {
                self.findings.push(Diagnostic::error("E0702", "a measure is needed here", span));
                None
            }
        }
    }

    fn plain_measure(&mut self, name: &str, at: Span, of: &[Rc<Known>]) -> Option<Measure> {
        if of.iter().any(|known| known.has(name)) {
            return self.setting(name, at, of).map(Measure::Setting);
        }
        let found = match name {
            "time" => Measure::Time,
            "parameters" => Measure::Parameters,
            "epochs" => Measure::Epochs,
            _ => {
                if of.iter().any(|known| known.command) && vocabulary::call(Category::Measure, name).is_none() {
                    self.symbols.add(at, name, SymbolKind::Measure, None);
                    return Some(Measure::Named(name.to_string()));
                }
                if let Some(call) = vocabulary::call(Category::Measure, name) {
                    self.findings.push(
                        Diagnostic::error("E0212", format!("`{name}` needs arguments"), at)
                            .note(format!("for example `{}`", call.example)),
                    );
                    return None;
                }
                if vocabulary::call(Category::Metric, name).is_some() {
                    self.findings.push(
                        Diagnostic::error("E0702", format!("`{name}` of which examples?"), at)
                            .label("a metric is taken on `train.`, `dev.` or `test.`")
                            .replace(format!("write `dev.{name}`"), at, format!("dev.{name}"), false),
                    );
                    return None;
                }
                self.unknown_measure(name, at, of);
                return None;
            }
        };
        self.symbols.add(at, name, SymbolKind::Measure, None);
        Some(found)
    }

    fn unknown_measure(&mut self, name: &str, at: Span, of: &[Rc<Known>]) {
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
    fn excused(&self, name: &str, of: &[Rc<Known>]) -> bool {
        let broken = of.is_empty() || of.iter().any(|known| known.broken);
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
            let target = known.place(name);
            self.symbols.add(span, name, SymbolKind::Setting, target);
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
            found = found.note(format!("did you mean `{}`?", near.name)).replace(
                format!("write `{}`", near.name),
                span,
                near.name,
                near.sure,
            );
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

    /// `dev.accuracy`, `dev.top(3)`.
    pub fn metric(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<Metric> {
        let mut path = Vec::new();
        let root = steps(expr, &mut path);
        if let ExprKind::Name(set) = &root.kind
            && SETS.contains(&set.as_str())
        {
            self.symbols.add(root.span, set, SymbolKind::Measure, None);
            return match self.metric_path(set, root.span, &path, of, expr.span)? {
                Measure::Metric(metric) => Some(metric),
                _ => {
                    self.findings.push(
                        Diagnostic::error(
                            "E0702",
                            "only the metrics of the language can be followed over the epochs",
                            expr.span,
                        )
                        .note(metrics_note()),
                    );
                    None
                }
            };
        }
        if let ExprKind::Name(name) = &root.kind
            && path.is_empty()
            && vocabulary::call(Category::Metric, name).is_some()
        {
            self.findings.push(
                Diagnostic::error("E0702", format!("`{name}` of which examples?"), expr.span)
                    .label("a metric is taken on `train.`, `dev.` or `test.`")
                    .replace(format!("write `dev.{name}`"), expr.span, format!("dev.{name}"), false),
            );
            return None;
        }
        if let (ExprKind::Name(set), [Step::Member(metric, _)]) = (&root.kind, path.as_slice())
            && vocabulary::call(Category::Metric, metric).is_some()
        {
            self.unknown_set(set, root.span);
            return None;
        }
        let message = format!("a metric is needed here, not {}", describe(expr));
        self.findings.push(Diagnostic::error("E0702", message, expr.span).note("for example `dev.accuracy`"));
        None
    }

    fn unknown_set(&mut self, set: &str, span: Span) {
        let mut found = Diagnostic::error("E0702", format!("there are no `{set}` examples"), span)
            .note("metrics are taken on `train`, `dev` and `test`");
        if let Some(near) = suggest::nearest(set, SETS) {
            found = found.replace(format!("write `{}`", near.name), span, near.name, near.sure);
        }
        self.findings.push(found);
    }

    fn metric_path(&mut self, set: &str, at: Span, rest: &[Step<'a>], of: &[Rc<Known>], span: Span) -> Option<Measure> {
        let place = match set {
            "train" => Set::Train,
            "dev" => Set::Dev,
            _ => Set::Test,
        };
        let (name, name_at, args) = match rest {
            [Step::Member(name, at)] => (*name, *at, None),
            [Step::Member(name, at), Step::Call(args, _)] => (*name, *at, Some(*args)),
            _ => {
                self.findings
                    .push(Diagnostic::error("E0702", format!("which metric of `{set}`?"), span).note(metrics_note()));
                return None;
            }
        };
        let Some(call) = vocabulary::call(Category::Metric, name) else {
            if !of.is_empty() && of.iter().all(|known| known.command) {
                return Some(Measure::Named(format!("{set}.{name}")));
            }
            let mut found = Diagnostic::error("E0702", format!("there is no metric `{name}`"), name_at);
            let metrics = vocabulary::calls(Category::Metric).iter().map(|c| c.name);
            match suggest::nearest(name, metrics) {
                Some(near) => {
                    found = found.note(format!("did you mean `{set}.{}`?", near.name)).replace(
                        format!("write `{}`", near.name),
                        name_at,
                        near.name,
                        near.sure,
                    );
                }
                None => found = found.note(metrics_note()),
            }
            self.findings.push(found);
            return None;
        };
        self.symbols.add(name_at, name, SymbolKind::Measure, None);
        use MetricKind::*;
        let kind = match name {
            "loss" => Loss,
            "accuracy" => Accuracy,
            "error" => Error,
            "precision" => Precision,
            "recall" => Recall,
            "f1" => F1,
            "auc" => Auc,
            "calibration" => Calibration,
            "mse" => Mse,
            "mae" => Mae,
            "r2" => R2,
            _ => {
                let given = self.matched(call, args.unwrap_or(&[]), span)?;
                let (_, expr) = given.first()?;
                let k = self.constant(expr, "`k` of `top`")?;
                if k < 1.0 || k.fract() != 0.0 {
                    self.findings.push(Diagnostic::error(
                        "E0303",
                        "`k` of `top` must be a whole number from 1",
                        expr.span,
                    ));
                    return None;
                }
                Top(k as u32)
            }
        };
        if let (Some(args), false) = (args, matches!(kind, Top(_))) {
            let at = args.first().map_or(span, |arg| arg.value.span);
            self.findings.push(Diagnostic::error("E0211", format!("`{set}.{name}` takes no arguments"), at));
            return None;
        }
        for known in of.iter().filter(|known| !known.command) {
            let by_class = matches!(kind, Accuracy | Error | Top(_) | Precision | Recall | F1 | Auc | Calibration);
            let by_number = matches!(kind, Mse | Mae | R2);
            let message = match known.mode {
                Some(Mode::Regression) if by_class => {
                    format!("`{name}` is a metric of classes, and `{}` predicts a number", known.name)
                }
                Some(Mode::Classification) if by_number => {
                    format!("`{name}` is a metric of numbers, and `{}` predicts a class", known.name)
                }
                _ => continue,
            };
            let other = if by_class { "`loss`, `mse`, `mae` and `r2`" } else { "`loss`, `accuracy`, `f1` and others" };
            self.findings.push(Diagnostic::error("E0607", message, name_at).note(format!("there are {other}")));
            return None;
        }
        let index = place as usize;
        if let Some(known) = of.iter().find(|known| known.sets.is_some_and(|sets| !sets[index])) {
            self.findings.push(
                Diagnostic::error("E0607", format!("the data of `{}` have no {set} examples", known.name), at)
                    .note(format!("`split` gives {set} a share of 0")),
            );
            return None;
        }
        Some(Measure::Metric(Metric { set: place, kind }))
    }

    /// A number that is known before anything runs.
    pub fn constant(&mut self, expr: &'a Expr, subject: &str) -> Option<f64> {
        let cx = Cx {
            home: None,
            names: &[],
            owner: "",
            prefix: "",
            subject,
            param: None,
            path: &[],
            network: false,
            drawn: false,
            site: expr.span,
        };
        match self.number(expr, cx)?.value {
            Value::Number(x) => Some(x),
            _ => {
                self.findings.push(Diagnostic::error("E0301", format!("{subject} must be a plain number"), expr.span));
                None
            }
        }
    }

    /// A share beyond 1 is a percentage without its sign.
    fn threshold(&mut self, metric: Metric, level: f64, span: Span) {
        use MetricKind::*;
        if !matches!(metric.kind, Accuracy | Error | Top(_) | Precision | Recall | F1 | Auc)
            || (level > 0.0 && level <= 1.0)
        {
            return;
        }
        let mut lint = Diagnostic::warning(
            "W0809",
            format!("{metric} lies between 0 and 1: {} is never reached", number(level)),
            span,
        );
        if level > 1.0 && level <= 100.0 {
            let text = format!("{}%", number(level));
            lint = lint.replace(format!("write `{text}`"), span, text, true);
        } else if level <= 0.0 {
            lint = Diagnostic::warning(
                "W0809",
                format!("{metric} lies between 0 and 1: {} is reached at once", number(level)),
                span,
            );
        }
        self.findings.push(lint);
    }

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

fn subject(cx: Cx<'_, '_>) -> String {
    if cx.subject.is_empty() { "this".into() } else { cx.subject.to_string() }
}

fn hyperparameters(of: &[Rc<Known>]) -> String {
    let names: Vec<&str> = of.iter().flat_map(|k| k.names.names.iter().map(String::as_str)).collect();
    match names.is_empty() {
        true => "nothing is drawn in it: it has one trial".into(),
        false => format!("what is drawn: {}", suggest::listed(names, 14)),
    }
}

fn metrics_note() -> String {
    format!("there are {}", suggest::listed(vocabulary::calls(Category::Metric).iter().map(|c| c.name), 14))
}

/// A name with dots.
pub(super) fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Member(inner, name) => Some(format!("{}.{}", dotted(inner)?, name.node)),
        _ => None,
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
