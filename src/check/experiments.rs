//! Experiments: their entries, inherited ones too, as a template with its space.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::experiment::{Around, Constraint, Experiment, Objective, Prune, Search, Stage};
use crate::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use crate::plan::show::Pick;
use crate::plan::space::{Domain, Space};
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Field};
use crate::vocabulary::{self, Category, Default, Type};

use super::checker::{Checker, Cx};
use super::data_blocks::{Examples, Way};
use super::measures::{plan_comparison, steps};
use super::networks::Node;
use super::scope::Kind;
use super::spaces::{self, Names};
use super::suggest;
use super::symbols::{SpaceNote, SymbolKind};
use super::values::describe;

/// A checked experiment, and what other parts of the file must know of it.
pub(super) struct Known {
    pub name: String,
    /// None if it has mistakes.
    pub experiment: Option<Experiment>,
    pub names: Names,
    pub space: Space,
    /// Where each hyperparameter is written, by name.
    pub places: BTreeMap<String, Span>,
    /// Which of train, dev and test have examples, where that is known.
    pub sets: Option<[bool; 3]>,
    pub mode: Option<Mode>,
    /// Numbers that one example has.
    pub features: Option<usize>,
    /// Whether a program is trained.
    pub command: bool,
    /// Keys that are given and not drawn.
    pub fixed: Vec<String>,
    pub epochs: Option<f64>,
    pub seeds: u32,
    pub objectives: usize,
    pub broken: bool,
}

impl Known {
    /// Whether a hyperparameter is called that, perhaps among others.
    pub fn has(&self, name: &str) -> bool {
        self.names.names.iter().any(|n| n == name) || self.names.ambiguous.contains_key(name)
    }

    /// What a hyperparameter is drawn from.
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.space.params.iter().find(|p| p.name == name).map(|p| &p.domain)
    }

    /// Where it is written.
    pub fn place(&self, name: &str) -> Option<Span> {
        self.places.get(name).copied()
    }

    /// The ends of what is shown of it, for those that are shown as drawn.
    pub fn shown_range(&self, name: &str) -> Option<(f64, f64)> {
        let param = self.space.params.iter().find(|p| p.name == name && p.shown.is_none())?;
        match &param.domain {
            Domain::Linear { low, high } | Domain::Log { low, high } => Some((*low, *high)),
            Domain::Int { low, high, .. } => Some((*low as f64, *high as f64)),
            Domain::Choice { numbers: Some(numbers), .. } => Some((
                numbers.iter().copied().fold(f64::INFINITY, f64::min),
                numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )),
            _ => None,
        }
    }
}

/// An entry with the block that it is written in, which may be that of a base experiment.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub field: &'a Field,
    pub home: &'a Block,
}

/// What an experiment is made of while it is read.
#[derive(std::default::Default)]
pub(super) struct Draft<'a> {
    pub fields: Vec<Given<'a>>,
    pub stages: Vec<(&'a Block, &'a Block)>,
    /// Whether it starts from something that is not there.
    pub orphan: bool,
    pub template: BTreeMap<String, Value>,
}

impl<'a> Checker<'a> {
    /// The experiment of that definition, checked; none if it is one of those that lead here.
    pub fn experiment(&mut self, id: usize) -> Option<Rc<Known>> {
        match self.experiments.get(&id) {
            Some(Some(known)) => return Some(known.clone()),
            Some(None) => {
                self.circle(id);
                return None;
            }
            None => {}
        }
        let block = self.scope.definitions[id].block?;
        let name = self.scope.definitions[id].name.to_string();
        self.experiments.insert(id, None);
        let drafts = std::mem::take(&mut self.drafts);
        let places = std::mem::take(&mut self.places);
        let uses = std::mem::take(&mut self.uses);
        self.opening.push(id);
        let bases = std::mem::replace(&mut self.bases, vec![id]);
        let known = Rc::new(self.read_experiment(block, name));
        self.bases = bases;
        self.opening.pop();
        self.drafts = drafts;
        self.places = places;
        self.uses = uses;
        self.experiments.insert(id, Some(known.clone()));
        self.order.push(id);
        Some(known)
    }

    fn read_experiment(&mut self, block: &'a Block, name: String) -> Known {
        let errors = self.findings.errors();
        let mut draft = Draft::default();
        self.inherit(block, &mut draft);
        let find = |draft: &Draft<'a>, key: &str| draft.fields.iter().find(|g| g.field.key.node == key).copied();
        let run = find(&draft, "run");
        let command = run.is_some();
        self.own_keys(block, command, &draft);

        let data = find(&draft, "data").and_then(|given| self.read_data(given));
        let network = find(&draft, "network").and_then(|given| self.read_network(given));
        self.plain_keys(&mut draft, command);
        let ways = match &data {
            Some(examples) => self.ways(examples),
            None => Vec::new(),
        };
        if let Some(node) = &network {
            self.fit(node, &ways, &draft);
        }
        if let Some(examples) = &data {
            draft.template.insert("data".into(), examples.value());
        }
        if let Some(node) = &network {
            draft.template.insert("network".into(), node.value());
        }
        let stages = self.stages(&mut draft);

        let names = Names::assign(&self.drafts);
        let values = draft.template.values().chain(stages.iter().flat_map(|(_, stage)| stage.changes.values()));
        let space = spaces::space(&self.drafts, &names, values);
        let mut template = std::mem::take(&mut draft.template);
        template.values_mut().for_each(|value| names.rename(value));
        let stages: Vec<Stage> = stages
            .into_iter()
            .map(|(_, mut stage)| {
                stage.changes.values_mut().for_each(|value| names.rename(value));
                stage
            })
            .collect();
        for (number, drawn) in self.drafts.list.iter().enumerate() {
            let note = SpaceNote {
                span: drawn.span,
                experiment: name.clone(),
                name: names.names[number].clone(),
                domain: drawn.domain.clone(),
            };
            self.symbols.spaces.push(note);
        }
        let places = self.drafts.list.iter().enumerate().map(|(i, d)| (names.names[i].clone(), d.span)).collect();
        let fixed =
            draft.fields.iter().map(|g| g.field.key.node.clone()).filter(|key| !names.names.contains(key)).collect();
        let sets = ways.first().map(|_| [0, 1, 2].map(|set| ways.iter().all(|way| way.sets[set])));
        let mode = ways.iter().find_map(|way| way.facts.as_ref().map(|facts| facts.mode));
        let features = ways.iter().find_map(|way| way.facts.as_ref().map(|facts| facts.shape.size()));
        let epochs = match template.get("epochs") {
            Some(Value::Number(n)) => Some(*n),
            Some(_) => None,
            None if command => None,
            None => key_default("epochs"),
        };
        let folds = ways.iter().find_map(|way| way.folds);
        let broken_so_far = self.findings.errors() > errors;
        let mut known = Known {
            name: name.clone(),
            experiment: None,
            names,
            space,
            places,
            sets,
            mode,
            features,
            command,
            fixed,
            epochs,
            seeds: 1,
            objectives: 1,
            broken: broken_so_far || (!command && (data.is_none() || network.is_none())),
        };
        let known_so_far = Rc::new(known);
        let own = std::slice::from_ref(&known_so_far);
        let objectives = self.objectives(&draft, own);
        let require = self.require(&draft, own, &template);
        let around = self.around(&draft, own);
        let search = self.search(&draft, &known_so_far.space);
        let prune = self.prune(&draft, epochs);
        let whole = |checker: &mut Self, key: &str| -> Option<f64> {
            let given = find(&draft, key)?;
            let param = vocabulary::block("experiment")?.key(key)?;
            match checker.keyed(given, param.kind, param)? {
                Value::Number(x) => Some(x),
                _ => None,
            }
        };
        let seeds = whole(self, "seeds").map_or(folds.unwrap_or(1) as u32, |n| n as u32);
        let seed = whole(self, "seed").unwrap_or(0.0) as u64;
        let lag = whole(self, "lag").or(key_default("lag")).unwrap_or(8.0) as u32;
        let confirm = whole(self, "confirm").map(|n| n as u32);
        let budget = whole(self, "budget");
        if let (Some(folds), Some(given)) = (folds, find(&draft, "seeds"))
            && !(seeds as usize).is_multiple_of(folds)
        {
            self.findings.push(
                Diagnostic::warning(
                    "W0819",
                    format!("{seeds} repetitions do not go over all {folds} folds equally often"),
                    given.field.value.span,
                )
                .note(format!("each repetition holds out the next fold: `seeds = {folds}`, or leave `seeds` out")),
            );
        }
        self.experiment_lints(&draft, &ways, epochs);

        known = Rc::into_inner(known_so_far).unwrap_or_else(|| unreachable!("no reference is kept"));
        known.seeds = seeds;
        known.objectives = objectives.len().max(1);
        known.broken |= self.findings.errors() > errors;
        if !known.broken {
            let mut after: Vec<String> =
                self.uses.iter().map(|&id| self.scope.definitions[id].name.to_string()).collect();
            after.sort();
            after.dedup();
            known.experiment = Some(Experiment {
                name,
                space: known.space.clone(),
                template,
                stages,
                objectives,
                search,
                prune,
                require,
                seeds,
                seed,
                lag,
                budget,
                confirm,
                after,
                around,
            });
        }
        known
    }

    /// The entries of the bases of an experiment, then its own in their place.
    fn inherit(&mut self, block: &'a Block, draft: &mut Draft<'a>) {
        if let Some((name, span)) = self.base(block) {
            match self.scope.find_block(Kind::Experiment, name, span.file) {
                Some(id) => {
                    let target = self.scope.definitions[id].span;
                    self.symbols.add(span, name, SymbolKind::Experiment, Some(target));
                    if self.bases.contains(&id) {
                        self.circle_of_bases(id);
                    } else if let Some(base) = self.scope.definitions[id].block {
                        self.bases.push(id);
                        self.inherit(base, draft);
                        self.bases.pop();
                    }
                }
                None => {
                    draft.orphan = true;
                    if !self.scope.is_lost(name, span.file) {
                        self.unknown_experiment(name, span);
                    }
                }
            }
        }
        let own = |key: &str| block.entries.iter().any(|e| matches!(e, Entry::Field(f) if f.key.node == key));
        if own("minimize") || own("maximize") {
            draft.fields.retain(|g| !matches!(g.field.key.node.as_str(), "minimize" | "maximize"));
        }
        let mut seen: Vec<&Field> = Vec::new();
        for entry in &block.entries {
            match entry {
                Entry::Field(field) => {
                    if let Some(first) = seen.iter().find(|f| f.key.node == field.key.node) {
                        self.twice(field, first);
                        continue;
                    }
                    seen.push(field);
                    draft.fields.retain(|g| g.field.key.node != field.key.node);
                    draft.fields.push(Given { field, home: block });
                }
                Entry::Block(inner) => draft.stages.push((inner, block)),
                Entry::Value(_) => {}
            }
        }
    }

    fn circle_of_bases(&mut self, id: usize) {
        let from = self.bases.iter().position(|&b| b == id).unwrap_or(0);
        let opening = std::mem::replace(&mut self.opening, self.bases[from..].to_vec());
        self.circle(id);
        self.opening = opening;
    }

    /// `from OTHER` in the head.
    fn base(&mut self, block: &'a Block) -> Option<(&'a str, Span)> {
        match block.head.as_slice() {
            [_, Expr { kind: ExprKind::Name(from), .. }, Expr { kind: ExprKind::Name(name), span }]
                if from == "from" =>
            {
                Some((name, *span))
            }
            _ => None,
        }
    }

    /// Report keys that an experiment does not have, values without keys, and what is missing.
    fn own_keys(&mut self, block: &'a Block, command: bool, draft: &Draft<'a>) {
        let Some(table) = vocabulary::block("experiment") else { return };
        for entry in &block.entries {
            match entry {
                Entry::Field(field) => {
                    self.symbols.add(field.key.span, &format!("experiment.{}", field.key.node), SymbolKind::Key, None);
                    if !command && table.key(&field.key.node).is_none() {
                        self.unknown_key(field, table);
                    }
                }
                Entry::Value(value) => {
                    let mut found = Diagnostic::error(
                        "E0215",
                        "a value without a key does not belong into an experiment",
                        value.span,
                    );
                    if super::scope::callee_name(value) == Some("around") {
                        let text = format!("space = {}", self.sources.text(value.span));
                        found = found.replace(format!("write `{text}`"), value.span, text, true);
                    }
                    self.findings.push(found);
                }
                Entry::Block(inner) if inner.kind.node != "at" => {
                    let message = format!("a block `{}` does not belong into an experiment", inner.kind.node);
                    self.findings.push(
                        Diagnostic::error("E0215", message, inner.kind.span)
                            .note("what changes in the course of training is written `at epoch 12 { … }`"),
                    );
                }
                Entry::Block(_) => {}
            }
        }
        let fields: Vec<&Field> = draft.fields.iter().map(|g| g.field).collect();
        if command {
            for key in ["data", "network"] {
                if let Some(given) = draft.fields.iter().find(|g| g.field.key.node == key) {
                    let message =
                        format!("`{key}` and `run` exclude each other: the program trains on data of its own");
                    self.findings.push(Diagnostic::error("E0307", message, given.field.key.span));
                }
            }
        } else if !draft.orphan {
            self.missing(block, table, &fields, &["data", "network"]);
        }
    }

    /// The value of a key.
    pub fn keyed(&mut self, given: Given<'a>, kind: Type, param: &'static vocabulary::Param) -> Option<Value> {
        let subject = format!("`{}`", param.name);
        let names = [param.name.to_string()];
        let cx = Cx::key(given.home, &subject, &names, Some(param), given.field.value.span);
        self.value(&given.field.value, kind, cx)
    }

    fn read_data(&mut self, given: Given<'a>) -> Option<Examples> {
        let names = ["data".to_string()];
        let cx = Cx::key(given.home, "`data`", &names, None, given.field.value.span);
        self.examples(&given.field.value, cx)
    }

    fn read_network(&mut self, given: Given<'a>) -> Option<Node> {
        let names = ["network".to_string()];
        let cx = Cx::key(given.home, "`network`", &names, None, given.field.value.span);
        self.layers(&given.field.value, cx)
    }

    /// The keys whose values go into the template as they are.
    fn plain_keys(&mut self, draft: &mut Draft<'a>, command: bool) {
        const PLAIN: [&str; 11] = [
            "run",
            "optimizer",
            "schedule",
            "epochs",
            "batch",
            "loss",
            "l2",
            "clip",
            "early_stop",
            "restore",
            "precision",
        ];
        for given in draft.fields.clone() {
            let key = given.field.key.node.as_str();
            let param = vocabulary::block("experiment").and_then(|table| table.key(key));
            let value = match param {
                Some(param) if PLAIN.contains(&key) => self.keyed(given, param.kind, param),
                None if command => {
                    let names = [key.to_string()];
                    let subject = format!("`{key}`");
                    let cx = Cx::key(given.home, &subject, &names, None, given.field.value.span);
                    self.free(&given.field.value, cx)
                }
                _ => None,
            };
            if let Some(value) = value {
                draft.template.insert(key.to_string(), value);
            }
        }
        if command {
            self.placeholders(draft);
        }
    }

    /// Every `{name}` of a command line is an entry, and every entry is in it.
    fn placeholders(&mut self, draft: &Draft<'a>) {
        let Some(given) = draft.fields.iter().find(|g| g.field.key.node == "run").copied() else { return };
        let Some(line) = draft.template.get("run").and_then(|value| match value {
            Value::Call { args, .. } => args.iter().find_map(|(key, value)| match value {
                Value::Text(text) if key == "line" => Some(text.clone()),
                _ => None,
            }),
            _ => None,
        }) else {
            return;
        };
        let mut named: Vec<String> = Vec::new();
        let mut rest = line.as_str();
        while let Some(open) = rest.find('{') {
            let after = &rest[open + 1..];
            let Some(close) = after.find('}') else { break };
            named.push(after[..close].trim().to_string());
            rest = &after[close + 1..];
        }
        let table = vocabulary::block("experiment");
        let entries: Vec<&str> = draft
            .fields
            .iter()
            .map(|g| g.field.key.node.as_str())
            .filter(|key| table.is_none_or(|t| t.key(key).is_none()) || matches!(*key, "epochs" | "batch" | "seed"))
            .collect();
        for name in &named {
            if !entries.contains(&name.as_str())
                && !draft.template.contains_key(name.as_str())
                && !matches!(name.as_str(), "seed" | "epochs")
            {
                let mut found = Diagnostic::error(
                    "E0608",
                    format!("the command asks for `{{{name}}}`, and no entry is called that"),
                    given.field.value.span,
                );
                found = match suggest::nearest(name, entries.iter().copied()) {
                    Some(near) => found.note(format!("did you mean `{{{}}}`?", near.name)),
                    None => found.note(format!("add an entry such as `{name} = log(1e-4, 1)`")),
                };
                self.findings.push(found);
            }
        }
        for other in &draft.fields {
            let key = other.field.key.node.as_str();
            if table.is_some_and(|t| t.key(key).is_none()) && !named.iter().any(|n| n == key) {
                self.findings.push(
                    Diagnostic::warning(
                        "W0811",
                        format!("the command line does not use `{key}`"),
                        other.field.key.span,
                    )
                    .note(format!("put `{{{key}}}` where the program reads it")),
                );
            }
        }
    }

    fn objectives(&mut self, draft: &Draft<'a>, own: &[Rc<Known>]) -> Vec<Objective> {
        let mut objectives = Vec::new();
        let mut places = Vec::new();
        for (key, direction) in [("minimize", Direction::Minimize), ("maximize", Direction::Maximize)] {
            let Some(given) = draft.fields.iter().find(|g| g.field.key.node == key) else { continue };
            let parts: Vec<&'a Expr> = match &given.field.value.kind {
                ExprKind::List(parts) => parts.iter().collect(),
                _ => vec![&given.field.value],
            };
            if parts.is_empty() {
                self.findings.push(Diagnostic::error(
                    "E0606",
                    format!("`{key}` names nothing"),
                    given.field.value.span,
                ));
            }
            for part in parts {
                let Some(measure) = self.measure(part, own) else { continue };
                match &measure {
                    Measure::Setting(name) => {
                        let message = format!("`{name}` is a setting: a search is about what comes of the settings");
                        self.findings.push(Diagnostic::error("E0606", message, part.span));
                        continue;
                    }
                    Measure::Time => {
                        let message = "time differs from run to run: a search by it could not be repeated";
                        self.findings.push(
                            Diagnostic::error("E0606", message, part.span)
                                .note("`parameters` is a measure of size that stays the same"),
                        );
                        continue;
                    }
                    _ => {}
                }
                if let Some(better) = measure.direction()
                    && better != direction
                {
                    let (wrong, right) = if direction == Direction::Minimize {
                        ("minimizes", "maximize")
                    } else {
                        ("maximizes", "minimize")
                    };
                    let mut lint = Diagnostic::warning(
                        "W0812",
                        format!(
                            "this {wrong} `{measure}`, of which {} is better",
                            if right == "maximize" { "more" } else { "less" }
                        ),
                        given.field.key.span,
                    );
                    if places.is_empty() {
                        lint = lint.replace(format!("write `{right}`"), given.field.key.span, right, false);
                    }
                    self.findings.push(lint);
                }
                if let Measure::Metric(m)
                | Measure::Best(m)
                | Measure::Final(m)
                | Measure::At(m, _)
                | Measure::EpochsTo(m, _) = &measure
                    && m.set == Set::Test
                    && !own[0].space.params.is_empty()
                {
                    self.findings.push(
                        Diagnostic::warning("W0814", "the search looks at the test set", part.span)
                            .label("the best trial's test figure is then too good")
                            .note("search by `dev.…`, and show `test.…` of the best"),
                    );
                }
                objectives.push(Objective { measure, direction });
                places.push(part.span);
            }
        }
        if objectives.len() > 2 {
            self.findings.push(Diagnostic::error("E0606", "a search has one objective or two", places[2]));
        }
        if let [a, b] = objectives.as_slice()
            && a.measure == b.measure
        {
            self.findings.push(Diagnostic::error("E0606", "both objectives are the same", places[1]));
        }
        let named = draft.fields.iter().any(|g| matches!(g.field.key.node.as_str(), "minimize" | "maximize"));
        if objectives.is_empty() && !named {
            let dev = own[0].sets.is_none_or(|sets| sets[1]);
            let set = if dev { Set::Dev } else { Set::Train };
            let measure = Measure::Metric(Metric { set, kind: MetricKind::Loss });
            objectives.push(Objective { measure, direction: Direction::Minimize });
        }
        objectives
    }

    fn require(&mut self, draft: &Draft<'a>, own: &[Rc<Known>], template: &BTreeMap<String, Value>) -> Vec<Constraint> {
        let Some(given) = draft.fields.iter().find(|g| g.field.key.node == "require") else { return Vec::new() };
        let parts: Vec<&'a Expr> = match &given.field.value.kind {
            ExprKind::List(parts) => parts.iter().collect(),
            _ => vec![&given.field.value],
        };
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
                let operator = super::numbers::plan_operator(operator.node);
                Some(Value::Arithmetic { operator, left: Box::new(left?), right: Box::new(right?) })
            }
            ExprKind::Name(_) | ExprKind::Member(..) => {
                let name = super::measures::dotted(expr)?;
                if !own[0].has(&name) {
                    if let Some(Value::Number(x)) = template.get(&name) {
                        return Some(Value::Number(*x));
                    }
                    if let ExprKind::Name(plain) = &expr.kind
                        && let super::scope::Lookup::Found(id) = self.scope.look_up(plain, expr.span.file, None)
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

    /// `space = around(coarse.best, 25%)`.
    fn around(&mut self, draft: &Draft<'a>, own: &[Rc<Known>]) -> Option<Around> {
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

    fn search(&mut self, draft: &Draft<'a>, space: &Space) -> Search {
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

    fn prune(&mut self, draft: &Draft<'a>, epochs: Option<f64>) -> Option<Prune> {
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

    fn experiment_lints(&mut self, draft: &Draft<'a>, ways: &[Way], epochs: Option<f64>) {
        let find = |key: &str| draft.fields.iter().find(|g| g.field.key.node == key).copied();
        if let (Some(given), Some(epochs)) = (find("early_stop"), epochs)
            && let Some(Value::Call { args, .. }) = draft.template.get("early_stop").or(self.stop_value(given).as_ref())
            && let Some((_, Value::Number(patience))) = args.first()
            && *patience >= epochs
        {
            let message = format!("this never stops early: there are only {epochs} epochs");
            self.findings.push(Diagnostic::warning("W0813", message, given.field.value.span));
        }
        let smallest = ways.iter().filter_map(|way| way.facts.as_ref().map(|facts| facts.sets[0])).min();
        if let (Some(rows), Some(given)) = (smallest, find("batch"))
            && let ExprKind::Number(batch) = given.field.value.kind
            && batch > rows as f64
        {
            self.findings.push(
                Diagnostic::warning(
                    "W0815",
                    format!("a batch of {batch} is more than the {rows} training examples"),
                    given.field.value.span,
                )
                .note("every step then sees all of them: write `batch = all` if that is meant")
                .replace("write `all`", given.field.value.span, "all", false),
            );
        }
    }

    fn stop_value(&mut self, given: Given<'a>) -> Option<Value> {
        let param = vocabulary::block("experiment")?.key("early_stop")?;
        self.keyed(given, param.kind, param)
    }
}

fn key_default(key: &str) -> Option<f64> {
    match vocabulary::block("experiment")?.key(key)?.default {
        Default::Number(x) => Some(x),
        _ => None,
    }
}
