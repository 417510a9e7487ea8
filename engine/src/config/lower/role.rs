//! `role` blocks, and `public` blocks, which share their grants.

use std::collections::BTreeMap;

use hcl::edit::structure::Block;

use super::depends::depends_on;
use super::duration::time;
use super::fate::{lifecycle, password, postconditions};
use super::grant::grant;
use super::membership::memberships;
use super::reading::{Read, Reading, Schema, check};
use super::{proven, scope};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Reference, Value};
use crate::declared::{Attributes, DeclaredPublic, DeclaredRole, GrantBlock, Implied, RoleKind};
use crate::diagnostic::{Span, nearest};
use crate::name::{BlockAddress, DatabaseName, ResourceName, RoleName};
use crate::resolve::reserved;

const ROLE: Schema = Schema {
    arguments: &[
        "for_each",
        "count",
        "depends_on",
        "resource",
        "name",
        "type",
        "source_role",
        "scopes",
        "privileges",
        "implied",
        "member_of",
        "settings",
        "database_settings",
        "valid_until",
        "password",
        "comment",
        "adopt",
        "login",
        "inherit",
        "superuser",
        "createdb",
        "createrole",
        "replication",
        "bypassrls",
        "connection_limit",
    ],
    blocks: &["grant", "password", "lifecycle"],
    once: &["password", "lifecycle"],
};

const PUBLIC: Schema =
    Schema { arguments: &["resource", "scopes", "privileges"], blocks: &["grant"], once: &[] };

/// What is known about an instance before its block is read.
pub(crate) struct RoleIdentity {
    /// The instance.
    pub(crate) address: BlockAddress,
    /// Its name, not yet proven.
    pub(crate) name: String,
    /// Where the block stands.
    pub(crate) span: Span,
}

/// One role.
pub(crate) fn role(reading: &mut Reading<'_>, block: &Block, identity: RoleIdentity) -> Option<DeclaredRole> {
    check(block, &ROLE, reading.place, reading.diagnostics);
    let resource = resource(reading, block);
    let kind = kind(reading, block);
    let place =
        block.body.get_attribute("name").map_or(identity.span.clone(), |attribute| reading.span(attribute));
    let name = own_name(reading, &Read { value: identity.name.clone(), span: place });
    let (grants, member_of) = match kind {
        Some(RoleKind::External) => (Vec::new(), external_memberships(reading, block)),
        // A type that is wrong is reported; what depends on it then is not.
        None => (Vec::new(), Vec::new()),
        Some(RoleKind::Managed) => {
            (grants(reading, block, |_| Vec::new()), managed_memberships(reading, block))
        }
    };
    let valid_until = reading.text(block, "valid_until").and_then(|text| time(reading, "valid_until", &text));
    let comment = reading.text(block, "comment").map(|read| read.value);
    let lifecycle = lifecycle(reading, block);
    let role = DeclaredRole {
        attributes: attributes(reading, block),
        valid_until,
        comment,
        settings: settings(reading, block),
        password: password(reading, block),
        member_of,
        grants,
        adopt: reading.flag(block, "adopt").unwrap_or_default(),
        prevent_destroy: lifecycle.prevent_destroy,
        on_destroy: lifecycle.on_destroy,
        open_sessions: lifecycle.open_sessions,
        ignore_changes: lifecycle.ignore_changes,
        depends_on: depends_on(reading, block, &identity.address.modules),
        address: identity.address,
        span: identity.span,
        resource: resource?,
        name: name?,
        kind: kind?,
    };
    postconditions(reading, block, &role);
    Some(role)
}

/// A `public` block.
pub(crate) fn public(
    reading: &mut Reading<'_>,
    block: &Block,
    address: BlockAddress,
    span: Span,
) -> Option<DeclaredPublic> {
    check(block, &PUBLIC, reading.place, reading.diagnostics);
    let resource = resource(reading, block);
    let grants = grants(reading, block, scope::around);
    Some(DeclaredPublic { address, resource: resource?, grants, span })
}

/// What `scopes` and `grant` blocks grant; `around` is what a scope is about besides tables.
fn grants(
    reading: &mut Reading<'_>,
    block: &Block,
    around: impl Fn(&GrantBlock) -> Vec<GrantBlock>,
) -> Vec<GrantBlock> {
    let implied = reading.flag(block, "implied");
    let of_scopes = if implied == Some(false) { Implied::Nothing } else { Implied::Everything };
    let mut grants = scope::grants(reading, block, of_scopes);
    let besides: Vec<GrantBlock> = grants.iter().flat_map(around).collect();
    grants.extend(besides);
    grants.extend(block.body.get_blocks("grant").filter_map(|inner| grant(reading, inner, implied)));
    grants
}

/// The server that a block is about.
pub(super) fn resource(reading: &mut Reading<'_>, block: &Block) -> Option<ResourceName> {
    if !block.body.has_attribute("resource") {
        reading.missing(block, "resource");
        return None;
    }
    let read = reading.open(block, "resource")?;
    server_named(reading, read)
}

/// A server by reference.
pub(super) fn server_named(reading: &mut Reading<'_>, read: Read<Value>) -> Option<ResourceName> {
    if let Some(server) = server_of(&read.value) {
        let text = Read { value: server.to_string(), span: read.span };
        return proven(reading, "resource", &text, ResourceName::new);
    }
    let (items, entries) = (read.value.items(), read.value.entries());
    let mut inside = items.into_iter().flatten().chain(entries.into_iter().flat_map(BTreeMap::values));
    let detail = match inside.find_map(server_of) {
        Some(one) => {
            format!("This resource has instances, and one of them is needed here, such as postgres.{one}.")
        }
        None => "A resource is named by reference: resource = postgres.label.".to_owned(),
    };
    reading.error(Code::CFG021, "Not a resource", detail, &read.span);
    None
}

fn server_of(value: &Value) -> Option<&str> {
    match &value.data {
        Data::Reference(reference) => match reference.as_ref() {
            Reference::Server { label } => Some(label),
            Reference::Role { .. } => None,
        },
        _ => None,
    }
}

fn kind(reading: &mut Reading<'_>, block: &Block) -> Option<RoleKind> {
    let Some(text) = reading.text(block, "type") else {
        return (!block.body.has_attribute("type")).then_some(RoleKind::Managed);
    };
    match text.value.as_str() {
        "managed" => Some(RoleKind::Managed),
        "external" => Some(RoleKind::External),
        other => {
            let near = nearest(other, ["managed", "external"]);
            let meant = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
            let detail = format!("The type of a role is \"managed\" or \"external\".{meant}");
            reading.error(Code::CFG057, "Invalid value", detail, &text.span);
            None
        }
    }
}

/// The role's own name. Names that PostgreSQL or roleform cannot own are refused.
fn own_name(reading: &mut Reading<'_>, text: &Read<String>) -> Option<RoleName> {
    let name = proven(reading, "role", text, RoleName::new)?;
    let Some(keeper) = reserved::keeper(&name) else { return Some(name) };
    let detail = format!("{:?} cannot be managed: {keeper} keeps this name for itself.", name.as_str());
    reading.error(Code::PLN002, "Role name is reserved", detail, &text.span);
    None
}

fn managed_memberships(reading: &mut Reading<'_>, block: &Block) -> Vec<crate::declared::DeclaredMembership> {
    if let Some(attribute) = block.body.get_attribute("source_role") {
        let span = reading.span(attribute);
        let detail = "\"source_role\" belongs to roles with type = \"external\"; a managed role lists roles in \"member_of\".";
        reading.error(Code::CFG003, "Unsupported argument", detail, &span);
    }
    memberships(reading, block, "member_of").unwrap_or_default()
}

/// An external role has its source roles and nothing of its own.
fn external_memberships(
    reading: &mut Reading<'_>,
    block: &Block,
) -> Vec<crate::declared::DeclaredMembership> {
    for name in ["scopes", "privileges", "implied", "member_of"] {
        if let Some(attribute) = block.body.get_attribute(name) {
            let span = reading.span(attribute);
            let detail = format!(
                "A role with type = \"external\" has its access from \"source_role\"; \"{name}\" has no meaning for it."
            );
            reading.error(Code::CFG054, "External role with grants", detail, &span);
        }
    }
    for inner in block.body.get_blocks("grant") {
        let span = reading.block_span(inner);
        let detail = "A role with type = \"external\" has its access from \"source_role\"; it cannot have grant blocks.";
        reading.error(Code::CFG054, "External role with grants", detail, &span);
    }
    if !block.body.has_attribute("source_role") {
        reading.missing(block, "source_role");
    }
    memberships(reading, block, "source_role").unwrap_or_default()
}

fn attributes(reading: &mut Reading<'_>, block: &Block) -> Attributes {
    let default = Attributes::default();
    let mut flag = |name: &str, default: bool| reading.flag(block, name).unwrap_or(default);
    let mut attributes = Attributes {
        login: flag("login", default.login),
        inherit: flag("inherit", default.inherit),
        superuser: flag("superuser", default.superuser),
        createdb: flag("createdb", default.createdb),
        createrole: flag("createrole", default.createrole),
        replication: flag("replication", default.replication),
        bypassrls: flag("bypassrls", default.bypassrls),
        connection_limit: default.connection_limit,
    };
    let limit = reading.integer(block, "connection_limit", -1..=i64::from(i32::MAX));
    if let Some(limit) = limit.and_then(|limit| i32::try_from(limit).ok()) {
        attributes.connection_limit = limit;
    }
    attributes
}

fn settings(reading: &mut Reading<'_>, block: &Block) -> BTreeMap<(Option<DatabaseName>, String), String> {
    let mut found = BTreeMap::new();
    if let Some(read) = reading.open(block, "settings") {
        for (parameter, value) in parameters(reading, "settings", &read) {
            found.insert((None, parameter), value);
        }
    }
    if let Some(read) = reading.open(block, "database_settings") {
        let Some(databases) = read.value.entries().cloned() else {
            let detail = "\"database_settings\" is an object: { database = { parameter = \"value\" } }.";
            reading.error(Code::CFG021, "Incorrect attribute value type", detail, &read.span);
            return found;
        };
        for (database, inner) in databases {
            let text = Read { value: database.to_string(), span: read.span.clone() };
            let Some(database) = proven(reading, "database", &text, DatabaseName::new) else { continue };
            let inner = Read { value: inner, span: read.span.clone() };
            for (parameter, value) in parameters(reading, "database_settings", &inner) {
                found.insert((Some(database.clone()), parameter), value);
            }
        }
    }
    found
}

/// Parameters and their values. PostgreSQL compares the names of parameters in lower case.
fn parameters(reading: &mut Reading<'_>, name: &str, read: &Read<Value>) -> Vec<(String, String)> {
    let Ok(map) = convert(&read.value, &Type::map(Type::String)) else {
        let detail = format!("Inappropriate value for attribute \"{name}\": map of string required.");
        reading.error(Code::CFG021, "Incorrect attribute value type", detail, &read.span);
        return Vec::new();
    };
    let mut found = Vec::new();
    for (parameter, value) in map.entries().into_iter().flatten() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
        if parameter.is_empty() || !parameter.chars().all(plain) {
            let detail = format!("{parameter:?} is no name of a parameter of PostgreSQL.");
            reading.error(Code::CFG050, "Invalid name", detail, &read.span);
        } else if let Some(value) = value.as_str() {
            found.push((parameter.to_ascii_lowercase(), value.to_owned()));
        }
    }
    found
}
