//! The names that a notebook gives, whether it can be checked or not.

use super::super::Analysis;
use crate::syntax::tree::{Arg, Block, Entry, Expr, ExprKind, File, Item};

/// Names by what they are.
#[derive(Default)]
pub(super) struct Known {
    /// `let` and `as`.
    pub values: Vec<String>,
    pub data: Vec<String>,
    pub networks: Vec<String>,
    pub experiments: Vec<String>,
}

impl Known {
    pub fn of(analysis: &Analysis) -> Known {
        let mut known = Known::default();
        let Some(file) = analysis.files.first() else { return known };
        known.file(file, None);
        for item in &file.items {
            if let Item::Use(used) = item
                && let Some(other) = used.file.and_then(|n| analysis.files.get(n as usize))
            {
                let names: Vec<&str> = used.names.iter().map(|name| name.node.as_str()).collect();
                known.file(other, Some(&names));
            }
        }
        known
    }

    /// The names of a file, or those among `only`.
    fn file(&mut self, file: &File, only: Option<&[&str]>) {
        let wanted = |name: &str| only.is_none_or(|names| names.contains(&name));
        for item in &file.items {
            match item {
                Item::Let(found) => {
                    if wanted(&found.name.node) {
                        self.values.push(found.name.node.clone());
                    }
                    if only.is_none() {
                        self.expr(&found.value);
                    }
                }
                Item::Block(block) => {
                    if let Some(ExprKind::Name(name)) = block.head.first().map(|part| &part.kind)
                        && wanted(name)
                    {
                        match block.kind.node.as_str() {
                            "data" => self.data.push(name.clone()),
                            "network" => self.networks.push(name.clone()),
                            "experiment" => self.experiments.push(name.clone()),
                            _ => {}
                        }
                    }
                    if only.is_none() {
                        self.block(block);
                    }
                }
                _ => {}
            }
        }
    }

    fn block(&mut self, block: &Block) {
        self.entries(&block.entries);
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Field(field) => self.expr(&field.value),
                Entry::Block(block) => self.block(block),
                Entry::Value(value) => self.expr(value),
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    /// The names that `as` gives in a value.
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::As(of, name) => {
                if !self.values.contains(&name.node) {
                    self.values.push(name.node.clone());
                }
                self.expr(of);
            }
            ExprKind::Member(of, _) | ExprKind::Negate(of) => self.expr(of),
            ExprKind::Call(of, args) | ExprKind::Select(of, args) => {
                self.expr(of);
                self.args(args);
            }
            ExprKind::List(items) | ExprKind::Chain(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Body(of, entries) => {
                self.expr(of);
                self.entries(entries);
            }
            ExprKind::Arithmetic(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Compare(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        }
    }
}
