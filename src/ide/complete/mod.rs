//! What may be written at a place.

mod context;
mod known;
mod values;

use super::Analysis;
use crate::source::Span;
use crate::vocabulary::{self, Body, Call, Category, Param, Type};

use context::{Context, Frame, FrameKind};
use known::Known;

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// `let`, `use`, a kind of block.
    Keyword,
    /// A key or parameter.
    Property,
    /// A layer, optimizer, space, metric, measure.
    Function,
    /// A definition or hyperparameter.
    Variable,
    /// Data, a network, an experiment.
    Type,
    /// A word of the language, or a label.
    Constant,
    /// A column of a file.
    Column,
}

/// Something that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown and searched.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words beside it.
    pub detail: String,
    /// A line about it.
    pub doc: String,
    /// What takes the place of `replace`; `$1`, `$0` are places for the cursor if it is a snippet.
    pub insert: String,
    /// Whether `insert` is a snippet.
    pub snippet: bool,
    /// The word that is being written.
    pub replace: Span,
}

/// What may be written at a byte of the notebook, the likeliest first.
pub fn complete(analysis: &Analysis, offset: usize) -> Vec<Completion> {
    let text = analysis.text();
    let offset = text.floor_char_boundary(offset);
    let Some(context) = Context::at(text, offset) else { return Vec::new() };
    let mut list = List {
        replace: Span::new(0, context.prefix.start, context.prefix.end),
        known: Known::of(analysis),
        analysis,
        found: Vec::new(),
    };
    list.fill(&context);
    let mut seen = Vec::new();
    list.found.retain(|completion| {
        let new = !seen.contains(&completion.label);
        seen.push(completion.label.clone());
        new
    });
    list.found
}

struct List<'a> {
    replace: Span,
    known: Known,
    analysis: &'a Analysis,
    found: Vec<Completion>,
}

impl List<'_> {
    fn add(&mut self, label: &str, kind: CompletionKind, detail: &str, doc: &str) {
        self.insert(label, kind, detail, doc, label, false);
    }

    fn insert(&mut self, label: &str, kind: CompletionKind, detail: &str, doc: &str, insert: &str, snippet: bool) {
        self.found.push(Completion {
            label: label.to_string(),
            kind,
            detail: detail.to_string(),
            doc: doc.to_string(),
            insert: insert.to_string(),
            snippet,
            replace: self.replace,
        });
    }

    fn fill(&mut self, context: &Context<'_>) {
        if let Some(path) = &context.member_of {
            return self.members(path);
        }
        let frame = context.inner();
        match (&frame.kind, frame.key) {
            (FrameKind::Top, None) => self.top_level(context),
            (FrameKind::Top, Some("use" | "from")) => {}
            (FrameKind::Head(kind), _) => self.head(kind, context.previous),
            (FrameKind::Block(kind), None) if frame.at_start => self.keys(kind, &frame.given),
            (FrameKind::Layers, None) => self.values(&[Type::Layers], context),
            (FrameKind::Select(of), None) if frame.at_start => self.settings(Some(of)),
            (FrameKind::Select(of), Some(name)) => self.labels(of, name),
            (FrameKind::Call(name), None) if frame.at_start => {
                let types = expected(context, context.frames.len() - 1);
                self.values(&types, context);
                self.parameters(name, &frame.given);
            }
            _ => {
                let types = expected(context, context.frames.len() - 1);
                self.values(&types, context);
            }
        }
    }

    fn top_level(&mut self, context: &Context<'_>) {
        if !context.inner().at_start {
            return;
        }
        self.insert("let", CompletionKind::Keyword, "a definition", "gives a value a name", "let ${1:name} = $0", true);
        let doc = "takes names from another file";
        self.insert("use", CompletionKind::Keyword, "an import", doc, "use ${1:name} from \"$0\"", true);
        for block in vocabulary::blocks().iter().filter(|block| block.kind != "at") {
            let head = match block.kind {
                "data" | "network" | "experiment" => "${1:name} ",
                "claim" => "\"${1:what is claimed}\" ",
                _ => "",
            };
            let insert = format!("{} {head}{{\n  $0\n}}", block.kind);
            self.insert(block.kind, CompletionKind::Keyword, block.head, block.doc, &insert, true);
        }
    }

    /// Between a kind and its brace: only another experiment's name can be known.
    fn head(&mut self, kind: &str, previous: Option<&str>) {
        match (kind, previous) {
            ("experiment", Some("from")) => self.names(|known| &known.experiments, "an experiment"),
            ("at", Some("at")) => self.add("epoch", CompletionKind::Keyword, "", "from this epoch on"),
            _ => {}
        }
    }

    fn keys(&mut self, kind: &str, given: &[&str]) {
        if let Some(block) = vocabulary::block(kind) {
            for key in block.keys.iter().filter(|key| !given.contains(&key.name)) {
                self.property(key);
            }
            if kind == "experiment" {
                let doc = "changes settings from an epoch on";
                self.insert("at epoch", CompletionKind::Keyword, "a stage", doc, "at epoch ${1:10} { $0 }", true);
            }
        }
        match kind {
            "network" => self.layers(),
            "claim" => self.trials(),
            "at" => vocabulary::calls(Category::Optimizer).iter().flat_map(|call| call.params).for_each(|param| {
                if !given.contains(&param.name) {
                    self.property(param);
                }
            }),
            _ => {}
        }
    }

    fn parameters(&mut self, name: &str, given: &[&str]) {
        let calls: Vec<&'static Call> = vocabulary::calls_named(name).collect();
        for param in calls.iter().flat_map(|call| call.params).filter(|param| !given.contains(&param.name)) {
            self.property(param);
        }
    }

    fn property(&mut self, param: &Param) {
        let detail = format!("{}; {}", param.kind, values::default(param));
        let insert = format!("{} = ", param.name);
        self.insert(param.name, CompletionKind::Property, &detail, param.doc, &insert, false);
    }

    fn names(&mut self, of: impl Fn(&Known) -> &[String], detail: &str) {
        for name in of(&self.known).to_vec() {
            self.add(&name, CompletionKind::Type, detail, "");
        }
    }

    fn call(&mut self, call: &'static Call) {
        let required = call.params.iter().any(Param::is_required) || call.variadic;
        let mut insert = call.name.to_string();
        if required {
            insert.push_str("($1)");
        }
        if call.body == Body::Layers {
            insert.push_str(" { $0 }");
        }
        let snippet = insert != call.name;
        self.insert(call.name, CompletionKind::Function, &call.signature(), call.doc, &insert, snippet);
    }

    fn calls(&mut self, category: Category) {
        vocabulary::calls(category).iter().for_each(|call| self.call(call));
    }
}

/// What a value at the end of the first `depth + 1` frames may be.
fn expected(context: &Context<'_>, depth: usize) -> Vec<Type> {
    let frame: &Frame<'_> = &context.frames[depth];
    let outer = || if depth == 0 { Vec::new() } else { expected(context, depth - 1) };
    match (&frame.kind, frame.key) {
        (FrameKind::Block(kind), Some(key)) => {
            let known = vocabulary::block(kind).and_then(|block| block.key(key)).map(|key| key.kind);
            let changed =
                || vocabulary::calls(Category::Optimizer).iter().find_map(|call| call.param(key)).map(|p| p.kind);
            known.or_else(changed).into_iter().collect()
        }
        (FrameKind::Block(kind), None) if *kind == "network" => vec![Type::Layers],
        (FrameKind::Block(kind), None) if *kind == "claim" => vec![Type::Trials, Type::Measure],
        (FrameKind::Layers, None) => vec![Type::Layers],
        (FrameKind::Call(name), key) => {
            let outer = outer();
            let fits = |call: &&Call| outer.iter().any(|kind| values::takes(*kind, call.category));
            let all: Vec<&Call> = vocabulary::calls_named(name).collect();
            let call = all.iter().copied().find(|call| fits(call)).or(all.first().copied());
            match (call, key) {
                (Some(call), _) if call.variadic => outer,
                (Some(call), Some(key)) => call.param(key).map(|param| param.kind).into_iter().collect(),
                (Some(call), None) => {
                    let mut placed = call.params.iter().filter(|param| param.positional);
                    placed
                        .clone()
                        .nth(frame.position)
                        .or_else(|| placed.next_back())
                        .map(|param| param.kind)
                        .into_iter()
                        .collect()
                }
                (None, _) => outer,
            }
        }
        (FrameKind::List | FrameKind::Group, _) => outer(),
        // The value of a definition may be anything that can be named.
        (FrameKind::Top, Some(_)) => vec![Type::Space, Type::Layers, Type::Call(Category::Optimizer)],
        _ => Vec::new(),
    }
}
