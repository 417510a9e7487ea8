//! Times in allowed-signers files: `YYYYMMDD[HHMM[SS]]`, with `Z` for UTC.
//!
//! As `ssh-keygen(1)`, "ALLOWED SIGNERS"; without `Z` in the machine's zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    time: DateTime,
    utc: bool,
}

impl Written {
    /// Reads a time.
    pub(super) fn parse(text: &str) -> Option<Written> {
        let (digits, utc) = match text.strip_suffix(['Z', 'z']) {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || !matches!(digits.len(), 8 | 12 | 14) {
            return None;
        }
        let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i8>);
        let year = digits[..4].parse().ok()?;
        let (month, day) = (number(4, 6).ok()?, number(6, 8).ok()?);
        let (hour, minute, second) = (number(8, 10).ok()?, number(10, 12).ok()?, number(12, 14).ok()?);
        let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        Some(Written { time, utc })
    }

    /// The moment that is meant.
    pub(super) fn at(self, zone: &TimeZone) -> Option<Timestamp> {
        let zone = if self.utc { TimeZone::UTC } else { zone.clone() };
        zone.to_timestamp(self.time).ok()
    }
}
