//! What a GRANT is on: `TABLE a, b`, `ROUTINE f(integer)`, columns with their privileges.
//!
//! Not here: default privileges, which have another form (`default_privileges`).
//! Invariant: together the targets name each object exactly once.

use std::collections::{BTreeMap, BTreeSet};

use engine::name::{Name, SchemaName};
use engine::object::Object;
use engine::privilege::PrivilegeSet;

use super::quote::{dotted, identifier, qualified, routine_arguments};

/// Objects that one statement can name, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `TABLE`, `SCHEMA`, …
    pub(super) keyword: &'static str,
    /// `(a, b)`: the columns of each of them; `None` for whole objects.
    pub(super) columns: Option<String>,
    /// The objects, written out.
    pub(super) names: Vec<String>,
}

impl Target {
    /// The privileges as they stand before ON: each with the columns, if there are any.
    pub(super) fn privileges(&self, privileges: PrivilegeSet) -> String {
        match &self.columns {
            None => privileges.to_string(),
            Some(columns) => {
                let each = privileges.iter().map(|privilege| format!("{privilege} {columns}"));
                each.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// The targets of objects that are not default privileges.
pub(super) fn targets(objects: &BTreeSet<&Object>) -> Vec<Target> {
    let mut whole: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut columns: BTreeMap<(&SchemaName, &Name), Vec<String>> = BTreeMap::new();
    for object in objects {
        let (keyword, name) = match object {
            Object::Column(schema, relation, column) => {
                columns.entry((schema, relation)).or_default().push(identifier(column.as_str()));
                continue;
            }
            Object::Default(_) => continue,
            Object::Database(name) => ("DATABASE", identifier(name.as_str())),
            Object::Tablespace(name) => ("TABLESPACE", identifier(name.as_str())),
            Object::Parameter(name) => ("PARAMETER", dotted(name.as_str())),
            Object::Schema(name) => ("SCHEMA", identifier(name.as_str())),
            Object::Table(schema, name) => ("TABLE", qualified(schema, name)),
            Object::Sequence(schema, name) => ("SEQUENCE", qualified(schema, name)),
            Object::Routine(schema, name, arguments) => {
                ("ROUTINE", format!("{}({})", qualified(schema, name), routine_arguments(arguments)))
            }
            Object::Type(schema, name) => ("TYPE", qualified(schema, name)),
            Object::Language(name) => ("LANGUAGE", identifier(name.as_str())),
            Object::ForeignDataWrapper(name) => ("FOREIGN DATA WRAPPER", identifier(name.as_str())),
            Object::ForeignServer(name) => ("FOREIGN SERVER", identifier(name.as_str())),
            Object::LargeObject(oid) => ("LARGE OBJECT", oid.to_string()),
        };
        whole.entry(keyword).or_default().push(name);
    }
    // Relations with the same columns go together.
    let mut relations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((schema, relation), columns) in columns {
        let list = format!("({})", columns.join(", "));
        relations.entry(list).or_default().push(qualified(schema, relation));
    }
    let whole = whole.into_iter().map(|(keyword, names)| Target { keyword, columns: None, names });
    let relations =
        relations.into_iter().map(|(list, names)| Target { keyword: "TABLE", columns: Some(list), names });
    whole.chain(relations).collect()
}
