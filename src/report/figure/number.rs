//! Numbers as a person writes them.

/// An exponent in raised digits.
pub fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            d => char::from_u32('⁰' as u32 + (d as u32 - '0' as u32)).unwrap_or(d),
        })
        .collect()
}

/// With so many decimals, a true minus, and commas from 10,000 on.
pub fn fixed(v: f64, decimals: usize) -> String {
    if !v.is_finite() {
        return special(v);
    }
    let text = format!("{:.decimals$}", v.abs());
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    if v < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out + part
}

fn special(v: f64) -> String {
    match v {
        v if v.is_nan() => "–",
        v if v > 0.0 => "∞",
        _ => "−∞",
    }
    .into()
}

/// The power of ten of the first digit.
pub fn exponent(v: f64) -> i32 {
    // The formatted number is exact where a logarithm could round to the wrong side of a power of ten.
    format!("{:e}", v.abs()).split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0)
}

/// Ten to a whole power, correctly rounded.
pub fn ten_to(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(0.0)
}

/// Whole numbers below ten million in full, others with at most so many significant digits, no zeros at the end, powers of ten where the zeros would be many.
pub fn short(v: f64, digits: usize) -> String {
    if !v.is_finite() {
        return special(v);
    }
    if v == 0.0 {
        return "0".into();
    }
    if v.fract() == 0.0 && v.abs() < 1e7 {
        return fixed(v, 0);
    }
    let rounded: f64 = format!("{:.*e}", digits.max(1) - 1, v).parse().unwrap_or(v);
    let power = exponent(rounded);
    if (-4..7).contains(&power) {
        let decimals = (digits as i32 - 1 - power).max(0) as usize;
        return trim(fixed(rounded, decimals));
    }
    let mantissa = trim(fixed(rounded / ten_to(power), digits.max(1) - 1));
    let raised = superscript(power);
    match mantissa.as_str() {
        "1" => format!("10{raised}"),
        "−1" => format!("−10{raised}"),
        _ => format!("{mantissa}×10{raised}"),
    }
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// The decimals with which an interval's half-width shows two significant digits.
pub fn decimals_for(half_width: f64) -> usize {
    if !half_width.is_finite() || half_width <= 0.0 {
        return 4;
    }
    let rounded: f64 = format!("{half_width:.1e}").parse().unwrap_or(half_width);
    (1 - exponent(rounded)).clamp(0, 10) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [
            (0.0, "0"),
            (0.5, "0.5"),
            (-0.25, "−0.25"),
            (1234.0, "1234"),
            (12345.0, "12,345"),
            (12345.6, "12,350"),
            (0.00012346, "0.0001235"),
            (0.00001, "10⁻⁵"),
            (2.5e-7, "2.5×10⁻⁷"),
            (1e9, "10⁹"),
            (0.99999, "1"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (v, text) in cases {
            assert_eq!(short(v, 4), text);
        }
        assert_eq!(fixed(-0.0001, 2), "0.00");
        assert_eq!(fixed(1234567.891, 1), "1,234,567.9");
    }

    #[test]
    fn digits_follow_the_interval() {
        assert_eq!([0.0123, 0.0999, 1.2, 31.0, 0.0].map(decimals_for), [3, 2, 1, 0, 4]);
    }
}
