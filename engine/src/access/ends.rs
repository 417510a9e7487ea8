//! One class of objects at both ends: who holds what there, and what that makes a difference of.
//!
//! Not here: which classes there are, and for whom they matter (`effects`). Invariant: an owner holds
//! everything, and what is held on a table is held on its columns.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Effect, Turn};
use crate::acl::Grantee;
use crate::name::RoleName;
use crate::object::ObjectKind;
use crate::privilege::PrivilegeSet;

/// Whose something is before and after.
pub(super) type Owners = (RoleName, RoleName);

/// One class at both ends.
#[derive(Clone)]
pub(super) struct Ends<'a> {
    pub(super) kind: ObjectKind,
    pub(super) owners: &'a Owners,
    pub(super) before: HeldBy,
    pub(super) after: HeldBy,
}

impl Ends<'_> {
    /// What PUBLIC holds, before and after.
    pub(super) fn public(&self) -> (PrivilegeSet, PrivilegeSet) {
        let of =
            |held: &BTreeMap<Grantee, PrivilegeSet>| held.get(&Grantee::Public).copied().unwrap_or_default();
        (of(&self.before), of(&self.after))
    }

    /// What PUBLIC gains and loses.
    pub(super) fn of_public(&self) -> Difference {
        let (before, after) = self.public();
        Difference::of(before, after)
    }

    /// These ends with what is held on the table, as far as columns have such privileges.
    pub(super) fn with(&self, (on_table, all): (&Ends<'_>, PrivilegeSet)) -> Self {
        let add = |own: &HeldBy, more: &HeldBy| {
            let mut sum = own.clone();
            for (grantee, privileges) in more {
                let held = sum.entry(grantee.clone()).or_default();
                *held = held.union(privileges.intersection(all));
            }
            sum
        };
        let (before, after) = (add(&self.before, &on_table.before), add(&self.after, &on_table.after));
        Ends { before, after, ..self.clone() }
    }
}

/// What everybody holds by the entries of one end.
pub(super) type HeldBy = BTreeMap<Grantee, PrivilegeSet>;

/// What a role holds by its closure; an owner holds everything.
pub(super) fn held_by(
    owner: &RoleName,
    held: &HeldBy,
    reached: &BTreeSet<RoleName>,
    all: PrivilegeSet,
) -> PrivilegeSet {
    let own = if reached.contains(owner) { all } else { PrivilegeSet::EMPTY };
    reached.iter().fold(own, |sum, source| sum.union(entry(held, source)))
}

/// Privileges by the roles through whose entries they are held; through nobody's, by one's own.
pub(super) type Ways = BTreeMap<BTreeSet<RoleName>, PrivilegeSet>;

/// How a role holds each of the privileges.
pub(super) fn ways(
    (role, owner): (&RoleName, &RoleName),
    held: &HeldBy,
    reached: &BTreeSet<RoleName>,
    wanted: PrivilegeSet,
) -> Ways {
    let own = if role == owner { wanted } else { entry(held, role) };
    let mut ways = Ways::from([(BTreeSet::new(), wanted.intersection(own))]);
    for privilege in wanted.minus(own).iter() {
        let one = PrivilegeSet::of(&[privilege]);
        let gives = |source: &&RoleName| *source == owner || entry(held, source).contains(privilege);
        let through = reached.iter().filter(gives).cloned().collect();
        let way = ways.entry(through).or_default();
        *way = way.union(one);
    }
    ways
}

/// One effect for each way; what is not held in a way is no effect.
pub(super) fn told(kind: ObjectKind, gained: Ways, lost: Ways) -> Vec<Effect> {
    let turned = |turn, ways: Ways| {
        ways.into_iter()
            .filter(|(_, privileges)| !privileges.is_empty())
            .map(move |(through, privileges)| Effect { turn, kind, privileges, through })
    };
    turned(Turn::Gained, gained).chain(turned(Turn::Lost, lost)).collect()
}

fn entry(held: &BTreeMap<Grantee, PrivilegeSet>, role: &RoleName) -> PrivilegeSet {
    held.get(&Grantee::Role(role.clone())).copied().unwrap_or_default()
}

/// What is gained and lost on one class.
#[derive(Clone, Copy)]
pub(super) struct Difference {
    pub(super) gained: PrivilegeSet,
    pub(super) lost: PrivilegeSet,
}

impl Difference {
    /// From what is held before to what is after.
    pub(super) fn of(before: PrivilegeSet, after: PrivilegeSet) -> Difference {
        Difference { gained: after.minus(before), lost: before.minus(after) }
    }

    /// Without what is said already.
    pub(super) fn minus(self, said: Difference) -> Difference {
        Difference { gained: self.gained.minus(said.gained), lost: self.lost.minus(said.lost) }
    }

    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}
