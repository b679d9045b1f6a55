//! The loss around a solution, held against what is known of it.

use std::path::Path;
use std::sync::Arc;

use caviar::kernel::Isa;
use caviar::record::inspect::{Inspection, Surface};
use caviar::run::datasets::Datasets;
use caviar::run::executor::Threads;
use caviar::run::inspect::Inspections;
use caviar::run::worker::Equipment;
use caviar::run::{Options, Session, bring_up_to_date};
use caviar::store::Store;

use crate::suite::checked;

/// The surfaces of a notebook's plots, in their order, and what could not be computed.
fn surfaces(text: &str) -> (Vec<Surface>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("e.exp");
    std::fs::write(&path, text).expect("a file");
    let (_, found, mistakes) = checked(&path);
    let notebook = found.notebook.unwrap_or_else(|| panic!("{mistakes:?}"));
    let datasets = Arc::new(Datasets::new());
    let store = Arc::new(Store::open(folder.path().join("store")).expect("a store"));
    let equipment = Equipment {
        datasets: datasets.clone(),
        store: store.clone(),
        isa: Isa::detect(),
        fresh: false,
        followed: 0,
        folder: ".".into(),
    };
    let equipment = Arc::new(equipment);
    let mut executor = Threads::new(2, equipment.clone());
    let base = Path::new(".");
    let options = Options::default();
    let mut session =
        Session { store: &store, executor: &mut executor, datasets, base, options, interrupted: &mut || None };
    let studies = bring_up_to_date(&notebook, &mut session, &mut |_| {}).expect("studies");
    let inspections = Inspections { notebook: &notebook, studies: &studies, base, equipment: &equipment };
    let (all, problems) = inspections.compute();
    let surfaces = all.into_values().flatten().filter_map(|found| match found.inspection {
        Inspection::Surface(surface) => Some(surface),
        _ => None,
    });
    (surfaces.collect(), problems)
}

/// Index of the solution in a row of places, which lies in its middle.
fn middle(places: &[f64]) -> usize {
    places.len() / 2
}

fn at(surface: &Surface, column: usize, row: usize) -> f64 {
    surface.loss[row * surface.x.len() + column]
}

/// The slopes at the solution along the two axes, by central differences.
fn slopes(surface: &Surface) -> [f64; 2] {
    let (c, r) = (middle(&surface.x), middle(&surface.y));
    let across = (at(surface, c + 1, r) - at(surface, c - 1, r)) / (surface.x[c + 1] - surface.x[c - 1]);
    let up = (at(surface, c, r + 1) - at(surface, c, r - 1)) / (surface.y[r + 1] - surface.y[r - 1]);
    [across, up]
}

const LINE: &str = "
data line { source = plane(points = 300, noise = 0), split = [100%, 0, 0], normalize = zscore }
network linear { dense(1) }
experiment e { data = line, network = linear, optimizer = sgd(rate = 0.05), batch = all, epochs = 30, minimize = train.loss, precision = f64 }
";

#[test]
fn weights_and_bias_of_a_line_are_a_bowl_at_their_own_values() {
    let plots = "plot { of = e, draw = surface }\nplot { of = e, draw = surface(weight(x1), bias) }\nplot { of = e, draw = surface(weight(2), weight(x1)) }";
    let (found, problems) = surfaces(&format!("{LINE}{plots}"));
    assert!(problems.is_empty(), "{problems:?}");
    let names: Vec<[&str; 2]> = found.iter().map(|s| s.directions.each_ref().map(String::as_str)).collect();
    assert_eq!(names, [["weight of x1", "weight of x2"], ["weight of x1", "bias"], ["weight of x2", "weight of x1"]]);
    for surface in &found {
        // (ŷ − y)² over normalised features has the second derivative 2 along every weight and the bias.
        for column in 1..surface.x.len() - 1 {
            let step = surface.x[1] - surface.x[0];
            let row = middle(&surface.y);
            let bend = at(surface, column - 1, row) - 2.0 * at(surface, column, row) + at(surface, column + 1, row);
            assert!((bend / (step * step) - 2.0).abs() < 1e-3, "{}", bend / (step * step));
        }
        let end = *surface.path.last().expect("a path");
        assert_eq!(end, (surface.x[middle(&surface.x)], surface.y[middle(&surface.y)]));
        assert_eq!(surface.path.len(), 31);
    }
    // The same plane with its axes changed over, and the weights where descent leads: 1 − (1 − 2·rate)^30 of the way.
    assert_eq!((found[0].path[30].0, found[0].path[30].1), (found[2].path[30].1, found[2].path[30].0));
    assert_eq!(found[1].path[0].1, 0.0);
}

const DEEP: &str = "
data arms { source = spirals(points = 200, noise = 0.05), normalize = zscore }
network deep { dense(8) -> tanh -> dropout(0.2) -> dense(classes, l2 = 0.1) -> softmax }
experiment e { data = arms, network = deep, optimizer = adam(rate = 0.02), epochs = 20, precision = f64 }
";

#[test]
fn the_gradient_is_the_steepest_direction() {
    let others = ["start", "principal", "principal(2)", "weight(x2, output = 4)", "bias(layer = 4, output = 3)"];
    let plots: String =
        others.iter().map(|other| format!("plot {{ of = e, draw = surface(gradient, {other}) }}\n")).collect();
    let (found, problems) = surfaces(&format!("{DEEP}{plots}"));
    assert_eq!((found.len(), problems), (others.len(), vec![]));
    for surface in &found {
        let [steepest, other] = slopes(surface);
        assert!(steepest > 0.0 && steepest > other.abs(), "{:?}: {steepest} {other}", surface.directions);
    }
    let last = found.last().expect("a surface");
    assert_eq!(last.directions, ["along the gradient", "bias of unit 3, layer 4 dense"]);
}

#[test]
fn the_path_lies_along_its_own_directions() {
    let plots = "plot { of = e, draw = surface(start, detour) }\nplot { of = e, draw = surface }\nplot { of = e, draw = surface(principal, principal(2)) }\nplot { of = e, draw = surface(start, random(3)) }";
    let (found, problems) = surfaces(&format!("{DEEP}{plots}"));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(found[0], found[1]);
    let (start, end) = (found[0].path[0], found[0].path[20]);
    assert!(start.0 < -1.0 && start.1.abs() < 1e-9 && end == (0.0, 0.0), "{start:?} {end:?}");
    // No plane holds more of the path than that of its principal directions, the first more than the second.
    let spread = |s: &Surface, along: &dyn Fn(&(f64, f64)) -> f64| {
        let mean = s.path.iter().map(along).sum::<f64>() / s.path.len() as f64;
        s.path.iter().map(|p| (along(p) - mean) * (along(p) - mean)).sum::<f64>()
    };
    let of = |s: &Surface| (spread(s, &|p| p.0), spread(s, &|p| p.1));
    let ((first, second), (a, b)) = (of(&found[2]), of(&found[0]));
    assert!(first > second && first >= a && first + second >= a + b, "{first} {second} {a} {b}");
    assert!(found[2].directions[0].starts_with("principal direction 1 ("), "{:?}", found[2].directions);
    // A random direction is as long as the weights: 1 is on the axis. The distance of the start is the same in both pictures.
    assert_eq!((found[3].y[0], found[3].y[40]), (-1.0, 1.0));
    assert!((found[3].path[0].0 - start.0).abs() < 1e-9);
}

#[test]
fn what_a_model_does_not_have_is_said() {
    let cases = [
        ("surface(weight(1, layer = 2), bias)", "layer 2 has no weights; these have: 1 dense, 4 dense"),
        ("surface(weight(3), bias)", "layer 1 dense has 2 inputs, not 3"),
        ("surface(weight(x1, output = 9), bias)", "layer 1 dense has 8 outputs, not 9"),
        ("surface(weight(x1, layer = 4), bias)", "layer 4 dense has no input `x1`"),
        ("surface(start, principal(10))", ""),
    ];
    let plots: String = cases.iter().map(|(draw, _)| format!("plot {{ of = e, draw = {draw} }}\n")).collect();
    let (found, problems) = surfaces(&format!("{DEEP}{plots}"));
    let said: Vec<String> =
        cases.iter().filter(|(_, why)| !why.is_empty()).map(|(_, why)| format!("e: {why}")).collect();
    assert_eq!((found.len(), problems), (1, said));
    // After one epoch the path is a line.
    let straight = DEEP.replace("epochs = 20", "epochs = 1");
    let (found, problems) = surfaces(&format!(
        "{straight}plot {{ of = e, draw = surface }}\nplot {{ of = e, draw = surface(start, detour) }}\nplot {{ of = e, draw = surface(start, principal) }}"
    ));
    assert_eq!(found.len(), 1);
    assert_eq!(problems, ["e: `detour` has no length here", "e: the two directions are nearly the same"]);
}
