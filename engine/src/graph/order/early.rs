//! What is revoked before all else, when roles leave something behind in several databases.
//!
//! DROP OWNED clears a role's entries on what the server shares as well, and the memberships that it
//! granted, whichever database it runs in. Two transactions that stand open side by side would wait for each
//! other there, so these are revoked first, in stage 1, and given back if what follows fails: with them goes
//! what others were given by their options. Not here:
//! one transaction alone, which waits for nobody. Invariant: what is split off and what is left
//! are together the changes that there were.

use std::collections::BTreeSet;

use crate::acl::{Grantee, Grantor, less};
use crate::change::{Action, Changes, EntryChange, GrantChange, MembershipChange, Place};
use crate::name::RoleName;

/// What is split off, and what is left.
pub(crate) struct Split {
    /// Revoked in stage 1.
    pub(crate) early: Changes,
    /// Everything else.
    pub(crate) rest: Changes,
}

/// Takes the early part off; `None` when there is none.
pub(crate) fn split(changes: &Changes) -> Option<Split> {
    let disowned = disowned(changes);
    let mut split = Split { early: Changes::default(), rest: changes.clone() };
    for rest in split.rest.grants.iter_mut().filter(|change| change.place == Place::Shared) {
        let entries = early_entries(rest, &disowned);
        if !entries.is_empty() {
            // What is left keeps its place, by which parts know it, also when nothing is left.
            rest.entries.retain_mut(|entry| without(entry, &entries));
            split.early.grants.push(GrantChange { entries, ..rest.clone() });
        }
    }
    let is_early = early_memberships(&changes.memberships, &disowned);
    (split.early.memberships, split.rest.memberships) =
        changes.memberships.iter().cloned().partition(is_early);
    let any = !split.early.grants.is_empty() || !split.early.memberships.is_empty();
    any.then_some(split)
}

/// What gives the early part back.
pub(super) fn inverse(early: &Changes) -> Changes {
    let entry = |entry: &EntryChange| EntryChange {
        before: entry.after.clone(),
        after: entry.before.clone(),
        action: Action::Create,
        ..entry.clone()
    };
    let grant = |change: &GrantChange| {
        let entries = change.entries.iter().map(entry).collect();
        GrantChange { entries, ..change.clone() }
    };
    let membership = |change: &MembershipChange| MembershipChange {
        before: change.after,
        after: change.before,
        action: Action::Create,
        ..change.clone()
    };
    Changes {
        grants: early.grants.iter().map(grant).collect(),
        memberships: early.memberships.iter().map(membership).collect(),
        ..Changes::default()
    }
}

/// Roles of which DROP OWNED clears something.
fn disowned(changes: &Changes) -> BTreeSet<&RoleName> {
    let clears = |role: &&crate::change::RoleChange| {
        role.departure.as_ref().is_some_and(|departure| !departure.databases.is_empty())
    };
    changes.roles.iter().filter(clears).map(|role| &role.name).collect()
}

/// What a disowned role loses on some objects, and what others lose there that no owner gave them: it
/// may stand on an option of the role.
fn early_entries(change: &GrantChange, disowned: &BTreeSet<&RoleName>) -> Vec<EntryChange> {
    let leaves = |grantee: &Grantee| match grantee {
        Grantee::Role(role) => disowned.contains(role),
        Grantee::Public => false,
    };
    let loses = |entry: &&EntryChange| !entry.revoked().is_empty();
    if !change.entries.iter().filter(loses).any(|entry| leaves(&entry.grantee)) {
        return Vec::new();
    }
    let entries = change.entries.iter().filter(loses).filter_map(|entry| {
        let mut lost = entry.revoked();
        lost.retain(|holding| leaves(&entry.grantee) || holding.grantor != Grantor::Owner);
        let after = less(&entry.before, &lost);
        (after != entry.before).then(|| EntryChange { after, ..entry.clone() })
    });
    entries.collect()
}

/// Leaves in an entry what is not lost early; whether there is anything.
fn without(entry: &mut EntryChange, early: &[EntryChange]) -> bool {
    if let Some(early) = early.iter().find(|early| early.grantee == entry.grantee) {
        entry.before.clone_from(&early.after);
    }
    entry.before != entry.after
}

/// Of the roles in which a disowned role granted memberships, those that go and that some member
/// granted.
fn early_memberships<'a>(
    memberships: &'a [MembershipChange],
    disowned: &BTreeSet<&'a RoleName>,
) -> impl FnMut(&MembershipChange) -> bool + use<'a> {
    let goes = |change: &&MembershipChange| change.action == Action::Delete;
    let granted = memberships.iter().filter(goes).filter(|change| match &change.membership.grantor {
        Grantor::Role(grantor) => disowned.contains(grantor),
        Grantor::Owner => false,
    });
    let roles: BTreeSet<&RoleName> = granted.map(|change| &change.membership.role).collect();
    move |change| {
        let by_member = change.membership.grantor != Grantor::Owner;
        goes(&change) && by_member && roles.contains(&change.membership.role)
    }
}
