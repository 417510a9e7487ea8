//! What only all declarations together show: two blocks for one role or schema, roles that are
//! removed or moved and still there.
//!
//! Not here: single blocks (`lower`). Invariant: reads declarations, and nothing else.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::declared::{Declared, DeclaredRole, DeclaredSchema, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::cycles;
use crate::name::{ResourceName, RoleName, SchemaPath};

/// Checks a whole configuration.
pub(super) fn check(declared: &Declared) -> Diagnostics {
    let mut said = Diagnostics::default();
    said.extend(declared.roles.values().filter_map(|role| administrator(declared, role)));
    said.extend(one_block_per_role(declared));
    said.extend(one_block_per_schema(declared));
    said.extend(removed_are_gone(declared));
    said.extend(moved_are_gone(declared));
    said.extend(cycles::dependencies(declared));
    said
}

/// Nobody manages the role that roleform logs in as.
fn administrator(declared: &Declared, role: &DeclaredRole) -> Option<Diagnostic> {
    let admin = declared.resources.get(&role.resource)?.admin_username.as_deref()?;
    (admin == role.name.as_str() && role.kind == RoleKind::Managed).then(|| {
        let detail = format!(
            "{} is the administrator that roleform logs in as on postgres.{}; it cannot manage itself.",
            role.name, role.resource
        );
        Diagnostic::error(Code::PLN003, "The administrator cannot be managed", detail).at(role.span.clone())
    })
}

/// Two blocks must not name one role of one server.
fn one_block_per_role(declared: &Declared) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(&ResourceName, &RoleName), &DeclaredRole> = BTreeMap::new();
    let mut said = Vec::new();
    for role in declared.roles.values() {
        let key = (&role.resource, &role.name);
        let Some(first) = seen.get(&key) else {
            seen.insert(key, role);
            continue;
        };
        let detail = format!(
            "{} and {} are both the role \"{}\" on postgres.{}. The other block is at {}.",
            role.address,
            first.address,
            role.name,
            role.resource,
            first.span.origin()
        );
        let problem =
            Diagnostic::error(Code::CFG055, "Two blocks for one role", detail).at(role.span.clone());
        said.push(match () {
            () if role.address.modules != first.address.modules && role.span == first.span => problem
                .hint("Give the role of each instance of the module a name of its own, like name = \"x_${var.region}\"."),
            () if role.span == first.span => {
                problem.hint("Give each instance a name of its own, like name = \"x_${each.key}\".")
            }
            () => problem,
        });
    }
    said
}

/// Two blocks must not name one schema of one database.
fn one_block_per_schema(declared: &Declared) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(&ResourceName, &SchemaPath), &DeclaredSchema> = BTreeMap::new();
    let mut said = Vec::new();
    for schema in declared.schemas.values() {
        let Some(first) = seen.insert((&schema.resource, &schema.path), schema) else { continue };
        let detail = format!(
            "{} and {} are both the schema {} on postgres.{}. The other block is at {}.",
            schema.address.of_kind("schema"),
            first.address.of_kind("schema"),
            schema.path,
            schema.resource,
            first.span.origin()
        );
        said.push(
            Diagnostic::error(Code::CFG055, "Two blocks for one schema", detail).at(schema.span.clone()),
        );
    }
    said
}

/// A `removed` block is for a block that is gone.
fn removed_are_gone(declared: &Declared) -> impl Iterator<Item = Diagnostic> {
    declared.removed.iter().filter_map(|removed| {
        let still = declared.roles.keys().any(|address| removed.from.matches(address));
        still.then(|| {
            let detail =
                format!("{} is still declared; a removed block is for a block that is gone.", removed.from);
            Diagnostic::error(Code::CFG005, "Removed role still exists", detail).at(removed.span.clone())
        })
    })
}

/// A `moved` block is for an address that nothing is declared at any more, and leads on.
fn moved_are_gone(declared: &Declared) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for (at, moved) in declared.moved.iter().enumerate() {
        let error = |summary: &str, detail: String| {
            Diagnostic::error(Code::CFG005, summary, detail).at(moved.span.clone())
        };
        if moved.from == moved.to {
            said.push(error("Redundant move", format!("{} moves to itself.", moved.from)));
        } else if declared.moved[..at].iter().any(|other| other.from == moved.from) {
            said.push(error("Ambiguous move", format!("{} moves to two addresses.", moved.from)));
        } else if declared.roles.keys().any(|address| moved.follow(address).is_some()) {
            let detail =
                format!("{} is still declared; a moved block is for an address that is gone.", moved.from);
            said.push(error("Moved role still exists", detail));
        }
    }
    said
}
