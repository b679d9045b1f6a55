//! `caviar data`: what a data block holds, and what looks wrong with it.

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::terminal::{Terminal, count};
use crate::data::summary::{ColumnSummary, Range, Sample, Summary, summary};
use crate::nn::layer::Shape;
use crate::report::name::number;
use crate::report::table;
use crate::report::table::{Cell, Column, Grid, Kind};
use crate::run::datasets::Datasets;
use crate::run::open::open;

/// Columns of a table that are shown.
const COLUMNS: usize = 60;
/// From dark to light.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Show data blocks.
pub fn run(path: &Path, name: Option<&str>, terminal: &Terminal) -> Exit {
    if !path.is_file() {
        terminal.error(format!("there is no file {}", path.display()));
        return Exit::Usage;
    }
    let opened = open(path, &Arc::new(Datasets::new()));
    if opened.has_errors() {
        terminal.diagnostics(&opened.diagnostics, &opened.sources);
        return Exit::Mistakes;
    }
    let chosen: Vec<_> = opened.named.iter().filter(|(own, _)| name.is_none_or(|name| name == own)).collect();
    if chosen.is_empty() {
        let mut names: Vec<String> = opened.named.iter().map(|(own, _)| format!("`{own}`")).collect();
        names.dedup();
        terminal.error(match (name, names.is_empty()) {
            (Some(name), false) => format!("there is no data block `{name}`; the file has {}", names.join(", ")),
            _ => "the file has no data block that an experiment uses".into(),
        });
        return Exit::Usage;
    }
    for (name, pipeline) in chosen {
        match summary(pipeline, Path::new("")) {
            Ok(found) => show(name, &found, terminal),
            Err(error) => {
                terminal.error(error.to_string());
                terminal.say(format!("help: {}", error.help()));
                return Exit::Failed;
            }
        }
    }
    Exit::Good
}

fn show(name: &str, found: &Summary, terminal: &Terminal) {
    let facts = &found.facts;
    let features = match facts.shape {
        Shape::Flat(n) => count(n, "feature"),
        image @ Shape::Image(..) => format!("images of {image}"),
    };
    let [train, dev, test] = facts.sets;
    terminal.line(format!("{name}: {}, {features}", count(facts.rows, "row")));
    terminal.line(format!("  train {train}, dev {dev}, test {test}; target `{}`", facts.target));
    if let Some(range) = &found.pixels {
        terminal.line(format!("  pixels {}", span(range)));
    }
    if let Some(range) = &found.target {
        terminal.line(format!("  target {}", span(range)));
    }
    if let Some(classes) = &facts.classes {
        balance(classes, found, terminal);
    }
    columns(&found.columns, terminal);
    if !found.first.is_empty() && found.header.len() <= COLUMNS {
        let rows = found.first.iter().map(|row| row.iter().map(Cell::text).collect()).collect();
        grid("First rows", found.header.clone(), rows, terminal);
    }
    if let Shape::Image(height, width, channels) = facts.shape {
        found.samples.iter().for_each(|sample| picture(sample, (height, width, channels), found.pixels, terminal));
    }
    warnings(found, terminal);
}

fn span(range: &Range) -> String {
    let [least, most, mean, deviation] = [range.least, range.most, range.mean, range.deviation].map(number);
    format!("{least} to {most}, mean {mean}, deviation {deviation}")
}

fn balance(classes: &[String], found: &Summary, terminal: &Terminal) {
    let header = ["class", "train", "dev", "test"].map(str::to_string).to_vec();
    let rows = classes.iter().enumerate().map(|(i, class)| {
        let counts = found.balance.iter().map(|set| set.get(i).copied().unwrap_or(0));
        std::iter::once(Cell::text(class)).chain(counts.map(|n| Cell::number(n.to_string(), n as f64))).collect()
    });
    grid("Classes", header, rows.collect(), terminal);
}

fn columns(columns: &[ColumnSummary], terminal: &Terminal) {
    let header = ["column", "kind", "missing", "different", "values"].map(str::to_string).to_vec();
    let rows = columns.iter().take(COLUMNS).map(|column| {
        let values = match &column.range {
            Some(range) => span(range),
            None => column.frequent.iter().map(|(text, n)| format!("{text} ({n})")).collect::<Vec<_>>().join(", "),
        };
        let whole = |n: usize| Cell::number(n.to_string(), n as f64);
        vec![
            Cell::text(&column.name),
            Cell::text(&column.kind),
            whole(column.missing),
            whole(column.different),
            Cell::text(values),
        ]
    });
    if !columns.is_empty() {
        grid("Columns", header, rows.collect(), terminal);
    }
    if columns.len() > COLUMNS {
        terminal.line(format!("and {} more columns", columns.len() - COLUMNS));
    }
}

fn grid(title: &str, header: Vec<String>, rows: Vec<Vec<Cell>>, terminal: &Terminal) {
    let columns = header.into_iter().map(|name| Column { name, kind: Kind::Head }).collect();
    let grid = Grid { title: title.into(), columns, rows, notes: Vec::new() };
    terminal.line("");
    if terminal.output {
        terminal.line(table::terminal(&grid, terminal.table()));
    } else {
        terminal.line(format!("{title}\n\n{}", table::markdown(&grid)));
    }
}

/// An image in characters, the mean of its channels.
fn picture(
    sample: &Sample,
    (height, width, channels): (usize, usize, usize),
    pixels: Option<Range>,
    terminal: &Terminal,
) {
    let (least, most) = pixels.map_or((0.0, 1.0), |range| (range.least, range.most));
    // At most so many columns, two characters each.
    let step = width.div_ceil((terminal.width / 2).clamp(1, 32)).max(1);
    terminal.line(format!("\n{}", sample.label));
    for row in (0..height).step_by(step) {
        let line: String = (0..width)
            .step_by(step)
            .flat_map(|column| {
                let at = (row * width + column) * channels;
                let mean =
                    sample.pixels[at..at + channels].iter().map(|&p| f64::from(p)).sum::<f64>() / channels as f64;
                let share = if most > least { (mean - least) / (most - least) } else { 0.0 };
                let shade = SHADES[((share * SHADES.len() as f64) as usize).min(SHADES.len() - 1)];
                [shade, shade]
            })
            .collect();
        terminal.line(line.trim_end());
    }
}

fn warnings(found: &Summary, terminal: &Terminal) {
    let mut all = Vec::new();
    for column in &found.columns {
        let name = &column.name;
        if column.constant {
            all.push(format!("column `{name}` has one value in every row"));
        } else if column.identifier {
            all.push(format!("column `{name}` has a value of its own in nearly every row: an index or a name?"));
        }
        if let Some(share) = column.leak {
            all.push(format!(
                "column `{name}` alone foretells the target ({:.1} %): is it the target in other words?",
                share * 100.0
            ));
        }
    }
    if found.duplicates > 0 {
        all.push(format!("{} the same as another in features and target", are(found.duplicates)));
    }
    if found.contradictions > 0 {
        all.push(format!("{} equal features but another target than their like", have(found.contradictions)));
    }
    for (set, shared) in ["dev", "test"].iter().zip(found.shared_with_train) {
        if shared > 0 {
            all.push(format!(
                "{} of {set} stand in train too: {set} says too much good of a model",
                count(shared, "row")
            ));
        }
    }
    if !all.is_empty() {
        terminal.line("");
    }
    all.iter().for_each(|text| terminal.line(format!("warning: {text}")));
}

fn are(rows: usize) -> String {
    format!("{} {}", count(rows, "row"), if rows == 1 { "is" } else { "are" })
}

fn have(rows: usize) -> String {
    format!("{} {}", count(rows, "row"), if rows == 1 { "has" } else { "have" })
}
