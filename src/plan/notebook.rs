//! A whole file, checked.

use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::experiment::Experiment;
use super::show::{Plot, Table};

/// What a file does and shows, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notebook {
    /// The items of the report.
    pub items: Vec<Item>,
    /// The experiments.
    pub experiments: Vec<Experiment>,
}

/// Something that the report shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// Markdown.
    Prose(String),
    /// The experiment of that name.
    Experiment(String),
    /// A table.
    Table(Table),
    /// A picture.
    Plot(Plot),
    /// A claim.
    Claim(Claim),
}

impl Notebook {
    /// A notebook of experiments alone; each must stand after those that it uses.
    pub fn of(experiments: impl IntoIterator<Item = Experiment>) -> Self {
        let experiments: Vec<Experiment> = experiments.into_iter().collect();
        let items = experiments.iter().map(|experiment| Item::Experiment(experiment.name.clone())).collect();
        Notebook { items, experiments }
    }
}
