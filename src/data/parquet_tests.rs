//! A file that pyarrow wrote.

use std::path::Path;

use super::kept::Rules;
use super::spec::{Missing, Pipeline, Source, Table};
use super::split::Part;
use super::{Error, Prepared, describe, load};

fn pipeline(path: &str) -> Pipeline {
    let mut pipeline = Pipeline::new(Source::Parquet(Table {
        path: path.into(),
        target: "y".into(),
        features: Vec::new(),
        drop: vec!["list.list.element".into()],
        separator: None,
        missing: Missing::Mode,
        groups: None,
    }));
    pipeline.split = [1.0, 0.0, 0.0];
    pipeline
}

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference"))
}

fn table(pipeline: &mut Pipeline) -> &mut Table {
    match &mut pipeline.source {
        Source::Parquet(table) => table,
        _ => panic!("no table"),
    }
}

#[test]
fn values_are_those_that_pyarrow_wrote() {
    let data: Prepared<f64> = load(&pipeline("table.parquet"), here(), 0).unwrap();
    let names = "double single small large unsigned flag,word = 11,word = blue,word = red,day moment price";
    let names: Vec<&str> =
        names.split(',').flat_map(|n| if n.contains('=') { vec![n] } else { n.split(' ').collect() }).collect();
    assert_eq!(data.facts.features, names);
    assert_eq!(data.facts.dates, ["day", "moment"]);
    assert_eq!(data.facts.missing, [("single".to_owned(), 4), ("flag".to_owned(), 4), ("word".to_owned(), 4)]);
    assert_eq!(data.facts.classes.as_deref().unwrap(), ["p", "q"]);
    for (i, row) in data.train.x.rows().into_iter().enumerate() {
        let n = i as f64;
        let hole = i % 10 == 3;
        let word = if hole { "11" } else { ["red", "blue", "11"][i % 3] };
        let expected = [
            n / 7.0,
            // The most frequent, the smallest of equals; so with the words, of which there are 12 each.
            if hole { 0.0 } else { n / 2.0 },
            n - 20.0,
            2f64.powi(40) + n,
            2f64.powi(32) - 1.0 - n,
            f64::from(u8::from(!hole && i % 3 == 0)),
            f64::from(u8::from(word == "11")),
            f64::from(u8::from(word == "blue")),
            f64::from(u8::from(word == "red")),
            // 2026-01-01.
            20_454.0 + n,
            1.5 + n,
            n / 100.0,
        ];
        assert_eq!(row.to_vec(), expected, "row {i}");
    }
}

#[test]
fn what_is_not_read_is_said() {
    let mut lists = pipeline("table.parquet");
    table(&mut lists).drop.clear();
    let error = describe(&lists, here()).unwrap_err();
    assert!(error.to_string().contains("column `list.list.element` is a list; drop it"), "{error}");
    let mut refused = pipeline("table.parquet");
    table(&mut refused).missing = Missing::Refuse;
    assert!(matches!(describe(&refused, here()), Err(Error::MissingValue { column, .. }) if column == "single"));
    let mut zstd = pipeline("zstd.parquet");
    table(&mut zstd).drop.clear();
    assert!(matches!(describe(&zstd, here()), Err(Error::Format { .. })));
}

#[test]
fn damaged_files_are_refused() {
    let bytes = std::fs::read(here().join("table.parquet")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let broken = pipeline("broken.parquet");
    for step in 0..200 {
        let mut bytes = bytes.clone();
        let at = step * 37 % bytes.len();
        if step % 2 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 0x55;
        }
        std::fs::write(dir.path().join("broken.parquet"), bytes).unwrap();
        // A changed byte may still give a table, but nothing may panic.
        let result = describe(&broken, dir.path());
        assert!(step % 2 == 1 || result.is_err());
    }
}

#[test]
fn a_part_of_a_file_that_does_not_fit_is_that_of_one_that_does() {
    for missing in [Missing::Mode, Missing::Drop] {
        let mut pipeline = pipeline("table.parquet");
        let table = Table { missing, ..table(&mut pipeline).clone() };
        let rules = Rules { missing, mode: None, part: Some(Part { most: 12, seed: 3 }) };
        let (whole, digest) = super::parquet::read_within(here(), &table, rules, u64::MAX).unwrap();
        assert_eq!(whole.rows, 12);
        let (small, same) = super::parquet::read_within(here(), &table, rules, 3000).unwrap();
        assert_eq!((format!("{small:?}"), same), (format!("{whole:?}"), digest));
        let refused = super::parquet::read_within(here(), &table, Rules { part: None, ..rules }, 3000);
        assert!(matches!(refused, Err(Error::TooLarge { .. })));
        let refused = super::parquet::read_within(here(), &table, rules, 500);
        assert!(matches!(refused, Err(Error::TooLarge { .. })));
    }
}
