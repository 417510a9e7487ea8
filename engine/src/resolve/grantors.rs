//! Roles that shall stand as grantors (`granted_by`) of what they have no grant option for.
//!
//! PostgreSQL grants nothing then, or grants it as the owner. Not here: what such roles granted and
//! shall be revoked (the provider), the administrator's own options (likewise). Invariant: what
//! stands already, and stays as it is, refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Grantor};
use crate::catalog::Grants;
use crate::change::Place;
use crate::code::Code;
use crate::declared::RoleKind;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::{RoleName, printable};
use crate::object::Object;
use crate::privilege::PrivilegeSet;
use crate::resolve::{Desired, Question};

/// Most objects that one message names.
const NAMED: usize = 5;

/// Refuses grants that nobody could make.
pub(super) fn refuse(question: &Question<'_>, desired: &Desired, diagnostics: &mut Diagnostics) {
    let mut found: BTreeMap<(&RoleName, PrivilegeSet), Vec<String>> = BTreeMap::new();
    for (place, grants) in desired.catalog.places() {
        let foreign: Vec<bool> =
            grants.acls().iter().map(|acl| by_others(question, acl).next().is_some()).collect();
        for (object, held) in grants.objects().iter().filter(|(_, held)| foreign[held.acl.index()]) {
            for (grantor, entry) in by_others(question, grants.acl(held.acl)) {
                let missing = missing(question, desired, (&place, object), (grantor, entry));
                if !missing.is_empty() {
                    found.entry((grantor, missing)).or_default().push(object.to_string());
                }
            }
        }
    }
    let told = found.into_iter().map(|((grantor, privileges), objects)| {
        tell((grantor, privileges, is_superuser(question, grantor)), objects)
    });
    diagnostics.extend(told);
}

/// Entries whose grantor is neither the owner nor the administrator.
fn by_others<'a>(question: &Question<'_>, acl: &'a Acl) -> impl Iterator<Item = (&'a RoleName, &'a Entry)> {
    let admin = question.observed.admin.name.clone();
    acl.entries().iter().filter_map(move |entry| match &entry.holding.grantor {
        Grantor::Role(grantor) if *grantor != admin => Some((grantor, entry)),
        Grantor::Role(_) | Grantor::Owner => None,
    })
}

fn is_superuser(question: &Question<'_>, role: &RoleName) -> bool {
    question.observed.roles.get(role).is_some_and(|fact| fact.superuser)
}

/// What of an entry its grantor cannot grant, or will have to leave behind.
fn missing(
    question: &Question<'_>,
    desired: &Desired,
    (place, object): (&Place, &Object),
    (grantor, entry): (&RoleName, &Entry),
) -> PrivilegeSet {
    let before = question.observed.options_of(grantor, (place, object));
    let known = desired.blocks.contains_key(&Grantee::Role(grantor.clone()));
    let after = match desired.kinds.get(grantor) {
        Some(RoleKind::External) => before,
        Some(RoleKind::Managed) | None if known => wanted(desired, (place, object), grantor),
        Some(RoleKind::Managed) | None => before,
    };
    let observed = desired.observed.place(place).and_then(|grants| grants.acl_of(object));
    let stands = observed.into_iter().flat_map(|acl| acl.of(&entry.grantee));
    let stands = stands.filter(|other| other.holding.grantor == entry.holding.grantor);
    let stands = stands.fold(PrivilegeSet::EMPTY, |all, other| all.union(other.holding.privileges));
    if is_superuser(question, grantor) {
        return entry.holding.privileges.minus(stands);
    }
    // What stands without an option stays so; what stands on one that goes does not.
    entry.holding.privileges.minus(after).minus(stands.minus(before))
}

/// The options that a managed role shall have.
fn wanted(desired: &Desired, (place, object): (&Place, &Object), role: &RoleName) -> PrivilegeSet {
    let options = |grants: &Grants, object: &Object| {
        let entries =
            grants.acl_of(object).map(|acl| acl.of(&Grantee::Role(role.clone()))).unwrap_or_default();
        entries.iter().fold(PrivilegeSet::EMPTY, |all, entry| all.union(entry.holding.grantable))
    };
    let Some(grants) = desired.catalog.place(place) else { return PrivilegeSet::EMPTY };
    let relations = object.relations();
    relations
        .iter()
        .flatten()
        .fold(options(grants, object), |all, relation| all.union(options(grants, relation)))
}

fn tell(
    (grantor, privileges, superuser): (&RoleName, PrivilegeSet, bool),
    objects: Vec<String>,
) -> Diagnostic {
    let objects: BTreeSet<String> = objects.into_iter().collect();
    let more = objects.len().saturating_sub(NAMED);
    let named = objects.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let shown = printable(grantor.as_str());
    let (why, hint) = if superuser {
        (
            "is a superuser, whom the server takes for the owner",
            "leave `granted_by` out: the owner grants then".to_owned(),
        )
    } else {
        (
            "has no grant option for it",
            format!("give \"{shown}\" the privileges with grant option first, or leave `granted_by` out"),
        )
    };
    let detail =
        format!("\"{shown}\" shall stand as the grantor of {privileges} on {named}{more}, and {why}.");
    Diagnostic::error(Code::PLN042, "Grantor cannot grant", detail).hint(hint)
}
