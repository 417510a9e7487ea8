//! What a REVOKE on a relation takes along: the same privileges on its columns.
//!
//! Source: PostgreSQL, REVOKE: "revoking a privilege on a table also revokes the column
//! privileges of the same name, if any"; grant options likewise. Column grants that are still desired are therefore
//! planned again; sequences have columns too. Not here: other kinds, which take nothing along. Invariant: after the relation's
//! REVOKE and these changes every column has what is desired.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Grantee, Holding, less};
use crate::change::{Action, EntryChange, GrantChange, Place, Reason};
use crate::diff::Blocks;
use crate::diff::grants::{Three, holdings};
use crate::object::Object;

/// What a relation's REVOKE takes from one grantee, by grantor: privileges, and grant options alone.
type Lost = BTreeMap<Grantee, Vec<Holding>>;

/// Adds to the changes of one place what must be granted again.
pub(super) fn replan(place: &Place, three: Three<'_>, changes: &mut Vec<GrantChange>, blocks: &Blocks) {
    let columns: Vec<&Object> = three
        .observed
        .objects()
        .iter()
        .filter(|(object, held)| {
            matches!(object, Object::Column(..)) && !three.observed.acl(held.acl).is_empty()
        })
        .map(|(object, _)| object)
        .collect();
    let lost = lost_by_relation(&columns, changes);
    let planned = planned(changes);
    let mut again_planned = Vec::new();
    for column in columns {
        let relations = column.relations();
        let Some(lost) = relations.iter().flatten().find_map(|relation| lost.get(relation)) else { continue };
        let planned = planned.get(column).map_or(&[][..], |at| &changes[*at].entries);
        let Some(entries) = again(column, three, (lost, planned), blocks) else { continue };
        again_planned.push(GrantChange { place: place.clone(), objects: vec![column.clone()], entries });
    }
    let taken: BTreeSet<&Object> = again_planned.iter().map(|change| &change.objects[0]).collect();
    for change in changes.iter_mut().filter(|_| !taken.is_empty()) {
        change.objects.retain(|object| !taken.contains(object));
    }
    changes.retain(|change| !change.objects.is_empty());
    changes.extend(again_planned);
    changes.sort_by(|a, b| a.objects[0].cmp(&b.objects[0]));
}

/// In which change each column is.
fn planned(changes: &[GrantChange]) -> BTreeMap<Object, usize> {
    let columns = |change: &GrantChange| {
        let objects = change.objects.iter().filter(|object| matches!(object, Object::Column(..)));
        objects.cloned().collect::<Vec<_>>()
    };
    let all = changes.iter().enumerate();
    all.flat_map(|(at, change)| columns(change).into_iter().map(move |column| (column, at))).collect()
}

/// What each relation with column grants loses.
fn lost_by_relation(columns: &[&Object], changes: &[GrantChange]) -> BTreeMap<Object, Lost> {
    let relations: BTreeSet<Object> =
        columns.iter().filter_map(|column| column.relations()).flatten().collect();
    let mut lost = BTreeMap::new();
    if relations.is_empty() {
        return lost;
    }
    for change in changes {
        let of_change: Lost =
            change.entries.iter().map(|entry| (entry.grantee.clone(), entry.revoked())).collect();
        for object in change.objects.iter().filter(|object| relations.contains(*object)) {
            lost.insert(object.clone(), of_change.clone());
        }
    }
    lost
}

/// The entries of a column with what it loses taken off their `before`; `None` when it loses
/// nothing that is desired.
fn again(
    column: &Object,
    three: Three<'_>,
    (lost, planned): (&Lost, &[EntryChange]),
    blocks: &Blocks,
) -> Option<Vec<EntryChange>> {
    let mut entries: Vec<EntryChange> = planned.to_vec();
    let mut any = false;
    for (grantee, lost) in lost {
        let (Some(block), Some(observed)) = (blocks.get(grantee), three.observed.acl_of(column)) else {
            continue;
        };
        let before = holdings(observed, grantee).unwrap_or_default();
        let rest = less(&before, lost);
        if rest == before {
            continue;
        }
        let after = three.desired.acl_of(column).and_then(|acl| holdings(acl, grantee)).unwrap_or_default();
        match entries.iter_mut().find(|entry| entry.grantee == *grantee) {
            // What goes anyway is said to go, and revoked, whichever of the two comes first.
            Some(entry) if entry.action == Action::Delete => continue,
            Some(entry) => {
                entry.before = rest;
                entry.granted_again();
            }
            None => entries.push(EntryChange {
                address: block.address.clone(),
                grantee: grantee.clone(),
                action: Action::Update,
                reason: Reason::LostWithTable,
                before: rest,
                after,
                origin: block.origin.clone(),
            }),
        }
        any = true;
    }
    entries.sort_by(|a, b| a.grantee.cmp(&b.grantee));
    any.then_some(entries)
}

impl EntryChange {
    /// What was only to be written into the state is to be made now.
    fn granted_again(&mut self) {
        match self.action {
            Action::NoOp | Action::Adopt => {
                (self.action, self.reason) = (Action::Update, Reason::LostWithTable);
            }
            Action::Create | Action::Update | Action::Delete | Action::Forget => {}
        }
    }
}
