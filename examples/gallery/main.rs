//! Draws every kind of picture from made-up records into a folder, with odd and extreme ones: `cargo run --example gallery FOLDER`.
//! With `--docs` it makes docs/gallery.md and its pictures from what `caviar run docs/gallery.exp` drew.

use std::collections::BTreeMap;
use std::path::Path;

use caviar::plan::show::{Draw, Measure, Plot, Table};
use caviar::record::inspect::Inspection;
use caviar::report::markdown::markdown as report_markdown;
use caviar::report::page::{Report, page};
use caviar::report::plot::{draw, draw_all, png};
use caviar::report::table::{Style, build, html, markdown, terminal, tsv};
use caviar::report::{Inspected, Results};

mod records;
use records::*;

fn titled(title: &str, plot: Plot) -> Plot {
    Plot { title: Some(title.into()), ..plot }
}

fn by(name: &str, plot: Plot) -> Plot {
    Plot { by: vec![name.into()], ..plot }
}

fn color(measure: Measure, plot: Plot) -> Plot {
    Plot { color: Some(measure), ..plot }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".into());
    if folder == "--docs" {
        return write_docs();
    }
    std::fs::create_dir_all(&folder)?;
    let twelve: Vec<String> = (1..=12).map(|i| format!("placement number {i}")).collect();
    let twelve: Vec<&str> = twelve.iter().map(String::as_str).collect();
    let mut studies: Vec<_> = vec![
        study("placement", &["before", "after", "none"], 60, 3, 30),
        study("many", &twelve, 120, 1, 30),
        study("crowd", &["before", "after", "none"], 10_000, 1, 3),
        study("one", &["before"], 1, 1, 1),
        study("nothing", &["before"], 0, 1, 1),
        study("<script>", &["<b>bold</b>", "数値 \"&\" 🦀"], 12, 2, 10),
        panda(5),
        two(60),
    ];
    studies.extend(["grid", "random", "coarse_to_fine"].map(looked));
    let mut results =
        Results { studies: studies.into_iter().map(|s| (s.experiment.clone(), s)).collect(), ..Results::default() };

    let accuracy = || Measure::Best(DEV_ACCURACY);
    let curves = |of: &[&str]| plot(of, Draw::Curves(vec![DEV_LOSS]));
    let scatter = |of: &[&str]| plot(of, Draw::Scatter(setting("rate"), accuracy()));
    let mut plots: Vec<(&str, Plot, Vec<Inspection>)> = vec![
        ("curves-by", by("norm", curves(&["placement"])), vec![]),
        ("curves-many", by("norm", curves(&["many"])), vec![]),
        ("curves-all", curves(&["placement"]), vec![]),
        ("curves-panda", curves(&["baby"]), vec![]),
        ("curves-two", plot(&["baby"], Draw::Curves(vec![DEV_LOSS, TRAIN_LOSS])), vec![]),
        ("curves-rate", by("rate", plot(&["placement"], Draw::Curves(vec![DEV_ACCURACY]))), vec![]),
        ("curves-one", curves(&["one"]), vec![]),
        ("curves-none", curves(&["nothing"]), vec![]),
        ("curves-script", by("norm", curves(&["<script>"])), vec![]),
        ("scatter", color(setting("norm"), scatter(&["placement"])), vec![]),
        ("scatter-number", color(setting("width"), scatter(&["placement"])), vec![]),
        ("scatter-beta", plot(&["placement"], Draw::Scatter(setting("beta1"), accuracy())), vec![]),
        ("scatter-strip", color(setting("norm"), plot(&["many"], Draw::Scatter(setting("norm"), accuracy()))), vec![]),
        ("scatter-crowd", color(setting("norm"), scatter(&["crowd"])), vec![]),
        ("scatter-many", color(setting("norm"), scatter(&["many"])), vec![]),
        (
            "scatter-epochs",
            by("norm", plot(&["placement"], Draw::Scatter(setting("width"), Measure::EpochsTo(DEV_ACCURACY, 0.95)))),
            vec![],
        ),
        ("scatter-one", scatter(&["one"]), vec![]),
        ("boundary", plot(&["one"], Draw::Boundary), vec![Inspection::Boundary(boundary(3, 150))]),
        (
            "boundary-two",
            plot(&["one"], Draw::Boundary),
            vec![Inspection::Boundary(boundary(2, 60)), Inspection::Boundary(boundary(6, 300))],
        ),
        ("boundary-none", plot(&["one"], Draw::Boundary), vec![]),
    ];
    let by_norm = |p: Plot| by("norm", p);
    plots.extend([
        ("histogram", plot(&["placement"], Draw::Histogram(accuracy())), vec![]),
        ("histogram-by", by_norm(plot(&["placement"], Draw::Histogram(accuracy()))), vec![]),
        ("histogram-many", by_norm(plot(&["many"], Draw::Histogram(accuracy()))), vec![]),
        ("histogram-rate", plot(&["crowd"], Draw::Histogram(setting("rate"))), vec![]),
        ("box", by_norm(plot(&["placement"], Draw::Box(accuracy()))), vec![]),
        ("box-many", by_norm(plot(&["many"], Draw::Box(accuracy()))), vec![]),
        ("box-one", plot(&["baby"], Draw::Box(accuracy())), vec![]),
        ("heatmap", plot(&["placement"], Draw::Heatmap("rate".into(), "norm".into(), accuracy())), vec![]),
        ("heatmap-grid", plot(&["grid"], Draw::Heatmap("rate".into(), "beta1".into(), accuracy())), vec![]),
        ("heatmap-bins", plot(&["crowd"], Draw::Heatmap("rate".into(), "width".into(), accuracy())), vec![]),
        ("contour", plot(&["placement"], Draw::Contour("rate".into(), "beta1".into(), accuracy())), vec![]),
        ("contour-crowd", plot(&["crowd"], Draw::Contour("rate".into(), "width".into(), accuracy())), vec![]),
        ("contour-one", plot(&["one"], Draw::Contour("rate".into(), "width".into(), accuracy())), vec![]),
        ("parallel", plot(&["placement"], Draw::Parallel), vec![]),
        ("parallel-many", plot(&["many"], Draw::Parallel), vec![]),
        ("importance", plot(&["placement"], Draw::Importance), vec![]),
        ("importance-two", plot(&["placement", "crowd"], Draw::Importance), vec![]),
        ("pareto", plot(&["trade"], Draw::Pareto), vec![]),
        ("pareto-not", plot(&["placement"], Draw::Pareto), vec![]),
        ("confusion", plot(&["one"], Draw::Confusion), vec![Inspection::Confusion(confusion(10))]),
        (
            "confusion-two",
            plot(&["one"], Draw::Confusion),
            vec![Inspection::Confusion(confusion(2)), Inspection::Confusion(confusion(3))],
        ),
        ("samples", plot(&["grid", "random", "coarse_to_fine"], Draw::Samples("rate".into(), "beta1".into())), vec![]),
        ("samples-one", plot(&["coarse_to_fine"], Draw::Samples("rate".into(), "beta1".into())), vec![]),
        ("weights", plot(&["one"], Draw::Weights(None)), vec![Inspection::Weights(weights(true))]),
        ("weights-matrix", plot(&["one"], Draw::Weights(None)), vec![Inspection::Weights(weights(false))]),
        ("activations", plot(&["placement"], Draw::Activations(None)), vec![]),
        ("activations-by", by_norm(plot(&["placement"], Draw::Activations(Some(2)))), vec![]),
        ("gradients", plot(&["placement"], Draw::Gradients), vec![]),
        ("gradients-by", by_norm(plot(&["placement"], Draw::Gradients)), vec![]),
        (
            "surface",
            plot(&["one"], Draw::Surface(None)),
            vec![Inspection::Surface(surface(8.0)), Inspection::Surface(surface(1.0))],
        ),
        ("surface-one", plot(&["one"], Draw::Surface(None)), vec![Inspection::Surface(surface(3.0))]),
    ]);
    plots.push(("long-title", titled("A title that goes on and on, as the titles of careful people do, until it must be broken into several lines or it would run out of the picture at the right", by("norm", curves(&["placement"]))), vec![]));

    let mut inspections = BTreeMap::new();
    for (index, (_, _, found)) in plots.iter().enumerate() {
        let found = found
            .iter()
            .enumerate()
            .map(|(i, f)| Inspected { label: format!("model {}", i + 1), inspection: f.clone() });
        inspections.insert(index, found.collect());
    }
    results.inspections = inspections;
    write_report(Path::new(&folder))?;
    write_tables(Path::new(&folder), &results)?;
    for (index, (name, plot, _)) in plots.iter().enumerate() {
        let picture = draw(index, plot, &results)?;
        std::fs::write(Path::new(&folder).join(format!("{name}.svg")), &picture.svg)?;
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png(&picture)?)?;
        std::fs::write(Path::new(&folder).join(format!("{name}.txt")), &picture.alt)?;
    }
    Ok(())
}

fn write_tables(folder: &Path, results: &Results) -> Result<(), Box<dyn std::error::Error>> {
    let table = |of: &[&str], by: &[&str], show: Vec<Measure>, top: Option<u32>| Table {
        title: None,
        of: of.iter().map(|e| all(e)).collect(),
        by: by.iter().map(|b| b.to_string()).collect(),
        show,
        filters: vec![],
        sort: None,
        top,
    };
    let dev_loss = || Measure::Metric(DEV_LOSS);
    let show = || vec![Measure::Best(DEV_ACCURACY), dev_loss(), Measure::EpochsTo(DEV_ACCURACY, 0.9)];
    let mut out = String::new();
    for table in [
        table(&["placement"], &["norm"], show(), None),
        table(&["placement"], &[], vec![], Some(12)),
        table(
            &["baby", "one"],
            &[],
            vec![
                Measure::Best(DEV_ACCURACY),
                Measure::Time,
                Measure::Parameters,
                Measure::EpochsTo(DEV_ACCURACY, 0.99),
            ],
            None,
        ),
        table(&["<script>"], &["norm"], vec![], None),
        table(&["nothing"], &[], vec![], None),
    ] {
        let grid = build(&table, results)?;
        for (width, color) in [(100, false), (60, true), (24, false)] {
            out += &terminal(&grid, Style { width, color, rows: 40 });
            out.push('\n');
        }
        out += &format!("{}\n{}\n{}\n", markdown(&grid), tsv(&grid), html(&grid).into_string());
    }
    std::fs::write(folder.join("tables.txt"), out)?;
    Ok(())
}

fn write_report(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let (notebook, source, results) = notebook();
    let drawn = draw_all(&notebook, &results);
    let pictures = drawn.into_iter().filter_map(|(i, p)| Some((i, p.ok()?))).collect();
    let report = Report {
        file: "placement.exp",
        notebook: &notebook,
        source: &source,
        results: &results,
        pictures: &pictures,
        lock: Some("b3:0123456789abcdef"),
    };
    std::fs::write(folder.join("report.html"), page(&report))?;
    std::fs::write(folder.join("report.md"), report_markdown(&report))?;
    Ok(())
}

/// docs/gallery.md from docs/gallery.exp and what a run of it drew: its prose, its code, and under each plot the picture.
fn write_docs() -> Result<(), Box<dyn std::error::Error>> {
    let source = std::fs::read_to_string("docs/gallery.exp")?;
    let report = std::fs::read_to_string("docs/gallery.out/report.md")?;
    let mut pictures = report.lines().filter(|l| l.starts_with("![")).filter_map(|l| {
        let (alt, file) = l[2..].rsplit_once("](")?;
        Some((alt, file.trim_end_matches(')')))
    });
    std::fs::create_dir_all("docs/gallery")?;
    let mut out = String::new();
    for (i, part) in source.split("\"\"\"").enumerate() {
        if i % 2 == 1 {
            out += part.trim();
            out += "\n\n";
            continue;
        }
        for block in part.trim().split("\n\n").filter(|b| !b.is_empty()) {
            out += &format!("```exp\n{}\n```\n\n", block.trim());
            if block.starts_with("plot ") {
                let (alt, file) = pictures.next().ok_or("docs/gallery.out is of another notebook")?;
                std::fs::copy(format!("docs/gallery.out/{file}"), format!("docs/gallery/{file}"))?;
                out += &format!("![{alt}](gallery/{file})\n\n");
            }
        }
    }
    std::fs::write("docs/gallery.md", out.trim_end().to_string() + "\n")?;
    Ok(())
}
