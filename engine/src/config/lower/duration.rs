//! Durations and times as people write them: `90d`, `36h`, `2027-01-01T00:00:00Z`.

use jiff::Timestamp;
use jiff::civil::Date;

use super::reading::{Read, Reading};
use crate::code::Code;

/// Seconds in a duration: whole numbers with the units w, d, h, m and s.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = rest[digits + 1..].trim_start();
    }
    Some(total)
}

/// The seconds of an argument that is a duration; zero is none.
pub(super) fn duration(reading: &mut Reading<'_>, name: &str, text: &Read<String>) -> Option<u64> {
    match seconds(&text.value).filter(|seconds| *seconds > 0) {
        Some(seconds) => Some(seconds),
        None => {
            let detail =
                format!("The value of \"{name}\" must be a duration such as \"90d\", \"12h\" or \"1d12h\".");
            reading.error(Code::CFG057, "Invalid value", detail, &text.span);
            None
        }
    }
}

/// A point in time, in UTC as RFC 3339, `infinity` or `-infinity`.
pub(super) fn time(reading: &mut Reading<'_>, name: &str, text: &Read<String>) -> Option<String> {
    if matches!(text.value.as_str(), "infinity" | "-infinity") {
        return Some(text.value.clone());
    }
    let parsed = text.value.parse::<Timestamp>().ok().or_else(|| {
        let day: Date = text.value.parse().ok().filter(|_| text.value.len() == 10)?;
        day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    // PostgreSQL keeps microseconds and years up to 294276; RFC 3339 stops at 9999.
    let rounded = parsed.and_then(|time| time.round(jiff::Unit::Microsecond).ok());
    match rounded {
        Some(time) => Some(time.to_string()),
        None => {
            let detail = format!(
                "The value of \"{name}\" must be a time such as \"2027-01-01T00:00:00Z\", a date, \"infinity\" or \"-infinity\"."
            );
            reading.error(Code::CFG057, "Invalid value", detail, &text.span);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_have_units() {
        for (text, wanted) in [
            ("90d", Some(7_776_000)),
            ("1d12h", Some(129_600)),
            ("1w", Some(604_800)),
            ("30m 5s", Some(1_805)),
            ("90", None),
            ("", None),
            ("d", None),
            ("1y", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
