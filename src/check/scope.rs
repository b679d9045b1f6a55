//! Which names a file gives and takes: definitions, blocks, `as` names, imports.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::tree::{Block, Entry, Expr, ExprKind, File, Item, Name};
use crate::vocabulary::{self, Category};

use super::findings::Findings;
use super::suggest;
use super::symbols::{SymbolKind, Symbols};

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Let,
    As,
    Data,
    Network,
    Experiment,
}

impl Kind {
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Let | Kind::As => "a value",
            Kind::Data => "a data block",
            Kind::Network => "a network",
            Kind::Experiment => "an experiment",
        }
    }

    /// The kind of a block that other parts of a file refer to by name.
    fn of_block(kind: &str) -> Option<Kind> {
        match kind {
            "data" => Some(Kind::Data),
            "network" => Some(Kind::Network),
            "experiment" => Some(Kind::Experiment),
            _ => None,
        }
    }
}

/// A name that a file gives.
pub(super) struct Definition<'a> {
    pub name: &'a str,
    pub span: Span,
    pub kind: Kind,
    /// Of `let` and `as`.
    pub value: Option<&'a Expr>,
    /// Of blocks; for `as` the block that it stands in.
    pub block: Option<&'a Block>,
    /// For `as`: how many `repeat`s stand around it.
    pub depth: usize,
    pub used: bool,
}

/// The definitions of all files, by file.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub definitions: Vec<Definition<'a>>,
    /// Values (`let`, `as` at the top level) of each file.
    values: Vec<HashMap<&'a str, usize>>,
    /// `as` names by where they stand: a name may be given once in each block.
    inner: HashMap<(Span, &'a str), usize>,
    /// `as` names of each file, whatever the block.
    anywhere: Vec<HashMap<&'a str, Vec<usize>>>,
    blocks: Vec<HashMap<(Kind, &'a str), usize>>,
    by_place: HashMap<Span, usize>,
    /// Names that parts which did not parse would have given.
    lost: Vec<&'a [String]>,
    /// Names that are taken from files which cannot be read.
    unread: Vec<HashSet<&'a str>>,
    /// Imports: file, the name there, where it is taken in, whether it was used.
    pub imports: Vec<Import<'a>>,
    imported: Vec<HashMap<&'a str, usize>>,
}

/// A name that one file takes from another.
pub(super) struct Import<'a> {
    pub name: &'a Name,
    pub from: u32,
    pub used: bool,
}

/// What a name stands for where a value is expected.
pub(super) enum Lookup {
    Found(usize),
    /// Given by several blocks, and this is none of them.
    Ambiguous(Vec<usize>),
    /// It was in a part that did not parse.
    Lost,
    Unknown,
}

impl<'a> Scope<'a> {
    /// Collect the names of all files; doubles and names that the language has already are reported.
    pub fn collect(files: &'a [File], findings: &mut Findings, symbols: &mut Symbols) -> Scope<'a> {
        let mut scope = Scope::default();
        for file in files {
            scope.values.push(HashMap::new());
            scope.anywhere.push(HashMap::new());
            scope.blocks.push(HashMap::new());
            scope.imported.push(HashMap::new());
            scope.lost.push(&file.lost);
            scope.unread.push(HashSet::new());
            for item in &file.items {
                match item {
                    Item::Let(definition) => {
                        let name = &definition.name;
                        reserved(&name.node, name.span, findings);
                        let id =
                            scope.define((&name.node, name.span), Kind::Let, Some(&definition.value), None, 0, symbols);
                        let first = *scope.values[name.span.file as usize].entry(&name.node).or_insert(id);
                        if first != id {
                            findings.push(twice(&name.node, name.span, scope.definitions[first].span));
                        }
                        scope.find_as(&definition.value, None, 0, findings, symbols);
                    }
                    Item::Block(block) => scope.block(block, findings, symbols),
                    Item::Use(_) | Item::Prose(_) => {}
                }
            }
        }
        for (number, file) in files.iter().enumerate() {
            for item in &file.items {
                if let Item::Use(import) = item {
                    for name in &import.names {
                        match import.file {
                            Some(from) => scope.import(number, name, from, findings, symbols),
                            None => drop(scope.unread[number].insert(&name.node)),
                        }
                    }
                }
            }
        }
        scope
    }

    fn define(
        &mut self,
        (name, span): (&'a str, Span),
        kind: Kind,
        value: Option<&'a Expr>,
        block: Option<&'a Block>,
        depth: usize,
        symbols: &mut Symbols,
    ) -> usize {
        self.definitions.push(Definition { name, span, kind, value, block, depth, used: false });
        symbols.add(span, name, SymbolKind::of(kind), Some(span));
        let id = self.definitions.len() - 1;
        self.by_place.insert(span, id);
        id
    }

    /// The definition whose name stands at a place.
    pub fn at(&mut self, span: Span) -> Option<usize> {
        let id = *self.by_place.get(&span)?;
        self.definitions[id].used = true;
        Some(id)
    }

    /// Where the name is given that a space at a place takes from the `let` or `as` around it.
    pub fn naming(&self, name: &str, space: Span) -> Option<Span> {
        let called = |d: &&Definition| {
            let own = match (d.kind, name.rsplit_once('.')) {
                (Kind::As, Some((_, last))) => last,
                _ => name,
            };
            let copies = own.strip_prefix(d.name);
            copies.is_some_and(|c| c.is_empty() || d.depth > 0 && c.bytes().all(|b| b.is_ascii_digit() || b == b'_'))
        };
        innermost(self.definitions.iter().filter(called), |d| d.value.map(|value| value.span), space).map(|d| d.span)
    }

    /// The definition that a hyperparameter's long name begins with, such as `block` of `block.dense1.units`.
    pub fn owner(&self, first: &str, space: Span) -> Option<&Definition<'a>> {
        let whole = |d: &Definition| match d.kind {
            Kind::Let => d.value.map(|value| value.span),
            Kind::As => None,
            _ => d.block.map(|block| block.span),
        };
        innermost(self.definitions.iter().filter(|d| d.name == first), whole, space)
    }

    fn block(&mut self, block: &'a Block, findings: &mut Findings, symbols: &mut Symbols) {
        self.entries(&block.entries, Some(block), 0, findings, symbols);
        let Some(kind) = Kind::of_block(&block.kind.node) else { return };
        let Some((name, span)) = head_name(block) else { return };
        if matches!(name, "train" | "dev" | "test") && kind == Kind::Experiment {
            findings.push(taken(name, span, "a set of examples"));
        }
        let id = self.define((name, span), kind, None, Some(block), 0, symbols);
        let first = *self.blocks[span.file as usize].entry((kind, name)).or_insert(id);
        if first != id {
            findings.push(twice(name, span, self.definitions[first].span));
        }
    }

    fn entries(
        &mut self,
        entries: &'a [Entry],
        block: Option<&'a Block>,
        depth: usize,
        findings: &mut Findings,
        symbols: &mut Symbols,
    ) {
        for entry in entries {
            match entry {
                Entry::Field(field) => self.find_as(&field.value, block, depth, findings, symbols),
                Entry::Value(value) => self.find_as(value, block, depth, findings, symbols),
                Entry::Block(inner) => self.entries(&inner.entries, block, depth, findings, symbols),
            }
        }
    }

    /// Every `as` name in a value.
    fn find_as(
        &mut self,
        expr: &'a Expr,
        block: Option<&'a Block>,
        depth: usize,
        findings: &mut Findings,
        symbols: &mut Symbols,
    ) {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
            ExprKind::Member(inner, _) | ExprKind::Negate(inner) => {
                self.find_as(inner, block, depth, findings, symbols)
            }
            ExprKind::Call(callee, args) | ExprKind::Select(callee, args) => {
                self.find_as(callee, block, depth, findings, symbols);
                for arg in args {
                    self.find_as(&arg.value, block, depth, findings, symbols);
                }
            }
            ExprKind::List(parts) | ExprKind::Chain(parts) => {
                for part in parts {
                    self.find_as(part, block, depth, findings, symbols);
                }
            }
            ExprKind::Body(head, entries) => {
                self.find_as(head, block, depth, findings, symbols);
                let inside = depth + usize::from(callee_name(head) == Some("repeat"));
                self.entries(entries, block, inside, findings, symbols);
            }
            ExprKind::Arithmetic(left, _, right) | ExprKind::Compare(left, _, right) => {
                self.find_as(left, block, depth, findings, symbols);
                self.find_as(right, block, depth, findings, symbols);
            }
            ExprKind::As(inner, name) => {
                self.find_as(inner, block, depth, findings, symbols);
                reserved(&name.node, name.span, findings);
                let id = self.define((&name.node, name.span), Kind::As, Some(inner), block, depth, symbols);
                let place = block.map_or(Span { file: name.span.file, ..Span::default() }, |b| b.span);
                let first = *self.inner.entry((place, &name.node)).or_insert(id);
                if first != id {
                    findings.push(twice(&name.node, name.span, self.definitions[first].span));
                } else {
                    self.anywhere[name.span.file as usize].entry(&name.node).or_default().push(id);
                }
            }
        }
    }

    fn import(&mut self, file: usize, name: &'a Name, from: u32, findings: &mut Findings, symbols: &mut Symbols) {
        if from as usize >= self.values.len() {
            return;
        }
        let key = name.node.as_str();
        let there = self.given(from as usize, key);
        let Some(&target) = there.first() else {
            if !self.lost[from as usize].contains(&name.node) {
                let names = self.names_of(from as usize);
                let mut found = Diagnostic::error("E0214", format!("that file defines no `{key}`"), name.span);
                if let Some(near) = suggest::nearest(key, names.iter().copied()) {
                    found = found.replace(format!("write `{}`", near.name), name.span, near.name, near.sure);
                } else if !names.is_empty() {
                    found = found.note(format!("it defines {}", suggest::listed(names, 12)));
                }
                findings.push(found);
            }
            return;
        };
        symbols.add(name.span, key, SymbolKind::Import, Some(self.definitions[target].span));
        let own = self.given(file, key);
        if let Some(&own) = own.first() {
            findings.push(twice(key, name.span, self.definitions[own].span));
        }
        if let Some(&before) = self.imported[file].get(key) {
            findings.push(twice(key, name.span, self.imports[before].name.span));
            return;
        }
        self.imports.push(Import { name, from, used: false });
        self.imported[file].insert(key, self.imports.len() - 1);
        for id in there {
            self.definitions[id].used = true;
        }
    }

    /// Definitions of that name at the top level of a file, of any kind.
    fn given(&self, file: usize, name: &str) -> Vec<usize> {
        let blocks = [Kind::Data, Kind::Network, Kind::Experiment];
        let mut found: Vec<usize> = self.values[file].get(name).copied().into_iter().collect();
        found.extend(blocks.iter().filter_map(|kind| self.blocks[file].get(&(*kind, name)).copied()));
        found
    }

    fn names_of(&self, file: usize) -> Vec<&'a str> {
        let mut names: Vec<&str> =
            self.values[file].keys().copied().chain(self.blocks[file].keys().map(|(_, name)| *name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What a name means as a value, in a file and (for `as` names) in a block.
    pub fn look_up(&mut self, name: &str, file: u32, home: Option<&Block>) -> Lookup {
        let number = file as usize;
        if let Some(block) = home
            && let Some(&id) = self.inner.get(&(block.span, name))
        {
            return self.found(id);
        }
        if let Some(&id) = self.values[number].get(name) {
            return self.found(id);
        }
        if let Some(from) = self.enter(number, name)
            && let Some(&id) = self.values[from].get(name)
        {
            return self.found(id);
        }
        match self.anywhere[number].get(name).map(Vec::as_slice) {
            Some(&[id]) => self.found(id),
            Some(several @ [_, ..]) => Lookup::Ambiguous(several.to_vec()),
            _ if self.is_lost(name, file) => Lookup::Lost,
            _ => Lookup::Unknown,
        }
    }

    fn found(&mut self, id: usize) -> Lookup {
        self.definitions[id].used = true;
        Lookup::Found(id)
    }

    /// The file that an imported name comes from; the import counts as used.
    fn enter(&mut self, file: usize, name: &str) -> Option<usize> {
        let import = &mut self.imports[*self.imported[file].get(name)?];
        import.used = true;
        Some(import.from as usize)
    }

    /// The block of that kind and name, as seen from a file.
    pub fn find_block(&mut self, kind: Kind, name: &str, file: u32) -> Option<usize> {
        let number = file as usize;
        let own = self.blocks[number].get(&(kind, name)).copied();
        let id = match own {
            Some(id) => id,
            None => {
                let from = self.enter(number, name)?;
                *self.blocks[from].get(&(kind, name))?
            }
        };
        self.definitions[id].used = true;
        Some(id)
    }

    /// The kind of thing that a name is, if it is anything.
    pub fn kind_of(&self, name: &str, file: u32) -> Option<Kind> {
        let number = file as usize;
        let from = self.imported[number].get(name).map(|&i| self.imports[i].from as usize);
        [Some(number), from]
            .into_iter()
            .flatten()
            .find_map(|f| self.given(f, name).first().map(|&id| self.definitions[id].kind))
    }

    /// Whether a part that did not parse would have given the name.
    pub fn is_lost(&self, name: &str, file: u32) -> bool {
        self.lost[file as usize].iter().any(|lost| lost == name) || self.unread[file as usize].contains(name)
    }

    /// Names of a kind that can be seen from a file, for suggestions.
    pub fn visible(&self, file: u32, wanted: &[Kind]) -> Vec<&'a str> {
        let number = file as usize;
        let mut names: Vec<&'a str> = self
            .definitions
            .iter()
            .filter(|d| d.span.file == file && wanted.contains(&d.kind))
            .map(|d| d.name)
            .collect();
        for (&name, &import) in &self.imported[number] {
            let from = self.imports[import].from as usize;
            if self.given(from, name).iter().any(|&id| wanted.contains(&self.definitions[id].kind)) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The smallest definition around a place.
fn innermost<'d, 'a: 'd>(
    definitions: impl Iterator<Item = &'d Definition<'a>>,
    whole: impl Fn(&Definition<'a>) -> Option<Span>,
    place: Span,
) -> Option<&'d Definition<'a>> {
    let around = |span: &Span| span.file == place.file && span.start <= place.start && place.end <= span.end;
    definitions
        .filter_map(|d| whole(d).filter(around).map(|span| (span.end - span.start, d)))
        .min_by_key(|(size, _)| *size)
        .map(|(_, d)| d)
}

/// The name that a call or a name calls.
pub(super) fn callee_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Call(callee, _) => match &callee.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The first word of a block's head, and its place.
pub(super) fn head_name(block: &Block) -> Option<(&str, Span)> {
    match block.head.first() {
        Some(Expr { kind: ExprKind::Name(name), span }) => Some((name, *span)),
        _ => None,
    }
}

fn twice(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("E0205", format!("`{name}` is defined twice"), span)
        .label("defined again here")
        .also(first, "first defined here")
        .note("a name stands for one thing: give one of them another name")
}

fn taken(name: &str, span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("E0206", format!("`{name}` is already the name of {what}"), span).note("choose another name")
}

/// Names of the language that a definition may not take, since both could be meant in one place.
fn reserved(name: &str, span: Span, findings: &mut Findings) {
    let categories = [Category::Space, Category::Layer, Category::Optimizer, Category::Source];
    let call = categories.into_iter().find(|category| vocabulary::call(*category, name).is_some());
    let what = match (call, name) {
        (Some(category), _) => category.noun(),
        (None, "train" | "dev" | "test") => "a set of examples",
        (None, "classes" | "features" | "true" | "false" | "auto" | "all") => "a word of the language",
        _ => return,
    };
    findings.push(taken(name, span, what));
}
