//! The grammar for tree-sitter, and the queries that give its trees colours.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use caviar::diagnostic::Diagnostic;
use caviar::ide::{self, Highlight};
use caviar::source::{self, Sources};
use caviar::syntax;
use serde_json::{Value, json};

use super::{skipped, writes};
use crate::harness::root;
use crate::suite::Folder;

fn folder() -> PathBuf {
    root().join("editors/tree-sitter-caviar")
}

/// What a piece is in the words of the script; names of every kind are `name`.
fn class(highlight: Highlight) -> &'static str {
    match highlight {
        Highlight::Comment => "comment",
        Highlight::Text | Highlight::Prose => "string",
        Highlight::Number => "number",
        Highlight::Operator => "operator",
        Highlight::Keyword => "keyword",
        Highlight::Property => "property",
        Highlight::Function => "function",
        Highlight::Variable | Highlight::Type | Highlight::Constant => "name",
    }
}

/// The paths of all files of the repository whose names end so.
fn committed(end: &str) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", &format!("*{end}")]).current_dir(root()).output().expect("git");
    String::from_utf8(listed.stdout).expect("paths").lines().map(str::to_string).collect()
}

/// A notebook with what the editor's own colours are.
fn notebook(path: &str) -> Option<Value> {
    let whole = root().join(path);
    let text = std::fs::read_to_string(&whole).ok()?;
    let base = whole.parent().expect("a folder").to_path_buf();
    let analysis = ide::analyse(&whole, &mut |path: &Path| source::read(path), &Folder(base));
    let pieces: Vec<Value> = ide::highlights(&analysis)
        .into_iter()
        .map(|(span, highlight)| json!([span.start, span.end, class(highlight)]))
        .collect();
    let checked = !analysis.diagnostics.iter().any(Diagnostic::is_error);
    Some(json!({ "name": path, "reads": reads(&text), "checked": checked, "pieces": pieces, "text": text }))
}

/// Whether caviar's own parser has nothing against a text.
fn reads(text: &str) -> bool {
    !syntax::parse(&Sources::single("it", text), 0).1.iter().any(Diagnostic::is_error)
}

/// The blocks of code of a page.
fn blocks(path: &str) -> Vec<Value> {
    let page = std::fs::read_to_string(root().join(path)).expect("a page");
    let blocks = page.split("```exp\n").skip(1).filter_map(|part| part.split("```").next());
    blocks
        .map(|text| json!({ "name": path, "reads": reads(text), "checked": false, "pieces": [], "text": text }))
        .collect()
}

/// Nobody needs the program that makes parsers, but for changing the grammar: what was made of what is kept as digests.
///
/// Where `tree-sitter` is in `PATH`, `CAVIAR_WRITE_DOCS=1 cargo test --test it editors::` makes the parser anew.
#[test]
fn the_parser_is_made_of_the_grammar() {
    let digests = || {
        let line = |file: &str| {
            let bytes = std::fs::read(folder().join(file)).unwrap_or_default();
            format!("{}  {file}\n", blake3::hash(&bytes))
        };
        ["grammar.js", "src/parser.c"].map(line).concat()
    };
    let kept = folder().join("src/digests");
    let behind = || std::fs::read_to_string(&kept).unwrap_or_default() != digests();
    if writes() && behind() {
        // What every Neovim with tree-sitter reads.
        let made = Command::new("tree-sitter").args(["generate", "--abi", "14"]).current_dir(folder()).status();
        assert!(made.is_ok_and(|status| status.success()), "cargo install --locked tree-sitter-cli");
        std::fs::write(&kept, digests()).expect("the digests can be written");
    }
    assert!(!behind(), "grammar.js and parser.c have changed: CAVIAR_WRITE_DOCS=1 cargo test --test it editors::");
}

#[test]
fn the_tree_colours_as_the_server_does() {
    let mut texts: Vec<Value> = committed(".exp").iter().filter_map(|path| notebook(path)).collect();
    texts.extend(committed(".md").iter().flat_map(|path| blocks(path)));
    let python = root().join("target/editors-venv/bin/python");
    let child = Command::new(&python)
        .arg(folder().join("test/colours.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return skipped("no Python with tree-sitter (editors/prepare)") };
    let mut input = child.stdin.take().expect("its input");
    input.write_all(serde_json::to_string(&texts).expect("JSON").as_bytes()).expect("it listens");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
