//! Signatures as people write and paste them, turned into what a catalog has.
//!
//! `close(int, at timestamptz(3) DEFAULT now(), OUT n int)` is the routine that a catalog has as
//! `close(integer, timestamp with time zone)`: names of arguments, defaults, modifiers of types and what
//! comes out are no part of it. Not here: matching (`patterns`). Invariant: what is spelled as the server
//! prints it stays as it is, and so does whatever has an open sign in it.

use crate::declared::Patterns;
use crate::resolve::patterns::is_glob;

/// Other names of types, by what the server prints (PostgreSQL, "Data Types").
const ALIASES: [(&str, &[&str]); 14] = [
    ("bigint", &["int8"]),
    ("bit varying", &["varbit"]),
    ("boolean", &["bool"]),
    ("character", &["char", "bpchar"]),
    ("character varying", &["varchar", "char varying"]),
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
    let Some((name, arguments)) = pattern.strip_suffix(')').and_then(at_opening) else {
        return pattern.to_owned();
    };
    let arguments: Vec<String> = pieces(arguments, ',').into_iter().filter_map(argument).collect();
    format!("{name}({})", arguments.join(", "))
}

/// What stands before and after the parenthesis that the end of the text would close.
fn at_opening(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, character) in text.char_indices().rev() {
        match (quote, character) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != character),
            (None, '"' | '\'') => quote = Some(character),
            (None, ')') => depth += 1,
            (None, '(') if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            (None, '(') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// The parts between separators that stand outside of quotes, parentheses and brackets.
fn pieces(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quote) = (0_usize, None);
    let separates = |character: char| {
        match (quote, character) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != character),
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        character == separator && quote.is_none() && depth == 0
    };
    text.split(separates).map(str::trim).collect()
}

/// The type of an argument; `None` for one that only comes out.
fn argument(text: &str) -> Option<String> {
    let text = pieces(text, '=').first().copied().unwrap_or_default().trim_end_matches(':');
    let words: Vec<&str> = pieces(text, ' ').into_iter().filter(|word| !word.is_empty()).collect();
    let is_default = |word: &&str| word.eq_ignore_ascii_case("default");
    let words = &words[..words.iter().position(is_default).unwrap_or(words.len())];
    let (mode, rest) = words.split_first()?;
    let rest = match mode.to_ascii_lowercase().as_str() {
        "out" if !rest.is_empty() => return None,
        "in" | "inout" | "variadic" if !rest.is_empty() => rest,
        _ => words,
    };
    let whole = rest.join(" ");
    if is_glob(&whole) {
        return Some(whole);
    }
    let named = || rest.get(1..).filter(|kind| !kind.is_empty()).and_then(type_of);
    Some(type_of(rest).or_else(named).unwrap_or(whole))
}

/// Words that say which part of an interval counts, which a signature does not.
const FIELDS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "to"];

/// A type as the server prints it, if the words are one.
fn type_of(words: &[&str]) -> Option<String> {
    let text = words.join(" ");
    let Written { name, modifier, is_array } = Written::of(&text);
    let brackets = if is_array { "[]" } else { "" };
    let plain = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    let known = ALIASES
        .iter()
        .find(|(printed, aliases)| *printed == plain || aliases.contains(&plain))
        .map(|(printed, _)| *printed);
    let is_small = || modifier.trim().parse().is_ok_and(|bits: u8| bits <= 24);
    let parts = pieces(plain, ' ');
    let printed = match (parts.as_slice(), known) {
        _ if plain == "float" && is_small() => "real",
        (_, Some(printed)) => printed,
        (["interval", fields @ ..], None) if fields.iter().all(|field| FIELDS.contains(field)) => "interval",
        ([_], None) => plain,
        (_, None) => return None,
    };
    Some(format!("{printed}{brackets}"))
}

/// A type as it is written.
struct Written {
    /// In lower case but for what is quoted, without what is said apart.
    name: String,
    /// What stands in parentheses.
    modifier: String,
    is_array: bool,
}

impl Written {
    fn of(text: &str) -> Written {
        let mut written = Written { name: String::new(), modifier: String::new(), is_array: false };
        let (mut in_quotes, mut in_modifier, mut in_brackets) = (false, false, false);
        for character in text.chars() {
            match character {
                '"' => in_quotes = !in_quotes,
                '(' | ')' if !in_quotes => in_modifier = character == '(',
                '[' | ']' if !in_quotes => in_brackets = character == '[',
                _ => {}
            }
            written.is_array |= in_brackets;
            match character {
                '(' | ')' | '[' | ']' if !in_quotes => {}
                other if in_modifier => written.modifier.push(other),
                _ if in_brackets => {}
                other if in_quotes => written.name.push(other),
                other => written.name.push(other.to_ascii_lowercase()),
            }
        }
        // `int ARRAY`, `timestamp (3) with time zone`.
        let words: Vec<&str> =
            pieces(&written.name, ' ').into_iter().filter(|word| !word.is_empty()).collect();
        let (name, is_array) = match words.as_slice() {
            [kind @ .., "array"] if !kind.is_empty() => (kind.join(" "), true),
            words => (words.join(" "), written.is_array),
        };
        Written { name, is_array, ..written }
    }
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
            ("f(character v*)", "f(character v*)"),
            ("f(character varying)", "f(character varying)"),
            ("f(varchar(10))", "f(character varying)"),
            ("f(numeric(10,2), DECIMAL (3))", "f(numeric, numeric)"),
            ("f(timestamp(3) with time zone)", "f(timestamp with time zone)"),
            ("f(timestamptz(3)[], bit(4), char(1)[])", "f(timestamp with time zone[], bit, character[])"),
            ("f(float(24), float(25), float)", "f(real, double precision, double precision)"),
            ("f(int[3][3], text array, int4 ARRAY[2])", "f(integer[], text[], integer[])"),
            ("f(interval, interval(3), interval year to month)", "f(interval, interval, interval)"),
            ("f(pg_catalog.int4, pg_catalog.text)", "f(integer, text)"),
            ("f(TEXT, s.Mood, s.\"Mood\")", "f(text, s.mood, s.\"Mood\")"),
            ("f(VARIADIC names text[])", "f(text[])"),
            ("f(a integer, \"Order of\" s.\"a b\"[])", "f(integer, s.\"a b\"[])"),
            ("f(IN a int, OUT b int, INOUT c int, OUT text)", "f(integer, integer)"),
            ("f(OUT a int)", "f()"),
            ("f(a int DEFAULT 2 * 3, b text = 'x,y)'::text, c int := 1)", "f(integer, text, integer)"),
            (
                "f(time time with time zone, double double precision)",
                "f(time with time zone, double precision)",
            ),
            ("f(\"a)b\".t, x geometry(Point,4326))", "f(\"a)b\".t, geometry)"),
            ("f(out, \"default\")", "f(out, \"default\")"),
        ] {
            assert_eq!(signature(written), printed, "{written}");
        }
    }
}
