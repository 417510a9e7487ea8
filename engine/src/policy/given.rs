//! What a plan gives: its grants, and what comes with owning a schema.
//!
//! An owner holds every privilege and may grant it, so a schema that changes hands, or whose owner
//! is taken over, counts as a grant of all of that, at its own address. Not here: what is forbidden
//! (`judge`). Invariant: nothing that a role can do in the end is given past a policy.

use std::borrow::Cow;

use crate::acl::{Grantee, Grantor, Holding};
use crate::change::{Action, EntryChange, GrantChange, OwnerChange, Place};
use crate::object::{Object, ObjectKind};
use crate::plan::ResourcePlan;

/// A change of grants, or an ownership as if it were one.
pub(super) struct Given<'a> {
    change: Cow<'a, GrantChange>,
    /// The address of an ownership.
    own: Option<String>,
}

impl Given<'_> {
    /// What is given.
    pub(super) fn change(&self) -> &GrantChange {
        &self.change
    }

    /// The address of one entry on one object.
    pub(super) fn address_of(&self, entry: &EntryChange, object: &Object) -> String {
        self.own.clone().unwrap_or_else(|| self.change.address_of(entry, object))
    }
}

/// All that a plan gives on one server.
pub(super) fn given(plan: &ResourcePlan) -> Vec<Given<'_>> {
    let grants = plan.changes.grants.iter();
    let grants = grants.map(|change| Given { change: Cow::Borrowed(change), own: None });
    let owners = plan.changes.owners.iter().filter_map(|change| owned(plan, change));
    grants.chain(owners).collect()
}

fn owned<'a>(plan: &ResourcePlan, change: &OwnerChange) -> Option<Given<'a>> {
    let privileges = ObjectKind::Schema.privileges(plan.identity.major());
    let entry = EntryChange {
        address: change.address.clone(),
        grantee: Grantee::Role(change.after.clone()?),
        action: change.action,
        reason: change.reason,
        before: Vec::new(),
        after: vec![Holding { grantor: Grantor::Owner, privileges, grantable: privileges }],
        origin: change.origin.clone(),
    };
    match change.action {
        Action::Update | Action::Adopt => {}
        Action::NoOp | Action::Create | Action::Delete | Action::Forget => return None,
    }
    let place = Place::Database(change.path.database.clone());
    let objects = vec![Object::Schema(change.path.schema.clone())];
    let change_of_grants = GrantChange { place, objects, entries: vec![entry] };
    Some(Given { change: Cow::Owned(change_of_grants), own: Some(change.address_text()) })
}
