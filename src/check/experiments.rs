//! Experiments: their entries, inherited ones too, as a template with its space.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::experiment::{Experiment, Stage};
use crate::plan::settings;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Block, ExprKind};
use crate::vocabulary::{self, Default, Type};

use super::bases::{Draft, Given};
use super::checker::{Checker, Cx};
use super::data_blocks::{Examples, Way};
use super::known::Known;
use super::networks::Node;
use super::spaces::{self, Names};
use super::symbols::SpaceNote;

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
        let written: Vec<(String, Span)> =
            names.names.iter().cloned().zip(self.drafts.list.iter().map(|drawn| drawn.span)).collect();
        for (name, span) in &written {
            self.setting_at(settings::space(name), |checker| checker.trail.note(*span));
        }
        let places = written
            .into_iter()
            .map(|(name, span)| (self.scope.naming(&name, span).unwrap_or(span), name))
            .map(|(span, name)| (name, span))
            .collect();
        let fixed =
            draft.fields.iter().map(|g| g.field.key.node.clone()).filter(|key| !names.names.contains(key)).collect();
        let sets = ways.first().map(|_| [0, 1, 2].map(|set| ways.iter().all(|way| way.sets[set])));
        let mode = ways.iter().find_map(|way| way.facts.as_ref().map(|facts| facts.mode));
        let facts = ways.iter().filter_map(|way| way.facts.clone()).collect();
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
            facts,
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
