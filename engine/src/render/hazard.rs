//! Hazards in words, at the change that they are about and gathered at the end.
//!
//! Not here: which changes are hazardous (`diff::hazard` finds them while planning).
//! Invariant: every hazard of a plan is in the gathered list, also when its change stands
//! folded behind `…`.

use std::collections::BTreeMap;
use std::io;

use crate::acl::Grantee;
use crate::change::{Action, EntryChange};
use crate::plan::{Hazard, HazardKind, Plan};
use crate::render::Label;
use crate::render::page::{Page, Sign, WIDTH, fitting, thousands};

impl HazardKind {
    /// Every kind, the worst first.
    pub const ALL: &'static [HazardKind] = &[
        HazardKind::OwnedDropped,
        HazardKind::Superuser,
        HazardKind::ServerAccess,
        HazardKind::CreateRole,
        HazardKind::BypassRls,
        HazardKind::Replication,
        HazardKind::Public,
        HazardKind::GrantOption,
        HazardKind::DropRole,
        HazardKind::MembersLose,
        HazardKind::SessionsEnded,
        HazardKind::OwnedReassigned,
        HazardKind::SchemaOwner,
        HazardKind::LoginLost,
        HazardKind::PasswordRotated,
    ];

    /// A short name.
    pub fn title(self) -> &'static str {
        match self {
            HazardKind::Superuser => "superuser",
            HazardKind::CreateRole => "create role",
            HazardKind::BypassRls => "bypasses row security",
            HazardKind::Replication => "replication",
            HazardKind::Public => "PUBLIC",
            HazardKind::GrantOption => "grant option",
            HazardKind::DropRole => "role dropped",
            HazardKind::LoginLost => "login lost",
            HazardKind::OwnedReassigned => "owned objects change hands",
            HazardKind::OwnedDropped => "owned objects are dropped",
            HazardKind::ServerAccess => "reaches the server's machine",
            HazardKind::PasswordRotated => "password changes",
            HazardKind::SessionsEnded => "sessions are ended",
            HazardKind::MembersLose => "members lose access",
            HazardKind::SchemaOwner => "another owner",
        }
    }

    /// What it can do.
    pub fn meaning(self) -> &'static str {
        match self {
            HazardKind::Superuser => "no permission check applies to it",
            HazardKind::CreateRole => "may make roles, and change those that it made",
            HazardKind::BypassRls => "sees and changes rows that policies hide from others",
            HazardKind::Replication => "may copy the data of the whole server",
            HazardKind::Public => "every role of the server gains this, future ones too",
            HazardKind::GrantOption => "may pass this on to any role",
            HazardKind::DropRole => "its password, settings and comment cannot be brought back",
            HazardKind::LoginLost => "cannot log in any more; sessions open now go on",
            HazardKind::OwnedReassigned => "the new owner may do anything with them",
            HazardKind::OwnedDropped => "with their data, and it cannot be undone",
            HazardKind::ServerAccess => "files or programs outside the database",
            HazardKind::PasswordRotated => "new connections need the new one",
            HazardKind::SessionsEnded => {
                "what they have not committed is lost, whatever becomes of the apply"
            }
            HazardKind::SchemaOwner => {
                "may grant anything on the schema, and drop it with all that is in it, whosever that is"
            }
            HazardKind::MembersLose => "roles outside this plan lose what they have through it",
        }
    }

    /// `snake_case`, for programs.
    pub fn word(self) -> &'static str {
        match self {
            HazardKind::Superuser => "superuser",
            HazardKind::CreateRole => "create_role",
            HazardKind::BypassRls => "bypass_rls",
            HazardKind::Replication => "replication",
            HazardKind::Public => "public",
            HazardKind::GrantOption => "grant_option",
            HazardKind::DropRole => "drop_role",
            HazardKind::LoginLost => "login_lost",
            HazardKind::OwnedReassigned => "owned_reassigned",
            HazardKind::OwnedDropped => "owned_dropped",
            HazardKind::ServerAccess => "server_access",
            HazardKind::PasswordRotated => "password_rotated",
            HazardKind::SessionsEnded => "sessions_ended",
            HazardKind::MembersLose => "members_lose",
            HazardKind::SchemaOwner => "schema_owner",
        }
    }
}

/// Hazards by address, to stand beside their changes.
pub(crate) type InPlace<'a> = BTreeMap<&'a str, Vec<HazardKind>>;

/// Hazards of roles and memberships of one server by address, the worst first. Those of
/// grants may be half a million and are seen in the entries (`of_entry`).
pub(crate) fn in_place(hazards: &[Hazard]) -> InPlace<'_> {
    let of_grant = |hazard: &Hazard| {
        matches!(hazard.kind, HazardKind::Public | HazardKind::GrantOption)
            && !hazard.address.contains("membership.")
    };
    let mut by_address: InPlace<'_> = BTreeMap::new();
    for kind in HazardKind::ALL {
        for hazard in hazards.iter().filter(|hazard| hazard.kind == *kind && !of_grant(hazard)) {
            by_address.entry(hazard.address.as_str()).or_default().push(*kind);
        }
    }
    by_address
}

/// The hazards of an entry, which stand at a line for many addresses: seen in the entry.
pub(crate) fn of_entry(entry: &EntryChange) -> Vec<HazardKind> {
    let added = entry.added();
    if added.is_empty() || !matches!(entry.action, Action::Create | Action::Update) {
        return Vec::new();
    }
    let public = (entry.grantee == Grantee::Public).then_some(HazardKind::Public);
    let option = added.iter().any(|holding| !holding.grantable.is_empty());
    public.into_iter().chain(option.then_some(HazardKind::GrantOption)).collect()
}

/// Writes hazards under the line that they are about.
pub(crate) fn write(page: &mut Page<'_>, indent: usize, kinds: &[HazardKind]) -> io::Result<()> {
    for kind in kinds {
        page.sign(indent, Sign::Hazard)?;
        page.put(Label::Hazard, kind.title())?;
        page.line(Label::Plain, &format!(": {}", kind.meaning()))?;
    }
    Ok(())
}

/// The hazards of all servers by kind, with their addresses: like grants have one hazard, at
/// the first of them.
pub(crate) fn gathered(plan: &Plan) -> Vec<(HazardKind, Vec<&str>)> {
    let all = || plan.resources.values().flat_map(|resource| &resource.hazards);
    HazardKind::ALL
        .iter()
        .map(|kind| {
            let of_kind = all().filter(|hazard| hazard.kind == *kind);
            (*kind, of_kind.map(|hazard| hazard.address.as_str()).collect::<Vec<_>>())
        })
        .filter(|(_, addresses)| !addresses.is_empty())
        .collect()
}

/// Writes the gathered hazards, one line a kind.
pub(crate) fn write_gathered(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    for (kind, addresses) in gathered(plan) {
        page.sign(0, Sign::Hazard)?;
        page.put(Label::Hazard, kind.title())?;
        let room = WIDTH - 20 - kind.title().len();
        page.line(Label::Plain, &format!(": {}", list(&addresses, room)))?;
    }
    Ok(())
}

/// As many addresses as there is room for.
fn list(addresses: &[&str], room: usize) -> String {
    let first: Vec<String> = addresses.iter().take(8).map(|address| (*address).to_owned()).collect();
    let fit = fitting(&first, room);
    let more = addresses.len() - fit;
    let rest = if more == 0 { String::new() } else { format!(", … and {} more", thousands(more as u64)) };
    format!("{}{rest}", first[..fit].join(", "))
}
