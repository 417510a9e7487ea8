//! A batch: like work of one rank, to be written as few statements.
//!
//! Not here: the order of batches (`graph::order`), their SQL (the provider). Invariant: a
//! batch only borrows from the changes that it is about.

use std::collections::BTreeSet;

use crate::change::{Action, EntryChange, GrantChange, MembershipChange, OwnerChange, Place, RoleChange};
use crate::diagnostic::Origin;
use crate::name::RoleName;

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
    /// What a batch is about, in words, and where it is declared when one place stands for it.
    pub fn subject(&self) -> (String, Option<Origin>) {
        match self {
            Batch::CreateRole(role)
            | Batch::RenameRole(role, ..)
            | Batch::FinishRole(role)
            | Batch::EndSessions(role)
            | Batch::Disown(role)
            | Batch::DropRole(role) => (role.address.to_string(), role.origin.clone()),
            Batch::GrantMembership(change) | Batch::RevokeMembership(change) => {
                (change.address_text(), change.origin.clone())
            }
            Batch::HandOver(change) => (change.address_text(), change.origin.clone()),
            Batch::RevokeGrants(place, changes) | Batch::AddGrants(place, changes) => {
                grants_subject(place, changes)
            }
        }
    }
}

fn grants_subject(place: &Place, changes: &[&GrantChange]) -> (String, Option<Origin>) {
    let touches =
        |entry: &&EntryChange| matches!(entry.action, Action::Create | Action::Update | Action::Delete);
    let entries: Vec<&EntryChange> =
        changes.iter().flat_map(|change| &change.entries).filter(touches).collect();
    let objects: usize = changes.iter().map(|change| change.objects.len()).sum();
    let origins: BTreeSet<&Option<Origin>> = entries.iter().map(|entry| &entry.origin).collect();
    let origin = match origins.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => (*one).clone(),
        _ => None,
    };
    if let ([entry], [change]) = (entries.as_slice(), changes)
        && let [object] = change.objects.as_slice()
    {
        return (change.address_of(entry, object), origin);
    }
    let grantees: BTreeSet<_> = entries.iter().map(|entry| &entry.grantee).collect();
    let word = changes.first().and_then(|change| change.objects.first()).map_or("grant", |o| o.grant_word());
    let where_text = match place {
        Place::Shared => String::new(),
        Place::Database(database) => format!(" in {}", crate::name::printable(database.as_str())),
    };
    let plural = |count: usize, word: &str| {
        if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
    };
    let text =
        format!("{word}: {} to {}{where_text}", plural(objects, "object"), plural(grantees.len(), "grantee"));
    (text, origin)
}
