//! Pictures: one file a kind, all from records.

use std::collections::BTreeMap;

use crate::plan::notebook::{Item, Notebook};
use crate::plan::show::{Draw, Plot};
use crate::record::inspect::Inspection;

use super::figure::{Figure, Rect, png};
use super::group::{Case, Group, Groups, Missing, PICTURE, by_color, cases};
use super::{Results, name};

mod bands;
mod boundary;
mod boxes;
mod changes;
mod confusion;
mod contour;
mod curves;
mod heatmap;
mod histogram;
mod importance;
mod layers;
mod line;
mod measure_axis;
mod parallel;
mod pareto;
mod samples;
mod scatter;
mod shade;
mod surface;
mod weights;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The title, as it stands in the picture.
    pub title: String,
    /// The picture, to be put into a page or a file.
    pub svg: String,
    /// What it shows, in a sentence or two, with the main figures.
    pub alt: String,
    /// A name for its file, without ending.
    pub file_stem: String,
}

/// Why a picture cannot be drawn. Missing values are no such reason: the picture then says so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlotError {
    /// An experiment has no results.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The SVG cannot be made into pixels.
    #[error("the picture cannot be rendered: {0}")]
    Render(String),
}

/// What a kind of picture is drawn from.
struct Input<'a> {
    plot: &'a Plot,
    title: String,
    cases: Vec<Case<'a>>,
    results: &'a Results,
    index: usize,
}

/// A finished drawing: SVG, and what it shows.
struct Drawing {
    svg: String,
    alt: String,
}

/// Width of a picture in pixels.
const WIDTH: u32 = 800;
/// Height of most pictures in pixels.
const HEIGHT: u32 = 500;

/// Draw a plot; `index` is its place among the notebook's items.
pub fn draw(index: usize, plot: &Plot, results: &Results) -> Result<Picture, PlotError> {
    let title = name::plot(plot);
    let cases = cases(&plot.of, &plot.filters, &results.studies)?;
    let input = Input { plot, title: title.clone(), cases, results, index };
    let drawing = match &plot.draw {
        Draw::Curves(metrics) => curves::draw(&input, metrics),
        Draw::Scatter(x, y) => scatter::draw(&input, x, y),
        Draw::Histogram(m) => histogram::draw(&input, m),
        Draw::Box(m) => boxes::draw(&input, m),
        Draw::Heatmap(x, y, m) => heatmap::draw(&input, x, y, m),
        Draw::Contour(x, y, m) => contour::draw(&input, x, y, m),
        Draw::Parallel => parallel::draw(&input),
        Draw::Pareto => pareto::draw(&input),
        Draw::Boundary => boundary::draw(&input),
        Draw::Confusion => confusion::draw(&input),
        Draw::Samples(x, y) => samples::draw(&input, x, y),
        Draw::Weights(_) => weights::draw(&input),
        Draw::Activations(layer) => layers::activations(&input, *layer),
        Draw::Gradients => layers::gradients(&input),
        Draw::Surface(_) => surface::draw(&input),
        Draw::Importance => importance::draw(&input),
    };
    Ok(Picture { file_stem: name::stem(&title), title, svg: drawing.svg, alt: drawing.alt })
}

/// Draw all plots of a notebook, by their places among its items. Equal titles get different file names.
pub fn draw_all(notebook: &Notebook, results: &Results) -> BTreeMap<usize, Result<Picture, PlotError>> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let plots = notebook.items.iter().enumerate().filter_map(|(i, item)| match item {
        Item::Plot(plot) => Some((i, plot)),
        _ => None,
    });
    plots
        .map(|(index, plot)| {
            let mut drawn = draw(index, plot, results);
            if let Ok(picture) = &mut drawn {
                while let Some(n) = taken.get_mut(&picture.file_stem) {
                    *n += 1;
                    picture.file_stem = format!("{}-{n}", name::stem(&picture.title));
                }
                taken.insert(picture.file_stem.clone(), 1);
            }
            (index, drawn)
        })
        .collect()
}

/// The characters of its labels that the PNG shows as boxes, since no embedded font has them.
pub fn boxes(picture: &Picture) -> String {
    png::boxes(&picture.svg)
}

/// The picture as PNG, two pixels for one.
pub fn png(picture: &Picture) -> Result<Vec<u8>, PlotError> {
    png::render(&picture.svg).map_err(PlotError::Render)
}

impl<'a> Input<'a> {
    /// The groups that `by`, or else a colour, or else the selections make.
    fn groups(&self) -> Groups<'a> {
        // Where trials are not drawn one by one, a number as colour makes groups, too.
        let numbers =
            matches!(self.plot.draw, Draw::Histogram(_) | Draw::Box(_) | Draw::Activations(_) | Draw::Gradients);
        let color = self.plot.color.as_ref().filter(|_| self.plot.by.is_empty());
        color
            .and_then(|color| by_color(&self.cases, &self.plot.of, color, numbers))
            .unwrap_or_else(|| Groups::new(&self.cases, &self.plot.of, &self.plot.by, PICTURE))
    }

    /// The groups that `by` and the selections make, for a panel each.
    fn panels(&self) -> Vec<Group<'a>> {
        Groups::new(&self.cases, &self.plot.of, &self.plot.by, PICTURE).groups
    }

    /// What was found in the models of this plot, by their names.
    fn inspected(&self) -> impl Iterator<Item = (&'a str, &'a Inspection)> {
        self.results.inspections.get(&self.index).into_iter().flatten().map(|i| (i.label.as_str(), &i.inspection))
    }

    /// An empty figure, its place for the panel, and one of `side` pixels beside it for names.
    fn figure(&self, notes: &[String], height: u32, side: f64) -> (Figure, Rect, Rect) {
        let figure = Figure::new(WIDTH, height, &self.title, notes);
        let body = figure.body;
        let gap = if side > 0.0 { 12.0 } else { 0.0 };
        let main = Rect::new(body.left, body.top, body.right - side - gap, body.bottom);
        let beside = Rect::new(body.right - side, body.top + 24.0, body.right, body.bottom - 24.0);
        (figure, main, beside)
    }

    /// A picture that says why there is nothing in it.
    fn nothing(&self, why: &str) -> Drawing {
        let (figure, main, _) = self.figure(&[], 300, 0.0);
        figure.say(main, why);
        let alt = format!("{}: {why}.", self.title);
        Drawing { svg: figure.canvas.finish(&alt), alt }
    }

    /// Why there is nothing, where no trial has what is asked for.
    fn empty(&self, what: &str) -> Drawing {
        if self.cases.is_empty() {
            self.nothing("no trials")
        } else {
            self.nothing(&format!("{} without {what}", count(self.cases.len(), "trial")))
        }
    }
}

/// Columns and rows for so many panels, where names at their left take little room.
fn tiles(panels: usize) -> (usize, usize) {
    let columns = match panels {
        0 | 1 => 1,
        2 | 4 => 2,
        _ => 3,
    };
    (columns, panels.div_ceil(columns).max(1))
}

/// Height of a picture of so many columns and rows of panels that are about as high as wide.
fn tall(columns: usize, rows: usize) -> u32 {
    match columns {
        1 => 540,
        2 => 120 + 330 * rows as u32,
        _ => 120 + 260 * rows as u32,
    }
}

/// `1 trial`, `2 trials`.
fn count(n: usize, what: &str) -> String {
    format!("{} {what}{}", super::figure::number::fixed(n as f64, 0), if n == 1 { "" } else { "s" })
}
