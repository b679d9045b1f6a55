//! Drawing in pixels, as fractions, on plotters' elements.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle};

use super::color::{self, Color};
use super::font;
use super::svg::{Document, Svg, UNITS, escape, hundredths};

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// A dash, a dot.
    DashDot,
}

impl Dash {
    /// The one of group number `i`: it changes after every four groups.
    pub fn group(i: usize) -> Dash {
        [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDot][i / 4 % 4]
    }
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl Rect {
    /// From edges.
    pub fn new(left: f64, top: f64, right: f64, bottom: f64) -> Rect {
        Rect { left, top, right, bottom }
    }

    /// Right less left.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Bottom less top.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The middle.
    pub fn center(&self) -> (f64, f64) {
        ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    /// Cut into columns and rows with gaps; row by row.
    pub fn split(&self, columns: usize, rows: usize, gap: f64) -> Vec<Rect> {
        let (w, h) = ((self.width() + gap) / columns as f64, (self.height() + gap) / rows as f64);
        (0..columns * rows)
            .map(|i| {
                let (left, top) = (self.left + (i % columns) as f64 * w, self.top + (i / columns) as f64 * h);
                Rect::new(left, top, left + w - gap, top + h - gap)
            })
            .collect()
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub color: Color,
    /// Its width in pixels.
    pub width: f64,
    /// From 0, unseen, to 1.
    pub alpha: f64,
    /// How it is broken.
    pub dash: Dash,
}

impl Stroke {
    /// An unbroken, opaque line.
    pub fn new(color: Color, width: f64) -> Stroke {
        Stroke { color, width, alpha: 1.0, dash: Dash::Solid }
    }

    /// See-through.
    pub fn alpha(self, alpha: f64) -> Stroke {
        Stroke { alpha, ..self }
    }

    /// Broken.
    pub fn dash(self, dash: Dash) -> Stroke {
        Stroke { dash, ..self }
    }
}

/// Where a text stands from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Font size in pixels.
    pub size: f64,
    /// Whether semi-bold.
    pub bold: bool,
    /// Its colour.
    pub color: Color,
    /// Along the line.
    pub align: Align,
    /// Whether it runs upwards.
    pub upwards: bool,
}

impl Text {
    /// Upright, from its point to the right.
    pub fn new(size: f64, color: Color) -> Text {
        Text { size, bold: false, color, align: Align::Start, upwards: false }
    }

    /// Aligned otherwise.
    pub fn align(self, align: Align) -> Text {
        Text { align, ..self }
    }

    /// Semi-bold.
    pub fn bold(self) -> Text {
        Text { bold: true, ..self }
    }

    /// Running upwards.
    pub fn upwards(self) -> Text {
        Text { upwards: true, ..self }
    }
}

/// What a picture is drawn on.
pub struct Canvas {
    area: DrawingArea<Svg, Shift>,
    pub(super) document: Rc<RefCell<Document>>,
}

pub(super) fn units(v: f64) -> i32 {
    // Far outside of any picture, but within what plotters adds offsets to.
    (v * UNITS).round().clamp(-1e8, 1e8) as i32
}

/// Pixels as SVG has them.
pub(super) struct Px(pub f64);

impl std::fmt::Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        hundredths(&mut out, units(self.0));
        f.write_str(&out)
    }
}

/// The points of a line without those that lie within a tenth of a pixel of the straight way between their neighbours that are kept.
pub fn simplified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut skipped: Vec<(f64, f64)> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        if let Some(from) = kept.last() {
            let (dx, dy) = (point.0 - from.0, point.1 - from.1);
            let length = (dx * dx + dy * dy).sqrt();
            let off = |p: &(f64, f64)| (dx * (p.1 - from.1) - dy * (p.0 - from.0)).abs() > 0.1 * length;
            // A way of no length says nothing of what was skipped; a long row is cut so that each point is looked at a few times only.
            if !skipped.is_empty() && (length < 1e-9 || skipped.len() > 40 || skipped.iter().any(off)) {
                kept.extend(skipped.last());
                skipped.clear();
            }
        }
        if i == 0 || i + 1 == points.len() {
            kept.push(*point);
        } else {
            skipped.push(*point);
        }
    }
    kept
}

impl Canvas {
    /// An empty one, in pixels.
    pub fn new(width: u32, height: u32) -> Canvas {
        let document = Rc::new(RefCell::new(Document { width, height, ..Document::default() }));
        Canvas { area: Svg(document.clone()).into_drawing_area(), document }
    }

    fn draw<'a, E>(&self, element: &'a E)
    where
        E: Drawable<Svg>,
        &'a E: PointCollection<'a, (i32, i32)>,
    {
        // The backend writes into a string and has no error.
        let _ = self.area.draw(element);
    }

    /// Let the next mark show a text when the pointer rests on it.
    pub fn tip(&self, text: impl Into<String>) {
        self.document.borrow_mut().tip = Some(text.into());
    }

    fn pen(&self, stroke: Stroke) -> ShapeStyle {
        self.document.borrow_mut().dash = stroke.dash;
        ShapeStyle {
            color: RGBAColor(stroke.color.0, stroke.color.1, stroke.color.2, stroke.alpha),
            filled: false,
            stroke_width: units(stroke.width).max(1) as u32,
        }
    }

    fn brush(&self, color: Color, alpha: f64) -> ShapeStyle {
        ShapeStyle { color: RGBAColor(color.0, color.1, color.2, alpha), filled: true, stroke_width: 0 }
    }

    /// A line through points; places that are not finite break it.
    pub fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        let pen = self.pen(stroke);
        for part in points.split(|p| !p.0.is_finite() || !p.1.is_finite()).filter(|p| !p.is_empty()) {
            let mut path: Vec<(i32, i32)> = part.iter().map(|p| (units(p.0), units(p.1))).collect();
            if path.len() == 1 {
                // A single point between gaps is drawn as a dot by its round ends.
                path.push((path[0].0 + 1, path[0].1));
            }
            self.draw(&PathElement::new(path, pen));
        }
    }

    /// A filled polygon.
    pub fn polygon(&self, points: &[(f64, f64)], color: Color, alpha: f64) {
        if points.len() > 2 && points.iter().all(|p| p.0.is_finite() && p.1.is_finite()) {
            let points: Vec<(i32, i32)> = points.iter().map(|p| (units(p.0), units(p.1))).collect();
            self.draw(&Polygon::new(points, self.brush(color, alpha)));
        }
    }

    /// A filled rectangle.
    pub fn fill(&self, r: Rect, color: Color, alpha: f64) {
        let corners = [(units(r.left), units(r.top)), (units(r.right), units(r.bottom))];
        self.draw(&Rectangle::new(corners, self.brush(color, alpha)));
    }

    /// The outline of a rectangle.
    pub fn frame(&self, r: Rect, stroke: Stroke) {
        let corners = [(units(r.left), units(r.top)), (units(r.right), units(r.bottom))];
        self.draw(&Rectangle::new(corners, self.pen(stroke)));
    }

    /// A filled circle.
    pub fn dot(&self, at: (f64, f64), radius: f64, color: Color, alpha: f64) {
        if at.0.is_finite() && at.1.is_finite() {
            let at = (units(at.0), units(at.1));
            self.draw(&Circle::new(at, units(radius).max(1) as u32, self.brush(color, alpha)));
        }
    }

    /// The outline of a circle.
    pub fn ring(&self, at: (f64, f64), radius: f64, stroke: Stroke) {
        if at.0.is_finite() && at.1.is_finite() {
            let at = (units(at.0), units(at.1));
            self.draw(&Circle::new(at, units(radius).max(1) as u32, self.pen(stroke)));
        }
    }

    /// A text; the point is on its base line.
    pub fn text(&self, at: (f64, f64), text: &str, style: Text) {
        let h_pos = match style.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
        let mut font = plotters::style::FontDesc::new(FontFamily::SansSerif, style.size * UNITS, weight);
        if style.upwards {
            font = font.transform(FontTransform::Rotate270);
        }
        let color = RGBAColor(style.color.0, style.color.1, style.color.2, 1.0);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(h_pos, VPos::Bottom));
        self.draw(&plotters::element::Text::new(text.to_string(), (units(at.0), units(at.1)), style));
    }

    /// A text whose capitals are centred on the point's height.
    pub fn text_middle(&self, at: (f64, f64), text: &str, style: Text) {
        let half = style.size * font::CAPITAL / 2.0;
        self.text(if style.upwards { (at.0 + half, at.1) } else { (at.0, at.1 + half) }, text, style);
    }

    /// The SVG text; `description` is what a screen reader says.
    pub fn finish(self, description: &str) -> String {
        let document = self.document.borrow();
        let (w, h) = (document.width, document.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             aria-label=\"{}\" font-family=\"Inter, sans-serif\">\n<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n{}</svg>\n",
            escape(description),
            color::PAPER,
            document.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::simplified;

    #[test]
    fn straight_ways_lose_their_points_and_corners_stay() {
        let straight: Vec<(f64, f64)> = (0..30).map(|i| (f64::from(i), 2.0 * f64::from(i))).collect();
        assert_eq!(simplified(&straight), [(0.0, 0.0), (29.0, 58.0)]);
        let mut corner: Vec<(f64, f64)> = (0..=10).map(|i| (f64::from(i), 0.0)).collect();
        corner.extend((1..=10).map(|i| (10.0, f64::from(i))));
        assert_eq!(simplified(&corner), [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
        // There and back again.
        assert!(simplified(&[(0.0, 0.0), (5.0, 0.0), (0.0, 0.0)]).contains(&(5.0, 0.0)));
        assert_eq!(simplified(&[]), []);
    }
}
