//! What the state records, as text: addresses, one role with all that it holds, one schema.
//!
//! Not here: JSON (`state_json`), plans (`engine::render`). Invariant: like grants are one
//! line, so that a role with a thousand grants still fits on a page.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Grantee, Grantor, Holding};
use engine::catalog::{Grants, Membership, MembershipOptions};
use engine::declared::{OnDestroy, OpenSessions, RoleKind};
use engine::name::{DatabaseName, ResourceName, RoleName, SchemaPath, printable, quoted};
use engine::object::Object;
use engine::state::{RecordedResource, RecordedRole};

/// Names in a line before the rest is only counted.
const NAMES: usize = 8;

/// Tells the address of every recorded node of a server, in order.
pub(crate) fn addresses(resource: &RecordedResource, tell: &mut dyn FnMut(&str)) {
    let word = |role: &RoleName, kind: &str| match resource.roles.get(role) {
        Some(recorded) => recorded.address.of_kind(kind),
        None => format!("{kind}.{}", printable(role.as_str())),
    };
    for role in resource.roles.values() {
        tell(&role.address.to_string());
    }
    // Several grantors of one membership share its address.
    let memberships = resource.catalog.memberships.keys().map(|key| (&key.member, &key.role));
    for (member, role) in memberships.collect::<BTreeSet<_>>() {
        tell(&format!("{}[{}]", word(member, "membership"), quoted(role.as_str())));
    }
    resource.schemas.values().for_each(|address| tell(&address.of_kind("schema")));
    for (database, grants) in places(resource) {
        for (object, held) in grants.objects() {
            for (grantee, _) in grants.acl(held.acl).by_grantee() {
                let kind = object.grant_word();
                let holder = match grantee {
                    Grantee::Public => format!("{kind}.PUBLIC"),
                    Grantee::Role(role) => word(role, kind),
                };
                tell(&format!("{holder}[{}]", quoted(&path(database, object))));
            }
        }
    }
}

/// What the server shares, then each database.
fn places(resource: &RecordedResource) -> impl Iterator<Item = (Option<&DatabaseName>, &Grants)> {
    let databases = resource.catalog.databases.iter().map(|(name, grants)| (Some(name), grants));
    std::iter::once((None, &resource.catalog.shared)).chain(databases)
}

fn path(database: Option<&DatabaseName>, object: &Object) -> String {
    match database {
        None => object.to_string(),
        Some(database) => format!("{database}.{object}"),
    }
}

/// One role with all that is recorded about it.
pub(crate) fn role(name: &ResourceName, resource: &RecordedResource, role: &RoleName) -> String {
    let mut out = String::new();
    if let Some(recorded) = resource.roles.get(role) {
        let kind = match recorded.kind {
            RoleKind::Managed => "managed",
            RoleKind::External => "external",
        };
        let shown = quoted(role.as_str());
        out.push_str(&format!("# {} ({kind}, {shown} on postgres.{name})\n", recorded.address));
        out.push_str(&fate(recorded));
    }
    if let Some(found) = resource.catalog.roles.get(role) {
        out.push_str(&attributes(found));
    }
    for (membership, options) in &resource.catalog.memberships {
        if membership.member == *role {
            out.push_str(&member(membership, *options));
        }
    }
    for (database, grants) in places(resource) {
        out.push_str(&held(database, grants, role));
    }
    out.push('\n');
    out
}

/// What the state remembers for the role's end.
fn fate(recorded: &RecordedRole) -> String {
    let owned = match &recorded.on_destroy {
        OnDestroy::Refuse => None,
        OnDestroy::Reassign(heir) => {
            Some(format!("when destroyed, what it owns goes to {}", quoted(heir.as_str())))
        }
        OnDestroy::Drop => Some("when destroyed, what it owns is dropped".to_owned()),
    };
    let sessions = match recorded.open_sessions {
        OpenSessions::Refuse => None,
        OpenSessions::Terminate => Some("when destroyed, its sessions are ended".to_owned()),
    };
    let protected = recorded.prevent_destroy.then(|| "prevent_destroy".to_owned());
    let lines = protected.into_iter().chain(owned).chain(sessions);
    lines.map(|line| format!("    {line}\n")).collect()
}

fn member(membership: &Membership, options: MembershipOptions) -> String {
    let mut line = format!("    member of {}", printable(membership.role.as_str()));
    for (said, words) in [
        (options.admin, " with admin option"),
        (!options.inherit, ", not inherited"),
        (!options.set, ", without SET ROLE"),
    ] {
        line.push_str(if said { words } else { "" });
    }
    if let Grantor::Role(grantor) = &membership.grantor {
        line.push_str(&format!(" by {}", printable(grantor.as_str())));
    }
    line + "\n"
}

/// One schema and its owner.
pub(crate) fn schema(name: &ResourceName, resource: &RecordedResource, path: &SchemaPath) -> String {
    let address = resource.schemas.get(path).map_or_else(String::new, |address| address.of_kind("schema"));
    let owner = resource.catalog.owners.get(path).map_or("", |owner| owner.role.as_str());
    let shown = quoted(&path.to_string());
    format!("# {address} (schema {shown} on postgres.{name})\n    owner {}\n\n", quoted(owner))
}

fn attributes(role: &engine::catalog::Role) -> String {
    let attributes = &role.attributes;
    let words = [
        (attributes.login, "LOGIN", "NOLOGIN"),
        (attributes.inherit, "INHERIT", "NOINHERIT"),
        (attributes.superuser, "SUPERUSER", ""),
        (attributes.createdb, "CREATEDB", ""),
        (attributes.createrole, "CREATEROLE", ""),
        (attributes.replication, "REPLICATION", ""),
        (attributes.bypassrls, "BYPASSRLS", ""),
    ];
    let mut line: Vec<String> = words
        .iter()
        .map(|(has, yes, no)| if *has { *yes } else { *no }.to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    if attributes.connection_limit >= 0 {
        line.push(format!("CONNECTION LIMIT {}", attributes.connection_limit));
    }
    line.extend(role.valid_until.iter().map(|until| format!("valid until {until}")));
    let mut out = format!("    {}\n", line.join(", "));
    if let Some(comment) = &role.comment {
        out.push_str(&format!("    comment {}\n", quoted(comment)));
    }
    for ((database, name), value) in &role.settings {
        let place = database
            .as_ref()
            .map_or(String::new(), |database| format!(" in {}", printable(database.as_str())));
        out.push_str(&format!("    {} = {}{place}\n", printable(name), quoted(value)));
    }
    out
}

/// What a role holds in one place: a line per kind, schema and set of privileges.
fn held(database: Option<&DatabaseName>, grants: &Grants, role: &RoleName) -> String {
    let grantee = Grantee::Role(role.clone());
    let mut lines: BTreeMap<(String, String, &'static str), Vec<String>> = BTreeMap::new();
    for (object, held) in grants.objects() {
        for entry in grants.acl(held.acl).of(&grantee) {
            let schema = object.schema().filter(|_| !matches!(object, Object::Schema(_)));
            let place = match (database, schema) {
                (None, _) => String::new(),
                (Some(database), None) => format!(" of {}", printable(database.as_str())),
                (Some(database), Some(schema)) => {
                    format!(" of {}.{}", printable(database.as_str()), printable(schema.as_str()))
                }
            };
            let kind = match object {
                Object::Default(_) => "default privilege",
                other => other.kind().singular(),
            };
            lines.entry((privileges(&entry.holding), place, kind)).or_default().push(object.short_name());
        }
    }
    lines.iter().map(|((privileges, place, kind), names)| line(privileges, place, kind, names)).collect()
}

fn line(privileges: &str, place: &str, kind: &str, names: &[String]) -> String {
    let (count, plural) = match names.len() {
        1 => (String::new(), ""),
        many => (format!("{many} "), "s"),
    };
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    let dots = if names.len() > NAMES { ", …" } else { "" };
    format!("    {privileges} on {count}{kind}{plural}{place}: {shown}{dots}\n")
}

fn privileges(holding: &Holding) -> String {
    let grantor = match &holding.grantor {
        Grantor::Owner => String::new(),
        Grantor::Role(role) => format!(" by {}", printable(role.as_str())),
    };
    let option = match () {
        () if holding.grantable.is_empty() => String::new(),
        () if holding.grantable == holding.privileges => " with grant option".to_owned(),
        () => format!(" with grant option for {}", holding.grantable),
    };
    format!("{}{option}{grantor}", holding.privileges)
}

#[cfg(test)]
mod tests {
    use engine::catalog::Catalog;
    use engine::observed::Identity;

    use super::*;

    /// Two grantors gave one membership: two rows, and one address.
    #[test]
    fn an_address_is_told_once() {
        let role = |name: &str| RoleName::new(name).expect("a role name");
        let granted = |by| (Membership { member: role("r"), role: role("g"), grantor: by }, OPTIONS);
        const OPTIONS: MembershipOptions = MembershipOptions { admin: false, inherit: true, set: true };
        let resource = RecordedResource {
            identity: Identity { system_identifier: None, address: String::new(), version: 160_000 },
            roles: BTreeMap::new(),
            schemas: BTreeMap::new(),
            catalog: Catalog {
                memberships: BTreeMap::from([granted(Grantor::Owner), granted(Grantor::Role(role("boss")))]),
                ..Catalog::default()
            },
        };
        let mut told = Vec::new();
        addresses(&resource, &mut |address| told.push(address.to_owned()));
        assert_eq!(told, ["membership.r[\"g\"]"]);
    }
}
