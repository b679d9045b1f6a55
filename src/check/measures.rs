//! Metrics, measures of trials and the trials that they are taken of.

use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::metric::{Metric, MetricKind, Set};
use crate::plan::show::Measure;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind};
use crate::vocabulary::{self, Category, number};

use super::checker::{Checker, Cx};
use super::known::Known;
use super::references::{Step, steps};
use super::suggest;
use super::symbols::SymbolKind;
use super::values::describe;

/// The sets of examples.
pub(super) const SETS: [&str; 3] = ["train", "dev", "test"];

impl<'a> Checker<'a> {
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

    pub fn plain_measure(&mut self, name: &str, at: Span, of: &[Rc<Known>]) -> Option<Measure> {
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
            "rmse" => Rmse,
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
            let by_number = matches!(kind, Mse | Rmse | Mae | R2);
            let message = match known.mode {
                Some(Mode::Regression) if by_class => {
                    format!("`{name}` is a metric of classes, and `{}` predicts a number", known.name)
                }
                Some(Mode::Classification) if by_number => {
                    format!("`{name}` is a metric of numbers, and `{}` predicts a class", known.name)
                }
                _ => continue,
            };
            let other =
                if by_class { "`loss`, `mse`, `rmse`, `mae` and `r2`" } else { "`loss`, `accuracy`, `f1` and others" };
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
}

fn metrics_note() -> String {
    format!("there are {}", suggest::listed(vocabulary::calls(Category::Metric).iter().map(|c| c.name), 14))
}
