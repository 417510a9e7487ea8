//! Diff of ACLs: one step per object, one comparison per distinct triple of ACLs.
//!
//! Not here: the policy (`decide`). Invariant: objects with the same triple of ACLs (and of
//! the same kind) end up in the same `GrantChange`, in order, whatever their number.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{AclId, Grants, Held};
use crate::change::{Action, EntryChange, GrantChange, Place, Reason};
use crate::diff::decide::decide;
use crate::diff::{Blocks, columns};
use crate::object::{Object, ObjectKind};
use crate::privilege::PrivilegeSet;

/// The ACLs of one place in the three pictures.
#[derive(Clone, Copy, Debug)]
pub struct Three<'a> {
    /// From the configuration.
    pub desired: &'a Grants,
    /// From the state.
    pub recorded: &'a Grants,
    /// From the server.
    pub observed: &'a Grants,
}

/// What decides about an object: its kind, whether it is a row of default privileges, what PUBLIC has
/// built in on it, and its ACL in each picture.
type Triple = (Alike, Option<AclId>, Option<AclId>, Option<AclId>);
type Alike = (ObjectKind, bool, PrivilegeSet);

/// Finds the changes of one place.
pub fn diff(place: &Place, three: Three<'_>, blocks: &Blocks) -> Vec<GrantChange> {
    let mut entries: BTreeMap<Triple, Option<Vec<EntryChange>>> = BTreeMap::new();
    let mut objects: BTreeMap<Triple, Vec<Object>> = BTreeMap::new();
    for (object, triple) in triples(three) {
        let found = entries.entry(triple).or_insert_with(|| {
            let changes = entry_changes(three, triple, blocks);
            (!changes.is_empty()).then_some(changes)
        });
        if found.is_some() {
            objects.entry(triple).or_default().push(object.clone());
        }
    }
    let mut changes: Vec<GrantChange> = objects
        .into_iter()
        .filter_map(|(triple, objects)| {
            let entries = entries.remove(&triple)??;
            Some(GrantChange { place: place.clone(), objects, entries })
        })
        .collect();
    columns::replan(place, three, &mut changes, blocks);
    changes
}

/// Every object of any picture, with its triple: a merge of three ordered maps.
fn triples<'a>(three: Three<'a>) -> impl Iterator<Item = (&'a Object, Triple)> {
    let mut desired = three.desired.objects().iter().peekable();
    let mut recorded = three.recorded.objects().iter().peekable();
    let mut observed = three.observed.objects().iter().peekable();
    std::iter::from_fn(move || {
        let heads = [desired.peek(), recorded.peek(), observed.peek()];
        let next: &'a Object = heads.into_iter().flatten().map(|(object, _)| *object).min()?;
        let alike = (next.kind(), matches!(next, Object::Default(_)), next.public_default());
        let acls = (take(&mut desired, next), take(&mut recorded, next), take(&mut observed, next));
        Some((next, (alike, acls.0, acls.1, acls.2)))
    })
}

fn take<'a>(
    iterator: &mut Peekable<impl Iterator<Item = (&'a Object, &'a Held)>>,
    wanted: &Object,
) -> Option<AclId> {
    iterator.next_if(|(object, _)| *object == wanted).map(|(_, held)| held.acl)
}

fn entry_changes(three: Three<'_>, triple: Triple, blocks: &Blocks) -> Vec<EntryChange> {
    let nobody = Acl::default();
    let ((_, _, built_in), desired, recorded, observed) = triple;
    let desired = desired.map_or(&nobody, |id| three.desired.acl(id));
    let recorded = recorded.map_or(&nobody, |id| three.recorded.acl(id));
    let observed = observed.map_or(&nobody, |id| three.observed.acl(id));
    // Whoever stands in none of them has nothing to decide about, and there may be thousands.
    let grantees: BTreeSet<&Grantee> = [desired, recorded, observed]
        .into_iter()
        .flat_map(|acl| acl.by_grantee().map(|(grantee, _)| grantee))
        .collect();
    grantees
        .into_iter()
        .filter_map(|grantee| {
            let block = blocks.get(grantee)?;
            let of = |acl: &Acl| holdings(acl, grantee);
            let (before, after) = (of(observed), of(desired));
            let (action, reason) = decide(after.as_ref(), of(recorded).as_ref(), before.as_ref());
            let nobody_gave_it = *grantee == Grantee::Public && within(before.as_deref(), built_in);
            let reason = match reason {
                Reason::NotDeclared if nobody_gave_it => Reason::BuiltIn,
                other => other,
            };
            (action != Action::NoOp).then(|| EntryChange {
                address: block.address.clone(),
                grantee: grantee.clone(),
                action,
                reason,
                before: before.unwrap_or_default(),
                after: after.unwrap_or_default(),
                origin: block.origin.clone(),
            })
        })
        .collect()
}

/// Whether some holdings are no more than this, from the owner and without option.
fn within(holdings: Option<&[Holding]>, privileges: PrivilegeSet) -> bool {
    holdings.into_iter().flatten().all(|holding| {
        holding.grantor == Grantor::Owner
            && holding.grantable.is_empty()
            && holding.privileges.minus(privileges).is_empty()
    })
}

pub(super) fn holdings(acl: &Acl, grantee: &Grantee) -> Option<Vec<Holding>> {
    let entries: &[Entry] = acl.of(grantee);
    (!entries.is_empty()).then(|| entries.iter().map(|entry| entry.holding.clone()).collect())
}
