//! What is wrong with data, told where it is asked for, and what is odd about them.

use crate::data::{Error, Facts};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::tree::{Arg, Block, Entry, Expr, ExprKind};
use crate::vocabulary::number;

use super::checker::Checker;
use super::entries;
use super::scope::callee_name;
use super::suggest;

impl<'a> Checker<'a> {
    pub fn data_error(&mut self, block: &'a Block, error: &Error) {
        let source = entries::field(block, "source");
        let whole = source.map_or(block.kind.span, |field| field.value.span);
        let (code, place) = match error {
            Error::FileMissing { path } | Error::Unreadable { path, .. } => {
                ("E0404", self.path_place(block, &path.to_string_lossy()).unwrap_or(whole))
            }
            Error::ColumnMissing { column, .. } | Error::ColumnTwice { column, .. } => {
                ("E0405", column_place(block, column).unwrap_or(whole))
            }
            Error::Shares { .. } | Error::TooFewRows { .. } => {
                ("E0406", entries::field(block, "split").map_or(whole, |f| f.value.span))
            }
            Error::Folds { .. } => ("E0406", entries::field(block, "folds").map_or(whole, |f| f.value.span)),
            Error::Mismatch { set, .. } => ("E0406", entries::field(block, set).map_or(whole, |f| f.value.span)),
            Error::Transform { transform, .. } => ("E0406", call_place(block, transform).unwrap_or(whole)),
            Error::TextTarget { column, .. } | Error::TooManyClasses { column, .. } => {
                ("E0406", column_place(block, column).unwrap_or(whole))
            }
            _ => ("E0406", whole),
        };
        let mut found = Diagnostic::error(code, error.to_string(), place).note(error.help());
        if let Error::ColumnMissing { column, available, .. } = error
            && let Some(near) = suggest::nearest(column, available.iter().map(String::as_str))
        {
            let plain = near.name.chars().all(|c| c.is_alphanumeric() || c == '_')
                && near.name.starts_with(|c: char| c.is_alphabetic());
            let text = if plain { near.name.clone() } else { format!("\"{}\"", near.name) };
            found = found.replace(format!("write {text}"), place, text, near.sure);
        }
        self.findings.push(found);
    }

    /// Where a path is written that was looked for.
    fn path_place(&self, block: &'a Block, path: &str) -> Option<Span> {
        let mut best = None;
        entries::walk(&block.entries, &mut |expr| {
            if let ExprKind::Text(text) = &expr.kind
                && !text.is_empty()
                && path.replace('\\', "/").ends_with(text.trim_start_matches("./").trim_start_matches("../"))
            {
                best = best.or(Some(expr.span));
            }
        });
        best
    }

    pub fn data_lints(&mut self, block: &'a Block, facts: &Facts) {
        let source = entries::field(block, "source").map_or(block.kind.span, |f| f.value.span);
        if entries::field(block, "normalize").is_none()
            && let Some([small, large]) = &facts.feature_deviation
            && (large.1 / small.1 > 30.0 || large.1 > 30.0)
        {
            let round = |x: f64| number(format!("{x:.2e}").parse().unwrap_or(x));
            let mut lint = Diagnostic::warning("W0806", "features of very different scale, and no `normalize`", source);
            if large.1 / small.1 > 30.0 {
                lint = lint.label(format!(
                    "`{}` spreads over {}, `{}` over {}",
                    small.0,
                    round(small.1),
                    large.0,
                    round(large.1)
                ));
            } else {
                lint = lint.label(format!("`{}` spreads over {}", large.0, round(large.1)));
            }
            self.findings.push(lint.note(
                "gradient descent goes slowly along the small ones: `normalize = zscore` (or `none`, if that is meant)",
            ));
        }
        for column in &facts.dates {
            let message = format!("column `{column}` holds dates: each becomes days since 1970-01-01, one number");
            let note = "new rows have later dates than any that was trained on: leave it out with `drop`, unless time itself matters";
            self.findings.push(Diagnostic::warning("W0817", message, source).note(note));
        }
        for (column, count) in &facts.wide_texts {
            let message =
                format!("text column `{column}` has {count} different values, each of which becomes a feature");
            self.findings.push(
                Diagnostic::warning("W0818", message, source)
                    .note("leave it out with `drop` if it is a name or a number of the row"),
            );
        }
    }
}

/// Where a column is named.
fn column_place(block: &Block, column: &str) -> Option<Span> {
    let mut found = None;
    for entry in &block.entries {
        let Entry::Field(field) = entry else { continue };
        if field.key.node == "groups" && names(&field.value, column) {
            found = found.or(Some(field.value.span));
        }
        entries::walk_expr(&field.value, &mut |expr| {
            let ExprKind::Call(_, args) = &expr.kind else { return };
            for Arg { name, value } in args {
                if name.as_ref().is_some_and(|n| n.node == "path") {
                    continue;
                }
                match &value.kind {
                    ExprKind::List(parts) => {
                        if let Some(part) = parts.iter().find(|part| names(part, column)) {
                            found = found.or(Some(part.span));
                        }
                    }
                    _ if names(value, column) => found = found.or(Some(value.span)),
                    _ => {}
                }
            }
        });
    }
    found
}

/// Where a transform is called.
fn call_place(block: &Block, name: &str) -> Option<Span> {
    let mut found = None;
    entries::walk(&block.entries, &mut |expr| {
        if callee_name(expr) == Some(name) {
            found = found.or(Some(expr.span));
        }
    });
    found
}

fn names(expr: &Expr, column: &str) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) | ExprKind::Text(name) if name == column)
}
