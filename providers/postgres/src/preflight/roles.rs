//! Whether the administrator may make, change, grant and drop roles.
//!
//! CREATEROLE was nearly everything before 16; since then it needs ADMIN option on the role,
//! and gives no attribute that its holder has not. Not here: grants on objects (`grants`).
//! Invariant: a superuser is stopped only by what stops superusers.

use std::collections::BTreeMap;

use engine::acl::Grantor;
use engine::change::{MembershipChange, OwnedFate, RoleChange};
use engine::code::Code;
use engine::declared::OpenSessions;
use engine::diagnostic::{Diagnostic, nearest};
use engine::name::{DatabaseName, RoleName};
use engine::observed::{Observed, ParameterFact};
use engine::plan::moments;

use super::quoted;

/// CREATE ROLE.
pub(super) fn create(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    if observed.admin.superuser || observed.admin.createrole {
        return Vec::new();
    }
    let why = "it is no superuser and lacks CREATEROLE".to_owned();
    vec![refusal(observed, &change.name, "create", why)]
}

/// ALTER ROLE … RENAME.
pub(super) fn rename(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    manage(observed, &change.name, "rename").into_iter().collect()
}

/// DROP ROLE.
pub(super) fn drop(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    manage(observed, &change.name, "drop").into_iter().collect()
}

/// ALTER ROLE, COMMENT ON ROLE.
pub(super) fn finish(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    if let Some(refusal) = manage(observed, &change.name, "change") {
        return vec![refusal];
    }
    let refused = |why: String| refusal(observed, &change.name, "change", why);
    let attributes = attributes(observed, change).into_iter().map(refused);
    attributes.chain(settings(observed, change)).collect()
}

/// Parameters that ALTER ROLE would not set.
fn settings(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    let Some(after) = &change.after else { return Vec::new() };
    let before = change.before.as_ref().map(|role| &role.settings);
    let was = |key: &(Option<DatabaseName>, String)| before.and_then(|settings| settings.get(key));
    let set =
        after.settings.iter().filter(|(key, value)| was(key) != Some(value)).map(|(key, _)| (key, true));
    let reset = before.into_iter().flat_map(|settings| settings.keys());
    let reset = reset.filter(|key| !after.settings.contains_key(*key)).map(|key| (key, false));
    let refused: BTreeMap<&String, Diagnostic> = set
        .chain(reset)
        .filter_map(|((_, name), set)| Some((name, setting(observed, (&change.name, name, set))?)))
        .collect();
    refused.into_values().collect()
}

fn setting(observed: &Observed, (role, name, set): (&RoleName, &str, bool)) -> Option<Diagnostic> {
    let (admin, shown) = (observed.shown(&observed.admin.name), quoted(name));
    // What a module that is not loaded may do with a parameter is not known: a superuser vouches.
    let unknown = name.contains('.') && !observed.admin.superuser;
    let known = observed.parameters.get(&name.to_ascii_lowercase()).copied();
    let (why, hint) = match known.or(unknown.then_some(ParameterFact::Guarded)) {
        Some(ParameterFact::Guarded) => (
            format!("only superusers may set it, and {admin} is none"),
            Some(format!(
                "let a superuser GRANT SET ON PARAMETER {name} TO {admin} (PostgreSQL 15 and later)"
            )),
        ),
        Some(ParameterFact::Fixed) if set => {
            ("it is fixed when the server or a session has started, or read from files".to_owned(), None)
        }
        // `role` is a parameter that no list shows.
        None if set && !name.contains('.') && name != "role" => {
            let near = nearest(name, observed.parameters.keys().map(String::as_str));
            (
                "the server knows no such parameter".to_owned(),
                near.map(|near| format!("did you mean {}?", quoted(near))),
            )
        }
        Some(ParameterFact::Free | ParameterFact::Fixed) | None => return None,
    };
    let detail = format!("{shown} cannot be set for {}: {why}.", observed.shown(role));
    let said = Diagnostic::error(Code::PGS207, "Parameter cannot be set for a role", detail);
    Some(Diagnostic { hint, ..said })
}

/// REASSIGN OWNED, DROP OWNED.
pub(super) fn disown(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    let admin = &observed.admin;
    let heir = change.departure.iter().filter_map(|departure| match &departure.fate {
        OwnedFate::Reassigned(heir) => Some(heir),
        OwnedFate::None | OwnedFate::Dropped => None,
    });
    let roles = std::iter::once(&change.name).chain(heir);
    let missing = roles.filter(|role| !admin.superuser && !admin.has_privileges_of.contains(*role));
    missing
        .map(|role| {
            let detail = format!(
                "What {} owns changes hands or is dropped. That takes the privileges of {}, which {} has not.",
                observed.shown(&change.name),
                observed.shown(role),
                observed.shown(&observed.admin.name)
            );
            Diagnostic::error(Code::PGS206, "Administrator may not take over what a role owns", detail).hint(
                format!("grant {} to {}", observed.shown(role), observed.shown(&observed.admin.name)),
            )
        })
        .collect()
}

/// Ending the sessions of a role.
pub(super) fn end_sessions(observed: &Observed, change: &RoleChange) -> Vec<Diagnostic> {
    let admin = &observed.admin;
    let ends =
        change.departure.as_ref().is_some_and(|departure| departure.sessions == OpenSessions::Terminate);
    let open = observed.sessions.get(&change.name).copied().unwrap_or(0) > 0;
    let signals = admin.has_privileges_of.iter().any(|role| role.as_str() == "pg_signal_backend");
    if !ends || !open || admin.superuser || signals || admin.has_privileges_of.contains(&change.name) {
        return Vec::new();
    }
    let why = "it has neither its privileges nor those of pg_signal_backend".to_owned();
    vec![refusal(observed, &change.name, "end the sessions of", why)]
}

/// GRANT and REVOKE of a role.
pub(super) fn membership(observed: &Observed, change: &MembershipChange) -> Vec<Diagnostic> {
    let admin = &observed.admin;
    let role = &change.membership.role;
    let why = if role.as_str() == RoleName::DATABASE_OWNER {
        "its only member is ever the owner of the database".to_owned()
    } else if admin.superuser {
        return Vec::new();
    } else if observed.roles.get(role).is_some_and(|fact| fact.superuser) {
        "only superusers may grant a superuser".to_owned()
    } else if observed.roles.contains_key(role) && !admin.may_grant.contains(role) {
        "it has no ADMIN option on it".to_owned()
    } else {
        match &change.membership.grantor {
            Grantor::Role(grantor) if !admin.has_privileges_of.contains(grantor) => {
                format!("{} granted it, and it has not the privileges of that role", observed.shown(grantor))
            }
            Grantor::Role(_) | Grantor::Owner => return Vec::new(),
        }
    };
    let detail = format!(
        "{} may neither grant {} to {} nor revoke it: {why}.",
        observed.shown(&observed.admin.name),
        observed.shown(role),
        observed.shown(&change.membership.member)
    );
    vec![Diagnostic::error(Code::PGS205, "Administrator may not grant a role", detail)]
}

/// Why a role that stands may not be touched at all. One that is made in the same plan may.
fn manage(observed: &Observed, role: &RoleName, verb: &str) -> Option<Diagnostic> {
    let admin = &observed.admin;
    if admin.superuser {
        return None;
    }
    let fact = observed.roles.get(role);
    let picture = observed.catalog.roles.get(role);
    let why = if !admin.createrole {
        "it is no superuser and lacks CREATEROLE"
    } else if fact.is_some_and(|fact| fact.superuser) {
        "only superusers may touch a superuser"
    } else if observed.identity.major() >= 16 {
        if fact.is_none() || admin.may_grant.contains(role) {
            return None;
        }
        "from PostgreSQL 16 on CREATEROLE needs ADMIN option on the role besides"
    } else if verb == "change" && picture.is_some_and(|role| role.attributes.replication) {
        "only superusers may change a role with REPLICATION"
    } else {
        return None;
    };
    Some(refusal(observed, role, verb, why.to_owned()))
}

/// Attributes that the administrator may not turn, one sentence each.
fn attributes(observed: &Observed, change: &RoleChange) -> Vec<String> {
    let admin = &observed.admin;
    let Some(after) = &change.after else { return Vec::new() };
    if admin.superuser {
        return Vec::new();
    }
    let bare = moments::bare_role();
    let (was, shall) = (&change.before.as_ref().unwrap_or(&bare).attributes, &after.attributes);
    let recent = observed.identity.major() >= 16;
    let turned = [
        ("SUPERUSER", was.superuser != shall.superuser, false),
        ("CREATEDB", was.createdb != shall.createdb, !recent || admin.createdb),
        ("REPLICATION", was.replication != shall.replication, recent && admin.replication),
        ("BYPASSRLS", was.bypassrls != shall.bypassrls, recent && admin.bypassrls),
    ];
    let refused = turned.into_iter().filter(|(_, turned, may)| *turned && !may);
    refused
        .map(|(word, ..)| {
            if recent && word != "SUPERUSER" {
                format!("only roles with {word} themselves may give or take {word}")
            } else {
                format!("only superusers may give or take {word}")
            }
        })
        .collect()
}

fn refusal(observed: &Observed, role: &RoleName, verb: &str, why: String) -> Diagnostic {
    let admin = observed.shown(&observed.admin.name);
    let detail = format!("{admin} may not {verb} {}: {why}.", observed.shown(role));
    Diagnostic::error(Code::PGS204, "Administrator may not manage a role", detail)
}
