//! What each word is, for colours.

use super::Analysis;
use crate::check::SymbolKind;
use crate::source::Span;
use crate::syntax::{Token, TokenKind, tokens};
use crate::vocabulary::{self, Category};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Highlight {
    /// `# …`.
    Comment,
    /// A text.
    Text,
    /// A number or duration.
    Number,
    /// `->`, `=`, `<`.
    Operator,
    /// `let`, `use`, `as`, `from`, and kinds of block.
    Keyword,
    /// A key or parameter.
    Property,
    /// A layer, optimizer, space, metric.
    Function,
    /// A definition or hyperparameter.
    Variable,
    /// Data, a network, an experiment.
    Type,
    /// A word of the language as a value, or a label.
    Constant,
    /// Prose: an editor that knows Markdown colours it better.
    Prose,
}

/// The pieces of the notebook that have a colour, in order; none spans a line end.
pub fn highlights(analysis: &Analysis) -> Vec<(Span, Highlight)> {
    let text = analysis.text();
    let all = tokens(text);
    let mut found = Vec::new();
    let mut symbols = analysis.checked.symbols.iter().filter(|symbol| symbol.span.file == 0).peekable();
    let mut current = None;
    for (n, token) in all.iter().enumerate() {
        while let Some(symbol) = symbols.next_if(|symbol| symbol.span.start as usize <= token.start) {
            current = Some(symbol);
        }
        let known = current.filter(|symbol| token.end <= symbol.span.end as usize).map(|symbol| symbol.kind);
        let highlight = match token.kind {
            TokenKind::Comment => Some(Highlight::Comment),
            TokenKind::Text => Some(Highlight::Text),
            TokenKind::Prose => Some(Highlight::Prose),
            TokenKind::Number => Some(Highlight::Number),
            TokenKind::Operator | TokenKind::Equals => Some(Highlight::Operator),
            TokenKind::Word => Some(word(text, &all, n, known)),
            _ => None,
        };
        let Some(highlight) = highlight else { continue };
        let mut start = token.start;
        for line in text[token.start..token.end].split_inclusive('\n') {
            let length = line.trim_end_matches(['\n', '\r']).len();
            if length > 0 {
                found.push((Span::new(0, start, start + length), highlight));
            }
            start += line.len();
        }
    }
    found
}

fn word(text: &str, all: &[Token], n: usize, known: Option<SymbolKind>) -> Highlight {
    let word = &text[all[n].start..all[n].end];
    let next = all.get(n + 1).map_or("", |token| &text[token.start..token.end]);
    let first = n == 0 || all[n - 1].kind == TokenKind::Newline;
    if matches!(word, "let" | "use" | "as") || word == "from" && next != "=" {
        return Highlight::Keyword;
    }
    let before = n.checked_sub(1).map_or("", |n| &text[all[n].start..all[n].end]);
    if word == "epoch" && before == "at" && all.get(n + 1).is_some_and(|token| token.kind == TokenKind::Number) {
        return Highlight::Keyword;
    }
    match known {
        Some(SymbolKind::Block) => Highlight::Keyword,
        Some(SymbolKind::Key | SymbolKind::Parameter) => Highlight::Property,
        // A measure that no table has is a name that a program gives to what it prints.
        Some(SymbolKind::Measure) if next != "(" && !is_measure(word) => Highlight::Variable,
        Some(SymbolKind::Call | SymbolKind::Measure) => Highlight::Function,
        Some(SymbolKind::Word | SymbolKind::Label | SymbolKind::Column) => Highlight::Constant,
        Some(SymbolKind::Let | SymbolKind::As | SymbolKind::Import | SymbolKind::Setting) => Highlight::Variable,
        Some(SymbolKind::Data | SymbolKind::Network | SymbolKind::Experiment) => Highlight::Type,
        // What checking did not come to, in a file that is broken.
        None if next == "=" => Highlight::Property,
        None if first && vocabulary::block(word).is_some() => Highlight::Keyword,
        None if next == "(" || vocabulary::calls_named(word).next().is_some() => Highlight::Function,
        None => Highlight::Variable,
    }
}

fn is_measure(word: &str) -> bool {
    matches!(word, "train" | "dev" | "test")
        || [Category::Metric, Category::Measure].iter().any(|category| vocabulary::call(*category, word).is_some())
}
