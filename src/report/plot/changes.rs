//! Marks where the settings of a training change.

use super::super::figure::{Canvas, Dash, Panel, Stroke, color};
use super::Input;

/// Epochs at which settings change.
pub(super) struct Changes(Vec<u32>);

impl Changes {
    /// More than these are not marked.
    const MOST: usize = 24;

    pub fn new(input: &Input) -> Changes {
        let runs = input.cases.iter().flat_map(|c| &c.trial.runs);
        let mut changes: Vec<u32> = runs.flat_map(|r| r.changes.clone()).collect();
        changes.sort_unstable();
        changes.dedup();
        if changes.len() > Changes::MOST {
            changes.clear();
        }
        Changes(changes)
    }

    pub fn note(&self) -> Option<String> {
        let epochs: Vec<String> = self.0.iter().map(u32::to_string).collect();
        let what = format!("Dashed upright lines: the settings change (epoch {}).", epochs.join(", "));
        (!self.0.is_empty()).then_some(what)
    }

    pub fn lines(&self, canvas: &Canvas, panel: &Panel) {
        for epoch in &self.0 {
            let at = panel.at(f64::from(*epoch), 0.0).0;
            let upright = [(at, panel.frame.top), (at, panel.frame.bottom)];
            canvas.line(&upright, Stroke::new(color::AXIS, 1.2).dash(Dash::Dashed));
        }
    }

    pub fn marks(&self, canvas: &Canvas, panel: &Panel) {
        let top = panel.frame.top;
        for epoch in &self.0 {
            let at = panel.at(f64::from(*epoch), 0.0).0;
            canvas.tip(format!("settings change at epoch {epoch}"));
            canvas.polygon(&[(at - 5.0, top - 6.0), (at + 5.0, top - 6.0), (at, top + 2.0)], color::MUTED, 1.0);
        }
    }
}
