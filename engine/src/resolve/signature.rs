//! Types of arguments as people spell them, turned into what the server prints.
//!
//! `close(int, timestamptz)` is the routine that a catalog has as
//! `close(integer, timestamp with time zone)`. Not here: matching (`patterns`). Invariant: what is
//! spelled as the server prints it stays as it is, and so does whatever has an open sign in it.

use crate::declared::Patterns;
use crate::resolve::patterns::is_glob;

/// Other names of types, by what the server prints (PostgreSQL, "Data Types").
const ALIASES: [(&str, &[&str]); 14] = [
    ("bigint", &["int8"]),
    ("bit varying", &["varbit"]),
    ("boolean", &["bool"]),
    ("character", &["char", "bpchar"]),
    ("character varying", &["varchar"]),
    ("double precision", &["float", "float8"]),
    ("integer", &["int", "int4"]),
    ("numeric", &["decimal", "dec"]),
    ("real", &["float4"]),
    ("smallint", &["int2"]),
    ("time with time zone", &["timetz"]),
    ("time without time zone", &["time"]),
    ("timestamp with time zone", &["timestamptz"]),
    ("timestamp without time zone", &["timestamp"]),
];

/// The same patterns with the types of every signature as the server prints them.
pub(super) fn printed(patterns: &Patterns) -> Patterns {
    let all = |set: &std::collections::BTreeSet<String>| set.iter().map(|text| signature(text)).collect();
    Patterns { include: all(&patterns.include), except: all(&patterns.except) }
}

fn signature(pattern: &str) -> String {
    let Some((name, arguments)) = pattern.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) else {
        return pattern.to_owned();
    };
    let arguments: Vec<String> = split(arguments).into_iter().map(one).collect();
    format!("{name}({})", arguments.join(", "))
}

/// The parts between commas that stand outside of quotes.
fn split(arguments: &str) -> Vec<&str> {
    let mut quoted = false;
    let is_comma = |character: char| {
        quoted ^= character == '"';
        character == ',' && !quoted
    };
    arguments.split(is_comma).map(str::trim).collect()
}

fn one(argument: &str) -> String {
    if is_glob(argument) {
        return argument.to_owned();
    }
    let (base, array) = match argument.strip_suffix("[]") {
        Some(base) => (base.trim_end(), "[]"),
        None => (argument, ""),
    };
    let lower = base.to_ascii_lowercase();
    let known =
        ALIASES.iter().find(|(printed, aliases)| *printed == lower || aliases.contains(&lower.as_str()));
    let printed = known.map_or(base, |(printed, _)| printed);
    format!("{printed}{array}")
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn spellings_become_what_the_server_prints() {
        for (written, printed) in [
            ("f", "f"),
            ("f()", "f()"),
            ("f(int)", "f(integer)"),
            ("f(INT4,text[])", "f(integer, text[])"),
            ("f( int[] , varchar )", "f(integer[], character varying)"),
            ("f(timestamptz, time)", "f(timestamp with time zone, time without time zone)"),
            ("f(double precision, bit varying)", "f(double precision, bit varying)"),
            ("f(\"int\", s.int)", "f(\"int\", s.int)"),
            ("f(\"a,b\".t, bool)", "f(\"a,b\".t, boolean)"),
            ("a(b(int8)", "a(b(bigint)"),
            ("*(int)", "*(integer)"),
            ("f(*)", "f(*)"),
            ("f(int*, int)", "f(int*, integer)"),
            ("f(character varying)", "f(character varying)"),
        ] {
            assert_eq!(signature(written), printed, "{written}");
        }
    }
}
