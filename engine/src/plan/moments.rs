//! What must be seen at which moment of an apply.
//!
//! A plan has two pictures, before and after. With several databases, new roles are made
//! first (and roles whose leavings are cleared lose what they hold on shared objects) and
//! dropped roles go last, in commits of their own, so the pictures that the transactions in
//! between see differ from both; they are derived here, and `halves` derives those between
//! parts. Not here: comparing (`plan::compare`). Invariant: with one transaction the moments are
//! the plan's own pictures.

pub mod halves;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Password, Role};
use crate::change::{Action, Changes, RoleChange};
use crate::declared::Attributes;
use crate::graph::order::early;
use crate::name::RoleName;
use crate::plan::ResourcePlan;

/// What must be seen before the first statement after stage 1: the facts, and what it made.
pub fn facts(plan: &ResourcePlan) -> Cow<'_, Catalog> {
    if plan.stages.prepare.is_empty() {
        return Cow::Borrowed(&plan.before);
    }
    let renames: BTreeMap<RoleName, RoleName> = plan
        .changes
        .roles
        .iter()
        .filter_map(|change| change.renamed_from.clone().map(|old| (old, change.name.clone())))
        .collect();
    let mut facts = plan.before.renamed(&renames);
    if let Some(split) = early::split(&plan.changes) {
        without(&mut facts, &split.early);
    }
    for change in &plan.changes.roles {
        if change.action == Action::Create {
            facts.roles.insert(change.name.clone(), bare_role());
        }
    }
    Cow::Owned(facts)
}

/// What must be seen when all parts are committed.
pub fn after_parts(plan: &ResourcePlan) -> Cow<'_, Catalog> {
    let facts = facts(plan);
    plan.stages.parts.iter().fold(facts, |now, part| Cow::Owned(halves::after(plan, part, &now)))
}

/// Takes off what stage 1 revokes.
fn without(facts: &mut Catalog, early: &Changes) {
    for change in &early.memberships {
        facts.memberships.remove(&change.membership);
    }
    let mut emptied = BTreeSet::new();
    for change in &early.grants {
        for object in &change.objects {
            let Some(acl) = facts.shared.acl_of(object) else { continue };
            let acl = halves::without(acl, &halves::taken(&change.entries));
            if acl.is_empty() {
                emptied.insert(object);
            }
            let acl = facts.shared.number(acl);
            facts.shared.set_acl(object, acl);
        }
    }
    facts.shared = facts.shared.filtered(|object, _| !emptied.contains(object));
}

/// What CREATE ROLE … NOLOGIN leaves.
pub fn bare_role() -> Role {
    Role {
        oid: 0,
        attributes: Attributes { login: false, ..Attributes::default() },
        valid_until: None,
        comment: None,
        settings: BTreeMap::new(),
        password: Password::Absent,
    }
}

/// Whether a role has the new name that a plan gives it. Names may move on among roles, so its
/// OID tells.
pub fn is_renamed(change: &RoleChange, now: &Catalog) -> bool {
    let oid = change.before.as_ref().map(|role| role.oid);
    change.renamed_from.is_some() && now.roles.get(&change.name).map(|role| role.oid) == oid
}

/// What a transaction must see after its last statement: the outcome, with the verifiers that
/// were made, and with the roles that are dropped only after the commits.
pub fn outcome(plan: &ResourcePlan, verifiers: &BTreeMap<RoleName, [u8; 32]>) -> Catalog {
    let mut outcome = proven(&plan.after, verifiers);
    if !plan.stages.finish.is_empty() {
        let dropped = plan.changes.roles.iter().filter(|change| change.action == Action::Delete);
        for change in dropped {
            if let Some(role) = plan.before.roles.get(&change.name) {
                outcome.roles.insert(change.name.clone(), role.clone());
            }
        }
    }
    outcome
}

/// A plan's outcome with the verifiers that were made, by their digests.
pub fn proven(after: &Catalog, verifiers: &BTreeMap<RoleName, [u8; 32]>) -> Catalog {
    let mut proven = after.clone();
    for (name, role) in &mut proven.roles {
        if let (Password::Fresh, Some(digest)) = (role.password, verifiers.get(name)) {
            role.password = Password::Verifier(*digest);
        }
    }
    proven
}

/// What the state records: the outcome with the OIDs that the server gave.
pub fn recorded(outcome: &Catalog, seen: &Catalog, plan: &ResourcePlan) -> Catalog {
    let mut recorded = outcome.clone();
    recorded.roles.retain(|name, _| plan.after.roles.contains_key(name));
    for (name, role) in &mut recorded.roles {
        if let Some(now) = seen.roles.get(name) {
            role.oid = now.oid;
            if now.password != Password::Unknown {
                role.password = now.password;
            }
        }
    }
    recorded
}
