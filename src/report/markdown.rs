//! The report for git hosts: Markdown with the pictures beside it.

use crate::plan::notebook::Item;

use super::page::{Report, absent};
use super::table::escape_markdown as escape;
use super::{claim, name, prose, summary, table};

/// The report as Markdown; pictures are the files `STEM.png` in the same folder. The same report is the same bytes.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    let headed =
        report.notebook.items.iter().any(|i| if let Item::Prose(t) = i { prose::heading(t).is_some() } else { false });
    if !headed {
        out += &format!("# {}\n\n", escape(&report.title()));
    }
    for (index, item) in report.notebook.items.iter().enumerate() {
        match item {
            Item::Prose(text) => out += prose::host(text).trim(),
            Item::Experiment(experiment) => {
                out += &format!("## Experiment `{}`\n\n", experiment.replace('`', "'"));
                if let Some(plan) = report.notebook.experiments.iter().find(|e| e.name == *experiment) {
                    let sentences = summary::sentences(plan, report.results.studies.get(experiment));
                    out += &sentences.iter().map(|s| escape(s)).collect::<Vec<_>>().join(" ");
                    out += "\n\n<details><summary>Settings</summary>\n\n| | |\n| :--- | :--- |\n";
                    for (key, value) in summary::settings(plan).iter().chain(&summary::space(plan)) {
                        out += &format!("| {} | {} |\n", escape(key), escape(value));
                    }
                    out += "\n</details>";
                }
            }
            Item::Table(shown) => match table::build(shown, report.results) {
                Ok(grid) => out += &format!("**{}**\n\n{}", escape(&grid.title), table::markdown(&grid).trim_end()),
                Err(missing) => out += &format!("{}: {}.", escape(&name::table(shown)), escape(&missing.to_string())),
            },
            Item::Plot(plot) => match report.pictures.get(&index) {
                Some(picture) => {
                    out += &format!("![{}]({})", escape(&picture.alt), link(&format!("{}.png", picture.file_stem)))
                }
                None => out += &format!("{}: {}.", escape(&name::plot(plot)), escape(&absent(report, index, plot))),
            },
            Item::Claim(told) => {
                let verdict = report.results.verdicts.get(&index);
                let word = verdict.map_or("untested", claim::word);
                out += &format!("> {} **{word}** — {}", claim::mark(word), escape(&told.text));
                for line in verdict.map(claim::details).unwrap_or_default() {
                    out += &format!("\\\n> {}", escape(&line));
                }
            }
        }
        out += "\n\n";
    }
    let lock = report.lock.map(|digest| format!(" Lock `{digest}`.")).unwrap_or_default();
    out += &format!(
        "---\n\nMade by caviar {} from `{}`.{lock}\n",
        env!("CARGO_PKG_VERSION"),
        report.file.replace('`', "'")
    );
    out
}

/// A file name as the target of a link.
fn link(name: &str) -> String {
    name.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
