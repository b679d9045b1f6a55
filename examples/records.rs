//! Draw a picture, a table and the verdict on a claim from records alone: `cargo run --release --example records FOLDER`.
//!
//! Records are plain data. These are computed here, in no time, to show that nothing but records is needed; those of a run come from
//! `caviar::run::here`, or, without training, from `caviar::run::survey::survey`.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use caviar::plan::claim::{Claim, Statement, Term};
use caviar::plan::experiment::Objective;
use caviar::plan::metric::{Direction, Measure, Metric, MetricKind, Set};
use caviar::plan::show::{Comparison, Draw, Filter, FilterValue, Plot, Selection, Table};
use caviar::plan::space::{self, Domain, Param, Space};
use caviar::record::{Outcome, Run, Setting, Study, Trial};
use caviar::report::{Results, claim, plot, table};
use caviar::stats::statement::test_all;

const LOSS: Metric = Metric { set: Set::Dev, kind: MetricKind::Loss };

/// One trial of each shape, six repetitions each: losses that fall like 1 / (1 + speed · epoch).
fn study() -> Study {
    let shapes = ["flat", "deep"];
    let run = |trial: usize, repetition: u32| {
        let speed = [0.3, 0.5][trial] + 0.02 * f64::from(repetition);
        let losses: Vec<f64> = (1..=20).map(|epoch| 1.0 / (1.0 + speed * f64::from(epoch))).collect();
        let mut run = Run::empty(format!("{trial}-{repetition}"), repetition, Outcome::Finished);
        run.metrics.insert(LOSS.to_string(), losses[losses.len() - 1]);
        run.series.insert(LOSS.to_string(), losses);
        run
    };
    let trial = |index: usize| Trial {
        index: index as u32,
        draws: BTreeMap::from([("shape".to_string(), space::Draw::Option(index))]),
        settings: BTreeMap::from([("shape".to_string(), Setting::Label(shapes[index].into()))]),
        round: 0,
        runs: (0..6).map(|repetition| run(index, repetition)).collect(),
    };
    Study {
        experiment: "shapes".into(),
        space: Space {
            params: vec![Param::new(
                "shape",
                Domain::Choice { labels: shapes.map(String::from).to_vec(), numbers: None },
            )],
        },
        objectives: vec![Objective { measure: Measure::Metric(LOSS), direction: Direction::Minimize }],
        search: "grid".into(),
        rounds: Vec::new(),
        trials: vec![trial(0), trial(1)],
        confirmed: Vec::new(),
    }
}

/// Write the picture into a folder and print the rest; where the picture is.
pub fn show(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let study = study();
    let loss = || Measure::Metric(LOSS);
    let of = |shape: &str| Selection {
        filters: vec![Filter {
            measure: Measure::Setting("shape".into()),
            comparison: Comparison::Equal,
            value: FilterValue::Label(shape.into()),
        }],
        ..Selection::all("shapes")
    };
    let faster = Claim {
        text: "the deep one has less loss".into(),
        comparisons: vec![Statement {
            left: Term::Measure(of("deep"), loss()),
            comparison: Comparison::Less,
            right: Term::Measure(of("flat"), loss()),
        }],
        within: None,
    };
    let verdict = test_all(&[&faster], &[&study]).remove(0);
    println!("{}\n", claim::text(&faster, &verdict));

    let results = Results { studies: BTreeMap::from([("shapes".to_string(), study)]), ..Results::default() };
    let rows = Table {
        title: None,
        of: vec![Selection::all("shapes")],
        by: vec!["shape".into()],
        show: vec![loss()],
        filters: Vec::new(),
        sort: None,
        top: None,
    };
    println!("{}", table::markdown(&table::build(&rows, &results)?));

    let curves = Plot {
        title: Some("Loss by shape".into()),
        of: vec![Selection::all("shapes")],
        draw: Draw::Curves(vec![LOSS]),
        by: vec!["shape".into()],
        color: None,
        filters: Vec::new(),
    };
    let picture = plot::draw(0, &curves, &results)?;
    let path = folder.join(format!("{}.png", picture.file_stem));
    std::fs::write(&path, plot::png(&picture)?)?;
    Ok(path)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    println!("{}", show(Path::new(&folder))?.display());
    Ok(())
}
