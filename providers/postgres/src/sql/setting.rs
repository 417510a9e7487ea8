//! Settings of roles: their canonical text, and ALTER ROLE … SET.
//!
//! A few parameters are lists whose elements the server quotes as identifiers; `SET x TO 'a, b'`
//! would make one element of them. Not here: which settings change (`role`).
//! Invariant: `canonical_setting` is idempotent, and what the server stores after
//! `assignment` of a value has the same canonical text as that value.

use super::quote::{dotted, identifier, literal};

/// Lists of names, which fold to lower case without quotes (`GUC_LIST_QUOTE`, as in `pg_dump`).
const LISTS_OF_NAMES: &[&str] = &["search_path", "temp_tablespaces"];
/// Lists of files, which keep their case.
const LISTS_OF_FILES: &[&str] = &[
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
];

/// A setting's value as the server stores it, whatever its spelling: lists are split and their
/// elements quoted where needed.
pub fn canonical_setting(name: &str, value: &str) -> String {
    match elements(name, value) {
        None => value.to_owned(),
        Some(elements) => elements.iter().map(|element| identifier(element)).collect::<Vec<_>>().join(", "),
    }
}

/// `SET name TO value`, without the SET.
pub(super) fn assignment(name: &str, value: &str) -> String {
    let value = match elements(name, value) {
        None => literal(value),
        Some(elements) => elements.iter().map(|element| literal(element)).collect::<Vec<_>>().join(", "),
    };
    format!("{} TO {value}", dotted(&spelling(name)))
}

/// A parameter's name as the server keeps it: one that it does not know, which has a dot, as it was first
/// written, and finds it only so.
pub(crate) fn spelling(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { name.to_ascii_lowercase() }
}

/// The elements of a list; `None` when the parameter is no list of quoted elements. What
/// cannot be read as a list is one element, as the server takes it.
fn elements(name: &str, value: &str) -> Option<Vec<String>> {
    let name = name.to_ascii_lowercase();
    let folds = LISTS_OF_NAMES.contains(&name.as_str());
    if !folds && !LISTS_OF_FILES.contains(&name.as_str()) {
        return None;
    }
    let split = if folds { Fold::Lower } else { Fold::Keep };
    Some(split.list(value).unwrap_or_else(|| vec![value.to_owned()]))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// As `SplitIdentifierString`.
    Lower,
    /// As `SplitDirectoriesString`.
    Keep,
}

impl Fold {
    /// Splits at commas outside of double quotes; an empty text is one empty element.
    fn list(self, value: &str) -> Option<Vec<String>> {
        if value.trim().is_empty() {
            return Some(vec![String::new()]);
        }
        let mut elements = Vec::new();
        let mut rest = value.trim();
        loop {
            let (element, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted_element(quoted)?,
                None => {
                    let end = rest.find(',').unwrap_or(rest.len());
                    (self.plain(rest[..end].trim())?, &rest[end..])
                }
            };
            elements.push(element);
            let after = after.trim_start();
            if after.is_empty() {
                return Some(elements);
            }
            rest = after.strip_prefix(',')?.trim_start();
        }
    }

    fn plain(self, text: &str) -> Option<String> {
        match self {
            // Nothing at all between commas is a mistake; `""` is an empty name.
            Fold::Lower | Fold::Keep if text.is_empty() => None,
            Fold::Lower if text.contains(|c: char| c.is_ascii_whitespace() || c == '"') => None,
            Fold::Lower => Some(text.to_ascii_lowercase()),
            Fold::Keep => Some(text.to_owned()),
        }
    }
}

fn quoted_element(text: &str) -> Option<(String, &str)> {
    let mut element = String::new();
    let mut rest = text;
    loop {
        let at = rest.find('"')?;
        element.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                element.push('"');
                rest = more;
            }
            None => return Some((element, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_texts_and_assignments() {
        let table = [
            ("statement_timeout", "30s", "30s", "statement_timeout TO '30s'"),
            ("search_path", "billing, public", "billing, public", "search_path TO 'billing', 'public'"),
            ("Search_Path", "Billing,public", "billing, public", "search_path TO 'billing', 'public'"),
            ("search_path", "\"$user\", \"A b\"", "\"$user\", \"A b\"", "search_path TO '$user', 'A b'"),
            ("search_path", "$user", "\"$user\"", "search_path TO '$user'"),
            ("search_path", "", "\"\"", "search_path TO ''"),
            ("search_path", "\"\"", "\"\"", "search_path TO ''"),
            ("search_path", "a b", "\"a b\"", "search_path TO 'a b'"),
            ("search_path", "a,,b", "\"a,,b\"", "search_path TO 'a,,b'"),
            ("search_path", "a,", "\"a,\"", "search_path TO 'a,'"),
            ("temp_tablespaces", "fast, \"\"", "fast, \"\"", "temp_tablespaces TO 'fast', ''"),
            ("search_path", "\"a\"\"b\"", "\"a\"\"b\"", "search_path TO 'a\"b'"),
            (
                "session_preload_libraries",
                "Auto_explain, x y",
                "\"Auto_explain\", \"x y\"",
                "session_preload_libraries TO 'Auto_explain', 'x y'",
            ),
            ("DateStyle", "ISO, MDY", "ISO, MDY", "datestyle TO 'ISO, MDY'"),
            ("my.option", "it's", "it's", "my.option TO 'it''s'"),
            ("My.Option", "x", "x", "\"My\".\"Option\" TO 'x'"),
        ];
        for (name, value, canonical, assigned) in table {
            assert_eq!(canonical_setting(name, value), canonical, "{name} {value}");
            assert_eq!(canonical_setting(name, canonical), canonical, "{name} {value}");
            assert_eq!(assignment(name, value), assigned, "{name} {value}");
        }
    }
}
