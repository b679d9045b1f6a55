//! Which shapes pass through a network, over all its choices, and what does not fit.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::data::spec::Mode;
use crate::diagnostic::Diagnostic;
use crate::nn::layer::Shape;
use crate::plan::value::Value;
use crate::source::Span;

use super::checker::Checker;
use super::networks::Node;
use super::spaces::unmark;
use super::symbols::LayerNote;

/// A number of a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Amount {
    Known(usize),
    /// Drawn: equal to itself, and to nothing else for sure.
    Drawn(Value),
    Unknown,
}

/// A shape whose numbers may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Dims {
    Flat(Amount),
    Image(Amount, Amount, Amount),
    /// Anything: nothing is known, or a mistake before was reported.
    Any,
}

impl Dims {
    /// That of data.
    pub fn of(shape: Shape) -> Dims {
        match shape {
            Shape::Flat(n) => Dims::Flat(Amount::Known(n)),
            Shape::Image(h, w, c) => Dims::Image(Amount::Known(h), Amount::Known(w), Amount::Known(c)),
        }
    }

    /// How many numbers it has.
    pub fn size(&self) -> Amount {
        match self {
            Dims::Flat(n) => n.clone(),
            Dims::Image(Amount::Known(h), Amount::Known(w), Amount::Known(c)) => Amount::Known(h * w * c),
            _ => Amount::Unknown,
        }
    }
}

/// What is to be predicted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    pub mode: Mode,
    /// How many classes, or numbers.
    pub outputs: usize,
    /// What is predicted, for messages.
    pub name: String,
}

/// The last layer so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Start,
    Softmax(Span),
    Hardmax(Span),
    Sigmoid(Span),
    /// A dense layer, whether its bias was asked for.
    Dense(Span, bool),
    Other(Span),
}

/// What reaches a point of a network along one way through its choices.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub dims: Dims,
    /// Whether the data's own shape still reaches this point.
    pub raw: bool,
    pub end: End,
    /// The dense or conv layer before the end, and the place of its number of units: for fixes.
    pub units: Option<Span>,
    pub target: Option<Rc<Target>>,
    /// How many features the data have.
    pub features: Option<usize>,
    /// Options taken so far.
    pub taken: BTreeMap<usize, usize>,
}

impl State {
    /// The start of a network on unknown data.
    pub fn open() -> State {
        State {
            dims: Dims::Any,
            raw: true,
            end: End::Start,
            units: None,
            target: None,
            features: None,
            taken: BTreeMap::new(),
        }
    }
}

/// So many ways through the choices are followed; what only others would show is found when such a trial is made.
const WAYS: usize = 128;

impl<'a> Checker<'a> {
    /// The states after a part of a network.
    pub fn pass(&mut self, node: &Node, states: Vec<State>) -> Vec<State> {
        match node {
            Node::Chain(parts) => {
                let mut states = states;
                for part in parts {
                    states = self.pass(part, states);
                }
                states
            }
            Node::Choice { id, options } => {
                let mut after = Vec::new();
                for (number, option) in options.iter().enumerate() {
                    let here: Vec<State> = states
                        .iter()
                        .filter(|state| state.taken.get(id).is_none_or(|taken| *taken == number))
                        .map(|state| {
                            let mut state = state.clone();
                            state.taken.insert(*id, number);
                            state
                        })
                        .collect();
                    if !here.is_empty() {
                        after.extend(self.pass(option, here));
                    }
                }
                fewer(after)
            }
            Node::Repeat { count, bodies } => {
                let least = match count {
                    Value::Number(n) => *n as usize,
                    Value::Draw(mark) => self.lowest(mark),
                    _ => 0,
                };
                let mut now = states;
                let mut after = Vec::new();
                for body in 0..=bodies.len() {
                    if body >= least {
                        after.extend(now.iter().cloned());
                    }
                    if let Some(body) = bodies.get(body) {
                        now = self.pass(body, now);
                    }
                }
                fewer(after)
            }
            Node::Residual { body, span } => {
                let mut after = Vec::new();
                for state in states {
                    let before = state.dims.clone();
                    for mut out in self.pass(body, vec![state]) {
                        if !self.agree(&before, &out.dims) {
                            let (before, end) = (self.shown(&before), self.shown(&out.dims));
                            let message = format!(
                                "`residual` adds its input to its output: {before} reaches it, but its layers end with {end}"
                            );
                            self.findings.push(
                                Diagnostic::error("E0401", message, *span)
                                    .note("its last layer must give the shape that reaches it"),
                            );
                            out.dims = Dims::Any;
                        }
                        out.end = End::Other(*span);
                        after.push(out);
                    }
                }
                fewer(after)
            }
            Node::Layer { call, args, span } => {
                let mut after = Vec::with_capacity(states.len());
                let inputs = self.all_shown(&states);
                for state in states {
                    for (state, amounts) in amounts(args, state) {
                        let dims = self.through(call.name, args, &amounts, &state, *span);
                        after.push(self.moved(call.name, args, state, dims, *span));
                    }
                }
                self.note_layer(*span, inputs, &after);
                fewer(after)
            }
        }
    }

    fn lowest(&self, mark: &str) -> usize {
        use crate::plan::space::Domain;
        match unmark(mark).map(|id| &self.drafts.list[id].domain) {
            Some(Domain::Int { low, .. }) => (*low).max(0) as usize,
            _ => 0,
        }
    }

    /// The shapes of some states as text, each once, as far as they are known.
    fn all_shown(&self, states: &[State]) -> Vec<String> {
        let mut shapes: Vec<String> =
            states.iter().filter(|s| s.dims != Dims::Any).map(|s| self.shown(&s.dims)).collect();
        shapes.dedup();
        shapes
    }

    fn note_layer(&mut self, span: Span, inputs: Vec<String>, after: &[State]) {
        let outputs = self.all_shown(after);
        let empty = || LayerNote { span, inputs: Vec::new(), outputs: Vec::new() };
        let note = self.symbols.layers.entry(span).or_insert_with(empty);
        for (known, shapes) in [(&mut note.inputs, inputs), (&mut note.outputs, outputs)] {
            for shape in shapes {
                if !known.contains(&shape) && known.len() < 6 {
                    known.push(shape);
                }
            }
        }
    }

    /// The state after a layer that gives these dims.
    fn moved(&mut self, name: &str, args: &[(String, Value)], state: State, dims: Dims, span: Span) -> State {
        let asked = args.iter().any(|(n, v)| n == "bias" && *v == Value::Word("true".into()));
        let end = match name {
            "softmax" => End::Softmax(span),
            "hardmax" => End::Hardmax(span),
            "sigmoid" => End::Sigmoid(span),
            "dense" | "conv" => End::Dense(span, asked),
            // These change neither shape nor meaning of probabilities.
            "identity" => state.end,
            _ => End::Other(span),
        };
        match state.end {
            End::Softmax(at) if !matches!(name, "hardmax" | "identity") => {
                self.findings.push(
                    Diagnostic::warning("W0804", "softmax in the middle of a network", at)
                        .label("probabilities go on into another layer")
                        .note("softmax is the last layer of a classifier; between layers, use an activation such as `relu`"),
                );
            }
            End::Hardmax(at) => {
                self.findings.push(
                    Diagnostic::error("E0401", "hardmax has no gradient: it can only be the last layer", at)
                        .note("only evaluation uses it; training goes by the softmax before it"),
                );
            }
            End::Dense(at, true) if name == "batch_norm" => {
                self.findings.push(
                    Diagnostic::warning("W0805", "the bias of this layer does nothing", at)
                        .label("`bias = true` right before `batch_norm`")
                        .note("batch norm takes the mean away, and a constant with it; its own shift does the work. Leave `bias` at `auto`"),
                );
            }
            _ => {}
        }
        if name == "hardmax" && !matches!(state.end, End::Softmax(_)) && state.dims != Dims::Any {
            let message = "hardmax stands after softmax, whose largest probability it picks";
            self.findings.push(Diagnostic::error("E0401", message, span).replace(
                "put softmax before it",
                span,
                "softmax -> hardmax",
                false,
            ));
        }
        let raw = state.raw && !matches!(name, "image" | "conv" | "max_pool" | "avg_pool");
        let units = if matches!(name, "dense" | "conv") { Some(span) } else { state.units };
        State { dims, raw, end, units, ..state }
    }

    fn agree(&self, a: &Dims, b: &Dims) -> bool {
        let same = |a: &Amount, b: &Amount| match (a, b) {
            (Amount::Unknown, _) | (_, Amount::Unknown) => true,
            (a, b) => a == b,
        };
        match (a, b) {
            (Dims::Any, _) | (_, Dims::Any) => true,
            (Dims::Flat(a), Dims::Flat(b)) => same(a, b),
            (Dims::Image(a, b, c), Dims::Image(d, e, f)) => same(a, d) && same(b, e) && same(c, f),
            _ => false,
        }
    }

    /// A shape in words: `64`, `8 x 8 x 16`, `width`.
    pub fn shown(&self, dims: &Dims) -> String {
        let amount = |n: &Amount| match n {
            Amount::Known(n) => n.to_string(),
            Amount::Drawn(value) => self.drawn_name(value),
            Amount::Unknown => "?".into(),
        };
        match dims {
            Dims::Flat(n) => amount(n),
            Dims::Image(h, w, c) => format!("{} x {} x {}", amount(h), amount(w), amount(c)),
            Dims::Any => "?".into(),
        }
    }

    fn drawn_name(&self, value: &Value) -> String {
        match value {
            Value::Draw(mark) | Value::Choice { param: mark, .. } => match unmark(mark) {
                Some(id) => format!("`{}`", self.drafts.list[id].names.first().map_or("?", String::as_str)),
                None => "?".into(),
            },
            _ => "a computed number".into(),
        }
    }
}

/// What the numbers of a layer are along each way through their own choices.
fn amounts(args: &[(String, Value)], state: State) -> Vec<(State, BTreeMap<String, Amount>)> {
    let mut ways = vec![(state, BTreeMap::new())];
    for (name, value) in args {
        if !matches!(
            name.as_str(),
            "units" | "filters" | "kernel" | "stride" | "size" | "height" | "width" | "channels"
        ) {
            continue;
        }
        let mut next = Vec::new();
        for (state, known) in ways {
            for (state, amount) in amount(value, state) {
                let mut known: BTreeMap<String, Amount> = known.clone();
                known.insert(name.clone(), amount);
                next.push((state, known));
            }
        }
        ways = next;
    }
    ways
}

fn amount(value: &Value, state: State) -> Vec<(State, Amount)> {
    match value {
        Value::Number(n) => vec![(state, Amount::Known(*n as usize))],
        Value::Word(word) => {
            let known = match word.as_str() {
                "classes" => state.target.as_ref().filter(|t| t.mode == Mode::Classification).map(|t| t.outputs),
                _ => state.features,
            };
            vec![(state, known.map_or(Amount::Drawn(value.clone()), Amount::Known))]
        }
        Value::Choice { param, options } => {
            let Some(id) = unmark(param) else { return vec![(state, Amount::Unknown)] };
            let mut ways = Vec::new();
            for (number, option) in options.iter().enumerate() {
                if state.taken.get(&id).is_none_or(|taken| *taken == number) {
                    let mut state = state.clone();
                    state.taken.insert(id, number);
                    ways.extend(amount(option, state));
                }
            }
            ways
        }
        Value::Draw(_) => vec![(state, Amount::Drawn(value.clone()))],
        Value::Arithmetic { operator, left, right } => match (settled(left, &state), settled(right, &state)) {
            (Some(a), Some(b)) => {
                let n = operator.apply(a, b).round();
                vec![(state, if n >= 1.0 { Amount::Known(n as usize) } else { Amount::Unknown })]
            }
            _ => vec![(state, Amount::Drawn(value.clone()))],
        },
        _ => vec![(state, Amount::Unknown)],
    }
}

/// A number that is known along this way.
fn settled(value: &Value, state: &State) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Word(_) => match amount(value, state.clone()).as_slice() {
            [(_, Amount::Known(n))] => Some(*n as f64),
            _ => None,
        },
        Value::Choice { param, options } => settled(options.get(*state.taken.get(&unmark(param)?)?)?, state),
        Value::Negate(inner) => settled(inner, state).map(|n| -n),
        Value::Arithmetic { operator, left, right } => {
            Some(operator.apply(settled(left, state)?, settled(right, state)?))
        }
        _ => None,
    }
}

/// Equal states once, and not too many.
fn fewer(states: Vec<State>) -> Vec<State> {
    let mut kept: Vec<State> = Vec::with_capacity(states.len());
    for state in states {
        if !kept.contains(&state) {
            kept.push(state);
        }
    }
    if kept.len() > WAYS {
        kept.truncate(WAYS);
    }
    kept
}
