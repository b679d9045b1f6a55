//! Data blocks: their keys as values, and what the data themselves say.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::data::Facts;
use crate::data::spec::Pipeline;
use crate::diagnostic::Diagnostic;
use crate::plan::build;
use crate::plan::settings;
use crate::plan::space::Domain;
use crate::plan::value::Value;
use crate::syntax::tree::{Expr, ExprKind, Field};
use crate::vocabulary;

use super::checker::{Checker, Cx};
use super::choices::Chosen;
use super::scope::{Kind, callee_name, head_name};
use super::shapes::{Dims, End, State, Target};
use super::spaces::{Drafts, mark, unmark};
use super::symbols::SymbolKind;

/// The data of an experiment: one block, or a choice of blocks.
pub(super) enum Examples {
    Block { id: usize, value: Value },
    Choice { id: usize, options: Vec<Examples> },
}

/// What is known of one way through the choices of the data.
#[derive(Clone)]
pub(super) struct Way {
    pub taken: BTreeMap<usize, usize>,
    pub facts: Option<Rc<Facts>>,
    /// Which of train, dev and test have examples.
    pub sets: [bool; 3],
    pub folds: Option<usize>,
}

impl Examples {
    pub fn value(&self) -> Value {
        match self {
            Examples::Block { value, .. } => value.clone(),
            Examples::Choice { id, options } => {
                Value::Choice { param: mark(*id), options: options.iter().map(Examples::value).collect() }
            }
        }
    }
}

impl Way {
    /// The start of a network on these data.
    pub fn state(&self) -> State {
        let Some(facts) = &self.facts else { return State { taken: self.taken.clone(), ..State::open() } };
        let target = Target { mode: facts.mode, outputs: facts.outputs, name: facts.target.clone() };
        State {
            dims: Dims::of(facts.shape),
            raw: true,
            end: End::Start,
            units: None,
            target: Some(Rc::new(target)),
            features: Some(facts.shape.size()),
            taken: self.taken.clone(),
        }
    }
}

/// Options of choices that change what the data are; so many combinations of them are looked at.
const WAYS: usize = 16;

impl<'a> Checker<'a> {
    /// What `data = …` names.
    pub fn examples(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Examples> {
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(id) = self.scope.find_block(Kind::Data, name, expr.span.file) {
                    let target = self.scope.definitions[id].span;
                    self.symbols.add(expr.span, name, SymbolKind::Data, Some(target));
                    let value = self.data_block(id)?;
                    return Some(Examples::Block { id, value });
                }
                let blocks = self.scope.visible(expr.span.file, &[Kind::Data]);
                let id = self.name(name, expr.span, cx, "the name of a data block", &blocks)?;
                self.within(id, expr.span, cx, |checker, value, cx| checker.examples(value, cx))
            }
            ExprKind::Call(callee, args) if matches!(&callee.kind, ExprKind::Name(n) if n == "choice") => {
                self.symbols.add(callee.span, "choice", SymbolKind::Call, None);
                let Chosen { id, options } =
                    self.choose(expr, args, cx, |checker, option, cx| checker.examples(option, cx))?;
                let options: Vec<Examples> = options.into_iter().collect::<Option<_>>()?;
                let values: Vec<Value> = options.iter().map(Examples::value).collect();
                self.equal_options(args, &values);
                Some(Examples::Choice { id, options })
            }
            ExprKind::As(_, name) => {
                let id = self.scope.at(name.span)?;
                self.within(id, name.span, cx, |checker, value, cx| checker.examples(value, cx))
            }
            _ => {
                let source = callee_name(expr)
                    .is_some_and(|name| vocabulary::call(vocabulary::Category::Source, name).is_some());
                if source {
                    let text = self.words(expr.span);
                    self.findings.push(
                        Diagnostic::error("E0301", "`data` takes the name of a data block, not a source", expr.span)
                            .note(format!("write a block `data NAME {{ source = {text} }}`, and `data = NAME` here")),
                    );
                } else {
                    self.mismatch(expr, "the name of a data block", cx);
                }
                None
            }
        }
    }

    /// The keys of a data block as a value.
    pub fn data_block(&mut self, id: usize) -> Option<Value> {
        let block = self.scope.definitions[id].block?;
        let owner = head_name(block).map_or("", |(name, _)| name);
        let table = vocabulary::block("data")?;
        let fields = self.fields(block, table);
        let mut args = Vec::new();
        let mut sound = true;
        for Field { key, value } in &fields {
            let Some(param) = table.key(&key.node) else { continue };
            let subject = format!("`{}`", param.name);
            let names = [param.name.to_string(), format!("{owner}.{}", param.name)];
            let cx = Cx { owner, ..Cx::key(block, &subject, &names, Some(param), value.span) };
            match self.part_at(&settings::argument(param.name), |checker| checker.value(value, param.kind, cx)) {
                Some(value) => args.push((param.name.to_string(), value)),
                None => sound = false,
            }
        }
        sound &= self.missing(block, table, &fields, &["source"]);
        sound &= self.data_keys(&fields);
        sound.then(|| Value::Call { name: "data".into(), args })
    }

    /// Keys that only make sense together with others.
    fn data_keys(&mut self, fields: &[&'a Field]) -> bool {
        let find = |name: &str| fields.iter().find(|f| f.key.node == name);
        let mut sound = true;
        if let (Some(key), Some(source)) = (find("missing").or_else(|| find("groups")), find("source"))
            && let Some(name) = callee_name(&source.value)
            && vocabulary::call(vocabulary::Category::Source, name).is_some()
            && !matches!(name, "csv" | "parquet")
        {
            let message = format!("`{}` is about the columns of a table, and `{name}` is none", key.key.node);
            self.findings
                .push(Diagnostic::error("E0307", message, key.key.span).note("tables are `csv` and `parquet`"));
            sound = false;
        }
        if let (Some(folds), Some(dev)) = (find("folds"), find("dev")) {
            let message = "with `folds`, the dev set is the part that is held out: it cannot have a source of its own";
            if callee_name(&dev.value)
                .is_some_and(|name| vocabulary::call(vocabulary::Category::Source, name).is_some())
            {
                self.findings.push(Diagnostic::error("E0307", message, dev.key.span).also(folds.key.span, "folds"));
                sound = false;
            }
        }
        sound
    }

    /// The data along each way through their choices, read.
    pub fn ways(&mut self, examples: &Examples) -> Vec<Way> {
        match examples {
            Examples::Choice { id, options } => {
                let mut ways = Vec::new();
                for (number, option) in options.iter().enumerate() {
                    for mut way in self.ways(option) {
                        way.taken.insert(*id, number);
                        ways.push(way);
                    }
                }
                ways
            }
            Examples::Block { id, value } => self.ways_of_block(*id, value),
        }
    }

    fn ways_of_block(&mut self, id: usize, value: &Value) -> Vec<Way> {
        self.read.insert(id);
        let mut choices = Vec::new();
        collect_choices(value, &mut choices);
        let mut combinations: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new()];
        for (choice, options) in choices {
            if combinations.len() * options <= WAYS {
                combinations = combinations
                    .iter()
                    .flat_map(|taken| {
                        (0..options).map(move |option| {
                            let mut taken = taken.clone();
                            taken.insert(choice, option);
                            taken
                        })
                    })
                    .collect();
            }
        }
        let mut ways = Vec::with_capacity(combinations.len());
        for taken in combinations {
            let concrete = settle(value, &taken, &self.drafts);
            let Ok(pipeline) = build::pipeline(&concrete) else { continue };
            let facts = self.describe(id, &pipeline);
            let sets = [
                true,
                pipeline.split[1] > 0.0 || pipeline.dev.is_some() || pipeline.folds.is_some(),
                pipeline.split[2] > 0.0 || pipeline.test.is_some(),
            ];
            ways.push(Way { taken, facts, sets, folds: pipeline.folds });
        }
        ways
    }

    /// What the data are; what is wrong with them is reported in their block.
    fn describe(&mut self, id: usize, pipeline: &Pipeline) -> Option<Rc<Facts>> {
        let block = self.scope.definitions[id].block?;
        if let Some((name, _)) = head_name(block)
            && !self.symbols.data.iter().any(|(before, known)| before == name && known == pipeline)
        {
            self.symbols.data.push((name.to_string(), pipeline.clone()));
        }
        if let Some((_, known)) = self.described.iter().find(|(before, _)| before == pipeline) {
            return known.clone();
        }
        let found = match self.facts.describe(pipeline) {
            Ok(facts) => {
                if let Some((name, _)) = head_name(block) {
                    self.symbols.columns.insert(name.to_string(), facts.columns.clone());
                }
                self.data_lints(block, &facts);
                Some(Rc::new(facts))
            }
            Err(error) => {
                self.data_error(block, &error);
                None
            }
        };
        self.described.push((pipeline.clone(), found.clone()));
        found
    }
}

/// The choices whose options are looked at one by one.
fn collect_choices(value: &Value, into: &mut Vec<(usize, usize)>) {
    match value {
        Value::Choice { param, options } => {
            if let Some(id) = unmark(param)
                && !into.iter().any(|(seen, _)| *seen == id)
            {
                into.push((id, options.len()));
            }
            options.iter().for_each(|option| collect_choices(option, into));
        }
        Value::Call { args, .. } => args.iter().for_each(|(_, arg)| collect_choices(arg, into)),
        Value::List(parts) => parts.iter().for_each(|part| collect_choices(part, into)),
        Value::Arithmetic { left, right, .. } => {
            collect_choices(left, into);
            collect_choices(right, into);
        }
        _ => {}
    }
}

/// A value with something for every draw: the options taken, the middle of every scale.
pub(super) fn settle(value: &Value, taken: &BTreeMap<usize, usize>, drafts: &Drafts) -> Value {
    let again = |value: &Value| settle(value, taken, drafts);
    match value {
        Value::Choice { param, options } => {
            let option = unmark(param).and_then(|id| taken.get(&id)).copied().unwrap_or(0);
            options.get(option).or(options.first()).map_or(Value::Number(0.0), again)
        }
        Value::Draw(mark) => Value::Number(unmark(mark).map_or(0.0, |id| middle(&drafts.list[id].domain))),
        Value::Negate(inner) => match again(inner) {
            Value::Number(x) => Value::Number(-x),
            other => other,
        },
        Value::Arithmetic { operator, left, right } => match (again(left), again(right)) {
            (Value::Number(a), Value::Number(b)) => Value::Number(operator.apply(a, b)),
            (other, _) => other,
        },
        Value::Call { name, args } => {
            Value::Call { name: name.clone(), args: args.iter().map(|(key, arg)| (key.clone(), again(arg))).collect() }
        }
        Value::List(parts) => Value::List(parts.iter().map(again).collect()),
        other => other.clone(),
    }
}

/// A number from the middle of a scale.
fn middle(domain: &Domain) -> f64 {
    match domain {
        Domain::Linear { low, high } => low + (high - low) / 2.0,
        Domain::Log { low, high } => (low * high).sqrt(),
        Domain::Int { low, high, .. } => (low + (high - low) / 2) as f64,
        Domain::Normal { mean, log: false, .. } => *mean,
        Domain::Normal { .. } => 1.0,
        Domain::Choice { numbers, .. } => numbers.as_ref().and_then(|n| n.first().copied()).unwrap_or(0.0),
        Domain::Steps { of, step } => (middle(of) / step).round() * step,
    }
}
