//! Where names are defined and used, and giving them others.

use std::collections::HashSet;
use std::ops::Range;

use super::Analysis;
use crate::check::{Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::{TokenKind, tokens};

/// Where the name at a byte is defined.
pub fn definition(analysis: &Analysis, offset: usize) -> Option<Span> {
    imported_file(analysis, offset).or_else(|| analysis.symbol_at(offset)?.target)
}

/// The beginning of the file that an import at a byte names.
fn imported_file(analysis: &Analysis, offset: usize) -> Option<Span> {
    analysis.files.first()?.items.iter().find_map(|item| match item {
        crate::syntax::tree::Item::Use(used) if used.path.span.range().contains(&offset) => {
            used.file.map(|file| Span::new(file, 0, 0))
        }
        _ => None,
    })
}

/// Every place of the name at a byte, its definition first if wanted.
pub fn references(analysis: &Analysis, offset: usize, with_definition: bool) -> Vec<Span> {
    let Some(target) = analysis.symbol_at(offset).and_then(|symbol| symbol.target) else { return Vec::new() };
    let mut places = places(analysis, target);
    if !with_definition {
        places.retain(|span| *span != target);
    }
    places
}

fn places(analysis: &Analysis, target: Span) -> Vec<Span> {
    let mut places: Vec<Span> = vec![target];
    places.extend(analysis.checked.symbols.iter().filter(|s| s.target == Some(target)).map(|s| s.span));
    places[1..].sort_unstable();
    places.dedup();
    let first = places[0];
    let mut seen = false;
    places.retain(|span| *span != first || !std::mem::replace(&mut seen, true));
    places
}

/// The name at a byte, if it can be given another.
///
/// # Errors
/// Why it cannot.
pub fn prepare_rename(analysis: &Analysis, offset: usize) -> Result<Span, String> {
    let (symbol, target) = renamed(analysis, offset)?;
    Ok(own_part(analysis, symbol.span, analysis.sources.text(target)).unwrap_or(symbol.span))
}

/// The name at a byte, and where it is given.
fn renamed(analysis: &Analysis, offset: usize) -> Result<(&Symbol, Span), String> {
    let symbol = analysis.symbol_at(offset).ok_or("there is no name here")?;
    let target = symbol.target.ok_or_else(|| format!("`{}` is a word of the language", symbol.name))?;
    if target.file != 0 {
        return Err(format!(
            "`{}` is defined in {}: rename it there",
            symbol.name,
            analysis.sources.get(target.file).name
        ));
    }
    if !is_word(analysis.sources.text(target)) {
        return Err(format!("`{}` is what caviar calls it: give it a name of its own with `as`", symbol.name));
    }
    Ok((symbol, target))
}

fn is_word(text: &str) -> bool {
    matches!(&tokens(text)[..], [token] if token.kind == TokenKind::Word && token.end == text.len())
}

/// Where in a symbol its own name stands: all of it, the end of `mlp.norm`, or `w` of its second copy `w2`.
fn own_part(analysis: &Analysis, span: Span, name: &str) -> Option<Span> {
    let text = analysis.sources.text(span);
    let last = text.rsplit('.').next().unwrap_or(text).trim_start();
    let copies = last.strip_prefix(name)?;
    let start = span.start as usize + text.len() - last.len();
    copies.bytes().all(|b| b.is_ascii_digit() || b == b'_').then(|| Span::new(span.file, start, start + name.len()))
}

/// The edits that give the name at a byte another one, wherever it stands.
///
/// # Errors
/// Why it cannot be done: no name, not a word, taken already.
pub fn rename(analysis: &Analysis, offset: usize, new: &str) -> Result<Vec<(Span, String)>, String> {
    let (symbol, target) = renamed(analysis, offset)?;
    if !is_word(new) || matches!(new, "let" | "use" | "as") {
        return Err(format!("`{new}` is no name: names are made of letters, digits and `_`"));
    }
    let old = analysis.sources.text(target).to_string();
    let kind = |symbol: &Symbol| {
        analysis.checked.symbols.iter().find(|s| Some(s.span) == symbol.target).map_or(symbol.kind, |s| s.kind)
    };
    let value = |kind: SymbolKind| matches!(kind, SymbolKind::Let | SymbolKind::As);
    let own = kind(symbol);
    let taken = analysis.checked.symbols.iter().find(|other| {
        other.target == Some(other.span)
            && other.span != target
            && other.name == new
            && (other.kind == own || value(other.kind) && value(own))
    });
    if let Some(other) = taken {
        return Err(format!("`{new}` is defined already, at {}", analysis.sources.place(other.span)));
    }
    let mut places: Vec<Span> =
        places(analysis, target).into_iter().filter_map(|span| own_part(analysis, span, &old)).collect();
    places.dedup();
    // A rename that forgets a use breaks the file: better none.
    if let Some(line) = unknown_use(analysis, &old, &places) {
        return Err(format!("it is not known what `{old}` in line {line} stands for: rename it by hand"));
    }
    Ok(places.into_iter().map(|span| (span, new.to_string())).collect())
}

/// The line of a word of that name that is neither among the places nor known to be something else.
fn unknown_use(analysis: &Analysis, name: &str, places: &[Span]) -> Option<usize> {
    let source = analysis.sources.get(0);
    let symbols = || analysis.checked.symbols.iter().filter(|symbol| symbol.span.file == 0);
    let known: HashSet<Range<usize>> =
        symbols().map(|symbol| symbol.span).chain(places.iter().copied()).map(|span| span.range()).collect();
    // What caviar calls a hyperparameter is made of words that are no names: `dense1.units`.
    let long: Vec<Range<usize>> =
        symbols().filter(|symbol| symbol.kind == SymbolKind::Setting).map(|symbol| symbol.span.range()).collect();
    // A command names its hyperparameters in braces.
    let in_braces = format!("{{{name}}}");
    let unknown = tokens(&source.text).into_iter().find(|token| {
        let word = &source.text[token.start..token.end];
        match token.kind {
            TokenKind::Word if word == name => {
                !known.contains(&(token.start..token.end))
                    && !long.iter().any(|whole| whole.start <= token.start && token.end <= whole.end)
            }
            TokenKind::Text => word.contains(&in_braces),
            _ => false,
        }
    });
    unknown.map(|token| source.line_column(token.start).0)
}
