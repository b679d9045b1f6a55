//! Tables and pictures of made-up records: pinned, and never a panic.

use caviar::plan::show::{Draw, Measure, Plot, Table};
use caviar::record::{Outcome, Setting, Study};
use caviar::report::Results;
use caviar::report::markdown::markdown as markdown_report;
use caviar::report::page::{Report, page};
use caviar::report::plot::{draw, draw_all, png};
use caviar::report::table::{Style, build, html, markdown, terminal, tsv};
use proptest::prelude::*;

#[allow(dead_code)]
#[path = "../../examples/gallery/records.rs"]
pub mod records;
use records::*;

fn results(studies: Vec<Study>) -> Results {
    Results { studies: studies.into_iter().map(|s| (s.experiment.clone(), s)).collect(), ..Results::default() }
}

fn table(of: &[&str], by: &[&str], show: Vec<Measure>) -> Table {
    let (of, by) = (of.iter().map(|e| all(e)).collect(), by.iter().map(|b| b.to_string()).collect());
    Table { title: None, of, by, show, filters: vec![], sort: None, top: Some(8) }
}

fn shown() -> Vec<Measure> {
    vec![Measure::Best(DEV_ACCURACY), Measure::Metric(DEV_LOSS), Measure::EpochsTo(DEV_ACCURACY, 0.9)]
}

const PLAIN: Style = Style { width: 100, color: false, rows: 50 };

#[test]
fn tables_are_pinned() {
    let results = results(vec![
        study("placement", &["before", "after", "none"], 30, 3, 30),
        study("odd", &["<script>alert(1)</script>", "数値 🦀|*_*"], 8, 1, 6),
        panda(4),
        study("nothing", &["a"], 0, 1, 1),
    ]);
    let groups = build(&table(&["placement"], &["norm"], shown()), &results).unwrap();
    let trials = build(&table(&["placement"], &[], vec![]), &results).unwrap();
    let odd = build(&table(&["odd"], &["norm"], vec![]), &results).unwrap();
    let never =
        build(&table(&["baby"], &[], vec![Measure::EpochsTo(DEV_ACCURACY, 0.999), Measure::Parameters]), &results)
            .unwrap();
    let nothing = build(&table(&["nothing"], &[], vec![]), &results).unwrap();
    insta::assert_snapshot!("groups", terminal(&groups, PLAIN));
    insta::assert_snapshot!("groups_in_colour", terminal(&groups, Style { color: true, ..PLAIN }));
    insta::assert_snapshot!("groups_markdown", markdown(&groups));
    insta::assert_snapshot!("groups_html", html(&groups).into_string());
    insta::assert_snapshot!("trials", terminal(&trials, PLAIN));
    insta::assert_snapshot!("trials_without_room", terminal(&trials, Style { width: 60, ..PLAIN }));
    insta::assert_snapshot!("trials_tsv", tsv(&trials));
    insta::assert_snapshot!(
        "odd_names",
        format!("{}\n{}\n{}", terminal(&odd, PLAIN), markdown(&odd), html(&odd).into_string())
    );
    insta::assert_snapshot!("never_reached", terminal(&never, PLAIN));
    insta::assert_snapshot!("no_trials", terminal(&nothing, PLAIN));
}

#[test]
fn columns_fit_the_terminal() {
    let results = results(vec![study("placement", &["before", "数値 🦀", "none"], 30, 3, 30)]);
    let grid = build(&table(&["placement"], &[], shown()), &results).unwrap();
    for width in [20, 40, 60, 80, 120, 200] {
        for line in terminal(&grid, Style { width, color: false, rows: 50 }).lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(width), "{width}: {line}");
        }
    }
}

#[test]
fn the_best_is_marked_and_what_is_lost_is_counted() {
    let results = results(vec![study("placement", &["before", "after", "none"], 60, 3, 30)]);
    let grid = build(&table(&["placement"], &["norm"], shown()), &results).unwrap();
    let column = grid.columns.iter().position(|c| c.name == "best(dev.accuracy)").unwrap();
    let best: Vec<f64> = grid.rows.iter().filter(|r| r[column].best).filter_map(|r| r[column].value).collect();
    let all: Vec<f64> = grid.rows.iter().filter_map(|r| r[column].value).collect();
    assert_eq!(best, [all.iter().copied().fold(0.0, f64::max)]);
    let lost: f64 = grid.rows.iter().filter_map(|r| r.last().unwrap().value).sum();
    let diverged =
        results.studies["placement"].trials.iter().flat_map(|t| &t.runs).filter(|r| r.outcome == Outcome::Diverged);
    assert_eq!(lost, diverged.count() as f64);
}

/// A row a value of a grid, and every value with the digits that its own interval leaves.
#[test]
fn numbers_of_a_grid_are_rows_and_small_values_are_not_zero() {
    let mut study = study("placement", &["before"], 48, 3, 6);
    let rates = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
    for trial in &mut study.trials {
        let at = trial.index as usize % rates.len();
        trial.settings.insert("rate".into(), Setting::Number(rates[at]));
        for (r, run) in trial.runs.iter_mut().enumerate() {
            // From a hundred down to 10⁻¹³, with a spread of some percent.
            let loss = 100.0
                * caviar::kernel::math::powi(0.1, at as i32)
                * (1.0 + 0.03 * r as f64 + 0.01 * (trial.index / 16) as f64);
            run.outcome = Outcome::Finished;
            run.metrics.insert("dev.loss".into(), loss);
        }
    }
    let results = results(vec![study]);
    let grid =
        build(&Table { top: None, ..table(&["placement"], &["rate"], vec![Measure::Metric(DEV_LOSS)]) }, &results)
            .unwrap();
    assert_eq!(grid.rows.len(), rates.len());
    assert_eq!((grid.rows[0][0].text.as_str(), grid.rows[15][0].text.as_str()), ("0.0001", "10"));
    let column = grid.columns.iter().position(|c| c.name == "dev.loss").unwrap();
    for row in &grid.rows {
        let cell = &row[column];
        let (mean, half) = cell.text.split_once(" ± ").unwrap();
        assert!([mean, half].iter().all(|n| n.contains(|c: char| c.is_ascii_digit() && c != '0')), "{}", cell.text);
    }
    insta::assert_snapshot!("digits", terminal(&grid, PLAIN));
    // Without intervals, too.
    let mut single = results.clone();
    single.studies.values_mut().flat_map(|s| &mut s.trials).for_each(|t| t.runs.truncate(1));
    single.studies.values_mut().for_each(|s| s.trials.truncate(16));
    let grid =
        build(&Table { top: None, ..table(&["placement"], &["rate"], vec![Measure::Metric(DEV_LOSS)]) }, &single)
            .unwrap();
    insta::assert_snapshot!("digits_of_single_values", terminal(&grid, PLAIN));
}

#[test]
fn an_experiment_without_results_is_an_error() {
    assert!(build(&table(&["gone"], &[], vec![]), &Results::default()).is_err());
    assert!(draw(0, &plot(&["gone"], Draw::Parallel), &Results::default()).is_err());
}

/// The page and the Markdown of a whole notebook, without the fonts, pictures and style, which are pinned elsewhere or need not be.
#[test]
fn the_report_is_pinned() {
    let (notebook, source, results) = notebook();
    let pictures = draw_all(&notebook, &results).into_iter().filter_map(|(i, p)| Some((i, p.ok()?))).collect();
    let report = Report {
        file: "placement.exp",
        notebook: &notebook,
        source: &source,
        results: &results,
        pictures: &pictures,
        lock: Some("0123"),
    };
    let html = page(&report);
    assert_eq!(html, page(&report));
    assert!(html.len() < 2_000_000, "{}", html.len());
    let mut body = html[html.find("<body>").unwrap()..html.rfind("<script nonce").unwrap()].to_string();
    while let Some(start) = body.find("<svg") {
        // A picture holds one level of nested svg for its clips; the outermost ends before the figure does.
        let end = start + body[start..].find("</figure>").unwrap();
        body.replace_range(start..end, "(picture)");
    }
    assert!(!body.contains("<script"), "{body}");
    insta::assert_snapshot!("page", body.replace("</tr>", "</tr>\n").replace("</p>", "</p>\n"));
    insta::assert_snapshot!("markdown", markdown_report(&report));
}

#[test]
fn equal_titles_are_different_files() {
    let mut notebook = caviar::plan::notebook::Notebook::default();
    notebook.items = vec![caviar::plan::notebook::Item::Plot(plot(&["baby"], Draw::Parallel)); 3];
    let drawn = draw_all(&notebook, &results(vec![panda(1)]));
    let stems: Vec<String> = drawn.into_values().map(|p| p.unwrap().file_stem).collect();
    assert_eq!(stems, ["all-settings-of-baby", "all-settings-of-baby-2", "all-settings-of-baby-3"]);
}

/// Records with what goes wrong: no runs, no epochs, not finite, huge, odd names.
fn broken() -> impl Strategy<Value = Study> {
    let value = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), Just(-1e300), Just(1e-300), -2.0..2.0f64];
    let series = prop::collection::vec(value.clone(), 0..5);
    let name = prop_oneof![
        Just("a".to_string()),
        Just("<script>".to_string()),
        Just("数\u{202e}\u{0}\n|".to_string()),
        "\\PC{0,80}"
    ];
    let trial = (prop::collection::vec((series, 0..3usize), 0..3), value, name.clone());
    (prop::collection::vec(trial, 0..6), name).prop_map(|(trials, experiment)| {
        let mut study = study(&experiment, &["before", "after"], trials.len() as u32, 3, 2);
        for (trial, (runs, rate, label)) in study.trials.iter_mut().zip(trials) {
            trial.runs.truncate(runs.len());
            trial.settings.insert("rate".into(), Setting::Number(rate));
            trial.settings.insert("norm".into(), Setting::Label(label));
            for (run, (series, outcome)) in trial.runs.iter_mut().zip(runs) {
                run.outcome = [Outcome::Finished, Outcome::Diverged, Outcome::Pruned][outcome].clone();
                run.metrics = series.last().map(|v| ("dev.accuracy".to_string(), *v)).into_iter().collect();
                run.series.insert("dev.loss".into(), series.clone());
                run.series.insert("dev.accuracy".into(), series);
                run.changes = vec![0, 1, 7];
            }
        }
        study
    })
}

/// Every kind of picture of an experiment, with and without groups and colours.
fn every_plot(of: &str) -> Vec<Plot> {
    let loss = || Measure::Metric(DEV_LOSS);
    let draws = [
        Draw::Curves(vec![DEV_LOSS]),
        Draw::Curves(vec![DEV_LOSS, TRAIN_LOSS]),
        Draw::Scatter(setting("rate"), loss()),
        Draw::Scatter(setting("norm"), Measure::EpochsTo(DEV_ACCURACY, 0.9)),
        Draw::Histogram(loss()),
        Draw::Box(loss()),
        Draw::Heatmap("rate".into(), "norm".into(), loss()),
        Draw::Contour("rate".into(), "beta1".into(), loss()),
        Draw::Parallel,
        Draw::Importance,
        Draw::Pareto,
        Draw::Boundary,
        Draw::Confusion,
        Draw::Samples("rate".into(), "beta1".into()),
        Draw::Weights(None),
        Draw::Activations(None),
        Draw::Gradients,
        Draw::Surface(None),
    ];
    let mut plots: Vec<Plot> = draws.into_iter().map(|d| plot(&[of], d)).collect();
    let plain = plots.clone();
    plots.extend(plain.iter().map(|p| Plot { by: vec!["norm".into()], ..p.clone() }));
    plots.extend(plain.iter().map(|p| Plot { color: Some(setting("rate")), ..p.clone() }));
    plots
}

/// The same picture twice is the same bytes, and its PNG is not blank.
#[test]
fn pictures_are_the_same_bytes() {
    let results = results(vec![study("placement", &["before", "after", "none"], 20, 2, 10)]);
    for (index, plot) in every_plot("placement").iter().enumerate() {
        let (a, b) = (draw(index, plot, &results).unwrap(), draw(index, plot, &results).unwrap());
        assert_eq!(a, b);
        if index < 18 {
            let (p, q) = (png(&a).unwrap(), png(&b).unwrap());
            assert_eq!(p, q);
            assert!(p.len() > 4000, "{} is blank", a.title);
        }
    }
}

/// The SVG text of every kind is pinned by its digest; a change of drawing changes it.
#[test]
fn pictures_are_pinned() {
    let results = results(vec![study("placement", &["before", "after", "none"], 20, 2, 10)]);
    let lines: Vec<String> = every_plot("placement")
        .iter()
        .enumerate()
        .map(|(i, p)| draw(i, p, &results).unwrap())
        .map(|p| format!("{} {}", &blake3::hash(p.svg.as_bytes()).to_hex()[..16], p.alt))
        .collect();
    insta::assert_snapshot!("pictures", lines.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_record_makes_a_panic(study in broken(), width in 0..200u16) {
        let name = study.experiment.clone();
        let results = results(vec![study]);
        for (index, plot) in every_plot(&name).iter().enumerate() {
            let picture = draw(index, plot, &results).unwrap();
            prop_assert!(!picture.svg.contains("<script"), "{}", picture.svg);
            prop_assert!(!picture.svg.contains("NaN") && !picture.svg.contains("inf"), "{}", picture.svg);
            if index == width as usize % 18 {
                png(&picture).unwrap();
            }
        }
        for by in [&[][..], &["norm"], &["rate", "norm"]] {
            let grid = build(&table(&[&name], by, shown()), &results).unwrap();
            let page = html(&grid).into_string();
            prop_assert!(!page.contains("<script"));
            let _ = (terminal(&grid, Style { width, color: true, rows: 3 }), markdown(&grid));
            let text = tsv(&grid);
            let tabs = text.lines().next().map_or(0, |l| l.matches('\t').count());
            prop_assert!(text.lines().all(|l| l.matches('\t').count() == tabs));
        }
    }
}
