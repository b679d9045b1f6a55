//! Experiments: their entries, inherited ones too, as a template with its space.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::experiment::{Experiment, Stage};
use crate::plan::settings;
use crate::plan::space::{Domain, Space};
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, Field};
use crate::vocabulary::{self, Default, Type};

use super::checker::{Checker, Cx};
use super::data_blocks::{Examples, Way};
use super::networks::Node;
use super::scope::Kind;
use super::spaces::{self, Names};
use super::symbols::{SpaceNote, SymbolKind};

/// A checked experiment, and what other parts of the file must know of it.
pub(super) struct Known {
    pub name: String,
    /// None if it has mistakes.
    pub experiment: Option<Experiment>,
    pub names: Names,
    pub space: Space,
    /// Where each hyperparameter is written, by name.
    pub places: BTreeMap<String, Span>,
    /// Where each of its settings is written.
    pub written: BTreeMap<String, Span>,
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
        let (name, span) = (self.scope.definitions[id].name.to_string(), self.scope.definitions[id].span);
        let steps = std::mem::take(&mut self.steps);
        if !self.spend(span) {
            return None;
        }
        self.experiments.insert(id, None);
        let drafts = std::mem::take(&mut self.drafts);
        let places = std::mem::take(&mut self.places);
        let trail = std::mem::take(&mut self.trail);
        let uses = std::mem::take(&mut self.uses);
        self.opening.push(id);
        let bases = std::mem::replace(&mut self.bases, vec![id]);
        let known = Rc::new(self.read_experiment(block, name));
        self.bases = bases;
        self.opening.pop();
        self.steps = steps;
        self.drafts = drafts;
        self.places = places;
        self.trail = trail;
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
        for given in &draft.fields {
            self.setting_at(setting_of(&given.field.key.node), |checker| checker.trail.note(given.field.value.span));
        }

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
        let places: BTreeMap<String, Span> =
            self.drafts.list.iter().enumerate().map(|(i, d)| (names.names[i].clone(), d.span)).collect();
        for (name, span) in &places {
            self.setting_at(settings::space(name), |checker| checker.trail.note(*span));
        }
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
            written: BTreeMap::new(),
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
        let cpus = whole(self, "cpus").or(key_default("cpus")).unwrap_or(1.0) as u32;
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
        known.written = std::mem::take(&mut self.trail.written);
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
                cpus,
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
                    } else if self.bases.len() > 64 {
                        let message = "an experiment starts from another more than 64 times over";
                        self.findings.push(Diagnostic::error("E0609", message, span));
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
                        self.unknown_key(field, block, table);
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
        self.setting_at(setting_of(param.name), |checker| checker.value(&given.field.value, kind, cx))
    }

    fn read_data(&mut self, given: Given<'a>) -> Option<Examples> {
        let names = ["data".to_string()];
        let cx = Cx::key(given.home, "`data`", &names, None, given.field.value.span);
        self.setting_at("data".into(), |checker| checker.examples(&given.field.value, cx))
    }

    fn read_network(&mut self, given: Given<'a>) -> Option<Node> {
        let names = ["network".to_string()];
        let cx = Cx::key(given.home, "`network`", &names, None, given.field.value.span);
        self.setting_at("network".into(), |checker| {
            checker.network_at(|checker| checker.layers(&given.field.value, cx))
        })
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
                    self.setting_at(key.to_string(), |checker| checker.free(&given.field.value, cx))
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

/// The setting that a key gives.
fn setting_of(key: &str) -> String {
    match key {
        "minimize" | "maximize" => "objective".into(),
        key => key.to_string(),
    }
}

fn key_default(key: &str) -> Option<f64> {
    match vocabulary::block("experiment")?.key(key)?.default {
        Default::Number(x) => Some(x),
        _ => None,
    }
}
