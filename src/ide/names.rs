//! Where names are defined and used, and giving them others.

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
    let text = &analysis.sources.get(target.file).text;
    let written = tokens(text).iter().filter(|t| t.kind == TokenKind::Word && text[t.start..t.end] == *old).count();
    if written != places.iter().filter(|span| span.file == target.file).count() {
        return Err(format!("not every `{old}` of the file is known to be this one: rename it by hand"));
    }
    Ok(places.into_iter().map(|span| (span, new.to_string())).collect())
}
