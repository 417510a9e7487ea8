//! Reads catalogs in format version 1, proving every name and number on the way.
//!
//! Not here: the types of the bytes (`format_v1`). Invariant: whatever the bytes say, the
//! result is a catalog or an error, never a panic.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::{
    Malformed, Pool, WireCatalog, WireGrants, WireHolding, WireObject, WirePassword, WireRole, attributes,
    kind_of, options_of,
};
use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Grants, Held, Membership, Owner, Password, Role};
use crate::name::{DatabaseName, Name, RoleName, SchemaName, SchemaPath};
use crate::object::{DefaultPrivileges, Object, ObjectKind};
use crate::privilege::PrivilegeSet;

/// How many times the length of an encoding its texts may have when they are written out.
const REPETITION: usize = 128;

/// Reads what a `Writer` wrote.
pub struct Reader {
    names: Vec<String>,
    objects: Vec<Object>,
    roles: Vec<Option<RoleName>>,
    schemas: RefCell<BTreeMap<u32, SchemaName>>,
    allowance: Cell<usize>,
}

impl Reader {
    /// Proves the pool of an encoding of so many bytes.
    pub fn new(pool: Pool, length: usize) -> Result<Reader, Malformed> {
        // Names have at most 63 bytes, and a reference to one takes at least one.
        let allowance = Cell::new(length.saturating_mul(REPETITION).saturating_add(REPETITION * 1024));
        let roles = pool.names.iter().map(|name| RoleName::new(name).ok()).collect();
        let mut reader =
            Reader { names: pool.names, objects: Vec::new(), roles, schemas: RefCell::default(), allowance };
        reader.objects =
            pool.objects.iter().map(|wire| reader.read_object(wire)).collect::<Result<_, _>>()?;
        Ok(reader)
    }

    /// The text of a number. Whoever asks copies it, so what is given out is bounded.
    pub fn text(&self, number: u32) -> Result<&str, Malformed> {
        let text = self.names.get(number as usize).map(String::as_str).ok_or(Malformed::Number)?;
        let left = self.allowance.get().checked_sub(text.len()).ok_or(Malformed::Repetition)?;
        self.allowance.set(left);
        Ok(text)
    }

    /// The object of a number.
    pub fn object(&self, number: u32) -> Result<Object, Malformed> {
        self.objects.get(number as usize).cloned().ok_or(Malformed::Number)
    }

    /// The role of a number; equal names share their text.
    pub fn role_name(&self, number: u32) -> Result<RoleName, Malformed> {
        match self.roles.get(number as usize) {
            Some(Some(role)) => Ok(role.clone()),
            Some(None) => Ok(RoleName::new(self.text(number)?)?),
            None => Err(Malformed::Number),
        }
    }

    /// The database of a number.
    pub fn database(&self, number: u32) -> Result<DatabaseName, Malformed> {
        Ok(DatabaseName::new(self.text(number)?)?)
    }

    /// The schema of a pair of numbers: database and schema.
    pub fn schema_path(&self, (database, schema): (u32, u32)) -> Result<SchemaPath, Malformed> {
        Ok(SchemaPath { database: self.database(database)?, schema: self.schema(schema)? })
    }

    /// The schema of a number; equal names share their text.
    fn schema(&self, number: u32) -> Result<SchemaName, Malformed> {
        if let Some(schema) = self.schemas.borrow().get(&number) {
            return Ok(schema.clone());
        }
        let schema = SchemaName::new(self.text(number)?)?;
        self.schemas.borrow_mut().insert(number, schema.clone());
        Ok(schema)
    }

    fn name(&self, number: u32) -> Result<Name, Malformed> {
        Ok(Name::new(self.text(number)?)?)
    }

    fn read_object(&self, wire: &WireObject) -> Result<Object, Malformed> {
        let kind = kind_of(wire.kind)?;
        if wire.default {
            let (creator, schema) = match wire.names.as_slice() {
                [creator] => (*creator, None),
                [creator, schema] => (*creator, Some(self.schema(*schema)?)),
                _ => return Err(Malformed::Number),
            };
            let creator = self.role_name(creator)?;
            return Ok(Object::Default(DefaultPrivileges { creator, schema, kind }));
        }
        Ok(match (kind, wire.names.as_slice()) {
            (ObjectKind::Database, [name]) => Object::Database(self.database(*name)?),
            (ObjectKind::Schema, [name]) => Object::Schema(self.schema(*name)?),
            (ObjectKind::Tablespace, [name]) => Object::Tablespace(self.name(*name)?),
            (ObjectKind::Parameter, [name]) => Object::Parameter(self.name(*name)?),
            (ObjectKind::Language, [name]) => Object::Language(self.name(*name)?),
            (ObjectKind::ForeignDataWrapper, [name]) => Object::ForeignDataWrapper(self.name(*name)?),
            (ObjectKind::ForeignServer, [name]) => Object::ForeignServer(self.name(*name)?),
            (ObjectKind::Table, [schema, name]) => Object::Table(self.schema(*schema)?, self.name(*name)?),
            (ObjectKind::Sequence, [schema, name]) => {
                Object::Sequence(self.schema(*schema)?, self.name(*name)?)
            }
            (ObjectKind::Type, [schema, name]) => Object::Type(self.schema(*schema)?, self.name(*name)?),
            (ObjectKind::Column, [schema, table, column]) => {
                Object::Column(self.schema(*schema)?, self.name(*table)?, self.name(*column)?)
            }
            (ObjectKind::Routine, [schema, name, arguments]) => {
                Object::Routine(self.schema(*schema)?, self.name(*name)?, self.text(*arguments)?.into())
            }
            (ObjectKind::LargeObject, []) => Object::LargeObject(wire.number),
            _ => return Err(Malformed::Code),
        })
    }

    /// A holding.
    pub fn holding(&self, wire: &WireHolding) -> Result<Holding, Malformed> {
        Ok(Holding {
            grantor: self.grantor(wire.0)?,
            privileges: PrivilegeSet::from_bits(wire.1).ok_or(Malformed::Code)?,
            grantable: PrivilegeSet::from_bits(wire.2).ok_or(Malformed::Code)?,
        })
    }

    /// A grantor.
    pub fn grantor(&self, wire: Option<u32>) -> Result<Grantor, Malformed> {
        wire.map_or(Ok(Grantor::Owner), |number| Ok(Grantor::Role(self.role_name(number)?)))
    }

    /// A grantee.
    pub fn grantee(&self, wire: Option<u32>) -> Result<Grantee, Malformed> {
        wire.map_or(Ok(Grantee::Public), |number| Ok(Grantee::Role(self.role_name(number)?)))
    }

    fn grants(&self, wire: &WireGrants) -> Result<Grants, Malformed> {
        let mut grants = Grants::default();
        let mut numbers = Vec::new();
        for entries in &wire.acls {
            let entries = entries.iter().map(|(grantee, holding)| {
                Ok(Entry { grantee: self.grantee(*grantee)?, holding: self.holding(holding)? })
            });
            numbers.push(grants.number(Acl::new(entries.collect::<Result<_, Malformed>>()?)));
        }
        let objects = wire.objects.iter().map(|(object, oid, owner, acl)| {
            let acl = *numbers.get(*acl as usize).ok_or(Malformed::Number)?;
            Ok((self.object(*object)?, Held { oid: *oid, owner: self.role_name(*owner)?, acl }))
        });
        grants.fill(objects.collect::<Result<_, Malformed>>()?);
        Ok(grants)
    }

    /// A role.
    pub fn role(&self, wire: WireRole) -> Result<Role, Malformed> {
        let settings = wire.settings.into_iter().map(|(database, name, value)| {
            let database = database.map(|number| self.database(number)).transpose()?;
            Ok(((database, name), value))
        });
        Ok(Role {
            settings: settings.collect::<Result<_, Malformed>>()?,
            oid: wire.oid,
            attributes: attributes(wire.flags, wire.connection_limit)?,
            valid_until: wire.valid_until,
            comment: wire.comment,
            password: match wire.password {
                WirePassword::Unknown => Password::Unknown,
                WirePassword::Absent => Password::Absent,
                WirePassword::Verifier(digest) => Password::Verifier(digest),
                WirePassword::Fresh => Password::Fresh,
            },
        })
    }

    /// A catalog.
    pub fn catalog(&self, wire: WireCatalog) -> Result<Catalog, Malformed> {
        let mut catalog = Catalog { shared: self.grants(&wire.shared)?, ..Catalog::default() };
        for (name, role) in wire.roles {
            catalog.roles.insert(self.role_name(name)?, self.role(role)?);
        }
        for (member, role, grantor, options) in wire.memberships {
            let (member, role) = (self.role_name(member)?, self.role_name(role)?);
            let key = Membership { member, role, grantor: self.grantor(grantor)? };
            catalog.memberships.insert(key, options_of(options)?);
        }
        for (database, schema, oid, role) in wire.owners {
            let owner = Owner { oid, role: self.role_name(role)? };
            catalog.owners.insert(self.schema_path((database, schema))?, owner);
        }
        for (name, grants) in &wire.databases {
            catalog.databases.insert(self.database(*name)?, self.grants(grants)?);
        }
        Ok(catalog)
    }
}
