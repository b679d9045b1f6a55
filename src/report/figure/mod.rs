//! The ground of every picture: a canvas that writes SVG, an embedded font, axes, panels, labels, and SVG to PNG.
//!
//! Goes in: plain numbers and names. Comes out: SVG text with two decimals a coordinate, so that the same figure is the same bytes.

pub mod axis;
pub mod canvas;
pub mod color;
pub mod contour;
pub mod font;
pub mod label;
mod mark;
pub mod number;
pub mod panel;
pub mod png;
mod svg;

pub use axis::{Axis, Scale};
pub use canvas::{Align, Canvas, Dash, Rect, Stroke, Text};
pub use color::Color;
pub use panel::{Figure, Panel};
pub use svg::escape;
