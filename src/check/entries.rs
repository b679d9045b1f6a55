//! The entries of a block: its keys held against the vocabulary, and walks over values.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::tree::{Block, Comparison, Entry, Expr, ExprKind, Field};
use crate::vocabulary;

use super::checker::Checker;
use super::symbols::SymbolKind;
use super::{habits, suggest};

/// The entry of that key.
pub(super) fn field<'a>(block: &'a Block, key: &str) -> Option<&'a Field> {
    block.entries.iter().find_map(|entry| match entry {
        Entry::Field(field) if field.key.node == key => Some(field),
        _ => None,
    })
}

/// Every value in the entries of a block, outer ones first.
pub(super) fn walk<'a>(entries: &'a [Entry], visit: &mut impl FnMut(&'a Expr)) {
    for entry in entries {
        match entry {
            Entry::Field(field) => walk_expr(&field.value, visit),
            Entry::Value(value) => walk_expr(value, visit),
            Entry::Block(block) => walk(&block.entries, visit),
        }
    }
}

/// A value and every value in it.
pub(super) fn walk_expr<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        ExprKind::Member(inner, _) | ExprKind::Negate(inner) | ExprKind::As(inner, _) => walk_expr(inner, visit),
        ExprKind::Call(callee, args) | ExprKind::Select(callee, args) => {
            walk_expr(callee, visit);
            args.iter().for_each(|arg| walk_expr(&arg.value, visit));
        }
        ExprKind::List(parts) | ExprKind::Chain(parts) => parts.iter().for_each(|part| walk_expr(part, visit)),
        ExprKind::Body(head, entries) => {
            walk_expr(head, visit);
            walk(entries, visit);
        }
        ExprKind::Arithmetic(left, _, right) | ExprKind::Compare(left, _, right) => {
            walk_expr(left, visit);
            walk_expr(right, visit);
        }
    }
}

impl<'a> Checker<'a> {
    /// The keys of a block that it may have, each once; the rest is reported.
    pub fn fields(&mut self, block: &'a Block, table: &'static vocabulary::Block) -> Vec<&'a Field> {
        let mut fields: Vec<&'a Field> = Vec::new();
        for entry in &block.entries {
            let Entry::Field(field) = entry else { continue };
            self.symbols.add(field.key.span, &format!("{}.{}", table.kind, field.key.node), SymbolKind::Key, None);
            if table.key(&field.key.node).is_none() {
                self.unknown_key(field, block, table);
            } else if let Some(first) = fields.iter().find(|f| f.key.node == field.key.node) {
                self.twice(field, first);
            } else {
                fields.push(field);
            }
        }
        fields
    }

    /// Report a key that is given again.
    pub fn twice(&mut self, field: &Field, first: &Field) {
        let message = format!("`{}` is given twice", field.key.node);
        self.findings.push(Diagnostic::error("E0203", message, field.key.span).also(first.key.span, "first here"));
    }

    /// Report a key that such a block does not have.
    pub fn unknown_key(&mut self, field: &Field, block: &Block, table: &'static vocabulary::Block) {
        let (key, kind) = (&field.key.node, table.kind);
        let mut found = Diagnostic::error("E0202", format!("{} has no key `{key}`", article(kind)), field.key.span);
        let keys = table.keys.iter().map(|k| k.name);
        let source = vocabulary::calls(vocabulary::Category::Source).iter().any(|call| call.param(key).is_some());
        let near = suggest::nearest(key, keys.clone());
        let part = if kind == "experiment" { habits::part_of_experiment(key, block) } else { None };
        // What is nearly a key is a key with a slip; a word of other programs may be both.
        if let Some(part) = part.filter(|_| !near.as_ref().is_some_and(|near| near.sure)) {
            found = found.note(part);
        } else if kind == "data" && source {
            found = found.note(format!("`{key}` belongs to the source: `source = csv(\"…\", {key} = …)`"));
        } else if let Some(near) = near {
            found = near.offer(found, field.key.span);
        } else if let Some(other) = vocabulary::blocks().iter().find(|b| b.key(key).is_some()) {
            found = found.note(format!("`{key}` is a key of {}", article(other.kind)));
        } else {
            found = found.note(format!("it has {}", suggest::listed(keys, 30)));
        }
        self.findings.push(found);
    }

    /// Report keys that must be there and are not.
    pub fn missing(
        &mut self,
        block: &Block,
        table: &'static vocabulary::Block,
        fields: &[&Field],
        needed: &[&str],
    ) -> bool {
        let missing: Vec<&str> =
            needed.iter().copied().filter(|key| !fields.iter().any(|f| f.key.node == *key)).collect();
        let near_miss = |key: &str| {
            block.entries.iter().any(|entry| match entry {
                Entry::Field(field) => {
                    table.key(&field.key.node).is_none()
                        && suggest::nearest(&field.key.node, table.keys.iter().map(|k| k.name))
                            .is_some_and(|s| s.name == key)
                }
                _ => false,
            })
        };
        let reported: Vec<&str> = missing.iter().copied().filter(|key| !near_miss(key)).collect();
        if !reported.is_empty() && !block.broken {
            let what = suggest::listed(reported.iter().copied(), 6);
            let mut found =
                Diagnostic::error("E0204", format!("{} needs {what}", article(&block.kind.node)), block.kind.span);
            for key in &reported {
                if let Some(param) = table.key(key) {
                    found = found.note(format!("`{key}`: {}", param.doc));
                }
            }
            self.findings.push(found);
        }
        missing.is_empty()
    }

    /// Report `key == value`.
    pub fn compared(&mut self, value: &Expr, table: &vocabulary::Block) {
        if let Some(sign) = compared_key(value, table) {
            let found = Diagnostic::error("E0215", "a key gets its value with one `=`", sign).label("`==` compares");
            self.findings.push(found.replace("write `=`", sign, "=", true));
        }
    }

    /// Report entries that are no keys, where a block has keys only.
    pub fn only_keys(&mut self, block: &'a Block) {
        for entry in &block.entries {
            let (span, what) = match entry {
                Entry::Field(_) => continue,
                Entry::Value(value)
                    if vocabulary::block(&block.kind.node)
                        .is_some_and(|table| compared_key(value, table).is_some()) =>
                {
                    if let Some(table) = vocabulary::block(&block.kind.node) {
                        self.compared(value, table);
                    }
                    continue;
                }
                Entry::Value(value) => (value.span, "a value without a key".to_string()),
                Entry::Block(inner) => (inner.kind.span, format!("a block `{}`", inner.kind.node)),
            };
            let message = format!("{} does not belong into {}", what, article(&block.kind.node));
            self.findings.push(Diagnostic::error("E0215", message, span).note("its entries are written `key = value`"));
        }
    }
}

/// The sign of `key == value`, where a block has such a key.
pub(super) fn compared_key(value: &Expr, table: &vocabulary::Block) -> Option<Span> {
    match &value.kind {
        ExprKind::Compare(left, sign, _) if sign.node == Comparison::Equal => match &left.kind {
            ExprKind::Name(name) if table.key(name).is_some() => Some(sign.span),
            _ => None,
        },
        _ => None,
    }
}

/// `a table`, `an experiment`; `data` has none.
pub(super) fn article(kind: &str) -> String {
    match kind {
        "data" => "a data block".into(),
        "experiment" => "an experiment".into(),
        "at" => "`at epoch`".into(),
        kind => format!("a {kind}"),
    }
}
