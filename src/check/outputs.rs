//! The end of a network against what is to be predicted and the loss.

use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::source::Span;

use super::bases::Draft;
use super::checker::Checker;
use super::data_blocks::Way;
use super::networks::Node;
use super::shapes::{Amount, Dims, End, State, Target};

impl<'a> Checker<'a> {
    /// Pass the data through the network along every way, and look at what comes out.
    pub fn fit(&mut self, node: &Node, ways: &[Way], draft: &Draft<'a>) {
        let start: Vec<State> = match ways.is_empty() {
            true => vec![State::open()],
            false => ways.iter().map(Way::state).collect(),
        };
        let ends = self.pass(node, start);
        let mut losses = Vec::new();
        if let Some(value) = draft.template.get("loss") {
            names(value, &mut losses);
        }
        let loss_at = draft.fields.iter().find(|g| g.field.key.node == "loss").map(|g| g.field.value.span);
        for state in &ends {
            let Some(target) = state.target.clone() else { continue };
            match losses.is_empty() {
                true => self.end_without_loss(state, &target),
                false => {
                    for loss in &losses {
                        self.end_with_loss(state, &target, loss, loss_at.unwrap_or_default());
                    }
                }
            }
        }
    }

    fn end_without_loss(&mut self, state: &State, target: &Rc<Target>) {
        match (target.mode, state.end) {
            (_, End::Start) => {}
            (Mode::Classification, End::Softmax(at) | End::Hardmax(at)) => self.per_class(state, target, at),
            (Mode::Classification, End::Sigmoid(at)) => self.two_classes(state, target, at),
            (Mode::Classification, End::Dense(at, _) | End::Other(at)) => {
                let text = self.sources.text(at).to_string();
                let mut found = Diagnostic::error("E0403", "a network that tells classes apart ends in softmax", at)
                    .label(format!(
                        "`{}` has {} classes, and the last layer gives no probabilities",
                        target.name, target.outputs
                    ));
                if !text.contains('\n') {
                    found = found.replace("put softmax after it", at, format!("{text} -> softmax"), false);
                }
                self.findings.push(found.note("or `loss = hinge`, which needs none"));
            }
            (Mode::Regression, End::Softmax(at) | End::Hardmax(at)) => self.for_numbers(target, at),
            (Mode::Regression, End::Sigmoid(at)) => {
                self.findings.push(
                    Diagnostic::error(
                        "E0403",
                        format!("sigmoid gives a probability, and `{}` is a number", target.name),
                        at,
                    )
                    .note("leave it out, or set `loss = mse` for a number between 0 and 1"),
                );
            }
            (Mode::Regression, End::Dense(at, _) | End::Other(at)) => self.per_number(state, target, at),
        }
    }

    fn end_with_loss(&mut self, state: &State, target: &Rc<Target>, loss: &str, loss_at: Span) {
        let (needs, fits) = match loss {
            "cross_entropy" => ("softmax as the last layer", matches!(state.end, End::Softmax(_) | End::Hardmax(_))),
            "binary_cross_entropy" => ("sigmoid as the last layer", matches!(state.end, End::Sigmoid(_))),
            "hinge" => (
                "scores, not probabilities: no softmax or sigmoid",
                !matches!(state.end, End::Softmax(_) | End::Hardmax(_) | End::Sigmoid(_)),
            ),
            _ => ("", true),
        };
        let by_class = matches!(loss, "cross_entropy" | "binary_cross_entropy" | "hinge");
        let mode_fits = by_class == (target.mode == Mode::Classification);
        if !mode_fits {
            let message = match by_class {
                true => format!("`{loss}` is a loss of classes, and `{}` is a number", target.name),
                false => format!("`{loss}` is a loss of numbers, and `{}` has {} classes", target.name, target.outputs),
            };
            let other =
                if by_class { "`mse` or `huber`" } else { "`cross_entropy`, `binary_cross_entropy` or `hinge`" };
            self.findings.push(Diagnostic::error("E0403", message, loss_at).note(format!("there is {other}")));
            return;
        }
        let at = match state.end {
            End::Start => return,
            End::Softmax(at) | End::Hardmax(at) | End::Sigmoid(at) | End::Dense(at, _) | End::Other(at) => at,
        };
        if !fits {
            self.findings.push(
                Diagnostic::error("E0403", format!("`{loss}` needs {needs}"), loss_at).also(at, "the last layer"),
            );
            return;
        }
        match loss {
            "cross_entropy" | "hinge" => self.per_class(state, target, at),
            "binary_cross_entropy" => self.two_classes(state, target, at),
            _ => self.per_number(state, target, at),
        }
    }

    /// As many outputs as classes.
    fn per_class(&mut self, state: &State, target: &Target, at: Span) {
        if let Some(there) = wrong_count(&state.dims, target.outputs) {
            let shown = self.shown(&state.dims);
            let place = state.units.unwrap_or(at);
            let message = match there {
                Some(_) => format!(
                    "the network ends with {shown} outputs, and `{}` has {} classes",
                    target.name, target.outputs
                ),
                None => format!(
                    "the network ends with {shown} outputs, which is not always the {} classes of `{}`",
                    target.outputs, target.name
                ),
            };
            self.findings.push(self.units_fix(message, place, "classes"));
        }
    }

    fn two_classes(&mut self, state: &State, target: &Target, at: Span) {
        if target.outputs != 2 {
            self.findings.push(
                Diagnostic::error(
                    "E0402",
                    format!("sigmoid tells two classes apart, and `{}` has {}", target.name, target.outputs),
                    at,
                )
                .replace("write `softmax`", at, "softmax", false),
            );
        } else if wrong_count(&state.dims, 1).is_some() {
            let shown = self.shown(&state.dims);
            let place = state.units.unwrap_or(at);
            let message =
                format!("sigmoid gives the probability of the second class from one number, and {shown} reach it");
            self.findings.push(self.units_fix(message, place, "1"));
        }
    }

    fn per_number(&mut self, state: &State, target: &Target, at: Span) {
        if wrong_count(&state.dims, target.outputs).is_some() {
            let shown = self.shown(&state.dims);
            let place = state.units.unwrap_or(at);
            let message = format!(
                "the network ends with {shown} outputs, and `{}` is {}",
                target.name,
                if target.outputs == 1 { "one number".to_string() } else { format!("{} numbers", target.outputs) }
            );
            self.findings.push(self.units_fix(message, place, &target.outputs.to_string()));
        }
    }

    fn for_numbers(&mut self, target: &Target, at: Span) {
        self.findings.push(
            Diagnostic::error("E0403", format!("softmax gives probabilities of classes, and `{}` is a number", target.name), at)
                .note("a network for regression ends with `dense(1)`; if the numbers are classes, set `mode = classification` in the data block"),
        );
    }

    /// An error at the last dense layer, whose units are replaced where that is plain.
    fn units_fix(&self, message: String, place: Span, units: &str) -> Diagnostic {
        let text = self.sources.text(place);
        let found = Diagnostic::error("E0402", message, place);
        match (text.find('('), text.find([',', ')'])) {
            (Some(open), Some(close))
                if text.starts_with("dense") && close > open && !text[open + 1..close].contains(['(', '=']) =>
            {
                let inner = Span { start: place.start + open as u32 + 1, end: place.start + close as u32, ..place };
                found.replace(format!("write `dense({units})`"), inner, units, false)
            }
            _ => found.note(format!("end with `dense({units})`")),
        }
    }
}

/// Whether there surely are not, or not always, so many flat numbers; the number that there is.
fn wrong_count(dims: &Dims, wanted: usize) -> Option<Option<usize>> {
    match dims {
        Dims::Flat(Amount::Known(n)) => (*n != wanted).then_some(Some(*n)),
        Dims::Flat(Amount::Drawn(Value::Word(_))) => None,
        Dims::Flat(Amount::Drawn(_)) => Some(None),
        Dims::Image(..) => Some(None),
        Dims::Flat(Amount::Unknown) | Dims::Any => None,
    }
}

/// The names of the calls that a value can be.
fn names(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Call { name, .. } => into.push(name.clone()),
        Value::Choice { options, .. } => options.iter().for_each(|option| names(option, into)),
        _ => {}
    }
}
