//! What a REVOKE on a table takes along: the same privileges on its columns.
//!
//! Source: PostgreSQL, REVOKE: "revoking a privilege on a table also revokes the column
//! privileges of the same name, if any". Column grants that are still desired are therefore
//! planned again. Not here: other kinds, which take nothing along. Invariant: after the table's
//! REVOKE and these changes every column has what is desired.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Grantee, Grantor, Holding};
use crate::change::{Action, EntryChange, GrantChange, Place, Reason};
use crate::diff::Blocks;
use crate::diff::grants::{Three, holdings};
use crate::object::Object;
use crate::privilege::PrivilegeSet;

/// What a table's REVOKE takes from one grantee, by grantor.
type Lost = BTreeMap<Grantee, Vec<(Grantor, PrivilegeSet)>>;

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
    let lost = lost_by_table(&columns, changes);
    for column in columns {
        let Object::Column(schema, table, _) = column else { continue };
        let Some(lost) = lost.get(&Object::Table(schema.clone(), table.clone())) else { continue };
        let Some(entries) = again(column, three, (lost, changes), blocks) else { continue };
        take_out(changes, column);
        changes.push(GrantChange { place: place.clone(), objects: vec![column.clone()], entries });
    }
    changes.sort_by(|a, b| a.objects[0].cmp(&b.objects[0]));
}

/// What each table with column grants loses.
fn lost_by_table(columns: &[&Object], changes: &[GrantChange]) -> BTreeMap<Object, Lost> {
    let tables: BTreeSet<Object> = columns
        .iter()
        .filter_map(|column| match column {
            Object::Column(schema, table, _) => Some(Object::Table(schema.clone(), table.clone())),
            _ => None,
        })
        .collect();
    let mut lost = BTreeMap::new();
    if tables.is_empty() {
        return lost;
    }
    for change in changes {
        let of_change: Lost = change
            .entries
            .iter()
            .map(|entry| (entry.grantee.clone(), entry.revoked()))
            .map(|(grantee, revoked)| {
                (grantee, revoked.into_iter().map(|holding| (holding.grantor, holding.privileges)).collect())
            })
            .collect();
        for object in change.objects.iter().filter(|object| tables.contains(*object)) {
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
    (lost, changes): (&Lost, &[GrantChange]),
    blocks: &Blocks,
) -> Option<Vec<EntryChange>> {
    let planned = changes.iter().find(|change| change.objects.contains(column));
    let mut entries: Vec<EntryChange> = planned.map_or(Vec::new(), |change| change.entries.clone());
    let mut any = false;
    for (grantee, lost) in lost {
        let (Some(block), Some(observed)) = (blocks.get(grantee), three.observed.acl_of(column)) else {
            continue;
        };
        let before = holdings(observed, grantee).unwrap_or_default();
        let rest = without(&before, lost);
        if rest == before {
            continue;
        }
        let after = three.desired.acl_of(column).and_then(|acl| holdings(acl, grantee)).unwrap_or_default();
        match entries.iter_mut().find(|entry| entry.grantee == *grantee) {
            Some(entry) => entry.before = rest,
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

fn without(holdings: &[Holding], lost: &[(Grantor, PrivilegeSet)]) -> Vec<Holding> {
    let rest = holdings.iter().map(|holding| {
        let lost = lost
            .iter()
            .filter(|(grantor, _)| *grantor == holding.grantor)
            .fold(PrivilegeSet::EMPTY, |all, (_, privileges)| all.union(*privileges));
        Holding {
            grantor: holding.grantor.clone(),
            privileges: holding.privileges.minus(lost),
            grantable: holding.grantable.minus(lost),
        }
    });
    rest.filter(|holding| !holding.privileges.is_empty()).collect()
}

fn take_out(changes: &mut Vec<GrantChange>, column: &Object) {
    for change in changes.iter_mut() {
        change.objects.retain(|object| object != column);
    }
    changes.retain(|change| !change.objects.is_empty());
}
