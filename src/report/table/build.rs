//! From records to a grid.

use crate::plan::metric::{Direction, Measure};
use crate::plan::show::Table;
use crate::record::{Outcome, Run, Setting, Study, Trial};
use crate::stats::interval::{Interval, mean_interval};
use crate::stats::measure::{Measured, lost, measure, measure_seeds};
use crate::stats::select::ranked;

use super::super::figure::number::{decimals_for, exponent, fixed, short};
use super::super::group::{Case, Group, Groups, Missing, ROWS, cases};
use super::super::{Results, name};
use super::grid::{Cell, Column, Grid, Kind};

/// The rows of a table: a row a trial, the best first, or a row a group. A measure of one trial is the mean over its seeds, that of several
/// trials the mean over them, each with its 95 % interval (Student's t); runs that diverged have no measures and are counted.
pub fn build(table: &Table, results: &Results) -> Result<Grid, Missing> {
    let cases = cases(&table.of, &table.filters, &results.studies)?;
    let shown = if table.show.is_empty() { usual(&cases) } else { table.show.clone() };
    let mut grid = Grid { title: name::table(table), ..Grid::default() };
    if cases.is_empty() {
        grid.notes.push("no trials".into());
    }
    let mut rows: Vec<Group> = if table.by.is_empty() {
        trial_rows(&cases, table)
    } else {
        Groups::new(&cases, &table.of, &table.by, ROWS).groups
    };
    if let Some(by) = &table.sort {
        sort(&mut rows, by);
    }
    let all = rows.len();
    if let Some(top) = table.top {
        rows.truncate(top as usize);
    }
    if rows.len() < all {
        grid.notes.push(format!("{} of {all} rows", rows.len()));
    }
    heads(&mut grid, table, &cases, &rows, &shown);
    for measure in &shown {
        add_measure(&mut grid, measure, &rows, &cases);
    }
    lost_column(&mut grid, &rows);
    if grid.rows.iter().flatten().any(|c| c.half_width.is_some()) {
        let over = if table.by.is_empty() || rows.iter().all(|r| r.cases.len() == 1) { "seeds" } else { "trials" };
        grid.notes.push(format!("mean ± half of its 95 % interval over {over}"));
    }
    if grid.rows.iter().flatten().any(|c| c.lower_bound) {
        grid.notes.push("≥: not reached in the epochs trained".into());
    }
    Ok(grid)
}

/// What is shown when nothing is asked for: the objectives, and the dev loss beside another objective.
fn usual(cases: &[Case]) -> Vec<Measure> {
    let mut shown: Vec<Measure> = Vec::new();
    for case in cases {
        for objective in &case.study.objectives {
            if !shown.contains(&objective.measure) {
                shown.push(objective.measure.clone());
            }
        }
    }
    if !cases.is_empty() {
        let loss = Measure::Metric(crate::plan::metric::Metric {
            set: crate::plan::metric::Set::Dev,
            kind: crate::plan::metric::MetricKind::Loss,
        });
        let has = |run: &Run| run.metrics.contains_key("dev.loss") || run.series.contains_key("dev.loss");
        if !shown.contains(&loss) && cases.iter().any(|case| case.trial.runs.iter().any(has)) {
            shown.push(loss);
        }
    }
    shown
}

/// A row a trial: in the order of the selections, within an experiment the best first.
fn trial_rows<'a>(cases: &[Case<'a>], table: &Table) -> Vec<Group<'a>> {
    let mut rows = Vec::new();
    for part in 0..table.of.len() {
        let mine: Vec<&Case> = cases.iter().filter(|c| c.part == part).collect();
        let Some(first) = mine.first() else { continue };
        let trials: Vec<&Trial> = mine.iter().map(|c| c.trial).collect();
        for trial in ranked(first.study, &trials) {
            let case = Case { study: first.study, trial, part };
            rows.push(Group { name: String::new(), cases: vec![case] });
        }
    }
    rows
}

fn direction(m: &Measure, study: Option<&Study>) -> Option<Direction> {
    let named = study.and_then(|s| s.objectives.iter().find(|o| o.measure == *m)).map(|o| o.direction);
    named.or_else(|| m.direction())
}

/// Best first by a measure; rows without it last, in their order.
fn sort(rows: &mut [Group], by: &Measure) {
    let falls = direction(by, rows.first().map(|r| r.cases[0].study)) == Some(Direction::Maximize);
    rows.sort_by(|a, b| {
        let key = |g: &Group| interval(g, by).map(|i| if falls { -i.0.mean } else { i.0.mean });
        match (key(a), key(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    });
}

/// The values behind a row: one a seed of a single trial, or one a trial.
fn values(group: &Group, m: &Measure) -> Vec<Measured> {
    match group.cases.as_slice() {
        [one] => {
            let seeds: Vec<Measured> = one
                .trial
                .runs
                .iter()
                .zip(measure_seeds(one.trial, m))
                .filter(|(r, _)| !lost(r))
                .filter_map(|(_, v)| v)
                .collect();
            if seeds.is_empty() && one.trial.runs.is_empty() {
                measure(one.trial, m).into_iter().collect()
            } else {
                seeds
            }
        }
        many => many.iter().filter(|c| !c.trial.runs.iter().any(lost)).filter_map(|c| measure(c.trial, m)).collect(),
    }
}

fn interval(group: &Group, m: &Measure) -> Option<(Interval, bool)> {
    let values = values(group, m);
    let bound = values.iter().any(|v| v.lower_bound);
    mean_interval(&values.iter().map(|v| v.value).collect::<Vec<_>>(), 0.95).map(|i| (i, bound))
}

/// The names of all hyperparameters, in the order of the spaces, then those that no space has.
fn settings(cases: &[Case]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &String| {
        if !names.contains(name) {
            names.push(name.clone());
        }
    };
    for case in cases {
        case.study.space.params.iter().map(|p| &p.name).for_each(&mut add);
        case.trial.settings.keys().for_each(&mut add);
    }
    names.retain(|n| cases.iter().any(|c| c.trial.settings.contains_key(n)));
    names
}

/// The columns that say what a row is about.
fn heads(grid: &mut Grid, table: &Table, cases: &[Case], rows: &[Group], shown: &[Measure]) {
    grid.rows = vec![Vec::new(); rows.len()];
    let mut add = |name: &str, kind: Kind, cell: &dyn Fn(&Group) -> Cell| {
        grid.columns.push(Column { name: name.into(), kind });
        for (row, group) in grid.rows.iter_mut().zip(rows) {
            row.push(cell(group));
        }
    };
    if !table.by.is_empty() {
        add(&Groups::new(cases, &table.of, &table.by, ROWS).heading, Kind::Head, &|g| Cell::text(g.name.clone()));
        add("trials", Kind::Setting, &|g| Cell::number(g.cases.len().to_string(), g.cases.len() as f64));
        return;
    }
    if table.of.len() > 1 {
        let title = if table.of.iter().all(|s| s.filters.is_empty()) { "experiment" } else { "of" };
        add(title, Kind::Head, &|g| Cell::text(name::selection(&table.of[g.cases[0].part])));
    }
    add("trial", Kind::Head, &|g| {
        let index = g.cases[0].trial.index + 1;
        Cell::number(index.to_string(), f64::from(index))
    });
    for setting in settings(cases).iter().filter(|s| !shown.contains(&Measure::Setting(s.to_string()))) {
        add(setting, Kind::Setting, &|g| setting_cell(g, setting));
    }
}

/// A hyperparameter over a row's trials: the value they share, the range, or the labels.
fn setting_cell(group: &Group, setting: &str) -> Cell {
    let found: Vec<&Setting> = group.cases.iter().filter_map(|c| c.trial.settings.get(setting)).collect();
    let numbers: Vec<f64> =
        found.iter().filter_map(|s| if let Setting::Number(v) = s { Some(*v) } else { None }).collect();
    let (low, high) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    match found.first() {
        None => Cell::text("–"),
        Some(Setting::Number(v)) if low == high => Cell::number(name::number(*v), *v),
        Some(Setting::Number(_)) => Cell::text(format!("{} … {}", name::number(low), name::number(high))),
        Some(Setting::Label(_)) => {
            let mut labels: Vec<String> = found.iter().map(|s| name::setting(s)).collect();
            labels.sort();
            labels.dedup();
            Cell::text(labels.join(", "))
        }
    }
}

fn add_measure(grid: &mut Grid, m: &Measure, rows: &[Group], cases: &[Case]) {
    let kind = if matches!(m, Measure::Setting(_)) { Kind::Setting } else { Kind::Measure };
    grid.columns.push(Column { name: name::measure(m), kind });
    if let Measure::Setting(setting) = m {
        for (row, group) in grid.rows.iter_mut().zip(rows) {
            row.push(setting_cell(group, setting));
        }
        return;
    }
    let found: Vec<Option<(Interval, bool)>> = rows.iter().map(|g| interval(g, m)).collect();
    // What does not change with the seed, or changes with the machine, needs no interval.
    let sure = found.iter().flatten().all(|f| f.0.half_width().is_none_or(|h| h == 0.0)) || *m == Measure::Time;
    let decimals = decimals(m, sure, found.iter().flatten().map(|f| &f.0));
    for (row, found) in grid.rows.iter_mut().zip(&found) {
        row.push(found.map_or_else(|| Cell::text("–"), |(i, bound)| measured(&i, bound, decimals, sure)));
    }
    let column = grid.columns.len() - 1;
    let better = match direction(m, cases.first().map(|c| c.study)) {
        Some(Direction::Maximize) => |a: f64, b: f64| a > b,
        Some(Direction::Minimize) => |a: f64, b: f64| a < b,
        None => return,
    };
    let mut with: Vec<f64> = found.iter().flatten().filter(|f| !f.1).map(|f| f.0.mean).collect();
    with.sort_by(f64::total_cmp);
    let Some(best) = with.iter().copied().reduce(|a, b| if better(b, a) { b } else { a }) else { return };
    // Where all are equal, none is the best.
    if found.len() > 1 && (with.first() != with.last() || with.len() < found.iter().flatten().count()) {
        for (row, found) in grid.rows.iter_mut().zip(&found) {
            row[column].best = found.is_some_and(|f| !f.1 && f.0.mean == best);
        }
    }
}

/// The decimals of a column's numbers that have no interval of their own: those of a typical interval; without any, four significant digits of
/// the largest number.
fn decimals<'a>(m: &Measure, sure: bool, found: impl Iterator<Item = &'a Interval>) -> usize {
    let found: Vec<&Interval> = found.collect();
    let mut halves: Vec<f64> = found.iter().filter_map(|i| i.half_width()).filter(|h| *h > 0.0).collect();
    halves.sort_by(f64::total_cmp);
    if let Some(typical) = halves.get(halves.len() / 2).filter(|_| !sure) {
        return decimals_for(*typical).min(6);
    }
    if found.iter().all(|i| i.mean.fract() == 0.0) {
        return 0;
    }
    let large = found.iter().map(|i| i.mean.abs()).fold(0.0, f64::max);
    match m {
        Measure::Time => 2,
        _ if large >= 1000.0 => 0,
        _ if large >= 10.0 => 2,
        _ => 4,
    }
}

/// The most decimals; what needs more is written with a power of ten.
const DECIMALS: usize = 8;

/// With a power of ten, and always with what it multiplies, so that it lines up with others.
fn power(v: f64, digits: usize) -> String {
    let text = short(v, digits);
    match text.strip_prefix('−').unwrap_or(&text).strip_prefix("10") {
        Some(raised) if !raised.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') => {
            text.replacen("10", "1×10", 1)
        }
        _ => text,
    }
}

/// A number with so many decimals, or as many more as show three significant digits of it.
fn number(v: f64, decimals: usize) -> String {
    let needed = if v.fract() == 0.0 { 0 } else { (2 - exponent(v)).max(0) as usize };
    match decimals.max(needed) {
        _ if v.abs() >= 1e7 => power(v, 4),
        n if n > DECIMALS && v != 0.0 => power(v, 3),
        n => fixed(v, if needed > decimals { n } else { decimals }),
    }
}

/// A mean with the digits that its own interval leaves it: two significant ones of the half-width.
fn measured(i: &Interval, lower_bound: bool, decimals: usize, sure: bool) -> Cell {
    let half_width = i.half_width().filter(|_| !sure);
    let mut text = match half_width {
        Some(half) if half > 0.0 => {
            let own = decimals_for(half);
            let plain = own <= DECIMALS && (1e-8..1e7).contains(&half) && i.mean.abs() < 1e7;
            let write = |v: f64, digits: usize| if plain { fixed(v, own) } else { power(v, digits) };
            format!("{} ± {}", write(i.mean, 4), write(half, 2))
        }
        Some(_) => format!("{} ± 0", number(i.mean, decimals)),
        None => number(i.mean, decimals),
    };
    if lower_bound {
        text = format!("≥ {text}");
    }
    Cell { text, value: Some(i.mean), half_width, lower_bound, best: false }
}

/// How many runs gave no model, if any did not.
fn lost_column(grid: &mut Grid, rows: &[Group]) {
    let runs = |g: &Group| -> (usize, usize, usize) {
        let all = g.cases.iter().flat_map(|c| &c.trial.runs);
        let of = |wanted: fn(&Outcome) -> bool| all.clone().filter(|r| wanted(&r.outcome)).count();
        (of(|o| *o == Outcome::Diverged), of(|o| matches!(o, Outcome::Failed(_))), all.clone().count())
    };
    for (name, pick) in [("diverged", 0), ("failed", 1)] {
        let count = |g: &Group| if pick == 0 { runs(g).0 } else { runs(g).1 };
        if rows.iter().any(|g| count(g) > 0) {
            grid.columns.push(Column { name: name.into(), kind: Kind::Warning });
            for (row, group) in grid.rows.iter_mut().zip(rows) {
                let (lost, all) = (count(group), runs(group).2);
                row.push(match lost {
                    0 => Cell::default(),
                    n if all == 1 => Cell { value: Some(1.0), ..Cell::text(if n == 1 { "yes" } else { "" }) },
                    n => Cell { value: Some(n as f64), ..Cell::text(format!("{n} of {all}")) },
                });
            }
        }
    }
}
