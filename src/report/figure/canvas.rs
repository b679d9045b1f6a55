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
use super::svg::{Document, Svg, UNITS, escape};

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
    document: Rc<RefCell<Document>>,
}

fn units(v: f64) -> i32 {
    // Far outside of any picture, but within what plotters adds offsets to.
    (v * UNITS).round().clamp(-1e8, 1e8) as i32
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

    /// Several rings filled as one shape, where an inner ring is a hole, with a thin seam of the same colour if asked for.
    pub fn rings(&self, rings: &[Vec<(f64, f64)>], color: Color, alpha: f64) {
        use std::fmt::Write as _;
        let mut document = self.document.borrow_mut();
        let _ = write!(document.body, "<path fill-rule=\"evenodd\" fill=\"{color}\" fill-opacity=\"{alpha}\" d=\"");
        for ring in rings {
            // A tenth of a pixel is fine enough for what is filled faintly.
            let tenths = |v: f64| units((v * 10.0).round() / 10.0);
            super::svg::way(&mut document.body, simplified(ring).iter().map(|p| (tenths(p.0), tenths(p.1))));
            document.body.push('Z');
        }
        document.body.push_str("\"/>\n");
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

    /// Many equal dots as one mark.
    pub fn dots(&self, at: &[(f64, f64)], radius: f64, color: Color, alpha: f64) {
        use std::fmt::Write as _;
        let mut document = self.document.borrow_mut();
        document.body.push_str("<path d=\"");
        for p in at.iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
            document.body.push('M');
            super::svg::hundredths(&mut document.body, units(p.0));
            document.body.push(' ');
            super::svg::hundredths(&mut document.body, units(p.1));
            document.body.push_str("h.01");
        }
        let _ = write!(document.body, "\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\"{alpha}\" stroke-width=\"");
        super::svg::hundredths(&mut document.body, units(radius * 2.0));
        document.body.push_str("\" stroke-linecap=\"round\"/>\n");
    }

    /// Many rectangles as one mark, with crisp edges so that no seam shows between neighbours.
    pub fn cells(&self, cells: &[Rect], color: Color) {
        use std::fmt::Write as _;
        let mut document = self.document.borrow_mut();
        let _ = write!(document.body, "<path shape-rendering=\"crispEdges\" fill=\"{color}\" d=\"");
        for r in cells {
            let [x, y, w, h] = [r.left, r.top, r.width(), r.height()].map(|v| {
                let mut out = String::new();
                super::svg::hundredths(&mut out, units(v));
                out
            });
            let _ = write!(document.body, "M{x} {y}h{w}v{h}h-{w}Z");
        }
        document.body.push_str("\"/>\n");
    }

    /// The mark of group number `i`, about `radius` wide each way, with a thin edge of the paper's colour.
    pub fn mark(&self, i: usize, at: (f64, f64), radius: f64, color: Color, alpha: f64) {
        let (x, y) = at;
        let r = radius;
        match i % 6 {
            0 => self.dot(at, r, color, alpha),
            1 => self.polygon(&[(x - r, y + 0.8 * r), (x + r, y + 0.8 * r), (x, y - 1.1 * r)], color, alpha),
            2 => {
                let r = 0.88 * r;
                self.polygon(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], color, alpha);
            }
            3 => {
                let r = 1.25 * r;
                self.polygon(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], color, alpha);
            }
            4 => self.polygon(&[(x - r, y - 0.8 * r), (x + r, y - 0.8 * r), (x, y + 1.1 * r)], color, alpha),
            _ => {
                let (a, b) = (1.2 * r, 0.42 * r);
                let plus = [(-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b)];
                let mut points: Vec<(f64, f64)> = plus.iter().map(|p| (x + p.0, y + p.1)).collect();
                points.extend([(x - a, y - b), (x - b, y - b)]);
                self.polygon(&points, color, alpha);
            }
        }
    }

    /// A diagonal cross.
    pub fn cross(&self, at: (f64, f64), radius: f64, stroke: Stroke) {
        use std::fmt::Write as _;
        if !(at.0.is_finite() && at.1.is_finite()) {
            return;
        }
        let mut document = self.document.borrow_mut();
        document.body.push_str("<path d=\"");
        for (dx, dy) in [(-radius, -radius), (-radius, radius)] {
            document.body.push('M');
            super::svg::hundredths(&mut document.body, units(at.0 + dx));
            document.body.push(' ');
            super::svg::hundredths(&mut document.body, units(at.1 + dy));
            document.body.push('l');
            super::svg::hundredths(&mut document.body, units(-2.0 * dx));
            document.body.push(' ');
            super::svg::hundredths(&mut document.body, units(-2.0 * dy));
        }
        let tip = document.tip.take().map(|t| format!("<title>{}</title>", escape(&t))).unwrap_or_default();
        let _ =
            write!(document.body, "\" fill=\"none\" stroke=\"{}\" stroke-opacity=\"{}\"", stroke.color, stroke.alpha);
        document.body.push_str(" stroke-width=\"");
        super::svg::hundredths(&mut document.body, units(stroke.width));
        let _ = writeln!(document.body, "\" stroke-linecap=\"round\">{tip}</path>");
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

    /// What is drawn until [`Canvas::end`] is cut off at a rectangle.
    pub fn clip(&self, r: Rect) {
        use std::fmt::Write as _;
        let [x, y, w, h] = [r.left, r.top, r.width(), r.height()].map(|v| {
            let mut out = String::new();
            super::svg::hundredths(&mut out, units(v));
            out
        });
        let body = &mut self.document.borrow_mut().body;
        let _ = writeln!(body, "<svg x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\">");
    }

    /// End what [`Canvas::clip`] began.
    pub fn end(&self) {
        self.document.borrow_mut().body.push_str("</svg>\n");
    }

    /// What is filled until [`Canvas::end_edges`] has an edge of this colour around it.
    pub fn edges(&self, color: Color, width: f64, alpha: f64) {
        use std::fmt::Write as _;
        let body = &mut self.document.borrow_mut().body;
        let _ = write!(body, "<g stroke=\"{color}\" stroke-opacity=\"{alpha}\" paint-order=\"stroke\" stroke-width=\"");
        // Half of the line is under the shape.
        super::svg::hundredths(body, units(2.0 * width));
        body.push_str("\">\n");
    }

    /// End what [`Canvas::edges`] began.
    pub fn end_edges(&self) {
        self.document.borrow_mut().body.push_str("</g>\n");
    }

    /// A region that shows a text, and a faint stripe, when the pointer is over it; nothing in a PNG.
    pub fn hover(&self, r: Rect, text: &str) {
        use std::fmt::Write as _;
        let [x, y, w, h] = [r.left, r.top, r.width(), r.height()].map(|v| {
            let mut out = String::new();
            super::svg::hundredths(&mut out, units(v));
            out
        });
        let body = &mut self.document.borrow_mut().body;
        let _ = writeln!(
            body,
            "<rect class=\"hover\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{}\" fill-opacity=\"0\"><title>{}</title></rect>",
            color::INK,
            escape(text)
        );
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
