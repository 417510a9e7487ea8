//! Memberships that stand on an ADMIN option which another membership gives.
//!
//! Not here: grants on objects, whose chains the provider orders. Invariant: the requirements form
//! no circle, whatever a configuration says of grantors; what it says in a circle the server refuses.

use std::collections::BTreeMap;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::acl::Grantor;
use crate::catalog::MembershipOptions;
use crate::change::MembershipChange;
use crate::graph::order::vertex::Vertex;
use crate::name::RoleName;

/// Who granted a membership by an ADMIN option has it until the membership is revoked, and who
/// shall grant one has it before. The two have nothing to do with each other.
pub(super) fn requirements<'a>(memberships: &[MembershipChange]) -> Vec<(Vertex<'a>, Vertex<'a>)> {
    let revokes = pairs(memberships, |change| change.before)
        .into_iter()
        .map(|(giver, other)| (Vertex::RevokeMembership(other), Vertex::RevokeMembership(giver)));
    let grants = pairs(memberships, |change| change.after)
        .into_iter()
        .map(|(giver, other)| (Vertex::GrantMembership(giver), Vertex::GrantMembership(other)));
    revokes.chain(grants).collect()
}

/// Places of changes at one end: the membership that gives the option, and one that stands on it.
fn pairs(
    memberships: &[MembershipChange],
    end: impl Fn(&MembershipChange) -> Option<MembershipOptions>,
) -> Vec<(usize, usize)> {
    let mut givers: BTreeMap<(&RoleName, &RoleName), Vec<usize>> = BTreeMap::new();
    for (at, change) in memberships.iter().enumerate() {
        if end(change).is_some_and(|options| options.admin) {
            givers.entry((&change.membership.member, &change.membership.role)).or_default().push(at);
        }
    }
    let there = memberships.iter().enumerate().filter(|(_, change)| end(change).is_some());
    let pairs = there.flat_map(|(at, change)| {
        let of_grantor = match &change.membership.grantor {
            Grantor::Owner => None,
            Grantor::Role(grantor) => givers.get(&(grantor, &change.membership.role)),
        };
        of_grantor.into_iter().flatten().map(move |giver| (*giver, at))
    });
    without_circles(pairs.collect())
}

fn without_circles(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let graph: DiGraphMap<usize, ()> = pairs.iter().map(|(giver, at)| (*giver, *at, ())).collect();
    let components = kosaraju_scc(&graph);
    let numbered = components.iter().enumerate();
    let component: BTreeMap<usize, usize> =
        numbered.flat_map(|(number, places)| places.iter().map(move |place| (*place, number))).collect();
    pairs.into_iter().filter(|(giver, at)| component[giver] != component[at]).collect()
}
