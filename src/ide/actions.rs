//! Fixes as one can choose them in an editor.

use std::ops::Range;

use super::Analysis;
use crate::source::Span;

/// A change that mends something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does.
    pub title: String,
    /// The changes.
    pub edits: Vec<(Span, String)>,
    /// Which of the diagnostics it mends; none when it mends all.
    pub diagnostic: Option<usize>,
    /// Whether nothing else can be meant.
    pub sure: bool,
}

/// The fixes of the diagnostics at a range of the notebook, or if there are none, on its lines; and one for all sure ones
/// if there are several.
pub fn actions(analysis: &Analysis, range: Range<usize>) -> Vec<Action> {
    let text = analysis.text();
    let mut actions = touching(analysis, &range);
    if actions.is_empty() {
        let start = text[..range.start].rfind('\n').map_or(0, |n| n + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |n| range.end + n);
        actions = touching(analysis, &(start..end));
    }
    let sure = crate::diagnostic::sure_fixes(&analysis.diagnostics);
    if !actions.is_empty() && sure.len() > 1 {
        let (mended, applied) = crate::diagnostic::apply(text, 0, &sure);
        if applied > 1 {
            let whole = Span::new(0, 0, text.len());
            let title = format!("mend all {applied} mistakes that have one sure fix");
            actions.push(Action { title, edits: vec![(whole, mended)], diagnostic: None, sure: false });
        }
    }
    actions
}

/// The fixes of the diagnostics that a range touches.
fn touching(analysis: &Analysis, range: &Range<usize>) -> Vec<Action> {
    let mut actions = Vec::new();
    for (number, diagnostic) in analysis.diagnostics.iter().enumerate() {
        let span = diagnostic.span();
        let touches = span.file == 0 && span.start as usize <= range.end && range.start <= span.end as usize;
        if let (Some(fix), true) = (&diagnostic.fix, touches) {
            let title = fix.title.clone();
            actions.push(Action { title, edits: fix.edits.clone(), diagnostic: Some(number), sure: fix.sure });
        }
    }
    actions
}
