//! Owners of schemas: what `schema` blocks say, and the pictures after ALTER SCHEMA … OWNER TO.
//!
//! A schema that changes hands does so before anything is granted on it, so what is observed and
//! what is recorded is turned here into what will be there by then. Not here: what becomes of an
//! ACL (`catalog::handover`). Invariant: only owners that differ are handed over; a schema whose
//! block is gone keeps its owner.

use std::collections::BTreeSet;

use crate::catalog::Owner;
use crate::code::Code;
use crate::declared::DeclaredSchema;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::diff::Block;
use crate::name::{DatabaseName, RoleName, SchemaPath, printable};
use crate::object::Object;
use crate::resolve::databases::missing_database;
use crate::resolve::{Desired, Question};

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired, diagnostics: &mut Diagnostics) {
    for schema in question.part.declared_schemas() {
        match declare(question, desired, schema) {
            Ok(owner) => {
                let block = Block { address: schema.address.clone(), origin: Some(schema.span.origin()) };
                desired.schemas.insert(schema.path.clone(), block);
                desired.catalog.owners.insert(schema.path.clone(), owner);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    for (path, address) in question.part.recorded_schemas() {
        if !desired.catalog.owners.contains_key(path) {
            desired.forgotten_schemas.insert(path.clone(), address.clone());
        }
    }
    hand_over(desired);
}

fn declare(question: &Question<'_>, desired: &Desired, schema: &DeclaredSchema) -> Result<Owner, Diagnostic> {
    let (path, owner) = (&schema.path, &schema.owner);
    if let Some(missing) = missing_database(question, &path.database, &schema.span) {
        return Err(missing);
    }
    let Some(now) = desired.observed.owners.get(path) else { return Err(no_schema(desired, schema)) };
    let comes = || question.part.declared_roles().any(|role| role.name == *owner);
    if question.observed.roles.contains_key(owner) || comes() {
        Ok(Owner { oid: now.oid, role: owner.clone() })
    } else {
        Err(no_owner(question, schema))
    }
}

fn no_schema(desired: &Desired, schema: &DeclaredSchema) -> Diagnostic {
    let SchemaPath { database, schema: name } = &schema.path;
    let objects = desired.observed.databases.get(database).into_iter().flat_map(|grants| grants.objects());
    let known = objects.filter_map(|(object, _)| match object {
        Object::Schema(known) => Some(known.as_str()),
        _ => None,
    });
    let detail = format!(
        "There is no schema \"{}\" in database \"{}\", so nobody can own it.",
        printable(name.as_str()),
        printable(database.as_str())
    );
    let said = Diagnostic::error(Code::PLN009, "Schema does not exist", detail).at(schema.span.clone());
    match nearest(name.as_str(), known) {
        Some(near) => said.hint(format!("did you mean \"{}\"?", printable(near))),
        None => said.hint("make it first; roleform does not create schemas"),
    }
}

fn no_owner(question: &Question<'_>, schema: &DeclaredSchema) -> Diagnostic {
    let owner = schema.owner.as_str();
    let detail = format!(
        "{} shall belong to \"{}\", which is neither on {} nor declared for it.",
        schema.address.of_kind("schema"),
        printable(owner),
        question.part.resource.name
    );
    let said = Diagnostic::error(Code::PLN017, "Owner of a schema does not exist", detail);
    let known = question.observed.roles.keys().map(RoleName::as_str);
    let hint = nearest(owner, known).map(|near| format!("did you mean \"{}\"?", printable(near)));
    Diagnostic { hint, ..said.at(schema.span.clone()) }
}

/// Whether any schema changes hands.
pub(super) fn hands_over(desired: &Desired) -> bool {
    let now = &desired.observed.owners;
    desired.catalog.owners.iter().any(|(path, owner)| now.get(path).is_some_and(|now| now.role != owner.role))
}

/// Lets the pictures show every schema in the hands of whoever it shall belong to.
fn hand_over(desired: &mut Desired) {
    let handed =
        desired.catalog.owners.iter().filter(|(path, owner)| {
            desired.observed.owners.get(*path).is_some_and(|now| now.role != owner.role)
        });
    let handed: Vec<(SchemaPath, RoleName)> =
        handed.map(|(path, owner)| (path.clone(), owner.role.clone())).collect();
    for (SchemaPath { database, schema }, owner) in &handed {
        let shown = shown(desired, database, owner);
        for picture in [&mut desired.observed, &mut desired.recorded] {
            if let Some(grants) = picture.databases.get_mut(database) {
                grants.hand_over(schema, owner, &shown);
            }
        }
    }
}

/// What belongs to `pg_database_owner` when something is granted on it. Pictures show the owner of
/// the database in its place, to whom nothing is implied by the ACL (PostgreSQL, "Predefined
/// Roles": it is a member, not the owner).
pub(super) fn of_database_owner(
    question: &Question<'_>,
    desired: &Desired,
    database: &DatabaseName,
) -> BTreeSet<Object> {
    let mut objects = question.observed.of_database_owner.get(database).cloned().unwrap_or_default();
    for (path, owner) in desired.catalog.owners.iter().filter(|(path, _)| path.database == *database) {
        let schema = Object::Schema(path.schema.clone());
        if owner.role.as_str() == RoleName::DATABASE_OWNER {
            objects.insert(schema);
        } else {
            objects.remove(&schema);
        }
    }
    objects
}

/// As whom pictures show an owner: `pg_database_owner` is the owner of the database.
fn shown(desired: &Desired, database: &DatabaseName, owner: &RoleName) -> RoleName {
    let of_database = || desired.observed.shared.objects().get(&Object::Database(database.clone()));
    match owner.as_str() {
        RoleName::DATABASE_OWNER => of_database().map_or(owner, |held| &held.owner).clone(),
        _ => owner.clone(),
    }
}
