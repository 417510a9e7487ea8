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

/// The types of a routine's arguments, as the catalog prints and quotes them, as the arguments
/// that GRANT takes. `IN` before each says that they are the input arguments alone; without it
/// a procedure with OUT arguments may have the same list.
pub(crate) fn routine_arguments(types: &str) -> String {
    let mut quoted = false;
    let lists = types.split(|character: char| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    let arguments = lists.map(str::trim).filter(|one| !one.is_empty()).map(|one| format!("IN {one}"));
    arguments.collect::<Vec<_>>().join(", ")
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
    fn arguments_of_routines() {
        let table = [
            ("", ""),
            ("integer", "IN integer"),
            ("double precision, text[]", "IN double precision, IN text[]"),
            ("\"a, b\".\"c\"\",d\", \"any\"", "IN \"a, b\".\"c\"\",d\", IN \"any\""),
        ];
        for (types, arguments) in table {
            assert_eq!(routine_arguments(types), arguments);
        }
    }
}
