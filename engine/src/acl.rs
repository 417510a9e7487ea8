//! Access control lists: who holds what, granted by whom, with which grant options.
//!
//! Not here: the text of `aclitem[]` (the provider parses it), the object that an ACL
//! belongs to (`catalog`). Invariant: entries are sorted by grantee and grantor, no two
//! share both, none is empty, and what is grantable is also held. Entries of the owner
//! for itself are implied by ownership and never stand here.

use std::fmt;

use crate::name::{RoleName, printable};
use crate::privilege::PrivilegeSet;

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// The pseudo-role of everybody.
    Public,
    /// One role.
    Role(RoleName),
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::Public => f.write_str("PUBLIC"),
            Grantee::Role(role) => f.write_str(&printable(role.as_str())),
        }
    }
}

/// By whom. Relative to the owner, so that a change of owner, which makes PostgreSQL
/// rewrite the ACL, is no drift, and like tables of different owners share a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantor {
    /// The object's owner: what a GRANT by the owner or a superuser records. For
    /// memberships: whom the server records for the administrator's own GRANT.
    Owner,
    /// Another role, which holds a grant option.
    Role(RoleName),
}

impl Grantor {
    /// The role, where it is not the owner.
    pub fn role(&self) -> Option<&RoleName> {
        match self {
            Grantor::Owner => None,
            Grantor::Role(role) => Some(role),
        }
    }
}

/// What one grantor gave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// By whom.
    pub grantor: Grantor,
    /// What.
    pub privileges: PrivilegeSet,
    /// What of it the grantee may grant on.
    pub grantable: PrivilegeSet,
}

impl Holding {
    /// What is left of it when these are revoked from the same grantee: a privilege takes its grant
    /// option along, and another grantor's revocation takes nothing (PostgreSQL, REVOKE).
    #[must_use]
    pub fn less(&self, revoked: &[Holding]) -> Holding {
        let same = revoked.iter().filter(|revoked| revoked.grantor == self.grantor);
        same.fold(self.clone(), |left, revoked| Holding {
            privileges: left.privileges.minus(revoked.privileges),
            grantable: left.grantable.minus(revoked.privileges).minus(revoked.grantable),
            ..left
        })
    }
}

/// What is left of all that one grantee holds when these are revoked.
pub fn less(holdings: &[Holding], revoked: &[Holding]) -> Vec<Holding> {
    let left = holdings.iter().map(|holding| holding.less(revoked));
    left.filter(|holding| !holding.privileges.is_empty()).collect()
}

/// One entry of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// To whom.
    pub grantee: Grantee,
    /// What, and by whom.
    pub holding: Holding,
}

/// The entries of one object, or those of them that are in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl(Vec<Entry>);

impl Acl {
    /// Makes an ACL of entries in any order; those of one grantee by one grantor are merged.
    pub fn new(mut entries: Vec<Entry>) -> Acl {
        entries.retain(|entry| !entry.holding.privileges.is_empty());
        entries.sort();
        let mut merged: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match merged.last_mut() {
                Some(last)
                    if last.grantee == entry.grantee && last.holding.grantor == entry.holding.grantor =>
                {
                    last.holding.privileges = last.holding.privileges.union(entry.holding.privileges);
                    last.holding.grantable = last.holding.grantable.union(entry.holding.grantable);
                }
                _ => merged.push(entry),
            }
        }
        for entry in &mut merged {
            entry.holding.grantable = entry.holding.grantable.intersection(entry.holding.privileges);
        }
        Acl(merged)
    }

    /// The entries, sorted by grantee and grantor.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Whether nobody holds anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries grouped by grantee, in order.
    pub fn by_grantee(&self) -> impl Iterator<Item = (&Grantee, &[Entry])> {
        self.0.chunk_by(|a, b| a.grantee == b.grantee).map(|entries| (&entries[0].grantee, entries))
    }

    /// What one grantee holds, by grantor.
    pub fn of(&self, grantee: &Grantee) -> &[Entry] {
        let start = self.0.partition_point(|entry| entry.grantee < *grantee);
        let end = self.0.partition_point(|entry| entry.grantee <= *grantee);
        &self.0[start..end]
    }

    /// What one grantee holds, whoever granted it.
    pub fn privileges_of(&self, grantee: &Grantee) -> PrivilegeSet {
        self.of(grantee).iter().fold(PrivilegeSet::EMPTY, |all, entry| all.union(entry.holding.privileges))
    }
}
