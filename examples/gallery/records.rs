//! Made-up records that look like real ones, for pictures and tests.

use std::collections::BTreeMap;

use caviar::kernel::math::{exp, ln, log10, powf, sin, tanh};
use caviar::kernel::philox::{Purpose, Stream};
use caviar::plan::claim::{Claim, Statement, Term};
use caviar::plan::experiment::{Experiment, Objective, Search};
use caviar::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use caviar::plan::notebook::{Item, Notebook};
use caviar::plan::show::{Comparison, Draw, Filter, FilterValue, Pick, Plot, Selection, Table};
use caviar::plan::space::{Condition, Domain, Draw as Drawn, Draws, Param, Space};
use caviar::plan::value::{Operator, Value};
use caviar::record::inspect::{Boundary, Confusion, Inspection, Surface, Weights};
use caviar::record::{LayerNorm, LayerSpread, Outcome, Round, Run, Setting, Study, Trial};
use caviar::report::{Inspected, Results};
use caviar::stats::statement;

pub const DEV_LOSS: Metric = Metric { set: Set::Dev, kind: MetricKind::Loss };
pub const DEV_ACCURACY: Metric = Metric { set: Set::Dev, kind: MetricKind::Accuracy };
pub const TRAIN_LOSS: Metric = Metric { set: Set::Train, kind: MetricKind::Loss };

pub fn all(experiment: &str) -> Selection {
    Selection { experiment: experiment.into(), filters: vec![], pick: Pick::All }
}

pub fn plot(of: &[&str], draw: Draw) -> Plot {
    Plot { title: None, of: of.iter().map(|e| all(e)).collect(), draw, by: vec![], color: None, filters: vec![] }
}

pub fn setting(name: &str) -> Measure {
    Measure::Setting(name.into())
}

fn param(name: &str, domain: Domain) -> Param {
    Param { name: name.into(), domain, shown: None, when: vec![] }
}

/// The space of the first file of the language: placement, width, rate, beta1; `slope` is drawn for one option only.
pub fn space(options: &[&str]) -> Space {
    let labels = options.iter().map(|l| l.to_string()).collect();
    let below = Value::Arithmetic {
        operator: Operator::Subtract,
        left: Box::new(Value::Number(1.0)),
        right: Box::new(Value::Draw("beta1".into())),
    };
    Space {
        params: vec![
            param("norm", Domain::Choice { labels, numbers: None }),
            param("width", Domain::Int { low: 32, high: 256, log: true }),
            param("rate", Domain::Log { low: 1e-4, high: 1.0 }),
            Param { shown: Some(below), ..param("beta1", Domain::Log { low: 1e-3, high: 1e-1 }) },
            Param {
                when: vec![Condition::Option("norm".into(), 0)],
                ..param("slope", Domain::Linear { low: 0.0, high: 0.3 })
            },
        ],
    }
}

pub fn objective() -> Vec<Objective> {
    vec![Objective { measure: Measure::Best(DEV_ACCURACY), direction: Direction::Maximize }]
}

/// One run whose quality depends on the settings.
pub fn run(trial: u32, repetition: u32, option: usize, rate: f64, width: f64, epochs: usize) -> Run {
    let mut stream = Stream::new(7, Purpose::Other, trial, repetition as u16 as u32, 1);
    let best = -1.6 - 0.4 * option as f64;
    let off = log10(rate) - best;
    let diverged = log10(rate) > best + 1.35;
    let speed = 0.45 / (1.0 + off * off) * (1.0 + 0.25 * (2.0 - option as f64));
    let floor = 0.08 + 0.05 * option as f64 + 0.06 * off * off + 2.0 / width + 0.01 * stream.normal();
    let stop = if diverged { 2 + (trial as usize % 4) } else { epochs };
    let (mut dev, mut train, mut accuracy) = (vec![], vec![], vec![]);
    for e in 1..=stop {
        let decay = exp(-speed * e as f64);
        let noise = 0.015 * stream.normal() * (0.3 + decay);
        let loss = (floor + 2.2 * decay + noise).max(0.01) + if diverged { 1.5 * e as f64 * e as f64 } else { 0.0 };
        dev.push(loss);
        train.push((loss - 0.05 - 0.002 * e as f64).max(0.004));
        accuracy.push((1.0 - 0.27 * loss).clamp(0.1, 0.999));
    }
    let metrics = [("dev.loss", &dev), ("dev.accuracy", &accuracy), ("train.loss", &train)]
        .iter()
        .filter_map(|(n, s)| Some((n.to_string(), *s.last()?)))
        .collect();
    let spread = |place: usize, kind: &str| {
        let quantiles = (0..=stop)
            .map(|e| {
                let wide = 1.0
                    + 0.4 * place as f64 * (1.0 - exp(-0.1 * e as f64)) * if kind == "batch_norm" { 0.05 } else { 1.0 };
                let shift = if kind == "batch_norm" { 0.0 } else { 0.8 * tanh(0.08 * e as f64) };
                [-1.65, -0.67, 0.0, 0.67, 1.65].map(|z| shift + wide * z)
            })
            .collect();
        LayerSpread {
            layer: format!("{place} {kind}"),
            quantiles,
            mean: vec![0.0; stop + 1],
            deviation: vec![1.0; stop + 1],
        }
    };
    let norm = |place: usize| LayerNorm {
        layer: format!("{place} dense"),
        norm: (0..stop)
            .map(|e| exp(-0.09 * e as f64 - 0.8 * place as f64) * (1.0 + 0.15 * stream_like(trial, e, place)))
            .collect(),
    };
    Run {
        key: format!("{trial:04x}{repetition:02x}"),
        repetition,
        outcome: if diverged { Outcome::Diverged } else { Outcome::Finished },
        series: BTreeMap::from([
            ("dev.loss".into(), dev),
            ("dev.accuracy".into(), accuracy),
            ("train.loss".into(), train),
        ]),
        metrics,
        parameters: (64.0 * width + width * 10.0) as u64,
        planned: 0,
        changes: vec![],
        activations: vec![spread(1, "dense"), spread(2, "batch_norm"), spread(3, "relu"), spread(4, "dense")],
        gradients: vec![norm(1), norm(4), norm(7)],
        seconds: 0.4 + 0.002 * width,
    }
}

fn stream_like(trial: u32, e: usize, place: usize) -> f64 {
    sin(f64::from(trial) + 1.7 * e as f64 + 0.9 * place as f64)
}

/// A random search over placements.
pub fn study(name: &str, options: &[&str], trials: u32, seeds: u32, epochs: usize) -> Study {
    let trials = (0..trials)
        .map(|t| {
            let mut stream = Stream::new(3, Purpose::Search, t, 0, 0);
            let option = stream.below(options.len());
            let rate = powf(10.0, -4.0 + 4.0 * stream.uniform());
            let width = exp(ln(32.0) + stream.uniform() * ln(8.0)).round();
            let beta = 1.0 - powf(10.0, -3.0 + 2.0 * stream.uniform());
            let mut settings = BTreeMap::from([
                ("norm".to_string(), Setting::Label(options[option].into())),
                ("width".to_string(), Setting::Number(width)),
                ("rate".to_string(), Setting::Number(rate)),
                ("beta1".to_string(), Setting::Number(beta)),
            ]);
            if option == 0 {
                settings.insert("slope".to_string(), Setting::Number(0.3 * stream.uniform()));
            }
            let draws = Draws::from([
                ("norm".to_string(), Drawn::Option(option)),
                ("width".to_string(), Drawn::Number(width)),
                ("rate".to_string(), Drawn::Number(rate)),
                ("beta1".to_string(), Drawn::Number(1.0 - beta)),
            ]);
            let runs = (0..seeds).map(|r| run(t, r, option % 3, rate, width, epochs)).collect();
            Trial { index: t, draws, settings, round: 0, runs }
        })
        .collect();
    Study {
        experiment: name.into(),
        space: space(options),
        objectives: objective(),
        search: "random".into(),
        rounds: vec![],
        trials,
        confirmed: Vec::new(),
    }
}

/// One model that is looked after: two changes of the settings.
pub fn panda(seeds: u32) -> Study {
    let mut study = study("baby", &["before"], 1, seeds, 60);
    for (r, run) in study.trials[0].runs.iter_mut().enumerate() {
        *run = self::run(1, r as u32, 0, 0.02, 64.0, 60);
        run.changes = vec![12, 40];
    }
    study
}

/// A search in two objectives.
pub fn two(trials: u32) -> Study {
    let mut study = study("trade", &["before", "after"], trials, 1, 20);
    study.objectives = vec![
        Objective { measure: Measure::Best(DEV_ACCURACY), direction: Direction::Maximize },
        Objective { measure: Measure::Parameters, direction: Direction::Minimize },
    ];
    study
}

/// Where three searches looked.
pub fn looked(kind: &str) -> Study {
    let mut study = study(kind, &["before"], 36, 1, 10);
    study.search = kind.into();
    match kind {
        "grid" => {
            for (i, t) in study.trials.iter_mut().enumerate() {
                let (a, b) = (i as i32 / 6, i as i32 % 6);
                t.settings.insert("rate".into(), Setting::Number(powf(10.0, -4.0 + 0.8 * f64::from(a))));
                t.settings.insert("beta1".into(), Setting::Number(1.0 - powf(10.0, -3.0 + 0.4 * f64::from(b))));
            }
        }
        "coarse_to_fine" => {
            for (i, t) in study.trials.iter_mut().enumerate() {
                t.round = i as u32 / 12;
                let mut stream = Stream::new(9, Purpose::Search, i as u32, 0, 0);
                let half = powf(0.5, f64::from(t.round));
                let rate = -1.6 + (stream.uniform() - 0.6) * 4.0 * half;
                let beta = -2.2 + (stream.uniform() - 0.4) * 2.0 * half;
                t.settings.insert("rate".into(), Setting::Number(powf(10.0, rate.clamp(-4.0, 0.0))));
                t.settings.insert("beta1".into(), Setting::Number(1.0 - powf(10.0, beta.clamp(-3.0, -1.0))));
            }
            study.rounds = (0..3)
                .map(|r| {
                    let half = powf(0.5, f64::from(r));
                    let rate = (-1.6 - 2.4 * half, -1.6 + 1.6 * half);
                    let beta = (-2.2 - 0.8 * half, -2.2 + 1.2 * half);
                    Round {
                        bounds: BTreeMap::from([
                            ("rate".to_string(), (powf(10.0, rate.0), powf(10.0, rate.1))),
                            ("beta1".to_string(), (1.0 - powf(10.0, beta.1), 1.0 - powf(10.0, beta.0))),
                        ]),
                        reason: "around the best quarter".into(),
                    }
                })
                .collect();
        }
        _ => {}
    }
    study
}

/// Regions of `classes` classes, side by side around a centre or in a grid.
pub fn boundary(classes: usize, points: usize) -> Boundary {
    let places: Vec<f64> = (0..90).map(|i| -3.0 + 6.0 * f64::from(i) / 89.0).collect();
    let centre = |c: usize| {
        let turn = std::f64::consts::TAU * c as f64 / classes as f64;
        (1.7 * caviar::kernel::math::cos(turn), 1.7 * sin(turn))
    };
    let scores = |x: f64, y: f64| -> Vec<f64> {
        let raw: Vec<f64> = (0..classes)
            .map(|c| {
                let (a, b) = centre(c);
                exp(-1.6 * ((x - a) * (x - a) + (y - b) * (y - b) + 0.5 * sin(2.0 * x + f64::from(c as u32))))
            })
            .collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|v| v / sum).collect()
    };
    let probability = places
        .iter()
        .flat_map(|&y| places.iter().map(move |&x| (x, y)))
        .flat_map(|(x, y)| scores(x, y))
        .map(|p| p as f32)
        .collect();
    let mut stream = Stream::new(5, Purpose::Data, 0, 0, 0);
    let mut some = |n: usize| {
        (0..n)
            .map(|i| {
                let (a, b) = centre(i % classes);
                (a + 0.55 * stream.normal(), b + 0.55 * stream.normal(), (i % classes) as u32)
            })
            .collect()
    };
    Boundary {
        features: ["petal length (cm)".into(), "petal width (cm)".into()],
        classes: (0..classes).map(|c| format!("class {}", c + 1)).collect(),
        x: places.clone(),
        y: places.clone(),
        probability,
        train: some(points),
        dev: some(points / 5),
    }
}

pub fn confusion(classes: usize) -> Confusion {
    let mut stream = Stream::new(5, Purpose::Other, 0, 0, 0);
    let counts = (0..classes)
        .map(|t| {
            (0..classes)
                .map(|p| {
                    if t == p {
                        20 + stream.below(12) as u64
                    } else {
                        (stream.below(12) / 10) as u64 * (1 + stream.below(3) as u64)
                    }
                })
                .collect()
        })
        .collect();
    Confusion { set: "dev".into(), classes: (0..classes).map(|c| c.to_string()).collect(), counts }
}

pub fn weights(image: bool) -> Weights {
    let mut stream = Stream::new(5, Purpose::Init, 0, 0, 0);
    let (inputs, outputs) = if image { (64, 32) } else { (13, 24) };
    let values = (0..inputs * outputs)
        .map(|i| {
            let (at, unit) = (i / outputs, i % outputs);
            let (row, column) = ((at / 8) as f64, (at % 8) as f64);
            (sin(0.9 * row + unit as f64) * sin(0.7 * column * (1.0 + unit as f64 / 40.0)) + 0.4 * stream.normal())
                as f32
                * 0.2
        })
        .collect();
    Weights { layer: "1 dense".into(), inputs, outputs, values, image: image.then_some((8, 8, 1)) }
}

/// A bowl; `stretch` 1 is round.
pub fn surface(stretch: f64) -> Surface {
    let x: Vec<f64> = (0..61).map(|i| -3.0 + 0.1 * f64::from(i)).collect();
    let loss =
        x.iter().flat_map(|&b| x.iter().map(move |&a| 0.05 + 0.2 * a * a / stretch + 0.2 * b * b * stretch)).collect();
    let mut at = (-2.6, 2.1 / stretch);
    let mut path = vec![at];
    for _ in 0..40 {
        let rate = 0.9 / (0.4 * stretch.max(1.0 / stretch)) * 0.5 * if stretch > 1.0 { 2.05 } else { 1.0 };
        at = (at.0 - rate * 0.4 * at.0 / stretch, at.1 - rate * 0.4 * at.1 * stretch);
        path.push(at);
    }
    Surface { directions: ["weight of size".into(), "weight of age".into()], y: x.clone(), x, loss, path }
}

/// A whole notebook with its text and results: the first file of the language, and something of everything else.
pub fn notebook() -> (Notebook, String, Results) {
    let source = include_str!("placement.exp");
    let before = |label: &str| Selection {
        filters: vec![Filter {
            measure: setting("norm"),
            comparison: Comparison::Equal,
            value: FilterValue::Label(label.into()),
        }],
        ..all("placement")
    };
    let sooner = |left: &str, right: &str, comparison| Claim {
        text: format!("{left} reaches 90 % sooner than {right}"),
        comparisons: vec![Statement {
            left: Term::Measure(before(left), Measure::EpochsTo(DEV_ACCURACY, 0.9)),
            comparison,
            right: Term::Measure(before(right), Measure::EpochsTo(DEV_ACCURACY, 0.9)),
        }],
        within: None,
    };
    let claims = [
        sooner("before", "none", Comparison::Less),
        sooner("before", "after", Comparison::Greater),
        sooner("before", "<script>alert(1)</script>", Comparison::Less),
    ];
    let prose: Vec<&str> = source.split("\"\"\"").skip(1).step_by(2).collect();
    let table = |by: &[&str], show: Vec<Measure>, top| Table {
        title: None,
        of: vec![all("placement")],
        by: by.iter().map(|b| b.to_string()).collect(),
        show,
        filters: vec![],
        sort: None,
        top,
    };
    let by = |p: Plot| Plot { by: vec!["norm".into()], ..p };
    let items = vec![
        Item::Prose(prose[0].into()),
        Item::Experiment("placement".into()),
        Item::Table(table(
            &["norm"],
            vec![Measure::Best(DEV_ACCURACY), Measure::Metric(DEV_LOSS), Measure::EpochsTo(DEV_ACCURACY, 0.9)],
            None,
        )),
        Item::Plot(by(plot(&["placement"], Draw::Curves(vec![DEV_LOSS])))),
        Item::Plot(Plot {
            color: Some(setting("norm")),
            ..plot(&["placement"], Draw::Scatter(setting("rate"), Measure::Best(DEV_ACCURACY)))
        }),
        Item::Prose(prose.get(1).copied().unwrap_or("").into()),
        Item::Plot(plot(&["placement"], Draw::Boundary)),
        Item::Plot(plot(&["placement"], Draw::Surface(None))),
        Item::Claim(claims[0].clone()),
        Item::Claim(claims[1].clone()),
        Item::Claim(claims[2].clone()),
        Item::Experiment("not_yet".into()),
        Item::Table(Table { of: vec![all("not_yet")], ..table(&[], vec![], None) }),
        Item::Plot(plot(&["not_yet"], Draw::Parallel)),
        Item::Table(table(&[], vec![], Some(10))),
    ];
    let study = study("placement", &["before", "after", "none"], 60, 3, 30);
    let adam = [("rate", Value::draw("rate")), ("beta1", Value::draw("beta1"))];
    let experiment = Experiment {
        space: study.space.clone(),
        objectives: study.objectives.clone(),
        search: Search::Random { trials: 60 },
        seeds: 3,
        ..Experiment::new(
            "placement",
            [
                ("data", "handwriting".into()),
                ("epochs", 30.0.into()),
                ("batch", 64.0.into()),
                ("optimizer", Value::call("adam", adam)),
            ],
        )
    };
    let verdicts = statement::test_all(&claims.iter().collect::<Vec<_>>(), &[&study]);
    let inspected = |label: &str, inspection| Inspected { label: label.into(), inspection };
    let results = Results {
        studies: BTreeMap::from([("placement".to_string(), study)]),
        inspections: BTreeMap::from([
            (6, vec![inspected("placement.best", Inspection::Boundary(boundary(3, 150)))]),
            (
                7,
                vec![
                    inspected("as they are", Inspection::Surface(surface(8.0))),
                    inspected("normalised", Inspection::Surface(surface(1.0))),
                ],
            ),
        ]),
        verdicts: verdicts.into_iter().enumerate().map(|(i, v)| (8 + i, v)).collect(),
    };
    let mut other = experiment.clone();
    other.name = "not_yet".into();
    (Notebook { items, experiments: vec![experiment, other] }, source.into(), results)
}
