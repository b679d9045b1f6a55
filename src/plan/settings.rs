//! Everything that an experiment asks for as named texts, so that two plans can be compared name by name.
//!
//! A name is the key and, after it, what of its value is meant: `optimizer`, `optimizer.rate`, `optimizer, option 2.rate`,
//! `network dense2.units`, `at epoch 12 batch`, `space width`. The check notes places under the same names.

use std::collections::{BTreeMap, BTreeSet};

use super::experiment::Experiment;
use super::space::{Domain, Space};
use super::text::Shortest;
use super::value::Value;

/// What follows a key for an argument of the call that is its value.
pub fn argument(name: &str) -> String {
    format!(".{name}")
}

/// What follows a key for an option of a choice, from 0.
pub fn option(number: usize) -> String {
    format!(", option {}", number + 1)
}

/// What follows a network for the layer that is the `count`th of its kind, from 1, the copies of `repeat` counted.
pub fn layer(kind: &str, count: usize) -> String {
    format!(" {kind}{count}")
}

/// A key that `at epoch` changes.
pub fn stage(epoch: u32, key: &str) -> String {
    format!("at epoch {epoch} {key}")
}

/// A hyperparameter that is not the whole value of a key.
pub fn space(name: &str) -> String {
    format!("space {name}")
}

/// Everything that an experiment asks for, by name, as it reads in a file.
pub fn settings(experiment: &Experiment) -> BTreeMap<String, String> {
    let mut found = Found { space: &experiment.space, all: BTreeMap::new(), told: BTreeSet::new() };
    for (key, value) in &experiment.template {
        if key == "network" {
            found.network(key, value);
        } else {
            found.value(key, value);
        }
    }
    for change in &experiment.stages {
        for (key, value) in &change.changes {
            found.value(&stage(change.epoch, key), value);
        }
    }
    let Found { mut all, told, .. } = found;
    for param in experiment.space.params.iter().filter(|param| !told.contains(&param.name)) {
        all.insert(space(&param.name), param.to_string());
    }
    let mut say = |name: &str, text: String| _ = all.insert(name.to_string(), text);
    let listed = |items: Vec<String>| items.join(", ");
    say("objective", listed(experiment.objectives.iter().map(|o| format!("{} {}", o.direction, o.measure)).collect()));
    say("search", experiment.search.to_string());
    say("seeds", experiment.seeds.to_string());
    say("seed", experiment.seed.to_string());
    say("lag", experiment.lag.to_string());
    if let Some(prune) = experiment.prune {
        say("prune", prune.to_string());
    }
    if !experiment.require.is_empty() {
        let require = experiment.require.iter().map(|c| format!("{} {} {}", c.left, c.comparison, c.right)).collect();
        say("require", listed(require));
    }
    if let Some(seconds) = experiment.budget {
        say("budget", format!("{}s", Shortest(seconds)));
    }
    if let Some(confirm) = experiment.confirm {
        say("confirm", confirm.to_string());
    }
    if let Some(around) = &experiment.around {
        say("space", format!("around({}, {}%)", around.of, Shortest(around.share * 100.0)));
    }
    all
}

struct Found<'a> {
    space: &'a Space,
    all: BTreeMap<String, String>,
    /// Hyperparameters whose space stands where they are used.
    told: BTreeSet<String>,
}

impl Found<'_> {
    /// A call is its name and an entry an argument, so that a changed argument is seen alone.
    fn value(&mut self, key: &str, value: &Value) {
        if let Some(text) = self.drawn(key, value) {
            self.all.insert(key.to_string(), text);
            return;
        }
        match value {
            Value::Call { name, args } => {
                self.all.insert(key.to_string(), name.clone());
                args.iter().for_each(|(name, value)| self.value(&(key.to_string() + &argument(name)), value));
            }
            Value::Choice { param, options } if options.iter().any(|option| !plain(option)) => {
                self.all.insert(key.to_string(), param.clone());
                options.iter().enumerate().for_each(|(i, value)| self.value(&(key.to_string() + &option(i)), value));
            }
            other => _ = self.all.insert(key.to_string(), other.to_string()),
        }
    }

    /// What a key draws, if its whole value is one draw.
    fn drawn(&mut self, key: &str, value: &Value) -> Option<String> {
        let name = match value {
            Value::Draw(name) => name,
            Value::Choice { param, options } if options.iter().all(plain) => param,
            _ => return None,
        };
        let param = self.space.params.iter().find(|param| param.name == *name && param.shown.is_none())?;
        if let (Value::Choice { options, .. }, Domain::Choice { labels, .. }) = (value, &param.domain)
            && options.iter().zip(labels).any(|(option, label)| said(option) != *label)
        {
            // Labels that do not tell what they stand for.
            return None;
        }
        self.told.insert(name.clone());
        let own = key.rsplit(['.', ' ']).next() == Some(name);
        Some(if own { param.to_string() } else { format!("{param} as {name}") })
    }

    /// A network is the kinds of its layers, and an entry an argument of each.
    fn network(&mut self, key: &str, value: &Value) {
        match value {
            Value::Choice { param, options } => {
                self.all.insert(key.to_string(), param.clone());
                options.iter().enumerate().for_each(|(i, value)| self.network(&(key.to_string() + &option(i)), value));
            }
            value => {
                self.all.insert(key.to_string(), kinds(value).to_string());
                self.layers(key, value, &mut BTreeMap::new(), true);
            }
        }
    }

    /// The copies of a `repeat` count, but only the first says something.
    fn layers(&mut self, key: &str, value: &Value, counts: &mut BTreeMap<String, usize>, first: bool) {
        match value {
            Value::Call { name, .. } | Value::Word(name) => {
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                let place = layer(name, *count);
                if let (Value::Call { args, .. }, true) = (value, first) {
                    args.iter().for_each(|(name, value)| self.value(&format!("{key}{place}{}", argument(name)), value));
                }
            }
            Value::Chain(parts) | Value::Choice { options: parts, .. } => {
                parts.iter().for_each(|part| self.layers(key, part, counts, first));
            }
            Value::Repeat { bodies, .. } => {
                bodies.iter().enumerate().for_each(|(i, body)| self.layers(key, body, counts, first && i == 0));
            }
            Value::Residual(body) => self.layers(key, body, counts, first),
            _ => {}
        }
    }
}

fn plain(value: &Value) -> bool {
    matches!(value, Value::Number(_) | Value::Word(_) | Value::Text(_))
}

fn said(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Layers without their arguments.
fn kinds(value: &Value) -> Value {
    let all = |values: &[Value]| values.iter().map(kinds).collect();
    match value {
        Value::Call { name, .. } => Value::Word(name.clone()),
        Value::Chain(parts) => Value::Chain(all(parts)),
        Value::Choice { param, options } => Value::Choice { param: param.clone(), options: all(options) },
        Value::Repeat { count, bodies } => Value::Repeat { count: count.clone(), bodies: all(bodies) },
        Value::Residual(body) => Value::Residual(Box::new(kinds(body))),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::experiment::{Objective, Search};
    use crate::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
    use crate::plan::space::Param;

    fn call(name: &str, args: &[(&str, Value)]) -> Value {
        Value::Call { name: name.into(), args: args.iter().map(|(k, v)| (k.to_string(), v.clone())).collect() }
    }

    fn experiment(template: &[(&str, Value)], params: &[(&str, Domain)]) -> BTreeMap<String, String> {
        let accuracy = Metric { set: Set::Dev, kind: MetricKind::Accuracy };
        let param = |(name, domain): &(&str, Domain)| Param {
            name: name.to_string(),
            domain: domain.clone(),
            shown: None,
            when: Vec::new(),
        };
        settings(&Experiment {
            space: Space { params: params.iter().map(param).collect() },
            objectives: vec![Objective { measure: Measure::Metric(accuracy), direction: Direction::Maximize }],
            search: Search::Random { trials: 60 },
            seeds: 3,
            ..Experiment::new("e", template.iter().map(|(key, value)| (*key, value.clone())))
        })
    }

    #[test]
    fn a_draw_reads_as_its_space_where_it_is_the_whole_value() {
        let choice =
            |labels: &[&str]| Domain::Choice { labels: labels.iter().map(|l| l.to_string()).collect(), numbers: None };
        let options = |param: &str| Value::Choice {
            param: param.into(),
            options: vec![Value::Number(16.0), Value::Word("all".into())],
        };
        let optimizer = call("adam", &[("rate", Value::Draw("rate".into())), ("beta1", Value::Draw("b".into()))]);
        let found = experiment(
            &[("optimizer", optimizer), ("batch", options("batch")), ("l2", options("size"))],
            &[
                ("rate", Domain::Log { low: 0.01, high: 1.0 }),
                ("b", Domain::Linear { low: 0.5, high: 0.9 }),
                ("batch", choice(&["16", "all"])),
                ("size", choice(&["small", "large"])),
                ("free", Domain::Int { low: 1, high: 9, log: false }),
            ],
        );
        let said = |name: &str| found.get(name).map(String::as_str);
        assert_eq!(said("optimizer"), Some("adam"));
        assert_eq!(said("optimizer.rate"), Some("log(0.01, 1)"));
        assert_eq!(said("optimizer.beta1"), Some("linear(0.5, 0.9) as b"));
        assert_eq!(said("batch"), Some("choice(16, all)"));
        assert_eq!(said("l2"), Some("size(16, all)"), "labels hide what is chosen");
        assert_eq!(said("space size"), Some("choice(small, large)"));
        assert_eq!(said("space free"), Some("int(1, 9)"));
        assert_eq!(said("space rate"), None);
    }

    #[test]
    fn a_network_is_its_kinds_and_the_arguments_of_each_layer() {
        let dense = |units: f64| call("dense", &[("units", Value::Number(units))]);
        let body = Value::Chain(vec![dense(8.0), Value::Word("relu".into())]);
        let repeat = Value::Repeat { count: Box::new(Value::Number(2.0)), bodies: vec![body.clone(), body] };
        let whole = Value::Chain(vec![dense(4.0), repeat, Value::Residual(Box::new(dense(3.0)))]);
        let found = experiment(&[("network", whole.clone())], &[]);
        let said = |name: &str| found.get(name).map(String::as_str);
        assert_eq!(said("network"), Some("dense -> repeat(2) { dense -> relu } -> residual { dense }"));
        let units: Vec<_> =
            found.iter().filter(|(name, _)| name.contains("units")).map(|(n, u)| (n.as_str(), u.as_str())).collect();
        let want = [("network dense1.units", "4"), ("network dense2.units", "8"), ("network dense4.units", "3")];
        assert_eq!(units, want, "the second copy is counted and says nothing");
        let either = Value::Choice { param: "network".into(), options: vec![dense(1.0), whole] };
        let found = experiment(&[("network", either)], &[]);
        assert_eq!(found.get("network, option 1 dense1.units").map(String::as_str), Some("1"));
        assert_eq!(found.get("network, option 2 dense1.units").map(String::as_str), Some("4"));
    }
}
