//! Memberships that stand on an ADMIN option which another membership gives.
//!
//! Not here: grants on objects, whose chains the provider orders. Invariant: pairs lead away from the
//! administrator, step by step, so that they never make a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::Grantor;
use crate::catalog::MembershipOptions;
use crate::change::MembershipChange;
use crate::graph::order::vertex::Vertex;
use crate::name::RoleName;

/// Who grants a membership by an ADMIN option needs it before, and until the membership is revoked.
pub(super) fn requirements<'a>(
    memberships: &[MembershipChange],
) -> impl Iterator<Item = (Vertex<'a>, Vertex<'a>)> + use<'a> {
    pairs(memberships).into_iter().flat_map(|(giver, other)| {
        [
            (Vertex::RevokeMembership(other), Vertex::RevokeMembership(giver)),
            (Vertex::GrantMembership(giver), Vertex::GrantMembership(other)),
        ]
    })
}

/// Pairs of places: the membership that gives the option, and one that stands on it.
fn pairs(memberships: &[MembershipChange]) -> Vec<(usize, usize)> {
    let chains = Chains::of(memberships);
    let steps: Vec<usize> = (0..memberships.len()).map(|at| chains.steps(at, &mut BTreeSet::new())).collect();
    let pairs = (0..memberships.len()).flat_map(|at| chains.givers(at).map(move |giver| (giver, at)));
    pairs.filter(|(giver, at)| steps[*giver] < steps[*at]).collect()
}

/// Who has the ADMIN option on what, by which of the changes.
struct Chains<'a> {
    memberships: &'a [MembershipChange],
    options: BTreeMap<(&'a RoleName, &'a RoleName), Vec<usize>>,
}

impl<'a> Chains<'a> {
    fn of(memberships: &'a [MembershipChange]) -> Chains<'a> {
        let mut options: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let admin = |options: &MembershipOptions| options.admin;
        for (at, change) in memberships.iter().enumerate() {
            if change.before.as_ref().is_some_and(admin) || change.after.as_ref().is_some_and(admin) {
                options.entry((&change.membership.member, &change.membership.role)).or_default().push(at);
            }
        }
        Chains { memberships, options }
    }

    /// The changes that give the grantor of this one its option.
    fn givers(&self, at: usize) -> impl Iterator<Item = usize> {
        let membership = &self.memberships[at].membership;
        let of_grantor = match &membership.grantor {
            Grantor::Owner => None,
            Grantor::Role(grantor) => self.options.get(&(grantor, &membership.role)),
        };
        of_grantor.into_iter().flatten().copied()
    }

    /// How far a membership is from the administrator: the longest way. What stands before and
    /// after together may bite its tail, as each alone cannot.
    fn steps(&self, at: usize, seen: &mut BTreeSet<usize>) -> usize {
        if !seen.insert(at) {
            return 0;
        }
        let givers: Vec<usize> = self.givers(at).collect();
        let longest = givers.into_iter().map(|giver| self.steps(giver, seen) + 1).max().unwrap_or(0);
        seen.remove(&at);
        longest
    }
}
