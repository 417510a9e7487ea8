//! Parts of catalogs: by role, and the union of a part with the rest.
//!
//! Not here: what belongs to a run (`scope`). Invariant: an ACL is looked at once per
//! distinct ACL, never once per object.

use std::collections::BTreeMap;

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Grants, Held, Membership};
use crate::change::Place;
use crate::name::RoleName;
use crate::object::Object;
use crate::privilege::PrivilegeSet;

impl Catalog {
    /// Whether nobody is here and nobody holds anything.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.memberships.is_empty()
            && self.owners.is_empty()
            && self.shared.is_empty()
            && self.databases.values().all(Grants::is_empty)
    }

    /// The same picture with only these grantees' entries, roles and memberships.
    /// Objects on which nobody of them holds anything stay, with an empty ACL, and owners of
    /// schemas, who are no grantees.
    #[must_use]
    pub fn restricted(&self, in_run: impl Fn(&Grantee) -> bool) -> Catalog {
        let has = |role: &RoleName| in_run(&Grantee::Role(role.clone()));
        let acls = |acl: &Acl| {
            Acl::new(acl.entries().iter().filter(|entry| in_run(&entry.grantee)).cloned().collect())
        };
        let mut catalog = self.mapped(acls);
        catalog.roles.retain(|name, _| has(name));
        catalog.memberships.retain(|membership, _| has(&membership.member));
        catalog
    }

    /// The same picture with roles under their new names, as after ALTER ROLE … RENAME.
    #[must_use]
    pub fn renamed(&self, names: &BTreeMap<RoleName, RoleName>) -> Catalog {
        if names.is_empty() {
            return self.clone();
        }
        let new = |name: &RoleName| names.get(name).unwrap_or(name).clone();
        let grantor = |grantor: &Grantor| match grantor {
            Grantor::Owner => Grantor::Owner,
            Grantor::Role(role) => Grantor::Role(new(role)),
        };
        let mut catalog = self.mapped(|acl| {
            let entries = acl.entries().iter().map(|entry| Entry {
                grantee: match &entry.grantee {
                    Grantee::Public => Grantee::Public,
                    Grantee::Role(role) => Grantee::Role(new(role)),
                },
                holding: Holding { grantor: grantor(&entry.holding.grantor), ..entry.holding.clone() },
            });
            Acl::new(entries.collect())
        });
        catalog.roles = self.roles.iter().map(|(name, role)| (new(name), role.clone())).collect();
        catalog.memberships = self
            .memberships
            .iter()
            .map(|(key, options)| {
                let key = Membership {
                    member: new(&key.member),
                    role: new(&key.role),
                    grantor: grantor(&key.grantor),
                };
                (key, *options)
            })
            .collect();
        catalog.owners.values_mut().for_each(|owner| owner.role = new(&owner.role));
        for grants in std::iter::once(&mut catalog.shared).chain(catalog.databases.values_mut()) {
            grants.rename_roles(new);
        }
        catalog
    }

    /// This picture with the part about these grantees taken from `part`; schemas keep the
    /// owners that they have here.
    #[must_use]
    pub fn replaced(&self, part: &Catalog, in_run: impl Fn(&Grantee) -> bool) -> Catalog {
        // Everything in the run: nothing of the rest is left to unite with.
        let rest = self.restricted(|grantee| !in_run(grantee));
        let mut roles = rest.roles;
        roles.extend(part.roles.iter().map(|(name, role)| (name.clone(), role.clone())));
        let mut memberships = rest.memberships;
        memberships.extend(part.memberships.iter().map(|(key, options)| (key.clone(), *options)));
        let mut databases = part.databases.clone();
        for (name, grants) in rest.databases {
            let merged = match databases.get(&name) {
                Some(of_part) => grants.united(of_part),
                None => grants.occupied(),
            };
            databases.insert(name, merged);
        }
        databases.retain(|_, grants| !grants.is_empty());
        let shared = rest.shared.united(&part.shared);
        Catalog { roles, memberships, owners: rest.owners, shared, databases }
    }

    /// The ACLs of each place.
    pub fn places(&self) -> impl Iterator<Item = (Place, &Grants)> {
        let databases = self.databases.iter();
        let databases = databases.map(|(name, grants)| (Place::Database(name.clone()), grants));
        std::iter::once((Place::Shared, &self.shared)).chain(databases)
    }

    /// The ACLs of one place.
    pub fn place(&self, place: &Place) -> Option<&Grants> {
        match place {
            Place::Shared => Some(&self.shared),
            Place::Database(database) => self.databases.get(database),
        }
    }

    /// The ACLs of one place, to change; a database's are begun when there are none.
    pub fn place_mut(&mut self, place: &Place) -> &mut Grants {
        match place {
            Place::Shared => &mut self.shared,
            Place::Database(database) => self.databases.entry(database.clone()).or_default(),
        }
    }

    /// Takes PUBLIC's entries out, but for those on objects that `keep` names; tells what it took.
    pub fn keep_public(
        &mut self,
        keep: impl Fn(&Place, &Object) -> bool,
        mut taken: impl FnMut(&Place, &Object, PrivilegeSet),
    ) {
        let databases = self.databases.iter_mut();
        let databases = databases.map(|(name, grants)| (Place::Database(name.clone()), grants));
        for (place, grants) in std::iter::once((Place::Shared, &mut self.shared)).chain(databases) {
            grants.keep_public(|object| keep(&place, object), |object, what| taken(&place, object, what));
        }
    }

    fn mapped(&self, change: impl Fn(&Acl) -> Acl) -> Catalog {
        Catalog {
            roles: self.roles.clone(),
            memberships: self.memberships.clone(),
            owners: self.owners.clone(),
            shared: self.shared.mapped(&change),
            databases: self
                .databases
                .iter()
                .map(|(name, grants)| (name.clone(), grants.mapped(&change)))
                .collect(),
        }
    }
}

impl Grants {
    /// The same objects with each distinct ACL changed.
    #[must_use]
    pub fn mapped(&self, change: impl Fn(&Acl) -> Acl) -> Grants {
        let mut out = Grants::default();
        let numbers: Vec<_> = self.acls().iter().map(|acl| out.number(change(acl))).collect();
        let renumbered = |held: &Held| Held { acl: numbers[held.acl.index()], ..held.clone() };
        out.fill(self.objects.iter().map(|(object, held)| (object.clone(), renumbered(held))).collect());
        out
    }

    fn keep_public(&mut self, keep: impl Fn(&Object) -> bool, mut taken: impl FnMut(&Object, PrivilegeSet)) {
        if self.acls().iter().all(|acl| acl.of(&Grantee::Public).is_empty()) {
            return;
        }
        let mut out = Grants::default();
        let cut = self.objects.iter().map(|(object, held)| {
            let acl = self.acl(held.acl);
            let stays = acl.of(&Grantee::Public).is_empty() || keep(object);
            let acl = if stays {
                out.number(acl.clone())
            } else {
                taken(object, acl.privileges_of(&Grantee::Public));
                let others = acl.entries().iter().filter(|entry| entry.grantee != Grantee::Public);
                out.number(Acl::new(others.cloned().collect()))
            };
            (object.clone(), Held { acl, ..held.clone() })
        });
        let cut = cut.collect();
        out.fill(cut);
        *self = out;
    }

    /// Only objects on which somebody holds something.
    #[must_use]
    pub fn occupied(&self) -> Grants {
        self.filtered(|_, acl| !acl.is_empty())
    }

    /// The entries of both; only objects on which somebody holds something. OIDs and owners
    /// are those of `newer` where both have an object.
    fn united(&self, newer: &Grants) -> Grants {
        if self.acls().iter().all(Acl::is_empty) {
            return newer.occupied();
        }
        let mut out = Grants::default();
        for (object, held) in self.objects().iter().chain(newer.objects()) {
            let mut entries = self.acl_of(object).map_or(Vec::new(), |acl| acl.entries().to_vec());
            entries.extend(newer.acl_of(object).map_or(Vec::new(), |acl| acl.entries().to_vec()));
            if !entries.is_empty() {
                out.insert_acl(object.clone(), held.oid, held.owner.clone(), Acl::new(entries));
            }
        }
        out
    }
}
