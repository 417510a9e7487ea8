//! Effective access: what each role, and each member through membership, gains or loses.
//!
//! Two catalogs in, differences in effect out: an entry that a role loses and holds through
//! a membership anyway is no loss. Computed on classes of objects with the same ACLs before
//! and after (design 11), so that half a million grants cost a few steps per role.
//! Not here: the entries themselves (`change`), future objects (default privileges), what
//! roles outside the scope hold; members outside the scope are not known.
//! Invariant: what PUBLIC gains or loses is said of PUBLIC, not again of every role; what is held on
//! a table is held on its columns, and said of the table.

mod closure;
mod effects;
mod ends;
pub mod extent;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::access::effects::{Both, Effects};
use crate::access::extent::Extent;
use crate::acl::Grantee;
use crate::catalog::Grants;
use crate::change::{Action, Changes, Place};
use crate::name::RoleName;
use crate::object::{Object, ObjectKind};
use crate::plan::ResourcePlan;
use crate::privilege::PrivilegeSet;

/// The differences in effect on one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Who gains or loses something, PUBLIC first, then by name.
    pub roles: BTreeMap<Grantee, RoleAccess>,
    /// Whose grants or memberships change without any effect: they hold the same otherwise.
    pub unaffected: BTreeSet<Grantee>,
}

/// What one role gains and loses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleAccess {
    /// Whether the role begins or ceases to exist.
    pub existence: Turn,
    /// Whether it may log in.
    pub login: Turn,
    /// Whether it is a superuser. When it is one at either end, nothing else is listed.
    pub superuser: Turn,
    /// Roles whose privileges it has by membership and whose own grants are not known: those outside the
    /// scope, and external ones.
    pub roles: Roles,
    /// Roles in the scope that own something, which it may use as its owner by membership.
    pub owners: Roles,
    /// Roles that it may become by SET ROLE without inheriting from them.
    pub set_role: Roles,
    /// Privileges on objects, with the number of objects.
    pub effects: BTreeMap<Effect, Extent>,
}

/// A quality that begins, ends, or stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// As before.
    #[default]
    Same,
    /// Begins.
    Gained,
    /// Ends.
    Lost,
}

impl Turn {
    /// The turn from one truth to another.
    pub fn of(before: bool, after: bool) -> Turn {
        match (before, after) {
            (false, true) => Turn::Gained,
            (true, false) => Turn::Lost,
            (true, true) | (false, false) => Turn::Same,
        }
    }
}

/// Roles gained and lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Roles {
    /// Had after, not before.
    pub gained: BTreeSet<RoleName>,
    /// Had before, not after.
    pub lost: BTreeSet<RoleName>,
}

impl Roles {
    fn of(before: &BTreeSet<RoleName>, after: &BTreeSet<RoleName>) -> Roles {
        Roles {
            gained: after.difference(before).cloned().collect(),
            lost: before.difference(after).cloned().collect(),
        }
    }

    /// Whether none is gained or lost.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

/// One kind of gain or loss.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// Gained or lost; never the same.
    pub turn: Turn,
    /// On which kind of objects.
    pub kind: ObjectKind,
    /// What.
    pub privileges: PrivilegeSet,
    /// Through which roles' entries, when not through its own.
    pub through: BTreeSet<RoleName>,
}

impl RoleAccess {
    fn is_nothing(&self) -> bool {
        *self == RoleAccess::default()
    }
}

impl Access {
    /// What a plan for one server changes in effect.
    pub fn of(plan: &ResourcePlan) -> Access {
        // Both ends under the names that roles get: two may change theirs.
        let renames = renames(&plan.changes);
        let before = match renames.is_empty() {
            true => Cow::Borrowed(&plan.before),
            false => Cow::Owned(plan.before.renamed(&renames)),
        };
        let effects = Effects::new(plan, &before);
        let mut access = Access::default();
        for role in effects.actors() {
            access.roles.insert(Grantee::Role(role.clone()), effects.role(role));
        }
        access.roles.insert(Grantee::Public, RoleAccess::default());
        let nothing = Grants::default();
        let places: BTreeSet<Place> =
            before.places().chain(plan.after.places()).map(|(place, _)| place).collect();
        for place in &places {
            let both = Both {
                before: before.place(place).unwrap_or(&nothing),
                after: plan.after.place(place).unwrap_or(&nothing),
                everybody: plan.everybody.get(place),
            };
            effects.place(place, both, &mut access.roles);
        }
        access.roles.retain(|_, role| !role.is_nothing());
        access.unaffected = touched(&plan.changes);
        access.unaffected.retain(|grantee| !access.roles.contains_key(grantee));
        access
    }

    /// Whether nobody gains or loses anything.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }
}

/// Whose grants or memberships change on the server, future objects left out.
fn touched(changes: &Changes) -> BTreeSet<Grantee> {
    let on_server = |action| matches!(action, Action::Create | Action::Update | Action::Delete);
    let mut touched = BTreeSet::new();
    for membership in changes.memberships.iter().filter(|change| on_server(change.action)) {
        touched.insert(Grantee::Role(membership.membership.member.clone()));
    }
    for change in changes.grants.iter().filter(|change| !matches!(change.objects[0], Object::Default(_))) {
        for entry in change.entries.iter().filter(|entry| on_server(entry.action)) {
            if !touched.contains(&entry.grantee) {
                touched.insert(entry.grantee.clone());
            }
        }
    }
    touched
}

/// The new names of renamed roles, by old name.
fn renames(changes: &Changes) -> BTreeMap<RoleName, RoleName> {
    let renamed = |change: &crate::change::RoleChange| {
        change.renamed_from.as_ref().map(|old| (old.clone(), change.name.clone()))
    };
    changes.roles.iter().filter_map(renamed).collect()
}
