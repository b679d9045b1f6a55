//! What `editors/` holds: grammars that are made from the vocabulary, snippets, settings.

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use caviar::vocabulary::{self, Call, Category, Param, Type};

use crate::harness::{Project, root};

/// Templates, and the files that they become.
const MADE: [(&str, &str); 7] = [
    ("editors/grammar/textmate.json", "editors/vscode/syntaxes/caviar.tmLanguage.json"),
    ("editors/grammar/vim.vim", "editors/neovim/syntax/caviar.vim"),
    ("editors/grammar/highlights.scm", "editors/tree-sitter-caviar/queries/highlights.scm"),
    ("editors/grammar/highlights.scm", "editors/helix/queries/caviar/highlights.scm"),
    ("editors/grammar/highlights.scm", "editors/zed/languages/caviar/highlights.scm"),
    ("editors/tree-sitter-caviar/queries/injections.scm", "editors/helix/queries/caviar/injections.scm"),
    ("editors/tree-sitter-caviar/queries/injections.scm", "editors/zed/languages/caviar/injections.scm"),
];

/// Captures whose names differ between editors: the mark in the template, the usual name, the name in Helix.
const CAPTURES: [(&str, &str, &str); 3] = [
    ("escape", "string.escape", "constant.character.escape"),
    ("number", "number", "constant.numeric"),
    ("key", "property", "variable.other.member"),
];

/// Characters that a name may begin with and go on with, for a grammar of TextMate.
const START: &str = r"\\p{L}_";
const PART: &str = r"\\p{L}\\p{M}\\p{N}_";

/// Where a bracket that is still open ends all the same: at a line that begins something at the top level.
fn outside(kinds: &str) -> String {
    format!(r#"(?=^(?:(?:{kinds}|let|use)\\s+[\"{START}]|(?:{kinds})\\s*\\{{|\"\"\"))"#)
}

fn params() -> impl Iterator<Item = &'static Param> {
    let of_calls = Category::ALL.into_iter().flat_map(vocabulary::calls).flat_map(|call| call.params);
    vocabulary::blocks().iter().flat_map(|block| block.keys).chain(of_calls)
}

/// The words and the calls that may stand as a value of this type.
fn values(kind: Type, words: &mut BTreeSet<&'static str>, calls: &mut BTreeSet<&'static str>) {
    match kind {
        Type::Flag => words.extend(["true", "false"]),
        Type::Word(these) => words.extend(these.iter().map(|word| word.name)),
        Type::Call(category) | Type::Calls(category) => {
            calls.extend(vocabulary::calls(category).iter().filter(|call| stands_alone(call)).map(|call| call.name));
        }
        Type::Either(kinds) => kinds.iter().for_each(|kind| values(*kind, words, calls)),
        _ => {}
    }
}

/// Whether a call may be written without parentheses.
fn stands_alone(call: &Call) -> bool {
    !call.variadic && !call.params.iter().any(Param::is_required)
}

fn refers_to_a_block(kind: Type) -> bool {
    match kind {
        Type::Data | Type::Network | Type::Trials => true,
        Type::Either(kinds) => kinds.iter().any(|kind| refers_to_a_block(*kind)),
        _ => false,
    }
}

fn names(category: Category) -> BTreeSet<&'static str> {
    vocabulary::calls(category).iter().map(|call| call.name).collect()
}

/// Lists of the vocabulary's words, by their names in the templates.
fn lists() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let all = || Category::ALL.into_iter().flat_map(vocabulary::calls);
    let (mut words, mut calls) = (BTreeSet::new(), BTreeSet::new());
    params().for_each(|param| values(param.kind, &mut words, &mut calls));
    let metrics = names(Category::Metric);
    // Metrics stand after a set, directions in a surface: elsewhere their words are names.
    let elsewhere = |call: &&Call| !matches!(call.category, Category::Metric | Category::Direction);
    let bare = all()
        .filter(|call| stands_alone(call) && elsewhere(call) && !words.contains(call.name))
        .map(|call| call.name)
        .collect();
    // A word that is a name too (`batch` is a hyperparameter) is read as the name where it stands alone.
    let keys: BTreeSet<&str> = params().map(|param| param.name).collect();
    let measures = vocabulary::calls(Category::Measure).iter().filter(|call| stands_alone(call));
    BTreeMap::from([
        ("kinds", vocabulary::blocks().iter().map(|block| block.kind).collect()),
        ("bare", bare),
        (
            "calls",
            all()
                .filter(|call| call.category != Category::Metric || !call.params.is_empty())
                .map(|call| call.name)
                .collect(),
        ),
        ("directions", names(Category::Direction)),
        ("metrics", metrics),
        ("measures", measures.map(|call| call.name).collect()),
        ("words", words.difference(&keys).copied().collect()),
    ])
}

/// For every key that takes words, calls or the name of a block: what may follow it.
fn keys() -> BTreeMap<&'static str, (BTreeSet<&'static str>, BTreeSet<&'static str>, bool)> {
    let mut found: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>, bool)> = BTreeMap::new();
    for param in params() {
        let entry = found.entry(param.name).or_default();
        values(param.kind, &mut entry.0, &mut entry.1);
        entry.2 |= refers_to_a_block(param.kind);
    }
    found.retain(|_, (words, calls, blocks)| !words.is_empty() || !calls.is_empty() || *blocks);
    for (words, calls, _) in found.values_mut() {
        words.retain(|word| !calls.contains(word));
    }
    found
}

fn joined(words: &BTreeSet<&'static str>) -> String {
    listed(words, "|")
}

fn listed(words: &BTreeSet<&'static str>, between: &str) -> String {
    words.iter().copied().collect::<Vec<_>>().join(between)
}

/// Words as a predicate of a query of tree-sitter lists them.
fn quoted(words: &BTreeSet<&'static str>) -> String {
    format!("\"{}\"", listed(words, "\" \""))
}

/// The rules of a TextMate grammar for the keys whose values say what they are.
fn textmate_keys() -> String {
    let mut rules = String::new();
    for (key, (words, calls, blocks)) in keys() {
        // A class of values, with what it is coloured as; what is not listed needs no group of its own.
        let mut groups = Vec::new();
        if !words.is_empty() {
            groups.push((joined(&words), "constant.language.caviar"));
        }
        if !calls.is_empty() {
            groups.push((joined(&calls), "support.function.caviar"));
        }
        if blocks {
            groups.push((format!("(?!(?:choice|around)\\\\s*\\\\()[{START}][{PART}]*"), "entity.name.type.caviar"));
        }
        let values: Vec<String> = groups.iter().map(|(values, _)| format!("({values})")).collect();
        let follows = if blocks { "(?!\\\\s*\\\\()" } else { "(?!\\\\s*[.(\\\\[])" };
        rules.push_str(&format!(
            "        {{\n          \"match\": \"(?<![{PART}.])({key})\\\\s*(=)\\\\s*(?:{})(?![{PART}]){follows}\",\n          \"captures\": {{\n            \"1\": {{ \"name\": \"variable.other.property.caviar\" }},\n            \"2\": {{ \"name\": \"keyword.operator.assignment.caviar\" }}",
            values.join("|")
        ));
        for (n, (_, scope)) in groups.iter().enumerate() {
            rules.push_str(&format!(",\n            \"{}\": {{ \"name\": \"{scope}\" }}", n + 3));
        }
        rules.push_str("\n          }\n        },\n");
    }
    rules.trim_end_matches('\n').to_string()
}

/// The patterns of a query for words that are calls as the value of one key alone.
fn query_keys(bare: &BTreeSet<&'static str>) -> String {
    let mut patterns = Vec::new();
    for (key, (_, calls, _)) in keys() {
        let calls: BTreeSet<&str> = calls.difference(bare).copied().collect();
        if !calls.is_empty() {
            let (key, calls) = (quoted(&BTreeSet::from([key])), quoted(&calls));
            patterns.push(format!(
                "(field (key) @{{{{key}}}} (name) @function (#eq? @{{{{key}}}} {key}) (#any-of? @function {calls}))"
            ));
        }
    }
    patterns.join("\n")
}

/// A template with its words put in, for the file that it becomes.
fn made(template: &str, path: &str) -> String {
    let mut text = template.to_string();
    let mut lists = lists();
    lists.insert("block keys", keys().into_iter().filter(|(_, (.., blocks))| *blocks).map(|(key, _)| key).collect());
    let query = path.ends_with(".scm");
    for (name, words) in &lists {
        let list = match path {
            _ if query => quoted(words),
            _ if path.ends_with(".vim") => listed(words, " "),
            _ => joined(words),
        };
        text = text.replace(&format!("{{{{{name}}}}}"), &list);
    }
    if query {
        text = text.replace("{{calls of keys}}", &query_keys(&lists["bare"]));
        for (mark, usual, of_helix) in CAPTURES {
            let name = if path.contains("/helix/") { of_helix } else { usual };
            text = text.replace(&format!("{{{{{mark}}}}}"), name);
        }
    }
    text.replace("{{keys}}", &textmate_keys())
        .replace("{{outside}}", &outside(&joined(&lists["kinds"])))
        .replace("{{start}}", START)
        .replace("{{part}}", PART)
}

/// `CAVIAR_WRITE_DOCS=1 cargo test --test it editors::` writes the grammars anew.
#[test]
fn grammars_have_the_words_of_the_vocabulary() {
    for (template, path) in MADE {
        let text = std::fs::read_to_string(root().join(template)).expect("the template");
        let text = made(&text, path);
        assert!(!text.contains("{{"), "{template} has a mark that nothing is put in for");
        let path = root().join(path);
        if writes() {
            std::fs::write(&path, &text).expect("the grammar can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{} is not what the vocabulary makes of {template}: CAVIAR_WRITE_DOCS=1 cargo test --test it editors::",
            path.display()
        );
        if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
        }
    }
}

/// The snippet without its marks: `${1:first}` is `first`, `${1|a,b|}` is `a`, `$0` nothing.
fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.chars().next() {
            Some('0') => rest = &rest[1..],
            Some('{') => {
                let end = rest.find('}').expect("a mark that ends");
                let inside = rest[1..end].trim_start_matches(|c: char| c.is_ascii_digit());
                let word = match inside.strip_prefix('|') {
                    Some(words) => words.split(',').next().expect("a first"),
                    None => inside.strip_prefix(':').expect("a word"),
                };
                out.push_str(word);
                rest = &rest[end + 1..];
            }
            other => panic!("`$` before {other:?} in {snippet}"),
        }
    }
    out + rest
}

/// What the snippets write is right as it stands, once the others are there that it speaks of.
#[test]
fn snippets_are_right() {
    let text = std::fs::read_to_string(root().join("editors/vscode/snippets/caviar.json")).expect("the snippets");
    let snippets: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let written: BTreeMap<&str, String> = snippets
        .values()
        .map(|snippet| {
            let lines: Vec<&str> =
                snippet["body"].as_array().expect("lines").iter().filter_map(|l| l.as_str()).collect();
            (snippet["prefix"].as_str().expect("a prefix"), plain(&lines.join("\n")))
        })
        .collect();
    assert_eq!(written.len(), snippets.len(), "every prefix is there once");
    let table = "width,target\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n7,a\n8,b\n9,a\n10,b\n11,a\n12,b\n13,a\n14,b\n15,a\n16,b\n";
    let project = Project::new().file("table.csv", table);
    for (prefix, body) in &written {
        // The whole notebook has what the others speak of.
        let others: Vec<&str> = match *prefix {
            "notebook" => Vec::new(),
            "data" | "network" | "experiment" => {
                ["data", "network", "experiment"].into_iter().filter(|other| other != prefix).collect()
            }
            _ => vec!["notebook"],
        };
        let uses = if *prefix == "csv" { "experiment of_table from first { data = table }\n" } else { "" };
        let whole = others.iter().map(|other| written[other].as_str()).chain([body.as_str(), uses]);
        project.write("a.exp", whole.collect::<Vec<_>>().join("\n"));
        let ran = project.run(&["check", "a.exp"]).code(0);
        assert_eq!(ran.stderr(), "", "{prefix}");
        let body = format!("{}\n", body.trim_end());
        assert_eq!(caviar::syntax::format(&body).expect("no mistakes"), body, "{prefix}");
    }
}

/// Whether what is made is to be made anew.
fn writes() -> bool {
    std::env::var_os("CAVIAR_WRITE_DOCS").is_some()
}

/// Say past the capture of the test's output that something is not tested here; where it is required, that is a failure.
fn skipped(why: &str) {
    use std::io::Write;
    assert!(std::env::var_os("CAVIAR_EDITORS").is_none_or(|value| value != "required"), "{why}");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// Run a program that tests; whether it is there.
fn passes(command: &mut Command) -> bool {
    let Ok(output) = command.stdin(Stdio::null()).output() else { return false };
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

#[test]
fn the_grammar_colours_as_the_server_does() {
    let folder = root().join("editors/vscode");
    if !folder.join("node_modules/vscode-textmate").exists()
        || !passes(Command::new("node").args(["test/grammar.mjs", env!("CARGO_BIN_EXE_caviar")]).current_dir(&folder))
    {
        skipped("no node with the packages of editors/vscode (npm install)");
    }
}

#[test]
fn a_session_in_neovim() {
    let text = include_str!("../../src/cli/first.exp").replace("epochs    =", "epoch     =");
    let project = Project::new().file("first.exp", text);
    let set = format!("set runtimepath^={}", root().join("editors/neovim").display());
    let program = format!("let g:caviar_program = '{}'", env!("CARGO_BIN_EXE_caviar"));
    let mut nvim = Command::new("nvim");
    nvim.args(["--headless", "--clean", "--cmd", &set, "--cmd", &program, "first.exp", "-S"])
        .arg(root().join("editors/neovim/test/session.lua"))
        .current_dir(project.path("."));
    if !passes(&mut nvim) {
        skipped("no nvim");
    }
}
