//! The shape that each layer makes of the shape that reaches it.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::source::Span;

use super::checker::Checker;
use super::shapes::{Amount, Dims, State};

impl<'a> Checker<'a> {
    /// The shape that a layer makes.
    pub fn through(
        &mut self,
        name: &str,
        args: &[(String, Value)],
        amounts: &BTreeMap<String, Amount>,
        state: &State,
        span: Span,
    ) -> Dims {
        let amount = |key: &str, default: usize| amounts.get(key).cloned().unwrap_or(Amount::Known(default));
        let dims = &state.dims;
        match name {
            "dense" => {
                if let (Dims::Image(..), false) = (dims, state.raw) {
                    let shown = self.shown(dims);
                    self.misfit(
                        span,
                        format!("dense needs flat numbers, and an image of {shown} reaches it"),
                        "put `flatten` before it",
                    );
                    return Dims::Any;
                }
                Dims::Flat(amount("units", 0))
            }
            "softmax" | "hardmax" => match dims {
                Dims::Image(..) => {
                    let shown = self.shown(dims);
                    self.misfit(
                        span,
                        format!("{name} needs flat numbers, and an image of {shown} reaches it"),
                        "put `flatten -> dense(classes)` before it",
                    );
                    Dims::Any
                }
                Dims::Flat(Amount::Known(1)) => {
                    self.misfit(
                        span,
                        format!("{name} over one number is always 1"),
                        "end with `dense(classes) -> softmax`, or with `dense(1) -> sigmoid` for two classes",
                    );
                    Dims::Any
                }
                _ => dims.clone(),
            },
            "image" => {
                let (h, w, c) = (amount("height", 1), amount("width", 1), amount("channels", 1));
                let made = Dims::Image(h, w, c);
                if let (Amount::Known(wanted), Amount::Known(there)) = (made.size(), dims.size())
                    && wanted != there
                {
                    let shown = self.shown(&made);
                    self.misfit(
                        span,
                        format!("an image of {shown} has {wanted} numbers, and {there} reach it"),
                        "height x width x channels must be what reaches it",
                    );
                    return Dims::Any;
                }
                made
            }
            "conv" => {
                let Some((h, w, _)) = self.needs_image(name, dims, span) else { return Dims::Any };
                let (kernel, stride) = (amount("kernel", 3), amount("stride", 1));
                let valid = args.iter().any(|(n, v)| n == "padding" && *v == Value::Word("valid".into()));
                if let (Amount::Known(k), Amount::Known(h), Amount::Known(w)) = (&kernel, &h, &w) {
                    let too_big = if valid { *k > *h.min(w) } else { *k > 2 * *h.max(w) };
                    if too_big {
                        let shown = self.shown(dims);
                        self.misfit(
                            span,
                            format!("a kernel of {k} x {k} does not fit into the image of {shown} that reaches it"),
                            "make the kernel smaller, or pool less before it",
                        );
                        return Dims::Any;
                    }
                }
                let side = |n: &Amount| match (n, &kernel, &stride, valid) {
                    (Amount::Known(n), _, Amount::Known(s), false) => Amount::Known(n.div_ceil((*s).max(1))),
                    (Amount::Known(n), Amount::Known(k), Amount::Known(s), true) => {
                        Amount::Known((n - k) / (*s).max(1) + 1)
                    }
                    _ => Amount::Unknown,
                };
                Dims::Image(side(&h), side(&w), amount("filters", 0))
            }
            "max_pool" | "avg_pool" => {
                let Some((h, w, c)) = self.needs_image(name, dims, span) else { return Dims::Any };
                let size = amount("size", 2);
                if let (Amount::Known(s), Amount::Known(h), Amount::Known(w)) = (&size, &h, &w)
                    && *s > *h.min(w)
                {
                    let shown = self.shown(dims);
                    self.misfit(
                        span,
                        format!("windows of {s} x {s} do not fit into the image of {shown} that reaches it"),
                        "pool less, here or before",
                    );
                    return Dims::Any;
                }
                let side = |n: &Amount| match (n, &size) {
                    (Amount::Known(n), Amount::Known(s)) => Amount::Known(n / (*s).max(1)),
                    _ => Amount::Unknown,
                };
                Dims::Image(side(&h), side(&w), c)
            }
            "global_avg_pool" => match self.needs_image(name, dims, span) {
                Some((_, _, c)) => Dims::Flat(c),
                None => Dims::Any,
            },
            "flatten" => match dims {
                Dims::Any => Dims::Any,
                _ => Dims::Flat(dims.size()),
            },
            _ => dims.clone(),
        }
    }

    /// The numbers of the image that reaches a layer; unknown ones where anything may reach it.
    fn needs_image(&mut self, name: &str, dims: &Dims, span: Span) -> Option<(Amount, Amount, Amount)> {
        match dims {
            Dims::Image(h, w, c) => Some((h.clone(), w.clone(), c.clone())),
            Dims::Any => Some((Amount::Unknown, Amount::Unknown, Amount::Unknown)),
            Dims::Flat(_) => {
                let shown = self.shown(dims);
                self.misfit(
                    span,
                    format!("{name} needs an image, and {shown} flat numbers reach it"),
                    "put `image(height, width, channels)` before it",
                );
                None
            }
        }
    }

    fn misfit(&mut self, span: Span, message: String, help: &str) {
        self.findings.push(Diagnostic::error("E0401", message, span).note(help));
    }
}
