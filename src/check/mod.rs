//! From trees to a plan: names, types, shapes, spaces, references, and what is surely not meant.
//!
//! In: the trees of a notebook and of what it imports, and someone who can say what data there are. Out: a
//! [`Notebook`] if all is right, every mistake and warning by place, and what the names mean for the editor. A mistake
//! is reported once, where it is made; what follows from it alone is not reported.
//!
//! 1. `scope` collects the names of all files.
//! 2. `experiments` reads each experiment after those that it uses, with the entries that it inherits (`bases`): its keys by `values`, `numbers` and `calls`
//!    as the `vocabulary` has them, its data by `data_blocks`, its network by `networks`; every space met on the way becomes
//!    a hyperparameter with a name and conditions (`spaces`).
//! 3. `shapes` and `outputs` pass the data's shape through the network along every way through its choices.
//! 4. `shows` and `claims` read what is shown and claimed about the experiments; `decided` judges whether the claims can be decided.
//! 5. `lints` warns of what nothing uses.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::data;
use crate::data::spec::Pipeline;
use crate::diagnostic::Diagnostic;
use crate::plan::notebook::{self, Notebook};
use crate::source::{Sources, Span};
use crate::syntax::tree::{Block, File, Item};
use crate::vocabulary;

mod bases;
mod calls;
mod checker;
mod choices;
mod claims;
mod commands;
mod constraints;
mod data_blocks;
mod data_errors;
mod decided;
mod directions;
mod entries;
mod experiments;
mod filters;
mod findings;
mod habits;
mod known;
mod layer_shapes;
mod lints;
mod measures;
mod networks;
mod numbers;
mod objectives;
mod outputs;
mod places;
mod references;
mod scope;
mod searches;
mod settings;
mod shapes;
mod shows;
mod spaces;
mod stages;
mod suggest;
mod symbols;
mod values;

pub use places::Places;
pub use suggest::elsewhere;
pub use symbols::{LayerNote, SpaceNote, Symbol, SymbolKind};

use checker::Checker;
use findings::Findings;
use scope::{Kind, Scope};
use symbols::Symbols;

/// Says what data there are. Paths in a pipeline are relative to the notebook.
pub trait DataFacts {
    /// What is known of the data before training.
    ///
    /// # Errors
    /// What is wrong with the files.
    fn describe(&self, pipeline: &Pipeline) -> Result<data::Facts, data::Error>;
}

/// A checked file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan; none if there are errors.
    pub notebook: Option<Notebook>,
    /// Errors and warnings by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the names mean, by place.
    pub symbols: Vec<Symbol>,
    /// What leaves each layer, by place.
    pub layers: Vec<LayerNote>,
    /// The spaces of each experiment, in order.
    pub spaces: Vec<SpaceNote>,
    /// The columns of the files that data blocks read, by block.
    pub columns: BTreeMap<String, Vec<String>>,
    /// What the data blocks read, by block; several where a block has choices.
    pub data: Vec<(String, Pipeline)>,
    /// Where the settings of each experiment are written.
    pub places: Places,
}

/// Check a notebook: the trees of its files in the order of their sources, itself first. Mistakes that the parser found
/// are not repeated; a file with such mistakes has no plan, which is for the caller to see to.
pub fn notebook(sources: &Sources, files: &[File], facts: &dyn DataFacts) -> Checked {
    let mut findings = Findings::default();
    let mut symbols = Symbols::default();
    let scope = Scope::collect(files, &mut findings, &mut symbols);
    let mut checker = Checker {
        sources,
        files,
        facts,
        scope,
        findings,
        symbols,
        drafts: spaces::Drafts::default(),
        opening: Vec::new(),
        experiments: HashMap::new(),
        order: Vec::new(),
        places: BTreeMap::new(),
        trail: places::Trail::default(),
        steps: 0,
        spent: false,
        uses: Vec::new(),
        bases: Vec::new(),
        read: HashSet::new(),
        tests: Vec::new(),
        described: Vec::new(),
    };
    let plan = checker.run();
    let Checker { findings, mut symbols, experiments, .. } = checker;
    let known = experiments.into_values().flatten();
    let places = known.map(|known| (known.name.clone(), known.written.clone())).collect();
    let data = std::mem::take(&mut symbols.data);
    let diagnostics = findings.sorted();
    let sound = !diagnostics.iter().any(Diagnostic::is_error);
    let (layers, spaces, columns) =
        (symbols.layers.values().cloned().collect(), symbols.spaces.clone(), symbols.columns.clone());
    Checked {
        notebook: plan.filter(|_| sound),
        diagnostics,
        symbols: symbols.into_list(),
        layers,
        spaces,
        columns,
        data,
        places,
    }
}

impl<'a> Checker<'a> {
    fn run(&mut self) -> Option<Notebook> {
        let files: &'a [File] = self.files;
        let main = files.first()?;
        if main.items.is_empty() && main.lost.is_empty() && self.sources.get(0).text.trim().is_empty() {
            let span = Span::default();
            self.findings.push(
                Diagnostic::error("E0200", "this file is empty", span)
                    .note("`caviar new NAME` writes a first file to edit"),
            );
            return None;
        }
        for file in files {
            for item in &file.items {
                if let Item::Block(block) = item {
                    self.head(block);
                }
            }
        }
        // In the order of the text, each after those that it uses.
        let experiments: Vec<usize> = (0..self.scope.definitions.len())
            .filter(|&id| {
                self.scope.definitions[id].kind == Kind::Experiment && self.scope.definitions[id].span.file == 0
            })
            .collect();
        for id in experiments {
            self.experiment(id);
        }
        let mut items = Vec::new();
        for item in &main.items {
            match item {
                Item::Prose(text) => items.push(notebook::Item::Prose(text.node.clone())),
                Item::Use(_) | Item::Let(_) => {}
                Item::Block(block) => match block.kind.node.as_str() {
                    "experiment" => {
                        if let Some((name, _)) = scope::head_name(block) {
                            items.push(notebook::Item::Experiment(name.to_string()));
                        }
                    }
                    "table" => items.extend(self.table(block).map(notebook::Item::Table)),
                    "plot" => items.extend(self.plot(block).map(notebook::Item::Plot)),
                    "claim" => items.extend(self.claim(block).map(notebook::Item::Claim)),
                    _ => {}
                },
            }
        }
        self.undecidable();
        self.the_rest();
        self.unused();
        let mut experiments = Vec::new();
        for id in &self.order {
            let known = self.experiments.get(id)?.as_ref()?;
            experiments.push(known.experiment.clone()?);
        }
        Some(Notebook { items, experiments })
    }

    /// The kind and the head of a block at the top level.
    fn head(&mut self, block: &'a Block) {
        let kind = block.kind.node.as_str();
        let Some(table) = vocabulary::block(kind).filter(|b| b.kind != "at") else {
            self.unknown_kind(block);
            return;
        };
        self.symbols.add(block.kind.span, kind, SymbolKind::Block, None);
        if !matches!(kind, "data" | "network" | "experiment") {
            return;
        }
        let whole = block.head.iter().map(|e| e.span).reduce(Span::to).unwrap_or(block.kind.span);
        let named = scope::head_name(block).is_some();
        let rest = block.head.len().saturating_sub(1);
        let from = kind == "experiment"
            && rest == 2
            && matches!(&block.head[1].kind, crate::syntax::tree::ExprKind::Name(n) if n == "from")
            && matches!(block.head[2].kind, crate::syntax::tree::ExprKind::Name(_));
        if !named && !self.head_lost(block) {
            let mut found = Diagnostic::error("E0213", format!("{} needs a name", entries::article(kind)), whole);
            if let [one] = block.head.as_slice()
                && let crate::syntax::tree::ExprKind::Text(text) = &one.kind
                && !text.is_empty()
                && text.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                found = found.replace("leave the quotes out", one.span, text.clone(), true);
            } else {
                found = found
                    .note(format!("it is written `{kind} {} {{ … }}`", table.head.split(',').next().unwrap_or("NAME")));
            }
            self.findings.push(found);
        } else if rest > 0 && !from {
            let extra = block.head[1..].iter().map(|e| e.span).reduce(Span::to).unwrap_or(whole);
            let note = match kind {
                "experiment" => {
                    "an experiment is written `experiment NAME { … }` or `experiment NAME from OTHER { … }`"
                }
                _ => "a name is one word",
            };
            self.findings.push(Diagnostic::error("E0213", "this does not belong before the brace", extra).note(note));
        }
        if kind != "experiment" && kind != "network" {
            self.only_keys(block);
        }
    }

    /// Whether something stands in the place of a head that the parser could not read, and has told of.
    fn head_lost(&self, block: &Block) -> bool {
        let (start, end) = (block.kind.span.end, block.body.start.max(block.kind.span.end));
        block.head.is_empty() && !self.sources.text(Span { start, end, ..block.kind.span }).trim().is_empty()
    }

    fn unknown_kind(&mut self, block: &Block) {
        let (kind, span) = (&block.kind.node, block.kind.span);
        if kind == "at" {
            self.findings.push(Diagnostic::error("E0214", "`at epoch` stands inside of an experiment", span));
            return;
        }
        let kinds = vocabulary::blocks().iter().map(|b| b.kind).filter(|k| *k != "at");
        let mut found = Diagnostic::error("E0201", format!("there is no kind of block `{kind}`"), span);
        match suggest::nearest(kind, kinds.clone()) {
            Some(near) => {
                found = near.offer(found, span);
            }
            None => found = found.note(format!("there are {}", suggest::listed(kinds, 8))),
        }
        self.findings.push(found);
    }
}
