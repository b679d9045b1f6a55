//! Colours for the source text, found in the text alone.

use maud::{Markup, html};

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing that is coloured.
    Plain,
    /// From `#` to the end of the line.
    Comment,
    /// Between quotes.
    Text,
    /// A number with its unit.
    Number,
    /// The first word of a definition, an import or a block.
    Keyword,
    /// A name before `=`.
    Key,
    /// A name before `(`.
    Call,
}

impl Kind {
    fn class(self) -> Option<&'static str> {
        Some(match self {
            Kind::Plain => return None,
            Kind::Comment => "hc",
            Kind::Text => "ht",
            Kind::Number => "hn",
            Kind::Keyword => "hk",
            Kind::Key => "hy",
            Kind::Call => "hf",
        })
    }
}

/// The text in pieces, in order, nothing left out.
pub fn pieces(text: &str) -> Vec<(Kind, &str)> {
    let mut pieces: Vec<(Kind, &str)> = Vec::new();
    let mut at = 0;
    // Whether only white space was seen since the line, or the block, began.
    let mut first = true;
    while at < text.len() {
        let rest = &text[at..];
        let (kind, length) = next(rest, first);
        match kind {
            Kind::Plain if rest.starts_with(['\n', '{']) => first = true,
            Kind::Plain if rest.starts_with([' ', '\t', '\r']) => {}
            _ => first = false,
        }
        match pieces.last_mut() {
            Some((Kind::Plain, last)) if kind == Kind::Plain => *last = &text[at - last.len()..at + length],
            _ => pieces.push((kind, &text[at..at + length])),
        }
        at += length;
    }
    pieces
}

/// The first piece of a text that is not empty: its kind and length.
fn next(rest: &str, first: bool) -> (Kind, usize) {
    let while_ = |f: fn(char) -> bool| rest.find(|c| !f(c)).unwrap_or(rest.len());
    let c = rest.chars().next().unwrap_or(' ');
    if let Some(inside) = rest.strip_prefix("\"\"\"") {
        return (Kind::Text, inside.find("\"\"\"").map_or(rest.len(), |end| end + 6));
    }
    match c {
        '#' => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '"' => {
            let mut escaped = false;
            let end = rest[1..].find(|c| match (escaped, c) {
                (true, _) => {
                    escaped = false;
                    false
                }
                (false, '\\') => {
                    escaped = true;
                    false
                }
                (false, c) => c == '"' || c == '\n',
            });
            (Kind::Text, end.map_or(rest.len(), |e| e + 2).min(rest.len()))
        }
        '0'..='9' => {
            let mut end = while_(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '%');
            // The sign of an exponent belongs to the number.
            if rest[..end].ends_with(['e', 'E']) && rest[end..].starts_with(['-', '+']) {
                end += 1 + rest[end + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - end - 1);
            }
            (Kind::Number, end)
        }
        c if c.is_alphabetic() || c == '_' => {
            let end = while_(|c| c.is_alphanumeric() || c == '_');
            let (word, after) = (&rest[..end], rest[end..].trim_start_matches([' ', '\t']));
            let block =
                after.split('\n').next().is_some_and(|line| line.trim_end().ends_with('{') || line.contains(" {"));
            let kind = match word {
                "let" | "use" if first => Kind::Keyword,
                "from" | "as" => Kind::Keyword,
                _ if after.starts_with('=') && !after.starts_with("==") => Kind::Key,
                _ if rest[end..].starts_with('(') => Kind::Call,
                _ if first && !after.starts_with(['-', ',']) && (after.starts_with(['{', '"']) || block) => {
                    Kind::Keyword
                }
                _ => Kind::Plain,
            };
            (kind, end)
        }
        c => (Kind::Plain, c.len_utf8()),
    }
}

/// The text as lines of code with colours.
pub fn code(text: &str) -> Markup {
    html! {
        pre.source tabindex="0" { code {
            @for (kind, piece) in pieces(text) {
                @match kind.class() {
                    Some(class) => span class=(class) { (piece) },
                    None => (piece),
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_have_their_kinds() {
        let text =
            "\"\"\"\n# Title\n\"\"\"\nexperiment fine from coarse {\n  rate = log(1e-4, 80%)  # why\n}\nlet a = b\n";
        let found: Vec<(Kind, &str)> = pieces(text).into_iter().filter(|p| p.0 != Kind::Plain).collect();
        let expected = [
            (Kind::Text, "\"\"\"\n# Title\n\"\"\""),
            (Kind::Keyword, "experiment"),
            (Kind::Keyword, "from"),
            (Kind::Key, "rate"),
            (Kind::Call, "log"),
            (Kind::Number, "1e-4"),
            (Kind::Number, "80%"),
            (Kind::Comment, "# why"),
            (Kind::Keyword, "let"),
            (Kind::Key, "a"),
        ];
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "\\PC{0,40}|[\"#a{=(0-9e\\\\ \n-]{0,40}") {
            let whole: String = pieces(&text).into_iter().map(|p| p.1).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
