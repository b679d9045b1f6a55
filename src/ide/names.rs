//! Where names are defined and used, and giving them others.

use std::collections::HashSet;

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
    renamed(analysis, offset).map(|symbol| symbol.span)
}

fn renamed(analysis: &Analysis, offset: usize) -> Result<&Symbol, String> {
    let symbol = analysis.symbol_at(offset).ok_or("there is no name here")?;
    let target = symbol.target.ok_or_else(|| format!("`{}` is a word of the language", symbol.name))?;
    if target.file != 0 {
        return Err(format!(
            "`{}` is defined in {}: rename it there",
            symbol.name,
            analysis.sources.get(target.file).name
        ));
    }
    Ok(symbol)
}

/// The edits that give the name at a byte another one, wherever it stands.
///
/// # Errors
/// Why it cannot be done: no name, not a word, taken already.
pub fn rename(analysis: &Analysis, offset: usize, new: &str) -> Result<Vec<(Span, String)>, String> {
    let symbol = renamed(analysis, offset)?;
    let word = matches!(&tokens(new)[..], [token] if token.kind == TokenKind::Word && token.end == new.len());
    if !word || matches!(new, "let" | "use" | "as") {
        return Err(format!("`{new}` is no name: names are made of letters, digits and `_`"));
    }
    let target = symbol.target.unwrap_or(symbol.span);
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
    let mut places = places(analysis, target);
    places.retain(|span| analysis.sources.text(*span) == old);
    // A rename that forgets a use breaks the file: better none.
    if let Some(line) = unknown_use(analysis, &old, &places) {
        return Err(format!("it is not known what `{old}` in line {line} stands for: rename it by hand"));
    }
    Ok(places.into_iter().map(|span| (span, new.to_string())).collect())
}

/// The line of a word of that name that is neither among the places nor known to be something else.
fn unknown_use(analysis: &Analysis, name: &str, places: &[Span]) -> Option<usize> {
    let source = analysis.sources.get(0);
    let known: HashSet<(u32, u32)> = analysis
        .checked
        .symbols
        .iter()
        .map(|symbol| symbol.span)
        .chain(places.iter().copied())
        .filter(|span| span.file == 0)
        .map(|span| (span.start, span.end))
        .collect();
    // A command names its hyperparameters in braces, and copies of a layer number theirs.
    let in_braces = format!("{{{name}}}");
    let numbered = |word: &str| {
        word.strip_prefix(name)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_'))
    };
    let setting = |start: usize, end: usize| {
        analysis.checked.symbols.iter().any(|symbol| {
            symbol.kind == SymbolKind::Setting && symbol.span.range() == (start..end) && symbol.span.file == 0
        })
    };
    let unknown = tokens(&source.text).into_iter().find(|token| {
        let word = &source.text[token.start..token.end];
        match token.kind {
            TokenKind::Word if word == name => !known.contains(&(token.start as u32, token.end as u32)),
            TokenKind::Word => numbered(word) && setting(token.start, token.end),
            TokenKind::Text => word.contains(&in_braces),
            _ => false,
        }
    });
    unknown.map(|token| source.line_column(token.start).0)
}
