//! Networks: layers one after another, with their spaces.

use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Arg, Entry, Expr, ExprKind};
use crate::vocabulary::{self, Body, Call, Category, Range};

use super::checker::{Checker, Cx};
use super::choices::Chosen;
use super::scope::{Kind, head_name};
use super::spaces::mark;
use super::symbols::SymbolKind;

/// A part of a network, with the places of its layers.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Layer { call: &'static Call, args: Vec<(String, Value)>, span: Span },
    Chain(Vec<Node>),
    Choice { id: usize, options: Vec<Node> },
    Repeat { count: Value, bodies: Vec<Node> },
    Residual { body: Box<Node>, span: Span },
}

impl Node {
    /// As the plan holds it.
    pub fn value(&self) -> Value {
        match self {
            Node::Layer { call, args, .. } => Value::Call { name: call.name.to_string(), args: args.clone() },
            Node::Chain(parts) => {
                let mut layers = Vec::new();
                for part in parts {
                    match part.value() {
                        Value::Chain(inner) => layers.extend(inner),
                        one => layers.push(one),
                    }
                }
                Value::Chain(layers)
            }
            Node::Choice { id, options } => {
                Value::Choice { param: mark(*id), options: options.iter().map(Node::value).collect() }
            }
            Node::Repeat { count, bodies } => {
                Value::Repeat { count: Box::new(count.clone()), bodies: bodies.iter().map(Node::value).collect() }
            }
            Node::Residual { body, .. } => Value::Residual(Box::new(body.value())),
        }
    }
}

const COPIES: Range = Range::closed(0.0, 256.0);

impl<'a> Checker<'a> {
    /// A layer, a chain, a choice of them, or a name for one of those.
    pub fn layers(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Node> {
        match &expr.kind {
            ExprKind::Chain(parts) => {
                let parts: Vec<Option<Node>> = parts.iter().map(|part| self.layers(part, cx)).collect();
                parts.into_iter().collect::<Option<_>>().map(Node::Chain)
            }
            ExprKind::Name(name) => match vocabulary::call(Category::Layer, name) {
                Some(call) => self.layer(call, &[], expr.span, expr.span, cx),
                None => self.named_layers(name, expr.span, cx),
            },
            ExprKind::Call(callee, args) => {
                let ExprKind::Name(name) = &callee.kind else {
                    self.mismatch(expr, "layers", Cx { subject: "a network", ..cx });
                    return None;
                };
                if name == "choice" {
                    self.symbols.add(callee.span, name, SymbolKind::Call, None);
                    let Chosen { id, options } =
                        self.choose(expr, args, cx, |checker, option, cx| checker.layers(option, cx))?;
                    let options: Vec<Node> = options.into_iter().collect::<Option<_>>()?;
                    let values: Vec<Value> = options.iter().map(Node::value).collect();
                    self.equal_options(args, &values);
                    return Some(Node::Choice { id, options });
                }
                let Some(call) = vocabulary::call(Category::Layer, name) else {
                    let layers = vocabulary::calls(Category::Layer).iter().map(|c| c.name);
                    self.unknown_call(name, callee.span, "a layer", layers);
                    return None;
                };
                self.layer(call, args, callee.span, expr.span, cx)
            }
            ExprKind::Body(head, entries) => self.with_body(head, entries, expr, cx),
            ExprKind::As(_, name) => {
                let id = self.scope.at(name.span)?;
                let node = self.within(id, name.span, cx, |checker, inner, cx| checker.layers(inner, cx))?;
                if !matches!(node, Node::Choice { .. }) {
                    let message = format!("`as {}` names a space, and nothing is drawn here", name.node);
                    let note = format!("a part of a network is named by `let {} = …`", name.node);
                    self.findings.push(Diagnostic::error("E0505", message, name.span).note(note));
                }
                Some(node)
            }
            _ => {
                self.mismatch(expr, "layers", Cx { subject: "a network", ..cx });
                None
            }
        }
    }

    fn named_layers(&mut self, name: &'a str, span: Span, cx: Cx<'_, 'a>) -> Option<Node> {
        if let Some(id) = self.scope.find_block(Kind::Network, name, span.file) {
            let target = self.scope.definitions[id].span;
            self.symbols.add(span, name, SymbolKind::Network, Some(target));
            return self.network(id, cx);
        }
        let layers: Vec<&'static str> = vocabulary::calls(Category::Layer).iter().map(|c| c.name).collect();
        let networks = self.scope.visible(span.file, &[Kind::Network]);
        let words: Vec<&str> = match cx.network {
            true => layers.into_iter().chain(networks).collect(),
            false => networks,
        };
        let expected = if cx.network { "a layer" } else { "the name of a network" };
        let id = self.name(name, span, cx, expected, &words)?;
        // A definition numbers its layers for itself.
        let outer = std::mem::take(&mut self.places);
        let node = self.within(id, span, cx, |checker, value, cx| checker.layers(value, cx));
        let inner = std::mem::replace(&mut self.places, outer);
        if self.scope.definitions[id].kind == Kind::As {
            for (kind, count) in inner {
                *self.places.entry(kind).or_insert(0) += count;
            }
        }
        node
    }

    /// The layers of a network block; inside of another network they are a part of it.
    pub fn network(&mut self, id: usize, cx: Cx<'_, 'a>) -> Option<Node> {
        let definition = &self.scope.definitions[id];
        let block = definition.block?;
        if self.opening.contains(&id) {
            self.circle(id);
            return None;
        }
        if !self.spend(definition.span) {
            return None;
        }
        self.opening.push(id);
        let owner = head_name(block).map_or("", |(name, _)| name);
        let inside = cx.network;
        let outer = if inside { None } else { Some(std::mem::take(&mut self.places)) };
        let owner = if inside { cx.owner } else { owner };
        let cx = Cx {
            home: Some(block),
            owner,
            prefix: "",
            subject: "a network",
            param: None,
            network: true,
            drawn: true,
            ..cx
        };
        let node = if inside {
            self.sequence(&block.entries, cx)
        } else {
            self.trail.note(block.kind.span);
            self.network_at(|checker| checker.sequence(&block.entries, cx))
        };
        if let Some(outer) = outer {
            self.places = outer;
        }
        self.opening.pop();
        if let Some(Node::Chain(parts)) = &node
            && parts.is_empty()
            && !block.broken
        {
            self.findings.push(
                Diagnostic::error("E0408", format!("the network `{owner}` has no layers"), block.span)
                    .note("for example `dense(classes) -> softmax`"),
            );
            return None;
        }
        node
    }

    /// Layers line by line.
    fn sequence(&mut self, entries: &'a [Entry], cx: Cx<'_, 'a>) -> Option<Node> {
        let mut parts = Vec::new();
        let mut sound = true;
        for entry in entries {
            match entry {
                Entry::Value(value) => match self.layers(value, cx) {
                    Some(node) => parts.push(node),
                    None => sound = false,
                },
                Entry::Field(field) => {
                    let key = &field.key.node;
                    self.findings.push(
                        Diagnostic::error(
                            "E0215",
                            format!("a network has layers, not keys such as `{key}`"),
                            field.key.span,
                        )
                        .note("a value that several layers share is a definition at the top level: `let width = …`"),
                    );
                    sound = false;
                }
                Entry::Block(block) => {
                    let message = format!("`{}` with a head does not belong into a network", block.kind.node);
                    self.findings.push(Diagnostic::error("E0215", message, block.kind.span));
                    sound = false;
                }
            }
        }
        sound.then_some(Node::Chain(parts))
    }

    fn layer(&mut self, call: &'static Call, args: &'a [Arg], at: Span, span: Span, cx: Cx<'_, 'a>) -> Option<Node> {
        self.symbols.add(at, call.name, SymbolKind::Call, None);
        if !self.spend(span) {
            return None;
        }
        if call.body == Body::Layers {
            let message = format!("`{}` needs layers between braces", call.name);
            self.findings
                .push(Diagnostic::error("E0212", message, span).note(format!("for example `{}`", call.example)));
            return None;
        }
        let place = self.place(call.name, cx);
        let inner = Cx { network: true, drawn: true, ..cx };
        let args = self.layer_at(call.name, |checker| checker.arguments(call, args, span, inner, Some(&place)))?;
        self.layer_lints(call, &args, span);
        Some(Node::Layer { call, args, span })
    }

    /// `dense2`: the next layer of its kind.
    fn place(&mut self, kind: &str, cx: Cx<'_, 'a>) -> String {
        let count = self.places.entry(kind.to_string()).or_insert(0);
        *count += 1;
        format!("{}{kind}{count}", cx.prefix)
    }

    fn layer_lints(&mut self, call: &Call, args: &[(String, Value)], span: Span) {
        let zero = |name: &str| args.iter().any(|(n, v)| n == name && *v == Value::Number(0.0));
        if (call.name == "dropout" && zero("rate")) || (call.name == "noise" && zero("deviation")) {
            let message = format!("this `{}` does nothing", call.name);
            self.findings.push(Diagnostic::warning("W0816", message, span));
        }
    }

    fn with_body(&mut self, head: &'a Expr, entries: &'a [Entry], expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Node> {
        let (name, at, args): (&str, Span, &'a [Arg]) = match &head.kind {
            ExprKind::Name(name) => (name, head.span, &[]),
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Name(name) => (name, callee.span, args),
                _ => ("", head.span, args),
            },
            _ => ("", head.span, &[]),
        };
        let call = match vocabulary::call(Category::Layer, name) {
            Some(call) if call.body == Body::Layers => call,
            Some(_) => {
                self.findings.push(
                    Diagnostic::error("E0215", format!("`{name}` has no braces"), at)
                        .note("`residual` and `repeat` have layers between braces"),
                );
                return None;
            }
            None => {
                self.unknown_call(name, at, "`residual` or `repeat`", ["residual", "repeat"]);
                return None;
            }
        };
        self.symbols.add(at, call.name, SymbolKind::Call, None);
        let cx = Cx { network: true, drawn: true, ..cx };
        if entries.is_empty() {
            self.findings.push(Diagnostic::error("E0408", format!("`{name}` has no layers"), expr.span));
            return None;
        }
        if call.name == "residual" {
            if let Some(extra) = args.first() {
                self.findings.push(Diagnostic::error("E0211", "`residual` takes no arguments", extra.value.span));
                return None;
            }
            let body = self.sequence(entries, cx)?;
            return Some(Node::Residual { body: Box::new(body), span: at });
        }
        let given = self.matched(call, args, head.span);
        let counted = match given.as_deref() {
            Some([(_, count)]) => self.copies(count, cx),
            _ => None,
        };
        let Some((count, most)) = counted else {
            // The layers are looked at all the same, once.
            let path = [cx.path, &[0]].concat();
            self.sequence(entries, Cx { path: &path, ..cx });
            return None;
        };
        let mut bodies = Vec::new();
        let mut sound = true;
        for copy in 0..most.max(1) {
            if !self.spend(at) {
                return None;
            }
            let path = [cx.path, &[copy]].concat();
            match self.sequence(entries, Cx { path: &path, ..cx }) {
                Some(node) => bodies.push(node),
                None => {
                    sound = false;
                    break;
                }
            }
        }
        bodies.truncate(most as usize);
        sound.then_some(Node::Repeat { count, bodies })
    }

    /// How many copies, and the most that there can be.
    fn copies(&mut self, count: &'a Expr, cx: Cx<'_, 'a>) -> Option<(Value, u32)> {
        let place = self.place("repeat", cx);
        let names = [format!("{place}.count"), format!("{}.{place}.count", cx.owner)];
        let cx = Cx { names: &names, subject: "`count` of `repeat`", param: None, site: count.span, ..cx };
        let value = self.ranged(count, COPIES, true, cx)?;
        let number = self.number(count, cx)?;
        if !number.known {
            let message = "how many copies there are must be known before anything runs";
            self.findings.push(Diagnostic::error("E0301", message, count.span));
            return None;
        }
        Some((value, number.high.round() as u32))
    }
}
