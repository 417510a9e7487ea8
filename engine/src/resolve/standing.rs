//! Grants that stand already, by another grantor than this administrator would be.
//!
//! An administrator that does not act as the owner grants in its own name. What the owner granted, or
//! what was granted when another administrator was in charge, is no worse for that: it stays, or plans
//! by two administrators would undo each other. Not here: `granted_by`, which is exact, and
//! administrators that act as the owner, who grants everything then. Invariant: everybody gets what is
//! wanted, and nothing by a grantor that has it not granted already, but for the administrator.

use crate::acl::Grantor;
use crate::acl::{Acl, Entry, Holding};

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
