//! A table in Markdown, as git hosts read it.

use super::grid::Grid;

/// A text that Markdown shows as it is, on one line.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The table, with the best of each column in bold, and the notes; without the title.
pub fn markdown(grid: &Grid) -> String {
    let mut out = String::new();
    if !grid.columns.is_empty() {
        let names: Vec<String> = grid.columns.iter().map(|c| escape(&c.name)).collect();
        let rules: Vec<&str> = (0..grid.columns.len()).map(|c| if grid.numeric(c) { "---:" } else { ":---" }).collect();
        out += &format!("| {} |\n| {} |\n", names.join(" | "), rules.join(" | "));
        for row in &grid.rows {
            let cells: Vec<String> =
                row.iter().map(|c| if c.best { format!("**{}**", escape(&c.text)) } else { escape(&c.text) }).collect();
            out += &format!("| {} |\n", cells.join(" | "));
        }
    }
    if !grid.notes.is_empty() {
        out += &format!("\n*{}*\n", escape(&grid.notes.join("; ")));
    }
    out
}
