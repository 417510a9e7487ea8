//! How people make, drop and rename things: schemas and what is in them.
//!
//! Not here: what there is to begin with (`ground`). Invariant: schema `public` stays what it is.

use super::ground::{Ground, Spot, TABLES};
use super::kind::Kind;
use super::names::{ident, literal};

/// What is made beside tables.
const MORE: [&str; 7] = [
    "CREATE TABLE % (a int, b serial)",
    "CREATE SEQUENCE %",
    "CREATE TYPE % AS ENUM ('new')",
    "CREATE DOMAIN % AS int",
    "CREATE FUNCTION %(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE %(a text) LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA %",
];

/// What things are called that are made or renamed; some of the names may be taken.
const NAMES: [&str; 5] = ["f", "_", "n\"e w\\", "*", "new.'*\\"];

/// A schema other than `public`; that one when there is no other.
pub(crate) fn schema(ground: &Ground, number: usize) -> &Spot {
    let all: Vec<&Spot> = ground.things.iter().filter(|spot| spot.kind == Kind::Schema).collect();
    let others: Vec<&Spot> = all.iter().copied().filter(|spot| spot.schema != "public").collect();
    others.get(number % others.len().max(1)).unwrap_or(&all[0])
}

/// Makes something in a schema, as the superuser or as somebody else (in quotes), who may from then on.
pub(crate) fn made(schema: &Spot, (what, name): (usize, usize), by: Option<&str>) -> String {
    let templates: Vec<&str> = MORE.into_iter().chain(TABLES.map(|(_, sql)| sql)).collect();
    let template = templates[what % templates.len()];
    let place = ident(&schema.schema);
    let is_schema = template.starts_with("CREATE SCHEMA");
    let name = ident(NAMES[name % NAMES.len()]);
    let path = if is_schema { name } else { format!("{place}.{name}") };
    let sql = template.replacen('%', &path, 1);
    match by {
        Some(by) if !is_schema => {
            format!("GRANT USAGE, CREATE ON SCHEMA {place} TO {by}; SET ROLE {by}; {sql}; RESET ROLE")
        }
        _ => sql,
    }
}

/// Something that can be dropped and renamed; else the first database, for which the server refuses both.
pub(crate) fn movable(ground: &Ground, number: usize) -> &Spot {
    let some = ground.things.iter().filter(|spot| spot.kind.is_movable() && spot.schema != "public");
    let some: Vec<&Spot> = some.collect();
    some.get(number % some.len().max(1)).unwrap_or(&&ground.things[0])
}

/// Drops a thing and all that hangs on it.
pub(crate) fn dropped(ground: &Ground, spot: &Spot) -> String {
    let on = ground.on(spot);
    match spot.kind {
        Kind::Column => format!("ALTER {on} DROP COLUMN {} CASCADE", ident(&spot.part)),
        // Views and the like have a DROP of their own.
        Kind::Table => format!(
            "DO $do$ BEGIN EXECUTE (SELECT format('DROP %s %s CASCADE', type, identity)
             FROM pg_identify_object('pg_class'::regclass, {}::regclass, 0)); END $do$",
            literal(on.trim_start_matches("TABLE "))
        ),
        _ => format!("DROP {on} CASCADE"),
    }
}

/// Gives a thing another name; where its like has that one, the two change names.
pub(crate) fn renamed(ground: &Ground, spot: &Spot, name: usize) -> String {
    let called = |name: &str| {
        let mut spot = spot.clone();
        let last = match spot.kind {
            Kind::Schema => &mut spot.schema,
            Kind::Column => &mut spot.part,
            _ => &mut spot.name,
        };
        let old = std::mem::replace(last, name.to_owned());
        (spot, old)
    };
    let rename = |from: &str, to: &str| {
        let column =
            if spot.kind == Kind::Column { format!(" COLUMN {}", ident(from)) } else { String::new() };
        format!("ALTER {} RENAME{column} TO {}", ground.on(&called(from).0), ident(to))
    };
    let name = NAMES[name % NAMES.len()];
    let (other, old) = called(name);
    if ground.things.contains(&other) && other != *spot {
        [rename(&old, "aside"), rename(name, &old), rename("aside", name)].join("; ")
    } else {
        rename(&old, name)
    }
}
