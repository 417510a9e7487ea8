//! Names that try to break out of their quotes, and the quotes that hold them.
//!
//! The quoting is this test's own: that of the product is under test. Invariant: every name is
//! one that PostgreSQL takes as it is and HCL can say.

/// What roles are called, after the tenant's prefix.
pub(crate) const ROLES: [&str; 8] =
    ["ünï \"cødé\"", "a\"b", "${x} %{y}", "\n\u{1b}[31m\t", "n.f;--", "*", "back\\slash'\\", "PUBLIC"];

/// Schemas of each database, beside `public`.
pub(crate) const SCHEMAS: [&str; 2] = ["select", "a.b \"c\""];

/// 63 bytes, of which no character may be cut.
pub(crate) const LONGEST: &str = "sixty-three bytes*: ööööööööööööööööööööö.";

/// An identifier of SQL.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A literal of SQL, whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A string of HCL.
pub(crate) fn hcl(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '$' | '%' => out.extend([character]),
            '{' if out.ends_with(['$', '%']) => {
                let sign = out.pop().unwrap_or('$');
                out.extend([sign, sign, '{']);
            }
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A pattern that matches just this name.
pub(crate) fn pattern(name: &str) -> String {
    name.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?")
}

/// Whether a name meets a pattern.
pub(crate) fn meets(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    meet(&pattern, &name)
}

fn meet(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        (['*', more @ ..], _) => (0..=name.len()).any(|taken| meet(more, &name[taken..])),
        (['\\', sign, more @ ..] | [sign, more @ ..], [first, rest @ ..]) => {
            let is_open = pattern[0] == '?';
            (is_open || sign == first) && meet(more, rest)
        }
        (_, []) => false,
    }
}

#[test]
fn the_longest_name_is_as_long_as_names_get() {
    assert_eq!(LONGEST.len(), 63);
}
