//! Results beside the text.

use super::Analysis;
use crate::syntax::tree::{ExprKind, Item};

/// How an experiment stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its best value so far, with what it is of: `dev.accuracy 0.971`.
    pub best: Option<String>,
    /// Trials of which all is stored.
    pub stored: usize,
    /// Trials that it asks for, if that is known.
    pub total: Option<usize>,
    /// Whether the results are those of the text as it stands now.
    pub current: bool,
}

/// Who knows results. Everything is of the last state that was trained; `current` says whether the text still asks for that.
pub trait Results {
    /// How an experiment stands.
    fn experiment(&self, name: &str) -> Option<Standing>;

    /// What the best trial of an experiment has of a hyperparameter, as shown, and whether it is current.
    fn best_setting(&self, experiment: &str, name: &str) -> Option<(String, bool)>;

    /// The verdict on a claim, by its text: `holds (p = 0.003)`, and whether it is current.
    fn claim(&self, text: &str) -> Option<(String, bool)>;
}

/// Knows nothing.
pub struct NoResults;

impl Results for NoResults {
    fn experiment(&self, _: &str) -> Option<Standing> {
        None
    }

    fn best_setting(&self, _: &str, _: &str) -> Option<(String, bool)> {
        None
    }

    fn claim(&self, _: &str) -> Option<(String, bool)> {
        None
    }
}

/// A few words behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Behind which byte.
    pub offset: usize,
    /// The words.
    pub text: String,
    /// More of them.
    pub tooltip: String,
    /// Whether they are of the text as it stands; if not, they are shown as out of date.
    pub current: bool,
}

/// The hints of a notebook, by place: beside each experiment its best and how many trials are stored, beside each space
/// the best value, beside each claim its verdict.
pub fn hints(analysis: &Analysis, results: &dyn Results) -> Vec<Hint> {
    let mut hints = Vec::new();
    let items = analysis.files.first().map(|file| &file.items[..]).unwrap_or_default();
    for item in items {
        let Item::Block(block) = item else { continue };
        let name = match block.head.first().map(|part| &part.kind) {
            Some(ExprKind::Name(name) | ExprKind::Text(name)) => name,
            _ => continue,
        };
        let offset = block.body.start as usize + 1;
        match block.kind.node.as_str() {
            "experiment" => {
                let Some(standing) = results.experiment(name) else { continue };
                let trials = match standing.total.filter(|total| *total != standing.stored) {
                    Some(total) => format!("{} of {total} trials", standing.stored),
                    None if standing.stored == 1 => "1 trial".to_string(),
                    None => format!("{} trials", standing.stored),
                };
                let text = standing.best.map_or(trials.clone(), |best| format!("{best}, {trials}"));
                hints.push(hint(offset, text, format!("{trials} of `{name}` are stored"), standing.current));
            }
            "claim" => {
                let Some((verdict, current)) = results.claim(name) else { continue };
                hints.push(hint(offset, verdict, "tested over seeds".into(), current));
            }
            _ => {}
        }
    }
    for space in analysis.checked.spaces.iter().filter(|space| space.span.file == 0) {
        let Some((value, current)) = results.best_setting(&space.experiment, &space.name) else { continue };
        let tooltip = format!("`{}` of the best trial of `{}`", space.name, space.experiment);
        hints.push(hint(space.span.end as usize, format!("best {value}"), tooltip, current));
    }
    hints.sort_by_key(|hint| hint.offset);
    // A space that several experiments draw from has one hint: all their values.
    hints.dedup_by(|later, first| {
        let same = later.offset == first.offset;
        if same {
            if later.text != first.text {
                first.text = format!("{}, {}", first.text, later.text.trim_start_matches("best "));
            }
            first.tooltip = format!("{}\n\n{}", first.tooltip, later.tooltip);
            first.current &= later.current;
        }
        same
    });
    hints
}

fn hint(offset: usize, text: String, tooltip: String, current: bool) -> Hint {
    let (text, tooltip) = match current {
        true => (text, tooltip),
        false => (format!("{text} (out of date)"), format!("{tooltip}; the text has changed since: run it again")),
    };
    Hint { offset, text, tooltip, current }
}
