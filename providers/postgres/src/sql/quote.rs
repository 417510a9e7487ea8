//! The only place where names and values become SQL.
//!
//! Not here: statements. Invariant: whatever bytes a name or value has, the server reads
//! back exactly that name or value and nothing else, for any `standard_conforming_strings`.

use engine::acl::Grantee;
use engine::name::{Name, SchemaName};

use super::keywords::KEYWORDS;

/// An identifier: as it is when it is plain and no keyword, else in double quotes.
pub(crate) fn identifier(name: &str) -> String {
    let mut bytes = name.bytes();
    let plain = bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.binary_search(&name).is_err();
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A string constant. With a backslash it is an escape string, which means the same under
/// every setting.
pub(crate) fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// `schema.name`.
pub(crate) fn qualified(schema: &SchemaName, name: &Name) -> String {
    format!("{}.{}", identifier(schema.as_str()), identifier(name.as_str()))
}

/// A name of parts with dots between them, such as a parameter of an extension.
pub(crate) fn dotted(name: &str) -> String {
    name.split('.').map(identifier).collect::<Vec<_>>().join(".")
}

/// A role to grant to or revoke from.
pub(crate) fn grantee(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(role) => identifier(role.as_str()),
    }
}

/// A routine's arguments as GRANT takes them, from `pg_get_function_identity_arguments`, which
/// is quoted by the server already. That function prints ordered-set aggregates with
/// `ORDER BY`, which GRANT does not know: there the two lists are one, and a variadic argument
/// that ends both stands once.
pub(crate) fn routine_arguments(printed: &str) -> String {
    let Some((direct, aggregated)) = split_order_by(printed) else {
        return printed.to_owned();
    };
    if direct.is_empty() {
        return aggregated.to_owned();
    }
    let last = direct.rfind("VARIADIC ").map(|at| &direct[at..]);
    if last == Some(aggregated) { direct.to_owned() } else { format!("{direct}, {aggregated}") }
}

/// Splits at `ORDER BY` outside of double quotes.
fn split_order_by(text: &str) -> Option<(&str, &str)> {
    const WORDS: &str = "ORDER BY ";
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        if character == '"' {
            quoted = !quoted;
        }
        let starts = at == 0 || text[..at].ends_with(' ');
        if !quoted && starts && text[at..].starts_with(WORDS) {
            return Some((text[..at].trim_end(), &text[at + WORDS.len()..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        let table = [
            ("orders", "orders"),
            ("_x1", "_x1"),
            ("data", "data"),
            ("Orders", "\"Orders\""),
            ("1a", "\"1a\""),
            ("select", "\"select\""),
            ("user", "\"user\""),
            ("int", "\"int\""),
            ("left", "\"left\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("ärger", "\"ärger\""),
            ("a$", "\"a$\""),
            ("", "\"\""),
        ];
        for (name, quoted) in table {
            assert_eq!(identifier(name), quoted);
        }
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn literals() {
        let table = [("a", "'a'"), ("it's", "'it''s'"), ("a\\b'", "E'a\\\\b'''"), ("", "''")];
        for (value, quoted) in table {
            assert_eq!(literal(value), quoted);
        }
    }

    #[test]
    fn arguments_of_ordered_set_aggregates() {
        let table = [
            ("a integer, b text", "a integer, b text"),
            ("double precision ORDER BY anyelement", "double precision, anyelement"),
            ("ORDER BY anyelement", "anyelement"),
            ("VARIADIC \"any\" ORDER BY VARIADIC \"any\"", "VARIADIC \"any\""),
            ("\"x ORDER BY y\" integer", "\"x ORDER BY y\" integer"),
            ("", ""),
        ];
        for (printed, arguments) in table {
            assert_eq!(routine_arguments(printed), arguments);
        }
    }
}
