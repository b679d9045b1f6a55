//! Ask and tell for programs in any language: a search without training.
//!
//! Every request that changes something is appended to a journal before it is answered, so that a search that was killed goes on: the
//! proposals follow from the journal alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::plan::build::objective_metric;
use crate::plan::experiment::Experiment;
use crate::plan::value::Value;
use crate::record::Setting;
use crate::search::prune::{Curve, Decision, decide};
use crate::search::space::settings;
use crate::search::{SearchError, Searcher, Told};

/// Proposals asked for at once at most.
const MOST: u64 = 10_000;

/// Why a search cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum SuggestError {
    /// The search cannot go on.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The journal cannot be read or written.
    #[error("the journal of the search: {0}")]
    Journal(#[from] io::Error),
}

/// A search that is asked and told.
pub struct Suggester<'a> {
    experiment: &'a Experiment,
    searcher: Searcher,
    journal: File,
    told: Vec<Told>,
    curves: Vec<Curve>,
    open: Vec<bool>,
    /// Trials that an earlier process was given and did not tell of: given again first.
    again: Vec<usize>,
}

impl<'a> Suggester<'a> {
    /// Go on from a journal, which is made if it is not there. A last line that is not whole is dropped.
    ///
    /// # Errors
    /// When the journal cannot be read or the search cannot start.
    pub fn open(experiment: &'a Experiment, journal: &Path) -> Result<Self, SuggestError> {
        if let Some(folder) = journal.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(journal)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        let mut suggester = Suggester {
            experiment,
            searcher: Searcher::new(experiment)?,
            journal: file,
            told: Vec::new(),
            curves: Vec::new(),
            open: Vec::new(),
            again: Vec::new(),
        };
        for line in text[..whole].lines() {
            let Ok(request) = serde_json::from_str::<Json>(line) else { continue };
            match request.get("ask").and_then(Json::as_u64) {
                Some(n) => {
                    suggester.propose(n)?;
                }
                None => {
                    suggester.take(&request);
                }
            }
        }
        suggester.again = (0..suggester.told.len()).filter(|&i| suggester.open[i]).collect();
        Ok(suggester)
    }

    /// Answer one line: `{"ask": n}`, `{"tell": id, "value": v}`, `{"tell": id, "epoch": e, "value": v}` or
    /// `{"tell": id, "failed": "why"}`. A line that is none of these gets an `error`, and changes nothing.
    ///
    /// # Errors
    /// When the journal cannot be written or the search cannot go on.
    pub fn answer(&mut self, line: &str) -> Result<Json, SuggestError> {
        let request: Json = match serde_json::from_str(line) {
            Ok(request) => request,
            Err(error) => return Ok(json!({ "error": format!("not a line of JSON: {error}") })),
        };
        if let Some(n) = request.get("ask") {
            return match n.as_u64().filter(|n| (1..=MOST).contains(n)) {
                Some(n) => self.ask(n as usize),
                None => Ok(json!({ "error": format!("`ask` takes a whole number from 1 to {MOST}") })),
            };
        }
        if let Some(problem) = self.problem(&request) {
            return Ok(json!({ "error": problem }));
        }
        self.note(&request)?;
        Ok(self.take(&request))
    }

    fn ask(&mut self, n: usize) -> Result<Json, SuggestError> {
        let old = n.min(self.again.len());
        let mut given: Vec<usize> = self.again.drain(..old).collect();
        let before = self.told.len();
        // How many can be proposed is known only by doing it; the journal then says how many there were.
        let fresh = self.propose((n - old) as u64)?;
        if fresh > 0 {
            self.note(&json!({ "ask": fresh }))?;
        }
        given.extend(before..before + fresh);
        let trials: Vec<Json> = given.iter().map(|&i| json!({ "id": i, "settings": self.settings(i) })).collect();
        let next = self.told.len();
        let done = next as u32 >= self.searcher.total();
        let horizon = (self.searcher.horizon(next as u32) as usize).min(next);
        let waiting: Vec<usize> = if done { Vec::new() } else { (0..horizon).filter(|&i| self.open[i]).collect() };
        Ok(json!({ "trials": trials, "waiting_for": waiting, "done": done }))
    }

    fn propose(&mut self, n: u64) -> Result<usize, SuggestError> {
        let mut given = 0;
        while (given as u64) < n {
            let index = self.told.len() as u32;
            let horizon = (self.searcher.horizon(index) as usize).min(self.told.len());
            if self.open[..horizon].contains(&true) {
                break;
            }
            let Some(proposal) = self.searcher.propose(index, &self.told)? else { break };
            self.told.push(Told { draws: proposal.draws, values: None, pruned: None });
            self.curves.push(Curve::default());
            self.open.push(true);
            given += 1;
        }
        Ok(given)
    }

    fn settings(&self, index: usize) -> Json {
        let shown = settings(&self.experiment.space, &self.told[index].draws);
        shown
            .into_iter()
            .map(|(name, setting)| match setting {
                Setting::Number(x) => (name, json!(x)),
                Setting::Label(label) => (name, json!(label)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    fn problem(&self, request: &Json) -> Option<String> {
        let Some(id) = request.get("tell").and_then(Json::as_u64).map(|id| id as usize) else {
            return Some("a line has `ask` or `tell`".into());
        };
        match self.open.get(id) {
            None => return Some(format!("there is no trial {id}")),
            Some(false) => return Some(format!("trial {id} has ended")),
            Some(true) => {}
        }
        if request.get("failed").is_some() {
            return None;
        }
        let wanted = self.experiment.objectives.len().max(1);
        let given = match request.get("value") {
            Some(Json::Array(values)) => values.iter().filter(|v| v.is_number() || v.is_null()).count(),
            Some(value) if value.is_number() || value.is_null() => 1,
            _ => 0,
        };
        if given != wanted {
            let form =
                if wanted == 1 { "a number (null for NaN)".into() } else { format!("a list of {wanted} numbers") };
            return Some(format!("`value` is {form}, or the line has `failed`"));
        }
        if let Some(epoch) = request.get("epoch") {
            let next = self.curves[id].values.len() as u64 + 1;
            if epoch.as_u64() != Some(next) {
                return Some(format!("the next epoch of trial {id} is {next}"));
            }
        }
        None
    }

    /// Take in a request that has no problem; the answer.
    fn take(&mut self, request: &Json) -> Json {
        let Some(id) =
            request.get("tell").and_then(Json::as_u64).map(|id| id as usize).filter(|&i| i < self.told.len())
        else {
            return json!({});
        };
        let values: Vec<f64> = match request.get("value") {
            Some(Json::Array(values)) => values.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect(),
            Some(value) => vec![value.as_f64().unwrap_or(f64::NAN)],
            None => Vec::new(),
        };
        if request.get("failed").is_some() {
            self.end(id);
            return json!({ "ok": true });
        }
        if request.get("epoch").is_none() {
            self.told[id].values = values.iter().all(|v| v.is_finite()).then_some(values);
            self.end(id);
            return json!({ "ok": true });
        }
        self.curves[id].values.push(values[0]);
        let stop = self.stops(id);
        if stop {
            self.told[id].values = values[0].is_finite().then_some(values);
            self.told[id].pruned = Some(self.curves[id].values.len() as u32);
            self.end(id);
        }
        json!({ "stop": stop })
    }

    fn end(&mut self, id: usize) {
        self.open[id] = false;
        self.curves[id].ended = true;
    }

    /// Decided from the trials with lower indices that have come this far: a program that waits for an answer cannot wait for others.
    fn stops(&self, id: usize) -> bool {
        let Some(prune) = self.experiment.prune else { return false };
        let epochs = match self.experiment.template.get("epochs") {
            Some(Value::Number(x)) => *x as u32,
            _ => 20,
        };
        let earlier: Vec<Curve> =
            self.curves[..id].iter().map(|curve| Curve { ended: true, ..curve.clone() }).collect();
        let (_, direction) = objective_metric(&self.experiment.objectives);
        let direction = self.experiment.objectives.first().map_or(direction, |o| o.direction);
        decide(&prune, epochs, direction, id as u32, &self.curves[id].values, &earlier) == Decision::Stop
    }

    fn note(&mut self, request: &Json) -> io::Result<()> {
        self.journal.write_all(format!("{request}\n").as_bytes())
    }
}
