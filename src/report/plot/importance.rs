//! How much each hyperparameter matters for being among the best trials: a bar each.

use crate::record::Trial;
use crate::stats::importance::importance;

use super::super::figure::number::fixed;
use super::super::figure::{Axis, Panel, Rect, Scale, Text, color};
use super::{Drawing, Input, count};

/// Draw the shares, a panel a selection or group.
pub fn draw(input: &Input) -> Drawing {
    let found: Vec<(String, Vec<(String, f64)>)> = input
        .panels()
        .into_iter()
        .filter_map(|group| {
            let study = group.cases.first()?.study;
            let trials: Vec<&Trial> = group.cases.iter().map(|c| c.trial).collect();
            // What makes the groups is the same within one.
            let mut found = importance(study, &trials);
            found.retain(|i| !input.plot.by.contains(&i.name));
            let sum: f64 = found.iter().map(|i| i.divergence).sum();
            let share = |d: f64| if sum > 0.0 { d / sum } else { 0.0 };
            Some((group.name, found.into_iter().map(|i| (i.name, share(i.divergence))).collect()))
        })
        .filter(|(_, shares): &(_, Vec<(String, f64)>)| shares.iter().any(|s| s.1 > 0.0))
        .collect();
    if found.is_empty() {
        return input.empty("settings and values that differ");
    }
    let most = found.iter().map(|f| f.1.len()).max().unwrap_or(1);
    let columns = if found.len() > 4 { 3 } else { found.len().min(2) };
    let rows = found.len().div_ceil(columns);
    let height = 90 + rows as u32 * (90 + 34 * most.min(16) as u32);
    let notes = ["How differently a setting is spread among the best tenth of the trials and among all (PED-ANOVA), as a share of the sum.".to_string()];
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let longest = found.iter().flat_map(|f| &f.1).map(|s| s.1).fold(0.0, f64::max);
    let mut alt = format!("{}.", input.title);
    for ((name, shares), area) in found.iter().zip(main.split(columns, rows, 20.0)) {
        let shown = &shares[..shares.len().min(16)];
        // The most important stands at the top.
        let names: Vec<String> = shown.iter().rev().map(|s| s.0.clone()).collect();
        // Room for the number behind the longest bar; no share is above 100 %.
        let x = Axis::between("share (%)", Scale::Linear, 0.0, (112.0 * longest).min(100.0));
        let area = if longest > 0.89 { Rect { right: area.right - 44.0, ..area } } else { area };
        let heading = if found.len() > 1 { name.as_str() } else { "" };
        let panel = Panel::new(&figure.canvas, area, heading, x, Axis::over("", Scale::Names(names), []));
        let slot = panel.frame.height() / shown.len() as f64;
        let half = (slot * 0.34).min(13.0);
        for (i, (_, share)) in shown.iter().enumerate() {
            let (right, y) = panel.at(100.0 * share, (shown.len() - 1 - i) as f64);
            figure.canvas.fill(Rect::new(panel.frame.left, y - half, right, y + half), color::group(0), 0.85);
            let percent = format!("{} %", fixed(100.0 * share, if *share < 0.1 { 1 } else { 0 }));
            figure.canvas.text_middle((right + 6.0, y), &percent, Text::new(12.0, color::INK));
        }
        let told: Vec<String> = shown.iter().take(5).map(|(n, s)| format!("{n} {} %", fixed(100.0 * s, 0))).collect();
        alt += &format!(" {name}: {}.", told.join(", "));
        if shares.len() > shown.len() {
            alt += &format!(" {} are not shown.", count(shares.len() - shown.len(), "more setting"));
        }
    }
    Drawing { svg: figure.canvas.finish(&alt), alt }
}
