//! `caviar help TOPIC`: what the table says about a name, as plain text.

use std::fmt::Write;

use super::{Block, Call, Category, Param, Scale, Type};
use crate::kernel::math;

/// What is known of a topic: a kind of block, a key, a layer, a space, a metric, a word. None if there is no such topic.
pub fn help(topic: &str) -> Option<String> {
    let topic = topic.trim().trim_start_matches('`').trim_end_matches(['`', '(', ')']);
    let mut parts: Vec<String> = Vec::new();
    if let Some(category) = group(topic) {
        parts.push(list(category));
    }
    parts.extend(super::block(topic).map(block));
    parts.extend(super::calls_named(topic).map(call));
    // `experiment.epochs`, `adam.rate`, or a key alone.
    let (owner, name) = topic.rsplit_once('.').map_or((None, topic), |(owner, name)| (Some(owner), name));
    let metric = matches!(owner, Some("train" | "dev" | "test"));
    if metric {
        parts.extend(super::call(Category::Metric, name).map(call));
    }
    for block in super::blocks() {
        if owner.is_none_or(|o| o == block.kind)
            && let Some(key) = block.key(name)
        {
            parts.push(param(&format!("{name}, a key of {}", indefinite(block.kind)), key));
        }
    }
    if !parts.is_empty() && owner.is_none() {
        let all = Category::ALL.into_iter().flat_map(super::calls);
        let with: Vec<&str> = all.filter(|call| call.param(name).is_some()).map(|call| call.name).collect();
        if let Some(first) = with.iter().find(|name| **name == "adam").or(with.first()) {
            let list = with.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            parts.push(format!("{name} is a parameter too, of {list}: see `{first}.{name}`.\n"));
        }
    }
    parts.extend(PHRASES.iter().filter(|phrase| phrase.name == topic).map(phrase));
    if parts.is_empty() {
        for category in Category::ALL {
            for call in super::calls(category).iter().filter(|c| owner.is_none_or(|o| o == c.name)) {
                if let Some(found) = call.param(name) {
                    parts.push(param(&format!("{name}, of `{}` ({})", call.name, category.noun()), found));
                }
            }
        }
        parts.extend(words(name));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// All topics but parameters, by what they are.
pub fn index() -> String {
    let mut out = String::new();
    let mut group = |title: &str, names: &mut dyn Iterator<Item = &'static str>| {
        let names: Vec<&str> = names.collect();
        let _ = writeln!(out, "{title}\n  {}\n", names.join(", "));
    };
    group("Words of the language", &mut PHRASES.iter().map(|phrase| phrase.name));
    group("Blocks", &mut super::blocks().iter().map(|block| block.kind));
    for block in super::blocks().iter().filter(|block| !block.keys.is_empty()) {
        group(&format!("Keys of {}", indefinite(block.kind)), &mut block.keys.iter().map(|key| key.name));
    }
    for category in Category::ALL {
        group(category.title(), &mut super::calls(category).iter().map(|call| call.name));
    }
    out.push_str("A whole group\n  ");
    out.push_str(&GROUPS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
    out
}

/// Every name that [`help`] knows, sorted.
pub fn topics() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = GROUPS.iter().map(|(name, _)| *name).collect();
    names.extend(PHRASES.iter().map(|phrase| phrase.name));
    for block in super::blocks() {
        names.push(block.kind);
        names.extend(block.keys.iter().map(|k| k.name));
    }
    for category in Category::ALL {
        for call in super::calls(category) {
            names.push(call.name);
            names.extend(call.params.iter().map(|p| p.name));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Topics that an unknown one may have meant, nearest first, at most five.
pub fn similar(topic: &str) -> Vec<&'static str> {
    let lower = topic.to_lowercase();
    let mut near: Vec<(f64, &'static str)> = topics()
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, name), name))
        .filter(|(score, name)| *score > 0.8 || (lower.len() >= 3 && name.contains(&lower)))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.into_iter().map(|(_, name)| name).take(5).collect()
}

/// Something that is written with words or signs of its own.
struct Phrase {
    name: &'static str,
    written: &'static str,
    doc: &'static str,
    example: &'static str,
}

const PHRASES: &[Phrase] = &[
    Phrase {
        name: "comment",
        written: "# to the end of the line",
        doc: "for the readers of the file; it is no part of the report",
        example: "epochs = 30   # the loss is flat from 20 on",
    },
    Phrase {
        name: "prose",
        written: "\"\"\" Markdown \"\"\"",
        doc: "between blocks, over any number of lines, with formulas between dollar signs; it becomes part of the report",
        example: "\"\"\"\n# A title\n\nWhy $z = W a + b$ is **normalised**.\n\"\"\"",
    },
    Phrase {
        name: "let",
        written: "let NAME = VALUE",
        doc: "a name for a value; where the value is a space, every use of the name is the same draw",
        example: "let width = int(16, 256, scale = log)",
    },
    Phrase {
        name: "as",
        written: "VALUE as NAME",
        doc: "names a space where it stands, for tables, plots and selections",
        example: "dense(int(16, 256) as width) -> choice(relu, tanh) as activation",
    },
    Phrase {
        name: "use",
        written: "use NAME, NAME from \"PATH\"",
        doc: "takes definitions and blocks from another file, whose path is relative to this one",
        example: "use mlp, handwriting from \"common.exp\"",
    },
    Phrase {
        name: "from",
        written: "experiment NAME from OTHER { … }",
        doc: "starts from the entries of another experiment; what is given here takes their place",
        example: "experiment longer from first { epochs = 100 }",
    },
    Phrase {
        name: "classes",
        written: "classes",
        doc: "in a network, how many classes the data have; `features` is how many numbers an example has",
        example: "dense(classes) -> softmax",
    },
    Phrase {
        name: "train",
        written: "train, dev and test",
        doc: "the parts of the data: weights are fitted to train, settings are chosen by dev, and test tells how good the result is",
        example: "split    = [70%, 15%, 15%]\nmaximize = dev.accuracy",
    },
];

fn phrase(phrase: &Phrase) -> String {
    let mut out = format!("{}\n\n  {}.\n\nExample\n", phrase.written, phrase.doc);
    indent(&mut out, phrase.example);
    out
}

/// Words for whole groups.
const GROUPS: &[(&str, Category)] = &[
    ("spaces", Category::Space),
    ("sources", Category::Source),
    ("transforms", Category::Transform),
    ("layers", Category::Layer),
    ("inits", Category::Init),
    ("optimizers", Category::Optimizer),
    ("schedules", Category::Schedule),
    ("losses", Category::Loss),
    ("searches", Category::Search),
    ("prunes", Category::Prune),
    ("metrics", Category::Metric),
    ("measures", Category::Measure),
    ("pictures", Category::Picture),
    ("directions", Category::Direction),
];

fn group(topic: &str) -> Option<Category> {
    GROUPS.iter().find(|(name, _)| *name == topic).map(|(_, category)| *category)
}

fn list(category: Category) -> String {
    let mut out = format!("{}\n\n", category.title());
    let width = super::calls(category).iter().map(|c| c.signature().chars().count()).max().unwrap_or(0).min(40);
    for call in super::calls(category) {
        let _ = writeln!(out, "  {:width$}  {}", call.signature(), call.doc);
    }
    out
}

fn indefinite(kind: &str) -> String {
    match kind {
        "experiment" => "an experiment".into(),
        "data" => "a data block".into(),
        "at" => "`at epoch`".into(),
        kind => format!("a {kind}"),
    }
}

fn block(block: &Block) -> String {
    let mut out = format!("{} {} {{ … }}\n\n  {}.\n", block.kind, block.head, block.doc);
    if !block.inside.is_empty() {
        let _ = writeln!(out, "  Between its braces: {}.", block.inside);
    }
    if !block.keys.is_empty() {
        out.push_str("\nKeys\n");
        params(&mut out, block.keys);
    }
    out.push_str("\nExample\n");
    indent(&mut out, block.example);
    out
}

fn call(call: &Call) -> String {
    let mut out = format!("{}, {}\n\n  {}.\n", call.signature(), call.category.noun(), call.doc);
    if call.category == Category::Metric {
        let _ = writeln!(out, "  Taken on `train.`, `dev.` or `test.`: `dev.{}`.", call.name);
    }
    if !call.params.is_empty() {
        out.push_str("\nParameters\n");
        params(&mut out, call.params);
    }
    if let Some(picture) = distribution(call) {
        out.push_str("\nHow its draws are spread\n");
        out.push_str(&picture);
    }
    out.push_str("\nExample\n");
    indent(&mut out, call.example);
    out
}

fn params(out: &mut String, params: &[Param]) {
    let width = params.iter().map(|p| p.name.len()).max().unwrap_or(0);
    for param in params {
        let _ = writeln!(out, "  {:width$}  {}.", param.name, param.doc);
        let _ = writeln!(out, "  {:width$}  {}; {}", "", param.kind, defaults(param));
    }
}

fn param(title: &str, param: &Param) -> String {
    let mut out = format!("{title}\n\n  {}.\n  Takes {}; {}.\n", param.doc, param.kind, defaults(param));
    match param.scale {
        Scale::Log => out.push_str("  Drawn best on a log scale.\n"),
        Scale::OneMinusLog => out.push_str("  Drawn best with one minus it on a log scale: `1 - log(1e-3, 1e-1)`.\n"),
        Scale::Any => {}
    }
    if !param.drawn {
        out.push_str("  No space may stand here: it is the same for all trials.\n");
    }
    match param.kind {
        Type::Call(category) | Type::Calls(category) => {
            out.push('\n');
            out.push_str(&list(category));
        }
        Type::Word(words) => {
            for word in words {
                let _ = writeln!(out, "    {:10} {}", word.name, word.doc);
            }
        }
        _ => {}
    }
    out
}

fn defaults(param: &Param) -> String {
    match param.default {
        super::Default::Required => "needed".into(),
        super::Default::Absent => "none by default".into(),
        default => format!("default: {default}"),
    }
}

fn indent(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// Words that only stand as values: `zscore`, `best`.
fn words(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |owner: &str, param: &Param| {
        for word in words_of(param.kind) {
            if word.name == name {
                found.push(format!("{name}, a value of `{}` of {owner}\n\n  {}.\n", param.name, word.doc));
            }
        }
    };
    for block in super::blocks() {
        block.keys.iter().for_each(|key| look(&indefinite(block.kind), key));
    }
    for category in Category::ALL {
        for call in super::calls(category) {
            call.params.iter().for_each(|param| look(&format!("`{}`", call.name), param));
        }
    }
    found
}

fn words_of(kind: Type) -> Vec<super::Word> {
    match kind {
        Type::Word(words) => words.to_vec(),
        Type::Either(kinds) => kinds.iter().flat_map(|kind| words_of(*kind)).collect(),
        _ => Vec::new(),
    }
}

/// A small histogram of a space: the share of its draws in ten parts of its range.
fn distribution(call: &Call) -> Option<String> {
    if call.category != Category::Space {
        return None;
    }
    let (title, low, high, share): (&str, f64, f64, fn(f64) -> f64) = match call.name {
        "linear" => ("linear(0, 1)", 0.0, 1.0, |x| x),
        "log" => ("log(0.001, 1)", 0.001, 1.0, |x| math::ln(x / 0.001) / math::ln(1000.0)),
        "int" => ("int(1, 10)", 0.5, 10.5, |x| (x - 0.5) / 10.0),
        "normal" => ("normal(0, 1)", -3.0, 3.0, |x| 0.5 * (1.0 + math::erf(x / std::f64::consts::SQRT_2))),
        "steps" => ("steps(linear(0, 1), 0.1)", -0.05, 1.05, |x| x.clamp(0.0, 1.0)),
        _ => return None,
    };
    let mut out = format!("  {title}\n");
    let parts = match call.name {
        "int" => 10,
        "steps" => 11,
        _ => 12,
    };
    let end = |part: usize| low + (high - low) * part as f64 / f64::from(parts);
    for part in 0..parts as usize {
        let (from, to) = (end(part), end(part + 1));
        let here = (share(to) - share(from)).max(0.0);
        let label = match call.name {
            "int" => format!("{:>7}", part + 1),
            "steps" => format!("{:>7.1}", part as f64 / 10.0),
            _ => format!("{from:>7.3}"),
        };
        let bar = "█".repeat((here * 60.0).round() as usize);
        let _ = writeln!(out, "  {label} {bar} {:.0} %", here * 100.0);
    }
    if call.name == "log" {
        out.push_str("  Between 0.001 and 0.01, 0.01 and 0.1, 0.1 and 1: a third of the draws each.\n");
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_help() {
        for topic in topics() {
            let text = help(topic).unwrap_or_default();
            let written = PHRASES.iter().any(|phrase| phrase.name == topic && text.contains(phrase.written));
            assert!(text.contains(topic) || group(topic).is_some() || written, "{topic}: {text}");
        }
    }

    #[test]
    fn log_shows_its_distribution() {
        let text = help("log").unwrap_or_default();
        assert!(text.contains("log(0.001, 1)") && text.contains('█'), "{text}");
        let shares: f64 = text
            .lines()
            .filter_map(|line| line.trim().strip_suffix(" %")?.rsplit(' ').next()?.parse::<f64>().ok())
            .sum();
        assert!((shares - 100.0).abs() <= 6.0, "rounded shares sum to {shares}");
    }

    #[test]
    fn unknown_topics_have_neighbours() {
        assert_eq!(help("batchnorm"), None);
        assert_eq!(similar("batchnorm").first(), Some(&"batch_norm"));
        assert!(similar("optimiser").contains(&"optimizer"));
        assert!(help("dev.accuracy").is_some() && help("adam.rate").is_some() && help("zscore").is_some());
    }
}
