//! SVG to PNG with the embedded font and no other.

use std::collections::HashMap;
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
    encode(&pixels).map_err(|e| e.to_string())
}

/// Every pixel lies on paper, so three channels say all; up to 256 colours are named once, in the order in which they come.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let colors = || pixels.pixels().iter().map(|p| [p.red(), p.green(), p.blue()]);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    // Flat grounds and straight edges repeat as they are; differences of neighbours would hide that.
    encoder.set_filter(png::Filter::NoFilter);
    match palette(colors()) {
        Some((palette, places)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette.concat());
            encoder.write_header()?.write_image_data(&places)?;
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.write_header()?.write_image_data(colors().collect::<Vec<_>>().as_flattened())?;
        }
    }
    Ok(out)
}

/// The colours and the place of each pixel's among them, unless there are too many.
fn palette(colors: impl Iterator<Item = [u8; 3]>) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let mut known: HashMap<[u8; 3], u8> = HashMap::new();
    let mut palette: Vec<[u8; 3]> = Vec::new();
    let mut places = Vec::new();
    let mut last = None;
    for color in colors {
        let place = match last {
            Some((same, place)) if same == color => place,
            _ => match known.get(&color) {
                Some(place) => *place,
                None => {
                    let place = u8::try_from(palette.len()).ok()?;
                    palette.push(color);
                    known.insert(color, place);
                    place
                }
            },
        };
        last = Some((color, place));
        places.push(place);
    }
    Some((palette, places))
}
