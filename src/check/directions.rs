//! The two directions of a surface.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::show::{Direction, Input};
use crate::plan::value::Value;
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind};
use crate::vocabulary::{self, Category, Type};

use super::checker::{Checker, Cx};
use super::known::Known;
use super::suggest;

impl<'a> Checker<'a> {
    /// `surface(weight(x1), bias)`.
    pub fn directions(&mut self, given: [&'a Expr; 2], of: &[Rc<Known>]) -> Option<[Direction; 2]> {
        let [x, y] = given.map(|expr| self.direction(expr, of));
        let (x, y) = (x?, y?);
        if x == y {
            let message = "the two directions of a surface are the same";
            let mut found = Diagnostic::error("E0705", message, given[1].span).also(given[0].span, "the first");
            if let Direction::Random(seed) = x {
                let text = format!("random({})", seed + 1);
                found = found.replace("another seed is another direction", given[1].span, text, false);
            }
            self.findings.push(found);
            return None;
        }
        Some([x, y])
    }

    fn direction(&mut self, expr: &'a Expr, of: &[Rc<Known>]) -> Option<Direction> {
        let cx = Cx {
            home: None,
            names: &[],
            owner: "",
            prefix: "",
            subject: "a surface",
            param: None,
            path: &[],
            network: false,
            drawn: false,
            site: expr.span,
        };
        let Value::Call { name, args } = self.value(expr, Type::Call(Category::Direction), cx)? else { return None };
        let argument = |key: &str| args.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let number = |key: &str| match argument(key) {
            Some(Value::Number(x)) => Some(*x),
            _ => vocabulary::call(Category::Direction, &name)?.param(key)?.default.number(),
        };
        let place = |key: &str| number(key).map(|x| x as u32);
        Some(match name.as_str() {
            "weight" => {
                let input = match argument("input")? {
                    Value::Text(feature) => {
                        self.feature(feature, written(expr, feature), of)?;
                        Input::Feature(feature.clone())
                    }
                    _ => Input::Place(place("input")?),
                };
                Direction::Weight { input, output: place("output")?, layer: place("layer") }
            }
            "bias" => Direction::Bias { output: place("output")?, layer: place("layer") },
            "start" => Direction::Start,
            "detour" => Direction::Detour,
            "principal" => Direction::Principal(place("number")?),
            "gradient" => Direction::Gradient,
            _ => Direction::Random(number("seed")? as u64),
        })
    }

    /// Some if all experiments may have a feature of that name.
    fn feature(&mut self, name: &str, at: Span, of: &[Rc<Known>]) -> Option<()> {
        let lacks = |known: &&Rc<Known>| {
            !known.facts.is_empty() && !known.facts.iter().any(|facts| facts.features.iter().any(|f| f == name))
        };
        let Some(known) = of.iter().find(lacks) else { return Some(()) };
        let names = || known.facts.iter().flat_map(|facts| facts.features.iter().map(String::as_str));
        let message = format!("the data of `{}` have no feature `{name}`", known.name);
        let mut found = Diagnostic::error("E0405", message, at);
        found = match suggest::nearest(name, names()) {
            Some(mut near) => {
                let word = near.name.chars().all(|c| c.is_alphanumeric() || c == '_');
                if !word || near.name.starts_with(|c: char| c.is_numeric()) {
                    near.name = format!("\"{}\"", near.name);
                }
                near.offer(found, at)
            }
            None => found.note(format!("there are {}", suggest::listed(names(), 12))),
        };
        self.findings.push(found);
        None
    }
}

/// Where in a direction the name of a feature stands: a definition may hold it, which is then the place.
fn written(expr: &Expr, name: &str) -> Span {
    let ExprKind::Call(_, args) = &expr.kind else { return expr.span };
    let stands = |value: &Expr| matches!(&value.kind, ExprKind::Name(text) | ExprKind::Text(text) if text == name);
    args.iter().map(|arg| &arg.value).find(|value| stands(value)).map_or(expr.span, |value| value.span)
}
