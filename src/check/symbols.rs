//! What the names of a file mean, for hover, definition, references and completion.

use std::collections::BTreeMap;

use crate::plan::space::Domain;
use crate::source::Span;

use super::scope::Kind;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// The first word of a block.
    Block,
    /// A key of a block.
    Key,
    /// A layer, optimizer, space, …
    Call,
    /// A parameter of a call.
    Parameter,
    /// A word such as `zscore`.
    Word,
    /// A `let`.
    Let,
    /// A name given by `as`.
    As,
    /// A data block.
    Data,
    /// A network.
    Network,
    /// An experiment.
    Experiment,
    /// A name taken from another file.
    Import,
    /// A hyperparameter of an experiment.
    Setting,
    /// A metric or measure.
    Measure,
    /// A label of a choice.
    Label,
    /// A column of a table.
    Column,
}

impl SymbolKind {
    pub(super) fn of(kind: Kind) -> SymbolKind {
        match kind {
            Kind::Let => SymbolKind::Let,
            Kind::As => SymbolKind::As,
            Kind::Data => SymbolKind::Data,
            Kind::Network => SymbolKind::Network,
            Kind::Experiment => SymbolKind::Experiment,
        }
    }
}

/// A name in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Where it stands.
    pub span: Span,
    /// As written (of a key or parameter: with what it belongs to, `experiment.epochs`, `adam.rate`).
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Where it is defined, for names that the file defines; its own place at the definition.
    pub target: Option<Span>,
}

/// A layer as it stands in a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerNote {
    /// Where it stands.
    pub span: Span,
    /// The shapes that can reach it, as `outputs`.
    pub inputs: Vec<String>,
    /// The shapes that can leave it, as text: `64`, `8 x 8 x 16`; `?` for a number that is drawn.
    pub outputs: Vec<String>,
}

/// A space as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceNote {
    /// Where it stands.
    pub span: Span,
    /// Of which experiment.
    pub experiment: String,
    /// What it is called there.
    pub name: String,
    /// What is drawn.
    pub domain: Domain,
}

/// The names found so far.
#[derive(Default)]
pub(super) struct Symbols {
    by_place: BTreeMap<Span, Symbol>,
    /// For completion: names of columns by data block.
    pub columns: BTreeMap<String, Vec<String>>,
    /// The data of each block, along every way through its choices.
    pub data: Vec<(String, crate::data::spec::Pipeline)>,
    pub layers: BTreeMap<Span, LayerNote>,
    pub spaces: Vec<SpaceNote>,
}

impl Symbols {
    /// Note a name; the first meaning of a place stays.
    pub fn add(&mut self, span: Span, name: &str, kind: SymbolKind, target: Option<Span>) {
        self.by_place.entry(span).or_insert_with(|| Symbol { span, name: name.to_string(), kind, target });
    }

    /// By place.
    pub fn into_list(self) -> Vec<Symbol> {
        self.by_place.into_values().collect()
    }
}
