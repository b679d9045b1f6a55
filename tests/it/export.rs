//! `caviar export` and `caviar predict`: what leaves the program gives the numbers that the program recorded.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Project, root};

fn asset(name: &str) -> Vec<u8> {
    std::fs::read(root().join("assets/data").join(name)).expect("a data file")
}

/// Irises from a file, all of them for training, so that the record's accuracy is that of all rows.
fn irises() -> Project {
    let notebook = r#"
data flowers { source = csv("iris.csv.gz", target = species), split = [100%, 0%, 0%], normalize = zscore }
network mlp { dense(8) -> batch_norm -> relu -> dense(classes) -> softmax }
experiment first {
  data = flowers, network = mlp, optimizer = adam(rate = choice(0.0001, 0.01)), epochs = 12, maximize = train.accuracy
}
"#;
    let project = Project::new().file("first.exp", notebook).file("iris.csv.gz", asset("iris.csv.gz"));
    project.run(&["run", "first.exp"]).prints("report:");
    project
}

const HEADER: &str = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)";

fn fields(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|r| r.expect("a row").iter().map(str::to_string).collect()).collect()
}

#[test]
fn predictions_have_the_accuracy_of_the_record() {
    let project = irises();
    let printed = project.run(&["predict", "first.exp", "first", "--input", "iris.csv.gz"]).code(0);
    let predicted = fields(&printed.stdout());
    assert_eq!(predicted[0], ["predicted_species", "p_setosa", "p_versicolor", "p_virginica"]);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&asset("iris.csv.gz")[..]), &mut text)
        .expect("text");
    let truth: Vec<String> = fields(&text)[1..].iter().map(|row| row[4].clone()).collect();
    assert_eq!(predicted.len(), truth.len() + 1);
    let right = predicted[1..].iter().zip(&truth).filter(|(row, truth)| row[0] == **truth).count();
    let trials = fields(&project.run(&["show", "first.exp", "first", "--csv"]).code(0).stdout());
    let column = trials[0].iter().position(|name| name == "train.accuracy").expect("the metric");
    let best = trials[1..].iter().map(|row| row[column].parse::<f64>().expect("a number")).fold(0.0, f64::max);
    assert_eq!(right as f64 / truth.len() as f64, best);
    for row in &predicted[1..] {
        let sum: f64 = row[1..].iter().map(|p| p.parse::<f64>().expect("a number")).sum();
        assert!((sum - 1.0).abs() < 1e-6, "probabilities that sum to {sum}");
    }
    // Without the target, in another order, from a plain file with another separator: the same.
    let turned: String = fields(&text).iter().map(|r| format!("{};{};{};{}\n", r[3], r[2], r[1], r[0])).collect();
    project.write("turned.csv", turned);
    project
        .run(&["predict", "first.exp", "first", "--input", "turned.csv", "--output", "out.csv"])
        .code(0)
        .prints("written: out.csv (150 rows)");
    assert_eq!(project.read("out.csv"), printed.stdout());
}

#[test]
fn rows_that_a_model_cannot_take_are_named_by_row_and_column() {
    let project = irises();
    let says = |rows: &str, texts: &[&str]| {
        project.write("rows.csv", rows);
        let mut ran =
            project.run(&["predict", "first.exp", "first", "--input", "rows.csv", "--output", "out.csv"]).code(3);
        for text in texts {
            ran = ran.says(text);
        }
        assert!(!project.path("out.csv").exists(), "nothing is written of a file that fails");
    };
    let row = "5.1,3.5,1.4,0.2";
    says(&format!("{HEADER}\n{row}\n5.1,3.5,x,0.2\n"), &["row 2 (line 3)", "`petal length (cm)`", "`x`"]);
    says(&format!("{HEADER}\n{row}\n{row},7\n"), &["row 2 (line 3)", "5 fields where the header has 4"]);
    says(&format!("{HEADER}\n5.1,,1.4,0.2\n"), &["row 1 (line 2)", "`sepal width (cm)`", "missing"]);
    says("sepal length (cm),petal length (cm),petal width (cm)\n1,2,3\n", &["no column `sepal width (cm)`"]);
    says(&format!("{HEADER},colour\n{row},red\n"), &["column 5", "`colour`"]);
    says(&format!("{HEADER},{HEADER}\n{row},{row}\n"), &["two columns named `sepal length (cm)`"]);
    says(&format!("{HEADER}\n"), &["has no rows"]);
    says("", &["has no rows"]);
    says(&format!("{HEADER}\n{row}\n\"5.1,3.5,1.4,0.2\n"), &["row 2 (line 3)", "a quoted field never ends"]);
    says("\0a\0,\0b\n", &["not delimited text in UTF-8"]);
    project.run(&["predict", "first.exp", "first", "--input", "absent.csv"]).code(1).says("absent.csv");
    project.run(&["predict", "first.exp", "second", "--input", "rows.csv"]).code(1).says("no experiment `second`");
}

#[test]
fn categories_that_were_never_seen_are_refused() {
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", ["red", "blue"][i % 2], ["a", "b"][i / 20])).collect();
    let notebook = r#"
data d { source = csv("t.csv", target = y), split = [100%, 0%, 0%] }
network n { dense(classes) -> softmax }
experiment e { data = d, network = n, epochs = 1, maximize = train.accuracy }
"#;
    let project = Project::new().file("e.exp", notebook).file("t.csv", format!("size,colour,y\n{rows}"));
    project
        .run(&["predict", "e.exp", "e", "--input", "t.csv"])
        .code(3)
        .says("nothing is stored yet")
        .says("caviar run");
    project.run(&["run", "e.exp"]).prints("report:");
    // From standard input, with blanks, empty lines, a byte-order mark and Windows line ends.
    let plain = project.run(&["predict", "e.exp", "e", "--input", "t.csv"]).code(0).stdout();
    let piped = std::process::Stdio::piped;
    let mut child = project.command(&["predict", "e.exp", "e", "--input", "-"]);
    let mut child = child.stdin(piped()).stdout(piped()).stderr(piped()).spawn().expect("the program starts");
    let text = format!("\u{feff}size , colour,y\n{rows}").replace(',', "\t ").replace('\n', "\r\n\r\n");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout)), (Some(0), plain.into()));
    project.write("new.csv", "size,colour\n1,blue\n2,green\n");
    let ran = project.run(&["predict", "e.exp", "e", "--input", "new.csv"]).code(3);
    let ran = ran.says("row 2 (line 3), column `colour`: `green` does not occur").says("known are `blue`, `red`");
    assert_eq!(ran.stdout().lines().count(), 2, "rows before it are there: {}", ran.stdout());
}

#[test]
fn trials_leave_as_csv_and_json() {
    let project = irises();
    project.run(&["export", "first.exp", "first", "--to", "t.csv"]).code(0).prints("written: t.csv");
    assert_eq!(project.read("t.csv").trim(), project.run(&["show", "first.exp", "first", "--csv"]).stdout().trim());
    project.run(&["export", "first.exp", "first", "--to", "t.json"]).code(0);
    let trials: serde_json::Value = serde_json::from_str(&project.read("t.json")).expect("JSON");
    assert_eq!(trials.as_array().map(Vec::len), Some(2));
    assert_eq!(trials[1]["settings"]["rate"], "0.01", "an option is told by its label");
    project.run(&["export", "first.exp", "first", "--to", "t.parquet"]).code(0).prints("written: t.parquet");
    let file = std::fs::File::open(project.path("t.parquet")).expect("a file");
    let reader = parquet::file::reader::SerializedFileReader::new(file).expect("a Parquet file");
    let mut rows = fields(&project.read("t.csv")).into_iter();
    let header = rows.next().expect("a header");
    assert_eq!(header[..6], ["experiment", "trial", "repetition", "outcome", "epochs", "parameters"]);
    let mut count = 0;
    for row in reader.into_iter().map(|row| row.expect("a row")) {
        let expected = rows.next().expect("as many rows");
        for ((name, value), (column, text)) in row.get_column_iter().zip(header.iter().zip(expected)) {
            use parquet::record::Field;
            let value = match value {
                Field::Str(value) => value.clone(),
                Field::Long(value) => value.to_string(),
                Field::Double(value) => value.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!((name, value), (column, text));
        }
        count += 1;
    }
    assert_eq!((count, rows.next()), (2, None));
    if let Some(python) = python() {
        let script = "import csv, sys, pyarrow.parquet as p; t = p.read_table(sys.argv[1]).to_pydict(); \
                      rows = list(csv.DictReader(open(sys.argv[2]))); \
                      assert list(t) == list(rows[0]); \
                      assert all(type(v)(r[k]) == v for k in t for v, r in zip(t[k], rows)); \
                      assert isinstance(t['trial'][1], int) and isinstance(t['train.accuracy'][1], float)";
        let files = [project.path("t.parquet"), project.path("t.csv")];
        let ran = Command::new(python).args(["-c", script]).args(files).output().expect("python runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    project.run(&["export", "first.exp", "first", "--to", "t.txt"]).code(1).says(".onnx or .safetensors");
    project.run(&["export", "first.exp", "first", "--to", "t.csv", "--preprocess"]).code(1).says(".onnx");
    project.run(&["export", "first.exp", "first", "--to", "absent/t.csv"]).code(3).says("cannot write");
}

/// A Python with what the comparison needs; its absence is said aloud, and fails where all must run.
fn python() -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os("CAVIAR_PYTHON").unwrap_or_else(|| "python3".into()));
    let needed = "import numpy, onnx, onnxruntime, pyarrow, torch, safetensors";
    let there = Command::new(&python).args(["-c", needed]).output().is_ok_and(|output| output.status.success());
    if !there {
        let lacking = "no python3 with onnx, onnxruntime, pyarrow, torch and safetensors (CAVIAR_PYTHON names one)";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{lacking}");
        // Past the capture of the test's output.
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "SKIPPED: {lacking}");
    }
    there.then_some(python)
}

/// A data block, a network and rows that go through both.
struct Case<'a> {
    data: &'a str,
    network: &'a str,
    more: &'a str,
    target: &'a str,
    /// `rows.csv`.
    rows: Vec<u8>,
    files: Vec<(&'a str, Vec<u8>)>,
}

impl Case<'_> {
    /// Train, export and predict, and let other programs compute the same.
    fn agrees(self) {
        let Some(python) = python() else { return };
        let Case { data, network, more, target, rows, files } = self;
        let notebook = format!(
            "data d {{ {data} }}\nnetwork n {{\n{network}\n}}\n\
             experiment e {{ data = d, network = n, epochs = 3, optimizer = adam(rate = 0.01), {more} }}\n"
        );
        let project = Project::new().file("e.exp", notebook).file("rows.csv", rows);
        files.into_iter().for_each(|(name, bytes)| project.write(name, bytes));
        project.run(&["run", "e.exp"]).prints("report:");
        project.run(&["export", "e.exp", "e", "--to", "model.safetensors"]).code(0);
        project.run(&["export", "e.exp", "e", "--to", "model.onnx"]).code(0);
        project.run(&["export", "e.exp", "e", "--to", "prepared.onnx", "--preprocess"]).code(0);
        project.run(&["predict", "e.exp", "e", "--input", "rows.csv", "--output", "predicted.csv"]).code(0);
        let script = root().join("tests/reference/onnx.py");
        let ran = Command::new(python).arg(script).arg(project.path("")).arg(target).output().expect("python runs");
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{network}\n{out}\n{err}");
        assert_eq!(out.matches("onnx").count() + out.matches("torch").count(), 3, "all three were compared:\n{out}");
    }
}

/// Numbers, texts, booleans, dates, a constant column, and gaps.
fn mixed() -> String {
    let mut text = String::from("size,colour,old,made,same,shape,y\n");
    for i in 0..120 {
        let size = if i % 17 == 3 { String::new() } else { format!("{}", 1000.0 + f64::from(i * i % 37) * 0.25) };
        let colour = if i % 13 == 5 { "" } else { ["red", "blue", "dark \"green\""][i as usize % 3] };
        let quoted = format!("\"{}\"", colour.replace('"', "\"\""));
        let (old, day) = (i % 4 == 1, 1 + i % 28);
        let shape = ["round", "flat"][(i / 5 % 2) as usize];
        text +=
            &format!("{size},{quoted},{old},2024-03-{day:02},7,{shape},{}\n", ["no", "yes", "well"][i as usize % 3]);
    }
    text
}

const ACTIVATIONS: &str = "
    dense(9) -> batch_norm -> relu -> dropout(0.2) -> noise(0.1)
    residual { dense(9) -> layer_norm -> gelu -> dense(9, bias = false) }
    repeat(2) { dense(9) -> leaky_relu(0.1) } -> dense(8) -> elu -> dense(8) -> selu -> dense(8) -> silu -> dense(8) -> tanh
    -> dense(8) -> softplus -> batch_norm(scale = false) -> identity -> dense(8) -> sigmoid
    -> batch_norm(shift = false, statistics = exact) -> dense(classes) -> softmax";

#[test]
fn a_table_with_texts_and_gaps_through_every_activation() {
    Case {
        data: r#"source = csv("rows.csv", target = y), missing = mean, normalize = zscore"#,
        network: ACTIVATIONS,
        more: "minimize = train.loss",
        target: "y",
        rows: mixed().into(),
        files: Vec::new(),
    }
    .agrees();
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&asset(name)[..]), &mut bytes).expect("bytes");
    bytes
}

const TUMOURS: &str = "
    image(5, 3, 2) -> conv(6, kernel = 3) -> batch_norm -> relu
    residual { conv(6, kernel = 3, bias = false) -> layer_norm -> tanh }
    -> conv(4, kernel = 2, padding = valid) -> max_pool(2) -> flatten -> batch_norm -> layer_norm -> dense(6) -> relu
    -> dense(classes) -> softmax";

#[test]
fn images_of_two_channels_through_convolutions_and_pools() {
    Case {
        data: r#"source = csv("rows.csv", target = diagnosis), normalize = minmax"#,
        network: TUMOURS,
        more: "minimize = train.loss",
        target: "diagnosis",
        rows: unpacked("breast_cancer.csv.gz"),
        files: Vec::new(),
    }
    .agrees();
}

const ONE_SIGMOID: &str = "
    image(5, 3, 2) -> conv(3, kernel = 2, padding = valid, stride = 1) -> batch_norm(statistics = batch) -> avg_pool(2)
    -> conv(5, kernel = 1) -> silu -> global_avg_pool -> dense(1) -> sigmoid";

#[test]
fn one_sigmoid_in_64_bits_and_a_global_average() {
    Case {
        data: r#"source = csv("rows.csv", target = diagnosis), normalize = zscore"#,
        network: ONE_SIGMOID,
        more: "minimize = train.loss, precision = f64",
        target: "diagnosis",
        rows: unpacked("breast_cancer.csv.gz"),
        files: Vec::new(),
    }
    .agrees();
}

const HARD: &str = "dense(4) -> relu -> dense(classes) -> softmax -> hardmax";

#[test]
fn hardmax_and_numbers() {
    Case {
        data: r#"source = csv("rows.csv", target = diagnosis), normalize = zscore"#,
        network: HARD,
        more: "minimize = train.loss",
        target: "diagnosis",
        rows: unpacked("breast_cancer.csv.gz"),
        files: Vec::new(),
    }
    .agrees();
    let table: String = (0..90).map(|i| format!("{},{},{}\n", i % 7, i * i % 11, i % 7 * 3 - i * i % 11)).collect();
    Case {
        data: r#"source = csv("rows.csv", target = y), mode = regression"#,
        network: "dense(6) -> relu -> dense(1)",
        more: "minimize = train.loss",
        target: "y",
        rows: format!("a,b,y\n{table}").into(),
        files: Vec::new(),
    }
    .agrees();
}

/// Images, row by row and channels last, as rows of a table.
fn pixels(images: &[u8], (height, width, channels): (usize, usize, usize), target: &str, labels: &[u8]) -> String {
    let mut text = String::new();
    for row in 1..=height {
        for column in 1..=width {
            for channel in 1..=channels {
                text += &match channels {
                    1 => format!("\"pixel {row},{column}\","),
                    _ => format!("\"pixel {row},{column},{channel}\","),
                };
            }
        }
    }
    text += target;
    for (image, label) in images.chunks(height * width * channels).zip(labels) {
        text.push('\n');
        image.iter().for_each(|pixel| text += &format!("{pixel},"));
        text += &label.to_string();
    }
    text
}

// Even kernels are padded by one more below and at the right; 8 steps of 3 leave a remainder; pools drop one.
const STRIDES: &str = "
    conv(5, kernel = 4, stride = 1) -> relu -> conv(6, kernel = 5, stride = 3) -> batch_norm -> tanh
    -> max_pool(2) -> conv(4, kernel = 2, stride = 2) -> flatten -> dense(classes) -> softmax";
const POOLS: &str = "
    max_pool(3) -> conv(3, kernel = 2, stride = 1, padding = valid) -> relu -> flatten -> dense(classes) -> softmax";

#[test]
fn digits_through_odd_paddings_strides_and_remainders() {
    let bytes = unpacked("digits.gz");
    let (images, labels) = bytes.split_at(bytes.len() / 65 * 64);
    for (network, normalize) in [(STRIDES, "zscore"), (POOLS, "minmax")] {
        Case {
            data: &format!("source = digits(), normalize = {normalize}, limit = 300"),
            network,
            more: "minimize = train.loss",
            target: "digit",
            rows: pixels(images, (8, 8, 1), "digit", labels).into(),
            files: Vec::new(),
        }
        .agrees();
    }
}

const COLOURS: &str = "
    conv(4, kernel = 6, stride = 2) -> layer_norm -> silu -> avg_pool(2) -> conv(7, kernel = 3, stride = 2, padding = valid) -> elu
    -> flatten -> batch_norm -> dense(classes) -> softmax";

#[test]
fn colour_images_of_odd_sides_from_idx_files() {
    let (height, width, channels, rows) = (13u8, 11u8, 3u8, 60u8);
    let numbers = usize::from(height) * usize::from(width) * usize::from(channels) * usize::from(rows);
    let images: Vec<u8> = (0..numbers).map(|i| (i * i % 251 + i / 400) as u8).collect();
    let labels: Vec<u8> = (0..rows).map(|i| i % 3).collect();
    let sides = [[0, 0, 8, 4], [0, 0, 0, rows], [0, 0, 0, height], [0, 0, 0, width], [0, 0, 0, channels]].concat();
    let head = [[0, 0, 8, 1], [0, 0, 0, rows]].concat();
    Case {
        data: r#"source = idx("images", "labels")"#,
        network: COLOURS,
        more: "minimize = train.loss",
        target: "label",
        rows: pixels(&images, (height.into(), width.into(), channels.into()), "label", &labels).into(),
        files: vec![("images", [sides, images].concat()), ("labels", [head, labels].concat())],
    }
    .agrees();
}

#[test]
fn no_layer_is_left_out_of_the_comparison() {
    let compared = [ACTIVATIONS, TUMOURS, ONE_SIGMOID, HARD, STRIDES, POOLS, COLOURS].concat();
    let compared: Vec<&str> = compared.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let page = std::fs::read_to_string(root().join("docs/language.md")).expect("the page");
    let table = page.split("### Layers\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("the table");
    let layers: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        .collect();
    assert!(layers.len() > 20, "{layers:?}");
    let missing: Vec<&&str> = layers.iter().filter(|layer| !compared.contains(layer)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn data_say_what_they_hold_and_what_looks_wrong() {
    let rows: String = (0..60).map(|i| format!("{i},7,{},{}\n", i % 3, ["a", "b"][i % 2])).collect();
    let notebook = r#"
data d { source = csv("t.csv", target = y) }
data e { source = digits() }
network n { dense(classes) -> softmax }
experiment one { data = d, network = n, epochs = 1 }
experiment two { data = e, network = n, epochs = 1 }
"#;
    let project = Project::new().file("e.exp", notebook).file("t.csv", format!("place,same,kind,y\n{rows}0,7,0,a\n"));
    project
        .run(&["show", "data", "e.exp", "d"])
        .code(0)
        .prints("d: 61 rows, 3 features")
        .prints("`same` has one value in every row")
        .prints("`place` has a value of its own")
        .prints("1 row is the same as another");
    project.run(&["show", "data", "e.exp"]).code(0).prints("e: 1797 rows, images of 8 x 8 x 1").prints("██");
    project.run(&["show", "data", "e.exp", "e", "--picture", "samples.png"]).code(0).prints("written: samples.png");
    let picture = image::open(project.path("samples.png")).expect("a picture").to_luma8();
    // Ten of ten classes, 8 x 8 pixels eight times as large, two apart; the first two rows of the first 0 are in the data.
    assert_eq!(picture.dimensions(), (662, 662));
    let row = |y: u32| (0..8).map(|x| picture.get_pixel(2 + x * 8 + 3, 2 + y * 8 + 3).0[0]).collect::<Vec<u8>>();
    let shades = |pixels: [u8; 8]| pixels.map(|p| (f64::from(p) / 16.0 * 255.0).round() as u8).to_vec();
    assert_eq!(row(0), shades([0, 0, 5, 13, 9, 1, 0, 0]));
    assert_eq!(row(1), shades([0, 0, 13, 15, 10, 15, 5, 0]));
    project.run(&["show", "data", "e.exp", "d", "--picture", "samples.png"]).code(1).says("only images");
    project.run(&["show", "data", "e.exp", "f"]).code(1).says("no data block `f`; the file has `d`, `e`");
}
