//! The short form: `scopes` with `privileges`, for the tables that it fits.
//!
//! A role has one short form at most, so it goes to the privileges that fill it best. Not here:
//! the rest (`blocks`). Invariant: what is taken here is what the scopes select, no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::declared::{Implied, Mark, Patterns};
use crate::generate::blocks::{Key, Names, Objects, Selection, Selections, Where};
use crate::generate::facts::Manner;
use crate::name::{DatabaseName, RoleName, SchemaName};
use crate::object::ObjectKind;
use crate::privilege::PrivilegeSet;

/// Scopes and what is held in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Short {
    /// As they are written.
    pub(super) scopes: BTreeSet<String>,
    /// On the tables there.
    pub(super) privileges: PrivilegeSet,
}

/// Most single tables that are written as scopes; more are easier to read in a block.
const FEW: usize = 4;

/// Takes what the short form can say out of the selections.
pub(super) fn take(
    chosen: &mut BTreeMap<Key, Selections>,
    objects: &Objects<'_>,
    (role, implied): (&RoleName, Implied),
) -> Option<Short> {
    let mut by_privileges: BTreeMap<PrivilegeSet, BTreeSet<String>> = BTreeMap::new();
    for (key, selections) in chosen.iter() {
        let Some(database) = fitting(key) else { continue };
        let fit: Vec<&(Selection, Where)> =
            selections.iter().filter(|(selection, _)| fits(selection)).collect();
        if fit.is_empty() {
            continue;
        }
        let scopes = by_privileges.entry(key.privileges).or_default();
        if is_all(key, selections, objects, (role, implied)) {
            scopes.insert(part(database.as_str()));
        } else {
            scopes.extend(fit.into_iter().flat_map(|selection| scopes_of(database, selection)));
        }
    }
    let (privileges, scopes) = by_privileges
        .into_iter()
        .max_by_key(|(privileges, scopes)| (scopes.len(), std::cmp::Reverse(*privileges)))?;
    for (key, selections) in chosen.iter_mut() {
        if key.privileges == privileges && fitting(key).is_some() {
            selections.retain(|(selection, _)| !fits(selection));
        }
    }
    Some(Short { scopes, privileges })
}

/// The database of grants that scopes can say: plain ones on tables.
fn fitting(key: &Key) -> Option<&DatabaseName> {
    (key.kind == ObjectKind::Table && key.manner == Manner::PLAIN).then_some(key.database.as_ref()).flatten()
}

fn fits(selection: &Selection) -> bool {
    let few = match &selection.names {
        Names::All => true,
        Names::These(names) => !names.is_empty() && names.len() <= FEW,
    };
    few && selection.creators.is_empty()
}

/// Whether all tables of all schemas of a database are selected, and nothing would come along
/// with it from schemas without tables.
fn is_all(
    key: &Key,
    selections: &Selections,
    objects: &Objects<'_>,
    (role, implied): (&RoleName, Implied),
) -> bool {
    let Some(database) = &key.database else { return false };
    let all = selections
        .iter()
        .find(|(selection, _)| selection.names == Names::All && selection.creators.is_empty());
    let Some((_, Where::In(whole))) = all else { return false };
    let others = objects.schemas(database).into_iter().filter(|schema| !whole.contains(*schema));
    let mut empty = others.map(|schema| objects.count(key, schema, role));
    let alone = selections.iter().filter(|(selection, _)| fits(selection)).count() == 1;
    let nothing_else = match implied {
        Implied::Everything | Implied::NoSequences => empty.next().is_none(),
        Implied::Nothing => empty.all(|count| count == 0),
    };
    whole.len() > 1 && alone && nothing_else
}

fn scopes_of(database: &DatabaseName, (selection, place): &(Selection, Where)) -> Vec<String> {
    let Where::In(schemas) = place else { return Vec::new() };
    let scope = |schema: &SchemaName| format!("{}.{}", part(database.as_str()), part(schema.as_str()));
    match &selection.names {
        Names::All => schemas.iter().map(scope).collect(),
        Names::These(names) => {
            let tables =
                |schema| names.iter().map(move |name| format!("{}.{}", scope(schema), part(&bare(name))));
            schemas.iter().flat_map(tables).collect()
        }
    }
}

/// The name that an exact pattern stands for.
fn bare(pattern: &str) -> String {
    let characters = Patterns::marks(pattern).map(|mark| match mark {
        Mark::Character(character) => character,
        Mark::Many => '*',
        Mark::One => '?',
    });
    characters.collect()
}

/// One part of a scope, in double quotes where it needs them.
fn part(name: &str) -> String {
    if name.contains(['.', '"', '*', '?']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
