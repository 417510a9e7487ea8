//! Points in time as text.
//!
//! Not here: the clock (`surroundings`). Invariant: always UTC, so that texts of different
//! machines compare.

use jiff::Timestamp;

/// `2026-01-07T10:00:00.123456Z`; a time that no calendar has is its number.
pub(crate) fn rfc3339(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |time| time.to_string())
}

/// `2026-01-07 10:00:00 UTC`: for people, without fractions.
pub(crate) fn readable(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .map_or_else(|_| micros.to_string(), |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// `1.25 s`, `0.8 ms`.
pub(crate) fn duration(micros: u64) -> String {
    // Durations of statements are far below what a float holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let milliseconds = micros as f64 / 1000.0;
    if milliseconds < 1000.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.2} s", milliseconds / 1000.0)
    }
}
