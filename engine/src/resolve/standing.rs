//! Grants and memberships that stand already, by another grantor than this administrator would be.
//!
//! An administrator that does not act as the owner grants in its own name, and memberships in its own
//! name from 16 on. What the owner granted, or what was granted when another administrator was in
//! charge, is no worse for that: it stays, or plans by two administrators would undo each other for
//! ever. Not here: `granted_by`, which is exact, and administrators that act as the owner, who grants
//! everything then. Invariant: everybody gets what is wanted, and nothing by a grantor that has it not
//! granted already, but for the administrator.

use std::collections::BTreeSet;

use crate::acl::{Acl, Entry, Grantor, Holding};
use crate::catalog::{Membership, MembershipOptions};
use crate::name::RoleName;
use crate::resolve::{Desired, Question};

/// Who holds what on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing<'a> {
    /// As observed.
    pub(super) observed: &'a Acl,
    /// As recorded: by whom roleform granted.
    pub(super) recorded: &'a Acl,
}

impl Standing<'_> {
    /// The entries that give what is wanted, by whoever has granted it already.
    pub(super) fn keep(self, wanted: &Acl) -> Vec<Entry> {
        wanted.entries().iter().flat_map(|entry| self.keep_entry(entry)).collect()
    }

    fn keep_entry(self, wanted: &Entry) -> Vec<Entry> {
        let mut missing = wanted.holding.clone();
        let mut entries = Vec::new();
        for stands in self.observed.of(&wanted.grantee) {
            let Holding { grantor, privileges, grantable } = &stands.holding;
            if !self.counts(stands) || *grantor == wanted.holding.grantor {
                continue;
            }
            let privileges = missing.privileges.intersection(*privileges);
            let grantable = missing.grantable.intersection(*grantable);
            // Whose option is missing is granted once more, with it.
            missing.grantable = missing.grantable.minus(grantable);
            missing.privileges = missing.privileges.minus(privileges).union(missing.grantable);
            let holding = Holding { grantor: grantor.clone(), privileges, grantable };
            entries.push(Entry { grantee: wanted.grantee.clone(), holding });
        }
        entries.push(Entry { grantee: wanted.grantee.clone(), holding: missing });
        entries
    }

    /// Whether an entry is the owner's, or one that roleform made.
    fn counts(self, stands: &Entry) -> bool {
        let recorded = self.recorded.of(&stands.grantee).iter();
        let grantor = &stands.holding.grantor;
        *grantor == Grantor::Owner || recorded.map(|entry| &entry.holding.grantor).any(|one| one == grantor)
    }
}

/// The OID of the superuser that initdb makes, as whom all superusers grant memberships.
const BOOTSTRAP: u32 = 10;

/// The keys of a membership for which nobody shall be named as the grantor: the administrator's own, or
/// one that gives the same already, the bootstrap superuser's first; and whatever else gives the same
/// and is not the administrator's to take. `named` are grantors whose memberships are declared by
/// themselves.
pub(super) fn memberships(
    question: &Question<'_>,
    desired: &mut Desired,
    (usual, wanted): (Membership, MembershipOptions),
    named: &BTreeSet<&RoleName>,
) -> BTreeSet<Membership> {
    let (admin, observed) = (&question.observed.admin, &desired.observed);
    // What a role of the run granted stands on an option that the run may take from it.
    let counts = |role: &RoleName| !named.contains(role) && !observed.roles.contains_key(role);
    let others = observed.memberships.iter().filter(|(key, options)| {
        let same = key.member == usual.member && key.role == usual.role && **options == wanted;
        // All superusers grant as one, and may take what others granted.
        same && !admin.superuser && key.grantor.role().is_some_and(counts)
    });
    let others: Vec<&Membership> = others.map(|(key, _)| key).collect();
    let by = |key: &Membership, is: &dyn Fn(&RoleName) -> bool| key.grantor.role().is_some_and(is);
    let fact = |role: &RoleName| question.observed.roles.get(role);
    let bootstrap = |role: &RoleName| fact(role).is_some_and(|fact| fact.oid == BOOTSTRAP);
    let first = match others.iter().min_by_key(|key| !by(key, &bootstrap)) {
        Some(stands) if !observed.memberships.contains_key(&usual) => (*stands).clone(),
        Some(_) | None => usual,
    };
    let left = others.into_iter().filter(|key| !by(key, &|role| admin.has_privileges_of.contains(role)));
    let keys = left.cloned().chain([first.clone()]).collect();
    follow(&first, desired);
    keys
}

/// What is recorded tells the grantor as the administrator of that day saw it, and follows.
fn follow(key: &Membership, desired: &mut Desired) {
    let (observed, recorded) = (&desired.observed.memberships, &mut desired.recorded.memberships);
    let other = recorded.keys().find(|then| then.member == key.member && then.role == key.role).cloned();
    if let Some(then) = other
        && !recorded.contains_key(key)
        && observed.contains_key(key)
        && !observed.contains_key(&then)
        && let Some(options) = recorded.remove(&then)
    {
        recorded.insert(key.clone(), options);
    }
}
