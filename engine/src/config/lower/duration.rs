//! Durations and times as people write them: `90d`, `36h`, `2027-01-01T00:00:00Z`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

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

/// A point in time as `DeclaredRole::valid_until` has it.
pub(super) fn time(reading: &mut Reading<'_>, name: &str, text: &Read<String>) -> Option<String> {
    if matches!(text.value.as_str(), "infinity" | "-infinity") {
        return Some(text.value.clone());
    }
    match in_utc(&text.value).or_else(|| far_away(&text.value)) {
        Some(time) => Some(time),
        None => {
            let detail = format!(
                "The value of \"{name}\" must be a time such as \"2027-01-01T00:00:00Z\", a date, \"infinity\" or \"-infinity\"."
            );
            reading.error(Code::CFG057, "Invalid value", detail, &text.span);
            None
        }
    }
}

/// A time or a day with a year from 1 to 9999.
fn in_utc(text: &str) -> Option<String> {
    let parsed = text.parse::<Timestamp>().ok().or_else(|| {
        let day: Date = text.parse().ok().filter(|_| text.len() == 10)?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    // PostgreSQL keeps microseconds.
    let rounded = parsed?.round(Unit::Microsecond).ok()?;
    (rounded.to_zoned(TimeZone::UTC).year() >= 1).then(|| rounded.to_string())
}

/// A time in a year that PostgreSQL has and RFC 3339 has not, written as PostgreSQL does:
/// `10000-01-02T03:04:05Z`, `0044-03-15T12:00:00Z BC`.
fn far_away(text: &str) -> Option<String> {
    let (time, era, latest) = match text.strip_suffix(" BC") {
        Some(time) => (time, " BC", 4_713),
        None => (text, "", 294_276),
    };
    let (year, rest) = time.split_once('-')?;
    let number: i64 = year.parse().ok().filter(|number| (1..=latest).contains(number))?;
    let shortest = format!("{number:04}") == year;
    // The calendar repeats itself every 400 years; 1 BC is the year 0 of that count.
    let alike = 2_000 + if era.is_empty() { number } else { 1 - number }.rem_euclid(400);
    let parsed = in_utc(&format!("{alike}-{rest}")).filter(|_| shortest && rest.ends_with('Z'))?;
    let rest = parsed.strip_prefix(&alike.to_string())?;
    Some(format!("{year}{rest}{era}"))
}

#[cfg(test)]
mod tests {
    use super::{far_away, in_utc, seconds};

    #[test]
    fn times_are_those_that_postgresql_keeps() {
        for (text, wanted) in [
            ("2027-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z")),
            ("2027-01-01T02:00:00+02:00", Some("2027-01-01T00:00:00Z")),
            ("2027-01-01", Some("2027-01-01T00:00:00Z")),
            ("2027-01-01T00:00:00.500Z", Some("2027-01-01T00:00:00.5Z")),
            ("2027-01-01T00:00:00.1234567Z", Some("2027-01-01T00:00:00.123457Z")),
            ("9999-12-31T23:59:59.9999999Z", None),
            ("10000-01-02T03:04:05Z", Some("10000-01-02T03:04:05Z")),
            ("10000-02-29T03:04:05.250Z", Some("10000-02-29T03:04:05.25Z")),
            ("10001-02-29T03:04:05Z", None),
            ("294277-01-01T00:00:00Z", None),
            ("0044-03-15T12:00:00Z BC", Some("0044-03-15T12:00:00Z BC")),
            ("0001-02-29T12:00:00Z BC", Some("0001-02-29T12:00:00Z BC")),
            ("0002-02-29T12:00:00Z BC", None),
            ("44-03-15T12:00:00Z BC", None),
            ("0000-03-15T12:00:00Z", None),
            ("-000043-03-15T12:00:00Z", None),
            ("10000-01-01T00:00:00+02:00", None),
            ("tomorrow", None),
        ] {
            assert_eq!(in_utc(text).or_else(|| far_away(text)).as_deref(), wanted, "{text}");
        }
    }

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
