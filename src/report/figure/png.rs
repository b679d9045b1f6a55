//! SVG to PNG with the embedded fonts and no others.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::font;

/// Pixels of the PNG in a pixel of the SVG.
pub const SCALE: f32 = 2.0;

fn fonts(faces: &[&'static [u8]]) -> Arc<Database> {
    let mut fonts = Database::new();
    for &face in faces {
        fonts.load_font_source(Source::Binary(Arc::new(face)));
    }
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
}

static WESTERN: LazyLock<Arc<Database>> = LazyLock::new(|| fonts(&[font::REGULAR, font::SEMIBOLD]));
/// What Inter lacks is looked up in the other face, glyph by glyph.
static ALL: LazyLock<Arc<Database>> = LazyLock::new(|| fonts(&[font::REGULAR, font::SEMIBOLD, font::eastern()]));

/// What shows a character that the fonts lack.
const BOX: char = '□';

/// The characters of an SVG's labels that [`render`] shows as boxes, each once.
pub fn boxes(svg: &str) -> String {
    let mut found = String::new();
    // What stands between tags, but for what is shown under a pointer only.
    for text in svg.split('<').filter(|part| !part.starts_with("title")).filter_map(|part| part.split_once('>')) {
        for c in text.1.chars() {
            if !c.is_whitespace() && !font::has(c) && !font::joins(c) && !found.contains(c) {
                found.push(c);
            }
        }
    }
    found
}

/// The PNG of an SVG that a [`super::Canvas`] wrote, at [`SCALE`]; characters that the embedded fonts lack become boxes. The error
/// says what is wrong with another SVG.
pub fn render(svg: &str) -> Result<Vec<u8>, String> {
    let shown: String = svg
        .chars()
        .filter(|&c| c.is_ascii() || font::has(c) || !font::joins(c))
        .map(|c| if c.is_ascii() || font::has(c) { c } else { BOX })
        .collect();
    let fonts = if shown.chars().any(font::is_eastern) { &*ALL } else { &*WESTERN };
    let options = Options { fontdb: fonts.clone(), font_family: "Inter".into(), ..Options::default() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, weight: &str) -> Vec<u8> {
        render(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"24\"><rect width=\"60\" height=\"24\" fill=\"#ffffff\"/><text x=\"4\" y=\"18\" font-size=\"14\"{weight}>{text}</text></svg>"
        ))
        .unwrap()
    }

    #[test]
    fn every_script_has_its_own_ink() {
        for weight in ["", " font-weight=\"600\""] {
            let texts = ["中文", "日本", "語", "かな", "한국", "어", "学", "學", "□", "", "a", "a中"];
            let shown: Vec<Vec<u8>> = texts.iter().map(|text| written(text, weight)).collect();
            for (i, one) in shown.iter().enumerate() {
                assert!(!shown[..i].contains(one), "{} looks like another", texts[i]);
            }
            assert_eq!(written("🦀", weight), written("□", weight));
        }
        assert_eq!(written("한국어", ""), written("한국어", ""));
    }

    #[test]
    fn boxes_are_told() {
        assert_eq!(boxes("<svg><text x=\"🙂\">a 🦀🦀 中 <title>🐢</title></text><text>ไ\u{200d}é</text></svg>"), "🦀ไ");
    }
}
