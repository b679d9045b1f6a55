//! What came of a claim, in words.

use super::figure::number::short;
use crate::plan::claim::Claim;
use crate::stats::claim::{ClaimError, Method, Outcome, Verdict};
use crate::stats::statement;

/// `holds`, `refuted`, `undecided` or `untested`.
pub fn word(verdict: &Result<Vec<Verdict>, ClaimError>) -> &'static str {
    match verdict.as_ref().map(|v| statement::outcome(v)) {
        Ok(Outcome::Holds) => "holds",
        Ok(Outcome::Refuted) => "refuted",
        Ok(Outcome::Undecided { .. }) => "undecided",
        Err(_) => "untested",
    }
}

/// The mark before it: a tick, a cross, or a question mark.
pub fn mark(word: &str) -> char {
    match word {
        "holds" => '✓',
        "refuted" => '✗',
        _ => '?',
    }
}

/// The claim, what came of it, and a line a comparison with the figures.
pub fn text(claim: &Claim, verdict: &Result<Vec<Verdict>, ClaimError>) -> String {
    let word = word(verdict);
    let mut text = format!("{} {word}: {}", mark(word), claim.text);
    for line in details(verdict) {
        text.push_str("\n    ");
        text.push_str(&line);
    }
    text
}

/// The figures behind an outcome, a line a comparison, then what is to be known.
pub fn details(verdict: &Result<Vec<Verdict>, ClaimError>) -> Vec<String> {
    match verdict {
        Err(error) => vec![error.to_string()],
        Ok(verdicts) => verdicts.iter().flat_map(comparison).collect(),
    }
}

fn comparison(verdict: &Verdict) -> Vec<String> {
    let mut line = format!("difference {}", short(verdict.difference, 3));
    if let Some((low, high)) = verdict.interval {
        line += &format!(", 95 % interval {} to {}", short(low, 3), short(high, 3));
    }
    if let Some(p) = verdict.p {
        line += &if p < 0.001 { ", p < 0.001".to_string() } else { format!(", p = {}", short(p, 2)) };
    }
    let (left, right) = verdict.counts;
    line += &match verdict.method {
        Method::Compared => "; one value against one".to_string(),
        Method::SignFlip => format!("; {left} pairs, sign-flip test"),
        Method::Welch => format!("; {left} against {right} values, Welch's test"),
        Method::Equality => format!("; {left} against {right} values, test of equality"),
    };
    let mut lines = vec![line];
    if let Outcome::Undecided { seeds_needed: Some(n) } = verdict.outcome {
        lines.push(format!("about {n} seeds (or trials) a side would likely decide it"));
    }
    lines.extend(verdict.notes.iter().cloned());
    lines
}
