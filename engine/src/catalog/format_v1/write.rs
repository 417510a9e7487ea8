//! Writes catalogs in format version 1: names and objects go into a pool once.
//!
//! Not here: the types of the bytes (`format_v1`). Invariant: equal catalogs give equal
//! bytes, whatever order they were built in.

use std::collections::BTreeMap;

use super::{
    Pool, WireCatalog, WireGrants, WireHolding, WireObject, WirePassword, WireRole, flags, kind_code,
    option_bits,
};
use crate::acl::{Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Grants, Password, Role};
use crate::name::SchemaPath;
use crate::object::Object;

/// Fills a pool.
#[derive(Default)]
pub struct Writer {
    pool: Pool,
    names: BTreeMap<String, u32>,
    objects: BTreeMap<Object, u32>,
    /// The objects by number.
    order: Vec<Object>,
    /// The number of the object that was asked for last.
    last: usize,
}

impl Writer {
    /// The pool, when everything is written.
    pub fn finish(self) -> Pool {
        self.pool
    }

    /// A text's number.
    pub fn name(&mut self, text: &str) -> u32 {
        if let Some(number) = self.names.get(text) {
            return *number;
        }
        let number = u32::try_from(self.pool.names.len()).unwrap_or(u32::MAX);
        self.pool.names.push(text.to_owned());
        self.names.insert(text.to_owned(), number);
        number
    }

    /// A schema's pair of numbers: database and schema.
    pub fn schema_path(&mut self, path: &SchemaPath) -> (u32, u32) {
        (self.name(path.database.as_str()), self.name(path.schema.as_str()))
    }

    /// An object's number.
    pub fn object(&mut self, object: &Object) -> u32 {
        let place = self.place_of(object);
        self.last = place;
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn place_of(&mut self, object: &Object) -> usize {
        // Pictures of the same objects name them in the same order.
        if self.order.get(self.last + 1) == Some(object) {
            return self.last + 1;
        }
        if let Some(number) = self.objects.get(object) {
            return *number as usize;
        }
        let wire = self.wire_object(object);
        let place = self.order.len();
        self.pool.objects.push(wire);
        self.order.push(object.clone());
        self.objects.insert(object.clone(), u32::try_from(place).unwrap_or(u32::MAX));
        place
    }

    fn wire_object(&mut self, object: &Object) -> WireObject {
        let mut number = 0;
        let names: Vec<u32> = match object {
            Object::Database(name) => vec![self.name(name.as_str())],
            Object::Schema(name) => vec![self.name(name.as_str())],
            Object::Tablespace(name)
            | Object::Parameter(name)
            | Object::Language(name)
            | Object::ForeignDataWrapper(name)
            | Object::ForeignServer(name) => vec![self.name(name.as_str())],
            Object::Table(schema, name) | Object::Sequence(schema, name) | Object::Type(schema, name) => {
                vec![self.name(schema.as_str()), self.name(name.as_str())]
            }
            Object::Column(schema, table, column) => {
                vec![self.name(schema.as_str()), self.name(table.as_str()), self.name(column.as_str())]
            }
            Object::Routine(schema, name, arguments) => {
                vec![self.name(schema.as_str()), self.name(name.as_str()), self.name(arguments)]
            }
            Object::LargeObject(oid) => {
                number = *oid;
                Vec::new()
            }
            Object::Default(default) => {
                let mut names = vec![self.name(default.creator.as_str())];
                names.extend(default.schema.as_ref().map(|schema| self.name(schema.as_str())));
                names
            }
        };
        WireObject {
            kind: kind_code(object.kind()),
            default: matches!(object, Object::Default(_)),
            names,
            number,
        }
    }

    /// A holding.
    pub fn holding(&mut self, holding: &Holding) -> WireHolding {
        (self.grantor(&holding.grantor), holding.privileges.bits(), holding.grantable.bits())
    }

    /// A grantor; `None` is the owner.
    pub fn grantor(&mut self, grantor: &Grantor) -> Option<u32> {
        match grantor {
            Grantor::Owner => None,
            Grantor::Role(role) => Some(self.name(role.as_str())),
        }
    }

    /// A grantee; `None` is PUBLIC.
    pub fn grantee(&mut self, grantee: &Grantee) -> Option<u32> {
        match grantee {
            Grantee::Public => None,
            Grantee::Role(role) => Some(self.name(role.as_str())),
        }
    }

    fn grants(&mut self, grants: &Grants) -> WireGrants {
        // ACLs in order of appearance: equal pictures are numbered alike.
        let (acls, numbers) = grants.in_order();
        let acls = acls
            .into_iter()
            .map(|acl| {
                let entries = acl.entries().iter();
                entries.map(|entry| (self.grantee(&entry.grantee), self.holding(&entry.holding))).collect()
            })
            .collect();
        let objects = grants
            .objects()
            .iter()
            .map(|(object, held)| {
                let acl = numbers[held.acl.index()];
                (self.object(object), held.oid, self.name(held.owner.as_str()), acl)
            })
            .collect();
        WireGrants { acls, objects }
    }

    /// A role.
    pub fn role(&mut self, role: &Role) -> WireRole {
        let settings = role.settings.iter().map(|((database, name), value)| {
            let database = database.as_ref().map(|database| self.name(database.as_str()));
            (database, name.clone(), value.clone())
        });
        WireRole {
            settings: settings.collect(),
            oid: role.oid,
            flags: flags(&role.attributes),
            connection_limit: role.attributes.connection_limit,
            valid_until: role.valid_until.clone(),
            comment: role.comment.clone(),
            password: match role.password {
                Password::Unknown => WirePassword::Unknown,
                Password::Absent => WirePassword::Absent,
                Password::Verifier(digest) => WirePassword::Verifier(digest),
                Password::Fresh => WirePassword::Fresh,
            },
        }
    }

    /// A catalog.
    pub fn catalog(&mut self, catalog: &Catalog) -> WireCatalog {
        let roles =
            catalog.roles.iter().map(|(name, role)| (self.name(name.as_str()), self.role(role))).collect();
        let memberships = catalog.memberships.iter().map(|(key, options)| {
            let (member, role) = (self.name(key.member.as_str()), self.name(key.role.as_str()));
            (member, role, self.grantor(&key.grantor), option_bits(*options))
        });
        let memberships = memberships.collect();
        let owners = catalog.owners.iter().map(|(path, owner)| {
            let (database, schema) = self.schema_path(path);
            (database, schema, owner.oid, self.name(owner.role.as_str()))
        });
        let owners = owners.collect();
        let shared = self.grants(&catalog.shared);
        let databases = catalog.databases.iter();
        let databases =
            databases.map(|(name, grants)| (self.name(name.as_str()), self.grants(grants))).collect();
        WireCatalog { roles, memberships, owners, shared, databases }
    }
}
