//! What a server makes of changes: an interpreter of plans over catalogs.
//!
//! It does what PostgreSQL does with the statements of `sql`, written independently of them:
//! first everything is revoked, then everything granted. Source: PostgreSQL, REVOKE ("revoking
//! a privilege on a table also revokes it on its columns", by the same grantor). Not here: what
//! should change (`diff`). Invariant: what no change names stays as it is.

use std::collections::BTreeMap;

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Grants, Held};
use crate::change::{Action, Changes, EntryChange, GrantChange, Place, RoleChange};
use crate::name::RoleName;
use crate::object::{DefaultPrivileges, Object};
use crate::privilege::PrivilegeSet;

/// Whole and grantable privileges by grantee and grantor.
type Entries = BTreeMap<(Grantee, Grantor), (PrivilegeSet, PrivilegeSet)>;

/// The ACLs of one place, open to change.
type Open = BTreeMap<Object, (Held, Entries)>;

/// The picture after all changes. Objects without entries are left out.
pub fn interpret(changes: &Changes, observed: &Catalog) -> Catalog {
    let mut after = observed.renamed(&renames(changes));
    for change in &changes.roles {
        match change.action {
            Action::Create | Action::Update => {
                after.roles.extend(change.after.clone().map(|role| (change.name.clone(), role)));
            }
            Action::Delete => drop(after.roles.remove(&change.name)),
            Action::NoOp | Action::Adopt | Action::Forget => {}
        }
    }
    for change in &changes.memberships {
        match change.action {
            Action::Create | Action::Update => {
                after.memberships.extend(change.after.map(|options| (change.membership.clone(), options)));
            }
            Action::Delete => drop(after.memberships.remove(&change.membership)),
            Action::NoOp | Action::Adopt | Action::Forget => {}
        }
    }
    for change in changes.owners.iter().filter(|change| change.action == Action::Update) {
        if let (Some(owner), Some(role)) = (after.owners.get_mut(&change.path), &change.after) {
            owner.role = role.clone();
        }
        if let (Some(role), Some(grants)) = (&change.after, after.databases.get_mut(&change.path.database)) {
            grants.hand_over(&change.path.schema, role, role);
        }
    }
    after.shared = place(&Place::Shared, &after.shared, changes);
    let databases = std::mem::take(&mut after.databases);
    for (name, grants) in databases {
        let grants = place(&Place::Database(name.clone()), &grants, changes);
        after.databases.insert(name, grants);
    }
    after
}

/// Old name to new. A renamed role keeps all that it has and holds, and two may change names.
fn renames(changes: &Changes) -> BTreeMap<RoleName, RoleName> {
    let renamed = |change: &RoleChange| Some((change.renamed_from.clone()?, change.name.clone()));
    changes.roles.iter().filter_map(renamed).collect()
}

fn place(place: &Place, observed: &Grants, changes: &Changes) -> Grants {
    let mut open: Open = observed
        .objects()
        .iter()
        .map(|(object, held)| (object.clone(), (held.clone(), entries(observed.acl(held.acl)))))
        .collect();
    let here: Vec<&GrantChange> = changes.grants.iter().filter(|change| change.place == *place).collect();
    // As the order of a plan has it: columns after the tables whose REVOKE takes them along.
    for change in &here {
        each(change, |object, entry| revoke(&mut open, object, entry));
    }
    for change in &here {
        each(change, |object, entry| grant(&mut open, object, entry));
    }
    let mut after = Grants::default();
    for (object, (held, entries)) in open {
        let entries = entries.into_iter().map(|((grantee, grantor), (privileges, grantable))| Entry {
            grantee,
            holding: Holding { grantor, privileges, grantable },
        });
        let acl = Acl::new(entries.collect());
        if !acl.is_empty() {
            after.insert_acl(object, held.oid, held.owner, acl);
        }
    }
    after
}

fn entries(acl: &Acl) -> Entries {
    let of = |entry: &Entry| {
        let holding = &entry.holding;
        ((entry.grantee.clone(), holding.grantor.clone()), (holding.privileges, holding.grantable))
    };
    acl.entries().iter().map(of).collect()
}

fn each(change: &GrantChange, mut act: impl FnMut(&Object, &EntryChange)) {
    for object in &change.objects {
        for entry in &change.entries {
            match entry.action {
                Action::Create | Action::Update | Action::Delete => act(object, entry),
                Action::NoOp | Action::Adopt | Action::Forget => {}
            }
        }
    }
}

fn revoke(open: &mut Open, object: &Object, entry: &EntryChange) {
    for holding in entry.revoked() {
        let key = (entry.grantee.clone(), holding.grantor.clone());
        let options = holding.grantable.union(holding.privileges);
        for (other, (_, entries)) in open.iter_mut() {
            let along = matches!((object, other), (Object::Table(schema, table), Object::Column(s, t, _)) if s == schema && t == table);
            if let Some((whole, grantable)) = entries.get_mut(&key).filter(|_| along || other == object) {
                *whole = whole.minus(holding.privileges);
                *grantable = grantable.minus(options);
            }
        }
    }
}

fn grant(open: &mut Open, object: &Object, entry: &EntryChange) {
    for holding in entry.added() {
        // Only a row of default privileges may come into being.
        let Object::Default(DefaultPrivileges { creator: owner, .. }) = object else {
            let (_, entries) = open.get_mut(object).unwrap_or_else(|| panic!("{object} was not observed"));
            add(entries, &entry.grantee, holding);
            continue;
        };
        let empty = || {
            let mut nothing = Grants::default();
            let acl = nothing.number(Acl::default());
            (Held { oid: 0, owner: owner.clone(), acl }, Entries::new())
        };
        let (_, entries) = open.entry(object.clone()).or_insert_with(empty);
        add(entries, &entry.grantee, holding);
    }
}

fn add(entries: &mut Entries, grantee: &Grantee, holding: Holding) {
    let key = (grantee.clone(), holding.grantor);
    let (whole, grantable) = entries.entry(key).or_insert((PrivilegeSet::EMPTY, PrivilegeSet::EMPTY));
    *whole = whole.union(holding.privileges);
    *grantable = grantable.union(holding.grantable);
}
