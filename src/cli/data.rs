//! `caviar show data`: what a data block holds, and what looks wrong with it.

use std::path::Path;
use std::sync::Arc;

use image::{ImageFormat, Rgb, RgbImage};

use super::Exit;
use super::args::ShowData;
use super::terminal::{Terminal, count};
use crate::data::field;
use crate::data::summary::{ColumnSummary, Range, Sample, Summary, summary};
use crate::nn::layer::Shape;
use crate::record::atomic;
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
pub fn run(args: &ShowData, terminal: &Terminal) -> Exit {
    let (path, name) = (args.path.as_path(), args.name.as_deref());
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
            Ok(found) => {
                show(name, &found, terminal);
                if let Some(to) = &args.picture
                    && let Err(exit) = save(&found, to, terminal)
                {
                    return exit;
                }
            }
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
        // The target, which is last, stays.
        let kinds = |column: usize| if column + 1 == found.header.len() { Kind::Head } else { Kind::Setting };
        grid("First rows", found.header.iter().enumerate().map(|(i, name)| (name.as_str(), kinds(i))), rows, terminal);
    }
    if let Shape::Image(height, width, channels) = facts.shape {
        let firsts: Vec<&Sample> = match facts.classes {
            Some(_) => found.samples.chunk_by(|a, b| a.label == b.label).map(|class| &class[0]).collect(),
            None => found.samples.iter().collect(),
        };
        pictures(&firsts, (height, width, channels), found.pixels, terminal);
    }
    warnings(found, terminal);
}

fn span(range: &Range) -> String {
    let [least, most, mean, deviation] = [range.least, range.most, range.mean, range.deviation].map(number);
    format!("{least} to {most}, mean {mean}, deviation {deviation}")
}

fn balance(classes: &[String], found: &Summary, terminal: &Terminal) {
    let counts = ["train", "dev", "test"].map(|set| (set, Kind::Head));
    let header = std::iter::once(("class", Kind::Words)).chain(counts);
    let rows = classes.iter().enumerate().map(|(i, class)| {
        let counts = found.balance.iter().map(|set| set.get(i).copied().unwrap_or(0));
        std::iter::once(Cell::text(class)).chain(counts.map(|n| Cell::number(n.to_string(), n as f64))).collect()
    });
    grid("Classes", header, rows.collect(), terminal);
}

fn columns(columns: &[ColumnSummary], terminal: &Terminal) {
    let header = [
        ("column", Kind::Words),
        ("kind", Kind::Setting),
        ("missing", Kind::Setting),
        ("different", Kind::Setting),
        ("values", Kind::Words),
    ];
    let rows = columns.iter().take(COLUMNS).map(|column| {
        let values = match &column.range {
            Some(range) if column.kind == "date" => {
                format!("{} to {}", field::date_text(range.least), field::date_text(range.most))
            }
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

fn grid<'a>(title: &str, header: impl IntoIterator<Item = (&'a str, Kind)>, rows: Vec<Vec<Cell>>, terminal: &Terminal) {
    let columns = header.into_iter().map(|(name, kind)| Column { name: name.into(), kind }).collect();
    let grid = Grid { title: title.into(), columns, rows, notes: Vec::new() };
    terminal.line("");
    if terminal.output {
        terminal.line(table::terminal(&grid, terminal.table()).trim_end());
    } else {
        terminal.line(format!("{title}\n\n{}", table::markdown(&grid)));
    }
}

/// From the darkest to the lightest pixel of all images, as 0 to 1.
fn share(pixel: f64, pixels: Option<Range>) -> f64 {
    match pixels {
        Some(Range { least, most, .. }) if most > least => ((pixel - least) / (most - least)).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

/// Images in characters, the mean of their channels, as many side by side as there is room for.
fn pictures(
    samples: &[&Sample],
    (height, width, channels): (usize, usize, usize),
    pixels: Option<Range>,
    terminal: &Terminal,
) {
    // At most so many columns, two characters each.
    let step = width.div_ceil((terminal.width / 2).clamp(1, 32)).max(1);
    let across = width.div_ceil(step) * 2;
    let beside = ((terminal.width + 2) / (across + 2)).max(1);
    for samples in samples.chunks(beside) {
        terminal.line("");
        let labels = samples.iter().map(|sample| {
            let label: String = sample.label.chars().take(across).collect();
            format!("{label:across$}")
        });
        terminal.line(labels.collect::<Vec<String>>().join("  ").trim_end());
        for row in (0..height).step_by(step) {
            let parts = samples.iter().map(|sample| {
                let shades = (0..width).step_by(step).flat_map(|column| {
                    let at = (row * width + column) * channels;
                    let sum: f64 = sample.pixels[at..at + channels].iter().map(|&p| f64::from(p)).sum();
                    let share = share(sum / channels as f64, pixels);
                    let shade = SHADES[((share * SHADES.len() as f64) as usize).min(SHADES.len() - 1)];
                    [shade, shade]
                });
                shades.collect::<String>()
            });
            terminal.line(parts.collect::<Vec<String>>().join("  ").trim_end());
        }
    }
}

/// Images as a PNG: a row a class, the pixels enlarged so that small images can be seen.
fn save(found: &Summary, to: &Path, terminal: &Terminal) -> Result<(), Exit> {
    let Shape::Image(height, width, channels) = found.facts.shape else {
        terminal.error("only images make a picture, and these data have none");
        return Err(Exit::Usage);
    };
    let rows: Vec<&[Sample]> = match found.facts.classes {
        Some(_) => found.samples.chunk_by(|a, b| a.label == b.label).collect(),
        None => vec![&found.samples],
    };
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let times = (64 / height.max(width)).max(1);
    let gap = 2;
    let side = |images: usize, pixels: usize| (gap + images * (pixels * times + gap)) as u32;
    let mut picture = RgbImage::from_pixel(side(columns, width), side(rows.len(), height), Rgb([255; 3]));
    for (down, row) in rows.iter().enumerate() {
        for (right, sample) in row.iter().enumerate() {
            for y in 0..height * times {
                for x in 0..width * times {
                    let at = (y / times * width + x / times) * channels;
                    let pixel = &sample.pixels[at..at + channels];
                    let shade = |p: f64| (share(p, found.pixels) * 255.0).round() as u8;
                    let color = match *pixel {
                        [r, g, b] => [r, g, b].map(|p| shade(p.into())),
                        _ => [shade(pixel.iter().map(|&p| f64::from(p)).sum::<f64>() / channels as f64); 3],
                    };
                    picture.put_pixel(side(right, width) + x as u32, side(down, height) + y as u32, Rgb(color));
                }
            }
        }
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, ImageFormat::Png).map_err(|e| e.to_string());
    if let Err(error) = written.and_then(|()| atomic::replace(to, bytes.get_ref()).map_err(|e| e.to_string())) {
        terminal.error(format!("cannot write {}: {error}", to.display()));
        return Err(Exit::Failed);
    }
    terminal.line(format!("\nwritten: {}", to.display()));
    Ok(())
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
                "{} of {set} {} in train too: {set} says too much good of a model",
                count(shared, "row"),
                if shared == 1 { "stands" } else { "stand" }
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
