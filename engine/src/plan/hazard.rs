//! Hazards: which of the changes can hurt.
//!
//! Not here: policy (what is forbidden); a hazard only warns. Invariant: a hazard belongs to
//! one address, or to one group of like grants by its first address.

use crate::acl::{Grantee, Holding};
use crate::catalog::Password;
use crate::change::{Action, Changes, EntryChange, GrantChange, MembershipChange, OwnedFate, RoleChange};
use crate::declared::OpenSessions;
use crate::plan::{Hazard, HazardKind};

/// Predefined roles that reach outside the database (PostgreSQL, "Predefined Roles").
const SERVER_ACCESS: [&str; 3] =
    ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

/// Finds the hazards, in order of address.
pub fn hazards(changes: &Changes) -> Vec<Hazard> {
    let mut hazards: Vec<Hazard> = Vec::new();
    for change in &changes.roles {
        let address = change.address.to_string();
        hazards.extend(of_role(change).into_iter().map(|kind| Hazard { address: address.clone(), kind }));
    }
    for change in &changes.memberships {
        hazards.extend(of_membership(change));
    }
    for change in changes.owners.iter().filter(|change| change.action == Action::Update) {
        hazards.push(Hazard { address: change.address_text(), kind: HazardKind::SchemaOwner });
    }
    for change in &changes.grants {
        hazards.extend(change.entries.iter().flat_map(|entry| of_entry(change, entry)));
    }
    hazards.sort();
    hazards
}

fn of_role(change: &RoleChange) -> Vec<HazardKind> {
    let mut kinds = Vec::new();
    if change.action == Action::Delete {
        kinds.push(HazardKind::DropRole);
    }
    if let Some(departure) = &change.departure {
        kinds.extend(match departure.fate {
            OwnedFate::None => None,
            OwnedFate::Reassigned(_) => Some(HazardKind::OwnedReassigned),
            OwnedFate::Dropped => Some(HazardKind::OwnedDropped),
        });
        kinds.extend((departure.sessions == OpenSessions::Terminate).then_some(HazardKind::SessionsEnded));
        kinds.extend((!departure.members.is_empty()).then_some(HazardKind::MembersLose));
    }
    let Some(after) = &change.after else { return kinds };
    let before = change.before.as_ref().map(|role| &role.attributes);
    let wanted = &after.attributes;
    let gains = |now: bool, then: Option<bool>| now && then != Some(true);
    for (gained, kind) in [
        (gains(wanted.superuser, before.map(|b| b.superuser)), HazardKind::Superuser),
        (gains(wanted.createrole, before.map(|b| b.createrole)), HazardKind::CreateRole),
        (gains(wanted.bypassrls, before.map(|b| b.bypassrls)), HazardKind::BypassRls),
        (gains(wanted.replication, before.map(|b| b.replication)), HazardKind::Replication),
        (!wanted.login && before.is_some_and(|b| b.login), HazardKind::LoginLost),
        (after.password == Password::Fresh && change.before.is_some(), HazardKind::PasswordRotated),
    ] {
        if gained {
            kinds.push(kind);
        }
    }
    kinds
}

fn of_membership(change: &MembershipChange) -> Option<Hazard> {
    let comes = matches!(change.action, Action::Create | Action::Update);
    let reaches_out = SERVER_ACCESS.contains(&change.membership.role.as_str());
    (comes && reaches_out).then(|| Hazard { address: change.address_text(), kind: HazardKind::ServerAccess })
}

fn of_entry(change: &GrantChange, entry: &EntryChange) -> Vec<Hazard> {
    let Some(first) = change.objects.first() else { return Vec::new() };
    let added = entry.added();
    if added.is_empty() || !matches!(entry.action, Action::Create | Action::Update) {
        return Vec::new();
    }
    let address = || change.address_of(entry, first);
    let mut hazards = Vec::new();
    if entry.grantee == Grantee::Public {
        hazards.push(Hazard { address: address(), kind: HazardKind::Public });
    }
    if added.iter().any(|holding: &Holding| !holding.grantable.is_empty()) {
        hazards.push(Hazard { address: address(), kind: HazardKind::GrantOption });
    }
    hazards
}
