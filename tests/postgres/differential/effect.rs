//! What roles may do in effect: reckoned from what the server holds, and asked of the server.
//!
//! Not here: who should hold what (`expect`). Invariant: what a role has through others and through
//! PUBLIC counts, and so does what the owner of a database has through `pg_database_owner`.

use std::collections::BTreeSet;

use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::names::{ident, literal};
use super::read::{Eyes, Joined, World};

/// Every question about roles and things on which the server says something else than its ACLs.
pub(crate) fn contradictions(
    ground: &Ground,
    eyes: &mut Eyes,
    (world, roles): (&World, &BTreeSet<String>),
) -> Vec<String> {
    let mut wrongs = Vec::new();
    for (database, session) in ground.databases.iter().zip(&mut eyes.inside) {
        let mut questions: Vec<(bool, String)> = Vec::new();
        for role in roles.iter().filter(|role| world.roles.contains_key(*role)) {
            let having = having(ground, world, (role, database));
            let here =
                ground.things.iter().filter(|spot| spot.database == *database || spot.kind.is_shared());
            for spot in here.filter(|spot| spot.kind != Kind::LargeObject || ground.version >= 18) {
                for privilege in spot.kind.some(u16::MAX, ground.version) {
                    let has = holds(world, &having, (spot, privilege));
                    questions.push((has, question(role, spot, privilege)));
                }
            }
        }
        let asked: Vec<&str> = questions.iter().map(|(_, question)| question.as_str()).collect();
        let sql = format!("SELECT unnest(ARRAY[{}]::bool[])", asked.join(", "));
        let answers = session.run(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        for ((has, question), answer) in questions.iter().zip(answers) {
            if answer[0].as_deref() != Some(if *has { "t" } else { "f" }) {
                wrongs.push(format!("the ACLs say {has}, and the server does not, to {question}"));
            }
        }
    }
    wrongs
}

/// Roles whose privileges a role has in a database, itself first.
fn having(ground: &Ground, world: &World, (role, database): (&str, &str)) -> BTreeSet<String> {
    let owner = world.acls.iter().find(|(spot, _)| spot.kind == Kind::Database && spot.name == database);
    let owner = owner.map(|(_, (owner, _))| owner.clone()).unwrap_or_default();
    let mut having = BTreeSet::from([role.to_owned()]);
    loop {
        let more = world.memberships.iter().filter(|joined| having.contains(&joined.member));
        let more = more.filter(|joined| inherits(ground, world, joined));
        let mut more: BTreeSet<String> = more.map(|joined| joined.role.clone()).collect();
        // Before 16 a role without INHERIT has nothing through others, not even that.
        if ground.version >= 14
            && having.contains(&owner)
            && (ground.version >= 16 || has_inherit(world, &owner))
        {
            more.insert("pg_database_owner".to_owned());
        }
        if more.is_subset(&having) {
            return having;
        }
        having.extend(more);
    }
}

/// Whether a member has what the role has without doing anything.
pub(crate) fn inherits(ground: &Ground, world: &World, joined: &Joined) -> bool {
    if ground.version >= 16 { joined.inherit } else { has_inherit(world, &joined.member) }
}

fn has_inherit(world: &World, role: &str) -> bool {
    world.roles.get(role).is_some_and(|facts| facts.split(' ').any(|word| word == "inherit"))
}

fn holds(world: &World, having: &BTreeSet<String>, (spot, privilege): (&Spot, &str)) -> bool {
    // What holds on a table holds on its columns.
    let table = Spot { kind: Kind::Table, part: String::new(), ..spot.clone() };
    world.entries.iter().any(|entry| {
        (entry.spot == *spot || spot.kind == Kind::Column && entry.spot == table)
            && entry.privilege == privilege
            && (entry.grantee.is_empty() || having.contains(&entry.grantee))
    })
}

/// A question to the server.
fn question(role: &str, spot: &Spot, privilege: &str) -> String {
    let (word, name) = match spot.kind {
        Kind::Table | Kind::Column | Kind::Sequence | Kind::Type | Kind::Routine => {
            let word = match spot.kind {
                Kind::Column => "column",
                Kind::Sequence => "sequence",
                Kind::Type => "type",
                Kind::Routine => "function",
                _ => "table",
            };
            let mut name = format!("{}.{}", ident(&spot.schema), ident(&spot.name));
            if spot.kind == Kind::Routine {
                name.push_str(&format!("({})", spot.part));
            }
            (word, name)
        }
        Kind::Schema => ("schema", spot.schema.clone()),
        Kind::Database => ("database", spot.name.clone()),
        Kind::Language => ("language", spot.name.clone()),
        Kind::Wrapper => ("foreign_data_wrapper", spot.name.clone()),
        Kind::Server => ("server", spot.name.clone()),
        Kind::Tablespace => ("tablespace", spot.name.clone()),
        Kind::Parameter => ("parameter", spot.name.clone()),
        Kind::LargeObject | Kind::Default => {
            return format!("has_largeobject_privilege({}, {}, '{privilege}')", literal(role), spot.name);
        }
    };
    let column = if spot.kind == Kind::Column { format!(", {}", literal(&spot.part)) } else { String::new() };
    format!("has_{word}_privilege({}, {}{column}, '{privilege}')", literal(role), literal(&name))
}
