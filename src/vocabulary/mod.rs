//! The one table of kinds, keys, layers, spaces, measures: type, default, range and a line of documentation each.
//!
//! Checking, `caviar help`, hover, completion, the defaults of a trial and `docs/language.md` all read it, so they
//! cannot disagree. It is static data and knows neither text nor plans.

pub mod blocks;
mod data;
mod help;
mod layers;
mod measures;
mod pictures;
mod reference;
mod search;
mod spaces;
mod training;

mod types;

pub use help::{help, index, similar, topics};
pub use reference::reference;
pub use types::{Default, Param, Range, Scale, Type, Word, number};

/// What a call is for; a name may stand in several categories (`noise` is a layer and a transform).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// A part of a network.
    Layer,
    /// An update rule.
    Optimizer,
    /// How the rate changes over the epochs.
    Schedule,
    /// What training makes small.
    Loss,
    /// How weights start.
    Init,
    /// When training ends early.
    Stop,
    /// Where examples come from.
    Source,
    /// A change of the inputs.
    Transform,
    /// What a hyperparameter is drawn from.
    Space,
    /// A part of another experiment's space.
    Region,
    /// How settings are proposed.
    Search,
    /// Which trials are stopped early.
    Prune,
    /// A program that is trained instead of a network.
    Program,
    /// A number of a model over a set of examples.
    Metric,
    /// A number of a trial.
    Measure,
    /// A kind of picture.
    Picture,
    /// Where a surface leads from the solution.
    Direction,
}

impl Category {
    /// All categories, in the order of the reference.
    pub const ALL: [Category; 17] = [
        Category::Space,
        Category::Source,
        Category::Transform,
        Category::Layer,
        Category::Init,
        Category::Optimizer,
        Category::Schedule,
        Category::Loss,
        Category::Stop,
        Category::Search,
        Category::Prune,
        Category::Region,
        Category::Program,
        Category::Metric,
        Category::Measure,
        Category::Picture,
        Category::Direction,
    ];

    /// With an article, for messages: `a layer`, `an optimizer`.
    pub const fn noun(self) -> &'static str {
        match self {
            Category::Layer => "a layer",
            Category::Optimizer => "an optimizer",
            Category::Schedule => "a schedule",
            Category::Loss => "a loss",
            Category::Init => "an initialisation",
            Category::Stop => "a rule to stop early",
            Category::Source => "a source of data",
            Category::Transform => "a transform",
            Category::Space => "a space",
            Category::Region => "a part of a space",
            Category::Search => "a search",
            Category::Prune => "a pruning rule",
            Category::Program => "a program",
            Category::Metric => "a metric",
            Category::Measure => "a measure of a trial",
            Category::Picture => "a picture",
            Category::Direction => "a direction",
        }
    }

    /// As a heading: `Layers`.
    pub const fn title(self) -> &'static str {
        match self {
            Category::Layer => "Layers",
            Category::Optimizer => "Optimizers",
            Category::Schedule => "Schedules",
            Category::Loss => "Losses",
            Category::Init => "Initialisations",
            Category::Stop => "Early stopping",
            Category::Source => "Sources",
            Category::Transform => "Transforms",
            Category::Space => "Spaces",
            Category::Region => "Parts of a space",
            Category::Search => "Searches",
            Category::Prune => "Pruning",
            Category::Program => "Programs",
            Category::Metric => "Metrics",
            Category::Measure => "Measures of a trial",
            Category::Picture => "Pictures",
            Category::Direction => "Directions of a surface",
        }
    }
}

/// What follows a call's parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// Layers between braces, as after `residual`.
    Layers,
}

/// Something that is written as a name, with arguments where it has any: `dense(64)`, `relu`, `log(1e-4, 1)`.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// As written.
    pub name: &'static str,
    /// What it is for.
    pub category: Category,
    /// In the order in which arguments without a name are taken.
    pub params: &'static [Param],
    /// Any number of values instead, with or without labels: only `choice`.
    pub variadic: bool,
    /// What follows the parentheses.
    pub body: Body,
    /// One line.
    pub doc: &'static str,
    /// A line or two of .exp text that uses it.
    pub example: &'static str,
}

impl Call {
    const fn new(
        category: Category,
        name: &'static str,
        params: &'static [Param],
        doc: &'static str,
        example: &'static str,
    ) -> Call {
        Call { name, category, params, variadic: false, body: Body::None, doc, example }
    }

    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name)
    }

    /// As a reader would write it, required parameters only: `dense(units)`, `relu`.
    pub fn signature(&self) -> String {
        let mut inner: Vec<String> = self.params.iter().map(|p| p.name.to_string()).collect();
        if self.variadic {
            inner.push("…".into());
        }
        let arguments = if inner.is_empty() { String::new() } else { format!("({})", inner.join(", ")) };
        let body = if self.body == Body::Layers { " { … }" } else { "" };
        format!("{}{arguments}{body}", self.name)
    }
}

/// A kind of block with its keys.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The first word.
    pub kind: &'static str,
    /// What stands between the kind and the brace.
    pub head: &'static str,
    /// Its keys.
    pub keys: &'static [Param],
    /// What it may hold besides keys: `layers, top to bottom`; empty for nothing.
    pub inside: &'static str,
    /// One line.
    pub doc: &'static str,
    /// A small one.
    pub example: &'static str,
}

impl Block {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Param> {
        self.keys.iter().find(|k| k.name == name)
    }
}

/// All calls of a category, in the order of the reference.
pub fn calls(category: Category) -> &'static [Call] {
    match category {
        Category::Layer => layers::LAYERS,
        Category::Init => layers::INITS,
        Category::Optimizer => training::OPTIMIZERS,
        Category::Schedule => training::SCHEDULES,
        Category::Loss => training::LOSSES,
        Category::Stop => training::STOPS,
        Category::Program => training::PROGRAMS,
        Category::Source => data::SOURCES,
        Category::Transform => data::TRANSFORMS,
        Category::Space => spaces::SPACES,
        Category::Region => spaces::REGIONS,
        Category::Search => search::SEARCHES,
        Category::Prune => search::PRUNES,
        Category::Metric => measures::METRICS,
        Category::Measure => measures::MEASURES,
        Category::Picture => pictures::PICTURES,
        Category::Direction => pictures::DIRECTIONS,
    }
}

/// The call of that category and name.
pub fn call(category: Category, name: &str) -> Option<&'static Call> {
    calls(category).iter().find(|c| c.name == name)
}

/// Every call of that name, whatever its category.
pub fn calls_named(name: &str) -> impl Iterator<Item = &'static Call> {
    Category::ALL.into_iter().filter_map(move |category| call(category, name))
}

/// All kinds of block.
pub fn blocks() -> &'static [Block] {
    blocks::BLOCKS
}

/// The block of that kind.
pub fn block(kind: &str) -> Option<&'static Block> {
    blocks::BLOCKS.iter().find(|b| b.kind == kind)
}
