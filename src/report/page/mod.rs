//! The report: one page that works offline. It loads nothing, and runs only its own script.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::plan::claim::Claim;
use crate::plan::experiment::Experiment;
use crate::plan::notebook::{Item, Notebook};
use crate::plan::show::{Measure, Pick, Plot, Selection, Table};
use crate::record::Study;

use super::figure::color::DARK;
use super::figure::font;
use super::plot::{Picture, draw};
use super::{Results, claim, name, prose, summary, table};

mod highlight;

pub use highlight::{Kind, pieces};

/// What a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The notebook file's name, as it is shown.
    pub file: &'a str,
    /// What it does and shows.
    pub notebook: &'a Notebook,
    /// Its text.
    pub source: &'a str,
    /// What came of it.
    pub results: &'a Results,
    /// Its pictures, by their place among the notebook's items ([`super::plot::draw_all`]).
    pub pictures: &'a BTreeMap<usize, Picture>,
    /// The digest of its lock.
    pub lock: Option<&'a str>,
}

/// More trials than this are not listed one by one.
const LISTED: u32 = 500;

impl Report<'_> {
    /// The first heading of the prose, else the file's name.
    pub fn title(&self) -> String {
        let texts =
            self.notebook.items.iter().filter_map(|i| if let Item::Prose(text) = i { Some(text) } else { None });
        texts.filter_map(|text| prose::heading(text)).next().unwrap_or_else(|| self.file.to_string())
    }

    fn study(&self, experiment: &str) -> Option<&Study> {
        self.results.studies.get(experiment)
    }
}

/// The page as HTML. The same report is the same bytes.
pub fn page(report: &Report) -> String {
    let title = report.title();
    let texts: Vec<Option<prose::Prose>> = report
        .notebook
        .items
        .iter()
        .map(|item| if let Item::Prose(text) = item { Some(prose::html(text)) } else { None })
        .collect();
    let math = texts.iter().flatten().any(|t| t.math);
    let headed = texts.iter().flatten().any(|t| t.html.contains("<h1"));
    let body = html! {
        main {
            @if !headed { h1 { (title) } }
            @for (index, item) in report.notebook.items.iter().enumerate() {
                @match item {
                    Item::Prose(_) => section.prose { (PreEscaped(texts[index].as_ref().map_or("", |t| &t.html))) },
                    Item::Experiment(experiment) => (section(report, experiment)),
                    Item::Table(shown) => (table_of(report, shown)),
                    Item::Plot(plot) => (picture(report, index, plot)),
                    Item::Claim(told) => (claimed(report, index, told)),
                }
            }
            section {
                h2 { "Source" }
                details { summary { (report.file) } (highlight::code(report.source)) }
            }
        }
        footer {
            "Made by caviar " (env!("CARGO_PKG_VERSION")) " from " code { (report.file) } "."
            @if let Some(digest) = report.lock { " Lock " code { (digest) } "." }
        }
    };
    // The nonce depends on what is shown, so that text which finds its way into the page cannot bring a script along.
    let nonce = blake3::hash(body.0.as_bytes()).to_hex()[..24].to_string();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; font-src data:; base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="caviar";
                title { (title) }
                style { (PreEscaped(style(math))) }
            }
            body {
                (body)
                script nonce=(nonce) { (PreEscaped(include_str!("script.js"))) }
            }
        }
    };
    page.into_string()
}

/// The style sheet: fonts, the page, and the pictures' colours in the dark.
fn style(math: bool) -> String {
    let face = |family: &str, weight: u32, bytes: &[u8]| {
        format!(
            "@font-face {{ font-family: \"{family}\"; font-weight: {weight}; src: url(data:font/woff2;base64,{}) format(\"woff2\"); }}\n",
            base64(bytes)
        )
    };
    let mut out = face("Inter", 400, font::REGULAR_WEB) + &face("Inter", 600, font::SEMIBOLD_WEB);
    if math {
        out += &face("Caviar Math", 400, font::MATH_WEB);
    }
    out += include_str!("style.css");
    out += "@media screen and (prefers-color-scheme: dark) {\n";
    for (light, dark) in DARK {
        out += &format!(
            ".picture [fill=\"{light}\"] {{ fill: {dark}; }} .picture [stroke=\"{light}\"] {{ stroke: {dark}; }}\n"
        );
    }
    out + "}\n"
}

/// Base64 (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

fn rows(label: &str, rows: &[(String, String)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(label) {
            table.settings { tbody { @for (key, value) in rows { tr { th scope="row" { (key) } td { (value) } } } } }
        }
    }
}

fn section(report: &Report, name: &str) -> Markup {
    let experiment: Option<&Experiment> = report.notebook.experiments.iter().find(|e| e.name == name);
    let study = report.study(name);
    let trials = study.map(|_| {
        let of = Selection { experiment: name.into(), filters: vec![], pick: Pick::All };
        let all = Table {
            title: None,
            of: vec![of],
            by: vec![],
            show: Vec::<Measure>::new(),
            filters: vec![],
            sort: None,
            top: Some(LISTED),
        };
        table::build(&all, report.results)
    });
    html! {
        section {
            h2 { "Experiment " code { (name) } }
            @if let Some(experiment) = experiment {
                p { (summary::sentences(experiment, study).join(" ")) }
                details {
                    summary { "Settings" }
                    (rows("settings", &summary::settings(experiment)))
                    @if !experiment.space.params.is_empty() {
                        h3 { "What is drawn" }
                        (rows("what is drawn", &summary::space(experiment)))
                    }
                    @if let Some(study) = study.filter(|s| !s.rounds.is_empty()) {
                        h3 { "Rounds" }
                        ol { @for round in &study.rounds { li { (round.reason) } } }
                    }
                }
            }
            @if let Some(Ok(grid)) = trials.filter(|t| t.as_ref().is_ok_and(|g| g.rows.len() > 1)) {
                details { summary { "Trials" } (table::html(&grid)) }
            }
        }
    }
}

fn table_of(report: &Report, shown: &Table) -> Markup {
    match table::build(shown, report.results) {
        Ok(grid) => table::html(&grid),
        Err(missing) => html! { p.error { (name::table(shown)) ": " (message(&missing.to_string())) "." } },
    }
}

fn picture(report: &Report, index: usize, plot: &Plot) -> Markup {
    match report.pictures.get(&index) {
        Some(picture) => html! { figure.picture { (PreEscaped(&picture.svg)) } },
        None => html! { p.error { (name::plot(plot)) ": " (message(&absent(report, index, plot))) "." } },
    }
}

/// Why a picture is not there.
pub(super) fn absent(report: &Report, index: usize, plot: &Plot) -> String {
    draw(index, plot, report.results).err().map_or_else(|| "it was not drawn".into(), |e| e.to_string())
}

/// A message whose names between backticks are code.
fn message(text: &str) -> Markup {
    html! {
        @for (i, part) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn claimed(report: &Report, index: usize, told: &Claim) -> Markup {
    let verdict = report.results.verdicts.get(&index);
    let word = verdict.map_or("untested", claim::word);
    html! {
        section class={ "claim " (word) } {
            p { span.verdict { (claim::mark(word)) " " (word) } " — " (told.text) }
            @for line in verdict.map(claim::details).unwrap_or_default() { p.note { (message(&line)) } }
        }
    }
}
