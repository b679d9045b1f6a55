//! The embedded fonts and how wide a text is in them: Inter (SIL Open Font License), and WenQuanYi Micro Hei (Apache License 2.0) for
//! Chinese, Japanese and Korean.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The upright face.
pub const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/inter-regular.otf");
/// The face of titles.
pub const SEMIBOLD: &[u8] = include_bytes!("../../../assets/fonts/inter-semibold.otf");
/// The upright face for web pages.
pub const REGULAR_WEB: &[u8] = include_bytes!("../../../assets/fonts/inter-regular.woff2");
/// The face of titles for web pages.
pub const SEMIBOLD_WEB: &[u8] = include_bytes!("../../../assets/fonts/inter-semibold.woff2");

/// The face of East Asian scripts, packed; it has one weight.
const EASTERN_PACKED: &[u8] = include_bytes!("../../../assets/fonts/cjk.ttf.gz");

/// Mathematics for web pages (TeX Gyre Termes Math, GUST Font License), with a MATH table.
pub const MATH_WEB: &[u8] = include_bytes!("../../../assets/fonts/math.woff2");

/// Height of a capital letter over the font size.
pub const CAPITAL: f64 = 0.727;

/// Advance widths over the font size, by character, ascending; absent characters have none.
struct Face {
    advances: Vec<(u32, f32)>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Face {
        let mut advances = Vec::new();
        if let Ok(font) = FontRef::new(bytes) {
            let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            let unit = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
            advances =
                font.charmap().mappings().map(|(c, g)| (c, metrics.advance_width(g).unwrap_or(unit) / unit)).collect();
            advances.sort_by_key(|&(c, _)| c);
        }
        Face { advances }
    }

    fn advance(&self, c: char) -> Option<f64> {
        let at = self.advances.binary_search_by_key(&(c as u32), |&(c, _)| c).ok()?;
        Some(f64::from(self.advances[at].1))
    }
}

static FACES: LazyLock<[Face; 2]> = LazyLock::new(|| [Face::new(REGULAR), Face::new(SEMIBOLD)]);

static EASTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    // What is embedded can be read; a test does.
    let _ = GzDecoder::new(EASTERN_PACKED).read_to_end(&mut bytes);
    bytes
});

static EASTERN_FACE: LazyLock<Face> = LazyLock::new(|| Face::new(&EASTERN));

/// The face of East Asian scripts; unpacked when it is first asked for.
pub fn eastern() -> &'static [u8] {
    &EASTERN
}

/// Whether it takes the face of East Asian scripts to show it.
pub fn is_eastern(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{ffef}') && EASTERN_FACE.advance(c).is_some()
}

/// Whether the embedded fonts can show it; a PNG shows a box for what they cannot.
pub fn has(c: char) -> bool {
    FACES[0].advance(c).is_some() || is_eastern(c)
}

/// Width of a text in pixels at a font size. A character that the fonts lack counts as one em, or none if it only joins others.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let face = &FACES[usize::from(bold)];
    let advance = |c: char| match face.advance(c) {
        Some(advance) => advance,
        None if is_eastern(c) => EASTERN_FACE.advance(c).unwrap_or(1.0),
        None if joins(c) => 0.0,
        None => 1.0,
    };
    text.chars().map(advance).sum::<f64>() * size
}

/// Whether a character changes its neighbours and has no width of its own.
pub fn joins(c: char) -> bool {
    unicode_width::UnicodeWidthChar::width(c) == Some(0)
}

/// After these a long word may be broken.
const SEAMS: [char; 7] = ['.', ',', '(', '_', '-', '/', '='];

/// Break a text into lines of at most `room` pixels, at spaces where it can; the last of `most` lines ends in `…` if text is left.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if width(&longer, size, bold) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // A word that is wider than a line is broken after a point or a bracket where it can, else anywhere.
        let fits = |text: &str| width(text, size, bold) <= room;
        let pieces: Vec<&str> = if fits(word) { vec![word] } else { word.split_inclusive(SEAMS).collect() };
        for piece in pieces {
            if !line.is_empty() && !fits(&format!("{line}{piece}")) {
                lines.push(std::mem::take(&mut line));
            }
            for c in piece.chars() {
                if !line.is_empty() && !fits(&format!("{line}{c}")) {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        if lines.len() > most {
            break;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
            *last = elide(last, size, bold, room);
        }
    }
    lines
}

/// Shorten a text to `room` pixels, with `…` at the end.
pub fn elide(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let mut kept: Vec<char> = text.trim_end_matches('…').chars().collect();
    loop {
        let mut shown: String = kept.iter().collect::<String>().trim_end().to_string();
        shown.push('…');
        if kept.is_empty() || width(&shown, size, bold) <= room {
            return shown;
        }
        kept.pop();
    }
}

/// Shorten a name to `room` pixels, with `…` in its middle: names that begin alike differ at their ends.
pub fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    for kept in (0..letters.len()).rev() {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let start: String = letters[..head].iter().collect();
        let end: String = letters[letters.len() - tail..].iter().collect();
        let shown = format!("{}…{}", start.trim_end(), end.trim_start());
        if width(&shown, size, bold) <= room {
            return shown;
        }
    }
    "…".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advances of Inter 3.19 in units of 2816 a em, read with fontTools: zero 1760.
        assert!((width("0", 2816.0, false) - 1760.0).abs() < 1e-2);
        assert!(width("W", 10.0, true) > width("i", 10.0, true));
        assert_eq!(width("\u{200d}", 10.0, false), 0.0);
        assert_eq!(width("数", 10.0, false), 10.0);
    }

    #[test]
    fn what_courses_are_written_in_is_in_the_font() {
        // Level 1 of GB 2312 and JIS X 0208 are among U+4E00 to U+9FA5, KS X 1001 among the syllables.
        let ranges = [
            'ぁ'..='ん',
            'ァ'..='ヶ',
            'ㄱ'..='ㅣ',
            '가'..='힣',
            '\u{4e00}'..='\u{9fa5}',
            '！'..='～',
            '、'..='〃',
            '々'..='】',
            'ー'..='ー',
        ];
        let lacking: String = ranges.into_iter().flatten().filter(|&c| !has(c)).collect();
        assert_eq!(lacking, "");
        assert!(!has('🦀') && !has('\u{0915}') && !is_eastern('a'));
        // Advances in units of 2048 a em, read with fontTools.
        assert_eq!(
            [width("数", 2048.0, false), width("ｱ", 2048.0, true), width("한a", 10.0, false)],
            [2048.0, 1024.0, 10.0 + width("a", 10.0, false)]
        );
    }

    #[test]
    fn science_is_in_the_font() {
        for c in "αβγλµ⁻⁰¹²³⁴⁹−±≥≤×·→←≈≠∞√∑□…–%".chars() {
            assert!(has(c), "{c}");
        }
    }

    #[test]
    fn lines_fit_and_the_rest_is_elided() {
        let text = "a rather long title about where batch normalisation goes and what that does";
        for room in [20.0, 60.0, 200.0] {
            let lines = wrap(text, 12.0, false, room, 3);
            assert!(lines.len() <= 3 && lines.iter().all(|l| width(l, 12.0, false) <= room), "{lines:?}");
        }
        assert_eq!(wrap(text, 12.0, false, 9999.0, 3), [text]);
        assert!(wrap(text, 12.0, false, 60.0, 2)[1].ends_with('…'));
        assert_eq!(wrap("", 12.0, false, 60.0, 2), Vec::<String>::new());
        assert_eq!(wrap("best(dev.accuracy)", 12.0, true, 80.0, 3), ["best(dev.", "accuracy)"]);
        let short = shorten("a placement of number 12", 12.0, false, 90.0);
        assert!(short.starts_with("a pl") && short.ends_with("12") && width(&short, 12.0, false) <= 90.0, "{short}");
    }
}
