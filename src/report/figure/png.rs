//! SVG to PNG with the embedded font and no other.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::font;

/// Pixels of the PNG in a pixel of the SVG.
pub const SCALE: f32 = 2.0;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(font::REGULAR.to_vec());
    fonts.load_font_data(font::SEMIBOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

/// The PNG of an SVG that a [`super::Canvas`] wrote, at [`SCALE`]; characters that the embedded font lacks become boxes. The error
/// says what is wrong with another SVG.
pub fn render(svg: &str) -> Result<Vec<u8>, String> {
    let shown: String = svg
        .chars()
        .filter(|&c| c.is_ascii() || font::has(c) || !font::joins(c))
        .map(|c| if c.is_ascii() || font::has(c) { c } else { '□' })
        .collect();
    let options = Options { fontdb: FONTS.clone(), font_family: "Inter".into(), ..Options::default() };
    let tree = Tree::from_str(&shown, &options).map_err(|e| e.to_string())?;
    let size = tree.size();
    let (w, h) = ((size.width() * SCALE).round() as u32, (size.height() * SCALE).round() as u32);
    let mut pixels = Pixmap::new(w, h).ok_or("a picture without size")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| e.to_string())
}
