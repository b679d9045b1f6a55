//! The state of a check, and the context that a value is read in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::data::Facts;
use crate::data::spec::Pipeline;
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Span};
use crate::syntax::tree::{Block, Expr, File};
use crate::vocabulary::Param;

use super::DataFacts;
use super::decided::Tested;
use super::findings::Findings;
use super::known::Known;
use super::places::Trail;
use super::scope::{Definition, Kind, Lookup, Scope};
use super::spaces::Drafts;
use super::suggest;
use super::symbols::{SymbolKind, Symbols};

/// All that is known while a notebook is checked.
pub(super) struct Checker<'a> {
    pub sources: &'a Sources,
    pub files: &'a [File],
    pub facts: &'a dyn DataFacts,
    pub scope: Scope<'a>,
    pub findings: Findings,
    pub symbols: Symbols,
    /// The hyperparameters of the experiment at hand.
    pub drafts: Drafts,
    /// Definitions that are being looked into, outermost first.
    pub opening: Vec<usize>,
    /// Experiments by their definition; none while one is being checked.
    pub experiments: HashMap<usize, Option<Rc<Known>>>,
    /// In the order in which they became known: every one after those that it uses.
    pub order: Vec<usize>,
    /// How many layers of each kind the network at hand has so far.
    pub places: BTreeMap<String, usize>,
    /// Where the settings of the experiment at hand are written.
    pub trail: Trail,
    /// Layers and uses of definitions that were met in the experiment at hand.
    pub steps: usize,
    /// Whether it was told that they are too many.
    pub spent: bool,
    /// Experiments that the one at hand refers to.
    pub uses: Vec<usize>,
    /// Experiments that the one at hand starts from, itself first.
    pub bases: Vec<usize>,
    /// Data blocks whose data were looked at.
    pub read: HashSet<usize>,
    /// The comparisons of claims.
    pub tests: Vec<Tested>,
    /// What data were found to be.
    pub described: Vec<(Pipeline, Option<Rc<Facts>>)>,
}

/// Definitions may lead so deep into others.
const DEPTH: usize = 64;

/// Layers and uses of definitions that the reading of one experiment may meet.
const STEPS: usize = 20_000;

/// The context that a value is read in.
#[derive(Clone, Copy)]
pub(super) struct Cx<'c, 'a> {
    /// The block that it stands in, where `as` names are looked up first.
    pub home: Option<&'a Block>,
    /// What a space here is called: the short name first, longer ones for when that is taken.
    pub names: &'c [String],
    /// What stands before a long name: the block or definition around it.
    pub owner: &'c str,
    /// What stands before the place of a layer: `block.` inside of `let block = …`.
    pub prefix: &'c str,
    /// What is given: `` `rate` of `adam` ``.
    pub subject: &'c str,
    /// The key or parameter that is given.
    pub param: Option<&'static Param>,
    /// Which copy of each `repeat` around it.
    pub path: &'c [u32],
    /// Whether `classes` and `features` mean something.
    pub network: bool,
    /// Whether a space may stand here.
    pub drawn: bool,
    /// Where the value is written that is given, whatever names it goes through.
    pub site: Span,
}

impl<'c, 'a> Cx<'c, 'a> {
    /// The value of a key of a block.
    pub fn key(
        home: &'a Block,
        subject: &'c str,
        names: &'c [String],
        param: Option<&'static Param>,
        site: Span,
    ) -> Self {
        let drawn = param.is_none_or(|p| p.drawn);
        Cx { home: Some(home), names, owner: "", prefix: "", subject, param, path: &[], network: false, drawn, site }
    }
}

impl<'a> Checker<'a> {
    /// Look into a `let` or `as` from a place that names it.
    pub fn within<T>(
        &mut self,
        id: usize,
        span: Span,
        cx: Cx<'_, 'a>,
        look: impl FnOnce(&mut Self, &'a Expr, Cx<'_, 'a>) -> Option<T>,
    ) -> Option<T> {
        let Definition { name, span: target, kind, value, block, depth, .. } = self.scope.definitions[id];
        self.symbols.add(span, name, SymbolKind::of(kind), Some(target));
        let value = value?;
        if !self.spend(span) {
            return None;
        }
        if self.opening.contains(&id) {
            self.cycle(id);
            return None;
        }
        if cx.path.len() < depth {
            self.findings.push(
                Diagnostic::error("E0505", format!("`{name}` is drawn anew in every copy of `repeat`"), span)
                    .label("outside of the copies there is no one value")
                    .also(target, "drawn here"),
            );
            return None;
        }
        let path = &cx.path[..depth];
        let owner = match kind {
            Kind::As => block.and_then(super::scope::head_name).map_or("", |(name, _)| name),
            _ => name,
        };
        let names = definition_names(name, kind, owner, path);
        let prefix = if kind == Kind::Let { format!("{name}.") } else { cx.prefix.to_string() };
        self.opening.push(id);
        let found = look(self, value, Cx { home: block, names: &names, owner, prefix: &prefix, path, ..cx });
        self.opening.pop();
        found
    }

    /// Count a step of a reading that may multiply: definitions within definitions, copies within copies. False when a file asks for
    /// more than anyone means.
    pub fn spend(&mut self, span: Span) -> bool {
        self.steps += 1;
        let deep = self.opening.len() > DEPTH;
        if deep || self.steps > STEPS {
            let message = match deep {
                true => format!("definitions lead more than {DEPTH} steps deep into others"),
                false => "this is too large: definitions or copies multiply beyond what can be searched".to_string(),
            };
            if !self.spent {
                self.findings.push(Diagnostic::error("E0609", message, span));
            }
            self.spent = true;
            return false;
        }
        true
    }

    fn cycle(&mut self, id: usize) {
        let from = self.opening.iter().position(|&open| open == id).unwrap_or(0);
        let members: Vec<usize> = self.opening[from..].to_vec();
        let names: Vec<String> =
            members.iter().chain([&id]).map(|&m| format!("`{}`", self.scope.definitions[m].name)).collect();
        let first = members.iter().map(|&m| self.scope.definitions[m].span).min().unwrap_or_default();
        let mut found = Diagnostic::error("E0601", format!("these need each other: {}", names.join(" → ")), first);
        for &member in &members {
            let span = self.scope.definitions[member].span;
            if span != first {
                found = found.also(span, "part of the circle");
            }
        }
        self.findings.push(found);
    }

    /// The circle of definitions, blocks or experiments that leads back to `id`.
    pub fn circle(&mut self, id: usize) {
        self.cycle(id);
    }

    /// What a name stands for as a value; a mistake is reported. `expected` says what could stand there.
    pub fn name(&mut self, name: &str, span: Span, cx: Cx<'_, 'a>, expected: &str, words: &[&str]) -> Option<usize> {
        match self.scope.look_up(name, span.file, cx.home) {
            Lookup::Found(id) => Some(id),
            Lookup::Lost => None,
            Lookup::Ambiguous(ids) => {
                let mut found =
                    Diagnostic::error("E0207", format!("several blocks give a value the name `{name}`"), span);
                for id in ids {
                    found = found.also(self.scope.definitions[id].span, "one of them");
                }
                self.findings.push(found.note(
                    "inside of one of those blocks its own is meant; from elsewhere, use a `let` that all share",
                ));
                None
            }
            Lookup::Unknown => {
                self.unknown(name, span, expected, words);
                None
            }
        }
    }

    /// Report a name that means nothing where it stands.
    pub fn unknown(&mut self, name: &str, span: Span, expected: &str, words: &[&str]) {
        if let Some(kind) = self.scope.kind_of(name, span.file)
            && !matches!(kind, Kind::Let | Kind::As)
        {
            let message = format!("`{name}` is {}, and {expected} is needed here", kind.noun());
            self.findings.push(Diagnostic::error("E0301", message, span));
            return;
        }
        if let Some(call) = crate::vocabulary::calls_named(name).next() {
            let message = format!("`{name}` is {}, and {expected} is needed here", call.category.noun());
            self.findings.push(Diagnostic::error("E0301", message, span));
            return;
        }
        let visible = self.scope.visible(span.file, &[Kind::Let, Kind::As]);
        let mut found = Diagnostic::error("E0207", format!("nothing is called `{name}`"), span)
            .label(format!("{expected} is needed here"));
        let all = words.iter().copied().chain(visible);
        match suggest::nearest(name, all) {
            Some(near) => {
                found = near.offer(found, span);
            }
            None if !words.is_empty() => {
                found = found.note(format!("here may stand {}", suggest::listed(words.iter().copied(), 14)))
            }
            None => {
                let define = match expected {
                    "the name of a data block" => format!("data {name} {{ … }}"),
                    "the name of a network" => format!("network {name} {{ … }}"),
                    _ => format!("let {name} = …"),
                };
                found = found.note(format!("define it: `{define}`"));
            }
        }
        self.findings.push(found);
    }

    /// The text of a place on one line, shortened.
    pub fn words(&self, span: Span) -> String {
        let text = self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
    }
}

/// What a space is called that a definition is the value of.
pub(super) fn definition_names(name: &str, kind: Kind, owner: &str, path: &[u32]) -> Vec<String> {
    let copies = path.iter().map(|copy| (copy + 1).to_string()).collect::<Vec<_>>().join("_");
    let own = format!("{name}{copies}");
    match kind {
        Kind::As if !owner.is_empty() => vec![own.clone(), format!("{owner}.{own}")],
        _ => vec![own],
    }
}
