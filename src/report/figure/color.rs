//! Colours: the theme, a palette for groups that colour-blind readers can tell apart, and a scale for numbers.

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// The background.
pub const PAPER: Color = Color(0xff, 0xff, 0xff);
/// Titles and what must be read.
pub const INK: Color = Color(0x1f, 0x23, 0x28);
/// Tick labels and captions.
pub const MUTED: Color = Color(0x57, 0x60, 0x6a);
/// Axis lines and ticks.
pub const AXIS: Color = Color(0x8c, 0x95, 0x9f);
/// The grid.
pub const GRID: Color = Color(0xe4, 0xe7, 0xeb);
/// Trials in the background.
pub const FAINT: Color = Color(0xb3, 0xba, 0xc2);

/// Groups: the colours of Okabe & Ito (2008) that show on white, then a dark grey and a wine red.
pub const GROUPS: [Color; 8] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xd5, 0x5e, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0xcc, 0x79, 0xa7),
    Color(0xe6, 0x9f, 0x00),
    Color(0x56, 0xb4, 0xe9),
    Color(0x4a, 0x4f, 0x57),
    Color(0x88, 0x22, 0x55),
];

/// The theme and the groups with what they become on a dark page.
pub const DARK: [(Color, Color); 14] = [
    (PAPER, Color(0x16, 0x1b, 0x22)),
    (INK, Color(0xe6, 0xed, 0xf3)),
    (MUTED, Color(0xa3, 0xad, 0xb8)),
    (AXIS, Color(0x6e, 0x76, 0x81)),
    (GRID, Color(0x2b, 0x31, 0x3a)),
    (FAINT, Color(0x4d, 0x55, 0x5f)),
    (GROUPS[0], Color(0x4a, 0xa8, 0xe0)),
    (GROUPS[1], Color(0xf0, 0x80, 0x3c)),
    (GROUPS[2], Color(0x2f, 0xc3, 0x97)),
    (GROUPS[3], Color(0xe0, 0x9a, 0xc2)),
    (GROUPS[4], Color(0xf2, 0xb8, 0x33)),
    (GROUPS[5], Color(0x8c, 0xcf, 0xf5)),
    (GROUPS[6], Color(0xc3, 0xc9, 0xd0)),
    (GROUPS[7], Color(0xd0, 0x5c, 0x92)),
];

/// The colour of group number `i`; from the ninth they come again, with other dashes and marks.
pub fn group(i: usize) -> Color {
    GROUPS[i % GROUPS.len()]
}

/// Samples of viridis (van der Walt & Smith 2015, public domain) at every tenth.
const VIRIDIS: [Color; 11] = [
    Color(0x44, 0x01, 0x54),
    Color(0x48, 0x24, 0x75),
    Color(0x41, 0x44, 0x87),
    Color(0x35, 0x5f, 0x8d),
    Color(0x2a, 0x78, 0x8e),
    Color(0x21, 0x91, 0x8c),
    Color(0x22, 0xa8, 0x84),
    Color(0x44, 0xbf, 0x70),
    Color(0x7a, 0xd1, 0x51),
    Color(0xbd, 0xdf, 0x26),
    Color(0xfd, 0xe7, 0x25),
];

/// From dark (0) to bright (1); as readable in grey.
pub fn sequential(share: f64) -> Color {
    let at = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 } * (VIRIDIS.len() - 1) as f64;
    let below = (at as usize).min(VIRIDIS.len() - 2);
    VIRIDIS[below].mix(VIRIDIS[below + 1], at - below as f64)
}

/// From blue (−1) over near white (0) to orange (1).
pub fn diverging(share: f64) -> Color {
    let share = if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 };
    let middle = Color(0xf5, 0xf4, 0xf2);
    if share < 0.0 { middle.mix(Color(0x08, 0x4a, 0x91), -share) } else { middle.mix(Color(0xa8, 0x3e, 0x00), share) }
}

impl Color {
    /// A part `share` of the way to another colour.
    pub fn mix(self, other: Color, share: f64) -> Color {
        let part = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Color(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// Black or white, whichever reads better on it. Neither changes with the page's theme.
    pub fn contrast(self) -> Color {
        let (black, white) = (Color(0, 0, 0), Color(0xfe, 0xfe, 0xfe));
        if self.ratio(black) > self.ratio(white) { black } else { white }
    }

    /// The contrast of two colours as WCAG 2 has it, from 1 to 21.
    pub fn ratio(self, other: Color) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { crate::kernel::math::powf((c + 0.055) / 1.055, 2.4) }
        };
        let luminance = |c: Color| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
        let (a, b) = (luminance(self), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_on_light_and_dark() {
        for text in [INK, MUTED] {
            assert!(text.ratio(PAPER) >= 4.5);
            let dark = |c| DARK.iter().find(|(light, _)| *light == c).map(|d| d.1).unwrap();
            assert!(dark(text).ratio(dark(PAPER)) >= 4.5);
        }
    }

    #[test]
    fn numbers_read_on_every_shade() {
        for i in 0..=100 {
            for shade in [sequential(f64::from(i) / 100.0), diverging(f64::from(i) / 50.0 - 1.0)] {
                assert!(shade.ratio(shade.contrast()) >= 4.5, "{shade}");
            }
        }
    }

    #[test]
    fn numbers_grow_lighter() {
        let steps: Vec<f64> = (0..=20).map(|i| sequential(f64::from(i) / 20.0).ratio(Color(0, 0, 0))).collect();
        assert!(steps.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(sequential(f64::NAN), sequential(0.0));
    }
}
