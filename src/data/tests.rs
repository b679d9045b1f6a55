//! Whole pipelines on small files made by hand.

use std::borrow::Cow;
use std::path::Path;

use super::spec::{
    Evaluation, Missing, Mode, Normalize, Pipeline, Source, Synthetic, SyntheticShape, Table, Transform,
};
use super::{Error, Facts, Prepared, Split, Targets, describe, load};
use crate::nn::layer::Shape;

pub(super) const NOWHERE: &str = "/nonexistent";

pub(super) fn built_in(name: &str) -> Pipeline {
    Pipeline::new(match name {
        "iris" => Source::Iris,
        "wine" => Source::Wine,
        "breast_cancer" => Source::BreastCancer,
        _ => Source::Digits,
    })
}

pub(super) fn class_counts(split: &Split<f64>, classes: usize) -> Vec<f64> {
    let Targets::Classes(codes) = &split.y else { panic!("no classes") };
    super::facts::count(codes, classes).into_iter().map(|n| n as f64).collect()
}

pub(super) fn close(ours: impl IntoIterator<Item = f64>, theirs: &[f64], tolerance: f64) {
    let ours: Vec<f64> = ours.into_iter().collect();
    assert_eq!(ours.len(), theirs.len());
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "number {i}: {a} and {b}");
    }
}

pub(super) fn csv(dir: &Path, text: impl AsRef<[u8]>) -> Pipeline {
    std::fs::write(dir.join("t.csv"), text).unwrap();
    Pipeline::new(Source::Csv(Table {
        path: "t.csv".into(),
        target: "y".into(),
        features: Vec::new(),
        drop: Vec::new(),
        separator: None,
        missing: Missing::Refuse,
        groups: None,
    }))
}

pub(super) fn table(pipeline: &mut Pipeline) -> &mut Table {
    match &mut pipeline.source {
        Source::Csv(table) => table,
        _ => panic!("no table"),
    }
}

pub(super) fn all_train(mut pipeline: Pipeline) -> Pipeline {
    pipeline.split = [1.0, 0.0, 0.0];
    pipeline
}

fn failure(dir: &Path, text: impl AsRef<[u8]>) -> Error {
    let error = describe(&csv(dir, text), dir).expect_err("it is wrong");
    assert!(!error.help().is_empty());
    error
}

#[test]
fn embedded_bytes_do_not_change() {
    let digest = |name| describe(&built_in(name), Path::new(NOWHERE)).unwrap().fingerprint;
    let all = ["iris", "wine", "breast_cancer", "digits"].map(digest).map(|d| d[..16].to_owned());
    insta::assert_snapshot!(all.join(" "), @"55062d6c5f21f120 596d0eaf256d5b34 62390359c363720e 24dadaa301fc58be");
}

#[test]
fn digits_are_images() {
    let facts = describe(&built_in("digits"), Path::new(NOWHERE)).unwrap();
    assert_eq!(facts.shape, Shape::Image(8, 8, 1));
    assert_eq!((facts.rows, facts.outputs, facts.features.len()), (1797, 10, 64));
    assert_eq!(facts.sets, [1258, 270, 269]);
}

#[test]
fn what_is_fitted_is_fitted_on_train_alone() {
    let mut pipeline = built_in("wine");
    pipeline.normalize = Normalize::Zscore;
    let data: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    for j in 0..13 {
        let (mean, deviation) = super::facts::moments(data.train.x.column(j).iter().copied());
        assert!(mean.abs() < 1e-12 && (deviation - 1.0).abs() < 1e-12);
        let (mean, _) = super::facts::moments(data.test.x.column(j).iter().copied());
        assert!(mean.abs() > 1e-6);
    }
}

#[test]
fn single_precision_is_double_precision_rounded() {
    let mut pipeline = built_in("breast_cancer");
    pipeline.normalize = Normalize::Zscore;
    let wide: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    let narrow: Prepared<f32> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    assert!(wide.train.x.iter().zip(&narrow.train.x).all(|(a, b)| (*a as f32).to_bits() == b.to_bits()));
}

#[test]
fn columns_are_inferred() {
    let dir = tempfile::tempdir().unwrap();
    let text = "\u{feff}n;colour;flag;day;y\r\n1,5;red;true;2026-01-01;0\r\n";
    assert!(matches!(failure(dir.path(), text), Error::TooFewRows { .. }));
    let text = "n;colour;flag;day;y\r\n 1.5 ;red;true;1970-01-03;0\r\n-2e1;\"blue; dark\";FALSE;1970-01-01;1\r\n\r\n3;red;True;1970-01-02;1\r\n0;red;true;1970-01-02;0";
    let data: Prepared<f64> = load(&all_train(csv(dir.path(), text)), dir.path(), 0).unwrap();
    assert_eq!(data.facts.features, ["n", "colour = blue; dark", "colour = red", "flag", "day"]);
    assert_eq!(data.facts.columns, ["n", "colour", "flag", "day", "y"]);
    assert_eq!(data.facts.dates, ["day"]);
    assert_eq!(data.facts.classes.as_deref().unwrap(), ["0", "1"]);
    let rows: Vec<Vec<f64>> = data.train.x.rows().into_iter().map(|r| r.to_vec()).collect();
    assert_eq!(
        rows,
        [[1.5, 0.0, 1.0, 1.0, 2.0], [-20.0, 1.0, 0.0, 0.0, 0.0], [3.0, 0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0, 1.0]]
    );
    assert_eq!(data.train.y, Targets::Classes(vec![0, 1, 1, 0]));
}

#[test]
fn the_mode_is_inferred() {
    let dir = tempfile::tempdir().unwrap();
    let column = |values: &[&str]| {
        let text = values.iter().enumerate().fold("a,y\n".to_owned(), |t, (i, v)| t + &format!("{i},{v}\n"));
        all_train(csv(dir.path(), text))
    };
    let mode = |values: &[&str]| describe(&column(values), dir.path()).unwrap().mode;
    assert_eq!(mode(&["1", "2", "1", "2"]), Mode::Classification);
    assert_eq!(mode(&["1", "2.5", "1", "2.5"]), Mode::Regression);
    assert_eq!(mode(&["1", "2", "3", "4"]), Mode::Regression);
    assert_eq!(mode(&["a", "b", "a", "c"]), Mode::Classification);
    assert_eq!(mode(&["true", "false", "true"]), Mode::Classification);
    let mut forced = column(&["10", "9", "10", "9", "-0", "0"]);
    assert_eq!(describe(&forced, dir.path()).unwrap().classes.unwrap(), ["0", "9", "10"]);
    forced.mode = Some(Mode::Regression);
    let data: Prepared<f64> = load(&forced, dir.path(), 0).unwrap();
    assert_eq!(data.facts.outputs, 1);
    let mut text = column(&["a", "b", "a"]);
    text.mode = Some(Mode::Regression);
    assert!(matches!(describe(&text, dir.path()), Err(Error::TextTarget { .. })));
}

#[test]
fn mistakes_say_what_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let mut messages = Vec::new();
    let mut say = |error: Error| messages.push(format!("{error}\n  {}", error.help()));
    say(failure(dir.path(), "a,b,y\n1,2,p\n1,q\n"));
    say(failure(dir.path(), "a,b,y\n1,2,p\n1,2,q,4,5\n"));
    say(failure(dir.path(), "a,b,y\n1,2,p\n\n\"x\ny\",,q\n"));
    say(failure(dir.path(), "a,y\n1,p\n2,\n"));
    let long: String = (0..30).map(|i| if i == 17 { "oops,p\n".into() } else { format!("{i},q\n") }).collect();
    say(failure(dir.path(), format!("a,y\n{long}")));
    say(failure(dir.path(), "a,y\n1,p\n2,p\n"));
    say(failure(dir.path(), "a,Y\n1,p\n2,q\n"));
    say(failure(dir.path(), "5.1,3.5\n1,p\n2,q\n"));
    say(failure(dir.path(), "a,a,y\n1,2,p\n"));
    say(failure(dir.path(), "a,y\n1,p\n2,\"q\n"));
    say(failure(dir.path(), b"a,y\n1,p\n2,\xff\n"));
    say(failure(dir.path(), ""));
    say(failure(dir.path(), "a,y\n"));
    say(failure(dir.path(), "y\np\nq\n"));
    say(failure(dir.path(), "a,y\n1,p\n2,q\n"));
    say(failure(dir.path(), "a,b,y\n,1,p\n,2,q\n"));
    say(failure(dir.path(), "a,y\ninf,p\n2,q\n1,q\n1,q\n1,q\n1,q\n1,q\n1,q\n1,q\n1,q\n1,q\n"));
    say(failure(dir.path(), "a,y\n1,p\n"));
    say(failure(dir.path(), "5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n"));
    say(failure(dir.path(), b"a,caf\xe9,y\n1,2,p\n2,3,q\n"));
    say(failure(dir.path(), b"\xff\xfea\0,\0y\0\n\0"));
    say(failure(dir.path(), b"a\0,\0y\0\n\0"));
    say(failure(dir.path(), b"PK\x03\x04\x14\0"));
    let mut pipeline = csv(dir.path(), "colour,size,y\n1,2,p\n3,4,q\n");
    table(&mut pipeline).drop = vec!["color".into()];
    say(describe(&pipeline, dir.path()).unwrap_err());
    table(&mut pipeline).drop = vec!["y".into()];
    say(describe(&pipeline, dir.path()).unwrap_err());
    table(&mut pipeline).drop = Vec::new();
    table(&mut pipeline).path = "nothing.csv".into();
    let missing = describe(&pipeline, Path::new("data")).unwrap_err();
    say(missing);
    pipeline.split = [0.5, 0.2, 0.2];
    table(&mut pipeline).path = "t.csv".into();
    say(describe(&pipeline, dir.path()).unwrap_err());
    let mut few = built_in("iris");
    few.folds = Some(500);
    say(describe(&few, dir.path()).unwrap_err());
    few.folds = None;
    few.test = Some(Evaluation::Changed(vec![Transform::Flip]));
    say(describe(&few, dir.path()).unwrap_err());
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_table_may_have_ten_thousand_columns() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..10_000).map(|i| format!("column {i}")).collect();
    let mut text = names.join(";") + ";y\n";
    for row in 0..30 {
        (0..10_000).for_each(|i| text += &format!("{};", row * i % 97));
        text += ["p\n", "q\n"][row % 2];
    }
    let data: Prepared<f64> = load(&all_train(csv(dir.path(), text)), dir.path(), 0).unwrap();
    assert_eq!((data.facts.features.len(), data.train.x[[3, 9_999]]), (10_000, f64::from(3 * 9_999 % 97)));
    let place = super::Place { row: 1, line: Some(2) };
    let mut header = names;
    header.reverse();
    let binding = data.preprocessing.bind("new.csv", &header).unwrap();
    let fields: Vec<String> = (0..10_000).map(|i: u32| i.to_string()).collect();
    let fields: Vec<Cow<'_, [u8]>> = fields.iter().map(|field| bytes(field)).collect();
    let mut out = vec![0.0; 10_000];
    binding.encode(&fields, place, &mut out).unwrap();
    assert_eq!((out[0], out[9_999]), (9_999.0, 0.0));
}

#[test]
fn a_constant_feature_becomes_zero() {
    let dir = tempfile::tempdir().unwrap();
    let mut pipeline = all_train(csv(dir.path(), "a,b,y\n0.1,1,p\n0.1,2,q\n0.1,3,p\n"));
    for rule in [Normalize::Zscore, Normalize::Minmax] {
        pipeline.normalize = rule;
        let data: Prepared<f32> = load(&pipeline, dir.path(), 0).unwrap();
        assert_eq!(data.train.x.column(0).to_vec(), [0.0; 3]);
        assert_eq!(data.facts.constant, ["a"]);
    }
}

#[test]
fn unscaled_features_are_noticed() {
    let facts: Facts = describe(&built_in("wine"), Path::new(NOWHERE)).unwrap();
    let [small, large] = facts.feature_deviation.clone().unwrap();
    assert_eq!((small.0.as_str(), large.0.as_str()), ("nonflavanoid_phenols", "proline"));
    assert!(facts.deviation_ratio() > 1000.0);
}

#[test]
fn groups_stay_on_one_side() {
    let dir = tempfile::tempdir().unwrap();
    let text = (0..200).fold("a,who,y\n".to_owned(), |t, i| t + &format!("{i},person {},{}\n", i % 23, i % 3));
    let mut pipeline = csv(dir.path(), text);
    table(&mut pipeline).groups = Some("who".into());
    let check = |data: Prepared<f64>| {
        assert_eq!(data.facts.features, ["a"]);
        let people = |s: &Split<f64>| s.rows.iter().map(|r| r % 23).collect::<std::collections::BTreeSet<u32>>();
        assert!(people(&data.train).is_disjoint(&people(&data.dev)));
        assert!(people(&data.train).is_disjoint(&people(&data.test)));
        assert!(people(&data.dev).is_disjoint(&people(&data.test)));
        data
    };
    let data = check(load(&pipeline, dir.path(), 0).unwrap());
    assert!((125..=155).contains(&data.train.len()) && (20..=40).contains(&data.dev.len()));
    pipeline.folds = Some(4);
    pipeline.split = [1.0, 0.0, 0.0];
    let mut held: Vec<u32> =
        (0..4).flat_map(|fold| check(load(&pipeline, dir.path(), fold).unwrap()).dev.rows).collect();
    held.sort_unstable();
    assert_eq!(held, (0..200).collect::<Vec<u32>>());
}

#[test]
fn limit_takes_a_stratified_part() {
    let mut pipeline = all_train(built_in("breast_cancer"));
    pipeline.limit = Some(100);
    let data: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    // 357 and 212 of 569.
    assert_eq!(class_counts(&data.train, 2), [63.0, 37.0]);
    pipeline.limit = Some(5000);
    assert_eq!(describe(&pipeline, Path::new(NOWHERE)).unwrap().rows, 569);
}

#[test]
fn an_evaluation_set_may_have_a_source_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut pipeline =
        csv(dir.path(), "a,c,y\n1,u,p\n2,v,q\n3,u,p\n4,v,q\n5,u,p\n6,v,q\n7,u,p\n8,v,q\n9,u,p\n10,v,q\n");
    pipeline.normalize = Normalize::Minmax;
    let own = |text: &str| {
        std::fs::write(dir.path().join("own.csv"), text).unwrap();
        let mut source = csv(dir.path(), std::fs::read(dir.path().join("t.csv")).unwrap());
        table(&mut source).path = "own.csv".into();
        Some(Evaluation::Source(source.source))
    };
    pipeline.test = own("y,c,a\nq,v,19\nq,v,1\n");
    let data: Prepared<f64> = load(&pipeline, dir.path(), 0).unwrap();
    assert_eq!((data.train.len(), data.dev.len(), data.test.len()), (9, 1, 2));
    let (low, span) = (data.preprocessing.scaling.center[0], data.preprocessing.scaling.spread[0]);
    assert_eq!(data.test.x.row(0).to_vec(), [(19.0 - low) / span, 0.0, 1.0]);
    assert_eq!(data.test.y, Targets::Classes(vec![1, 1]));
    let fingerprint = data.facts.fingerprint;
    pipeline.test = own("y,c,a\nq,w,19\nq,v,1\n");
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::UnseenCategory { text, .. }) if text == "w"));
    pipeline.test = own("y,c,a\nr,v,19\nq,v,1\n");
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::UnseenCategory { text, .. }) if text == "r"));
    pipeline.test = own("y,a\nq,19\nq,1\n");
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::ColumnMissing { column, .. }) if column == "c"));
    pipeline.test = own("y,c,a\nq,v,19\nq,v,2\n");
    assert_ne!(describe(&pipeline, dir.path()).unwrap().fingerprint, fingerprint);
}

#[test]
fn evaluation_sets_may_be_changed() {
    let mut pipeline = built_in("iris");
    pipeline.normalize = Normalize::Zscore;
    let plain: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    let mut changed = |transforms: &[Transform]| -> Prepared<f64> {
        pipeline.test = Some(Evaluation::Changed(transforms.to_vec()));
        let data: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
        assert_eq!(data.train.x, plain.train.x);
        assert_eq!((&data.test.rows, &data.test.y), (&plain.test.rows, &plain.test.y));
        data
    };
    // In deviations of train, which zscore makes 1.
    let shifted = changed(&[Transform::Shift(0.5)]);
    close(shifted.test.x.iter().copied(), &plain.test.x.iter().map(|x| x + 0.5).collect::<Vec<f64>>(), 1e-12);
    let noisy = changed(&[Transform::Noise(0.3)]);
    let apart = noisy.test.x.iter().zip(&plain.test.x).map(|(a, b)| a - b);
    let (mean, deviation) = super::facts::moments(apart);
    assert!(mean.abs() < 0.1 && (deviation - 0.3).abs() < 0.06, "{mean} {deviation}");
    assert_eq!(changed(&[Transform::Noise(0.3)]).test.x, noisy.test.x);
    let back =
        changed(&[Transform::Rotate(30.0), Transform::Rotate(-30.0), Transform::Scale(2.0), Transform::Scale(0.5)]);
    close(back.test.x.iter().copied(), &plain.test.x.iter().copied().collect::<Vec<f64>>(), 1e-12);
}

#[test]
fn images_move_and_turn() {
    let mut pipeline = all_train(built_in("digits"));
    pipeline.limit = Some(40);
    pipeline.split = [0.5, 0.0, 0.5];
    let plain: Prepared<f64> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    let mut changed = |transforms: &[Transform]| -> Vec<f64> {
        pipeline.test = Some(Evaluation::Changed(transforms.to_vec()));
        load::<f64>(&pipeline, Path::new(NOWHERE), 0).unwrap().test.x.row(0).to_vec()
    };
    let image = plain.test.x.row(0).to_vec();
    let at = |y: usize, x: usize| image[y * 8 + x];
    let shifted = changed(&[Transform::Shift(2.0)]);
    let quarter = changed(&[Transform::Rotate(90.0)]);
    let flipped = changed(&[Transform::Flip]);
    for y in 0..8 {
        for x in 0..8 {
            assert_eq!(shifted[y * 8 + x], if y < 2 || x < 2 { 0.0 } else { at(y - 2, x - 2) });
            // Counter-clockwise as seen: what was at the right is on top.
            assert_eq!(quarter[y * 8 + x], at(x, 7 - y));
            assert_eq!(flipped[y * 8 + x], at(y, 7 - x));
        }
    }
    assert_eq!(changed(&[Transform::Flip, Transform::Flip]), image);
    assert_eq!(changed(&[Transform::Rotate(360.0)]), image);
}

#[test]
fn generators_give_the_same_bits_and_shapes() {
    let mut lines = Vec::new();
    for shape in [
        SyntheticShape::Blobs,
        SyntheticShape::Moons,
        SyntheticShape::Circles,
        SyntheticShape::Spirals,
        SyntheticShape::Xor,
        SyntheticShape::GridMap,
        SyntheticShape::Plane,
        SyntheticShape::Wave,
    ] {
        let what = Synthetic { shape, points: 301, classes: 3, noise: 0.1, seed: 7 };
        let data: Prepared<f64> =
            load(&all_train(Pipeline::new(Source::Synthetic(what.clone()))), Path::new(NOWHERE), 0).unwrap();
        let mut hasher = blake3::Hasher::new();
        for x in &data.train.x {
            hasher.update(&x.to_le_bytes());
        }
        if let Targets::Values(y) = &data.train.y {
            for y in y {
                hasher.update(&y.to_le_bytes());
            }
        }
        let digest = hasher.finalize().to_hex();
        lines.push(format!("{shape:?} {:?} {:?} {}", data.facts.class_rows, data.train.x.dim(), &digest[..16]));
        let other = Synthetic { seed: 8, ..what };
        let other: Prepared<f64> =
            load(&all_train(Pipeline::new(Source::Synthetic(other))), Path::new(NOWHERE), 0).unwrap();
        assert_ne!(other.facts.fingerprint, data.facts.fingerprint);
        assert_ne!(other.train.x, data.train.x);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_fingerprint_is_that_of_the_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let text = "a,y\n1,p\n2,q\n3,p\n";
    let pipeline = all_train(csv(dir.path(), text));
    let digest = || describe(&pipeline, dir.path()).unwrap().fingerprint;
    let first = digest();
    assert_eq!(first, blake3::hash(text.as_bytes()).to_hex().as_str());
    csv(dir.path(), text);
    assert_eq!(digest(), first);
    csv(dir.path(), "a,y\n1,p\n2,q\n4,p\n");
    assert_ne!(digest(), first);
}

fn bytes(text: &str) -> Cow<'_, [u8]> {
    Cow::Borrowed(text.as_bytes())
}

#[test]
fn new_rows_are_treated_as_those_of_training() {
    let dir = tempfile::tempdir().unwrap();
    let text = "n,c,f,d,y\n1,u,true,1970-01-01,p\n,v,false,1970-01-02,q\n5,u,,1970-01-03,p\n9,v,true,1970-01-08,q\n";
    let mut pipeline = all_train(csv(dir.path(), text));
    pipeline.normalize = Normalize::Zscore;
    table(&mut pipeline).missing = Missing::Mean;
    let data: Prepared<f64> = load(&pipeline, dir.path(), 0).unwrap();
    let header: Vec<String> = ["d", "extra", "f", "c", "n"].map(String::from).to_vec();
    let binding = data.preprocessing.bind("new.csv", &header).unwrap();
    assert_eq!(binding.unused(), ["extra"]);
    let place = super::Place { row: 1, line: Some(2) };
    let mut out = [0.0; 5];
    for (i, row) in text.lines().skip(1).enumerate() {
        let fields: Vec<&str> = row.split(',').collect();
        let fields = [fields[3], "x", fields[2], fields[1], fields[0]];
        binding.encode(&fields.map(bytes), place, &mut out).unwrap();
        assert_eq!(out.to_vec(), data.train.x.row(i).to_vec(), "row {i}");
    }
    let unseen = binding.encode(&["1970-01-01", "x", "true", "w", "1"].map(bytes), place, &mut out);
    assert!(matches!(unseen, Err(Error::UnseenCategory { .. })));
    let wrong = binding.encode(&["1970-01-01", "x", "true", "u", "one"].map(bytes), place, &mut out);
    assert!(matches!(wrong, Err(Error::NotANumber { .. })));
    assert!(matches!(binding.encode(&["1970-01-01"].map(bytes), place, &mut out), Err(Error::Ragged { .. })));
    assert!(matches!(data.preprocessing.bind("new.csv", &header[1..]), Err(Error::ColumnMissing { .. })));
}

#[test]
fn augmentation_hangs_on_seed_repetition_epoch_and_row_alone() {
    let mut pipeline = built_in("digits");
    pipeline.normalize = Normalize::Zscore;
    pipeline.augment = vec![Transform::Flip, Transform::Shift(1.0), Transform::Rotate(10.0), Transform::Noise(0.1)];
    let data: Prepared<f32> = load(&pipeline, Path::new(NOWHERE), 0).unwrap();
    let mut augment = data.augment(&pipeline.augment).unwrap();
    let moment = super::augment::Moment { seed: 1, repetition: 0, epoch: 3 };
    let mut draw = |moment, row: u32| {
        let mut x = data.train.x.row(row as usize).to_vec();
        augment.apply(moment, row, &mut x);
        x
    };
    let first = draw(moment, 5);
    draw(moment, 6);
    assert_eq!(draw(moment, 5), first);
    assert_ne!(draw(super::augment::Moment { epoch: 4, ..moment }, 5), first);
    assert_ne!(draw(super::augment::Moment { repetition: 1, ..moment }, 5), first);
    assert_ne!(draw(super::augment::Moment { seed: 2, ..moment }, 5), first);
    // Constant pixels stay 0, and the rest is not left as it was.
    let plain = data.train.x.row(5).to_vec();
    assert!(plain.iter().zip(&first).filter(|(a, b)| a != b).count() > 20);
    assert_eq!(first[0], 0.0);
}

#[test]
fn a_summary_finds_what_is_wrong_with_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "id,name,constant,leak,noise,colour,y\n".to_owned();
    for i in 0..100 {
        let y = ["p", "q"][i % 2];
        let (noise, colour) = ((i / 2 * 37 % 10) as f64 / 10.0, ["red", "blue", "green"][i * 7 % 3]);
        let id = 1000 + i * 3 % 101;
        text += &format!("{id},n{i},5,{},{noise},{colour},{y}\n", if i % 2 == 0 { "a" } else { "b" });
    }
    let mut pipeline = csv(dir.path(), &text);
    let summary = super::summary(&pipeline, dir.path()).unwrap();
    let of = |name: &str| summary.columns.iter().find(|c| c.name == name).unwrap();
    assert!(of("id").identifier && of("name").identifier && !of("noise").identifier);
    assert!(of("constant").constant && !of("noise").constant);
    assert_eq!(of("leak").leak, Some(1.0));
    assert!(["name", "noise", "colour", "constant"].iter().all(|n| of(n).leak.is_none()));
    let range = of("noise").range.unwrap();
    assert_eq!((range.least, range.most, of("noise").different), (0.0, 0.9, 10));
    assert!((range.mean - 0.45).abs() < 1e-12 && (range.median - 0.45).abs() < 1e-12);
    assert_eq!(of("colour").frequent[0], ("red".to_owned(), 34));
    assert_eq!(summary.header.len(), 7);
    assert_eq!(summary.first[1], ["1003", "n1", "5", "b", "0", "blue", "q"]);
    assert_eq!(summary.balance, [vec![35, 35], vec![7, 8], vec![8, 7]]);
    assert_eq!((summary.duplicates, summary.contradictions, summary.shared_with_train), (0, 0, [0, 0]));
    // Each row four times over; one row of another class besides.
    let rows: String = (0..80).map(|i| format!("{},{}\n", i / 4, ["p", "q"][i / 4 % 2])).collect();
    pipeline = csv(dir.path(), format!("a,y\n{rows}0,q\n"));
    let summary = super::summary(&pipeline, dir.path()).unwrap();
    assert_eq!((summary.duplicates, summary.contradictions), (60, 5));
    assert!(summary.shared_with_train[0] > 5 && summary.shared_with_train[1] > 5);
}

#[test]
fn a_summary_of_images_has_samples_for_a_picture() {
    let summary = super::summary(&built_in("digits"), Path::new(NOWHERE)).unwrap();
    let labels: String = summary.samples.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(labels, (0..10).map(|digit: u32| digit.to_string().repeat(super::summary::SAMPLES)).collect::<String>());
    assert_eq!(summary.samples[3].pixels.len(), 64);
    let pixels = summary.pixels.unwrap();
    assert_eq!((pixels.least, pixels.most), (0.0, 16.0));
    let [(_, deviation), _] = summary.facts.feature_deviation.unwrap();
    assert!((deviation - pixels.deviation).abs() < 1e-9);
}
