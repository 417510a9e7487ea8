//! ALTER DEFAULT PRIVILEGES.
//!
//! Each row of `pg_default_acl` is an object with a creator, perhaps a schema, and a kind; a
//! statement can name several creators and several schemas, and means every pair. Not here:
//! grants on objects that exist (`target`). Invariant: together the targets mean exactly the
//! rows asked for.

use std::collections::{BTreeMap, BTreeSet};

use engine::object::{Object, ObjectKind};

use super::quote::identifier;

/// Rows that one statement can name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DefaultTarget {
    /// `ALTER DEFAULT PRIVILEGES FOR ROLE … [IN SCHEMA …]`.
    pub(super) head: String,
    /// `TABLES`, `ROUTINES`, …
    pub(super) keyword: &'static str,
}

/// Most creators, and most schemas, that one statement names.
const MOST_NAMES: usize = 200;

/// The targets of rows of default privileges among the objects.
pub(super) fn targets(objects: &BTreeSet<&Object>) -> Vec<DefaultTarget> {
    let mut schemas: BTreeMap<(ObjectKind, bool, String), BTreeSet<String>> = BTreeMap::new();
    for object in objects {
        if let Object::Default(default) = object {
            let creator = identifier(default.creator.as_str());
            let key = (default.kind, default.schema.is_some(), creator);
            let names = schemas.entry(key).or_default();
            names.extend(default.schema.as_ref().map(|schema| identifier(schema.as_str())));
        }
    }
    // Creators with the same schemas go together.
    let mut creators: BTreeMap<(ObjectKind, BTreeSet<String>), Vec<String>> = BTreeMap::new();
    for ((kind, _, creator), schemas) in schemas {
        creators.entry((kind, schemas)).or_default().push(creator);
    }
    let mut targets = Vec::new();
    for ((kind, schemas), creators) in creators {
        let schemas: Vec<String> = schemas.into_iter().collect();
        for creators in creators.chunks(MOST_NAMES) {
            let head = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}", creators.join(", "));
            if schemas.is_empty() {
                targets.push(DefaultTarget { head: head.clone(), keyword: keyword(kind) });
            }
            for schemas in schemas.chunks(MOST_NAMES) {
                let head = format!("{head} IN SCHEMA {}", schemas.join(", "));
                targets.push(DefaultTarget { head, keyword: keyword(kind) });
            }
        }
    }
    targets
}

/// What future objects of a kind are called.
fn keyword(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table | ObjectKind::Column => "TABLES",
        ObjectKind::Sequence => "SEQUENCES",
        ObjectKind::Routine => "ROUTINES",
        ObjectKind::Type => "TYPES",
        ObjectKind::Schema => "SCHEMAS",
        ObjectKind::LargeObject => "LARGE OBJECTS",
        // No server has default privileges on these; it would say so.
        ObjectKind::Database => "DATABASES",
        ObjectKind::Language => "LANGUAGES",
        ObjectKind::ForeignDataWrapper => "FOREIGN DATA WRAPPERS",
        ObjectKind::ForeignServer => "FOREIGN SERVERS",
        ObjectKind::Tablespace => "TABLESPACES",
        ObjectKind::Parameter => "PARAMETERS",
    }
}
