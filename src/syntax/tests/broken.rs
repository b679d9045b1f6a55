use std::fmt::Write as _;

use super::super::tree::Item;
use super::parsed;
use crate::diagnostic::{apply, sure_fixes};
use crate::source::Sources;

/// What each broken text of `broken.txt` is told, and what of it could be read all the same.
fn told(text: &str) -> String {
    let sources = Sources::single("t", text);
    let (file, mistakes) = parsed(text);
    let mut out = String::new();
    for mistake in mistakes {
        let labels: Vec<String> =
            mistake.labels.iter().map(|label| format!("[{}] {}", sources.text(label.span), label.text)).collect();
        let place = sources.place(mistake.span());
        let _ = writeln!(out, ">> {place} {} {} | {}", mistake.code, mistake.message, labels.join(" ; "));
        for note in mistake.notes {
            let _ = writeln!(out, "   note: {note}");
        }
        if let Some(fix) = mistake.fix {
            let edits: Vec<_> = fix.edits.iter().map(|(span, new)| (sources.text(*span), new)).collect();
            let _ = writeln!(out, "   {}: {} {edits:?}", if fix.sure { "sure" } else { "perhaps" }, fix.title);
        }
    }
    let read = file.items.iter().map(|item| match item {
        Item::Prose(_) => "prose".to_string(),
        Item::Use(_) => "use".to_string(),
        Item::Let(found) => format!("let {}", found.name.node),
        Item::Block(block) => {
            let left_out = if block.broken { ", some lost" } else { "" };
            format!("{} of {}{left_out}", block.kind.node, block.entries.len())
        }
    });
    let _ = writeln!(out, "read: {}; lost: {}", read.collect::<Vec<_>>().join(", "), file.lost.join(", "));
    out
}

#[test]
fn every_mistake_is_told_in_the_users_terms() {
    let cases = include_str!("broken.txt").split("\n----\n");
    let told: Vec<String> = cases.map(|text| format!("{text}\n{}", told(text))).collect();
    insta::assert_snapshot!(told.join("----\n"));
}

#[test]
fn sure_fixes_mend_what_they_promise() {
    let mut mended = 0;
    for text in include_str!("broken.txt").split("\n----\n") {
        let mut text = text.to_string();
        let (_, mut mistakes) = parsed(&text);
        for _ in 0..20 {
            let fixes = sure_fixes(&mistakes);
            if fixes.is_empty() {
                break;
            }
            let (new, applied) = apply(&text, 0, &fixes);
            let (_, left) = parsed(&new);
            assert!(left.len() + applied <= mistakes.len(), "{text}\n->\n{new}\n{left:#?}");
            mended += applied;
            (text, mistakes) = (new, left);
        }
        assert!(sure_fixes(&mistakes).is_empty(), "{text}");
    }
    assert!(mended > 30, "{mended}");
}
