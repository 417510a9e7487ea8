//! The settings that every session starts with, whatever the role, the database or the
//! server's configuration say.
//!
//! Sent as startup options: these rank above `ALTER ROLE … SET` and `ALTER DATABASE … SET`
//! (PostgreSQL, "Setting Parameters"), cost no round trip, hold from the first query on,
//! and are what RESET goes back to (`RESET ROLE` in particular). Settings that only later
//! versions have cannot be named there; `session/pins.sql` sets those.
//! Invariant: with these, the same text means the same statement on every server.

/// Whether a session may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads only: every transaction is READ ONLY unless it says otherwise.
    Read,
    /// Reads and writes.
    Write,
}

/// How long a statement waits for a lock, in milliseconds. Short, because whoever waits
/// holds up others meanwhile; failing with 55P03 is tried again.
const LOCK_TIMEOUT: &str = "10000";

/// How long a statement runs, in milliseconds. Not a limit that work should meet (GRANT
/// on 50,000 tables takes seconds), but an end to what is stuck. Also for reading: a
/// setting of 1 ms on the administrator's role must not win, and 0 would never end.
const STATEMENT_TIMEOUT: &str = "600000";

/// How long a transaction stays open while the client is silent, in milliseconds. An
/// open GRANT holds up ANALYZE and DDL on its tables, so a client that is gone must not
/// keep it; one that waits for the other databases of an apply is back long before.
const IDLE_TIMEOUT: &str = "300000";

/// Name and value; spaces in values are escaped when they are sent.
const PINS: [(&str, &str); 23] = [
    // What names and literals mean. `pg_temp` is searched first unless it is named.
    ("search_path", "pg_catalog,pg_temp"),
    ("standard_conforming_strings", "on"),
    ("backslash_quote", "safe_encoding"),
    ("transform_null_equals", "off"),
    ("array_nulls", "on"),
    // Who acts: without it `ALTER ROLE admin SET role = x` makes us x.
    ("role", "none"),
    ("row_security", "on"),
    // How values are printed.
    ("quote_all_identifiers", "off"),
    ("bytea_output", "hex"),
    ("DateStyle", "ISO,YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
    // Warnings 01006 and 01007 must arrive.
    ("client_min_messages", "notice"),
    ("exit_on_error", "off"),
    // Transactions.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
    ("lock_timeout", LOCK_TIMEOUT),
    ("statement_timeout", STATEMENT_TIMEOUT),
    ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
    // Catalog queries are short: compiling them costs more than running them.
    ("jit", "off"),
    // What the server does when we vanish without a word, in seconds.
    ("tcp_keepalives_idle", "60"),
    ("tcp_keepalives_interval", "10"),
];

/// The `options` of the startup message: `-c name=value …`.
pub(crate) fn options(mode: Mode) -> String {
    let read_only = match mode {
        Mode::Read => "on",
        Mode::Write => "off",
    };
    let pins = PINS.iter().copied().chain([("default_transaction_read_only", read_only)]);
    let words: Vec<String> =
        pins.map(|(name, value)| format!("-c {name}={}", value.replace(' ', "\\ "))).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_in_values_are_escaped() {
        let options = options(Mode::Read);
        assert!(options.starts_with("-c search_path=pg_catalog,pg_temp -c "), "{options}");
        assert!(options.contains(r" -c default_transaction_isolation=read\ committed "), "{options}");
        assert!(options.ends_with(" -c default_transaction_read_only=on"), "{options}");
    }
}
