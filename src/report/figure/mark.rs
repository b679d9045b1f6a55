//! Marks that plotters has no element for: the shapes of groups, and many equal marks as one.

use std::fmt::Write as _;

use super::canvas::{Canvas, Px, Rect, Stroke, simplified, units};
use super::color::{Color, INK};
use super::svg::{escape, way};

impl Canvas {
    /// Several rings filled as one shape, where an inner ring is a hole.
    pub fn rings(&self, rings: &[Vec<(f64, f64)>], color: Color, alpha: f64) {
        let mut document = self.document.borrow_mut();
        let _ = write!(document.body, "<path fill-rule=\"evenodd\" fill=\"{color}\" fill-opacity=\"{alpha}\" d=\"");
        for ring in rings {
            // A tenth of a pixel is fine enough for what is filled faintly.
            let tenths = |v: f64| units((v * 10.0).round() / 10.0);
            way(&mut document.body, simplified(ring).iter().map(|p| (tenths(p.0), tenths(p.1))));
            document.body.push('Z');
        }
        document.body.push_str("\"/>\n");
    }

    /// Many equal dots as one mark.
    pub fn dots(&self, at: &[(f64, f64)], radius: f64, color: Color, alpha: f64) {
        let body = &mut self.document.borrow_mut().body;
        body.push_str("<path d=\"");
        for p in at.iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
            let _ = write!(body, "M{} {}h.01", Px(p.0), Px(p.1));
        }
        let _ = writeln!(
            body,
            "\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\"{alpha}\" stroke-width=\"{}\" stroke-linecap=\"round\"/>",
            Px(radius * 2.0)
        );
    }

    /// Many rectangles as one mark, with crisp edges so that no seam shows between neighbours.
    pub fn cells(&self, cells: &[Rect], color: Color) {
        let body = &mut self.document.borrow_mut().body;
        let _ = write!(body, "<path shape-rendering=\"crispEdges\" fill=\"{color}\" d=\"");
        for r in cells {
            let w = Px(r.width());
            let _ = write!(body, "M{} {}h{w}v{}h-{w}Z", Px(r.left), Px(r.top), Px(r.height()));
        }
        body.push_str("\"/>\n");
    }

    /// The mark of group number `i`, about `radius` wide each way.
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
        if !(at.0.is_finite() && at.1.is_finite()) {
            return;
        }
        let mut document = self.document.borrow_mut();
        let tip = document.tip.take().map(|t| format!("<title>{}</title>", escape(&t))).unwrap_or_default();
        document.body.push_str("<path d=\"");
        for (dx, dy) in [(-radius, -radius), (-radius, radius)] {
            let (x, y) = (Px(at.0 + dx), Px(at.1 + dy));
            let _ = write!(document.body, "M{x} {y}l{} {}", Px(-2.0 * dx), Px(-2.0 * dy));
        }
        let _ = writeln!(
            document.body,
            "\" fill=\"none\" stroke=\"{}\" stroke-opacity=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\">{tip}</path>",
            stroke.color,
            stroke.alpha,
            Px(stroke.width)
        );
    }

    /// What is drawn until [`Canvas::end`] is cut off at a rectangle.
    pub fn clip(&self, r: Rect) {
        let [x, y, w, h] = [r.left, r.top, r.width(), r.height()].map(Px);
        let body = &mut self.document.borrow_mut().body;
        let _ = writeln!(body, "<svg x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\">");
    }

    /// End what [`Canvas::clip`] began.
    pub fn end(&self) {
        self.document.borrow_mut().body.push_str("</svg>\n");
    }

    /// What is filled until [`Canvas::end_edges`] has an edge of this colour around it.
    pub fn edges(&self, color: Color, width: f64, alpha: f64) {
        // Half of the line is under the shape.
        let _ = writeln!(
            self.document.borrow_mut().body,
            "<g stroke=\"{color}\" stroke-opacity=\"{alpha}\" paint-order=\"stroke\" stroke-width=\"{}\">",
            Px(2.0 * width)
        );
    }

    /// End what [`Canvas::edges`] began.
    pub fn end_edges(&self) {
        self.document.borrow_mut().body.push_str("</g>\n");
    }

    /// A region that shows a text, and a faint stripe, when the pointer is over it; nothing in a PNG.
    pub fn hover(&self, r: Rect, text: &str) {
        let [x, y, w, h] = [r.left, r.top, r.width(), r.height()].map(Px);
        let _ = writeln!(
            self.document.borrow_mut().body,
            "<rect class=\"hover\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{INK}\" fill-opacity=\"0\"><title>{}</title></rect>",
            escape(text)
        );
    }
}
