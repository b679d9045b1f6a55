//! The reader against the `csv` crate, and against bytes of any kind.

use proptest::prelude::*;

use super::chunk::last_row_end;
use super::*;
use crate::data::examples::{Features, Target};
use crate::data::spec::Missing;

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
    let text: &'static [u8] = Box::leak(text.to_vec().into_boxed_slice());
    let request = Request { origin: "t", table, mode: None };
    read_by(&request, &|| Ok(Opened::memory("t", text)), size)
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
            let (_, length, closed) = chunk::read_row(&bytes[at..], b',');
            at += length;
            if closed && bytes[at - 1] == b'\n' {
                ends = at;
            }
        }
        prop_assert_eq!(last_row_end(bytes, b','), ends);
    }
}
