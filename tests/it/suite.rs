//! Files with mistakes. In `tests/suite/` each mistake is told beside it: `# error E0207: nothing is called`, several on one line one
//! after another; a comment line `# ^ error …` tells those of the line before. A file without such comments has no mistakes.
//! The files of the folders in it are shown whole by snapshots, as all others are: what cannot be read to its end has no room for comments.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use caviar::check::{self, DataFacts};
use caviar::data::{self, spec::Pipeline};
use caviar::diagnostic::{Diagnostic, Severity};
use caviar::source::{self, Sources};
use caviar::syntax;

/// The data as they are on the disk.
pub struct Folder(pub PathBuf);

impl DataFacts for Folder {
    fn describe(&self, pipeline: &Pipeline) -> Result<data::Facts, data::Error> {
        data::describe(pipeline, &self.0)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// Every file of the suite, those of its folders too.
pub fn every_file() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("the suite is there").flatten() {
            match entry.path() {
                path if path.is_dir() && !path.ends_with("data") => open.push(path),
                path if path.extension().is_some_and(|e| e == "exp") => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Check a file; the plan, and all that is wrong.
pub fn checked(path: &Path) -> (Sources, check::Checked, Vec<Diagnostic>) {
    let (sources, files, mut found) = syntax::load(path, &mut |path: &Path| source::read(path));
    let base = path.parent().unwrap_or(Path::new(".")).to_path_buf();
    let checked = check::notebook(&sources, &files, &Folder(base));
    found.extend(checked.diagnostics.iter().cloned());
    (sources, checked, found)
}

/// What a comment expects: the line, how bad, the code (or its beginning), a part of the message.
#[derive(Debug)]
struct Expected {
    line: usize,
    severity: Severity,
    code: String,
    part: String,
}

fn expectations(text: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    let mut target = 0;
    for (number, line) in text.lines().enumerate() {
        let above = line.trim_start().starts_with("# ^");
        if !above {
            target = number + 1;
        }
        for (at, _) in line.match_indices('#') {
            let comment = line[at + 1..].trim_start().trim_start_matches('^').trim_start();
            let (severity, rest) = match (comment.strip_prefix("error "), comment.strip_prefix("warning ")) {
                (Some(rest), _) => (Severity::Error, rest),
                (_, Some(rest)) => (Severity::Warning, rest),
                _ => continue,
            };
            let Some((code, part)) = rest.split_once(':') else { continue };
            let part = part.split(" # error ").next().unwrap_or(part).split(" # warning ").next().unwrap_or(part);
            expected.push(Expected { line: target, severity, code: code.trim().into(), part: part.trim().into() });
        }
    }
    expected
}

#[test]
fn every_mistake_is_found_and_no_other() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the suite is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "exp"))
        .collect();
    files.sort();
    assert!(files.len() >= 40, "{} files", files.len());
    let mut wrong = String::new();
    for path in &files {
        let (sources, checked, found) = checked(path);
        let mut open = expectations(&sources.get(0).text);
        if sources.get(0).text.is_empty() {
            // Nowhere to write it.
            open.push(Expected { line: 1, severity: Severity::Error, code: "E0200".into(), part: "is empty".into() });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for diagnostic in &found {
            let (line, column) = sources.get(diagnostic.span().file).line_column(diagnostic.span().start as usize);
            let meant = open.iter().position(|e| {
                diagnostic.span().file == 0
                    && e.line == line
                    && e.severity == diagnostic.severity
                    && diagnostic.code.starts_with(&e.code)
                    && diagnostic.message.contains(&e.part)
            });
            match meant {
                Some(at) => {
                    open.remove(at);
                }
                None => {
                    let severity = if diagnostic.is_error() { "error" } else { "warning" };
                    wrong += &format!(
                        "{name}:{line}:{column} unexpected {severity} {}: {}\n",
                        diagnostic.code, diagnostic.message
                    );
                }
            }
        }
        for missed in open {
            wrong += &format!("{name}:{} missed {:?} {}: {}\n", missed.line, missed.severity, missed.code, missed.part);
        }
        let sound = !found.iter().any(Diagnostic::is_error);
        if checked.notebook.is_some() != sound {
            wrong += &format!("{name}: a plan if and only if there are no errors\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Every code is shown by a file; those that no file of this repository can show are made here.
#[test]
fn the_suite_covers_every_code() {
    let files = every_file();
    let broken = files.iter().filter(|path| !checked(path).2.is_empty()).count();
    assert!(broken >= 85, "{broken} files with mistakes");
    let made = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = made.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let long = [
        file("long_entry.exp", &format!("let x = [{}1]\n", "1, ".repeat(400_000))),
        file("long_file.exp", ""),
        made.path().join("none.exp"),
    ];
    let whole = std::fs::File::create(&long[1]).expect("a file");
    whole.set_len(source::MAX_FILE + 1).expect("a file that takes no room");
    let shown: BTreeSet<&str> =
        files.iter().chain(&long).flat_map(|path| checked(path).2).map(|diagnostic| diagnostic.code).collect();
    let missing: Vec<&str> =
        caviar::diagnostic::codes::all().map(|code| code.code).filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "no file of the suite shows {missing:?}");
    for code in &shown {
        assert!(caviar::diagnostic::codes::find(code).is_some(), "{code} is not explained");
    }
}

/// What the examples of the codes and of the language page may take for granted.
const GIVEN: [(&str, &str); 3] = [
    ("data flowers", "data flowers { source = iris(), normalize = zscore }\n"),
    ("network mlp", "network mlp { dense(16) -> relu -> dense(classes) -> softmax }\n"),
    (
        "experiment e ",
        "experiment e { data = flowers, network = mlp, optimizer = adam(rate = log(1e-4, 1e-1)), seeds = 6 }\n",
    ),
];

/// What the other documents take for granted where they name it.
const NAMED: [(&str, &str); 7] = [
    ("data handwriting", "data handwriting { source = digits(), normalize = zscore }\n"),
    (
        "experiment placement",
        "network placed { dense(int(32, 256) as width) -> choice(before = batch_norm -> relu, after = relu -> batch_norm, \
         none = leaky_relu(linear(0, 1) as slope)) as norm -> dense(classes) -> softmax }\n\
         experiment placement { data = handwriting, network = placed, \
         optimizer = adam(rate = log(1e-4, 1), beta1 = 1 - log(1e-3, 1e-1)), search = random(trials = 60), maximize = dev.accuracy }\n",
    ),
    ("experiment trade", "experiment trade from placement { maximize = dev.accuracy, minimize = parameters }\n"),
    (
        "experiment regions",
        "data halves { source = moons(), normalize = zscore }\nexperiment regions { data = halves, network = mlp }\n",
    ),
    ("experiment raw", "experiment raw { data = flowers, network = mlp }\n"),
    ("experiment normalised", "experiment normalised { data = flowers, network = mlp }\n"),
    (
        "experiment grid",
        "experiment grid from placement { }\nexperiment random from placement { }\nexperiment coarse_to_fine from placement { }\n",
    ),
];

/// What is wrong with a text that stands before what is given.
pub fn mistakes(text: &str) -> Vec<Diagnostic> {
    let given: String = GIVEN.iter().filter(|(name, _)| !text.contains(name)).map(|(_, line)| *line).collect();
    let mut whole = format!("{text}\n{given}");
    let names =
        |text: &str, name: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    while let Some((_, more)) = NAMED.iter().find(|(defined, _)| {
        let name = defined.split(' ').nth(1).unwrap_or_default();
        names(&whole, name) && !whole.contains(&format!("{defined} "))
    }) {
        whole += more;
    }
    let sources = Sources::single("example.exp", whole);
    let (file, mut found) = syntax::parse(&sources, 0);
    found.extend(check::notebook(&sources, &[file], &Folder(folder())).diagnostics);
    found
}

#[test]
fn the_examples_of_every_code_are_what_they_say() {
    let mut wrong = String::new();
    for code in caviar::diagnostic::codes::all().filter(|c| !c.code.starts_with("E00") && !c.code.starts_with("E01")) {
        if !code.wrong.is_empty() && !mistakes(code.wrong).iter().any(|d| d.code == code.code) {
            wrong += &format!("{}: `{}` does not show it: {:?}\n", code.code, code.wrong, told(&mistakes(code.wrong)));
        }
        let rest: Vec<Diagnostic> =
            mistakes(code.right).into_iter().filter(|d| d.is_error() || d.code == code.code).collect();
        if !rest.is_empty() {
            wrong += &format!("{}: `{}` is not right: {:?}\n", code.code, code.right, told(&rest));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn told(found: &[Diagnostic]) -> Vec<String> {
    found.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn the_examples_of_the_language_page_are_right() {
    let page = caviar::vocabulary::reference();
    let examples: Vec<&str> = page.split("```exp\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(examples.len() >= 7, "{} examples", examples.len());
    for example in examples {
        let found: Vec<Diagnostic> = mistakes(example).into_iter().filter(Diagnostic::is_error).collect();
        assert!(found.is_empty(), "{example}\n{:?}", told(&found));
    }
}

/// The example of every entry of the vocabulary, where it belongs.
#[test]
fn the_examples_of_the_vocabulary_are_right() {
    use caviar::vocabulary::{Category, blocks, calls};
    let mut wrong = String::new();
    for category in Category::ALL {
        for call in calls(category) {
            let example = call.example;
            let network = |layers: &str| {
                let data =
                    if layers.contains("conv") || layers.contains("image") { "digits()" } else { "breast_cancer()" };
                format!(
                    "data d {{ source = {data}, normalize = zscore }}\nnetwork n {{ {layers} }}\nexperiment x {{ data = d, network = n }}"
                )
            };
            let text = match category {
                Category::Layer => network(example),
                Category::Init => network(&format!("{example} -> relu -> dense(classes) -> softmax")),
                Category::Space if example.starts_with("dense") => {
                    network(&format!("{example} -> relu -> dense(classes) -> softmax"))
                }
                Category::Space if example.starts_with("dropout") => {
                    network(&format!("{example} -> dense(classes) -> softmax"))
                }
                Category::Space if example.starts_with("adam") => {
                    format!("experiment x {{ data = flowers, network = mlp, optimizer = {example} }}")
                }
                Category::Space if example.starts_with("choice") => {
                    network(&format!("dense(8) -> {example} -> dense(classes) -> softmax"))
                }
                Category::Space => format!("experiment x {{ run = command(\"sh a.sh {{z}}\"), z = {example} }}"),
                Category::Source => format!("data d {{ {example} }}"),
                Category::Transform => {
                    let source = if call.name == "flip" { "digits()" } else { "moons()" };
                    format!("data d {{ source = {source}, {example} }}")
                }
                Category::Region => format!("experiment coarse from e {{ }}\nexperiment x from coarse {{ {example} }}"),
                Category::Program => format!("experiment x {{ {example}, rate = 1 }}"),
                Category::Metric | Category::Measure => {
                    let base = if matches!(call.name, "mse" | "rmse" | "mae" | "r2") {
                        "data d { source = wave() }\nnetwork n { dense(1) }\nexperiment x { data = d, network = n }\n"
                    } else {
                        "experiment x from e { }\n"
                    };
                    format!("{base}table {{ of = x, show = {example} }}")
                }
                Category::Picture | Category::Direction => format!(
                    "data d {{ source = moons() }}\nnetwork n {{ dense(int(4, 8) as width) -> relu -> dense(classes) -> softmax }}\n\
                     experiment x {{ data = d, network = n, optimizer = adam(rate = log(1e-3, 1e-1)), minimize = [dev.loss, parameters] }}\n\
                     plot {{ of = x, {example} }}"
                ),
                _ if example.contains("loss = mse") || example.contains("huber") => {
                    format!(
                        "data d {{ source = wave() }}\nnetwork n {{ dense(1) }}\nexperiment x {{ data = d, network = n, {example} }}"
                    )
                }
                _ if example.contains("hinge") => {
                    format!("network n {{ dense(classes) }}\nexperiment x {{ data = flowers, network = n, {example} }}")
                }
                _ if example.contains("binary") => format!(
                    "data d {{ source = moons() }}\nnetwork n {{ dense(1) -> sigmoid }}\nexperiment x {{ data = d, network = n, {example} }}"
                ),
                _ => format!("experiment x from e {{ {example} }}"),
            };
            let found: Vec<Diagnostic> = mistakes(&text)
                .into_iter()
                .filter(|d| d.is_error() && d.code != "E0404" && !d.message.contains("does not read"))
                .collect();
            if !found.is_empty() {
                wrong += &format!("{category:?} {}: {text}\n  {:?}\n", call.name, told(&found));
            }
        }
    }
    for block in blocks() {
        let example = block.example;
        let text = match block.kind {
            "at" => format!("experiment x from e {{ {example} }}"),
            "table" | "plot" | "claim" => format!("experiment first from e {{ }}\n{example}"),
            _ => example.to_string(),
        };
        let found: Vec<Diagnostic> = mistakes(&text).into_iter().filter(Diagnostic::is_error).collect();
        if !found.is_empty() {
            wrong += &format!("{}: {text}\n  {:?}\n", block.kind, told(&found));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Data that need no reading, so that thousands of files can be checked.
pub struct Made;

impl DataFacts for Made {
    fn describe(&self, pipeline: &Pipeline) -> Result<data::Facts, data::Error> {
        match pipeline.source {
            data::spec::Source::Csv(_) => {
                Err(data::Error::FileMissing { path: pipeline.source.paths().first().unwrap_or(&"").into() })
            }
            _ => data::describe(&Pipeline::new(data::spec::Source::Iris), Path::new(".")),
        }
    }
}

/// Whatever is written, the check ends, marks places that are there, and gives a plan only if all is right.
#[test]
fn no_file_makes_the_check_fail() {
    let texts: Vec<String> = every_file().iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let words: Vec<&str> = texts.iter().flat_map(|t| t.split_inclusive([' ', '(', ')', ',', '\n', '{', '}'])).collect();
    let mut state = 1u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n.max(1)
    };
    for round in 0..1500 {
        let text = &texts[below(texts.len())];
        let mut parts: Vec<&str> = text.split_inclusive([' ', '(', ')', ',', '\n', '{', '}']).collect();
        for _ in 0..=below(6) {
            let at = below(parts.len() + 1);
            match below(3) {
                0 if at < parts.len() => {
                    parts.remove(at);
                }
                1 if at < parts.len() => parts[at] = words[below(words.len())],
                _ => parts.insert(at, words[below(words.len())]),
            }
        }
        let sources = Sources::single("mutated.exp", parts.concat());
        let (file, mistakes) = syntax::parse(&sources, 0);
        // Nobody has looked for the files that it imports, or said that they are not there.
        let imports = file.items.iter().any(|item| matches!(item, syntax::tree::Item::Use(_)));
        let checked = check::notebook(&sources, &[file], &Made);
        let length = sources.get(0).text.len();
        for diagnostic in &checked.diagnostics {
            for label in &diagnostic.labels {
                let range = label.span.range();
                assert!(range.start <= range.end && range.end <= length, "round {round}: {diagnostic:?}");
                assert!(sources.get(0).text.get(range).is_some(), "round {round}: {diagnostic:?}");
            }
        }
        let wrong = checked.diagnostics.iter().any(Diagnostic::is_error);
        assert!(!(wrong && checked.notebook.is_some()), "round {round}: a plan in spite of errors");
        assert!(
            wrong || checked.notebook.is_some() || !mistakes.is_empty() || imports,
            "round {round}: neither a plan nor an error\n{}",
            sources.get(0).text
        );
    }
}
