//! What must be seen after one part of a plan: what was seen before it, with half of some
//! changes made.
//!
//! Not here: what belongs into which part (`graph::parts`). Invariant: only what the part's
//! shares are about differs, and the columns of relations that it revokes on, since a REVOKE on
//! a relation takes the same privileges on its columns along.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Holding};
use crate::catalog::{AclId, Catalog, Grants};
use crate::change::{Action, Changes, EntryChange, Place};
use crate::name::{Name, SchemaName};
use crate::object::Object;
use crate::plan::{Half, Part, ResourcePlan, Share};

/// What must be seen after a part.
pub fn after(plan: &ResourcePlan, part: &Part, before: &Catalog) -> Catalog {
    let changes = &plan.changes;
    let mut now = before.clone();
    if part.transaction.shared && part.half == Half::Take {
        for change in changes.memberships.iter().filter(|change| change.action == Action::Delete) {
            now.memberships.remove(&change.membership);
        }
    }
    let nothing = Grants::default();
    let places: BTreeSet<&Place> =
        part.shares.iter().map(|share| &changes.grants[share.change].place).collect();
    for place in places {
        let (grants, wanted) = match place {
            Place::Shared => (&mut now.shared, &plan.after.shared),
            Place::Database(database) => (
                now.databases.entry(database.clone()).or_default(),
                plan.after.databases.get(database).unwrap_or(&nothing),
            ),
        };
        for share in part.shares.iter().filter(|share| changes.grants[share.change].place == *place) {
            make(grants, changes, *share, part.half);
        }
        // Nobody looks at what nobody holds or shall hold anything on.
        *grants = grants.filtered(|object, acl| !acl.is_empty() || wanted.objects().contains_key(object));
    }
    now
}

fn make(grants: &mut Grants, changes: &Changes, share: Share, half: Half) {
    let change = &changes.grants[share.change];
    let taken = taken(&change.entries);
    // Like objects become like objects: one new ACL per old one.
    let mut made: BTreeMap<AclId, AclId> = BTreeMap::new();
    for object in &change.objects[share.from..share.to] {
        let old = grants.objects().get(object).map(|held| held.acl);
        let new = old.and_then(|old| made.get(&old)).copied().unwrap_or_else(|| {
            let acl = old.map_or_else(Acl::default, |old| grants.acl(old).clone());
            let new = grants.number(match half {
                Half::Take => without(&acl, &taken),
                Half::Give => given(&acl, &change.entries),
            });
            made.extend(old.map(|old| (old, new)));
            new
        });
        if !grants.set_acl(object, new)
            && let Object::Default(default) = object
        {
            let acl = grants.acl(new).clone();
            grants.insert_acl(object.clone(), 0, default.creator.clone(), acl);
        }
    }
    if half == Half::Take {
        take_along(grants, &change.objects[share.from..share.to], &taken);
    }
}

/// What is taken from whom.
pub(super) type Taken<'a> = BTreeMap<&'a Grantee, Vec<Holding>>;

pub(super) fn taken(entries: &[EntryChange]) -> Taken<'_> {
    entries.iter().map(|entry| (&entry.grantee, entry.revoked())).collect()
}

pub(super) fn without(acl: &Acl, taken: &Taken<'_>) -> Acl {
    let rest = acl.entries().iter().map(|entry| match taken.get(&entry.grantee) {
        Some(taken) => Entry { holding: entry.holding.less(taken), ..entry.clone() },
        None => entry.clone(),
    });
    Acl::new(rest.collect())
}

fn given(acl: &Acl, entries: &[EntryChange]) -> Acl {
    let mut all: Vec<Entry> = acl.entries().to_vec();
    for entry in entries {
        let added = entry.added().into_iter();
        all.extend(added.map(|holding| Entry { grantee: entry.grantee.clone(), holding }));
    }
    Acl::new(all)
}

/// Columns lose what their relation loses.
fn take_along(grants: &mut Grants, objects: &[Object], taken: &Taken<'_>) {
    if !objects.iter().any(|object| matches!(object, Object::Table(..) | Object::Sequence(..))) {
        return;
    }
    let mut columns: BTreeMap<(SchemaName, Name), Vec<Object>> = BTreeMap::new();
    for object in grants.objects().keys() {
        if let Object::Column(schema, relation, _) = object {
            columns.entry((schema.clone(), relation.clone())).or_default().push(object.clone());
        }
    }
    for object in objects {
        let (Object::Table(schema, name) | Object::Sequence(schema, name)) = object else { continue };
        for column in columns.get(&(schema.clone(), name.clone())).into_iter().flatten() {
            let Some(acl) = grants.acl_of(column).map(|acl| without(acl, taken)) else { continue };
            let acl = grants.number(acl);
            grants.set_acl(column, acl);
        }
    }
}
