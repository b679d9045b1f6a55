//! Arrays and pictures, made by hand.

use std::path::Path;

use super::spec::{Mode, Pipeline, Source};
use super::{Error, Prepared, Targets, describe, files_of, fingerprint, load};
use crate::nn::layer::Shape;

fn all_train(source: Source) -> Pipeline {
    let mut pipeline = Pipeline::new(source);
    pipeline.split = [1.0, 0.0, 0.0];
    pipeline
}

fn read(pipeline: &Pipeline, base: &Path) -> Prepared<f64> {
    let data: Prepared<f64> = load(pipeline, base, 0).unwrap();
    assert_eq!(fingerprint(pipeline, base).unwrap(), data.facts.fingerprint);
    data
}

fn idx(dir: &Path, images: &[u8], labels: &[u8]) -> Pipeline {
    std::fs::write(dir.join("images"), images).unwrap();
    std::fs::write(dir.join("labels"), labels).unwrap();
    all_train(Source::Idx { images: "images".into(), labels: "labels".into() })
}

/// Two images of 2 x 3 pixels.
const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 2, 3, 4, 255, 9, 8, 7, 6, 5, 4];
const LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 7, 3];

#[test]
fn idx_files_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = idx(dir.path(), IMAGES, LABELS);
    let data = read(&pipeline, dir.path());
    assert_eq!(data.facts.shape, Shape::Image(2, 3, 1));
    assert_eq!(data.train.x.row(0).to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 255.0]);
    assert_eq!(data.facts.classes.as_deref().unwrap(), ["3", "7"]);
    assert_eq!(data.train.y, Targets::Classes(vec![1, 0]));
    assert_eq!(files_of(&pipeline, dir.path()).unwrap().len(), 2);
    // Packed, and found although the name lacks `.gz`.
    use std::io::Write;
    let file = std::fs::File::create(dir.path().join("images.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(IMAGES).unwrap();
    packed.finish().unwrap();
    std::fs::remove_file(dir.path().join("images")).unwrap();
    let again = read(&pipeline, dir.path());
    assert_eq!(again.train.x, data.train.x);
    let mut short = std::fs::read(dir.path().join("images.gz")).unwrap();
    short.truncate(short.len() - 12);
    std::fs::write(dir.path().join("images.gz"), short).unwrap();
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::Format { .. })));
}

#[test]
fn a_part_is_the_same_rows_as_of_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let rows = 90u8;
    let images: Vec<u8> = [0, 0, 8, 2, 0, 0, 0, rows, 0, 0, 0, 3]
        .into_iter()
        .chain((0..rows).flat_map(|i| [i, i / 2, 255 - i]))
        .collect();
    let labels: Vec<u8> = [0, 0, 8, 1, 0, 0, 0, rows].into_iter().chain((0..rows).map(|i| i % 7 % 3)).collect();
    let mut pipeline = idx(dir.path(), &images, &labels);
    for i in 0..rows {
        let folder = dir.path().join("folders").join((i % 7 % 3).to_string());
        std::fs::create_dir_all(&folder).unwrap();
        image::GrayImage::from_pixel(1, 1, image::Luma([i])).save(folder.join(format!("{i:02}.png"))).unwrap();
    }
    let check = |pipeline: &mut Pipeline| {
        pipeline.limit = None;
        let whole = super::Dataset::read(pipeline, dir.path()).unwrap();
        pipeline.limit = Some(20);
        let part = super::Dataset::read(pipeline, dir.path()).unwrap();
        assert_eq!(part.facts().fingerprint, whole.facts().fingerprint);
        let rows = super::split::Part::of(pipeline).unwrap().rows(&whole.examples().target, 90).unwrap();
        let mut expected = whole.examples().clone();
        expected.keep(&rows);
        assert_eq!(format!("{:?}", part.examples()), format!("{expected:?}"));
        assert_eq!(part.facts().class_rows.iter().sum::<usize>(), 20);
    };
    check(&mut pipeline);
    for columns_first in [false, true] {
        let answers: Vec<u8> = labels[8..].to_vec();
        std::fs::write(dir.path().join("x.npy"), npy("|u1", columns_first, "(90, 3)", &images[12..])).unwrap();
        std::fs::write(dir.path().join("y.npy"), npy("|u1", false, "(90,)", &answers)).unwrap();
        check(&mut all_train(Source::Npz { path: "x.npy".into(), x: "x".into(), y: "y.npy".into() }));
    }
    check(&mut all_train(Source::Images { path: "folders".into(), size: None, grey: true }));
}

#[test]
fn broken_idx_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let problem = |images: &[u8], labels: &[u8]| describe(&idx(dir.path(), images, labels), dir.path()).unwrap_err();
    for end in 0..IMAGES.len() {
        assert!(matches!(problem(&IMAGES[..end], LABELS), Error::Format { .. }), "{end}");
    }
    assert!(matches!(problem(IMAGES, &[0, 0, 8, 1, 0, 0, 0, 1, 7]), Error::Format { .. }));
    assert!(matches!(problem(IMAGES, IMAGES), Error::Format { .. }));
    let huge = [0, 0, 8, 3, 0, 0, 0, 2, 0, 255, 255, 255, 0, 255, 255, 255];
    assert!(matches!(problem(&huge, LABELS), Error::TooLarge { .. }));
    let nothing = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3];
    assert!(matches!(problem(&nothing, LABELS), Error::Format { .. }));
    // Floats, the second of which is NaN.
    let mut floats = vec![0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 1];
    floats.extend(1.5f32.to_be_bytes());
    floats.extend(f32::NAN.to_be_bytes());
    let error = problem(&floats, LABELS);
    assert_eq!(error.to_string(), "images, row 2, column `x1`: `NaN` is not a finite number");
}

/// An array as `numpy.save` writes it (version 1.0 of the format).
fn npy(kind: &str, fortran: bool, shape: &str, body: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn npy_files_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = all_train(Source::Npz { path: "x.npy".into(), x: "x".into(), y: "y.npy".into() });
    let doubles = |v: &[f64]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let longs = |v: &[i64]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(dir.path().join(name), bytes).unwrap();
    // Columns first: the rows are (1, 3, 5) and (2, 4, 6).
    write("x.npy", npy("<f8", true, "(2, 3)", &doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
    write("y.npy", npy("<f8", false, "(2,)", &doubles(&[0.5, -0.5])));
    let data = read(&pipeline, dir.path());
    assert_eq!(data.train.x.row(1).to_vec(), [2.0, 4.0, 6.0]);
    assert_eq!(data.facts.mode, Mode::Regression);
    write("x.npy", npy("|u1", false, "(4, 1, 2)", &[1, 2, 3, 4, 5, 6, 7, 8]));
    write("y.npy", npy("<i8", false, "(4, 1)", &longs(&[5, 4, 5, 4])));
    let data = read(&pipeline, dir.path());
    assert_eq!((data.facts.shape, data.facts.mode), (Shape::Image(1, 2, 1), Mode::Classification));
    assert_eq!(data.train.y, Targets::Classes(vec![1, 0, 1, 0]));
    write("y.npy", npy("<f8", false, "(4, 2)", &doubles(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])));
    let data = read(&pipeline, dir.path());
    assert_eq!(data.facts.outputs, 2);
    write("y.npy", npy("|b1", false, "(4,)", &[1, 0, 0, 1]));
    assert_eq!(read(&pipeline, dir.path()).facts.classes.unwrap(), ["false", "true"]);
    // Every type, and both orders of bytes.
    write("y.npy", npy("<i8", false, "(3,)", &longs(&[0, 1, 0])));
    for (kind, minus, body) in [
        ("<f4", true, [1.0f32, -2.0, 3.0].map(f32::to_le_bytes).concat()),
        (">f4", true, [1.0f32, -2.0, 3.0].map(f32::to_be_bytes).concat()),
        (">f8", true, [1.0f64, -2.0, 3.0].map(f64::to_be_bytes).concat()),
        ("<i2", true, [1i16, -2, 3].map(i16::to_le_bytes).concat()),
        (">i4", true, [1i32, -2, 3].map(i32::to_be_bytes).concat()),
        ("<i8", true, longs(&[1, -2, 3])),
        ("|i1", true, vec![1, 254, 3]),
        ("<u2", false, [1u16, 2, 3].map(u16::to_le_bytes).concat()),
        (">u4", false, [1u32, 2, 3].map(u32::to_be_bytes).concat()),
        ("<u8", false, [1u64, 2, 3].map(u64::to_le_bytes).concat()),
        ("|u1", false, vec![1, 2, 3]),
    ] {
        write("x.npy", npy(kind, false, "(3, 1)", &body));
        let second = if minus { -2.0 } else { 2.0 };
        assert_eq!(read(&pipeline, dir.path()).train.x.column(0).to_vec(), [1.0, second, 3.0], "{kind}");
    }
    write("x.npy", npy("<f2", false, "(3,)", &[0; 6]));
    assert!(describe(&pipeline, dir.path()).unwrap_err().to_string().contains("`x`: its type <f2 is not read"));
    write("x.npy", npy("|u1", false, "(3, 65536, 4294967296)", &[0; 6]));
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::TooLarge { .. })));
    let whole = npy("|u1", false, "(3, 2)", &[0; 6]);
    for end in 0..whole.len() {
        write("x.npy", whole[..end].to_vec());
        assert!(matches!(describe(&pipeline, dir.path()), Err(Error::Format { .. })), "{end}");
    }
    write("x.npy", npy("|u1", false, "(4, 1, 2)", &[1, 2, 3, 4, 5, 6, 7, 8]));
    write("y.npy", npy("<U1", false, "(4,)", &[0; 16]));
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::Format { .. })));
    write("y.npy", npy("<i8", false, "(3,)", &longs(&[0, 1, 0])));
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::Format { .. })));
}

#[test]
fn npz_archives_are_read() {
    let dir = tempfile::tempdir().unwrap();
    // Made by `tests/reference/arrays.py`.
    std::fs::write(dir.path().join("arrays.npz"), include_bytes!("../../tests/reference/arrays.npz")).unwrap();
    let source = |y: &str| all_train(Source::Npz { path: "arrays.npz".into(), x: "x".into(), y: y.into() });
    let data = read(&source("label"), dir.path());
    assert_eq!(data.train.x.row(3).to_vec(), [3.0, 3.5]);
    assert_eq!(data.train.y, Targets::Classes(vec![1, 0, 1, 0]));
    let error = describe(&source("labels"), dir.path()).unwrap_err();
    assert_eq!(error.to_string(), "arrays.npz has no column `labels` (asked for as y)");
    assert!(error.help().starts_with("did you mean `label`?"));
}

#[test]
fn folders_of_pictures_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pets");
    for (class, name, size, colour) in [
        ("dog", "b.png", (4, 2), [200, 100, 0]),
        ("cat", "z.PNG", (4, 2), [10, 20, 30]),
        ("cat", "a.png", (8, 4), [0, 0, 255]),
        ("dog", "a.jpg", (4, 2), [90, 90, 90]),
    ] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        let picture = image::RgbImage::from_pixel(size.0, size.1, image::Rgb(colour));
        let format = if name.ends_with("jpg") { image::ImageFormat::Jpeg } else { image::ImageFormat::Png };
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        std::fs::write(folder.join(class).join(name), bytes.into_inner()).unwrap();
    }
    std::fs::write(folder.join("cat").join("notes.txt"), "no picture").unwrap();
    std::fs::write(folder.join("README"), "no class").unwrap();
    let source = |size, grey| all_train(Source::Images { path: "pets".into(), size, grey });
    let pipeline = source(Some((2, 4)), false);
    let data = read(&pipeline, dir.path());
    assert_eq!(data.facts.shape, Shape::Image(2, 4, 3));
    assert_eq!(data.facts.classes.as_deref().unwrap(), ["cat", "dog"]);
    assert_eq!(data.train.y, Targets::Classes(vec![0, 0, 1, 1]));
    assert_eq!(data.train.x.row(0).to_vec(), [0.0, 0.0, 255.0].repeat(8));
    assert_eq!(data.train.x.row(1).to_vec(), [10.0, 20.0, 30.0].repeat(8));
    assert!(data.train.x.row(2).iter().all(|x| (x - 90.0).abs() <= 2.0));
    // That of the first picture; grey by the luma of BT.709.
    let data = read(&source(None, true), dir.path());
    assert_eq!(data.facts.shape, Shape::Image(4, 8, 1));
    assert!((data.train.x[[0, 0]] - 0.0722 * 255.0).abs() <= 1.0);
    let before = fingerprint(&pipeline, dir.path()).unwrap();
    std::fs::rename(folder.join("dog").join("b.png"), folder.join("cat").join("b.png")).unwrap();
    assert_ne!(fingerprint(&pipeline, dir.path()).unwrap(), before);
    std::fs::write(folder.join("dog").join("c.png"), "broken").unwrap();
    assert!(matches!(describe(&pipeline, dir.path()), Err(Error::Format { .. })));
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let nothing = all_train(Source::Images { path: "empty".into(), size: None, grey: false });
    assert!(matches!(describe(&nothing, dir.path()), Err(Error::Format { .. })));
}
