//! How much each hyperparameter matters for being among the best trials: a bar each.

use std::borrow::Cow;

use crate::plan::show::Pick;
use crate::record::Study;
use crate::stats::importance::importance;

use super::super::figure::number::fixed;
use super::super::figure::{Axis, Panel, Rect, Scale, Text, color};
use super::super::name;
use super::{Drawing, Input, count};

/// Draw the shares, a panel a selection.
pub fn draw(input: &Input) -> Drawing {
    let of = &input.plot.of;
    let studies: Vec<(String, Cow<Study>)> = of
        .iter()
        .enumerate()
        .filter_map(|(part, selection)| {
            let mine: Vec<_> = input.cases.iter().filter(|c| c.part == part).collect();
            let study = mine.first()?.study;
            let whole = selection.filters.is_empty() && selection.pick == Pick::All && input.plot.filters.is_empty();
            let study = if whole {
                Cow::Borrowed(study)
            } else {
                let mut part = Study::clone(study);
                part.trials = mine.iter().map(|c| c.trial.clone()).collect();
                Cow::Owned(part)
            };
            Some((name::selection(selection), study))
        })
        .collect();
    let found: Vec<(String, Vec<(String, f64)>)> = studies
        .iter()
        .map(|(name, study)| {
            (name.clone(), importance(study).into_iter().map(|i| (i.name, i.share)).collect::<Vec<_>>())
        })
        .filter(|(_, shares)| shares.iter().any(|s| s.1 > 0.0))
        .collect();
    if found.is_empty() {
        return input.empty("settings and values that differ");
    }
    let most = found.iter().map(|f| f.1.len()).max().unwrap_or(1);
    let columns = found.len().min(2);
    let rows = found.len().div_ceil(columns);
    let height = 90 + rows as u32 * (90 + 34 * most.min(16) as u32);
    let notes = ["How differently a setting is spread among the best tenth of the trials and among all (PED-ANOVA), as a share of the sum.".to_string()];
    let (figure, main, _) = input.figure(&notes, height, 0.0);
    let mut alt = format!("{}.", input.title);
    for ((name, shares), area) in found.iter().zip(main.split(columns, rows, 20.0)) {
        let shown = &shares[..shares.len().min(16)];
        // The most important stands at the top.
        let names: Vec<String> = shown.iter().rev().map(|s| s.0.clone()).collect();
        let longest = shown.iter().map(|s| s.1).fold(0.0, f64::max);
        let x = Axis::between("share (%)", Scale::Linear, 0.0, 100.0 * longest * 1.12);
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
