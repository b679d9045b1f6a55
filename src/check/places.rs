//! Where the settings of an experiment are written. The plan has no places; what is told of a change names the line all the same.

use std::collections::BTreeMap;

use super::checker::Checker;
use crate::plan::settings;
use crate::source::Span;

/// By experiment: where each of its [settings](crate::plan::settings) is written.
pub type Places = BTreeMap<String, BTreeMap<String, Span>>;

/// The places of the experiment at hand.
#[derive(Default)]
pub(super) struct Trail {
    /// The setting whose value is read now; none where what is read is no setting.
    at: Option<String>,
    /// The network whose layers are read now, and how many of each kind there were.
    network: Option<(String, BTreeMap<String, usize>)>,
    pub written: BTreeMap<String, Span>,
}

impl Trail {
    /// The value of the setting at hand is written here. Of a name and what it stands for, which comes later, the latter counts.
    pub fn note(&mut self, span: Span) {
        if let Some(at) = &self.at {
            self.written.insert(at.clone(), span);
        }
    }
}

impl Checker<'_> {
    /// Read the value of a setting.
    pub fn setting_at<T>(&mut self, name: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.along(Some(name), read)
    }

    /// Read a part of the setting at hand: `.rate` of an optimizer, `, option 2` of a choice.
    pub fn part_at<T>(&mut self, part: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let at = self.trail.at.as_ref().map(|at| at.clone() + part);
        self.along(at, read)
    }

    /// Read something that is not the whole of a setting, such as a summand.
    pub fn aside<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.along(None, read)
    }

    /// Read the layers of a network.
    pub fn network_at<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let network = self.trail.at.clone().map(|at| (at, BTreeMap::new()));
        let outer = std::mem::replace(&mut self.trail.network, network);
        let found = read(self);
        self.trail.network = outer;
        found
    }

    /// Read the arguments of the network's next layer of a kind.
    pub fn layer_at<T>(&mut self, kind: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let at = self.trail.network.as_mut().map(|(network, counts)| {
            let count = counts.entry(kind.to_string()).or_default();
            *count += 1;
            network.clone() + &settings::layer(kind, *count)
        });
        self.along(at, read)
    }

    fn along<T>(&mut self, at: Option<String>, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.trail.at, at);
        let found = read(self);
        self.trail.at = outer;
        found
    }
}
