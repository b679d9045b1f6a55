//! Calls and their arguments, held against the vocabulary.

use crate::diagnostic::Diagnostic;
use crate::plan::settings;
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind};
use crate::vocabulary::{self, Body, Call, Category, Param};

use super::checker::{Checker, Cx};
use super::symbols::SymbolKind;
use super::{habits, suggest};

impl<'a> Checker<'a> {
    /// Which argument is which parameter. Mistakes are reported; what is right is returned, unless something is missing.
    pub fn matched(
        &mut self,
        call: &'static Call,
        args: &'a [Arg],
        span: Span,
    ) -> Option<Vec<(&'static Param, &'a Expr)>> {
        let mut given: Vec<(&'static Param, &'a Expr)> = Vec::new();
        let mut sound = true;
        let name = call.name;
        for arg in args.iter().filter(|arg| arg.name.is_some()) {
            let Some(word) = &arg.name else { continue };
            let Some(param) = call.param(&word.node) else {
                self.unknown_argument(call, &word.node, word.span);
                sound = false;
                continue;
            };
            self.symbols.add(word.span, &format!("{name}.{}", param.name), SymbolKind::Parameter, None);
            if let Some((_, first)) = given.iter().find(|(p, _)| p.name == param.name) {
                let message = format!("`{}` of `{name}` is given twice", param.name);
                self.findings.push(Diagnostic::error("E0210", message, word.span).also(first.span, "first here"));
                sound = false;
                continue;
            }
            given.push((param, &arg.value));
        }
        let named = given.len();
        let mut places = call.params.iter().filter(|p| p.positional);
        for arg in args.iter().filter(|arg| arg.name.is_none()) {
            let next = places.find(|p| !given[..named].iter().any(|(g, _)| g.name == p.name));
            match next {
                Some(param) => given.push((param, &arg.value)),
                None => {
                    let before = args.iter().take_while(|other| !std::ptr::eq(*other, arg)).last();
                    self.too_many(call, before.map(|arg| &arg.value), &arg.value);
                    sound = false;
                    break;
                }
            }
        }
        let missing: Vec<&str> = call
            .params
            .iter()
            .filter(|p| p.is_required() && !given.iter().any(|(g, _)| g.name == p.name))
            .map(|p| p.name)
            .collect();
        if !missing.is_empty() && sound {
            let what = suggest::listed(missing.iter().copied(), 5);
            self.findings.push(
                Diagnostic::error("E0212", format!("`{name}` needs {what}"), span)
                    .note(format!("it is written `{}`", call.signature())),
            );
        }
        (missing.is_empty() && sound).then_some(given)
    }

    fn unknown_argument(&mut self, call: &Call, word: &str, span: Span) {
        let name = call.name;
        let message = match call.params.is_empty() {
            true => format!("`{name}` takes no arguments"),
            false => format!("`{name}` has no parameter `{word}`"),
        };
        let mut found = Diagnostic::error("E0209", message, span);
        let params = call.params.iter().map(|p| p.name);
        if let Some(near) = suggest::nearest(word, params.clone()) {
            found = near.offer(found, span);
        } else if let Some(other) = habits::argument_elsewhere(call, word) {
            found = found.note(other);
        } else if call.category == Category::Source
            && let Some(block) = vocabulary::block("data")
            && block.key(word).is_some()
        {
            found = found.note(format!("`{word}` is a key of the data block: `{word} = …` on a line of its own"));
        } else if call.category == Category::Optimizer
            && let Some(block) = vocabulary::block("experiment")
            && block.key(word).is_some()
        {
            found = found.note(format!("`{word}` is a key of the experiment: `{word} = …` on a line of its own"));
        } else if !call.params.is_empty() {
            found = found.note(format!("it has {}", suggest::listed(params, 12)));
        }
        self.findings.push(found);
    }

    fn too_many(&mut self, call: &Call, before: Option<&Expr>, value: &Expr) {
        let name = call.name;
        let places: Vec<&str> = call.params.iter().filter(|p| p.positional).map(|p| p.name).collect();
        let message = match places.len() {
            _ if call.params.is_empty() => format!("`{name}` takes no arguments"),
            0 => format!("arguments of `{name}` need their names"),
            1 => format!("`{name}` takes one argument without a name, `{}`", places[0]),
            n => format!("`{name}` takes {n} arguments without a name: {}", suggest::listed(places.iter().copied(), 6)),
        };
        let mut found = Diagnostic::error("E0211", message, value.span);
        let others: Vec<&str> = call.params.iter().filter(|p| !p.positional).map(|p| p.name).collect();
        if !others.is_empty() {
            found = found.note(format!("the others are given by name: {}", suggest::listed(others, 8)));
        } else if !call.params.is_empty() {
            found = found.note(format!("it is written `{}`", call.signature()));
        }
        let found = self.after_a_comma(found, before, value);
        self.findings.push(found);
    }

    /// A name with parentheses that means nothing where it stands.
    pub fn unknown_call(
        &mut self,
        name: &str,
        span: Span,
        expected: &str,
        candidates: impl IntoIterator<Item = &'static str>,
    ) {
        if let Some(other) = vocabulary::calls_named(name).next() {
            let message = format!("`{name}` is {}, and {expected} is needed here", other.category.noun());
            self.findings.push(Diagnostic::error("E0301", message, span));
            return;
        }
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let mut found = Diagnostic::error("E0208", format!("there is no `{name}`"), span)
            .label(format!("{expected} is needed here"));
        match suggest::nearest(name, candidates.iter().copied()) {
            Some(near) => {
                found = near.offer(found, span);
            }
            None => found = found.note(format!("there are {}", suggest::listed(candidates, 40))),
        }
        self.findings.push(found);
    }

    /// An optimizer, schedule, source, …: `adam(rate = 0.01)`, or `constant` alone.
    pub fn call(&mut self, expr: &'a Expr, category: Category, cx: Cx<'_, 'a>) -> Option<Value> {
        let (name, at, args): (&str, Span, &'a [Arg]) = match &expr.kind {
            ExprKind::Name(name) => (name, expr.span, &[]),
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Name(name) => (name, callee.span, args),
                _ => {
                    self.mismatch(expr, category.noun(), cx);
                    return None;
                }
            },
            _ => {
                let found = self.mismatched(expr, category.noun(), cx);
                self.findings.push(habits::instead_of_call(found, expr, category));
                return None;
            }
        };
        let Some(call) = vocabulary::call(category, name) else {
            let names = vocabulary::calls(category).iter().map(|c| c.name);
            self.unknown_call(name, at, category.noun(), names);
            return None;
        };
        self.symbols.add(at, name, SymbolKind::Call, None);
        let args = self.arguments(call, args, expr.span, cx, None)?;
        Some(Value::Call { name: call.name.to_string(), args })
    }

    /// The arguments of a call as values. `place` is what a layer is called, such as `dense2`.
    pub fn arguments(
        &mut self,
        call: &'static Call,
        args: &'a [Arg],
        span: Span,
        cx: Cx<'_, 'a>,
        place: Option<&str>,
    ) -> Option<Vec<(String, Value)>> {
        debug_assert!(call.body == Body::None || place.is_some());
        let given = self.matched(call, args, span)?;
        let mut values = Vec::with_capacity(given.len());
        let mut sound = true;
        for (param, expr) in given {
            let own = place.unwrap_or(call.name);
            let mut names = match place {
                Some(_) => Vec::new(),
                None => vec![param.name.to_string()],
            };
            names.push(format!("{own}.{}", param.name));
            if !cx.owner.is_empty() {
                names.push(format!("{}.{own}.{}", cx.owner, param.name));
            }
            let subject = format!("`{}` of `{}`", param.name, call.name);
            let drawn = cx.drawn && param.drawn;
            let inner = Cx { names: &names, subject: &subject, param: Some(param), drawn, site: expr.span, ..cx };
            match self.part_at(&settings::argument(param.name), |checker| checker.value(expr, param.kind, inner)) {
                Some(value) => values.push((param.name.to_string(), value)),
                None => sound = false,
            }
        }
        sound.then_some(values)
    }
}
