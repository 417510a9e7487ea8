//! The state as JSON, for scripts: everything that is recorded, nothing that is secret.
//!
//! Not here: text (`state_text`), the state's own bytes (`engine::state::format_v1`).
//! Invariant: objects with the same ACL share it (`acl` is a number in `acls`), so that
//! the size follows what the state holds.

use engine::acl::{Acl, Entry, Grantor};
use engine::catalog::{Catalog, Grants, Password, Role};
use engine::declared::{OnDestroy, RoleKind};
use engine::name::RoleName;
use engine::observed::Identity;
use engine::privilege::PrivilegeSet;
use engine::state::{Recorded, RecordedResource, RecordedRole};
use serde_json::{Map, Value, json};

/// Version of this shape.
const FORMAT: &str = "1.0";

/// The whole state.
pub(crate) fn state(recorded: &Recorded) -> Value {
    let resources: Map<String, Value> =
        recorded.resources.iter().map(|(name, recorded)| (name.to_string(), resource(recorded))).collect();
    json!({
        "format_version": FORMAT,
        "lineage": recorded.lineage.to_string(),
        "serial": recorded.serial,
        "resources": resources,
    })
}

/// A server's identity.
pub(crate) fn identity(identity: &Identity) -> Value {
    json!({
        "address": identity.address,
        "version": identity.version,
        "system_identifier": identity.system_identifier.map(|number| number.to_string()),
    })
}

fn resource(resource: &RecordedResource) -> Value {
    let catalog: &Catalog = &resource.catalog;
    let roles: Map<String, Value> = resource
        .roles
        .iter()
        .map(|(name, recorded)| (name.to_string(), role(recorded, catalog.roles.get(name))))
        .collect();
    let memberships: Vec<Value> = catalog
        .memberships
        .iter()
        .map(|(key, options)| {
            json!({
                "member": key.member.as_str(),
                "role": key.role.as_str(),
                "grantor": grantor(&key.grantor),
                "admin": options.admin,
                "inherit": options.inherit,
                "set": options.set,
            })
        })
        .collect();
    let schemas: Map<String, Value> = resource
        .schemas
        .iter()
        .map(|(path, address)| {
            let owner = catalog.owners.get(path).map(|owner| owner.role.as_str());
            let value = json!({
                "address": address.of_kind("schema"),
                "database": path.database.as_str(),
                "name": path.schema.as_str(),
                "owner": owner,
            });
            (path.to_string(), value)
        })
        .collect();
    let databases: Map<String, Value> =
        catalog.databases.iter().map(|(name, of)| (name.to_string(), grants(of))).collect();
    json!({
        "server": identity(&resource.identity),
        "roles": roles,
        "memberships": memberships,
        "schemas": schemas,
        "shared": grants(&catalog.shared),
        "databases": databases,
    })
}

fn role(recorded: &RecordedRole, found: Option<&Role>) -> Value {
    let kind = match recorded.kind {
        RoleKind::Managed => "managed",
        RoleKind::External => "external",
    };
    let on_destroy = match &recorded.on_destroy {
        OnDestroy::Refuse => json!("refuse"),
        OnDestroy::Reassign(to) => json!({ "reassign_owned_to": to.as_str() }),
        OnDestroy::Drop => json!("drop_owned"),
    };
    json!({
        "address": recorded.address.to_string(),
        "type": kind,
        "prevent_destroy": recorded.prevent_destroy,
        "on_destroy": on_destroy,
        "depends_on": recorded.depends_on.iter().map(RoleName::as_str).collect::<Vec<_>>(),
        "password_set_at": recorded.password_set_at.map(crate::time::rfc3339),
        "attributes": found.map(attributes),
    })
}

fn attributes(role: &Role) -> Value {
    let settings: Vec<Value> = role
        .settings
        .iter()
        .map(|((database, name), value)| {
            json!({ "database": database.as_ref().map(|name| name.as_str()), "name": name, "value": value })
        })
        .collect();
    let password = match role.password {
        Password::Unknown => "unknown",
        Password::Absent => "none",
        Password::Verifier(_) | Password::Fresh => "set",
    };
    json!({
        "oid": role.oid,
        "login": role.attributes.login,
        "inherit": role.attributes.inherit,
        "superuser": role.attributes.superuser,
        "createdb": role.attributes.createdb,
        "createrole": role.attributes.createrole,
        "replication": role.attributes.replication,
        "bypassrls": role.attributes.bypassrls,
        "connection_limit": role.attributes.connection_limit,
        "valid_until": role.valid_until,
        "comment": role.comment,
        "settings": settings,
        "password": password,
    })
}

fn grants(grants: &Grants) -> Value {
    let objects: Vec<Value> = grants
        .objects()
        .iter()
        .map(|(object, held)| {
            json!({
                "kind": object.kind().singular(),
                "default": matches!(object, engine::object::Object::Default(_)),
                "name": object.to_string(),
                "oid": held.oid,
                "owner": held.owner.as_str(),
                "acl": held.acl.index(),
            })
        })
        .collect();
    json!({ "acls": grants.acls().iter().map(acl).collect::<Vec<_>>(), "objects": objects })
}

fn acl(acl: &Acl) -> Value {
    acl.entries().iter().map(entry).collect()
}

fn entry(entry: &Entry) -> Value {
    json!({
        "grantee": entry.grantee.to_string(),
        "grantor": grantor(&entry.holding.grantor),
        "privileges": words(entry.holding.privileges),
        "grantable": words(entry.holding.grantable),
    })
}

/// `null` is the owner.
fn grantor(grantor: &Grantor) -> Value {
    match grantor {
        Grantor::Owner => Value::Null,
        Grantor::Role(role) => json!(role.as_str()),
    }
}

fn words(privileges: PrivilegeSet) -> Vec<&'static str> {
    privileges.iter().map(|privilege| privilege.word()).collect()
}
