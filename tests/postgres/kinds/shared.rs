//! What the whole server shares: databases, tablespaces, parameters.
//!
//! Invariant: each is one case; the walk is in `kinds`.

use super::{Kind, PLAIN, Power, check};

#[test]
fn a_database() {
    check(&Kind {
        setup: "REVOKE ALL ON DATABASE {p}app FROM PUBLIC",
        selector: "database = \"{p}app\"",
        object: "DATABASE {p}app",
        powers: &[
            Power("CONNECT", 13, "SELECT 1"),
            Power("TEMPORARY", 13, "CREATE TEMPORARY TABLE x ()"),
            Power("CREATE", 13, "CREATE SCHEMA x"),
        ],
        ..PLAIN
    });
}

#[test]
fn a_tablespace() {
    check(&Kind {
        setup: "SET allow_in_place_tablespaces = on ;; CREATE TABLESPACE {p}room LOCATION ''",
        selector: "tablespaces = [\"{p}room\"]",
        object: "TABLESPACE {p}room",
        powers: &[Power("CREATE", 13, "CREATE TABLE scratch.x () TABLESPACE {p}room")],
        ..PLAIN
    });
}

#[test]
fn a_parameter() {
    check(&Kind {
        since: 15,
        selector: "parameters = [\"zero_damaged_pages\"]",
        object: "PARAMETER zero_damaged_pages",
        powers: &[
            Power("SET", 15, "SET zero_damaged_pages = on"),
            Power("ALTER SYSTEM", 15, "ALTER SYSTEM RESET zero_damaged_pages"),
        ],
        never: &["SET log_duration = on"],
        ..PLAIN
    });
}

/// A parameter that no module has defined: nothing knows it before it is granted or after.
#[test]
fn a_custom_parameter() {
    check(&Kind {
        since: 15,
        selector: "parameters = [\"{p}App.motto\"]",
        object: "PARAMETER {p}app.motto",
        powers: &[
            Power("SET", 15, "has parameter {p}app.motto"),
            Power("ALTER SYSTEM", 15, "has parameter {p}app.motto"),
        ],
        never: &["SET log_duration = on"],
        ..PLAIN
    });
}
