//! What roles lose before all else, when they leave something behind in several databases.
//!
//! DROP OWNED clears a role's entries on what the server shares as well, whichever database it
//! runs in. Two transactions that stand open side by side would wait for each other there, so
//! these entries are revoked first, in stage 1, and given back if what follows fails. Not here:
//! one transaction alone, which waits for nobody. Invariant: what is split off and what is left
//! are together the changes that there were.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::Grantee;
use crate::change::{Changes, EntryChange, GrantChange, Place};
use crate::graph::order::Write;
use crate::name::RoleName;
use crate::object::ObjectKind;
use crate::plan::{Batch, Stages};

/// Takes the early part off; `None` when there is none.
pub(super) fn split(changes: &Changes) -> Option<(Changes, Vec<GrantChange>)> {
    let disowned = disowned(changes);
    let is_early = |entry: &EntryChange| match &entry.grantee {
        Grantee::Role(role) => disowned.contains(role) && !entry.revoked().is_empty(),
        Grantee::Public => false,
    };
    let part = |change: &GrantChange, early: bool| {
        let entries = change.entries.iter().filter(|entry| is_early(entry) == early).cloned().collect();
        GrantChange { entries, ..change.clone() }
    };
    let (mut early, mut rest) = (Vec::new(), Vec::new());
    for change in &changes.grants {
        match change.place {
            Place::Shared => {
                early.push(part(change, true));
                rest.push(part(change, false));
            }
            Place::Database(_) => rest.push(change.clone()),
        }
    }
    early.retain(|change| !change.entries.is_empty());
    // What is left keeps its place, by which parts know it, also when nothing is left.
    let rest = Changes { grants: rest, ..changes.clone() };
    (!early.is_empty()).then_some((rest, early))
}

/// Roles of which DROP OWNED clears something.
pub(crate) fn disowned(changes: &Changes) -> BTreeSet<&RoleName> {
    let clears = |role: &&crate::change::RoleChange| {
        role.departure.as_ref().is_some_and(|departure| !departure.databases.is_empty())
    };
    changes.roles.iter().filter(clears).map(|role| &role.name).collect()
}

/// Puts the early part into stage 1, and what gives it back into its undoing.
pub(super) fn put(stages: &mut Stages, early: &[GrantChange], write: Write<'_>) {
    let back: Vec<GrantChange> = early.iter().map(inverse).collect();
    for changes in by_kind(early) {
        stages.prepare.extend(write(&Batch::RevokeGrants(&Place::Shared, changes)));
    }
    for changes in by_kind(&back) {
        stages.undo.splice(0..0, write(&Batch::AddGrants(&Place::Shared, changes)));
    }
}

fn by_kind(changes: &[GrantChange]) -> Vec<Vec<&GrantChange>> {
    let mut by_kind: BTreeMap<Option<ObjectKind>, Vec<&GrantChange>> = BTreeMap::new();
    for change in changes {
        by_kind.entry(change.objects.first().map(|object| object.kind())).or_default().push(change);
    }
    by_kind.into_values().collect()
}

fn inverse(change: &GrantChange) -> GrantChange {
    let turned = |entry: &EntryChange| EntryChange {
        before: entry.after.clone(),
        after: entry.before.clone(),
        ..entry.clone()
    };
    GrantChange { entries: change.entries.iter().map(turned).collect(), ..change.clone() }
}
