//! Tables and plots.

use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::metric::Metric;
use crate::plan::show::{Draw, Filter, Measure, Plot, Selection, Table};
use crate::syntax::tree::{Block, Expr, ExprKind, Field};
use crate::vocabulary::{self, Category};

use super::checker::Checker;
use super::entries::article;
use super::habits;
use super::known::Known;
use super::symbols::SymbolKind;
use super::values::describe;

/// The entries that tables and plots share.
struct Common {
    title: Option<String>,
    of: Vec<Selection>,
    known: Vec<Rc<Known>>,
    by: Vec<String>,
    filters: Vec<Filter>,
}

impl<'a> Checker<'a> {
    /// `table { … }`.
    pub fn table(&mut self, block: &'a Block) -> Option<Table> {
        let errors = self.findings.errors();
        let table = vocabulary::block("table")?;
        let fields = self.fields(block, table);
        self.only_keys(block);
        let complete = self.missing(block, table, &fields, &["of"]);
        let Common { title, of, known, by, filters } = self.common(block, &fields);
        let find = |key: &str| fields.iter().find(|f| f.key.node == key).map(|f| &f.value);
        let mut show = Vec::new();
        if let Some(value) = find("show") {
            for part in parts(value) {
                if let Some(measure) = self.measure(part, &known) {
                    if show.contains(&measure) {
                        self.findings.push(Diagnostic::warning(
                            "W0803",
                            format!("`{measure}` is shown twice"),
                            part.span,
                        ));
                    }
                    show.push(measure);
                }
            }
        }
        let sort = find("sort").and_then(|value| self.measure(value, &known));
        let top = match find("top") {
            Some(value) => match self.constant(value, "`top`") {
                Some(x) if x >= 1.0 && x.fract() == 0.0 => Some(x as u32),
                Some(_) => {
                    self.findings.push(Diagnostic::error("E0303", "`top` must be a whole number from 1", value.span));
                    None
                }
                None => None,
            },
            None => None,
        };
        (complete && self.findings.errors() == errors).then_some(Table { title, of, by, show, filters, sort, top })
    }

    /// `plot { … }`.
    pub fn plot(&mut self, block: &'a Block) -> Option<Plot> {
        let errors = self.findings.errors();
        let table = vocabulary::block("plot")?;
        let fields = self.fields(block, table);
        self.only_keys(block);
        let complete = self.missing(block, table, &fields, &["of", "draw"]);
        let Common { title, of, known, by, filters } = self.common(block, &fields);
        let find = |key: &str| fields.iter().find(|f| f.key.node == key).map(|f| &f.value);
        let draw = find("draw").and_then(|value| self.picture(value, &known));
        let color = find("color").and_then(|value| self.measure(value, &known));
        let draw = draw?;
        if let (Some(value), Some(color)) = (find("color"), &color)
            && !coloured(&draw, color)
        {
            self.findings.push(
                Diagnostic::warning("W0821", "this picture shows no colour of the trials", value.span)
                    .note("`by` draws it once for each group"),
            );
        }
        (complete && self.findings.errors() == errors).then_some(Plot { title, of, draw, by, color, filters })
    }

    fn common(&mut self, block: &'a Block, fields: &[&'a Field]) -> Common {
        let find = |key: &str| fields.iter().find(|f| f.key.node == key).map(|f| &f.value);
        let mut title = self.title(block);
        if let Some(value) = find("title") {
            match &value.kind {
                ExprKind::Text(text) => {
                    if title.is_some() {
                        self.findings.push(Diagnostic::error(
                            "E0203",
                            "the title is given twice, before the brace and here",
                            value.span,
                        ));
                    }
                    title = Some(text.clone());
                }
                _ => {
                    let message = format!("`title` takes a text in quotes, not {}", describe(value));
                    self.findings.push(Diagnostic::error("E0301", message, value.span));
                }
            }
        }
        let mut trials: Vec<(Selection, Rc<Known>)> = Vec::new();
        if let Some(value) = find("of") {
            self.trials(value, &mut trials);
            if let ExprKind::List(parts) = &value.kind
                && parts.is_empty()
            {
                self.findings.push(Diagnostic::error(
                    "E0603",
                    format!("this is {} of nothing", article(&block.kind.node)),
                    value.span,
                ));
            }
        }
        let mut known: Vec<Rc<Known>> = Vec::new();
        for (_, one) in &trials {
            if !known.iter().any(|k| k.name == one.name) {
                known.push(one.clone());
            }
        }
        let mut by = Vec::new();
        if let Some(value) = find("by") {
            for part in parts(value) {
                if let Some(name) = self.setting_of(part, &known) {
                    by.push(name);
                }
            }
        }
        let mut filters = Vec::new();
        if let Some(value) = find("where") {
            for part in parts(value) {
                if let Some(filter) = self.condition(part, &known) {
                    if let [one] = known.as_slice() {
                        self.impossible(&filter, one, part.span);
                    }
                    filters.push(filter);
                }
            }
        }
        Common { title, of: trials.into_iter().map(|(selection, _)| selection).collect(), known, by, filters }
    }

    /// The text before the brace.
    fn title(&mut self, block: &'a Block) -> Option<String> {
        match block.head.as_slice() {
            [] => None,
            [Expr { kind: ExprKind::Text(text), .. }] => Some(text.clone()),
            [first, ..] => {
                let message = format!("{} has a title in quotes or none", article(&block.kind.node));
                let mut found = Diagnostic::error("E0213", message, first.span);
                if let ([_], ExprKind::Name(name)) = (block.head.as_slice(), &first.kind) {
                    found = found.replace("put it in quotes", first.span, format!("\"{name}\""), false);
                }
                self.findings.push(found);
                None
            }
        }
    }

    fn picture(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<Draw> {
        let (name, at, args): (&str, _, &'a [_]) = match &expr.kind {
            ExprKind::Name(name) => (name, expr.span, &[]),
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Name(name) => (name, callee.span, args),
                _ => ("", expr.span, args),
            },
            _ => {
                let message = format!("`draw` takes a kind of picture, not {}", describe(expr));
                let found = Diagnostic::error("E0301", message, expr.span);
                self.findings.push(match &expr.kind {
                    ExprKind::Member(..) => {
                        let text = format!("curves({})", self.sources.text(expr.span));
                        found.replace("draw its curves", expr.span, text, false)
                    }
                    _ => habits::instead_of_call(found, expr, Category::Picture),
                });
                return None;
            }
        };
        let Some(call) = vocabulary::call(Category::Picture, name) else {
            let pictures = vocabulary::calls(Category::Picture).iter().map(|c| c.name);
            self.unknown_call(name, at, "a picture", pictures);
            return None;
        };
        self.symbols.add(at, name, SymbolKind::Call, None);
        // `curves(train.loss, dev.loss)` is a list without its brackets.
        if call.name == "curves" && args.len() > 1 && args.iter().all(|a| a.name.is_none()) {
            let metrics: Vec<Option<Metric>> = args.iter().map(|arg| self.metric(&arg.value, of)).collect();
            return metrics.into_iter().collect::<Option<_>>().map(Draw::Curves);
        }
        let given = self.matched(call, args, expr.span)?;
        let argument = |key: &str| given.iter().find(|(p, _)| p.name == key).map(|(_, e)| *e);
        let measure = |checker: &mut Self, key: &str| -> Option<Measure> { checker.measure(argument(key)?, of) };
        let setting = |checker: &mut Self, key: &str| -> Option<String> { checker.setting_of(argument(key)?, of) };
        let layer = |checker: &mut Self| -> Option<Option<u32>> {
            let Some(expr) = argument("layer") else { return Some(None) };
            match checker.constant(expr, "`layer`")? {
                x if x >= 1.0 && x.fract() == 0.0 => Some(Some(x as u32)),
                _ => {
                    checker.findings.push(Diagnostic::error(
                        "E0303",
                        "`layer` is the place of a layer in its network, from 1",
                        expr.span,
                    ));
                    None
                }
            }
        };
        let draw = match call.name {
            "curves" => {
                let metrics: Vec<Option<Metric>> =
                    parts(argument("metric")?).into_iter().map(|part| self.metric(part, of)).collect();
                Draw::Curves(metrics.into_iter().collect::<Option<_>>()?)
            }
            "scatter" => {
                let (x, y) = (measure(self, "x"), measure(self, "y"));
                Draw::Scatter(x?, y?)
            }
            "histogram" => Draw::Histogram(measure(self, "measure")?),
            "box" => Draw::Box(measure(self, "measure")?),
            "heatmap" | "contour" => {
                let (x, y, m) = (setting(self, "x"), setting(self, "y"), measure(self, "measure"));
                let (x, y, m) = (x?, y?, m?);
                if call.name == "heatmap" { Draw::Heatmap(x, y, m) } else { Draw::Contour(x, y, m) }
            }
            "samples" => {
                let (x, y) = (setting(self, "x"), setting(self, "y"));
                Draw::Samples(x?, y?)
            }
            "parallel" => Draw::Parallel,
            "importance" => Draw::Importance,
            "pareto" => Draw::Pareto,
            "boundary" => Draw::Boundary,
            "confusion" => Draw::Confusion,
            "weights" => Draw::Weights(layer(self)?),
            "activations" => Draw::Activations(layer(self)?),
            "gradients" => Draw::Gradients,
            _ => match (argument("x"), argument("y")) {
                (None, None) => Draw::Surface(None),
                (Some(x), Some(y)) => Draw::Surface(Some(self.directions([x, y], of)?)),
                _ => {
                    self.findings.push(
                        Diagnostic::error("E0212", "a surface has two directions", expr.span)
                            .note("give a second one, such as `detour`, or none: `draw = surface`"),
                    );
                    return None;
                }
            },
        };
        self.drawable(&draw, expr, of).then_some(draw)
    }

    /// Whether the trials have what the picture shows.
    fn drawable(&mut self, draw: &Draw, expr: &Expr, of: &[Rc<Known>]) -> bool {
        let model = matches!(
            draw,
            Draw::Boundary
                | Draw::Confusion
                | Draw::Weights(_)
                | Draw::Activations(_)
                | Draw::Gradients
                | Draw::Surface(_)
        );
        for known in of {
            let name = &known.name;
            let features = known.facts.first().map(|facts| facts.features.len());
            let message = match draw {
                _ if model && known.command => format!("`{name}` runs a program: there is no model to look into"),
                Draw::Boundary if features.is_some_and(|n| n != 2) => {
                    format!(
                        "a boundary is drawn over two features, and the data of `{name}` have {}",
                        features.unwrap_or(0)
                    )
                }
                Draw::Boundary | Draw::Confusion if known.mode == Some(Mode::Regression) => {
                    format!("this picture shows classes, and `{name}` predicts a number")
                }
                Draw::Pareto if known.objectives != 2 && !known.broken => {
                    format!("a front has two objectives, and `{name}` has one")
                }
                Draw::Parallel | Draw::Importance if known.space.params.is_empty() && !known.broken => {
                    format!("`{name}` draws nothing: every trial has the same settings")
                }
                _ => continue,
            };
            let mut found = Diagnostic::error("E0705", message, expr.span);
            match draw {
                Draw::Pareto => found = found.note("give it a list: `minimize = [dev.loss, parameters]`"),
                Draw::Boundary if features.is_some_and(|n| n != 2) => {
                    found = found.note("choose two columns with `features = [a, b]`, or draw `confusion`");
                }
                _ => {}
            }
            self.findings.push(found);
            return false;
        }
        true
    }
}

/// Whether a colour changes a picture: of trials always, of groups if it makes groups.
fn coloured(draw: &Draw, color: &Measure) -> bool {
    match draw {
        Draw::Curves(_) | Draw::Scatter(..) | Draw::Parallel | Draw::Pareto | Draw::Samples(..) => true,
        Draw::Histogram(_) | Draw::Box(_) | Draw::Activations(_) | Draw::Gradients => {
            matches!(color, Measure::Setting(_))
        }
        Draw::Heatmap(..)
        | Draw::Contour(..)
        | Draw::Importance
        | Draw::Boundary
        | Draw::Confusion
        | Draw::Weights(_)
        | Draw::Surface(_) => false,
    }
}

/// One value, or those of a list.
pub(super) fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::List(parts) => parts.iter().collect(),
        _ => vec![expr],
    }
}
