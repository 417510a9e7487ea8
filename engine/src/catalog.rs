//! A catalog: one complete picture of the access that roleform answers for on one server.
//!
//! The same type serves as *desired*, *recorded* and *observed*, so that they compare.
//! Not here: what else a server tells (`observed`), how catalogs are compared (`diff`).
//! Invariant: everything is ordered by content; equal pictures are equal values, whatever
//! order they were built in (`Grants::in_order`).
//!
//! Scale: real servers have few distinct ACLs, so an object holds only the number of its
//! ACL in a pool, and comparing two catalogs costs one step per object and one real
//! comparison per distinct pair of ACLs (design 11).

pub mod format_v1;
mod handover;
mod restrict;

use std::collections::BTreeMap;

use crate::acl::{Acl, Grantor};
use crate::declared::Attributes;
use crate::name::{DatabaseName, RoleName, SchemaPath};
use crate::object::{DefaultPrivileges, Object};

/// One picture of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Roles in scope that exist.
    pub roles: BTreeMap<RoleName, Role>,
    /// What the roles in scope are members of.
    pub memberships: BTreeMap<Membership, MembershipOptions>,
    /// Whose the schemas are that `schema` blocks are about.
    pub owners: BTreeMap<SchemaPath, Owner>,
    /// ACLs that the whole server shares: databases, tablespaces, parameters.
    pub shared: Grants,
    /// ACLs inside databases.
    pub databases: BTreeMap<DatabaseName, Grants>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its OID on the server; 0 while it does not exist.
    pub oid: u32,
    /// LOGIN, INHERIT, …
    pub attributes: Attributes,
    /// VALID UNTIL as RFC 3339 in UTC; `None` without a limit (NULL and `infinity` alike:
    /// once set, it can only become `infinity`).
    pub valid_until: Option<String>,
    /// COMMENT ON ROLE.
    pub comment: Option<String>,
    /// ALTER ROLE … [IN DATABASE …] SET: parameter in lower case, value as the server stores it.
    pub settings: BTreeMap<(Option<DatabaseName>, String), String>,
    /// What is known about its password.
    pub password: Password,
}

/// Whose a schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The schema's OID: binds the name to the thing.
    pub oid: u32,
    /// The owner, as `pg_namespace.nspowner` has it.
    pub role: RoleName,
}

/// What is known, or wanted, about a role's password. Never the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Password {
    /// The administrator may not look (`pg_authid` needs a superuser).
    Unknown,
    /// There is none.
    Absent,
    /// There is one; the SHA-256 of the verifier that the server holds.
    Verifier([u8; 32]),
    /// Wanted: a new one, generated at apply.
    Fresh,
}

/// The key of a membership.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// Who is in scope.
    pub member: RoleName,
    /// What it is a member of.
    pub role: RoleName,
    /// Who granted it (16+; before that always `Owner`).
    pub grantor: Grantor,
}

/// The options of a membership. Before 16 only ADMIN exists, and the others are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MembershipOptions {
    /// WITH ADMIN OPTION.
    pub admin: bool,
    /// WITH INHERIT.
    pub inherit: bool,
    /// WITH SET.
    pub set: bool,
}

/// The number of an ACL in its `Grants`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AclId(u32);

impl AclId {
    /// Its place in `Grants::acls`.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An object as a catalog knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its OID: binds the name to the thing (0 where there is none to bind).
    pub oid: u32,
    /// Its owner; for default privileges the creator.
    pub owner: RoleName,
    /// Its ACL.
    pub acl: AclId,
}

/// Objects of one place (the server, or one database) and who holds what on them.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    acls: Vec<Acl>,
    numbers: BTreeMap<Acl, AclId>,
    objects: BTreeMap<Object, Held>,
}

impl Grants {
    /// Gives an ACL its number; the same ACL always has the same.
    pub fn number(&mut self, acl: Acl) -> AclId {
        if let Some(id) = self.numbers.get(&acl) {
            return *id;
        }
        let id = AclId(u32::try_from(self.acls.len()).unwrap_or(u32::MAX));
        self.acls.push(acl.clone());
        self.numbers.insert(acl, id);
        id
    }

    /// Puts an object in, in place of what had its name.
    pub fn insert(&mut self, object: Object, held: Held) {
        debug_assert!(held.acl.index() < self.acls.len());
        self.objects.insert(object, held);
    }

    /// Puts all its objects in at once, their ACLs being known. To collect what comes in order is
    /// much cheaper than to insert it one by one, since nothing has to be looked for.
    pub fn fill(&mut self, objects: BTreeMap<Object, Held>) {
        debug_assert!(self.objects.is_empty());
        debug_assert!(objects.values().all(|held| held.acl.index() < self.acls.len()));
        self.objects = objects;
    }

    /// Puts an object in with its ACL.
    pub fn insert_acl(&mut self, object: Object, oid: u32, owner: RoleName, acl: Acl) {
        let acl = self.number(acl);
        self.insert(object, Held { oid, owner, acl });
    }

    /// Gives an object, if it is here, another ACL. Whether it is.
    pub fn set_acl(&mut self, object: &Object, acl: AclId) -> bool {
        debug_assert!(acl.index() < self.acls.len());
        self.objects.get_mut(object).map(|held| held.acl = acl).is_some()
    }

    /// The ACL with this number.
    pub fn acl(&self, id: AclId) -> &Acl {
        &self.acls[id.index()]
    }

    /// All distinct ACLs, by number.
    pub fn acls(&self) -> &[Acl] {
        &self.acls
    }

    /// Objects in order.
    pub fn objects(&self) -> &BTreeMap<Object, Held> {
        &self.objects
    }

    /// One object's ACL; `None` when the object is not here.
    pub fn acl_of(&self, object: &Object) -> Option<&Acl> {
        self.objects.get(object).map(|held| self.acl(held.acl))
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Owners, and creators of default privileges.
    fn rename_roles(&mut self, new: impl Fn(&RoleName) -> RoleName) {
        let objects = std::mem::take(&mut self.objects).into_iter().map(|(object, held)| {
            let object = match object {
                Object::Default(default) => {
                    Object::Default(DefaultPrivileges { creator: new(&default.creator), ..default })
                }
                other => other,
            };
            (object, Held { owner: new(&held.owner), ..held })
        });
        self.objects = objects.collect();
    }

    /// Only the objects for which `keep` says so, numbered afresh in order of appearance:
    /// equal pictures get equal numbers.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&Object, &Acl) -> bool) -> Grants {
        let mut out = Grants::default();
        let mut numbers: Vec<Option<AclId>> = vec![None; self.acls.len()];
        let kept = self.objects.iter().filter(|(object, held)| keep(object, self.acl(held.acl)));
        let renumbered = kept.map(|(object, held)| {
            let known = &mut numbers[held.acl.index()];
            let acl = *known.get_or_insert_with(|| out.number(self.acl(held.acl).clone()));
            (object.clone(), Held { acl, ..held.clone() })
        });
        let objects = renumbered.collect();
        out.fill(objects);
        out
    }

    /// The ACLs in order of appearance, and by number the place of each among them: equal
    /// pictures give equal answers. An ACL that no object has is left out; its place means nothing.
    pub fn in_order(&self) -> (Vec<&Acl>, Vec<u32>) {
        const UNSEEN: u32 = u32::MAX;
        let (mut order, mut places) = (Vec::new(), vec![UNSEEN; self.acls.len()]);
        for held in self.objects.values() {
            let place = &mut places[held.acl.index()];
            if *place == UNSEEN {
                *place = u32::try_from(order.len()).unwrap_or(UNSEEN);
                order.push(self.acl(held.acl));
            }
        }
        (order, places)
    }
}

impl PartialEq for Grants {
    /// Same objects with the same ACLs, however they are numbered.
    fn eq(&self, other: &Grants) -> bool {
        self.objects.len() == other.objects.len()
            && self.objects.iter().zip(&other.objects).all(|((a, held_a), (b, held_b))| {
                a == b
                    && held_a.oid == held_b.oid
                    && held_a.owner == held_b.owner
                    && self.acl(held_a.acl) == other.acl(held_b.acl)
            })
    }
}

impl Eq for Grants {}
