//! Values of addresses in plan JSON: what a role, a membership, a grant is.
//!
//! Not here: what happens to them (`json`). Invariant: names are as they are in PostgreSQL,
//! unescaped (JSON escapes them); no password and no verifier, only whether there is one.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::acl::{Grantee, Grantor, Holding};
use crate::catalog::{MembershipOptions, Password, Role};
use crate::change::{Place, Reason};
use crate::declared::RoleKind;
use crate::name::{InstanceKey, ResourceName, RoleName, SchemaPath};
use crate::object::Object;
use crate::privilege::PrivilegeSet;
use crate::render::extent::path;
use crate::render::json::What;

/// `type` of an address.
pub(crate) enum Kind {
    /// A role.
    Role,
    /// A membership.
    Membership,
    /// Whose a schema is.
    Schema,
    /// A grant, by the word in its address.
    Grant(&'static str),
}

impl Kind {
    /// The kind of an address.
    pub(crate) fn of(what: What<'_>) -> Kind {
        match what {
            What::Role(_) => Kind::Role,
            What::Membership(_) => Kind::Membership,
            What::Schema(_) => Kind::Schema,
            What::Grant(_, _, object) => Kind::Grant(object.grant_word()),
        }
    }

    /// As in the address.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Kind::Role => "role",
            Kind::Membership => "membership",
            Kind::Schema => "schema",
            Kind::Grant(word) => word,
        }
    }
}

/// `index` of an address: of a role or schema the instance of its block, else the last brackets.
pub(crate) enum Index {
    /// `count.index`.
    Number(u32),
    /// `each.key`, the role that is granted, or the object.
    Text(String),
}

impl Index {
    /// The index of an address, when it has one.
    pub(crate) fn of(what: What<'_>) -> Option<Index> {
        match what {
            What::Role(change) => change.address.key.as_ref().map(Index::of_key),
            What::Schema(change) => change.address.key.as_ref().map(Index::of_key),
            What::Membership(change) => Some(Index::Text(change.membership.role.as_str().to_owned())),
            What::Grant(change, _, object) => Some(Index::Text(path(&change.place, object))),
        }
    }
}

impl Index {
    fn of_key(key: &InstanceKey) -> Index {
        match key {
            InstanceKey::Index(number) => Index::Number(*number),
            InstanceKey::Key(key) => Index::Text(key.to_string()),
        }
    }
}

impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Index::Number(number) => serializer.serialize_u32(*number),
            Index::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// `action_reason`.
pub(crate) fn word(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Unchanged | Reason::NotOurs => None,
        Reason::AlreadySo => Some("already_so"),
        Reason::ChangedOutside => Some("changed_outside"),
        Reason::ChangedInConfiguration => Some("changed_in_configuration"),
        Reason::DeletedOutside => Some("deleted_outside"),
        Reason::New => Some("new"),
        Reason::RemovedFromConfiguration => Some("removed_from_configuration"),
        Reason::AlreadyGone => Some("already_gone"),
        Reason::NotDeclared => Some("not_declared"),
        Reason::BuiltIn => Some("built_in"),
        Reason::LeftInPlace => Some("left_in_place"),
        Reason::PasswordDue => Some("password_rotation"),
        Reason::LostWithTable => Some("lost_with_table"),
    }
}

/// `before` or `after` of an address.
pub(crate) enum Value<'a> {
    /// A role: server, name, managed or external, and what it is.
    Role(&'a ResourceName, &'a str, RoleKind, &'a Role),
    /// A membership.
    Membership(&'a ResourceName, What<'a>, MembershipOptions),
    /// A schema and its owner.
    Schema(&'a ResourceName, &'a SchemaPath, &'a RoleName),
    /// A grant.
    Grant(&'a ResourceName, What<'a>, &'a [Holding]),
}

impl<'a> Value<'a> {
    /// The value as observed.
    pub(crate) fn before(resource: &'a ResourceName, what: What<'a>) -> Option<Value<'a>> {
        match what {
            What::Role(change) => {
                let name = change.renamed_from.as_ref().unwrap_or(&change.name).as_str();
                change.before.as_ref().map(|role| Value::Role(resource, name, change.kind, role))
            }
            What::Membership(change) => {
                change.before.map(|options| Value::Membership(resource, what, options))
            }
            What::Schema(change) => {
                change.before.as_ref().map(|owner| Value::Schema(resource, &change.path, owner))
            }
            What::Grant(_, entry, _) => held(&entry.before).map(|held| Value::Grant(resource, what, held)),
        }
    }

    /// The value as desired.
    pub(crate) fn after(resource: &'a ResourceName, what: What<'a>) -> Option<Value<'a>> {
        match what {
            What::Role(change) => {
                let name = change.name.as_str();
                change.after.as_ref().map(|role| Value::Role(resource, name, change.kind, role))
            }
            What::Membership(change) => {
                change.after.map(|options| Value::Membership(resource, what, options))
            }
            What::Schema(change) => {
                change.after.as_ref().map(|owner| Value::Schema(resource, &change.path, owner))
            }
            What::Grant(_, entry, _) => held(&entry.after).map(|held| Value::Grant(resource, what, held)),
        }
    }
}

fn held(holdings: &[Holding]) -> Option<&[Holding]> {
    (!holdings.is_empty()).then_some(holdings)
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Value::Role(resource, name, kind, role) => {
                map.serialize_entry("resource", resource.as_str())?;
                map.serialize_entry("name", name)?;
                role_entries(&mut map, *kind, role)?;
            }
            Value::Membership(resource, what, options) => {
                map.serialize_entry("resource", resource.as_str())?;
                membership_entries(&mut map, *what, *options)?;
            }
            Value::Schema(resource, path, owner) => {
                map.serialize_entry("resource", resource.as_str())?;
                map.serialize_entry("database", path.database.as_str())?;
                map.serialize_entry("name", path.schema.as_str())?;
                map.serialize_entry("owner", owner.as_str())?;
            }
            Value::Grant(resource, what, holdings) => {
                map.serialize_entry("resource", resource.as_str())?;
                grant_entries(&mut map, *what, holdings)?;
            }
        }
        map.end()
    }
}

fn role_entries<M: SerializeMap>(map: &mut M, kind: RoleKind, role: &Role) -> Result<(), M::Error> {
    let kind = match kind {
        RoleKind::Managed => "managed",
        RoleKind::External => "external",
    };
    map.serialize_entry("type", kind)?;
    let attributes = &role.attributes;
    map.serialize_entry("login", &attributes.login)?;
    map.serialize_entry("inherit", &attributes.inherit)?;
    map.serialize_entry("superuser", &attributes.superuser)?;
    map.serialize_entry("createdb", &attributes.createdb)?;
    map.serialize_entry("createrole", &attributes.createrole)?;
    map.serialize_entry("replication", &attributes.replication)?;
    map.serialize_entry("bypassrls", &attributes.bypassrls)?;
    map.serialize_entry("connection_limit", &attributes.connection_limit)?;
    map.serialize_entry("valid_until", &role.valid_until)?;
    map.serialize_entry("comment", &role.comment)?;
    match role.password {
        // Unknown until apply makes it, or for good: Terraform leaves such values out.
        Password::Fresh | Password::Unknown => {}
        Password::Absent => map.serialize_entry("password", &())?,
        Password::Verifier(_) => map.serialize_entry("password", "(set)")?,
    }
    let mut settings: BTreeMap<&str, &str> = BTreeMap::new();
    let mut by_database: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for ((database, name), value) in &role.settings {
        match database {
            None => settings.insert(name, value),
            Some(database) => by_database.entry(database.as_str()).or_default().insert(name, value),
        };
    }
    map.serialize_entry("settings", &settings)?;
    map.serialize_entry("database_settings", &by_database)
}

fn membership_entries<M: SerializeMap>(
    map: &mut M,
    what: What<'_>,
    options: MembershipOptions,
) -> Result<(), M::Error> {
    if let What::Membership(change) = what {
        map.serialize_entry("member", change.membership.member.as_str())?;
        map.serialize_entry("role", change.membership.role.as_str())?;
        if let Grantor::Role(grantor) = &change.membership.grantor {
            map.serialize_entry("grantor", grantor.as_str())?;
        }
    }
    map.serialize_entry("admin", &options.admin)?;
    map.serialize_entry("inherit", &options.inherit)?;
    map.serialize_entry("set", &options.set)
}

fn grant_entries<M: SerializeMap>(map: &mut M, what: What<'_>, held: &[Holding]) -> Result<(), M::Error> {
    if let What::Grant(change, entry, object) = what {
        let grantee = match &entry.grantee {
            Grantee::Public => "PUBLIC",
            Grantee::Role(role) => role.as_str(),
        };
        map.serialize_entry("grantee", grantee)?;
        map.serialize_entry("public", &(entry.grantee == Grantee::Public))?;
        match (&change.place, object) {
            (Place::Database(database), _) | (Place::Shared, Object::Database(database)) => {
                map.serialize_entry("database", database.as_str())?;
            }
            (Place::Shared, _) => {}
        }
        if let Some(schema) = object.schema() {
            map.serialize_entry("schema", schema.as_str())?;
        }
        object_entries(map, object)?;
    }
    let all = held.iter().fold(PrivilegeSet::EMPTY, |sum, holding| sum.union(holding.privileges));
    let option = held.iter().fold(PrivilegeSet::EMPTY, |sum, holding| sum.union(holding.grantable));
    map.serialize_entry("privileges", &Privileges(all))?;
    map.serialize_entry("grant_option", &Privileges(option))?;
    let others = held.iter().filter_map(|holding| match &holding.grantor {
        Grantor::Owner => None,
        Grantor::Role(role) => Some(role.as_str()),
    });
    let others: Vec<&str> = others.collect();
    if others.is_empty() { Ok(()) } else { map.serialize_entry("granted_by", &others) }
}

fn object_entries<M: SerializeMap>(map: &mut M, object: &Object) -> Result<(), M::Error> {
    map.serialize_entry("object_kind", object.kind().singular())?;
    match object {
        Object::Database(name) => map.serialize_entry("object", name.as_str()),
        Object::Schema(name) => map.serialize_entry("object", name.as_str()),
        Object::Tablespace(name)
        | Object::Parameter(name)
        | Object::Table(_, name)
        | Object::Sequence(_, name)
        | Object::Type(_, name)
        | Object::Language(name)
        | Object::ForeignDataWrapper(name)
        | Object::ForeignServer(name) => map.serialize_entry("object", name.as_str()),
        Object::Column(_, relation, column) => {
            map.serialize_entry("object", relation.as_str())?;
            map.serialize_entry("column", column.as_str())
        }
        Object::Routine(_, name, arguments) => {
            map.serialize_entry("object", name.as_str())?;
            map.serialize_entry("arguments", &**arguments)
        }
        Object::LargeObject(oid) => map.serialize_entry("object", oid),
        Object::Default(default) => map.serialize_entry("future_objects_of", default.creator.as_str()),
    }
}

/// A set of privileges as a list of words.
pub(crate) struct Privileges(pub(crate) PrivilegeSet);

impl Serialize for Privileges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|privilege| privilege.word()))
    }
}

/// `after_unknown`: the password that apply makes. A value that goes away is `false`.
pub(crate) struct Unknown<'a>(pub(crate) Option<&'a Value<'a>>);

impl Serialize for Unknown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        mark_password(serializer, self.0, |password| password == Password::Fresh)
    }
}

/// `before_sensitive`, `after_sensitive`: there is a password.
pub(crate) struct Sensitive<'a>(pub(crate) Option<&'a Value<'a>>);

impl Serialize for Sensitive<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        mark_password(serializer, self.0, |password| password != Password::Absent)
    }
}

fn mark_password<S: Serializer>(
    serializer: S,
    value: Option<&Value<'_>>,
    marked: impl Fn(Password) -> bool,
) -> Result<S::Ok, S::Error> {
    let Some(value) = value else { return serializer.serialize_bool(false) };
    let password = match value {
        Value::Role(_, _, _, role) => marked(role.password),
        Value::Membership(..) | Value::Schema(..) | Value::Grant(..) => false,
    };
    serializer.collect_map(password.then_some(("password", true)))
}
