//! Where things stand in pictures, over few and many, small and large, odd and missing values.

use std::collections::BTreeMap;

use caviar::plan::show::{Direction, Draw, Input, Measure, Plot};
use caviar::record::inspect::Inspection;
use caviar::record::{Outcome, Setting, Study};
use caviar::report::figure::font;
use caviar::report::plot::{draw, png};
use caviar::report::{Inspected, Results};

use crate::report::records::*;

/// A text of a picture and the box that it fills.
#[derive(Debug)]
struct Label {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Label {
    fn meets(&self, other: &Label) -> bool {
        // A touch is no collision.
        let slack = 1.0;
        self.left + slack < other.right
            && other.left + slack < self.right
            && self.top + slack < other.bottom
            && other.top + slack < self.bottom
    }
}

fn attribute(tag: &str, name: &str) -> Option<f64> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?.parse().ok()
}

/// The texts of an SVG by the widths of the embedded font.
fn labels(svg: &str) -> Vec<Label> {
    let mut found = Vec::new();
    for part in svg.split("<text").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let text = rest.split('<').next().unwrap();
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        let (x, y) = (attribute(tag, "x").unwrap(), attribute(tag, "y").unwrap());
        let size = attribute(tag, "font-size").unwrap();
        let width = font::width(&text, size, tag.contains("font-weight"));
        let before = match tag {
            t if t.contains("\"middle\"") => width / 2.0,
            t if t.contains("\"end\"") => width,
            _ => 0.0,
        };
        // Capitals and digits; what hangs below the line may.
        let up = size * font::CAPITAL;
        found.push(if tag.contains("rotate(-90") {
            Label { text, left: x - up, right: x, top: y + before - width, bottom: y + before }
        } else {
            Label { text, left: x - before, right: x - before + width, top: y - up, bottom: y }
        });
    }
    found
}

fn size(svg: &str) -> (f64, f64) {
    let tag = svg.split('>').next().unwrap();
    (attribute(tag, "width").unwrap(), attribute(tag, "height").unwrap())
}

fn kinds() -> Vec<Draw> {
    let (rate, beta, norm, width) = ("rate".to_string(), "beta1".to_string(), "norm".to_string(), "width".to_string());
    let best = || Measure::Best(DEV_ACCURACY);
    vec![
        Draw::Curves(vec![DEV_LOSS]),
        Draw::Curves(vec![DEV_LOSS, TRAIN_LOSS]),
        Draw::Scatter(setting("rate"), best()),
        Draw::Scatter(setting("norm"), Measure::Metric(DEV_LOSS)),
        Draw::Histogram(best()),
        Draw::Box(best()),
        Draw::Heatmap(rate.clone(), norm, best()),
        Draw::Heatmap(width, rate.clone(), Measure::Metric(DEV_LOSS)),
        Draw::Contour(rate.clone(), beta.clone(), best()),
        Draw::Parallel,
        Draw::Importance,
        Draw::Pareto,
        Draw::Boundary,
        Draw::Confusion,
        Draw::Samples(rate, beta),
        Draw::Weights(None),
        Draw::Activations(None),
        Draw::Activations(Some(2)),
        Draw::Gradients,
        Draw::Surface(None),
        Draw::Surface(Some([
            Direction::Weight { input: Input::Feature("petal length".into()), output: 3, layer: Some(4) },
            Direction::Principal(2),
        ])),
    ]
}

/// What pictures of models need, for so many models.
fn models(kind: &Draw, names: &[&str]) -> Vec<Inspected> {
    let of = |i: usize| {
        Some(match kind {
            Draw::Boundary => Inspection::Boundary(boundary([3, 2, 12][i % 3], 60)),
            Draw::Confusion => Inspection::Confusion(confusion([10, 2, 26][i % 3])),
            Draw::Weights(_) => Inspection::Weights(weights(i.is_multiple_of(2))),
            Draw::Surface(_) => Inspection::Surface(surface([8.0, 1.0][i % 2])),
            _ => return None,
        })
    };
    let named = names.iter().enumerate();
    named.filter_map(|(i, name)| Some(Inspected { label: name.to_string(), inspection: of(i)? })).collect()
}

fn results(study: &Study) -> Results {
    Results { studies: BTreeMap::from([(study.experiment.clone(), study.clone())]), ..Results::default() }
}

/// Every value of a study changed.
fn changed(mut study: Study, by: impl Fn(f64) -> f64) -> Study {
    for run in study.trials.iter_mut().flat_map(|t| &mut t.runs) {
        run.series.values_mut().flatten().for_each(|v| *v = by(*v));
        run.metrics.values_mut().for_each(|v| *v = by(*v));
        run.activations.iter_mut().flat_map(|a| &mut a.quantiles).flatten().for_each(|v| *v = by(*v));
        run.gradients.iter_mut().flat_map(|g| &mut g.norm).for_each(|v| *v = by(*v).abs());
    }
    study
}

/// Most trials without a value, the rest odd.
fn diverged(mut study: Study, keep: usize) -> Study {
    for trial in study.trials.iter_mut().skip(keep) {
        for run in &mut trial.runs {
            run.outcome = Outcome::Diverged;
            run.series.values_mut().for_each(|s| s.fill(f64::NAN));
            run.metrics.clear();
        }
    }
    study
}

#[test]
fn labels_stay_inside_and_apart() {
    let twelve: Vec<String> = (1..=12).map(|i| format!("placement number {i}")).collect();
    let twelve: Vec<&str> = twelve.iter().map(String::as_str).collect();
    let long = [
        "a normalisation that stands before the activation and after the product of the weights",
        "一括正規化を活性化関数の前に置く場合（バッチ正規化）🦀🦀",
        "none_at_all_but_with_a_single_long_name_that_has_no_spaces_anywhere",
    ];
    let three = ["before", "after", "none"];
    let usual = || study("placement", &three, 24, 2, 12);
    let cases: Vec<(&str, Vec<&str>, Study)> = vec![
        ("one group", vec!["before"], study("placement", &["before"], 12, 3, 12)),
        ("two groups", vec!["before", "after"], study("placement", &["before", "after"], 24, 2, 12)),
        ("twelve groups", twelve.clone(), study("placement", &twelve, 120, 1, 12)),
        ("one point", vec!["before"], study("placement", &["before"], 1, 1, 1)),
        ("no points", vec![], study("placement", &["before"], 0, 1, 1)),
        ("long names", long.to_vec(), study("an_experiment_with_quite_a_long_name", &long, 24, 2, 12)),
        ("tiny", three.to_vec(), changed(usual(), |v| v * 1e-12)),
        ("huge", three.to_vec(), changed(usual(), |v| v * 1e12)),
        ("negative", three.to_vec(), changed(usual(), |v| -v)),
        ("constant", three.to_vec(), changed(usual(), |_| 0.5)),
        ("nearly constant", three.to_vec(), changed(usual(), |v| 0.5 + v * 1e-7)),
        ("mostly diverged", three.to_vec(), diverged(usual(), 6)),
        ("all diverged", three.to_vec(), diverged(usual(), 0)),
    ];
    let mut faults = Vec::new();
    for (what, names, study) in &cases {
        let mut front = study.clone();
        front.objectives = two(1).objectives;
        for kind in kinds() {
            let study = if kind == Draw::Pareto { &front } else { study };
            let plain = Plot {
                title: (*what == "long names").then(|| long.join(" ")),
                ..plot(&[&study.experiment], kind.clone())
            };
            let mut looks = vec![
                Plot { by: vec!["norm".into()], ..plain.clone() },
                Plot { color: Some(Measure::Best(DEV_ACCURACY)), ..plain.clone() },
                plain,
            ];
            if matches!(kind, Draw::Boundary | Draw::Confusion | Draw::Weights(_) | Draw::Surface(_)) {
                looks.truncate(1);
            }
            for look in looks {
                let mut results = results(study);
                results.inspections.insert(0, models(&kind, names));
                let picture = draw(0, &look, &results).unwrap();
                let (w, h) = size(&picture.svg);
                let labels = labels(&picture.svg);
                assert!(!labels.is_empty());
                let told = format!("{what}: {kind:?} by {:?} color {:?}", look.by, look.color);
                for (i, label) in labels.iter().enumerate() {
                    if label.left < 0.0 || label.top < 0.0 || label.right > w || label.bottom > h {
                        faults.push(format!("{told}: {:?} leaves the picture", label.text));
                    }
                    if let Some(other) = labels[..i].iter().find(|o| o.meets(label)) {
                        faults.push(format!("{told}: {:?} meets {:?}", label.text, other.text));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

/// The places of the texts that say so, from the top left.
fn find<'a>(labels: &'a [Label], text: &str) -> Vec<&'a Label> {
    labels.iter().filter(|l| l.text == text).collect()
}

#[test]
fn samples_are_coloured() {
    let results = results(&study("placement", &["before", "after", "none"], 24, 1, 5));
    let plain = plot(&["placement"], Draw::Samples("rate".into(), "beta1".into()));
    let by_label = draw(0, &Plot { color: Some(setting("norm")), ..plain.clone() }, &results).unwrap();
    let names: Vec<String> = labels(&by_label.svg).into_iter().map(|l| l.text).collect();
    assert!(["norm", "before", "after", "none"].iter().all(|n| names.iter().any(|l| l == n)), "{names:?}");
    let by_number = draw(0, &Plot { color: Some(Measure::Metric(DEV_LOSS)), ..plain }, &results).unwrap();
    assert!(labels(&by_number.svg).iter().any(|l| l.text == "dev.loss"));
    let colors = |svg: &str| {
        let circles = svg.split("<circle").skip(1).filter_map(|c| c.split(" fill=\"#").nth(1));
        circles.map(|c| c[..6].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(colors(&by_number.svg).len() > 5);
}

#[test]
fn layers_of_other_kinds_leave_no_holes() {
    let mut study = study("placement", &["before", "after", "none"], 24, 1, 6);
    for trial in &mut study.trials {
        let kinds: &[&str] = match &trial.settings["norm"] {
            Setting::Label(l) if l == "before" => &["1 dense", "2 batch_norm", "3 relu"],
            Setting::Label(l) if l == "after" => &["1 dense", "2 relu", "3 batch_norm"],
            _ => &["1 dense", "2 relu", "3 dense"],
        };
        for run in &mut trial.runs {
            run.activations.truncate(3);
            run.activations.iter_mut().zip(kinds).for_each(|(a, k)| a.layer = k.to_string());
        }
    }
    let results = results(&study);
    let shown = |layer| {
        let plot = Plot { by: vec!["norm".into()], ..plot(&["placement"], Draw::Activations(layer)) };
        labels(&draw(0, &plot, &results).unwrap().svg)
    };
    let second = shown(Some(2));
    let heads: Vec<f64> = ["before", "after", "none"].iter().map(|n| find(&second, n)[0].bottom).collect();
    assert!(heads.iter().all(|y| *y == heads[0]), "{heads:?}");
    assert_eq!((find(&second, "layer 2 batch_norm").len(), find(&second, "layer 2 relu").len()), (1, 2));
    // Three groups of three layers are nine panels, in three rows of three.
    let every = shown(None);
    for name in ["before", "after", "none"] {
        assert_eq!(find(&every, name).len(), 3);
    }
    let row = |name: &str| find(&every, name)[0].bottom;
    assert_eq!(row("layer 3 relu"), row("layer 3 batch_norm"));
}

#[test]
fn a_number_as_colour_has_a_whole_legend() {
    let results = results(&study("placement", &["before", "after", "none"], 60, 3, 10));
    let scatter = plot(&["placement"], Draw::Scatter(setting("rate"), Measure::Metric(DEV_LOSS)));
    for color in [setting("width"), setting("rate"), Measure::Best(DEV_ACCURACY)] {
        let picture = draw(0, &Plot { color: Some(color), ..scatter.clone() }, &results).unwrap();
        let cut: Vec<Label> = labels(&picture.svg).into_iter().filter(|l| l.text.contains('…')).collect();
        assert!(cut.is_empty(), "{cut:?}");
    }
}

#[test]
fn a_panel_a_group_stands_in_the_order_of_the_choice() {
    let results = results(&study("placement", &["zero", "one", "two"], 60, 1, 8));
    for kind in [
        Draw::Heatmap("rate".into(), "width".into(), Measure::Best(DEV_ACCURACY)),
        Draw::Contour("rate".into(), "width".into(), Measure::Best(DEV_ACCURACY)),
        Draw::Importance,
        Draw::Gradients,
    ] {
        let picture = draw(0, &Plot { by: vec!["norm".into()], ..plot(&["placement"], kind) }, &results).unwrap();
        let labels = labels(&picture.svg);
        let heads: Vec<(i64, i64)> = ["zero", "one", "two"]
            .iter()
            .map(|n| find(&labels, n)[0])
            .map(|l| (l.bottom.round() as i64, l.left.round() as i64))
            .collect();
        assert!(heads.is_sorted(), "{heads:?}");
    }
}

#[test]
fn a_png_is_small_and_says_what_the_svg_says() {
    let results = results(&study("placement", &["before", "after", "none"], 60, 3, 30));
    for (kind, most) in
        [(Draw::Parallel, 500_000), (Draw::Scatter(setting("rate"), Measure::Best(DEV_ACCURACY)), 60_000)]
    {
        let picture = draw(0, &plot(&["placement"], kind), &results).unwrap();
        let bytes = png(&picture).unwrap();
        assert!(bytes.len() < most, "{} is {} bytes", picture.title, bytes.len());
        let read = image::load_from_memory(&bytes).unwrap().into_rgb8();
        let (w, h) = size(&picture.svg);
        assert_eq!((f64::from(read.width()), f64::from(read.height())), (2.0 * w, 2.0 * h));
        // Paper at the corner, and the blue of the marks somewhere.
        assert_eq!(read.get_pixel(0, 0).0, [255, 255, 255]);
        assert!(read.pixels().any(|p| p.0 == [0x00, 0x72, 0xb2] || p.0 == [0x2e, 0x8b, 0xc0]), "{}", picture.title);
    }
}
