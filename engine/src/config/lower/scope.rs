//! `scopes = […]`: `database`, `database.schema`, `database.schema.table`.
//!
//! A part with a dot, a quote or a space in it stands in double quotes, doubled inside,
//! as in SQL. Invariant: scopes compare exactly; they are never patterns.

use std::collections::BTreeSet;

use hcl::edit::structure::Block;

use super::privilege::privileges;
use super::proven;
use super::reading::{Read, Reading};
use crate::code::Code;
use crate::declared::{GrantBlock, Implied, Patterns, Privileges, Schemas, Selector};
use crate::name::{DatabaseName, Name, SchemaName};
use crate::object::ObjectKind;
use crate::privilege::PrivilegeSet;

/// Grants on tables, from `scopes` and `privileges` of a role or public block.
pub(super) fn grants(reading: &mut Reading<'_>, block: &Block, implied: Implied) -> Vec<GrantBlock> {
    let scopes = reading.texts(block, "scopes");
    let given = [block.body.has_attribute("scopes"), block.body.has_attribute("privileges")];
    match given {
        [false, false] => return Vec::new(),
        [true, false] => reading.missing(block, "privileges"),
        [false, true] => reading.missing(block, "scopes"),
        [true, true] => {}
    }
    let privileges = privileges(reading, block, ObjectKind::Table);
    let scopes = scopes.unwrap_or_default();
    let mut found = Vec::with_capacity(scopes.len());
    for scope in &scopes {
        found.extend(selector(reading, scope).map(|selected| (scope, selected)));
    }
    let Some(privileges) = privileges else { return Vec::new() };
    found
        .into_iter()
        .map(|(scope, (database, selector))| GrantBlock {
            database: Some(database),
            selector,
            privileges,
            grant_option: false,
            future_creators: Vec::new(),
            implied,
            granted_by: None,
            span: scope.span.clone(),
        })
        .collect()
}

/// What PUBLIC could hold in a scope of whole schemas beside tables: a `public` block manages all of
/// it, and grants none of it. Routines and types are where PUBLIC holds something untold.
pub(super) fn around(grant: &GrantBlock) -> Vec<GrantBlock> {
    let Selector::InSchemas { schemas, names, .. } = &grant.selector else { return Vec::new() };
    if *names != Patterns::everything() {
        return Vec::new();
    }
    let inside = [ObjectKind::Sequence, ObjectKind::Routine, ObjectKind::Type]
        .map(|kind| Selector::InSchemas { kind, schemas: schemas.clone(), names: Patterns::everything() });
    let nothing = |selector| GrantBlock {
        selector,
        privileges: Privileges::These(PrivilegeSet::EMPTY),
        ..grant.clone()
    };
    [Selector::Schemas(schemas.clone())].into_iter().chain(inside).map(nothing).collect()
}

/// What a scope selects: its tables.
fn selector(reading: &mut Reading<'_>, scope: &Read<String>) -> Option<(DatabaseName, Selector)> {
    let parts = match parts(&scope.value) {
        Ok(parts) => parts,
        Err(problem) => {
            let detail = format!(
                "{:?} is no scope: {problem}. A scope is \"database\", \"database.schema\" or \"database.schema.table\".",
                scope.value
            );
            reading.error(Code::CFG051, "Invalid scope", detail, &scope.span);
            return None;
        }
    };
    let part =
        |at: usize| Read { value: parts.get(at).cloned().unwrap_or_default(), span: scope.span.clone() };
    let database = proven(reading, "database", &part(0), DatabaseName::new)?;
    let schemas = match parts.len() {
        1 => Schemas::All,
        _ => Schemas::These(BTreeSet::from([proven(reading, "schema", &part(1), SchemaName::new)?])),
    };
    let names = match parts.get(2) {
        None => Patterns::everything(),
        Some(table) => {
            proven(reading, "table", &part(2), Name::new)?;
            Patterns { include: BTreeSet::from([Patterns::exact(table)]), except: BTreeSet::new() }
        }
    };
    Some((database, Selector::InSchemas { kind: ObjectKind::Table, schemas, names }))
}

/// The parts of a scope, quotes resolved.
fn parts(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, left) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_part(quoted).ok_or("a double quote is not closed")?,
            None => {
                let (part, left) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                if part.contains(['*', '?']) {
                    return Err(
                        "scopes are exact names; patterns stand in `tables` of a grant block".to_owned()
                    );
                }
                (part.to_owned(), left)
            }
        };
        if part.is_empty() {
            return Err("a part of it is empty".to_owned());
        }
        parts.push(part);
        match left.strip_prefix('.') {
            Some(next) => rest = next,
            None if left.is_empty() => break,
            None => return Err("something follows a closing quote".to_owned()),
        }
    }
    match parts.len() {
        1..=3 => Ok(parts),
        count => Err(format!("it has {count} parts")),
    }
}

/// What stands before the closing quote, and what follows it.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                part.push('"');
                rest = next;
            }
            None => return Some((part, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn scopes_have_one_to_three_parts() {
        let read = |text: &str| parts(text).map(|parts| parts.join("|"));
        for (text, wanted) in [
            ("app", Ok("app")),
            ("app.billing", Ok("app|billing")),
            ("app.billing.orders", Ok("app|billing|orders")),
            ("app.\"odd.schema\".t", Ok("app|odd.schema|t")),
            ("\"a\"\"b\"", Ok("a\"b")),
            ("app.\"*\"", Ok("app|*")),
            ("a.b.c.d", Err("it has 4 parts")),
            ("a..b", Err("a part of it is empty")),
            ("", Err("a part of it is empty")),
            ("a.", Err("a part of it is empty")),
            ("\"a", Err("a double quote is not closed")),
            ("\"a\"b", Err("something follows a closing quote")),
            ("app.*", Err("scopes are exact names; patterns stand in `tables` of a grant block")),
        ] {
            assert_eq!(read(text), wanted.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
