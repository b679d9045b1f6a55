//! caviar's search as a program, for the benchmarks: JSON lines on stdin and stdout, or kurobako's protocol with `solver kurobako NAME`.
//!
//! One line in, one line out: `{"create": {"space": …, "search": …, "directions": […], "seed": n, "lag": n}}`, `{"ask": {}}`,
//! `{"tell": {"index": i, "values": [v] or null}}`. Spaces, searches and draws are written as the library's plan types are.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use caviar::plan::experiment::Search;
use caviar::plan::metric::Direction;
use caviar::plan::space::{Domain, Draw, Param, Space};
use caviar::search::{Searcher, Told};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Create { space: Space, search: Search, directions: Vec<Direction>, seed: u64, lag: u32 },
    Ask {},
    Tell { index: u32, values: Option<Vec<f64>> },
}

struct Study {
    searcher: Searcher,
    space: Space,
    trials: Vec<Told>,
}

impl Study {
    fn ask(&mut self) -> Option<&Told> {
        let proposal = self.searcher.propose(self.trials.len() as u32, &self.trials).expect("a proposal")?;
        self.trials.push(Told { draws: proposal.draws, values: None, pruned: None });
        self.trials.last()
    }
}

fn lines(mut answer: impl FnMut(&str) -> Option<Value>) {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        if let Some(reply) = answer(&line) {
            writeln!(out, "{reply}").and_then(|()| out.flush()).expect("stdout");
        }
    }
}

fn plain() {
    let mut study: Option<Study> = None;
    lines(|line| {
        Some(match serde_json::from_str(line).expect("a message") {
            Line::Create { space, search, directions, seed, lag } => {
                let searcher =
                    Searcher::of(&search, space.clone(), Vec::new(), directions, seed, lag).expect("a search");
                study = Some(Study { searcher, space, trials: Vec::new() });
                json!({})
            }
            Line::Ask {} => {
                let study = study.as_mut().expect("create first");
                let index = study.trials.len();
                study.ask().map_or(Value::Null, |told| json!({"index": index, "draws": told.draws}))
            }
            Line::Tell { index, values } => {
                study.as_mut().expect("create first").trials[index as usize].values = values;
                json!({})
            }
        })
    });
}

fn domain(variable: &Value) -> Domain {
    let range = &variable["range"];
    let log = variable["distribution"] == "LOG_UNIFORM";
    let number = |name: &str| range[name].as_f64().expect("a bound");
    match range["type"].as_str() {
        Some("CONTINUOUS") if log => Domain::Log { low: number("low"), high: number("high") },
        Some("CONTINUOUS") => Domain::Linear { low: number("low"), high: number("high") },
        Some("DISCRETE") => Domain::Int { low: number("low") as i64, high: number("high") as i64 - 1, log },
        _ => {
            let choices = range["choices"].as_array().expect("choices").iter();
            Domain::Choice { labels: choices.map(|c| c.as_str().unwrap_or("").to_owned()).collect(), numbers: None }
        }
    }
}

fn kurobako(name: &str) {
    let all =
        ["UNIFORM_CONTINUOUS", "UNIFORM_DISCRETE", "LOG_UNIFORM_CONTINUOUS", "LOG_UNIFORM_DISCRETE", "CATEGORICAL"];
    println!(
        "{}",
        json!({"type": "SOLVER_SPEC_CAST", "spec": {"name": format!("caviar {name}"), "capabilities": all}})
    );
    let mut studies: BTreeMap<u64, (Study, BTreeMap<u64, usize>)> = BTreeMap::new();
    lines(|line| {
        let message: Value = serde_json::from_str(line).expect("a message");
        let id = message["solver_id"].as_u64().unwrap_or(0);
        match message["type"].as_str() {
            Some("CREATE_SOLVER_CAST") => {
                let problem = &message["problem"];
                let variables = problem["params_domain"].as_array().expect("variables").iter();
                let params = variables.map(|v| Param {
                    name: v["name"].as_str().expect("a name").to_owned(),
                    domain: domain(v),
                    shown: None,
                    when: Vec::new(),
                });
                let space = Space { params: params.collect() };
                let trials = 1_000_000;
                let search = match name {
                    "random" => Search::Random { trials },
                    "sobol" => Search::Sobol { trials },
                    "tpe" => Search::Tpe { trials },
                    "gp" => Search::Gp { trials },
                    _ => Search::Auto { trials: 100 },
                };
                let seed = message["random_seed"].as_u64().unwrap_or(0);
                let directions = vec![Direction::Minimize];
                let searcher = Searcher::of(&search, space.clone(), Vec::new(), directions, seed, 1).expect("a search");
                studies.insert(id, (Study { searcher, space, trials: Vec::new() }, BTreeMap::new()));
                None
            }
            Some("DROP_SOLVER_CAST") => {
                studies.remove(&id);
                None
            }
            Some("ASK_CALL") => {
                let (study, ids) = studies.get_mut(&id).expect("a solver");
                let trial = message["next_trial_id"].as_u64().expect("an id");
                ids.insert(trial, study.trials.len());
                let draws = study.ask().expect("a trial").draws.clone();
                // The upper ends of continuous ranges are not in them.
                let params = study.space.params.iter().map(|p| match (&p.domain, draws[&p.name]) {
                    (Domain::Linear { high, .. } | Domain::Log { high, .. }, Draw::Number(x)) => {
                        x.min(high.next_down())
                    }
                    (_, Draw::Number(x)) => x,
                    (_, Draw::Option(i)) => i as f64,
                });
                let params: Vec<f64> = params.collect();
                let next = json!({"id": trial, "params": params, "next_step": 1});
                Some(json!({"type": "ASK_REPLY", "trial": next, "next_trial_id": trial + 1}))
            }
            Some("TELL_CALL") => {
                let (study, ids) = studies.get_mut(&id).expect("a solver");
                let index = ids[&message["trial"]["id"].as_u64().expect("an id")];
                let values = message["trial"]["values"].as_array().expect("values").iter();
                let values: Vec<f64> = values.filter_map(Value::as_f64).collect();
                study.trials[index].values = (!values.is_empty()).then_some(values);
                Some(json!({"type": "TELL_REPLY"}))
            }
            other => panic!("unknown message {other:?}"),
        }
    });
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["kurobako", name] => kurobako(name),
        _ => plain(),
    }
}
