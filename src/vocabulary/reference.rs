//! The language page: the words of `language.md` with the tables of the vocabulary put in.

use std::fmt::Write;

use super::{Block, Category, Default, Param};

const WORDS: &str = include_str!("language.md");

/// The whole page in Markdown: what `docs/language.md` holds.
pub fn reference() -> String {
    let mut page = String::with_capacity(WORDS.len() * 3);
    for line in WORDS.lines() {
        let mark = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        match mark {
            None => page.push_str(line),
            Some(mark) => match mark.strip_prefix("block ") {
                Some(kind) => page.push_str(super::block(kind).map_or(String::new(), block).trim_end()),
                None => {
                    let category = Category::ALL.into_iter().find(|c| format!("{c:?}") == mark);
                    page.push_str(category.map_or(String::new(), calls).trim_end());
                }
            },
        }
        page.push('\n');
    }
    page
}

/// A table of a category: each call with its parameters.
fn calls(category: Category) -> String {
    let with_parameters = super::calls(category).iter().any(|call| !call.params.is_empty());
    let mut out = format!("### {}\n\n", category.title());
    out.push_str(if with_parameters {
        "| written | is | parameters |\n|---|---|---|\n"
    } else {
        "| written | is |\n|---|---|\n"
    });
    for call in super::calls(category) {
        let name = match (call.variadic, call.body) {
            (true, _) => format!("{}(…)", call.name),
            (_, super::Body::Layers) => call.signature(),
            _ => short(call),
        };
        let _ = write!(out, "| `{name}` | {} |", cell(call.doc));
        if with_parameters {
            let parameters: Vec<String> = call.params.iter().map(parameter).collect();
            let _ = write!(out, " {} |", parameters.join("<br>"));
        }
        out.push('\n');
    }
    out
}

/// The name with the parameters that are needed.
fn short(call: &super::Call) -> String {
    let needed: Vec<&str> = call.params.iter().filter(|p| p.is_required()).map(|p| p.name).collect();
    if needed.is_empty() { call.name.to_string() } else { format!("{}({})", call.name, needed.join(", ")) }
}

fn parameter(param: &Param) -> String {
    let default = match param.default {
        Default::Required => String::new(),
        Default::Absent => " (none)".into(),
        Default::Rule(rule) => format!(" ({})", cell(rule)),
        default => format!(" = {}", cell(&default.to_string())),
    };
    format!("`{}`{default}: {}; {}", param.name, cell(&param.kind.to_string()), cell(param.doc))
}

fn block(block: &Block) -> String {
    let mut out = format!("### `{} {} {{ … }}`\n\n", block.kind, block.head);
    let _ = writeln!(out, "{}.{}\n", capital(block.doc), inside(block));
    if !block.keys.is_empty() {
        out.push_str("| key | takes | default | |\n|---|---|---|---|\n");
    }
    for key in block.keys {
        let fixed = if key.drawn { "" } else { " *Fixed.*" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {}.{fixed} |",
            key.name,
            cell(&key.kind.to_string()),
            cell(&key.default.to_string()),
            capital(&cell(key.doc))
        );
    }
    out
}

fn inside(block: &Block) -> String {
    if block.inside.is_empty() { String::new() } else { format!(" Between its braces: {}.", block.inside) }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Text for a cell of a table; what stands between backticks stays as it is, but for the sign that ends a cell.
fn cell(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let parts = text.split('`').enumerate();
    let plain = |part: &str| part.replace('*', "\\*").replace('<', "&lt;");
    parts.map(|(i, part)| if i % 2 == 0 { plain(part) } else { part.to_string() }).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `CAVIAR_WRITE_DOCS=1 cargo test --lib the_page` writes the page anew.
    #[test]
    fn the_page_is_the_committed_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
        let page = reference();
        if std::env::var_os("CAVIAR_WRITE_DOCS").is_some() {
            std::fs::write(&path, &page).expect("docs can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == page,
            "docs/language.md is not what the vocabulary prints: CAVIAR_WRITE_DOCS=1 cargo test --lib the_page"
        );
    }

    #[test]
    fn the_page_has_every_name() {
        let page = reference();
        for category in Category::ALL {
            for call in super::super::calls(category) {
                assert!(page.contains(&format!("| `{}", call.name)), "{}", call.name);
            }
        }
        for block in super::super::blocks() {
            assert!(block.keys.iter().all(|key| page.contains(&format!("| `{}` |", key.name))), "{}", block.kind);
        }
        assert!(!page.contains("<!--"));
    }
}
