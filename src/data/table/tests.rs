//! The reader against the `csv` crate, and against bytes of any kind.

use proptest::prelude::*;

use super::chunk::last_row_end;
use super::*;
use crate::data::examples::{Features, Target, Values};
use crate::data::split::Part;

fn spec(separator: Option<char>) -> Table {
    Table {
        path: "t".into(),
        target: "y".into(),
        features: Vec::new(),
        drop: Vec::new(),
        separator,
        missing: Missing::Refuse,
        groups: None,
    }
}

/// Read in pieces of about `size` bytes.
fn read_in_pieces(text: &[u8], table: &Table, size: usize) -> Result<(Examples, String), Error> {
    read_within(text, table, size, None, u64::MAX)
}

/// The same of a part, in so many bytes.
fn read_within(
    text: &[u8],
    table: &Table,
    size: usize,
    part: Option<Part>,
    allowed: u64,
) -> Result<(Examples, String), Error> {
    let text: &'static [u8] = Box::leak(text.to_vec().into_boxed_slice());
    let rules = Rules { missing: table.missing, mode: None, part };
    let request = Request { piece: size, allowed, ..Request::new("t", table, rules) };
    read(&request, &|| Ok(Opened::memory("t", text)))
}

/// All fields as text, a class for each row.
fn as_texts(examples: &Examples) -> Vec<Vec<String>> {
    let Features::Columns(columns) = &examples.features else { panic!("a table has columns") };
    (0..examples.rows)
        .map(|row| {
            columns
                .iter()
                .map(|column| match &column.values {
                    Values::Texts { codes, names } => names[codes[row] as usize].clone(),
                    other => panic!("texts, not {other:?}"),
                })
                .collect()
        })
        .collect()
}

#[test]
fn pieces_join_to_the_whole() {
    let mut text = "a,word,b,y\n".to_owned();
    for i in 0..5000 {
        let word = ["red", "\"a \"\"b\"\", c\"", "\"two\nlines\"", "green"][i * 7 % 4];
        text += &format!("{},{word},{:e},{}\r\n", i as f64 / 7.0, (i * i) as f64 * 1e-30, ["p", "q"][i % 2]);
    }
    let (whole, digest) = read_in_pieces(text.as_bytes(), &spec(None), 1 << 22).unwrap();
    let Features::Columns(columns) = &whole.features else { panic!("a table has columns") };
    let Values::Numbers(first) = &columns[0].values else { panic!("numbers") };
    assert!(first.iter().enumerate().all(|(i, x)| *x == i as f64 / 7.0));
    assert!(matches!(&columns[1].values, Values::Texts { names, .. } if names.len() == 4));
    for size in [1, 7, 64, 1000, 30_000] {
        let (pieces, same) = read_in_pieces(text.as_bytes(), &spec(None), size).unwrap();
        assert_eq!(same, digest);
        let Features::Columns(others) = &pieces.features else { panic!("a table has columns") };
        assert_eq!((others, &pieces.target), (columns, &whole.target));
        let places = |e: &Examples| (0..e.rows).map(|r| e.place(r).line).collect::<Vec<Option<usize>>>();
        assert_eq!(places(&pieces), places(&whole));
    }
    // Every second row of four spans one line more.
    assert_eq!(whole.place(4000).line, Some(4002 + 1000));
}

#[test]
fn errors_late_in_a_file_have_their_place() {
    let mut text = "a,b,y\n".to_owned();
    for i in 0..10_000 {
        text += &if i == 7_777 { "1,2\n".to_owned() } else { format!("{i},{i},p\n") };
    }
    for size in [100, 5000, 1 << 22] {
        let Err(Error::Ragged { place, expected, found, .. }) = read_in_pieces(text.as_bytes(), &spec(None), size)
        else {
            panic!("row 7778 is short")
        };
        assert_eq!((place.row, place.line, expected, found), (7_778, Some(7_779), 3, 2));
    }
}

#[test]
fn a_late_text_makes_a_column_one_of_texts_only_where_texts_are_common() {
    let column = |texts: usize| {
        let mut text = "a,y\n".to_owned();
        for i in 0..4000 {
            text += &if i >= 4000 - texts { format!("w{},q\n", i % 3) } else { format!("{i},p\n") };
        }
        read_in_pieces(text.as_bytes(), &spec(None), 2000)
    };
    let Err(Error::NotANumber { place, count, text, .. }) = column(400) else { panic!("one in ten is too few") };
    assert_eq!((place.row, count, text.as_str()), (3601, 400, "w0"));
    let (examples, _) = column(401).unwrap();
    let Features::Columns(columns) = &examples.features else { panic!("a table has columns") };
    assert!(matches!(&columns[0].values, Values::Texts { names, .. } if names.len() == 3599 + 3));
}

#[test]
fn a_part_of_a_table_that_does_not_fit_is_that_of_one_that_does() {
    let mut text = "n,word,late,flag,day,who,y\r\n".to_owned();
    for i in 0..6000 {
        let n = if i % 50 == 7 { String::new() } else { format!("{}", i as f64 / 7.0) };
        let word = ["red", "\"two\nlines\"", "blue", "NA"][i * 7 % 4];
        // Numbers at first, so that the column is read again.
        let late = if i > 1500 { format!("w{}", i % 5) } else { (i % 7).to_string() };
        let y = if i % 97 == 0 { "" } else { ["p", "q", "r"][i * i % 3] };
        text += &format!("{n},{word},{late},{},2026-01-0{},g{},{y}\r\n", i % 2 == 0, 1 + i % 9, i % 11);
    }
    let complete: String = {
        let mut lines = text.split("\r\n");
        let header = lines.next().unwrap_or_default().to_owned();
        lines.filter(|line| !line.ends_with(',')).fold(header, |all, line| all + "\r\n" + line)
    };
    for (missing, text) in [(Missing::Drop, &text), (Missing::Mode, &complete)] {
        for groups in [None, Some("who".to_owned())] {
            let table = Table { missing, groups, ..spec(None) };
            let part = Part { most: 200, seed: 5 };
            let (whole, digest) = read_within(text.as_bytes(), &table, 5000, Some(part), u64::MAX).unwrap();
            assert_eq!(whole.rows, 200);
            // Less than the whole takes, more than the part does.
            let (small, same) = read_within(text.as_bytes(), &table, 5000, Some(part), 160_000).unwrap();
            assert_eq!((format!("{small:?}"), same), (format!("{whole:?}"), digest));
            let refused = read_within(text.as_bytes(), &table, 5000, None, 160_000);
            assert!(matches!(refused, Err(Error::TooLarge { .. })));
            let large = Part { most: 50_000, seed: 5 };
            let refused = read_within(text.as_bytes(), &table, 5000, Some(large), 160_000);
            assert!(matches!(refused, Err(Error::TooLarge { .. })));
        }
    }
    let refused = read_within(text.as_bytes(), &spec(None), 5000, Some(Part { most: 20, seed: 0 }), 100_000);
    let Err(Error::MissingValue { place, column, count, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((place.row, column.as_str(), count), (8, "n", 120));
}

#[test]
fn rows_are_those_that_columns_are_made_of() {
    let text = "\u{feff}a,\"b \"\"x\"\"\",c\r\n\r\n 1 ,\" two\nlines\",3\r\n\r\n4,5,é";
    let mut rows = Rows::open("t", Box::new(text.as_bytes()), None).unwrap();
    assert_eq!(rows.header(), ["a", "b \"x\"", "c"]);
    let mut all = Vec::new();
    while let Some((fields, place)) = rows.read().unwrap() {
        let fields: Vec<String> = fields.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect();
        all.push((fields, place.row, place.line));
    }
    let expected = [(["1", " two\nlines", "3"], 1, Some(3)), (["4", "5", "é"], 2, Some(6))];
    assert_eq!(all, expected.map(|(fields, row, line)| (fields.map(str::to_owned).to_vec(), row, line)));
    let mut long = "a,b\n".to_owned();
    (0..50_000).for_each(|i| long += &format!("{i},{}\n", "x".repeat(i % 13)));
    let mut rows = Rows::open("t", Box::new(std::io::Cursor::new(long)), None).unwrap();
    for i in 0..50_000 {
        let (fields, place) = rows.read().unwrap().unwrap();
        assert_eq!((fields[0].as_ref(), fields[1].len()), (i.to_string().as_bytes(), i % 13));
        assert_eq!(place.line, Some(i + 2));
    }
    assert!(rows.read().unwrap().is_none());
    let broken = |text: &'static str| {
        let mut rows = Rows::open("t", Box::new(text.as_bytes()), None)?;
        while rows.read()?.is_some() {}
        Ok(())
    };
    assert!(matches!(broken("a,b\n1,2\n3\n"), Err(Error::Ragged { place, .. }) if place.row == 2));
    assert!(matches!(broken("a,b\n1,\"2\n3\n"), Err(Error::OpenQuote { place, .. }) if place.row == 1));
    assert!(matches!(broken("a,a\n1,2\n"), Err(Error::DuplicateColumn { .. })));
    assert!(matches!(broken("\r\n"), Err(Error::Empty { .. })));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
        let _ = read_in_pieces(&bytes, &spec(None), size);
    }

    #[test]
    fn nearly_right_text_never_panics(text in "y[,;\t]b[,;]c\n([0-9.e\"\\-]{0,5}[,;\"\n\r é]{1,2}){0,60}", size in 1usize..50) {
        let _ = read_in_pieces(text.as_bytes(), &spec(None), size);
    }

    #[test]
    fn fields_are_those_of_the_csv_crate(
        rows in prop::collection::vec(prop::collection::vec("x[a-c,\";\n 0-9é]{0,6}z", 3), 2..20),
        size in 1usize..200,
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator as u8).from_writer(Vec::new());
        writer.write_record(["a", "b", "c", "y"]).unwrap();
        for (i, row) in rows.iter().enumerate() {
            writer.write_record(row.iter().map(String::as_str).chain([["p", "q"][i % 2]])).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let (examples, _) = read_in_pieces(&text, &spec(Some(separator)), size).unwrap();
        prop_assert_eq!(as_texts(&examples), rows);
        let Target::Classes { codes, .. } = &examples.target else { panic!("classes") };
        prop_assert!(codes.iter().enumerate().all(|(i, &c)| c as usize == i % 2));
    }

    #[test]
    fn the_last_row_end_is_where_rows_end(text in "([a-c,\"\n]{1,3}){0,20}") {
        // Row by row from the start, as the parser sees them.
        let bytes = text.as_bytes();
        let (mut at, mut ends) = (0, 0);
        while at < bytes.len() {
            let (_, length, closed) = chunk::fields(&bytes[at..], b',');
            at += length;
            if closed && bytes[at - 1] == b'\n' {
                ends = at;
            }
        }
        prop_assert_eq!(last_row_end(bytes, b','), ends);
    }
}
