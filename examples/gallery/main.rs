//! Draws every kind of picture from made-up records into a folder, with odd and extreme ones: `cargo run --example gallery FOLDER`.
//! With `--docs` it makes docs/gallery.md and its pictures, one of each kind.

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
    let docs = folder == "--docs";
    let folder = if docs { "docs/gallery".to_string() } else { folder };
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
            plot(&["one"], Draw::Surface),
            vec![Inspection::Surface(surface(8.0)), Inspection::Surface(surface(1.0))],
        ),
        ("surface-one", plot(&["one"], Draw::Surface), vec![Inspection::Surface(surface(3.0))]),
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
    if docs {
        return write_docs(Path::new(&folder), &plots, &results);
    }
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

/// One picture of each kind, with the lines that ask for it.
const KINDS: [(&str, &str, &str); 16] = [
    (
        "curves-by",
        "A line a group with a band over its trials; of one trial, a band over its seeds. Dashed upright lines mark where settings change.",
        "plot { of = placement, draw = curves(dev.loss), by = norm }",
    ),
    (
        "scatter",
        "A mark a trial, on the scales of the space; what diverged is a cross at the rim, the best has a ring.",
        "plot { of = placement, draw = scatter(rate, best(dev.accuracy)), color = norm }",
    ),
    (
        "histogram-by",
        "How a measure is spread, the groups under each other.",
        "plot { of = placement, draw = histogram(best(dev.accuracy)), by = norm }",
    ),
    (
        "box",
        "Quartiles, and the trials themselves.",
        "plot { of = placement, draw = box(best(dev.accuracy)), by = norm }",
    ),
    (
        "heatmap",
        "The mean over cells of two settings; numbers that take many values are put into bins of their scale.",
        "plot { of = placement, draw = heatmap(rate, norm, best(dev.accuracy)) }",
    ),
    (
        "contour",
        "The same, smoothed over trials anywhere in the plane.",
        "plot { of = placement, draw = contour(rate, beta1, best(dev.accuracy)) }",
    ),
    ("parallel", "All settings of all trials at once.", "plot { of = placement, draw = parallel }"),
    ("importance", "Which settings matter for being among the best.", "plot { of = placement, draw = importance }"),
    (
        "pareto",
        "Two objectives (`maximize = [best(dev.accuracy)], minimize = [parameters]`) and what cannot be bettered in both.",
        "plot { of = trade, draw = pareto }",
    ),
    (
        "boundary",
        "The class that the best model gives every point of the plane of two features.",
        "plot { of = regions.best, draw = boundary }",
    ),
    ("confusion", "Truth against prediction.", "plot { of = placement.best, draw = confusion }"),
    (
        "samples",
        "Where searches looked, round by round.",
        "plot { of = [grid, random, coarse_to_fine], draw = samples(rate, beta1) }",
    ),
    ("weights", "What the units of the first layer look at.", "plot { of = placement.best, draw = weights }"),
    (
        "activations",
        "How the output of every layer is spread over the epochs.",
        "plot { of = placement.best, draw = activations }",
    ),
    (
        "gradients",
        "The size of each layer's gradient over the epochs.",
        "plot { of = placement.best, draw = gradients }",
    ),
    (
        "surface",
        "The loss around the solution and the way to it: the bowl of a linear model with its inputs as they are, and normalised.",
        "plot { of = [raw.best, normalised.best], draw = surface }",
    ),
];

fn write_docs(
    folder: &Path,
    plots: &[(&str, Plot, Vec<Inspection>)],
    results: &Results,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut out =
        "# Gallery\n\nOne picture of each kind, from made-up records, with the line of a notebook that asks for it. \
                   `cargo run --example gallery -- --docs` makes this page.\n"
            .to_string();
    for (wanted, what, line) in KINDS {
        let found = plots.iter().position(|(name, ..)| *name == wanted);
        let index = found.ok_or_else(|| format!("no plot is named {wanted}"))?;
        let picture = draw(index, &plots[index].1, results)?;
        std::fs::write(folder.join(format!("{wanted}.png")), png(&picture)?)?;
        let kind = wanted.split('-').next().unwrap_or(wanted);
        out += &format!("\n## {kind}\n\n{what}\n\n```\n{line}\n```\n\n![{}](gallery/{wanted}.png)\n", picture.alt);
    }
    std::fs::write("docs/gallery.md", out)?;
    Ok(())
}
