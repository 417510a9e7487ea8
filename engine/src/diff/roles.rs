//! Diff of roles and memberships, one address at a time.
//!
//! Not here: the policy (`decide`), grants (`diff::grants`). Invariant: a role that exists
//! and is neither recorded nor to be adopted never gets here (`resolve` refuses it).

use std::collections::BTreeSet;

use crate::acl::Grantee;
use crate::catalog::{Membership, Password, Role};
use crate::change::{Action, Departure, MembershipChange, Reason, RoleChange};
use crate::declared::RoleKind;
use crate::diff::decide::decide;
use crate::diff::{Blocks, Pictures};
use crate::name::RoleName;

/// What the diff of roles needs to know about each beside the pictures.
pub trait RoleFacts {
    /// Managed or external, declared or remembered.
    fn kind(&self, role: &RoleName) -> RoleKind;
    /// The role's name before a rename.
    fn renamed_from(&self, role: &RoleName) -> Option<RoleName>;
    /// The role's name in between, when it is renamed in two steps.
    fn aside(&self, role: &RoleName) -> Option<RoleName>;
    /// What goes with it when it is dropped.
    fn departure(&self, role: &RoleName) -> Option<Departure>;
}

/// Finds the changes of roles, by name.
pub fn roles(pictures: Pictures<'_>, blocks: &Blocks, facts: &impl RoleFacts) -> Vec<RoleChange> {
    let names: BTreeSet<&RoleName> = pictures
        .desired
        .roles
        .keys()
        .chain(pictures.recorded.roles.keys())
        .chain(pictures.observed.roles.keys())
        .collect();
    names
        .into_iter()
        .filter_map(|name| {
            let desired = pictures.desired.roles.get(name);
            let recorded = pictures.recorded.roles.get(name);
            let observed = pictures.observed.roles.get(name);
            let (mut action, reason) = decide_role(desired, recorded, observed);
            let renamed_from = facts.renamed_from(name);
            if renamed_from.is_some() && matches!(action, Action::NoOp | Action::Adopt) {
                action = Action::Update;
            }
            let block = blocks.get(&Grantee::Role(name.clone()))?;
            (action != Action::NoOp).then(|| RoleChange {
                address: block.address.clone(),
                name: name.clone(),
                renamed_from,
                aside: facts.aside(name),
                kind: facts.kind(name),
                action,
                reason,
                before: observed.cloned(),
                after: desired.cloned(),
                departure: facts.departure(name).filter(|_| action == Action::Delete),
                origin: block.origin.clone(),
            })
        })
        .collect()
}

/// A new password is no value to compare with: what it replaces tells why it is made.
fn decide_role(desired: Option<&Role>, recorded: Option<&Role>, observed: Option<&Role>) -> (Action, Reason) {
    let mut values = [desired, recorded, observed].map(|role| role.map(comparable));
    if let [Some(desired), Some(recorded), Some(observed)] = &mut values
        && desired.password == Password::Fresh
    {
        let rest = Role { password: observed.password, ..desired.clone() };
        if recorded.password != observed.password {
            recorded.password = Password::Fresh;
        } else if rest == *observed && rest == *recorded {
            return (Action::Update, Reason::PasswordDue);
        }
    }
    let [desired, recorded, observed] = &values;
    decide(desired.as_ref(), recorded.as_ref(), observed.as_ref())
}

/// A role without its OID, which a configuration cannot know.
fn comparable(role: &Role) -> Role {
    Role { oid: 0, ..role.clone() }
}

/// Finds the changes of memberships, by member, role and grantor.
pub fn memberships(pictures: Pictures<'_>, blocks: &Blocks) -> Vec<MembershipChange> {
    let keys: BTreeSet<&Membership> = pictures
        .desired
        .memberships
        .keys()
        .chain(pictures.recorded.memberships.keys())
        .chain(pictures.observed.memberships.keys())
        .collect();
    keys.into_iter()
        .filter_map(|key| {
            let desired = pictures.desired.memberships.get(key);
            let observed = pictures.observed.memberships.get(key);
            let (action, reason) = decide(desired, pictures.recorded.memberships.get(key), observed);
            let block = blocks.get(&Grantee::Role(key.member.clone()))?;
            (action != Action::NoOp).then(|| MembershipChange {
                address: block.address.clone(),
                membership: key.clone(),
                action,
                reason,
                before: observed.copied(),
                after: desired.copied(),
                origin: block.origin.clone(),
            })
        })
        .collect()
}
