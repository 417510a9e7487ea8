//! A batch: like work of one rank, to be written as few statements.
//!
//! Not here: the order of batches (`graph::order`), their SQL (the provider). Invariant: a
//! batch only borrows from the changes that it is about.

use crate::change::{GrantChange, MembershipChange, OwnerChange, Place, RoleChange};
use crate::name::RoleName;
use crate::plan::{Statement, Step, Subject};

/// Like work of one rank, to be written as few statements.
#[derive(Clone, Debug)]
pub enum Batch<'a> {
    /// CREATE ROLE … NOLOGIN, nothing else.
    CreateRole(&'a RoleChange),
    /// ALTER ROLE … RENAME, from the one name to the other.
    RenameRole(&'a RoleChange, &'a RoleName, &'a RoleName),
    /// Attributes, validity, comment, settings, password, LOGIN: from what stands
    /// (for a new role: what CREATE ROLE left) to what is desired.
    FinishRole(&'a RoleChange),
    /// No session of a role that is dropped may go on: they are ended, or the apply fails.
    EndSessions(&'a RoleChange),
    /// REASSIGN OWNED or DROP OWNED in the database that the transaction is in.
    Disown(&'a RoleChange),
    /// DROP ROLE.
    DropRole(&'a RoleChange),
    /// GRANT role TO member, or new options.
    GrantMembership(&'a MembershipChange),
    /// REVOKE role FROM member.
    RevokeMembership(&'a MembershipChange),
    /// ALTER SCHEMA … OWNER TO.
    HandOver(&'a OwnerChange),
    /// What must go, of like grants in one place: before minus after, per grantor.
    RevokeGrants(&'a Place, Vec<&'a GrantChange>),
    /// What must come, of like grants in one place: after minus before.
    AddGrants(&'a Place, Vec<&'a GrantChange>),
}

impl Batch<'_> {
    /// What a batch is about as a whole.
    pub fn subject(&self) -> Subject {
        match *self {
            Batch::CreateRole(role)
            | Batch::RenameRole(role, ..)
            | Batch::FinishRole(role)
            | Batch::EndSessions(role)
            | Batch::Disown(role)
            | Batch::DropRole(role) => role.into(),
            Batch::GrantMembership(change) | Batch::RevokeMembership(change) => change.into(),
            Batch::HandOver(change) => change.into(),
            Batch::RevokeGrants(place, ref changes) | Batch::AddGrants(place, ref changes) => {
                let objects = changes.iter().flat_map(|change| &change.objects).collect();
                let entries: Vec<_> = changes.iter().flat_map(|change| &change.entries).collect();
                Subject::grants(place, &objects, &entries)
            }
        }
    }

    /// Statements that are about a batch as a whole.
    pub fn steps(&self, statements: Vec<Statement>) -> Vec<Step> {
        let subject = self.subject();
        let step = |statement| Step { subject: subject.clone(), statement };
        statements.into_iter().map(step).collect()
    }
}
