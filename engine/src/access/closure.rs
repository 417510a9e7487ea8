//! Closure: whose privileges a role has, by membership.
//!
//! PostgreSQL's rule (`has_privs_of_role`): up to 15 a member inherits when it has the
//! INHERIT attribute, from 16 when the membership has the INHERIT option; SET ROLE needs the
//! SET option from 16. Known are the memberships of roles in scope; where a path leaves the
//! scope it ends, and the role outside stands for all that it holds.
//! Invariant: a role is in its own closure.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::name::RoleName;

/// First major version with options per membership.
const OPTIONS_SINCE: u32 = 16;

/// Memberships of one catalog, ready to be followed.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    inherited: BTreeMap<RoleName, BTreeSet<RoleName>>,
    settable: BTreeMap<RoleName, BTreeSet<RoleName>>,
}

impl Memberships {
    /// Reads the memberships of a catalog.
    pub(crate) fn of(catalog: &Catalog, major: u32) -> Memberships {
        let mut memberships = Memberships::default();
        for (key, options) in &catalog.memberships {
            let attribute = catalog.roles.get(&key.member).is_none_or(|role| role.attributes.inherit);
            let inherits = if major < OPTIONS_SINCE { attribute } else { options.inherit };
            let (member, role) = (key.member.clone(), key.role.clone());
            if inherits {
                memberships.inherited.entry(member.clone()).or_default().insert(role.clone());
            }
            if major < OPTIONS_SINCE || options.set {
                memberships.settable.entry(member).or_default().insert(role);
            }
        }
        memberships
    }

    /// The roles whose privileges a role has without doing anything, itself included.
    pub(crate) fn inherited(&self, role: &RoleName) -> BTreeSet<RoleName> {
        follow(&self.inherited, role)
    }

    /// The roles that a role may become by SET ROLE and does not inherit from.
    pub(crate) fn only_by_set_role(&self, role: &RoleName) -> BTreeSet<RoleName> {
        let inherited = self.inherited(role);
        follow(&self.settable, role).difference(&inherited).cloned().collect()
    }
}

/// Everything reachable, without recursion: chains of memberships may be long.
fn follow(edges: &BTreeMap<RoleName, BTreeSet<RoleName>>, from: &RoleName) -> BTreeSet<RoleName> {
    let mut reached = BTreeSet::from([from.clone()]);
    let mut open = vec![from.clone()];
    while let Some(role) = open.pop() {
        for next in edges.get(&role).into_iter().flatten() {
            if reached.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    reached
}
