//! Every block of code in the documents, as CONTRIBUTING.md says what becomes of each.

use std::path::PathBuf;
use std::process::Command;

use caviar::plan::notebook::Item;
use caviar::vocabulary::{self, Category};
use serde_json::Value;

use crate::harness::{Project, root};
use crate::suite::{checked, mistakes};

#[allow(dead_code)]
#[path = "../../examples/plan.rs"]
mod plan;
#[allow(dead_code)]
#[path = "../../examples/records.rs"]
mod records;
#[allow(dead_code)]
#[path = "../../examples/sampler.rs"]
mod sampler;

/// A fenced block of a document.
struct Block {
    /// The line that it begins on.
    line: usize,
    /// What stands behind the fence.
    marked: String,
    text: String,
}

fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("docs").flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    found.push(root().join("README.md"));
    found.push(root().join("experiments/README.md"));
    found.sort();
    found
}

fn name(path: &std::path::Path) -> String {
    path.strip_prefix(root()).expect("of the project").to_string_lossy().into_owned()
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(marked), false) => {
                found.push(Block { line: number + 1, marked: marked.trim().to_string(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                let block = found.last_mut().expect("an open block");
                block.text += line;
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!open, "a block is not closed");
    found
}

#[test]
fn every_block_says_what_it_is() {
    let mut wrong = String::new();
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("text");
        for block in blocks(&text) {
            let known = ["exp", "sh", "sh skip", "python", "json", "text"];
            if !known.contains(&block.marked.as_str()) {
                wrong += &format!("{}:{}: ```{} is none of {known:?}\n", name(&path), block.line, block.marked);
            }
        }
    }
    assert!(wrong.is_empty(), "see CONTRIBUTING.md, Documents\n{wrong}");
}

#[test]
fn notebooks_are_right() {
    let mut wrong = String::new();
    let mut count = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("text");
        // The gallery is one notebook in pieces, which has a test of its own.
        let apart = !path.ends_with("gallery.md");
        for block in blocks(&text).iter().filter(|block| block.marked == "exp" && apart) {
            count += 1;
            for mistake in mistakes(&block.text).into_iter().filter(|m| m.is_error()) {
                wrong += &format!("{}:{}: {} {}\n", name(&path), block.line, mistake.code, mistake.message);
            }
        }
    }
    assert!(wrong.is_empty() && count >= 8, "{count} notebooks\n{wrong}");
}

/// Commands are run in the order of their page, in a folder with a first notebook and new rows for it.
#[test]
fn commands_do_what_they_say() {
    let mut count = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("text");
        let commands: Vec<String> = blocks(&text)
            .into_iter()
            .filter(|block| block.marked == "sh")
            .flat_map(|block| block.text.lines().map(str::to_string).collect::<Vec<_>>())
            .collect();
        if commands.is_empty() {
            continue;
        }
        let project = Project::new();
        if !commands[0].starts_with("caviar new") {
            project.run(&["new", "first.exp"]).code(0);
            let header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)";
            project.write("rows.csv", format!("{header}\n5.1,3.5,1.4,0.2\n"));
        }
        for line in commands {
            let (command, comment) = line.split_once('#').unwrap_or((&line, ""));
            let code = comment.trim().strip_prefix("exits with ").map_or(0, |code| code.parse().expect("a code"));
            assert!(command.starts_with("caviar "), "{}: only caviar is run: {line}", name(&path));
            let ran = project.shell(command).env("PATH", with_caviar()).output().expect("a shell");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert_eq!(ran.status.code(), Some(code), "{}: {line}\n{said}", name(&path));
            count += 1;
        }
    }
    assert!(count >= 20, "{count} commands");
}

/// Where programs are looked for, this one first.
fn with_caviar() -> std::ffi::OsString {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_caviar")).parent().expect("a folder").to_path_buf();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&others))).expect("paths")
}

/// The program that asks and tells, with a training of its own.
#[test]
fn the_python_program_runs() {
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let text = std::fs::read_to_string(root().join("docs/suggest.md")).expect("text");
    let program: String =
        blocks(&text).into_iter().filter(|block| block.marked == "python").map(|block| block.text).collect();
    let notebook = "experiment mine { run = command(\"true {rate}\"), rate = log(1e-4, 1), search = random(trials = 5), minimize = loss }\n";
    let project = Project::new().file("train.exp", notebook).file(
        "ask.py",
        format!("told = []\ndef train(rate):\n    told.append(rate)\n    return rate\n\n{program}\nprint(len(told), len(set(told)))\n"),
    );
    let ran = Command::new("python3")
        .arg("ask.py")
        .current_dir(project.path("."))
        .env("PATH", with_caviar())
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(said.trim(), "5 5", "{}", String::from_utf8_lossy(&ran.stderr));
}

/// The keys of an object and the kinds of its values, so that two lines can be compared.
fn shape(value: &Value, open: bool) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => items.iter().map(|item| shape(item, false)).take(1).collect(),
        // What a notebook names has other keys in every notebook.
        Value::Object(_) if open => "named by the notebook".into(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), shape(value, matches!(key.as_str(), "settings" | "metrics"))))
            .collect(),
    }
}

/// Whether two shapes are of one schema: `null` and empty lists may stand for anything.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Array(a), Value::Array(b)) => a.is_empty() || b.is_empty() || alike(&a[0], &b[0]),
        (Value::Object(a), Value::Object(b)) => {
            a.keys().eq(b.keys()) && a.iter().all(|(key, value)| alike(value, &b[key]))
        }
        _ => a == b,
    }
}

#[test]
fn lines_of_json_are_as_described() {
    let text = std::fs::read_to_string(root().join("docs/json.md")).expect("text");
    let described: Vec<Value> = blocks(&text)
        .iter()
        .filter(|block| block.marked == "json")
        .flat_map(|block| block.text.lines())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    let project = Project::new()
        .file("wrong.exp", "experiment e { epochs: 3, epoch = 4 }\nnetwork m { softmax -> relu }\n")
        .file(
            "right.exp",
            "data d { source = iris(), normalize = zscore }\nnetwork n { dense(classes) -> softmax }\n\
             experiment e { data = d, network = n, epochs = 2, optimizer = adam(rate = log(1e-3, 1)), search = random(trials = 2), seeds = 6 }\n\
             claim \"it learns\" { e.best.dev.accuracy > 0.1 }\n",
        );
    let mut printed: Vec<Value> = Vec::new();
    for (args, code) in [
        (&["check", "--json", "wrong.exp"][..], 2),
        (&["run", "--json", "wrong.exp"], 2),
        (&["run", "--plan", "--json", "right.exp"], 4),
        (&["run", "--json", "right.exp"], 0),
        (&["run", "--plan", "--json", "right.exp"], 0),
        (&["show", "--json", "right.exp"], 0),
    ] {
        let ran = project.run(args).code(code);
        for line in ran.stdout().lines() {
            printed.push(serde_json::from_str(line).unwrap_or_else(|e| panic!("{args:?}: {line}: {e}")));
        }
    }
    // Another run has something to go on with and something to drop.
    let text = project.read("right.exp").replace("epochs = 2", "epochs = 3").replace("trials = 2", "trials = 1");
    project.write("right.exp", text);
    let ran = project.run(&["run", "--plan", "--json", "right.exp"]).code(4);
    printed.extend(ran.stdout().lines().map(|line| serde_json::from_str(line).expect("JSON")));

    let kind = |line: &Value| line["kind"].as_str().unwrap_or_default().to_string();
    for line in &printed {
        let same = described.iter().find(|one| kind(one) == kind(line));
        let same = same.unwrap_or_else(|| panic!("docs/json.md does not describe {line}"));
        assert!(alike(&shape(same, false), &shape(line, false)), "described as\n{same}\nand is\n{line}");
    }
    for line in &described {
        assert!(printed.iter().any(|one| kind(one) == kind(line)), "nothing prints {line}");
    }
}

/// The tables of exit codes are those of the program, and each code happens.
#[test]
fn exit_codes_are_as_described() {
    let project = Project::new()
        .file("right.exp", "data d { source = iris(), normalize = zscore }\nnetwork n { dense(classes) -> softmax }\nexperiment e { data = d, network = n, epochs = 1 }\nclaim \"it fails\" { e.dev.accuracy > 1 }\n")
        .file("wrong.exp", "experiment e { epochs: 3 }\n")
        .file("untidy.exp", "let   x = 3\n")
        .file("failing.exp", "experiment e { run = command(\"false {x}\"), x = 1, minimize = loss }\n");
    let happens: [(&[&str], i32); 14] = [
        (&[], 0),
        (&["check", "right.exp"], 0),
        (&["help", "dense"], 0),
        (&["run"], 1),
        (&["frobnicate"], 1),
        (&["check", "none.exp"], 1),
        (&["help", "nothing_of_this_name"], 1),
        (&["check", "wrong.exp"], 2),
        (&["run", "wrong.exp"], 2),
        (&["fmt", "wrong.exp"], 2),
        (&["export", "right.exp", "e", "--to", "none/x.onnx"], 3),
        (&["run", "right.exp"], 4),
        (&["verify", "right.exp"], 0),
        (&["fmt", "--check", "untidy.exp"], 4),
    ];
    for (args, code) in happens {
        project.run(args).code(code);
    }
    let page = std::fs::read_to_string(root().join("docs/running.md")).expect("text");
    let table: Vec<&str> = page
        .split("## Exit codes")
        .nth(1)
        .expect("the section")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| cell.parse::<u8>().is_ok())
        .collect();
    assert_eq!(table, ["0", "1", "2", "3", "4"]);
}

#[test]
fn the_examples_of_the_library_run() {
    let folder = tempfile::tempdir().expect("a folder");
    plan::show(&folder.path().join("plan")).expect("a plan without text");
    sampler::show(&folder.path().join("sampler")).expect("a sampler");
    let picture = records::show(folder.path()).expect("a picture");
    assert!(std::fs::read(picture).expect("the picture").starts_with(b"\x89PNG"));
}

/// The page shows one of each kind of picture, each under lines of a notebook that has no mistakes.
#[test]
fn the_gallery_shows_every_kind() {
    let page = std::fs::read_to_string(root().join("docs/gallery.md")).unwrap();
    let notebook = root().join("docs/gallery.exp");
    let (sources, checked, found) = checked(&notebook);
    assert!(found.is_empty(), "{found:?}");
    let plots: Vec<_> = checked.notebook.unwrap().items.into_iter().filter(|i| matches!(i, Item::Plot(_))).collect();

    // The code of the page is the code of the notebook, in its order, and a picture stands under each plot.
    let source = &sources.get(0).text;
    let mut at = 0;
    let mut drawn = Vec::new();
    let parts: Vec<&str> = page.split("```").collect();
    for (code, after) in parts.iter().skip(1).step_by(2).zip(parts.iter().skip(2).step_by(2)) {
        let code = code.trim_start_matches("exp\n");
        at += source[at..].find(code.trim()).unwrap_or_else(|| panic!("not in the notebook: {code}"));
        if let Some((_, kind)) = code.split_once("draw = ").filter(|_| code.trim().starts_with("plot ")) {
            drawn.push(kind.split(|c: char| !c.is_alphanumeric()).next().unwrap());
            let file = after.split("](").nth(1).and_then(|rest| rest.split(')').next()).expect("a picture");
            assert!(root().join("docs").join(file).is_file(), "{file}");
        }
    }
    assert_eq!(drawn.len(), plots.len());
    for kind in vocabulary::calls(Category::Picture) {
        assert!(drawn.contains(&kind.name), "no `{}` in the gallery", kind.name);
        assert!(page.contains(&format!("\n## {}\n", kind.name)), "no heading for `{}`", kind.name);
    }
}
