//! What the text of one field means: a missing value, a number, a boolean, a date.

/// Whether a field counts as missing: empty, `NA`, `N/A`, `NaN`, `nan`, `null`, `NULL` or `?`.
pub fn is_missing(text: &[u8]) -> bool {
    matches!(text, b"" | b"NA" | b"N/A" | b"NaN" | b"nan" | b"null" | b"NULL" | b"?")
}

/// A finite number in decimal notation, correctly rounded.
pub fn number(text: &[u8]) -> Option<f64> {
    match leading_number(text) {
        Some((x, n)) if n == text.len() => Some(x),
        _ => {
            // `inf`, `nan` and `infinity` are words, not numbers.
            if !text.iter().any(u8::is_ascii_digit) {
                return None;
            }
            std::str::from_utf8(text).ok()?.parse().ok().filter(|x: &f64| x.is_finite())
        }
    }
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The number that `bytes` begin with and how many bytes it has, where it is exact in one operation: a whole number of at
/// most 53 bits times or divided by a power of ten up to 22 (Clinger 1990).
#[inline]
pub(super) fn leading_number(bytes: &[u8]) -> Option<(f64, usize)> {
    let mut at = 0;
    let negative = match bytes.first() {
        Some(b'-') => {
            at = 1;
            true
        }
        Some(b'+') => {
            at = 1;
            false
        }
        _ => false,
    };
    let mut whole = 0u64;
    let start = at;
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        whole = whole.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let mut digits = at - start;
    let mut exponent = 0i32;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            whole = whole.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        digits += at - point;
        exponent = -((at - point) as i32);
    }
    if digits == 0 || digits > 19 {
        return None;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let mut end = at + 1;
        let down = match bytes.get(end) {
            Some(b'-') => {
                end += 1;
                true
            }
            Some(b'+') => {
                end += 1;
                false
            }
            _ => false,
        };
        let first = end;
        let mut power = 0i32;
        while let Some(digit) = bytes.get(end).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            power = (power * 10 + i32::from(digit)).min(10_000);
            end += 1;
        }
        if end == first {
            return None;
        }
        exponent += if down { -power } else { power };
        at = end;
    }
    if whole >= 1 << 53 || exponent.unsigned_abs() > 22 {
        return None;
    }
    let power = POWERS[exponent.unsigned_abs() as usize];
    let x = if exponent < 0 { whole as f64 / power } else { whole as f64 * power };
    Some((if negative { -x } else { x }, at))
}

/// `true` or `false` in any case, as 1 or 0.
pub fn boolean(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("true") {
        Some(1.0)
    } else if text.eq_ignore_ascii_case("false") {
        Some(0.0)
    } else {
        None
    }
}

/// Days since 1970-01-01 of an ISO 8601 date (`2026-11-24`, `2026-11-24T10:30:00`, a blank for the T, `Z` or an offset at
/// the end), the time of day as a fraction; the calendar is the Gregorian one.
pub fn date(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let digits = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = bytes.get(range)?;
        part.iter().all(u8::is_ascii_digit).then(|| part.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
    };
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Days of a calendar whose years begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    if bytes.len() == 10 {
        return Some(days as f64);
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(11..13)?, digits(14..16)?);
    let (mut seconds, mut at) = (0.0, 16);
    if bytes.get(16) == Some(&b':') {
        let end = (17..bytes.len()).find(|&i| !bytes[i].is_ascii_digit() && bytes[i] != b'.').unwrap_or(bytes.len());
        digits(17..19)?;
        seconds = number(&bytes[17..end])?;
        at = end;
    }
    let offset = match bytes.get(at) {
        None => 0,
        Some(b'Z' | b'z') if at + 1 == bytes.len() => 0,
        Some(sign @ (b'+' | b'-')) => {
            let (hours, minutes) = match bytes.len() - at {
                3 => (digits(at + 1..at + 3)?, 0),
                5 => (digits(at + 1..at + 3)?, digits(at + 3..at + 5)?),
                6 if bytes[at + 3] == b':' => (digits(at + 1..at + 3)?, digits(at + 4..at + 6)?),
                _ => return None,
            };
            (hours * 60 + minutes) * if *sign == b'+' { 1 } else { -1 }
        }
        _ => return None,
    };
    if hour > 24 || minute > 59 || seconds >= 61.0 {
        return None;
    }
    Some(days as f64 + (((hour * 60 + minute - offset) * 60) as f64 + seconds) / 86_400.0)
}

/// Days since 1970-01-01 as an ISO 8601 date, with the time of day to the second where there is one.
pub fn date_text(days: f64) -> String {
    let seconds = (days * 86_400.0).round() as i64;
    let (days, time) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    // Years begin in March, and 400 of them have 146,097 days.
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let date = format!("{:04}-{month:02}-{day:02}", year + 400 * era);
    match time {
        0 => date,
        _ => format!("{date} {:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard_parser() {
        for text in [
            "0",
            "-0",
            "1",
            "-1.5",
            "+2",
            ".5",
            "5.",
            "1e3",
            "1E-3",
            "1e+05",
            "123456789012345678",
            "0.1",
            "3.14159265358979",
            "1e22",
            "1e23",
            "1e-300",
            "9007199254740993",
            "0.30000000000000004",
            "2.2250738585072014e-308",
            "-4e-324",
            "179769313486231570000000000000000000000000",
            "00012.50",
        ] {
            assert_eq!(
                number(text.as_bytes()).map(f64::to_bits),
                Some(text.parse::<f64>().unwrap().to_bits()),
                "{text}"
            );
        }
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "inf", "-inf", "NaN", "infinity", "1e999", "1 2", "1,5", "0x10", "1_000"]
        {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_are_days() {
        // Values of Python's datetime.
        assert_eq!(date("1970-01-01"), Some(0.0));
        assert_eq!(date("2000-02-29"), Some(11016.0));
        assert_eq!(date("2026-11-24"), Some(20781.0));
        assert_eq!(date("1969-12-31"), Some(-1.0));
        assert_eq!(date("0001-01-01"), Some(-719162.0));
        assert_eq!(date("1970-01-02T12:00"), Some(1.5));
        assert_eq!(date("1970-01-02 12:00:00Z"), Some(1.5));
        assert_eq!(date("1970-01-02T12:00:00.000+06:00"), Some(1.25));
        for text in
            ["1900-02-29", "2001-13-01", "2001-1-1", "20010101", "2001-01-01x", "2001-01-01T1", "2001-01-01Té12:00"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_dates() {
        let texts =
            ["1970-01-01", "2000-02-29", "2026-11-24", "1969-12-31", "0001-01-01", "2026-12-31 23:59:59", "1900-03-01"];
        for text in texts {
            assert_eq!(date_text(date(text).unwrap()), text);
        }
        for day in (-719_528..800_000).step_by(3) {
            assert_eq!(date(&date_text(f64::from(day))), Some(f64::from(day)));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_double_is_read_back(bits in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            proptest::prop_assert_eq!(number(format!("{bits}").as_bytes()).map(f64::to_bits), Some(bits.to_bits()));
            proptest::prop_assert_eq!(number(format!("{bits:e}").as_bytes()).map(f64::to_bits), Some(bits.to_bits()));
        }

        #[test]
        fn short_decimals_are_those_of_the_standard_parser(text in "[-+]?[0-9]{0,12}[.]?[0-9]{0,9}(e[-+]?[0-9]{1,2})?") {
            let expected = text.parse::<f64>().ok().map(f64::to_bits);
            proptest::prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), expected);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (number(text.as_bytes()), boolean(&text), date(&text));
        }
    }
}
