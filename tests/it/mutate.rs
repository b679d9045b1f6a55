//! Whatever is written, nothing panics: every committed notebook is changed at random, by bytes and by words, and goes through reading, checking,
//! formatting, planning and all that an editor asks for.
//!
//! `CAVIAR_MUTATE=600 cargo test --test it mutate -- --ignored --nocapture` does that for ten minutes; a text that fails is written to the
//! temporary folder, and its name is printed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use caviar::diagnostic::{Style, apply, json, render_all, sure_fixes};
use caviar::plan::notebook::Notebook;
use caviar::search::{Searcher, space};
use caviar::source::{Source, Sources};
use caviar::{ide, syntax};

use crate::harness::root;
use crate::suite::Made;

/// Numbers that differ from run to run, all from one that is told.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as usize % n.max(1)
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &'a [&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// The texts of all notebooks of the project.
fn notebooks() -> Vec<String> {
    let mut texts = Vec::new();
    let mut open: Vec<PathBuf> = ["experiments", "tests/suite", "examples", "src"].map(|name| root().join(name)).into();
    while let Some(folder) = open.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "exp") {
                texts.push(String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned());
            }
        }
    }
    texts
}

/// What people and machines put where it does not belong.
const ODD: [&str; 34] = [
    "",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\0",
    "\u{feff}",
    "\"",
    "\"\"\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "..",
    "=",
    "==",
    "->",
    "-",
    "#",
    "//",
    "1e999",
    "-1",
    "0",
    "9007199254740993",
    "µ",
    "数据",
    "🐟",
    "\u{202e}",
    "as x",
];

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut at = 0;
    for token in syntax::tokens(text) {
        if token.start > at {
            words.push(&text[at..token.start]);
        }
        words.push(&text[token.start..token.end]);
        at = token.end;
    }
    words.push(&text[at..]);
    words
}

/// A text changed in a few places.
fn mutated(texts: &[String], all_words: &[&str], chance: &mut Chance) -> String {
    let text = &texts[chance.below(texts.len())];
    if chance.below(3) == 0 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=chance.below(8) {
            let at = chance.below(bytes.len() + 1);
            let to = (at + 1 + chance.below(20)).min(bytes.len());
            match chance.below(5) {
                0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
                1 => drop(bytes.drain(at.min(to)..to)),
                2 => bytes.insert(at, chance.below(256) as u8),
                3 => bytes.truncate(at),
                _ => {
                    let piece = bytes[at.min(to)..to].repeat(1 + chance.below(40));
                    bytes.splice(at..at, piece);
                }
            }
        }
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let mut parts = words(text);
    for _ in 0..=chance.below(8) {
        let at = chance.below(parts.len());
        let word = match chance.below(3) {
            0 => chance.pick(&ODD),
            1 => parts[chance.below(parts.len())],
            _ => chance.pick(all_words),
        };
        match chance.below(6) {
            0 => drop(parts.remove(at)),
            1 => parts[at] = word,
            2 => {
                let other = chance.below(parts.len());
                parts.swap(at, other);
            }
            3 => parts.truncate(at + 1),
            4 => {
                let to = (at + 1 + chance.below(12)).min(parts.len());
                let piece: Vec<&str> = parts[at..to].repeat(1 + chance.below(70));
                parts.splice(at..at, piece);
            }
            _ => parts.insert(at, word),
        }
        if parts.is_empty() {
            parts.push("");
        }
    }
    parts.concat()
}

/// Everything that is done with a text before anything is trained.
fn pass(text: &str, chance: &mut Chance) {
    let sources = Sources::single("mutated.exp", text);
    let (file, mistakes) = syntax::parse(&sources, 0);
    if let Ok(formatted) = syntax::format(text) {
        let (again, wrong) = syntax::parse(&Sources::single("mutated.exp", formatted.as_str()), 0);
        assert!(wrong.is_empty() && syntax::same(&file, &again), "formatting changes what the file says");
        assert_eq!(syntax::format(&formatted).as_deref(), Ok(formatted.as_str()), "formatting does not settle");
    } else {
        assert!(!mistakes.is_empty());
    }
    let source = Source::new("mutated.exp", text);
    let analysis = ide::analyse(Path::new("mutated.exp"), &mut |_| Ok(source.clone()), &Made);
    let text = analysis.text().to_string();
    render_all(&analysis.diagnostics, &analysis.sources, Style { color: true, width: 60 });
    analysis.diagnostics.iter().for_each(|diagnostic| drop(json(diagnostic, &analysis.sources)));
    apply(&text, 0, &sure_fixes(&analysis.diagnostics));
    ide::highlights(&analysis);
    ide::outline(&analysis);
    ide::folds(&analysis);
    ide::hints(&analysis, &ide::NoResults);
    for _ in 0..4 {
        let at = text.floor_char_boundary(chance.below(text.len() + 1));
        ide::complete(&analysis, at);
        ide::hover(&analysis, at);
        ide::definition(&analysis, at);
        ide::references(&analysis, at, true);
        let _ = ide::rename(&analysis, at, "other");
        ide::actions(&analysis, at..at);
    }
    if let Some(notebook) = &analysis.checked.notebook {
        planned(notebook);
    }
}

/// The first trials of every experiment.
fn planned(notebook: &Notebook) {
    for experiment in &notebook.experiments {
        caviar::report::summary::settings(experiment);
        caviar::report::summary::sentences(experiment, None);
        // A search may be too large or have nothing that it may propose: that is an answer.
        let Ok(mut searcher) = Searcher::new(experiment) else { continue };
        if let Ok(Some(proposal)) = searcher.propose(0, &[]) {
            space::settings(&experiment.space, &proposal.draws);
        }
    }
}

fn mutate(seed: u64, enough: &mut dyn FnMut(usize) -> bool) -> usize {
    let texts = notebooks();
    assert!(texts.len() > 100, "{} notebooks", texts.len());
    let all_words: Vec<&str> = texts.iter().flat_map(|text| words(text)).collect();
    let mut chance = Chance(seed);
    let mut failed = Vec::new();
    let mut count = 0;
    while !enough(count) && failed.len() < 20 {
        count += 1;
        let state = chance.0;
        let text = mutated(&texts, &all_words, &mut chance);
        if text.len() > 300_000 {
            continue;
        }
        let start = Instant::now();
        let passed = catch_unwind(AssertUnwindSafe(|| pass(&text, &mut chance)));
        let late = start.elapsed() > Duration::from_secs(20);
        if passed.is_err() || late {
            let path = std::env::temp_dir().join(format!("mutated-{state:016x}.exp"));
            std::fs::write(&path, &text).expect("written");
            failed.push(format!("{}{}", path.display(), if late { " takes long" } else { "" }));
        }
    }
    assert!(failed.is_empty(), "after {count} texts, from {seed}:\n{}", failed.join("\n"));
    count
}

#[test]
fn a_few_hundred_mutated_notebooks_do_no_harm() {
    mutate(1, &mut |count| count >= 300);
}

#[test]
#[ignore = "takes as long as it is told to"]
#[allow(clippy::print_stdout)]
fn mutated_notebooks_do_no_harm() {
    let seconds = std::env::var("CAVIAR_MUTATE").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let start = Instant::now();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let count = mutate(now, &mut |_| start.elapsed() >= Duration::from_secs(seconds));
    println!("{count} texts, from {now}");
}
