//! `schema` blocks: whose a schema is.
//!
//! Not here: grants on schemas (`grant`). Invariant: the schemas of the system have no blocks.

use hcl::edit::structure::Block;

use super::reading::{Read, Reading, Schema, check};
use super::role::resource;
use super::{proven, role_value};
use crate::code::Code;
use crate::declared::DeclaredSchema;
use crate::diagnostic::Span;
use crate::name::{BlockAddress, DatabaseName, RoleName, SchemaName, SchemaPath};

const SCHEMA: Schema = Schema {
    arguments: &["for_each", "count", "resource", "database", "name", "owner"],
    blocks: &[],
    once: &[],
};

/// One schema.
pub(crate) fn schema(
    reading: &mut Reading<'_>,
    block: &Block,
    (address, span): (BlockAddress, Span),
) -> Option<DeclaredSchema> {
    check(block, &SCHEMA, reading.place, reading.diagnostics);
    let resource = resource(reading, block);
    let database = database(reading, block);
    let label = Read { value: address.label.to_string(), span: span.clone() };
    let name = if block.body.has_attribute("name") { reading.text(block, "name") } else { Some(label) };
    let schema = name.and_then(|name| own_name(reading, &name));
    let owner = owner(reading, block);
    let path = SchemaPath { database: database?, schema: schema? };
    Some(DeclaredSchema { address, resource: resource?, path, owner: owner?, span })
}

fn database(reading: &mut Reading<'_>, block: &Block) -> Option<DatabaseName> {
    if !block.body.has_attribute("database") {
        reading.missing(block, "database");
    }
    let text = reading.text(block, "database")?;
    proven(reading, "database", &text, DatabaseName::new)
}

fn own_name(reading: &mut Reading<'_>, text: &Read<String>) -> Option<SchemaName> {
    let name = proven(reading, "schema", text, SchemaName::new)?;
    if !name.is_system() {
        return Some(name);
    }
    let detail = format!("The schema {:?} belongs to PostgreSQL.", name.as_str());
    reading.error(Code::CFG050, "Reserved name", detail, &text.span);
    None
}

fn owner(reading: &mut Reading<'_>, block: &Block) -> Option<RoleName> {
    if !block.body.has_attribute("owner") {
        reading.missing(block, "owner");
    }
    let read = reading.open(block, "owner")?;
    role_value(reading, &read, "The owner of a schema")
}
