//! What may be written as a value of a type.

use std::path::Path;

use super::context::{Context, table_around};
use super::{CompletionKind, List};
use crate::data;
use crate::plan::space::Domain;
use crate::vocabulary::{self, Category, Default, Param, Type};

/// The default of a parameter in a few words.
pub(super) fn default(param: &Param) -> String {
    match param.default {
        Default::Required => "needed".to_string(),
        Default::Absent => "none by default".to_string(),
        default => format!("default {default}"),
    }
}

/// Whether a call of this category may be a value of the type.
pub(super) fn takes(kind: Type, category: Category) -> bool {
    match kind {
        Type::Call(wanted) | Type::Calls(wanted) => wanted == category,
        Type::Layers => category == Category::Layer,
        Type::Space => category == Category::Space,
        Type::Metric | Type::Metrics => category == Category::Metric,
        Type::Measure | Type::Measures => matches!(category, Category::Metric | Category::Measure),
        Type::Either(kinds) => kinds.iter().any(|kind| takes(*kind, category)),
        _ => category == Category::Space,
    }
}

impl List<'_> {
    /// Values of any of the types; spaces and definitions where a number or a word may be drawn.
    pub(super) fn values(&mut self, types: &[Type], context: &Context<'_>) {
        types.iter().for_each(|kind| self.value(*kind, context));
    }

    fn value(&mut self, kind: Type, context: &Context<'_>) {
        match kind {
            Type::Word(words) => {
                words.iter().for_each(|word| self.add(word.name, CompletionKind::Constant, "", word.doc));
                self.drawn();
            }
            Type::Flag => ["true", "false"].iter().for_each(|word| self.add(word, CompletionKind::Constant, "", "")),
            Type::Call(category) | Type::Calls(category) => {
                self.calls(category);
                self.choice();
            }
            Type::Layers => self.layers(),
            Type::Data => {
                self.names(|known| &known.data, "data");
                self.choice();
            }
            Type::Network => {
                self.names(|known| &known.networks, "a network");
                self.choice();
            }
            Type::Metric | Type::Metrics => self.metrics(),
            Type::Measure | Type::Measures => {
                self.metrics();
                self.calls(Category::Measure);
                self.settings(None);
            }
            Type::Setting | Type::Settings => self.settings(None),
            Type::Trials | Type::Trial => self.trials(),
            Type::Conditions => {
                self.settings(None);
                self.metrics();
            }
            Type::Column | Type::Columns => self.columns(context),
            Type::Space => {
                self.calls(Category::Space);
                self.named_values();
            }
            Type::Number(_) | Type::Whole(_) | Type::Duration | Type::Size => self.drawn(),
            Type::Either(kinds) => kinds.iter().for_each(|kind| self.value(*kind, context)),
            Type::Text | Type::Character | Type::Path | Type::Shares => {}
        }
    }

    fn named_values(&mut self) {
        for name in self.known.values.clone() {
            self.add(&name, CompletionKind::Variable, "a definition", "");
        }
    }

    fn drawn(&mut self) {
        self.named_values();
        self.calls(Category::Space);
    }

    fn choice(&mut self) {
        self.named_values();
        if let Some(choice) = vocabulary::call(Category::Space, "choice") {
            self.call(choice);
        }
    }

    /// Layers, and definitions, which may be chains.
    pub(super) fn layers(&mut self) {
        self.calls(Category::Layer);
        self.choice();
    }

    fn metrics(&mut self) {
        for set in ["dev", "test", "train"] {
            for metric in vocabulary::calls(Category::Metric) {
                let label = format!("{set}.{}", metric.name);
                self.add(&label, CompletionKind::Function, "a metric", metric.doc);
            }
        }
    }

    /// The hyperparameters of an experiment, or of all.
    pub(super) fn settings(&mut self, experiment: Option<&str>) {
        let spaces = &self.analysis.checked.spaces;
        let mut names: Vec<&str> = Vec::new();
        for space in spaces.iter().filter(|space| experiment.is_none_or(|e| e == space.experiment)) {
            if !names.contains(&space.name.as_str()) {
                names.push(&space.name);
            }
        }
        let names: Vec<String> = names.into_iter().map(str::to_string).collect();
        names.iter().for_each(|name| self.add(name, CompletionKind::Variable, "a hyperparameter", ""));
    }

    /// The labels of a choice of an experiment.
    pub(super) fn labels(&mut self, experiment: &str, name: &str) {
        let spaces = &self.analysis.checked.spaces;
        let found = spaces.iter().find(|space| space.experiment == experiment && space.name == name);
        if let Some(Domain::Choice { labels, .. }) = found.map(|space| &space.domain) {
            labels.clone().iter().for_each(|label| self.add(label, CompletionKind::Constant, "an option", ""));
        }
    }

    pub(super) fn trials(&mut self) {
        self.names(|known| &known.experiments, "an experiment");
    }

    /// Columns of the file that is read around the place; of all files if that is not known.
    fn columns(&mut self, context: &Context<'_>) {
        let at = context.prefix.start;
        let known = &self.analysis.checked.columns;
        let of_block = self.data_block_at(at).and_then(|own| known.get(&own).cloned());
        let of_file = || {
            let base = Path::new(&self.analysis.sources.get(0).name).parent()?;
            data::header(base, &table_around(self.analysis.text(), at)?)
        };
        let names = of_block.or_else(of_file).unwrap_or_else(|| known.values().flatten().cloned().collect());
        for name in names {
            let word =
                name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
            let insert = if word { name.clone() } else { format!("\"{name}\"") };
            self.insert(&name, CompletionKind::Column, "a column", "", &insert, false);
        }
    }

    fn data_block_at(&self, offset: usize) -> Option<String> {
        let file = self.analysis.files.first()?;
        file.items.iter().find_map(|item| match item {
            crate::syntax::tree::Item::Block(block) if block.span.range().contains(&offset) => {
                match block.head.first().map(|part| &part.kind) {
                    Some(crate::syntax::tree::ExprKind::Name(name)) => Some(name.clone()),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// What may follow `path.`.
    pub(super) fn members(&mut self, path: &[&str]) {
        match path {
            ["train" | "dev" | "test"] | [.., "train" | "dev" | "test"] => {
                self.calls(Category::Metric);
            }
            [experiment, rest @ ..] => {
                self.settings(Some(experiment));
                if rest.is_empty() {
                    self.add("best", CompletionKind::Function, "a trial", "the best trial");
                    self.insert("top", CompletionKind::Function, "trials", "so many of the best", "top(${1:3})", true);
                }
                for set in ["dev", "test", "train"] {
                    self.add(set, CompletionKind::Constant, "a part of the data", "");
                }
                self.calls(Category::Measure);
            }
            [] => {}
        }
    }
}
