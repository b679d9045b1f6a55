//! How settings are proposed, where, and which trials are stopped early.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::experiment::{Around, Prune, Search};
use crate::plan::show::Pick;
use crate::plan::space::{Domain, Space};
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::ExprKind;
use crate::vocabulary::{self, Category};

use super::bases::Draft;
use super::checker::Checker;
use super::known::Known;
use super::references::steps;
use super::symbols::SymbolKind;
use super::values::describe;

impl<'a> Checker<'a> {
    /// `space = around(coarse.best, 25%)`.
    pub fn around(&mut self, draft: &Draft<'a>, own: &[Rc<Known>]) -> Option<Around> {
        let given = draft.fields.iter().find(|g| g.field.key.node == "space")?;
        let ExprKind::Call(callee, args) = &given.field.value.kind else {
            let message = format!("`space` takes `around(trial, share)`, not {}", describe(&given.field.value));
            self.findings.push(
                Diagnostic::error("E0301", message, given.field.value.span)
                    .note("spaces themselves stand where their values do: `rate = log(1e-4, 1)`"),
            );
            return None;
        };
        let name = match &callee.kind {
            ExprKind::Name(name) => name.as_str(),
            _ => "",
        };
        let Some(call) = vocabulary::call(Category::Region, name) else {
            self.unknown_call(name, callee.span, "`around`", ["around"]);
            return None;
        };
        self.symbols.add(callee.span, name, SymbolKind::Call, None);
        let matched = self.matched(call, args, given.field.value.span)?;
        let argument = |key: &str| matched.iter().find(|(p, _)| p.name == key).map(|(_, e)| *e);
        let trial = argument("trial")?;
        let found = match self.reference(trial) {
            Some(found) => found.ok()?,
            None => {
                let mut path = Vec::new();
                match &steps(trial, &mut path).kind {
                    ExprKind::Name(name) if !self.scope.is_lost(name, trial.span.file) => {
                        self.unknown_experiment(name, trial.span)
                    }
                    ExprKind::Name(_) => {}
                    _ => {
                        let message = format!("one trial is needed here, not {}", describe(trial));
                        self.findings.push(Diagnostic::error("E0603", message, trial.span));
                    }
                }
                return None;
            }
        };
        if !found.rest.is_empty() || found.selection.pick != Pick::Best {
            let message = "`around` needs one trial";
            let note = format!("for example `{}.best`", found.selection.experiment);
            self.findings.push(Diagnostic::error("E0603", message, trial.span).note(note));
            return None;
        }
        let share = match argument("share") {
            Some(expr) => {
                let share = self.constant(expr, "`share` of `around`")?;
                if !(share > 0.0 && share <= 1.0) {
                    self.findings.push(Diagnostic::error(
                        "E0302",
                        "`share` of `around` must be above 0, at most 1",
                        expr.span,
                    ));
                    return None;
                }
                share
            }
            None => call.param("share").and_then(|p| p.default.number()).unwrap_or(0.25),
        };
        let shared = own[0].space.params.iter().any(|p| found.known.domain(&p.name).is_some());
        if !shared && !own[0].broken && !found.known.broken {
            let message = format!("`{}` and `{}` have no space in common", own[0].name, found.known.name);
            self.findings.push(
                Diagnostic::error("E0604", message, trial.span)
                    .note(format!("start from it: `experiment {} from {} {{ … }}`", own[0].name, found.known.name)),
            );
            return None;
        }
        Some(Around { of: found.selection, share })
    }

    pub fn search(&mut self, draft: &Draft<'a>, space: &Space) -> Search {
        let choices_only = space.params.iter().all(|p| matches!(p.domain, Domain::Choice { .. }));
        let default = |call: &str, key: &str| {
            vocabulary::call(Category::Search, call)
                .and_then(|c| c.param(key))
                .and_then(|p| p.default.number())
                .unwrap_or(1.0)
        };
        let otherwise = match choices_only {
            true => Search::Grid { points: default("grid", "points") as u32 },
            false => Search::Auto { trials: default("auto", "trials") as u32 },
        };
        let Some(given) = draft.fields.iter().find(|g| g.field.key.node == "search").copied() else { return otherwise };
        let Some(param) = vocabulary::block("experiment").and_then(|b| b.key("search")) else { return otherwise };
        let Some(Value::Call { name, args }) = self.keyed(given, param.kind, param) else { return otherwise };
        let number = |key: &str| match args.iter().find(|(k, _)| k == key) {
            Some((_, Value::Number(x))) => *x,
            _ => default(&name, key),
        };
        let trials = number("trials") as u32;
        match name.as_str() {
            "grid" => {
                let points = number("points") as u32;
                self.grid_lint(space, points, given.field.value.span);
                Search::Grid { points }
            }
            "random" => Search::Random { trials },
            "sobol" => Search::Sobol { trials },
            "coarse_to_fine" => {
                let rounds = number("rounds") as u32;
                if trials < rounds {
                    let message = format!("{trials} trials cannot be shared among {rounds} rounds");
                    self.findings.push(Diagnostic::error("E0302", message, given.field.value.span));
                }
                Search::CoarseToFine { rounds, trials, keep: number("keep") }
            }
            "tpe" => Search::Tpe { trials },
            "gp" => Search::Gp { trials },
            _ => Search::Auto { trials },
        }
    }

    fn grid_lint(&mut self, space: &Space, points: u32, span: Span) {
        let size: f64 = space
            .params
            .iter()
            .map(|param| match &param.domain {
                Domain::Choice { labels, .. } => labels.len() as f64,
                Domain::Int { low, high, .. } => f64::from(points).min((high - low + 1) as f64),
                _ => f64::from(points),
            })
            .product();
        if size > 10_000.0 {
            self.findings.push(
                Diagnostic::warning("W0820", format!("this grid has {size:.0} points"), span)
                    .note("a grid over many spaces tries few values of each: `random(trials = 60)` tries another value of all in every trial"),
            );
        }
    }

    pub fn prune(&mut self, draft: &Draft<'a>, epochs: Option<f64>) -> Option<Prune> {
        let given = draft.fields.iter().find(|g| g.field.key.node == "prune").copied()?;
        let param = vocabulary::block("experiment")?.key("prune")?;
        let Value::Call { name, args } = self.keyed(given, param.kind, param)? else { return None };
        let number = |key: &str| match args.iter().find(|(k, _)| k == key) {
            Some((_, Value::Number(x))) => *x as u32,
            _ => vocabulary::call(Category::Prune, &name)
                .and_then(|c| c.param(key))
                .and_then(|p| p.default.number())
                .unwrap_or(1.0) as u32,
        };
        let (prune, first) = match name.as_str() {
            "halving" => (Prune::Halving { factor: number("factor"), from: number("from") }, number("from")),
            "hyperband" => (Prune::Hyperband { factor: number("factor") }, 1),
            _ => (Prune::Median { after: number("after") }, number("after")),
        };
        if let Some(epochs) = epochs
            && f64::from(first) >= epochs
        {
            let message = format!("nothing is ever pruned: a trial has {epochs} epochs");
            self.findings.push(Diagnostic::warning("W0813", message, given.field.value.span));
        }
        Some(prune)
    }
}
