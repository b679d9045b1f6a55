//! What colours the trials of a picture: the groups that they belong to, or a number; and what says which colour is which.

use crate::plan::metric::Measure;

use super::super::figure::{Axis, Canvas, Color, Dash, Rect, color, label};
use super::super::group::{Case, Groups};
use super::Input;
use super::curves::color_of;
use super::measure_axis::{axis, place};

/// So many steps from the least to the largest number.
const SHADES: f64 = 64.0;

/// What colours trials.
pub(super) enum Shade<'a> {
    /// Their groups; a group has its mark, too.
    Groups {
        /// What makes the groups.
        heading: String,
        /// Name and colour.
        groups: Vec<(String, Color)>,
    },
    /// A number.
    Number(&'a Measure, Axis),
}

impl<'a> Shade<'a> {
    /// A number where `color` is one and nothing makes groups, else the groups.
    pub fn new(input: &'a Input, groups: &Groups) -> Shade<'a> {
        match &input.plot.color {
            Some(color) if input.plot.by.is_empty() && (groups.groups.len() < 2 || groups.heading.is_empty()) => {
                Shade::Number(color, axis(color, &input.cases))
            }
            _ => {
                let n = groups.groups.len();
                let named = groups.groups.iter().enumerate();
                let groups_named = named.map(|(g, group)| (group.name.clone(), color_of(&groups.ordered, g, n)));
                Shade::Groups { heading: groups.heading.clone(), groups: groups_named.collect() }
            }
        }
    }

    /// The colour of a trial of group number `group`; grey where it has no such number.
    pub fn of(&self, group: usize, case: &Case) -> Color {
        match self {
            Shade::Groups { groups, .. } => groups.get(group).map_or(color::MUTED, |g| g.1),
            Shade::Number(measure, axis) => {
                let shade = |v: f64| color::sequential((axis.at(v) * SHADES).round() / SHADES);
                place(measure, case, &axis.scale).map_or(color::FAINT, shade)
            }
        }
    }

    /// Whether it tells trials apart.
    pub fn tells(&self) -> bool {
        match self {
            Shade::Groups { groups, .. } => groups.len() > 1,
            Shade::Number(..) => true,
        }
    }

    /// The mark of a trial of group number `group`.
    pub fn mark(&self, group: usize) -> usize {
        if matches!(self, Shade::Groups { .. }) { group } else { 0 }
    }

    /// The names of the groups, if there are several.
    pub fn entries(&self) -> Vec<label::Entry> {
        match self {
            Shade::Groups { groups, .. } if groups.len() > 1 => groups
                .iter()
                .enumerate()
                .map(|(g, (name, color))| label::Entry { name: name.clone(), color: *color, key: label::Key::Mark(g) })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The same for lines.
    pub fn lines(&self) -> Vec<label::Entry> {
        let key = label::Key::Line(Dash::Solid);
        self.entries().into_iter().map(|entry| label::Entry { key, ..entry }).collect()
    }

    fn heading(&self) -> &str {
        match self {
            Shade::Groups { heading, groups } if groups.len() > 1 => heading,
            _ => "",
        }
    }

    /// How many pixels beside the panel the legend of these entries needs.
    pub fn room(&self, entries: &[label::Entry]) -> f64 {
        let list = label::room(self.heading(), entries);
        if let Shade::Number(_, axis) = self { list.max(label::bar_room(axis)) } else { list }
    }

    /// Draw the legend: the entries, below the bar of a number.
    pub fn legend(&self, canvas: &Canvas, area: Rect, entries: &[label::Entry]) {
        let mut list = area;
        if let Shade::Number(_, axis) = self {
            list.top = label::number_bar(canvas, area, axis) + 18.0;
        }
        label::list(canvas, list, self.heading(), entries);
    }
}
