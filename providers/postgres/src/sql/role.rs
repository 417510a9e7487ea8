//! CREATE, ALTER, COMMENT ON and DROP ROLE.
//!
//! Not here: memberships, grants. Invariant: only what differs is mentioned (mentioning
//! SUPERUSER at all needs a superuser), and LOGIN comes after the password.

use std::collections::BTreeSet;

use engine::catalog::{Password, Role};
use engine::change::RoleChange;
use engine::declared::Attributes;
use engine::name::{DatabaseName, RoleName};
use engine::plan::{Statement, moments};

use super::quote::{dotted, identifier, literal};
use super::setting::assignment;

/// CREATE ROLE, able to do nothing.
pub(super) fn create(change: &RoleChange) -> Vec<Statement> {
    vec![Statement::complete(format!("CREATE ROLE {} NOLOGIN", role(&change.name)))]
}

/// ALTER ROLE … RENAME.
pub(super) fn rename(from: &RoleName, to: &RoleName) -> Vec<Statement> {
    vec![Statement::complete(format!("ALTER ROLE {} RENAME TO {}", role(from), role(to)))]
}

/// DROP ROLE.
pub(super) fn drop(change: &RoleChange) -> Vec<Statement> {
    vec![Statement::complete(format!("DROP ROLE {}", role(&change.name)))]
}

/// From what stands to what is desired.
pub(super) fn finish(change: &RoleChange) -> Vec<Statement> {
    let Some(after) = &change.after else { return Vec::new() };
    let bare = moments::bare_role();
    let before = change.before.as_ref().unwrap_or(&bare);
    let mut statements = Vec::new();
    if before.comment != after.comment {
        let text = after.comment.as_ref().map_or("NULL".to_owned(), |text| literal(text));
        statements.push(Statement::complete(format!("COMMENT ON ROLE {} IS {text}", role(&change.name))));
    }
    statements.extend(settings(&change.name, before, after));
    statements.extend(password(&change.name, before.password, after.password));
    let words = attributes(before, after);
    if !words.is_empty() {
        let sql = format!("ALTER ROLE {} {}", role(&change.name), words.join(" "));
        statements.push(Statement::complete(sql));
    }
    statements
}

fn settings(name: &RoleName, before: &Role, after: &Role) -> Vec<Statement> {
    let keys: BTreeSet<&(Option<DatabaseName>, String)> =
        before.settings.keys().chain(after.settings.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let (database, parameter) = key;
            let (was, shall) = (before.settings.get(key), after.settings.get(key));
            if was == shall {
                return None;
            }
            let place = database
                .as_ref()
                .map_or(String::new(), |database| format!(" IN DATABASE {}", identifier(database.as_str())));
            let what = match shall {
                Some(value) => format!("SET {}", assignment(parameter, value)),
                None => format!("RESET {}", dotted(parameter)),
            };
            Some(Statement::complete(format!("ALTER ROLE {}{place} {what}", role(name))))
        })
        .collect()
}

/// A verifier goes in at the end of the text, when apply has made it.
fn password(name: &RoleName, before: Password, after: Password) -> Option<Statement> {
    let head = format!("ALTER ROLE {} PASSWORD ", role(name));
    match (before, after) {
        (_, Password::Fresh) => {
            let verifier_at = u32::try_from(head.len()).unwrap_or(u32::MAX);
            Some(Statement { sql: head, verifier_for: Some(name.clone()), verifier_at })
        }
        (Password::Absent, Password::Absent) => None,
        (Password::Unknown | Password::Verifier(_) | Password::Fresh, Password::Absent) => {
            Some(Statement::complete(format!("{head}NULL")))
        }
        (_, Password::Unknown | Password::Verifier(_)) => None,
    }
}

fn attributes(before: &Role, after: &Role) -> Vec<String> {
    let mut words = Vec::new();
    for (word, was, shall) in switches(&before.attributes, &after.attributes) {
        if was != shall {
            words.push(if shall { word.to_owned() } else { format!("NO{word}") });
        }
    }
    if before.attributes.connection_limit != after.attributes.connection_limit {
        words.push(format!("CONNECTION LIMIT {}", after.attributes.connection_limit));
    }
    if before.valid_until != after.valid_until {
        let until = after.valid_until.as_deref().unwrap_or("infinity");
        words.push(format!("VALID UNTIL {}", literal(until)));
    }
    words
}

fn switches(before: &Attributes, after: &Attributes) -> [(&'static str, bool, bool); 7] {
    [
        ("SUPERUSER", before.superuser, after.superuser),
        ("CREATEDB", before.createdb, after.createdb),
        ("CREATEROLE", before.createrole, after.createrole),
        ("INHERIT", before.inherit, after.inherit),
        ("LOGIN", before.login, after.login),
        ("REPLICATION", before.replication, after.replication),
        ("BYPASSRLS", before.bypassrls, after.bypassrls),
    ]
}

fn role(name: &RoleName) -> String {
    identifier(name.as_str())
}
