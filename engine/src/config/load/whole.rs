//! What only all declarations together show: two blocks for one role or schema, roles that are
//! removed or moved and still there.
//!
//! Not here: single blocks (`lower`). Invariant: reads declarations, and nothing else.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::declared::{Declared, DeclaredRole, DeclaredSchema, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::cycles;
use crate::moved::Moved;
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
            "\"{}\" is the administrator that roleform logs in as on postgres.{}; it cannot manage itself.",
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

/// A `moved` block is for an address that nothing is declared at any more, and each address has
/// one before and one after it.
fn moved_are_gone(declared: &Declared) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for (at, moved) in declared.moved.iter().enumerate() {
        let before = &declared.moved[..at];
        let found = redundant(moved)
            .or_else(|| ambiguous(before, moved))
            .or_else(|| still_there(declared, moved))
            .or_else(|| circle(&declared.moved, moved));
        let told = found.map(|(summary, detail)| Diagnostic::error(Code::CFG005, summary, detail));
        said.extend(told.map(|error| error.at(moved.span.clone())));
    }
    said
}

/// What is wrong with a `moved` block: summary and detail, in Terraform's words.
type WrongMove = Option<(&'static str, String)>;

fn redundant(Moved { from, to, .. }: &Moved) -> WrongMove {
    let detail = || {
        format!(
            "This statement declares a move from {from} to the same address, which is the same as not declaring this move at all."
        )
    };
    (from == to).then(|| ("Redundant move statement", detail()))
}

fn ambiguous(before: &[Moved], Moved { from, to, .. }: &Moved) -> WrongMove {
    // Who says the same twice is not wrong.
    let other = before.iter().find(|other| (other.from == *from) != (other.to == *to))?;
    let kind = from.kind();
    let (instead, rule) = if other.from == *from {
        (format!("it moved to {to}"), format!("can move to only one destination {kind}"))
    } else {
        (format!("{from} moved there"), format!("can have moved from only one source {kind}"))
    };
    let detail = format!(
        "A statement at {} declared that {} moved to {}, but this statement instead declares that {instead}.\n\nEach {kind} {rule}.",
        other.span.origin(),
        other.from,
        other.to,
    );
    Some(("Ambiguous move statements", detail))
}

fn still_there(declared: &Declared, moved: &Moved) -> WrongMove {
    let (_, role) = declared.roles.iter().find(|(address, _)| moved.follow(address).is_some())?;
    let Moved { from, to, .. } = moved;
    let kind = from.kind();
    let detail = format!(
        "This statement declares a move from {from}, but that {kind} is still declared at {}.\n\nChange your configuration so that this {kind} will be declared as {to} instead.",
        role.span.origin()
    );
    Some(("Moved object still exists", detail))
}

/// The statements that lead from one back to itself, when it is the first of them.
fn circle(moves: &[Moved], first: &Moved) -> WrongMove {
    let mut chain = String::new();
    let mut here = first;
    for _ in moves {
        chain.push_str(&format!("\n  - {}: {} → {}", here.span.origin(), here.from, here.to));
        here = moves.iter().find(|next| next.from == here.to)?;
        if here.from == first.from {
            let detail = format!(
                "The following chained move statements form a cycle, and so there is no final location to move objects to:{chain}\n\nA chain of move statements must end with an address that doesn't appear in any other statements, and which typically also refers to an object still declared in the configuration."
            );
            return Some(("Cyclic dependency in move statements", detail));
        }
        let place = |moved: &Moved| moves.iter().position(|other| std::ptr::eq(other, moved));
        if place(here) < place(first) {
            return None;
        }
    }
    None
}
