//! A backend for plotters that writes SVG with hundredths of a pixel, since plotters' own has whole pixels only.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters::style::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};

use super::canvas::Dash;

/// Units of the backend's coordinates in a pixel of the picture.
pub const UNITS: f64 = 100.0;

/// What is written so far, and how the next marks look beyond what plotters can say.
#[derive(Debug, Default)]
pub struct Document {
    pub body: String,
    pub dash: Dash,
    /// Shown when the pointer rests on the next mark.
    pub tip: Option<String>,
    pub width: u32,
    pub height: u32,
}

/// The backend; its document is shared with the canvas.
pub struct Svg(pub Rc<RefCell<Document>>);

/// A number of hundredths, as short as it can be.
pub fn hundredths(out: &mut String, units: i32) {
    let (whole, part) = (units.unsigned_abs() / 100, units.unsigned_abs() % 100);
    if units < 0 {
        out.push('-');
    }
    if whole > 0 || part == 0 {
        let _ = write!(out, "{whole}");
    }
    let _ = match part {
        0 => Ok(()),
        p if p % 10 == 0 => write!(out, ".{}", p / 10),
        p => write!(out, ".{p:02}"),
    };
}

/// A line through points as the data of a path: the first point, then the way from each to the next, which is shorter to write.
pub fn way(out: &mut String, points: impl IntoIterator<Item = BackendCoord>) {
    let number = |out: &mut String, units: i32| {
        if units >= 0 && !out.ends_with(['M', 'l']) {
            out.push(' ');
        }
        hundredths(out, units);
    };
    let mut last: Option<BackendCoord> = None;
    for (i, (x, y)) in points.into_iter().enumerate() {
        match i {
            0 => out.push('M'),
            1 => out.push('l'),
            _ => {}
        }
        let (from_x, from_y) = last.unwrap_or_default();
        number(out, x - from_x);
        number(out, y - from_y);
        last = Some((x, y));
    }
}

/// A text with what has a meaning in XML escaped, and what may not stand in XML replaced.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

impl Document {
    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) -> bool {
        let before = self.body.len();
        way(&mut self.body, points);
        self.body.len() > before
    }

    fn paint(&mut self, color: BackendColor, stroke: Option<u32>) {
        let (r, g, b) = color.rgb;
        let body = &mut self.body;
        let kind = if stroke.is_some() { "stroke" } else { "fill" };
        if stroke.is_some() {
            body.push_str(" fill=\"none\"");
        }
        let _ = write!(body, " {kind}=\"#{r:02x}{g:02x}{b:02x}\"");
        if color.alpha < 0.9995 {
            let _ = write!(body, " {kind}-opacity=\"{}\"", (color.alpha * 1000.0).round() / 1000.0);
        }
        if let Some(width) = stroke {
            body.push_str(" stroke-width=\"");
            hundredths(body, width as i32);
            body.push_str("\" stroke-linejoin=\"round\"");
            body.push_str(match self.dash {
                Dash::Solid => " stroke-linecap=\"round\"",
                Dash::Dashed => " stroke-dasharray=\"7 4\"",
                Dash::Dotted => " stroke-dasharray=\"2 3\"",
                Dash::DashDot => " stroke-dasharray=\"9 3 2 3\"",
            });
        }
    }

    fn close(&mut self, name: &str) {
        match self.tip.take() {
            Some(tip) => {
                let _ = writeln!(self.body, "><title>{}</title></{name}>", escape(&tip));
            }
            None => self.body.push_str("/>\n"),
        }
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let document = self.0.borrow();
        (document.width * UNITS as u32, document.height * UNITS as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        let mut document = self.0.borrow_mut();
        document.body.push_str("<rect x=\"");
        hundredths(&mut document.body, a.0.min(b.0));
        document.body.push_str("\" y=\"");
        hundredths(&mut document.body, a.1.min(b.1));
        document.body.push_str("\" width=\"");
        hundredths(&mut document.body, (a.0 - b.0).abs());
        document.body.push_str("\" height=\"");
        hundredths(&mut document.body, (a.1 - b.1).abs());
        document.body.push('"');
        document.paint(style.color(), (!fill).then(|| style.stroke_width()));
        document.close("rect");
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut document = self.0.borrow_mut();
        document.body.push_str("<path d=\"");
        document.points(path);
        document.body.push('"');
        document.paint(style.color(), Some(style.stroke_width()));
        document.close("path");
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let mut document = self.0.borrow_mut();
        document.body.push_str("<circle cx=\"");
        hundredths(&mut document.body, center.0);
        document.body.push_str("\" cy=\"");
        hundredths(&mut document.body, center.1);
        document.body.push_str("\" r=\"");
        hundredths(&mut document.body, radius as i32);
        document.body.push('"');
        document.paint(style.color(), (!fill).then(|| style.stroke_width()));
        document.close("circle");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        let mut document = self.0.borrow_mut();
        document.body.push_str("<path d=\"");
        if document.points(points) {
            document.body.push('Z');
        }
        document.body.push('"');
        document.paint(style.color(), None);
        document.close("path");
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let mut document = self.0.borrow_mut();
        document.body.push_str("<text x=\"");
        hundredths(&mut document.body, at.0);
        document.body.push_str("\" y=\"");
        hundredths(&mut document.body, at.1);
        document.body.push_str("\" font-size=\"");
        hundredths(&mut document.body, style.size().round() as i32);
        document.body.push('"');
        if matches!(style.style(), FontStyle::Bold) {
            document.body.push_str(" font-weight=\"600\"");
        }
        match style.anchor().h_pos {
            HPos::Left => {}
            HPos::Center => document.body.push_str(" text-anchor=\"middle\""),
            HPos::Right => document.body.push_str(" text-anchor=\"end\""),
        }
        let turn = match style.transform() {
            FontTransform::None => None,
            FontTransform::Rotate90 => Some("90"),
            FontTransform::Rotate180 => Some("180"),
            FontTransform::Rotate270 => Some("-90"),
        };
        if let Some(turn) = turn {
            let _ = write!(document.body, " transform=\"rotate({turn} ");
            hundredths(&mut document.body, at.0);
            document.body.push(' ');
            hundredths(&mut document.body, at.1);
            document.body.push_str(")\"");
        }
        document.paint(style.color(), None);
        let tip = document.tip.take().map(|t| format!("<title>{}</title>", escape(&t))).unwrap_or_default();
        let _ = writeln!(document.body, ">{}{tip}</text>", escape(text));
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let bold = matches!(style.style(), FontStyle::Bold);
        Ok((super::font::width(text, style.size(), bold).ceil() as u32, style.size().ceil() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        let written = |units| {
            let mut out = String::new();
            hundredths(&mut out, units);
            out
        };
        assert_eq!([0, 100, 150, 105, -7, -1250].map(written), ["0", "1", "1.5", "1.05", "-.07", "-12.5"]);
        let mut line = String::new();
        way(&mut line, [(28305, 1000), (28325, 990), (28325, 990), (-100, 1090)]);
        assert_eq!(line, "M283.05 10l.2-.1 0 0-284.25 1");
    }

    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(escape("<script>\"&\u{1}"), "&lt;script&gt;&quot;&amp;\u{fffd}");
    }
}
