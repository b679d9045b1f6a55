//! What nothing uses: it is looked at all the same, so that its mistakes show, and a warning says so.

use crate::diagnostic::Diagnostic;
use crate::syntax::tree::{Expr, ExprKind, Item};
use crate::vocabulary::{Category, Range, Type};

use super::checker::{Checker, Cx};
use super::data_blocks::Examples;
use super::scope::{Kind, callee_name};
use super::shapes::State;
use super::spaces::Drafts;

impl<'a> Checker<'a> {
    /// Look at the definitions that no experiment used.
    pub fn the_rest(&mut self) {
        self.steps = 0;
        for id in 0..self.scope.definitions.len() {
            let definition = &self.scope.definitions[id];
            // Data are looked at even where the experiment that names them has other mistakes.
            let seen = definition.used && (definition.kind != Kind::Data || self.read.contains(&id));
            if seen || definition.span.file != 0 {
                continue;
            }
            self.drafts = Drafts::default();
            match definition.kind {
                Kind::Data => {
                    if let Some(value) = self.data_block(id) {
                        self.ways(&Examples::Block { id, value });
                    }
                }
                Kind::Network => {
                    let names = ["network".to_string()];
                    if let Some(block) = definition.block {
                        let cx = Cx::key(block, "a network", &names, None, block.kind.span);
                        if let Some(node) = self.network(id, cx) {
                            self.pass(&node, vec![State::open()]);
                        }
                    }
                }
                Kind::Let => {
                    if let Some(value) = definition.value {
                        let name = definition.name;
                        self.unused_value(value, name);
                    }
                }
                Kind::As | Kind::Experiment => {}
            }
        }
    }

    /// A definition without a use has no type: it is read as what it looks like.
    fn unused_value(&mut self, value: &'a Expr, name: &str) {
        let names = [name.to_string()];
        let cx = Cx {
            home: None,
            names: &names,
            owner: name,
            prefix: "",
            subject: "this",
            param: None,
            path: &[],
            network: true,
            drawn: true,
            site: value.span,
        };
        match &value.kind {
            ExprKind::Number(_) | ExprKind::Arithmetic(..) | ExprKind::Negate(_) => {
                self.value(value, Type::Number(Range::ANY), cx);
            }
            ExprKind::Chain(_) | ExprKind::Body(..) => {
                self.layers(value, cx);
            }
            ExprKind::Call(..) => {
                let Some(callee) = callee_name(value) else { return };
                let category = crate::vocabulary::calls_named(callee).next().map(|call| call.category);
                match category {
                    Some(Category::Space) if callee != "choice" => {
                        self.value(value, Type::Number(Range::ANY), cx);
                    }
                    Some(Category::Layer) => {
                        self.layers(value, cx);
                    }
                    Some(
                        Category::Space | Category::Metric | Category::Measure | Category::Picture | Category::Region,
                    ) => {}
                    Some(category) => {
                        self.value(value, Type::Call(category), cx);
                    }
                    None => self.unknown_call(
                        callee,
                        value.span,
                        "a value",
                        crate::vocabulary::calls(Category::Space).iter().map(|c| c.name),
                    ),
                }
            }
            _ => {}
        }
    }

    /// Warn of what nothing uses: once all else is understood, for a mistake may be where it would be used.
    pub fn unused(&mut self) {
        let broken = self.files.iter().any(|file| {
            !file.lost.is_empty() || file.items.iter().any(|item| matches!(item, Item::Block(block) if block.broken))
        });
        if broken || self.findings.errors() > 0 {
            return;
        }
        let exports = !self.files[0].items.iter().any(|item| match item {
            Item::Block(block) => matches!(block.kind.node.as_str(), "experiment" | "table" | "plot" | "claim"),
            _ => false,
        });
        for definition in &self.scope.definitions {
            // A file without experiments is there to be imported.
            if definition.used || definition.span.file != 0 || exports {
                continue;
            }
            let what = match definition.kind {
                Kind::Let => "definition",
                Kind::Data => "data block",
                Kind::Network => "network",
                Kind::As | Kind::Experiment => continue,
            };
            let message = format!("nothing uses the {what} `{}`", definition.name);
            self.findings.push(Diagnostic::warning("W0802", message, definition.span));
        }
        for import in &self.scope.imports {
            if !import.used && import.name.span.file == 0 {
                let message = format!("nothing uses `{}`", import.name.node);
                self.findings.push(Diagnostic::warning("W0802", message, import.name.span));
            }
        }
    }
}
