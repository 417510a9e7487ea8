//! `schema` blocks for the schemas of the roles that a generated configuration declares.
//!
//! Not here: who holds what on them (`blocks`). Invariant: a block says what is so. A schema of
//! `pg_database_owner` has none: it belongs to whoever the database belongs to.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::Source;
use crate::generate::body::{Body, Value, is_identifier};
use crate::name::{RoleName, SchemaPath};
use crate::object::Object;

/// The inside of every block, by label.
pub(super) fn blocks(source: Source<'_>, unsaid: &BTreeSet<&RoleName>) -> BTreeMap<String, Body> {
    let mut used = source.survey.schema_labels.clone();
    let mut blocks = BTreeMap::new();
    for (path, owner) in owned(source).into_iter().filter(|(_, owner)| !unsaid.contains(owner)) {
        let label = label(&path, &mut used);
        let mut body = Body::default();
        if label != path.schema.as_str() {
            body.argument("name", Value::text(path.schema.as_str()));
        }
        body.argument("resource", Value::Code(format!("postgres.{}", source.resource)));
        body.argument("database", Value::text(path.database.as_str()));
        body.argument("owner", Value::role(owner));
        if body.can_be_said() {
            blocks.insert(label, body);
        }
    }
    blocks
}

/// Schemas that declared roles own, and that have no block yet.
fn owned(source: Source<'_>) -> BTreeMap<SchemaPath, &RoleName> {
    let catalog = &source.observed.catalog;
    let mut owned = BTreeMap::new();
    for (database, grants) in &catalog.databases {
        let nobodys = source.observed.of_database_owner.get(database);
        for (object, held) in grants.objects() {
            let Object::Schema(schema) = object else { continue };
            let path = SchemaPath { database: database.clone(), schema: schema.clone() };
            let declared = source.survey.scope.managed.contains(&held.owner);
            let known = schema.is_system() || source.survey.schemas.contains(&path);
            if declared && !known && nobodys.is_none_or(|objects| !objects.contains(object)) {
                owned.insert(path, &held.owner);
            }
        }
    }
    owned
}

/// A label that no other block has: the schema's name if it can be one.
fn label(path: &SchemaPath, used: &mut BTreeSet<String>) -> String {
    let name = path.schema.as_str();
    let plain = |text: &str| text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let wish = if is_identifier(name) { name.to_owned() } else { format!("schema_{}", plain(name)) };
    let with_database: String = plain(&format!("{}_{wish}", path.database));
    let wishes = [wish.clone(), with_database].into_iter().filter(|wish| is_identifier(wish));
    let more = (2_u32..).map(|number| format!("{wish}_{number}"));
    let label = wishes.chain(more).find(|label| !used.contains(label)).unwrap_or(wish);
    used.insert(label.clone());
    label
}
